"""The states of a change, and who may do what with it.

docs/architecture.md draws them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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


TAKE_BACK_SECONDS = 60.0
"""From an approval until the change comes into force, at least: so long it can be taken back. A withdrawal does not wait."""

Role = Literal["writer", "approver"]
"""What an editor in EDITORS is, if not both. An approver writes, too."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who decides.

    Attributes:
        needs_two: whether another editor must approve a change.
        owners: may approve alone what needs two; that is recorded.
        writers: the editors who write only.
        approvers: all who may approve what somebody else wrote; None: unknown, as the admins of a chat are.
    """

    needs_two: bool
    owners: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()
    approvers: frozenset[str] | None = None

    def decides(self, person: str) -> bool:
        """Whether the account may approve, return, withdraw and read all decisions: it is not a writer's alone."""
        return person in self.owners or person not in self.writers

    def allows(self, change: Change, action: Action, person: str) -> bool:
        """Whether the account's role allows it. A writer takes back and discards what is his own alone."""
        if self.decides(person) or action in ("save", "ask"):
            return True
        if action == "discard":
            return change.savers <= {person}
        return action in ("return", "take_back") and person in change.savers

    def has_approver(self, change: Change) -> bool:
        """Whether somebody is known who may approve it, or may be known to its platform alone."""
        return not self.needs_two or self.approvers is None or bool(self.owners) or not self.approvers <= change.savers


@dataclass(frozen=True, slots=True)
class Step:
    """The next state; ``override``: an owner does alone what needs two."""

    state: State
    override: bool = False


def next_step(change: Change, action: Action, person: str, rules: Rules, now: float) -> Step | None:
    """What an action leads to; None: it is not possible in this state, or this person may not (:meth:`Rules.allows`).

    An approver is somebody who saved nothing of the change, or nothing since another approver changed what was approved. An approval that ended counts no more: the same
    text is approved by somebody else again.
    """
    is_alone = not rules.needs_two or (change.gathers == "deploy" and not change.savers)  # nobody here wrote it
    state: State | None = AFTER.get((change.state, action))
    if action == "approve" and change.state == "draft" and (is_alone or person in rules.owners):
        state = "approved"
    if state is None or (action == "ask" and is_alone) or not rules.allows(change, action, person):
        return None
    if change.state == "approved" and change.due is not None and change.due <= now:
        return None
    if action == "approve" and not is_alone and (change.state == "draft" or person in change.savers):
        return Step(state, override=True) if person in rules.owners else None
    return Step(state)


ACTIONS: tuple[Action, ...] = ("save", "ask", "return", "approve", "take_back", "discard")


def possible(change: Change, person: str, rules: Rules, now: float) -> frozenset[Action]:
    """What this person may do with the change now."""
    return frozenset(action for action in ACTIONS if next_step(change, action, person, rules, now))
