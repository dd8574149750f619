"""Claims without a value: of a place or name, or that something is not so. PURE."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from bot.claims.compare import OPPOSITE, Outcome
from bot.claims.facts import LanguageFacts, Statement, all_keys
from bot.claims.match import Word
from bot.claims.statements import Claimed
from bot.dossier.models import FactId

_ONE_NAME = 2
"""Words of one name: first name and surname, or "Special Subcommittee"."""

_TELLING = 2
"""So many words besides the dossier's subject must be common to a denial and what it denies."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement says of a claim: ``agrees`` or ``contradicts``, and the names in it that decide; () where its words do."""

    outcome: Outcome
    statement: Statement
    facts: tuple[FactId, ...]


def compare_names(
    claimed: Claimed, words: Sequence[Word], rejected: Sequence[Word], known: LanguageFacts
) -> Found | None:
    """What the dossier says of the place or name in a claim, or of what it denies; None where that cannot be told."""
    return _of_places(claimed, words, rejected, known) or _of_denial(claimed, words, known)


def _of_places(claimed: Claimed, words: Sequence[Word], rejected: Sequence[Word], known: LanguageFacts) -> Found | None:
    """Whether the dossier names the claim's place or name, or another one in its stead."""
    if not any(known.may_be_place(word.text, word.keys) for word in words):
        return None
    found: list[tuple[float, Found]] = []
    is_told = False
    for statement in known.statements:
        if not statement.names or statement.is_disputed or statement.negated:
            continue
        weight = sum(known.weight(word.keys & statement.keys - known.subject) for word in words)
        keys = statement.keys | known.frames[statement.topic].keys | known.subject
        left = [word for word in words if not word.keys & keys] if weight else list(words)
        is_told |= not left
        outcome = _whole_name(words, rejected, statement, known) if not left else None
        if left and weight:
            outcome = _other_name(words, left, statement, known)
        if outcome:
            places = tuple(name for name in statement.names if known.is_place(name)) or statement.names
            found.append((weight, Found(outcome, statement, places)))
    outcomes = {each.outcome for _, each in found}
    if len(outcomes) != 1 or (is_told and "contradicts" in outcomes):
        return None
    best = max(found, key=lambda each: (each[0], each[1].statement.lead))[1]
    if not claimed.is_unclear:
        return replace(best, outcome=OPPOSITE[best.outcome]) if claimed.denied else best
    towns = [word.text for word in words if known.is_town(word.text)]
    if not towns or any(town not in claimed.denied_text.split() for town in towns):
        return None
    return best if claimed.denied else replace(best, outcome=OPPOSITE[best.outcome])


def _whole_name(
    words: Sequence[Word], rejected: Sequence[Word], statement: Statement, known: LanguageFacts
) -> Outcome | None:
    """A claim all of whose words are explained agrees if it has a place of the statement in whole, and something besides.

    What it rejects must not be what the statement says.
    """
    if any(word.keys & statement.keys for word in rejected):
        return None
    spoken = all_keys([word.keys for word in words])
    places = [name for name in statement.names if known.is_place(name)]
    whole = any(all(keys & spoken for keys in form) for name in places for form in known.written(name) if form)
    beside = any(word.keys.isdisjoint(known.names | known.subject) for word in words)
    return "agrees" if whole and beside else None


def _other_name(
    words: Sequence[Word], left: Sequence[Word], statement: Statement, known: LanguageFacts
) -> Outcome | None:
    """A claim that says the same contradicts if only a place is left over, or a name of the same kind ("… Palace")."""
    others = [word for word in words if word not in left]
    told: Set[str] = known.told.get(statement.topic, frozenset())
    left = [word for word in left if not word.keys & told]
    beside = any(not (word.keys - known.subject - known.names).isdisjoint(statement.keys | told) for word in others)
    at = [words.index(word) for word in left]
    if not left or not beside or at[-1] - at[0] != len(at) - 1:
        return None
    if any(known.is_place(name) for name in statement.names) and any(known.is_town(word.text) for word in left):
        return "contradicts"
    if known.names_in(all_keys([word.keys for word in words])):
        return None
    neighbours = [words[place].keys for place in (at[0] - 1, at[-1] + 1) if 0 <= place < len(words)]
    for name in statement.names:
        head = known.head(name)
        if head and any(keys & head for keys in neighbours):
            rest = all_keys([keys for form in known.written(name) for keys in form]) - head - known.subject
            if rest and not any(word.keys & rest and not word.keys & head for word in others):
                return "contradicts"
    return None


def _of_denial(claimed: Claimed, words: Sequence[Word], known: LanguageFacts) -> Found | None:
    """A claim with the words of one statement alone, one of the two denying it.

    Names are left to :func:`_of_places`: with two of them the words do not tell who did what.
    """
    is_single = bool(claimed.denied_text) and not claimed.rejected_text
    if (claimed.is_unclear and not is_single) or claimed.denied == is_single:
        return None
    names = known.names - known.subject
    if sum(not word.keys.isdisjoint(names) for word in words) > _ONE_NAME:
        return None
    denied_keys = known.keys_of(" ".join(claimed.denied_text.split()[:1])) if is_single else frozenset()
    for statement in known.statements:
        if statement.is_disputed or statement.is_goal:
            continue
        own = [word for word in words if not word.keys.isdisjoint(statement.keys)]
        telling = sum(bool(word.keys & statement.keys - known.subject) for word in own)
        if telling < _TELLING or len(own) < len(words):
            continue
        if not statement.negated:
            return Found("contradicts", statement, ())
        if statement.denied & denied_keys:
            return Found("agrees", statement, ())
    return None
