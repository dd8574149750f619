"""Feeds are polled when they are due, by one process; new items that match become candidates, once."""

import asyncio

from aiohttp import web

from bot.delivery.lease import LeaderElection
from bot.dossier.models import FeedId
from bot.feeds.poller import LEASE, Poller
from tests.feeds.conftest import ON_EVERY_DATABASE
from tests.feeds.hostile import item, rss
from tests.feeds.poller_scene import HARBOUR, HOUR, Scene, ferry
from tests.feeds.review_scene import EDITORS, READER
from tests.servers.publisher import Names


@ON_EVERY_DATABASE
class TestNews:
    """What is published is a candidate within one interval."""

    async def test_first_fetch_is_history(self, scene: Scene) -> None:
        """However much stands there; the next item is news."""
        scene.brings(*map(ferry, range(30)))
        await scene.poller.poll_once()
        assert await scene.waiting() == []
        assert (await scene.state()).status == "read for the first time: nothing in it counts as new"
        scene.brings(ferry(30), *map(ferry, range(30)))
        assert await scene.next_turn() <= 1
        (found,) = await scene.waiting()
        assert (found.story.title, found.story.why) == ("Ferry number 30 sails tonight at eight", ("ferry",))
        await scene.reviewing.stands(EDITORS, f"🛰 {found.story.title}")
        assert (await scene.state()).status == "1 new, 1 matched"

    async def test_only_what_concerns_us(self, scene: Scene) -> None:
        """The rest is seen, and forgotten."""
        await scene.poller.poll_once()
        scene.brings(ferry(1), item("Football tonight", "<guid>x</guid>"), item("A ferry without a link"))
        await scene.next_turn()
        assert [each.story.title for each in await scene.waiting()] == []
        scene.brings(ferry(2), ferry(1))
        await scene.next_turn()
        assert [each.story.link for each in await scene.waiting()] == ["https://harbour.example/2"]

    async def test_once(self, scene: Scene) -> None:
        """However often it stands there, whatever becomes of its id."""
        scene.brings()
        await scene.poller.poll_once()
        scene.brings(ferry(1))
        await scene.next_turn()
        scene.brings(ferry(1).replace("<guid>f1", "<guid>changed"), item("x", "<guid>y</guid>"))
        await scene.next_turn()
        assert len(await scene.waiting()) == 1

    async def test_without_a_word(self, scene: Scene) -> None:
        """A feed whose mode is auto."""
        scene.watches(harbour=scene.feed(mode="auto"))
        scene.brings()
        await scene.poller.poll_once()
        scene.brings(ferry(1))
        await scene.next_turn()
        await scene.reviewing.stands(READER, "📰 Ferry number 1 sails tonight at eight")


class TestTrouble:
    """What goes wrong is a line in the feed's state, and no more."""

    async def test_page_in_place_of_a_feed(self, scene: Scene) -> None:
        """Asked again, less often; what was known stays known."""
        scene.brings(ferry(1))
        await scene.poller.poll_once()
        scene.publisher.gives("/feed", "<html><body>Maintenance</body></html>", "text/html")
        await scene.next_turn()
        state = await scene.state()
        assert (state.status, state.failures, state.interval) == ("a web page, no feed", 1, 2 * HOUR)
        scene.brings(ferry(2), ferry(1))
        await scene.next_turn()
        assert [each.story.link for each in await scene.waiting()] == ["https://harbour.example/2"]
        assert (await scene.state()).failures == 0

    async def test_slow_feeds_hold_up_nobody(self, scene: Scene, names: Names) -> None:
        """The rest is asked meanwhile."""
        names.table["slow.example"] = [["127.0.0.2"]]

        async def silence(_: web.Request) -> web.Response:
            await asyncio.sleep(60)
            return web.Response()

        scene.publisher.pages["/slow"] = silence
        scene.brings()
        scene.watches(slow=scene.feed("/slow", "slow"), harbour=scene.feed())
        await scene.poller.poll_once()
        assert (await scene.state(FeedId("slow"))).status == "no complete answer within 0.5 s"
        assert (await scene.state()).failures == 0

    async def test_another_process_was_faster(self, scene: Scene) -> None:
        """Two that ask at once, as when a lease changes hands: it becomes one candidate."""
        scene.brings()
        await scene.poller.poll_once()
        scene.brings(ferry(1))
        scene.reviewing.clock.forward(hours=6)
        now, feed = scene.reviewing.clock.now, scene.feed()
        await asyncio.gather(*(scene.checker.check(HARBOUR, feed, now) for _ in range(5)))
        assert len(await scene.waiting()) == 1
        assert (await scene.state()).fetches == 2

    async def test_feed_that_is_no_longer_watched(self, scene: Scene) -> None:
        """Is asked no more."""
        scene.brings()
        await scene.poller.poll_once()
        scene.watches()
        assert await scene.poller.poll_once() == float("inf")
        scene.reviewing.clock.forward(days=1)
        await scene.poller.poll_once()
        assert len(scene.publisher.asked) == 1

    async def test_feed_that_is_dropped_while_it_is_asked(self, scene: Scene) -> None:
        """Its answer is kept, and it is asked no more."""
        asked, go = asyncio.Event(), asyncio.Event()

        async def answer(_: web.Request) -> web.Response:
            asked.set()
            await go.wait()
            return web.Response(text=rss(""), content_type="application/rss+xml")

        scene.publisher.pages["/feed"] = answer
        turn = asyncio.create_task(scene.poller.poll_once())
        await asked.wait()
        scene.watches()
        again = asyncio.create_task(scene.poller.poll_once())
        go.set()
        await asyncio.gather(turn, again)
        scene.reviewing.clock.forward(days=1)
        assert await scene.poller.poll_once() == float("inf")
        assert len(scene.publisher.asked) == 1


class TestReplicas:
    """Each feed is asked by one of them."""

    async def test_one_watches_and_another_takes_over(self, scene: Scene) -> None:
        """At once where the first ends in order."""
        scene.brings()
        leases = scene.reviewing.store.leases
        one, two = (
            asyncio.create_task(LeaderElection(leases, name)(LEASE, Poller(scene.checker).run))
            for name in ("first", "second")
        )
        try:
            await _kept(scene, turn=1)
            one.cancel()
            await asyncio.gather(one, return_exceptions=True)
            scene.reviewing.clock.forward(hours=6)
            await _kept(scene, turn=2)
            assert len(scene.publisher.asked) == 2
        finally:
            for task in (one, two):
                task.cancel()
            await asyncio.gather(one, two, return_exceptions=True)


async def _kept(scene: Scene, turn: int) -> None:
    """Waits until the feed was asked so many times, and that is kept."""
    for _ in range(1000):
        state = await scene.reviewing.store.feeds.get(HARBOUR)
        if state and state.fetches == turn:
            return
        await asyncio.sleep(0.02)
    raise AssertionError
