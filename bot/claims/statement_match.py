"""A claim beside one statement of the dossier: which fact each of its values is meant to be, and what is left over. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.claims.compare import Comparison, Outcome, compare, same_literal
from bot.claims.facts import Keys, LanguageFacts, Slot, Statement, all_keys, near, nearest_country
from bot.claims.statements import Claimed
from bot.claims.values import Value
from bot.dossier.models import DayFact, FactId, Number, Percent, in_language

_OF = 0.4
"""Of the words for what a share is a share of, a claim must name so many: "92 % of Russians have internet" names two of the six of
"the Russian population with fast, affordable internet access", which is another share. 0.2 to 0.5 give the same figures on the sets that
may be read, 0.6 confirms two true claims less."""

_CLEAR = 2.0
"""Where a sentence has the claimed value, too, but of another thing, the claim contradicts only if its words are nearer to the other
fact by so many rare words. With less, one claim of the sets is falsely contradicted; with 4, one false one stays open."""

LIKELY, _ENOUGH = 0.4, 1.0
"""The probability of a topic, and the weight of common words, from which other words are talk. From 0.3 to 0.5 the sets are the same."""

_NAMED = 3
"""So many words a name beside a value counts for in telling what it is a value of: "at Nordkade half a year". With 1 or 2, two claims
of the sets stay open."""

_ONE = ("number", 1.0, 1.0)
"""Mostly an article: "one spare part may cost"."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a claim; one that says nothing has no keys."""

    keys: Keys
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
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
class Match:
    """A claim beside one statement.

    Attributes:
        comparisons: of each value with a fact of the statement.
        weight: how much of the claim's words the statement has, by how rare they are.
        left: its words that nothing explains. ``is_asked``: whether they all are words that the topic is asked with. ``is_talk``:
            whether they may be talk: none is a name or place, or changes what is claimed ("still").
        is_near: whether the statement has a word of it that tells, or begins its topic. ``is_whole``: whether no value is left.
        is_of_day: whether the statement states every day that it names.
        is_rejected: whether the claim rejects what the statement says, or says what it denies.
    """

    statement: Statement
    comparisons: tuple[tuple[Value, Slot, Comparison], ...]
    weight: float
    left: tuple[str, ...]
    is_asked: bool
    is_talk: bool
    is_near: bool
    is_whole: bool
    is_of_day: bool
    is_rejected: bool

    @property
    def outcome(self) -> Outcome:
        """What the values alone say: ``agrees``, ``contradicts`` or ``unknown``. What no source prints is not confirmed."""
        others = [value for value, _, comparison in self.comparisons if comparison == "other"]
        if others:  # at another time it may be so
            return "contradicts" if self.is_of_day or any(value.kind == "date" for value in others) else "unknown"
        is_derived = any(slot.fact.derived for _, slot, _ in self.comparisons if slot.fact)
        return "agrees" if self.is_whole and self.is_same and not is_derived else "unknown"

    def is_explained(self, likely: float, *, denied: bool) -> bool:
        """Whether no word of the claim is left over that may change what it says.

        To contradict, words that the topic is asked with may be, and talk. On another day something else may have happened: a day
        is contradicted only if every word is explained.

        Args:
            likely: how likely the claim is about the statement's topic, 0 to 1.
            denied: whether the claim denies what it says, so that a contradiction confirms it: then nothing may be left.
        """
        if not self.left or self.outcome != "contradicts" or denied:
            return not self.left
        return self.is_asked or (self.is_talk and self.is_of_day and likely >= LIKELY and self.weight >= _ENOUGH)

    @property
    def is_same(self) -> bool:
        """Whether all values that it compares are those of its facts."""
        return all(comparison == "same" for _, _, comparison in self.comparisons)

    @property
    def facts(self) -> tuple[FactId, ...]:
        return tuple(dict.fromkeys(slot.id for _, slot, _ in self.comparisons if slot.id))

    @property
    def is_disputed(self) -> bool:
        facts = [slot.fact for _, slot, _ in self.comparisons]
        return self.statement.is_disputed or any(fact.note for fact in facts if fact)


def surroundings(
    claimed: Claimed, segments: Sequence[Sequence[Word]], words: Sequence[Word], known: LanguageFacts
) -> list[Surroundings]:
    """Each value of a claim with the words that say what it is a value of.

    ``segments``: the words between the values. ``words``: those, and what the claim goes on from.
    """
    found = []
    for at, value in enumerate(claimed.values):
        before, after = segments[at][::-1], segments[at + 1]
        carriers = known.words.carriers.get(value.kind, frozenset())
        behind = near([word.keys for word in after if word.text not in carriers])
        ahead = near([word.keys for word in before if word.text not in carriers])
        noun = all_keys(behind[:2]) - known.subject or all_keys([word.keys for word in before]) - known.subject
        noun = noun or all_keys([word.keys for word in words]) - known.subject
        is_only = sum(each.kind == value.kind for each in claimed.values) == 1
        country = nearest_country([word.keys for word in before], [word.keys for word in after])
        found.append(Surroundings(value, behind, ahead, noun, country if is_only else ""))
    return found


def match(
    claimed: Claimed,
    given: Sequence[Surroundings],
    words: Sequence[Word],
    rejected: Sequence[Word],
    statement: Statement,
    known: LanguageFacts,
) -> Match | None:
    """The claim beside a statement; None if none of its values can be compared with a fact of it."""
    frame = known.frames[statement.topic]
    compared = [found for each in given if (found := _compared(each, words, statement, known))]
    facts = [slot for _, slot, comparison in compared if comparison == "same"]
    compared = [each for each in compared if each[2] == "same" or each[1] not in facts]  # each is claimed once
    literals = (*statement.literals, *frame.literals)
    compared = [
        each for each in compared if each[2] == "same" or not any(same_literal(each[0], one) for one in literals)
    ]
    if not compared:
        return None
    carriers = all_keys([known.words.carriers.get(value.kind, frozenset()) for value, _, _ in compared])
    carriers = carriers if any(value.kind in statement.carries for value, _, _ in compared) else frozenset()
    said = all_keys([frozenset(known.said_of.get(slot.id, ())) for _, slot, _ in compared if slot.id])
    elsewhere = known.titled(statement) | statement.before | said | known.subject
    weight, left = 0.0, []
    for each in {word.text: word for word in words if word.text not in carriers}.values():
        if each.keys & statement.keys:
            weight += known.weight(each.keys & statement.keys)
        elif each.text in known.words.strict or each.keys.isdisjoint(elsewhere):
            left.append(each)
    unmatched = [
        value
        for value in claimed.values
        if not any(value is each for each, _, _ in compared)
        and not any(same_literal(value, each) for each in literals)
        and (value.kind, value.low, value.high) != _ONE
    ]
    tells = any(word.keys & statement.keys - known.subject and word.text not in carriers for word in words)
    denies_value = any(compare(value, slot) == "same" for value in claimed.rejected for slot in statement.slots)
    denies_word = any(word.keys & statement.keys for word in rejected)
    says_denied = not claimed.is_unclear and any(word.keys & statement.denied for word in words)
    stated = [value for value, _, comparison in compared if comparison == "same"]
    return Match(
        statement,
        tuple(compared),
        weight,
        tuple(word.text for word in left),
        statement.lead and all(word.text not in known.words.strict and word.keys & frame.asked for word in left),
        not any(
            word.text in known.words.strict
            or (known.may_be_named(word.text, word.keys) and word.keys.isdisjoint(frame.asked))
            for word in left
        ),
        tells or statement.lead,
        not unmatched,
        all(value in stated for value in claimed.values if value.kind == "date"),
        denies_value or denies_word or says_denied,
    )


def _compared(
    given: Surroundings, words: Sequence[Word], statement: Statement, known: LanguageFacts
) -> tuple[Value, Slot, Comparison] | None:
    """The fact of the statement that a value is meant to be: the one whose words beside it are most like the value's."""
    names_goal = any(word.text in known.words.goal for word in words)
    is_of_subject = any(word.keys & known.subject for word in words)
    found = []
    for slot in statement.slots:
        comparison = compare(given.value, slot)
        if comparison is None or (comparison != "same" and not _may_differ(slot, given.value)):
            continue
        if statement.is_goal and not names_goal and is_of_subject:
            continue
        unit = _unit(slot, known)
        if slot.kind == "number" and not (unit or all_keys(slot.after) or all_keys(slot.before)) & given.noun:
            continue
        is_elsewhere = bool(given.country and slot.country and given.country != slot.country)
        if is_elsewhere or (
            comparison == "same" and not given.value.is_precise and not _names_share(slot, words, known)
        ):
            comparison = "unclear"
        likeness = _likeness(given.behind, (*slot.after, unit), known) + _likeness(given.ahead, slot.before, known)
        found.append((likeness, slot, comparison))
    if not found:
        return None
    likeness, slot, comparison = max(found, key=lambda each: (each[0], each[2] == "same"))
    needed = likeness - _CLEAR
    if comparison == "other" and any(each == "same" and alike > needed for alike, _, each in found):
        comparison = "unclear"
    return given.value, slot, comparison


def _may_differ(slot: Slot, value: Value) -> bool:
    """Whether another value than the fact's is told from it: of a day that no source prints, if it is in another year."""
    day = slot.fact.value if isinstance(slot.fact, DayFact) else None
    return slot.fact is None or not slot.fact.derived or (day is not None and value.year not in (0, day.year))


def _names_share(slot: Slot, words: Sequence[Word], known: LanguageFacts) -> bool:
    """Whether the claim says enough of what a share is a share of."""
    of = slot.fact.of if isinstance(slot.fact, Percent) else None
    if of is None:
        return True
    needed = [keys for keys in known.content(in_language(of, known.language)) if keys]
    spoken = all_keys([word.keys for word in words])
    return sum(not keys.isdisjoint(spoken) for keys in needed) >= _OF * len(needed)


def _unit(slot: Slot, known: LanguageFacts) -> Keys:
    """The keys of what a number counts."""
    unit = slot.fact.unit if isinstance(slot.fact, Number) else None
    text = unit if isinstance(unit, str) else (unit or {}).get(known.language, "")
    return known.keys_of(text.replace("|", " ")) if text else frozenset()


def _likeness(claimed: Sequence[Keys], told: Sequence[Keys], known: LanguageFacts) -> float:
    """How much of the words beside a claimed value stand on that side of a fact, by how rare they are."""
    own = all_keys(told)
    common = [keys & own for keys in claimed if not keys.isdisjoint(own)]
    return sum(known.weight(keys) * (1 if keys.isdisjoint(known.names) else _NAMED) for keys in common)
