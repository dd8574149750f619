"""Formats numbers, money, days and facts for a language (CLDR, by Babel). PURE."""

import re
from datetime import date, datetime, time
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, get_currency_precision, get_currency_symbol
from babel.units import format_unit

from bot.dossier.models import DayFact, Duration, Fact, Money, Number, Percent, in_language
from bot.dossier.validators import categories

NBSP = "\u00a0"

_LOCALES = {"en": "en_GB"}

_ABOUT = {"en": "about ", "es": "aproximadamente ", "id": "sekitar ", "ru": "около "}


@cache
def locale(language: str) -> Locale:
    """Babel's locale for a language; British English for one that CLDR does not have."""
    try:
        return Locale.parse(_LOCALES.get(language, language))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def number(value: float, language: str) -> str:
    """``1,303`` · ``1.303`` · ``1303``: Russian and Spanish group digits from five on."""
    return _grouped(format_decimal(value, locale=locale(language)), value, language)


def _grouped(text: str, value: float, language: str) -> str:
    """The number with its thousands set apart as the language does it.

    CLDR has a point for Spanish, which half of its readers take for a decimal point. The academies ask for a space: «10 303»
    (Ortografía de la lengua española, 2010, VIII 2.1.2).
    """
    if language == "es":
        text = text.replace(".", NBSP)
    return text.replace(NBSP, "") if language in ("es", "ru") and 1000 <= abs(value) < 10000 else text


def percent(value: float, language: str) -> str:
    """``92%`` · ``92%`` · ``92 %`` (with a no-break space)."""
    pattern = locale(language).percent_formats[None]
    before, after = ("", "%") if language == "id" else (pattern.prefix[0], pattern.suffix[0])
    return f"{before}{number(value, language)}{after}"


def plural(forms: str, n: float, language: str) -> str:
    """The form for ``n`` among ``one|few|many`` (in CLDR's order); the last form if there are too few.

    In Russian a fraction takes the form of few («1,5 программы»), unless ``forms`` has a fourth form.
    """
    named_forms, order = forms.split("|"), categories(language)
    index = order.index(locale(language).plural_form(n))
    if language == "ru" and index >= len(named_forms) == len(order) - 1:
        return named_forms[order.index("few")]
    return named_forms[min(index, len(named_forms) - 1)]


def about(approximate: bool, language: str) -> str:
    return _ABOUT.get(language, "~") if approximate else ""


def without_repeated_about(text: str, before: str, language: str) -> str:
    """The text without an "about" that follows another, as in "About {price}" where the price is approximate.

    ``before`` is the text directly before it.
    """
    word = _ABOUT.get(language, "~").strip()
    if word not in text.lower():
        return text
    if re.search(rf"(?<!\w){word}\s*$", before, re.IGNORECASE):
        text = re.sub(rf"^{word}\s+", "", text, flags=re.IGNORECASE)
    return re.sub(rf"(?<!\w)({word}\s+){word}\s+", r"\1", text, flags=re.IGNORECASE)


_RANGE = "–"

_SIGNS = {
    "en": {"IDR": "Rp", "USD": "$", "EUR": "€"},
    "id": {"IDR": "Rp", "USD": "US$"},
}

_NOUNS = {
    "en": {"RUB": "rouble|roubles"},
    "es": {
        "IDR": "rupia|rupias",
        "USD": "dólar|dólares",
        "EUR": "euro|euros",
        "RUB": "rublo|rublos",
        "GBP": "libra|libras",
        "CNY": "yuan|yuanes",
        "JPY": "yen|yenes",
        "CHF": "franco suizo|francos suizos",
        "ARS": "peso argentino|pesos argentinos",
        "BOB": "boliviano|bolivianos",
        "BRL": "real|reales",
        "CLP": "peso chileno|pesos chilenos",
        "COP": "peso colombiano|pesos colombianos",
        "CRC": "colón costarricense|colones costarricenses",
        "DOP": "peso dominicano|pesos dominicanos",
        "GTQ": "quetzal|quetzales",
        "HNL": "lempira|lempiras",
        "MXN": "peso mexicano|pesos mexicanos",
        "PEN": "sol|soles",
        "PYG": "guaraní|guaraníes",
        "UYU": "peso uruguayo|pesos uruguayos",
    },
    "id": {"RUB": "rubel", "EUR": "euro"},
    "ru": {
        "IDR": "рупия|рупии|рупий|рупии",
        "USD": "доллар|доллара|долларов|доллара",
        "EUR": "евро",
        "RUB": "рубль|рубля|рублей|рубля",
        "GBP": "фунт стерлингов|фунта стерлингов|фунтов стерлингов|фунта стерлингов",
        "CNY": "юань|юаня|юаней|юаня",
        "JPY": "иена|иены|иен|иены",
    },
}

_SCALES = {
    "en": [(1e12, "trillion"), (1e9, "billion")],
    "es": [(1e12, "billón|billones"), (1e9, "mil millones"), (1e6, "millón|millones")],
    "id": [(1e12, "triliun"), (1e9, "miliar")],
    "ru": [(1e12, "трлн"), (1e9, "млрд")],
}

_IN_MILLIONS = 1e6
"""Amounts are counted by this scale only if no digits are lost: «40 millones de euros», «41 234 567 euros»."""

_MILLION = {"en": "million", "es": "millón|millones", "id": "juta", "ru": "млн"}


def money(fact: Money, language: str) -> str:
    """``Rp95,000–160,000`` · ``Rp95.000–160.000`` · ``95 000–160 000 рупий``; billions and more with a word, in Spanish millions as well."""
    low, high, scale = fact.low, fact.high, ""
    for size, name in _SCALES.get(language, []):
        loses_digits = size == _IN_MILLIONS and any(round(end / size, 1) != end / size for end in (low, high))
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
    nouns = _NOUNS.get(language, {}).get(currency)
    if nouns:
        return f"{amount}{NBSP}{_of(amount, language)}{plural(nouns, 5 if scaled else last, language)}"
    sign = _SIGNS.get(language, {}).get(currency)
    if sign:
        return f"{sign}{amount}"
    symbol = get_currency_symbol(currency, locale(language))
    if language in _SIGNS:
        return f"{symbol}{NBSP if symbol[-1].isalpha() else ''}{amount}"
    pattern = locale(language).currency_formats["standard"]
    return f"{pattern.prefix[0]}{amount}{pattern.suffix[0]}".replace("¤", symbol)


def _of(amount: str, language: str) -> str:
    """The «de» of Spanish behind «millón» and «millones»: «2 millones de hogares», but «2 234 567 hogares»."""
    return "de " if language == "es" and re.search(r"(?:ill[oó]n|illones)$", amount) else ""


def _cents(value: float, currency: str, language: str) -> str:
    """With the currency's number of decimals: ``4.50``."""
    decimals = "0" * get_currency_precision(currency)
    text = format_decimal(value, f"#,##0.{decimals}" if decimals else None, locale=locale(language))
    return _grouped(text, value, language) if language == "es" else text


_DAY_PATTERNS = {"ru": "d MMMM y 'года'"}

WORDS, GENITIVE = "words", "gen"
"""Forms of a number or duration with small numbers spelled out, as newspapers do in running text. ``gen`` is the genitive, which Russian uses after
«из» and «после»; in languages without cases it is the same as ``words``."""

STATED_BY = "by"
"""The form of any fact that prints its ``stated_by``."""

_SPELLED = {
    "en": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "es": ["1", *["dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"]],  # 1 has gender
    "id": ["satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh"],
    "ru": ["1", "2", *["три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять"]],  # 1 and 2 have gender
}

_SPELLED_GENITIVE = ["двух", "трёх", "четырёх", "пяти", "шести", "семи", "восьми", "девяти", "десяти"]
"""The genitives of 2, 3, and so on."""

_UNITS_GENITIVE = ("года|лет", "месяца|месяцев", "дня|дней")
"""The genitive singular and plural of years, months and days."""


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
        case Duration() | Number() if form == GENITIVE and language == "ru":
            return _genitive(fact)
        case Duration():
            text = duration(fact, language)
            if form and language == "es":
                text = re.sub(r"^1(?=\s)", "un", text)  # of masculine units, unlike the 1 of a number
            return _spelled(text, language) if form else text
        case Number():
            counted = about(fact.approximate, language) + _counted(fact, language)
            return _spelled(counted, language) if form else counted
        case _:
            forms = fact.forms.get(form, {})
            return forms.get(language) or in_language(fact.value, language)


def capitalised(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def day(value: date, language: str) -> str:
    """``19 June 2025`` · ``19 Juni 2025`` · ``19 июня 2025 года``."""
    return format_date(value, _DAY_PATTERNS.get(language, "long"), locale=locale(language))


def short_day(value: date, language: str) -> str:
    """``19 Jun 2025`` · ``19 Jun 2025`` · ``19 июня 2025``: for lists."""
    return format_date(value, "d MMMM y" if language == "ru" else "medium", locale=locale(language))


def month(value: date, language: str) -> str:
    """``June 2025`` · ``Juni 2025`` · ``июнь 2025``."""
    return format_date(value, "LLLL 'de' y" if language == "es" else "LLLL y", locale=locale(language))


def moment(value: datetime, language: str) -> str:
    """``19 Jun 2025, 09:00``, in the time zone of ``value``."""
    return f"{short_day(value.date(), language)}, {clock(value.time(), language)}"


def clock(value: time, language: str) -> str:
    """``09:00`` · ``09.00`` · ``09:00``."""
    return format_time(value, "short", locale=locale(language))


def duration(length: Duration, language: str) -> str:
    """``5 years 2 months`` · ``5 tahun 2 bulan`` · ``5 лет 2 месяца``."""
    parts = [("duration-year", length.years), ("duration-month", length.months), ("duration-day", length.days)]
    return " ".join(_of_unit(n, unit, language) for unit, n in parts if n)


def _of_unit(count: int, unit: str, language: str) -> str:
    """The count with its unit written out. If CLDR has no long form, Babel returns the unit's id, and the short form is used."""
    written = (format_unit(count, unit, length, locale=locale(language)) for length in ("long", "short", "narrow"))
    return next((text for text in written if unit not in text), str(count))


def _counted(fact: Number, language: str) -> str:
    """``4 homes``; ``20 million homes`` if no digits are lost."""
    millions, word = fact.value / 1e6, _MILLION.get(language)
    if word and millions >= 1 and round(millions, 1) == millions:
        # Russian counts by the word: «1,5 млн человек», «21 млн домов»
        text = f"{number(millions, language)}{NBSP}{plural(word, millions, language)}"
        counted = 5.0 if language in ("es", "ru") else fact.value
    else:
        text, counted = number(fact.value, language), fact.value
    if not fact.unit:
        return text
    return f"{text}{NBSP}{_of(text, language)}{plural(in_language(fact.unit, language), counted, language)}"


def _spelled(text: str, language: str) -> str:
    """``5 years`` → ``five years``; numbers above ten are not changed."""
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
