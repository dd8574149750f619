"""A claim that has the value of a rival fact is never called wrong, whatever the type, the language, and whether the rival has sentences."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.claims.check import Checker
from bot.claims.declared_check import with_value
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Fact, FactId, Header, Language, Topic
from tests.tables import table

LANGUAGES = [Language(each) for each in ("en", "id", "ru", "es", "fr", "de", "pt", "it", "pl", "tr", "fi")]

VALUES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "number": ({"value": 49}, {"value": 50}, {"value": 73}),
    "large number": ({"value": 1200}, {"value": 1500}, {"value": 4700}),
    "percent": ({"value": 31}, {"value": 44}, {"value": 82}),
    "money": (
        {"amount": 40_000_000, "currency": "EUR"},
        {"amount": 55_000_000, "currency": "EUR"},
        {"amount": 90_000_000, "currency": "EUR"},
    ),
    "date": ({"value": date(2025, 9, 23)}, {"value": date(2025, 6, 25)}, {"value": date(2024, 2, 3)}),
    "duration": ({"years": 5}, {"years": 8}, {"years": 12}),
    "place": ({"value": "Zorvatia"}, {"value": "Mimbula"}, {"value": "Kolkara"}),
}
"""The value of a fact, that of its rival, and a wrong one."""

KINDS = {kind: "number" if kind == "large number" else kind for kind in VALUES}


def _same(text: str) -> dict[Language, str]:
    return dict.fromkeys(LANGUAGES, text)


def _fact(kind: str, value: dict[str, Any], **more: Any) -> Fact:
    given = {"type": KINDS[kind], "sources": ["gazette"], "of": _same("what it counts"), **value, **more}
    fact: Fact = TypeAdapter(Fact).validate_python(given)
    return fact


def _dossier(kind: str, *, rival_lists: bool, rival_says: bool) -> Dossier:
    """A fact and its rival. ``rival_lists``: whether the rival names the fact, and not the fact the rival."""
    own, rival, wrong = VALUES[kind]
    says = {language: ["{it} grumbat {}"] for language in LANGUAGES}
    instead = {"instead": [rival["value"], wrong["value"]]} if kind == "place" else {}
    facts = {
        FactId("own"): _fact(kind, own, says=says, **instead, rivals=[] if rival_lists else ["rival"]),
        FactId("rival"): _fact(
            kind,
            rival,
            says={language: ["{it} grumbat selon krovik {}"] for language in LANGUAGES} if rival_says else {},
            rivals=["own"] if rival_lists else [],
        ),
    }
    header = Header.model_validate(
        {
            "id": "blorka",
            "title": _same("Blorka"),
            "summary": _same("All of it"),
            "names": {language: ["Blorka"] for language in LANGUAGES},
            "languages": LANGUAGES,
            "default_language": "en",
        }
    )
    topic = Topic.model_validate({"id": "all", "title": _same("All"), "summary": _same("All"), "body": _same("{own}")})
    return Dossier(header, {}, facts, {topic.id: topic}, {})


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(("rival_lists", "rival_says"), [(False, False), (True, False), (False, True)])
def test_a_rivals_value_is_never_wrong(kind: str, rival_lists: bool, rival_says: bool) -> None:
    dossier = _dossier(kind, rival_lists=rival_lists, rival_says=rival_says)
    checker = Checker(dossier)
    own, rival = dossier.facts[FactId("own")], dossier.facts[FactId("rival")]
    wrong = _fact(kind, VALUES[kind][2])
    denied, missed = [], []
    for language in LANGUAGES:
        for text in _ways("{it} grumbat {}", rival, language, dossier):
            denied += [text] if checker.check(text, language).verdict == "contradicts" else []
        verdicts = [
            checker.check(with_value(dossier, "{it} grumbat {}", fact, language), language).verdict
            for fact in (own, wrong)
        ]
        missed += [] if verdicts == ["agrees", "contradicts"] else [(language, verdicts)]
    assert denied == []
    assert len(missed) <= 2, missed  # without the rival's value there is a verdict


def _ways(sentence: str, fact: Fact, language: Language, dossier: Dossier) -> list[str]:
    """The sentence with the value as it is printed, in digits, and in part."""
    texts = [with_value(dossier, sentence, fact, language)]
    name = dossier.header.names[language][0]
    match fact.type:
        case "number":
            texts += [f"{name} grumbat {fact.value:.0f}", f"{name} grumbat > {fact.value:.0f}"]
        case "date":
            texts += [f"{name} grumbat {fact.value:%Y-%m-%d}", f"{name} grumbat {fact.value:%d.%m.%Y}"]
        case "percent":
            texts += [f"{name} grumbat {fact.value:.0f}%", f"{name} grumbat {fact.value - 1:.0f}%"]
        case "money":
            texts += [f"{name} grumbat €{fact.low:.0f}"]
    return texts


def test_a_denial_of_a_disputed_value_is_open() -> None:
    """Whoever denies the fact's value may mean the rival's."""
    dossier = _dossier("number", rival_lists=False, rival_says=False)
    text = "it is not true that Blorka grumbat 49"
    assert Checker(dossier).check(text, Language("en")).verdict == "unknown"


CHECKED = date(2026, 11, 29)
HIGH_SEAS = Path(__file__).parents[2] / "examples" / "high-seas"


@pytest.mark.slow
@table("text, language, verdict")
def test_in_the_dossier_of_the_high_seas(text: str, language: str, verdict: str) -> None:
    """
    Nice brought the total to 50 ratifications | en | unknown
    Nice brought the total to 49 ratifications | en | agrees
    Nice brought the total to 70 ratifications | en | contradicts
    Niza elevó el total a 50 ratificaciones | es | unknown
    Mexico ratified the treaty on 25 June 2025 | en | unknown
    México ratificó el tratado el 25 de junio de 2025 | es | unknown
    México ratificó el tratado el 25 de junio | es | unknown
    México ratificó el tratado en junio de 2025 | es | unknown
    México ratificó el tratado el 23 de septiembre de 2025 | es | agrees
    México ratificó el tratado el 24 de mayo de 2024 | es | contradicts
    """
    dossier = load(HIGH_SEAS, CHECKED).dossier
    assert dossier is not None
    assert Checker(dossier).check(text, Language(language)).verdict == verdict
