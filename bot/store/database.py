"""The database: SQLite or PostgreSQL behind one small surface, with the database's own clock."""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Double, bindparam, text
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.elements import ColumnElement

from bot.store.clock import ClockReading
from bot.store.dsn import UnreadableAddress, is_postgresql, read_dsn
from bot.store.engine import AsyncConnection, AsyncEngine, DatabaseUnavailable
from bot.store.sqlite import WITHOUT_BEGIN, engine_of

if TYPE_CHECKING:
    from bot.store.postgresql import Connection

DEFAULT_URL = "sqlite:///data/nota.sqlite3"
"""Beside where the process runs; the folder is made."""

READERS = 4
"""Connections for reading; on SQLite one more writes, on PostgreSQL as many may."""

LOST = (DatabaseUnavailable, TimeoutError)
"""What is raised where the database is away; TimeoutError by who waits for it only so long."""

END_SECONDS = 0.5
"""How long a cancellation waits for statements: one that is cancelled half-way costs its connection."""

CLOSE_SECONDS = 2.0
"""How long may be waited for connections to be closed."""

Result = TypeVar("Result")
Clock = Callable[[], float]
Connect = Callable[[], Awaitable["Connection"]]


class UnusableDatabase(Exception):
    """DATABASE_URL names nothing that can be used, or what stands there cannot be worked on. Says what to do."""


@dataclass(slots=True)
class Database:
    """Where connections come from. Made by :func:`open_database`.

    Attributes:
        url: host and name, or the file; without a password.
        now: the moment, in seconds since 1970, as an expression to be used in statements.
        anchor: what keeps a database in memory alive; None for others.
        connect: a connection of PostgreSQL's own kind, outside the pool and to be closed by who asks; None on SQLite.
    """

    url: str
    now: ColumnElement[float]
    _reading: AsyncEngine
    _writing: AsyncEngine
    connect: Connect | None = None
    anchor: sqlite3.Connection | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_sqlite(self) -> bool:
        return self._writing.is_sqlite

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the data. Not to be opened inside :meth:`write`."""
        async with self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncConnection]:
        """As :meth:`read`, for one statement that sees what is committed, without what a transaction costs around it."""
        options = {WITHOUT_BEGIN: True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        async with self._reading.connect(**options) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As :meth:`read`, where several statements must see the same moment."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        async with self._reading.connect(**options) as connection:
            await self.take_time(connection)
            yield connection

    async def take_time(self, connection: AsyncConnection) -> None:
        """Lets the transaction last, though nothing may be asked in it for a while, as where a person reads what it gives."""
        if not self.is_sqlite:
            await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: all of it or, where the block raises, nothing. SQLite has one at a time."""
        if not self.is_sqlite:
            async with self._writing.begin() as connection:
                yield connection
            return
        async with self._turn, self._writing.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Closes every connection; those of a database that is away close by themselves, or with the process."""
        with suppress(TimeoutError):
            await within(CLOSE_SECONDS, self._close())

    async def _close(self) -> None:
        await self._writing.dispose()
        if self.anchor is not None:
            self.anchor.close()
        await self._reading.dispose()


async def within(seconds: float, statements: Coroutine[Any, Any, Result]) -> Result:
    """What the statements return, for which so many seconds are waited; then they are called off.

    ``asyncio.timeout`` would wait for their connection to be closed too, which takes its time where nobody answers; here
    that goes on by itself.

    Raises:
        TimeoutError: they took longer.
    """
    task = asyncio.ensure_future(statements)
    try:
        await asyncio.wait((task,), timeout=seconds)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=min(seconds, END_SECONDS))
        raise
    finally:
        task.cancel()
        task.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # it may fail when nobody waits any more
    if not task.done():
        raise TimeoutError
    return task.result()


def open_database(url: str | None = None, clock: Clock | None = None) -> Database:
    """The database at ``url`` (None: the default file); connects when first used.

    ``sqlite://`` is one in memory that ends with the process. ``clock`` stands in for the database's own.

    Raises:
        UnusableDatabase: the URL is neither SQLite's nor PostgreSQL's, or cannot be read.
    """
    now: ColumnElement[float] = bindparam("now", callable_=clock, type_=Double()) if clock else ClockReading()
    given = url or DEFAULT_URL
    if is_postgresql(given):
        return _postgresql(given, now)
    try:
        parsed = make_url(given)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "sqlite":
        expected = "expected postgresql://user:password@host/name or sqlite:///path/to/file"
        raise UnusableDatabase(f"DATABASE_URL: not the address of a database we know, {expected}")
    return _sqlite(parsed, now)


def folder_of(url: str | None) -> Path | None:
    """Where the SQLite file at ``url`` (None: the default one) lies; None for one in memory and for PostgreSQL."""
    given = url or DEFAULT_URL
    if not given.startswith("sqlite"):
        return None
    try:
        file = make_url(given).database
    except ArgumentError:
        return None
    return None if file in (None, "", ":memory:") else Path(file).parent


def _postgresql(url: str, now: ColumnElement[float]) -> Database:
    from bot.store import postgresql  # noqa: PLC0415  its driver costs memory, which SQLite's users need not pay

    try:
        dsn = read_dsn(url)
    except UnreadableAddress:
        raise UnusableDatabase(
            "DATABASE_URL: cannot be read, expected postgresql://user:password@host/name; in user and password"
            " write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, [ as %5B"
        ) from None

    async def connect() -> "Connection":
        return postgresql.Connection(await postgresql.connect(dsn))

    engine = postgresql.engine_of(dsn, READERS + 1)
    return Database(dsn.shown, now, engine, engine, connect)


def _sqlite(url: URL, now: ColumnElement[float]) -> Database:
    url = url.set(drivername="sqlite+aiosqlite")
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        _make_file(Path(str(url.database)))
    if in_memory:
        return _in_memory(now)
    writing = engine_of(url, "BEGIN IMMEDIATE", connections=1)
    return Database(str(url.database), now, engine_of(url, "BEGIN", connections=READERS), writing)


def _in_memory(now: ColumnElement[float]) -> Database:
    """One connection works; the other keeps the data, should that be lost, as by a statement that is cancelled."""
    name = f"file:nota-{secrets.token_hex(8)}?mode=memory&cache=shared"
    anchor = sqlite3.connect(name, uri=True, check_same_thread=False)
    engine = engine_of(make_url(f"sqlite+aiosqlite:///{name}&uri=true"), "BEGIN IMMEDIATE", connections=1)
    return Database(":memory:", now, engine, engine, anchor=anchor)


def _make_file(file: Path) -> None:
    """An empty one is a database to SQLite, and for none but us to read; so are the files it makes beside it."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableDatabase(f"DATABASE_URL: {file.parent} cannot be made ({error.strerror})") from error
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        expected = f"expected a folder where user {os.getuid()} may write, as a volume of its own, or a PostgreSQL"
        raise UnusableDatabase(
            f"DATABASE_URL: {file.absolute()} cannot be made ({error.strerror}), {expected}"
        ) from error
