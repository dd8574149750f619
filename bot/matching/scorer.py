"""How well each topic explains a message. PURE."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.dossier.models import Language, TopicId
from bot.matching.analyzer import Token
from bot.matching.gazetteer import is_place, is_place_name, town_in
from bot.matching.index import NO_EXAMPLE, WEIGHTS, Example, Index, Strengths, Weights, pairs
from bot.matching.lexicon import Lexicon
from bot.matching.stemmer import root
from bot.matching.tokenizer import tidy, words

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


_MIN_LETTERS = 3
"""Shorter words say nothing by themselves."""


DOUBTFUL = 0.75
"""What is no surer to be a word of the dossier is rather a place, where it stands as a place does."""


_LOUDEST = 1.5
"""How much more it counts at most in a shorter one."""


_NEAR = 2
"""So many words away from one that the dossier has, a stranger may belong to it ("radio X", "X on 5G")."""


_SHORT = 6
"""In a message of so many words a stranger counts in full; in a longer one less, as much as the message is longer."""


def strangers(indexes: Mapping[Language, Index], tokens: Sequence[Token], weights: Weights) -> float:
    """By what the scores of a message are multiplied for the words in it that nobody knows."""
    factor = 1.0
    for at, token in enumerate(tokens):
        lexicon = indexes[token.language].lexicon
        before = tokens[at - 1] if at else None
        behind = before is not None and before.word in lexicon.places
        if behind and (_is_strange(token, lexicon) or (token.kind == "known" and token.sureness <= DOUBTFUL)):
            factor *= weights.somewhere
        elif _is_strange(token, lexicon) or (before is not None and _is_model(before, token)):
            beside = any(each.kind == "known" for each in tokens[max(0, at - _NEAR) : at + _NEAR + 1])
            factor *= weights.beside if beside else weights.stranger
    return float(factor ** brevity(tokens))


def brevity(tokens: Sequence[Token]) -> float:
    """The power to which one word of the message may speak against all of it: 1 for :data:`_SHORT` words."""
    return min(_LOUDEST, _SHORT / max(1, len(tokens)))


def is_doubtful(token: Token, lexicon: Lexicon) -> bool:
    """Whether the word may rather be a name than the known word that it was taken for."""
    return token.word != token.typed and token.sureness <= DOUBTFUL and not lexicon.is_ordinary(token.typed)


def _is_model(before: Token, token: Token) -> bool:
    """Whether two words are a model's name, as "S 400"."""
    return before.kind == token.kind == "unknown" and len(before.word) < _MIN_LETTERS and token.word.isdigit()


def _is_strange(token: Token, lexicon: Lexicon) -> bool:
    named = token.kind == "unknown" and len(token.word) >= _MIN_LETTERS and not token.word[0].isdigit()
    return named and not lexicon.is_ordinary(token.word)


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
