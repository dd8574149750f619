"""A dossier made ready to be asked in words."""

from collections.abc import Callable
from dataclasses import replace
from weakref import ref

import pytest

from bot.dossier.loader import load
from bot.dossier.models import Dossier, FactId, TopicId
from bot.matching.matcher import is_understood, take_over, understanding
from tests.conftest import TINY, TODAY


@pytest.fixture
def tiny() -> Dossier:
    """Not asked yet."""
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    return dossier


@pytest.fixture
def before(tiny: Dossier) -> Dossier:
    """One that is understood."""
    found = replace(tiny)
    understanding(found)
    return found


def _other_asks(dossier: Dossier) -> Dossier:
    fare = dossier.topics[TopicId("fare")]
    asks = {**fare.asks, "en": [*fare.asks["en"], "what does the captain want"]}
    return replace(dossier, topics={**dossier.topics, fare.id: fare.model_copy(update={"asks": asks})})


def _fewer_facts(dossier: Dossier) -> Dossier:
    return replace(dossier, facts={name: fact for name, fact in dossier.facts.items() if name != FactId("fare")})


def _other_title(dossier: Dossier) -> Dossier:
    return replace(dossier, header=dossier.header.model_copy(update={"title": {"en": "Ships", "id": "Kapal"}}))


class TestTakingOver:
    """What was built of one edition is not built again of the next where questions are read by the same."""

    def test_another_bulletin(self, before: Dossier) -> None:
        """Changes nothing of it, as sources and feeds do not."""
        after = replace(before, bulletins={}, sources={}, version="next")
        take_over(after, before)
        assert is_understood(after)
        assert understanding(after) is understanding(before)

    @pytest.mark.parametrize("change", [_other_asks, _fewer_facts, _other_title])
    def test_anything_that_questions_are_read_by(self, before: Dossier, change: Callable[[Dossier], Dossier]) -> None:
        """It is built anew when it is asked for."""
        after = change(before)
        take_over(after, before)
        assert not is_understood(after)
        assert understanding(after) is not understanding(before)

    def test_the_edition_before_may_go(self, tiny: Dossier) -> None:
        """What was taken over stays as long as the one that took it."""
        before = replace(tiny)
        kept, after = understanding(before), replace(before, bulletins={})
        take_over(after, before)
        gone = ref(before)
        del before
        assert gone() is None
        assert understanding(after) is kept

    def test_nothing_to_take_over(self, tiny: Dossier) -> None:
        """Where nobody has asked yet."""
        first, second = replace(tiny), replace(tiny)
        take_over(second, first)
        assert not is_understood(second)
