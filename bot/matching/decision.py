"""Decides about a message: answer it, answer two questions, offer topics, decline, or make small talk. PURE."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations, compress
from math import exp
from typing import Any, Literal

from bot.commands import LISTS
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.analyzer import Analyzer, Reading, Token, analyzer_for
from bot.matching.index import Index, MatcherTexts
from bot.matching.lexicon import Lexicon
from bot.matching.meanings import Likeness
from bot.matching.scorer import TopicCandidate, candidates, chance, evidence, weights, with_meaning
from bot.matching.stemmer import root, stem
from bot.matching.tokenizer import MARKS, is_part, tidy, words

_OFFERED, MOST_OFFERED = 0.02, 5
"""If none is certain, the topics from this probability on are offered, at most so many. In a language without word lists it is always the most,
because without senses the right topic ranks lower."""

EXCLAMATIONS = frozenset({"cheer", "laughter"})
"""Kinds of small talk whose words may also ask for a topic."""

_KINDS = ("insult", "thanks", "wellbeing", "farewell", "greeting", "cheer", "laughter")
"""The kinds of small talk. If languages disagree, the first one counts."""

_VERBATIM = 0.85
"""A message with this likeness (Dice) to an example is the example in other words."""

_MAX_TALK = 10
"""Small talk has at most this many words."""

_MAX_BREAKS, _MAX_PARTED = 4, 24
"""The most positions at which a message is split into two questions, and the most words of a message that is split."""

MAYBE = 0.05
"""If the likeliest topic has this probability, by the weights ``words`` and by ``cards``, some topics are offered. Below it the message is about
other subjects."""

_CARD, _CHANCE, _OF_SIGNS, _NO = 0.25, {True: 0.2, False: 0.4}, 0.6, 0.15
"""The likeliest topic is the nearest one, whose text is shown without being an answer, from this probability and this chance (by ``has_lists``; in a
script without spaces, where parts of words are explained by chance, from ``_OF_SIGNS``). Below the chance ``_NO`` nothing is offered, either.
``tests/evaluation/README.md`` has the curves."""

FEW = 10
"""With at most this many examples per topic and language, a topic is answered only if it explains every word with a subject. With ``n`` examples
it may leave ``n / FEW - 1`` words unexplained, beside those of ``_EXPLAINED``: a hundred examples name everything that people ask about."""

_REPEATED = 0.7
"""A message with this likeness (Dice) to an example and a word that no topic explains is the example with another subject, however many
examples there are."""

_EXPLAINED, _FRAME = {True: 2, False: 1}, 0.45
"""This many telling words (by ``has_lists``) allow one unexplained word more, since long questions contain talk. This does not hold for a
message with the likeness ``_FRAME`` (Dice) to an example: it is the example with another subject. In a language with word lists every
explained word is telling, except those of the dossier's title. In one without, where "when" and "how much" are explained, too, only words of
a single topic's examples are."""

_AT_LEAST, _NEARER, _REWORDED = 2, -0.03, 0.6
"""A topic that explains ``_AT_LEAST`` telling words may leave any number of words unexplained, if the message's embedding is farther from it
without them by more than ``_NEARER`` (the words repeat the subject in other words), unless the likeness to an example is ``_REWORDED`` (Dice)."""

_PLAIN = re.compile(rf"[^\W_][\w\s{MARKS}.,?!'’“”«»()–-]*")
"""A message that consists of words. Words of a message with markup or commands are never repeated in the reply."""

_WRITTEN = re.compile(rf"[\w{MARKS}]+(?:[-'’][\w{MARKS}]+)*")
"""A word of a message as it was written."""

_TRACE = 0.0002
"""A half of a message is a question of its own only if its topic has this probability for the whole message."""

DecisionKind = Literal["answer", "both", "unsure", "decline", "talk"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a message, and its reasons.

    Attributes:
        kind: ``answer``: answer one topic; ``both``: answer two; ``unsure``: offer some; ``decline`` and ``talk``: no topic.
        topics: the topics of ``kind``, the likeliest first.
        language: the language of the message.
        reading: the words of the message.
        candidates: the possible topics, the likeliest first.
        none: the features of "none of the topics", by the names of ``scorer.FOR_NONE``.
        sure: the probability from which a topic is answered.
        talk: the kind of small talk; "" if it is not small talk.
        left_open: the words, tidied, that the likeliest topic does not explain and that prevent its answer.
        nearest: if topics are offered, the likely one whose text may be shown, never as an answer; None if none is likely.
        unknown: if topics are offered, the words, as they were written, that ``nearest`` does not explain, the rarest first; without it, that no
            topic explains.
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
    nearest: TopicId | None = None
    unknown: tuple[str, ...] = ()


def number_offered(probabilities: Sequence[float]) -> int:
    """How many topics are offered if none is certain. ``probabilities``: those of all candidates, the likeliest first."""
    return min(max(1, sum(probability >= _OFFERED for probability in probabilities)), MOST_OFFERED)


class Matcher:
    """Decides about messages to one dossier. Built once for each version of the dossier.

    ``fitted``: the weights; None: those of ``weights.json``. ``analyzer``: reads texts and messages; None: the shared one of the languages.
    """

    def __init__(
        self, texts: MatcherTexts, fitted: Mapping[str, float] | None = None, analyzer: Analyzer | None = None
    ) -> None:
        self.index = Index(texts, analyzer)
        self.weights = weights() if fitted is None else fitted
        self._few = min(1.0, FEW / exp(self.index.log_examples_per_topic))

    def decide(self, text: str, language: Language, likeness: Likeness | None = None) -> Decision:
        """Decides about a message from an asker whose language is ``language``.

        ``likeness``: the likeness of the message's embedding to the topics, from the ``Meanings`` of the same texts; None: words alone decide.
        With it every topic may be answered or offered, and a message is not declined if the words alone would offer topics.
        """
        reading = self.index.reader.read(text, language)
        features, fitted = words_alone, _ = evidence(self.index, reading.tokens), self.weights
        ranked = by_words = tuple(candidates(features, fitted))
        if likeness is not None:
            features, fitted = with_meaning(self.index, words_alone, likeness), weights("semantic")
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
        by_cards = tuple(candidates(words_alone, weights("cards")))
        likely = by_cards if likeness is None else ranked
        first = [ranking[0].probability if ranking else 0.0 for ranking in (by_words, by_cards)]
        if min(first) < MAYBE and (likeness is None or ranked[0].probability < MAYBE):
            return decision("decline", (), left_open=left_open)
        nearest, unexplained = self._nearest(reading, by_cards, likely[0].topic, likeness)
        if nearest is None and unexplained is None:
            return decision("decline", (), left_open=left_open)
        has_lists = self.index.analyzer.has_lists(reading.language)
        count = number_offered([each.probability for each in likely]) if has_lists else MOST_OFFERED
        unknown = _as_written(text, unexplained or [])
        offered = self._ids(likely[:count])
        return decision("unsure", offered, left_open=left_open, nearest=nearest, unknown=unknown)

    def _nearest(
        self, reading: Reading, by_cards: Sequence[TopicCandidate], likeliest: int, likeness: Likeness | None
    ) -> tuple[TopicId | None, list[Token] | None]:
        """The topic whose text may be shown, if there is one, and the words that nothing explains; None, None: not even topics are offered."""
        has_lists = self.index.analyzer.has_lists(reading.language)
        gate = 0.0
        if by_cards:
            asking = self._asking(by_cards[0].topic, reading.parts(), has_lists=has_lists)
            gate, unexplained = chance(self.index, list(chain(*asking)), by_cards[0], has_lists=has_lists)
            if by_cards[0].topic == likeliest and by_cards[0].probability >= _CARD:
                least = _OF_SIGNS if any(is_part(token.typed) for token in reading.tokens) else _CHANCE[has_lists]
                topic = self.index.topics[likeliest]
                if gate >= least and topic not in LISTS:
                    return topic, unexplained
        if gate < _NO and likeness is None:
            return None, None
        unknown = [each for each in reading.tokens if self.index.has_subject(each) and self._is_new(each)]
        return None, unknown if has_lists else []

    def found(self, text: str, language: Language) -> tuple[TopicId, ...]:
        """The topic that answers a message, or the two; () if none is certain. Quick for the dossier's own examples."""
        topic = self.index.topic_of(self.index.reader.read(text, language).tokens)
        if topic is not None:  # what decides first in :meth:`decide`
            return (self.index.topics[topic],)
        decision = self.decide(text, language)
        return decision.topics if decision.kind in ("answer", "both") else ()

    def without_open_words(self, text: str, language: Language, likeness: Likeness) -> str:
        """The message without the words that prevent the answer of its likeliest topic; "" if there are none."""
        left_open = self.decide(text, language, likeness).left_open
        return " ".join(part for part in text.split() if not {*words(tidy(part))} & {*left_open}) if left_open else ""

    def _left_open(
        self,
        first: TopicCandidate,
        reading: Reading,
        parts: Iterable[Sequence[Token]],
        likeness: Likeness | None = None,
    ) -> tuple[str, ...]:
        """The words with a subject that the topic does not explain; () if they do not prevent its answer.

        Only parts of the message that mention the topic count. A part in which the asker introduces himself asks nothing.
        """
        topic, has_lists = first.topic, self.index.analyzer.has_lists(reading.language)
        asking = chain(*self._asking(topic, parts, has_lists=has_lists))
        tokens = {token.typed: token for token in asking if self.index.has_subject(token, has_lists=has_lists)}
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

    def _asking(self, topic: int, parts: Iterable[Sequence[Token]], *, has_lists: bool) -> Sequence[Sequence[Token]]:
        """The parts of a message that mention the topic; all of them if none does."""
        parts = list(parts)
        has_subject = partial(self.index.has_subject, has_lists=has_lists)
        is_asking = [any(has_subject(token) and self.index.explains(topic, token) for token in part) for part in parts]
        return list(compress(parts, is_asking)) or parts

    def _is_new(self, token: Token) -> bool:
        """Whether no topic explains the word."""
        return not any(self.index.explains(topic, token) for topic in range(len(self.index.topics)))

    def candidates(self, tokens: Sequence[Token]) -> Sequence[TopicCandidate]:
        """The possible topics of the words, the likeliest first."""
        return candidates(evidence(self.index, tokens), self.weights)

    def _ids(self, candidates: Sequence[TopicCandidate]) -> tuple[TopicId, ...]:
        return tuple(self.index.topics[candidate.topic] for candidate in candidates)

    def _talk(self, text: str, language: Language) -> str | None:
        analyzer = self.index.analyzer
        return kind_of_talk(analyzer.words(text, language), analyzer.lexicons)

    def _two(self, text: str, reading: Reading, whole: Sequence[TopicCandidate]) -> tuple[TopicId, ...]:
        """The two topics that the message asks about, in its order; () if it asks about one."""
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
        """The topic of a half of a message. A half that names nothing is about what the other one names ("who signed, and where?")."""
        meant = self._first(part)
        if not (any(map(self._names, part)) or (meant and meant.probability >= self.weights["part"])):
            meant = self._first((*part, *filter(self._names, other)))
        return meant if meant and not self._left_open(meant, reading, [part]) else None

    def _first(self, tokens: Sequence[Token]) -> TopicCandidate | None:
        return next(iter(self.candidates(tokens)), None)

    def _names(self, token: Token) -> bool:
        return token.kind != "light" and self.index.is_known(token)


def _as_written(text: str, tokens: Iterable[Token]) -> tuple[str, ...]:
    """The words as the asker wrote them; () if the message has markup."""
    if not _PLAIN.fullmatch(text):
        return ()
    written = {typed: part for part in _WRITTEN.findall(text) for typed in words(tidy(part)) if not is_part(typed)}
    return tuple(dict.fromkeys(written[token.typed] for token in tokens if token.typed in written))


def kind_of_talk(words: Sequence[str], lexicons: Sequence[Lexicon]) -> str:
    """The kind of small talk that the words are; "" if they are not only small talk."""
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
    """Warns of every example that another topic has, too, regardless of word order, endings, abbreviations and fillers."""
    analyzer = analyzer_for(tuple(dossier.languages))
    for language in dossier.languages:
        first: dict[frozenset[str], tuple[str, str]] = {}
        for topic in dossier.topics.values():
            for position, ask in enumerate(topic.asks.get(language, ())):
                words = (token.word for token in analyzer.tokens(ask, language))
                meaning = frozenset(stem(word, language) + root(word) for word in words)
                owner, other = first.setdefault(meaning, (topic.id, ask))
                if owner != topic.id:
                    message = f"{ask!r} asks for {owner} as well" + (f" (there: {other!r})" if other != ask else "")
                    fix = "expected words that only one of them is asked with"
                    values: Any = {"code": "asks-both", "values": {"text": ask, "owner": owner}, "severity": "warning"}
                    yield Diagnostic(*dossier.place_of_ask(topic, language, position), message, fix, **values)
