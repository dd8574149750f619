"""When a send's request starts, the reader still subscribes and this revision is still the wanted one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.db.bulletins import Text
from bot.db.schema import DESK
from bot.delivery.outcomes import NotEditable, RetryAfter, Unreachable
from bot.delivery.rate_limiter import Limits
from bot.dossier.models import Language
from bot.reader import Address
from bot.replies.bulletins import article_of, fingerprint, to_json
from bot.schedule import QuietHours, Subscription, Timing
from tests.audiences import subscribe_all
from tests.delivery.desk import Desk, until
from tests.press import FARE, bulletin

ANN, BUDI = Address("telegram", 1), Address("telegram", 2)
JAKARTA = "Asia/Jakarta"  # where the tests' clock starts at Monday, 19:00
SLEEPS = Subscription(timing=Timing(quiet=QuietHours(20, 7), zone=JAKARTA))
ON_FARE = Subscription(frozenset({FARE}))
READERS = 400
"""As many as are claimed at once."""

SLOW = Limits(per_second=400, chat_seconds=0.0)
"""Slow enough for a change while most of them wait in memory."""

Held = Callable[[Desk], Awaitable[None]]


async def held_by_quiet_hours(desk: Desk) -> None:
    """One bulletin that was due, and waits since quiet hours began meanwhile."""
    await desk.subscribe(ANN, wanted=SLEEPS)
    await desk.press.publish(bulletin("ferry"))
    desk.clock.forward(hours=2)
    await desk.send_all()
    assert [row.state for row in await desk.rows()] == ["retry"]


async def held_by_502(desk: Desk) -> None:
    """One bulletin that is to be tried again."""
    await desk.subscribe(ANN)
    desk.platform.order(1, Unreachable("502"))
    await desk.press.publish(bulletin("ferry"))
    await desk.send_all()
    assert [row.state for row in await desk.rows()] == ["retry"]


async def held_in_memory(desk: Desk) -> None:
    """A bulletin for 400 readers, all of them claimed, of which the first few have it."""
    desk.platform.limits = SLOW
    await subscribe_all(desk.store, range(1, READERS + 1), language="en")
    await desk.press.publish(bulletin("ferry"))


class TestUnsubscribing:
    """Nothing comes any more, whatever it waited for."""

    @pytest.mark.parametrize("held", [held_by_quiet_hours, held_by_502])
    async def test_what_is_to_be_tried_again_does_not_come(self, desk: Desk, held: Held) -> None:
        """Neither the next morning nor when the platform is back."""
        await held(desk)
        calls = len(desk.platform.calls)
        await desk.store.subscriptions.remove(ANN)
        desk.clock.forward(hours=12)
        await desk.send_all()
        assert len(desk.platform.calls) == calls
        assert [(row.state, row.reason) for row in await desk.rows()] == [("dropped", "unsubscribed")]

    async def test_what_is_claimed_already_does_not_come(self, desk: Desk) -> None:
        """400 messages are made ready ahead."""
        await held_in_memory(desk)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            left = {address.chat_id for _, address, _ in desk.platform.calls}
            gone = [number for number in range(1, READERS + 1) if number not in left][-20:]
            for number in gone:
                await desk.store.subscriptions.remove(Address("telegram", number))
            reached = {address.chat_id for _, address, _ in desk.platform.calls}
            await desk.quiet(outbox)
        expected = set(range(1, READERS + 1)) - (set(gone) - reached)
        assert {address.chat_id for _, address, _ in desk.platform.calls} == expected

    async def test_who_comes_back_gets_no_backlog(self, desk: Desk) -> None:
        """Not even what it would have got, had it stayed."""
        await held_by_quiet_hours(desk)
        await desk.store.subscriptions.remove(ANN)
        await desk.store.subscriptions.put(ANN, Subscription())
        desk.clock.forward(hours=12)
        await desk.send_all()
        assert desk.texts(ANN) == []

    async def test_a_message_under_way_is_kept_in_the_ledger(self, desk: Desk) -> None:
        """It stands in the chat, so a correction must reach it."""
        await desk.subscribe(ANN)
        desk.platform.delay = 0.2
        await desk.press.publish(bulletin("ferry"))
        async with desk.sending():
            await until(lambda: len(desk.platform.calls) == 1)
            await desk.store.subscriptions.remove(ANN)
            await until(lambda: bool(desk.platform.messages(ANN)))
        await desk.press.publish(bulletin("ferry", "At last"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 At last. | Corrected on 23 November 2026."]

    async def test_a_delivery_written_while_it_left_is_dropped(self, desk: Desk) -> None:
        """On PostgreSQL a fan-out reads who subscribes before another transaction ends the subscription."""
        await desk.subscribe(ANN)
        await desk.subscribe(BUDI)
        await desk.press.publish(bulletin("ferry"))
        await desk.store.subscriptions.remove(ANN)
        await desk.set_row(1, state="due", reason=None)
        await desk.send_all()
        assert (desk.texts(ANN), desk.texts(BUDI)) == ([], ["📰 Ferry."])
        assert [(row.state, row.reason) for row in await desk.rows()] == [
            ("dropped", "unsubscribed"),
            ("delivered", None),
        ]

    async def test_no_new_message_says_what_could_not_be_edited(self, desk: Desk) -> None:
        """A correction edits what it got; a message of its own would be one more."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.store.subscriptions.remove(ANN)
        desk.platform.order(1, NotEditable("too old"))
        await desk.press.publish(bulletin("ferry", "At last"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]
        assert [(row.state, row.reason) for row in await desk.rows()] == [("failed", "unsubscribed")]

    async def test_a_trial_needs_no_subscription(self, desk: Desk) -> None:
        """`nota publish --to` names the chat."""
        reader = await desk.store.readers.meet(ANN, "private", "A chat", "en")
        live = desk.press.live(bulletin("ferry"))
        assert await desk.press.newsroom.try_out(live, bulletin("ferry").id, reader)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]


class TestWithdrawing:
    """A withdrawn bulletin goes to nobody new."""

    async def test_what_is_claimed_already_does_not_come(self, desk: Desk) -> None:
        """And what came is marked, nothing else."""
        await held_in_memory(desk)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.press.publish()
            started = len(desk.platform.calls)
            await desk.quiet(outbox)
        sends = [address for method, address, _ in desk.platform.calls if method == "send"]
        edits = [address for method, address, _ in desk.platform.calls if method == "edit"]
        assert len(sends) <= started
        assert sorted(edits, key=lambda each: each.chat_id) == sorted(sends, key=lambda each: each.chat_id)
        states = [(row.state, row.reason) for row in await desk.rows()]
        assert states.count(("delivered", None)) == len(sends)
        assert states.count(("dropped", "withdrawn")) == READERS - len(sends)

    async def test_one_that_comes_back_reaches_those_who_had_not_got_it(self, desk: Desk) -> None:
        """Also those whose message was ready when it was withdrawn."""
        await held_in_memory(desk)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.press.publish()
            await desk.quiet(outbox)
            await desk.press.publish(bulletin("ferry"))
            await desk.quiet(outbox)
        assert {row.state for row in await desk.rows()} == {"delivered"}
        assert all(len(desk.texts(Address("telegram", number))) == 1 for number in range(1, READERS + 1))

    async def test_one_that_comes_back_at_once_comes_once(self, desk: Desk) -> None:
        """While the messages made before are still in memory."""
        await held_in_memory(desk)
        desk.platform.delay = 0.02
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.press.publish()
            await desk.press.publish(bulletin("ferry"))
            await desk.quiet(outbox)
        sends = [address for method, address, _ in desk.platform.calls if method == "send"]
        assert len(sends) == len(set(sends)) == READERS

    async def test_one_that_comes_back_waits_for_the_digest_it_was_in(self, desk: Desk) -> None:
        """It was for the evening before, so it is now."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=22, zone=JAKARTA)))
        await desk.press.publish(bulletin("ferry"))
        await desk.press.publish()
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(ANN) == []
        desk.clock.forward(hours=3)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_one_under_way_is_marked_when_it_has_arrived(self, desk: Desk) -> None:
        """Its request had started."""
        await desk.subscribe(ANN)
        desk.platform.delay = 0.2
        await desk.press.publish(bulletin("ferry"))
        async with desk.sending():
            await until(lambda: len(desk.platform.calls) == 1)
            await desk.press.publish()
            await until(lambda: bool(desk.platform.messages(ANN)))
        await desk.send_all()
        (text,) = desk.texts(ANN)
        assert text.startswith("🚫 Withdrawn: Ferry.")

    async def test_one_of_a_digest_that_is_ready_is_left_out(self, desk: Desk) -> None:
        """The others come."""
        desk.platform.limits = Limits(per_second=20, chat_seconds=0.0)
        daily = Subscription(timing=Timing("daily", hour=20, zone=JAKARTA))
        await subscribe_all(desk.store, range(1, 41), language="en", wanted=daily)
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        desk.clock.forward(hours=1)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 3)
            await desk.press.publish(bulletin("harbour"))
            started = {address for _, address, _ in desk.platform.calls}
            await desk.quiet(outbox)
        later = {Address("telegram", number) for number in range(1, 41)} - started
        assert later
        assert all(desk.texts(address) == ["📰 Harbour."] for address in later)


class TestCorrecting:
    """A revision that is not wanted any more is not sent."""

    async def test_what_is_claimed_already_comes_with_the_new_words(self, desk: Desk) -> None:
        """Unmarked: nobody there saw the old ones."""
        await held_in_memory(desk)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.press.publish(bulletin("ferry", "At last"))
            started = len(desk.platform.calls)
            await desk.quiet(outbox)
        texts = [desk.texts(Address("telegram", number)) for number in range(1, READERS + 1)]
        assert texts.count(["📰 At last."]) >= READERS - started
        assert texts.count(["📰 At last."]) + texts.count(["📰 At last. | Corrected on 23 November 2026."]) == READERS


class TestSettings:
    """A change holds for what waits, and for what is ready to be sent."""

    async def test_a_weekly_digest_holds_for_what_is_to_be_tried_again(self, desk: Desk) -> None:
        """It comes on Friday."""
        await held_by_502(desk)
        await desk.store.subscriptions.put(ANN, Subscription(timing=Timing("weekly", weekday=4, hour=9)))
        desk.clock.forward(hours=20)
        await desk.send_all()
        assert desk.texts(ANN) == []
        desk.clock.forward(days=4)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_the_end_of_quiet_hours_holds_for_what_waits_for_them(self, desk: Desk) -> None:
        """It comes at once."""
        await held_by_quiet_hours(desk)
        await desk.store.subscriptions.put(ANN, Subscription())
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_a_pause_that_the_platform_asked_for_is_kept(self, desk: Desk) -> None:
        """Whatever the reader sets meanwhile."""
        await desk.subscribe(ANN)
        desk.platform.order(1, RetryAfter(30, "chat"))
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.store.subscriptions.put(ANN, Subscription(silent=True))
        (row,) = await desk.rows()
        assert row.due - desk.clock.now == pytest.approx(30, abs=0.001)

    @pytest.mark.parametrize(
        "wanted",
        [
            Subscription(timing=Timing("weekly", weekday=4)),
            Subscription(timing=Timing(quiet=QuietHours(18, 7), zone=JAKARTA)),
        ],
    )
    async def test_a_digest_and_quiet_hours_hold_for_what_is_ready(self, desk: Desk, wanted: Subscription) -> None:
        """It waits for them."""
        await held_in_memory(desk)
        last = Address("telegram", READERS)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.store.subscriptions.put(last, wanted)
            await desk.quiet(outbox)
        assert desk.texts(last) == []
        desk.clock.forward(days=6, hours=14)
        await desk.send_all()
        assert desk.texts(last) == ["📰 Ferry."]

    async def test_topics_hold_for_what_is_ready(self, desk: Desk) -> None:
        """A bulletin about others is dropped."""
        desk.platform.limits = SLOW
        await subscribe_all(desk.store, range(1, READERS + 1), language="en")
        await desk.press.publish(bulletin("harbour", topics=["harbour"]))
        last = Address("telegram", READERS)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.store.subscriptions.put(last, ON_FARE)
            await desk.quiet(outbox)
        assert desk.texts(last) == []
        assert [row.reason for row in await desk.rows() if row.state == "dropped"] == ["other topics"]

    async def test_topics_chosen_one_after_the_other_lose_nothing_that_waits(self, desk: Desk) -> None:
        """The panel is pressed topic by topic; what counts is what is chosen when the bulletin may come."""
        await desk.subscribe(ANN, wanted=SLEEPS)
        desk.clock.forward(hours=2)
        await desk.press.publish(bulletin("harbour", topics=["harbour"]))
        await desk.store.subscriptions.put(ANN, replace(SLEEPS, topics=frozenset({FARE})))
        await desk.store.subscriptions.put(ANN, SLEEPS)
        desk.clock.forward(hours=12)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Harbour."]

    async def test_a_language_holds_for_what_is_ready(self, desk: Desk) -> None:
        """Chosen for the chat, or for the chat around a topic."""
        await held_in_memory(desk)
        last, topic = Address("telegram", READERS), Address("telegram", -5, 7)
        await desk.subscribe(topic)
        await desk.press.publish(bulletin("ferry"), bulletin("storm", urgent=True))
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            reached = len(desk.texts(last))
            await desk.store.readers.set_language(last, "id")
            await desk.quiet(outbox)
        assert desk.texts(last)[reached:] == ["📰 Storm (id).", "📰 Ferry (id)."][reached:]

    async def test_the_sound_holds_for_what_is_ready(self, desk: Desk) -> None:
        """A chat that turned it off hears nothing."""
        await held_in_memory(desk)
        last = Address("telegram", READERS)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.store.subscriptions.put(last, Subscription(silent=True))
            await desk.quiet(outbox)
        assert [message.silent for _, address, message in desk.platform.calls if address == last] == [True]

    async def test_quiet_hours_that_begin_meanwhile_hold_what_is_ready(self, desk: Desk) -> None:
        """400 messages take a while; the lane learns the database's time with each renewal of its lease."""
        desk.platform.limits = Limits(per_second=100, chat_seconds=0.0)
        await subscribe_all(desk.store, range(1, READERS + 1), language="en", wanted=SLEEPS)
        await desk.press.publish(bulletin("ferry"))
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            desk.clock.forward(hours=1)
            await desk.quiet(outbox)
        assert [row.state for row in await desk.rows()].count("retry") >= READERS // 4
        desk.clock.forward(hours=11)
        await desk.send_all()
        assert all(len(desk.texts(Address("telegram", number))) == 1 for number in range(1, READERS + 1))


class TestSuspending:
    """A chat that removed us."""

    async def test_what_is_ready_does_not_come(self, desk: Desk) -> None:
        """Nothing is tried there."""
        await held_in_memory(desk)
        last = Address("telegram", READERS)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.store.readers.suspend("telegram", READERS, "left")
            await desk.quiet(outbox)
        assert last not in {address for _, address, _ in desk.platform.calls}


class TestTheEditorsDesk:
    """What is written for editors is no bulletin, and comes to their chat whatever it subscribes to."""

    @pytest.mark.parametrize("ends", [True, False])
    async def test_it_comes_at_once(self, desk: Desk, ends: bool) -> None:
        """Also where the chat ends its own subscription, or wants bulletins once a week."""
        await desk.subscribe(ANN)
        reader = await desk.store.readers.get(ANN)
        assert reader is not None
        now = desk.clock.now
        item = article_of(desk.press.live(bulletin("ferry")), bulletin("ferry"), Language("en"))
        text = Text("en", fingerprint(item), to_json(item))
        columns = {"origin": DESK, "day": "2026-11-23", "topics": [], "urgent": False, "state": "published"}
        async with desk.store.database.write() as connection:
            changes = {**columns, "published": now, "revision": 1}
            await desk.store.bulletins.put(connection, "desk-1-1", changes, [text], now)
            await desk.store.fan_out.try_out(connection, "desk-1-1", 1, reader.id, "telegram", now)
        if ends:
            await desk.store.subscriptions.remove(ANN)
        else:
            await desk.store.subscriptions.put(ANN, Subscription(timing=Timing("weekly", weekday=4)))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]


class TestHoldingBack:
    """A published bulletin whose file says later that it is not to be sent before some moment."""

    async def test_what_is_ready_waits(self, desk: Desk) -> None:
        """And comes then."""
        await held_in_memory(desk)
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) >= 20)
            await desk.press.publish(bulletin("ferry", not_before="2026-11-23T18:00:00Z"))
            started = len(desk.platform.calls)
            await desk.quiet(outbox)
        assert len(desk.platform.calls) <= started
        desk.clock.forward(hours=7)
        await desk.send_all()
        assert all(len(desk.texts(Address("telegram", number))) == 1 for number in range(1, READERS + 1))
