"""The states of a bulletin that is written at the desk, and who may do what with it.

docs/architecture.md draws them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.db.desk import Action, Draft, DraftState

AFTER: Mapping[tuple[DraftState, Action], DraftState] = {
    ("draft", "save"): "draft",
    ("review", "save"): "draft",
    ("approved", "save"): "draft",
    ("draft", "submit"): "review",
    ("review", "return"): "draft",
    ("approved", "return"): "draft",
    ("review", "approve"): "approved",
    ("approved", "send"): "sent",
    ("scheduled", "take_back"): "approved",
    ("sending", "save"): "draft",
    ("sent", "save"): "draft",
    ("corrected", "save"): "draft",
    ("draft", "discard"): "sent",
    ("review", "discard"): "sent",
    ("approved", "discard"): "sent",
    ("sending", "withdraw"): "withdrawal",
    ("sent", "withdraw"): "withdrawal",
    ("corrected", "withdraw"): "withdrawal",
    ("withdrawal", "return"): "sent",
    ("withdrawal", "approve"): "withdrawn",
    ("draft", "delete"): "deleted",
    ("review", "delete"): "deleted",
    ("deleted", "return"): "draft",
}
"""State and action → the next state. Whatever is not here is refused."""

ALONE: Mapping[tuple[DraftState, Action], DraftState] = {
    ("draft", "send"): "sent",
    ("review", "send"): "sent",
    ("sending", "withdraw"): "withdrawn",
    ("sent", "withdraw"): "withdrawn",
    ("corrected", "withdraw"): "withdrawn",
}
"""What one person may do without another's approval, if one is enough."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who decides.

    Attributes:
        needs_two: whether another editor must approve what is sent, corrected or withdrawn.
        owners: may do alone what needs two; that is recorded.
    """

    needs_two: bool
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """The next state; ``override``: an owner does alone what needs two."""

    state: DraftState
    override: bool = False


def stage(draft: Draft, *, is_published: bool, is_open: bool) -> DraftState:
    """The state as editors see it. Of what was handed to the ledger, the ledger says how far it is.

    Args:
        draft: the draft.
        is_published: whether its time has come, and deliveries were written.
        is_open: whether any of them is not finished.
    """
    if draft.state != "sent":
        return draft.state
    if not is_published:
        return "scheduled"
    if is_open:
        return "sending"
    return "corrected" if draft.corrected is not None else "sent"


def next_step(draft: Draft, now: DraftState, action: Action, person: str, rules: Rules) -> Step | None:
    """What an action leads to; None: it is not possible in this state, or this person may not.

    Args:
        draft: the draft; whoever saved its latest version, or asked for its withdrawal, is not "another editor".
        now: its :func:`stage`.
        action: what is to be done.
        person: who does it.
        rules: who decides.
    """
    is_owner = person in rules.owners
    if action == "withdraw" and draft.sent_version is not None and now in ("draft", "review", "approved"):
        now = "corrected"  # a correction is being written
    if (now, action) in ALONE and (not rules.needs_two or is_owner):
        return Step(ALONE[now, action], rules.needs_two)
    state = AFTER.get((now, action))
    if state is None or (action == "submit" and not rules.needs_two):
        return None
    if action == "discard" and draft.sent_version is None:
        return None
    if action == "delete" and (draft.approved is not None or draft.sent_version is not None):
        return None
    if now == "withdrawal" and action == "return" and draft.version != draft.sent_version:
        state = "draft"
    if action == "approve" and rules.needs_two and person == draft.changed_by:
        return Step(state, override=True) if is_owner else None
    return Step(state)


def actions(draft: Draft, now: DraftState, person: str, rules: Rules) -> frozenset[Action]:
    """What this person may do with the draft now. Of what was sent, this includes the next step once its correction is saved."""
    possible = {action for _, action in AFTER if next_step(draft, now, action, person, rules)}
    if now in ("sending", "sent", "corrected"):
        saved = replace(draft, state="draft", version=draft.version + 1, changed_by=person)
        possible |= actions(saved, "draft", person, rules) & {"submit", "send"}
    return frozenset(possible)
