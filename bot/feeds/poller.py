"""The wire put together: the editors' desk for whoever talks to them, what readers are shown, the watch over the feeds."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Literal, assert_never

import structlog

from bot.db.engine import LOST
from bot.db.feeds import FeedState, Story
from bot.db.store import Store
from bot.delivery.lease import STOP_SECONDS, Elected
from bot.delivery.worker import holder
from bot.dossier.models import Feed, FeedId
from bot.feeds.deduplication import stories_of, untold
from bot.feeds.fetcher import Ended, Failed, Fetch, Fetched, Fetcher, NotModified, Validators
from bot.feeds.matcher import Sifted, sift
from bot.feeds.parser import Document, NotAFeed
from bot.feeds.parser_process import Reader
from bot.feeds.published import Following
from bot.feeds.review import EditorsDesk, OnNews, Publishing, Showing, editors_at
from bot.feeds.review_messages import WireCommands
from bot.feeds.ssrf import Policy
from bot.live_dossier import Edition
from bot.reader import Address

MIN_SECONDS = 10 * 60.0


MAX_SECONDS = 6 * 3600.0


FIRST_SECONDS = 3600.0


MAX_WISH_SECONDS = 7 * 24 * 3600.0
"""The longest that a publisher's own wish (Retry-After, Cache-Control) is followed: a slip there must not end a feed."""


_FASTER, _SLOWER, _AFTER_FAILURE = 0.5, 1.25, 2.0


_JITTER = 0.1


Found = Literal["news", "nothing", "failure"]


def adapted(seconds: float, found: Found) -> float:
    """The interval after one of ``seconds``: half of it where there was news, a quarter more where there was none."""
    factor = {"news": _FASTER, "nothing": _SLOWER, "failure": _AFTER_FAILURE}[found]
    return min(MAX_SECONDS, max(MIN_SECONDS, seconds * factor))


def wait(seconds: float, wished: float, chance: float) -> float:
    """How long to wait, the interval being ``seconds``.

    Args:
        seconds: the feed's interval.
        wished: what the publisher asks for, at least; 0 where it asks for nothing.
        chance: a random number from 0 to 1, by which feeds that began together drift apart.
    """
    jittered = seconds * (1 + _JITTER * (2 * chance - 1))
    return max(min(MAX_SECONDS, max(MIN_SECONDS, jittered)), min(wished, MAX_WISH_SECONDS))


log = structlog.get_logger("bot.feeds")


MEMORY_SECONDS = 7 * 24 * 3600.0
"""How far back other feeds' stories are looked at for the same one; older items are no news anyway."""


STRAYED = 5
"""After so many failures in a row a feed is asked where it first was: "for good" is sometimes a slip, or is sold."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fetch came to: the feed's new state, and the stories found in it."""

    state: FeedState
    stories: tuple[Story, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes in what feeds bring. ``chance`` gives random numbers from 0 to 1."""

    store: Store
    edition: Edition
    desk: EditorsDesk
    fetcher: Fetcher
    reader: Reader
    chance: Callable[[], float] = random.random

    async def ask(self, name: FeedId, feed: Feed, now: float) -> FeedState:
        """Asks the feed, and returns how it was left. ``now`` is the database's moment."""
        before = await self.store.feeds.get(name)
        if before is None or before.url != feed.url:
            turn = before.turn if before else 0
            before = FeedState(name, feed.url, FIRST_SECONDS, turn=turn)
        fetch = await self.fetcher.fetch(before.moved_to or feed.url, Validators(before.etag, before.last_modified))
        outcome = await self._outcome(before, feed, fetch, now)
        return await self._keep(outcome, feed, now)

    async def _outcome(self, before: FeedState, feed: Feed, fetch: Fetch, now: float) -> Outcome:
        match fetch:
            case Fetched():
                return await self._read(before, feed, fetch, now)
            case NotModified(fresh, moved_to):
                state = replace(before, moved_to=moved_to or before.moved_to, read=now, status="not modified")
                return Outcome(self._next(state, "nothing", now, fresh))
            case Ended():
                log.error(f"the feed {before.id} is gone for good (HTTP 410), and is switched off")  # which owners hear
                return Outcome(replace(before, asked=now, ended=now, status="gone for good (HTTP 410)"))
            case Failed(reason, retry_after):
                return Outcome(self._next(_back(replace(before, status=reason)), "failure", now, retry_after))
            case _:
                assert_never(fetch)

    async def _read(self, before: FeedState, feed: Feed, fetched: Fetched, now: float) -> Outcome:
        """A body that is the last one's is not read again."""
        digest = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        given = fetched.validators
        state = replace(
            before,
            moved_to=fetched.moved_to or before.moved_to,
            etag=given.etag,
            last_modified=given.last_modified,
            digest=digest,
            read=now,
            status="the same as before",
        )
        if digest == before.digest:
            return Outcome(self._next(state, "nothing", now, fetched.fresh_seconds))
        try:
            document = await self.reader.read(fetched.body, fetched.media_type, fetched.url)
        except NotAFeed as refusal:
            unread = replace(before, status=str(refusal))
            return Outcome(self._next(unread, "failure", now, fetched.fresh_seconds))
        return self._sifted(state, feed, document, fetched.fresh_seconds, now)

    def _sifted(self, state: FeedState, feed: Feed, document: Document, fresh: float, now: float) -> Outcome:
        sifted = sift(document.items, state.known, now)
        stories = tuple(stories_of(state.id, feed, sifted.news))
        state = replace(state, known=sifted.known, items=len(document.items), status=_in_words(state, sifted, stories))
        return Outcome(self._next(state, "news" if sifted.news else "nothing", now, fresh), stories)

    def _next(self, state: FeedState, found: Found, now: float, wished: float) -> FeedState:
        interval = adapted(state.interval, found) if state.turn else state.interval
        failures = state.failures + 1 if found == "failure" else 0
        due = now + wait(interval, wished, self.chance())
        return replace(state, interval=interval, failures=failures, asked=now, due=due)

    async def _keep(self, outcome: Outcome, feed: Feed, now: float) -> FeedState:
        """Keeps the state and puts the stories on the desk; neither where another process was faster."""
        state = outcome.state
        async with self.store.database.write() as connection:
            moment = await self.store.bulletins.take_turn(connection) if outcome.stories else now
            seen = (
                await self.store.candidates.seen_since(connection, moment - MEMORY_SECONDS) if outcome.stories else ()
            )
            stories = list(untold(outcome.stories, seen, self.edition.complete))
            state = replace(state, matches=state.matches + len(stories))
            if not await self.store.feeds.put(connection, state):
                log.info("another process asked the feed meanwhile", feed=state.id)
                return state
            await self.desk.take_in(connection, stories, auto=feed.mode == "auto", now=moment)
        if stories:
            log.info("stories for the desk", feed=state.id, stories=len(stories))
            await self.desk.release()
        return state


def _back(state: FeedState) -> FeedState:
    """To the address that an editor gave, where the one that a publisher once named for good has not answered for long."""
    if state.moved_to is None or state.failures + 1 < STRAYED:
        return state
    return replace(state, moved_to=None, etag=None, last_modified=None)


def _in_words(before: FeedState, sifted: Sifted, stories: Sequence[Story]) -> str:
    if before.known is None:
        return "read for the first time: all of it is history"
    return f"{len(sifted.news)} new, {len(stories)} matched"


LANE = "feeds"


LOOK_SECONDS = 15.0
"""Between two looks at what is due, what was put off and what expires; a new edition's feeds are seen by then too."""


FAULT_SECONDS = 3600.0
"""How long a feed is left alone at which we failed ourselves."""


@dataclass(slots=True)
class Watch:
    """Asks each feed when it is due, while the lane is ours."""

    store: Store
    edition: Edition
    intake: Intake
    holder: str
    clock: Callable[[], float] = monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _due: dict[FeedId, tuple[str, float]] = field(default_factory=dict)
    _learnt: Mapping[FeedId, Feed] | None = None
    _asking: dict[FeedId, asyncio.Task[None]] = field(default_factory=dict)
    _kept_up: float = 0.0

    async def run(self) -> None:
        """Stands by for the lane, watches while it is ours, for ever."""
        await Elected(self.store.leases, self.holder, self.clock, self.sleep)(LANE, self._watch)

    async def turn(self) -> float:
        """Asks all that is due and waits for the answers; returns the moment at which the next is due."""
        await self._start_due()
        await asyncio.gather(*self._asking.values())
        return min((due for _, due in self._due.values()), default=float("inf"))

    async def _watch(self) -> None:
        """Slow feeds hold up nobody: what is due is started, not waited for."""
        self._learnt = None
        try:
            while True:
                try:
                    soonest = await self._start_due() - await self._now()
                except LOST as failure:
                    log.warning("the database does not answer", failure=type(failure).__name__)
                    soonest = LOOK_SECONDS
                await self.sleep(min(LOOK_SECONDS, max(0.2, soonest)))
        finally:
            await self._stop()

    async def _start_due(self) -> float:
        """Starts what is due; returns the moment at which the next one is."""
        now = await self._now()
        if not self._kept_up <= now < self._kept_up + LOOK_SECONDS:
            await self.intake.desk.keep_up()
            self._kept_up = now
        feeds = await self._learn(now)
        for name, (_, due) in self._due.items():
            if due <= now and name not in self._asking:
                self._asking[name] = task = asyncio.create_task(self._ask(name, feeds[name], now))
                task.add_done_callback(partial(self._asked, name))
        return min((due for name, (_, due) in self._due.items() if name not in self._asking), default=float("inf"))

    def _asked(self, name: FeedId, _: asyncio.Task[None]) -> None:
        self._asking.pop(name, None)

    async def _learn(self, now: float) -> Mapping[FeedId, Feed]:
        """Keeps to the feeds of the edition, and returns them: those that are new, or have another address, are due now."""
        feeds = self.edition.dossier.feeds
        if feeds is self._learnt:
            return feeds
        states = await self.store.feeds.all()
        self._due = {}
        for name, feed in feeds.items():
            state = states.get(name)
            known = state is not None and state.url == feed.url
            due = now if state is None or not known else float("inf") if state.ended else state.due
            self._due[name] = (feed.url, due)
        self._learnt = feeds
        return feeds

    async def _ask(self, name: FeedId, feed: Feed, now: float) -> None:
        try:
            state = await self.intake.ask(name, feed, now)
        except LOST as failure:
            log.warning("the database does not answer", feed=name, failure=type(failure).__name__)
            self._put(name, feed, now + LOOK_SECONDS)
            return
        except Exception:
            log.exception("a feed was not taken in", feed=name)
            self._put(name, feed, now + FAULT_SECONDS)
            return
        self._put(name, feed, float("inf") if state.ended else state.due)

    def _put(self, name: FeedId, feed: Feed, due: float) -> None:
        """Unless the edition has meanwhile dropped the feed, or given it another address."""
        if self._due.get(name, ("", 0.0))[0] == feed.url:
            self._due[name] = (feed.url, due)

    async def _now(self) -> float:
        async with self.store.database.read() as connection:
            return await self.store.bulletins.moment(connection)

    async def _stop(self) -> None:
        """Ends what is under way; what was not kept is asked again by whoever comes next."""
        if asking := list(self._asking.values()):
            for task in asking:
                task.cancel()
            await asyncio.wait(asking, timeout=STOP_SECONDS)
        self._asking.clear()


@dataclass(frozen=True, slots=True)
class Wire:
    """The wire of one process: the commands of its editors, and what keeps the edition to what was published."""

    commands: WireCommands
    following: Following

    @property
    def desk(self) -> EditorsDesk:
        """The editors' desk."""
        return self.commands.desk

    async def watch(self, policy: Policy, about_us: str) -> None:
        """Watches the edition's feeds until cancelled, if no other process does; ``about_us`` is our own address.

        What fetches and reads is imported here: most bots watch no feeds.
        """
        from bot.feeds.fetcher import fetcher  # noqa: PLC0415
        from bot.feeds.parser_process import reading_apart  # noqa: PLC0415

        store, edition = self.desk.store, self.desk.showing.edition
        if self.desk.showing.editors is None:
            log.warning("EDITORS_CHAT is not set: what feeds bring waits for `nota wire`")
        async with fetcher(policy, about_us) as fetching, reading_apart() as reader:
            intake = Intake(store, edition, self.desk, fetching, reader)
            await Watch(store, edition, intake, holder()).run()


async def open_wire(
    store: Store, edition: Edition, editors: Address | None, on_news: OnNews, people: frozenset[str] = frozenset()
) -> Wire:
    """The wire; ``on_news`` is told when there is something to send. ``people`` decide besides the admins of the chat."""
    following = Following(store, edition)

    def told() -> None:
        on_news()
        following.nudge()

    showing = Showing(store, edition, await editors_at(store, editors) if editors else None)
    desk = EditorsDesk(store, Publishing(store, edition), showing, told)
    return Wire(WireCommands(desk, editors, people), following)
