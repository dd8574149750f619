"""A database belongs to the bots that it was used with, and sending stops where readers are gone one after the other."""

import asyncio
from dataclasses import dataclass, replace

import pytest
import structlog.testing

from bot.db.safeguards import SafeguardState
from bot.db.schema import deliveries
from bot.db.store import Store
from bot.delivery.outcomes import ChatGone, Outcome
from bot.delivery.worker import GONE_IN_A_ROW, PAUSE_SECONDS, DeliveryWorker
from bot.reader import FORMER, MUTED, Address
from bot.schedule import Subscription
from tests.audiences import subscribe_all
from tests.clocks import MovedClock, until
from tests.delivery.scene import ANN, BUDI, DeliveryScene, Platform
from tests.editor import bulletin, withdrawn

GONE = ChatGone("Chat not found")


@dataclass
class Foreign(Platform):
    """Another bot, whose platform knows none of the readers."""

    lease_name: str = "telegram:2"

    async def _call(self, *_: object) -> Outcome | None:
        self.calls.append(_)  # type: ignore[arg-type]
        return GONE


async def bound(scene: DeliveryScene, platform: Platform, bot: str) -> DeliveryWorker:
    worker = DeliveryWorker(scene.store, platform, f"process of {bot}")
    await worker.until_bound(bot)
    return worker


async def suspended(store: Store) -> int:
    return sum([await _is_suspended(store, number) for number in range(1, 200)])


async def _is_suspended(store: Store, number: int) -> bool:
    reader = await store.readers.get(Address("telegram", str(number)))
    return reader is not None and reader.suspended_since is not None


class TestTwoBotsAtOnce:
    """One of two bots on a database sends."""

    async def test_the_first_start_binds_and_the_second_bot_waits(self, scene: DeliveryScene) -> None:
        """Another token of the same bot is the same bot; the second says whose database it is."""
        safeguards = scene.store.safeguards
        await scene.subscribe(ANN)
        assert [await safeguards.bind("telegram", bot) for bot in ("1", "1")] == ["", ""]
        with structlog.testing.capture_logs() as logged:
            refusals = [await safeguards.bind("telegram", "2") for _ in range(3)]
        assert refusals == 3 * [safeguards.foreign["telegram"]]
        assert "belongs to the bot 1 on telegram" in refusals[0]
        assert "`nota migrate --bot telegram:2`" in refusals[0]
        assert [each["log_level"] for each in logged] == ["error"]
        assert await safeguards.bind("telegram", "1") == ""
        assert safeguards.foreign == {"telegram": ""}

    async def test_of_two_that_start_at_once_one_gets_it(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        await asyncio.gather(*(scene.store.safeguards.bind("telegram", bot) for bot in ("1", "2")))
        refused = [bool(await scene.store.safeguards.refusal("telegram", bot)) for bot in ("1", "2")]
        assert sorted(refused) == [False, True]

    async def test_a_platform_without_readers_belongs_to_whoever_comes(self, scene: DeliveryScene) -> None:
        """As a database without readers belongs to any dossier. Readers on another platform do not matter."""
        safeguards = scene.store.safeguards
        await safeguards.bind("telegram", "1")
        await scene.subscribe(Address("discord", "7"))
        assert await safeguards.bind("telegram", "2") == ""
        await scene.subscribe(ANN)
        assert await safeguards.bind("telegram", "1") != ""

    async def test_each_holds_a_lease_and_one_sends(self, scene: DeliveryScene) -> None:
        """Leases are named after the bot, so that both are held; no claim is left to chance."""
        await subscribe_all(scene.store, range(1, 61))
        own, foreign = Platform(), Foreign()
        workers = [DeliveryWorker(scene.store, foreign, "other")]
        workers[0]._bot = "2"  # it was bound before the database was given to the first
        workers.insert(0, await bound(scene, own, "1"))
        scene.clock.forward(seconds=PAUSE_SECONDS)
        running = [asyncio.create_task(worker.run()) for worker in reversed(workers)]
        try:
            await until(lambda: all(worker.is_leader for worker in workers))
            await scene.editor.publish(bulletin("ferry"))
            await until(lambda: len(own.calls) >= 60)
            await scene.quiet(workers[0])
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        assert (len(own.calls), len(foreign.calls), await suspended(scene.store)) == (60, 0, 0)

    async def test_what_it_has_claimed_already_is_not_sent(self, scene: DeliveryScene) -> None:
        """The check right before a send asks, too."""
        await scene.subscribe(ANN)
        worker = await bound(scene, scene.platform, "1")
        async with scene.store.database.write() as connection:
            await connection.execute(deliveries.update().values(holder="one"))
        await scene.editor.publish(bulletin("ferry"))
        await scene.set_row(1, state="claimed", holder="one")
        [row] = await scene.rows()
        assert list(await scene.store.queue.checked("one", [row.id], "telegram", "1")) == [row.id]
        await scene.store.readers.change_bot("telegram", "2")
        await scene.set_row(1, state="claimed", holder="one")
        assert dict(await scene.store.queue.checked("one", [row.id], "telegram", "1")) == {}
        assert not worker.is_leader


class TestAnotherBotOnPurpose:
    """``nota migrate --bot``: the readers are tried by the new bot, and keep what they had."""

    async def test_who_knows_it_goes_on_and_the_others_are_kept(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI)
        await scene.publish(bulletin("ferry"))
        assert await scene.store.readers.change_bot("telegram", "2") == 2
        assert await scene.store.safeguards.refusal("telegram", "2") == ""
        assert {row.message.startswith(FORMER) for row in await scene.rows()} == {True}
        scene.bot = "2"
        scene.platform.order(BUDI, GONE)
        await scene.publish(bulletin("ferry"), bulletin("tram"))
        assert [len(scene.texts(each)) for each in (ANN, BUDI)] == [2, 1]
        readers = [await scene.store.readers.get(each) for each in (ANN, BUDI)]
        assert [each.reason for each in readers if each] == [None, "Chat not found"]
        assert await scene.store.subscriptions.get(BUDI) is not None

    async def test_a_correction_edits_no_message_of_the_new_bot(self, sent: DeliveryScene) -> None:
        """Private chats number messages by bot: the new one's first has the number of the former one's."""
        await sent.store.readers.change_bot("telegram", "2")
        sent.bot = "2"
        sent.platform.chats.clear()
        sent.platform.number_anew()
        await sent.publish(bulletin("ferry"), bulletin("tram"))
        await sent.publish(bulletin("ferry", "Another title"), bulletin("tram"))
        assert [method for method, *_ in sent.platform.calls[1:]] == ["send", "send"]
        assert len(sent.texts(ANN)) == 2


class TestReadersThatAreGone:
    """A fault of ours looks as if all readers had left."""

    async def test_the_first_twenty_of_a_bulletin(self, scene: DeliveryScene) -> None:
        """Sending stops on that platform alone, owners are told, and nobody else is suspended."""
        await subscribe_all(scene.store, range(1, 61))
        await scene.subscribe(Address("discord", "7"))
        scene.platform = Foreign(lease_name="telegram:1")
        with structlog.testing.capture_logs() as logged:
            await self._publish(scene, bulletin("ferry"))
        told = [each for each in logged if each["log_level"] == "error"]
        assert [(each["platform"], "sending is stopped" in each["event"]) for each in told] == [("telegram", True)]
        state = await scene.store.safeguards.get()
        assert list(state.platforms) == ["telegram"]
        assert state.stopped is None
        assert "Chat not found" in state.platforms["telegram"][1]
        assert GONE_IN_A_ROW <= await suspended(scene.store) <= GONE_IN_A_ROW + scene.platform.limits.in_flight
        assert [await scene.store.queue.has_due(name) for name in ("telegram", "discord")] == [False, True]

    async def test_half_of_a_hundred(self, scene: DeliveryScene) -> None:
        """They need not be in a row."""
        await subscribe_all(scene.store, range(1, 201))
        for number in range(1, 201, 2):
            scene.platform.order(str(number), GONE)
        await self._publish(scene, bulletin("ferry"))
        assert 50 <= await suspended(scene.store) <= 50 + scene.platform.limits.in_flight

    @pytest.mark.parametrize("every", [3, 4])
    async def test_fewer_are_their_own_wish(self, scene: DeliveryScene, every: int) -> None:
        await subscribe_all(scene.store, range(1, 121))
        for number in range(1, 121, every):
            scene.platform.order(str(number), GONE)
        await scene.publish(bulletin("ferry"))
        assert (await scene.store.safeguards.get()) == replace(SafeguardState(), dossier="ferry")

    async def test_groups_in_which_nobody_may_write_at_night(self, scene: DeliveryScene) -> None:
        """They are tried with each bulletin, so nothing is lost."""
        await subscribe_all(scene.store, range(1, 61))
        for number in range(1, 61):
            scene.platform.order(str(number), ChatGone(MUTED))
        await scene.publish(bulletin("ferry"))
        assert (await scene.store.safeguards.get()).platforms == {}

    async def test_they_are_given_back_with_what_they_had(self, scene: DeliveryScene, clock: MovedClock) -> None:
        """The bulletin that they did not get, too; who left before is not asked again, and nobody gets anything twice."""
        await subscribe_all(scene.store, range(1, 61))
        await scene.store.readers.suspend("telegram", "60", "blocked")
        clock.forward(seconds=3600)
        since = clock.now
        good, scene.platform = scene.platform, Foreign(lease_name="telegram:1")
        await self._publish(scene, bulletin("ferry"))
        gone = await suspended(scene.store)
        scene.platform = good
        scene._workers.clear()
        assert await scene.store.readers.restore_since(since) == gone - 1
        assert await suspended(scene.store) == 1
        await scene.store.safeguards.start()
        await scene.send_all("two")
        assert sorted(int(address.chat_id) for _, address, _ in good.calls) == list(range(1, 60))

    async def test_what_was_withdrawn_meanwhile_does_not_come(self, scene: DeliveryScene, clock: MovedClock) -> None:
        """Nor what is older than a day."""
        await subscribe_all(scene.store, range(1, 4))
        for number in range(1, 4):
            scene.platform.order(str(number), GONE)
        await scene.publish(bulletin("tram"))
        clock.forward(days=3)
        since = clock.now
        await scene.store.readers.restore_since(since - 4 * 86400)
        await scene.send_all()
        for number in range(1, 4):
            scene.platform.order(str(number), *[GONE] * 2)
        before = len(scene.platform.calls)
        await scene.publish(bulletin("tram"), bulletin("ferry"))
        await scene.publish(bulletin("tram"), withdrawn(bulletin("ferry")))
        clock.forward(hours=1)
        scene.platform.orders.clear()
        assert await scene.store.readers.restore_since(since) == 3
        await scene.send_all()
        assert len(scene.platform.calls) == before + 3

    @pytest.mark.parametrize("were_reached", [False, True])
    async def test_strangers_on_the_page_stop_nothing(self, scene: DeliveryScene, *, were_reached: bool) -> None:
        """They can name places that do not exist; browsers that had a message before say something."""
        for number in range(30):
            address = await scene.store.page_readers.meet("telegram", f"browser {number}", {"endpoint": number}, "en")
            await scene.store.subscriptions.put(address, Subscription())
        if were_reached:
            await scene.publish(bulletin("tram"))
            scene._workers.clear()
            scene.platform = Foreign(lease_name="telegram:1")
            await self._publish(scene, bulletin("tram"), bulletin("ferry"))
        else:
            scene.platform = Foreign(lease_name="telegram:1")
            await scene.publish(bulletin("ferry"))
        assert bool((await scene.store.safeguards.get()).platforms) is were_reached

    async def test_an_owner_who_starts_again_is_obeyed(self, scene: DeliveryScene) -> None:
        """For that bulletin; the next one may stop again."""
        await subscribe_all(scene.store, range(1, 101))
        scene.platform = Foreign(lease_name="telegram:1")
        await self._publish(scene, bulletin("ferry"))
        await scene.store.safeguards.start()
        await scene.send_all()
        assert await suspended(scene.store) == 100
        assert (await scene.store.safeguards.get()).platforms == {}

    async def _publish(self, scene: DeliveryScene, *bulletins: object) -> None:
        """Until sending has stopped by itself."""
        await scene.editor.publish(*bulletins)  # type: ignore[arg-type]
        async with scene.sending() as worker, asyncio.timeout(30):
            worker.nudge()
            while not (await scene.store.safeguards.get()).platforms:  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.01)
            while worker._in_flight():
                await asyncio.wait(worker._in_flight())
