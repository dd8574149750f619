"""What a fact prints is read back as its value, in every language: a declared sentence with it is recognised."""

import pytest

from bot.claims.compare import compare
from bot.claims.tokens import TokenReader
from bot.claims.values import Value
from bot.dossier.models import Dossier, FactId, Header, Language, Money
from bot.replies.formatting import money

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
