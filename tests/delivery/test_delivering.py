"""Bulletins come once, to whom they concern, in their language."""

import asyncio
from time import monotonic

from bot.db.delivery_log import read_gauges
from bot.db.queue import Done
from bot.delivery.worker import ORPHANS_SECONDS
from bot.reader import Address
from bot.schedule import QuietHours, Subscription, Timing
from tests.delivery.desk import Desk, until
from tests.press import FARE, bulletin

ANN, BUDI, GROUP = Address("telegram", 1), Address("telegram", 2), Address("telegram", -3)
JAKARTA = "Asia/Jakarta"  # where the tests' clock starts at Monday, 19:00


class TestDelivering:
    """A new file in content/bulletins/ reaches its audience."""

    async def test_everybody_gets_it_once_in_their_language(self, desk: Desk) -> None:
        """People and groups."""
        await desk.subscribe(ANN, "en")
        await desk.subscribe(BUDI, "id")
        await desk.subscribe(GROUP, "id")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]
        assert desk.texts(BUDI) == desk.texts(GROUP) == ["📰 Ferry (id)."]
        assert {row.state for row in await desk.rows()} == {"delivered"}

    async def test_the_lease_says_when(self, desk: Desk) -> None:
        """With its next renewal; by it /readyz tells a long bulletin from an outbox that stands still."""
        await desk.subscribe(ANN)
        async with desk.sending() as outbox:
            await desk.quiet(outbox)
            assert (await read_gauges(desk.store.database)).last_sent == {}
            await desk.press.publish(bulletin("ferry"))
            await desk.quiet(outbox)
            async with asyncio.timeout(10):
                while not (await read_gauges(desk.store.database)).last_sent:  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.05)
        assert (await read_gauges(desk.store.database)).last_sent == {"telegram": desk.clock.now}

    async def test_a_language_that_it_is_not_in_gets_the_default_one(self, desk: Desk) -> None:
        """Better than nothing."""
        await desk.subscribe(ANN, "ru")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_the_chosen_language_counts_before_the_heard_one(self, desk: Desk) -> None:
        """Also the one chosen for the chat around a topic."""
        topic = Address("telegram", -3, 7)
        await desk.subscribe(topic, "en")
        await desk.store.readers.set_language(GROUP, "id")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(topic) == ["📰 Ferry (id)."]

    async def test_all_who_get_the_same_words_get_the_same_value(self, desk: Desk) -> None:
        """So a platform renders it once."""
        for number in range(1, 6):
            await desk.subscribe(Address("telegram", number), "en")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert len({id(message.reply) for _, _, message in desk.platform.calls}) == 1

    async def test_keys_differ_between_messages_and_fit_discords_nonce(self, desk: Desk) -> None:
        """At most 25 characters (discord.com/developers/docs/resources/message#create-message)."""
        await desk.subscribe(ANN)
        await desk.subscribe(BUDI)
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        keys = [message.key for _, _, message in desk.platform.calls]
        assert len(set(keys)) == 4
        assert all(0 < len(key) <= 25 for key in keys)

    async def test_silent_readers_hear_no_sound(self, desk: Desk) -> None:
        """As they set it."""
        await desk.subscribe(ANN, wanted=Subscription(silent=True))
        await desk.subscribe(BUDI)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert {address: message.silent for _, address, message in desk.platform.calls} == {ANN: True, BUDI: False}

    async def test_one_chats_bulletins_come_in_order_one_at_a_time(self, desk: Desk) -> None:
        """The second starts when the first stands."""
        await desk.subscribe(ANN)
        desk.platform.delay = 0.02
        await desk.press.publish(bulletin("alpha"), bulletin("beta"), bulletin("gamma"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Alpha.", "📰 Beta.", "📰 Gamma."]
        assert desk.platform.most_at_once == 1


class TestAudience:
    """Topics choose it; who left or is not subscribed gets nothing."""

    async def test_topics(self, desk: Desk) -> None:
        """One in common; a bulletin about nothing in particular is for all."""
        await desk.subscribe(ANN, wanted=Subscription(frozenset({FARE})))
        await desk.subscribe(BUDI, wanted=Subscription(frozenset()))
        await desk.press.publish(bulletin("about-fare", topics=["fare"]), bulletin("to-all"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 About-fare.", "📰 To-all."]
        assert desk.texts(BUDI) == ["📰 To-all."]

    async def test_a_new_subscriber_gets_no_backlog(self, desk: Desk) -> None:
        """Only what is published from then on."""
        await desk.press.publish(bulletin("old"))
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("old"), bulletin("new"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 New."]

    async def test_who_unsubscribes_gets_nothing_that_waits(self, desk: Desk) -> None:
        """Nor what comes later."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.store.subscriptions.remove(ANN)
        await desk.send_all()
        assert desk.texts(ANN) == []
        assert [row.state for row in await desk.rows()] == ["dropped"]

    async def test_suspended_readers_get_nothing(self, desk: Desk) -> None:
        """Until they are restored; then no backlog."""
        await desk.subscribe(ANN)
        await desk.store.readers.suspend("telegram", 1, "blocked")
        await desk.press.publish(bulletin("ferry"))
        await desk.store.readers.restore("telegram", 1)
        await desk.send_all()
        assert desk.texts(ANN) == []

    async def test_other_platforms_are_others_business(self, desk: Desk) -> None:
        """Each lane sends its own."""
        await desk.subscribe(Address("discord", 5))
        await desk.press.publish(bulletin("ferry"))
        async with desk.sending():
            await asyncio.sleep(0.1)
        assert desk.platform.calls == []
        assert [row.state for row in await desk.rows()] == ["due"]


class TestTiming:
    """Quiet hours hold, digests gather, urgent bulletins pass."""

    async def test_quiet_hours_hold_it_until_they_end(self, desk: Desk) -> None:
        """By the reader's clock."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing(quiet=QuietHours(18, 7), zone=JAKARTA)))
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(ANN) == []
        desk.clock.forward(hours=12)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_an_urgent_one_passes_quiet_hours_and_digests(self, desk: Desk) -> None:
        """And goes before what waits already."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing(quiet=QuietHours(18, 7), zone=JAKARTA)))
        await desk.subscribe(BUDI, wanted=Subscription(timing=Timing("daily")))
        await desk.press.publish(bulletin("ferry"), bulletin("storm", urgent=True))
        await desk.send_all()
        assert desk.texts(ANN) == desk.texts(BUDI) == ["📰 Storm."]

    async def test_quiet_hours_that_began_meanwhile_hold_it_too(self, desk: Desk) -> None:
        """A queue may be long."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing(quiet=QuietHours(20, 7), zone=JAKARTA)))
        await desk.press.publish(bulletin("ferry"))
        desk.clock.forward(hours=2)
        await desk.send_all()
        assert desk.texts(ANN) == []
        assert [row.state for row in await desk.rows()] == ["retry"]
        desk.clock.forward(hours=10)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_a_digest_comes_in_one_message_at_its_hour(self, desk: Desk) -> None:
        """The oldest first; none of it before."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=20, zone=JAKARTA)))
        await desk.press.publish(bulletin("ferry"))
        desk.clock.forward(seconds=600)
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        assert desk.texts(ANN) == []
        desk.clock.forward(hours=1)
        await desk.send_all()
        assert desk.texts(ANN) == ["🗞 Digest · 2 bulletins"]
        assert len({row.message_id for row in await desk.rows()}) == 1

    async def test_a_digest_of_one_is_that_bulletin(self, desk: Desk) -> None:
        """It needs no headline above it."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=20, zone=JAKARTA)))
        await desk.press.publish(bulletin("ferry"))
        desk.clock.forward(hours=1)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_a_long_digest_comes_in_as_many_messages_as_it_needs(self, desk: Desk) -> None:
        """Each bulletin whole, in one of them."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=20, zone=JAKARTA)))
        long = {"en": "word " * 180, "id": "kata " * 180}
        await desk.press.publish(*(bulletin(f"part-{number}", body=long) for number in range(5)))
        desk.clock.forward(hours=1)
        await desk.send_all()
        assert desk.texts(ANN) == ["🗞 Digest · 2 bulletins", "🗞 Digest · 2 bulletins", "📰 Part-4."]

    async def test_a_change_of_settings_holds_for_what_waits(self, desk: Desk) -> None:
        """From a digest to at once, without a second message."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing("weekly")))
        await desk.press.publish(bulletin("ferry"))
        await desk.store.subscriptions.put(ANN, Subscription())
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]
        desk.clock.forward(days=8)
        await desk.send_all()
        assert len(desk.texts(ANN)) == 1


class TestOneSender:
    """One process sends for a bot; the others stand by."""

    async def test_the_second_stands_by_and_takes_over_at_once_when_the_first_stops(self, desk: Desk) -> None:
        """As with SIGTERM in a rolling deploy."""
        for number in range(1, 21):
            await desk.subscribe(Address("telegram", number))
        desk.platform.delay = 0.01
        async with desk.sending("one") as one:
            await until(lambda: one.holds_lane)
            async with desk.sending("two") as two:
                await desk.press.publish(bulletin("ferry"))
                await until(lambda: len(desk.platform.calls) >= 5)
                assert not two.holds_lane
        assert len(desk.platform.calls) <= 20
        await desk.send_all()
        assert all(len(desk.texts(Address("telegram", number))) == 1 for number in range(1, 21))
        assert len(desk.platform.calls) == 20

    async def test_a_stop_finishes_what_is_under_way_and_gives_back_the_rest(self, desk: Desk) -> None:
        """Nothing stays claimed; nothing is sent twice."""
        for number in range(1, 101):
            await desk.subscribe(Address("telegram", number))
        await desk.press.publish(bulletin("ferry"))
        desk.platform.delay = 0.05
        async with desk.sending():
            await until(lambda: len(desk.platform.calls) >= 10)
        states = [row.state for row in await desk.rows()]
        assert "claimed" not in states
        assert states.count("delivered") == len(desk.platform.calls)

    async def test_what_stands_in_the_chat_is_recorded_although_the_lane_was_lost(self, desk: Desk) -> None:
        """So that nobody sends it again."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        (row,) = await desk.store.queue.claim("telegram", *(await held(desk, "one")), 10)
        await desk.store.queue.release("one")
        await desk.store.queue.record("one", [Done(row.id, 77, 1, "en")])
        await desk.send_all()
        assert desk.platform.calls == []

    async def test_a_claim_of_a_process_that_died_is_found_while_another_sends(self, desk: Desk) -> None:
        """Its transaction may end later than its lease; nobody waits for the next takeover."""
        skipped = 0.0
        await desk.subscribe(ANN)
        async with desk.sending("two", lambda: monotonic() + skipped) as outbox:
            await until(lambda: outbox.holds_lane)
            await desk.press.publish(bulletin("ferry"))
            await desk.quiet(outbox)
            await desk.set_row(1, state="claimed", holder="one", message_id=None, sent=None)
            skipped = ORPHANS_SECONDS
            await until(lambda: len(desk.texts(ANN)) == 2)
        assert [row.state for row in await desk.rows()] == ["delivered"]


async def held(desk: Desk, holder: str) -> tuple[str, str]:
    """The lane, held."""
    seen = await desk.store.leases.read(desk.platform.lane)
    assert await desk.store.leases.take(desk.platform.lane, holder, seen)
    return desk.platform.lane, holder
