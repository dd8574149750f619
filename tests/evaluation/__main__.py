"""``make evaluate``: how well questions in people's own words are understood, per half and language.

``make evaluate ARGS=develop`` leaves the report half unseen, as whoever develops the matching should. Of the development half,
``--show`` lists what went wrong; the report half is only counted.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.replies.answer import answer
from bot.replies.question import FreeText
from tests.evaluation.asked import HALVES, asked

_TODAY = date(2026, 11, 24)
_CONTENT = Path(__file__).parents[2] / "content"
_LIMITS = {
    "right": (0.95, "at least"),
    "offered": (0.08, "at most"),
    "wrong": (0.02, "at most"),
    "declined": (0.95, "at least"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what should become of it, and what did."""

    question: str
    language: str
    kind: str
    wanted: frozenset[str]
    every: bool
    got: tuple[str, ...]
    offered: frozenset[str]
    answered_in: str

    @property
    def outcome(self) -> str:
        """Of an answerable question: right, offered, wrong or missed; of one out of scope: declined or false."""
        if not self.wanted:
            return "false" if self.got else "declined"
        if self.got:
            right = set(self.got) == self.wanted if self.every else self.got[0] in self.wanted
            return "right" if right else "half" if self.every and set(self.got) <= self.wanted else "wrong"
        return "offered" if self.wanted & self.offered else "missed"


def cases(dossier: Dossier, half: str) -> Iterator[Case]:
    """Every question of a half, asked."""
    for one in asked(half):
        reply = answer(dossier, FreeText(one.question), one.language, _TODAY)
        got = (reply.topic, *reply.suggestions) if reply.topic else ()
        offered = frozenset() if reply.topic else frozenset(reply.suggestions)
        yield Case(one.question, one.language, one.kind, one.wanted, one.every, got, offered, reply.language)


def main(arguments: Sequence[str]) -> None:
    dossier = load(_CONTENT, _TODAY).dossier
    assert dossier is not None, "the content has errors: nota check"
    for half in [each for each in HALVES if each in arguments] or HALVES:
        found = list(cases(dossier, half))
        print(f"\n{half}: {len(found)} questions")
        for language in dossier.languages if found else ():
            _print_figures([case for case in found if case.language == language], language)
        _print_confusion(found)
        if half == "develop" and "--show" in arguments:
            _print_failures(found)


def _print_figures(found: Sequence[Case], language: str) -> None:
    count = Counter(case.outcome for case in found)
    answerable = [case for case in found if case.wanted]
    outside = len(found) - len(answerable)
    understood = count["right"] + count["half"]
    shares = [
        ("right or offered", understood + count["offered"], len(answerable)),
        ("right", understood, len(answerable)),
        ("offered", count["offered"], len(answerable)),
        ("wrong", count["wrong"], len(answerable)),
        ("missed", count["missed"], len(answerable)),
        ("out of scope declined", count["declined"], outside),
        ("false answers", count["false"], outside),
    ]
    print(f"  {language}  " + " · ".join(f"{name} {n}/{of} {n / of:.1%}" for name, n, of in shares if of))
    if count["half"]:
        print(f"      of those right, {count['half']} answered one of two topics asked about")
    plain = [case for case in found if case.kind not in ("mixed", "gibberish", "translit", "emoji", "injection")]
    same = sum(case.answered_in == case.language for case in plain)
    print(f"      answered in the question's language {same}/{len(plain)} {same / len(plain):.1%}")


def _print_confusion(found: Sequence[Case]) -> None:
    pairs = Counter(
        (
            "+".join(sorted(case.wanted)) or "(nothing)",
            "+".join(case.got) or "(asked back)" if case.offered else "(declined)",
        )
        if not case.got
        else ("+".join(sorted(case.wanted)) or "(nothing)", "+".join(case.got))
        for case in found
        if case.outcome in ("wrong", "false", "missed", "offered", "half")
    )
    print("  confusion: expected → got")
    for (expected, got), times in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"    {times:3}  {expected} → {got}")


def _print_failures(found: Sequence[Case]) -> None:
    for case in found:
        if case.outcome not in ("right", "declined"):
            print(
                f"  {case.outcome:8} {case.language} {case.question!r}: {'+'.join(sorted(case.wanted)) or 'nothing'} → {case.got or sorted(case.offered)}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
