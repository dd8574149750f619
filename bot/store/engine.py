"""SQLAlchemy Core for a process that waits in one event loop, without the ORM that ``sqlalchemy.ext.asyncio`` brings along.

SQLAlchemy's drivers for asyncio work in a greenlet of :func:`sqlalchemy.util.greenlet_spawn`, from which they wait without
holding up the loop; that, and closing what was opened even where a task is cancelled, is all that is done here
(docs/decisions/0090).
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Executable, Result, Row, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.util import greenlet_spawn

P = ParamSpec("P")
T = TypeVar("T")

AnyRow = Row[*tuple[Any, ...]]
Rows = Result[*tuple[Any, ...]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

STREAMED = 500
"""Rows fetched at a time where a result is not held in memory."""

_PASSING_IN_POSTGRESQL = ("08", "40", "53", "57", "58", "25006", "25P03", "25P04", "55P03")
"""Beginnings of error codes: connection lost, deadlock, no room, shut down, disk; read-only, too slow, locked
(postgresql.org/docs/current/errcodes-appendix.html)."""

_PASSING_IN_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
"""Primary result codes that say the same of a file (sqlite.org/rescode.html)."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or cannot do anything for now: it starts, is full, locked or read-only.

    The message is the database's own, without the statement and its values. What a statement itself does wrong (no such
    table, a value that does not fit) is SQLAlchemy's own error, since trying again cannot mend it.
    """


class AsyncConnection:
    """A connection that is used by one task at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Rows:
        """Executes it; its rows, if it has any, are in memory."""
        return await greenlet_spawn(_rows, self._connection, statement, parameters)

    async def affect(self, statement: Executable, parameters: Parameters = None) -> int:
        """Executes what returns no rows; returns how many it wrote or deleted."""
        return await greenlet_spawn(_affected, self._connection, statement, parameters)

    async def stream(self, statement: Executable) -> AsyncIterator[AnyRow]:
        """Executes it and gives its rows one after the other, however many they are, a few at a time in memory."""
        parts = await greenlet_spawn(_parts, self._connection, statement)
        while part := await greenlet_spawn(next, parts, None):
            for row in part:
                yield row

    async def run_sync(self, act: Callable[Concatenate[Connection, P], T], *given: P.args, **named: P.kwargs) -> T:
        """What ``act`` makes of SQLAlchemy's own connection, on which it may do whatever it likes."""
        return await greenlet_spawn(partial(act, self._connection, *given, **named))


class AsyncEngine:
    """Connections of an engine whose driver is one for asyncio."""

    def __init__(self, engine: Engine) -> None:
        self.sync_engine = engine
        event.listen(engine, "handle_error", _unavailable, retval=True)

    @property
    def is_sqlite(self) -> bool:
        return self.sync_engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def connect(self, **options: Any) -> AsyncIterator[AsyncConnection]:
        """A connection of the pool, with execution options; what it changed and did not commit is undone."""
        connection = await self._connected()
        try:
            if options:
                await greenlet_spawn(partial(connection.execution_options, **options))
            yield AsyncConnection(connection)
        finally:
            await _to_its_end(greenlet_spawn(connection.close))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, undone where it raises."""
        connection = await self._connected()
        try:
            transaction = await greenlet_spawn(connection.begin)
            try:
                yield AsyncConnection(connection)
            except BaseException:
                await _to_its_end(greenlet_spawn(transaction.__exit__, *sys.exc_info()))
                raise
            await _to_its_end(greenlet_spawn(transaction.__exit__, None, None, None))
        finally:
            await _to_its_end(greenlet_spawn(connection.close))

    async def dispose(self) -> None:
        """Closes the pool's connections."""
        await greenlet_spawn(self.sync_engine.dispose)

    async def _connected(self) -> Connection:
        try:
            return await greenlet_spawn(self.sync_engine.connect)
        except PoolTimeout as error:  # each connection waits for the database
            raise DatabaseUnavailable("no connection is free") from error


def _unavailable(context: ExceptionContext) -> BaseException | None:
    """What is raised in place of a driver's error that passes; None: the error as it is.

    A cancellation ends the connection too, and SQLAlchemy calls that a disconnect.
    """
    error = context.original_exception
    if not isinstance(error, Exception):
        return None
    said = str(error).partition("\n")[0] or type(error).__name__
    return DatabaseUnavailable(said) if context.is_disconnect or _passes(error) else None


def _passes(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING_IN_SQLITE
    return isinstance(error, TimeoutError | OSError) or str(getattr(error, "sqlstate", "")).startswith(
        _PASSING_IN_POSTGRESQL
    )


def _rows(connection: Connection, statement: Executable, parameters: Parameters) -> Rows:
    """Read to the end, so that the driver's cursor is closed where it can still be waited for."""
    result = connection.execute(statement, parameters)
    return result.freeze()() if result.returns_rows else result


def _affected(connection: Connection, statement: Executable, parameters: Parameters) -> int:
    return connection.execute(statement, parameters).rowcount


def _parts(connection: Connection, statement: Executable) -> Iterator[Sequence[AnyRow]]:
    options = {"stream_results": True, "max_row_buffer": STREAMED}
    return connection.execute(statement, execution_options=options).partitions(STREAMED)


async def _to_its_end(work: Coroutine[Any, Any, Any]) -> None:
    """Waits until it is done even where the task is cancelled meanwhile; cancels afterwards.

    A connection that is given back half way would be lost to the pool, or go back into one that is closed by then.
    """
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None and not task.cancelled():
        task.exception()
        raise cancelled
    task.result()
