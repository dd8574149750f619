"""Web pages in place of feeds: the feed that a page names. PURE."""

import re
from collections.abc import Iterator
from html import unescape

from bot.wire.reading.links import canonical

_LOOKED_AT = 200_000
"""Bytes of a page, in whose head the feed is named."""

_LINK = re.compile(r"<link\b([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_FEEDS = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json"}
)


def is_page(body: bytes) -> bool:
    """Whether the body is a web page."""
    start = body[:2000].lower()
    return b"<html" in start or b"<!doctype html" in start


def named_feed(page: bytes, address: str) -> str | None:
    """The first feed that the page names (rssboard.org/rss-autodiscovery); None where it names none."""
    return next(_named(page[:_LOOKED_AT].decode(errors="replace"), address), None)


def _named(page: str, address: str) -> Iterator[str]:
    for link in _LINK.finditer(page):
        given = {name.lower(): unescape(one or two or bare) for name, one, two, bare in _ATTRIBUTE.findall(link[1])}
        is_feed = (
            given.get("type", "").strip().lower() in _FEEDS and "alternate" in given.get("rel", "").lower().split()
        )
        if is_feed and (feed := canonical(given.get("href", ""), address)):
            yield feed
