"""A dossier's own words, by topic: what its titles, examples of questions and texts are made of. PURE."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from bot.answers.listings import TITLES
from bot.answers.phrasings import Phrasing, in_own_letters, names, phrasings, spelt, text_words
from bot.answers.reading.lexicography import lexicon
from bot.answers.reading.places import is_place, territories_of, town_in
from bot.answers.reading.stemming import root, stem
from bot.answers.weighing import WEIGHTS, Weights
from bot.dossier.model import Dossier, Language

_TITLES, _SHARE, _FOCUSED = 2, 0.6, 4
"""Title and summary come first; a topic is about the one protagonist whom they and this share of its examples name."""


@dataclass(frozen=True, slots=True)
class Example:
    """One way to ask for a topic; ``mass`` is the sum of its terms' weights, ``named`` which protagonists are among them.

    A term is a stem, a root (ends in ``-``), a pair (holds a space) or a sense (begins with ``=``).
    """

    text: str
    named: tuple[str, ...]
    mass: float


NO_EXAMPLE = Example("", (), 0.0)

_STEPS = tuple(step / 100 for step in range(101))
"""Strengths have two digits, and each is one object."""

_BYTE = 256

Strengths = Mapping[int, float]
"""A topic's position → 0 to 1: how well the topic explains a term."""


class Index:
    """The words of one dossier in one language.

    Attributes:
        topics: what can be found, by position.
        strengths: term → how well each topic explains it.
        vocabulary: every word that the topics' examples and texts have, and any conversation. ``untold``: those of them
            that only texts have.
        rarest: the weight of a word that only one topic has.
        names: stems of the names among the facts. ``protagonists``: roots of the places that the dossier's title names.
        home: codes of the countries among those places, each with its root.
        presupposed: stems of the dossier's title, which every question about it takes for granted.
        demands: by topic, what its examples ask for.
        focus: by topic, the one protagonist that it is about; "" where it is about none or several.
    """

    def __init__(
        self, dossier: Dossier, language: Language, weights: Weights = WEIGHTS, abroad: frozenset[str] = frozenset()
    ) -> None:
        self.language = language
        self.lexicon = lexicon(language)
        self.topics = tuple(dict.fromkeys([*dossier.topics, *TITLES]))
        said = in_own_letters(
            [list(phrasings(dossier, name, language)) for name in self.topics], self.lexicon, language, abroad
        )
        texts = [text_words(dossier, name, language) for name in self.topics]
        self._given = weights
        same: dict[str, str] = {}
        terms = [
            [tuple(_every(phrasing.words, language, same) | self._senses(phrasing.words)) for phrasing in each]
            for each in said
        ]
        mentioned = [{term for word in set(body) for term in _every((word,), language, same)} for body in texts]
        header = spelt(f"{dossier.header.title[language]} {dossier.header.summary[language]}", self.lexicon)
        self.protagonists = frozenset(root(word, language) for word in header if is_place(word, language))
        self.home = territories_of(self.protagonists, language)
        light = {term for word in self.lexicon.light for term in (stem(word, language), root(word, language))}
        spread = _spread(terms, mentioned)
        self._light = frozenset(light & spread.keys())
        self._idfs = {among: self._idf(among) for among in {1, *spread.values()}}
        self.rarest = self._idfs[1]
        weights_of = {term: self._idfs[among] * self._factor(term) for term, among in spread.items()}
        self.examples = [
            [self._example(phrasing, found, weights_of) for phrasing, found in zip(each, every, strict=True)]
            for each, every in zip(said, terms, strict=True)
        ]
        self.strengths = self._strengths(terms, mentioned, weights_of)
        self._terms: list[list[tuple[str, ...]]] = terms
        self._having: dict[int, dict[str, Sequence[int]]] = {}
        asked = {word for each in said for phrasing in each for word in phrasing.words}
        self.vocabulary = self.lexicon.light | self.lexicon.chat | asked | {word for each in texts for word in each}
        self.untold = self.vocabulary - asked - self.lexicon.light - self.lexicon.chat
        self.names = names(dossier, language)
        title = spelt(dossier.header.title[language], self.lexicon)
        self.presupposed = frozenset(stem(word, language) for word in title if word not in self.lexicon.light)
        self.focus = [_focus(each, self.protagonists, language) for each in said]
        self.demands = [{what for phrasing in each for what in self.lexicon.demanded(phrasing.words)} for each in said]

    def weight(self, term: str) -> float:
        """How telling a term is; 0 where the dossier does not have it."""
        found = self.strengths.get(term)
        return self._idfs[len(found)] * self._factor(term) if found else 0.0

    def having(self, topic: int) -> Mapping[str, Sequence[int]]:
        """Term → the positions of those examples of a topic that have it; found when it is first asked for."""
        known = self._having.get(topic)
        if known is None:
            found: dict[str, list[int]] = defaultdict(list)
            for position, terms in enumerate(self._terms[topic]):
                for term in terms:
                    found[term].append(position)
            # Whoever comes second takes what the first has made: the terms are not kept beside it.
            known = self._having.setdefault(topic, {term: _packed(positions) for term, positions in found.items()})
            self._terms[topic] = []
        return known

    def _senses(self, found: Iterable[str]) -> set[str]:
        """What words have in common with others. Texts have theirs not looked at: they speak of everything."""
        meant = self.lexicon.meant
        return {sense for word in found for sense in meant(word, stem(word, self.language))}

    def _idf(self, among: int) -> float:
        count = len(self.topics)
        return log(1 + (count - among + 0.5) / (among + 0.5))

    def _factor(self, term: str) -> float:
        if " " in term:
            return self._given.pair
        if term.startswith("="):
            return self._given.sense
        light = self._given.light if term in self._light else 1.0
        return light * (self._given.root if term.endswith("-") else 1 - self._given.root)

    def _strengths(
        self, said: Sequence[Sequence[tuple[str, ...]]], mentioned: Sequence[set[str]], weights: Mapping[str, float]
    ) -> dict[str, Strengths]:
        counts: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for position, (every, body) in enumerate(zip(said, mentioned, strict=True)):
            for example, terms in zip(self.examples[position], every, strict=True):
                mass = example.mass or 1.0
                for term in terms:
                    counts[term][position] += 0.5 + weights[term] / mass
            for term in body:
                counts[term].setdefault(position, 0.0)
        shared: dict[tuple[tuple[int, float], ...], Strengths] = {}
        relative = ((term, self._relative(topics)) for term, topics in counts.items())
        return {term: shared.setdefault(tuple(each.items()), each) for term, each in relative}

    def _relative(self, counts: Mapping[int, float]) -> dict[int, float]:
        most = max(counts.values())
        given, body = self._given, round(100 * self._given.body)
        return {
            topic: _STEPS[max(body, round(100 * count / (count + given.saturation) * (0.5 + 0.5 * count / most)))]
            if count
            else _STEPS[body]
            for topic, count in counts.items()
        }

    def _example(self, phrasing: Phrasing, found: tuple[str, ...], weights: Mapping[str, float]) -> Example:
        towns = (self.home.get(town_in(word, self.language)) for word in phrasing.words)
        named = (*(term for term in found if term in self.protagonists), *(home for home in towns if home))
        return Example(phrasing.text, named, sum(weights[term] for term in found))


def _spread(said: Iterable[Sequence[tuple[str, ...]]], mentioned: Iterable[set[str]]) -> Counter[str]:
    """How many topics have each term."""
    spread: Counter[str] = Counter()
    for examples, body in zip(said, mentioned, strict=True):
        spread.update(body.union(*examples))
    return spread


def _packed(positions: Sequence[int]) -> Sequence[int]:
    return bytes(positions) if positions[-1] < _BYTE else tuple(positions)


def pairs(stems: Sequence[str]) -> list[str]:
    """Neighbours, as one term."""
    return [f"{first[:5]} {second[:5]}" for first, second in pairwise(stems)]


def _every(found: Sequence[str], language: str, same: dict[str, str]) -> set[str]:
    """The terms of words; ``same`` has each term that was met, so that it is kept once, however many examples have it."""
    stems = [stem(word, language) for word in found]
    return {same.setdefault(term, term) for term in (*stems, *(root(word, language) for word in found), *pairs(stems))}


def _focus(said: Sequence[Phrasing], protagonists: frozenset[str], language: str) -> str:
    counts = Counter(
        each for phrasing in said for each in {root(word, language) for word in phrasing.words} if each in protagonists
    )
    titled = {root(word, language) for phrasing in said[:_TITLES] for word in phrasing.words} & protagonists
    most = counts.most_common(1)
    return (
        most[0][0] if most and titled == {most[0][0]} and most[0][1] >= max(_FOCUSED, _SHARE * counts.total()) else ""
    )
