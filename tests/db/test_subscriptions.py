"""Subscribing, and what a reader set."""

from dataclasses import fields, replace

import pytest

from bot.db.backup import export, import_backup
from bot.db.store import Store
from bot.db.subscriptions import UnknownReader, as_json, stored_subscription
from bot.dossier.models import Language, TopicId
from bot.reader import Address
from bot.schedule import SWITCHES, QuietHours, Subscription, Timing
from tests.conftest import not_none

CHAT = Address("telegram", "42")
PARTICULAR = Subscription(
    frozenset({TopicId("pricing"), TopicId("program:talent")}),
    Timing("weekly", 18, 4, QuietHours(22, 7), "Asia/Jakarta"),
    silent=True,
)


OTHER_THAN_BY_DEFAULT = {
    "topics": Subscription(frozenset({TopicId("fare")})),
    "no topic": Subscription(frozenset()),
    "pace": Subscription(timing=Timing("weekly")),
    "hour": Subscription(timing=Timing(hour=18)),
    "weekday": Subscription(timing=Timing(weekday=4)),
    "quiet": Subscription(timing=Timing(quiet=QuietHours(22, 7))),
    "zone": Subscription(timing=Timing(zone="Asia/Tokyo")),
    **{switch.name: replace(Subscription(), **{switch.name: True}) for switch in SWITCHES},
}
"""Each setting with another value than that of a new subscriber."""

OF_0_8_0 = {
    "every_topic": False, "pace": "weekly", "hour": 18, "weekday": 4, "quiet_start": 22, "quiet_end": 7,
    "zone": "Asia/Jakarta", "silent": True, "own_language": True, "topics": ["pricing", "program:talent"],
}  # fmt: skip
"""What 0.8.0 kept of a subscription that had ended, or waited for a confirmation."""


def test_each_setting_has_an_example() -> None:
    named = {field.name for field in (*fields(Subscription), *fields(Timing))}
    assert named - {"timing"} == set(OTHER_THAN_BY_DEFAULT) - {"no topic"}


@pytest.mark.parametrize("wanted", [*OTHER_THAN_BY_DEFAULT.values(), PARTICULAR], ids=[*OTHER_THAN_BY_DEFAULT, "all"])
class TestEverySetting:
    """Each setting is kept wherever a subscription is."""

    async def test_in_the_row_and_after_the_end(self, store: Store, wanted: Subscription) -> None:
        await store.readers.meet(CHAT, "private")
        await store.subscriptions.put(CHAT, wanted)
        assert await store.subscriptions.get(CHAT) == wanted
        await store.subscriptions.remove(CHAT)
        assert (await store.subscriptions.resume(CHAT, Subscription())).subscription == wanted

    async def test_in_a_confirmation(self, store: Store, wanted: Subscription) -> None:
        await store.confirmations.add("t", "mail", "ann", {}, wanted, Language("en"), "ann")
        assert not_none(await store.confirmations.get("t")).wanted == wanted
        _, link = await store.confirmations.confirm("t") or ("", "")
        reader = not_none(await store.page_readers.by_link(link))
        assert await store.subscriptions.get(reader.address) == wanted

    async def test_in_a_backup(self, store: Store, wanted: Subscription) -> None:
        await store.readers.meet(CHAT, "private")
        await store.subscriptions.put(CHAT, wanted)
        lines = [line async for line in export(store.database)]
        await import_backup(store.database, lines, replace=True)
        assert await store.subscriptions.get(CHAT) == wanted

    def test_missing_in_what_another_release_kept(self, wanted: Subscription) -> None:
        """A setting that JSON lacks has its default; the others stay."""
        kept = as_json(wanted)
        for name in kept.keys() - {"topics", "every_topic"}:
            less = {key: value for key, value in kept.items() if key != name}
            default = {**kept, name: as_json(Subscription())[name]}
            assert stored_subscription(less) == stored_subscription(default), name


def test_what_0_8_0_kept() -> None:
    """Settings that it did not have are off."""
    assert stored_subscription(OF_0_8_0) == replace(PARTICULAR, own_language=True)


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
