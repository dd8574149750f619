"""Migrations: they make the tables of schema.py, and what cannot be worked on is refused with a clear message."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog.testing
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, text, update

from bot.db.applied_updates import was_applied
from bot.db.dossier_versions import VERSION_COUNTS_SECONDS
from bot.db.engine import Database, UnusableAddress, UnusableDatabase, open_database
from bot.db.migrations import (
    CURRENT,
    EARLIEST,
    LOCK_PAUSE_SECONDS,
    NewerSchema,
    OutdatedSchema,
    migrate,
    prepare,
    upgrade,
    version_of,
)
from bot.db.schema import metadata, processes, readers, schema_compatibility
from bot.db.store import Store, open_store
from tests.databases import PostgreSQL, release_0_8_0
from tests.tables import table


@pytest.fixture
async def empty(database_kind: str | PostgreSQL, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of each kind without any table."""
    if isinstance(database_kind, PostgreSQL):
        async with database_kind.bare_database() as url:
            database = open_database(url)
            yield database
            await database.close()
    else:
        database = open_database(f"sqlite:///{tmp_path}/empty.sqlite3")
        yield database
        await database.close()


async def set_version(database: Database, revision: str, readable_from: int) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        await connection.execute(update(schema_compatibility).values(readable_from=readable_from))


async def execute(database: Database, *statements: str) -> None:
    async with database.write() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def make_release_0_8_0(database: Database) -> None:
    """The tables as 0.8.0 left them."""
    async with database.write() as connection:
        raw = connection.driver
        if database.is_sqlite:
            raw.executescript(release_0_8_0("sqlite"))
        else:
            await raw.execute(release_0_8_0("postgresql"))


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return [change for change in compare_metadata(context, metadata) if "alembic_version" not in str(change)]


def described(connection: Connection) -> dict[str, object]:
    """Every table as the database itself describes it."""
    found, kinds = (
        inspect(connection),
        ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "indexes", "check_constraints"),
    )
    return {
        f"{kind} of {table}": sorted(map(as_json, parts)) if isinstance(parts, list) else as_json(parts)
        for kind in kinds
        for (_, table), parts in getattr(found, f"get_multi_{kind}")().items()
    }


def as_json(part: object) -> str:
    return json.dumps(part, default=str, sort_keys=True)


class TestTables:
    """New ones are those of schema.py, and a migration leads to the same."""

    async def test_alembic_finds_no_difference(self, empty: Database) -> None:
        """Between the migrated tables and ``metadata``."""
        await make_release_0_8_0(empty)
        await migrate(empty)
        async with empty.read() as connection:
            assert await connection.run_sync(differences) == []

    @pytest.mark.slow
    async def test_the_database_finds_no_difference(self, empty: Database) -> None:
        """Between the migrated tables and new ones, conditions of indexes included."""
        await make_release_0_8_0(empty)
        await migrate(empty)
        async with empty.write() as connection:
            migrated = await connection.run_sync(described)
            await connection.run_sync(metadata.drop_all)
            await connection.execute(text("DROP TABLE alembic_version"))
            await connection.run_sync(upgrade)
            assert await connection.run_sync(described) == migrated
            if not empty.is_sqlite:
                functions = "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
                assert (await connection.execute(text(functions))).all() == []


class TestMigrating:
    """`nota migrate`, and every start on SQLite."""

    async def test_a_second_time_does_nothing(self, store: Store) -> None:
        """Safe to run at every release."""
        assert await migrate(store.database) == (CURRENT, CURRENT)

    @pytest.mark.slow
    async def test_two_releases_at_once_make_them_once(self, empty: Database, tmp_path: Path) -> None:
        """Overlapping releases take turns."""
        if empty.is_sqlite:
            other = open_database(f"sqlite:///{tmp_path}/empty.sqlite3")
            await asyncio.gather(migrate(empty), migrate(other))
            await other.close()
        else:
            await asyncio.gather(migrate(empty), migrate(empty))
        assert await migrate(empty) == (CURRENT, CURRENT)

    @pytest.mark.slow
    async def test_one_that_fails_half_way_leaves_nothing(self, empty: Database) -> None:
        """All in one transaction: what is in its way stays, and nothing else was made."""
        async with empty.write() as connection:
            await connection.execute(text("CREATE TABLE subscriptions (x INTEGER)"))
        with pytest.raises(UnusableDatabase, match="already exists"):
            await migrate(empty)
        async with empty.write() as connection:
            assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["subscriptions"]
            await connection.execute(text("DROP TABLE subscriptions"))
        assert await migrate(empty) == (0, CURRENT)


class TestUpgrading:
    """The rows of 0.8.0 are kept with all that refers to them."""

    async def test_from_0_8_0(self, empty: Database) -> None:
        """The number of a deleted row is not used again."""
        await make_release_0_8_0(empty)
        await execute(empty, *ROWS_OF_0_8_0)
        if not empty.is_sqlite:  # its sequences do not know of rows that bring their numbers
            await execute(empty, "SELECT setval('readers_id_seq', 8), setval('deliveries_id_seq', 2)")
        assert await migrate(empty) == (EARLIEST, CURRENT)
        async with empty.write() as connection:
            if empty.is_sqlite:
                assert (await connection.execute(text("PRAGMA foreign_key_check"))).all() == []
                assert (await connection.execute(text("PRAGMA foreign_keys"))).scalar_one() == 1
            await connection.execute(text("DELETE FROM readers WHERE id = 8"))
            subscribed = await connection.execute(text("SELECT reader_id, zone FROM subscriptions"))
            assert subscribed.all() == [(7, "UTC")]
            ids = await connection.execute(text("SELECT chat, thread, parent, former_chat FROM readers"))
            assert ids.all() == [("7", "0", "5", None)]
            sent = await connection.execute(text("SELECT reader_id, message FROM deliveries"))
            assert sent.all() == [(7, "41")]
            signed_in = await connection.execute(text("SELECT digest, purpose, name FROM desk_tokens"))
            assert signed_in.all() == [("d", "session", "Anna")]
            assert await was_applied(connection, "telegram:7:1")
            counted = await connection.execute(text("SELECT kind, platform, subject, times FROM counts ORDER BY times"))
            assert counted.all() == [("answer", "telegram", "fare", 1), ("claim", "", "ten years" + " " * 150 + "!", 2)]
            states = await connection.execute(text("SELECT origin, state FROM bulletins"))
            assert states.all() == [("desk", "retracted")]
            statement = insert(readers).values(
                platform="post", chat="ann@example.org", thread="0", kind="private", first_seen=0.0
            )
            assert (await connection.execute(statement.returning(readers.c.id))).scalar_one() == 9

    @pytest.mark.parametrize("revision", ["0003", "0022"])
    async def test_of_an_earlier_release_or_of_none(self, empty: Database, revision: str) -> None:
        await make_release_0_8_0(empty)
        await execute(empty, f"UPDATE alembic_version SET version_num = '{revision}'")
        for attempt in (prepare, migrate):
            with pytest.raises(UnusableDatabase, match=rf"at migration {revision}, expected: start 0\.8\.0 on it"):
                await attempt(empty)


_READER = "INSERT INTO readers (id, platform, chat_id, chat, thread, parent, kind, first_seen) VALUES ({0}, 'telegram', {0}, '{0}', '0', '5', 'group', 0)"
ROWS_OF_0_8_0 = (
    *(_READER.format(number) for number in (7, 8)),
    *(
        f"INSERT INTO subscriptions VALUES ({id}, false, 'daily', 20, 6, 22, 7, 'UTC', false, false, 0)"
        for id in (7, 8)
    ),
    "INSERT INTO desk_sessions VALUES ('d', 'telegram:1', 'Anna', 'id', 9)",
    "INSERT INTO applied_updates VALUES ('telegram:7:1', 5)",
    "INSERT INTO counts VALUES (20000, 'answer', 'telegram', 'en', 'fare', 1)",
    f"INSERT INTO unanswered_questions VALUES (20000, 'claim', 'en', 'ten years{' ' * 150}!', 2)",
    "INSERT INTO bulletins (id, origin, revision, state, day, topics, urgent, changed)"
    " VALUES ('ferry', 'moved', 1, 'trial', '2026-11-23', '[]', false, 0)",
    *(
        "INSERT INTO deliveries (bulletin_id, reader_id, platform, state, due, wanted, created, message)"
        f" VALUES ('ferry', {reader}, 'telegram', 'delivered', 0, 1, 0, {message})"
        for reader, message in ((7, "'41'"), (8, "NULL"))
    ),
)


class TestRefusing:
    """Tables that this release cannot work on are refused with what to do."""

    async def test_a_newer_release_s_that_we_cannot_use(self, store: Store) -> None:
        """In one line."""
        await set_version(store.database, f"{CURRENT + 2:04}", CURRENT + 1)
        try:
            for attempt in (prepare, migrate):
                with pytest.raises(NewerSchema, match=f"at migration {CURRENT + 2:04}.*newer release") as refusal:
                    await attempt(store.database)
                assert "\n" not in str(refusal.value)
        finally:
            await set_version(store.database, f"{CURRENT:04}", 1)

    async def test_a_migration_that_is_none_of_ours(self, store: Store) -> None:
        """Whatever else the tables say."""
        await set_version(store.database, "beef", 1)
        try:
            for attempt in (prepare, migrate):
                with pytest.raises(NewerSchema, match="at migration beef"):
                    await attempt(store.database)
        finally:
            await set_version(store.database, f"{CURRENT:04}", 1)

    async def test_a_newer_release_s_that_only_added_are_worked_on(self, store: Store) -> None:
        """An old process may start again while a new release rolls out."""
        await set_version(store.database, f"{CURRENT + 1:04}", CURRENT)
        try:
            await prepare(store.database)
            assert await migrate(store.database) == (CURRENT + 1, CURRENT + 1)
            await store.readers.load()
        finally:
            await set_version(store.database, f"{CURRENT:04}", 1)

    async def test_tables_without_a_version(self, empty: Database) -> None:
        """Somebody else's readers are not ours to touch."""
        async with empty.write() as connection:
            await connection.execute(text("CREATE TABLE readers (x INTEGER)"))
        with pytest.raises(UnusableDatabase, match="expected an empty database"):
            await prepare(empty)

    async def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        """The file is named and left as it is."""
        file = tmp_path / "nota.sqlite3"
        file.write_text("just some words" * 100)
        with pytest.raises(UnusableDatabase, match=r"nota\.sqlite3 cannot be used"):
            async with open_store(f"sqlite:///{file}"):
                pass
        assert file.read_text() == "just some words" * 100

    @pytest.mark.postgres
    async def test_an_older_release_s_on_postgresql_wait_for_the_release_step(self, postgresql: PostgreSQL) -> None:
        """The processes of a release do not each migrate."""
        async with postgresql.database() as url:
            database = open_database(url)
            await set_version(database, f"{EARLIEST:04}", 0)
            with pytest.raises(OutdatedSchema, match="nota migrate"):
                await prepare(database)
            await set_version(database, f"{CURRENT:04}", 1)
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
        """The setting is named; what is expected its description says (tests/test_settings.py)."""
        with pytest.raises(UnusableDatabase, match=r"DATABASE_URL: not the address of a database") as refusal:
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

    @pytest.mark.slow
    async def test_the_folder_of_a_file_is_made(self, tmp_path: Path) -> None:
        """As data/ is on a first start."""
        async with open_store(f"sqlite:///{tmp_path}/a/b/nota.sqlite3"):
            modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "a" / "b").iterdir()}
            assert set(modes.values()) == {0o600}, modes
            assert (tmp_path / "a" / "b" / "nota.sqlite3").exists()

    @table("place, said")
    def test_a_file_that_cannot_be_made(self, place: str, said: str) -> None:
        """The place is named in full, and what is expected of it.

        /proc/nota.sqlite3 | cannot be made (  # where nobody can
        /proc/none/nota.sqlite3 | cannot be made (
        /proc/version/nota.sqlite3 | cannot be made (
        /proc | is a folder,
        """
        expected = rf"{re.escape(f'{place} {said}')}.*expected a file in a folder where user \d+ may"
        with pytest.raises(UnusableAddress, match=expected):
            open_database(f"sqlite:///{place}")


@pytest.mark.postgres
class TestBesideADump:
    """A session that holds a table makes a migration wait, and nobody else."""

    @pytest.mark.slow
    async def test_readers_go_on_and_the_session_is_named(self, postgresql: PostgreSQL) -> None:
        waited: list[float] = []
        async with postgresql.bare_database() as url:
            database, dump, reader = open_database(url), open_database(url), open_database(url)
            await make_release_0_8_0(database)
            async with dump.read() as holding:
                await holding.execute(text("LOCK TABLE feed_candidates, readers IN ACCESS SHARE MODE"))

                async def sleep(seconds: float) -> None:
                    """Between two attempts everybody reads; then the dump ends."""
                    waited.append(seconds)
                    async with asyncio.timeout(1), reader.read() as connection:
                        await connection.execute(text("SELECT * FROM feed_candidates"))
                    await holding.run_sync(lambda sync: sync.rollback())

                with structlog.testing.capture_logs() as logged:
                    assert await migrate(database, sleep) == (EARLIEST, CURRENT)
            for each in (database, dump, reader):
                await each.close()
        assert waited == [LOCK_PAUSE_SECONDS]
        assert "LOCK TABLE feed_candidates" in logged[0]["session"]
        assert logged[0]["session"].startswith("pid ")


class TestAlone:
    """Tables beside which a process of an earlier release cannot work."""

    async def test_waits_for_its_end_and_then_says_so(self, empty: Database) -> None:
        """One that was killed counts until its record expires. With it running, nothing is changed."""
        seconds: list[float] = []

        async def ends(after: float) -> None:
            seconds.append(after)
            async with empty.write() as connection:
                await connection.execute(text("DELETE FROM processes"))

        async def goes_on(after: float) -> None:
            seconds.append(after)

        await make_release_0_8_0(empty)
        async with empty.write() as connection:
            await connection.execute(
                insert(processes).values(id="a", dossier_version="v", until=empty.now + 60.0, release="0.8.0")
            )
        with pytest.raises(
            UnusableDatabase, match=r"processes of an earlier release run on it \(\d\), expected: stop them"
        ):
            await migrate(empty, goes_on)
        assert sum(seconds) > VERSION_COUNTS_SECONDS
        async with empty.read() as connection:
            assert await version_of(connection) == EARLIEST
        assert await migrate(empty, ends) == (EARLIEST, CURRENT)
