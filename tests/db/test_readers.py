"""Readers: languages, suspensions, moves."""

import gc
import tracemalloc

import pytest

from bot.db.store import Store, open_store
from bot.reader import Address, GroupSettings
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import not_none

GROUP = Address("telegram", "-1001")
LONGEST = "https://push.example/" + "x" * 900  # as long as the address of a browser may be
TOPIC = Address("telegram", "-1001", "7")


CHOSEN = GroupSettings(checks_forwards=True, audience="private", whole_answers=True, lines_an_hour=10)
"""Everything that the admins of a group may choose."""


class TestLanguage:
    """A chosen language is known at once, without waiting for the database."""

    async def test_unknown_until_it_is_chosen(self, store: Store) -> None:
        """None, so that the asker's own language decides."""
        assert store.readers.language(GROUP) is None

    async def test_holds_for_the_chat_and_for_the_topics_in_it(self, store: Store) -> None:
        """A topic that chose none speaks its chat's."""
        await store.readers.set_language(GROUP, "id")
        assert store.readers.language(TOPIC) == "id"

    async def test_a_topic_may_choose_its_own(self, store: Store) -> None:
        """And leaves the chat's alone."""
        await store.readers.set_language(GROUP, "id")
        await store.readers.set_language(TOPIC, "ru")
        assert (store.readers.language(GROUP), store.readers.language(TOPIC)) == ("id", "ru")

    async def test_changes_hold(self, store: Store) -> None:
        """The last choice counts."""
        await store.readers.set_language(GROUP, "id")
        await store.readers.set_language(GROUP, "en")
        assert store.readers.language(GROUP) == "en"

    async def test_is_in_the_database_too(self, store: Store) -> None:
        """Another reading of the same database knows it."""
        await store.readers.set_language(TOPIC, "ru")
        await store.readers.load()
        assert store.readers.language(TOPIC) == "ru"

    @pytest.mark.slow
    async def test_outlives_the_process(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        """A restart forgets nothing."""
        url = f"sqlite:///{tmp_path}/data/nota.sqlite3"
        async with open_store(url) as first:
            await first.readers.set_language(GROUP, "ru")
        async with open_store(url) as second:
            assert second.readers.language(GROUP) == "ru"


class TestMemory:
    """What the memory holds of a reader is small."""

    async def test_a_chosen_language_takes_less_than_a_kilobyte(self, store: Store) -> None:
        """Also where each was read by a query of its own, as after each choice."""
        await store.readers.set_language(GROUP, "id")
        tracemalloc.start()
        try:
            for number in range(100):
                if number == 50:  # by now caches and statements are there
                    gc.collect()
                    before = tracemalloc.get_traced_memory()[0]
                await store.readers.set_language(Address("telegram", str(number)), "id")
            gc.collect()
            each = (tracemalloc.get_traced_memory()[0] - before) / 50
        finally:
            tracemalloc.stop()
        assert each < 1000


class TestSuspension:
    """Known at once, too."""

    async def test_from_the_removal_until_the_return(self, store: Store) -> None:
        """Also to a process that starts meanwhile."""
        await store.readers.meet(GROUP, "group")
        assert not store.readers.is_suspended(GROUP)
        await store.readers.suspend("telegram", GROUP.chat_id, "left")
        assert store.readers.is_suspended(TOPIC)
        await store.readers.load()
        assert store.readers.is_suspended(TOPIC)
        await store.readers.restore("telegram", GROUP.chat_id)
        assert not store.readers.is_suspended(TOPIC)


class TestMeeting:
    """A chat is met once; its title may change."""

    async def test_knows_nothing_of_a_stranger(self, store: Store) -> None:
        """None for an address never met."""
        assert await store.readers.get(GROUP) is None

    async def test_keeps_kind_title_and_what_was_heard(self, store: Store) -> None:
        """What was heard counts until a language is chosen."""
        met = await store.readers.meet(GROUP, "group", "Desa Digital", "id")
        assert await store.readers.get(GROUP) == met
        assert (met.kind, met.title, met.detected_language, met.language) == ("group", "Desa Digital", "id", None)

    async def test_a_new_title_replaces_the_old_one_and_an_unknown_one_does_not(self, store: Store) -> None:
        """So a place that knows no title can call it too."""
        await store.readers.meet(GROUP, "group", "Old")
        await store.readers.meet(GROUP, "group", "New")
        assert (await store.readers.meet(GROUP, "group")).title == "New"

    async def test_keeps_the_chat_around_a_thread(self, store: Store) -> None:
        """Until another is told; a place that knows of none takes nothing away."""
        thread = Address("discord", "700")
        assert (await store.readers.meet(thread, "group")).parent_id is None
        assert (await store.readers.meet(thread, "group", parent_id=LONGEST)).parent_id == LONGEST
        assert (await store.readers.meet(thread, "group")).parent_id == LONGEST
        await store.readers.set_language(thread, "ru")
        assert await store.readers.get(thread) == await store.readers.meet(thread, "group", parent_id=LONGEST)
        await store.readers.set_language(thread, "ru", parent_id="600")
        assert (await store.readers.meet(thread, "group")).parent_id == "600"

    async def test_keeps_the_language_chosen(self, store: Store) -> None:
        """Meeting again changes no setting."""
        await store.readers.set_language(GROUP, "ru")
        assert (await store.readers.meet(GROUP, "group", "Group", "en")).language == "ru"

    async def test_tells_a_chat_from_its_topics(self, store: Store) -> None:
        """Each is a reader of its own, the chat first."""
        topic = await store.readers.meet(TOPIC, "group")
        group = await store.readers.meet(GROUP, "group")
        assert await store.readers.of_chat("telegram", "-1001") == [group, topic]

    async def test_tells_platforms_apart(self, store: Store) -> None:
        """The same number means another chat elsewhere."""
        await store.readers.meet(GROUP, "group")
        assert await store.readers.get(Address("discord", "-1001")) is None

    async def test_takes_ids_as_large_as_discords(self, store: Store) -> None:
        """Snowflakes need 64 bits."""
        channel = Address("discord", str(2**63 - 1))
        assert (await store.readers.meet(channel, "channel")).address == channel

    async def test_finds_those_of_many_chats_and_of_threads_in_them(self, store: Store) -> None:
        """Discord's threads are chats of their own; of no chats there are none."""
        channel = await store.readers.meet(Address("discord", "5"), "group")
        thread = await store.readers.meet(Address("discord", "6"), "group", parent_id="5")
        await store.readers.meet(Address("discord", "8"), "group", parent_id="7")
        await store.readers.meet(Address("telegram", "5"), "group")
        assert await store.readers.among("discord", [*map(str, range(1000, 3000)), "5"]) == [channel, thread]
        assert await store.readers.among("discord", []) == []


OLD_GROUP = Address("telegram", "-55")
OLD_TOPIC = Address("telegram", "-55", "3")
SUPERGROUP = Address("telegram", "-10055")


async def subscribed(store: Store, address: Address) -> None:
    await store.readers.meet(address, "group", "Group")
    await store.subscriptions.put(address, Subscription(silent=True))


class TestSuspending:
    """A chat that removed us keeps its settings for 30 days."""

    async def test_holds_for_every_topic_of_the_chat(self, store: Store, clock: MovedClock) -> None:
        """With the reason and the moment."""
        await subscribed(store, OLD_GROUP)
        await subscribed(store, OLD_TOPIC)
        assert await store.readers.suspend("telegram", "-55", "kicked") is True
        for reader in await store.readers.of_chat("telegram", "-55"):
            assert (reader.suspended_since, reader.reason) == (clock.now, "kicked")

    async def test_a_second_time_changes_nothing(self, store: Store, clock: MovedClock) -> None:
        """The 30 days count from the first."""
        await subscribed(store, OLD_GROUP)
        await store.readers.suspend("telegram", "-55", "kicked")
        clock.forward(days=1)
        assert await store.readers.suspend("telegram", "-55", "blocked") is False

    async def test_coming_back_restores_all_of_it(self, store: Store) -> None:
        """The subscription is as it was."""
        await subscribed(store, OLD_GROUP)
        await store.readers.suspend("telegram", "-55", "kicked")
        assert await store.readers.restore("telegram", "-55") is True
        assert await store.readers.restore("telegram", "-55") is False
        assert await store.subscriptions.get(OLD_GROUP) == Subscription(silent=True)

    async def test_is_forgotten_after_thirty_days_and_not_before(self, store: Store, clock: MovedClock) -> None:
        """Settings, language and all."""
        await subscribed(store, OLD_GROUP)
        await store.readers.set_language(OLD_GROUP, "ru")
        await store.readers.suspend("telegram", "-55", "kicked")
        clock.forward(days=30)
        assert await store.readers.delete_lapsed() == 0
        clock.forward(seconds=1)
        assert await store.readers.delete_lapsed() == 1
        assert await store.readers.get(OLD_GROUP) is None
        assert await store.subscriptions.get(OLD_GROUP) is None
        assert store.readers.language(OLD_GROUP) is None

    async def test_active_readers_are_never_forgotten(self, store: Store, clock: MovedClock) -> None:
        """However long they are silent."""
        await subscribed(store, OLD_GROUP)
        clock.forward(days=400)
        assert await store.readers.delete_lapsed() == 0


class TestFallingBack:
    """A thread is gone: what it set goes on in the chat around it."""

    async def test_takes_the_settings_along_and_leaves_the_parent(self, store: Store) -> None:
        """The chat around is no thread, and has none."""
        thread, chat = Address("discord", "700"), Address("discord", "600")
        await subscribed(store, thread)
        await store.readers.meet(thread, "group", parent_id="600")
        await store.readers.fall_back(thread, chat)
        assert not_none(await store.readers.get(chat)).parent_id is None
        assert await store.subscriptions.get(chat) == Subscription(silent=True)
        assert await store.readers.get(thread) is None


class TestMerging:
    """The chat around a deleted topic, or the supergroup that a group became, is known already: nothing of either is lost."""

    async def test_a_deleted_topic_leaves_the_groups_settings(self, store: Store) -> None:
        """The group takes over the subscription that it has not."""
        await self.settings(store, GROUP)
        await store.readers.meet(TOPIC, "group")
        await store.readers.set_language(TOPIC, "ru")
        await store.subscriptions.put(TOPIC, Subscription(frozenset({"fare"})))  # type: ignore[arg-type]
        await store.readers.fall_back(TOPIC, GROUP)
        self.check(store, GROUP, "id")
        assert await store.subscriptions.get(GROUP) == Subscription(frozenset({"fare"}))  # type: ignore[arg-type]
        assert await store.readers.get(TOPIC) is None

    async def test_a_group_that_somebody_subscribed_after_it_moved(self, store: Store) -> None:
        """Before we were told of the move: that subscription counts, and the settings come along."""
        moved = Address("telegram", "-100999")
        await self.settings(store, GROUP)
        await store.subscriptions.put(GROUP, Subscription())
        await store.readers.meet(moved, "group", "A chat", "en")
        await store.subscriptions.put(moved, Subscription(silent=True))
        await store.readers.move("telegram", GROUP.chat_id, moved.chat_id)
        self.check(store, moved, "id")
        assert await store.subscriptions.get(moved) == Subscription(silent=True)

    async def test_the_settings_of_a_subscription_that_ended(self, store: Store) -> None:
        """They come along, unless the chat subscribes: then nothing that ended is kept."""
        moved = Address("telegram", "-100999")
        await subscribed(store, GROUP)
        await store.subscriptions.remove(GROUP)
        await store.readers.meet(moved, "group", "A chat", "en")
        await store.readers.move("telegram", GROUP.chat_id, moved.chat_id)
        assert (await store.subscriptions.resume(moved, Subscription())).subscription == Subscription(silent=True)
        await store.subscriptions.remove(moved)
        await subscribed(store, GROUP)
        await store.readers.move("telegram", GROUP.chat_id, moved.chat_id)
        assert await store.subscriptions.get(moved) == Subscription(silent=True)
        assert not await store.subscriptions.keeps_ended(moved)

    async def settings(self, store: Store, address: Address) -> None:
        await store.readers.set_language(address, "id")
        await store.readers.set_for_group(address, CHOSEN._asdict())

    def check(self, store: Store, address: Address, language: str) -> None:
        readers = store.readers
        assert (readers.of_group(address), readers.language(address)) == (CHOSEN, language)


class TestMoving:
    """A group that becomes a supergroup keeps everything under its new id."""

    async def test_takes_language_and_subscription_along(self, store: Store) -> None:
        """Also those of its topics."""
        await subscribed(store, OLD_GROUP)
        await subscribed(store, OLD_TOPIC)
        await store.readers.set_language(OLD_TOPIC, "id")
        await store.readers.move("telegram", "-55", "-10055")
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)
        assert store.readers.language(Address("telegram", "-10055", "3")) == "id"
        assert await store.readers.of_chat("telegram", "-55") == []

    async def test_the_subscribed_one_stays_where_both_ids_are_known(self, store: Store) -> None:
        """The supergroup may have been met before we learn of the move."""
        await subscribed(store, OLD_GROUP)
        await store.readers.meet(SUPERGROUP, "group", "Group")
        await store.readers.move("telegram", "-55", "-10055")
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)
        assert len(await store.readers.of_chat("telegram", "-10055")) == 1

    async def test_a_subscription_made_under_the_new_id_is_kept(self, store: Store) -> None:
        """It is the later one."""
        await subscribed(store, OLD_GROUP)
        await subscribed(store, SUPERGROUP)
        await store.readers.move("telegram", "-55", "-10055")
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)

    @pytest.mark.parametrize("is_met", [True, False])
    async def test_that_we_left_the_old_one_counts_no_more(self, store: Store, is_met: bool) -> None:
        """Telegram may tell that first, and that we are in the new one: the order is not promised."""
        await subscribed(store, OLD_GROUP)
        await store.readers.suspend("telegram", "-55", "left")
        if is_met:
            await store.readers.meet(SUPERGROUP, "group", "Group")
        await store.readers.move("telegram", "-55", "-10055")
        reader = not_none(await store.readers.get(SUPERGROUP))
        assert (reader.suspended_since, reader.reason) == (None, None)
        assert await store.subscriptions.get(SUPERGROUP) == Subscription(silent=True)

    async def test_twice_is_once(self, store: Store) -> None:
        """Telegram says it in both groups."""
        await subscribed(store, OLD_GROUP)
        await store.readers.move("telegram", "-55", "-10055")
        await store.readers.move("telegram", "-55", "-10055")
        await store.readers.move("telegram", "-10055", "-10055")
        assert await store.subscriptions.get(SUPERGROUP) is not None
