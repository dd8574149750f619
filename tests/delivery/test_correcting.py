"""A changed file edits every message that was sent; a removed one marks them all."""

from bot.delivery.outcomes import MessageGone, NotEditable, Unreachable
from bot.reader import Address
from bot.schedule import Subscription, Timing
from tests.delivery.scene import DeliveryScene, until
from tests.editor import bulletin

ANN, BUDI, GROUP = Address("telegram", 1), Address("telegram", 2), Address("telegram", -3)
CORRECTED = "Corrected on 23 November 2026."
WITHDRAWN = "Withdrawn by the editors on 23 November 2026. Please do not pass it on."
DAILY = Subscription(timing=Timing("daily", hour=13))


def changed(slug: str = "ferry", **titles: str) -> object:
    """The bulletin with other words in some languages."""
    before = bulletin(slug)
    return before.model_copy(update={"title": {**before.title, **titles}})


class TestCorrecting:
    """A new revision."""

    async def test_every_message_is_edited_and_marked_with_the_day(self, scene: DeliveryScene) -> None:
        """In place: the chat still shows one message."""
        await scene.subscribe(ANN)
        await scene.subscribe(GROUP)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        assert scene.texts(ANN) == scene.texts(GROUP) == [f"📰 Ferry, at last | {CORRECTED}"]
        assert [method for method, _, _ in scene.platform.calls] == ["send", "send", "edit", "edit"]

    async def test_only_what_changed_for_the_readers_language_is_edited(self, scene: DeliveryScene) -> None:
        """An Indonesian slip is no business of an English reader."""
        await scene.subscribe(ANN, "en")
        await scene.subscribe(BUDI, "id")
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.editor.publish(changed(id="Feri"))
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 Ferry."]
        assert scene.texts(BUDI) == ["📰 Feri | Diralat pada 23 November 2026."]
        assert len(scene.platform.calls) == 3

    async def test_the_language_is_that_of_the_message(self, scene: DeliveryScene) -> None:
        """Also where the reader has chosen another since."""
        await scene.subscribe(ANN, "en")
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.store.readers.set_language(ANN, "id")
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]

    async def test_who_still_waits_gets_the_new_words_at_once(self, scene: DeliveryScene) -> None:
        """Unmarked, since nobody there saw the old ones."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 Ferry, at last"]
        assert len(scene.platform.calls) == 1

    async def test_one_that_is_under_way_is_edited_when_it_has_arrived(self, scene: DeliveryScene) -> None:
        """No correction is lost between two moments."""
        await scene.subscribe(ANN)
        scene.platform.delay = 0.2
        await scene.editor.publish(bulletin("ferry"))
        async with scene.sending() as worker:
            await until(lambda: len(scene.platform.calls) == 1)
            await scene.editor.publish(changed(en="Ferry, at last"))
            await scene.quiet(worker)
        assert scene.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]

    async def test_a_change_that_is_taken_back_leaves_the_old_words_marked(self, scene: DeliveryScene) -> None:
        """The message did say something else for a while."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.editor.publish(changed(en="Fairy"))
        await scene.send_all()
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 Ferry. | {CORRECTED}"]

    async def test_a_fact_that_changes_corrects_what_states_it(self, scene: DeliveryScene) -> None:
        """Texts refer to facts; so do bulletins."""
        await scene.subscribe(ANN)
        stating = bulletin("price", "Costs {fare}")
        await scene.editor.publish(stating)
        await scene.send_all()
        fare = scene.editor.tiny.facts["fare"].model_copy(update={"amount": 5000})  # type: ignore[index]
        dearer = scene.editor.live(stating, facts={**scene.editor.tiny.facts, "fare": fare})
        await scene.editor.newsroom.compare(dearer)
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 Costs Rp5,000. | {CORRECTED}"]

    async def test_a_suspended_reader_is_corrected_when_it_is_restored(self, scene: DeliveryScene) -> None:
        """Nothing can be edited there before."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.store.readers.suspend("telegram", 1, "blocked")
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 Ferry."]
        await scene.store.readers.restore("telegram", 1)
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]

    async def test_who_unsubscribed_is_corrected_too(self, scene: DeliveryScene) -> None:
        """The message stands there."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.store.subscriptions.remove(ANN)
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]


class TestDigests:
    """A digest's message is edited as a whole."""

    async def test_one_bulletin_of_it_is_corrected(self, scene: DeliveryScene) -> None:
        """The others stand as they were."""
        await scene.subscribe(ANN, wanted=DAILY)
        await scene.editor.publish(bulletin("ferry"), bulletin("harbour"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        await scene.editor.publish(changed(en="Ferry, at last"), bulletin("harbour"))
        await scene.send_all()
        (message,) = scene.platform.messages(ANN)
        said = str(message.blocks)
        assert "Ferry, at last" in said
        assert "Harbour." in said
        assert said.count(CORRECTED) == 1
        assert len(scene.platform.calls) == 2

    async def test_two_of_it_are_corrected_by_one_edit(self, scene: DeliveryScene) -> None:
        """Edits count against the limits too."""
        await scene.subscribe(ANN, wanted=DAILY)
        await scene.editor.publish(bulletin("ferry"), bulletin("harbour"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        await scene.editor.publish(changed(en="Ferry, at last"), changed("harbour", en="Harbour, too"))
        await scene.send_all()
        (message,) = scene.platform.messages(ANN)
        assert str(message.blocks).count(CORRECTED) == 2
        assert len(scene.platform.calls) == 2

    async def test_one_of_it_is_withdrawn(self, scene: DeliveryScene) -> None:
        """And says nothing any more."""
        await scene.subscribe(ANN, wanted=DAILY)
        await scene.editor.publish(bulletin("ferry"), bulletin("harbour"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        await scene.editor.publish(bulletin("harbour"))
        await scene.send_all()
        (message,) = scene.platform.messages(ANN)
        said = str(message.blocks)
        assert "Withdrawn: Ferry." in said
        assert "Harbour." in said


class TestWithdrawing:
    """A removed file."""

    async def test_every_message_says_so_and_nothing_else(self, scene: DeliveryScene) -> None:
        """In the reader's language."""
        await scene.subscribe(ANN, "en")
        await scene.subscribe(BUDI, "id")
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.editor.publish()
        await scene.send_all()
        assert scene.texts(ANN) == [f"🚫 Withdrawn: Ferry. | {WITHDRAWN}"]
        assert scene.texts(BUDI) == [
            "🚫 Ditarik: Ferry (id). | Ditarik redaksi pada 23 November 2026. Mohon tidak disebarkan lagi."
        ]

    async def test_who_waits_gets_nothing(self, scene: DeliveryScene) -> None:
        """Neither the news nor its withdrawal."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.editor.publish()
        await scene.send_all()
        assert scene.platform.calls == []

    async def test_one_that_comes_back_is_sent_to_who_waited_and_shown_again_to_who_saw_it(
        self, scene: DeliveryScene
    ) -> None:
        """As if it had been corrected."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI, "en", DAILY)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        await scene.editor.publish()
        await scene.send_all()
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 Ferry. | {CORRECTED}"]
        assert scene.texts(BUDI) == []
        scene.clock.forward(hours=1)
        await scene.send_all()
        assert scene.texts(BUDI) == ["📰 Ferry."]


class TestWhereItCannotBeEdited:
    """The platform has the last word."""

    async def test_a_reply_says_correction(self, scene: DeliveryScene) -> None:
        """To the message that it is about; later corrections edit that reply."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        scene.platform.order(1, NotEditable("too old"))
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 Ferry.", f"✏️ Correction: Ferry, at last | {CORRECTED}"]
        assert scene.platform.calls[-1][2].reply_to == 1
        await scene.editor.publish(changed(en="Ferry, really"))
        await scene.send_all()
        assert scene.texts(ANN)[1] == f"📰 Ferry, really | {CORRECTED}"

    async def test_a_reply_that_fails_for_the_moment_is_tried_again(self, scene: DeliveryScene) -> None:
        """As a reply, not as an edit that is refused once more."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        scene.platform.order(1, NotEditable("too old"), Unreachable("502"), NotEditable("too old"))
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        scene.clock.forward(seconds=60)
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 Ferry.", f"✏️ Correction: Ferry, at last | {CORRECTED}"]

    async def test_a_message_that_was_deleted_is_let_be(self, scene: DeliveryScene) -> None:
        """The admins did not want it."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        scene.platform.order(1, MessageGone())
        await scene.editor.publish(changed(en="Ferry, at last"))
        await scene.send_all()
        assert [(row.state, row.reason) for row in await scene.rows()] == [("failed", "the message was deleted")]
        assert len(scene.platform.calls) == 2
