"""A published bulletin turns out to be about something else."""

from bot.newsroom.dry_run import forecast
from bot.reader import Address
from bot.schedule import QuietHours, Subscription, Timing
from tests.delivery.platform import FAST
from tests.delivery.scene import DeliveryScene
from tests.editor import FARE, bulletin

ANN, BUDI, CICI = (Address("telegram", number) for number in (1, 2, 3))
ON_FARE = Subscription(frozenset({FARE}))
ON_NOTHING = Subscription(frozenset())


class TestRedirecting:
    """Its topics choose anew."""

    async def test_whom_it_newly_concerns_get_it(self, scene: DeliveryScene) -> None:
        """Once; nobody else gets a second one, nor an edit."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        await scene.send_all()
        assert (scene.texts(ANN), scene.texts(BUDI)) == (["📰 Ferry."], [])
        await scene.editor.publish(bulletin("ferry", topics=["fare"]))
        await scene.send_all()
        assert (scene.texts(ANN), scene.texts(BUDI)) == (["📰 Ferry."], ["📰 Ferry."])
        assert [method for method, _, _ in scene.platform.calls] == ["send", "send"]

    async def test_a_dry_run_counts_only_those(self, scene: DeliveryScene) -> None:
        """With what they would be sent, and how long it takes."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        live = scene.editor.live(bulletin("ferry", topics=["fare"]))
        found = await forecast(scene.editor.newsroom, live, [], {"telegram": FAST})
        (forecast_change,) = found.changes
        assert [(each.platform, each.readers) for each in forecast_change.audience] == [("telegram", 1)]

    async def test_with_other_words_too(self, scene: DeliveryScene) -> None:
        """Who had it sees it corrected, who joins gets the new words unmarked."""
        await scene.subscribe(ANN)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        await scene.send_all()
        await scene.editor.publish(bulletin("ferry", "At last", topics=["fare"], day=bulletin("ferry").date))
        await scene.send_all()
        assert scene.texts(ANN) == ["📰 At last. | Corrected on 23 November 2026."]
        assert scene.texts(BUDI) == ["📰 At last."]

    async def test_who_subscribed_since_gets_no_backlog(self, scene: DeliveryScene) -> None:
        """Neither before nor after."""
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        scene.clock.forward(seconds=60)
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["fare"]))
        await scene.send_all()
        assert scene.texts(BUDI) == []

    async def test_an_old_one_goes_to_nobody_new(self, scene: DeliveryScene) -> None:
        """It is no news any more."""
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        scene.clock.forward(days=8)
        await scene.editor.publish(bulletin("ferry", topics=["fare"]))
        await scene.send_all()
        assert scene.texts(BUDI) == []

    async def test_who_had_it_keeps_it(self, scene: DeliveryScene) -> None:
        """It was not withdrawn."""
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.editor.publish(bulletin("ferry", topics=["fare"]))
        await scene.send_all()
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        await scene.send_all()
        assert scene.texts(BUDI) == ["📰 Ferry."]

    async def test_who_waits_for_it_and_is_not_concerned_gets_nothing(self, scene: DeliveryScene) -> None:
        """And gets it after all where the topics are put back."""
        asleep = Subscription(frozenset({FARE}), Timing(quiet=QuietHours(18, 7), zone="Asia/Jakarta"))
        await scene.subscribe(BUDI, wanted=asleep)
        await scene.editor.publish(bulletin("ferry", topics=["fare"]))
        await scene.editor.publish(bulletin("ferry", topics=["harbour"]))
        assert [(row.state, row.reason) for row in await scene.rows()] == [("dropped", "other topics")]
        await scene.editor.publish(bulletin("ferry", topics=["fare"]))
        await scene.send_all()
        assert scene.texts(BUDI) == []
        scene.clock.forward(hours=12)
        await scene.send_all()
        assert scene.texts(BUDI) == ["📰 Ferry."]

    async def test_a_scheduled_one_is_published_by_its_latest_topics(self, scene: DeliveryScene) -> None:
        """Though its words are the same."""
        await scene.subscribe(BUDI, wanted=ON_FARE)
        await scene.subscribe(CICI, wanted=ON_NOTHING)
        soon = {"not_before": "2026-11-23T13:00:00Z"}
        await scene.editor.publish(bulletin("ferry", topics=["harbour"], **soon))
        await scene.editor.publish(bulletin("ferry", topics=["fare"], **soon))
        scene.clock.forward(hours=2)
        await scene.editor.newsroom.publish_due()
        await scene.send_all()
        assert (scene.texts(BUDI), scene.texts(CICI)) == (["📰 Ferry."], [])
