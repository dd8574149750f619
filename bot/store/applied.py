"""Changes that were made at the word of an update, so that a platform may bring the update again (decision 81)."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.store.database import Database
from bot.store.engine import AsyncConnection
from bot.store.tables import applied
from bot.store.upserts import insert_into

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
