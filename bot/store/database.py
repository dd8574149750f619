"""The database: SQLite or PostgreSQL behind one small surface, with the database's own clock."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Double, Row, bindparam, event
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

DEFAULT_URL = "sqlite:///data/nota.sqlite3"
"""Beside where the process runs; the folder is made."""

BUSY_TIMEOUT_SECONDS = 15
_WAL_PAUSE_SECONDS = 0.05
CONNECT_TIMEOUT_SECONDS = 10
STATEMENT_TIMEOUT_SECONDS = 120
READERS = 4
"""Connections for reading; on SQLite one more writes, on PostgreSQL as many may."""

LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError, OSError, TimeoutError)
"""What is raised where the database is gone, or goes."""

AnyRow = Row[*tuple[Any, ...]]
Clock = Callable[[], float]
Connect = Callable[[], Awaitable[Any]]


class UnusableDatabase(Exception):
    """DATABASE_URL names nothing that can be used, or what stands there cannot be worked on. Says what to do."""


class _ClockReading(FunctionElement[float]):
    """Seconds since 1970 by the database's clock, which all processes that share it agree on."""

    type = Double()
    inherit_cache = True


@compiles(_ClockReading, "sqlite")
def _sqlite_clock(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(_ClockReading, "postgresql")
def _postgresql_clock(*_: Any, **__: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


@dataclass(slots=True)
class Database:
    """Where connections come from. Made by :func:`open_database`.

    Attributes:
        url: without its password.
        now: the moment, in seconds since 1970, as an expression to be used in statements.
        connect: a connection of PostgreSQL's own kind, outside the pool and to be closed by who asks; None on SQLite.
    """

    url: str
    now: ColumnElement[float]
    _reading: AsyncEngine
    _writing: AsyncEngine
    connect: Connect | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_sqlite(self) -> bool:
        return self._writing.dialect.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the data. Not to be opened inside :meth:`write`."""
        async with self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As :meth:`read`, where several statements must see the same moment."""
        async with self._reading.connect() as connection:
            if not self.is_sqlite:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

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
        """Closes every connection."""
        await self._writing.dispose()
        await self._reading.dispose()


def open_database(url: str | None = None, clock: Clock | None = None) -> Database:
    """The database at ``url`` (None: the default file); connects when first used.

    ``sqlite://`` is one in memory that ends with the process. ``clock`` stands in for the database's own.

    Raises:
        UnusableDatabase: the URL is neither SQLite's nor PostgreSQL's.
    """
    now: ColumnElement[float] = bindparam("now", callable_=clock, type_=Double()) if clock else _ClockReading()
    given = url or DEFAULT_URL
    if given.startswith(("postgres://", "postgresql://", "postgresql+asyncpg://")):
        return _postgresql(given.replace("+asyncpg", "", 1), now)
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


def _postgresql(dsn: str, now: ColumnElement[float]) -> Database:
    """``dsn`` goes to asyncpg as it is, which knows sslmode and the rest of libpq's words."""

    async def connect() -> Any:
        return await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_SECONDS, command_timeout=STATEMENT_TIMEOUT_SECONDS)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=READERS + 1, max_overflow=4)
    return Database(dsn.partition("?")[0].rpartition("@")[2], now, engine, engine, connect)


def _sqlite(url: URL, now: ColumnElement[float]) -> Database:
    url = url.set(drivername="sqlite+aiosqlite")
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        _make_folder(Path(str(url.database)))
    writing = _sqlite_engine(url, "BEGIN IMMEDIATE", connections=1)
    reading = writing if in_memory else _sqlite_engine(url, "BEGIN", connections=READERS)
    return Database(str(url.database or ":memory:"), now, reading, writing)


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableDatabase(f"DATABASE_URL: {file.parent} cannot be made ({error.strerror})") from error


def _sqlite_engine(url: URL, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, DDL included
        _execute(connection, "PRAGMA synchronous=NORMAL")
        _execute(connection, "PRAGMA foreign_keys=ON")
        _switch_to_wal(connection)

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


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
