"""A body → the feed in it, whatever its format. PURE."""

import calendar
import codecs
import hashlib
import io
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from html import unescape
from typing import Annotated, Any

import feedparser
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from bot.feeds.dates import begins_with_year, moment_in
from bot.feeds.text import MAX_TITLE, canonical, line_of, same_page, shortened, title_of, words_of


class NotAFeed(Exception):
    """The body holds no feed that we can read; the message says what it seems to be, in a few English words."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item, in plain words.

    Attributes:
        title: the headline, one line; the page's address where the publisher gives no words at all.
        line: the first words of what it says, at most 200 characters; "" where it says no more than its headline.
        link: the page, without tracking parameters; None where it leads nowhere.
        published: seconds since 1970 as the publisher says; None where it says nothing usable.
        keys: by any of these it is known again.
    """

    title: str
    line: str
    link: str | None
    published: float | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it stood when it was fetched.

    Attributes:
        kind: as in rss20, atom10, rss10, json.
        title: what the publisher calls it.
        items: in the document's order, or the newest first where there were too many.
    """

    kind: str
    title: str
    items: tuple[Item, ...]


MAX_ITEMS = 1000
"""How many items of one document are looked at: no publisher has more that are new."""


@dataclass(frozen=True, slots=True)
class Raw:
    """An item whose keys are not settled yet; ``identity`` is what the publisher calls it, "" where nothing."""

    identity: str
    title: str
    line: str
    link: str | None
    published: float | None


def settled(raws: Sequence[Raw]) -> tuple[Item, ...]:
    """The items, each with its keys, at most :data:`MAX_ITEMS` of them. One that neither says nor leads to anything is none.

    An identity or a link that several items of one document share tells none of them apart, and is no key.
    """
    raws = [raw for raw in raws if raw.title or raw.link]
    identities = Counter(raw.identity for raw in raws)
    links = Counter(same_page(raw.link) for raw in raws if raw.link)
    items = []
    for raw in _newest(raws):
        keys = []
        if raw.identity and identities[raw.identity] == 1:
            keys.append(_key("id", raw.identity))
        if raw.link and links[page := same_page(raw.link)] == 1:
            keys.append(_key("link", page))
        words = _key("words", raw.title, raw.link or "", str(raw.published or ""))
        title = raw.title or shortened((raw.link or "").partition("://")[2], MAX_TITLE)
        items.append(Item(title, raw.line, raw.link, raw.published, tuple(keys or [words])))
    return tuple(_once(items))


def _newest(raws: Sequence[Raw]) -> Sequence[Raw]:
    """The newest ones by date; where there are no dates, from both ends, for some feeds have the newest last."""
    if len(raws) <= MAX_ITEMS:
        return raws
    if any(raw.published for raw in raws):
        return sorted(raws, key=lambda raw: -(raw.published or 0))[:MAX_ITEMS]
    half = MAX_ITEMS // 2
    return [*raws[:half], *raws[-half:]]


def _once(items: Iterable[Item]) -> Iterable[Item]:
    seen: set[str] = set()
    for item in items:
        if seen.isdisjoint(item.keys):
            seen.update(item.keys)
            yield item


def _key(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=8).hexdigest()


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


UTF8 = "utf-8"


_EBCDIC, _EBCDIC_START = "cp037", b"\x4c\x6f\xa7\x94"
"""The letters "<?xm" as IBM's machines write them."""


_ENCODING_HEAD = 200
"""Bytes in which the declaration stands."""


_STARTS = (
    (b"<\0\0\0", "utf-32-le"),  # before UTF-16, as above
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<\0", "utf-16-be"),
)
"""A sign "<" by which the encoding shows although nobody says it (www.w3.org/TR/xml/#sec-guessing)."""


_GOOD_FOR_ONE_BAD = 4
"""Bytes of another encoding hardly ever make a character of several bytes; so many of those excuse one that is damaged."""


_BEYOND_ASCII = re.compile("[^\x00-\x7f\ufffd]+")


_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")


_OLD_NAMES = {
    "x-sjis": "shift_jis",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gbk",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-874": "cp874",
    "windows-949": "cp949",
}
"""Labels that the web knows (encoding.spec.whatwg.org/#names-and-labels) and Python does not."""


_MARKS_AND_SPACES = codecs.BOM_UTF8 + b" \t\r\n"


_LETTERS = re.compile(rb"[ \t\r\n\xef\xbb\xbf]*<[A-Za-z?!]")
"""How a document begins whose letters are a byte each; a mark of wider ones before it is somebody's slip."""


def decoded(body: bytes, media_type: str) -> tuple[bytes, str]:
    """The body, in UTF-8 where that is sure, and the encoding that counts: "" where the document's own word does."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return (
                decoded(rest.lstrip(_MARKS_AND_SPACES), "")
                if _LETTERS.match(rest)
                else (_in_utf8(rest, encoding), UTF8)
            )
    for start, encoding in _STARTS:
        if body.startswith(start):
            return _in_utf8(body, encoding), UTF8
    if body.startswith(_EBCDIC_START):
        return _in_utf8(body, _said(_in_utf8(body[:_ENCODING_HEAD], _EBCDIC)) or _EBCDIC), UTF8
    if not body.isascii() and (text := _as_utf8(body)) is not None:
        return text.encode(), UTF8
    charset = _charset(media_type)
    if charset == UTF8 or not _fits(charset, body):
        charset = ""  # it would have made sense as that
    if not charset and (known := _OLD_NAMES.get(declared(body))):
        return _in_utf8(body, known), UTF8
    return body, charset


def declared(body: bytes) -> str:
    """The encoding that the document says it is in, in small letters; "" where it says none, or one that it cannot be in."""
    said = _said(body)
    return said if _fits(said, body) else ""


def _said(body: bytes) -> str:
    said = _DECLARED.search(body[:_ENCODING_HEAD])
    return said[1].decode().lower() if said else ""


def _fits(encoding: str, body: bytes) -> bool:
    """Whether a document that begins so can be in the encoding; programs that think in UTF-16 say so of what they write in UTF-8."""
    start = body[max(body.find(b"<", 0, _ENCODING_HEAD), 0) :][:2]
    try:
        return not re.fullmatch(rb"<[A-Za-z?!]", start) or start.decode(encoding or UTF8) == start.decode()
    except UnicodeError:
        return False
    except LookupError:  # one that the web may know, or nobody
        return True


def _in_utf8(body: bytes, encoding: str) -> bytes:
    try:
        return body.decode(encoding, errors="replace").encode()
    except (LookupError, UnicodeError):  # no such encoding, or none of texts
        return body.decode(_EBCDIC if body.startswith(_EBCDIC_START) else UTF8, errors="replace").encode()


def _as_utf8(body: bytes) -> str | None:
    """The text where the body makes sense as UTF-8; a few bytes may be damaged. None where it does not."""
    text = body.decode(errors="replace")
    bad = text.count("\ufffd")
    good = sum(map(len, _BEYOND_ASCII.findall(text))) if bad else 1
    return text if good > _GOOD_FOR_ONE_BAD * bad else None


def _charset(media_type: str) -> str:
    message = Message()
    message["Content-Type"] = media_type.replace("\n", " ").replace("\r", " ")
    return message.get_content_charset("")


_REFERENCE = rb"&#(?:[xX][0-9a-fA-F]{1,8}|[0-9]{1,10});"


_SUSPECTS = re.compile(rb"(" + _REFERENCE + rb")(" + _REFERENCE + rb")?")


_UNKNOWN = b"&#xFFFD;"


_BARE = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!#\d|#[xX][0-9a-fA-F]|[A-Za-z][A-Za-z0-9]{0,31};)", re.DOTALL)
"""An "&" that begins no reference, as in "R&D"; what stands in a CDATA section is passed over."""


def mended(body: bytes) -> bytes:
    """The body with pairs of halves put together, references to nothing made the sign for an unknown character, "&" written out."""
    if b"&" not in body:
        return body
    whole = _SUSPECTS.sub(_mended, body) if b"&#" in body else body
    return _BARE.sub(lambda match: b"&amp;" if match[0] == b"&" else match[0], whole)


def _mended(match: re.Match[bytes]) -> bytes:
    first, second = _number(match[1]), _number(match[2]) if match[2] else 0
    if 0xD800 <= first < 0xDC00 <= second < 0xE000:
        return b"&#%d;" % (0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    return _known(match[1]) + (_known(match[2]) if match[2] else b"")


def _known(reference: bytes) -> bytes:
    number = _number(reference)
    return _UNKNOWN if number == 0 or 0xD800 <= number < 0xE000 or number > 0x10FFFF else reference


def _number(reference: bytes) -> int:
    digits = reference[2:-1]
    return int(digits[1:], 16) if digits[:1] in b"xX" else int(digits)


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


def _json_text(given: object) -> str:
    """Publishers write numbers where the specification asks for strings; anything else counts as nothing."""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return ""
    return _whole(str(given)[:100_000])


def _whole(text: str) -> str:
    """The text, without halves of characters: JSON can spell them (RFC 8259 §8.2), and nothing can write them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


Text = Annotated[str, BeforeValidator(_json_text)]


class _Entry(BaseModel):
    """An item, of which only a pointer is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Text = ""
    url: Text = ""
    external_url: Text = ""
    title: Text = ""
    summary: Text = ""
    content_text: Text = ""
    content_html: Text = ""
    date_published: Text = ""
    date_modified: Text = ""


def looks_like_json(body: bytes) -> bool:
    """Whether the body begins as a JSON object does."""
    return body[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"{")


def read_json(body: bytes, address: str) -> Document:
    """The feed in the body.

    Raises:
        NotAFeed: it is other JSON, or none.
    """
    try:
        feed = json.loads(body, strict=False)  # line breaks inside strings are read as they are meant
    except (ValueError, RecursionError):
        raise NotAFeed("not JSON") from None
    if not isinstance(feed, dict) or "jsonfeed.org" not in _json_text(feed.get("version")):
        raise NotAFeed("JSON, but no JSON Feed")
    items = feed.get("items")
    base = canonical(_json_text(feed.get("home_page_url")), address) or address
    title = title_of(words_of(_json_text(feed.get("title")), is_html=False))
    return Document("json", title, settled(list(_json_items(items if isinstance(items, list) else [], base))))


def _json_items(items: list[Any], base: str) -> Iterator[Raw]:
    for each in items:
        try:
            entry = _Entry.model_validate(each)
        except ValidationError:
            continue  # no object at all: the others are still good
        yield _raw(entry, base)


def _raw(entry: _Entry, base: str) -> Raw:
    texts = ((entry.summary, False), (entry.content_text, False), (entry.content_html, True))
    text = next((words for said, is_html in texts if (words := words_of(said, is_html))), "")
    title = title_of(words_of(entry.title, is_html=False) or text)
    links = (canonical(link, base) for link in (entry.url, entry.external_url, entry.id) if link)
    link = next((link for link in links if link), None) if entry.url or entry.external_url else _address(entry.id)
    return Raw(entry.id, title, line_of(text, title), link, moment_in(entry.date_published or entry.date_modified))


def _address(identity: str) -> str | None:
    """The item's id where it is an address in full, as the specification advises."""
    return canonical(identity) if "://" in identity else None


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


_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]{0,400}?\?>")


_NOTHING = b"\0 \t\r\n"


_STUMBLED = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


_UNREAD = re.compile(
    rb"</?(?:[\w.-]+[:_])?(?:width|height|textinput|where|point|line|polygon|circle|box|pos|poslist|lat|long"
    rb"|license|player|rating|chapters?)\b[^<>]*>",
    re.IGNORECASE,
)
"""Elements that no headline is made of; feedparser's handlers for them count on their being where they should be."""


_NAMESPACE = re.compile(rb"(\sxmlns(?::[\w.-]+)?\s*=\s*)(?:\"([^\"<>]*)\"|'([^'<>]*)')")


_HEAD = re.compile(rb"<(?:[\w.-]+:)?(?:channel|feed)\b[^<>]*>", re.IGNORECASE)


_ITEM = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s/>]", re.IGNORECASE)


_NO_NAME = re.compile(rb"[^!-~]")


def parsed(body: bytes, media_type: str, address: str) -> Any:
    """What feedparser finds in the body.

    Raises:
        NotAFeed: it stumbles, even without what it usually stumbles over.
    """
    body, charset = decoded(body, media_type)
    said = f"; charset={charset}" if charset else ""
    headers = {"content-type": f"application/xml{said}", "content-location": address}
    whole = _headed(mended(body), UTF8 if charset == UTF8 else declared(body))
    try:
        return _found(whole, headers)
    except _STUMBLED:
        pass
    try:
        return _found(_NAMESPACE.sub(_without_spaces, _UNREAD.sub(b"", whole)), headers)
    except _STUMBLED as stumbled:
        raise NotAFeed(f"cannot be read ({type(stumbled).__name__})") from stumbled


def has_items(body: bytes) -> bool:
    """Whether an item begins in the body, be it found or not."""
    return _ITEM.search(body) is not None


def _found(body: bytes, headers: dict[str, str]) -> Any:
    """What is in the body; where more items begin in it than are found, what is in it without all that stands before them.

    A title or a description of the feed's that is never closed takes in whatever follows.
    """
    found = _parsed(body, headers)
    head = _HEAD.search(body) if found.bozo else None
    first = _ITEM.search(body, head.end()) if head else None
    if head and first and len(found.entries) < sum(1 for _ in _ITEM.finditer(body)):
        found.entries = max(
            found.entries, _parsed(body[: head.end()] + body[first.start() :], headers).entries, key=len
        )
    return found


def _parsed(body: bytes, headers: dict[str, str]) -> Any:
    # A stream, never the bytes themselves: feedparser takes a string for a file's name or an address, and opens it.
    return feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def _headed(body: bytes, encoding: str) -> bytes:
    """The body under a declaration of one short line: in a long one feedparser searches for minutes."""
    label = f" encoding='{encoding}'" if encoding else ""
    return f"<?xml version='1.0'{label}?>\n".encode() + _DECLARATION.sub(b"", body, count=1).lstrip(_NOTHING)


def _without_spaces(name: re.Match[bytes]) -> bytes:
    """Python's parser tells a name from its namespace by the space between them, of whichever script that is."""
    return b'%s"%s"' % (name[1], _NO_NAME.sub(b"", name[2] or name[3] or b""))


def read(body: bytes, media_type: str = "", address: str = "") -> Document:
    """The feed in ``body``, which came from ``address`` with this Content-Type.

    Raises:
        NotAFeed: there is none in it.
    """
    return read_json(body, address) if looks_like_json(body) else read_xml(body, media_type, address)
