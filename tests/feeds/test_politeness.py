"""Publishers are polled seldom and cheaply, and a story of two feeds becomes one candidate."""

from dataclasses import replace

import pytest
from aiohttp import web

from bot.dossier.loader import Loading
from bot.dossier.models import Source, SourceId
from bot.feeds.poller import Poller
from tests.feeds.hostile import rss
from tests.feeds.poller_scene import HOUR, CountingParser, Scene, ferry
from tests.servers.publisher import Names


class TestTwice:
    """One story, however many tell it."""

    @pytest.fixture
    async def two(self, scene: Scene, names: Names) -> Scene:
        """Two feeds, read once."""
        names.table["other.example"] = [["127.0.0.2"]]
        scene.watches(harbour=scene.feed(), other=scene.feed("/other", "other", publisher="Other"))
        scene.brings()
        scene.brings(path="/other")
        await scene.poller.poll_once()
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
        await two.reviewing.press("reject 1")
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
        live = scene.reviewing.live
        source = Source(publisher="Harbour", url="http://www.harbour.example/1")
        sources = {**live.dossier.sources, SourceId("harbour-1"): source}
        live.update(Loading(replace(live.dossier, sources=sources), ()))
        scene.brings()
        await scene.poller.poll_once()
        scene.brings(ferry(1))
        await scene.next_turn()
        assert await scene.waiting() == []


class TestManners:
    """Publishers are asked as seldom and as cheaply as can be."""

    async def test_304_is_not_parsed(self, scene: Scene, parser: CountingParser) -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=304 if request.headers.get("If-None-Match") == '"1"' else 500)

        scene.publisher.gives("/feed", rss(ferry(1)), ETag='"1"')
        await scene.poller.poll_once()
        scene.publisher.pages["/feed"] = answer
        await scene.next_turn()
        assert (await scene.state()).status == "not modified"
        assert parser.bodies == 1

    async def test_same_body_is_not_parsed(self, scene: Scene, parser: CountingParser) -> None:
        """For publishers who do not answer 304."""
        scene.brings(ferry(1))
        await scene.poller.poll_once()
        await scene.next_turn()
        assert (await scene.state()).status == "the same as before"
        assert parser.bodies == 1

    async def test_interval_follows_the_feed(self, scene: Scene) -> None:
        """Busy: ten minutes; silent: six hours."""
        scene.brings()
        await scene.poller.poll_once()
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
        await scene.poller.poll_once()
        assert await scene.next_turn() == 10
        scene.brings(Cache_Control="max-age=72000")
        await scene.next_turn()
        assert await scene.next_turn() == 20

    async def test_not_before_it_is_due(self, scene: Scene) -> None:
        """Nor again when somebody else begins to watch."""
        scene.brings()
        await scene.poller.poll_once()
        scene.reviewing.clock.forward(minutes := 59 * 60)
        await scene.poller.poll_once()
        await Poller(scene.checker).poll_once()
        assert (len(scene.publisher.asked), minutes) == (1, 3540)

    async def test_permanent_redirect_is_remembered(self, scene: Scene) -> None:
        """The old address is not asked again, until feeds.yaml has another one."""
        scene.publisher.sends_to("/feed", "/new", 301)
        scene.brings(path="/new")
        await scene.poller.poll_once()
        await scene.next_turn()
        assert [request.path for request in scene.publisher.asked] == ["/feed", "/new", "/new"]
        scene.watches(harbour=scene.feed("/third"))
        scene.brings(ferry(1), path="/third")
        await scene.poller.poll_once()
        assert scene.publisher.asked[-1].path == "/third"
        assert await scene.waiting() == []

    async def test_permanent_redirect_to_what_is_no_more(self, scene: Scene) -> None:
        """After five failures the address of feeds.yaml is asked again; until then, it is not."""
        scene.publisher.sends_to("/feed", "/new", 301)
        scene.brings(path="/new")
        await scene.poller.poll_once()
        scene.publisher.fails("/new", 404)
        scene.brings(ferry(1))
        for _ in range(5):
            await scene.next_turn()
        assert [request.path for request in scene.publisher.asked] == ["/feed", *["/new"] * 6]
        await scene.next_turn()
        assert scene.publisher.asked[-1].path == "/feed"
        assert [each.story.title for each in await scene.waiting()] == ["Ferry number 1 sails tonight at eight"]

    async def test_gone_for_good(self, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        """410 switches it off, and is an error in the log, which owners are told of; another address switches it on."""
        scene.publisher.fails("/feed", 410)
        await scene.poller.poll_once()
        scene.reviewing.clock.forward(days=30)
        await scene.poller.poll_once()
        assert len(scene.publisher.asked) == 1
        assert "the feed harbour is gone for good" in capsys.readouterr().out
        scene.brings(path="/again")
        scene.watches(harbour=scene.feed("/again"))
        await scene.poller.poll_once()
        assert (await scene.state()).ended is None
