"""A published bulletin turns out to be about something else."""

from bot.newsroom.dry_run import forecast
from bot.reader import Address
from bot.schedule import QuietHours, Subscription, Timing
from tests.delivery.desk import Desk
from tests.delivery.platform import FAST
from tests.press import FARE, bulletin

ANN, BUDI, CICI = (Address("telegram", number) for number in (1, 2, 3))
ON_FARE = Subscription(frozenset({FARE}))
ON_NOTHING = Subscription(frozenset())


class TestRedirecting:
    """Its topics choose anew."""

    async def test_whom_it_newly_concerns_get_it(self, desk: Desk) -> None:
        """Once; nobody else gets a second one, nor an edit."""
        await desk.subscribe(ANN)
        await desk.subscribe(BUDI, wanted=ON_FARE)
        await desk.press.publish(bulletin("ferry", topics=["harbour"]))
        await desk.send_all()
        assert (desk.texts(ANN), desk.texts(BUDI)) == (["📰 Ferry."], [])
        await desk.press.publish(bulletin("ferry", topics=["fare"]))
        await desk.send_all()
        assert (desk.texts(ANN), desk.texts(BUDI)) == (["📰 Ferry."], ["📰 Ferry."])
        assert [method for method, _, _ in desk.platform.calls] == ["send", "send"]

    async def test_a_dry_run_counts_only_those(self, desk: Desk) -> None:
        """With what they would be sent, and how long it takes."""
        await desk.subscribe(ANN)
        await desk.subscribe(BUDI, wanted=ON_FARE)
        await desk.press.publish(bulletin("ferry", topics=["harbour"]))
        live = desk.press.live(bulletin("ferry", topics=["fare"]))
        found = await forecast(desk.press.newsroom, live, [], {"telegram": FAST})
        (prospect,) = found.prospects
        assert [(each.platform, each.readers) for each in prospect.audience] == [("telegram", 1)]

    async def test_with_other_words_too(self, desk: Desk) -> None:
        """Who had it sees it corrected, who joins gets the new words unmarked."""
        await desk.subscribe(ANN)
        await desk.subscribe(BUDI, wanted=ON_FARE)
        await desk.press.publish(bulletin("ferry", topics=["harbour"]))
        await desk.send_all()
        await desk.press.publish(bulletin("ferry", "At last", topics=["fare"], day=bulletin("ferry").date))
        await desk.send_all()
        assert desk.texts(ANN) == ["📰 At last. | Corrected on 23 November 2026."]
        assert desk.texts(BUDI) == ["📰 At last."]

    async def test_who_subscribed_since_gets_no_backlog(self, desk: Desk) -> None:
        """Neither before nor after."""
        await desk.press.publish(bulletin("ferry", topics=["harbour"]))
        desk.clock.forward(seconds=60)
        await desk.subscribe(BUDI, wanted=ON_FARE)
        await desk.press.publish(bulletin("ferry", topics=["fare"]))
        await desk.send_all()
        assert desk.texts(BUDI) == []

    async def test_an_old_one_goes_to_nobody_new(self, desk: Desk) -> None:
        """It is no news any more."""
        await desk.subscribe(BUDI, wanted=ON_FARE)
        await desk.press.publish(bulletin("ferry", topics=["harbour"]))
        desk.clock.forward(days=8)
        await desk.press.publish(bulletin("ferry", topics=["fare"]))
        await desk.send_all()
        assert desk.texts(BUDI) == []

    async def test_who_had_it_keeps_it(self, desk: Desk) -> None:
        """It was not withdrawn."""
        await desk.subscribe(BUDI, wanted=ON_FARE)
        await desk.press.publish(bulletin("ferry", topics=["fare"]))
        await desk.send_all()
        await desk.press.publish(bulletin("ferry", topics=["harbour"]))
        await desk.send_all()
        assert desk.texts(BUDI) == ["📰 Ferry."]

    async def test_who_waits_for_it_and_is_not_concerned_gets_nothing(self, desk: Desk) -> None:
        """And gets it after all where the topics are put back."""
        asleep = Subscription(frozenset({FARE}), Timing(quiet=QuietHours(18, 7), zone="Asia/Jakarta"))
        await desk.subscribe(BUDI, wanted=asleep)
        await desk.press.publish(bulletin("ferry", topics=["fare"]))
        await desk.press.publish(bulletin("ferry", topics=["harbour"]))
        assert [(row.state, row.reason) for row in await desk.rows()] == [("dropped", "other topics")]
        await desk.press.publish(bulletin("ferry", topics=["fare"]))
        await desk.send_all()
        assert desk.texts(BUDI) == []
        desk.clock.forward(hours=12)
        await desk.send_all()
        assert desk.texts(BUDI) == ["📰 Ferry."]

    async def test_a_scheduled_one_is_published_by_its_latest_topics(self, desk: Desk) -> None:
        """Though its words are the same."""
        await desk.subscribe(BUDI, wanted=ON_FARE)
        await desk.subscribe(CICI, wanted=ON_NOTHING)
        soon = {"not_before": "2026-11-23T13:00:00Z"}
        await desk.press.publish(bulletin("ferry", topics=["harbour"], **soon))
        await desk.press.publish(bulletin("ferry", topics=["fare"], **soon))
        desk.clock.forward(hours=2)
        await desk.press.newsroom.release()
        await desk.send_all()
        assert (desk.texts(BUDI), desk.texts(CICI)) == (["📰 Ferry."], [])
