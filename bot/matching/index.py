"""A dossier's own words, by topic: what its titles, examples of questions and texts are made of. PURE."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log

from bot.dossier import markdown
from bot.dossier.markdown import Items
from bot.dossier.models import Dossier, Language, Name, Place, Topic, TopicId
from bot.matching.gazetteer import is_place, territories_of, town_in
from bot.matching.lexicon import Lexicon, lexicon
from bot.matching.speller import sounds
from bot.matching.stemmer import is_foreign, root, skeleton, stem
from bot.matching.tokenizer import tidy, words, words_of
from bot.replies.composer import Composer
from bot.replies.formatting import in_language
from bot.replies.listings import TITLES


@dataclass(frozen=True, slots=True)
class Weights:
    """What matching goes by.

    Attributes:
        light: a word that carries no subject, as against one that does.
        pair: two neighbouring words, as against one.
        root: the part of a word's weight that its beginning has; its stem has the rest.
        sense: what a word shares with others, as against the word itself; ``alone`` how much more that counts where the
            dossier does not have the word itself.
        saturation: how many examples make a word half as telling as it can get.
        body: a word that a topic's text has and its examples have not.
        unknown: a word that nobody knows, in units of the rarest known word; ``short`` of one or two letters, ``digits``,
            ``elsewhere`` one that belongs to other subjects.
        doubt: what is taken for a word it may not be weighs so much as unknown.
        spared: the part of the weight of light words and pairs that is not held against a topic which lacks them.
        stray: what a known word weighs more for a topic that is never asked with it.
        stranger: by what a score is multiplied for a word that nobody knows and that may be a name; ``beside`` where it stands
            near a word of the dossier; ``somewhere`` where it stands as a place does; ``town`` for one that the dossier does not
            speak of.
        explained: the part of a score that is the share of the message explained; likeness to one example is the rest.
        amount: what each rare word explained adds to a score, so that a long message may leave more unexplained.
        place, everyday, name, city, contrary: by what a score is multiplied for a country the dossier does not speak of, a
            word of other subjects, a name or a place that the topic does not know, the other of two names that the topic is about.
        bare: the same for a message that has nothing of the dossier but names.
        demand, attribute: the same for a topic that is never asked for what the message asks for, as for a number, and
            for what few dossiers have about anything, as somebody's age.
        instruction, opinion: the same for words that order the bot about, or ask what it thinks.
        sure: from which score a topic is answered, ``told`` how much lower that is for a long message; ``part``: from which
            each of two that one message asks about.
        rival: up to which share of the best score another one leaves the best sure, where that is just ``sure``;
            ``firm`` where it is 1 or more.
        alike: how like an example a message must be that names nothing.
        verbatim: from which likeness to an example no rival matters.
        apart: two parts of a message without question words ask two things where each scores this much of the whole;
            ``parted``: or so much by itself, both of them with words of the dossier.
        maybe, near: from which score topics are offered, as what may be meant and as what is near.
    """

    light: float = 0.585
    pair: float = 0.42
    root: float = 0.57
    sense: float = 0.568
    alone: float = 2.304
    saturation: float = 0.107
    body: float = 0.33
    unknown: float = 1.35
    short: float = 0.235
    digits: float = 0.221
    elsewhere: float = 1.485
    doubt: float = 0.115
    spared: float = 0.503
    stranger: float = 0.9
    beside: float = 0.75
    somewhere: float = 0.6
    town: float = 0.5
    stray: float = 0.877
    explained: float = 0.522
    amount: float = 0.113
    place: float = 0.51
    everyday: float = 0.65
    name: float = 0.816
    city: float = 0.616
    contrary: float = 0.35
    bare: float = 0.924
    demand: float = 0.721
    attribute: float = 0.479
    instruction: float = 0.3
    opinion: float = 0.65
    sure: float = 0.72
    told: float = 0.15
    part: float = 0.65
    rival: float = 0.82
    firm: float = 0.95
    alike: float = 0.408
    verbatim: float = 0.757
    apart: float = 1.0
    parted: float = 0.85
    maybe: float = 0.4
    near: float = 0.18


WEIGHTS = Weights()


_REFERENCE = re.compile(r"\{[^}]*\}")
"""A fact's place in a text: its id says nothing about how its value is written."""


_NAME_WORDS = 3
"""Up to so many words, all with capitals, are somebody's or something's name rather than a description."""


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One way to name a topic or to ask for it."""

    text: str
    words: tuple[str, ...]


def phrasings(dossier: Dossier, name: TopicId, language: Language) -> Iterator[Phrasing]:
    """A topic's title, summary, commands and examples; of a list that the bot itself has, how people ask for it."""
    known = lexicon(language)
    composer = Composer(dossier, language)
    topic = dossier.topics.get(name)
    if topic is None:
        said = list(known.roles.get(name, ()))
    else:
        said = [composer.line(topic.title[language]), composer.line(topic.summary[language])]
        said += [word.replace("_", " ") for word in (topic.command_word, *_aliases(topic, language))]
        said += topic.asks.get(language, [])
    for phrase in dict.fromkeys(said):
        yield Phrasing(phrase, known.telling(spelt(phrase, known)))


def in_own_letters(
    said: Sequence[Sequence[Phrasing]], known: Lexicon, language: Language, abroad: frozenset[str]
) -> list[list[Phrasing]]:
    """The examples with words in other letters put in the language's own, wherever it has a word that sounds so.

    But for those that the dossier's other languages have: they are meant to be foreign ("iot").
    """
    own = {word for each in said for phrasing in each for word in phrasing.words if not is_foreign(word, language)}
    heard = sounds([*known.spelt, *sorted(own), *sorted(known.light)])

    def native(word: str) -> tuple[str, ...]:
        found = heard.get(skeleton(word), word) if is_foreign(word, language) and word not in abroad else word
        return known.spell(found)

    return [
        [replace(each, words=tuple(part for word in each.words for part in native(word))) for each in examples]
        for examples in said
    ]


def text_words(dossier: Dossier, name: TopicId, language: Language) -> list[str]:
    """The words of a topic's text, facts filled in; none for a list that has no text of its own."""
    topic = dossier.topics.get(name)
    if topic is None:
        return []
    known = lexicon(language)
    blocks = Composer(dossier, language).blocks(topic.body[language])
    lines = [spans for block in blocks for spans in (block.items if isinstance(block, Items) else (block.spans,))]
    return [word for spans in lines for piece in _pieces(markdown.plain(spans)) for word in spelt(piece, known)]


def asked(dossier: Dossier, language: Language) -> frozenset[str]:
    """The words of the topics' examples, as they are written."""
    asks = (ask for topic in dossier.topics.values() for ask in topic.asks.get(language, ()))
    return frozenset(word for ask in asks for word in words(tidy(ask)))


def names(dossier: Dossier, language: Language) -> frozenset[str]:
    """Stems of the facts that are names, but for words that the texts write small as well."""
    texts = [
        _REFERENCE.sub("", said)
        for topic in dossier.topics.values()
        for said in (topic.body[language], topic.summary[language])
    ]
    small = {stem(word, language) for said in texts for word in words_of(said) if word in said}
    found = {
        stem(word, language)
        for fact in dossier.facts.values()
        if isinstance(fact, (Name, Place))
        for word in _proper(in_language(fact.value, language))
    }
    return frozenset(found - small)


def spelt(phrase: str, known: Lexicon) -> list[str]:
    """The words of a phrase, hasty spellings made good."""
    return [part for word in words(tidy(phrase)) for part in known.spell(word)]


def _aliases(topic: Topic, language: Language) -> Sequence[str]:
    return topic.aliases if isinstance(topic.aliases, list) else topic.aliases.get(language, [])


def _proper(name: str) -> list[str]:
    parts = name.split()
    if len(parts) > _NAME_WORDS or not all(part[0].isupper() for part in parts):
        return []
    return words(tidy(name))


def _pieces(plain: str) -> list[str]:
    return plain.replace(". ", ".\n").splitlines()


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
