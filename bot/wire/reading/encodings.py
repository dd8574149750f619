"""In which encoding a feed is, where it can be told for sure. PURE.

RFC 7303 §3: a byte order mark counts first, then the Content-Type's charset, then the document's own word. But servers
put a charset before every document, so bytes that make sense as UTF-8, as others hardly ever do, are taken for UTF-8.
"""

import codecs
from email.message import Message

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(body: bytes, media_type: str) -> tuple[bytes, str]:
    """The body, in UTF-8 where that is sure, and what to say of it: ``; charset=…``, or "" where it must say so itself."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, errors="replace").encode(), "; charset=utf-8"
    if not body.isascii() and _is_utf8(body):
        return body, "; charset=utf-8"
    charset = _charset(media_type)
    return body, f"; charset={charset}" if charset else ""


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _charset(media_type: str) -> str:
    message = Message()
    message["Content-Type"] = media_type.replace("\n", " ").replace("\r", " ")
    return message.get_content_charset("")
