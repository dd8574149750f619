"""Formats numbers, money, days and facts for a language (CLDR, by Babel). PURE."""

import re
from datetime import date, datetime, time
from functools import cache

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, get_currency_precision, get_currency_symbol
from babel.units import format_unit

from bot.dossier.models import COUNTED_FORMS, DayFact, Duration, Fact, Money, Number, Percent, TextFact, in_language
from bot.dossier.validators import categories
from bot.languages import cldr, direction, record

NBSP = "\u00a0"


@cache
def locale(language: str) -> Locale:
    """Babel's locale for a language; British English for one that CLDR does not have."""
    return cldr(record(language).locale or language) or Locale.parse("en_GB")


def number(value: float, language: str) -> str:
    """``1,303`` · ``1.303`` · ``1303``: Russian and Spanish group digits from five on."""
    return _grouped(format_decimal(value, locale=locale(language)), value, language)


def _grouped(text: str, value: float, language: str) -> str:
    """The number with its thousands set apart as the language does it.

    CLDR has a point for Spanish, which half of its readers take for a decimal point. The academies ask for a space: «10 303»
    (Ortografía de la lengua española, 2010, VIII 2.1.2).
    """
    own = record(language)
    if own.group:
        text = text.replace(".", own.group)
    return text.replace(NBSP, "") if 1000 <= abs(value) < own.grouped_from else text


def percent(value: float, language: str) -> str:
    """``92%`` · ``92%`` · ``92 %`` (with a no-break space)."""
    pattern = locale(language).percent_formats[None]
    return f"{pattern.prefix[0]}{number(value, language)}{pattern.suffix[0]}"


def plural(forms: str, n: float, language: str) -> str:
    """The form for ``n`` among ``one|few|many`` (in CLDR's order); the last form if there are too few.

    In Russian a fraction takes the form of few («1,5 программы»), unless ``forms`` has a fourth form.
    """
    named_forms, order = forms.split("|"), categories(language)
    index = order.index(locale(language).plural_form(n))
    if (of_fractions := record(language).fraction) and index >= len(named_forms) == len(order) - 1:
        return named_forms[order.index(of_fractions)]
    return named_forms[min(index, len(named_forms) - 1)]


def about(approximate: bool, language: str) -> str:
    own = record(language).about
    return f"{own} " if approximate and own.isalpha() else own * approximate


def without_repeated_about(text: str, before: str, language: str) -> str:
    """The text without an "about" that follows another, as in "About {price}" where the price is approximate.

    ``before`` is the text directly before it.
    """
    word = record(language).about
    if word not in text.lower():
        return text
    if re.search(rf"(?<!\w){word}\s*$", before, re.IGNORECASE):
        text = re.sub(rf"^{word}\s+", "", text, flags=re.IGNORECASE)
    return re.sub(rf"(?<!\w)({word}\s+){word}\s+", r"\1", text, flags=re.IGNORECASE)


_RANGE = "–"

_MILLION = 1_000_000


def money(fact: Money, language: str) -> str:
    """``Rp95,000–160,000`` · ``Rp95.000–160.000`` · ``95 000–160 000 рупий``; billions and more with a word, in Spanish millions as well."""
    low, high, scale = fact.low, fact.high, ""
    for size, name in record(language).scales:
        loses_digits = size == _MILLION and any(round(end / size, 1) != end / size for end in (low, high))
        if low >= size and not loses_digits:
            low, high = low / size, high / size
            scale = f"{NBSP}{plural(name, high, language)}"
            break
    has_cents = not scale and (low % 1 or high % 1)
    ends = [_cents(end, fact.currency, language) if has_cents else number(end, language) for end in (low, high)]
    amount = ends[0] if low == high else _RANGE.join(ends)
    return about(fact.approximate, language) + _with_currency(
        amount + scale, high, bool(scale), fact.currency, language
    )


def less_than(fact: Money, language: str) -> str:
    """``< $4`` · ``< US$4`` · ``< 4 долларов``: for pictures and tables."""
    return f"< {_with_currency(number(fact.high, language), fact.high, True, fact.currency, language)}"


def _with_currency(amount: str, last: float, scaled: bool, currency: str, language: str) -> str:
    own = record(language)
    if nouns := own.nouns.get(currency):
        return f"{amount}{NBSP}{_of(amount, language)}{plural(nouns, 5 if scaled else last, language)}"
    if sign := own.signs.get(currency):
        return f"{sign}{amount}"
    symbol = get_currency_symbol(currency, locale(language))
    if direction(language) == "rtl" and re.match("[A-Za-z]", symbol):
        symbol += "\u200e"  # a left-to-right mark, without which its last sign stands before the first: $R
    if own.signs:
        return f"{symbol}{NBSP if symbol[-1].isalpha() else ''}{amount}"
    pattern = locale(language).currency_formats["standard"]
    return f"{pattern.prefix[0]}{amount}{pattern.suffix[0]}".replace("¤", symbol)


def _of(amount: str, language: str) -> str:
    """The «de» of Spanish behind «millón» and «millones»: «2 millones de hogares», but «2 234 567 hogares»."""
    own = record(language)
    scales = tuple(form for _, forms in own.scales for form in forms.split("|"))
    return f"{own.of} " if own.of and amount.endswith(scales) else ""


def _cents(value: float, currency: str, language: str) -> str:
    """With the currency's number of decimals: ``4.50``."""
    decimals = "0" * get_currency_precision(currency)
    text = format_decimal(value, f"#,##0.{decimals}" if decimals else None, locale=locale(language))
    return _grouped(text, value, language) if record(language).group else text


WORDS, GENITIVE = COUNTED_FORMS

STATED_BY = "by"
"""The form of any fact that prints its ``stated_by``."""


def fact_text(fact: Fact, language: str, form: str = "") -> str:
    """The fact as text.

    ``form``: a grammatical form of a name, place or text; :data:`WORDS` or :data:`GENITIVE` for a number or duration; :data:`STATED_BY` for any
    fact; "": the normal form.
    """
    if form == STATED_BY and fact.stated_by:
        return in_language(fact.stated_by, language)
    match fact:
        case Money():
            return money(fact, language)
        case Percent():
            return about(fact.approximate, language) + percent(fact.value, language)
        case DayFact():
            return day(fact.value, language) if fact.value else "–"
        case Duration() | Number() if form == GENITIVE and record(language).genitive_numbers:
            return _genitive(fact, language)
        case Duration():
            text = duration(fact, language)
            of_units = re.sub(r"^1(?=\s)", record(language).one_of_unit, text)  # unlike the 1 of a number
            return _spelled(of_units, language) if form else text
        case Number():
            counted = about(fact.approximate, language) + _counted(fact, language)
            return _spelled(counted, language) if form else counted
        case TextFact():
            forms = fact.forms.get(form, {})
            return forms.get(language) or in_language(fact.value, language)


_DOTTED = ("tr", "az")
"""Languages whose capital i is İ (unicode.org/Public/UCD/latest/ucd/SpecialCasing.txt)."""


def capitalised(text: str, language: str = "") -> str:
    """The text with a capital first letter. ``language``: decides on that of i."""
    first = text[:1]
    return ("İ" if first == "i" and language in _DOTTED else first.upper()) + text[1:]


def day(value: date, language: str) -> str:
    """``19 June 2025`` · ``19 Juni 2025`` · ``19 июня 2025 года``."""
    return format_date(value, record(language).day_format, locale=locale(language))


def weekday(value: date, language: str) -> str:
    """``Thu, 19 Jun`` · ``Kam, 19 Jun`` · ``чт, 19 июн.``: for a week."""
    return format_skeleton("MMMEd", value, locale=locale(language))


def short_day(value: date, language: str) -> str:
    """``19 Jun 2025`` · ``19 Jun 2025`` · ``19 июня 2025``: for lists."""
    return format_date(value, record(language).short_day_format, locale=locale(language))


def month(value: date, language: str) -> str:
    """``June 2025`` · ``Juni 2025`` · ``июнь 2025``."""
    return format_date(value, record(language).month_format, locale=locale(language))


def moment(value: datetime, language: str) -> str:
    """``19 Jun 2025, 09:00``, in the time zone of ``value``."""
    return f"{short_day(value.date(), language)}, {clock(value.time(), language)}"


def clock(value: time, language: str) -> str:
    """``09:00`` · ``09.00`` · ``09:00``."""
    return format_time(value, "short", locale=locale(language))


def duration(length: Duration, language: str) -> str:
    """``5 years 2 months`` · ``5 tahun 2 bulan`` · ``5 лет 2 месяца``."""
    parts = [("duration-year", length.years), ("duration-month", length.months), ("duration-day", length.days)]
    return " ".join(of_unit(n, unit, language) for unit, n in parts if n)


def of_unit(count: int, unit: str, language: str) -> str:
    """The count with its unit written out. If CLDR has no long form, Babel returns the unit's id, and the short form is used."""
    written = (format_unit(count, unit, length, locale=locale(language)) for length in ("long", "short", "narrow"))
    return next((text for text in written if unit not in text), str(count))


def _counted(fact: Number, language: str) -> str:
    """``4 homes``; ``20 million homes`` if no digits are lost."""
    own, millions = record(language), fact.value / _MILLION
    if own.million and millions >= 1 and round(millions, 1) == millions:
        # Russian counts by the word: «1,5 млн человек», «21 млн домов»
        text = f"{number(millions, language)}{NBSP}{plural(own.million, millions, language)}"
        counted = 5.0 if own.counts_by_million else fact.value
    else:
        text, counted = number(fact.value, language), fact.value
    if not fact.unit:
        return text
    return f"{text}{NBSP}{_of(text, language)}{plural(in_language(fact.unit, language), counted, language)}"


def _spelled(text: str, language: str) -> str:
    """``5 years`` → ``five years``; numbers above ten are not changed."""
    own = record(language)
    words = {str(n): forms.split()[0] for n, forms in enumerate(own.number_words[:10], 1) if n >= own.spelled_from > 0}
    return re.sub(r"^\d+(?=\s|$)", lambda digits: words.get(digits[0], digits[0]), text)


def _genitive(fact: Duration | Number, language: str) -> str:
    """«шести программ», «пяти лет», «около трёх месяцев»."""
    if isinstance(fact, Duration):
        counts = zip((fact.years, fact.months, fact.days), record(language).genitive_units, strict=True)
        return " ".join(_counted_genitive(n, *unit, language) for n, unit in counts if n)
    _, singular, plurals = ((in_language(fact.unit, language) if fact.unit else "").split("|") * 3)[:3]
    return about(fact.approximate, language) + _counted_genitive(fact.value, singular, plurals, language)


def _counted_genitive(n: float, singular: str, plurals: str, language: str) -> str:
    spelled = record(language).genitive_numbers
    words = spelled[int(n) - 2] if n == int(n) and 2 <= n < 2 + len(spelled) else number(n, language)
    unit = singular if locale(language).plural_form(n) in ("one", "other") else plurals
    return f"{words}{NBSP}{unit}".rstrip(NBSP)
