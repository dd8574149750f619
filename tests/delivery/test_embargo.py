"""What a bulletin's messages say while it is under embargo: nothing of it, or what they said before.

A bulletin that was published can be put under an embargo again, with other words: they wait for its end, too.
"""

import pytest

from bot.dossier.models import BulletinId, Language
from bot.platforms.text import render
from bot.reader import Address
from bot.schedule import Subscription, Timing
from bot.subscriptions.delivery_report import delivery_report
from tests.delivery.desk import Desk
from tests.press import FARE, bulletin, utc

ANN, BOB = Address("telegram", 1), Address("telegram", 2)
NAME = BulletinId("2026-11-23-ferry")
LATER = {"not_before": utc(2026, 11, 23, 14)}
"""Two hours after the tests' clock starts."""

AT_ONE = Subscription(timing=Timing("daily", hour=13))


async def texts(desk: Desk) -> list[list[str]]:
    """What Ann's and Bob's chats show by now."""
    await desk.press.newsroom.release()
    await desk.send_all()
    return [desk.texts(each) for each in (ANN, BOB)]


class TestNew:
    """One that was never published."""

    async def test_is_sent_at_its_moment(self, desk: Desk) -> None:
        """To the second."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry", **LATER))
        desk.clock.forward(hours=1)
        assert await texts(desk) == [[], []]
        await desk.subscribe(BOB)
        desk.clock.now = utc(2026, 11, 23, 14).timestamp()
        assert await texts(desk) == [["📰 Ferry."], ["📰 Ferry."]]

    async def test_a_trial_goes_out_before(self, desk: Desk) -> None:
        """An editor asked for it; and a correction of it, too."""
        await desk.subscribe(BOB)
        reader = await desk.store.readers.meet(ANN, "private")
        assert await desk.press.newsroom.try_out(desk.press.live(bulletin("ferry", **LATER)), NAME, reader)
        await desk.press.publish(bulletin("ferry", **LATER))
        assert await texts(desk) == [["📰 Ferry."], []]
        await desk.press.publish(bulletin("ferry", "Boat", **LATER))
        assert await texts(desk) == [["📰 Boat. | Corrected on 23 November 2026."], []]


class TestAgain:
    """One that was published, and has an embargo since."""

    @pytest.fixture
    async def published(self, desk: Desk) -> Desk:
        """Ann has it, Bob gets it at one."""
        await desk.subscribe(ANN)
        await desk.subscribe(BOB, wanted=AT_ONE)
        await desk.press.publish(bulletin("ferry"))
        assert await texts(desk) == [["📰 Ferry."], []]
        return desk

    async def test_other_words_wait_for_its_end(self, published: Desk) -> None:
        """Also those that are changed while it lasts; who has not got it yet gets nothing before."""
        await published.press.publish(bulletin("ferry", "Secret", **LATER))
        assert await texts(published) == [["📰 Ferry."], []]
        await published.press.publish(bulletin("ferry", "Secrets", **LATER))
        published.clock.forward(hours=1, seconds=1800)
        assert await texts(published) == [["📰 Ferry."], []]
        published.clock.forward(hours=1)
        ann, bob = await texts(published)
        assert ann == ["📰 Secrets. | Corrected on 23 November 2026."]
        assert len(bob) == 1

    async def test_words_that_stay_wait_where_they_were_not_sent(self, published: Desk) -> None:
        """The embargo alone is new."""
        await published.press.publish(bulletin("ferry", **LATER))
        published.clock.forward(hours=1, seconds=1800)
        assert await texts(published) == [["📰 Ferry."], []]
        published.clock.forward(hours=1)
        assert [len(each) for each in await texts(published)] == [1, 1]

    async def test_an_embargo_that_is_lifted_holds_nothing_back(self, published: Desk) -> None:
        """From then on."""
        await published.press.publish(bulletin("ferry", "Secret", **LATER))
        await published.press.publish(bulletin("ferry", "Secret"))
        ann, bob = await texts(published)
        assert ann == ["📰 Secret. | Corrected on 23 November 2026."]
        assert len(bob) == 1

    async def test_one_that_is_back_after_it_was_withdrawn(self, published: Desk) -> None:
        """Is shown as withdrawn until then."""
        await published.press.publish()
        withdrawn = ["🚫 Withdrawn: Ferry. | Withdrawn by the editors on 23 November 2026. Please do not pass it on."]
        assert await texts(published) == [withdrawn, []]
        await published.press.publish(bulletin("ferry", "Secret", **LATER))
        published.clock.forward(hours=1, seconds=1800)
        assert await texts(published) == [withdrawn, []]
        published.clock.forward(hours=1)
        ann, _ = await texts(published)
        assert ann == ["📰 Secret. | Corrected on 23 November 2026."]

    async def test_who_joins_its_audience_waits(self, published: Desk) -> None:
        """Since it is about another topic now."""
        cici = Address("telegram", 3)
        await published.press.publish(bulletin("rail", topics=["harbour"]))
        await published.subscribe(cici, wanted=Subscription(frozenset({FARE})))
        published.clock.forward(seconds=1)
        await published.press.publish(bulletin("rail", topics=["harbour"]), bulletin("bridge", topics=["harbour"]))
        await published.press.publish(bulletin("bridge", topics=["fare"], **LATER))
        await texts(published)
        assert published.texts(cici) == []
        published.clock.forward(hours=2)
        await texts(published)
        assert published.texts(cici) == ["📰 Bridge."]


class TestWhy:
    """``/why`` names what is out, and what was sent to that chat."""

    async def shown(self, desk: Desk) -> str:
        return render(await delivery_report(desk.store, desk.press.live(bulletin("ferry")), ANN, Language("en")))

    async def test_one_to_come_is_not_named(self, desk: Desk) -> None:
        """Not by its id either; then it is."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry", **LATER))
        assert "erry" not in await self.shown(desk)
        desk.clock.forward(hours=2)
        await texts(desk)
        assert "Ferry. — delivered" in await self.shown(desk)

    async def test_one_that_was_withdrawn_before_its_time_is_never_named(self, desk: Desk) -> None:
        """Nobody has heard of it."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry", **LATER))
        await desk.press.publish()
        desk.clock.forward(hours=3)
        await texts(desk)
        assert "erry" not in await self.shown(desk)

    async def test_one_that_was_tried_is_named_where_it_was_sent(self, desk: Desk) -> None:
        """The chat has it."""
        reader = await desk.store.readers.meet(ANN, "private")
        await desk.press.newsroom.try_out(desk.press.live(bulletin("ferry", **LATER)), NAME, reader)
        await desk.press.publish(bulletin("ferry", **LATER))
        await texts(desk)
        assert "delivered" in await self.shown(desk)

    async def test_history_and_what_was_withdrawn_are_named(self, desk: Desk) -> None:
        """As ever."""
        await desk.press.publish(bulletin("ferry", day=utc(2026, 1, 5).date()), bulletin("rail"))
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry", day=utc(2026, 1, 5).date()))
        shown = await self.shown(desk)
        assert "2026-01-05-ferry — published before sending began" in shown
        assert "2026-11-23-rail — withdrawn before it came here" in shown
