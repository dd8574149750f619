"""What a dossier learns from a question that an editor adds as an example: the question in nearly the same words."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from bot.dossier.models import Language, TopicId
from bot.matching.decision import Matcher
from bot.matching.index import MatcherTexts
from bot.replies.answer import texts_of
from tests.evaluation.__main__ import load_dossier
from tests.evaluation.questions import Question, question_set

_POLITE = {"en": "please", "id": "tolong", "ru": "пожалуйста"}
_FOREIGN = {"en": "zorbal", "id": "zorbal", "ru": "зорбал"}
"""A subject that no dossier has."""


@cache
def _taught(name: str) -> tuple[Matcher, tuple[Question, ...]]:
    """A matcher with half of a set's questions as examples, and those questions."""
    chosen = question_set(name)
    texts, asked = texts_of(load_dossier(chosen)), [each for each in chosen.questions() if each.wanted]
    Random(7).shuffle(asked)
    added = asked[: len(asked) // 2]
    topics = {
        topic: {
            language: replace(
                of_language,
                examples=[
                    *of_language.examples,
                    *(each.text for each in added if (min(each.wanted), each.language) == (topic, language)),
                ],
            )
            for language, of_language in languages.items()
        }
        for topic, languages in texts.topics.items()
    }
    return Matcher(MatcherTexts(texts.titles, topics)), tuple(added)


def _with_slip(asked: Question, random: Random) -> str:
    """Two neighbouring letters of a long word change places."""
    words = asked.text.split()
    long = [at for at, word in enumerate(words) if len(word) >= 6 and word.isalpha()]
    if not long:
        return ""
    at, place = random.choice(long), random.randint(1, 3)
    word = words[at]
    words[at] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return " ".join(words)


def _without_a_word(asked: Question, random: Random) -> str:
    words = asked.text.split()
    left_out = random.randrange(len(words))
    return " ".join([*words[:left_out], *words[left_out + 1 :]]) if len(words) >= 4 else ""


def _politely(asked: Question, _random: Random) -> str:
    return f"{asked.text} {_POLITE[asked.language]}"


def _with_another_subject(asked: Question, _random: Random) -> str:
    return f"{asked.text.rstrip('?.! ')} {_FOREIGN[asked.language]}"


def _answered(name: str, change: Callable[[Question, Random], str]) -> float:
    """The share of the added questions, changed, that get their topic."""
    matcher, added = _taught(name)
    random, hits = Random(3), list[bool]()
    for asked in added:
        if text := change(asked, random):
            decision = matcher.decide(text, Language(asked.language))
            topic = TopicId(min(asked.wanted))
            hits.append(decision.kind in ("answer", "both") and topic in decision.topics)
    return sum(hits) / len(hits)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lindhaven", "tamaro", "orra", "portnahaven"])
class TestAddedQuestion:
    """On dossiers by strangers, with their questions."""

    @pytest.mark.parametrize("change", [_with_slip, _politely, _without_a_word])
    def test_is_answered_in_nearly_the_same_words(self, name: str, change: Callable[[Question, Random], str]) -> None:
        assert _answered(name, change) >= 0.93

    def test_is_not_answered_about_another_subject(self, name: str) -> None:
        assert _answered(name, _with_another_subject) <= 0.08
