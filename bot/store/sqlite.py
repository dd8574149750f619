"""SQLite as we use it: WAL, transactions that begin where we say, waiting where others write."""

import asyncio
import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine.url import URL
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.store.engine import AsyncEngine

BUSY_TIMEOUT_SECONDS = 15
_WAL_PAUSE_SECONDS = 0.05


WITHOUT_BEGIN = "without_begin"
"""The execution option of a connection on which each statement is a transaction by itself."""


class LettingGo(sqlite3.Connection):
    """A connection that gives up its transaction when it is closed.

    SQLite itself keeps one open, and its lock, for as long as a statement of it is still referred to, as after a write
    that was cancelled (sqlite.org/c3ref/close.html, "zombie").
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


def engine_of(url: URL, begin: str, connections: int) -> AsyncEngine:
    """An engine whose transactions begin with ``begin``; connects when first used."""
    engine = create_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "factory": LettingGo},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, DDL included
        _execute(connection, "PRAGMA synchronous=NORMAL")
        _execute(connection, "PRAGMA foreign_keys=ON")
        _switch_to_wal(connection)

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        if not connection.get_execution_options().get(WITHOUT_BEGIN):
            connection.exec_driver_sql(begin)

    return AsyncEngine(engine)


def _execute(connection: Any, statement: str) -> None:
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _switch_to_wal(connection: Any) -> None:
    """SQLite does not wait for its lock when it changes the journal, so two that open a new file wait here."""
    for _ in range(int(BUSY_TIMEOUT_SECONDS / _WAL_PAUSE_SECONDS)):
        try:
            return _execute(connection, "PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            connection.run_async(lambda _: asyncio.sleep(_WAL_PAUSE_SECONDS))
    return _execute(connection, "PRAGMA journal_mode=WAL")
