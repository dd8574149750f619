"""A request that the platform may have executed: at most one copy more, and none that is left without a word."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
import structlog

from bot.db.delivery_reports import delivery_history
from bot.db.schema import REVIEW
from bot.db.store import Store
from bot.delivery.outcomes import AGAIN_SECONDS, NotEditable, Outcome, RetryAfter, Unreachable
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Language
from bot.newsroom.messages import post
from bot.reader import MAY_HAVE_ARRIVED, Address
from bot.replies.bulletins import BulletinText
from bot.schedule import QuietHours, Subscription, Timing
from bot.subscriptions.why import Here, history_in_words
from tests.clocks import MovedClock
from tests.delivery.scene import ANN, BUDI, DeliveryScene, Platform
from tests.editor import bulletin, new_editor, withdrawn

CORRECTED = "Corrected on 23 November 2026."
WITHDRAWN = "Withdrawn by the editors on 23 November 2026. Please do not pass it on."
WORD = "If this message came twice, the earlier copy, above, no longer holds."
COPY, EDITED = "📰 Ferry.", f"📰 Second. | {CORRECTED}"
TOLD = f"✏️ Ferry. | {WORD}"
DAILY = Subscription(timing=Timing("daily", hour=13))


@dataclass
class Lossy(Platform):
    """Takes messages whose answers are lost."""

    lost: Counter[Address] = field(default_factory=Counter)

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        outcome = await super().send(address, message)
        if self.lost[address] > 0:
            self.lost[address] -= 1
            return Unreachable("no answer in time")
        return outcome


@dataclass
class Lost(DeliveryScene):
    """Ann and Budi subscribe. The answers to messages to Ann are lost as often as is said."""

    platform: Lossy = field(default_factory=Lossy)

    async def publish_lost(self, times: int = 1) -> None:
        """The bulletin is sent, and tried again where that is due."""
        self.platform.lost[ANN] = times
        await self.publish(bulletin("ferry"))
        await self.later()

    async def later(self, seconds: float = AGAIN_SECONDS + 1) -> None:
        self.clock.forward(seconds=seconds)
        await self.send_all(f"after {self.clock.now}")

    async def crash(self) -> None:
        """Ann's message was on its way when the process died."""
        await self.set_row(1, state="claimed", holder="a dead process")

    async def correct(self, title: str = "Second") -> None:
        await self.publish(bulletin("ferry", title))


@pytest.fixture
async def lost(store: Store, clock: MovedClock) -> Lost:
    scene = Lost(store, clock, await new_editor(store))
    await scene.subscribe(ANN)
    await scene.subscribe(BUDI)
    return scene


class TestACopy:
    """The first answer was lost, so the message came twice. No id of the first is known."""

    async def test_a_correction_says_so_once(self, lost: Lost) -> None:
        """In reply to the message that was edited; only to readers who may have a copy."""
        await lost.publish_lost()
        assert lost.texts(ANN) == [COPY, COPY]
        await lost.editor.publish(withdrawn(bulletin("ferry")))
        await lost.correct("Ferry")  # before anybody was told of it: the copy holds again
        assert lost.texts(ANN) == [COPY, COPY]
        await lost.correct()
        assert lost.texts(ANN) == [COPY, EDITED, TOLD]
        assert lost.texts(BUDI) == [EDITED]
        assert lost.platform.calls[-1][2].reply_to == (await lost.rows())[0].message
        await lost.correct("Third")
        assert lost.texts(ANN) == [COPY, EDITED.replace("Second", "Third"), TOLD]
        await lost.publish(withdrawn(bulletin("ferry", "Third")))
        assert lost.texts(ANN) == [COPY, f"🚫 Withdrawn: Third. | {WITHDRAWN}", TOLD]

    @pytest.mark.parametrize("is_withdrawn", [False, True])
    async def test_what_did_not_arrive_comes_though_its_words_are_the_first_again(
        self, lost: Lost, is_withdrawn: bool
    ) -> None:
        lost.platform.order(ANN.chat_id, Unreachable("no answer in time"))
        await lost.publish(bulletin("ferry"))
        assert lost.texts(ANN) == []
        await lost.editor.publish(withdrawn(bulletin("ferry")) if is_withdrawn else bulletin("ferry", "Second"))
        await lost.publish(bulletin("ferry"))
        await lost.later()
        assert [text.split(" | ")[0] for text in lost.texts(ANN)] == ["✏️ Correction: Ferry."]

    async def test_in_the_readers_language_and_by_day(self, lost: Lost) -> None:
        """It makes a sound, so it waits for the end of quiet hours, as the edit does not."""
        await lost.store.readers.set_language(ANN, "id")
        await lost.publish_lost()
        await lost.store.subscriptions.put(ANN, Subscription(timing=Timing(quiet=QuietHours(12, 14))))
        await lost.correct()
        assert len(lost.texts(ANN)) == 2
        lost.clock.forward(hours=3)
        await lost.send_all("in the afternoon")
        assert lost.texts(ANN)[-1].endswith(
            "Jika pesan ini masuk dua kali, salinan sebelumnya di atas tidak berlaku lagi."
        )

    async def test_whoever_has_unsubscribed_gets_the_edit_alone(self, lost: Lost) -> None:
        await lost.publish_lost()
        await lost.store.subscriptions.remove(ANN)
        await lost.correct()
        assert lost.texts(ANN) == [COPY, EDITED]
        assert [row.state for row in await lost.rows()] == ["delivered", "delivered"]

    async def test_of_a_digest_the_bulletin_that_changed(self, lost: Lost) -> None:
        await lost.store.subscriptions.put(ANN, DAILY)
        await lost.publish(bulletin("ferry"), bulletin("harbour"))
        lost.platform.lost[ANN] = 1
        await lost.later(3600)
        await lost.later()
        assert len(lost.texts(ANN)) == 2
        await lost.publish(bulletin("ferry", "Second"), bulletin("harbour"))
        assert lost.texts(ANN)[2:] == [TOLD]

    async def test_of_a_message_to_editors(self, lost: Lost) -> None:
        """A request for approval that came twice, which was decided meanwhile."""

        async def say(title: str) -> None:
            article = BulletinText(title, bulletin("ferry").date, ())
            async with lost.store.database.write() as connection:
                await post(
                    lost.store,
                    connection,
                    "review-1",
                    {Language("en"): article},
                    origin=REVIEW,
                    language=Language("en"),
                    reader_id=1,
                )
            await lost.later()

        lost.platform.lost[ANN] = 1
        for title in ("Please approve", "Please approve", "Approved"):
            await say(title)
        assert lost.texts(ANN) == ["📰 Please approve", "📰 Approved", f"✏️ Please approve | {WORD}"]

    async def test_a_correction_that_came_twice(self, lost: Lost) -> None:
        """Where the message cannot be edited, its correction is a message, of which a copy may stand there as well."""
        await lost.publish(bulletin("ferry"))
        lost.platform.order(ANN, NotEditable("too old"), None, NotEditable("too old"))  # type: ignore[arg-type]
        lost.platform.lost[ANN] = 1
        await lost.correct()
        await lost.later()
        correction = f"✏️ Correction: Second. | {CORRECTED}"
        assert lost.texts(ANN) == [COPY, correction, correction]
        await lost.correct("Third")
        third = "Third. | " + CORRECTED
        assert lost.texts(ANN) == [COPY, correction, f"📰 {third}", f"✏️ Second. | {WORD}"]


class TestBeforeTheSecondAttempt:
    """The message changes while nobody knows whether it arrived."""

    async def test_whoever_may_have_it_gets_its_correction(self, lost: Lost) -> None:
        """At once, and not as news: it may stand below the first."""
        lost.platform.lost[ANN] = 1
        await lost.publish(bulletin("ferry"))
        await lost.correct()
        assert lost.texts(ANN) == [COPY, f"✏️ Correction: Second. | {CORRECTED}"]

    @pytest.mark.parametrize("crash", [False, True])
    async def test_whoever_may_have_it_gets_its_withdrawal(self, lost: Lost, crash: bool) -> None:
        """Those to whom nothing was sent get nothing."""
        lost.platform.lost[ANN] = 1
        lost.platform.order(BUDI, RetryAfter(3600, "chat"))
        await lost.publish(bulletin("ferry"))
        if crash:
            await lost.crash()
        await lost.publish(withdrawn(bulletin("ferry")))
        assert lost.texts(ANN) == [COPY, f"🚫 Withdrawn: Ferry. | {WITHDRAWN}"]
        await lost.later(4000)
        assert lost.texts(BUDI) == []


class TestTheBound:
    """What may have been executed is tried twice in all, what surely was not until it works."""

    async def test_two_attempts_minutes_apart_and_an_alarm(self, lost: Lost) -> None:
        lost.platform.lost[ANN] = 9
        with structlog.testing.capture_logs() as logged:
            await lost.publish(bulletin("ferry"))
            await lost.later(AGAIN_SECONDS - 10)
            assert lost.texts(ANN) == [COPY]
            for _ in range(3):
                await lost.later(3600)
        assert lost.texts(ANN) == [COPY, COPY]
        assert [each["event"] for each in logged if each["log_level"] == "error"] == ["not delivered"]
        [row, _] = await lost.rows()
        assert (row.state, row.reason) == ("failed", f"{MAY_HAVE_ARRIVED}: no answer in time (tried twice)")
        [entry] = await delivery_history(lost.store.database, ANN)
        assert history_in_words(entry, Here(Language("en"))) == "sent, but it is not known whether it arrived"

    async def test_who_may_have_it_is_corrected_nevertheless(self, lost: Lost) -> None:
        await lost.publish_lost(2)
        await lost.correct()
        assert lost.texts(ANN) == [COPY, COPY, f"✏️ Correction: Second. | {CORRECTED}"]

    async def test_what_surely_was_not_executed_has_no_bound_and_leaves_no_copy(self, lost: Lost) -> None:
        """Also between the two attempts."""
        refused = Unreachable("no connection", is_unsent=True)
        lost.platform.order(ANN, *[refused] * 6)
        await lost.publish(bulletin("ferry"))
        for _ in range(6):
            await lost.later(300)
        assert lost.texts(ANN) == [COPY]
        await lost.correct()
        assert lost.texts(ANN) == [EDITED]

    async def test_a_correction_that_cannot_be_an_edit(self, lost: Lost) -> None:
        await lost.publish(bulletin("ferry"))
        for _ in range(4):
            lost.platform.order(ANN, NotEditable("too old"), None)  # type: ignore[arg-type]
        lost.platform.lost[ANN] = 9
        await lost.correct()
        for _ in range(3):
            await lost.later(3600)
        assert len(lost.texts(ANN)) == 3

    async def test_the_word_about_a_copy(self, lost: Lost) -> None:
        await lost.publish_lost()
        lost.platform.lost[ANN] = 9
        await lost.correct()
        for _ in range(3):
            await lost.later(3600)
        assert lost.texts(ANN) == [COPY, EDITED, TOLD, TOLD]
        assert [row.state for row in await lost.rows()] == ["delivered", "delivered"]
