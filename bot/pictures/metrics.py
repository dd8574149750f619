"""How wide a typeface's characters are, read from its file.

Two tables of an OpenType file say it (OpenType specification 1.9, "cmap" and "hmtx"). Read here because a font library
takes 16 MB of memory for good to do the same; the tests compare with one, character by character.
"""

from collections.abc import Iterator
from struct import unpack_from

_UNICODE_BMP = (3, 1)
_FORMAT = 4
_NO_GLYPH = 0


def advances_in(font: bytes) -> dict[str, float]:
    """Character of the Basic Multilingual Plane → advance in em, for those that the font has.

    Raises:
        ValueError: the font has no such table of characters.
    """
    tables = _tables(font)
    em = unpack_from(">H", font, tables["head"] + 18)[0]
    count = unpack_from(">H", font, tables["hhea"] + 34)[0]
    widths = unpack_from(">" + "Hh" * count, font, tables["hmtx"])[::2]
    return {chr(code): widths[min(glyph, count - 1)] / em for code, glyph in _glyphs(font, _cmap(font, tables["cmap"]))}


def _tables(font: bytes) -> dict[str, int]:
    """Tag → offset."""
    records = (unpack_from(">4sLLL", font, 12 + 16 * index) for index in range(unpack_from(">H", font, 4)[0]))
    return {tag.decode("latin-1"): offset for tag, _, offset, _ in records}


def _cmap(font: bytes, table: int) -> int:
    """The offset of the subtable for Unicode in segments, which every font for Windows has."""
    for index in range(unpack_from(">H", font, table + 2)[0]):
        platform, encoding, offset = unpack_from(">HHL", font, table + 4 + 8 * index)
        if (platform, encoding) == _UNICODE_BMP and unpack_from(">H", font, table + offset)[0] == _FORMAT:
            return int(table + offset)
    raise ValueError("expected a font with a character map for Windows, Unicode BMP, format 4")


def _glyphs(font: bytes, subtable: int) -> Iterator[tuple[int, int]]:
    """Character code and glyph number, segment by segment."""
    size = unpack_from(">H", font, subtable + 6)[0]
    ends, starts = subtable + 14, subtable + 16 + size
    for segment in range(0, size, 2):
        end, start = unpack_from(">H", font, ends + segment)[0], unpack_from(">H", font, starts + segment)[0]
        delta, place = (unpack_from(">H", font, starts + size * n + segment)[0] for n in (1, 2))
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if place:
                glyph = unpack_from(">H", font, starts + size * 2 + segment + place + 2 * (code - start))[0]
            if not place or glyph:
                glyph = (glyph + delta) % 0x10000
            if glyph != _NO_GLYPH:
                yield code, glyph
