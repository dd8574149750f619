"""The index of a dossier's texts: the terms of each topic's examples and texts, and their weights. PURE.

All languages share one index, because a message may mix them and names are the same in all.
"""

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from math import log, sqrt
from operator import itemgetter
from sys import intern

from bot.dossier.models import Language, TopicId
from bot.matching.analyzer import Analyzer, MessageReader, Token, analyzer_for
from bot.matching.tokenizer import is_part, smaller_parts

LIGHT, PAIR = 0.45, 0.35
"""The weights of a light word and of a pair of neighbouring words, relative to a word that carries a subject."""

BODY = 0.35
"""How well a topic explains a word that only its text has, 0 to 1."""

SATURATION = 0.6
"""The number of examples with which a term reaches half of its greatest strength."""

SHORT_NUMBER, SHORT, SPREAD = 2, 3, 0.35
"""In a language without word lists, words of at most so many letters, and those that a larger share of the topics have, carry no subject."""

_RUN = 4
"""The length of the runs of letters that are compared."""

_COMMON = 0.1
"""Runs that a larger share of the texts has are ignored."""

_SEVERAL = -1
"""Stands for a topic if several topics have an example with the same words."""


@dataclass(frozen=True, slots=True)
class TopicTexts:
    """The texts of one topic in one language: plain text, facts filled in.

    Attributes:
        examples: its title, summary and names, and the examples of questions.
        body: its text; "" if it has none.
        not_asked: similar questions that are not about it.
    """

    examples: Sequence[str]
    body: str = ""
    not_asked: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MatcherTexts:
    """All texts of a dossier that the matcher uses.

    Attributes:
        titles: language → the dossier's title.
        topics: topic → language → its texts. Of equally likely topics the first one wins.
    """

    titles: Mapping[Language, str]
    topics: Mapping[TopicId, Mapping[Language, TopicTexts]]

    def of_languages(self, examples: int) -> Mapping[Language, list[str]]:
        """Language → the first so many examples of each topic."""
        return {
            language: [
                text
                for texts in self.topics.values()
                if language in texts
                for text in texts[language].examples[:examples]
            ]
            for language in self.titles
        }


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message that may point to topics: a word, a pair of neighbouring words, or a demand.

    Attributes:
        terms: term → the confidence that it is meant, 0 to 1.
        weight: how much it matters whether a topic explains it, 0 or more.
    """

    terms: Mapping[str, float]
    weight: float


class Postings:
    """Term → numbers, in the order of ``pairs``.

    The numbers are stored as bytes. Most of 20,000 terms have one number, and an array for each would take three times the memory.
    """

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        by_term: defaultdict[str, list[int]] = defaultdict(list)
        for term, number in pairs:
            by_term[term].append(number)
        same: dict[bytes, bytes] = {}  # many terms have the same numbers
        self._packed: dict[str, bytes] = {}
        for term in list(by_term):
            packed = array("I", by_term.pop(term)).tobytes()
            self._packed[term] = same.setdefault(packed, packed)

    def of(self, term: str) -> Sequence[int]:
        """The numbers of a term; [] for an unknown term."""
        return memoryview(self._packed.get(term, b"")).cast("I")

    def all(self) -> Iterator[Sequence[int]]:
        """The numbers of every term."""
        return map(self.of, self._packed)


class QuestionIndex:
    """Questions by their terms, to find the one that is most like a message.

    Attributes:
        texts: the questions.
        masses: for each question, the sum of its pieces' weights.
    """

    def __init__(self, texts: Sequence[str], positions: "Postings", masses: Iterable[float]) -> None:
        self.texts = texts
        self.masses = array("f", masses)
        self._positions = positions

    def nearest(self, pieces: Sequence[Piece], mass: float, among: range) -> tuple[float, str]:
        """The likeness, 0 to 1, of the most similar question (Dice: 2 · common weight / weight of both), and its text.

        ``among``: the positions of the questions that are compared.
        """
        common: dict[int, float] = {}
        for piece in pieces:
            having: dict[int, float] = {}
            for term, sure in sorted(piece.terms.items(), key=itemgetter(1)):  # of several terms the surest counts
                positions = self._positions.of(term)
                among_these = positions[bisect_left(positions, among.start) : bisect_left(positions, among.stop)]
                having.update(dict.fromkeys(among_these, piece.weight * sure))
            for position, weight in having.items():
                common[position] = common.get(position, 0.0) + weight
        best, nearest, masses = 0.0, "", self.masses
        for position, weight in common.items():
            likeness = 2 * weight / (mass + masses[position])
            if likeness > best:
                best, nearest = likeness, self.texts[position]
        return best, nearest


class LetterRuns:
    """Texts by the runs of letters in their words, to measure the likeness of a message (cosine of tf-idf)."""

    def __init__(self, texts: Sequence[Sequence[Token]]) -> None:
        self._size = len(texts)
        self._positions = Postings((run, position) for position, tokens in enumerate(texts) for run in runs_of(tokens))
        squares = [0.0] * self._size
        for positions in self._positions.all():
            square = self._weight(positions)
            for position in positions:
                squares[position] += square
        self._norms = array("f", (sqrt(square) or 1.0 for square in squares))
        self._most = max(20.0, _COMMON * self._size)

    def nearest(self, runs: Set[str]) -> float:
        """The likeness, 0 to 1, of a message with these runs to the most similar text."""
        common: dict[int, float] = {}
        mass = 0.0
        for run in runs:
            positions = self._positions.of(run)
            weight = self._weight(positions)
            mass += weight
            for position in positions if len(positions) <= self._most else ():
                common[position] = common.get(position, 0.0) + weight
        return max((weight / self._norms[place] for place, weight in common.items()), default=0.0) / sqrt(mass or 1)

    def _weight(self, positions: Sequence[int]) -> float:
        """The weight of the run of these texts. A run that no text has weighs as much as a run of a single text."""
        return log(1 + self._size / (len(positions) or 1)) ** 2


@cache
def background_terms(analyzer: Analyzer) -> tuple[Sequence[Sequence[str]], Postings]:
    """The terms of the questions about other subjects, and the positions of each term."""
    terms = [terms_of(analyzer, tokens) for tokens in analyzer.background]
    return terms, positions_of(terms)


@cache
def background_runs(analyzer: Analyzer) -> LetterRuns:
    """The questions about other subjects, by their runs of letters."""
    return LetterRuns(analyzer.background)


def terms_of(analyzer: Analyzer, tokens: Sequence[Token]) -> tuple[str, ...]:
    """The terms of the tokens, each once. A tuple, because sets would take 5 MB more for all examples; a pair of words is one string in all of them."""
    beside = (*_pairs(tokens), *_demands(analyzer, tokens))
    return tuple(map(intern, {*(term for token in tokens for term in token.terms), *beside}))


def positions_of(questions: Iterable[Sequence[str]]) -> Postings:
    """Term → the positions of the questions with it."""
    return Postings((term, position) for position, terms in enumerate(questions) for term in terms)


def _pairs(tokens: Sequence[Token]) -> list[str]:
    return [f"{first.stems[0][:5]} {second.stems[0][:5]}" for first, second in pairwise(tokens)]


def _demands(analyzer: Analyzer, tokens: Sequence[Token]) -> list[str]:
    return sorted(analyzer.demands([token.word for token in tokens]))


def runs_of(tokens: Iterable[Token]) -> set[str]:
    """The runs of letters in the words, as they were typed."""
    words = (f" {token.typed} " for token in tokens)
    return {word[start : start + _RUN] for word in words for start in range(len(word) - _RUN + 1)}


def _keys(tokens: Sequence[Token]) -> Iterator[int]:
    """Digests of the set of words, and of the set of their stems, the same in every process. The sets themselves would take 13 MB."""
    for words in ({token.word for token in tokens}, {f"{token.stems[0]}-" for token in tokens}):
        yield int.from_bytes(blake2b(" ".join(sorted(words)).encode(), digest_size=8).digest())


class Index:
    """The terms of one dossier.

    Attributes:
        topics: the topics and lists, by position.
        analyzer: reads the dossier's own texts.
        reader: reads messages with the dossier's vocabulary.
        strengths: term → topic → how well the topic explains the term, 0 to 1.
        rarest: the weight of a word that only one topic has.
        examples: all examples, topic by topic.
        ranges: for each topic, the positions of its examples.
        log_examples_per_topic: the logarithm of the number of examples per topic and language.
        others: questions about none of the topics: the topics' ``not_asked``, and the background.
        not_asked: the topics' ``not_asked``, by their runs of letters.
        background: the questions about other subjects, by their runs of letters.
    """

    def __init__(self, texts: MatcherTexts, analyzer: Analyzer | None = None) -> None:
        self.topics = tuple(texts.topics)
        self.analyzer = analyzer or analyzer_for(tuple(texts.titles))
        vocabulary: dict[Language, set[str]] = {language: set() for language in texts.titles}
        counts: dict[str, dict[int, tuple[int, bool]]] = {}
        examples: list[tuple[str, list[Token], tuple[str, ...]]] = []
        self.ranges: list[range] = []
        self._runs = Postings(self._read_topics(texts, vocabulary, counts, examples))
        self.reader = MessageReader(self.analyzer, vocabulary)
        self.rarest = self._idf(1)
        self.strengths, self._idfs = self._weighed(counts)
        titles = [token for language, title in texts.titles.items() for token in self.analyzer.tokens(title, language)]
        self._presupposed = {stem for token in titles if token.kind != "light" for stem in token.stems}
        self.examples = self._questions(examples)
        self._said: dict[int, int] = {}
        for topic, positions in enumerate(self.ranges):
            for _, tokens, _ in examples[positions.start : positions.stop]:
                for key in _keys(tokens):
                    if self._said.setdefault(key, topic) != topic:
                        self._said[key] = _SEVERAL
        self.log_examples_per_topic = log(max(1.0, len(examples) / (len(self.topics) * len(texts.titles))))
        by_language = [each for languages in texts.topics.values() for each in languages.items()]
        named = ((language, text) for language, of_topic in by_language for text in of_topic.not_asked)
        not_asked = [(text, self.analyzer.tokens(text, language)) for language, text in named]
        self.not_asked = LetterRuns([tokens for _, tokens in not_asked])
        self.background = background_runs(self.analyzer)
        own = [(text, tokens, terms_of(self.analyzer, tokens)) for text, tokens in not_asked]
        terms, having = background_terms(self.analyzer)
        foreign = list(zip(self.analyzer.others, self.analyzer.background, terms, strict=True))
        self.others = self._questions(own), self._questions(foreign, having)

    def _read_topics(
        self,
        texts: MatcherTexts,
        vocabulary: Mapping[Language, set[str]],
        counts: dict[str, dict[int, tuple[int, bool]]],
        examples: list[tuple[str, list[Token], tuple[str, ...]]],
    ) -> Iterator[tuple[str, int]]:
        """Reads the topics one after the other, of which one at a time has its words in memory. Yields their runs, with the topic and then the count.

        ``counts`` gets term → topic → the number of examples with the term, and whether the topic's text has it.
        """
        for topic, languages in enumerate(texts.topics.values()):
            first, runs, asked, in_body = len(examples), Counter[str](), Counter[str](), set[str]()
            for language, topic_texts in languages.items():
                for text in dict.fromkeys(topic_texts.examples):
                    tokens = self.analyzer.tokens(text, language)
                    vocabulary[language].update(token.word for token in tokens)
                    terms = terms_of(self.analyzer, tokens)
                    asked.update(terms)
                    examples.append((text, tokens, terms))
                    runs.update(runs_of(tokens))
                for line in topic_texts.body.splitlines():
                    tokens = self.analyzer.tokens(line, language)
                    vocabulary[language].update(token.word for token in tokens)
                    in_body.update(terms_of(self.analyzer, tokens))
                    runs.update(runs_of(tokens))
            for term in in_body.union(asked):
                counts.setdefault(term, {})[topic] = asked[term], term in in_body
            self.ranges.append(range(first, len(examples)))
            yield from ((run, number) for run, count in runs.items() for number in (topic, count))

    def pieces(self, tokens: Sequence[Token]) -> list[Piece]:
        """The pieces of a message: its words, its pairs of neighbouring words, and its demands."""
        beside = (*_pairs(tokens), *_demands(self.analyzer, tokens))
        return [
            *(Piece(token.terms, self._weight(token)) for token in tokens),
            *(Piece({term: 1.0}, self._weight_beside(term)) for term in beside),
        ]

    def runs_explained(self, runs: Set[str]) -> dict[int, float]:
        """Topic → the share of a message's runs of letters that it explains: n / (n + SATURATION) of a run that it has n times."""
        mass = 0.0
        explained: dict[int, float] = {}
        for run in runs:
            having = self._runs.of(run)
            weight = self._idf(len(having) / 2) if having else self.rarest
            mass += weight
            for topic, count in zip(having[::2], having[1::2], strict=True):
                explained[topic] = explained.get(topic, 0.0) + weight * count / (count + SATURATION)
        return {topic: weight / mass for topic, weight in explained.items()}

    def is_known(self, token: Token) -> bool:
        """Whether the dossier has the word in any form."""
        return any(stem in self.strengths for stem in token.stems)

    def explains(self, topic: int, token: Token) -> bool:
        """Whether the topic has the word in some form, or a word that shares a sense with it.

        An everyday word of other subjects needs the word itself: a topic that has only a ferry does not explain "airport", although both are
        ways to travel. A common root is not enough, and a place does not explain another place in its country.
        """
        if is_part(token.typed):
            return all(topic in self.strengths.get(f"{part}-", ()) for part in smaller_parts(token.typed))
        terms = [term for term in token.terms if term[0] != "@" and term[-1] != "-"]
        return any(topic in self.strengths.get(term, ()) for term in (token.stems if token.kind == "other" else terms))

    def has_subject(self, token: Token, *, has_lists: bool = True) -> bool:
        """Whether the word may carry a subject. A number of one or two digits does not."""
        if token.kind == "light" or token.typed.isdigit():
            return token.kind != "light" and len(token.typed) > SHORT_NUMBER
        is_long = is_part(token.typed) or len(token.typed) > SHORT
        return has_lists or (is_long and self._having(token) < SPREAD * len(self.topics))

    def rarity(self, token: Token) -> float:
        """The weight of the word by the number of topics that have it, whatever its kind."""
        return self._idf(self._having(token) or 1)

    def _having(self, token: Token) -> int:
        return min((len(self.strengths[stem]) for stem in token.stems if stem in self.strengths), default=0)

    def _is_presupposed(self, token: Token) -> bool:
        """Whether the dossier's title has the word in any form."""
        return not self._presupposed.isdisjoint(token.stems)

    def is_telling(self, token: Token, *, has_lists: bool) -> bool:
        """Whether a word with a subject distinguishes a topic that explains it from the others.

        A word of the dossier's title does not. In a language without word lists the word may be "when", so only a word of at most one topic's
        examples does.
        """
        return not self._is_presupposed(token) and (has_lists or self._weight(token) >= self.rarest)

    def topic_of(self, tokens: Sequence[Token]) -> int | None:
        """The topic with an example of these words, in any order and with any endings; None if no topic has one, or several do.

        Guessed words do not count.
        """
        if any(token.guessed for token in tokens):
            return None
        topics = (self._said.get(key, _SEVERAL) for key in _keys(tokens))
        return next((topic for topic in topics if topic != _SEVERAL), None)

    def _questions(
        self, questions: Sequence[tuple[str, Sequence[Token], Sequence[str]]], having: Postings | None = None
    ) -> QuestionIndex:
        """The index of questions, given with their tokens and terms. ``having``: the positions of each term; None: not known yet."""
        words = {token.word: token for _, tokens, _ in questions for token in tokens}
        weights = {word: self._weight(token) for word, token in words.items()}
        masses = (
            sum(weights[token.word] for token in tokens) + sum(map(self._weight_beside, terms))
            for _, tokens, terms in questions
        )
        having = having or positions_of(terms for _, _, terms in questions)
        return QuestionIndex([text for text, _, _ in questions], having, masses)

    def _weight(self, token: Token) -> float:
        """The weight of a word: the fewer topics have it, the higher. A word that no topic has weighs as much as a word of a single topic.

        A word that only shares a sense with words of the dossier counts as new: it is explained in part and has its full weight.
        """
        idfs = [self._idfs[stem] for stem in token.stems if stem in self._idfs]
        if token.kind == "light":
            return LIGHT * max(idfs, default=0.0)
        weight = max(idfs, default=self.rarest)
        return LIGHT * weight if self._is_presupposed(token) else weight

    def _weight_beside(self, term: str) -> float:
        """The weight of a pair of neighbouring words or of a demand; 0 for a word's own term."""
        factor = PAIR if " " in term else LIGHT if term[0] == "?" else 0.0
        return factor and factor * self._idfs.get(term, 0.0)

    def _idf(self, among: float) -> float:
        count = len(self.topics)
        return log(1 + (count - among + 0.5) / (among + 0.5))

    def _weighed(
        self, counts: dict[str, dict[int, tuple[int, bool]]]
    ) -> tuple[dict[str, dict[int, float]], dict[str, float]]:
        """Term → topic → strength, and term → inverse topic frequency. Empties ``counts``.

        If n examples of a topic have the term, and no topic has more than ``most``, the strength is n / (n + SATURATION) · (½ + ½ n / most).
        If only the topic's text has it, the strength is BODY.
        """
        strengths, idfs = {}, {}
        same: dict[tuple[tuple[int, float], ...], dict[int, float]] = {}
        numbers: dict[float, float] = {}
        for term in list(counts):
            topics = counts.pop(term)
            most = max(n for n, _ in topics.values()) or 1
            topic_strengths = {
                topic: numbers.setdefault(strength, strength)
                for topic, (n, is_in_body) in topics.items()
                for strength in (
                    round(max(n / (n + SATURATION) * (0.5 + 0.5 * n / most), BODY if is_in_body else 0.0), 2),
                )
            }
            strengths[term] = same.setdefault(tuple(topic_strengths.items()), topic_strengths)  # equal ones: once
            idf = self._idf(sum(1.0 if n else 0.5 for n, _ in topics.values()))
            idfs[term] = numbers.setdefault(idf, idf)
        return strengths, idfs
