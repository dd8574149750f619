"""Feeds are asked when they are due, by one process; what is new and ours comes to the desk, once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from aiohttp import web

from bot.dossier.feeds import Match
from bot.dossier.loading import Loading
from bot.dossier.model import Feed, FeedId, Language, Source, SourceId
from bot.store.candidates import Candidate
from bot.store.feeds import FeedState
from bot.wire.fetching import Fetcher
from bot.wire.intake import Intake
from bot.wire.reading.apart import Reader, reading_apart
from bot.wire.watching import Watch
from tests.servers.publisher import Names, Publisher
from tests.wire.conftest import EDITORS, ON_EVERY_DATABASE, READER, Newsdesk
from tests.wire.hostile import item, rss

HOUR = 3600.0
HARBOUR = FeedId("harbour")


def ferry(number: int, title: str = "") -> str:
    """An item that concerns us."""
    words = title or f"Ferry number {number} sails tonight at eight"
    return item(words, f"<guid>f{number}</guid><link>https://harbour.example/{number}</link>")


@dataclass
class Scene:
    """A publisher, a desk, and somebody who watches."""

    publisher: Publisher
    newsdesk: Newsdesk
    intake: Intake
    watch: Watch

    def brings(self, *items: str, path: str = "/feed", **headers: str) -> None:
        """What the feed holds from now on."""
        self.publisher.gives(path, rss("".join(items)), **headers)

    def watches(self, **feeds: Feed) -> None:
        """The edition's feeds from now on."""
        edition = self.newsdesk.edition
        named = {FeedId(name): feed for name, feed in feeds.items()}
        edition.take(Loading(replace(edition.dossier, feeds=named), ()))

    def feed(self, path: str = "/feed", host: str = "news", **more: object) -> Feed:
        """A feed of the publisher's."""
        url = f"http://{host}.example:{self.publisher.port}{path}"
        values = {"url": url, "publisher": "Harbour", "language": Language("en"), "match": Match(all=["ferry"]), **more}
        return Feed.model_validate(values)

    async def waiting(self) -> list[Candidate]:
        return list(await self.newsdesk.store.candidates.in_state("waiting"))

    async def state(self, name: FeedId = HARBOUR) -> FeedState:
        state = await self.newsdesk.store.feeds.get(name)
        assert state is not None
        return state

    async def next_turn(self) -> float:
        """Moves the clock to when the next feed is due, and lets it be asked; returns how many hours that took."""
        clock, due = self.newsdesk.clock, (await self.state()).due
        hours = max(0.0, due - clock.now) / HOUR
        clock.now = max(clock.now, due)
        await self.watch.turn()
        return hours


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    """A reader in a process of its own."""
    async with reading_apart() as opened:
        yield opened


@pytest.fixture
async def scene(publisher: Publisher, newsdesk: Newsdesk, fetching: Fetcher, reader: Reader) -> Scene:
    """The tiny dossier watching the publisher's feed, and no jitter."""
    intake = Intake(newsdesk.store, newsdesk.edition, newsdesk.desk, fetching, reader, chance=lambda: 0.5)
    fetching.now = newsdesk.clock
    scene = Scene(publisher, newsdesk, intake, Watch(newsdesk.store, newsdesk.edition, intake, "one"))
    scene.watches(harbour=scene.feed())
    return scene


@ON_EVERY_DATABASE
class TestNews:
    """What is published is on the desk within one interval."""

    async def test_first_fetch_is_history(self, scene: Scene) -> None:
        """However much stands there; the next item is news."""
        scene.brings(*map(ferry, range(30)))
        await scene.watch.turn()
        assert await scene.waiting() == []
        assert (await scene.state()).status == "read for the first time: all of it is history"
        scene.brings(ferry(30), *map(ferry, range(30)))
        assert await scene.next_turn() <= 1
        (found,) = await scene.waiting()
        assert (found.story.title, found.story.why) == ("Ferry number 30 sails tonight at eight", ("ferry",))
        await scene.newsdesk.stands(EDITORS, f"🛰 {found.story.title}")
        assert (await scene.state()).status == "1 new, 1 matched"

    async def test_only_what_concerns_us(self, scene: Scene) -> None:
        """The rest is seen, and forgotten."""
        await scene.watch.turn()
        scene.brings(ferry(1), item("Football tonight", "<guid>x</guid>"), item("A ferry without a link"))
        await scene.next_turn()
        assert [each.story.title for each in await scene.waiting()] == []
        scene.brings(ferry(2), ferry(1))
        await scene.next_turn()
        assert [each.story.link for each in await scene.waiting()] == ["https://harbour.example/2"]

    async def test_once(self, scene: Scene) -> None:
        """However often it stands there, whatever becomes of its id."""
        scene.brings()
        await scene.watch.turn()
        scene.brings(ferry(1))
        await scene.next_turn()
        scene.brings(ferry(1).replace("<guid>f1", "<guid>changed"), item("x", "<guid>y</guid>"))
        await scene.next_turn()
        assert len(await scene.waiting()) == 1

    async def test_without_a_word(self, scene: Scene) -> None:
        """A feed whose mode is auto."""
        scene.watches(harbour=scene.feed(mode="auto"))
        scene.brings()
        await scene.watch.turn()
        scene.brings(ferry(1))
        await scene.next_turn()
        await scene.newsdesk.stands(READER, "📰 Ferry number 1 sails tonight at eight")


class TestTwice:
    """One story, however many tell it."""

    @pytest.fixture
    async def two(self, scene: Scene, names: Names) -> Scene:
        """Two feeds, read once."""
        names.table["other.example"] = [["127.0.0.2"]]
        scene.watches(harbour=scene.feed(), other=scene.feed("/other", "other", publisher="Other"))
        scene.brings()
        scene.brings(path="/other")
        await scene.watch.turn()
        return scene

    async def test_same_page(self, two: Scene) -> None:
        """By its link, whatever follows readers about."""
        two.brings(ferry(1))
        two.brings(ferry(9, "Another headline for the ferry").replace("harbour.example/9", "www.harbour.example/1/?utm_source=x"), path="/other")  # fmt: skip
        await two.next_turn()
        assert len(await two.waiting()) == 1

    async def test_near_equal_headline(self, two: Scene) -> None:
        """Whoever publishes it; and after it was rejected too."""
        two.brings(ferry(1, "Ferry to the island sails again after repairs"))
        await two.next_turn()
        await two.newsdesk.press("reject 1")
        two.brings(ferry(2, "Ferry to the island sails again after the repairs - Other"), path="/other")
        await two.next_turn()
        assert await two.waiting() == []

    async def test_other_story(self, two: Scene) -> None:
        """Two are two."""
        two.brings(ferry(1, "Ferry to the island sails again after repairs"))
        two.brings(ferry(2, "Ferry prices to rise by a tenth next month"), path="/other")
        await two.next_turn()
        assert len(await two.waiting()) == 2

    async def test_page_that_the_dossier_rests_on(self, scene: Scene) -> None:
        """No news to the editors."""
        edition = scene.newsdesk.edition
        source = Source(publisher="Harbour", url="http://www.harbour.example/1")
        sources = {**edition.dossier.sources, SourceId("harbour-1"): source}
        edition.take(Loading(replace(edition.dossier, sources=sources), ()))
        scene.brings()
        await scene.watch.turn()
        scene.brings(ferry(1))
        await scene.next_turn()
        assert await scene.waiting() == []


class TestManners:
    """Publishers are asked as seldom and as cheaply as can be."""

    async def test_304_carries_no_parse(self, scene: Scene, reader: Reader) -> None:
        """Nobody reads what is not there."""

        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=304 if request.headers.get("If-None-Match") == '"1"' else 500)

        scene.publisher.gives("/feed", rss(ferry(1)), ETag='"1"')
        await scene.watch.turn()
        await reader.stop()
        scene.publisher.pages["/feed"] = answer
        await scene.next_turn()
        assert (await scene.state()).status == "not modified"
        assert reader.process_id is None

    async def test_same_body_carries_no_parse(self, scene: Scene, reader: Reader) -> None:
        """For publishers who know no 304."""
        scene.brings(ferry(1))
        await scene.watch.turn()
        await reader.stop()
        await scene.next_turn()
        assert (await scene.state()).status == "the same as before"
        assert reader.process_id is None

    async def test_interval_follows_the_feed(self, scene: Scene) -> None:
        """Busy: ten minutes; silent: six hours."""
        scene.brings()
        await scene.watch.turn()
        for number in range(5):
            scene.brings(*map(ferry, range(number + 1)))
            await scene.next_turn()
        assert (await scene.state()).interval == 600
        for _ in range(20):
            await scene.next_turn()
        assert (await scene.state()).interval == 6 * HOUR

    async def test_wishes_are_followed(self, scene: Scene) -> None:
        """Retry-After after a failure, Cache-Control after a success."""
        scene.publisher.fails("/feed", 503, Retry_After="36000")
        await scene.watch.turn()
        assert await scene.next_turn() == 10
        scene.brings(Cache_Control="max-age=72000")
        await scene.next_turn()
        assert await scene.next_turn() == 20

    async def test_not_before_it_is_due(self, scene: Scene) -> None:
        """Nor again when somebody else begins to watch."""
        scene.brings()
        await scene.watch.turn()
        scene.newsdesk.clock.forward(minutes := 59 * 60)
        await scene.watch.turn()
        await Watch(scene.newsdesk.store, scene.newsdesk.edition, scene.intake, "two").turn()
        assert (len(scene.publisher.asked), minutes) == (1, 3540)

    async def test_permanent_redirect_is_remembered(self, scene: Scene) -> None:
        """The old address is not asked again, until feeds.yaml has another one."""
        scene.publisher.sends_to("/feed", "/new", 301)
        scene.brings(path="/new")
        await scene.watch.turn()
        await scene.next_turn()
        assert [request.path for request in scene.publisher.asked] == ["/feed", "/new", "/new"]
        scene.watches(harbour=scene.feed("/third"))
        scene.brings(ferry(1), path="/third")
        await scene.watch.turn()
        assert scene.publisher.asked[-1].path == "/third"
        assert await scene.waiting() == []

    async def test_gone_for_good(self, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        """410 switches it off, and is an error in the log, which owners are told of; another address switches it on."""
        scene.publisher.fails("/feed", 410)
        await scene.watch.turn()
        scene.newsdesk.clock.forward(days=30)
        await scene.watch.turn()
        assert len(scene.publisher.asked) == 1
        assert "the feed harbour is gone for good" in capsys.readouterr().out
        scene.brings(path="/again")
        scene.watches(harbour=scene.feed("/again"))
        await scene.watch.turn()
        assert (await scene.state()).ended is None


class TestTrouble:
    """What goes wrong is a line in the feed's state, and no more."""

    async def test_page_in_place_of_a_feed(self, scene: Scene) -> None:
        """Asked again, less often; what was known stays known."""
        scene.brings(ferry(1))
        await scene.watch.turn()
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
        await scene.watch.turn()
        assert (await scene.state(FeedId("slow"))).status == "no whole answer within 0.5 s"
        assert (await scene.state()).failures == 0

    async def test_another_process_was_faster(self, scene: Scene) -> None:
        """Two that ask at once, as when a lease changes hands: one story comes to the desk."""
        scene.brings()
        await scene.watch.turn()
        scene.brings(ferry(1))
        scene.newsdesk.clock.forward(hours=6)
        now, feed = scene.newsdesk.clock.now, scene.feed()
        await asyncio.gather(*(scene.intake.ask(HARBOUR, feed, now) for _ in range(5)))
        assert len(await scene.waiting()) == 1
        assert (await scene.state()).turn == 2

    async def test_feed_that_is_no_longer_watched(self, scene: Scene) -> None:
        """Is asked no more."""
        scene.brings()
        await scene.watch.turn()
        scene.watches()
        assert await scene.watch.turn() == float("inf")
        scene.newsdesk.clock.forward(days=1)
        await scene.watch.turn()
        assert len(scene.publisher.asked) == 1

    async def test_feed_that_is_dropped_while_it_is_asked(self, scene: Scene) -> None:
        """Its answer is kept, and it is asked no more."""
        asked, go = asyncio.Event(), asyncio.Event()

        async def answer(_: web.Request) -> web.Response:
            asked.set()
            await go.wait()
            return web.Response(text=rss(""), content_type="application/rss+xml")

        scene.publisher.pages["/feed"] = answer
        turn = asyncio.create_task(scene.watch.turn())
        await asked.wait()
        scene.watches()
        again = asyncio.create_task(scene.watch.turn())
        go.set()
        await asyncio.gather(turn, again)
        scene.newsdesk.clock.forward(days=1)
        assert await scene.watch.turn() == float("inf")
        assert len(scene.publisher.asked) == 1


class TestReplicas:
    """Each feed is asked by one of them."""

    async def test_one_watches_and_another_takes_over(self, scene: Scene) -> None:
        """At once where the first ends in order."""
        scene.brings()
        store, edition = scene.newsdesk.store, scene.newsdesk.edition
        first, second = (Watch(store, edition, scene.intake, name) for name in ("first", "second"))
        one, two = asyncio.create_task(first.run()), asyncio.create_task(second.run())
        try:
            await _kept(scene, turn=1)
            one.cancel()
            await asyncio.gather(one, return_exceptions=True)
            scene.newsdesk.clock.forward(hours=6)
            await _kept(scene, turn=2)
            assert len(scene.publisher.asked) == 2
        finally:
            for task in (one, two):
                task.cancel()
            await asyncio.gather(one, two, return_exceptions=True)


async def _kept(scene: Scene, turn: int) -> None:
    """Waits until the feed was asked so many times, and that is kept."""
    for _ in range(400):
        state = await scene.newsdesk.store.feeds.get(HARBOUR)
        if state and state.turn == turn:
            return
        await asyncio.sleep(0.02)
    raise AssertionError
