"""``make evaluate``: how well questions in people's own words are understood, by dossier and language.

``make evaluate ARGS="tamaro develop"`` counts these sets only. ``--blind`` counts the blind sets too. ``--show`` lists
what went wrong, of a blind set never. Every set is counted with words alone, and again with embeddings where the local model is
installed or EMBEDDINGS names a server. The last lines, "without lists", put each foreign set's questions in one language to the
dossier as if there were no word lists of that language: so does any editor of another language fare.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from tqdm import tqdm

from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language
from bot.matching.analyzer import Analyzer, background
from bot.matching.decision import Matcher
from bot.matching.index import MatcherTexts, TopicTexts
from bot.matching.lexicon import Lexicon, lexicon
from bot.matching.meanings import Likeness
from bot.matching.scorer import WeightSet
from bot.replies.answer import answer, texts_of
from bot.replies.question import FreeText
from tests.evaluation.claims import print_claims
from tests.evaluation.questions import SETS, SMALL, Question, QuestionSet, question_set, small_dossier
from tests.evaluation.vectors import likenesses_of

_TODAY = date(2026, 11, 29)

_SHIPPED = {"right": 0.95, "found": 0.98, "wrong": 0.02, "outside": 0.06}
_FOREIGN: dict[WeightSet, dict[str, float]] = {
    "words": {"found": 0.80, "wrong": 0.04, "outside": 0.08},
    "semantic": {"found": 0.95, "wrong": 0.03, "outside": 0.07},
}
"""At least so many right and found, at most so many wrong and outside."""

_LISTED = (Language("en"), Language("id"), Language("ru"))

_AT_MOST = ("wrong", "outside")

WITHOUT_LISTS = "without-lists"
"""Counts the foreign dossiers' questions without the word lists and the background of their language."""

CLAIMS = "claims"
"""Counts what becomes of claims, instead of questions."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and the topics that were answered or offered. ``nearest``: the one whose beginning was shown without being an answer."""

    question: Question
    answered: tuple[str, ...]
    offered: tuple[str, ...]
    language: str
    nearest: str | None = None

    @property
    def shows_right(self) -> bool:
        """Whether the first message holds a right topic, as the answer or as the nearest."""
        return self.outcome == "right" or self.nearest in self.question.wanted

    @property
    def outcome(self) -> str:
        """Of an answerable question: right, found (offered, or one of two), wrong or missed; else declined or outside."""
        wanted = self.question.wanted
        if not wanted:
            return "outside" if self.answered else "declined"
        if not self.answered:
            return "found" if wanted.intersection(self.offered) else "missed"
        if self.question.every:
            given = set(self.answered)
            return "right" if given == wanted else "found" if given <= wanted else "wrong"
        return "right" if self.answered[0] in wanted else "wrong"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval; 0 to 1 where there are none."""
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.96, self.total, self.count / self.total
        centre, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.count / self.total:5.1f} ({100 * low:4.1f}–{100 * high:5.1f})" if self.total else "–"


def cases(
    dossier: Dossier, questions: Sequence[Question], likenesses: Sequence[Likeness | None] | None = None
) -> Iterator[Case]:
    """Every question with what became of it. ``likenesses``: by their embeddings; None: words alone decide."""
    pairs = zip(questions, likenesses or [None] * len(questions), strict=True)
    for question, likeness in tqdm(pairs, total=len(questions), unit=" questions", disable=None, leave=False):
        reply = answer(dossier, FreeText(question.text), question.language, _TODAY, likeness)
        given = (reply.topic, *reply.suggestions) if reply.topic else ()
        yield Case(question, given, () if reply.topic else reply.suggestions, reply.language, reply.nearest)


def cases_without_lists(chosen: QuestionSet, language: Language) -> Iterator[Case]:
    """The set's questions in one language, put to the dossier as if there were no word lists of it and no background in it."""
    dossier = load_dossier(chosen)
    lexicons = [Lexicon() if each == language else lexicon(each) for each in dossier.languages]
    spoken = {each.text: each.language for each in question_set("develop").questions()}
    others = [text for text in background() if spoken.get(text) != language]
    topics = {
        name: each if name in dossier.topics else {**each, language: TopicTexts(())}
        for name, each in texts_of(dossier).topics.items()
    }
    analyzer = Analyzer(tuple(dossier.languages), lexicons, others)
    matcher = Matcher(MatcherTexts(dossier.header.title, topics), analyzer=analyzer)
    for question in chosen.questions():
        if question.language == language:
            decision = matcher.decide(question.text, language)
            given = decision.topics if decision.kind in ("answer", "both") else ()
            offered = () if given else decision.topics
            yield Case(question, given, offered, decision.language, decision.nearest)


def shares(found: Sequence[Case]) -> dict[str, Share]:
    """What is measured, by name."""
    answerable = [each.outcome for each in found if each.question.wanted]
    others = [each.outcome for each in found if not each.question.wanted]
    return {
        "right": Share(answerable.count("right"), len(answerable)),
        "found": Share(answerable.count("right") + answerable.count("found"), len(answerable)),
        "wrong": Share(answerable.count("wrong"), len(answerable)),
        "outside": Share(others.count("outside"), len(others)),
    }


def card_shares(found: Sequence[Case]) -> dict[str, Share]:
    """What the first message shows: a right topic, a wrong nearest one; out of scope a nearest one, or a plain no."""
    answerable = [each for each in found if each.question.wanted]
    others = [each for each in found if not each.question.wanted]
    return {
        "shown": Share(sum(each.shows_right for each in answerable), len(answerable)),
        "wrong nearest": Share(
            sum(each.nearest is not None and not each.shows_right for each in answerable), len(answerable)
        ),
        "outside nearest": Share(sum(each.nearest is not None for each in others), len(others)),
        "plain no": Share(sum(not each.answered and not each.offered for each in others), len(others)),
    }


def missed_targets(found: Sequence[Case], targets: Mapping[str, float]) -> list[str]:
    """The targets that the 95 % intervals exclude."""
    counted = shares(found)
    missed = []
    for name, target in targets.items():
        low, high = counted[name].interval
        if (low > target) if name in _AT_MOST else (high < target):
            missed.append(f"{name} {'≤' if name in _AT_MOST else '≥'} {target:.0%}")
    return missed


def load_dossier(chosen: QuestionSet) -> Dossier:
    """The dossier that a set asks about. Raises AssertionError if its content has errors."""
    dossier = load(chosen.dossier, _TODAY).dossier
    assert dossier is not None, f"{chosen.dossier} has errors: nota check"
    return dossier


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make evaluate")
    parser.add_argument(
        "sets", nargs="*", metavar="SET", help=f"{', '.join(each.name for each in SETS)}, {WITHOUT_LISTS}; or {CLAIMS}"
    )
    parser.add_argument("--blind", action="store_true", help="count the blind sets, too")
    parser.add_argument("--show", action="store_true", help="list what went wrong (of a blind set never)")
    given = parser.parse_args(arguments)
    if CLAIMS in given.sets:
        print_claims(blind=given.blind, show=given.show)
        return
    print(
        f"{'%, in brackets 95 % intervals':30}{'right':>20}{'found':>20}{'wrong':>20}{'outside':>20}  own language"
        "   shown / wrong nearest / outside nearest / plain no"
    )
    for chosen in SETS:
        if (given.sets and chosen.name not in given.sets) or (chosen.blind and not given.blind):
            continue
        dossier, questions = load_dossier(chosen), list(chosen.questions())
        _print_set(chosen, list(cases(dossier, questions)), "words", show=given.show)
        likenesses = likenesses_of([(dossier, [each.text for each in questions])])
        if likenesses:
            _print_set(chosen, list(cases(dossier, questions, likenesses[0])), "semantic", show=given.show)
    if not given.sets or WITHOUT_LISTS in given.sets:
        _print_small("spaceless")
        _print_small("spaced")
        _print_without_lists()
    if given.blind and (not given.sets or "young" in given.sets):
        _print_small("young")


def _print_small(folder: str) -> None:
    """The small dossiers of a folder, words alone."""
    for code in SMALL[folder]:
        texts, questions = small_dossier(code, folder)
        matcher, found = Matcher(texts), list[Case]()
        for text, topic in questions:
            decision = matcher.decide(text, Language(code))
            given = decision.topics if decision.kind in ("answer", "both") else ()
            question = Question(text, code, "", frozenset([topic] if topic else ()), False)
            found.append(Case(question, given, () if given else decision.topics, decision.language, decision.nearest))
        _print_row(f"{folder} {code}: {len(found)}", found)


def _print_without_lists() -> None:
    """Every language's questions of the foreign sets that are not blind, by words."""
    for language in _LISTED:
        chosen = [each for each in SETS if not each.shipped and not each.blind and each.name != "moorbach"]
        _print_row(
            f"without lists {language}", [case for each in chosen for case in cases_without_lists(each, language)]
        )


def _print_set(chosen: QuestionSet, found: Sequence[Case], kind: WeightSet, *, show: bool) -> None:
    title = chosen.name if kind == "words" else f"{chosen.name} + embeddings"
    for language in sorted({each.question.language for each in found}):
        _print_row(f"  {title} {language}", [each for each in found if each.question.language == language])
    _print_row(f"{title}: {len(found)}", found)
    for target in missed_targets(found, _SHIPPED if chosen.shipped else _FOREIGN[kind]):
        print(f"    missed: {target}")
    if show and not chosen.blind:
        _print_failures(found)


def _print_row(title: str, found: Sequence[Case]) -> None:
    plain = [
        each for each in found if each.question.kind not in ("mixed", "gibberish", "translit", "emoji", "injection")
    ]
    own = sum(each.language == each.question.language for each in plain) / len(plain) if plain else 1.0
    cards = " / ".join(
        f"{100 * each.count / each.total:.1f}" if each.total else "–" for each in card_shares(found).values()
    )
    row = "".join(f"{share!s:>20}" for share in shares(found).values())
    print(f"{title:30}{row}{own:14.1%}   {cards}", flush=True)


def _print_failures(found: Sequence[Case]) -> None:
    for each in found:
        if each.outcome not in ("right", "declined"):
            wanted = "+".join(sorted(each.question.wanted)) or "nothing"
            given = "+".join(each.answered) or f"offered {', '.join(each.offered) or 'nothing'}"
            print(f"    {each.outcome:8} {each.question.language} {each.question.text!r}: {wanted} → {given}")


if __name__ == "__main__":
    main()
