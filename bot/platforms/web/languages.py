"""Which language a browser asks for. PURE."""

from collections.abc import Container, Iterator


def preferred(accept_language: str, known: Container[str]) -> str | None:
    """The first language of an ``Accept-Language`` header (RFC 9110, 12.5.4) that is known; None where none is."""
    ranked = sorted(_weighted(accept_language[:1000]), key=lambda pair: -pair[1])
    return next((tag for tag, weight in ranked if weight > 0 and tag in known), None)


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        name, _, weight = parameters.strip().partition("=")
        try:
            yield tag.split("-")[0].strip().lower(), float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            continue
