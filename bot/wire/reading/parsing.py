"""feedparser, kept from what makes it stumble. PURE: bytes in, what it found out."""

import io
import re
from typing import Any

import feedparser

from bot.wire.reading.document import NotAFeed
from bot.wire.reading.encodings import UTF8, declared, decoded
from bot.wire.reading.references import mended

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
