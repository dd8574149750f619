"""The language of a request, one of the dossier's."""

from collections.abc import Container, Iterator
from functools import lru_cache

from aiohttp import web

from bot.dossier.models import Dossier, Language

_MAX_HEADER = 1000
"""The most characters of Accept-Language that are parsed. Browsers send fewer than a hundred."""


def request_language(request: web.Request, dossier: Dossier) -> Language:
    """The language in the address, or in ``?language=``, or the browser's, or the dossier's default, in this order.

    For an unknown address, which no route with a language matches, it is the first part of the path.
    """
    named = request.match_info.get("language") or request.path[1:].partition("/")[0]
    if named in dossier.languages:
        return Language(named)
    accepted = request.headers.get("Accept-Language", "")
    return dossier.language(request.query.get("language") or preferred_language(accepted, dossier.languages))


def preferred_language(accept_language: str, available: Container[str]) -> str | None:
    """The first available language of an ``Accept-Language`` header (RFC 9110, 12.5.4); None if none is available."""
    return next((tag for tag in _ranked_languages(accept_language[:_MAX_HEADER]) if tag in available), None)


@lru_cache(128)
def _ranked_languages(header: str) -> tuple[str, ...]:
    """The accepted languages, the highest weight first."""
    return tuple(tag for tag, weight in sorted(_weighted_languages(header), key=lambda pair: -pair[1]) if weight > 0)


def _weighted_languages(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        name, _, weight = parameters.strip().partition("=")
        try:
            yield tag.split("-")[0].strip().lower(), float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            continue
