"""A country may be the value of a fact, and acts everywhere else."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.claims.check import Checker
from bot.dossier.loader import load
from bot.dossier.models import Dossier, FactId, Language
from tests.tables import table

HIGH_SEAS = Path(__file__).parents[2] / "examples" / "high-seas"
CHECKED = date(2026, 11, 29)


@pytest.fixture(scope="module")
def high_seas() -> Dossier:
    dossier = load(HIGH_SEAS, CHECKED).dossier
    assert dossier is not None
    return dossier


@pytest.fixture(scope="module")
def checker(high_seas: Dossier) -> Checker:
    return Checker(high_seas)


@table("text, language, verdict")
def test_in_the_dossier_of_the_high_seas(checker: Checker, text: str, language: str, verdict: str) -> None:
    """
    Palau was the first country to ratify the treaty | en | agrees
    Monaco was the first country to ratify the treaty | en | contradicts
    France was the first country to ratify the treaty | en | contradicts
    the first country to ratify the treaty was Seychelles | en | contradicts
    Francia fue el primer país en ratificar el tratado | es | contradicts
    Spain was the first EU country to ratify the treaty | en | agrees
    France was the first EU country to ratify the treaty | en | contradicts
    España fue el primer país de la UE en ratificar el tratado | es | agrees
    # no declared place
    Japan was the first country to ratify the treaty | en | unknown
    # the first of the EU, and perhaps meant so
    Spain was the first country to ratify the treaty | en | unknown
    # two, or another one's
    Spain and France were the first EU countries to ratify the treaty | en | unknown
    Spain was the first EU country after France to ratify the treaty | en | unknown
    the Spanish parliament was the first to ratify the treaty | en | unknown
    Spain was not the first EU country to ratify the treaty | en | unknown
    the first EU country to ratify was not Spain | en | unknown
    Spain was the second EU country to ratify the treaty | en | unknown
    # it acts
    Chile ratified the treaty on 20 February 2024 | en | agrees
    Argentina signed the treaty on 18 June 2024 | en | agrees
    """
    assert checker.check(text, Language(language)).verdict == verdict


@table("text, verdict")
def test_who_does_what_to_whom(high_seas: Dossier, text: str, verdict: str) -> None:
    """
    Spain beat Chile | agrees
    France beat Chile | contradicts
    Chile beat Spain | unknown
    Chile beat France | unknown
    Chile was beaten by Spain | unknown
    """
    fact = high_seas.facts[FactId("first_eu")]
    other = fact.model_copy(update={"says": {Language("en"): ["{} beat Chile"]}})
    dossier = replace(high_seas, facts={FactId("first_eu"): other}, topics={}, claims={}, bulletins={})
    assert Checker(dossier).check(text, Language("en")).verdict == verdict


@table("language, sentence")
def test_any_name_of_the_subject_gets_the_same_verdict(
    high_seas: Dossier, checker: Checker, language: str, sentence: str
) -> None:
    """
    en | {} was adopted on 4 March 2023
    en | {} was adopted on 19 June 2023
    en | {} was adopted on 2 May 2021
    en | {} entered into force on 20 September 2023
    en | {} was adopted in Geneva
    en | {} was adopted in Nice
    es | {} se adoptó el 4 de marzo de 2023
    es | {} se adoptó el 2 de mayo de 2021
    es | {} entró en vigor el 20 de septiembre de 2023
    """
    names = high_seas.header.names[Language(language)]
    verdicts = {name: checker.check(sentence.format(name), Language(language)).verdict for name in names}
    assert len(set(verdicts.values())) == 1, verdicts
