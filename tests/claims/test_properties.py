"""For every fact that a sentence of a foreign dossier states: another value is never confirmed, the same one never denied."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.claims.check import Check, Checker
from bot.dossier.markdown import PLACEHOLDER
from bot.dossier.models import DayFact, Dossier, Duration, Fact, FactId, Language, Money, Number, Percent
from bot.replies.answer import checker_for
from bot.replies.formatting import fact_text
from tests.conftest import loaded

DOSSIERS = ("lindhaven-allotments", "tamaro-repair-act")
_FOLDER = Path(__file__).parents[1] / "dossiers"

_MONTHS = {"en": "months", "id": "bulan", "ru": "месяцев"}


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence of a dossier and one of the facts in it."""

    dossier: Dossier
    checker: Checker
    language: Language
    sentence: str
    fact_id: FactId

    @property
    def fact(self) -> Fact:
        return self.dossier.facts[self.fact_id]

    def claimed(self, written: str) -> Check:
        """What becomes of the sentence with the fact written so."""

        def fill(match: re.Match[str]) -> str:
            fact = self.dossier.facts.get(FactId(match[1]))
            if FactId(match[1]) == self.fact_id:
                return written
            return fact_text(fact, self.language, match[2] or "") if fact else ""

        return self.checker.check(PLACEHOLDER.sub(fill, self.sentence), self.language)


def cases(name: str, language: str) -> Iterator[Case]:
    """All of a dossier in a language."""
    dossier = loaded(_FOLDER / name)
    checker = checker_for(dossier)
    for statement in checker.facts.languages[Language(language)].statements:
        for slot in statement.slots:
            if slot.id is not None:
                yield Case(dossier, checker, Language(language), statement.text, slot.id)


def others(fact: Fact) -> Iterator[Fact]:
    """The same fact with other values."""
    match fact:
        case Money() if fact.amount is not None:
            yield from (fact.model_copy(update={"amount": fact.amount * times}) for times in (0.5, 2, 10))
        case Money():
            yield from (fact.model_copy(update={"min": fact.low * n, "max": fact.high * n}) for n in (0.5, 2, 10))
        case Percent():
            yield fact.model_copy(update={"value": fact.value / 2})
        case Number():
            for value in (fact.value * 10, *(() if fact.approximate else (fact.value + 1,))):
                yield fact.model_copy(update={"value": value})
        case Duration():
            longer = {"years": fact.years * 3, "months": fact.months * 3, "days": fact.days * 3}
            yield fact.model_copy(update=longer)
        case DayFact() if fact.value is not None:
            yield from (fact.model_copy(update={"value": fact.value + timedelta(days)}) for days in (-1, 30, 365))
        case _:
            pass


def rephrased(fact: Fact, language: str) -> Iterator[str]:
    """Other ways to write the value."""
    match fact:
        case Money() if fact.low == fact.high and float(fact.low).is_integer():
            yield f"{fact.low:.0f} {fact.currency}"
        case Duration() if not fact.days:
            yield f"{fact.years * 12 + fact.months} {_MONTHS[language]}"
        case DayFact() if fact.value is not None:
            yield from (date.isoformat(fact.value), f"{fact.value:%d.%m.%Y}")
        case _:
            pass


@pytest.mark.parametrize("language", ["en", "id", "ru"])
@pytest.mark.parametrize("name", DOSSIERS)
class TestEveryFact:
    """Its own sentence, and the same with another value."""

    def test_another_value_is_never_confirmed(self, name: str, language: str) -> None:
        confirmed = [
            (case.sentence, written)
            for case in cases(name, language)
            for other in others(case.fact)
            if (written := fact_text(other, language, "")) != fact_text(case.fact, language, "")
            and case.claimed(written).outcome == "agrees"
        ]
        assert confirmed == []

    def test_the_same_value_is_never_denied(self, name: str, language: str) -> None:
        denied = [
            (case.sentence, written)
            for case in cases(name, language)
            for written in (fact_text(case.fact, language, ""), *rephrased(case.fact, language))
            if case.claimed(written).outcome == "contradicts"
        ]
        assert denied == []
