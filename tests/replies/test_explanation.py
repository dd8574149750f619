"""Why a message was answered as it was, in words for editors."""

from bot.dossier.models import Dossier, Language
from bot.replies.answer import matcher_for
from bot.replies.explanation import explain
from tests.tables import table

EN = Language("en")


class TestWhy:
    """The decision, what is known of each word, and what else it may be about."""

    @table("text, decision")
    def test_decision(self, tiny: Dossier, text: str, decision: str) -> None:
        """
        how much is a ticket | It is an example of “The fare”.
        how much are tickets on the ferry | it asks for “The fare”. From
        how much is a ticket to Kelmouth | “The fare” does not explain “kelmouth”, so Nota does not answer
        where does it say how much | so Nota offers the likeliest
        who won the football match yesterday | about none of the topics
        thanks! | small talk
        """
        explanation = explain(tiny, matcher_for(tiny).decide(text, EN), EN, is_claim=False)
        assert decision in " ".join(explanation.decision)

    def test_words_and_topics(self, tiny: Dossier) -> None:
        explanation = explain(
            tiny, matcher_for(tiny).decide("how much is a tiket for a zorblat", EN), EN, is_claim=False
        )
        words = dict(explanation.words)
        assert "tiket" in " ".join(words["Words of the dossier"])
        assert words["Unknown words"] == ("zorblat",)
        first = explanation.likely[0]
        assert (first.title, first.example) == ("The fare", "how much is a ticket")
        assert explanation.likely[-1].title == "None of the topics"

    def test_nothing_was_asked_in_words(self, tiny: Dossier) -> None:
        explanation = explain(tiny, None, Language("id"), is_claim=False)
        assert explanation.decision == (
            "Ini diminta lewat perintah atau tombol, jadi tidak ada kata yang perlu ditafsirkan.",
        )

    def test_a_claim_was_compared(self, tiny: Dossier) -> None:
        explanation = explain(tiny, matcher_for(tiny).decide("a ticket is free", EN), EN, is_claim=True)
        assert "compared with the facts" in explanation.decision[-1]
