"""What a message says, word by word, before any topic is looked at. PURE."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.answers.indexing import Index, Strengths, pairs
from bot.answers.reading.places import is_place, is_place_name, town_in
from bot.answers.reading.stemming import root
from bot.answers.reading.token import Token
from bot.answers.strangers import brevity, is_doubtful, strangers
from bot.answers.weighing import Weights
from bot.dossier.model import Language

_WIDE = 200
"""A term that more topics have ranks only those topics that rarer terms speak for, where there are any."""

_RANKED = 60
"""Of those, so many."""

Lacking = tuple[tuple[Strengths, ...], float]
"""The strengths of a word's terms, and what it does to a topic whose examples have none of them."""


@dataclass(slots=True)
class Evidence:
    """What a message says, gathered word by word.

    Words that carry a subject weigh against every topic that lacks them (``mass``); light words and pairs hardly do
    (``soft``), but speak for those that have them.

    Attributes:
        factor: what speaks against the message as a whole; ``cued`` that it orders the bot about, or asks its opinion.
        terms: language → term → its weight. ``soft_terms``: which of them are light.
        bare: whether nothing but names, and what every question takes for granted, speaks of the dossier.
        names, strays: words that are held against a topic without them, as a factor and as mass.
        named: the dossier's protagonists in the message. ``demanded``: what it asks for.
    """

    indexes: Mapping[Language, Index]
    weights: Weights
    factor: float = 1.0
    cued: float = 1.0
    bare: bool = False
    mass: float = 0.0
    soft: float = 0.0
    terms: dict[Language, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    soft_terms: set[str] = field(default_factory=set)
    names: list[Lacking] = field(default_factory=list)
    strays: list[Lacking] = field(default_factory=list)
    named: dict[Language, set[str]] = field(default_factory=lambda: defaultdict(set))
    demanded: dict[Language, set[str]] = field(default_factory=dict)
    brevity: float = 1.0
    towns: list[str] = field(default_factory=list)
    _spoken: list[tuple[Strengths, float]] = field(default_factory=list)
    _soft: list[tuple[Strengths, float]] = field(default_factory=list)

    def take(self, tokens: Sequence[Token]) -> None:
        """Takes the message's words, and each with its neighbour."""
        stems: dict[Language, list[str]] = defaultdict(list)
        self.bare = _is_bare(tokens, self.indexes)
        self.brevity = brevity(tokens)
        self.factor *= strangers(self.indexes, tokens, self.weights)
        for token in tokens:
            self._word(token)
            stems[token.language].append(token.terms[0])
        for language, row in stems.items():
            for pair in pairs(row):
                self._term(language, pair)
        said = [token.word for token in tokens]
        self.demanded = {each: what for each, index in self.indexes.items() if (what := index.lexicon.demanded(said))}

    def ranked(self) -> dict[int, float]:
        """By topic, how much of the message it explains, in weights."""
        found: dict[int, float] = defaultdict(float)
        for strengths, weight in self._spoken:
            if len(strengths) <= _WIDE:
                for topic, strength in strengths.items():
                    found[topic] += weight * strength
        likely = sorted(found, key=lambda topic: -found[topic])[:_RANKED]
        for strengths, weight in self._spoken:
            if len(strengths) > _WIDE:
                for topic in likely or strengths:
                    found[topic] += weight * strengths.get(topic, 0.0)
        return found

    @property
    def rarest(self) -> float:
        """The weight of a word that only one topic has."""
        return max(index.rarest for index in self.indexes.values())

    def soft_of(self, topic: int) -> float:
        """The weight of the light terms that a topic has."""
        return sum(weight for strengths, weight in self._soft if topic in strengths)

    def mass_for(self, topic: int) -> float:
        """What a topic has to explain, but for the soft terms that are spared those which have them."""
        relief = sum(stray for terms, stray in self.strays if self._asked(terms, topic))
        return self.mass - relief + (1 - self.weights.spared) * self.soft

    def against(self, topic: int, example: Collection[str]) -> float:
        """What speaks against a topic, ``example`` being the protagonists in the one that is nearest, multiplied."""
        factor = self.factor
        for language, demands in self.demanded.items():
            index = self.indexes[language]
            for demand in demands - index.demands[topic]:
                factor *= self.weights.attribute if demand in index.lexicon.attributes else self.weights.demand
        for terms, weight in self.names:
            factor *= 1.0 if self._asked(terms, topic) else weight
        for town in self.towns:
            factor *= 1.0 if any(index.focus[topic] == town for index in self.indexes.values()) else self.weights.town
        for language, names in self.named.items():
            focus = self.indexes[language].focus[topic]
            contrary = focus and focus not in names and not names.intersection(example)
            factor *= self.weights.contrary if contrary else 1.0
        return factor

    def _asked(self, terms: tuple[Strengths, ...], topic: int) -> bool:
        """Whether a topic's examples have any of a word's terms."""
        return any(strengths.get(topic, 0.0) > self.weights.body for strengths in terms)

    def _word(self, token: Token) -> None:
        index = self.indexes[token.language]
        if token.kind == "town":
            self.towns.append(index.home[town_in(token.word, token.language)])
            return
        if token.kind in ("unknown", "elsewhere"):
            self._unexplained(token, index)
            return
        self.mass += (1 - token.sureness) * index.rarest * self.weights.doubt
        presupposed = token.terms[0] in index.presupposed
        soft = token.kind == "light" or presupposed
        for term in token.terms:
            self._term(token.language, term, token.sureness, soft=soft)
        alone = 1.0 if any(map(index.weight, token.terms)) else self.weights.alone
        for sense in token.senses:
            self._term(token.language, sense, token.sureness * alone / len(token.senses), soft=soft)
        if token.kind == "known":
            literal = tuple(index.strengths[term] for term in token.terms if index.weight(term))
            terms = (*literal, *(index.strengths[sense] for sense in token.senses))
            self._name(token, index, literal)
            stray = 0.0 if presupposed else index.rarest * self.weights.stray * token.sureness
            self.mass += stray
            self.strays.append((terms, stray))

    def _term(self, language: Language, term: str, sureness: float = 1.0, *, soft: bool = True) -> None:
        index = self.indexes[language]
        weight = index.weight(term)
        if not weight:
            return
        self.terms[language][term] = weight * sureness
        self._spoken.append((index.strengths[term], weight * sureness))
        if soft:
            self.soft += weight
            self.soft_terms.add(term)
            self._soft.append((index.strengths[term], weight))
        else:
            self.mass += weight * sureness

    def _unexplained(self, token: Token, index: Index) -> None:
        weights = self.weights
        if token.kind == "elsewhere":
            self.mass += index.rarest * weights.elsewhere
            self.factor *= weights.place if is_place(token.word, token.language) else weights.everyday
        elif token.word.isdigit() or len(token.word) <= 2:
            self.mass += index.rarest * weights.unknown * (weights.digits if token.word.isdigit() else weights.short)
        else:
            self.mass += index.rarest * weights.unknown

    def _name(self, token: Token, index: Index, terms: tuple[Strengths, ...]) -> None:
        start = root(token.word, token.language)
        home = index.home.get(town_in(token.word, token.language))
        if home:
            self.named[token.language].add(home)
        if start in index.protagonists:
            self.named[token.language].add(start)
        elif token.terms[0] in index.names or token.word in index.lexicon.everyday:
            self.names.append((terms, self.weights.name))
        elif is_place_name(token.word, token.language):
            self.names.append((terms, self.weights.city))
        elif is_doubtful(token, index.lexicon):
            self.names.append((terms, self.weights.beside**self.brevity))


def _is_bare(tokens: Sequence[Token], indexes: Mapping[Language, Index]) -> bool:
    known = [token for token in tokens if token.kind == "known"]
    return bool(known) and all(
        token.terms[0] in indexes[token.language].names
        or token.terms[0] in indexes[token.language].presupposed
        or is_place(token.word, token.language)
        for token in known
    )
