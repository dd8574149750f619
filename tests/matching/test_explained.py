"""An answer explains every word with a subject, or it is an offer. What holds of any dossier, with words and with embeddings."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.decision import Decision, Matcher
from bot.matching.meanings import Likeness
from bot.replies.answer import answer, matcher_for, texts_of
from bot.replies.dossier_texts import DossierTexts
from bot.replies.question import FreeText
from tests.conftest import CONTENT, TINY, TODAY
from tests.evaluation.__main__ import cases, shares
from tests.evaluation.questions import question_set
from tests.tables import table

FOREIGN = sorted(each for each in TINY.parent.iterdir() if each.is_dir())

_BY_LANGUAGE = {"es": "sotoluna-residuos", "fr": "sotoluna-residuos", "de": "moorbach-lido"}
"""Dossiers in languages with word lists and, German, without."""

NEW = ("zorbal", "quintex", "helicopter", "paspor", "вертолёт")
"""Words that no dossier here has."""

_SAMPLE = 40
"""In a quick run one of so many examples of the shipped dossier is asked, of foreign ones one of ten."""


@cache
def _loaded(folder: Path) -> tuple[Dossier, Matcher]:
    dossier = load(folder, TODAY).dossier
    assert dossier is not None
    return dossier, matcher_for(dossier)


def _said(dossier: Dossier) -> list[tuple[TopicId, Language, str]]:
    """Every title and every example."""
    return [
        (topic.id, language, text)
        for topic in dossier.topics.values()
        for language in dossier.languages
        for text in (DossierTexts(dossier, language).line(topic.title[language]), *topic.asks.get(language, ()))
    ]


def _astray(folder: Path, step: int) -> list[tuple[TopicId, str, Decision]]:
    dossier, matcher = _loaded(folder)
    asked = [(topic, text, matcher.decide(text, language)) for topic, language, text in _said(dossier)[::step]]
    return [each for each in asked if (each[2].kind, each[2].topics) != ("answer", (each[0],))]


@pytest.mark.slow
class TestExamples:
    """Every title and every example reaches its topic."""

    @pytest.mark.parametrize("folder", FOREIGN, ids=lambda folder: folder.name)
    def test_of_foreign_dossiers(self, folder: Path) -> None:
        assert _astray(folder, 10) == []

    def test_of_the_shipped_one(self) -> None:
        assert _astray(CONTENT, _SAMPLE) == []

    @pytest.mark.slow
    @pytest.mark.parametrize("folder", [CONTENT, *FOREIGN], ids=lambda folder: folder.name)
    def test_all_of_them(self, folder: Path) -> None:
        assert _astray(folder, 1) == []

    @table("text, language")
    def test_places_count(self, text: str, language: str) -> None:
        """The neighbouring topic asks the same of another country, and has twice as many examples.

        what does internet cost in Indonesia | en
        How much does internet cost in Indonesia? | en
        internet price indonesia | en
        what does internet cost in jakarta | en
        сколько стоит интернет в Индонезии | ru
        berapa harga internet di Indonesia | id
        """
        dossier, _ = _loaded(CONTENT)
        assert answer(dossier, FreeText(text), language, TODAY).topic == "home_prices"


def _answered(folder: Path, step: int) -> Iterator[bool]:
    dossier, matcher = _loaded(folder)
    for position, (_, language, text) in enumerate(_said(dossier)[::step]):
        new = NEW[position % len(NEW)]
        for asked in (f"{text} {new}", f"{new} {text}"):
            yield matcher.decide(asked, language).kind in ("answer", "both")


class TestNewWords:
    """A known question with a word that no topic has is about something else."""

    @pytest.mark.slow
    @pytest.mark.parametrize("folder", [CONTENT, *FOREIGN], ids=lambda folder: folder.name)
    def test_is_offered(self, folder: Path) -> None:
        """At most one in seven is answered: what begins like a word of the dossier may be taken for a slip."""
        found = list(_answered(folder, 10 * _SAMPLE if folder == CONTENT else 3))
        assert sum(found) <= 0.15 * len(found)

    @pytest.mark.slow
    @pytest.mark.parametrize("folder", [CONTENT, *FOREIGN], ids=lambda folder: folder.name)
    def test_of_every_example(self, folder: Path) -> None:
        """Of the shipped dossier one of so many."""
        found = list(_answered(folder, _SAMPLE if folder == CONTENT else 1))
        assert sum(found) <= 0.15 * len(found)

    @pytest.mark.slow
    @table("text, language")
    def test_words_of_many_topics_explain_none(self, text: str, language: str) -> None:
        """Words like "when" and "how much" let no topic leave a word open. Without word lists every topic explains them.

        cuándo abre el aeropuerto | es
        puedo llevar el zorbal del quintex | es
        cuántas veces puedo tomar zorbal | es
        l'aéroport ouvre quand | fr
        ça peut quintexer à combien | fr
        comment refaire ma carte d'identité | fr
        wann öffnet der Flughafen | de
        wie oft darf ich zorbal nehmen | de
        """
        _, matcher = _loaded(TINY.parent / _BY_LANGUAGE[language])
        assert matcher.decide(text, Language(language)).kind not in ("answer", "both")

    @table("text, is_answered")
    def test_only_where_the_topic_is_spoken_of(self, text: str, is_answered: bool) -> None:
        """Who introduces himself first asks nothing there.

        I'm Björn from Malmö, what's the fare | true
        hello there, Björn here. how much is a ticket? | true
        what's the fare to Malmö | false
        the ferry to Malmö, what does it cost | false
        Malmö, how much is it | false
        """
        dossier, _ = _loaded(TINY)
        assert (answer(dossier, FreeText(text), "en", TODAY).topic == "fare") == is_answered

    @pytest.mark.parametrize(
        ("text", "is_explained"),
        [("ferry", True), ("ferries", True), ("tickets", True), ("bus", False), ("ferrous", False), ("airport", False)],
    )
    def test_what_explains_a_word(self, text: str, is_explained: bool) -> None:
        """Another form, or a sense; no common beginning, and of everyday words of other subjects no sense either."""
        _, matcher = _loaded(TINY)
        (token,) = matcher.index.reader.read(text, Language("en")).tokens
        assert any(matcher.index.explains(topic, token) for topic in range(len(matcher.index.topics))) == is_explained


class TestMeaning:
    """With an embedding an open word is weighed by what the message is without it."""

    @pytest.mark.parametrize(
        ("without", "kind"),
        [({}, "unsure"), ({"fare": 0.95}, "unsure"), ({"fare": 0.8}, "unsure"), ({"fare": 0.5}, "answer")],
    )
    def test_nearer(self, without: dict[TopicId, float], kind: str) -> None:
        """The message is answered if it is farther from the topic without the word; nearer, or as near, it is about the word."""
        dossier, matcher = _loaded(TINY)
        whole = dict.fromkeys(dossier.topics, -0.2) | {TopicId("fare"): 0.8}
        text = "what is the price of a ferry ticket zorbal quintex"
        decision = matcher.decide(text, Language("en"), Likeness(whole, without))
        assert (decision.kind, decision.topics[0]) == (kind, "fare")
        assert (
            matcher.without_open_words(text, Language("en"), Likeness(whole)) == "what is the price of a ferry ticket"
        )

    def test_nothing_is_asked_again_without_an_open_word(self) -> None:
        _, matcher = _loaded(TINY)
        likeness = Likeness({TopicId("fare"): 0.8})
        assert matcher.without_open_words("how much is the ferry ticket", Language("en"), likeness) == ""


class TestMany:
    """Who gives a hundred examples a topic has named what is asked about."""

    @pytest.mark.slow
    @table("text, is_answered")
    def test_an_open_word_is_allowed(self, text: str, *, is_answered: bool) -> None:
        """But not in an example.

        zorbal friends of mine ask for how many years the memorandum will stay valid | true
        how long does it last, zorbal | false
        how long does the zorbal last | false
        """
        _, matcher = _loaded(CONTENT)
        decision = matcher.decide(text, Language("en"))
        assert ((decision.kind, decision.topics) == ("answer", ("duration",))) == is_answered

    @pytest.mark.slow
    def test_figures(self) -> None:
        """Of the half that is only looked at for the report."""
        dossier, _ = _loaded(CONTENT)
        found = shares(list(cases(dossier, list(question_set("report").questions()))))
        assert found["right"].count >= 0.93 * found["right"].total
        assert found["found"].count >= 0.99 * found["found"].total
        assert found["wrong"].count <= 0.01 * found["wrong"].total
        assert found["outside"].count <= 0.04 * found["outside"].total


class TestOffers:
    """An offer says what was not understood."""

    @table("text, language, said")
    def test_words_are_named(self, text: str, language: str, said: str) -> None:
        """As they were written.

        how much is the ferry to Kelmouth | en | It does not mention “Kelmouth”.
        berapa tarif feri ke Kelmouth | id | Tidak menyebut “Kelmouth”.
        how much is a Zorbal or Quintex ticket | en | It does not mention “Zorbal” or “Quintex”.
        """
        dossier, _ = _loaded(TINY)
        reply = answer(dossier, FreeText(text), language, TODAY)
        assert reply.suggestions[0] == "fare"
        assert said in str(reply.blocks)

    @pytest.mark.slow
    def test_nothing_is_named_where_all_is_known(self) -> None:
        dossier, _ = _loaded(CONTENT)
        reply = answer(dossier, FreeText("price of the television"), "en", TODAY)
        assert reply.suggestions
        assert reply.blocks == ()


def test_built_once_without_lists() -> None:
    """A dossier in a language without word lists is matched, too: its examples, and those in other words."""
    dossier, _ = _loaded(next(each for each in FOREIGN if each.name == "moorbach-lido"))
    assert Matcher(texts_of(dossier)).decide("was kostet der Eintritt", Language("de")).topics == ("eintritt",)
