"""Claims without a value: of a place or name, or that something is not so. PURE."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from bot.claims.compare import Outcome, compare
from bot.claims.facts import LanguageFacts, Statement, all_keys
from bot.claims.match import LIKELY, Word
from bot.claims.statements import FEW, Claimed
from bot.dossier.models import FactId, TopicId

_ONE_NAME = 2
"""Words of one name: first name and surname, or "Special Subcommittee"."""

_TELLING = 2
"""So many words besides the dossier's subject must be common to a denial and what it denies."""


_MANY = 4
"""Of so many words one may stand elsewhere."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement says of a claim: ``agrees`` or ``contradicts``, and the names in it that decide; () where its words do."""

    outcome: Outcome
    statement: Statement
    facts: tuple[FactId, ...]


def compare_names(
    claimed: Claimed, words: Sequence[Word], rejected: Sequence[Word], known: LanguageFacts, likely: Mapping[TopicId, float]
) -> Found | None:
    """What the dossier says of the place or name in a claim, or of what it denies; None where that cannot be told."""
    return _of_places(claimed, words, known, likely) or _of_sentence(claimed, words, rejected, known, likely)


def _of_places(claimed: Claimed, words: Sequence[Word], known: LanguageFacts, likely: Mapping[TopicId, float]) -> Found | None:
    """Whether the dossier names another place or name in the stead of the claim's, and nowhere that one."""
    if not any(known.may_be_place(word.text, word.keys) for word in words):
        return None
    found: list[tuple[float, Found]] = []
    for statement in known.statements:
        if not statement.names or statement.is_disputed or statement.negated:
            continue
        weight = sum(known.weight(word.keys & statement.keys - known.subject) for word in words)
        explained = known.explained(statement)
        left = [word for word in words if word.keys.isdisjoint(explained)]
        if weight and not left:
            return None
        if not _states_values(claimed, statement.topic, known):
            continue
        if (weight and _is_other_name(words, left, statement, known)) or (likely.get(statement.topic, 0.0) >= LIKELY and _is_elsewhere(claimed, words, left, statement, known)):
            places = tuple(name for name in statement.names if known.is_place(name)) or statement.names
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


def _states_values(claimed: Claimed, topic: TopicId, known: LanguageFacts) -> bool:
    """Whether the topic states every value of the claim."""
    counted = [value for value in claimed.values if not value.bare or value.high > FEW]
    slots = [slot for each in known.statements if counted and each.topic == topic for slot in each.slots]
    return all(any(compare(value, slot) == "same" for slot in slots) for value in counted)


def _is_elsewhere(claimed, words, left, statement, known):
    told = known.told.get(statement.topic, frozenset()) | known.names_told(statement.topic)
    if any(w.text in known.words.strict for w in left):
        return False
    towns = [w for w in left if known.names_place(w.text) and w.keys.isdisjoint(told)]
    if not towns or any(known.may_be_place(w.text, w.keys) and w.keys.isdisjoint(told) for w in left if w not in towns):
        return False
    if not any(re.search(rf"(?:^|\W)(?:in|at|to|near|from|di|ke|dari|в|во|на|из)\s+(?:the\s+)?(?:[^\W\d_]+\s+)?{re.escape(w.text)}", claimed.text) for w in towns):
        return False
    if not any(known.is_place(n) for n in statement.names):
        return False
    explained = known.explained(statement) - known.subject
    own = [w for w in words if w.keys & explained]
    return any(w.keys & explained - known.names for w in own) and (len(own) >= 2 or bool(claimed.values))


def _is_other_name(words: Sequence[Word], left: Sequence[Word], statement: Statement, known: LanguageFacts) -> bool:
    """Whether a claim that says the same has only a place left over, or a name of the same kind ("… Palace")."""
    others = [word for word in words if word not in left]
    if any(not word.keys.isdisjoint(known.beside_names(statement)) for word in left):
        return False
    told: Set[str] = known.told.get(statement.topic, frozenset())
    left = [word for word in left if not word.keys & told]
    beside = any(not (word.keys - known.subject - known.names).isdisjoint(statement.keys | told) for word in others)
    at = [words.index(word) for word in left]
    if not left or not beside or at[-1] - at[0] != len(at) - 1:
        return False
    if any(known.is_place(name) for name in statement.names) and any(known.is_town(word.text) for word in left):
        return True
    if known.names_in(all_keys([word.keys for word in words])):
        return False
    neighbours = [words[place].keys for place in (at[0] - 1, at[-1] + 1) if 0 <= place < len(words)]
    for name in statement.names:
        head = known.head(name)
        if head and any(keys & head for keys in neighbours):
            rest = all_keys([keys for form in known.written(name) for keys in form]) - head - known.subject
            if rest and not any(word.keys & rest and not word.keys & head for word in others):
                return True
    return False


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
    claimed: Claimed, words: Sequence[Word], rejected: Sequence[Word], known: LanguageFacts, likely: Mapping[TopicId, float]
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
