"""When a send's request starts, the reader still subscribes and this revision is still the wanted one."""

import asyncio
from dataclasses import replace

import pytest

from bot.db.bulletins import StoredText
from bot.db.schema import REVIEW
from bot.delivery.messages import MessageBuilder
from bot.delivery.outcomes import RetryAfter
from bot.delivery.rate_limiter import Limits
from bot.dossier.models import Bulletin, Language
from bot.reader import Address
from bot.replies.bulletins import bulletin_text, text_hash, to_json
from bot.schedule import Subscription, Timing
from tests.audiences import subscribe_all
from tests.clocks import until
from tests.delivery.scene import ANN, BUDI, FAST, DeliveryScene
from tests.editor import FARE, bulletin, utc, withdrawn

JAKARTA = "Asia/Jakarta"  # where the tests' clock starts at Monday, 19:00
ON_FARE = Subscription(frozenset({FARE}))
READERS = 100
"""So few that all are claimed at once."""

SLOW = Limits(per_second=100, chat_seconds=0.0)
"""Slow enough for a change while most of them wait in memory."""

CHECKED = SLOW.in_flight
"""So many may have been checked just before a change was committed, and start right after it."""


async def held_in_memory(scene: DeliveryScene) -> None:
    """A bulletin for many readers, all of them claimed, of which the first few have it."""
    scene.platform.limits = SLOW
    await subscribe_all(scene.store, range(1, READERS + 1), language="en")
    await scene.editor.publish(bulletin("ferry"))


class TestUnsubscribing:
    """Nothing comes any more, whatever it waited for."""

    async def test_what_is_claimed_already_does_not_come(self, scene: DeliveryScene) -> None:
        await held_in_memory(scene)
        async with scene.half_way():
            left = {address.chat_id for _, address, _ in scene.platform.calls}
            gone = [number for number in map(str, range(1, READERS + 1)) if number not in left][-20:]
            for number in gone:
                await scene.store.subscriptions.remove(Address("telegram", str(number)))
            reached = {address.chat_id for _, address, _ in scene.platform.calls}
        expected = set(map(str, range(1, READERS + 1))) - (set(gone) - reached)
        assert {address.chat_id for _, address, _ in scene.platform.calls} == expected

    async def test_a_message_under_way_is_kept_in_the_ledger(self, scene: DeliveryScene) -> None:
        """It stands in the chat, so a correction must reach it."""
        await scene.subscribe(ANN)
        scene.platform.delay = 0.2
        await scene.editor.publish(bulletin("ferry"))
        async with scene.sending():
            await until(lambda: len(scene.platform.calls) == 1)
            await scene.store.subscriptions.remove(ANN)
            await until(lambda: bool(scene.platform.messages(ANN)))
        await scene.publish(bulletin("ferry", "At last"))
        assert scene.texts(ANN) == ["📰 At last. | Corrected on 23 November 2026."]


class TestWithdrawing:
    """A withdrawn bulletin goes to nobody new."""

    async def test_what_is_claimed_already_does_not_come(self, scene: DeliveryScene) -> None:
        await held_in_memory(scene)
        async with scene.half_way():
            await scene.editor.publish(withdrawn(bulletin("ferry")))
            started = len(scene.platform.calls)
        sends = [address for method, address, _ in scene.platform.calls if method == "send"]
        edits = [address for method, address, _ in scene.platform.calls if method == "edit"]
        assert len(sends) <= started + CHECKED
        assert sorted(edits, key=lambda each: each.chat_id) == sorted(sends, key=lambda each: each.chat_id)
        states = [(row.state, row.reason) for row in await scene.rows()]
        assert states.count(("delivered", None)) == len(sends)
        assert states.count(("dropped", "withdrawn")) == READERS - len(sends)

    @pytest.mark.parametrize(
        "meanwhile",
        [[withdrawn(bulletin("harbour", topics=[FARE]))], [], [bulletin("harbour", topics=["harbour"])]],
        ids=["withdrawn", "missing", "about another topic"],
    )
    async def test_one_of_a_digest_that_comes_back_at_once_does_not_hold_the_others(
        self, scene: DeliveryScene, meanwhile: list[Bulletin]
    ) -> None:
        """The digest waits in memory; what is back is claimed again, for a message of its own."""
        scene.platform.limits, scene.platform.closed = replace(FAST, in_flight=1), True
        daily = Subscription(frozenset({FARE}), Timing("daily", hour=20, zone=JAKARTA))
        for address in (ANN, BUDI):
            await scene.subscribe(address, wanted=daily)
        both = [bulletin("ferry"), bulletin("harbour", topics=[FARE])]
        await scene.editor.publish(*both)
        scene.clock.forward(hours=1)
        async with scene.sending() as worker:
            await until(lambda: len(scene.platform.calls) == 1)
            await scene.editor.publish(both[0], *meanwhile)
            await scene.editor.publish(*both)
            worker.nudge()
            while (await scene.rows())[-1].state != "claimed":  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.01)
            scene.platform.closed = False
            await scene.quiet(worker, 20)
        assert {row.state for row in await scene.rows()} == {"delivered"}


class TestCorrecting:
    """A revision that is not wanted any more is not sent."""

    @pytest.mark.parametrize(("meanwhile", "states"), [("deleted", []), ("moved", ["retry", "delivered"])])
    async def test_no_digest_is_emptied_whose_reader_is_gone_since_it_was_claimed(
        self, scene: DeliveryScene, meanwhile: str, states: list[str]
    ) -> None:
        """What the message holds is read after the claim."""
        group = Address("telegram", "-5")
        await scene.subscribe(group, wanted=Subscription(timing=Timing("daily", hour=20, zone=JAKARTA)))
        await scene.editor.publish(bulletin("ferry"), bulletin("harbour"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        await scene.editor.publish(bulletin("ferry", "At last"), bulletin("harbour"))
        rows = await scene.store.queue.claim("telegram", *(await scene.held("two")), 10)
        if meanwhile == "deleted":
            await scene.store.readers.delete("telegram", "-5")
        else:
            await scene.store.readers.move("telegram", "-5", "-1005")
        result = await MessageBuilder(scene.store).build(rows, scene.clock.now)
        await scene.store.queue.record("two", result.records)
        assert ([len(rows), result.jobs], [row.state for row in await scene.rows()]) == ([1, []], states)

    @pytest.mark.slow
    @pytest.mark.parametrize("is_sent", [False, True])
    async def test_what_has_another_id_since_it_was_claimed_comes_under_that(
        self, scene: DeliveryScene, is_sent: bool
    ) -> None:
        await scene.subscribe(ANN)
        if is_sent:
            await scene.publish(bulletin("ferry", "Wrong"))
        await scene.editor.publish(bulletin("ferry"))
        rows = await scene.store.queue.claim("telegram", *(await scene.held("two")), 10)
        async with scene.store.database.write() as connection:
            await scene.store.fan_out.rename(connection, "2026-11-23-ferry", "2026-11-23-boat")
        builder = MessageBuilder(scene.store)
        result = await builder.build(rows, scene.clock.now)
        await scene.store.queue.record("two", result.records)
        assert ([row.state for row in await scene.rows()], result.jobs) == (["retry"], [])
        scene.clock.forward(seconds=5)
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 Ferry." + " | Corrected on 23 November 2026." * is_sent]


class TestSettings:
    """A change holds for what waits, and for what is ready to be sent."""

    async def test_a_pause_that_the_platform_asked_for_is_kept(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        scene.platform.order("1", RetryAfter(30, "chat"))
        await scene.publish(bulletin("ferry"))
        await scene.store.subscriptions.put(ANN, Subscription(silent=True))
        (row,) = await scene.rows()
        assert row.due - scene.clock.now == pytest.approx(30, abs=0.001)

    @pytest.mark.parametrize("hours", [0, 3])
    async def test_an_embargo_holds_for_what_is_ready(self, scene: DeliveryScene, hours: int) -> None:
        """Also where the clock by which it was due, so many hours ahead, is set right meanwhile."""
        scene.clock.forward(hours=hours)
        await held_in_memory(scene)
        async with scene.half_way():
            scene.clock.forward(hours=-hours)
            await scene.editor.publish(bulletin("ferry", not_before=utc(2026, 11, 23, 14)))
        assert scene.texts(Address("telegram", str(READERS))) == []
        scene.clock.forward(hours=4)
        await scene.send_all()
        assert scene.texts(Address("telegram", str(READERS))) == ["📰 Ferry."]

    async def test_topics_hold_for_what_is_ready(self, scene: DeliveryScene) -> None:
        scene.platform.limits = SLOW
        await subscribe_all(scene.store, range(1, READERS + 1), language="en")
        await scene.editor.publish(bulletin("harbour", topics=["harbour"]))
        last = Address("telegram", str(READERS))
        async with scene.half_way():
            await scene.store.subscriptions.put(last, ON_FARE)
        assert scene.texts(last) == []
        assert [row.reason for row in await scene.rows() if row.state == "dropped"] == ["other topics"]

    async def test_the_sound_holds_for_what_is_ready(self, scene: DeliveryScene) -> None:
        await held_in_memory(scene)
        last = Address("telegram", str(READERS))
        async with scene.half_way():
            await scene.store.subscriptions.put(last, Subscription(silent=True))
        assert [message.silent for _, address, message in scene.platform.calls if address == last] == [True]


class TestTheEditorsDesk:
    """What is written for editors is no bulletin, and comes to their chat whatever it subscribes to."""

    @pytest.mark.parametrize("ends", [True, False])
    async def test_it_comes_at_once(self, scene: DeliveryScene, ends: bool) -> None:
        """Also where the chat ends its own subscription, or wants bulletins once a week."""
        await scene.subscribe(ANN)
        reader = await scene.store.readers.get(ANN)
        assert reader is not None
        now = scene.clock.now
        item = bulletin_text(scene.editor.live(bulletin("ferry")), bulletin("ferry"), Language("en"))
        text = StoredText("en", text_hash(item), to_json(item))
        columns = {"origin": REVIEW, "day": "2026-11-23", "topics": [], "urgent": False, "state": "published"}
        async with scene.store.database.write() as connection:
            changes = {**columns, "published": now, "revision": 1}
            await scene.store.bulletins.put(connection, "review-1-1", changes, [text], now)
            await scene.store.fan_out.add_reader(connection, "review-1-1", 1, reader.id, now)
        if ends:
            await scene.store.subscriptions.remove(ANN)
        else:
            await scene.store.subscriptions.put(ANN, Subscription(timing=Timing("weekly", weekday=4)))
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 Ferry."]
