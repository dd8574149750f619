"""Money as newspapers of a reader's language write it. PURE.

Where they write otherwise than CLDR's patterns (Rp before the number without a space, «рупий» after it), their way stands here.
"""

from babel.numbers import format_decimal, get_currency_name, get_currency_precision, get_currency_symbol

from bot.answers.numbers import NBSP, about, locale, number, plural
from bot.dossier.facts import Money

_RANGE = "–"
_SIGNS = {
    "en": {"IDR": "Rp", "USD": "$", "EUR": "€"},
    "id": {"IDR": "Rp", "USD": "US$", "EUR": "€"},
}
_NOUNS = {
    "en": {"RUB": "rouble|roubles"},
    "id": {"RUB": "rubel"},
    "ru": {
        "IDR": "рупия|рупии|рупий|рупии",
        "USD": "доллар|доллара|долларов|доллара",
        "EUR": "евро",
        "RUB": "рубль|рубля|рублей|рубля",
    },
}
_SCALES = {
    "en": [(1e12, "trillion"), (1e9, "billion")],
    "id": [(1e12, "triliun"), (1e9, "miliar")],
    "ru": [(1e12, "трлн"), (1e9, "млрд")],
}


def money(fact: Money, language: str) -> str:
    """``Rp95,000–160,000`` · ``Rp95.000–160.000`` · ``95 000–160 000 рупий``; billions and more in words."""
    low, high, scale = fact.low, fact.high, ""
    for size, name in _SCALES.get(language, []):
        if low >= size:
            low, high, scale = low / size, high / size, f"{NBSP}{name}"
            break
    has_cents = not scale and (low % 1 or high % 1)
    ends = [_cents(end, fact.currency, language) if has_cents else number(end, language) for end in (low, high)]
    amount = ends[0] if low == high else _RANGE.join(ends)
    return about(fact.approximate, language) + _with_currency(
        amount + scale, high, bool(scale), fact.currency, language
    )


def currency_name(code: str, language: str) -> str:
    """``Indonesian Rupiah`` · ``Rupiah Indonesia`` · ``Индонезийская рупия``; the code itself where CLDR has no name."""
    name = get_currency_name(code, locale=locale(language))
    return name[:1].upper() + name[1:]


def _with_currency(amount: str, last: float, scaled: bool, currency: str, language: str) -> str:
    nouns = _NOUNS.get(language, {}).get(currency)
    if nouns:
        return f"{amount}{NBSP}{plural(nouns, 5 if scaled else last, language)}"
    sign = _SIGNS.get(language, {}).get(currency)
    if sign:
        return f"{sign}{amount}"
    symbol = get_currency_symbol(currency, locale(language))
    if language in _SIGNS:
        return f"{symbol}{NBSP if symbol[-1].isalpha() else ''}{amount}"
    pattern = locale(language).currency_formats["standard"]
    return f"{pattern.prefix[0]}{amount}{pattern.suffix[0]}".replace("¤", symbol)


def _cents(value: float, currency: str, language: str) -> str:
    """With as many decimals as the currency has: ``4.50``."""
    decimals = "0" * get_currency_precision(currency)
    return format_decimal(value, f"#,##0.{decimals}" if decimals else None, locale=locale(language))
