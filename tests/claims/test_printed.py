"""What a fact prints is read back as its value, in every language: a declared sentence with it is recognised."""

from datetime import date

import pytest
from babel.core import get_global
from babel.localedata import locale_identifiers
from babel.numbers import get_territory_currencies

from bot.claims.compare import compare
from bot.claims.tokens import TokenReader
from bot.claims.values import Value
from bot.dossier.models import DayFact, Dossier, Duration, Fact, FactId, Header, Language, Money, Percent
from bot.replies.formatting import fact_text, money
from tests.tables import cases

AMOUNTS = (4, 4.5, 900, 12_000, 1e6, 2.5e6, 40e6, 41_500_000, 41_234_567, 486e6, 5e9, 4.5e12)
LANGUAGES = ("en", "id", "ru", "es", "fr", "de", "pt", "it", "pl")


@pytest.mark.parametrize(
    ("language", "currency"),
    [(language, "EUR") for language in LANGUAGES]
    + [(language, "USD") for language in LANGUAGES if language != "fr"]
    + [(language, currency) for language in LANGUAGES for currency in ("TRY", "BRL", "IDR", "RUB", "GBP", "JPY")],
)
def test_an_amount_is_read_as_it_is_printed(language: str, currency: str) -> None:
    misread = []
    for amount in AMOUNTS:
        fact = Money(type="money", amount=amount, currency=currency, sources=[])
        text = money(fact, language)
        values = _values(text, language, currency)
        misread += [] if [compare(value, fact) for value in values] == ["same"] else [(text, values)]
    assert misread == []


@pytest.mark.parametrize("text", ["40 000 000 de euros", "40.000.000 de euros", "40 millones de euros", "40.000.000 €"])
def test_an_amount_is_read_as_people_write_it(text: str) -> None:
    [value] = _values(text, "es", "EUR")
    assert (value.kind, value.low, value.currency) == ("money", 40e6, "EUR")


_DAYS = (date(2026, 2, 16), date(2026, 5, 3), date(2026, 9, 1), date(2026, 12, 31))
_FACTS: dict[str, list[Fact]] = {
    "money": [
        Money(type="money", amount=amount, currency=currency, sources=[])
        for amount in (4, 4.5, 900, 12_000, 1e6, 2.5e6)
        for currency in ("EUR", "TRY", "JPY")
    ],
    "percent": [Percent(type="percent", value=value, sources=[]) for value in (4.5, 45, 88)],
    "date": [DayFact(type="date", value=value, sources=[]) for value in _DAYS],
    "duration": [
        Duration(type="duration", sources=[], **{unit: n})  # type: ignore[arg-type]
        for unit in ("years", "months", "days")
        for n in (1, 2, 5, 11)
    ],
}
"""A few values of each type."""

_UNREAD = {
    "money": {"tok"},
    "percent": {"blo", "eu"},
    "date": set[str](),
    "duration": {
        "ak", "ar", "brx", "cad", "ceb", "cic", "dz", "ee", "gaa", "ha", "he", "ig", "jgo", "kab", "kgp", "lkt", "mn", "mus", "nqo",
        "osa", "si", "sw", "syr", "te", "ti", "to", "trv", "vo", "yo",
    },
}  # fmt: skip
"""Languages in which some printed values are not read, so that they get no verdict: a unit before its number or joined to it, a sign with a space."""

_MANY = sorted({each for each in locale_identifiers() if "_" not in each and each != "root"})
_SOME = ["ar", "bn", "gl", "he", "hi", "ja", "ko", "lt", "ta", "th", "tr", "ur", "uz", "zh"]


def _misread(kind: str, languages: list[str]) -> set[str]:
    found = set()
    for language in languages:
        for fact in _FACTS[kind]:
            values = _values(fact_text(fact, language), language, getattr(fact, "currency", "EUR"))
            found |= set() if [compare(value, fact) for value in values] == ["same"] else {language}
    return found


@pytest.mark.parametrize("kind", _FACTS)
class TestEveryLanguage:
    """Of every language that Babel knows."""

    @pytest.mark.slow
    def test_some(self, kind: str) -> None:
        assert _misread(kind, _SOME) == _UNREAD[kind] & {*_SOME}

    @pytest.mark.slow
    def test_all(self, kind: str) -> None:
        assert _misread(kind, _MANY) == _UNREAD[kind]


_UNREAD_AT_HOME = {"blo", "bm", "ckb", "dje", "dv", "kea", "khq", "kl", "ne", "pap", "qu", "ses", "si", "twq", "wo"}
"""Languages whose own money is not read: a sign of several words, or with marks, before its number, or one that is invisible."""


def _misread_at_home(languages: list[str]) -> set[str]:
    """Of amounts in the currency of the country where most people speak the language."""
    found = set()
    for language in languages:
        country = get_global("likely_subtags").get(language, "").split("_")[-1]
        for currency in get_territory_currencies(country)[:1] if country.isalpha() else ():
            facts = [Money(type="money", amount=n, currency=currency, sources=[]) for n in (4, 4.5, 900, 12_000, 2.5e6)]
            for fact in facts:
                values = _values(money(fact, language), language, currency)
                found |= set() if [compare(value, fact) for value in values] == ["same"] else {language}
    return found


def test_the_money_of_a_language_s_own_country() -> None:
    """The pound of Egypt has two full stops; the yuan has the sign that elsewhere is the yen's."""
    assert _misread_at_home(["ar", "mi", "zh"]) == set()


@pytest.mark.parametrize("language", ["en", "kea", "pt"])
def test_a_currency_with_an_invisible_sign(language: str) -> None:
    """A number at the end of a text is in no currency."""
    [value] = _values("it costs 450", language, "CVE")
    assert (value.kind, value.low) == ("number", 450)


@pytest.mark.slow
def test_the_money_of_every_language_s_own_country() -> None:
    assert _misread_at_home(_MANY) == _UNREAD_AT_HOME


@cases("text, kind, value")
def test_turkish_words(text: str, kind: str, value: float) -> None:
    """
    34 lira | money | 34
    34 TL | money | 34
    yüzde 45 | percent | 45
    150 milyon avro | money | 150000000.0
    """
    [found] = _values(text, "tr", "TRY")
    assert (found.kind, found.low) == (kind, value)


def _values(text: str, language: str, currency: str) -> list[Value]:
    """The values of a text in a dossier that has an amount in the currency."""
    header = Header.model_validate(
        {
            "id": "ferry",
            "title": {language: "Ferry"},
            "summary": {language: "All of it"},
            "languages": [language],
            "default_language": language,
        }
    )
    facts = {FactId("fare"): Money(type="money", amount=1, currency=currency, sources=[])}
    reader = TokenReader(Dossier(header, {}, facts, {}, {}), Language(language))
    return [token for token in reader.tokens(text) if isinstance(token, Value)]
