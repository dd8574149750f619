"""A claim beside one sentence: which value is meant, how it compares, and which words nothing explains."""

from pathlib import Path

import pytest

from bot.claims.statement_match import Match
from bot.claims.statements import read_message
from bot.dossier.models import Language, TopicId
from bot.replies.answer import checker_for
from tests.conftest import CONTENT, loaded

_DOSSIERS = Path(__file__).parents[1] / "dossiers"


def nearest(name: str, language: str, topic: str, text: str) -> Match:
    """The match with a sentence of the topic that leaves the fewest words."""
    checker = checker_for(loaded(CONTENT if name == "content" else _DOSSIERS / name))
    known = checker.facts.languages[Language(language)]
    (claimed,) = read_message(text, known.words, known.reader, known.names_place).statements
    found = [each for each in checker.matches(claimed, known) if each.statement.topic == TopicId(topic)]
    return min(found, key=lambda each: (len(each.left), -each.weight))


@pytest.mark.parametrize(
    ("name", "language", "topic", "text", "compared"),
    [
        ("content", "en", "duration", "the memorandum lasts five years", [("first_term", "same")]),
        ("content", "en", "duration", "the memorandum lasts 60 months", [("first_term", "same")]),
        ("content", "en", "duration", "the memorandum lasts a decade", [("first_term", "other")]),
        (
            "content",
            "en",
            "scholarships",
            "4,000 applications for 300 Russian state scholarships",
            [("applications", "same"), ("scholarships", "same")],
        ),
        (
            "content",
            "en",
            "pricing",
            "home broadband in Russia costs 95,000 to 160,000 rubles",
            [("price_idr", "other")],
        ),
        ("content", "en", "minister", "Meutya Hafid became minister in October 2024", [(None, "same")]),
        ("content", "en", "minister", "Meutya Hafid became minister in October 2025", [(None, "other")]),
        ("content", "id", "program:technology", "alih teknologi berada di urutan kedua", [(None, "same")]),
        ("content", "ru", "program:5g-iot", "интернет вещей в списке на пятом месте", [(None, "other")]),
        ("tamaro-repair-act", "en", "parts", "spare parts for phones for ten years", [("parts_phone", "other")]),
    ],
)
def test_the_value_that_is_meant(
    name: str, language: str, topic: str, text: str, compared: list[tuple[str | None, str]]
) -> None:
    found = nearest(name, language, topic, text)
    assert [(slot.id, comparison) for _, slot, comparison in found.comparisons] == compared


@pytest.mark.parametrize(
    ("language", "topic", "text", "left"),
    [
        ("en", "duration", "according to the media the memorandum lasts five years", ()),
        ("en", "duration", "the maritime memorandum lasts five years", ("maritime",)),
        ("en", "minister", "Meutya Hafid is still minister in 2026", ("still",)),
        ("id", "duration", "kabarnya MoU berlaku lima tahun", ()),
        ("id", "duration", "MoU berlaku lima tahun lagi", ("lagi",)),
        ("ru", "duration", "как пишут СМИ, меморандум действует пять лет", ()),
        ("ru", "duration", "меморандум действует ещё пять лет", ("еще",)),
    ],
)
def test_words_that_nothing_explains(language: str, topic: str, text: str, left: tuple[str, ...]) -> None:
    assert nearest("content", language, topic, text).left == left
