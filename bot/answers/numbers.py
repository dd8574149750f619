"""Numbers as a reader's language writes them (CLDR, by Babel). PURE."""

from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from bot.dossier.plurals import categories

NBSP = "\u00a0"
_LOCALES = {"en": "en_GB"}
_ABOUT = {"en": "about ", "id": "sekitar ", "ru": "около "}


@cache
def locale(language: str) -> Locale:
    """Babel's locale for a language; English for one that CLDR does not know."""
    try:
        return Locale.parse(_LOCALES.get(language, language))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def number(value: float, language: str) -> str:
    """``1,303`` · ``1.303`` · ``1 303`` (a number of four digits stands unparted in Russian: ``1303``)."""
    text = format_decimal(value, locale=locale(language))
    return text.replace(NBSP, "") if language == "ru" and 1000 <= abs(value) < 10000 else text


def percent(value: float, language: str) -> str:
    """``92%`` · ``92%`` · ``92 %``, the space being one that does not break."""
    pattern = locale(language).percent_formats[None]
    before, after = ("", "%") if language == "id" else (pattern.prefix[0], pattern.suffix[0])
    return f"{before}{number(value, language)}{after}"


def plural(forms: str, n: float, language: str) -> str:
    """The form of ``one|few|many`` (CLDR's order) that goes with ``n``; the last one where there are too few.

    A fraction has the form of few in Russian («1,5 программы»), unless there is one of its own.
    """
    each, order = forms.split("|"), categories(language)
    index = order.index(locale(language).plural_form(n))
    if language == "ru" and index >= len(each) == len(order) - 1:
        return each[order.index("few")]
    return each[min(index, len(each) - 1)]


def about(approximate: bool, language: str) -> str:
    return _ABOUT.get(language, "~") if approximate else ""
