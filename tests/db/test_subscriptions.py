"""Subscribing, and what a reader set."""

import pytest

from bot.db.store import Store
from bot.db.subscriptions import UnknownReader
from bot.dossier.models import TopicId
from bot.reader import Address
from bot.schedule import QuietHours, Subscription, Timing

CHAT = Address("telegram", "42")
PARTICULAR = Subscription(
    frozenset({TopicId("pricing"), TopicId("program:talent")}),
    Timing("weekly", 18, 4, QuietHours(22, 7), "Asia/Jakarta"),
    silent=True,
)


class TestSubscribing:
    """One call subscribes; the defaults make sense untouched."""

    async def test_nobody_is_subscribed_unasked(self, store: Store) -> None:
        """Meeting is not subscribing."""
        await store.readers.meet(CHAT, "private")
        assert await store.subscriptions.get(CHAT) is None

    async def test_says_whether_it_is_new(self, store: Store) -> None:
        """So that a second tap is answered as one."""
        await store.readers.meet(CHAT, "private")
        assert await store.subscriptions.put(CHAT, Subscription()) is True
        assert await store.subscriptions.put(CHAT, Subscription()) is False

    async def test_needs_a_reader(self, store: Store) -> None:
        """A subscription belongs to a reader that was met."""
        with pytest.raises(UnknownReader):
            await store.subscriptions.put(CHAT, Subscription())

    @pytest.mark.parametrize("wanted", [Subscription(), PARTICULAR, Subscription(frozenset())])
    async def test_keeps_every_setting(self, store: Store, wanted: Subscription) -> None:
        """What is put is what is got, no topic at all being something else than all of them."""
        await store.readers.meet(CHAT, "private")
        await store.subscriptions.put(CHAT, wanted)
        assert await store.subscriptions.get(CHAT) == wanted

    async def test_a_change_replaces_what_was(self, store: Store) -> None:
        """Topics that were taken away are gone."""
        await store.readers.meet(CHAT, "private")
        await store.subscriptions.put(CHAT, PARTICULAR)
        changed = Subscription(frozenset({TopicId("duration")}))
        await store.subscriptions.put(CHAT, changed)
        assert await store.subscriptions.get(CHAT) == changed

    async def test_ends_once(self, store: Store) -> None:
        """A second end says there was none."""
        await store.readers.meet(CHAT, "private")
        await store.subscriptions.put(CHAT, PARTICULAR)
        assert await store.subscriptions.remove(CHAT) is True
        assert await store.subscriptions.remove(CHAT) is False
        assert await store.subscriptions.get(CHAT) is None
