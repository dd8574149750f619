"""Whatever a platform answers, each delivery ends as it should."""

import pytest

from bot.delivery.outcomes import Gone, Moved, Outcome, Refused, RetryAfter, ThreadGone, Unreachable
from bot.reader import MUTED, Address
from bot.schedule import Subscription
from tests.delivery.desk import Desk
from tests.press import bulletin

ANN, BUDI = Address("telegram", 1), Address("telegram", 2)
GROUP, SUPERGROUP, TOPIC = Address("telegram", -5), Address("telegram", -1005), Address("telegram", -5, 9)
NOTICE = "The topic in which bulletins came is gone, so they come here now. Admins can change that with /settings."


class TestForTheMoment:
    """What may pass later is tried later."""

    @pytest.mark.parametrize("outcome", [RetryAfter(30, "chat"), Unreachable("502"), Unreachable("no answer in time")])
    async def test_it_is_tried_again_and_others_go_on(self, desk: Desk, outcome: Outcome) -> None:
        """Not before its time."""
        await desk.subscribe(ANN)
        await desk.subscribe(BUDI)
        desk.platform.order(1, outcome)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert (desk.texts(ANN), desk.texts(BUDI)) == ([], ["📰 Ferry."])
        assert [row.state for row in await desk.rows()] == ["retry", "delivered"]
        desk.clock.forward(seconds=31)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]

    async def test_a_429_is_obeyed_to_the_second(self, desk: Desk) -> None:
        """Its retry_after is when it is due."""
        await desk.subscribe(ANN)
        desk.platform.order(1, RetryAfter(30, "chat"))
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        (row,) = await desk.rows()
        assert row.due - desk.clock.now == pytest.approx(30, abs=0.001)

    async def test_pauses_grow(self, desk: Desk) -> None:
        """Doubled, up to five minutes."""
        await desk.subscribe(ANN)
        desk.platform.order(1, *[Unreachable("502")] * 12)
        await desk.press.publish(bulletin("ferry"))
        pauses = []
        for _ in range(12):
            await desk.send_all()
            (row,) = await desk.rows()
            pauses.append(row.due - desk.clock.now)
            desk.clock.forward(seconds=pauses[-1] + 0.001)
        assert all(0.5 * 2**number <= pause <= 2**number for number, pause in enumerate(pauses[:8]))
        assert all(150 <= pause <= 300 for pause in pauses[9:])

    async def test_a_sender_that_raises_loses_nothing(self, desk: Desk) -> None:
        """It should have told; it is tried again."""
        await desk.subscribe(ANN)
        desk.platform.raises = RuntimeError("a fault of ours")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        desk.platform.raises = None
        desk.clock.forward(seconds=10)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]


class TestForGood:
    """What will not pass is given up, with the reason kept."""

    async def test_a_refused_message_leaves_the_reader_as_it_is(self, desk: Desk) -> None:
        """The next bulletin may pass."""
        await desk.subscribe(ANN)
        desk.platform.order(1, Refused("message text is empty"))
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Harbour."]
        assert [(row.state, row.reason) for row in await desk.rows()] == [
            ("failed", "message text is empty"),
            ("delivered", None),
        ]

    async def test_a_chat_that_is_gone_is_suspended_with_all_that_waits(self, desk: Desk) -> None:
        """Its settings are kept."""
        await desk.subscribe(ANN)
        desk.platform.order(1, Gone("bot was blocked by the user"))
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        reader = await desk.store.readers.get(ANN)
        assert reader is not None
        assert reader.reason == "bot was blocked by the user"
        assert [row.state for row in await desk.rows()] == ["failed", "failed"]
        assert len(desk.platform.calls) == 1
        assert await desk.store.subscriptions.get(ANN) == Subscription()


class TestMuted:
    """A group that lets nobody write, often for a night."""

    async def test_the_next_bulletin_tries_it_again(self, desk: Desk) -> None:
        """And what comes after that comes as ever; what it missed does not."""
        await desk.subscribe(GROUP)
        desk.platform.order(-5, Gone(MUTED))
        items = bulletin("ferry"), bulletin("harbour"), bulletin("bridge")
        for number in (1, 2, 3):
            await desk.press.publish(*items[:number])
            await desk.send_all()
        assert desk.texts(GROUP) == ["📰 Harbour.", "📰 Bridge."]
        reader = await desk.store.readers.get(GROUP)
        assert reader is not None
        assert reader.suspended_since is None
        assert reader.reason is None

    async def test_one_that_stays_so_is_tried_once_a_bulletin(self, desk: Desk) -> None:
        """It has been suspended since the first."""
        await desk.subscribe(GROUP)
        desk.platform.order(-5, Gone(MUTED), Gone(MUTED))
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        first = await desk.store.readers.get(GROUP)
        desk.clock.forward(seconds=3600)
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        assert await desk.store.readers.get(GROUP) == first
        assert [row.state for row in await desk.rows()] == ["failed", "failed"]
        assert len(desk.platform.calls) == 2

    async def test_one_that_removes_us_meanwhile_is_not_tried_again(self, desk: Desk) -> None:
        """What is worse outweighs it."""
        await desk.subscribe(GROUP)
        await desk.store.readers.suspend("telegram", -5, MUTED)
        await desk.store.readers.suspend("telegram", -5, "left")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.platform.calls == []


class TestMoving:
    """A chat that goes on elsewhere keeps everything."""

    async def test_a_group_that_became_a_supergroup(self, desk: Desk) -> None:
        """What waits is sent to its new id, and the next one as well."""
        await desk.subscribe(GROUP)
        desk.platform.order(-5, Moved(-1005))
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        assert desk.texts(SUPERGROUP) == ["📰 Ferry.", "📰 Harbour."]
        assert desk.texts(GROUP) == []
        assert await desk.store.subscriptions.get(SUPERGROUP) == Subscription()

    async def test_a_deleted_topic_falls_back_to_its_chat_and_says_so_once(self, desk: Desk) -> None:
        """In the first message that comes there."""
        await desk.subscribe(TOPIC)
        desk.platform.order(-5, ThreadGone("message thread not found"))
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        assert desk.texts(GROUP) == [f"📰 Ferry. | {NOTICE}", "📰 Harbour."]
        assert await desk.store.subscriptions.get(GROUP) == Subscription()
        assert await desk.store.subscriptions.get(TOPIC) is None

    async def test_a_thread_that_is_a_channel_of_its_own_falls_back_to_the_one_around_it(self, desk: Desk) -> None:
        """As on Discord, whose sender knows which that is."""
        thread, channel = Address("telegram", 700), Address("telegram", 600)
        await desk.subscribe(thread)
        desk.platform.order(700, ThreadGone("unknown channel", 600))
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(channel) == [f"📰 Ferry. | {NOTICE}"]

    async def test_a_chat_that_is_subscribed_itself_gets_nothing_twice(self, desk: Desk) -> None:
        """Chat and topic were subscribed; the topic goes."""
        await desk.subscribe(GROUP)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.subscribe(TOPIC)
        desk.platform.order(TOPIC, ThreadGone("message thread not found"))
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        await desk.send_all()
        assert [each for each in desk.texts(GROUP) if "Harbour" in each] != []
        assert len([each for each in desk.texts(GROUP) if "Harbour" in each]) == 1
