"""What owners were told of, so that of several processes one tells them."""

from bot.store.database import Database
from bot.store.tables import alarms
from bot.store.upserts import insert_into

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
