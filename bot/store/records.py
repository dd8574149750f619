"""What became of deliveries, written back into the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Update, bindparam, case, func, or_, update

from bot.store.database import Database
from bot.store.tables import CROSSPOST_DROPPED, CROSSPOST_DUE, CROSSPOST_REFUSED, deliveries

WITHDRAWN = "withdrawn"
"""Why something is dropped whose bulletin was withdrawn before it was sent."""


@dataclass(frozen=True, slots=True)
class Done:
    """A row's reader sees ``shown`` (a revision) in ``language`` now; ``to_crosspost``: the message is still to be crossposted."""

    id: int
    message_id: int
    shown: int
    language: str
    to_crosspost: bool = False


@dataclass(frozen=True, slots=True)
class Crossposted:
    """A row's message was crossposted; or refused to be, and why (:data:`WITHDRAWN`: until the bulletin comes back)."""

    id: int
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """A row is to be tried again in so many seconds."""

    id: int
    seconds: float
    attempts: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A row has come to its end without the reader seeing what was wanted."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row is not wanted any more."""

    id: int
    reason: str


Record = Done | Crossposted | Later | Failed | Dropped


@dataclass(frozen=True, slots=True)
class Records:
    """Writes records. ``holder`` is the process that claimed the rows."""

    database: Database
    _statements: list[tuple[type[Record], Update]] = field(init=False)
    """Made once: to compose them took a fifth of what a delivery takes."""

    def __post_init__(self) -> None:
        statements = [
            (Done, self._done()),
            (Crossposted, self._crossposted()),
            (Later, self._later()),
            (Failed, self._ended("failed")),
            (Dropped, self._ended("dropped")),
        ]
        object.__setattr__(self, "_statements", statements)

    async def write(self, holder: str, records: Sequence[Record]) -> None:
        """Writes what became of claimed rows, all in one transaction.

        A message that stands in the chat is recorded even where the lease was lost meanwhile and nobody has tried the
        row again, so that it is not sent twice.
        """
        async with self.database.write() as connection:
            for kind, statement in self._statements:
                values = [{"mine": holder, **_values(record)} for record in records if isinstance(record, kind)]
                if values:
                    await connection.execute(statement, values)

    def _done(self) -> Update:
        """A row that was corrected or withdrawn while it was under way is due again at once, and so is one that is to be crossposted.

        The message stands in the chat even where the row is not ours any more, as that of a reader who has just unsubscribed.
        """
        unclaimed = or_(*(deliveries.c.state == state for state in ("due", "retry", "dropped", "failed")))
        untried = unclaimed & deliveries.c.message_id.is_(None)
        shown = bindparam("now_shown", type_=deliveries.c.shown.type)
        mine = or_(_claimed, untried)
        crosspost = func.coalesce(bindparam("now_crosspost", type_=deliveries.c.crosspost.type), deliveries.c.crosspost)
        return (
            update(deliveries)
            .where(_row, mine)
            .values(
                state=case(
                    (deliveries.c.wanted > shown, "due"), (crosspost == CROSSPOST_DUE, "retry"), else_="delivered"
                ),
                crosspost=crosspost,
                message_id=bindparam("message"),
                shown=shown,
                language=bindparam("spoken"),
                sent=func.coalesce(deliveries.c.sent, self.database.now),
                edited=case((deliveries.c.sent.is_not(None), self.database.now), else_=None),
                holder=None,
                attempts=0,
                reason=case((crosspost == CROSSPOST_REFUSED, deliveries.c.reason), else_=None),
            )
        )

    def _crossposted(self) -> Update:
        return (
            update(deliveries)
            .where(_row, _claimed)
            .values(
                state=case((deliveries.c.wanted > deliveries.c.shown, "due"), else_="delivered"),
                crosspost=case(
                    (_why == WITHDRAWN, CROSSPOST_DROPPED), (_why.is_not(None), CROSSPOST_REFUSED), else_="done"
                ),
                reason=case((_why != WITHDRAWN, _why), else_=None),
                holder=None,
                attempts=0,
            )
        )

    def _later(self) -> Update:
        values: dict[str, Any] = {
            "state": "retry",
            "attempts": bindparam("tried"),
            "reason": _why,
            "holder": None,
        }
        due = self.database.now + bindparam("seconds")
        return update(deliveries).where(_row, _claimed).values(due=due, **values)

    def _ended(self, state: str) -> Update:
        values: dict[str, Any] = {"state": state, "reason": _why, "holder": None}
        return update(deliveries).where(_row, _claimed).values(**values)


_why = bindparam("why", type_=deliveries.c.reason.type)
_row = deliveries.c.id == bindparam("row")
_claimed = deliveries.c.holder == bindparam("mine")


def _values(record: Record) -> dict[str, object]:
    match record:
        case Done(row, message, shown, language, to_crosspost):
            crosspost = CROSSPOST_DUE if to_crosspost else None
            told = {"row": row, "message": message, "now_shown": shown, "spoken": language}
            return told | {"now_crosspost": crosspost}
        case Crossposted(row, refused):
            return {"row": row, "why": refused}
        case Later(row, seconds, attempts, reason):
            return {"row": row, "seconds": seconds, "tried": attempts, "why": reason}
        case Failed(row, reason) | Dropped(row, reason):
            return {"row": row, "why": reason}
