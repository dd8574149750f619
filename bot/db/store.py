"""The store as a whole: opened once, handed to whoever keeps or reads something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.db.bulletins import Bulletins, FanOut
from bot.db.engine import Clock, Database, open_database
from bot.db.feeds import Candidates, Feeds
from bot.db.leases import Leases
from bot.db.migrations import prepare
from bot.db.questions import Unanswered
from bot.db.queue import Claims, Records
from bot.db.readers import Chats, Readers
from bot.db.replication import Followers
from bot.db.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Store:
    """What outlives the process, a part for each noun."""

    database: Database
    readers: Readers
    chats: Chats
    subscriptions: Subscriptions
    bulletins: Bulletins
    followers: Followers
    fan_out: FanOut
    claims: Claims
    records: Records
    leases: Leases
    feeds: Feeds
    candidates: Candidates
    unanswered: Unanswered


def store_on(database: Database) -> Store:
    """The parts, on a database that is ready."""
    readers = Readers(database)
    return Store(
        database,
        readers,
        Chats(database, readers),
        Subscriptions(database),
        Bulletins(database),
        Followers(database),
        FanOut(database),
        Claims(database),
        Records(database),
        Leases(database),
        Feeds(database),
        Candidates(database),
        Unanswered(database),
    )


@asynccontextmanager
async def open_store(url: str | None = None, clock: Clock | None = None) -> AsyncIterator[Store]:
    """The store at ``url`` (None: the default SQLite file; ``sqlite://``: in memory), ready, and closed at the end.

    ``clock`` (seconds since 1970) stands in for the database's own.

    Raises:
        UnusableDatabase: with one line that says what to do.
    """
    database = open_database(url, clock)
    try:
        await prepare(database)
        store = store_on(database)
        await store.readers.load()
        yield store
    finally:
        await database.close()
