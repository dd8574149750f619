"""Whatever a platform answers, each delivery ends as it should."""

import asyncio

import pytest

from bot.delivery.outcomes import AGAIN_SECONDS, ChatGone, Moved, Outcome, RetryAfter, ThreadGone, Unreachable
from bot.delivery.worker import UNKNOWN_IN_A_ROW
from bot.reader import MUTED, Address
from bot.schedule import Subscription
from tests.clocks import until
from tests.delivery.scene import ANN, BUDI, DeliveryScene
from tests.editor import bulletin

GROUP, SUPERGROUP, TOPIC = Address("telegram", "-5"), Address("telegram", "-1005"), Address("telegram", "-5", "9")
NOTICE = "The topic in which bulletins came is gone, so they come here now. Admins can change that with /settings."


class TestForTheMoment:
    """What may pass later is tried later."""

    @pytest.mark.parametrize("outcome", [RetryAfter(30, "chat"), Unreachable("502"), Unreachable("no answer in time")])
    async def test_it_is_tried_again_and_others_go_on(self, scene: DeliveryScene, outcome: Outcome) -> None:
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI)
        scene.platform.order("1", outcome)
        await scene.publish(bulletin("ferry"))
        assert (scene.texts(ANN), scene.texts(BUDI)) == ([], ["📰 Ferry."])
        assert [row.state for row in await scene.rows()] == ["retry", "delivered"]
        scene.clock.forward(seconds=AGAIN_SECONDS + 1)
        await scene.send_all("another process")  # this one waits by its own clock
        assert scene.texts(ANN) == ["📰 Ferry."]

    async def test_a_429_is_obeyed_to_the_second(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        scene.platform.order("1", RetryAfter(30, "chat"))
        await scene.publish(bulletin("ferry"))
        (row,) = await scene.rows()
        assert row.due - scene.clock.now == pytest.approx(30, abs=0.001)


class TestAnOutage:
    """A platform of which nobody knows whether it executes what it is asked for: each reader has two attempts."""

    async def test_it_costs_few_readers_theirs(self, scene: DeliveryScene) -> None:
        """One at a time tries it, after pauses; the others get theirs once it is back."""
        readers = [Address("telegram", str(number)) for number in range(1, 61)]
        for reader in readers:
            await scene.subscribe(reader)
            scene.platform.order(reader.chat_id, *[Unreachable("Bad Gateway")] * 2)
        await scene.editor.publish(bulletin("ferry"))
        async with scene.sending():
            await until(lambda: len(scene.platform.calls) >= UNKNOWN_IN_A_ROW)
            await asyncio.sleep(1)
        assert len(scene.platform.calls) <= UNKNOWN_IN_A_ROW + scene.platform.limits.in_flight
        scene.platform.orders.clear()
        await scene.send_all("another process")  # this one waits by its own clock
        scene.clock.forward(seconds=AGAIN_SECONDS + 1)
        await scene.send_all("another process")
        assert [scene.texts(reader) for reader in readers] == [["📰 Ferry."]] * len(readers)


class TestForGood:
    """What will not pass is given up, with the reason kept."""

    async def test_a_chat_that_is_gone_is_suspended_with_all_that_waits(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        scene.platform.order("1", ChatGone("bot was blocked by the user"))
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        reader = await scene.store.readers.get(ANN)
        assert reader is not None
        assert reader.reason == "bot was blocked by the user"
        assert [row.state for row in await scene.rows()] == ["failed", "failed"]
        assert len(scene.platform.calls) == 1
        assert await scene.store.subscriptions.get(ANN) == Subscription()


class TestMuted:
    """A group that lets nobody write, often for a night."""

    async def test_the_next_bulletin_tries_it_again(self, scene: DeliveryScene) -> None:
        """And what comes after that comes as ever; what it missed does not."""
        await scene.subscribe(GROUP)
        scene.platform.order("-5", ChatGone(MUTED))
        items = bulletin("ferry"), bulletin("harbour"), bulletin("bridge")
        for number in (1, 2, 3):
            await scene.publish(*items[:number])
        assert scene.texts(GROUP) == ["📰 Harbour.", "📰 Bridge."]
        reader = await scene.store.readers.get(GROUP)
        assert reader is not None
        assert reader.suspended_since is None
        assert reader.reason is None

    async def test_one_that_stays_so_is_tried_once_a_bulletin(self, scene: DeliveryScene) -> None:
        await scene.subscribe(GROUP)
        scene.platform.order("-5", ChatGone(MUTED), ChatGone(MUTED))
        await scene.publish(bulletin("ferry"))
        first = await scene.store.readers.get(GROUP)
        scene.clock.forward(seconds=3600)
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        assert await scene.store.readers.get(GROUP) == first
        assert [row.state for row in await scene.rows()] == ["failed", "failed"]
        assert len(scene.platform.calls) == 2


class TestMoving:
    """A chat that goes on elsewhere keeps everything."""

    async def test_a_group_that_became_a_supergroup(self, scene: DeliveryScene) -> None:
        """What waits is sent to its new id, and the next one as well."""
        await scene.subscribe(GROUP)
        scene.platform.order("-5", Moved("-1005"))
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        assert scene.texts(SUPERGROUP) == ["📰 Ferry.", "📰 Harbour."]
        assert scene.texts(GROUP) == []
        assert await scene.store.subscriptions.get(SUPERGROUP) == Subscription()

    async def test_a_deleted_topic_falls_back_to_its_chat_and_says_so_once(self, scene: DeliveryScene) -> None:
        await scene.subscribe(TOPIC)
        scene.platform.order("-5", ThreadGone("message thread not found"))
        await scene.publish(bulletin("ferry"))
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        assert scene.texts(GROUP) == [f"📰 Ferry. | {NOTICE}", "📰 Harbour."]
        assert await scene.store.subscriptions.get(GROUP) == Subscription()
        assert await scene.store.subscriptions.get(TOPIC) is None

    async def test_a_thread_that_is_a_channel_of_its_own_falls_back_to_the_one_around_it(
        self, scene: DeliveryScene
    ) -> None:
        """As on Discord, whose sender knows which that is."""
        thread, channel = Address("telegram", "700"), Address("telegram", "600")
        await scene.subscribe(thread)
        scene.platform.order("700", ThreadGone("unknown channel", "600"))
        await scene.publish(bulletin("ferry"))
        assert scene.texts(channel) == [f"📰 Ferry. | {NOTICE}"]
