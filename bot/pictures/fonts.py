"""The typefaces: their characters, the width of text, and text fitted into a width.

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


class MissingGlyph(Exception):
    """The typeface lacks a letter or a digit of the text."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, with the family and weight by which SVG selects it."""

    family: str
    weight: int
    package: str
    name: str

    @property
    def path(self) -> Path:
        return Path(str(files(self.package) / "files" / self.name))


SERIF = Face("Source Serif Pro", 600, "font_source_serif_pro", "SourceSerifPro-Semibold.otf")
SANS = Face("Source Sans Pro", 400, "font_source_sans_pro", "SourceSansPro-Regular.otf")
BOLD = Face("Source Sans Pro", 600, "font_source_sans_pro", "SourceSansPro-Semibold.otf")
FACES = (SERIF, SANS, BOLD)

FALLBACKS = {SERIF.family: "Georgia, serif", SANS.family: "system-ui, sans-serif"}
"""The fallback families for a page that shows the SVG and lacks the font."""

# ---- Metrics, read from the font's tables (learn.microsoft.com/typography/opentype/spec)


@cache
def advances(face: Face) -> Mapping[str, float]:
    """Character → advance width in em."""
    return parse_advances(face.path.read_bytes())


def parse_advances(font: bytes) -> dict[str, float]:
    """Character of the Basic Multilingual Plane → advance width in em, for the characters that the font has.

    Raises:
        ValueError, struct.error: the data is not a font, or lacks such a table of characters.
    """
    records = (unpack_from(">4sLLL", font, 12 + 16 * n) for n in range(unpack_from(">H", font, 4)[0]))
    tables = {tag.decode("latin-1"): offset for tag, _, offset, _ in records}
    em = unpack_from(">H", font, tables["head"] + 18)[0]
    count = unpack_from(">H", font, tables["hhea"] + 34)[0]
    widths = unpack_from(">" + "Hh" * count, font, tables["hmtx"])[::2]
    return {chr(code): widths[min(glyph, count - 1)] / em for code, glyph in _glyphs(font, _cmap(font, tables["cmap"]))}


def _cmap(font: bytes, table: int) -> int:
    """The offset of the subtable in format 4 for Unicode's BMP, which every font for Windows has."""
    for index in range(unpack_from(">H", font, table + 2)[0]):
        platform, encoding, offset = unpack_from(">HHL", font, table + 4 + 8 * index)
        if (platform, encoding) == (3, 1) and unpack_from(">H", font, table + offset)[0] == 4:
            return int(table + offset)
    raise ValueError("expected a font with a character map for Windows, Unicode BMP, format 4")


def _glyphs(font: bytes, subtable: int) -> Iterator[tuple[int, int]]:
    """Character codes and glyph numbers, segment by segment. Glyph 0, which stands for a missing character, is skipped."""
    size = unpack_from(">H", font, subtable + 6)[0]
    ends, starts = subtable + 14, subtable + 16 + size
    for segment in range(0, size, 2):
        end, start = unpack_from(">H", font, ends + segment)[0], unpack_from(">H", font, starts + segment)[0]
        delta, offset = (unpack_from(">H", font, starts + size * n + segment)[0] for n in (1, 2))
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:
                glyph = unpack_from(">H", font, starts + size * 2 + segment + offset + 2 * (code - start))[0]
            if not offset or glyph:
                glyph = (glyph + delta) % 0x10000
            if glyph:
                yield code, glyph


# ---- Text

_NBSP = "\u00a0"
_ELLIPSIS = "…"
_SUBSTITUTES = {"\u202f": _NBSP, "\u2009": _NBSP, "\u2011": "-", "\t": " ", "\n": " "}
"""Replacements of characters that the typefaces lack."""

_SHORT_WORD = re.compile(r"(?<![^\s«“(])([^\W\d_]{1,2}) (?=\S)")
"""A word of one or two letters. Russian typesetting, like good English typesetting, does not leave it at the end of a line."""

_YEAR = re.compile(r"(?<=\d) (?=год)")
"""«2025 года» stays on one line."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines of one size. ``leading``: the distance between their baselines."""

    lines: tuple[str, ...]
    face: Face
    size: float
    leading: float

    @property
    def height(self) -> float:
        """From the cap height of the first line to the descenders of the last."""
        return self.leading * (len(self.lines) - 1) + self.size

    @property
    def width(self) -> float:
        return max((width(line, self.face, self.size) for line in self.lines), default=0)

    @property
    def is_cut(self) -> bool:
        return bool(self.lines) and self.lines[-1].endswith(_ELLIPSIS)


def printable(text: str, face: Face) -> str:
    """The text that the face can print: without emoji and other symbols that it lacks.

    Raises:
        MissingGlyph: the face lacks a letter, a combining mark or a digit.
    """
    available = advances(face)
    kept = []
    for char in unicodedata.normalize("NFC", text):
        printed = char if char in available else _SUBSTITUTES.get(char, "")
        is_variation_selector = "\ufe00" <= char <= "\ufe0f"
        if not printed and unicodedata.category(char)[0] in "LMN" and not is_variation_selector:
            raise MissingGlyph(char)
        kept.append(printed)
    return "".join(kept).strip()


def width(text: str, face: Face, size: float) -> float:
    """The width in the unit of ``size``, without kerning, which would only reduce it."""
    available = advances(face)
    return size * sum(available.get(char, 0.6) for char in text)


def fit(
    text: str,
    face: Face,
    max_width: float,
    sizes: Sequence[float],
    max_lines: int,
    *,
    spacing: float = 1.2,
    balanced: bool = False,
) -> TextBlock:
    """The text at the largest of the sizes at which it takes at most ``max_lines`` lines of ``max_width``.

    At the smallest size the rest is replaced by an ellipsis, and a word wider than ``max_width`` is broken.
    ``balanced``: whether the lines get similar widths, as in a headline.

    Raises:
        MissingGlyph: the face lacks a letter of it.
    """
    words = _YEAR.sub(_NBSP, _SHORT_WORD.sub(rf"\1{_NBSP}", printable(text, face).replace(" —", f"{_NBSP}—")))
    for size in sizes:
        lines = _wrap(words, face, size, max_width)
        if len(lines) <= max_lines and all(width(line, face, size) <= max_width for line in lines):
            lines = _balance(lines, words, face, size, max_width) if balanced else lines
            return TextBlock(lines, face, size, size * spacing)
    size = sizes[-1]
    lines = tuple(part for line in _wrap(words, face, size, max_width) for part in _break(line, face, size, max_width))
    if len(lines) > max_lines:
        lines = (*lines[: max_lines - 1], _cut(" ".join(lines[max_lines - 1 :]), face, size, max_width))
    return TextBlock(lines, face, size, size * spacing)


def _wrap(words: str, face: Face, size: float, max_width: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words.split(" "):
        if lines and width(f"{lines[-1]} {word}", face, size) <= max_width:
            lines[-1] += f" {word}"
        elif word:
            lines.append(word)
    return tuple(lines)


def _balance(lines: tuple[str, ...], words: str, face: Face, size: float, max_width: float) -> tuple[str, ...]:
    """The same number of lines, as narrow as possible, by bisection."""
    narrow, wide = max_width / max(1, len(lines)), max_width
    for _ in range(6):
        middle = (narrow + wide) / 2
        tried = _wrap(words, face, size, middle)
        if len(tried) <= len(lines) and all(width(line, face, size) <= middle for line in tried):
            lines, wide = tried, middle
        else:
            narrow = middle
    return lines


def _break(line: str, face: Face, size: float, max_width: float) -> list[str]:
    parts = [""]
    for char in line:
        if parts[-1] and width(parts[-1] + char, face, size) > max_width:
            parts.append("")
        parts[-1] += char
    return parts


def _cut(line: str, face: Face, size: float, max_width: float) -> str:
    while line and width(line + _ELLIPSIS, face, size) > max_width:
        line = line[:-1]
    return line.rstrip(f" {_NBSP}.,;:–—") + _ELLIPSIS
