"""What to do about a message: answer, answer two questions, ask back, decline, or talk. PURE."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Literal

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.analyzer import Reading, Token, analyzer_for
from bot.matching.index import Index, Texts
from bot.matching.lexicon import Lexicon
from bot.matching.meanings import Likeness
from bot.matching.scorer import Candidate, candidates, evidence, weights, with_meaning
from bot.matching.stemmer import root, stem

OFFERED, MOST_OFFERED = 3, 5
"""At least and at most so many topics are offered where none is sure."""

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

_TRACE = 0.0002
"""A half of a message is a question of its own only if the whole means its topic at least with this probability."""

Kind = Literal["answer", "both", "unsure", "decline", "talk"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and why.

    Attributes:
        kind: ``answer`` has one topic, ``both`` two, ``unsure`` those that are offered; ``decline`` and ``talk`` none.
        topics: see there, the likeliest first.
        language: what the message is written in.
        reading: the words it was decided by. ``candidates``: what they may mean, the likeliest first.
        none: what speaks for none of the topics, by the names of ``scorer.FOR_NONE``.
        sure: the probability from which a topic is answered.
        talk: what kind of small talk it is, "" for none.
    """

    kind: Kind
    topics: tuple[TopicId, ...]
    language: Language
    reading: Reading
    candidates: tuple[Candidate, ...]
    none: Mapping[str, float]
    sure: float
    talk: str = ""


def number_offered(probabilities: Sequence[float]) -> int:
    """How many topics are offered where none is sure, by the probabilities of all candidates, the likeliest first."""
    enough, held = _ENOUGH * sum(probabilities), 0.0
    for count, probability in enumerate(probabilities[:MOST_OFFERED], 1):
        held += probability
        if count >= OFFERED and held >= enough:
            return count
    return min(len(probabilities), MOST_OFFERED)


class Matcher:
    """Decides about messages to one dossier. Built once for each version of it."""

    def __init__(self, texts: Texts, given: Mapping[str, float] | None = None) -> None:
        self.index = Index(texts)
        self.weights = weights() if given is None else given

    def decide(self, text: str, language: Language, likeness: Likeness | None = None) -> Verdict:
        """What to do about a message from somebody who reads ``language``.

        ``likeness``: by the message's embedding, from the ``Meanings`` of the same texts; None: words alone decide. With it every
        topic may be answered or offered; what the words would offer is never declined.
        """
        reading = self.index.reader.read(text, language)
        found, given = evidence(self.index, reading.tokens), self.weights
        ranked = by_words = tuple(candidates(found, given))
        if likeness is not None:
            found, given = with_meaning(self.index, found, likeness), weights("semantic")
            ranked = tuple(candidates(found, given))
        verdict = partial(
            Verdict, language=reading.language, reading=reading, candidates=ranked, none=found.none, sure=given["sure"]
        )
        talk = self._talk(text, language)
        is_example = bool(by_words) and by_words[0].features["near"] >= _VERBATIM
        if talk and not (talk in EXCLAMATIONS and is_example):
            return verdict("talk", (), talk=talk)
        two = self._two(text, reading, by_words)
        if two:
            return verdict("both", two)
        if ranked and ranked[0].probability >= given["sure"]:
            return verdict("answer", self._ids(ranked[:1]))
        is_near = any(each[0].probability >= MAYBE for each in (ranked, by_words) if each)
        near = self._ids(ranked[: number_offered([each.probability for each in ranked])]) if is_near else ()
        return verdict("unsure" if near else "decline", near)

    def candidates(self, tokens: Sequence[Token]) -> Sequence[Candidate]:
        """What some words may mean, the likeliest first."""
        return candidates(evidence(self.index, tokens), self.weights)

    def _ids(self, found: Sequence[Candidate]) -> tuple[TopicId, ...]:
        return tuple(self.index.topics[each.topic] for each in found)

    def _talk(self, text: str, language: Language) -> str | None:
        analyzer = self.index.analyzer
        return kind_of_talk(analyzer.words(text, language), analyzer.lexicons)

    def _two(self, text: str, reading: Reading, whole: Sequence[Candidate]) -> tuple[TopicId, ...]:
        """The two topics that the message asks about, in the order in which it does; () where it asks about one."""
        best, found = self.weights["part"], self._ids(())
        tokens, possible = reading.tokens, {each.topic for each in whole if each.probability >= _TRACE}
        may_be_two = len(possible) > 1 and whole[0].probability >= MAYBE and len(tokens) <= _MAX_PARTED
        for place in reading.breaks[:_MAX_BREAKS] if may_be_two else ():
            left = self._half(tokens[:place], tokens[place:])
            if left is None or left.probability < best:
                continue
            right = self._half(tokens[place:], tokens[:place])
            if right and left.topic != right.topic and {left.topic, right.topic} <= possible:
                least = min(left.probability, right.probability)
                if least >= best:
                    best, found = least, self._ids([left, right])
        return found

    def _half(self, part: Sequence[Token], other: Sequence[Token]) -> Candidate | None:
        """What a half of a message means; one that names nothing is about what the other names ("who signed, and where?")."""
        found = self._first(part)
        if any(map(self._names, part)) or (found and found.probability >= self.weights["part"]):
            return found
        return self._first((*part, *filter(self._names, other)))

    def _first(self, tokens: Sequence[Token]) -> Candidate | None:
        return next(iter(self.candidates(tokens)), None)

    def _names(self, token: Token) -> bool:
        return token.kind != "light" and self.index.is_known(token)


def kind_of_talk(found: Sequence[str], lexicons: Sequence[Lexicon]) -> str:
    """What kind of small talk some words are; "" where they hold more than that."""
    if not 0 < len(found) <= _MAX_TALK:
        return ""
    kinds = [kind for each in lexicons if (kind := _kind(tuple(found), each))]
    return min(kinds, key=_KINDS.index, default="")


def _kind(found: tuple[str, ...], lexicon: Lexicon) -> str:
    for start, end in combinations(range(len(found) + 1), 2):
        kind = lexicon.smalltalk.get(found[start:end])
        if kind and all(word in lexicon.around or word in lexicon.fillers for word in found[:start] + found[end:]):
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
