"""What a bulletin's messages say while it is under embargo: nothing of it, or what they said before.

A bulletin that was published can be put under an embargo again, with other words: they wait for its end, too.
"""

import pytest
from sqlalchemy.exc import IntegrityError

from bot.db.bulletins import StoredText
from bot.dossier.models import BulletinId, Language
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.schedule import Subscription, Timing
from bot.subscriptions.why import delivery_report
from tests.delivery.scene import DeliveryScene
from tests.editor import FARE, bulletin, utc

ANN, BOB = Address("telegram", "1"), Address("telegram", "2")
NAME = BulletinId("2026-11-23-ferry")
LATER = {"not_before": utc(2026, 11, 23, 14)}
"""Two hours after the tests' clock starts."""

AT_ONE = Subscription(timing=Timing("daily", hour=13, zone="UTC"))


async def texts(scene: DeliveryScene) -> list[list[str]]:
    """What Ann's and Bob's chats show by now."""
    await scene.editor.publish_due()
    await scene.send_all()
    return [scene.texts(each) for each in (ANN, BOB)]


async def with_next_digest(scene: DeliveryScene) -> int:
    """How many messages Bob has after the digest of the next day; none came in the meantime."""
    scene.clock.now = utc(2026, 11, 24, 12, 59).timestamp()
    assert (await texts(scene))[1] == []
    scene.clock.now = utc(2026, 11, 24, 13).timestamp()
    return len((await texts(scene))[1])


class TestNew:
    """One that was never published."""

    async def test_is_sent_at_its_moment(self, scene: DeliveryScene) -> None:
        """To the second."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry", **LATER))
        scene.clock.forward(hours=1)
        assert await texts(scene) == [[], []]
        await scene.subscribe(BOB)
        scene.clock.now = utc(2026, 11, 23, 14).timestamp()
        assert await texts(scene) == [["📰 Ferry."], ["📰 Ferry."]]

    async def test_a_try_out_goes_out_before(self, scene: DeliveryScene) -> None:
        """It is a message of its own, and says so: the chat gets the bulletin again."""
        await scene.subscribe(BOB)
        reader = await scene.store.readers.meet(ANN, "private")
        assert await scene.editor.newsroom.try_out(scene.editor.live(bulletin("ferry", **LATER)), NAME, reader)
        await scene.editor.publish(bulletin("ferry", **LATER))
        assert await texts(scene) == [["🧪 Try-out: Ferry."], []]
        await scene.subscribe(ANN)
        scene.clock.forward(hours=2)
        await scene.editor.publish_due()
        assert await texts(scene) == [["🧪 Try-out: Ferry.", "📰 Ferry."], ["📰 Ferry."]]


class TestAgain:
    """One that was published, and has an embargo since."""

    @pytest.fixture
    async def published(self, scene: DeliveryScene) -> DeliveryScene:
        """Ann has it, Bob gets it with his digest at one."""
        await scene.subscribe(ANN)
        await scene.subscribe(BOB, wanted=AT_ONE)
        await scene.editor.publish(bulletin("ferry"))
        assert await texts(scene) == [["📰 Ferry."], []]
        return scene

    async def test_other_words_wait_for_its_end(self, published: DeliveryScene) -> None:
        """Also those that are changed while it lasts; who has not got it yet gets nothing before."""
        await published.editor.publish(bulletin("ferry", "Secret", **LATER))
        assert await texts(published) == [["📰 Ferry."], []]
        await published.editor.publish(bulletin("ferry", "Secrets", **LATER))
        published.clock.forward(hours=1, seconds=1800)
        assert await texts(published) == [["📰 Ferry."], []]
        published.clock.forward(hours=1)
        assert await texts(published) == [["📰 Secrets. | Corrected on 23 November 2026."], []]
        assert await with_next_digest(published) == 1

    async def test_an_embargo_that_is_lifted_holds_nothing_back(self, published: DeliveryScene) -> None:
        """Bob's digest comes at its hour, neither before nor a day late."""
        await published.editor.publish(bulletin("ferry", "Secret", **LATER))
        await published.editor.publish(bulletin("ferry", "Secret"))
        assert await texts(published) == [["📰 Secret. | Corrected on 23 November 2026."], []]
        published.clock.now = utc(2026, 11, 23, 13).timestamp()
        assert [len(each) for each in await texts(published)] == [1, 1]

    async def test_who_joins_its_audience_waits(self, published: DeliveryScene) -> None:
        """Since it is about another topic now."""
        cici = Address("telegram", "3")
        await published.editor.publish(bulletin("rail", topics=["harbour"]))
        await published.subscribe(cici, wanted=Subscription(frozenset({FARE})))
        published.clock.forward(seconds=1)
        await published.editor.publish(bulletin("rail", topics=["harbour"]), bulletin("bridge", topics=["harbour"]))
        await published.editor.publish(bulletin("bridge", topics=["fare"], **LATER))
        await texts(published)
        assert published.texts(cici) == []
        published.clock.forward(hours=2)
        await texts(published)
        assert published.texts(cici) == ["📰 Bridge."]


class TestTriedOut:
    """In one chat, withdrawn before its time, and put back unchanged."""

    async def test_a_revision_is_written_once(self, scene: DeliveryScene) -> None:
        """A second one of the same number is refused, not written over the first."""
        await scene.editor.publish(bulletin("ferry"))
        async with scene.store.database.write() as connection:
            text = StoredText("en", "digest", "{}")
            columns = {"state": "published", "revision": 1, "day": "2026-11-23", "topics": [], "urgent": False}
            with pytest.raises(IntegrityError):
                await scene.store.bulletins.put(connection, NAME, columns, [text], 0.0)


class TestWhy:
    """``/why`` names what is out, and what was sent to that chat."""

    async def shown(self, scene: DeliveryScene) -> str:
        return render(await delivery_report(scene.store, scene.editor.live(bulletin("ferry")), ANN, Language("en")))

    async def test_one_to_come_is_not_named(self, scene: DeliveryScene) -> None:
        """Not by its id either; then it is."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry", **LATER))
        assert "erry" not in await self.shown(scene)
        scene.clock.forward(hours=2)
        await texts(scene)
        assert "Ferry. — delivered" in await self.shown(scene)

    async def test_one_that_was_withdrawn_before_its_time_is_never_named(self, scene: DeliveryScene) -> None:
        """Nobody has heard of it."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry", **LATER))
        await scene.editor.publish()
        scene.clock.forward(hours=3)
        await texts(scene)
        assert "erry" not in await self.shown(scene)
