"""What people claim, compared with a dossier's facts: it agrees, contradicts, or cannot be told. PURE.

One rule above all: what is not so is never confirmed. A statement **agrees** only if every value in it is that of a fact and every
word of it is explained by the sentence that holds the fact and by what its topic is about. It **contradicts** only if the dossier
says the same of the same thing with another value. Everything else is **unknown**.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.claims.compare import OPPOSITE, Outcome, compare
from bot.claims.facts import Facts, LanguageFacts
from bot.claims.names import compare_names
from bot.claims.reviewed_claims import ReviewedClaims
from bot.claims.statement_match import Match, Word, match, surroundings
from bot.claims.statements import FEW, Claimed, read_message
from bot.claims.values import Value
from bot.dossier.models import Claim, FactId, Language, TopicId
from bot.matching.decision import Matcher

REVIEWED: dict[str, Outcome] = {
    "true": "agrees",
    "false": "contradicts",
    "misleading": "contradicts",
    "unproven": "unknown",
    "disputed": "unknown",
}
"""An editor's verdict → the outcome."""

_DECIDED = 5
"""So many words say something if the dossier decides on them."""

_ORDER: tuple[Outcome, ...] = ("contradicts", "unknown", "agrees")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one statement.

    Attributes:
        outcome: the result. ``topic``: what it is about; None where that is not known.
        facts: what decided, in the order of the values. ``is_disputed``: whether sources disagree on it.
        told: the sentence of the dossier that decided, with its placeholders; "" where none did.
        claimed: the statement. ``value``: the value of it that contradicts; None where none does.
    """

    outcome: Outcome
    claimed: Claimed
    topic: TopicId | None = None
    facts: tuple[FactId, ...] = ()
    is_disputed: bool = False
    value: Value | None = None
    told: str = ""

    @property
    def asserts(self) -> bool:
        """Whether it says something, rather than naming a subject: with the dossier deciding on it, fewer words do."""
        return self.claimed.asserts or (self.outcome != "unknown" and len(self.claimed.text.split()) >= _DECIDED)


@dataclass(frozen=True, slots=True)
class Check:
    """What became of a message.

    Attributes:
        judgements: one for each statement; () where it makes none.
        asks: whether it asks in so many words whether something is so. ``is_question``: whether it asks something else.
        language: what it is written in. ``reviewed``: the claim that an editor reviewed and that it repeats; None if there is none.
    """

    judgements: tuple[Judgement, ...]
    asks: bool
    is_question: bool
    language: Language
    reviewed: Claim | None = None

    @property
    def is_claim(self) -> bool:
        """Whether it claims something, or asks whether something is so."""
        return (
            self.asks
            or self.reviewed is not None
            or (not self.is_question and any(each.asserts for each in self.judgements))
        )

    @property
    def outcome(self) -> Outcome:
        """What the editor found, else the worst of the statements."""
        if self.reviewed is not None:
            return REVIEWED[self.reviewed.verdict]
        return min((each.outcome for each in self.judgements), key=_ORDER.index, default="unknown")


class Checker:
    """Checks what people claim against one dossier."""

    def __init__(self, facts: Facts, matcher: Matcher) -> None:
        self.facts = facts
        self._matcher = matcher
        self._reader = matcher.index.reader
        self._reviewed = ReviewedClaims(facts)

    def check(self, text: str, language: Language, spoken: Language | None = None) -> Check:
        """What the dossier says to a message from somebody who reads ``language``.

        ``spoken`` is what the message is written in, if that is known.
        """
        spoken = spoken or self._reader.read(text, language).language
        known = self.facts.languages[spoken]
        message = read_message(text, known.words, known.reader, known.names_place)
        reviewed = None if message.is_question and not message.asks else self._reviewed.repeated(text, known)
        judged = tuple(self._judge(claimed, known) for claimed in message.statements)
        return Check(judged, message.asks, message.is_question, spoken, reviewed)

    def matches(self, claimed: Claimed, known: LanguageFacts) -> list[Match]:
        """The claim beside every statement that has a fact to compare one of its values with."""
        segments = self._segments(claimed, known)
        words = [word for segment in (*segments, self._words(claimed.context, known)) for word in segment if word.keys]
        rejected = self._words(claimed.rejected_text, known)
        given = surroundings(claimed, segments, words, known)
        kinds = {value.kind for value in claimed.values}
        found = [
            match(claimed, given, words, rejected, statement, known)
            for statement in known.statements
            if not kinds.isdisjoint(statement.kinds)
        ]
        return [each for each in found if each] if words else []

    def _judge(self, claimed: Claimed, known: LanguageFacts) -> Judgement:
        likely = self.likely(claimed, known)
        if all(each.bare and each.high <= FEW for each in claimed.values):
            judged = self._judge_names(claimed, known, likely)
            if judged.outcome != "unknown" or not claimed.values:
                return judged
        judged = self._judge_values(claimed, known, likely)
        if judged.outcome == "unknown" and not judged.is_disputed:
            named = self._judge_names(claimed, known, likely)
            return named if named.outcome == "contradicts" else judged
        return judged

    def _judge_values(self, claimed: Claimed, known: LanguageFacts, likely: Mapping[TopicId, float]) -> Judgement:
        matches = self.matches(claimed, known)
        explained = [
            each
            for each in matches
            if each.is_near and each.is_explained(likely.get(each.statement.topic, 0.0), denied=claimed.denied)
        ]
        if not explained:
            nearest = max(matches, key=lambda each: each.weight, default=None)
            return Judgement("unknown", claimed, nearest.statement.topic if nearest and nearest.weight else None)
        best = _nearest(explained)
        if best.is_disputed:  # unless a topic begins with the same fact, and no source disputes it there
            leads = [each for each in explained if each.facts == best.facts and each.statement.lead]
            best = _nearest([each for each in leads if not each.is_disputed] or [best])
        topic, told = best.statement.topic, best.statement.text
        if best.is_disputed:
            return Judgement("unknown", claimed, topic, best.facts, is_disputed=True, told=told)
        if _is_doubtful(claimed, best, matches, known):
            return Judgement("unknown", claimed, topic, best.facts)
        outcome = OPPOSITE[best.outcome] if claimed.denied else best.outcome
        value = next((value for value, _, comparison in best.comparisons if comparison == "other"), None)
        return Judgement(outcome, claimed, topic, best.facts, value=value, told=told)

    def likely(self, claimed: Claimed, known: LanguageFacts) -> Mapping[TopicId, float]:
        """How likely each topic is meant by the claim without its values, as the matcher finds it."""
        text = claimed.text
        for value in claimed.values:
            text = text[: value.start] + " " * (value.end - value.start) + text[value.end :]
        index = self._matcher.index
        tokens = index.reader.read(f"{text} {claimed.context}", known.language).tokens
        return {index.topics[each.topic]: each.probability for each in self._matcher.candidates(tokens)}

    def _judge_names(self, claimed: Claimed, known: LanguageFacts, likely: Mapping[TopicId, float]) -> Judgement:
        text = claimed.text
        for value in claimed.values:
            text = text[: value.start] + " " * (value.end - value.start) + text[value.end :]
        words = [word for word in self._words(text, known) if word.keys]
        found = compare_names(claimed, words, self._words(claimed.rejected_text, known), known, likely)
        if found is None:
            return Judgement("unknown", claimed)
        return Judgement(found.outcome, claimed, found.statement.topic, found.facts, told=found.statement.text)

    def _segments(self, claimed: Claimed, known: LanguageFacts) -> list[list[Word]]:
        """The claim's words between its values."""
        text, place, found = claimed.text, 0, []
        periods = known.reader.periods_in(text) if any(each.kind == "money" for each in claimed.values) else []
        for start, end in periods:
            text = text[:start] + " " * (end - start) + text[end:]
        for value in claimed.values:
            found.append(self._words(text[place : value.start], known))
            place = value.end
        found.append(self._words(text[place:], known))
        return found

    def _words(self, text: str, known: LanguageFacts) -> list[Word]:
        """The words of a text, slips of the pen made good."""
        if not any(map(str.isalnum, text)):
            return []
        tokens = self._reader.read(text, known.language).tokens
        return [
            Word(frozenset(), "")
            if known.is_empty(token.typed) or known.is_empty(token.word) or self._reader.analyzer.is_filler(token.word)
            else Word(known.keys(token.word) | known.keys(token.typed), token.word)
            for token in tokens
        ]


def _is_doubtful(claimed: Claimed, best: Match, matches: Sequence[Match], known: LanguageFacts) -> bool:
    """Whether the nearest statement does not decide: the claim denies what that does not, or rejects it, or another one has the value."""
    denied = [known.keys(word) for word in claimed.denied_words]
    is_denied = all(keys & best.statement.denied for keys in denied) if denied else best.statement.says_unknown
    if claimed.is_unclear and not is_denied:
        return True
    is_apart = "apart" in best.statement.marks - known.marks(claimed.text.split()) and any(
        keys & known.subject and not any(key[0] == "@" for key in keys)
        for keys in map(known.keys, claimed.text.split())
    )
    if (best.is_rejected or claimed.is_limited or is_apart) and best.outcome != "contradicts":
        return True
    is_said = any(each.is_same and each.weight >= best.weight for each in matches)
    if best.outcome != "contradicts":
        return False
    others = [value for value, _, comparison in best.comparisons if comparison == "other" and value.kind != "number"]
    neighbours = [
        each
        for each in known.statements
        if each.topic == best.statement.topic
        and (each.lead or each.block == best.statement.block)
        and each is not best.statement
    ]
    slots = [slot for each in neighbours for slot in each.slots]
    is_elsewhere = bool(others) and all(any(compare(value, slot) == "same" for slot in slots) for value in others)
    return is_said or is_elsewhere


def _nearest(matches: Sequence[Match]) -> Match:
    return max(matches, key=lambda each: (round(each.weight, 3), each.statement.lead, each.outcome == "agrees"))
