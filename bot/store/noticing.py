"""Whether notices come through to whoever listens.

A pooler that gives each transaction another of its connections (PgBouncer's transaction mode) takes LISTEN and passes nothing
on, so that what one process sets is not told to the others (pgbouncer.org/features.html).
"""

import asyncio
from contextlib import suppress
from secrets import token_hex

import structlog
from sqlalchemy import func, select

from bot.store.database import LOST, Database

log = structlog.get_logger("bot.store")

PATIENCE_SECONDS = 2.0
"""Within which one process must see what another set."""

REMEDY = "give DATABASE_URL the server's direct address, or the pooler's session mode, where there are several replicas"


async def passes_notices(database: Database) -> bool:
    """Tells itself something and sees whether it comes. True on SQLite, which has nobody to tell.

    Raises:
        Any of :data:`LOST`: the database is away.
    """
    if database.connect is None:
        return True
    channel, heard = f"nota_{token_hex(8)}", asyncio.Event()
    connection = await database.connect()
    try:
        await connection.listen(channel, lambda _: heard.set(), lambda: None)
        async with database.write() as telling:
            await telling.execute(select(func.pg_notify(channel, "")))
        with suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), PATIENCE_SECONDS)
    finally:
        connection.terminate()
    return heard.is_set()


async def warn_of_none(database: Database) -> None:
    """Says so at a start; a database that is away is others' to tell of."""
    with suppress(*LOST):
        if not await passes_notices(database):
            log.warning(f"other replicas' changes are not told: {database.url} passes no LISTEN on, {REMEDY}")
