"""The language of a request, one of the dossier's; and what else a request accepts."""

from collections.abc import Container, Iterator
from contextlib import suppress
from functools import lru_cache

from aiohttp import web

from bot.dossier.models import Dossier, Language

_MAX_HEADER = 1000
"""The most characters of a header that are parsed. Browsers send fewer than a hundred."""


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
    ranked = sorted(_weighted(header), key=lambda pair: -pair[1])
    return tuple(tag.split("-")[0] for tag, weight in ranked if weight > 0)


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    """The values of an ``Accept-…`` header in lower case, with their weights (RFC 9110, 12.4.2): 0 and 0.000 refuse a value."""
    for part in header.lower().split(","):
        value, *parameters = (each.strip() for each in part.split(";"))
        with suppress(ValueError):
            weight = float(next((each[2:] for each in parameters if each.startswith("q=")), 1))
            yield value, weight if 0 <= weight <= 1 else 0.0


@lru_cache(128)
def accepts(header: str, *names: str) -> bool:
    """Whether an ``Accept-…`` header accepts a value. ``names``: it, then what covers it, such as ``*``; the first one in the header decides."""
    weights = dict(_weighted(header[:_MAX_HEADER]))
    return next((weights[name] for name in names if name in weights), 0) > 0
