"""What must hold of every dossier: what it says is never denied, what an editor declared is recognised, and a changed sentence never confirmed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from bot.claims.check import Checker
from bot.claims.declared_check import with_value
from bot.dossier.loader import load
from bot.dossier.markdown import Items, plain
from bot.dossier.models import DayFact, Dossier, Duration, Fact, FactId, Language, Money, Number, Percent, in_language
from bot.matching.analyzer import analyzer_for
from bot.platforms.plain_text import render
from bot.replies.answer import answer
from bot.replies.citations import cited_in
from bot.replies.claims import known_value
from bot.replies.dossier_texts import DossierTexts
from tests.conftest import CONTENT, TODAY

_DOSSIERS = Path(__file__).parents[1] / "dossiers"
_CLAIMS = Path(__file__).parents[1] / "evaluation" / "claims"

FOLDERS = {"shipped": CONTENT} | {
    folder.name: folder for folder in sorted(_DOSSIERS.iterdir()) if (folder / "facts.yaml").exists()
}

LEAST_RECOGNISED = 0.9
"""Of the declared sentences, with their own value and with another one."""

EVERY = 15
"""One in so many is checked in `make test`, all in `make slow`."""

_OPENINGS = {
    "en": ["I heard that {}", "Is it true that {}?"],
    "id": ["katanya {}", "benarkah {}?"],
    "ru": ["говорят, что {}", "правда ли, что {}?"],
}
_SYNONYMS = {
    "en": [
        ("memorandum", "MoU"),
        ("The memorandum", "It"),
        ("six", "6"),
        ("five", "5"),
        ("four", "4"),
        ("exchanged", "signed"),
    ],
    "id": [
        ("MoU", "kesepakatan"),
        ("MoU", "nota kesepahaman"),
        ("enam", "6"),
        ("lima", "5"),
        ("dipertukarkan", "ditandatangani"),
    ],
    "ru": [("еморандум", "оглашение"), ("шесть", "6"), ("пять", "5"), ("четырёх", "4"), ("обменялись", "подписали")],
}
_MORE = {
    "en": ["secret", "military", "former"],
    "id": ["rahasia", "militer", "bekas"],
    "ru": ["секретный", "военный", "бывший"],
}
_DENIALS = {"en": "not", "id": "tidak", "ru": "не"}


@cache
def dossier_of(name: str) -> tuple[Dossier, Checker]:
    dossier = load(FOLDERS[name], TODAY).dossier
    assert dossier is not None
    return dossier, Checker(dossier, analyzer_for(tuple(dossier.languages)))


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared sentence of a fact, with its own value."""

    fact_id: FactId
    fact: Fact
    language: Language
    template: str
    text: str


def declared(name: str) -> Iterator[Declared]:
    dossier, _ = dossier_of(name)
    for fact_id, fact in dossier.facts.items():
        for language, says in fact.says.items():
            for template in says:
                if text := with_value(dossier, template, fact, language):
                    yield Declared(fact_id, fact, language, template, text)


def written(dossier: Dossier, language: Language) -> Iterator[str]:
    """Every title, paragraph and sentence of the topics and bulletins."""
    texts = DossierTexts(dossier, language)
    for entry in (*dossier.topics.values(), *dossier.bulletins.values()):
        yield texts.line(entry.title[language])
        for block in texts.blocks(entry.body[language]):
            for spans in block.items if isinstance(block, Items) else (block.spans,):
                line = re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s+", " ", plain(spans)))
                yield line
                yield from re.split(r"(?<=[^\W\d_]{3}[.!?])\s+|(?<=[\d%)»”][.!?])\s+", line)


def in_other_words(text: str, language: str) -> Iterator[str]:
    """A sentence, parts of it, and the same with synonyms, digits and openings."""
    yield text
    for part in re.split(r"[;:—–]\s", text):
        yield part
        yield part.split(", ")[0]
    yield re.sub(r"\s*\([^)]*\)", "", text)
    yield from (text.replace(old, new) for old, new in _SYNONYMS.get(language, ()) if old in text)
    yield from (shape.format(text[:1].lower() + text[1:].rstrip(".")) for shape in _OPENINGS.get(language, ()))


def another(fact: Fact) -> Fact | None:
    """The fact with another value; None for one that has no such."""
    match fact:
        case DayFact() if fact.value and not fact.derived:
            return fact.model_copy(update={"value": fact.value + timedelta(days=400)})
        case Percent():
            return fact.model_copy(update={"value": round(fact.value / 3 + 2, 1)})
        case Number():
            return fact.model_copy(update={"value": fact.value * 3 + 1})
        case Duration():
            return fact.model_copy(update={"years": fact.years * 3, "months": fact.months * 3, "days": fact.days * 3})
        case Money():
            times = {key: value * 7 for key in ("amount", "min", "max") if (value := getattr(fact, key))}
            return fact.model_copy(update=times)
        case _:
            return None


everything = pytest.mark.parametrize("step", [EVERY, pytest.param(1, marks=pytest.mark.slow)])
each_dossier = pytest.mark.parametrize("name", FOLDERS)


@pytest.mark.slow
@each_dossier
@everything
def test_what_the_dossier_says_is_never_denied(name: str, step: int) -> None:
    dossier, checker = dossier_of(name)
    denied = []
    for language in dossier.languages:
        said = dict.fromkeys(v.strip() for line in written(dossier, language) for v in in_other_words(line, language))
        for text in [each for each in said if len(each.split()) > 2][::step]:
            verdicts = {each.verdict for each in checker.check(text, language).judgements}
            denied += [(language, text)] if "contradicts" in verdicts else []
    assert denied == []


@pytest.mark.slow
@each_dossier
@everything
def test_a_declared_sentence_is_recognised(name: str, step: int) -> None:
    """With its own value it agrees, with another one it contradicts; it never agrees with another one."""
    dossier, checker = dossier_of(name)
    own, other, wrong = [], [], []
    for each in list(declared(name))[::step]:
        check = checker.check(each.text, each.language)
        own.append(check.verdict == "agrees" or any(judgement.is_counted for judgement in check.judgements))
        changed = another(each.fact)
        if changed is not None and not each.fact.derived:
            text = with_value(dossier, each.template, changed, each.language)
            verdict = checker.check(text, each.language).verdict
            other.append(verdict == "contradicts")
            wrong += [text] if verdict == "agrees" else []
    assert wrong == []
    for found in (own, other):
        assert not found or sum(found) / len(found) >= LEAST_RECOGNISED


@each_dossier
@everything
def test_a_changed_sentence_is_never_confirmed(name: str, step: int) -> None:
    """One more word with a meaning, a denial: no verdict says that it is so."""
    _, checker = dossier_of(name)
    confirmed = []
    for each in list(declared(name))[::step]:
        words = each.text.split()
        for number, word in enumerate([*_MORE.get(each.language, ()), _DENIALS.get(each.language, "")]):
            at = 1 + (len(each.text) + number) % max(1, len(words) - 1)
            text = " ".join([*words[:at], word, *words[at:]])
            if word and checker.check(text, each.language).verdict == "agrees":
                confirmed.append(text)
    assert confirmed == []


@everything
def test_a_claim_about_one_dossier_is_not_decided_by_another(step: int) -> None:
    decided = []
    for name, sets in (
        ("shipped", ["lindhaven-allotments", "tamaro-repair-act", "orra-second"]),
        ("tamaro-repair-act", ["develop"]),
        ("lindhaven-allotments", ["develop"]),
    ):
        _, checker = dossier_of(name)
        for claims in sets:
            for line in (_CLAIMS / f"{claims}.jsonl").read_text(encoding="utf-8").splitlines()[::step]:
                given = json.loads(line)
                if checker.check(given["claim"], Language(given["language"])).verdict in ("agrees", "contradicts"):
                    decided.append((name, given["claim"]))
    assert decided == []


class TestReaders:
    """Statements that readers sent, and sentences that were written to be confirmed falsely."""

    def test_no_verdict_is_wrong_and_most_that_can_be_settled_are(self) -> None:
        _, checker = dossier_of("shipped")
        wrong, settled = [], 0
        for line in (_CLAIMS / "readers.jsonl").read_text(encoding="utf-8").splitlines():
            given = json.loads(line)
            check = checker.check(given["q"], Language(given["lang"]))
            reviewed = next((each.claim for each in check.judgements if each.claim), None)
            unproven = "unproven" if reviewed and reviewed.verdict == "unproven" else "none"
            found = unproven if check.verdict == "unknown" else check.verdict
            settled += found == given["verdict"] != "none"
            if found in ("agrees", "contradicts") and found not in (given["verdict"], *given.get("also", ())):
                wrong.append((given["q"], found))
        assert wrong == []
        assert settled >= 37

    def test_no_hostile_sentence_is_confirmed(self) -> None:
        _, checker = dossier_of("shipped")
        lines = (_CLAIMS / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
        found = [
            (given["q"], checker.check(given["q"], Language(given["lang"])).verdict) for given in map(json.loads, lines)
        ]
        assert [text for text, verdict in found if verdict == "agrees"] == []


@pytest.mark.slow
@each_dossier
def test_a_verdict_names_its_value_and_only_its_sources(name: str) -> None:
    dossier, _ = dossier_of(name)
    for each in list(declared(name))[:: EVERY * 5]:
        reply = answer(dossier, f"/check {each.text}", each.language, TODAY)
        for statement in reply.statements:
            if statement.fact is None or statement.counted:
                continue
            fact = dossier.facts[FactId(statement.fact)]
            text = render(reply)
            assert set(statement.sources) == set(fact.sources), each.text
            assert known_value(fact, reply.language) in text
            for told in (fact.of, fact.stated_by):
                assert told is None or in_language(told, reply.language).rstrip(".")[1:] in text


@pytest.mark.slow
@each_dossier
def test_the_reason_of_a_reviewed_verdict_keeps_its_citations(name: str) -> None:
    """Those of pages, too, on which the card below it does not rest."""
    dossier, _ = dossier_of(name)
    for claim in dossier.claims.values():
        for language in dossier.languages:
            for text in claim.says.get(language, [])[:1]:
                reply = answer(dossier, f"/check {text}", language, TODAY)
                if reply.verdict is not None and reply.reviewed:
                    cited = cited_in(DossierTexts(dossier, language).blocks(claim.because[language]))
                    assert set(cited) <= {source.id for source in reply.sources[: reply.cited]}, text
