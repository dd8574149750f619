"""Character references as they should have been written. PURE.

XML allows no reference to half a character (www.w3.org/TR/xml/#NT-Char), but programs that think in UTF-16 write an emoji
as two of them; and feedparser gives up a whole document for one. An "&" has to be written out (#NT-CharData), which many forget.
"""

import re

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
