"""What to do about a message: answer, answer two questions, ask back, decline, or talk. PURE."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import exp
from typing import Literal

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.analyzer import Analyzer, Reading, Token, analyzer_for
from bot.matching.index import Index, MatcherTexts
from bot.matching.lexicon import Lexicon
from bot.matching.meanings import Likeness
from bot.matching.scorer import TopicCandidate, candidates, evidence, weights, with_meaning
from bot.matching.stemmer import root, stem
from bot.matching.tokenizer import tidy, words

OFFERED, MOST_OFFERED = 3, 5
"""At least and at most so many topics are offered where none is sure; in a language without word lists the most, for without senses
the right one comes later."""

_ENOUGH = 0.9
"""The topics that are offered are together so likely, against those that are not."""

EXCLAMATIONS = frozenset({"cheer", "laughter"})
"""Small talk whose words may be how people ask for a topic."""

_KINDS = ("insult", "thanks", "wellbeing", "farewell", "greeting", "cheer", "laughter")
"""In the order in which they decide where languages disagree."""

_VERBATIM = 0.85
"""From this likeness (Dice) a message is an example in other words."""

_MAX_TALK = 10
"""Small talk has at most so many words."""

_MAX_BREAKS, _MAX_PARTED = 4, 24
"""At so many places a message of so many words is tried as two questions."""

MAYBE = 0.03
"""From this probability of the likeliest topic the first few are offered; below it the message is about other things."""

_FEW = 10
"""With so many examples per topic and language, or fewer, a topic explains every word with a subject or is only offered. Twice as many
allow one open word, three times as many two, and so on: who gives a hundred has named what is asked about."""

_REPEATED = 0.7
"""A message so like an example (Dice) with a word that no topic explains is that example with another subject, however many examples
there are."""

_EXPLAINED, _FRAME = {True: 2, False: 1}, 0.45
"""So many words that tell the topic from others let it leave one open: talk, mostly, in long questions. But not in a message that is so
like an example (Dice): that is the example with another subject. In a language with word lists every word that the topic explains tells,
besides those of the dossier's title; in one without, where "when" and "how much" are explained, too, those that no other topic is asked
with."""

_AT_LEAST, _NEARER, _REWORDED = 2, -0.03, 0.6
"""A topic that explains so many telling words may leave any open where the message, by its embedding, is so much farther from it without them
(they say the same in other words), unless the message is so like an example (Dice)."""

_SHORT = 3
"""In a language without word lists words of so many letters carry no subject, for most of them do not."""

_PLAIN = re.compile(r"[^\W_][\w\s.,?!'’“”«»()–-]*")
"""A message of words alone. Of one with signs of markup or commands no word is repeated."""

_WRITTEN = re.compile(r"\w+(?:[-'’]\w+)*")
"""A word of a message as somebody wrote it."""

_TRACE = 0.0002
"""A half of a message is a question of its own only if the whole means its topic at least with this probability."""

DecisionKind = Literal["answer", "both", "unsure", "decline", "talk"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why.

    Attributes:
        kind: ``answer`` has one topic, ``both`` two, ``unsure`` those that are offered; ``decline`` and ``talk`` none.
        topics: see there, the likeliest first.
        language: what the message is written in.
        reading: the words it was decided by. ``candidates``: what they may mean, the likeliest first.
        none: what speaks for none of the topics, by the names of ``scorer.FOR_NONE``.
        sure: the probability from which a topic is answered.
        talk: what kind of small talk it is, "" for none.
        left_open: the words that the likeliest topic does not explain, tidied, if it is not answered because of them.
        unknown: where topics are offered, the words that none of them explains, as they were written.
    """

    kind: DecisionKind
    topics: tuple[TopicId, ...]
    language: Language
    reading: Reading
    candidates: tuple[TopicCandidate, ...]
    none: Mapping[str, float]
    sure: float
    talk: str = ""
    left_open: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def number_offered(probabilities: Sequence[float]) -> int:
    """How many topics are offered where none is sure, by the probabilities of all candidates, the likeliest first."""
    enough, held = _ENOUGH * sum(probabilities), 0.0
    for count, probability in enumerate(probabilities[:MOST_OFFERED], 1):
        held += probability
        if count >= OFFERED and held >= enough:
            return count
    return min(len(probabilities), MOST_OFFERED)


class Matcher:
    """Decides about messages to one dossier. Built once for each version of it.

    ``analyzer``: reads its texts and the messages; None: the one of its languages.
    """

    def __init__(
        self, texts: MatcherTexts, fitted: Mapping[str, float] | None = None, analyzer: Analyzer | None = None
    ) -> None:
        self.index = Index(texts, analyzer)
        self.weights = weights() if fitted is None else fitted
        self._few = min(1.0, _FEW / exp(self.index.log_examples_per_topic))

    def decide(self, text: str, language: Language, likeness: Likeness | None = None) -> Decision:
        """What to do about a message from somebody who reads ``language``.

        ``likeness``: by the message's embedding, from the ``Meanings`` of the same texts; None: words alone decide. With it every
        topic may be answered or offered; what the words would offer is never declined.
        """
        reading = self.index.reader.read(text, language)
        features, fitted = evidence(self.index, reading.tokens), self.weights
        ranked = by_words = tuple(candidates(features, fitted))
        if likeness is not None:
            features, fitted = with_meaning(self.index, features, likeness), weights("semantic")
            ranked = tuple(candidates(features, fitted))
        sure = fitted["sure"] + self._few * (fitted["few"] - fitted["sure"])
        decision = partial(
            Decision, language=reading.language, reading=reading, candidates=ranked, none=features.none, sure=sure
        )
        if (topic := self.index.topic_of(reading.tokens)) is not None:
            return decision("answer", (self.index.topics[topic],))
        talk = self._talk(text, language)
        is_example = bool(by_words) and by_words[0].features["near"] >= _VERBATIM
        if talk and not (talk in EXCLAMATIONS and is_example):
            return decision("talk", (), talk=talk)
        two = self._two(text, reading, by_words)
        if two:
            return decision("both", two)
        left_open: tuple[str, ...] = ()
        if ranked and ranked[0].probability >= sure:
            left_open = self._left_open(ranked[0], reading, reading.parts(), likeness)
            if not left_open:
                return decision("answer", self._ids(ranked[:1]))
        is_near = any(ranking[0].probability >= MAYBE for ranking in (ranked, by_words) if ranking)
        if not is_near:
            return decision("decline", (), left_open=left_open)
        has_lists = self.index.analyzer.has_lists(reading.language)
        count = number_offered([candidate.probability for candidate in ranked]) if has_lists else MOST_OFFERED
        unknown = self._unknown(text, reading) if has_lists else ()
        return decision("unsure", self._ids(ranked[:count]), left_open=left_open, unknown=unknown)

    def _unknown(self, text: str, reading: Reading) -> tuple[str, ...]:
        """The words with a subject that no topic explains, as the message has them; () of a message that is not plain."""
        if not _PLAIN.fullmatch(text):
            return ()
        unknown = {
            token.typed for token in reading.tokens if _has_subject(token, has_lists=True) and self._is_new(token)
        }
        written = {typed: part for part in _WRITTEN.findall(text) for typed in words(tidy(part)) if typed in unknown}
        return tuple(written.values())

    def without_open_words(self, text: str, language: Language, likeness: Likeness) -> str:
        """The message without the words that its likeliest topic leaves open, if it is sure enough to be answered but for them; else ""."""
        left_open = self.decide(text, language, likeness).left_open
        return " ".join(part for part in text.split() if not {*words(tidy(part))} & {*left_open}) if left_open else ""

    def _left_open(
        self,
        first: TopicCandidate,
        reading: Reading,
        parts: Iterable[Sequence[Token]],
        likeness: Likeness | None = None,
    ) -> tuple[str, ...]:
        """The words with a subject that the topic does not explain; () where it explains enough of them to be answered.

        Only the parts of the message count that speak of the topic: who introduces himself first asks about nothing there.
        """
        topic, has_lists = first.topic, self.index.analyzer.has_lists(reading.language)
        with_subject = [[token for token in part if _has_subject(token, has_lists=has_lists)] for part in parts]
        speaking = [
            part for part in with_subject if any(self.index.explains(topic, token) for token in part)
        ] or with_subject
        tokens = {token.typed: token for part in speaking for token in part}
        left_open = tuple(typed for typed, token in tokens.items() if not self.index.explains(topic, token))
        tells = partial(self.index.is_telling, has_lists=has_lists)
        telling = sum(tells(token) for typed, token in tokens.items() if typed not in left_open)
        near, has_new = first.features["near"], any(self._is_new(tokens[typed]) for typed in left_open)
        allowed = 0.0 if has_new and near >= _REPEATED else 1 / self._few - 1
        if near < _FRAME:
            allowed += telling / _EXPLAINED[has_lists]
        if len(left_open) <= allowed:
            return ()
        name = self.index.topics[topic]
        is_reworded = telling >= _AT_LEAST and near < _REWORDED
        if likeness is not None and is_reworded and name in likeness.without:
            nearer = likeness.without[name] - likeness.whole.get(name, 0.0)
            return left_open if nearer > _NEARER else ()
        return left_open

    def _is_new(self, token: Token) -> bool:
        """Whether no topic explains the word."""
        return not any(self.index.explains(topic, token) for topic in range(len(self.index.topics)))

    def candidates(self, tokens: Sequence[Token]) -> Sequence[TopicCandidate]:
        """What some words may mean, the likeliest first."""
        return candidates(evidence(self.index, tokens), self.weights)

    def _ids(self, candidates: Sequence[TopicCandidate]) -> tuple[TopicId, ...]:
        return tuple(self.index.topics[candidate.topic] for candidate in candidates)

    def _talk(self, text: str, language: Language) -> str | None:
        analyzer = self.index.analyzer
        return kind_of_talk(analyzer.words(text, language), analyzer.lexicons)

    def _two(self, text: str, reading: Reading, whole: Sequence[TopicCandidate]) -> tuple[TopicId, ...]:
        """The two topics that the message asks about, in the order in which it does; () where it asks about one."""
        best, pair = self.weights["part"], self._ids(())
        tokens, possible = reading.tokens, {candidate.topic for candidate in whole if candidate.probability >= _TRACE}
        may_be_two = len(possible) > 1 and whole[0].probability >= MAYBE and len(tokens) <= _MAX_PARTED
        for place in reading.breaks[:_MAX_BREAKS] if may_be_two else ():
            left = self._half(reading, tokens[:place], tokens[place:])
            if left is None or left.probability < best:
                continue
            right = self._half(reading, tokens[place:], tokens[:place])
            if right and left.topic != right.topic and {left.topic, right.topic} <= possible:
                least = min(left.probability, right.probability)
                if least >= best:
                    best, pair = least, self._ids([left, right])
        return pair

    def _half(self, reading: Reading, part: Sequence[Token], other: Sequence[Token]) -> TopicCandidate | None:
        """What a half of a message means; one that names nothing is about what the other names ("who signed, and where?")."""
        meant = self._first(part)
        if not (any(map(self._names, part)) or (meant and meant.probability >= self.weights["part"])):
            meant = self._first((*part, *filter(self._names, other)))
        return meant if meant and not self._left_open(meant, reading, [part]) else None

    def _first(self, tokens: Sequence[Token]) -> TopicCandidate | None:
        return next(iter(self.candidates(tokens)), None)

    def _names(self, token: Token) -> bool:
        return token.kind != "light" and self.index.is_known(token)


def _has_subject(token: Token, *, has_lists: bool) -> bool:
    """Whether the word may carry a subject. A number of one or two digits carries none."""
    if token.typed.isdigit():
        return len(token.typed) > 2
    return token.kind != "light" and (has_lists or len(token.typed) > _SHORT)


def kind_of_talk(words: Sequence[str], lexicons: Sequence[Lexicon]) -> str:
    """What kind of small talk some words are; "" where they hold more than that."""
    if not 0 < len(words) <= _MAX_TALK:
        return ""
    kinds = [kind for lists in lexicons if (kind := _kind(tuple(words), lists))]
    return min(kinds, key=_KINDS.index, default="")


def _kind(words: tuple[str, ...], lexicon: Lexicon) -> str:
    for start, end in combinations(range(len(words) + 1), 2):
        kind = lexicon.smalltalk.get(words[start:end])
        if kind and all(word in lexicon.around or word in lexicon.fillers for word in words[:start] + words[end:]):
            return kind
    return ""


def check_collisions(dossier: Dossier) -> Iterator[Diagnostic]:
    """Warns of every example that another topic has too, whatever its word order, endings, hasty spellings and fillers."""
    analyzer = analyzer_for(tuple(dossier.languages))
    for language in dossier.languages:
        first: dict[frozenset[str], tuple[str, str]] = {}
        for topic in dossier.topics.values():
            for position, ask in enumerate(topic.asks.get(language, ())):
                meaning = frozenset(
                    stem(token.word, language) + root(token.word) for token in analyzer.tokens(ask, language)
                )
                owner, other = first.setdefault(meaning, (topic.id, ask))
                if owner != topic.id:
                    message = f"{ask!r} asks for {owner} as well" + (f" (there: {other!r})" if other != ask else "")
                    fix = "expected words that only one of them is asked with"
                    yield Diagnostic(*dossier.place_of_ask(topic, language, position), message, fix, severity="warning")
