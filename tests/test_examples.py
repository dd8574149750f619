"""The dossier under ``examples/``: another subject, and a language for which Nota has no lists of words."""

from datetime import date
from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.models import ClaimId, Dossier, Language
from bot.matching.meanings import Likeness
from bot.platforms.plain_text import render
from bot.replies.answer import Asked, answer
from bot.replies.question import CheckText, FreeText
from tests.command import Run
from tests.conftest import not_none
from tests.tables import table

HIGH_SEAS = Path(__file__).parent.parent / "examples" / "high-seas"
TODAY = date(2026, 11, 29)  # the day on which it was checked: a dossier of tomorrow has errors


@pytest.fixture(scope="module")
def high_seas() -> Dossier:
    return not_none(load(HIGH_SEAS, TODAY).dossier)


@pytest.mark.slow
class TestHighSeas:
    """README names it as the second example: it is without a warning, and answers."""

    def test_check_prints_no_problem(self, run: Run) -> None:
        run("check", HIGH_SEAS, "--strict")

    @table("text, language, topic")
    def test_questions_find_their_topics(self, high_seas: Dossier, text: str, language: str, topic: str) -> None:
        """
        is the high seas treaty already in force? | en | force
        why didn't the US join | en | us
        does it apply to submarines | en | warships
        where is the headquarters going to be | en | seat
        can my country still sign | en | join
        ya está en vigor el tratado? | es | force
        cuánto dinero puso la UE | es | money
        puede mi país firmar todavía | es | join
        qué tan grande es la alta mar | es | area
        cuándo es la primera cop | es | cop1
        """
        assert answer(high_seas, FreeText(text), language, TODAY).topic == topic

    @pytest.mark.parametrize("text", ["De qué va el tratado de alta mar", "de que va el tratado de alta mar"])
    def test_no_review_of_something_similar_stands_above_an_answer(self, high_seas: Dossier, text: str) -> None:
        similar = Likeness({}, claim=ClaimId("bans-fishing"))
        assert Asked(high_seas, Language("es"), TODAY, similar).in_words(text) == ("treaty", "es")

    @pytest.mark.parametrize("text", ["1.5% of the high seas is protected", "a third of the sea is a reserve already"])
    def test_a_review_that_says_something_similar_is_offered_and_never_shown(
        self, high_seas: Dossier, text: str
    ) -> None:
        reply = answer(high_seas, CheckText(text), "en", TODAY, Likeness({}, claim=ClaimId("thirty-percent")))
        assert "✗" not in render(reply)
        assert any("30 percent" in offer.label for offer in reply.offers)
        assert reply.verdict == "unknown"
