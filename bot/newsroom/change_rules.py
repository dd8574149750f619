"""The states of a change, and who may do what with it.

docs/architecture.md draws them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.db.changes import Action, Change, State

AFTER: Mapping[tuple[State, Action], State] = {
    ("draft", "save"): "draft",
    ("draft", "ask"): "review",
    ("review", "return"): "draft",
    ("review", "approve"): "approved",
    ("approved", "take_back"): "draft",
    ("draft", "discard"): "discarded",
    ("review", "discard"): "discarded",
    ("discarded", "return"): "draft",
}
"""State and action → the next state. Whatever is not here is refused.

What waits for approval or for its time is not typed into: whoever wants to change it returns it, or takes it back, first. So an open
page that saves by itself never undoes an approval. Two steps are nobody's: an approved change comes into force at its time, and returns to draft if another change of one of its entries
came into force first.
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who decides.

    Attributes:
        needs_two: whether another editor must approve a change.
        owners: may approve alone what needs two; that is recorded.
    """

    needs_two: bool
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """The next state; ``override``: an owner does alone what needs two."""

    state: State
    override: bool = False


def next_step(change: Change, action: Action, person: str, rules: Rules, now: float) -> Step | None:
    """What an action leads to; None: it is not possible in this state, or this person may not.

    An approver is somebody who saved nothing of the change since it was last approved. An approval that ended counts no more: the same
    text is approved by somebody else again.
    """
    is_alone = not rules.needs_two
    state: State | None = AFTER.get((change.state, action))
    if action == "approve" and change.state == "draft" and (is_alone or person in rules.owners):
        state = "approved"
    if state is None or (action == "ask" and is_alone):
        return None
    if change.state == "approved" and change.due is not None and change.due <= now:
        return None
    if action == "approve" and rules.needs_two and (change.state == "draft" or person in change.savers):
        return Step(state, override=True) if person in rules.owners else None
    return Step(state)


ACTIONS: tuple[Action, ...] = ("save", "ask", "return", "approve", "take_back", "discard")


def possible(change: Change, person: str, rules: Rules, now: float) -> frozenset[Action]:
    """What this person may do with the change now."""
    return frozenset(action for action in ACTIONS if next_step(change, action, person, rules, now))
