"""From bulletins to deliveries: whole audiences at once, inside the database, so that memory stays flat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Double,
    SmallInteger,
    String,
    and_,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    update,
    values,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnClause, ColumnElement
from sqlalchemy.sql.selectable import CTE

from bot.schedule import allowed_from
from bot.store.database import Database
from bot.store.subscriptions import timing_of
from bot.store.tables import deliveries, readers, subscription_topics, subscriptions
from bot.store.upserts import insert_into

_TIMING = (
    subscriptions.c.pace,
    subscriptions.c.hour,
    subscriptions.c.weekday,
    subscriptions.c.quiet_start,
    subscriptions.c.quiet_end,
    subscriptions.c.zone,
)
_TIMINGS_AT_ONCE = 500
"""Timings that one statement joins with; SQLite allows 32,766 variables in a statement."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """Writes deliveries for everyone whom a bulletin concerns."""

    database: Database

    async def publish(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> int:
        """A delivery for each active subscriber of the topics; returns how many there are. Nobody gets a second.

        An urgent one is due since ever, so that it goes before all that waits.
        """
        timings = (await connection.execute(select(*_TIMING).distinct())).all()
        for start in range(0, len(timings), _TIMINGS_AT_ONCE):
            rows = []
            for row in timings[start : start + _TIMINGS_AT_ONCE]:
                due = 0.0 if urgent else allowed_from(timing_of(row), urgent, now)
                rows.append((*row, due, row.pace != "at_once" and not urgent))
            await self._insert(connection, bulletin, revision, topics, rows, now)
        counted = select(func.count()).select_from(deliveries).where(deliveries.c.bulletin_id == bulletin)
        return int((await connection.execute(counted)).scalar_one())

    async def correct(
        self, connection: AsyncConnection, bulletin: str, revision: int, languages: Iterable[str] | None, now: float
    ) -> None:
        """Who saw another wording in one of the languages (None: in any) is to see the new one; who waits, gets it."""
        of_it = deliveries.c.bulletin_id == bulletin
        unsent, seen = deliveries.c.message_id.is_(None), deliveries.c.message_id.is_not(None)
        changed = seen if languages is None else seen & deliveries.c.language.in_(sorted(languages))
        await connection.execute(update(deliveries).where(of_it, or_(unsent, changed)).values(wanted=revision))
        reached = deliveries.c.reader_id.in_(select(readers.c.id).where(readers.c.suspended_since.is_(None)))
        again = update(deliveries).where(of_it, changed, deliveries.c.state == "delivered", reached)
        await connection.execute(again.values(state="due", due=now, attempts=0))

    async def withdraw(self, connection: AsyncConnection, bulletin: str, revision: int, now: float) -> None:
        """Who saw it is told that it was withdrawn; who waits for it, gets nothing."""
        waiting = deliveries.c.state.in_(("due", "retry")) & deliveries.c.message_id.is_(None)
        drop = update(deliveries).where(deliveries.c.bulletin_id == bulletin, waiting)
        await connection.execute(drop.values(state="dropped", reason="withdrawn"))
        await self.correct(connection, bulletin, revision, None, now)

    async def restore(self, connection: AsyncConnection, bulletin: str, now: float) -> None:
        """Who was to get it before it was withdrawn gets it after all."""
        dropped = (deliveries.c.state == "dropped") & (deliveries.c.reason == "withdrawn")
        again = update(deliveries).where(deliveries.c.bulletin_id == bulletin, dropped)
        await connection.execute(again.values(state="due", due=now, reason=None))

    async def _insert(
        self,
        connection: AsyncConnection,
        bulletin: str,
        revision: int,
        topics: Sequence[str],
        rows: Sequence[tuple[object, ...]],
        now: float,
    ) -> None:
        timing = _timings(rows)
        same = and_(*(mine == theirs for mine, theirs in zip(_TIMING, timing.c, strict=False)))
        found = (
            select(
                literal(bulletin),
                readers.c.id,
                readers.c.platform,
                literal("due"),
                timing.c.due,
                literal(revision),
                timing.c.digest,
                literal(now),
            )
            .select_from(subscriptions)
            .join(readers)
            .join(timing, same)
            .where(readers.c.suspended_since.is_(None), _wanting(topics))
        )
        columns = ["bulletin_id", "reader_id", "platform", "state", "due", "wanted", "digest", "created"]
        statement = insert_into(self.database, deliveries).from_select(columns, found).on_conflict_do_nothing()
        await connection.execute(statement)


def _wanting(topics: Sequence[str]) -> ColumnElement[bool]:
    """Subscriptions that a bulletin about the topics concerns; about none: all."""
    if not topics:
        return subscriptions.c.reader_id.is_not(None)
    chosen = exists().where(
        subscription_topics.c.reader_id == subscriptions.c.reader_id, subscription_topics.c.topic.in_(topics)
    )
    return or_(subscriptions.c.every_topic, chosen)


def _timings(rows: Sequence[tuple[object, ...]]) -> CTE:
    """Each timing with the moment from which its readers may get the bulletin, as a table to join with."""
    columns: list[ColumnClause[Any]] = [column(each.name, type_) for each, type_ in zip(_TIMING, _TYPES, strict=True)]
    return values(*columns, column("due", Double), column("digest", Boolean), name="timings").data(list(rows)).cte()


_TYPES = (String, SmallInteger, SmallInteger, SmallInteger, SmallInteger, String)
