"""DATABASE_URL as PaaSes and poolers spell it works on a real server; what cannot be read shows nothing of itself."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.db.dsn import read_dsn
from bot.db.engine import DatabaseUnavailable, UnusableDatabase, open_database
from bot.db.migrations import migrate, prepare
from tests.databases import PostgreSQL
from tests.tables import cases, table

COMPOSE = Path(__file__).parents[2] / "compose.yaml"


class TestShown:
    """Host and name are for everybody, as on /readyz; user and password are not."""

    @table("url, shown")
    def test_no_password(self, url: str, shown: str) -> None:
        """However it is written.

        postgres://nota:sesame@db.example:5432/nota | db.example:5432/nota
        postgresql+asyncpg://nota:sesame@db.example/nota?sslmode=require | db.example/nota
        POSTGRES://nota:ses%2Fame%3F%23@[2001:db8::1]:5432/nota | [2001:db8::1]:5432/nota
        postgres://nota:sesame@one.example,two.example:6432/nota | one.example,two.example:6432/nota
        postgres:///nota?host=/var/run/postgresql&user=nota&password=sesame | /var/run/postgresql/nota
        """
        assert read_dsn(url).public == open_database(url).url == shown


class TestUnreadable:
    """A password with signs of its own must be encoded, which is said without it."""

    @table("url")
    def test_shows_nothing(self, url: str) -> None:
        """Neither what went before the sign nor what came after it.

        postgres://nota:kni/ght@db/nota
        postgres://nota:kni?ght@db/nota
        postgres://nota:kni?x=ght@db/nota
        postgres://nota:kni#ght@db/nota
        postgres://nota:kni[ght@db/nota
        postgres://nota:p@kni/ght@db/nota
        postgres://nota:p@kni#ght@db/nota
        postgres://nota:1234/kni-ght@db/nota
        postgres://nota:knight@db:kght/nota
        postgres://nota:knight@db/nota?kght
        """
        with pytest.raises(UnusableDatabase, match=r"^DATABASE_URL: cannot be read; .* / as %2F") as refused:
            open_database(url)
        assert "kni" not in str(refused.value)
        assert "ght" not in str(refused.value)
        assert refused.value.__cause__ is None

    def test_an_encoded_one_reaches_the_driver(self) -> None:
        """As it is written."""
        assert "p%40ss%2Fw%23rd%3F" in read_dsn("postgres://nota:p%40ss%2Fw%23rd%3F@db/nota").address


@asynccontextmanager
async def refusing_encryption() -> AsyncIterator[int]:
    """The port of a server that answers N to a request for TLS, as PostgreSQL without it does, and hears nothing else."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(8) == struct.pack("!II", 8, 80877103)
        writer.write(b"N")
        await writer.drain()
        assert await reader.read() == b""
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.postgres
class TestSpellings:
    """What else a PaaS writes into the address keeps nobody from the server."""

    @cases("words")
    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    async def test_are_understood(self, scheme: str, words: str, postgresql: PostgreSQL) -> None:
        """By the release step and by a start.

        sslmode=disable
        sslmode=prefer
        sslmode=allow&channel_binding=prefer
        connect_timeout=10&keepalives=1&keepalives_idle=30
        gssencmode=disable&fallback_application_name=nota&client_encoding=utf8
        application_name=nota&target_session_attrs=read-write
        options=-c%20statement_timeout%3D5000
        pgbouncer=true&connection_limit=1&pool_timeout=10
        statement_cache_size=0
        sslmode=
        """
        async with postgresql.database() as url:
            database = open_database(f"{url.replace('postgresql', scheme, 1)}&{words}")
            await migrate(database)
            await prepare(database)
            await database.close()

    @cases("words")
    async def test_encryption_that_is_asked_for_is_not_given_up(self, words: str) -> None:
        """A server that says it has none is told nothing more.

        sslmode=require
        sslmode=no-verify
        ssl=true
        sslmode=verify-full&sslrootcert=system
        """
        async with refusing_encryption() as port:
            database = open_database(f"postgres://nota:sesame@127.0.0.1:{port}/nota?{words}")
            with pytest.raises(UnusableDatabase, match="rejected SSL upgrade"):
                await migrate(database)
            await database.close()

    @pytest.mark.parametrize(("words", "kept"), [("pgbouncer=true", False), ("application_name=nota", True)])
    async def test_behind_a_pooler_nothing_is_prepared(self, words: str, kept: bool, postgresql: PostgreSQL) -> None:
        """By name, at least, which another of its connections would not know."""
        async with postgresql.database() as url:
            database = open_database(f"{url}&{words}")
            async with database.read() as connection:
                await connection.execute(text("SELECT 1"))
                found = await connection.execute(text("SELECT count(*) FROM pg_prepared_statements"))
            assert (found.scalar_one() > 0) == kept
            await database.close()


class TestPasswordApart:
    """PGPASSWORD, as compose.yaml passes it: no sign in it has to be written otherwise."""

    @pytest.mark.parametrize("password", ["nota", "a/b+c=", "a#b?c@d:e%2F[f]", "пароль ' \" $x"])
    async def test_reaches_the_server_as_it_is(self, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A server that asks for it, and then refuses."""
        monkeypatch.setenv("PGPASSWORD", password)
        received: list[str] = []

        async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """postgresql.org/docs/current/protocol-message-formats.html: AuthenticationCleartextPassword, PasswordMessage."""
            (length,) = struct.unpack("!I", await reader.readexactly(4))
            await reader.readexactly(length - 4)
            writer.write(b"R" + struct.pack("!II", 8, 3))
            _, length = struct.unpack("!cI", await reader.readexactly(5))
            received.append((await reader.readexactly(length - 4)).rstrip(b"\0").decode())
            refusal = b"C28P01\0Mwrong one\0\0"
            writer.write(b"E" + struct.pack("!I", 4 + len(refusal)) + refusal)
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(ask, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        [address] = re.findall(r"DATABASE_URL: (\S+)", COMPOSE.read_text("utf-8"))
        database = open_database(address.replace("@db/", f"@127.0.0.1:{port}/") + "?sslmode=disable")
        with pytest.raises(DatabaseUnavailable, match="wrong one"):
            async with database.read():
                pass
        await database.close()
        server.close()
        await server.wait_closed()
        assert received == [password]
