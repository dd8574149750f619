"""The store as a whole: opened once, handed to whoever keeps or reads something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.store.candidates import Candidates
from bot.store.chats import Chats
from bot.store.database import Clock, Database, open_database
from bot.store.feeds import Feeds
from bot.store.migrating import prepare
from bot.store.readers import Readers
from bot.store.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Store:
    """What outlives the process, a part for each noun."""

    database: Database
    readers: Readers
    chats: Chats
    subscriptions: Subscriptions
    feeds: Feeds
    candidates: Candidates


def store_on(database: Database) -> Store:
    """The parts, on a database that is ready."""
    readers = Readers(database)
    chats, subscriptions = Chats(database, readers), Subscriptions(database)
    return Store(database, readers, chats, subscriptions, Feeds(database), Candidates(database))


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
