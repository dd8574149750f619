"""What a fact prints is read back as its value, in every language: a declared sentence with it is recognised."""

import pytest

from bot.claims.compare import compare
from bot.claims.items import ItemReader
from bot.claims.values import ValueReader
from bot.claims.words import normal, word_lists
from bot.dossier.models import Dossier, Language, Money
from bot.matching.analyzer import analyzer_for
from bot.replies.formatting import money

AMOUNTS = (4, 4.5, 900, 12_000, 1e6, 2.5e6, 40e6, 41_500_000, 41_234_567, 486e6, 5e9, 4.5e12)
LANGUAGES = ("en", "id", "ru", "es", "fr", "de", "pt", "it", "pl")


@pytest.mark.parametrize(
    ("language", "currency"),
    [(language, "EUR") for language in LANGUAGES] + [(language, "USD") for language in LANGUAGES if language != "fr"],
)
def test_an_amount_is_read_as_it_is_printed(ferry: Dossier, language: str, currency: str) -> None:
    lists = word_lists(language)
    misread = []
    for amount in AMOUNTS:
        fact = Money(type="money", amount=amount, currency=currency, sources=[])
        text = money(fact, language)
        [*values] = ValueReader(lists).read(_plain(ferry, text, language))
        misread += [] if [compare(value, fact) for value in values] == ["same"] else [(text, values)]
    assert misread == []


@pytest.mark.parametrize("text", ["40 000 000 de euros", "40.000.000 de euros", "40 millones de euros", "40.000.000 €"])
def test_an_amount_is_read_as_people_write_it(ferry: Dossier, text: str) -> None:
    [value] = ValueReader(word_lists("es")).read(_plain(ferry, text, "es"))
    assert (value.kind, value.low, value.currency) == ("money", 40e6, "EUR")


def _plain(dossier: Dossier, text: str, language: str) -> str:
    told = dossier.header.model_copy(update={"title": {Language(language): "Ferry"}})
    reader = ItemReader(Dossier(told, {}, {}, {}, {}), Language(language), analyzer_for(tuple(dossier.languages)))
    return reader.plain(normal(text))
