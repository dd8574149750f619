"""Claims without a value: of a place or name, or that something is not so. PURE."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from bot.claims.compare import Outcome, compare
from bot.claims.facts import LanguageFacts, Statement
from bot.claims.statement_match import LIKELY, Word
from bot.claims.statements import FEW, Claimed
from bot.dossier.models import FactId, TopicId

_TELLING = 2
"""So many words besides the dossier's subject must be common to a claim and a sentence."""

_PLACE = 4
"""A place is said in at most so many words: "Bogor Palace", "Sochi, at some forum"."""

_MANY = 4
"""Of so many words one may stand elsewhere."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement says of a claim: ``agrees`` or ``contradicts``, and the names in it that decide; () where its words do."""

    outcome: Outcome
    statement: Statement
    facts: tuple[FactId, ...]


def compare_names(
    claimed: Claimed,
    words: Sequence[Word],
    rejected: Sequence[Word],
    known: LanguageFacts,
    likely: Mapping[TopicId, float],
) -> Found | None:
    """What the dossier says of the place or name in a claim, or of what it denies; None where that cannot be told."""
    return _of_places(claimed, words, known, likely) or _of_sentence(claimed, words, rejected, known)


def _of_places(
    claimed: Claimed, words: Sequence[Word], known: LanguageFacts, likely: Mapping[TopicId, float]
) -> Found | None:
    """Whether the dossier names another place in the stead of the claim's, and nowhere that one."""
    if not any(known.names_place(word.text) for word in words):
        return None
    found: list[tuple[float, Found]] = []
    for statement in known.statements:
        places = tuple(name for name in statement.names if known.is_place(name))
        if not places or statement.is_disputed or statement.negated:
            continue
        weight = sum(known.weight(word.keys & statement.keys - known.subject) for word in words)
        explained = known.explained(statement)
        left = [word for word in words if word.keys.isdisjoint(explained)]
        if weight and not left:
            return None
        is_likely = likely.get(statement.topic, 0.0) >= LIKELY
        if _is_elsewhere(claimed, words, left, statement, known, is_likely=is_likely):
            found.append((weight, Found("contradicts", statement, places)))
    if not found:
        return None
    best = max(found, key=lambda each: (each[0], each[1].statement.lead))[1]
    if not claimed.is_unclear:
        return replace(best, outcome="agrees") if claimed.denied else best
    towns = [word.text for word in words if known.is_town(word.text)]
    if not towns or any(town not in claimed.denied_text.split() for town in towns):
        return None
    return best if claimed.denied else replace(best, outcome="agrees")


def _is_elsewhere(
    claimed: Claimed,
    words: Sequence[Word],
    left: Sequence[Word],
    statement: Statement,
    known: LanguageFacts,
    *,
    is_likely: bool,
) -> bool:
    """Whether a claim says what the statement does, but of another place.

    ``left``: its words that the statement does not explain. They must stand together, unless it is likely that the claim is about the
    statement's topic and says that something is there; of a denial, which may be confirmed, nothing but the place may be left.
    """
    told = known.told[statement.topic] | known.beside_names(statement)
    strange = [word for word in left if word.text in known.words.strict or word.keys.isdisjoint(told)]
    places = [word for word in strange if known.names_place(word.text)]
    named = [word for word in strange if word.text in known.words.strict or known.may_be_named(word.text, word.keys)]
    explained = (known.explained(statement) | known.told[statement.topic]) - known.subject
    own = [word for word in words if word.keys & explained]
    if not places or len(named) > len(places) or not any(word.keys & explained - known.names for word in own):
        return False
    if not _states_values(claimed, statement.topic, known):
        return False
    at = [words.index(word) for word in strange]
    together = at[-1] - at[0] == len(at) - 1 < _PLACE and any(
        word.keys & statement.keys - known.subject for word in own
    )
    if claimed.denied or claimed.is_unclear:
        return together and strange == places
    if together:
        return True
    where = rf"(?:{known.words.where.pattern})\s+(?:[^\W\d_]+\s+)?(?:{'|'.join(re.escape(word.text) for word in places)})(?!\w)"
    return is_likely and (len(own) >= _TELLING or bool(claimed.values)) and re.search(where, claimed.text) is not None


def _states_values(claimed: Claimed, topic: TopicId, known: LanguageFacts) -> bool:
    """Whether the topic states every value of the claim."""
    counted = [value for value in claimed.values if not value.bare or value.high > FEW]
    slots = [slot for each in known.statements if counted and each.topic == topic for slot in each.slots]
    return all(any(compare(value, slot) == "same" for slot in slots) for value in counted)


@dataclass(frozen=True, slots=True)
class _Said:
    """A claim without values, read.

    Attributes:
        words: those that must be explained. ``spoken``: all of them.
        is_negative: whether it denies something. ``says_unknown``: whether it denies that something is known.
        denied: the keys of the word behind its negation.
    """

    words: tuple[Word, ...]
    spoken: frozenset[str]
    is_negative: bool
    says_unknown: bool
    denied: Set[str]


def _said(claimed: Claimed, words: Sequence[Word], known: LanguageFacts) -> _Said:
    spoken = frozenset(re.findall(r"\w+", f"{claimed.text} {claimed.denied_text}"))
    says_unknown = bool(claimed.denied_text) and not known.words.knowing.isdisjoint(spoken)
    passed = known.words.one | (known.words.knowing if says_unknown else frozenset())
    behind = [word for word in claimed.denied_text.split() if not known.is_empty(word)]
    return _Said(
        tuple(word for word in words if word.text not in passed),
        spoken,
        claimed.denied != bool(claimed.denied_text),
        says_unknown,
        known.keys_of(" ".join(behind[:1])),
    )


def _of_sentence(
    claimed: Claimed, words: Sequence[Word], rejected: Sequence[Word], known: LanguageFacts
) -> Found | None:
    """A claim all of whose words one statement explains: it says the same in the same order, or one of the two denies it."""
    if claimed.is_unclear and not claimed.denied_text:
        return None
    said = _said(claimed, words, known)
    found: list[tuple[float, Found]] = []
    for statement in known.statements:
        if not _is_explained(said.words, statement, known) or any(word.keys & statement.keys for word in rejected):
            continue
        if statement.is_disputed or (statement.says_unknown and not said.says_unknown):
            return None
        if not _is_comparable(said, statement, known) or not _states_values(claimed, statement.topic, known):
            continue
        outcome = _outcome(said, statement, known)
        if outcome is None:
            return None
        weight = sum(known.weight(word.keys & statement.keys - known.subject) for word in said.words)
        found.append((weight, Found(outcome, statement, ())))
    if len({each.outcome for _, each in found}) != 1:
        return None
    return max(found, key=lambda each: each[0])[1]


def _is_comparable(said: _Said, statement: Statement, known: LanguageFacts) -> bool:
    """Whether both say what is, was, must or may be, and in the same order, so that who did what is the same."""
    marks = known.marks(said.spoken)
    if statement.is_goal == known.words.goal.isdisjoint(said.spoken) or said.says_unknown > statement.says_unknown:
        return False
    if not marks <= statement.marks or not statement.marks - marks <= {"time"}:
        return False
    if said.is_negative or statement.negated:
        return True
    return _is_ordered(said.words, statement, known) and not any(slot.kind == "percent" for slot in statement.slots)


def _outcome(said: _Said, statement: Statement, known: LanguageFacts) -> Outcome | None:
    """What a comparable statement says of the claim; None where that is another source's word or cannot be told."""
    who = (statement.keys & known.publishers or statement.keys & known.names) - known.subject
    if statement.is_reported and all(word.keys.isdisjoint(who) for word in said.words):
        return None
    if statement.says_unknown:
        return "agrees"
    if statement.negated and said.is_negative:
        return "agrees" if said.denied & statement.denied else None
    if statement.negated:
        return "contradicts" if _denies(statement, said.words, known) else None
    return "contradicts" if said.is_negative else "agrees"


def _denies(statement: Statement, words: Sequence[Word], known: LanguageFacts) -> bool:
    """Whether what the statement denies is what the words say: one of them, or that something belongs to something."""
    belongs = known.membership
    is_of_list = not belongs.isdisjoint(statement.denied) and any(not word.keys.isdisjoint(belongs) for word in words)
    return is_of_list or any(word.keys & statement.denied - known.subject for word in words)


def _is_explained(words: Sequence[Word], statement: Statement, known: LanguageFacts) -> bool:
    """Whether the statement and its topic explain every word, the statement at least two of them."""
    explained = known.explained(statement)
    for word in words:
        if word.keys.isdisjoint(statement.keys if word.text in known.words.strict else explained):
            return False
    own = [word.keys & (statement.keys | statement.before) - known.subject for word in words]
    titled = known.titled(statement) - known.subject
    telling = sum(bool(each) or not word.keys.isdisjoint(titled) for each, word in zip(own, words, strict=True))
    return telling >= _TELLING and any(each - known.names for each in own)


def _is_ordered(words: Sequence[Word], statement: Statement, known: LanguageFacts) -> bool:
    """Whether the words stand in the statement's order, so that who did what is the same; of many, one may stand elsewhere."""
    places = [
        [at for at, keys in enumerate(statement.order) if keys & word.keys]
        for word in words
        if word.keys & statement.keys and (not word.keys <= known.subject or any(key[0] == "@" for key in word.keys))
    ]
    places = [each for each in places if each]
    ends: list[int] = []  # of the longest chains in order, the least place at which one of each length ends
    for each in places:
        for place in reversed(each):
            at = bisect_left(ends, place)
            ends[at : at + 1] = [place]
    return len(ends) >= len(places) - (len(places) >= _MANY)
