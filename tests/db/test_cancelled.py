"""A write that is cancelled half-way, as at a stop or after a time-out, holds nobody else up."""

import asyncio

from sqlalchemy import text

from bot.db.store import Store

LONG = text(
    "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 200000) "
    "INSERT INTO alarms (kind, sent) SELECT 'x' || n, 1 FROM count RETURNING sent"
)
"""A statement that is surely still at work when it is cancelled."""


class TestCancelled:
    """On each kind of database."""

    async def test_write_leaves_neither_a_lock_nor_a_row(self, store: Store) -> None:
        """The next writer need not wait for anything to time out, though the cancelled one is still referred to."""
        begun = asyncio.Event()

        async def writing() -> None:
            async with store.database.write() as connection:
                begun.set()
                await connection.execute(LONG)

        half_way = asyncio.create_task(writing())
        await begun.wait()
        for _ in range(3):
            await asyncio.sleep(0.01)
        half_way.cancel()
        await asyncio.wait([half_way])
        assert half_way.cancelled()
        async with asyncio.timeout(5), store.database.write() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM alarms"))).scalar_one() == 0
