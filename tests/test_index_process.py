"""The index of a dossier's questions and claims, built in a child process."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.dossier.models import Dossier
from bot.index_process import SMALL, _built_in_child, make_ready
from bot.replies.answer import build, is_matched
from tests.conftest import CONTENT, TINY, loaded
from tests.evaluation.questions import SETS


def called(dossier: Dossier, title: str) -> Dossier:
    """The dossier with another title, whose index nobody has built yet."""
    titles = dict.fromkeys(dossier.languages, title)
    return replace(dossier, header=dossier.header.model_copy(update={"title": titles}))


def asked() -> Iterator[tuple[str, str]]:
    """Questions and claims with their language."""
    questions = next(each for each in SETS if each.name == "develop").questions()
    yield from ((each.text, each.language) for number, each in enumerate(questions) if number % 25 == 0)
    yield from (("Is it true that it was signed on 3 June 2024?", "en"), ("Стоит 5 млрд?", "ru"))


@pytest.mark.slow
class TestChild:
    """It has a hash seed of its own, and its sets another order."""

    def test_it_decides_as_one_that_was_built_here(self) -> None:
        """Kind, topics, candidates, probabilities to six digits, and verdicts; and it holds the dossier's own facts."""
        dossier = loaded(CONTENT)
        (matcher, checker), (own, own_checker) = _built_in_child(dossier), build(dossier)
        for text, language in asked():
            spoken = dossier.language(language)
            decided, expected = matcher.decide(text, spoken), own.decide(text, spoken)
            assert (decided.kind, decided.topics, decided.left_open) == (
                expected.kind,
                expected.topics,
                expected.left_open,
            )
            assert [(each.topic, round(each.probability, 6)) for each in decided.candidates] == [
                (each.topic, round(each.probability, 6)) for each in expected.candidates
            ]
            assert checker.check(text, decided.language) == own_checker.check(text, decided.language)
        name, fact = next(iter(dossier.facts.items()))
        assert all(declared.facts[name] is fact for declared in checker.declared.values())

    def test_it_is_built_here_where_no_child_can_be_started(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody waits for an index that never comes."""
        dossier = loaded(TINY)
        copies = {f"{name}_{number}": topic for name, topic in dossier.topics.items() for number in range(SMALL)}
        large = called(replace(dossier, topics=copies), "No child")
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        make_ready(large)
        assert is_matched(large)
