"""What owners were told of, so that of several processes one tells them."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.db.engine import AsyncConnection, Database, insert_into
from bot.db.schema import alarms, applied

KEPT_SECONDS = 3 * 24 * 3600
"""Telegram keeps an update for 24 hours (core.telegram.org/bots/api#getting-updates); longer after that nobody asks."""


class AlreadyApplied(Exception):
    """What the update asked for was done when it came before; nothing was changed now."""


async def apply_once(database: Database, connection: AsyncConnection, cause: str | None) -> None:
    """Notes the update in the transaction that makes its change; None: what asks never comes again.

    Raises:
        AlreadyApplied: it is noted, by this process or another.
    """
    if cause is None:
        return
    values = {"cause": cause, "at": database.now}
    noted = await connection.affect(insert_into(database, applied).values(values).on_conflict_do_nothing())
    if noted == 0:
        raise AlreadyApplied(cause)


async def was_applied(connection: AsyncConnection, cause: str | None) -> bool:
    """Whether the update is noted."""
    if cause is None:
        return False
    return (await connection.execute(select(applied.c.cause).where(applied.c.cause == cause))).one_or_none() is not None


@dataclass(frozen=True, slots=True)
class Applied:
    """The notes as a whole."""

    database: Database

    async def is_first(self, cause: str) -> bool:
        """Whether nobody has noted this yet; from now on it is."""
        try:
            async with self.database.write() as connection:
                await apply_once(self.database, connection, cause)
        except AlreadyApplied:
            return False
        return True

    async def forget_old(self) -> int:
        """Drops what nobody will bring again; returns how many."""
        old = delete(applied).where(applied.c.at < self.database.now - KEPT_SECONDS)
        async with self.database.write() as connection:
            return await connection.affect(old)


HOUR_SECONDS = 3600.0


async def is_first_in_an_hour(database: Database, kind: str) -> bool:
    """Whether no process has told of this kind for an hour; if so, this one has from now on."""
    hour_ago = database.now - HOUR_SECONDS
    told = insert_into(database, alarms).values(kind=kind, told=database.now)
    again = told.on_conflict_do_update(
        index_elements=["kind"], set_={"told": database.now}, where=alarms.c.told <= hour_ago
    )
    async with database.write() as connection:
        return (await connection.execute(again.returning(alarms.c.kind))).one_or_none() is not None
