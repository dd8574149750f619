"""The typefaces, what they can write and how wide it gets.

Source Serif Pro for headlines and Source Sans Pro for labels (Adobe, SIL Open Font License 1.1), each with Latin and
Cyrillic, from the packages font-source-serif-pro and font-source-sans-pro.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
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


_NBSP = "\u00a0"


_SHORT = re.compile(r"(?<![^\s«“(])([^\W\d_]{1,2}) (?=\S)")
"""A word of one or two letters, which Russian typesetting does not leave at a line's end (nor does good English)."""


_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Face:
    """A cut of a typeface, as SVG names it, and the file it is in."""

    family: str
    weight: int
    package: str
    name: str

    @property
    def path(self) -> Path:
        """Where its file is."""
        return Path(str(files(self.package) / "files" / self.name))


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines of one size; ``leading`` is the distance of their baselines."""

    lines: tuple[str, ...]
    face: Face
    size: float
    leading: float

    @property
    def height(self) -> float:
        """From the first line's cap height to the last baseline, with its descenders."""
        return self.leading * (len(self.lines) - 1) + self.size

    @property
    def cut(self) -> bool:
        """Whether it does not say all."""
        return bool(self.lines) and self.lines[-1].endswith(_ELLIPSIS)

    @property
    def width(self) -> float:
        return max((width(line, self.face, self.size) for line in self.lines), default=0)


def fit(
    text: str, face: Face, room: float, sizes: Sequence[float], most: int, *, spacing: float = 1.2, even: bool = False
) -> Setting:
    """The text at the largest of the sizes at which it takes at most ``most`` lines of ``room`` width.

    At the smallest size what is too much is cut with an ellipsis, and a word wider than the room is broken.
    ``even``: lines of a like width, as a headline has.

    Raises:
        Unwritable: the face lacks a letter of it.
    """
    words = _SHORT.sub(rf"\1{_NBSP}", writable(text, face).replace(" —", f"{_NBSP}—"))
    for size in sizes:
        lines = _wrapped(words, face, size, room)
        if len(lines) <= most and all(width(line, face, size) <= room for line in lines):
            return Setting(_evened(lines, words, face, size, room) if even else lines, face, size, size * spacing)
    size = sizes[-1]
    lines = tuple(part for line in _wrapped(words, face, size, room) for part in _broken(line, face, size, room))
    if len(lines) > most:
        lines = (*lines[: most - 1], _cut(" ".join(lines[most - 1 :]), face, size, room))
    return Setting(lines, face, size, size * spacing)


def _wrapped(words: str, face: Face, size: float, room: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words.split(" "):
        if lines and width(f"{lines[-1]} {word}", face, size) <= room:
            lines[-1] += f" {word}"
        elif word:
            lines.append(word)
    return tuple(lines)


def _evened(lines: tuple[str, ...], words: str, face: Face, size: float, room: float) -> tuple[str, ...]:
    """As many lines, as narrow as they can be."""
    narrow, wide = room / max(1, len(lines)), room
    for _ in range(6):
        middle = (narrow + wide) / 2
        tried = _wrapped(words, face, size, middle)
        if len(tried) <= len(lines) and all(width(line, face, size) <= middle for line in tried):
            lines, wide = tried, middle
        else:
            narrow = middle
    return lines


def _broken(line: str, face: Face, size: float, room: float) -> list[str]:
    parts = [""]
    for sign in line:
        if parts[-1] and width(parts[-1] + sign, face, size) > room:
            parts.append("")
        parts[-1] += sign
    return parts


def _cut(line: str, face: Face, size: float, room: float) -> str:
    while line and width(line + _ELLIPSIS, face, size) > room:
        line = line[:-1]
    return line.rstrip(f" {_NBSP}.,;:–—") + _ELLIPSIS


_SPACES = {"\u202f": "\u00a0", "\u2009": "\u00a0", "\u2011": "-", "\t": " ", "\n": " "}
"""What the typefaces lack, and what stands for it."""


class Unwritable(Exception):
    """The typefaces lack a letter or a digit of the text."""


SERIF = Face("Source Serif Pro", 600, "font_source_serif_pro", "SourceSerifPro-Semibold.otf")


SANS = Face("Source Sans Pro", 400, "font_source_sans_pro", "SourceSansPro-Regular.otf")


BOLD = Face("Source Sans Pro", 600, "font_source_sans_pro", "SourceSansPro-Semibold.otf")


FACES = (SERIF, SANS, BOLD)


FALLBACKS = {SERIF.family: "Georgia, serif", SANS.family: "system-ui, sans-serif"}
"""What a page that shows the SVG itself takes where it has not the typeface."""


@cache
def advances(face: Face) -> Mapping[str, float]:
    """Character → advance in em."""
    return advances_in(face.path.read_bytes())


def writable(text: str, face: Face) -> str:
    """The text as the face can write it: without emoji and other signs that it lacks.

    Raises:
        Unwritable: it lacks a letter, a mark of one, or a digit.
    """
    known = advances(face)
    kept = []
    for sign in unicodedata.normalize("NFC", text):
        drawn = sign if sign in known else _SPACES.get(sign, "")
        if not drawn and unicodedata.category(sign)[0] in "LMN" and not _selects_variant(sign):
            raise Unwritable(sign)
        kept.append(drawn)
    return "".join(kept).strip()


def width(text: str, face: Face, size: float) -> float:
    """How wide the text gets, in the unit of ``size``; kerning, which only narrows, is left out."""
    known = advances(face)
    return size * sum(known.get(sign, 0.6) for sign in text)


def _selects_variant(sign: str) -> bool:
    """U+FE00–FE0F, which follow an emoji."""
    return "\ufe00" <= sign <= "\ufe0f"
