"""SIGTERM ends a real process within ten seconds, after which a PaaS kills, whatever its database does."""

import asyncio
import signal
import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import text

from bot.db.store import open_store
from tests.chaos.scene import Scene, chats_of, scene
from tests.databases import PostgreSQL
from tests.servers.cable import cable

STOP_SECONDS = 10.0
READERS = 1000
LONG = pytest.param(15.0, marks=pytest.mark.chaos)
"""Seconds in which a lease ends."""


async def stopped(process: Process) -> float:
    """How many seconds it takes to end."""
    began = monotonic()
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), 60)
    return monotonic() - began


@asynccontextmanager
async def sending(database: str, folder: Path) -> AsyncIterator[Scene]:
    """A bulletin on its way to many, by polling."""
    chats = chats_of("telegram", READERS)
    async with scene("telegram", database, folder, chats=chats, latency=0.5) as at:
        await at.start()
        at.write("Ferry")
        assert await at.crowd.until(20, 30) >= 20, at.said()
        yield at


@pytest.mark.postgres
@pytest.mark.slow
class TestPostgresql:
    """By a cable of ours."""

    @pytest.mark.parametrize("since", [0.0, LONG])
    async def test_pulled(self, postgresql: PostgreSQL, tmp_path: Path, since: float) -> None:
        """Just now, or for so long that its lease has ended."""
        async with postgresql.database() as url, cable(url) as way, sending(way.url, tmp_path) as at:
            way.pull()
            await asyncio.sleep(since)
            assert await stopped(at.replicas[0].process) < STOP_SECONDS, at.said()

    @pytest.mark.parametrize("since", [2.0, LONG])
    async def test_dead(self, postgresql: PostgreSQL, tmp_path: Path, since: float) -> None:
        """The server says nothing any more, as behind a firewall that forgot us."""
        async with postgresql.database() as url, cable(url) as way, sending(way.url, tmp_path) as at:
            way.die()
            await asyncio.sleep(since)
            assert await stopped(at.replicas[0].process) < STOP_SECONDS, at.said()

    @pytest.mark.chaos
    async def test_locked(self, postgresql: PostgreSQL, tmp_path: Path) -> None:
        """Somebody holds the tables, as a migration by hand."""
        async with (
            postgresql.database() as url,
            sending(url, tmp_path) as at,
            open_store(url) as other,
            other.database.write() as connection,
        ):
            await connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
            await connection.execute(text("LOCK TABLE deliveries, leases IN ACCESS EXCLUSIVE MODE"))
            await asyncio.sleep(2)
            assert await stopped(at.replicas[0].process) < STOP_SECONDS, at.said()


@pytest.mark.slow
class TestSqlite:
    """A file."""

    @pytest.mark.parametrize("since", [2.0, LONG])
    async def test_locked(self, tmp_path: Path, since: float) -> None:
        """By another process, for longer than is waited for it."""
        async with sending("sqlite", tmp_path) as at:
            with closing(sqlite3.connect(tmp_path / "nota.sqlite3", timeout=30, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(since)
                assert await stopped(at.replicas[0].process) < STOP_SECONDS, at.said()
