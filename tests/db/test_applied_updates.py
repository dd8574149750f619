"""An update that changes something changes it once, however often it is brought."""

import asyncio

import pytest

from bot.db.applied_updates import AlreadyApplied, is_first
from bot.db.retention import UPDATE_DAYS
from bot.db.schema import done_once
from bot.db.store import Store, open_store
from bot.db.subscriptions import Resumed
from bot.reader import Address
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.databases import PostgreSQL

CHAT = Address("telegram", "5")


class TestOnce:
    """By this process or another."""

    async def test_a_second_time_changes_nothing(self, store: Store) -> None:
        """Also where something else was set in between."""
        await store.readers.set_language(CHAT, "id", cause="telegram:1:7")
        await store.readers.set_language(CHAT, "ru", cause="telegram:1:8")
        with pytest.raises(AlreadyApplied):
            await store.readers.set_language(CHAT, "id", cause="telegram:1:7")
        assert (not_none(await store.readers.get(CHAT)).language, store.readers.language(CHAT)) == ("ru", "ru")

    async def test_what_changes_nothing_by_itself_can_be_noted_too(self, store: Store) -> None:
        """Who notes it first does it."""
        assert await is_first(store.database, "discord:1:9")
        assert not await is_first(store.database, "discord:1:9")
        assert await is_first(store.database, "discord:1:10")

    async def test_what_comes_without_a_name_is_always_done(self, store: Store) -> None:
        """As in the preview."""
        await store.readers.meet(CHAT, "private")
        assert await store.subscriptions.put(CHAT, Subscription()) is True
        assert await store.subscriptions.remove(CHAT) is True
        assert await store.subscriptions.put(CHAT, Subscription()) is True

    async def test_a_change_that_failed_can_come_again(self, store: Store) -> None:
        """The note and the change are one transaction."""
        with pytest.raises(Exception, match="telegram"):
            await store.subscriptions.resume(CHAT, Subscription(), "telegram:1:9")
        await store.readers.meet(CHAT, "private")
        assert await store.subscriptions.resume(CHAT, Subscription(), "telegram:1:9")

    @pytest.mark.postgres
    async def test_two_replicas_at_the_same_moment(self, postgresql: PostgreSQL) -> None:
        """One of them does it."""
        async with postgresql.database() as url, open_store(url) as one, open_store(url) as two:
            await one.readers.meet(CHAT, "private")
            puts = [each.subscriptions.resume(CHAT, Subscription(), "telegram:1:7") for each in (one, two) * 4]
            done = await asyncio.gather(*puts, return_exceptions=True)
        assert sum(isinstance(each, Resumed) for each in done) == 1
        assert sum(isinstance(each, AlreadyApplied) for each in done) == 7

    async def test_notes_are_dropped_when_nobody_asks_any_more(self, store: Store, clock: MovedClock) -> None:
        """Telegram keeps an update for a day."""
        await store.readers.set_language(CHAT, "id", cause="telegram:1:7")
        assert await store.delete_old(done_once) == 0
        clock.forward(1, days=UPDATE_DAYS)
        assert await store.delete_old(done_once) == 1
