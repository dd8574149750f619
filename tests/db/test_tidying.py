"""What nobody will ask for again goes by itself."""

import asyncio

from bot.db.bulletins import DESK_KEPT_SECONDS
from bot.db.readers import KEPT_SECONDS
from bot.db.retention import tidy
from bot.db.schema import DESK
from bot.db.store import Store
from bot.reader import Address
from tests.clocks import MovedClock

GONE, BACK = Address("telegram", -1), Address("telegram", -2)


async def tidied_once(store: Store) -> None:
    rounds = 0

    async def sleep(_: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds > 1:
            raise asyncio.CancelledError

    await asyncio.gather(tidy(store, sleep), return_exceptions=True)


class TestTidy:
    """Once an hour."""

    async def test_readers_that_removed_us_are_forgotten_after_30_days(self, store: Store, clock: MovedClock) -> None:
        """And nobody else."""
        for address in (GONE, BACK):
            await store.readers.meet(address, "group")
        await store.chats.suspend("telegram", GONE.chat_id, "left")
        clock.forward(KEPT_SECONDS + 60)
        await tidied_once(store)
        assert await store.readers.get(GONE) is None
        assert await store.readers.get(BACK) is not None

    async def test_what_was_written_for_editors_is_forgotten_after_30_days(
        self, store: Store, clock: MovedClock
    ) -> None:
        """Bulletins for readers stay."""
        columns = {
            "language": "en",
            "day": "2026-11-23",
            "topics": [],
            "urgent": False,
            "state": "published",
            "revision": 1,
        }
        for name, origin in (("desk-1-1", DESK), ("2026-11-23-wire-1", "wire")):
            async with store.database.write() as connection:
                await store.bulletins.put(connection, name, {**columns, "origin": origin}, [], clock.now)
        clock.forward(DESK_KEPT_SECONDS + 60)
        await tidied_once(store)
        async with store.database.read() as connection:
            assert await store.bulletins.get(connection, "desk-1-1") is None
            assert await store.bulletins.get(connection, "2026-11-23-wire-1") is not None
