"""The typefaces, what they can write and how wide it gets.

Source Serif Pro for headlines and Source Sans Pro for labels (Adobe, SIL Open Font License 1.1), each with Latin and
Cyrillic, from the packages font-source-serif-pro and font-source-sans-pro.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from bot.pictures.metrics import advances_in

_SPACES = {"\u202f": "\u00a0", "\u2009": "\u00a0", "\u2011": "-", "\t": " ", "\n": " "}
"""What the typefaces lack, and what stands for it."""


class Unwritable(Exception):
    """The typefaces lack a letter or a digit of the text."""


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
