"""Everybody who subscribes gets a bulletin once, in their language, when they want it, from one process at a time."""

import asyncio
from time import monotonic

import pytest

from bot.db.delivery_queue import Done
from bot.db.delivery_reports import read_gauges
from bot.delivery.outcomes import AGAIN_SECONDS, Unreachable
from bot.delivery.worker import ORPHANS_SECONDS
from bot.dossier.models import BulletinId
from bot.reader import Address
from bot.replies.reply import TitleCard
from bot.schedule import QuietHours, Subscription, Timing
from tests.audiences import subscribe_all
from tests.clocks import until
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin, withdrawn

ANN, BUDI, GROUP = Address("telegram", "1"), Address("telegram", "2"), Address("telegram", "-3")

JAKARTA = "Asia/Jakarta"  # where the tests' clock starts at Monday, 19:00


class TestDelivering:
    """A new file in content/bulletins/ reaches its audience."""

    async def test_everybody_gets_it_once_in_their_language(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, "en")
        await scene.subscribe(BUDI, "id")
        await scene.subscribe(GROUP, "id")
        await scene.publish(bulletin("ferry"))
        assert scene.texts(ANN) == ["📰 Ferry."]
        assert scene.texts(BUDI) == scene.texts(GROUP) == ["📰 Ferry (id)."]
        assert {row.state for row in await scene.rows()} == {"delivered"}

    async def test_the_lease_says_when(self, scene: DeliveryScene) -> None:
        """With its next renewal; by it /readyz tells a long bulletin from a worker that stands still."""
        await scene.subscribe(ANN)
        async with scene.sending() as worker:
            await scene.quiet(worker)
            assert (await read_gauges(scene.store.database)).last_sent == {}
            await scene.editor.publish(bulletin("ferry"))
            await scene.quiet(worker)
            async with asyncio.timeout(60):
                while not (await read_gauges(scene.store.database)).last_sent:  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.05)
        assert (await read_gauges(scene.store.database)).last_sent == {"telegram": scene.clock.now}

    async def test_the_chosen_language_counts_before_the_heard_one(self, scene: DeliveryScene) -> None:
        """Also the one chosen for the chat around a topic."""
        topic = Address("telegram", "-3", "7")
        await scene.subscribe(topic, "en")
        await scene.store.readers.set_language(GROUP, "id")
        await scene.publish(bulletin("ferry"))
        assert scene.texts(topic) == ["📰 Ferry (id)."]

    async def test_all_who_get_the_same_words_get_the_same_value(self, scene: DeliveryScene) -> None:
        """So a platform renders it once."""
        for number in range(1, 6):
            await scene.subscribe(Address("telegram", str(number)), "en")
        await scene.publish(bulletin("ferry"))
        assert len({id(message.reply) for _, _, message in scene.platform.calls}) == 1

    async def test_keys_differ_between_messages_and_fit_discords_nonce(self, scene: DeliveryScene) -> None:
        """At most 25 characters (discord.com/developers/docs/resources/message#create-message)."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI)
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        keys = [message.key for _, _, message in scene.platform.calls]
        assert len(set(keys)) == 4
        assert all(0 < len(key) <= 25 for key in keys)

    @pytest.mark.parametrize("language", ["en", "id"])
    async def test_an_attempt_without_an_answer_and_the_next_have_one_key(
        self, scene: DeliveryScene, language: str
    ) -> None:
        """In another language it is another message."""
        await scene.subscribe(ANN)
        scene.platform.order(ANN, Unreachable("timeout"))
        await scene.publish(bulletin("ferry"))
        await scene.store.readers.set_language(ANN, language)
        scene.clock.forward(seconds=AGAIN_SECONDS + 1)
        await scene.send_all()
        first, second = (message.key for _, _, message in scene.platform.calls)
        assert (first == second) is (language == "en")

    async def test_one_chats_bulletins_come_in_order_one_at_a_time(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        scene.platform.delay = 0.02
        await scene.publish(bulletin("alpha"), bulletin("beta"), bulletin("gamma"))
        assert scene.texts(ANN) == ["📰 Alpha.", "📰 Beta.", "📰 Gamma."]
        assert scene.platform.most_at_once == 1


class TestAudience:
    """Topics choose it; who left or is not subscribed gets nothing."""

    async def test_a_new_subscriber_gets_no_backlog(self, scene: DeliveryScene) -> None:
        await scene.editor.publish(bulletin("old"))
        await scene.subscribe(ANN)
        await scene.publish(bulletin("old"), bulletin("new"))
        assert scene.texts(ANN) == ["📰 New."]

    async def test_other_platforms_are_others_business(self, scene: DeliveryScene) -> None:
        await scene.subscribe(Address("discord", "5"))
        await scene.editor.publish(bulletin("ferry"))
        async with scene.sending():
            await asyncio.sleep(0.1)
        assert scene.platform.calls == []
        assert [row.state for row in await scene.rows()] == ["due"]


class TestTiming:
    """Quiet hours hold, digests gather, urgent bulletins pass."""

    @pytest.mark.parametrize("title", ["Ferry", "Storm"])
    async def test_one_that_becomes_urgent_comes_at_once_to_those_for_whom_it_waits(
        self, scene: DeliveryScene, title: str
    ) -> None:
        """Whether its text changes with it or not. Who has it gets no second one."""
        await scene.subscribe(ANN, wanted=Subscription(timing=Timing(quiet=QuietHours(18, 7), zone=JAKARTA)))
        await scene.subscribe(BUDI, wanted=Subscription(timing=Timing("daily")))
        await scene.subscribe(GROUP)
        await scene.publish(bulletin("ferry"), bulletin("rail"))
        assert (scene.texts(ANN), scene.texts(BUDI), len(scene.texts(GROUP))) == ([], [], 2)
        scene.clock.forward(seconds=600)
        await scene.publish(bulletin("ferry", title, urgent=True), bulletin("rail"))
        text = f"📰 {title}."
        assert (scene.texts(ANN), scene.texts(BUDI)) == ([text], [text])
        assert len(scene.texts(GROUP)) == 2
        scene.clock.forward(hours=36)
        await scene.send_all()
        assert (scene.texts(ANN), scene.texts(BUDI)) == ([text, "📰 Rail."], [text, "📰 Rail."])

    async def test_a_digest_comes_in_one_message_at_its_hour(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=20, zone=JAKARTA)))
        await scene.editor.publish(bulletin("ferry"))
        scene.clock.forward(seconds=600)
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        assert scene.texts(ANN) == []
        scene.clock.forward(hours=1)
        await scene.send_all()
        assert scene.texts(ANN) == ["🗞 Digest · 2 bulletins"]
        assert len({row.message for row in await scene.rows()}) == 1

    async def test_a_long_digest_comes_in_as_many_messages_as_it_needs(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=20, zone=JAKARTA)))
        long = {"en": "word " * 240, "id": "kata " * 240}
        await scene.editor.publish(*(bulletin(f"part-{number}", body=long) for number in range(5)))
        scene.clock.forward(hours=1)
        await scene.send_all()
        assert scene.texts(ANN) == ["🗞 Digest · 2 bulletins", "🗞 Digest · 2 bulletins", "📰 Part-4."]


class TestOneSender:
    """One process sends for a bot; the others stand by."""

    async def test_a_stop_finishes_what_is_under_way_and_gives_back_the_rest(self, scene: DeliveryScene) -> None:
        await subscribe_all(scene.store, range(1, 101), language="en")
        await scene.editor.publish(bulletin("ferry"))
        scene.platform.delay = 0.05
        async with scene.sending():
            await until(lambda: len(scene.platform.calls) >= 10)
        states = [row.state for row in await scene.rows()]
        assert "claimed" not in states
        assert states.count("delivered") == len(scene.platform.calls)

    async def test_what_stands_in_the_chat_is_recorded_although_the_lease_was_lost(self, scene: DeliveryScene) -> None:
        """So that nobody sends it again."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        (row,) = await scene.store.queue.claim("telegram", *(await scene.held("one")), 10)
        await scene.store.queue.release("telegram", "one")
        await scene.store.queue.record("one", [Done(row.id, "77", 1, "en")])
        await scene.send_all()
        assert scene.platform.calls == []

    async def test_a_claim_of_a_process_that_died_is_found_while_another_sends(self, scene: DeliveryScene) -> None:
        """Its transaction may end later than its lease; nobody waits for the next takeover."""
        skipped = 0.0
        await scene.subscribe(ANN)
        async with scene.sending("two", lambda: monotonic() + skipped) as worker:
            await until(lambda: worker.is_leader)
            await scene.editor.publish(bulletin("ferry"))
            await scene.quiet(worker)
            await scene.set_row(1, state="claimed", holder="one", message=None, sent=None)
            skipped = ORPHANS_SECONDS
            await until(lambda: len(scene.texts(ANN)) == 2)
        assert [row.state for row in await scene.rows()] == ["delivered"]


FERRY = bulletin("ferry", picture="card")


def cards(scene: DeliveryScene) -> list[TitleCard | None]:
    """Those of all calls, in order."""
    return [message.reply.card for _, _, message in scene.platform.calls]


class TestWhichMessagesCarryOne:
    """A bulletin's own message, where its file says ``picture: card``."""

    async def test_the_message_its_correction_and_not_its_withdrawal(self, scene: DeliveryScene) -> None:
        """The revision tells a corrected card from the one before."""
        await scene.subscribe(ANN)
        await scene.publish(FERRY)
        await scene.publish(FERRY.model_copy(update={"title": {**FERRY.title, "en": "Ferry, at last"}}))
        await scene.publish(withdrawn(FERRY))
        first, second, last = cards(scene)
        assert first is not None
        assert second is not None
        assert first.bulletin == second.bulletin == FERRY.id
        assert second.revision > first.revision
        assert last is None

    async def test_no_other_bulletin(self, sent: DeliveryScene) -> None:
        """It costs a reader half a screen, so an editor decides."""
        assert cards(sent) == [None]

    async def test_no_digest(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=13)))
        await scene.editor.publish(FERRY, bulletin("bridge", picture="card"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        assert cards(scene) == [None]


def test_its_address() -> None:
    card = TitleCard(BulletinId("ferry"), 3)
    assert card.address("https://nota.example/", "ru") == "https://nota.example/pictures/ru/bulletin/ferry?revision=3"


class TestOwnLanguage:
    """A reader may want bulletins in its own language only."""

    async def test_what_is_in_no_language_of_the_reader_does_not_come(self, scene: DeliveryScene) -> None:
        only_own = Subscription(own_language=True)
        await scene.subscribe(ANN, "en", only_own)
        await scene.subscribe(BUDI, "ru", only_own)
        await scene.subscribe(GROUP, "ru")
        await scene.publish(bulletin("ferry"))
        assert scene.texts(ANN) == scene.texts(GROUP) == ["📰 Ferry."]
        assert scene.texts(BUDI) == []
        assert "other language" in {row.reason for row in await scene.rows()}
