"""How well each topic explains a message. PURE."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.answers.indexing import Example, Index, pairs
from bot.answers.reading.places import is_place, is_place_name
from bot.answers.reading.stemming import root
from bot.answers.reading.tongue import Token
from bot.answers.weighing import WEIGHTS, Weights
from bot.dossier.model import Language, TopicId

_CLOSELY = 6
"""How many of the topics that explain most are compared with their examples."""

_VERBATIM = 0.85
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


@dataclass(slots=True)
class Evidence:
    """What a message says, gathered word by word.

    Words that carry a subject weigh against every topic that lacks them (``mass``); light words and pairs hardly do
    (``soft``), but speak for those that have them.
    """

    indexes: Mapping[Language, Index]
    weights: Weights
    factor: float = 1.0
    cued: float = 1.0
    mass: float = 0.0
    soft: float = 0.0
    explained: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    soft_of: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    terms: dict[Language, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    relief: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    soft_terms: set[str] = field(default_factory=set)
    absent: list[tuple[set[int], float]] = field(default_factory=list)
    named: dict[Language, set[str]] = field(default_factory=lambda: defaultdict(set))
    demanded: dict[Language, set[str]] = field(default_factory=dict)

    def take(self, token: Token) -> None:
        index = self.indexes[token.language]
        if token.kind in ("unknown", "elsewhere"):
            self._against(token, index)
            return
        self.mass += (1 - token.sureness) * index.rarest * self.weights.doubt
        has: set[int] = set()
        presupposed = token.terms[0] in index.presupposed
        for term in token.terms:
            has |= self.add(token.language, term, token.sureness, soft=token.kind == "light" or presupposed)
        if token.kind == "known":
            self._name(token, index, has)
            stray = 0.0 if presupposed else index.rarest * self.weights.stray * token.sureness
            self.mass += stray
            for topic in has:
                self.relief[topic] += stray

    def add(self, language: Language, term: str, sureness: float = 1.0, *, soft: bool = True) -> set[int]:
        """Takes a term; returns the topics whose examples have it."""
        index = self.indexes[language]
        weight = index.weight(term)
        if not weight:
            return set()
        self.terms[language][term] = weight * sureness
        strengths = index.strengths[term]
        for topic, strength in strengths.items():
            self.explained[topic] += weight * sureness * strength
        if soft:
            self.soft += weight
            self.soft_terms.add(term)
            for topic in strengths:
                self.soft_of[topic] += weight
        else:
            self.mass += weight
        return {topic for topic, strength in strengths.items() if strength > self.weights.body}

    @property
    def rarest(self) -> float:
        """The weight of a word that only one topic has."""
        return max(index.rarest for index in self.indexes.values())

    def mass_for(self, own_soft: float, topic: int) -> float:
        """What a topic has to explain, ``own_soft`` being the weight of the soft terms that it has."""
        spared = self.weights.spared
        return self.mass - self.relief[topic] + (1 - spared) * self.soft + spared * own_soft

    def against(self, topic: int, example: Example | None) -> float:
        factor = self.factor
        for language, demands in self.demanded.items():
            index = self.indexes[language]
            for demand in demands - index.demands[topic]:
                factor *= self.weights.attribute if demand in index.lexicon.attributes else self.weights.demand
        for has, weight in self.absent:
            factor *= 1.0 if topic in has else weight
        for language, names in self.named.items():
            focus = self.indexes[language].focus[topic]
            contrary = focus and focus not in names and not (example and names & set(example.terms))
            factor *= self.weights.contrary if contrary else 1.0
        return factor

    def _against(self, token: Token, index: Index) -> None:
        weights = self.weights
        if token.kind == "elsewhere":
            self.mass += index.rarest * weights.elsewhere
            self.factor *= weights.place if is_place(token.word, token.language) else weights.everyday
        elif token.word.isdigit() or len(token.word) <= 2:
            self.mass += index.rarest * weights.unknown * (weights.digits if token.word.isdigit() else weights.short)
        else:
            self.mass += index.rarest * weights.unknown
            self.factor *= weights.stranger

    def _name(self, token: Token, index: Index, has: set[int]) -> None:
        start = root(token.word, token.language)
        if start in index.protagonists:
            self.named[token.language].add(start)
        elif token.terms[0] in index.names or token.word in index.lexicon.everyday:
            self.absent.append((has, self.weights.name))
        elif is_place_name(token.word, token.language):
            self.absent.append((has, self.weights.city))


def candidates(
    indexes: Mapping[Language, Index], tokens: Sequence[Token], weights: Weights = WEIGHTS
) -> list[Candidate]:
    """The topics that explain anything of the message, the likeliest first."""
    evidence = Evidence(indexes, weights, cued=_cued(indexes, tokens, weights))
    tokens = [token for token in tokens if token.word not in indexes[token.language].lexicon.fillers] or tokens
    said = [token.word for token in tokens]
    evidence.demanded = {each: found for each, index in indexes.items() if (found := index.lexicon.demanded(said))}
    neighbours: dict[Language, list[str]] = defaultdict(list)
    for token in tokens:
        evidence.take(token)
        neighbours[token.language].append(token.terms[0])
    for language, stems in neighbours.items():
        for pair in pairs(stems):
            evidence.add(language, pair)
    first = sorted(evidence.explained, key=lambda topic: -evidence.explained[topic])[:_CLOSELY]
    return sorted((_closely(evidence, topic) for topic in first), key=lambda each: -each.score)


def _closely(evidence: Evidence, topic: int) -> Candidate:
    alike, nearest = 0.0, None
    for language, terms in evidence.terms.items():
        for example in evidence.indexes[language].examples[topic]:
            common = [term for term in terms if term in example.terms]
            if common:
                own = sum(terms[term] for term in common if term in evidence.soft_terms)
                shared = sum(terms[term] for term in common)
                likeness = 2 * shared / (evidence.mass_for(own, topic) + example.mass)
                if likeness > alike:
                    alike, nearest = likeness, example
    explained = evidence.explained[topic] / evidence.mass_for(evidence.soft_of[topic], topic)
    part = evidence.weights.explained
    factor = evidence.against(topic, nearest) * (evidence.cued if alike < _VERBATIM else 1.0)
    amount = min(evidence.explained[topic] / evidence.rarest, _ENOUGH)
    score = factor * (part * explained + (1 - part) * alike + evidence.weights.amount * amount)
    name = next(iter(evidence.indexes.values())).topics[topic]
    return Candidate(name, score, explained, alike, factor, nearest.text if nearest else "")


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
