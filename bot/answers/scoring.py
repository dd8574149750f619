"""How well each topic explains a message. PURE."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.answers.evidence import Evidence
from bot.answers.indexing import NO_EXAMPLE, Example, Index
from bot.answers.reading.tidying import tidy, words
from bot.answers.reading.token import Token
from bot.answers.weighing import WEIGHTS, Weights
from bot.dossier.model import Language, TopicId

_CLOSELY = 6
"""How many of the topics that explain most are compared with their examples."""

VERBATIM = 0.85
"""From which likeness to an example a message means it, whatever else its words are used for."""

_ENOUGH = 6
"""So many rare words explained are as good as any number."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A topic and how well it fits.

    Attributes:
        score: from 0, all in all; about 1 where the message is one of the topic's examples.
        explained: the share of the message that its words explain.
        alike: likeness to its nearest example.
        factor: what speaks against it, multiplied: 1 where nothing does.
        example: that example.
    """

    topic: TopicId
    score: float
    explained: float
    alike: float
    factor: float
    example: str


def candidates(
    indexes: Mapping[Language, Index], tokens: Sequence[Token], weights: Weights = WEIGHTS
) -> list[Candidate]:
    """The topics that explain anything of the message, the likeliest first."""
    tokens = [token for token in tokens if token.kind != "aside"]
    evidence = Evidence(indexes, weights, cued=_cued(indexes, tokens, weights))
    evidence.take([token for token in tokens if token.word not in indexes[token.language].lexicon.fillers] or tokens)
    explained = evidence.ranked()
    first = sorted(explained, key=lambda topic: -explained[topic])[:_CLOSELY]
    return sorted((_closely(evidence, topic, explained[topic]) for topic in first), key=lambda each: -each.score)


def _closely(evidence: Evidence, topic: int, explained: float) -> Candidate:
    mass = evidence.mass_for(topic)
    alike, nearest = _likest(evidence, topic, mass)
    share = min(1.0, explained / (mass + evidence.weights.spared * evidence.soft_of(topic)))
    part = evidence.weights.explained
    factor = evidence.against(topic, nearest.named)
    if evidence.cued < 1 and not (alike >= VERBATIM and _is_cued(evidence, nearest)):
        factor *= evidence.cued
    if alike < VERBATIM and evidence.bare:
        factor *= evidence.weights.bare
    amount = min(explained / evidence.rarest, _ENOUGH)
    score = factor * (part * share + (1 - part) * alike + evidence.weights.amount * amount)
    name = next(iter(evidence.indexes.values())).topics[topic]
    return Candidate(name, score, share, alike, factor, nearest.text)


def _likest(evidence: Evidence, topic: int, mass: float) -> tuple[float, Example]:
    """The example that is most like the message, and how like."""
    alike, nearest = 0.0, NO_EXAMPLE
    for language, terms in evidence.terms.items():
        index = evidence.indexes[language]
        having = index.having(topic)
        shared: dict[int, float] = defaultdict(float)
        spared: dict[int, float] = defaultdict(float)
        for term, weight in terms.items():
            for position in having.get(term, ()):
                shared[position] += weight
                if term in evidence.soft_terms:
                    spared[position] += weight * evidence.weights.spared
        for position, common in shared.items():
            example = index.examples[topic][position]
            likeness = 2 * common / (mass + spared.get(position, 0.0) + example.mass)
            if likeness > alike:
                alike, nearest = likeness, example
    return alike, nearest


def _is_cued(evidence: Evidence, example: Example) -> bool:
    """Whether an example asks for an opinion itself. None gives orders."""
    said = f" {' '.join(words(tidy(example.text)))} "
    phrases = (phrase for index in evidence.indexes.values() for phrase in index.lexicon.cues.get("opinion", ()))
    return evidence.cued > evidence.weights.instruction and any(f" {' '.join(phrase)} " in said for phrase in phrases)


def _cued(indexes: Mapping[Language, Index], tokens: Sequence[Token], weights: Weights) -> float:
    """What speaks against the message as a whole, as a factor: that it orders the bot about, or asks what it thinks."""
    said = f" {' '.join(token.word for token in tokens)} "
    against = {"instruction": weights.instruction, "opinion": weights.opinion}
    factor = 1.0
    for index in indexes.values():
        for kind, phrases in index.lexicon.cues.items():
            if any(f" {' '.join(phrase)} " in said for phrase in phrases):
                factor = min(factor, against[kind])
    return factor
