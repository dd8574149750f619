"""The mean of each topic's example embeddings, with which a message's embedding is compared. PURE: the caller has the model."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
from math import sqrt
from operator import mul

from bot.dossier.models import ClaimId, Language, TopicId
from bot.matching.index import MatcherTexts

Vector = Sequence[float]

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Topic → the likeness of a message's embedding to it, -1 to 1. A missing topic counts as 0.

    Attributes:
        whole: the likeness of the whole message.
        without: the likeness of the message without the words that its likeliest topic does not explain; {} if it was not computed.
        claim: the reviewed claim that says something similar, in whatever language; None if none surely does. It may say the opposite, so it is
            shown, and decides nothing.
    """

    whole: Mapping[TopicId, float]
    without: Mapping[TopicId, float] = field(default_factory=dict)
    claim: ClaimId | None = None


EXAMPLES = 12
"""The number of embedded examples of each topic and language. Twice as many are hardly better and take twice as long."""


def embedded_texts(texts: MatcherTexts) -> dict[TopicId, list[str]]:
    """Topic → the texts to embed: its title, summary, names and first examples in every language."""
    first = {topic: [each.examples[:EXAMPLES] for each in its.values()] for topic, its in texts.topics.items()}
    return {topic: list(dict.fromkeys(chain(*examples))) for topic, examples in first.items()}


class Meanings:
    """The topics of a dossier by their examples' embeddings, at least one for each topic.

    The mean of all examples is subtracted from every vector, because all vectors of some models point in nearly the same direction.
    """

    def __init__(self, examples: Mapping[TopicId, Sequence[Vector]]) -> None:
        self._mean = _mean([vector for vectors in examples.values() for vector in vectors])
        self._topics = {topic: _unit(_mean([*map(self._centred, vectors)])) for topic, vectors in examples.items()}

    @property
    def size(self) -> int:
        """The length of the vectors."""
        return len(self._mean)

    def likeness(self, vector: Vector) -> Mapping[TopicId, float]:
        """Topic → the cosine of a message's vector and the topic's. The vector must have :attr:`size` numbers."""
        centred = self._centred(vector)
        return {topic: sum(map(mul, centred, centre)) for topic, centre in self._topics.items()}

    def _centred(self, vector: Vector) -> list[float]:
        return _unit([value - mean for value, mean in zip(vector, self._mean, strict=True)])


NEAR, LEAD, TOPIC = 0.53, 0.08, 0.15
"""``likeness = cosine to the review's nearest sentence + TOPIC · probability of the review's topic``: a message must be like a review by NEAR, and by
LEAD more than like any other. Chosen on 150 paraphrases and on claims about other matters (tests/evaluation/README.md). Lower finds more reviews,
of other matters, too."""


class ReviewedMeanings:
    """Reviewed claims by the embeddings of their sentences.

    Args:
        sentences: claim → the vectors of its sentences, without the means of their languages.
        numbers: claim → the numbers in its sentences.
    """

    def __init__(
        self, sentences: Mapping[ClaimId, Sequence[Vector]], numbers: Mapping[ClaimId, AbstractSet[str]]
    ) -> None:
        self._sentences, self._numbers = sentences, numbers

    def nearest(self, text: str, vector: Vector, topics: Mapping[ClaimId, float]) -> ClaimId | None:
        """The claim that a message surely is like; None if none is.

        A claim without a number of the message is about another value. ``topics``: claim → the probability that the message is about its topic.
        """
        numbers = numbers_in(text)
        ranked = sorted(
            (
                (max(cosine(vector, each) for each in vectors) + TOPIC * topics.get(name, 0.0), name)
                for name, vectors in self._sentences.items()
                if numbers <= self._numbers[name]
            ),
            reverse=True,
        )
        second = ranked[1][0] if len(ranked) > 1 else 0.0
        return ranked[0][1] if ranked and ranked[0][0] >= max(NEAR, second + LEAD) else None


def numbers_in(*texts: str) -> frozenset[str]:
    """The groups of digits in the texts."""
    return frozenset(number for text in texts for number in _DIGITS.findall(text))


class Centres:
    """The mean of some vectors of each language.

    Without it, texts of one language are more alike than what says the same in two.
    """

    def __init__(self, vectors: Mapping[Language, Sequence[Vector]]) -> None:
        self._means = {language: _mean(of_language) for language, of_language in vectors.items() if of_language}

    def centred(self, vector: Vector, language: Language) -> Vector | None:
        """The vector without the mean of its language, of length 1; None if the language has none, or one of another length."""
        mean = self._means.get(language)
        if mean is None or len(mean) != len(vector):
            return None
        return _unit([value - average for value, average in zip(vector, mean, strict=True)])


def cosine(one: Vector, other: Vector) -> float:
    """Of two vectors of length 1."""
    return float(sum(map(mul, one, other)))


def _mean(vectors: Sequence[Vector]) -> list[float]:
    return [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]


def _unit(vector: Vector) -> list[float]:
    """The vector scaled to length 1; a zero vector unchanged."""
    length = sqrt(sum(map(mul, vector, vector))) or 1.0
    return [value / length for value in vector]
