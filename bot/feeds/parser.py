"""Parses the body of a feed: RSS, RDF and Atom with feedparser, JSON Feed 1 and 1.1 here.

feedparser takes minutes for some short documents: call :func:`parse` in a child process with limits (``parser_process``).
"""

import calendar
import codecs
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any

import feedparser

from bot.feeds.dates import date_handler, timestamp
from bot.feeds.documents import FeedDocument, FeedItem, NotAFeed
from bot.feeds.text import canonical, plain_text, same_page, shortened, summary_of

MAX_ITEMS = 1000
"""The number of items of one document that are read. Publishers do not have more new ones."""

_MAX_FEED_LINK = 300
"""The longest address of a web page's feed that is shown."""

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
_NOT_PAGES = frozenset({"self", "edit", "enclosure", "hub", "next", "replies", "license"})
"""Link relations that do not lead to a page for readers."""

_BEFORE_JSON = codecs.BOM_UTF8 + b" \t\r\n"

_ASCII = bytes(range(128))
_BYTES_PER_DAMAGE = 8
"""A text in another encoding has a damaged character for every one or two bytes beyond ASCII."""

_BARE_AMPERSAND = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!#?\w{1,32};)", re.DOTALL)
"""A CDATA section, which is left unchanged, or an "&" that does not begin a reference, as in R&D."""

_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,8})|(\d{1,10}));")

_FEEDPARSER_FAILURES = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""Exceptions that feedparser raises for some damaged documents."""

feedparser.registerDateHandler(date_handler)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An item before its keys are computed. ``identity``: the publisher's id for it, or ""."""

    identity: str
    title: str
    line: str
    link: str | None
    published: float | None


def parse(body: bytes, media_type: str = "", address: str = "") -> FeedDocument:
    """The feed in ``body``, fetched from ``address`` with this Content-Type.

    Raises:
        NotAFeed: the body is not a feed, or too damaged to find an item.
    """
    if body.lstrip(_BEFORE_JSON).startswith(b"{"):
        return _parse_json(body, address)
    return _parse_xml(body, media_type, address)


def with_keys(entries: Sequence[FeedEntry]) -> tuple[FeedItem, ...]:
    """The entries that have a title or a link, each once, with their keys; at most :data:`MAX_ITEMS`.

    An id or a link that several items of a document share is not used as a key.
    """
    entries = [entry for entry in entries if entry.title or entry.link]
    identities = Counter(entry.identity for entry in entries)
    pages = Counter(same_page(entry.link) for entry in entries if entry.link)
    if len(entries) > MAX_ITEMS:
        entries = sorted(entries, key=lambda entry: -(entry.published or 0))[:MAX_ITEMS]
    items = []
    for entry in entries:
        keys = []
        if entry.identity and identities[entry.identity] == 1:
            keys.append(_key("id", entry.identity))
        if entry.link and pages[page := same_page(entry.link)] == 1:
            keys.append(_key("link", page))
        words = _key("words", entry.title, entry.link or "", str(entry.published or ""))
        title = entry.title or shortened((entry.link or "").partition("://")[2])
        items.append(FeedItem(title, entry.line, entry.link, entry.published, tuple(keys or [words])))
    return tuple(_once(items))


def _key(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=8).hexdigest()


def _once(items: Iterable[FeedItem]) -> Iterator[FeedItem]:
    seen: set[str] = set()
    for item in items:
        if seen.isdisjoint(item.keys):
            seen.update(item.keys)
            yield item


def _parse_xml(body: bytes, media_type: str, address: str) -> FeedDocument:
    body, charset = _encoding(body, media_type)
    content_type = f"application/xml; charset={charset}" if charset else "application/xml"
    headers = {"content-type": content_type, "content-location": address}
    try:
        # pass a stream, never the bytes: feedparser would take them for a file name or an address, and open it
        parsed = feedparser.parse(
            io.BytesIO(_repaired(body)), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _FEEDPARSER_FAILURES as failure:
        raise NotAFeed(f"cannot be read ({type(failure).__name__})") from failure
    if not parsed.get("version") and not parsed.entries:
        raise NotAFeed(_what_else(body, parsed, address))
    base = canonical(_text(parsed.feed, "link"), address) or address
    items = with_keys([_xml_entry(entry, base) for entry in parsed.entries])
    if not items and _is_damaged(parsed):  # an empty result would make all items new once the feed is repaired
        raise NotAFeed("a damaged feed")
    return FeedDocument(parsed.get("version") or "rss", shortened(plain_text(_text(parsed.feed, "title"))), items)


def _repaired(body: bytes) -> bytes:
    """The body without the most common errors in publishers' XML.

    An "&" that does not begin a reference is escaped. References to zero and to halves of surrogate pairs are dropped.
    """
    escaped = _BARE_AMPERSAND.sub(lambda match: b"&amp;" if match[0] == b"&" else match[0], body)
    return _REFERENCE.sub(lambda match: match[0] if _is_character(match) else b"", escaped)


def _is_character(reference: re.Match[bytes]) -> bool:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return 0 < number < 0xD800 or 0xDFFF < number < 0x110000


def _encoding(body: bytes, media_type: str) -> tuple[bytes, str]:
    """The body, and the charset for feedparser: UTF-8 if the body is UTF-8, whatever the publisher declares; else the header's.

    A body with a few damaged characters counts as UTF-8. Zero bytes mean UTF-16 or UTF-32, which feedparser recognises if the
    document declares it.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", errors="replace").encode(), "utf-8"
    text = body.decode(errors="replace")
    beyond_ascii = len(body.translate(None, _ASCII))
    if b"\0" not in body and text.count("\ufffd") * _BYTES_PER_DAMAGE <= beyond_ascii:
        return text.encode(), "utf-8"
    message = Message()
    message["Content-Type"] = media_type.replace("\n", " ").replace("\r", " ")
    charset = message.get_content_charset("")
    return body, "" if charset == "utf-8" else charset


def _is_damaged(parsed: Any) -> bool:
    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    return bool(parsed.bozo) and not isinstance(parsed.get("bozo_exception"), harmless)


def _what_else(body: bytes, parsed: Any, address: str) -> str:
    """Describes a body that is not a feed; for a web page, with the feed it links to (rssboard.org/rss-autodiscovery)."""
    if not body.strip():
        return "an empty answer"
    start = body[:2000].lower()
    if b"<html" not in start and b"<!doctype html" not in start:
        return "no feed"
    named = (canonical(link.get("href", ""), address) for link in parsed.feed.get("links", ()) if _is_feed_link(link))
    feed = next((link for link in named if link and len(link) <= _MAX_FEED_LINK), None)
    return "a web page, no feed" + (f"; it names {feed}" if feed else "")


def _is_feed_link(link: Any) -> bool:
    return link.get("type", "").strip().lower() in _FEED_TYPES and "alternate" in link.get("rel", "").lower().split()


def _xml_entry(entry: Any, base: str) -> FeedEntry:
    texts = (_text(entry, "summary"), *(_text(content, "value") for content in entry.get("content", ())))
    text = next((words for html in texts if (words := plain_text(html))), "")
    title = shortened(plain_text(_text(entry, "title")) or text)
    return FeedEntry(_text(entry, "id"), title, summary_of(text, title), _link(entry, base), _published(entry))


def _text(entry: Any, key: str) -> str:
    value = dict.get(entry, key)  # feedparser's own get returns other keys for some missing ones
    return value if isinstance(value, str) else ""


def _link(entry: Any, base: str) -> str | None:
    """The page of an item: its link, else another link for readers, an id that is an address, or an attachment."""
    links = [_text(entry, "feedburner_origlink"), _text(entry, "link")]
    links += [link.get("href", "") for link in entry.get("links", ()) if link.get("rel") not in _NOT_PAGES]
    pages = [canonical(url, base) for url in links if url]
    pages.append(_address(_text(entry, "id")))
    pages += [canonical(enclosure.get("href", ""), base) for enclosure in entry.get("enclosures", ())]
    return next((page for page in pages if page), None)


def _published(entry: Any) -> float | None:
    for key in ("published_parsed", "updated_parsed", "created_parsed"):
        if (moment := dict.get(entry, key)) is not None:
            try:
                return float(calendar.timegm(moment))
            except (ValueError, OverflowError):  # feedparser accepts a month 13
                continue
    return None


def _parse_json(body: bytes, address: str) -> FeedDocument:
    """Parses a JSON Feed (jsonfeed.org/version/1.1). Publishers write numbers instead of strings, and line breaks inside strings."""
    try:
        feed = json.loads(body.removeprefix(codecs.BOM_UTF8), strict=False)
    except (ValueError, RecursionError):
        raise NotAFeed("not JSON") from None
    if not isinstance(feed, dict) or "jsonfeed.org" not in _string(feed, "version"):
        raise NotAFeed("JSON, but no JSON Feed")
    items = feed.get("items")
    base = canonical(_string(feed, "home_page_url"), address) or address
    entries = [_json_entry(item, base) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return FeedDocument("json", shortened(plain_text(_string(feed, "title"))), with_keys(entries))


def _json_entry(item: dict[str, Any], base: str) -> FeedEntry:
    texts = (_string(item, key) for key in ("summary", "content_text", "content_html"))
    text = next((words for html in texts if (words := plain_text(html))), "")
    title = shortened(plain_text(_string(item, "title")) or text)
    links = [canonical(url, base) for key in ("url", "external_url") if (url := _string(item, key))]
    link = next((url for url in links if url), None) or _address(_string(item, "id"))
    published = timestamp(_string(item, "date_published") or _string(item, "date_modified"))
    return FeedEntry(_string(item, "id"), title, summary_of(text, title), link, published)


def _string(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _address(identity: str) -> str | None:
    return canonical(identity) if "://" in identity else None
