"""Migrations: they make the tables of schema.py, and what cannot be worked on is refused with a clear message."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, text, update

from bot.db import migrations
from bot.db.changes import Answer, ChangeId, Changes
from bot.db.dossier_versions import VERSION_COUNTS_SECONDS
from bot.db.engine import Database, UnusableDatabase, open_database
from bot.db.migrations import (
    ALONE,
    CURRENT,
    LOCK_PAUSE_SECONDS,
    NewerSchema,
    OutdatedSchema,
    migrate,
    prepare,
    upgrade,
    version_of,
)
from bot.db.schema import feed_candidates, metadata, processes, schema_compatibility
from bot.db.store import Store, open_store
from bot.dossier.entries import Key
from tests.databases import PostgreSQL


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


NOT_IN_CODE = ("alembic_version", "drafts", "draft_versions", "draft_decisions", "ratings")
"""Tables that no code reads. Those of drafts and ratings stay until the tables are made anew."""


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return [
        change for change in compare_metadata(context, metadata) if not any(name in str(change) for name in NOT_IN_CODE)
    ]


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
        if table not in NOT_IN_CODE
    }


def as_json(part: object) -> str:
    return json.dumps(part, default=str, sort_keys=True)


class TestTables:
    """The migrations are the only way to the tables, and lead to those in code."""

    async def test_alembic_finds_no_difference(self, empty: Database) -> None:
        """Between the migrated tables and ``metadata``."""
        await migrate(empty)
        async with empty.read() as connection:
            assert await connection.run_sync(differences) == []

    @pytest.mark.slow
    async def test_the_database_finds_no_difference(self, empty: Database) -> None:
        """Between the migrated tables and those that SQLAlchemy makes, conditions of indexes included."""

        def from_code(connection: Connection) -> dict[str, object]:
            metadata.create_all(connection)
            found = described(connection)
            metadata.drop_all(connection)
            return found

        def from_migrations(connection: Connection) -> dict[str, object]:
            upgrade(connection)
            return described(connection)

        async with empty.write() as connection:
            expected = await connection.run_sync(from_code)
            assert await connection.run_sync(from_migrations) == expected

    def test_migrations_are_numbered(self) -> None:
        """0001, 0002 and so on; the newest is the one that the code works on."""
        files = sorted(Path(migrations.__file__).parent.glob("versions/*.py"))
        numbers = [int(re.match(r"\d{4}", file.name)[0]) for file in files]  # type: ignore[index]
        assert numbers == list(range(1, CURRENT + 1))


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
    """An older release's rows are kept, and what is new is filled in."""

    @pytest.mark.slow
    async def test_from_0_3_0(self, empty: Database) -> None:
        """By way of 0.8.0, which makes changes of its drafts; a reader gets answers as before."""
        reader = "INSERT INTO readers (platform, chat_id, kind, first_seen) VALUES ('telegram', -1, 'group', 0)"
        draft = "INSERT INTO drafts (id, state, version, title, created, changed, changed_by) VALUES ({}, '{}', 1, 't', 1, 2, 'a')"
        async with empty.write() as connection:
            await connection.run_sync(upgrade, "0001")
            for statement in (reader, draft.format(1, "draft"), draft.format(2, "sent")):
                await connection.execute(text(statement))
        with pytest.raises(UnusableDatabase, match=r"expected: start 0\.8\.0 on it once"):
            await migrate(empty)
        async with empty.write() as connection:
            assert await version_of(connection) == 1
            await connection.execute(text("DELETE FROM drafts"))
        assert await migrate(empty) == (1, CURRENT)
        async with empty.read() as connection:
            rights = await connection.execute(text("SELECT audience, missing_rights FROM readers"))
            assert rights.one() == (None, 0)

    @pytest.mark.slow
    async def test_what_stood_beside_something_else_has_columns(self, empty: Database) -> None:
        """Answers about figures stood among decisions, records of what was written out among languages, drafts went by their title."""
        change = "INSERT INTO changes VALUES ({}, '{}', '{}', 1, 0, 0, 'a', '[]', NULL, NULL, NULL)"
        entry = "INSERT INTO change_entries VALUES (1, '{}', NULL, '{{}}', '{}')"
        decision = "INSERT INTO change_decisions VALUES ({}, {}, 1, '{}', {}, 'telegram:1', 'Anna', false, '{}')"
        said = ("fare: amount: 4500 → 5000", "fare: amount: 4500 → 5001", "fares: amount: 1 → 2")
        made_from = {"ru": "d1", "written body.ru": "d2", "written sources": "d3"}
        async with empty.write() as connection:
            await connection.run_sync(upgrade, "0010")
            for statement in (
                change.format(1, "Примеры вопросов", "draft"),
                change.format(2, "Claims of readers", "draft"),
                change.format(3, "Examples", "in_force"),
                entry.format("facts/fare", "{}"),
                entry.format("bulletins/b", json.dumps(made_from).replace(":", r"\:")),
                decision.format(1, 1, "was_wrong", 5, said[0]),
                decision.format(2, 1, "has_changed", 6, said[1]),
                decision.format(3, 1, "was_wrong", 7, said[2]),
                decision.format(4, 2, "has_changed", 8, said[0]),
                decision.format(5, 1, "ask", 9, ""),
            ):
                await connection.execute(text(statement))
        await migrate(empty)
        changes = Changes(empty)
        async with empty.read() as connection:
            entries = await changes.entries(connection, ChangeId(1))
            found = [await changes.read(connection, ChangeId(number)) for number in (1, 2, 3)]
        assert entries[Key("facts/fare")].answer == Answer("has_changed", said[1], "Anna", 6.0)
        assert entries[Key("bulletins/b")].made_from == {"ru": "d1"}
        assert [each and each.gathers for each in found] == ["examples", "claims", None]

    @pytest.mark.slow
    async def test_from_0_4_0(self, empty: Database) -> None:
        """Every row stays with all that refers to it, and the number of a deleted row is not used again."""
        async with empty.write() as connection:
            await connection.run_sync(upgrade, "0002")
            for statement in ROWS_OF_0_4_0:
                await connection.execute(text(statement))
            if not empty.is_sqlite:  # its sequences do not know of rows that bring their numbers
                await connection.execute(
                    text("SELECT setval('readers_id_seq', 8), setval('feed_candidates_id_seq', 5)")
                )
        before = await counted(empty)
        assert await migrate(empty) == (2, CURRENT)
        assert await counted(empty) == before
        async with empty.write() as connection:
            if empty.is_sqlite:
                assert (await connection.execute(text("PRAGMA foreign_key_check"))).all() == []
            timing = "SELECT pace, hour, weekday, quiet_start, quiet_end FROM subscriptions ORDER BY reader_id"
            mended = [("daily", 20, 6, 22, 7), ("at_once", 9, 0, 0, 0)]
            assert (await connection.execute(text(timing))).all() == mended
            await connection.execute(text("DELETE FROM readers WHERE id = 8"))
            subscribed = await connection.execute(text("SELECT reader_id FROM subscriptions"))
            assert subscribed.scalars().all() == [7]
            ids = await connection.execute(text("SELECT chat, thread, parent, former_chat FROM readers"))
            assert ids.all() == [("7", "0", None, None)]
            sent = await connection.execute(text("SELECT message FROM deliveries ORDER BY id"))
            assert sent.scalars().all() == ["41", "-40"]
            statement = "INSERT INTO readers (platform, chat_id, kind, first_seen) VALUES ('telegram', 3, 'private', 0) RETURNING id"
            assert (await connection.execute(text(statement))).scalar_one() == 9
            statement = insert(feed_candidates).values(**CANDIDATE).returning(feed_candidates.c.id)
            assert (await connection.execute(statement)).scalar_one() == 6  # there is a message about number 5


async def counted(database: Database) -> dict[str, int]:
    """How many rows each table has that a release before has as well."""
    names = ("readers", "subscriptions", "subscription_topics", "deliveries", "awaited_questions", "bulletins")
    async with database.read() as connection:
        return {name: (await connection.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in names}


_READER = "INSERT INTO readers (id, platform, chat_id, kind, first_seen) VALUES ({0}, 'telegram', {0}, 'private', 0)"
_BULLETIN = (
    "INSERT INTO bulletins (id, origin, revision, state, day, topics, urgent, changed)"
    " VALUES ('{}', '{}', 1, 'published', '2026-11-23', '[]', false, 0)"
)
ROWS_OF_0_4_0 = (
    *(_READER.format(number) for number in (7, 8)),
    *(
        f"INSERT INTO subscriptions VALUES ({number}, false, '{pace}', {hour}, {weekday}, {quiet}, 7, 'UTC', false, false, 0)"
        for number, pace, hour, weekday, quiet in ((7, "daily", 20, 6, 22), (8, "hourly", 99, 9, 30))
    ),
    "INSERT INTO subscription_topics VALUES (7, 'fare')",
    *(_BULLETIN.format(*each) for each in (("2026-11-23-ferry", "dossier"), ("review-5-1", "review"))),
    *(
        "INSERT INTO deliveries (bulletin_id, reader_id, platform, state, due, wanted, created, message_id)"
        f" VALUES ('{name}', 7, 'telegram', 'delivered', 0, 1, 0, {message})"
        for name, message in (("2026-11-23-ferry", 41), ("review-5-1", -40))  # the second was of a group that moved
    ),
    "INSERT INTO awaited_questions (reader_id, question, language, asked) VALUES (7, 'When?', 'en', 0)",
)
CANDIDATE: dict[str, Any] = {
    **dict.fromkeys(("feed", "publisher", "title", "line", "link", "page", "headline"), "x"),
    "language": "en",
    "topics": [],
    "why": [],
    "state": "waiting",
    "round": 1,
    "found": 0.0,
    "expires": 0.0,
}


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
            await set_version(database, f"{CURRENT - 1:04}", 0)
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

    @pytest.mark.slow
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


@pytest.mark.postgres
class TestBesideADump:
    """A session that holds a table makes a migration wait, and nobody else."""

    async def test_readers_go_on_and_the_session_is_named(self, postgresql: PostgreSQL) -> None:
        waited: list[float] = []
        async with postgresql.bare_database() as url:
            database, dump, reader = open_database(url), open_database(url), open_database(url)
            async with database.write() as connection:
                await connection.run_sync(lambda sync: upgrade(sync, "0017"))
            async with dump.read() as holding:
                await holding.execute(text("LOCK TABLE feed_candidates, readers IN ACCESS SHARE MODE"))

                async def sleep(seconds: float) -> None:
                    """Between two attempts everybody reads; then the dump ends."""
                    waited.append(seconds)
                    async with asyncio.timeout(1), reader.read() as connection:
                        await connection.execute(text("SELECT * FROM feed_candidates"))
                    await holding.rollback()

                with structlog.testing.capture_logs() as logged:
                    assert await migrate(database, sleep) == (17, CURRENT)
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

        async with empty.write() as connection:
            await connection.run_sync(upgrade, f"{ALONE - 1:04}")
            await connection.execute(
                insert(processes).values(id="a", dossier_version="v", until=empty.now + 60.0, release="0.8.0")
            )
        with pytest.raises(UnusableDatabase, match="of an earlier release run on it, expected: stop them"):
            await migrate(empty, goes_on)
        assert sum(seconds) > VERSION_COUNTS_SECONDS
        async with empty.read() as connection:
            assert await version_of(connection) == ALONE - 1
        assert await migrate(empty, ends) == (ALONE - 1, CURRENT)
