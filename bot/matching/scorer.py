"""The probability of each topic, and of none of them, for a message: one softmax. PURE.

    P(topic) = exp(a·f(topic)) / (exp(b·g) + Σ exp(a·f))

``f`` are the features of a topic, ``g`` those of "none of the topics". The weights ``a`` and ``b`` are fitted by ``make fit`` and stored in
``weights.json``. :data:`FOR_TOPICS` and :data:`FOR_NONE` describe the features. If the message's embedding is known, :data:`MEANING` is one more
feature of a topic, and the weights are the set ``semantic`` instead of ``words``.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from math import exp, log, log1p, sqrt
from typing import Literal

from bot.commands import LISTS
from bot.matching.analyzer import Token
from bot.matching.index import Index, Piece, runs_of
from bot.matching.meanings import Likeness

FOR_TOPICS = {
    "share": "the share of the message's weight that the topic explains: Σ weight·strength / Σ weight",
    "amount": "how much it explains: log(1 + Σ weight·strength / the weight of a word that one topic has)",
    "near": "likeness to the topic's nearest example: 2 · common weight / weight of both (Dice)",
    "runs": "the share of the message's runs of four letters that the topic's texts explain",
    "missing": "what it leaves open: Σ weight·(1 - strength) of words with a subject / the weight of a word of one topic / √words",
}
FOR_NONE = {
    "one": "1",
    "other": "everyday words of other subjects that the dossier has not / √words",
    "place": "places that the dossier has not / √words",
    "background": "likeness of letter runs to the nearest question about other subjects (cosine)",
    "other_near": "likeness to the nearest question about other subjects (Dice)",
    "examples": "log of the examples per topic and language: who gives many needs no guesses",
}
MEANING = "meaning"
"""A feature of a topic: the cosine of the message's embedding and the mean of its examples' (:mod:`bot.matching.meanings`)."""

_VERBATIM = 0.85
"""A message with this likeness to a ``not_asked`` question is that question. Below it, "internet in the US" would be "internet in Russia"."""

_LIST = 0.3
"""A built-in list without an example of this likeness is no candidate: its few, general examples say nothing of the dossier's subject."""

_CLOSELY = 6
"""The number of topics, those that explain most, that are compared with their examples."""


@dataclass(frozen=True, slots=True)
class TopicCandidate:
    """A topic and its probability.

    Attributes:
        topic: its position in the index.
        probability: 0 to 1.
        features: its features, by the names of :data:`FOR_TOPICS`, and :data:`MEANING`.
        example: its nearest example; "" if none was compared.
    """

    topic: int
    probability: float
    features: Mapping[str, float]
    example: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features of a message.

    Attributes:
        topics: topic → its features, for each topic that explains a part of the message.
        nothing: the features of a topic that explains nothing of it.
        none: the features of "none of the topics" (:data:`FOR_NONE`).
        examples: topic → its nearest example.
        passed_over: the built-in lists without an example that is like the message, which are no candidates.
    """

    topics: Mapping[int, Mapping[str, float]]
    nothing: Mapping[str, float]
    none: Mapping[str, float]
    examples: Mapping[int, str]
    passed_over: Set[int]


WeightSet = Literal["words", "semantic", "cards", "gate"]
"""``words``: for a message by its words alone; ``semantic``: with its embedding; ``cards``: for offers and the nearest card, fitted on dossiers with
few examples, where "none" is calibrated better than that of ``words``; ``gate``: for :func:`chance`."""

FOR_CHANCE = {
    "one": "1",
    "logit": "log odds of the topic's probability",
    "near": "likeness to its nearest example (Dice)",
    "near_open": "the same if it does not explain a word with a subject, else 0: an example with another subject",
    "open": "log(1 + weight of the words with a subject that it does not explain / the weight of a word of one topic)",
    "unexplained": "the number of these words / √words",
    "other": "those that are everyday words of other subjects / √words",
    "telling": "log(1 + weight of the telling words that it explains / the weight of a word of one topic)",
    "all": "1 if it explains every word with a subject",
    "words": "log of the number of words",
}
"""The features of :func:`chance`."""


@cache
def weights(kind: WeightSet = "words") -> Mapping[str, float]:
    """Feature → fitted weight, with the thresholds ``sure``, ``few`` and ``part``."""
    file = files(__package__).joinpath("weights.json")
    fitted: dict[str, dict[str, float]] = json.loads(file.read_text(encoding="utf-8"))
    return fitted[kind]


def evidence(index: Index, tokens: Sequence[Token]) -> Evidence:
    """The features of a message. A repeated word counts once."""
    tokens = list({token.word: token for token in tokens}.values())
    pieces = index.pieces(tokens)
    mass = sum(piece.weight for piece in pieces) or 1.0
    with_subject = {position for position, token in enumerate(tokens) if token.kind != "light"}
    explained: dict[int, float] = {}
    subject: dict[int, float] = {}
    for position, piece in enumerate(pieces):
        for topic, strength in _strongest(index, piece).items():
            explained[topic] = explained.get(topic, 0.0) + piece.weight * strength
            if position in with_subject:
                subject[topic] = subject.get(topic, 0.0) + piece.weight * strength
    whole = sum(pieces[position].weight for position in with_subject)
    scale = index.rarest * sqrt(max(1, len(tokens)))
    letters = runs_of(tokens)
    runs = index.runs_explained(letters)
    ranked = sorted(explained, key=lambda topic: -explained[topic] / mass - runs.get(topic, 0.0))
    nearest = {topic: index.examples.nearest(pieces, mass, index.ranges[topic]) for topic in ranked[:_CLOSELY]}
    topics = {
        topic: {
            "share": amount / mass,
            "amount": log1p(amount / index.rarest),
            "near": nearest.get(topic, (0.0, ""))[0],
            "runs": runs.get(topic, 0.0),
            "missing": (whole - subject.get(topic, 0.0)) / scale,
        }
        for topic, amount in explained.items()
    }
    others = (other.nearest(pieces, mass, range(len(other.texts)))[0] for other in index.others)
    none = _for_none(index, tokens, letters) | {"other_near": max(others)}
    nothing = dict.fromkeys(FOR_TOPICS, 0.0) | {"missing": whole / scale}
    lists = {index.topics.index(name) for name in LISTS if name in index.topics}
    passed_over = {topic for topic in lists if nearest.get(topic, (0.0, ""))[0] < _LIST}
    return Evidence(topics, nothing, none, {topic: text for topic, (_, text) in nearest.items()}, passed_over)


def with_meaning(index: Index, words_alone: Evidence, likeness: Likeness) -> Evidence:
    """The features with :data:`MEANING` added, which makes every topic a candidate."""
    topics = {
        position: {**words_alone.topics.get(position, words_alone.nothing), MEANING: likeness.whole.get(topic, 0.0)}
        for position, topic in enumerate(index.topics)
    }
    return replace(words_alone, topics=topics)


def candidates(features: Evidence, fitted: Mapping[str, float]) -> list[TopicCandidate]:
    """The topics of the features with their probabilities, the likeliest first."""
    scores = {topic: sum(fitted[name] * value for name, value in f.items()) for topic, f in features.topics.items()}
    none = sum(fitted[name] * value for name, value in features.none.items())
    top = max([none, *scores.values()])
    total = exp(none - top) + sum(exp(score - top) for score in scores.values())
    ranked = sorted(scores.keys() - features.passed_over, key=lambda topic: (-scores[topic], topic))
    return [
        TopicCandidate(
            topic, exp(scores[topic] - top) / total, features.topics[topic], features.examples.get(topic, "")
        )
        for topic in ranked
    ]


def chance(
    index: Index, tokens: Sequence[Token], likeliest: TopicCandidate, *, has_lists: bool
) -> tuple[float, list[Token]]:
    """The chance, 0 to 1, that the likeliest topic is the one that is asked about, and the words that it does not explain, the rarest first.

    One logistic function, fitted on dossiers with few examples (``gate`` of ``weights.json``).
    """
    tokens = list({token.word: token for token in tokens}.values())
    subject = [token for token in tokens if index.has_subject(token, has_lists=has_lists)]
    left = [token for token in subject if not index.explains(likeliest.topic, token)]
    left.sort(key=index.rarity, reverse=True)
    telling = [token for token in subject if token not in left and index.is_telling(token, has_lists=has_lists)]
    root, near = sqrt(max(1, len(tokens))), likeliest.features["near"]
    probability = min(max(likeliest.probability, 1e-9), 1 - 1e-6)
    features = {
        "one": 1.0,
        "logit": log(probability / (1 - probability)),
        "near": near,
        "near_open": near if left else 0.0,
        "open": log1p(sum(map(index.rarity, left)) / index.rarest),
        "unexplained": len(left) / root,
        "other": sum(token.kind == "other" for token in left) / root,
        "telling": log1p(sum(map(index.rarity, telling)) / index.rarest),
        "all": float(not left),
        "words": log(max(1, len(tokens))),
    }
    fitted = weights("gate")
    return 1 / (1 + exp(-sum(fitted[name] * value for name, value in features.items()))), left


def _strongest(index: Index, piece: Piece) -> dict[int, float]:
    strongest: dict[int, float] = {}
    for term, sure in piece.terms.items():
        for topic, strength in index.strengths.get(term, {}).items():
            strongest[topic] = max(strongest.get(topic, 0.0), sure * strength)
    return strongest


def _for_none(index: Index, tokens: Sequence[Token], letters: Set[str]) -> dict[str, float]:
    strange = [token for token in tokens if token.kind != "light" and not index.is_known(token)]
    places = sum(any(term[0] == "@" for term in token.terms) for token in strange)
    other = sum(token.kind == "other" for token in strange) - places
    not_asked = index.not_asked.nearest(letters)
    root = sqrt(max(1, len(tokens)))
    return {
        "one": 1.0,
        "other": other / root,
        "place": places / root,
        "background": max(index.background.nearest(letters), not_asked if not_asked >= _VERBATIM else 0.0),
        "examples": index.log_examples_per_topic,
    }
