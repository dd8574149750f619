"""A pooler that passes no notices on is noticed, at the start and by ``nota doctor``."""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog.testing

from bot.cli import doctor
from bot.db.engine import open_database
from bot.db.replication import passes_notices, warn_of_missing_notices
from bot.settings import read_settings
from tests.conftest import TINY
from tests.databases import PostgreSQL, sqlite_url

NOTICE = b"A"
"""A NotificationResponse (postgresql.org/docs/current/protocol-message-formats.html)."""


@asynccontextmanager
async def pooler(url: str) -> AsyncIterator[str]:
    """The URL of the same database by way of what passes everything on but notices."""
    split = urlsplit(url)
    socket = Path(parse_qs(split.query)["host"][0]) / ".s.PGSQL.5432"
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        answers, questions = await asyncio.open_unix_connection(socket)
        ways = asyncio.gather(_as_it_is(reader, questions), _without_notices(answers, writer))
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


async def _without_notices(reader: StreamReader, writer: StreamWriter) -> None:
    while True:
        head = await reader.readexactly(5)
        body = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
        if head[:1] != NOTICE:
            writer.write(head + body)
            await writer.drain()


@pytest.mark.postgres
class TestNotices:
    """Told to oneself: they come, or they do not."""

    async def test_come_from_the_server(self, postgresql: PostgreSQL) -> None:
        """And nothing is said."""
        async with postgresql.database() as url:
            database = open_database(url)
            assert await passes_notices(database)
            with structlog.testing.capture_logs() as said:
                await warn_of_missing_notices(database)
            assert said == []
            await database.close()

    async def test_do_not_come_through_a_pooler(
        self, postgresql: PostgreSQL, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Which is a warning at the start and a line of the doctor's, with what to do."""
        async with postgresql.database() as url, pooler(url) as by_pooler:
            database = open_database(by_pooler)
            with structlog.testing.capture_logs() as said:
                await warn_of_missing_notices(database)
            await database.close()
            [warning] = said
            assert warning["log_level"] == "warning"
            assert "direct address" in warning["event"]
            settings = read_settings({"content_dir": TINY, "database_url": by_pooler})
            assert await doctor.examine(settings) == 0
            assert "takes LISTEN and passes nothing on\n    → give DATABASE_URL" in capsys.readouterr().out

    async def test_a_server_that_is_away_is_no_pooler(self) -> None:
        """Others tell of that."""
        database = open_database("postgres://nota@127.0.0.1:1/nota?sslmode=disable")
        with structlog.testing.capture_logs() as said:
            await warn_of_missing_notices(database)
        assert said == []
        await database.close()


async def test_sqlite_has_nobody_to_tell() -> None:
    """One process, one memory."""
    database = open_database(sqlite_url())
    assert await passes_notices(database)
    await database.close()
