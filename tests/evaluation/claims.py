"""``make evaluate ARGS=claims``: what becomes of claims, by set and language. The blind sets are counted, never shown."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language
from bot.replies.answer import answer, checker_for
from bot.replies.reply import Verdict

_TODAY = date(2026, 11, 29)
_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]

_DOSSIERS = _ROOT / "tests" / "dossiers"
_ORRA = _DOSSIERS / "orra-lighthouse-museum"

VERDICTS: tuple[Verdict, ...] = ("agrees", "contradicts", "disputed", "unknown")


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """Claims about one dossier: the name, the dossier's folder, and whether they are only counted."""

    name: str
    dossier: Path
    blind: bool = False

    @property
    def file(self) -> Path:
        return _HERE / "claims" / f"{self.name}.jsonl"


SETS = (
    ClaimSet("develop", _ROOT / "content"),
    ClaimSet("earlier", _ROOT / "content"),
    ClaimSet("second", _ROOT / "content"),
    ClaimSet("lindhaven-allotments", _ROOT / "tests" / "dossiers" / "lindhaven-allotments"),
    ClaimSet("tamaro-repair-act", _ROOT / "tests" / "dossiers" / "tamaro-repair-act"),
    ClaimSet("third", _ROOT / "content"),
    ClaimSet("fourth", _ROOT / "content"),
    ClaimSet("fifth", _ROOT / "content"),
    ClaimSet("orra-lighthouse-museum", _ORRA),
    ClaimSet("orra-second", _ORRA),
    ClaimSet("orra-third", _ORRA),
    ClaimSet("seventh", _ROOT / "content"),
    ClaimSet("portnahaven-ferry", _DOSSIERS / "portnahaven-ferry"),
    ClaimSet("sotoluna-residuos", _DOSSIERS / "sotoluna-residuos"),
    ClaimSet("sixth", _ROOT / "content", blind=True),
    ClaimSet("eighth", _ROOT / "content", blind=True),
    ClaimSet("sotoluna-second", _DOSSIERS / "sotoluna-residuos", blind=True),
    ClaimSet("orra-fourth", _ORRA, blind=True),
    ClaimSet("high-seas", _ROOT / "examples" / "high-seas", blind=True),
)


@dataclass(frozen=True, slots=True)
class ClaimCase:
    """A claim, what should become of it and what did.

    ``card``: whether a right one is shown, None where the set does not say. ``offered``: the verdicts on the sentences that are offered.
    """

    text: str
    language: str
    kind: str
    expected: str
    verdict: Verdict
    card: bool | None
    offered: tuple[Verdict, ...]

    @property
    def is_settled(self) -> bool:
        """Whether the claim gets its verdict at once, or by a press on one of the sentences that are offered."""
        return self.expected in (self.verdict, *self.offered)


def claim_cases(chosen: ClaimSet) -> Iterator[ClaimCase]:
    """Every claim of a set with its verdict. Raises AssertionError if the dossier has errors."""
    dossier = load(chosen.dossier, _TODAY).dossier
    assert dossier is not None, f"{chosen.dossier} has errors: nota check"
    for line in chosen.file.read_text(encoding="utf-8").splitlines():
        given = json.loads(line)
        yield _case(given, dossier)


def _case(given: dict[str, Any], dossier: Dossier) -> ClaimCase:
    claim, language = given["claim"], Language(given["language"])
    checker = checker_for(dossier)
    found = checker.check(claim, language)
    near = () if found.is_settled else checker.near(claim, language)
    offered = tuple(checker.check(offer.text, language).verdict for offer in near)
    shown = answer(dossier, f"/check {claim}", language, _TODAY).topic in given["card"] if given.get("card") else None
    return ClaimCase(claim, language, given["kind"], given["expect"], found.verdict, shown, offered)


def share(found: Sequence[ClaimCase], expected: str, verdict: Verdict) -> float:
    """Of the claims with that label, the share with that verdict; 0 where there are none."""
    labelled = [each.verdict for each in found if each.expected == expected]
    return labelled.count(verdict) / len(labelled) if labelled else 0.0


def print_claims(*, blind: bool, show: bool) -> None:
    """Prints the confusion of each set: rows by label, columns by verdict."""
    print(f"{'claims':34}" + "".join(f"{verdict:>13}" for verdict in VERDICTS))
    for chosen in SETS:
        if chosen.blind and not blind:
            continue
        found = list(claim_cases(chosen))
        for language in sorted({each.language for each in found}):
            _print(f"  {chosen.name} {language}", [each for each in found if each.language == language])
        _print(f"{chosen.name}: {len(found)}", found)
        if cards := [each.card for each in found if each.card is not None]:
            print(f"    the right card is shown for {sum(cards)} of {len(cards)}")
        if show and not chosen.blind:
            for each in found:
                if each.verdict != each.expected:
                    print(f"    {each.language} {each.kind:9} {each.expected} → {each.verdict}: {each.text}")


def _print(title: str, found: Sequence[ClaimCase]) -> None:
    """The confusion, and what is settled at once and by a press on a sentence that is offered."""
    count = Counter((each.expected, each.verdict) for each in found)
    for expected in VERDICTS:
        print(f"{title:20} {expected:13}" + "".join(f"{count[expected, verdict]:13}" for verdict in VERDICTS))
    once = [f"{share(found, label, label):.0%}" for label in ("agrees", "contradicts")]
    wrong = sum(each.verdict in ("agrees", "contradicts") and each.verdict != each.expected for each in found)
    pressed = [[each.is_settled for each in found if each.expected == label] for label in ("agrees", "contradicts")]
    shares = [f"{sum(each) / len(each) if each else 0.0:.0%}" for each in pressed]
    print(
        f"    {title.strip()}: at once {once[0]} of the true, {once[1]} of the false, {wrong} wrongly; within one press "
        f"{shares[0]} and {shares[1]}; sentences offered to {sum(bool(each.offered) for each in found)}"
    )
