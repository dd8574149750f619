"""SQLAlchemy Core for a process that waits in one event loop, without the ORM that ``sqlalchemy.ext.asyncio`` brings along.

SQLAlchemy's drivers for asyncio work in a greenlet of :func:`sqlalchemy.util.greenlet_spawn`, from which they wait without
holding up the loop; that, and closing what was opened even where a task is cancelled, is all that is done here
(docs/decisions/0090).
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Executable, Result, Row
from sqlalchemy.util import greenlet_spawn

P = ParamSpec("P")
T = TypeVar("T")

AnyRow = Row[*tuple[Any, ...]]
Rows = Result[*tuple[Any, ...]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

STREAMED = 500
"""Rows fetched at a time where a result is not held in memory."""


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

    @property
    def is_sqlite(self) -> bool:
        return self.sync_engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def connect(self, isolation_level: Any = None) -> AsyncIterator[AsyncConnection]:
        """A connection of the pool; what it changed and did not commit is undone. ``isolation_level`` None: the database's own."""
        connection = await greenlet_spawn(self.sync_engine.connect)
        try:
            if isolation_level is not None:
                await greenlet_spawn(connection.execution_options, isolation_level=isolation_level)
            yield AsyncConnection(connection)
        finally:
            await _to_its_end(greenlet_spawn(connection.close))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, undone where it raises."""
        connection = await greenlet_spawn(self.sync_engine.connect)
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
