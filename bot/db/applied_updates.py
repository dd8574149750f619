"""Updates that were applied, and alarms that were sent, so that neither happens twice."""

from sqlalchemy import select

from bot.db.connection import AsyncConnection
from bot.db.engine import Database, insert_into
from bot.db.schema import done_once


class AlreadyApplied(Exception):
    """The update was applied before. Nothing was changed."""


async def apply_once(database: Database, connection: AsyncConnection, cause: str | None) -> None:
    """Records an update in the transaction that makes its change. ``cause`` is None if the update cannot come again.

    Raises:
        AlreadyApplied: a process has recorded it before.
    """
    if cause is None:
        return
    values = {"name": cause, "done": database.now}
    recorded = await connection.execute(insert_into(database, done_once).values(values).on_conflict_do_nothing())
    if recorded.rowcount == 0:
        raise AlreadyApplied(cause)


async def was_applied(connection: AsyncConnection, cause: str | None) -> bool:
    """Whether the update is recorded."""
    if cause is None:
        return False
    return await connection.row(select(done_once.c.name).where(done_once.c.name == cause)) is not None


async def is_first(database: Database, cause: str) -> bool:
    """Records an update. Returns False if it was recorded before."""
    try:
        async with database.write() as connection:
            await apply_once(database, connection, cause)
    except AlreadyApplied:
        return False
    return True


HOUR_SECONDS = 3600.0


async def is_within_an_hour(database: Database, kind: str, most: int) -> bool:
    """Records one more of a kind, unless so many were recorded within the last hour. Returns whether it was recorded."""
    for number in range(most):
        if await is_first_in_an_hour(database, f"{kind}:{number}"):
            return True
    return False


async def is_first_in_an_hour(database: Database, kind: str) -> bool:
    """Records an alarm, unless one of this kind was recorded within the last hour. Returns whether it was recorded."""
    is_old = done_once.c.done <= database.now - HOUR_SECONDS
    first = insert_into(database, done_once).values(name=f"alarm:{kind}", done=database.now)
    statement = first.on_conflict_do_update(index_elements=["name"], set_={"done": database.now}, where=is_old)
    async with database.write() as connection:
        return await connection.row(statement.returning(done_once.c.name)) is not None
