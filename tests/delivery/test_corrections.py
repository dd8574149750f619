"""A changed file edits every message that was sent, a removed one marks them all, and other topics mean other readers."""

import json
from dataclasses import replace

import pytest

from bot.delivery.outcomes import AGAIN_SECONDS, BUG_ATTEMPTS, MessageGone, NotEditable, Outcome, Refused, Unreachable
from bot.dossier.markdown import Paragraph, plain
from bot.newsroom.dry_run import reached
from bot.newsroom.ledger_diff import bulletin_changes
from bot.platforms.discord.render import render
from bot.platforms.telegram.render import payload
from bot.reader import Address
from bot.schedule import QuietHours, Subscription, Timing
from tests.clocks import until
from tests.delivery.scene import DeliveryScene
from tests.editor import FARE, bulletin, compare, withdrawn

ANN, BUDI, GROUP = Address("telegram", "1"), Address("telegram", "2"), Address("telegram", "-3")

CORRECTED = "Corrected on 23 November 2026."

WITHDRAWN = "Withdrawn by the editors on 23 November 2026. Please do not pass it on."

DAILY = Subscription(timing=Timing("daily", hour=13))


def changed(slug: str = "ferry", **titles: str) -> object:
    """The bulletin with other words in some languages."""
    before = bulletin(slug)
    return before.model_copy(update={"title": {**before.title, **titles}})


class TestCorrecting:
    """A new revision."""

    async def test_figures_that_were_wrong_are_named(self, scene: DeliveryScene) -> None:
        """Those that this very reader has read, and as long as the message stands; of other words nothing is said."""
        await scene.subscribe(ANN)
        await scene.publish(changed(en="1,000 seats for 88 %"))
        await scene.editor.publish(changed(en="2,000 seats for 88 %"))
        await scene.publish(changed(en="3,000 seats for 89 %"))
        noted = f"📰 3,000 seats for 89 % | {CORRECTED[:-1]}: 3,000, not 1,000; 89, not 88."
        assert scene.texts(ANN) == [noted]
        await scene.publish(changed(en="3,000 chairs for 90 %"))
        assert scene.texts(ANN) == [f"📰 3,000 chairs for 90 % | {CORRECTED}"]

    async def test_only_what_changed_for_the_readers_language_is_edited(self, scene: DeliveryScene) -> None:
        """An Indonesian slip is no business of an English reader."""
        await scene.subscribe(ANN, "en")
        await scene.subscribe(BUDI, "id")
        await scene.publish(bulletin("ferry"))
        await scene.publish(changed(id="Feri"))
        assert scene.texts(ANN) == ["📰 Ferry."]
        assert scene.texts(BUDI) == ["📰 Feri | Diralat pada 23 November 2026."]
        assert len(scene.platform.calls) == 3

    async def test_the_language_is_that_of_the_message(self, sent: DeliveryScene) -> None:
        """Also where the reader has chosen another since."""
        await sent.store.readers.set_language(ANN, "id")
        await sent.publish(changed(en="Ferry, at last"))
        assert sent.texts(ANN) == [f"📰 Ferry, at last | {CORRECTED}"]

    async def test_a_fact_that_changes_corrects_what_states_it(self, scene: DeliveryScene) -> None:
        """Texts refer to facts; so do bulletins."""
        await scene.subscribe(ANN)
        stating = bulletin("price", "Costs {fare}")
        await scene.publish(stating)
        fare = scene.editor.tiny.facts["fare"].model_copy(update={"amount": 5000})  # type: ignore[index]
        dearer = scene.editor.live(stating, facts={**scene.editor.tiny.facts, "fare": fare})
        await compare(scene.editor.newsroom, dearer)
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 Costs Rp5,000. | {CORRECTED[:-1]}: Rp5,000, not Rp4,500."]


class TestAnEditThatFailed:
    """It is not the last: the message still says what is wrong."""

    @pytest.mark.parametrize(
        "outcome", [Refused("message is too long"), Unreachable("TypeError, see the log", is_bug=True)]
    )
    async def test_the_next_correction_is_shown(self, sent: DeliveryScene, outcome: Outcome) -> None:
        """Whatever the platform said of the one before, or our own bug did."""
        await self.fail(sent, outcome)
        await sent.publish(bulletin("ferry", "Third"))
        assert sent.texts(ANN) == [f"📰 Third. | {CORRECTED}"]
        assert [(row.state, row.reason, row.attempts) for row in await sent.rows()] == [("delivered", None, 0)]

    async def test_a_deleted_message_is_let_be(self, sent: DeliveryScene) -> None:
        await self.fail(sent, MessageGone())
        calls = len(sent.platform.calls)
        await sent.publish(bulletin("ferry", "Third"))
        assert len(sent.platform.calls) == calls

    async def fail(self, scene: DeliveryScene, outcome: Outcome) -> None:
        """Of the first correction, which is given up."""
        scene.platform.order(ANN.chat_id, outcome)
        await scene.editor.publish(bulletin("ferry", "Second"))
        await scene.set_row(1, attempts=BUG_ATTEMPTS)
        await scene.send_all()
        assert [row.state for row in await scene.rows()] == ["failed"]
        assert scene.texts(ANN) == ["📰 Ferry."]


class TestWhereTheChatChanged:
    """A topic is deleted, a group becomes a supergroup."""

    @pytest.mark.slow
    @pytest.mark.parametrize("is_subscribed", [False, True])
    async def test_a_supergroup_gets_the_correction_as_a_message(
        self, scene: DeliveryScene, *, is_subscribed: bool
    ) -> None:
        """Its messages are numbered anew, so an edit would change another message of ours. Nothing comes twice."""
        moved = Address("telegram", "-1003")
        await scene.subscribe(GROUP)
        await scene.publish(bulletin("ferry"))
        scene.platform.number_anew()
        await scene.store.readers.meet(moved, "group")
        if is_subscribed:
            await scene.store.subscriptions.put(moved, Subscription())
        await scene.store.readers.move("telegram", GROUP.chat_id, moved.chat_id)
        await scene.publish(bulletin("ferry"), bulletin("rail"))
        await scene.publish(bulletin("ferry", "Second"), bulletin("rail"))
        assert scene.texts(GROUP) == ["📰 Ferry."]
        assert scene.texts(moved) == ["📰 Rail.", f"✏️ Correction: Second. | {CORRECTED}"]
        await scene.publish(bulletin("ferry", "Third"), bulletin("rail"))
        assert scene.texts(moved) == ["📰 Rail.", f"📰 Third. | {CORRECTED}"]

    @pytest.mark.parametrize("is_edit", [True, False])
    async def test_a_move_while_a_request_is_on_its_way(self, scene: DeliveryScene, is_edit: bool) -> None:
        """What the answer names is a message of the former group."""
        await scene.subscribe(GROUP)
        if is_edit:
            await scene.publish(bulletin("ferry"))
        scene.platform.delay = 0.2
        await scene.editor.publish(bulletin("ferry", "Second"))
        async with scene.sending() as worker:
            await until(lambda: len(scene.platform.calls) == 1 + is_edit)
            await scene.store.readers.move("telegram", GROUP.chat_id, "-1003")
            await scene.quiet(worker)
        scene.platform.number_anew()
        await scene.publish(bulletin("ferry", "Third"))
        assert scene.texts(Address("telegram", "-1003")) == [f"✏️ Correction: Third. | {CORRECTED}"]


class TestDigests:
    """A digest's message is edited as a whole."""

    async def test_one_bulletin_of_it_is_corrected(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, wanted=DAILY)
        await scene.editor.publish(bulletin("ferry"), bulletin("harbour"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        await scene.publish(changed(en="Ferry, at last"), bulletin("harbour"))
        (message,) = scene.platform.messages(ANN)
        said = str(message.blocks)
        assert "Ferry, at last" in said
        assert "Harbour." in said
        assert said.count(CORRECTED) == 1
        assert len(scene.platform.calls) == 2

    async def test_one_of_it_grows_beyond_the_message(self, scene: DeliveryScene) -> None:
        """It is shortened, and the others stay whole on both platforms."""

        def words(name: str, count: int) -> dict[str, str]:
            return {"en": f"START{name} {'word ' * count}END{name}", "id": name}

        await scene.subscribe(ANN, wanted=DAILY)
        await scene.editor.publish(*(bulletin(name, body=words(name, 175)) for name in "abc"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        await scene.publish(
            bulletin("a", body=words("a", 700)), *(bulletin(name, body=words(name, 175)) for name in "bc")
        )
        (message,) = scene.platform.messages(ANN)
        for shown in (json.dumps(payload(message)), json.dumps(render(message))):
            for word in ("STARTa", CORRECTED, "the whole text is in /news", "STARTb", "ENDb", "STARTc", "ENDc"):
                assert word in shown
            assert "ENDa" not in shown
        assert len(payload(message)["text"]) <= 4096


class TestALanguageThatIsDropped:
    """The dossier has no text in it any more; messages in it stand in their chats."""

    async def test_its_messages_are_corrected_in_the_default_language(self, scene: DeliveryScene) -> None:
        """By every correction that follows, also after one that did not concern them."""
        await scene.subscribe(BUDI, "id")
        await scene.publish(bulletin("ferry"))
        header = scene.editor.tiny.header.model_copy(update={"languages": ["en"]})
        scene.editor.tiny = replace(scene.editor.tiny, header=header)
        await scene.publish(bulletin("ferry"))
        assert scene.texts(BUDI) == ["📰 Ferry (id)."]
        await scene.publish(bulletin("ferry", "Second"))
        assert scene.texts(BUDI) == [f"📰 Second. | {CORRECTED}"]
        await scene.publish(bulletin("ferry", "Third"))
        assert scene.texts(BUDI) == [f"📰 Third. | {CORRECTED}"]


class TestWithdrawing:
    """A file that says so."""

    async def test_the_headline_is_the_one_that_stood_there(self, scene: DeliveryScene) -> None:
        """Nobody reads another one for the first time by its withdrawal, nor what a correction said that never came."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI)
        await scene.publish(bulletin("ferry"))
        scene.platform.order(ANN.chat_id, Refused("message is too long"))
        await scene.publish(bulletin("ferry", "The mayor was arrested"))
        await scene.publish(withdrawn(bulletin("ferry", "The mayor was arrested")))
        assert scene.texts(ANN) == [f"🚫 Withdrawn: Ferry. | {WITHDRAWN}"]
        assert scene.texts(BUDI) == [f"🚫 Withdrawn: The mayor was arrested. | {WITHDRAWN}"]
        scene.platform.order(ANN.chat_id, Refused("message is too long"))
        await scene.publish(bulletin("ferry", "Third"))
        await scene.publish(withdrawn(bulletin("ferry", "Third")))
        assert [scene.texts(each)[0].partition(" | ")[0] for each in (ANN, BUDI)] == [
            "🚫 Withdrawn: Ferry.",
            "🚫 Withdrawn: Third.",
        ]

    async def test_the_reason_stands_in_place_of_the_text(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, "en")
        await scene.subscribe(BUDI, "id")
        await scene.publish(bulletin("ferry"))
        await scene.publish(withdrawn(bulletin("ferry")))
        blocks = [scene.platform.messages(address)[0].blocks for address in (ANN, BUDI)]
        assert [plain(block.spans) for first, *_ in blocks if isinstance(block := first, Paragraph)] == [
            "It was wrong.",
            "Itu keliru.",
        ]

    async def test_back_with_the_same_words_it_says_so(self, scene: DeliveryScene) -> None:
        """Whoever had read "please do not pass it on"; and nobody whose message never said that."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI)
        await scene.publish(bulletin("ferry"))
        scene.platform.order(BUDI.chat_id, Refused("no room"))
        await scene.publish(withdrawn(bulletin("ferry")))
        await scene.publish(bulletin("ferry"))
        assert scene.texts(ANN) == ["📰 Ferry. | Corrected on 23 November 2026: It is not withdrawn any more."]
        assert scene.texts(BUDI) == [f"📰 Ferry. | {CORRECTED}"]

    async def test_back_with_other_words_corrects_what_was_read(self, scene: DeliveryScene) -> None:
        """Where messages cannot be edited, what it said is what this reader had before the withdrawal."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI)
        await scene.publish(bulletin("ferry"))
        scene.platform.order(ANN.chat_id, Refused("no room"))
        await scene.publish(bulletin("ferry", "Second"))
        await scene.publish(withdrawn(bulletin("ferry", "Second")))
        for address in (ANN, BUDI):
            scene.platform.order(address.chat_id, NotEditable("a mail cannot be changed"))
        await scene.publish(bulletin("ferry", "Third"))
        changes = {address: message.changes for _, address, message in scene.platform.calls[-2:]}
        said = {
            address: (each.before and each.before.title, each.after.title) for address, each in changes.items() if each
        }
        assert said == {ANN: ("Ferry.", "Third."), BUDI: ("Second.", "Third.")}


class TestAnEditWithoutAnAnswer:
    """Nobody knows which text the reader sees, so it is edited again even if the ledger's text is the wanted one."""

    async def test_a_withdrawal_that_timed_out_before_the_bulletin_came_back(self, sent: DeliveryScene) -> None:
        sent.platform.order("1", Unreachable("timeout"))
        await sent.publish(withdrawn(bulletin("ferry")))
        await sent.editor.publish(bulletin("ferry"))
        sent.clock.forward(seconds=60)
        await sent.send_all()
        assert sent.texts(ANN) == [f"📰 Ferry. | {CORRECTED}"]
        assert [method for method, _, _ in sent.platform.calls] == ["send", "edit", "edit"]

    async def test_a_figure_that_may_never_have_stood_there_is_not_named(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        await scene.publish(changed(en="1,000 seats"))
        scene.platform.order("1", Unreachable("timeout"))
        await scene.publish(changed(en="2,000 seats"))
        await scene.editor.publish(changed(en="1,000 seats"))
        scene.clock.forward(seconds=60)
        await scene.send_all()
        assert scene.texts(ANN) == [f"📰 1,000 seats | {CORRECTED}"]


class TestWhereItCannotBeEdited:
    """The platform has the last word."""

    async def test_one_that_arrives_after_its_reader_was_suspended_is_not_sent_again(
        self, scene: DeliveryScene
    ) -> None:
        await scene.subscribe(ANN)
        await scene.publish(bulletin("ferry"))
        scene.platform.order("1", NotEditable("too old"))
        scene.platform.delay = 0.2
        await scene.editor.publish(bulletin("ferry", "Second"))
        async with scene.sending() as worker:
            await until(lambda: len(scene.platform.calls) == 3)
            await scene.store.readers.suspend("telegram", ANN.chat_id, "blocked")
            await scene.quiet(worker)
        await scene.store.readers.restore("telegram", ANN.chat_id)
        await scene.send_all()
        assert [call for call, _, _ in scene.platform.calls] == ["send", "edit", "send"]

    async def test_a_reply_says_correction(self, sent: DeliveryScene) -> None:
        """To the message that it is about; later corrections edit that reply."""
        sent.platform.order("1", NotEditable("too old"))
        await sent.publish(changed(en="Ferry, at last"))
        assert sent.texts(ANN) == ["📰 Ferry.", f"✏️ Correction: Ferry, at last | {CORRECTED}"]
        assert sent.platform.calls[-1][2].reply_to == "1"
        await sent.publish(changed(en="Ferry, really"))
        assert sent.texts(ANN)[1] == f"📰 Ferry, really | {CORRECTED}"

    async def test_one_that_says_for_the_second_time_the_same_has_a_key_of_its_own(self, sent: DeliveryScene) -> None:
        for title in ("Ferry, at last", "Ferry, really", "Ferry, at last"):
            sent.platform.order("1", NotEditable("too old"), *(None,) * (title == "Ferry, really"))  # type: ignore[arg-type]
            await sent.publish(changed(en=title))
        replies = [message for method, address, message in sent.platform.calls if message.reply_to and address == ANN]
        assert len({message.key for message in replies}) == len(replies)

    async def test_a_withdrawal_has_a_key_of_its_own(self, sent: DeliveryScene) -> None:
        """Or the platform would take it for the correction before, whose words it has."""
        sent.platform.order("1", NotEditable("too old"), *(None, NotEditable("too old")))  # type: ignore[arg-type]
        await sent.publish(changed(en="Ferry, at last"))
        await sent.publish(withdrawn(changed(en="Ferry, at last")))
        replies = [message for method, address, message in sent.platform.calls if message.reply_to and address == ANN]
        assert len({message.key for message in replies}) == len(replies) == 2

    async def test_a_reply_that_fails_for_the_moment_is_tried_again(self, sent: DeliveryScene) -> None:
        """As a reply, not as an edit that is refused once more."""
        sent.platform.order("1", NotEditable("too old"), Unreachable("502"), NotEditable("too old"))
        await sent.publish(changed(en="Ferry, at last"))
        sent.clock.forward(seconds=AGAIN_SECONDS + 1)
        await sent.send_all()
        assert sent.texts(ANN) == ["📰 Ferry.", f"✏️ Correction: Ferry, at last | {CORRECTED}"]

    async def test_a_message_that_was_deleted_is_let_be(self, sent: DeliveryScene) -> None:
        sent.platform.order("1", MessageGone())
        await sent.publish(changed(en="Ferry, at last"))
        assert [(row.state, row.reason) for row in await sent.rows()] == [("failed", "the message was deleted")]
        assert len(sent.platform.calls) == 2


ANN, BUDI, CICI = (Address("telegram", str(number)) for number in (1, 2, 3))

ON_FARE = Subscription(frozenset({FARE}))

ON_NOTHING = Subscription(frozenset())


class TestRedirecting:
    """Its topics choose anew."""

    async def test_whom_it_newly_concerns_get_it(self, scene: DeliveryScene) -> None:
        """Once; nobody else gets a second one, nor an edit."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.publish(bulletin("ferry", topics=["harbour"]))
        assert (scene.texts(ANN), scene.texts(BUDI)) == (["📰 Ferry."], [])
        await scene.publish(bulletin("ferry", topics=["fare"]))
        assert (scene.texts(ANN), scene.texts(BUDI)) == (["📰 Ferry."], ["📰 Ferry."])
        assert [method for method, _, _ in scene.platform.calls] == ["send", "send"]

    async def test_a_dry_run_counts_only_those(self, scene: DeliveryScene) -> None:
        """With what they would be sent, and how long it takes."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        before, after = scene.editor.latest, scene.editor.live(bulletin("ferry", topics=["fare"]))
        assert before is not None
        (change,) = await reached(scene.editor.newsroom, bulletin_changes(before, after), after, 0.0)
        assert [(each.platform, each.readers) for each in change.audience] == [("telegram", 1)]

    async def test_with_other_words_too(self, scene: DeliveryScene) -> None:
        """Who had it sees it corrected, who joins gets the new words unmarked."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.publish(bulletin("ferry", topics=["harbour"]))
        await scene.publish(bulletin("ferry", "At last", topics=["fare"], day=bulletin("ferry").date))
        assert scene.texts(ANN) == ["📰 At last. | Corrected on 23 November 2026."]
        assert scene.texts(BUDI) == ["📰 At last."]

    async def test_who_subscribed_since_gets_no_backlog(self, scene: DeliveryScene) -> None:
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        scene.clock.forward(seconds=60)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.publish(bulletin("ferry", topics=["fare"]))
        assert scene.texts(BUDI) == []

    async def test_an_old_one_goes_to_nobody_new(self, scene: DeliveryScene) -> None:
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        scene.clock.forward(days=8)
        await scene.publish(bulletin("ferry", topics=["fare"]))
        assert scene.texts(BUDI) == []

    async def test_who_waits_for_it_and_is_not_concerned_gets_nothing(self, scene: DeliveryScene) -> None:
        """And gets it after all where the topics are put back."""
        asleep = Subscription(frozenset({FARE}), Timing(quiet=QuietHours(18, 7), zone="Asia/Jakarta"))
        await scene.subscribe(BUDI, wanted=asleep)
        await scene.editor.publish(bulletin("ferry", topics=["fare"]))
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        assert [(row.state, row.reason) for row in await scene.rows()] == [("dropped", "other topics")]
        await scene.publish(bulletin("ferry", topics=["fare"]))
        assert scene.texts(BUDI) == []
        scene.clock.forward(hours=12)
        await scene.send_all()
        assert scene.texts(BUDI) == ["📰 Ferry."]

    async def test_a_scheduled_one_is_published_by_its_latest_topics(self, scene: DeliveryScene) -> None:
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.subscribe(CICI, wanted=ON_NOTHING)
        soon = {"not_before": "2026-11-23T13:00:00Z"}
        await scene.editor.publish(bulletin("ferry", topics=["harbour"], **soon))
        await scene.editor.publish(bulletin("ferry", topics=["fare"], **soon))
        scene.clock.forward(hours=2)
        await scene.editor.publish_due()
        await scene.send_all()
        assert (scene.texts(BUDI), scene.texts(CICI)) == (["📰 Ferry."], [])
