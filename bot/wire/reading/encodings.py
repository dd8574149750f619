"""In which encoding a feed is, where it can be told for sure. PURE.

RFC 7303 §3: a byte order mark counts first, then the Content-Type's charset, then the document's own word. But servers
put a charset before every document, so bytes that make sense as UTF-8, as others hardly ever do, are taken for UTF-8.
"""

import codecs
import re
from email.message import Message

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

_HEAD = 200
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
        return _in_utf8(body, _said(_in_utf8(body[:_HEAD], _EBCDIC)) or _EBCDIC), UTF8
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
    said = _DECLARED.search(body[:_HEAD])
    return said[1].decode().lower() if said else ""


def _fits(encoding: str, body: bytes) -> bool:
    """Whether a document that begins so can be in the encoding; programs that think in UTF-16 say so of what they write in UTF-8."""
    start = body[max(body.find(b"<", 0, _HEAD), 0) :][:2]
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
