"""A process that is frozen in the middle of a transaction holds nobody up for long."""

import pytest
from sqlalchemy import text

from bot.db.engine import IDLE_SECONDS
from bot.db.leases import LEASE_SECONDS
from bot.db.store import open_store
from tests.databases import PostgreSQL

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
