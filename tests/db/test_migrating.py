"""Migrations: what is there is brought up, or left alone with a clear word."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import inspect, text, update

from bot.db.engine import Database, UnusableDatabase, open_database
from bot.db.migrations import CURRENT, NewerSchema, OutdatedSchema, migrate, prepare
from bot.db.schema import schema_version
from bot.db.store import Store, open_store
from tests.databases import PostgreSQL


async def set_version(database: Database, number: int, readable_from: int) -> None:
    async with database.write() as connection:
        await connection.execute(update(schema_version).values(number=number, readable_from=readable_from))


async def set_mark(database: Database, revision: str) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


class TestMigrating:
    """`nota migrate`, and every start on SQLite."""

    async def test_a_second_time_does_nothing(self, store: Store) -> None:
        """Safe to run at every release."""
        assert await migrate(store.database) == (CURRENT, CURRENT)

    async def test_two_releases_at_once_make_them_once(self, database_url: str) -> None:
        """Overlapping releases take turns."""
        if database_url == "sqlite://":
            pytest.skip("a database in memory belongs to one process")
        one, two = open_database(database_url), open_database(database_url)
        await asyncio.gather(migrate(one), migrate(two))
        assert await migrate(one) == (CURRENT, CURRENT)
        await one.close()
        await two.close()

    async def test_one_that_fails_half_way_leaves_nothing(self, tmp_path: Path) -> None:
        """All in one transaction: what stands in its way stays, and nothing else was made."""
        database = open_database(f"sqlite:///{tmp_path}/nota.sqlite3")
        async with database.write() as connection:
            await connection.execute(text("CREATE TABLE subscriptions (x INTEGER)"))
        with pytest.raises(UnusableDatabase, match="already exists"):
            await migrate(database)
        async with database.write() as connection:
            assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["subscriptions"]
            await connection.execute(text("DROP TABLE subscriptions"))
        assert await migrate(database) == (0, CURRENT)
        await database.close()


class TestRefusing:
    """A ledger that this release cannot work on is refused, and says what to do."""

    async def test_a_newer_one_that_we_cannot_read(self, store: Store) -> None:
        """By its numbers, in one line."""
        await set_version(store.database, CURRENT + 2, CURRENT + 1)
        for attempt in (prepare, migrate):
            with pytest.raises(NewerSchema, match=f"version {CURRENT + 2}.*deploy the newer release") as refusal:
                await attempt(store.database)
            assert "\n" not in str(refusal.value)

    async def test_one_at_a_migration_that_we_do_not_have(self, store: Store) -> None:
        """By Alembic's mark, where the numbers say nothing of it."""
        await set_mark(store.database, "beef")
        try:
            for attempt in (prepare, migrate):
                with pytest.raises(NewerSchema, match="migration 'beef', of which this release does not know"):
                    await attempt(store.database)
        finally:
            await set_mark(store.database, f"{CURRENT:04d}")

    async def test_a_newer_one_that_only_added_is_worked_on(self, store: Store) -> None:
        """An old process may start again while a new release rolls out."""
        await set_version(store.database, CURRENT + 1, CURRENT)
        await prepare(store.database)
        await store.readers.load()

    async def test_tables_without_a_version(self, tmp_path: Path) -> None:
        """Somebody else's readers are not ours to touch."""
        url = f"sqlite:///{tmp_path}/other.sqlite3"
        database = open_database(url)
        async with database.write() as connection:
            await connection.execute(text("CREATE TABLE readers (x INTEGER)"))
        with pytest.raises(UnusableDatabase, match="expected an empty database"):
            await prepare(database)
        await database.close()

    async def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        """The file is named and left as it is."""
        file = tmp_path / "nota.sqlite3"
        file.write_text("just some words" * 100)
        with pytest.raises(UnusableDatabase, match=r"nota\.sqlite3 cannot be used"):
            async with open_store(f"sqlite:///{file}"):
                pass
        assert file.read_text() == "just some words" * 100

    @pytest.mark.postgres
    async def test_an_older_one_on_postgresql_waits_for_the_release_step(self, postgresql: PostgreSQL) -> None:
        """The processes of a release do not each migrate."""
        async with postgresql.database() as url:
            database = open_database(url)
            await set_version(database, CURRENT - 1 or -1, 0)
            with pytest.raises(OutdatedSchema, match="nota migrate"):
                await prepare(database)
            await database.close()

    @pytest.mark.postgres
    async def test_an_empty_postgresql_is_brought_up_at_start(self, postgresql: PostgreSQL) -> None:
        """So that a first try needs no second command."""
        async with postgresql.bare_database() as url, open_store(url) as store:
            assert await migrate(store.database) == (CURRENT, CURRENT)


class TestAddress:
    """DATABASE_URL as PaaSes and people write it."""

    @pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "nonsense", "http://secret"])
    async def test_others_are_refused_without_telling_the_password(self, url: str) -> None:
        """The setting is named and what is expected."""
        with pytest.raises(UnusableDatabase, match=r"DATABASE_URL: .*postgresql://") as refusal:
            open_database(url)
        assert "secret" not in str(refusal.value)

    async def test_one_that_nobody_answers_is_named_without_its_password(self) -> None:
        """Port 1 refuses."""
        with pytest.raises(UnusableDatabase, match=r"127\.0\.0\.1:1/nota cannot be used") as refusal:
            async with open_store("postgres://user:secret@127.0.0.1:1/nota?sslmode=disable"):
                pass
        assert "secret" not in str(refusal.value)

    @pytest.mark.postgres
    async def test_postgres_is_postgresql(self, postgresql: PostgreSQL) -> None:
        """As Heroku spells it."""
        async with postgresql.database() as url, open_store(url.replace("postgresql://", "postgres://")) as store:
            assert not store.database.is_sqlite

    async def test_the_folder_of_a_file_is_made(self, tmp_path: Path) -> None:
        """As data/ is on a first start."""
        async with open_store(f"sqlite:///{tmp_path}/a/b/nota.sqlite3"):
            modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "a" / "b").iterdir()}
            assert set(modes.values()) == {0o600}, modes
            assert (tmp_path / "a" / "b" / "nota.sqlite3").exists()

    async def test_a_file_that_cannot_be_made(self) -> None:
        """Nobody can make one in /proc: the place is named in full, and what is expected of it."""
        with pytest.raises(
            UnusableDatabase, match=r"/proc/nota\.sqlite3 cannot be made .*expected a folder where user \d+ may"
        ):
            open_database("sqlite:////proc/nota.sqlite3")
