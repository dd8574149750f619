"""SQLite for SQLAlchemy, awaited. What is short is done on the event loop, which costs less than a thread's two switches.

Nothing waits on the loop: a lock that another process holds is tried again after a pause, a statement that reads for long begins again in a
thread, transactions that are known to write much have one from the start, and so has whatever waits for the disk.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteExecutionContext
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only

DRIVER = "sqlite+loop"
"""Of the URLs that open it."""

BUSY_TIMEOUT_SECONDS = 15
"""How long a statement waits for a lock that another process holds."""

LOOP_SECONDS = 0.003
"""How long a statement that reads may keep the loop."""

LOG_BYTES = 4_096_000
"""Size of the write-ahead log from which on it is copied into the file: SQLite's own thousand pages (sqlite.org/pragma.html#pragma_wal_autocheckpoint)."""

_PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
"""Seconds between attempts to get a lock, the last again and again. They grow as SQLite's own do."""

_NEVER = float("inf")

_STEPS = 1000
"""Of SQLite's machine, about 50 µs, between two looks at the time."""


class Cursor(sqlite3.Cursor):
    """Has all rows of a statement that :meth:`run` did once that is done, wherever it was done."""

    _rows: list[Any] | None = None

    def run(self, execute: Callable[[], object]) -> None:
        execute()
        self._rows = super().fetchall() if self.description else []

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return super().fetchall() if rows is None else rows

    def fetchone(self) -> Any:
        if self._rows is None:
            return super().fetchone()
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        rows = self._rows or []
        rows, self._rows = rows[: size or 1], rows[size or 1 :]
        return rows


class ServerCursor(sqlite3.Cursor):
    """Has its rows when they are asked for; of as many as there may be."""

    def run(self, execute: Callable[[], object]) -> None:
        execute()

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        rows: list[Any] = []
        fetch = super().fetchmany
        connection: Any = self.connection
        await_only(connection.in_thread(lambda: rows.extend(fetch(size))))
        return rows


class Connection(sqlite3.Connection):
    """Rolls back when it is closed, and is closed when it is no longer referenced, for example after a cancelled attempt to connect.

    SQLite keeps the transaction of a closed connection, and its lock, as long as one of its statements is referenced, for
    example after a cancelled write (sqlite.org/c3ref/close.html, "zombie").

    Attributes:
        only_reads: its statements may be interrupted and begun again.
        is_long: its statements are done in a thread.
        log: path of the write-ahead log; "": it is not looked after.
        begin: the statement with which its transactions begin.
    """

    only_reads = False
    is_long = False
    log = ""
    begin = "BEGIN"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._end = [_NEVER]

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    def interrupt_long_reads(self) -> None:
        self.only_reads = True
        end = self._end  # the handler refers to no connection, which would keep it from being closed
        self.set_progress_handler(lambda: monotonic() > end[0], _STEPS)

    def is_done_at_once(self, work: Callable[[], object]) -> bool:
        """Does the work of a statement, unless it reads for long or another process holds a lock."""
        self._end[0], was_open = monotonic() + LOOP_SECONDS, self.in_transaction
        try:
            work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                # a BEGIN was done: SQLite also looks at the time when a statement has ended
                return self.in_transaction and not was_open
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        finally:
            self._end[0] = _NEVER
        return True

    async def do(self, work: Callable[[], object]) -> None:
        """Does the work of a statement that cannot be done at once, and waits for a lock if another process holds it."""
        pauses, end = iter(_PAUSES), monotonic() + BUSY_TIMEOUT_SECONDS
        while True:
            try:
                if self.is_long or self.only_reads:
                    return await self.in_thread(work)
                work()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > end:
                    raise
            else:
                return None
            await asyncio.sleep(next(pauses, _PAUSES[-1]))

    async def in_thread(self, work: Callable[[], object]) -> None:
        """Does the work in a thread. If who waits for it is cancelled, its statement is interrupted, and has ended."""
        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                self.interrupt()
                await asyncio.wait((task,), timeout=0.01)
            task.exception()
            raise

    def is_log_long(self) -> bool:
        """Whether the write-ahead log is to be emptied."""
        with suppress(FileNotFoundError):
            return self.log != "" and os.stat(self.log).st_size > LOG_BYTES  # noqa: PTH116  at each commit
        return False

    def empty_log(self) -> None:
        """Copies the log into the file and empties it, unless somebody reads or writes there (sqlite.org/pragma.html#pragma_wal_checkpoint).

        The first transaction of an empty log waits for the disk, so it is made here.
        """
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        with suppress(sqlite3.OperationalError):
            version = self.execute("PRAGMA user_version").fetchone()[0]
            self.execute(f"PRAGMA user_version = {version}").close()

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()

    def __del__(self) -> None:
        with suppress(sqlite3.Error):
            self.close()


def _run(connection: Connection, work: Callable[[], object]) -> None:
    if connection.is_long or not connection.is_done_at_once(work):
        await_only(connection.do(work))


class ExecutionContext(SQLiteExecutionContext):
    def create_server_side_cursor(self) -> Any:
        return self._dbapi_connection.cursor(ServerCursor)


class Dialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, whose connections are :class:`Connection`."""

    driver = "loop"
    is_async = True
    supports_statement_cache = True
    supports_server_side_cursors = True
    execution_ctx_cls = ExecutionContext

    @classmethod
    def get_pool_class(cls, url: Any) -> type[AsyncAdaptedQueuePool]:
        return AsyncAdaptedQueuePool

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        _run(cursor.connection, partial(cursor.run, partial(cursor.execute, statement, parameters)))

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        _run(cursor.connection, partial(cursor.run, partial(cursor.execute, statement)))

    def do_executemany(self, cursor: Any, statement: str, parameters: Sequence[Any], context: Any = None) -> None:
        _run(cursor.connection, partial(cursor.run, partial(cursor.executemany, statement, parameters)))

    def do_begin(self, dbapi_connection: Any) -> None:
        # not by an event of the engine: with one, SQLAlchemy asks for listeners at every step of every statement
        _run(dbapi_connection, partial(dbapi_connection.execute, dbapi_connection.begin))

    def do_commit(self, dbapi_connection: Any) -> None:
        _run(dbapi_connection, dbapi_connection.commit)

    def do_rollback(self, dbapi_connection: Any) -> None:
        if dbapi_connection.is_long:
            await_only(dbapi_connection.in_thread(dbapi_connection.rollback))
        else:
            dbapi_connection.rollback()


registry.register("sqlite.loop", __name__, Dialect.__name__)
