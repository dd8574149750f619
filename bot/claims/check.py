"""What people claim, compared with a dossier's facts: it agrees, contradicts, or cannot be told. PURE.

One rule above all: what is not so is never confirmed. A statement **agrees** only if every value in it is that of a fact and every
word of it is explained by the sentence that holds the fact and by what its topic is about. It **contradicts** only if the dossier
says the same of the same thing with another value. Everything else is **unknown**.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

from bot.claims.compare import Comparison, compare, same_literal
from bot.claims.facts import Facts, Keys, LanguageFacts, Slot, Statement, in_language, near, nearest_country
from bot.claims.statements import Claimed, read_message
from bot.claims.values import Value
from bot.claims.words import normal
from bot.dossier.models import Claim, FactId, Language, Number, Percent, TopicId
from bot.matching.analyzer import Reader

Outcome = Literal["agrees", "contradicts", "unknown"]

REVIEWED: dict[str, Outcome] = {
    "true": "agrees",
    "false": "contradicts",
    "misleading": "contradicts",
    "unproven": "unknown",
}
"""An editor's verdict → the outcome."""

_ORDER: tuple[Outcome, ...] = ("contradicts", "unknown", "agrees")
"""The worst first."""

_MARGIN = 0.5
"""By so much more of its words a statement must be the nearest, in the weight of a rare word, to decide against another."""


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
            or (not self.is_question and any(each.claimed.asserts for each in self.judgements))
        )

    @property
    def outcome(self) -> Outcome:
        """What the editor found, else the worst of the statements."""
        if self.reviewed is not None:
            return REVIEWED[self.reviewed.verdict]
        return min((each.outcome for each in self.judgements), key=_ORDER.index, default="unknown")


_REPEATED = 0.8
"""From this likeness on a message repeats a reviewed claim."""

_FRAME = 0.5
"""What a word counts for that only the topic's title, summary or questions have."""


_OF = 0.4
"""Of what a share is a share of, a claim must name so much."""

_CROSSED = 0.5
"""A word beside a claimed value counts so much if it stands on the other side of the fact."""

_CLEAR = 2.0
"""A value that another fact of the same statement has contradicts only by so much more likeness, in the weight of a rare word."""

_NAMED = 3
"""A name beside a value says so much more of what it is a value of than another word."""


@dataclass(frozen=True, slots=True)
class _Word:
    keys: Keys
    text: str


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """A claimed value and the words beside it.

    Attributes:
        behind, ahead: the nearest first. ``noun``: keys of what is counted. ``country``: the nearest; "" for none.
    """

    value: Value
    behind: tuple[Keys, ...]
    ahead: tuple[Keys, ...]
    noun: Keys
    country: str


@dataclass(frozen=True, slots=True)
class _Match:
    """A claim beside one statement of the dossier.

    Attributes:
        comparisons: of each value. ``weight``: how much of the claim's words the statement itself has.
        is_explained: whether no word of the claim is left over. To contradict, words that the topic is asked with may be. ``is_whole``: whether no value is.
        is_near: whether the statement itself has a word of it that tells, or begins its topic.
        is_rejected: whether the claim rejects what the statement says.
    """

    statement: Statement
    comparisons: tuple[tuple[Value, Slot, Comparison], ...]
    weight: float
    is_explained: bool
    is_near: bool
    is_whole: bool
    is_rejected: bool

    @property
    def outcome(self) -> Outcome:
        found = [comparison for _, _, comparison in self.comparisons]
        if "other" in found:
            return "contradicts"
        return "agrees" if self.is_whole and all(each == "same" for each in found) else "unknown"

    @property
    def is_same(self) -> bool:
        """Whether all values that it compares are those of its facts."""
        return all(comparison == "same" for _, _, comparison in self.comparisons)

    @property
    def facts(self) -> tuple[FactId, ...]:
        return tuple(dict.fromkeys(slot.id for _, slot, _ in self.comparisons))

    @property
    def is_disputed(self) -> bool:
        facts = [slot.fact for _, slot, _ in self.comparisons]
        return self.statement.is_disputed or any(fact.note for fact in facts)


@dataclass(frozen=True, slots=True)
class _Example:
    """How people say a claim: its words without values, its values, whether it denies something."""

    claim: Claim | None
    words: tuple[Keys, ...]
    values: tuple[object, ...]
    denies: bool


class Checker:
    """Checks what people claim against one dossier."""

    def __init__(self, facts: Facts, reader: Reader) -> None:
        self.facts = facts
        self._reader = reader
        self._reviewed = [
            self._example(claim, example, self.facts.languages[language])
            for claim in facts.dossier.claims.values()
            for language, examples in claim.says.items()
            for example in examples
        ]

    def check(self, text: str, language: Language, spoken: Language | None = None) -> Check:
        """What the dossier says to a message from somebody who reads ``language``.

        ``spoken`` is what the message is written in, if that is known.
        """
        spoken = spoken or self._reader.read(text, language).language
        known = self.facts.languages[spoken]
        message = read_message(text, known.words, known.reader)
        reviewed = None if message.is_question and not message.asks else self._repeated(text, known)
        judged = tuple(self._judge(claimed, known) for claimed in message.statements)
        return Check(judged, message.asks, message.is_question, spoken, reviewed)

    def _example(self, claim: Claim | None, text: str, known: LanguageFacts) -> _Example:
        plain = normal(text)
        values = known.reader.read(plain)
        for each in reversed(values):
            plain = plain[: each.start] + " " + plain[each.end :]
        plain = known.words.opening.sub(" ", known.words.asking.sub(" ", plain))
        denials = sum(word in known.words.negation for word in plain.split())
        words = tuple(known.keys(word) for word in known.split(plain) if not known.is_empty(word))
        stated = tuple((v.kind, v.low, v.high, v.bound, v.currency, v.year, v.month, v.day) for v in values)
        return _Example(claim, words, stated, denials % 2 == 1)

    def _repeated(self, text: str, known: LanguageFacts) -> Claim | None:
        """The reviewed claim that a message repeats: the same values and denials, and nearly the same words."""
        if not self._reviewed:
            return None
        said = self._example(None, text, known)
        best, likeness = None, _REPEATED
        for each in self._reviewed:
            if (each.values, each.denies) == (said.values, said.denies) and (alike := _alike(each, said)) >= likeness:
                best, likeness = each.claim, alike
        return best

    def _judge(self, claimed: Claimed, known: LanguageFacts) -> Judgement:
        segments = self._segments(claimed, known)
        around = [word for segment in segments for word in segment if word.keys]
        context = [word for word in self._words(claimed.context, known) if word.keys] if claimed.context else []
        if not claimed.values:
            return self._judge_place(claimed, around, known)
        words = [*around, *context]
        given = self._surroundings(claimed, segments, words, known)
        kinds = {value.kind for value in claimed.values}
        matches = [
            match
            for statement in known.statements
            if not kinds.isdisjoint(statement.kinds) and (match := self._match(claimed, given, words, statement, known))
        ]
        explained = [each for each in matches if each.is_explained and each.is_near]
        if not explained or not (around or context):
            near = max(matches, key=lambda each: each.weight, default=None)
            known_of = near.statement if near and near.weight else None
            return Judgement("unknown", claimed, known_of.topic if known_of else None)
        best = self._nearest(explained)
        if best.is_disputed:
            plain = [each for each in explained if each.facts == best.facts and not each.is_disputed]
            best = self._nearest([each for each in plain if each.statement.lead] or [best])
        facts, disputed, told = best.facts, best.is_disputed, best.statement.text
        outcome = best.outcome
        rivals = [
            each for each in explained if each.weight > best.weight - _MARGIN * known.rarest and each.outcome != outcome
        ]
        if disputed:
            return Judgement("unknown", claimed, best.statement.topic, facts, is_disputed=True, told=told)
        if claimed.is_unclear or (rivals and not best.statement.lead):
            return Judgement("unknown", claimed, best.statement.topic, facts)
        if best.is_rejected and outcome != "contradicts":
            return Judgement("unknown", claimed, best.statement.topic, facts)
        is_said = any(each.weight >= best.weight and each.is_same for each in matches)
        if outcome == "contradicts" and (is_said or any(each.outcome == "agrees" for each in explained)):
            return Judgement("unknown", claimed, best.statement.topic, facts)
        if claimed.denied and outcome != "unknown":
            outcome = "agrees" if outcome == "contradicts" else "contradicts"
        value = next((value for value, _, comparison in best.comparisons if comparison == "other"), None)
        return Judgement(outcome, claimed, best.statement.topic, facts, value=value, told=told)

    def _judge_place(self, claimed: Claimed, around: Sequence[_Word], known: LanguageFacts) -> Judgement:
        """A claim without values: of a place it may be told whether the dossier names it, or another one in its stead."""
        found: list[tuple[float, Outcome, Statement]] = []
        is_told = False
        if not any(known.may_be_place(word.text, word.keys) for word in around):
            return Judgement("unknown", claimed)
        for statement in known.statements:
            if not statement.names or statement.is_disputed or statement.negated:
                continue
            keys = statement.keys | known.frames[statement.topic].keys | known.subject
            left = [word for word in around if not word.keys & keys]
            told: Set[str] = known.told.get(statement.topic, frozenset())
            unheard = [word for word in left if not word.keys & told]
            weight = sum(known.weight(word.keys & statement.keys - known.subject) for word in around)
            is_told |= bool(weight) and not left
            if weight and (outcome := self._place(around, left, unheard, told, statement, known)):
                found.append((weight, outcome, statement))
        denied = claimed.denied
        if claimed.denied_text:
            behind = {word.text for word in self._words(claimed.denied_text, known)}
            left = [word for word in around if known.is_town(word.text)]
            if left and all(word.text in behind for word in left):
                claimed, denied = replace(claimed, is_unclear=False), not denied
        if not found or claimed.is_unclear or claimed.rejected_text:
            near = max(found, key=lambda each: each[0], default=None)
            return Judgement("unknown", claimed, near[2].topic if near else None)
        _, outcome, statement = max(found, key=lambda each: (each[0], each[2].lead))
        if len({each for _, each, _ in found}) > 1 or (outcome == "contradicts" and is_told):
            outcome = "unknown"
        if denied and outcome != "unknown":
            outcome = "agrees" if outcome == "contradicts" else "contradicts"
        places = tuple(name for name in statement.names if known.is_place(name)) or statement.names
        return Judgement(outcome, claimed, statement.topic, places, told=statement.text)

    @staticmethod
    def _place(
        around: Sequence[_Word],
        left: Sequence[_Word],
        unheard: Sequence[_Word],
        told: Set[str],
        statement: Statement,
        known: LanguageFacts,
    ) -> Outcome | None:
        places = [name for name in statement.names if known.is_place(name)]
        others = [word for word in around if word not in left]
        if not left:
            spoken = _all([word.keys for word in around])
            whole = any(
                all(keys & spoken for keys in words) for name in places for words in known.written(name) if words
            )
            beside = any(keys.isdisjoint(known.names | known.subject) for keys in (word.keys for word in others))
            return "agrees" if whole and beside else None
        left = unheard
        beside = any(not (word.keys - known.subject - known.names).isdisjoint(statement.keys | told) for word in others)
        if not left or not beside:
            return None
        if places and all(known.is_town(word.text) for word in left) and len(others) > 0:
            return "contradicts"
        at = [around.index(word) for word in left]
        if at[-1] - at[0] != len(at) - 1:
            return None
        neighbours = [around[place].keys for place in (at[0] - 1, at[-1] + 1) if 0 <= place < len(around)]
        for name in statement.names:
            head = known.head(name)
            if head and any(keys & head for keys in neighbours):
                rest = _all([keys for words in known.written(name) for keys in words]) - head - known.subject
                if rest and not any(word.keys & rest and not word.keys & head for word in others):
                    return "contradicts"
        return None

    @staticmethod
    def _nearest(matches: Sequence[_Match]) -> _Match:
        return max(matches, key=lambda each: (round(each.weight, 3), each.statement.lead, each.outcome == "agrees"))

    def _segments(self, claimed: Claimed, known: LanguageFacts) -> list[list[_Word]]:
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

    def _words(self, text: str, known: LanguageFacts) -> list[_Word]:
        """The words of a text that say something, slips of the pen made good."""
        if not any(map(str.isalnum, text)):
            return []
        tokens = self._reader.read(text, known.language).tokens
        return [
            _Word(frozenset(), "")
            if known.is_empty(token.typed) or known.is_empty(token.word) or self._reader.analyzer.is_filler(token.word)
            else _Word(known.keys(token.word), token.word)
            for token in tokens
        ]

    def _match(
        self,
        claimed: Claimed,
        given: Sequence[_Surroundings],
        around: Sequence[_Word],
        statement: Statement,
        known: LanguageFacts,
    ) -> _Match | None:
        compared = [found for each in given if (found := self._compare(each, around, statement, known))]
        if not compared:
            return None
        frame = known.frames[statement.topic]
        keys = statement.keys
        said: Keys = frozenset().union(*(known.said_of.get(slot.id, ()) for _, slot, _ in compared))
        weight = 0.0
        left = asked = 0
        carriers = frozenset().union(
            *(known.words.carriers.get(value.kind, ()) for value, _, _ in compared), frozenset()
        )
        for each in {word.text: word for word in around if word.text not in carriers}.values():
            if each.keys & keys:
                weight += known.weight(each.keys & keys)
            elif each.keys & frame.keys:
                weight += _FRAME * known.weight(each.keys)
            elif not each.keys & said and each.keys.isdisjoint(known.subject):
                left += 1
                asked += statement.lead and not each.keys.isdisjoint(frame.asked)
        literals = (*statement.literals, *frame.literals)
        others = [
            value
            for at, value in enumerate(claimed.values)
            if not any(value is each for each, _, _ in compared)
            and not any(same_literal(value, literal) for literal in literals)
        ]
        rejected = any(compare(value, slot) == "same" for value in claimed.rejected for slot in statement.slots)
        if claimed.rejected_text and not rejected:
            named = self._words(claimed.rejected_text, known)
            rejected = any(word.keys & keys for word in named)
        compared = [
            each for each in compared if each[2] == "same" or not any(same_literal(each[0], one) for one in literals)
        ]
        if not compared:
            return None
        telling = any(word.keys & keys - known.subject and word.text not in carriers for word in around)
        match = _Match(statement, tuple(compared), weight, not left, telling or statement.lead, not others, rejected)
        if match.outcome == "contradicts":
            match = replace(match, is_explained=left == asked)
        return match

    @staticmethod
    def _surroundings(
        claimed: Claimed, segments: Sequence[Sequence[_Word]], around: Sequence[_Word], known: LanguageFacts
    ) -> list[_Surroundings]:
        """Each value of a claim with the words that say what it is a value of."""
        found = []
        for at, value in enumerate(claimed.values):
            before, after = segments[at][::-1], segments[at + 1]
            carriers = known.words.carriers.get(value.kind, frozenset())
            behind = near([word.keys for word in after if word.text not in carriers])
            ahead = near([word.keys for word in before if word.text not in carriers])
            noun = _all(behind[:2]) - known.subject or _all([word.keys for word in before]) - known.subject
            noun = noun or _all([word.keys for word in around]) - known.subject
            is_only = sum(each.kind == value.kind for each in claimed.values) == 1
            country = nearest_country([word.keys for word in before], [word.keys for word in after])
            found.append(_Surroundings(value, behind, ahead, noun, country if is_only else ""))
        return found

    def _compare(
        self, given: _Surroundings, around: Sequence[_Word], statement: Statement, known: LanguageFacts
    ) -> tuple[Value, Slot, Comparison] | None:
        """The fact of the statement that the value is meant to be."""
        value, behind, ahead = given.value, given.behind, given.ahead
        found = []
        for slot in statement.slots:
            comparison = None if slot.fact.derived else compare(value, slot)
            if comparison is None:
                continue
            unit = self._unit(slot, known) if isinstance(slot.fact, Number) else frozenset()
            if isinstance(slot.fact, Number) and not (unit or _all(slot.after) or _all(slot.before)) & given.noun:
                continue
            if given.country and slot.country and given.country != slot.country:
                comparison = "unclear"
            if statement.is_goal and not any(word.text in known.words.goal for word in around):
                continue
            if comparison == "same" and not self._is_told(slot, around, known):
                comparison = "unclear"
            score = _likeness(behind, (*slot.after, unit), known) + _likeness(ahead, slot.before, known)
            score += _CROSSED * (_likeness(behind, slot.before, known) + _likeness(ahead, slot.after, known))
            found.append((score, slot, comparison))
        if not found:
            return None
        score, slot, comparison = max(found, key=lambda each: each[0])
        if comparison == "other" and any(
            each[2] == "same" and each[0] > score - _CLEAR * known.rarest for each in found
        ):
            return value, slot, "unclear"
        rivals = [each for each in found if each[0] > score - _MARGIN * known.rarest and each[2] != comparison]
        return value, slot, "unclear" if rivals else comparison

    @staticmethod
    def _is_told(slot: Slot, around: Sequence[_Word], known: LanguageFacts) -> bool:
        """Whether the claim says enough of what a share is a share of."""
        of = slot.fact.of if isinstance(slot.fact, Percent) else None
        if of is None:
            return True
        words = [keys for keys in known.content(in_language(of, known.language)) if keys]
        spoken = _all([word.keys for word in around])
        return sum(not keys.isdisjoint(spoken) for keys in words) >= _OF * len(words)

    @staticmethod
    def _unit(slot: Slot, known: LanguageFacts) -> Keys:
        unit = slot.fact.unit if isinstance(slot.fact, Number) else None
        text = unit if isinstance(unit, str) else (unit or {}).get(known.language, "")
        return known.keys_of(text.replace("|", " ")) if text else frozenset()


def _all(words: Sequence[Keys]) -> Keys:
    return frozenset().union(*words, frozenset())


def _alike(first: _Example, second: _Example) -> float:
    """0 to 1: the share of the words of both that the other has, too."""
    total = len(first.words) + len(second.words)
    one, other = _all(first.words), _all(second.words)
    common = sum(not keys.isdisjoint(other) for keys in first.words) + sum(
        not keys.isdisjoint(one) for keys in second.words
    )
    return common / total if total else 0.0


def _likeness(claimed: Sequence[Keys], told: Sequence[Keys], known: LanguageFacts) -> float:
    """How much of the words beside a claimed value stand on that side of a fact, by their weights."""
    own = _all(told)
    common = [keys & own for keys in claimed if not keys.isdisjoint(own)]
    return sum(known.weight(keys) * (1 if keys.isdisjoint(known.names) else _NAMED) for keys in common)
