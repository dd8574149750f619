"""The database: what counts as "away", what a cancelled call leaves, and how long an idle transaction lasts."""

import asyncio
import logging
import shutil
import time
import uuid
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from bot.db.backup import export
from bot.db.engine import (
    DATABASE_AWAY,
    IDLE_SECONDS,
    TURNS,
    Database,
    DatabaseUnavailable,
    UnusableDatabase,
    open_database,
)
from bot.db.leases import LEASE_SECONDS
from bot.db.store import Store, open_store
from bot.reader import Address
from tests.databases import PostgreSQL
from tests.tables import cases

LONG = "INSERT INTO done_once (name, done) WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9999) SELECT n, n FROM n"
ALARM = text("INSERT INTO done_once (name, done) VALUES (:kind, 1)")


async def write(store: Store, kind: str = "x") -> None:
    async with store.database.write() as connection:
        await connection.execute(ALARM, {"kind": kind})


@pytest.mark.slow
class TestFile:
    """An SQLite file that is deleted or replaced while it is open counts as away: what is written would end with the process."""

    async def test_deleted_and_put_back(self, tmp_path: Path) -> None:
        """Nothing is read from it or written to it, and none is made in its place; the same file back, all goes on."""
        file = tmp_path / "nota.sqlite3"
        async with open_store(f"sqlite:///{file}") as store:
            await write(store, "before")
            await asyncio.to_thread(file.rename, tmp_path / "away")
            for attempt in (write(store), store.leases.read("x"), store.subscriptions.get(Address("telegram", "1"))):
                with pytest.raises(DatabaseUnavailable, match="deleted or replaced"):
                    await attempt
            assert store.database.is_replaced
            assert not await asyncio.to_thread(file.exists)
            await asyncio.to_thread((tmp_path / "away").rename, file)
            await write(store, "after")
            assert not store.database.is_replaced

    async def test_replaced(self, tmp_path: Path) -> None:
        """By a copy, as from a backup: what this process knows of the readers is the other file's."""
        file = tmp_path / "nota.sqlite3"
        async with open_store(f"sqlite:///{file}") as store:
            await asyncio.to_thread(shutil.copy, file, tmp_path / "copy")
            await asyncio.to_thread((tmp_path / "copy").replace, file)
            with pytest.raises(DatabaseUnavailable, match="deleted or replaced"):
                await write(store)
        async with open_store(f"sqlite:///{file}") as store:
            await write(store)


class TestMistakes:
    """Trying again cannot mend them, so they come through as what they are."""

    @cases("statement")
    async def test_of_a_statement(self, store: Store, statement: str) -> None:
        """A table that is not there, a word that is none, a value that does not fit.

        SELECT 1 FROM nowhere
        SELECT nothing FROM readers
        SELEKT 1
        INSERT INTO done_once (name, done) VALUES (NULL, 1)
        """
        with pytest.raises(SQLAlchemyError) as raised:
            async with store.database.write() as connection:
                await connection.execute(text(statement))
        assert not isinstance(raised.value, DATABASE_AWAY)

    async def test_of_a_value(self, store: Store) -> None:
        """A row that is there already."""
        await write(store)
        with pytest.raises(IntegrityError) as raised:
            await write(store)
        assert not isinstance(raised.value, DATABASE_AWAY)

    @pytest.mark.postgres
    async def test_a_value_out_of_range(self, postgresql: PostgreSQL) -> None:
        """The driver refuses it as an error of its interface, as it does a connection that is closed."""
        statement = text(
            "INSERT INTO readers (platform, chat, thread, kind, missing_rights, first_seen)"
            " VALUES ('telegram', '1', '0', 'private', :rights, 0)"
        )
        async with postgresql.database() as url, open_store(url) as store:
            with pytest.raises(DBAPIError) as raised:
                async with store.database.write() as connection:
                    await connection.execute(statement, {"rights": 2**70})
            assert not isinstance(raised.value, DATABASE_AWAY)

    async def test_tells_no_values(self, store: Store) -> None:
        """They may be people's words and chats, and a mistake is logged."""
        await write(store, "sesame")
        with pytest.raises(IntegrityError) as raised:
            await write(store, "sesame")
        assert "[parameters: " not in str(raised.value)


class TestSqlite:
    """A file."""

    async def _fails(self, folder: Path, *statements: str) -> str:
        """What is said of the last of them."""
        async with open_store(f"sqlite:///{folder}/nota.sqlite3") as store, store.database.write() as connection:
            for statement in statements[:-1]:
                await connection.execute(text(statement))
            with pytest.raises(DatabaseUnavailable) as raised:
                await connection.execute(text(statements[-1]))
        return str(raised.value)

    @pytest.mark.slow
    async def test_disk_full(self, tmp_path: Path) -> None:
        """As SQLite says it of a disk; here of the most pages that it may have."""
        assert await self._fails(tmp_path, "PRAGMA max_page_count = 1", LONG) == "database or disk is full"

    @pytest.mark.slow
    async def test_read_only(self, tmp_path: Path) -> None:
        """As a volume that was mounted so."""
        said = await self._fails(tmp_path, "PRAGMA query_only = ON", "DELETE FROM done_once")
        assert said == "attempt to write a readonly database"

    async def test_no_file(self, tmp_path: Path) -> None:
        """Where the volume is gone."""
        folder = tmp_path / "volume"
        database = open_database(f"sqlite:///{folder}/nota.sqlite3")
        (folder / "nota.sqlite3").unlink()
        folder.rmdir()
        with pytest.raises(DatabaseUnavailable, match="deleted or replaced"):
            async with database.read() as connection:
                await connection.execute(text("SELECT 1"))
        await database.close()


@pytest.mark.postgres
class TestPostgresql:
    """A server."""

    async def test_nobody_listens(self) -> None:
        """Or not at this port."""
        database = open_database("postgresql://nota:sesame@127.0.0.1:1/nota?sslmode=disable")
        with pytest.raises(DatabaseUnavailable) as raised:
            async with database.read():
                pass
        assert "sesame" not in str(raised.value)

    async def test_refused(self, postgresql: PostgreSQL) -> None:
        """Whatever the server refuses us for."""
        database = open_database(postgresql.at("nobodys"))
        with pytest.raises(DatabaseUnavailable, match='database "nobodys" does not exist'):
            async with database.read():
                pass

    async def test_hung_up(self) -> None:
        """By a proxy whose server is gone."""
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        database = open_database(
            f"postgresql://nota@127.0.0.1:{server.sockets[0].getsockname()[1]}/nota?sslmode=disable"
        )
        with pytest.raises(DatabaseUnavailable):
            async with database.read():
                pass
        server.close()

    @cases("before, statement")
    async def test_while_it_works(self, postgresql: PostgreSQL, before: str, statement: str) -> None:
        """Shut down, too slow, a standby, locked by somebody else.

        SELECT 1 | SELECT pg_terminate_backend(pg_backend_pid())
        SET statement_timeout = 20 | SELECT pg_sleep(5)
        SET TRANSACTION READ ONLY | INSERT INTO done_once (name, done) VALUES ('x', 1)
        SET lock_timeout = 20 | LOCK TABLE readers IN ACCESS EXCLUSIVE MODE
        """
        async with (
            postgresql.database() as url,
            open_store(url) as store,
            open_store(url) as other,
            other.database.read() as reading,
        ):
            await reading.execute(text("SELECT 1 FROM readers"))
            with pytest.raises(DatabaseUnavailable):
                await self._both(store, before, statement)

    async def _both(self, store: Store, *statements: str) -> None:
        async with store.database.write() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    async def test_deadlock(self, postgresql: PostgreSQL) -> None:
        """The one whom the server chose is told to try again."""
        async with postgresql.database() as url, open_store(url) as store:
            await write(store, "a")
            await write(store, "b")
            both = asyncio.Barrier(2)

            async def change(first: str, second: str) -> None:
                async with store.database.write() as connection:
                    update = text("UPDATE done_once SET done = 2 WHERE name = :kind")
                    await connection.execute(update, {"kind": first})
                    await both.wait()
                    await connection.execute(update, {"kind": second})

            results = await asyncio.gather(change("a", "b"), change("b", "a"), return_exceptions=True)
            assert [type(each) for each in results if each is not None] == [DatabaseUnavailable]


LONG_WRITE = text(
    "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 200000) "
    "INSERT INTO done_once (name, done) SELECT 'x' || n, 1 FROM count RETURNING done"
)
"""A statement that is surely still at work when it is cancelled."""


class TestCancelled:
    """On each kind of database."""

    @pytest.mark.slow
    async def test_write_leaves_neither_a_lock_nor_a_row(self, store: Store) -> None:
        """The next writer need not wait for anything to time out, though the cancelled one is still referred to."""
        begun = asyncio.Event()

        async def writing() -> None:
            async with store.database.write(is_long=True) as connection:
                begun.set()
                await connection.execute(LONG_WRITE)

        half_way = asyncio.create_task(writing())
        await begun.wait()
        for _ in range(3):
            await asyncio.sleep(0.01)
        half_way.cancel()
        await asyncio.wait([half_way])
        assert half_way.cancelled()
        async with asyncio.timeout(5), store.database.write() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM done_once"))).scalar_one() == 0


SHOWN = text("SHOW idle_in_transaction_session_timeout")


@pytest.mark.postgres
class TestIdle:
    """PostgreSQL gives up for it."""

    async def test_before_its_lease_has_ended(self, postgresql: PostgreSQL) -> None:
        """So that who takes over finds the rows free."""
        async with postgresql.database() as url, open_store(url) as store, store.database.write() as connection:
            assert (await connection.execute(SHOWN)).scalar_one() == f"{IDLE_SECONDS}s"
        assert IDLE_SECONDS < LEASE_SECONDS

    async def test_not_while_somebody_reads(self, postgresql: PostgreSQL) -> None:
        """An export may be paged through by a person."""
        async with postgresql.database() as url, open_store(url) as store:
            async with store.database.snapshot() as connection:
                assert (await connection.execute(SHOWN)).scalar_one() == "0"
            async with store.database.read() as connection:
                assert (await connection.execute(SHOWN)).scalar_one() == f"{IDLE_SECONDS}s"


class TestTurns:
    """People's requests use the database a few at a time. Who waits in line is not told that the database is away."""

    async def test_a_line_longer_than_a_turn_may_last(self, store: Store) -> None:
        """Everybody is served, in the order of coming, while the first ones take their time."""
        database = replace(store.database, turn_seconds=1.0)
        served: list[int] = []

        async def work(number: int) -> int:
            await asyncio.sleep(0.1)
            await write(store, str(number))
            served.append(number)
            return number

        many = TURNS * 12  # 1.2 seconds of turns
        assert await asyncio.gather(*(database.in_turn(work(number)) for number in range(many))) == list(range(many))
        assert all(abs(place - number) < TURNS for place, number in enumerate(served))

    async def test_the_loop_stands_still(self, store: Store) -> None:
        """What the event loop loses to other work, or to other programs on the machine, is not the database's delay."""
        database = replace(store.database, turn_seconds=0.1)

        async def work() -> str:
            for _ in range(10):
                time.sleep(0.02)  # noqa: ASYNC251
                await asyncio.sleep(0)
            await write(store)
            return "done"

        assert await database.in_turn(work()) == "done"

    async def test_an_outage(self, store: Store) -> None:
        """The first ones wait as long as a turn lasts, those in line behind them a tenth of it each; once it is over, all is as before."""
        database = replace(store.database, turn_seconds=0.6)
        gone = asyncio.Event()
        began, ends = time.monotonic(), list[float]()

        async def work() -> None:
            try:
                await gone.wait()
            finally:
                ends.append(time.monotonic() - began)

        results = await asyncio.gather(*(database.in_turn(work()) for _ in range(TURNS * 3)), return_exceptions=True)
        assert [type(each) for each in results] == [TimeoutError] * (TURNS * 3)
        assert min(ends) >= 0.6
        assert ends[-1] - ends[0] < ends[0], "those behind did not wait a turn each"
        await write(store)
        gone.set()
        await asyncio.gather(*(database.in_turn(work()) for _ in range(TURNS * 3)))

    async def test_somebody_leaves_the_line(self, store: Store) -> None:
        """Their work is not begun, and the next one's is."""
        database, gone = store.database, asyncio.Event()

        async def hold() -> None:
            await gone.wait()

        first = [asyncio.create_task(database.in_turn(hold())) for _ in range(TURNS)]
        leaving, staying = (asyncio.create_task(database.in_turn(write(store, name))) for name in ("left", "stayed"))
        await asyncio.sleep(0)
        leaving.cancel()
        gone.set()
        await asyncio.gather(*first, staying)
        async with store.database.read() as connection:
            assert (await connection.execute(text("SELECT name FROM done_once"))).scalars().all() == ["stayed"]


@pytest.mark.postgres
class TestConnections:
    """A server with few connections, or with other defaults, serves readers as any other."""

    async def test_who_finds_none_waits_for_one_of_its_own(self, postgresql: PostgreSQL) -> None:
        """Two processes take all there are; fifty readers at once are answered, and the refusals are counted."""
        role = f"few_{uuid.uuid4().hex[:8]}"
        async with postgresql.database() as url:
            await postgresql.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 4")
            await postgresql.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}", at=url)
            own = url.replace("://postgres:", f"://{role}:", 1).replace("://postgres@", f"://{role}@", 1)
            one, two = open_database(own), open_database(own)

            async def read(database: Database) -> None:
                async with database.read() as connection:
                    assert (await connection.execute(text("SELECT current_user, pg_sleep(0.01)"))).scalar() == role

            try:
                await asyncio.gather(*(read(database) for database in (one, two)))
                await asyncio.gather(*(read(database) for database in (one, two) for _ in range(25)))
                assert one.refused + two.refused > 0
            finally:
                await one.close()
                await two.close()
                await postgresql.execute(f"DROP OWNED BY {role}", at=url)
                await postgresql.execute(f"DROP ROLE {role}")

    async def test_a_right_that_lacks(self, postgresql: PostgreSQL) -> None:
        """A table that only some commands read, such as a backup or a copy: it is said what to grant."""
        role = f"weak_{uuid.uuid4().hex[:8]}"
        async with postgresql.database() as url:
            await postgresql.execute(f"CREATE ROLE {role} LOGIN")
            own = url.replace("://postgres:", f"://{role}:", 1).replace("://postgres@", f"://{role}@", 1)
            database = open_database(own, only_reads=True)
            try:
                await postgresql.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}", at=url)
                await postgresql.execute(f"REVOKE ALL ON subscriptions FROM {role}", at=url)
                with pytest.raises(
                    UnusableDatabase,
                    match=r"\(permission denied for table subscriptions\), .* GRANT ALL ON TABLE subscriptions TO",
                ):
                    assert [line async for line in export(database)]
            finally:
                await database.close()
                await postgresql.execute(f"DROP OWNED BY {role}", at=url)
                await postgresql.execute(f"DROP ROLE {role}")

    async def test_no_words_of_the_pool(self, postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture) -> None:
        """Our pool's class would log as we do, a line for each end."""
        caplog.set_level(logging.INFO, "bot")
        async with postgresql.bare_database() as url:
            await open_database(url).close()
        assert caplog.records == []

    @pytest.mark.parametrize("default", ["serializable", "repeatable read"])
    async def test_another_isolation_by_default(self, postgresql: PostgreSQL, default: str) -> None:
        """Statements count on READ COMMITTED; a snapshot is one nevertheless."""
        async with postgresql.database() as url:
            name = urlsplit(url).path[1:]
            await postgresql.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = '{default}'")
            database = open_database(url)
            try:
                shown = text("SHOW transaction_isolation")
                async with database.read() as reading, database.write() as writing, database.snapshot() as snapshot:
                    levels = [(await each.execute(shown)).scalar() for each in (reading, writing, snapshot)]
            finally:
                await database.close()
                await postgresql.execute(f"ALTER DATABASE {name} RESET ALL")
        assert levels == ["read committed", "read committed", "repeatable read"]
