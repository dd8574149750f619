"""Polling: what becomes of a fetch, how often a publisher is asked, and which process asks."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.db.leases import Leases
from bot.db.store import open_store
from bot.delivery.leader_election import LeaderElection
from bot.dossier.loader import Loading
from bot.dossier.models import FeedId, Source, SourceId
from bot.feeds.poller import (
    FIRST_SECONDS,
    LEASE,
    MAX_SECONDS,
    MIN_SECONDS,
    CheckOutcome,
    Poller,
    next_interval,
    poll_feeds,
    wait_seconds,
)
from bot.feeds.ssrf import policy
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.platforms.plain_text import render
from tests.conftest import not_none
from tests.databases import PostgreSQL
from tests.editor import compare, of_another
from tests.feeds.conftest import ON_EVERY_DATABASE
from tests.feeds.hostile import item, rss
from tests.feeds.poller_scene import HARBOUR, HOUR, CountingParser, Scene, ferry
from tests.feeds.review_scene import EDITORS, READER, person
from tests.servers.publisher import Names


@ON_EVERY_DATABASE
class TestNews:
    """What is published is a candidate within one interval."""

    @pytest.mark.slow
    async def test_first_fetch_is_history(self, scene: Scene) -> None:
        """However much stands there; the next item is news."""
        scene.brings(*map(ferry, range(30)))
        await scene.poller.poll_once()
        assert await scene.waiting() == []
        assert (await scene.state()).status == "read for the first time: its items do not count as new"
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

    async def test_another_dossier_fetches_nothing(self, scene: Scene) -> None:
        """Its candidates would stand in the other's chat, and its news go to the other's readers."""
        review, publisher = scene.reviewing.review, scene.publisher
        await compare(Newsroom(review.store), review.live.complete)
        review.live.update(Loading(of_another(review.live.complete), ()))
        await scene.poller.poll_once()
        assert publisher.asked == []

    async def test_nothing_is_published_without_a_word(self, scene: Scene) -> None:
        """Not even of a feed whose mode is auto."""
        scene.watches(harbour=scene.feed(mode="auto"))
        scene.brings()
        await scene.poller.poll_once()
        scene.brings(ferry(1))
        await scene.next_turn()
        await scene.reviewing.comes_into_force()
        assert len(await scene.waiting()) == 1
        assert scene.reviewing.platform.messages(READER) == []


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
        assert (await scene.state(FeedId("slow"))).status == "no complete answer within 2 s"
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


@pytest.mark.postgres
@pytest.mark.slow
class TestReplicas:
    """Each feed is asked by one of them."""

    async def test_one_watches_and_another_takes_over(self, scene: Scene, postgresql: PostgreSQL) -> None:
        """At once where the first ends in order."""
        scene.brings()
        async with postgresql.database() as url, open_store(url) as store:
            await self._watch_in_turn(scene, store.leases)

    async def _watch_in_turn(self, scene: Scene, leases: Leases) -> None:
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
    for _ in range(6000):
        state = await scene.reviewing.store.feeds.get(HARBOUR)
        if state and state.fetches == turn:
            return
        await asyncio.sleep(0.02)
    raise AssertionError


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

    @pytest.mark.slow
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

    @pytest.mark.slow
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

    @pytest.mark.slow
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


class TestAdapting:
    """Busy feeds every ten minutes, quiet ones every six hours."""

    def test_news_at_every_turn_brings_it_to_ten_minutes(self) -> None:
        """Within a few turns."""
        interval = FIRST_SECONDS
        for _ in range(3):
            interval = next_interval(interval, "news")
        assert interval == MIN_SECONDS == 600

    def test_silence_brings_it_to_six_hours(self) -> None:
        """Within a day or two."""
        interval, passed = FIRST_SECONDS, 0.0
        while interval < MAX_SECONDS:
            interval = next_interval(interval, "nothing")
            passed += interval
        assert interval == MAX_SECONDS == 6 * HOUR
        assert passed < 48 * HOUR

    def test_failures_are_given_time(self) -> None:
        """Twice as long each time."""
        assert next_interval(HOUR, "failure") == 2 * HOUR

    @given(st.floats(0, 1e9), st.sampled_from(["news", "nothing", "failure"]))
    def test_never_outside(self, seconds: float, found: CheckOutcome) -> None:
        """Whatever stood there before."""
        assert MIN_SECONDS <= next_interval(seconds, found) <= MAX_SECONDS


class TestWaiting:
    """The interval, with jitter, and never sooner than the publisher wishes."""

    @given(st.floats(0, 1e9), st.floats(0, 1))
    def test_jitter_stays_within_ten_minutes_and_six_hours(self, seconds: float, chance: float) -> None:
        """At both ends."""
        assert MIN_SECONDS <= wait_seconds(seconds, 0, chance) <= MAX_SECONDS

    def test_feeds_that_began_together_drift_apart(self) -> None:
        """A tenth to either side."""
        assert wait_seconds(HOUR, 0, 0) == 0.9 * HOUR
        assert wait_seconds(HOUR, 0, 1) == 1.1 * HOUR

    def test_publishers_wish_is_followed(self) -> None:
        """Retry-After of a day."""
        assert wait_seconds(HOUR, 24 * HOUR, 0.5) == 24 * HOUR

    def test_a_slip_does_not_end_the_feed(self) -> None:
        """Retry-After of thirty years is followed for a week."""
        assert wait_seconds(HOUR, 1e9, 0.5) == 7 * 24 * HOUR


@pytest.mark.parametrize("is_set", [True, False])
async def test_without_an_editors_chat_the_log_says_who_decides(scene: Scene, is_set: bool) -> None:
    """Nobody is asked in a chat, so an operator learns of the command."""
    review = scene.checker.review
    if not is_set:
        review = replace(review, chat=EditorsChat(review.store))

    async def nothing(*_: object) -> None:
        """Another process polls."""

    with capture_logs() as said:
        await poll_feeds(review, policy([]), "https://nota.example", nothing)  # type: ignore[arg-type]
    assert any("EDITORS_CHAT is not set" in each["event"] for each in said) != is_set


class TestCorrections:
    """A publisher changes a story that it has brought."""

    WRONG, RIGHT = "Ferry sinks fare to Rp5,000", "Correction: ferry does not sink, fare stays at Rp4,500"

    @pytest.mark.slow
    @pytest.mark.parametrize("has_new_id", [False, True])
    async def test_what_waits_has_the_new_words(self, scene: Scene, *, has_new_id: bool) -> None:
        """The message in the editors' chat is edited, and no second story comes."""
        await self._bring(scene)
        right = ferry(1, self.RIGHT)
        scene.brings(right.replace("<guid>f1", "<guid>new") if has_new_id else right, ferry(2))
        await scene.next_turn()
        assert [each.story.title for each in await scene.waiting() if each.story.link.endswith("/1")] == [self.RIGHT]
        scene.reviewing.worker.nudge()
        titles = (f"🛰 {self.RIGHT}", "🛰 Ferry number 2 sails tonight at eight")
        edited, _ = await scene.reviewing.stands(EDITORS, *titles)
        assert "Its publisher has changed these words" in render(edited)
        assert "What was made of this story" not in render(edited)

    @pytest.mark.slow
    async def test_what_was_taken_comes_again_with_a_warning(self, scene: Scene) -> None:
        """Also while it waits for approval; the change keeps what the editor took, and the desk says so."""
        await self._bring(scene)
        [first] = [each for each in await scene.waiting() if each.story.title == self.WRONG]
        decision = not_none(await scene.reviewing.review.take(first.id, person("Anna")))
        assert decision.change is not None
        scene.brings(ferry(1, self.RIGHT), ferry(2))
        await scene.next_turn()
        scene.reviewing.worker.nudge()
        again = await scene.reviewing.says(EDITORS, "What was made of this story has the former words")
        assert again.heading == f"🛰 {self.RIGHT}"
        assert again.buttons == ()
        stored = not_none(await scene.reviewing.store.candidates.of_change(decision.change.id))
        assert (stored.is_outdated, stored.story.title) == (True, self.RIGHT)
        scene.brings(ferry(1, self.RIGHT), ferry(2), ferry(3))
        await scene.next_turn()
        assert await scene.reviewing.store.candidates.of_change(decision.change.id) == stored

    async def test_what_was_rejected_stays_so(self, scene: Scene) -> None:
        await self._bring(scene)
        [first] = [each for each in await scene.waiting() if each.story.title == self.WRONG]
        await scene.reviewing.review.reject(first.id, person("Anna"))
        scene.brings(ferry(1, self.RIGHT), ferry(2))
        await scene.next_turn()
        stored = not_none(await scene.reviewing.store.candidates.get(first.id))
        assert (stored.state, stored.story.title) == ("rejected", self.WRONG)

    async def test_two_stories_on_one_page_are_not_taken_for_one(self, scene: Scene) -> None:
        """As a live blog brings them: nobody can tell which of them changed."""
        await self._bring(scene)
        same_page = item("Ferry: the latest", "<guid>live</guid><link>https://harbour.example/1</link>")
        scene.brings(ferry(1, self.WRONG), same_page, ferry(2))
        await scene.next_turn()
        assert [each.corrected for each in await scene.waiting()] == [None] * len(await scene.waiting())

    async def _bring(self, scene: Scene) -> None:
        scene.brings()
        await scene.poller.poll_once()
        scene.brings(ferry(1, self.WRONG), ferry(2))
        await scene.next_turn()
        scene.reviewing.worker.nudge()
        async with asyncio.timeout(30):
            while len(scene.reviewing.platform.messages(EDITORS)) < 2:  # noqa: ASYNC110  a message announces nothing
                await asyncio.sleep(0.01)
