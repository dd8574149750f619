"""A changed file edits every message that was sent; a removed one marks them all."""

from bot.delivery.outcomes import MessageGone, NotEditable, Unreachable
from bot.reader import Address
from bot.schedule import Subscription, Timing
from tests.delivery.desk import Desk, until
from tests.press import bulletin

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

    async def test_every_message_is_edited_and_marked_with_the_day(self, desk: Desk) -> None:
        """In place: the chat still shows one message."""
        await desk.subscribe(ANN)
        await desk.subscribe(GROUP)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        assert desk.texts(ANN) == desk.texts(GROUP) == [f"📰 Ferry, at last | {CORRECTED}"]
        assert [method for method, _, _ in desk.platform.calls] == ["send", "send", "edit", "edit"]

    async def test_only_what_changed_for_the_readers_language_is_edited(self, desk: Desk) -> None:
        """An Indonesian slip is no business of an English reader."""
        await desk.subscribe(ANN, "en")
        await desk.subscribe(BUDI, "id")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.press.publish(changed(id="Feri"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]
        assert desk.texts(BUDI) == ["📰 Feri | Diralat pada 23 November 2026."]
        assert len(desk.platform.calls) == 3

    async def test_the_language_is_that_of_the_message(self, desk: Desk) -> None:
        """Also where the reader has chosen another since."""
        await desk.subscribe(ANN, "en")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.store.readers.set_language(ANN, "id")
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        assert desk.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]

    async def test_who_still_waits_gets_the_new_words_at_once(self, desk: Desk) -> None:
        """Unmarked, since nobody there saw the old ones."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry, at last"]
        assert len(desk.platform.calls) == 1

    async def test_one_that_is_under_way_is_edited_when_it_has_arrived(self, desk: Desk) -> None:
        """No correction is lost between two moments."""
        await desk.subscribe(ANN)
        desk.platform.delay = 0.2
        await desk.press.publish(bulletin("ferry"))
        async with desk.sending() as outbox:
            await until(lambda: len(desk.platform.calls) == 1)
            await desk.press.publish(changed(en="Ferry, at last"))
            await desk.quiet(outbox)
        assert desk.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]

    async def test_a_change_that_is_taken_back_leaves_the_old_words_marked(self, desk: Desk) -> None:
        """The message did say something else for a while."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.press.publish(changed(en="Fairy"))
        await desk.send_all()
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(ANN) == [f"📰 Ferry. | {CORRECTED}"]

    async def test_a_fact_that_changes_corrects_what_states_it(self, desk: Desk) -> None:
        """Texts refer to facts; so do bulletins."""
        await desk.subscribe(ANN)
        stating = bulletin("price", "Costs {fare}")
        await desk.press.publish(stating)
        await desk.send_all()
        fare = desk.press.tiny.facts["fare"].model_copy(update={"amount": 5000})  # type: ignore[index]
        dearer = desk.press.live(stating, facts={**desk.press.tiny.facts, "fare": fare})
        await desk.press.newsroom.compare(dearer)
        await desk.send_all()
        assert desk.texts(ANN) == [f"📰 Costs Rp5,000. | {CORRECTED}"]

    async def test_a_suspended_reader_is_corrected_when_it_is_restored(self, desk: Desk) -> None:
        """Nothing can be edited there before."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.store.readers.suspend("telegram", 1, "blocked")
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry."]
        await desk.store.readers.restore("telegram", 1)
        await desk.send_all()
        assert desk.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]

    async def test_who_unsubscribed_is_corrected_too(self, desk: Desk) -> None:
        """The message stands there."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.store.subscriptions.remove(ANN)
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        assert desk.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]


class TestDigests:
    """A digest's message is edited as a whole."""

    async def test_one_bulletin_of_it_is_corrected(self, desk: Desk) -> None:
        """The others stand as they were."""
        await desk.subscribe(ANN, wanted=DAILY)
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        desk.clock.forward(hours=1)
        await desk.send_all()
        await desk.press.publish(changed(en="Ferry, at last"), bulletin("harbour"))
        await desk.send_all()
        (message,) = desk.platform.messages(ANN)
        said = str(message.blocks)
        assert "Ferry, at last" in said
        assert "Harbour." in said
        assert said.count(CORRECTED) == 1
        assert len(desk.platform.calls) == 2

    async def test_two_of_it_are_corrected_by_one_edit(self, desk: Desk) -> None:
        """Edits count against the limits too."""
        await desk.subscribe(ANN, wanted=DAILY)
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        desk.clock.forward(hours=1)
        await desk.send_all()
        await desk.press.publish(changed(en="Ferry, at last"), changed("harbour", en="Harbour, too"))
        await desk.send_all()
        (message,) = desk.platform.messages(ANN)
        assert str(message.blocks).count(CORRECTED) == 2
        assert len(desk.platform.calls) == 2

    async def test_one_of_it_is_withdrawn(self, desk: Desk) -> None:
        """And says nothing any more."""
        await desk.subscribe(ANN, wanted=DAILY)
        await desk.press.publish(bulletin("ferry"), bulletin("harbour"))
        desk.clock.forward(hours=1)
        await desk.send_all()
        await desk.press.publish(bulletin("harbour"))
        await desk.send_all()
        (message,) = desk.platform.messages(ANN)
        said = str(message.blocks)
        assert "Withdrawn: Ferry." in said
        assert "Harbour." in said


class TestWithdrawing:
    """A removed file."""

    async def test_every_message_says_so_and_nothing_else(self, desk: Desk) -> None:
        """In the reader's language."""
        await desk.subscribe(ANN, "en")
        await desk.subscribe(BUDI, "id")
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.press.publish()
        await desk.send_all()
        assert desk.texts(ANN) == [f"🚫 Withdrawn: Ferry. | {WITHDRAWN}"]
        assert desk.texts(BUDI) == [
            "🚫 Ditarik: Ferry (id). | Ditarik redaksi pada 23 November 2026. Mohon tidak disebarkan lagi."
        ]

    async def test_who_waits_gets_nothing(self, desk: Desk) -> None:
        """Neither the news nor its withdrawal."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.press.publish()
        await desk.send_all()
        assert desk.platform.calls == []

    async def test_one_that_comes_back_is_sent_to_who_waited_and_shown_again_to_who_saw_it(self, desk: Desk) -> None:
        """As if it had been corrected."""
        await desk.subscribe(ANN)
        await desk.subscribe(BUDI, "en", DAILY)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        await desk.press.publish()
        await desk.send_all()
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert desk.texts(ANN) == [f"📰 Ferry. | {CORRECTED}"]
        assert desk.texts(BUDI) == []
        desk.clock.forward(hours=1)
        await desk.send_all()
        assert desk.texts(BUDI) == ["📰 Ferry."]


class TestWhereItCannotBeEdited:
    """The platform has the last word."""

    async def test_a_reply_says_correction(self, desk: Desk) -> None:
        """To the message that it is about; later corrections edit that reply."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        desk.platform.order(1, NotEditable("too old"))
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry.", f"✏️ Correction: Ferry, at last | {CORRECTED}"]
        assert desk.platform.calls[-1][2].answers == 1
        await desk.press.publish(changed(en="Ferry, really"))
        await desk.send_all()
        assert desk.texts(ANN)[1] == f"📰 Ferry, really | {CORRECTED}"

    async def test_a_reply_that_fails_for_the_moment_is_tried_again(self, desk: Desk) -> None:
        """As a reply, not as an edit that is refused once more."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        desk.platform.order(1, NotEditable("too old"), Unreachable("502"), NotEditable("too old"))
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        desk.clock.forward(seconds=60)
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 Ferry.", f"✏️ Correction: Ferry, at last | {CORRECTED}"]

    async def test_a_message_that_was_deleted_is_let_be(self, desk: Desk) -> None:
        """The admins did not want it."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        desk.platform.order(1, MessageGone())
        await desk.press.publish(changed(en="Ferry, at last"))
        await desk.send_all()
        assert [(row.state, row.reason) for row in await desk.rows()] == [("failed", "the message was deleted")]
        assert len(desk.platform.calls) == 2
