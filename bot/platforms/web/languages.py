"""Which language a browser asks for. PURE."""

from collections.abc import Container, Iterator
from functools import lru_cache

_READ = 1000
"""Characters of the header that are read; browsers send fewer than a hundred."""

_REMEMBERED = 128
"""Headers: a few thousand browsers send the same few."""


def preferred(accept_language: str, known: Container[str]) -> str | None:
    """The first language of an ``Accept-Language`` header (RFC 9110, 12.5.4) that is known; None where none is."""
    return next((tag for tag in _ranked(accept_language[:_READ]) if tag in known), None)


@lru_cache(_REMEMBERED)
def _ranked(header: str) -> tuple[str, ...]:
    """The languages that are wanted, the most wanted first."""
    return tuple(tag for tag, weight in sorted(_weighted(header), key=lambda pair: -pair[1]) if weight > 0)


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        name, _, weight = parameters.strip().partition("=")
        try:
            yield tag.split("-")[0].strip().lower(), float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            continue
