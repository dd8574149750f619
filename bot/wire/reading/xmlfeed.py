"""RSS 0.9x to 2.0, RDF, Atom and their relatives, by feedparser. PURE: bytes in, a document out."""

import calendar
import re
import time
from collections.abc import Iterator
from typing import Any

import feedparser

from bot.wire.reading.cleaning import line_of, title_of, words_of
from bot.wire.reading.document import Document, NotAFeed
from bot.wire.reading.items import Raw, settled
from bot.wire.reading.links import canonical
from bot.wire.reading.moments import begins_with_year, moment_in
from bot.wire.reading.pages import is_page, named_feed
from bot.wire.reading.parsing import has_items, parsed

_PLAIN = "text/plain"
_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel|entry)\s*>\s*(?:<!--[^>]*-->\s*)*\Z", re.IGNORECASE)
MAX_NAMED = 300
"""Characters of the address of a feed that a page names, beyond which it is not said."""

_LAST = 500
"""Bytes of a document in which its end is looked for."""

_NOT_PAGES = frozenset({"self", "edit", "enclosure", "hub", "next", "replies", "license"})


def read_xml(body: bytes, media_type: str, address: str) -> Document:
    """The feed in the body.

    Raises:
        NotAFeed: it is something else, or too damaged to find an item in it.
    """
    found = parsed(body, media_type, address)
    entries = list(found.entries)
    if not found.get("version") and not entries:
        raise NotAFeed(_what_else(body, address))
    base = canonical(_text(found.feed, "link"), address) or address
    items = settled(list(_raws(entries, base)))
    if not items and _is_damaged(found) and (has_items(body) or not _END.search(body.rstrip()[-_LAST:])):
        raise NotAFeed("a damaged feed")  # and not an empty one, lest all that it holds be news once it is mended
    return Document(found.get("version") or "rss", title_of(_words(found.feed, "title")), items)


def _is_damaged(found: Any) -> bool:
    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    return bool(found.bozo) and not isinstance(found.get("bozo_exception"), harmless)


def _what_else(body: bytes, address: str) -> str:
    if is_page(body):
        feed = named_feed(body, address)
        return "a web page, no feed" + (f"; it names {feed}" if feed and len(feed) <= MAX_NAMED else "")
    return "no feed" if body.strip() else "an empty answer"


def _raws(entries: list[Any], base: str) -> Iterator[Raw]:
    for entry in entries:
        text = _words(entry, "summary") or next((_cleaned(each) for each in entry.get("content", ())), "")
        title = title_of(_words(entry, "title") or text)
        yield Raw(_text(entry, "id"), title, line_of(text, title), _link(entry, base), _published(entry))


def _text(entry: Any, key: str) -> str:
    value = dict.get(entry, key)  # feedparser's own get answers for absent keys with related ones
    return value if isinstance(value, str) else ""


def _words(entry: Any, key: str) -> str:
    """The entry's own words; feedparser's details may be those of something inside it, as of an image's title."""
    value, detail = _text(entry, key), dict.get(entry, f"{key}_detail") or {}
    own = detail.get("value") == value
    return words_of(value, is_html=not (own and detail.get("type") == _PLAIN))


def _cleaned(detail: Any) -> str:
    return words_of(detail.get("value") or "", is_html=detail.get("type") != _PLAIN)


def _link(entry: Any, base: str) -> str | None:
    """The page of an item: its link, else any that is meant for readers, else an id that is an address, else what is attached."""
    candidates = [_text(entry, "feedburner_origlink"), _text(entry, "link")]
    candidates += [each.get("href", "") for each in entry.get("links", ()) if each.get("rel") not in _NOT_PAGES]
    candidates += [_text(entry, "comments"), *(str(each.get("src", "")) for each in entry.get("content", ()))]
    found = (canonical(each, base) for each in candidates if each)
    identity = _text(entry, "id")
    page = next((link for link in found if link), canonical(identity) if "://" in identity else None)
    attached = (canonical(str(each.get("href", ""))) for each in entry.get("enclosures", ()))
    return page or next((link for link in attached if link), None)


def _published(entry: Any) -> float | None:
    for key in ("published", "updated", "created"):
        said = _text(entry, key)
        if (read := moment_in(said)) is not None:
            return read
        moment = dict.get(entry, f"{key}_parsed")
        if isinstance(moment, time.struct_time) and not begins_with_year(said):
            try:
                return float(calendar.timegm(moment))
            except (ValueError, OverflowError):
                continue
    return None
