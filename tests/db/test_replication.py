"""What one process sets, the others know within two seconds, by PostgreSQL's notifications."""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog.testing
from sqlalchemy import text

from bot.cli import doctor
from bot.db.engine import open_database
from bot.db.notifications import (
    MANY,
    address_in,
    follow_changes,
    passes_notifications,
    payload_of,
    warn_of_missing_notifications,
)
from bot.db.store import Store, open_store
from bot.reader import Address
from bot.settings import read_settings
from tests.clocks import MovedClock
from tests.conftest import TINY
from tests.databases import PostgreSQL, sqlite_url
from tests.tables import table

GROUP = Address("telegram", "-100")
TOPIC = Address("telegram", "-100", "7")
WITHIN_SECONDS = 10.0


@asynccontextmanager
async def following(url: str) -> AsyncIterator[Store]:
    """Another process, here in the same one."""
    async with open_store(url) as store:
        task = asyncio.create_task(follow_changes(store.database, store.readers, store.answered))
        try:
            await settled(store)
            yield store
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def settled(store: Store) -> None:
    """Until it listens: what it sets itself comes back to it."""
    probe = Address("telegram", "999")
    await store.readers.set_language(probe, "en")
    async with asyncio.timeout(60):
        while store.readers.language(probe) != "ru":
            async with store.database.write() as connection:
                await connection.execute(text("UPDATE readers SET language = 'ru' WHERE chat = '999'"))
                await connection.execute(text("SELECT pg_notify('nota_readers', 'telegram 999 0')"))
            await asyncio.sleep(0.05)


async def until(holds: Callable[[], bool], seconds: float = WITHIN_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  memory tells nobody when it changes
            await asyncio.sleep(0.01)


@pytest.mark.postgres
class TestOthers:
    """Every change of what is held in memory."""

    async def test_a_choice_is_known(self, postgresql: PostgreSQL) -> None:
        """Of a chat, and of a topic in it."""
        async with postgresql.database() as url, open_store(url) as one, following(url) as other:
            await one.readers.set_language(GROUP, "id")
            await one.readers.set_language(TOPIC, "ru")
            await until(lambda: other.readers.language(TOPIC) == "ru")
            assert other.readers.language(GROUP) == "id"

    async def test_a_move_is_known(self, postgresql: PostgreSQL) -> None:
        """The new id has it, the old one has it no more."""
        async with postgresql.database() as url, open_store(url) as one, following(url) as other:
            await one.readers.set_language(GROUP, "id")
            await until(lambda: other.readers.language(GROUP) == "id")
            await one.readers.move("telegram", "-100", "-200")
            await until(lambda: other.readers.language(Address("telegram", "-200")) == "id")
            await until(lambda: other.readers.language(GROUP) is None)

    async def test_a_suspension_and_its_end_are_known(self, postgresql: PostgreSQL) -> None:
        """So that whichever process hears from the chat lifts it."""
        async with postgresql.database() as url, following(url) as one, following(url) as other:
            await one.readers.meet(TOPIC, "group")
            await one.readers.suspend("telegram", "-100", "left")
            assert one.readers.is_suspended(GROUP)
            await until(lambda: other.readers.is_suspended(TOPIC))
            await other.readers.restore("telegram", "-100")
            assert not other.readers.is_suspended(TOPIC)
            await until(lambda: not one.readers.is_suspended(GROUP))

    @pytest.mark.slow
    async def test_many_at_once_are_known(self, postgresql: PostgreSQL, clock: MovedClock) -> None:
        """They are told of as one."""
        chats = [Address("telegram", str(number)) for number in range(1, MANY + 20)]
        async with postgresql.database() as url, open_store(url, clock) as one, following(url) as other:
            for chat in chats:
                await one.readers.set_language(chat, "id")
                await one.readers.suspend("telegram", chat.chat_id, "blocked")
            await until(lambda: all(other.readers.language(chat) == "id" for chat in chats))
            clock.forward(days=31)
            assert await one.readers.delete_lapsed() == len(chats)
            await until(lambda: not any(other.readers.language(chat) for chat in chats))

    async def test_what_was_set_while_the_connection_was_lost(self, postgresql: PostgreSQL) -> None:
        """Nobody keeps what was told meanwhile, so everything is read again."""
        async with postgresql.database() as url, open_store(url) as one, following(url) as other:
            async with one.database.write() as connection:
                ends = (
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                chooses = "INSERT INTO readers (platform, chat, thread, kind, language, first_seen) VALUES ('telegram', '-300', '0', 'group', 'id', 0)"
                await connection.execute(text(ends))
                await connection.execute(text(chooses))
            await until(lambda: other.readers.language(Address("telegram", "-300")) == "id")

    async def test_a_choice_of_ones_own_hides_no_newer_one(self, postgresql: PostgreSQL) -> None:
        """Of another process, which is told before the own transaction is known to be committed."""
        async with (
            postgresql.database() as url,
            open_store(url) as one,
            slow_line(url) as line,
            following(line.url) as other,
        ):
            line.holds_commits = True
            late = asyncio.create_task(other.readers.set_language(GROUP, "id"))
            await until(lambda: line.held > 0)
            await one.readers.set_language(GROUP, "ru")
            await until(lambda: other.readers.language(GROUP) == "ru")
            line.release.set()
            await late
            assert other.readers.language(GROUP) == "ru"


@dataclass
class Line:
    """The way to a PostgreSQL, on which the answers to commits may be slow. ``held``: connections whose answer is."""

    url: str = ""
    holds_commits: bool = False
    held: int = 0
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socket: str) -> None:
        """One connection, until one of its ends closes it."""
        theirs, ours = await asyncio.open_unix_connection(socket)
        free = asyncio.Event()
        free.set()

        async def forth() -> None:
            while part := await reader.read(65536):
                if self.holds_commits and b"COMMIT;" in part:  # not BEGIN ISOLATION LEVEL READ COMMITTED;
                    free.clear()
                    self.held += 1
                ours.write(part)
            ours.close()

        async def back() -> None:
            while part := await theirs.read(65536):
                if not free.is_set():
                    await self.release.wait()
                writer.write(part)
            writer.close()

        await asyncio.gather(forth(), back())


@asynccontextmanager
async def slow_line(url: str) -> AsyncIterator[Line]:
    """A way to the database of that URL, over TCP."""
    line, host = Line(), parse_qs(urlsplit(url).query)["host"][0]

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await line.carry(reader, writer, f"{host}/.s.PGSQL.5432")

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line.url = f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}?sslmode=disable"
    try:
        yield line
    finally:
        server.close()


class TestWords:
    """What is told, and what a newer release may tell instead."""

    @pytest.mark.parametrize("address", [GROUP, TOPIC, Address("discord", str(1 << 62))])
    def test_an_address_comes_back(self, address: Address) -> None:
        """The very same."""
        assert address_in(payload_of(address)) == address

    @table("word")
    def test_anything_else_means_everything(self, word: str) -> None:
        """Better read too much than miss something.

        ""
        telegram
        telegram 1
        a b c d
        postcards Ann Lee 0
        """
        assert address_in(word) is None


NOTICE = b"A"
"""A NotificationResponse (postgresql.org/docs/current/protocol-message-formats.html)."""


@asynccontextmanager
async def pooler(url: str) -> AsyncIterator[str]:
    """The URL of the same database by way of what passes everything on but notifications."""
    split = urlsplit(url)
    socket = Path(parse_qs(split.query)["host"][0]) / ".s.PGSQL.5432"
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        answers, questions = await asyncio.open_unix_connection(socket)
        ways = asyncio.gather(_as_it_is(reader, questions), _without_notifications(answers, writer))
        under_way.add(asyncio.current_task())  # type: ignore[arg-type]
        with suppress(OSError, EOFError):
            await ways
        for each in (writer, questions):
            each.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgres://{split.username}@127.0.0.1:{port}{split.path}?sslmode=disable&pgbouncer=true"
    await asyncio.wait(under_way, timeout=5)


async def _as_it_is(reader: StreamReader, writer: StreamWriter) -> None:
    while part := await reader.read(65536):
        writer.write(part)
        await writer.drain()
    writer.write_eof()


async def _without_notifications(reader: StreamReader, writer: StreamWriter) -> None:
    while True:
        head = await reader.readexactly(5)
        body = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
        if head[:1] != NOTICE:
            writer.write(head + body)
            await writer.drain()


@pytest.mark.postgres
class TestNotifications:
    """Told to oneself: they come, or they do not."""

    async def test_come_from_the_server(self, postgresql: PostgreSQL) -> None:
        """And nothing is said."""
        async with postgresql.database() as url:
            database = open_database(url)
            assert await passes_notifications(database)
            with structlog.testing.capture_logs() as said:
                await warn_of_missing_notifications(database)
            assert said == []
            await database.close()

    @pytest.mark.slow
    async def test_do_not_come_through_a_pooler(
        self, postgresql: PostgreSQL, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Which is a warning at the start and a line of the doctor's, with what to do."""
        async with postgresql.database() as url, pooler(url) as by_pooler:
            database = open_database(by_pooler)
            with structlog.testing.capture_logs() as said:
                await warn_of_missing_notifications(database)
            await database.close()
            [warning] = said
            assert warning["log_level"] == "warning"
            assert "direct address" in warning["event"]
            settings = read_settings({"content_dir": TINY, "database_url": by_pooler})
            assert await doctor.examine(settings) == 0
            assert "accepts LISTEN but delivers no notifications\n    → give DATABASE_URL" in capsys.readouterr().out

    async def test_a_server_that_is_away_is_no_pooler(self) -> None:
        """Others tell of that."""
        database = open_database("postgres://nota@127.0.0.1:1/nota?sslmode=disable")
        with structlog.testing.capture_logs() as said:
            await warn_of_missing_notifications(database)
        assert said == []
        await database.close()


async def test_sqlite_has_nobody_to_tell() -> None:
    """One process, one memory."""
    database = open_database(sqlite_url())
    assert await passes_notifications(database)
    await database.close()
