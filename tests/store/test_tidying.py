"""What nobody will ask for again goes by itself."""

import asyncio

from bot.delivery import Address
from bot.store.chats import KEPT_SECONDS
from bot.store.store import Store
from bot.store.tidying import tidy
from tests.clocks import MovedClock

GONE, BACK = Address("telegram", -1), Address("telegram", -2)


class TestTidy:
    """Once an hour."""

    async def test_readers_that_removed_us_are_forgotten_after_30_days(self, store: Store, clock: MovedClock) -> None:
        """And nobody else."""
        for address in (GONE, BACK):
            await store.readers.meet(address, "group")
        await store.chats.suspend("telegram", GONE.chat_id, "left")
        clock.forward(KEPT_SECONDS + 60)
        rounds = 0

        async def sleep(_: float) -> None:
            nonlocal rounds
            rounds += 1
            if rounds > 1:
                raise asyncio.CancelledError

        await asyncio.gather(tidy(store, sleep), return_exceptions=True)
        assert await store.readers.get(GONE) is None
        assert await store.readers.get(BACK) is not None
