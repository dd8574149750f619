"""What Nota knows of each language. PURE.

A language is a folder: ``language.toml`` (how it writes numbers, money and days), ``phrases.po`` (what Nota says, :mod:`bot.replies.i18n`),
``questions.toml`` (how people ask, :mod:`bot.matching.lexicon`) and ``claims.toml`` (how they claim, :mod:`bot.claims.words`). Each may be missing: then it has the defaults, and whatever CLDR
(cldr.unicode.org, by Babel) has for it.
"""

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from pydantic import BaseModel, ConfigDict

_FOLDERS = files(__package__)


class LanguageRecord(BaseModel):
    """``language.toml``.

    Attributes:
        locale: of what Nota writes in it, if it speaks the language itself: ``en_GB``.
        flag: before its name.
        name: where CLDR has only that of the country.
        zone: the time zone of a new subscriber.
        near: languages without word lists with so many of its short words that they are not told apart.
        declines: whether a value of a sentence is in a case, so that nobody's words are put into another sentence.
        number_words: the words for 1, 2, 3 …; the first of each is the one that Nota writes. Without them nothing is sure of small numbers.
        spelled_from: the first number that Nota writes as a word; those before it have gender. 0: none.
        one_of_unit: the 1 before a unit of time.
        about: before a rounded figure.
        group: the sign between thousands, where that of CLDR is not wanted.
        grouped_from: the first number whose thousands are set apart.
        fraction: the plural category of fractions, where a unit has no form of their own.
        scales: sizes and their words in amounts, from the largest. By millions an amount is counted only if no digits are lost.
        million: its word in counts.
        counts_by_million: whether a unit behind that word has the form for many, whatever the number.
        of: between a scale and what is counted.
        short_scales: a short word for a power of ten that CLDR has not → that power.
        genitive_numbers: of 2, 3 …
        genitive_units: the singular and plural of years, months and days.
        signs, nouns: code of a currency → its sign before an amount, or its plural forms.
        day_format, short_day_format, month_format: patterns or widths of CLDR.
        spellings: first three letters of a month, as publishers write them besides CLDR's → its number.
        clocks: abbreviation of a time zone → hours before Greenwich.
        growth: beginnings of words for growth and comparison, which may be more than all of something.
        plurals: words of units that are no singular although they do not end with s. Without them no unit is taken for one.
        noun_first: whether the noun of a unit is its first word.
        percent: how words for percent begin.
        pages: words before the number of a page, as they are written, without the point behind an abbreviation.
        other_units: patterns of words for miles, feet and pounds: where one stands, a translator may have counted in other units.
        negations: words that turn a headline into its opposite.
        cities: time zone → cities whose names are not that of a zone, and the usual abbreviations.
        more_scripts: in which it is written besides that of CLDR, named as by :func:`scripts_of`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    locale: str = ""
    flag: str = ""
    name: str = ""
    zone: str = "UTC"
    near: frozenset[str] = frozenset()
    declines: bool = False
    number_words: tuple[str, ...] = ()
    spelled_from: int = 0
    one_of_unit: str = "1"
    about: str = "~"
    group: str = ""
    grouped_from: int = 0
    fraction: str = ""
    scales: tuple[tuple[int, str], ...] = ()
    million: str = ""
    counts_by_million: bool = False
    of: str = ""
    short_scales: Mapping[str, int] = {}
    genitive_numbers: tuple[str, ...] = ()
    genitive_units: tuple[tuple[str, str], ...] = ()
    signs: Mapping[str, str] = {}
    nouns: Mapping[str, str] = {}
    day_format: str = "long"
    short_day_format: str = "medium"
    month_format: str = "LLLL y"
    spellings: Mapping[str, int] = {}
    clocks: Mapping[str, int] = {}
    growth: tuple[str, ...] = ()
    plurals: frozenset[str] = frozenset()
    noun_first: bool = False
    percent: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    other_units: tuple[str, ...] = ()
    negations: frozenset[str] = frozenset()
    cities: Mapping[str, str] = {}
    more_scripts: frozenset[str] = frozenset()


@cache
def record(language: str) -> LanguageRecord:
    """What is known of a language; each file is read once."""
    return LanguageRecord(**read(language, "language.toml"))


def file_of(language: str, name: str) -> Traversable | None:
    """A file of the language's folder; None: it has none."""
    file = _FOLDERS.joinpath(language, name)
    return file if language.isalpha() and file.is_file() else None


def read(language: str, name: str) -> dict[str, Any]:
    """The words in a file of the language's folder; empty if it has none."""
    file = file_of(language, name)
    return tomllib.loads(file.read_text(encoding="utf-8")) if file else {}


@cache
def languages_with(name: str) -> tuple[str, ...]:
    """The languages that have a file, in one order for all processes."""
    return tuple(sorted(folder.name for folder in _FOLDERS.iterdir() if file_of(folder.name, name)))


def records() -> Iterator[LanguageRecord]:
    """Those of all languages that have one."""
    return map(record, languages_with("language.toml"))


SPOKEN = tuple(sorted(("en", *languages_with("phrases.po"))))
"""The languages that Nota speaks itself."""


@cache
def cldr(language: str) -> Locale | None:
    """Babel's locale; None: CLDR lacks the language."""
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None


@cache
def direction(language: str) -> str:
    """``rtl`` or ``ltr``, as CLDR has it; ``ltr`` where CLDR lacks the language."""
    locale = cldr(language)
    return locale.text_direction if locale else "ltr"


_LETTERS_OF = {
    "Beng": "BENGALI",
    "Hans": "CJK",
    "Hant": "CJK",
    "Jpan": "CJK HIRAGANA KATAKANA",
    "Kore": "HANGUL CJK",
    "Orya": "ORIYA",
}
"""Scripts (ISO 15924) whose name differs from the Unicode names of their letters."""


@cache
def scripts_of(language: str) -> frozenset[str]:
    """The scripts that a language is mostly written in (unicode.org/reports/tr35/#Likely_Subtags); empty: CLDR lacks the language.

    Each is the first word of its letters' Unicode names: ``LATIN``, ``CYRILLIC``.
    """
    parts = str(get_global("likely_subtags").get(language, "")).split("_")
    script = next((part for part in parts if len(part) == 4), "")
    name = _LETTERS_OF.get(script) or str(Locale("en").scripts.get(script, "")).upper()
    return frozenset(name.split()) | record(language).more_scripts


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """The script of a letter, as in :func:`scripts_of`."""
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "").partition(" ")[0]
