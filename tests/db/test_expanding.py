"""An old and a new release work side by side on one schema: migrations add first, and take away a release later."""

import json
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from alembic import command, config
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, delete, insert, inspect, select, text, update
from sqlalchemy.types import Boolean, Double, Integer, String

from bot.db import migrations
from bot.db.engine import Database, open_database
from bot.db.migrations import CURRENT, READABLE_FROM, migrate
from bot.db.schema import QUEUES, metadata, schema_version
from tests.databases import PostgreSQL

MIGRATIONS = Path(migrations.__file__).parent
RELEASES = list(range(1, CURRENT + 1))
OLD = [number for number in RELEASES if READABLE_FROM <= number < CURRENT]


def to_release(connection: Connection, number: int) -> None:
    """Brings an empty database to the tables of a release."""
    settings = config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["connection"] = connection
    command.upgrade(settings, f"{number:04}")
    connection.execute(insert(schema_version).values(number=number, readable_from=1))


def tables_of(connection: Connection) -> list[Table]:
    """The tables as that release knows them, parents first."""
    metadata = MetaData()
    metadata.reflect(connection)
    others = ("schema_version", "alembic_version")
    return [table for table in metadata.sorted_tables if table.name not in others]


def row_for(table: Table) -> dict[str, Any]:
    """A row as that release would write it: every column that it must fill."""
    return {
        column.name: value_for(column.type, column.name)
        for column in table.columns
        if not column.nullable and column.server_default is None
    }


def value_for(kind: Any, name: str) -> Any:
    match kind:
        case Boolean():
            return True
        case Integer() | Double():
            return 1
        case String():
            return "1"
        case _:
            return []


def differences(connection: Connection) -> list[object]:
    """Between the tables in code and those in the database, apart from the queues, which code knows as statements."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    theirs = ("alembic_version", *(f"ix_deliveries_{state}" for state in QUEUES))
    return [change for change in compare_metadata(context, metadata) if not any(name in str(change) for name in theirs)]


async def described(database: Database) -> dict[str, object]:
    """Every table as the database itself tells of it; the order of columns, in which migrations differ, left out."""
    async with database.read() as connection:
        about = await connection.run_sync(reflected)
        about["done"] = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
    return about


def reflected(connection: Connection) -> dict[str, object]:
    found, kinds = inspect(connection), ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "indexes")
    return {
        f"{kind} of {table}": sorted(map(plain, parts)) if isinstance(parts, list) else plain(parts)
        for kind in kinds
        for table, parts in getattr(found, f"get_multi_{kind}")().items()
    }


def plain(part: object) -> str:
    return json.dumps(part, default=str, sort_keys=True)


def emptied(connection: Connection) -> None:
    """Drops every table."""
    there = MetaData()
    there.reflect(connection)
    there.drop_all(connection)


def work_as(tables: Iterable[Table], connection: Connection) -> None:
    """Writes, reads, changes and deletes in every table, knowing only what that release knew."""
    tables = list(tables)
    for table in tables:
        connection.execute(insert(table).values(row_for(table)))
        [found] = connection.execute(select(table)).all()
        connection.execute(update(table).values(row_for(table)))
        assert set(found._mapping) == {column.name for column in table.columns}
    for table in reversed(tables):
        connection.execute(delete(table))


@pytest.fixture
async def empty_url(database_kind: str | PostgreSQL, tmp_path: Path) -> AsyncIterator[str]:
    """A database of each kind without any table."""
    if isinstance(database_kind, PostgreSQL):
        async with database_kind.bare_database() as url:
            yield url
    else:
        yield "sqlite://" if database_kind == "sqlite-memory" else f"sqlite:///{tmp_path}/nota.sqlite3"


class TestSideBySide:
    """From the first release on."""

    @pytest.mark.parametrize("number", OLD)
    async def test_an_older_release_goes_on_working(self, empty_url: str, number: int) -> None:
        """Every statement that it knows still works when the schema is the newest."""
        database = open_database(empty_url)
        async with database.write() as connection:
            await connection.run_sync(to_release, number)
            tables = await connection.run_sync(tables_of)
        assert await migrate(database) == (number, CURRENT)
        async with database.write() as connection:
            await connection.run_sync(lambda sync: work_as(tables, sync))
        await database.close()

    @pytest.mark.parametrize("number", OLD)
    async def test_what_an_older_release_wrote_is_still_there(self, empty_url: str, number: int) -> None:
        """A row in every table survives."""
        database = open_database(empty_url)
        async with database.write() as connection:
            await connection.run_sync(to_release, number)
            tables = await connection.run_sync(tables_of)
            for table in tables:
                await connection.execute(insert(table).values(row_for(table)))
        await migrate(database)
        async with database.read() as connection:
            for table in tables:
                assert len((await connection.execute(select(table))).all()) == 1, table.name
        await database.close()


class TestFromNothing:
    """An empty database gets the tables at once, and they are those to which the migrations lead."""

    async def test_makes_what_the_migrations_make(self, empty_url: str) -> None:
        """Nothing differs: no column, type, default, constraint or index, nor what Alembic takes for done."""
        created, migrated = open_database(empty_url), open_database(empty_url)
        try:
            async with migrated.write() as connection:
                await connection.run_sync(to_release, 1)
            await migrate(migrated)
            through_all = await described(migrated)
            async with migrated.write() as connection:
                await connection.run_sync(emptied)
            assert await migrate(created) == (0, CURRENT)
            assert await described(created) == through_all
        finally:
            await created.close()
            await migrated.close()

    async def test_differs_in_nothing_from_the_tables_in_code(self, empty_url: str) -> None:
        """By Alembic's own comparison."""
        database = open_database(empty_url)
        async with database.write() as connection:
            await connection.run_sync(to_release, 1)
        await migrate(database)
        async with database.write() as connection:
            found = await connection.run_sync(differences)
        assert found == []
        await database.close()


class TestNumbers:
    """The files and the number in code agree."""

    def test_every_release_has_its_file(self) -> None:
        """0001, 0002 and so on, without a gap; the newest is the one that the code works on."""
        files = sorted(MIGRATIONS.glob("versions/*.py"))
        assert [int(re.match(r"\d{4}", file.name)[0]) for file in files] == RELEASES  # type: ignore[index]
        assert 1 <= READABLE_FROM <= CURRENT
