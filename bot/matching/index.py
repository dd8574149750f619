"""A dossier's texts, ready to be matched: which terms each topic is asked with, how telling each is. PURE.

Languages share one index: a message may mix them, and names are the same in all.
"""

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log, sqrt

from bot.dossier.models import Language, TopicId
from bot.matching.analyzer import Analyzer, MessageReader, Token, analyzer_for

LIGHT, PAIR = 0.45, 0.35
"""What a light word, and two neighbouring words, weigh as against a word that carries a subject."""

BODY = 0.35
"""How well a topic explains a word that only its text has."""

SATURATION = 0.6
"""How many examples make a word half as telling as it can get."""

_RUN = 4
"""Runs of so many letters are compared."""

_COMMON = 0.1
"""Runs that more of the texts have say nothing."""

_SEVERAL = -1
"""In place of a topic: several have the same words as an example."""


@dataclass(frozen=True, slots=True)
class TopicTexts:
    """What one topic says in one language: plain text, facts filled in.

    Attributes:
        examples: how people ask for it, its title, summary and names.
        body: its text, "" for none. ``not_asked``: questions that sound like it and are not about it.
    """

    examples: Sequence[str]
    body: str = ""
    not_asked: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MatcherTexts:
    """What a dossier says.

    Attributes:
        titles: by language, the dossier's title.
        topics: by topic, in every language; the order decides between equals.
    """

    titles: Mapping[Language, str]
    topics: Mapping[TopicId, Mapping[Language, TopicTexts]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Something of a message that may speak for topics: a word, a pair of neighbours, a demand.

    Attributes:
        terms: term → 0 to 1: how sure it is that this is meant.
        weight: 0 or more: how much it matters whether a topic explains it.
    """

    terms: Mapping[str, float]
    weight: float


class Postings:
    """Numbers by term, in the order in which they were given.

    They are kept as bytes, since most of 20,000 terms have one number: an array for each would take three times the memory.
    """

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        by_term: defaultdict[str, list[int]] = defaultdict(list)
        for term, number in pairs:
            by_term[term].append(number)
        self._packed = {term: array("I", numbers).tobytes() for term, numbers in by_term.items()}

    def of(self, term: str) -> Sequence[int]:
        """The numbers of a term; none for an unknown one."""
        return memoryview(self._packed.get(term, b"")).cast("I")

    def all(self) -> Iterator[Sequence[int]]:
        """Those of every term."""
        return map(self.of, self._packed)


class QuestionIndex:
    """Some questions by their terms, to find the one that is most like a message.

    Attributes:
        texts: the questions. ``masses``: the sum of the weights of each one's pieces.
    """

    def __init__(self, texts: Sequence[str], terms: Iterable[Sequence[str]], masses: Iterable[float]) -> None:
        self.texts = texts
        self.masses = array("f", masses)
        self._positions = Postings((term, position) for position, question in enumerate(terms) for term in question)

    def nearest(self, pieces: Sequence[Piece], mass: float, among: range) -> tuple[float, str]:
        """0 to 1, how like the likest question is (Dice: 2 · common weight / weight of both), and its text.

        ``among`` are the positions of the questions that are looked at.
        """
        common: dict[int, float] = {}
        for piece in pieces:
            having: dict[int, float] = {}
            for term, sure in piece.terms.items():
                positions = self._positions.of(term)
                for position in positions[bisect_left(positions, among.start) : bisect_left(positions, among.stop)]:
                    if sure > having.get(position, 0.0):
                        having[position] = sure
            for position, sure in having.items():
                common[position] = common.get(position, 0.0) + piece.weight * sure
        likeness = {position: 2 * weight / (mass + self.masses[position]) for position, weight in common.items()}
        best = max(likeness, key=lambda position: likeness[position], default=None)
        return (0.0, "") if best is None else (likeness[best], self.texts[best])


class LetterRuns:
    """How like some texts are, by the runs of letters in their words (cosine of tf-idf)."""

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
        """0 to 1, how like the likest of the texts is to a message with these runs."""
        common: dict[int, float] = {}
        mass = 0.0
        for run in runs:
            positions = self._positions.of(run)
            weight = self._weight(positions)
            mass += weight
            for position in positions if len(positions) <= self._most else ():
                common[position] = common.get(position, 0.0) + weight
        return max((weight / self._norms[position] for position, weight in common.items()), default=0.0) / sqrt(
            mass or 1
        )

    def _weight(self, positions: Sequence[int]) -> float:
        """What a run matters that these texts have; one that none has as much as one that a single text has."""
        return log(1 + self._size / (len(positions) or 1)) ** 2


@cache
def background_runs(analyzer: Analyzer) -> LetterRuns:
    """The questions about other subjects, by their letters."""
    return LetterRuns(analyzer.background)


def runs_of(tokens: Iterable[Token]) -> set[str]:
    """The runs of letters in some words, as they were typed."""
    return {
        padded[start : start + _RUN]
        for token in tokens
        for padded in (f" {token.typed} ",)
        for start in range(len(padded) - _RUN + 1)
    }


def _keys(tokens: Sequence[Token]) -> Iterator[int]:
    """Hashes of some words in any order, as they are and without their endings. The sets themselves would take 13 MB."""
    yield hash(frozenset(token.word for token in tokens))
    yield hash(frozenset(f"{token.stems[0]}-" for token in tokens))


class Index:
    """The terms of one dossier.

    Attributes:
        topics: what can be found, by position.
        analyzer: reads the dossier's own texts. ``reader``: reads messages with the dossier's vocabulary.
        strengths: term → topic → 0 to 1: how well the topic explains the term.
        rarest: the weight of a word that only one topic has.
        examples: every way to ask, topic by topic. ``ranges``: by topic, the positions of its examples.
        log_examples_per_topic: the logarithm of the examples per topic and language.
        others: questions about none of the topics: of the background, and those that sound like a topic.
        not_asked: the latter alone, by their letters. ``background``: the former.
    """

    def __init__(self, texts: MatcherTexts, analyzer: Analyzer | None = None) -> None:
        self.topics = tuple(texts.topics)
        self.analyzer = analyzer or analyzer_for(tuple(texts.titles))
        vocabulary: dict[Language, set[str]] = {language: set() for language in texts.titles}
        asked: list[Counter[str]] = [Counter() for _ in self.topics]
        in_body: list[set[str]] = [set() for _ in self.topics]
        examples: list[tuple[str, list[Token], tuple[str, ...]]] = []
        self.ranges: list[range] = []
        runs_by_topic: list[Counter[str]] = []
        for topic, languages in enumerate(texts.topics.values()):
            first = len(examples)
            runs: Counter[str] = Counter()
            for language, topic_texts in languages.items():
                for text in dict.fromkeys(topic_texts.examples):
                    tokens = self.analyzer.tokens(text, language)
                    vocabulary[language].update(token.word for token in tokens)
                    terms = self._terms(tokens)
                    asked[topic].update(terms)
                    examples.append((text, tokens, terms))
                    runs.update(runs_of(tokens))
                for line in topic_texts.body.splitlines():
                    tokens = self.analyzer.tokens(line, language)
                    vocabulary[language].update(token.word for token in tokens)
                    in_body[topic].update(self._terms(tokens))
                    runs.update(runs_of(tokens))
            runs_by_topic.append(runs)
            self.ranges.append(range(first, len(examples)))
        self._runs = Postings(
            (run, number)
            for topic, runs in enumerate(runs_by_topic)
            for run, count in runs.items()
            for number in (topic, count)
        )
        self.reader = MessageReader(self.analyzer, vocabulary)
        self.rarest = self._idf(1)
        self.strengths, self._idfs = self._weighed(asked, in_body)
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
        not_asked = [
            (text, self.analyzer.tokens(text, language))
            for languages in texts.topics.values()
            for language, topic_texts in languages.items()
            for text in topic_texts.not_asked
        ]
        self.not_asked = LetterRuns([tokens for _, tokens in not_asked])
        self.background = background_runs(self.analyzer)
        others = [*not_asked, *zip(self.analyzer.others, self.analyzer.background, strict=True)]
        self.others = self._questions([(text, tokens, self._terms(tokens)) for text, tokens in others])

    def pieces(self, tokens: Sequence[Token]) -> list[Piece]:
        """What a message says: its words, its pairs of neighbours, and what it asks for."""
        beside = (*self._pairs(tokens), *self._demands(tokens))
        return [
            *(Piece(token.terms, self._weight(token)) for token in tokens),
            *(Piece({term: 1.0}, self._weight_beside(term)) for term in beside),
        ]

    def runs_explained(self, runs: Set[str]) -> dict[int, float]:
        """By topic, 0 to 1: how much of a message's letter runs it explains, n / (n + SATURATION) of a run that it has n times."""
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
        """Whether the dossier has the word itself, in any form."""
        return any(stem in self.strengths for stem in token.stems)

    def explains(self, topic: int, token: Token) -> bool:
        """Whether the topic has the word in some form, or a word with a sense of it.

        An everyday word of other subjects is explained by itself alone: "airport" by no topic that has only a ferry, although both are
        ways to travel. A common beginning explains nothing, and a place no other place in its country.
        """
        terms = (
            token.stems
            if token.kind == "other"
            else [term for term in token.terms if term[0] != "@" and term[-1] != "-"]
        )
        return any(topic in self.strengths.get(term, ()) for term in terms)

    def _is_presupposed(self, token: Token) -> bool:
        """Whether the dossier's title has the word."""
        return not self._presupposed.isdisjoint(token.stems)

    def is_telling(self, token: Token, *, has_lists: bool) -> bool:
        """Whether a word with a subject tells a topic that explains it from the others.

        Without word lists such a word may be "when": there only a word tells that at most one topic is asked with. A word of the
        dossier's title never does.
        """
        return not self._is_presupposed(token) and (has_lists or self._weight(token) >= self.rarest)

    def topic_of(self, tokens: Sequence[Token]) -> int | None:
        """The topic that has these words as an example, in any order and with any endings; None where none has, or several.

        A guess at a word is none of them.
        """
        if any(token.guessed for token in tokens):
            return None
        topics = (self._said.get(key, _SEVERAL) for key in _keys(tokens))
        return next((topic for topic in topics if topic != _SEVERAL), None)

    def _questions(self, questions: Sequence[tuple[str, Sequence[Token], Sequence[str]]]) -> QuestionIndex:
        """Some of the dossier's own texts with their tokens and terms, to be compared with."""
        words = {token.word: token for _, tokens, _ in questions for token in tokens}
        weights = {word: self._weight(token) for word, token in words.items()}
        masses = (
            sum(weights[token.word] for token in tokens) + sum(map(self._weight_beside, terms))
            for _, tokens, terms in questions
        )
        return QuestionIndex([text for text, _, _ in questions], (terms for _, _, terms in questions), masses)

    def _weight(self, token: Token) -> float:
        """What a word matters: the fewer topics have it, the more; one that none has, as much as one that a single topic has.

        A word that only shares a sense with words of the dossier is a new one: it is explained in part, and matters in full.
        """
        idfs = [self._idfs[stem] for stem in token.stems if stem in self._idfs]
        if token.kind == "light":
            return LIGHT * max(idfs, default=0.0)
        weight = max(idfs, default=self.rarest)
        return LIGHT * weight if self._is_presupposed(token) else weight

    def _weight_beside(self, term: str) -> float:
        """What a pair of neighbours or a demand matters; 0 for a word's own term."""
        factor = PAIR if " " in term else LIGHT if term[0] == "?" else 0.0
        return factor and factor * self._idfs.get(term, 0.0)

    def _terms(self, tokens: Sequence[Token]) -> tuple[str, ...]:
        """Each term once; as sets those of all examples would take 5 MB more."""
        return tuple(
            {*(term for token in tokens for term in token.terms), *self._pairs(tokens), *self._demands(tokens)}
        )

    def _pairs(self, tokens: Sequence[Token]) -> list[str]:
        return [f"{first.stems[0][:5]} {second.stems[0][:5]}" for first, second in pairwise(tokens)]

    def _demands(self, tokens: Sequence[Token]) -> list[str]:
        return sorted(self.analyzer.demands([token.word for token in tokens]))

    def _idf(self, among: float) -> float:
        count = len(self.topics)
        return log(1 + (count - among + 0.5) / (among + 0.5))

    def _weighed(
        self, asked: Sequence[Counter[str]], in_body: Sequence[set[str]]
    ) -> tuple[dict[str, dict[int, float]], dict[str, float]]:
        """By term its strength for each topic, and its inverse topic frequency.

        A topic that n examples ask with the term, of at most ``most``, explains it by n / (n + SATURATION) · (½ + ½ n / most);
        one that only tells of it by BODY.
        """
        counts: dict[str, dict[int, int]] = {}
        for topic, (examples, body) in enumerate(zip(asked, in_body, strict=True)):
            for term in body.union(examples):
                counts.setdefault(term, {})[topic] = examples[term]
        strengths, idfs = {}, {}
        same: dict[tuple[tuple[int, float], ...], dict[int, float]] = {}
        for term, topics in counts.items():
            most = max(topics.values()) or 1
            topic_strengths = {
                topic: round(
                    max(n / (n + SATURATION) * (0.5 + 0.5 * n / most), BODY if term in in_body[topic] else 0.0), 2
                )
                for topic, n in topics.items()
            }
            strengths[term] = same.setdefault(tuple(topic_strengths.items()), topic_strengths)  # equal ones: once
            idfs[term] = self._idf(sum(1.0 if n else 0.5 for n in topics.values()))
        return strengths, idfs
