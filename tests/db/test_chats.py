"""Removed, restored, moved, forgotten."""

import pytest

from bot.db.store import Store
from bot.reader import Address
from bot.schedule import Subscription
from tests.clocks import MovedClock

GROUP = Address("telegram", -55)
TOPIC = Address("telegram", -55, 3)
SUPERGROUP = Address("telegram", -10055)


async def subscribed(store: Store, address: Address) -> None:
    await store.readers.meet(address, "group", "Group")
    await store.subscriptions.put(address, Subscription(silent=True))


class TestSuspending:
    """A chat that removed us keeps its settings for 30 days."""

    async def test_holds_for_every_topic_of_the_chat(self, store: Store, clock: MovedClock) -> None:
        """With the reason and the moment."""
        await subscribed(store, GROUP)
        await subscribed(store, TOPIC)
        assert await store.readers.suspend("telegram", -55, "kicked") is True
        for reader in await store.readers.of_chat("telegram", -55):
            assert (reader.suspended_since, reader.reason) == (clock.now, "kicked")

    async def test_a_second_time_changes_nothing(self, store: Store, clock: MovedClock) -> None:
        """The 30 days count from the first."""
        await subscribed(store, GROUP)
        await store.readers.suspend("telegram", -55, "kicked")
        clock.forward(days=1)
        assert await store.readers.suspend("telegram", -55, "blocked") is False

    async def test_coming_back_restores_all_of_it(self, store: Store) -> None:
        """The subscription is as it was."""
        await subscribed(store, GROUP)
        await store.readers.suspend("telegram", -55, "kicked")
        assert await store.readers.restore("telegram", -55) is True
        assert await store.readers.restore("telegram", -55) is False
        assert await store.subscriptions.get(GROUP) == Subscription(silent=True)

    async def test_is_forgotten_after_thirty_days_and_not_before(self, store: Store, clock: MovedClock) -> None:
        """Settings, language and all."""
        await subscribed(store, GROUP)
        await store.readers.set_language(GROUP, "ru")
        await store.readers.suspend("telegram", -55, "kicked")
        clock.forward(days=30)
        assert await store.readers.delete_lapsed() == 0
        clock.forward(seconds=1)
        assert await store.readers.delete_lapsed() == 1
        assert await store.readers.get(GROUP) is None
        assert await store.subscriptions.get(GROUP) is None
        assert store.readers.language(GROUP) is None

    async def test_active_readers_are_never_forgotten(self, store: Store, clock: MovedClock) -> None:
        """However long they are silent."""
        await subscribed(store, GROUP)
        clock.forward(days=400)
        assert await store.readers.delete_lapsed() == 0


class TestFallingBack:
    """A thread is gone: what it set goes on in the chat around it."""

    async def test_takes_the_settings_along_and_leaves_the_parent(self, store: Store) -> None:
        """The chat around is no thread, and has none."""
        thread, chat = Address("discord", 700), Address("discord", 600)
        await subscribed(store, thread)
        await store.readers.meet(thread, "group", parent_id=600)
        await store.readers.fall_back(thread, chat)
        reader = await store.readers.get(chat)
        assert reader is not None
        assert reader.parent_id is None
        assert await store.subscriptions.get(chat) == Subscription(silent=True)
        assert await store.readers.get(thread) is None


class TestMoving:
    """A group that becomes a supergroup keeps everything under its new id."""

    async def test_takes_language_and_subscription_along(self, store: Store) -> None:
        """Also those of its topics."""
        await subscribed(store, GROUP)
        await subscribed(store, TOPIC)
        await store.readers.set_language(TOPIC, "id")
        await store.readers.move("telegram", -55, -10055)
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)
        assert store.readers.language(Address("telegram", -10055, 3)) == "id"
        assert await store.readers.of_chat("telegram", -55) == []

    async def test_the_subscribed_one_stays_where_both_ids_are_known(self, store: Store) -> None:
        """The supergroup may have been met before we learn of the move."""
        await subscribed(store, GROUP)
        await store.readers.meet(SUPERGROUP, "group", "Group")
        await store.readers.move("telegram", -55, -10055)
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)
        assert len(await store.readers.of_chat("telegram", -10055)) == 1

    async def test_a_subscription_made_under_the_new_id_is_kept(self, store: Store) -> None:
        """It is the later one."""
        await subscribed(store, GROUP)
        await subscribed(store, SUPERGROUP)
        await store.readers.move("telegram", -55, -10055)
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)

    @pytest.mark.parametrize("is_met", [True, False])
    async def test_that_we_left_the_old_one_counts_no_more(self, store: Store, is_met: bool) -> None:
        """Telegram may tell that first, and that we are in the new one: the order is not promised."""
        await subscribed(store, GROUP)
        await store.readers.suspend("telegram", -55, "left")
        if is_met:
            await store.readers.meet(SUPERGROUP, "group", "Group")
        await store.readers.move("telegram", -55, -10055)
        reader = await store.readers.get(SUPERGROUP)
        assert reader is not None
        assert (reader.suspended_since, reader.reason) == (None, None)
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)

    async def test_twice_is_once(self, store: Store) -> None:
        """Telegram says it in both groups."""
        await subscribed(store, GROUP)
        await store.readers.move("telegram", -55, -10055)
        await store.readers.move("telegram", -55, -10055)
        await store.readers.move("telegram", -10055, -10055)
        assert await store.subscriptions.get(SUPERGROUP) is not None
