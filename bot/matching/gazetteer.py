"""Places and peoples that any language has names for. PURE but for reading the package.

They are from CLDR (cldr.unicode.org) by way of Babel; more towns from ``towns.toml``.
"""

import tomllib
from collections.abc import Iterator, Mapping, Set
from functools import cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from bot.matching.stemmer import CYRILLIC, root, stem
from bot.matching.tokenizer import words_of

_MIN_LETTERS = 4


@cache
def place_terms(language: str) -> frozenset[str]:
    """Stems of the names of countries, languages and large cities, and roots of countries' (which their peoples share)."""
    countries, others = _names(language)
    stems = {stem(word, language) for name in (*countries, *others) for word in _long_words(name)}
    long = (word for name in countries for word in _long_words(name) if len(word) > _MIN_LETTERS + 1)
    return frozenset(stems | {root(word, language) for word in long})


@cache
def _single_names(language: str) -> frozenset[str]:
    """Stems of those names that are one word: no "states", no "new"."""
    return frozenset(stem(word, language) for names in _names(language) for name in names for word in _alone(name))


def is_place(word: str, language: str) -> bool:
    """Whether the word looks like part of the name of a country, a people, a language or a large city."""
    known = place_terms(language)
    return stem(word, language) in known or (len(word) > _MIN_LETTERS + 1 and root(word, language) in known)


def is_place_name(word: str, language: str) -> bool:
    """Whether the word is by itself the name of such a place."""
    return stem(word, language) in _single_names(language)


def territories_of(countries: Set[str], language: str) -> Mapping[str, str]:
    """Codes of some countries, each with the one of ``countries``, roots of their names, that it goes by."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return {}
    roots = {code: {root(word, language) for word in words_of(name)} for code, name in locale.territories.items()}
    return {code: min(found & countries) for code, found in roots.items() if found & countries}


def town_in(word: str, language: str) -> str:
    """The code of the country in which the word is the name of a town or region; "" where it is none that is known."""
    return _towns(language).get(word) or (
        _towns(language).get(stem(word, language), "") if language in CYRILLIC else ""
    )


@cache
def _towns(language: str) -> Mapping[str, str]:
    """Names of towns, where the language declines them also their stems, with the codes of their countries."""
    given = tomllib.loads(files(__package__).joinpath("towns.toml").read_text(encoding="utf-8"))
    script = "cyrillic" if language in CYRILLIC else "latin"
    named = {word: code for code, names in given.items() for word in names[script].split()}
    try:
        locale = Locale.parse(language)
        zones = {
            word: code for zone, code in get_global("zone_territories").items() for word in _alone(_city(locale, zone))
        }
    except (UnknownLocaleError, ValueError):
        zones = {}
    every = zones | named
    return {stem(word, language): code for word, code in every.items() if language in CYRILLIC} | every


def _alone(name: str) -> list[str]:
    found = _long_words(name)
    return found if len(name.split()) == 1 else []


def _names(language: str) -> tuple[list[str], list[str]]:
    """Countries; languages and cities."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return [], []
    countries = [name for code, name in locale.territories.items() if code.isalpha() and code != "ZZ"]
    return countries, [*locale.languages.values(), *_cities(locale)]


def _long_words(name: str) -> list[str]:
    return [word for word in words_of(name) if len(word) >= _MIN_LETTERS and not word.isdigit()]


def _cities(locale: Locale) -> Iterator[str]:
    return (_city(locale, zone) for zone in get_global("zone_territories"))


def _city(locale: Locale, zone: str) -> str:
    return str(locale.time_zones.get(zone, {}).get("city") or zone.rpartition("/")[2]).replace("_", " ")
