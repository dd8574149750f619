"""Facts and days as a reader's language writes them (CLDR, by Babel). PURE."""

import re
from datetime import date, datetime, time

from babel.dates import format_date, format_time
from babel.units import format_unit

from bot.answers.money import money
from bot.answers.numbers import NBSP, about, locale, number, percent, plural
from bot.dossier.facts import Day, Duration, Fact, Money, Named, Number, Percent

_DAY_PATTERNS = {"ru": "d MMMM y 'года'"}
WORDS, GENITIVE = "words", "gen"
"""The forms of a number or duration that spell a small number out, as newspapers do in running text; ``gen`` in the
case that Russian has after «из» and «после», and as ``words`` in languages without cases.
"""

_SPELLED = {
    "en": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "id": ["satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh"],
    "ru": ["1", "2", *["три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять"]],  # 1 and 2 have gender
}
_SPELLED_GENITIVE = ["двух", "трёх", "четырёх", "пяти", "шести", "семи", "восьми", "девяти", "десяти"]
"""From two on."""

_UNITS_GENITIVE = ("года|лет", "месяца|месяцев", "дня|дней")
"""Of one, and of more."""


def fact_text(fact: Fact, language: str, form: str = "") -> str:
    """The fact as a text shows it; ``form`` names another grammatical form of a name, place or text."""
    match fact:
        case Money():
            return money(fact, language)
        case Percent():
            return about(fact.approximate, language) + percent(fact.value, language)
        case Day():
            return day(fact.value, language) if fact.value else ""
        case Duration() | Number() if form == GENITIVE and language == "ru":
            return _genitive(fact)
        case Duration():
            return _spelled(duration(fact, language), language) if form else duration(fact, language)
        case Number():
            counted = about(fact.approximate, language) + _counted(fact, language)
            return _spelled(counted, language) if form else counted
        case _:
            forms = fact.forms.get(form, {})
            return forms.get(language) or in_language(fact.value, language)


def in_language(named: Named, language: str) -> str:
    """The text in the language, or the one text for all."""
    return named if isinstance(named, str) else named.get(language) or next(iter(named.values()), "")


def day(value: date, language: str) -> str:
    """``19 June 2025`` · ``19 Juni 2025`` · ``19 июня 2025 года``."""
    return format_date(value, _DAY_PATTERNS.get(language, "long"), locale=locale(language))


def short_day(value: date, language: str) -> str:
    """``19 Jun 2025`` · ``19 Jun 2025`` · ``19 июня 2025``: for lists."""
    return format_date(value, "d MMMM y" if language == "ru" else "medium", locale=locale(language))


def month(value: date, language: str) -> str:
    """``June 2025`` · ``Juni 2025`` · ``июнь 2025``."""
    return format_date(value, "LLLL y", locale=locale(language))


def moment(value: datetime, language: str) -> str:
    """A day and the time of day, in the time zone that ``value`` carries."""
    return f"{short_day(value.date(), language)}, {clock(value.time(), language)}"


def clock(value: time, language: str) -> str:
    """``09:00`` · ``09.00`` · ``09:00``."""
    return format_time(value, "short", locale=locale(language))


def duration(length: Duration, language: str) -> str:
    """``5 years`` · ``5 tahun`` · ``5 лет``, and months and days where there are any."""
    parts = [("duration-year", length.years), ("duration-month", length.months), ("duration-day", length.days)]
    return " ".join(_of_unit(n, unit, language) for unit, n in parts if n)


def _of_unit(count: int, unit: str, language: str) -> str:
    """The count with its unit written out; CLDR leaves the long form out where it is the short one."""
    written = (format_unit(count, unit, length, locale=locale(language)) for length in ("long", "short", "narrow"))
    return next((each for each in written if unit not in each), str(count))


def _counted(fact: Number, language: str) -> str:
    text = number(fact.value, language)
    return f"{text}{NBSP}{plural(in_language(fact.unit, language), fact.value, language)}" if fact.unit else text


def _spelled(text: str, language: str) -> str:
    """``5 years`` → ``five years``; numbers above ten stay as they are."""
    words = _SPELLED.get(language, [])
    return re.sub(r"^\d+(?=\s|$)", lambda m: words[int(m[0]) - 1] if 0 < int(m[0]) <= len(words) else m[0], text)


def _genitive(fact: Duration | Number) -> str:
    """«шести программ», «пяти лет», «около трёх месяцев»: Russian."""
    if isinstance(fact, Duration):
        counts = zip((fact.years, fact.months, fact.days), _UNITS_GENITIVE, strict=True)
        return " ".join(_counted_genitive(n, *unit.split("|")) for n, unit in counts if n)
    _, singular, plurals = ((in_language(fact.unit, "ru") if fact.unit else "").split("|") * 3)[:3]
    return about(fact.approximate, "ru") + _counted_genitive(fact.value, singular, plurals)


def _counted_genitive(n: float, singular: str, plurals: str) -> str:
    spelled = n == int(n) and 2 <= n < 2 + len(_SPELLED_GENITIVE)
    words = _SPELLED_GENITIVE[int(n) - 2] if spelled else number(n, "ru")
    unit = singular if locale("ru").plural_form(n) in ("one", "other") else plurals
    return f"{words}{NBSP}{unit}".rstrip(NBSP)
