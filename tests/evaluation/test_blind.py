"""The half that is only looked at for the report is well formed. None of its questions is put to the matcher here."""

from collections import Counter

import pytest

from bot.dossier.models import Dossier
from tests.conftest import shipped
from tests.evaluation.questions import Question, question_set

_LANGUAGES = ("en", "id", "ru")
_DECLINED = {"smalltalk", "outside", "nearmiss", "injection", "gibberish"}
_LATER = {
    "home_prices",
    "relations",
    "scholarships",
    "cheap_internet",
    "criticism",
    "mou_or_treaty",
    "online",
    "origins",
}
"""Topics that are younger than this half; whoever writes the next one asks for them, too."""
_ANSWERED = {"plain", "slang", "typo", "keyword", "translit", "spacing", "emoji", "mixed", "two"}


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    """The dossier that the labels speak of."""
    return shipped()


@pytest.fixture(scope="module")
def blind() -> list[Question]:
    """All of that half."""
    return list(question_set("report").questions())


class TestLabels:
    """What is expected of a question can be had."""

    def test_topics_are_those_of_the_dossier(self, dossier: Dossier, blind: list[Question]) -> None:
        """A misspelt id would count as a wrong answer for ever."""
        assert {topic for one in blind for topic in one.wanted} <= {str(topic) for topic in dossier.topics}

    def test_kinds_agree_with_labels(self, blind: list[Question]) -> None:
        """Kinds that are to be declined have no topic, the others have one."""
        assert not [one for one in blind if one.kind not in (_ANSWERED if one.wanted else _DECLINED)]

    def test_only_kind_two_wants_two(self, blind: list[Question]) -> None:
        """Elsewhere several topics are alternatives."""
        assert not [one for one in blind if one.every != (one.kind == "two")]


class TestShare:
    """Each language weighs the same, and says something about every topic."""

    @pytest.mark.parametrize("language", _LANGUAGES)
    def test_counts(self, blind: list[Question], language: str) -> None:
        """At least seventy questions to be answered, and as many to be declined."""
        count = Counter(bool(one.wanted) for one in blind if one.language == language)
        assert count[True] >= 70
        assert count[False] >= 70

    @pytest.mark.parametrize("language", _LANGUAGES)
    def test_every_topic_is_asked_for(self, dossier: Dossier, blind: list[Question], language: str) -> None:
        """No topic of the dossier is left out in some language, but for those that came after this half was written."""
        wanted = {topic for one in blind if one.language == language for topic in one.wanted}
        assert wanted == {str(topic) for topic in dossier.topics} - _LATER


class TestSeparate:
    """A question that was developed on measures nothing."""

    def test_no_question_twice(self, blind: list[Question]) -> None:
        """Nor would one that counts double."""
        assert [text for text, times in Counter(one.text for one in blind).items() if times > 1] == []

    def test_none_is_in_the_other_half(self, blind: list[Question]) -> None:
        """Compared by letters and digits alone, whatever their case."""
        assert {_bare(one) for one in blind} & {_bare(one) for one in question_set("develop").questions()} == set()


def _bare(one: Question) -> str:
    return "".join(filter(str.isalnum, one.text.casefold()))
