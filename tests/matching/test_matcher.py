"""A dossier's matcher is built once for what questions are matched by."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.dossier.loader import load
from bot.dossier.models import Dossier, FactId, Language, TopicId
from bot.matching.decision import number_offered
from bot.matching.index import Index, MatcherTexts, TopicTexts
from bot.matching.meanings import Meanings
from bot.matching.scorer import FOR_NONE, FOR_TOPICS, MEANING, WeightSet, evidence, weights
from bot.replies.answer import is_matched, matcher_for
from tests.conftest import TINY, TODAY
from tests.tables import table


def _other_asks(dossier: Dossier) -> Dossier:
    fare = dossier.topics[TopicId("fare")]
    asks = {**fare.asks, "en": [*fare.asks["en"], "what does the captain want"]}
    return replace(dossier, topics={**dossier.topics, fare.id: fare.model_copy(update={"asks": asks})})


def _fewer_facts(dossier: Dossier) -> Dossier:
    return replace(dossier, facts={name: fact for name, fact in dossier.facts.items() if name != FactId("fare")})


def _other_title(dossier: Dossier) -> Dossier:
    return replace(dossier, header=dossier.header.model_copy(update={"title": {"en": "Ships", "id": "Kapal"}}))


class TestMatcherFor:
    """Equal content has the same matcher, other content never."""

    def test_another_bulletin(self, tiny: Dossier) -> None:
        """Bulletins, sources and the version change nothing of it."""
        before = matcher_for(tiny)
        assert matcher_for(replace(tiny, bulletins={}, sources={}, version="next")) is before

    def test_read_again(self, tiny: Dossier) -> None:
        """It is the content that counts, not the object."""
        again = load(TINY, TODAY).dossier
        assert again is not None
        assert matcher_for(again) is matcher_for(tiny)

    @pytest.mark.parametrize("change", [_other_asks, _fewer_facts, _other_title])
    def test_anything_that_questions_are_matched_by(self, tiny: Dossier, change: Callable[[Dossier], Dossier]) -> None:
        """It is built anew, even under the same version."""
        assert matcher_for(change(tiny)) is not matcher_for(tiny)

    @pytest.mark.slow
    def test_only_the_last_ones_are_kept(self, tiny: Dossier) -> None:
        """A dossier that is edited all day does not fill the memory."""
        first = _other_asks(tiny)
        matcher_for(first)
        for title in ("One", "Two", "Three"):
            header = tiny.header.model_copy(update={"title": {"en": title, "id": title}})
            matcher_for(replace(tiny, header=header))
        assert not is_matched(first)


class TestOffered:
    """As many topics are offered as have some likelihood, at most five, and always one."""

    @table("probabilities, count")
    def test_count(self, probabilities: list[float], count: int) -> None:
        """
        [0.6] | 1
        [0.3, 0.2] | 2
        [0.5, 0.01, 0.01, 0.01] | 1
        [0.2, 0.1, 0.1, 0.1, 0.01] | 4
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1] | 5
        [0.001, 0.001, 0.0001, 0.0001] | 1
        """
        assert number_offered(probabilities) == count


class TestNewWords:
    """A word that the dossier has not matters in full, and what shares its sense explains a part of it."""

    @pytest.mark.parametrize(("word", "explained"), [("tent", True), ("kelmouth", False)])
    def test_weight(self, word: str, explained: bool) -> None:
        en, stay, fare = Language("en"), TopicId("stay"), TopicId("fare")
        topics = {
            stay: {en: TopicTexts(["can I sleep here", "a hotel"])},
            fare: {en: TopicTexts(["how much is a ticket"])},
        }
        index = Index(MatcherTexts({en: "Island"}, topics))
        tokens = index.reader.read(word, en).tokens
        assert index.pieces(tokens)[0].weight == index.rarest
        shares = {index.topics[topic]: features["share"] for topic, features in evidence(index, tokens).topics.items()}
        assert shares == ({stay: pytest.approx(0.6 * 0.8, abs=0.1)} if explained else {})


class TestMeanings:
    """A topic is as like a question as the mean of its examples, without what all examples have in common."""

    def test_likeness(self) -> None:
        common = 10.0
        meanings = Meanings(
            {
                TopicId("fare"): [[common, 1.0, 0.1], [common, 1.0, -0.1]],
                TopicId("route"): [[common, -1.0, 0.2], [common, -1.0, -0.2]],
            }
        )
        found = meanings.likeness([common, 0.5, 0.0])
        assert found[TopicId("fare")] == pytest.approx(1.0)
        assert found[TopicId("route")] == pytest.approx(-1.0)

    def test_equal_examples(self) -> None:
        """Nothing tells them apart; nothing fails."""
        meanings = Meanings({TopicId("fare"): [[1.0, 2.0]], TopicId("route"): [[1.0, 2.0]]})
        assert set(meanings.likeness([1.0, 2.0]).values()) == {0.0}


class TestWeights:
    """Each feature has a weight of each kind."""

    @pytest.mark.parametrize(("kind", "more"), [("words", {"part"}), ("semantic", {MEANING})])
    def test_names(self, kind: WeightSet, more: set[str]) -> None:
        assert weights(kind).keys() == {*FOR_TOPICS, *FOR_NONE, "sure", "few", *more}
