"""Names of countries, peoples and towns in any language.

They come from CLDR (cldr.unicode.org, by Babel). ``towns.toml`` has more towns of a few countries.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel.core import get_global

from bot.languages import cldr, scripts_of
from bot.matching.stemmer import root, stem
from bot.matching.tokenizer import words_of

_MIN_LETTERS = 4


def country_of(word: str, language: str) -> str:
    """The code ("ID") of the country that the word names, or whose people or town it names; "" for other words."""
    base = stem(word, language)
    countries, towns = _countries(language), _towns(language)
    return countries.get(base) or countries.get(root(word)) or towns.get(word) or towns.get(base) or ""


@cache
def _countries(language: str) -> Mapping[str, str]:
    """Stem of a country's one-word name, or the root that its people's name shares → code."""
    locale = cldr(language)
    if locale is None:
        return {}
    codes = {}
    for code, name in locale.territories.items():
        parts = _long_words(name)
        if code.isalpha() and code != "ZZ" and len(parts) == 1 == len(name.split()):
            codes.update(dict.fromkeys(filter(None, (stem(parts[0], language), root(parts[0]))), code))
    return codes


@cache
def _towns(language: str) -> Mapping[str, str]:
    """Name of a town, or its stem in a language that declines names → code of its country."""
    locale = cldr(language)
    zones = get_global("zone_territories") if locale else {}
    named = {}
    for zone, code in zones.items():
        city = str(locale.time_zones.get(zone, {}).get("city") or zone.rpartition("/")[2]) if locale else ""
        parts = _long_words(city)
        if len(parts) == 1 == len(city.replace("_", " ").split()):
            named[parts[0]] = code
    is_cyrillic = "CYRILLIC" in scripts_of(language)
    script = "cyrillic" if is_cyrillic else "latin"
    by_country = tomllib.loads(files(__package__).joinpath("towns.toml").read_text(encoding="utf-8"))
    named |= {word: code for code, names in by_country.items() for word in names[script].split()}
    return {stem(word, language): code for word, code in named.items() if is_cyrillic} | named


def _long_words(name: str) -> list[str]:
    return [word for word in words_of(name) if len(word) >= _MIN_LETTERS and not word.isdigit()]
