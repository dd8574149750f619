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
    rb"</?(?:[\w.-]+:)?(?:width|height|textinput|where|point|line|polygon|circle|box|pos|poslist|lat|long)\b[^<>]*>",
    re.IGNORECASE,
)
"""Elements that no headline is made of; feedparser's handlers for them count on their being where they should be."""

_NAMESPACE = re.compile(rb"(\sxmlns(?::[\w.-]+)?\s*=\s*)(?:\"([^\"<>]*)\"|'([^'<>]*)')")


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
        return _parsed(whole, headers)
    except _STUMBLED:
        pass
    try:
        return _parsed(_NAMESPACE.sub(_without_spaces, _UNREAD.sub(b"", whole)), headers)
    except _STUMBLED as stumbled:
        raise NotAFeed(f"cannot be read ({type(stumbled).__name__})") from stumbled


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
    """Python's parser tells a name from its namespace by the space between them."""
    return b'%s"%s"' % (name[1], b"".join((name[2] or name[3] or b"").split()))
