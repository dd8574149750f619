"""Processes that compare the content with the ledger take turns."""

import asyncio

import pytest
from sqlalchemy import delete, select

from bot.db.schema import dossier_versions
from bot.db.store import Store, open_store
from tests.databases import PostgreSQL


async def compare(store: Store, turns: list[str], name: str) -> None:
    async with store.database.write() as connection:
        await store.bulletins.take_turn(connection)
        turns.append(f"{name} begins")
        await asyncio.sleep(0.05)
        turns.append(f"{name} ends")


class TestTurns:
    """Two processes at once."""

    async def test_one_after_the_other(self, database_url: str) -> None:
        """The second sees what the first has written."""
        turns: list[str] = []
        async with open_store(database_url) as one, open_store(database_url) as two:
            await asyncio.gather(compare(one, turns, "one"), compare(two, turns, "two"))
        assert turns in (
            ["one begins", "one ends", "two begins", "two ends"],
            ["two begins", "two ends", "one begins", "one ends"],
        )

    @pytest.mark.postgres
    async def test_whatever_the_tables_hold(self, postgresql: PostgreSQL) -> None:
        """A row that is not there cannot be locked, and who reads the version with a lock holds nobody up."""
        turns: list[str] = []
        async with postgresql.database() as url, open_store(url) as one, open_store(url) as two:
            async with one.database.write() as reading, asyncio.timeout(5):
                await reading.execute(select(dossier_versions).with_for_update())
                await compare(two, turns, "two")
            async with one.database.write() as connection:
                await connection.execute(delete(dossier_versions))
            turns.clear()
            await asyncio.gather(compare(one, turns, "one"), compare(two, turns, "two"))
        assert [turn.split()[1] for turn in turns] == ["begins", "ends", "begins", "ends"]
