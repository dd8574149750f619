"""Updates that were applied, and alarms that were sent, so that neither happens twice."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import Database, insert_into
from bot.db.schema import alarms, applied_updates

KEPT_SECONDS = 3 * 24 * 3600
"""Telegram keeps an update for 24 hours (core.telegram.org/bots/api#getting-updates)."""


class AlreadyApplied(Exception):
    """The update was applied when it came before. Nothing was changed now."""


async def apply_once(database: Database, connection: AsyncConnection, cause: str | None) -> None:
    """Notes an update in the transaction that makes its change. None: it cannot come again, and nothing is noted.

    Raises:
        AlreadyApplied: this process or another has noted it.
    """
    if cause is None:
        return
    values = {"cause": cause, "applied": database.now}
    noted = await connection.execute(insert_into(database, applied_updates).values(values).on_conflict_do_nothing())
    if noted.rowcount == 0:
        raise AlreadyApplied(cause)


async def was_applied(connection: AsyncConnection, cause: str | None) -> bool:
    """Whether the update is noted."""
    if cause is None:
        return False
    return (
        await connection.execute(select(applied_updates.c.cause).where(applied_updates.c.cause == cause))
    ).one_or_none() is not None


@dataclass(frozen=True, slots=True)
class AppliedUpdates:
    """The notes."""

    database: Database

    async def is_first(self, cause: str) -> bool:
        """Notes an update. Returns whether nobody had noted it before."""
        try:
            async with self.database.write() as connection:
                await apply_once(self.database, connection, cause)
        except AlreadyApplied:
            return False
        return True

    async def delete_old(self) -> int:
        """Deletes notes of updates that cannot come again; returns how many."""
        old = delete(applied_updates).where(applied_updates.c.applied < self.database.now - KEPT_SECONDS)
        async with self.database.write() as connection:
            return (await connection.execute(old)).rowcount


HOUR_SECONDS = 3600.0


async def is_first_in_an_hour(database: Database, kind: str) -> bool:
    """Notes an alarm, unless a process noted one of this kind within the last hour. Returns whether it was noted."""
    hour_ago = database.now - HOUR_SECONDS
    first = insert_into(database, alarms).values(kind=kind, sent=database.now)
    again = first.on_conflict_do_update(
        index_elements=["kind"], set_={"sent": database.now}, where=alarms.c.sent <= hour_ago
    )
    async with database.write() as connection:
        return (await connection.execute(again.returning(alarms.c.kind))).one_or_none() is not None
