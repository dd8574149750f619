"""The mean of each topic's example embeddings, with which a message's embedding is compared. PURE: the caller has the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from operator import mul

from bot.dossier.models import TopicId
from bot.matching.index import MatcherTexts

Vector = Sequence[float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Topic → the likeness of a message's embedding to it, -1 to 1. A missing topic counts as 0.

    Attributes:
        whole: the likeness of the whole message.
        without: the likeness of the message without the words that its likeliest topic does not explain; {} if it was not computed.
    """

    whole: Mapping[TopicId, float]
    without: Mapping[TopicId, float] = field(default_factory=dict)


EXAMPLES = 12
"""The number of embedded examples of each topic and language. Twice as many are hardly better and take twice as long."""


def embedded_texts(texts: MatcherTexts) -> dict[TopicId, list[str]]:
    """Topic → the texts to embed: its title, summary, names and first examples in every language."""
    return {
        topic: list(
            dict.fromkeys(text for topic_texts in languages.values() for text in topic_texts.examples[:EXAMPLES])
        )
        for topic, languages in texts.topics.items()
    }


class Meanings:
    """The topics of a dossier by their examples' embeddings, at least one for each topic.

    The mean of all examples is subtracted from every vector, because all vectors of some models point in nearly the same direction.
    """

    def __init__(self, examples: Mapping[TopicId, Sequence[Vector]]) -> None:
        self._mean = _mean([vector for vectors in examples.values() for vector in vectors])
        self._topics = {
            topic: _unit(_mean([self._centred(vector) for vector in vectors])) for topic, vectors in examples.items()
        }

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


def _mean(vectors: Sequence[Vector]) -> list[float]:
    return [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]


def _unit(vector: Vector) -> list[float]:
    """The vector scaled to length 1; a zero vector unchanged."""
    length = sqrt(sum(map(mul, vector, vector))) or 1.0
    return [value / length for value in vector]
