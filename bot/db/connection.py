"""A connection of SQLAlchemy whose statements are awaited.

SQLAlchemy's asyncio extension has the same methods, and imports its ORM for sessions, which Nota has none of: 7 MB.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, Row
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.util import greenlet_spawn

Result = TypeVar("Result")


AnyRow = Row[*tuple[Any, ...]]

_PART = 100
"""So many rows of a stream are fetched at once."""


async def done(work: Callable[..., Result], *arguments: Any, at_once: bool) -> Result:
    """The result of work of SQLAlchemy.

    ``at_once``: it is tried without a greenlet, whose stack takes longer to make than SQLite takes for a short statement. Where it has to wait
    nevertheless, it has done nothing yet.
    """
    if at_once:
        with suppress(MissingGreenlet):
            return work(*arguments)
    return await greenlet_spawn(work, *arguments)


@dataclass(frozen=True, slots=True)
class AsyncConnection:
    """``sync``: SQLAlchemy's own connection, of a driver that is awaited; ``at_once``: that mostly has nothing to wait for."""

    sync: Connection
    at_once: bool = False

    @property
    def driver(self) -> Any:
        """The driver's own connection."""
        return self.sync.connection.driver_connection

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """The result of a statement, with all its rows."""
        return await done(self.sync.execute, statement, parameters, at_once=self.at_once)

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of a statement."""
        return (await self.execute(statement, parameters)).all()

    async def row(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> AnyRow | None:
        """The only row of a statement; None: there is none."""
        return (await self.execute(statement, parameters)).one_or_none()

    async def scalars(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """The first column of all rows."""
        return (await self.execute(statement, parameters)).scalars().all()

    async def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the only row; None: there is no row."""
        return (await self.execute(statement, parameters)).scalar_one_or_none()

    async def stream(self, statement: Executable) -> AsyncIterator[AnyRow]:
        """The rows of a statement of which there may be more than fit into memory."""
        streaming = self.sync.execution_options(stream_results=True)
        result = await greenlet_spawn(streaming.execute, statement)
        while rows := await greenlet_spawn(result.fetchmany, _PART):
            for row in rows:
                yield row

    async def run_sync(self, work: Callable[[Connection], Result]) -> Result:
        """The result of work that knows of no asyncio."""
        return await greenlet_spawn(work, self.sync)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[None]:
        """A transaction: committed at the end of the block, rolled back if the block raises."""
        transaction = await done(self.sync.begin, at_once=self.at_once)
        try:
            yield
        except BaseException as error:
            await greenlet_spawn(transaction.__exit__, type(error), error, error.__traceback__)
            raise
        await done(transaction.__exit__, None, None, None, at_once=self.at_once)
