"""Polls the dossier's feeds when they are due, and stores new candidates. Only one of the processes that share a database polls."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

import structlog

from bot.db.engine import DATABASE_AWAY, Sleep
from bot.db.feeds import FeedState, Story
from bot.delivery.leader_election import STOP_SECONDS, RunAsLeader
from bot.dossier.models import Feed, FeedId
from bot.feeds.deduplication import new_items, stories_of, without_duplicates
from bot.feeds.documents import FeedDocument, FeedItem, NotAFeed
from bot.feeds.fetcher import (
    FeedGone,
    Fetched,
    Fetcher,
    FetchFailed,
    FetchResult,
    NotModified,
    Validators,
    open_fetcher,
)
from bot.feeds.parser_process import parse_in_child
from bot.feeds.review import Review
from bot.feeds.ssrf import Policy
from bot.newsroom.publisher import Newsroom

LEASE = "feeds"

MIN_SECONDS = 10 * 60.0
MAX_SECONDS = 6 * 3600.0
FIRST_SECONDS = 3600.0
"""The interval between two requests for a feed: at least, at most, and for a new feed."""

MAX_REQUESTED_SECONDS = 7 * 24 * 3600.0
"""The longest wait that a publisher may ask for (Retry-After, Cache-Control). A mistake there must not stop a feed."""

_FACTORS = {"news": 0.5, "nothing": 1.25, "failure": 2.0}
_JITTER = 0.1

LOOK_SECONDS = 15.0
"""The longest time between two searches for due feeds, changes of ``feeds.yaml``, and candidates that expire or return."""

FAULT_SECONDS = 3600.0
"""How long a feed waits after an error in our code."""

MEMORY_SECONDS = 7 * 24 * 3600.0
"""How far back stories are compared for duplicates; older items are never new."""

RETURN_FAILURES = 5
"""After this number of failures in a row, a feed that moved permanently is requested at its first address again."""

PARSERS = 2
"""The number of child processes at once; each may use MAX_MEMORY_BYTES."""

CheckOutcome = Literal["news", "nothing", "failure"]
Parse = Callable[[bytes, str, str], Awaitable[FeedDocument]]

log = structlog.get_logger("bot.feeds")


async def poll_feeds(review: Review, policy: Policy, contact: str, run_as_leader: RunAsLeader) -> None:
    """Polls the dossier's feeds until cancelled, unless another process does. ``contact``: our own address."""
    if review.chat.setting is None:
        log.warning("EDITORS_CHAT is not set: editors decide on new candidates with `nota feeds`")
    async with open_fetcher(policy, contact) as fetcher:
        checker = FeedChecker(review, fetcher)
        await run_as_leader(LEASE, Poller(checker).run)


@dataclass(slots=True)
class Poller:
    """Checks each feed when it is due. Times are those of the database's clock."""

    checker: "FeedChecker"
    sleep: Sleep = asyncio.sleep
    _feeds: Mapping[FeedId, Feed] = field(default_factory=dict)
    _due: dict[FeedId, float] = field(default_factory=dict)
    _checking: dict[FeedId, asyncio.Task[None]] = field(default_factory=dict)
    _looked: float = float("-inf")

    async def run(self) -> None:
        """Polls until cancelled. Checks run concurrently, so that a slow feed does not delay others."""
        self._feeds = {}  # another process may have polled in the meantime
        log.info("polls feeds", feeds=len(self.checker.review.live.dossier.feeds))
        try:
            await self.checker.review.store.database.repeat(self._poll, LOOK_SECONDS, sleep=self.sleep)
        finally:  # the next process repeats checks that are not stored yet
            if checks := list(self._checking.values()):
                for check in checks:
                    check.cancel()
                await asyncio.wait(checks, timeout=STOP_SECONDS)

    async def _poll(self) -> float:
        """Starts the due checks; returns the seconds until the next look."""
        wait = await self._start_due() - await self._now()
        return min(LOOK_SECONDS, max(0.2, wait))

    async def poll_once(self) -> float:
        """Checks all due feeds and waits for the results; returns when the next feed is due."""
        await self._start_due()
        await asyncio.gather(*self._checking.values())
        return min(self._due.values(), default=float("inf"))

    async def _start_due(self) -> float:
        """Starts the due checks; returns when the next feed is due."""
        review = self.checker.review
        if await Newsroom(review.store).refusal(review.live.own):
            return float("inf")  # the newsroom logs it
        now = await self._now()
        if not self._looked <= now < self._looked + LOOK_SECONDS:
            await self.checker.review.expire_and_return()
            self._looked = now
        await self._load_feeds(now)
        for feed_id, due in self._due.items():
            if due <= now and feed_id not in self._checking:
                self._checking[feed_id] = asyncio.create_task(self._check(feed_id, self._feeds[feed_id], now))
        waiting = (due for feed_id, due in self._due.items() if feed_id not in self._checking)
        return min(waiting, default=float("inf"))

    async def _load_feeds(self, now: float) -> None:
        """Follows changes of ``feeds.yaml``: a new feed, or one with a new address, is due now."""
        feeds = self.checker.review.live.dossier.feeds
        if feeds == self._feeds:
            return
        states = await self.checker.review.store.feeds.all()
        self._due = {feed_id: _due(states.get(feed_id), feed, now) for feed_id, feed in feeds.items()}
        self._feeds = feeds

    async def _check(self, feed_id: FeedId, feed: Feed, now: float) -> None:
        try:
            due = _due(await self.checker.check(feed_id, feed, now), feed, now)
        except DATABASE_AWAY as failure:
            self.checker.review.store.database.outage.failed(failure)
            due = now + LOOK_SECONDS
        except Exception:
            log.exception("checking a feed failed", feed=feed_id)
            due = now + FAULT_SECONDS
        finally:
            self._checking.pop(feed_id, None)
        if feed_id in self._due and self._feeds[feed_id].url == feed.url:  # feeds.yaml may have changed in the meantime
            self._due[feed_id] = due

    async def _now(self) -> float:
        store = self.checker.review.store
        return await store.database.moment()


def _due(state: FeedState | None, feed: Feed, now: float) -> float:
    """When the feed is due; never, if it is gone."""
    if state is None or state.url != feed.url:
        return now
    return float("inf") if state.ended else state.due


@dataclass(frozen=True, slots=True)
class FeedChecker:
    """Fetches and parses one feed, and stores its state and new stories. ``chance`` returns random numbers from 0 to 1."""

    review: Review
    fetcher: Fetcher
    parse: Parse = parse_in_child
    chance: Callable[[], float] = random.random
    _parsers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PARSERS))

    async def check(self, feed_id: FeedId, feed: Feed, now: float) -> FeedState:
        """Checks the feed and returns its new state. ``now`` is the database's time."""
        store = self.review.store
        before = await store.feeds.get(feed_id)
        if before is None or before.url != feed.url:
            before = FeedState(feed_id, feed.url, FIRST_SECONDS, fetches=before.fetches if before else 0)
        result = await self.fetcher.fetch(before.moved_to or feed.url, Validators(before.etag, before.last_modified))
        state, stories, items = await self._outcome(before, feed, result, now)
        return await self._store(state, stories, items, now)

    async def _outcome(
        self, before: FeedState, feed: Feed, result: FetchResult, now: float
    ) -> tuple[FeedState, Sequence[Story], Sequence[FeedItem]]:
        match result:
            case Fetched():
                return await self._read(before, feed, result, now)
            case NotModified(fresh, moved_to):
                state = replace(before, moved_to=moved_to or before.moved_to, succeeded=now, status="not modified")
                return self._scheduled(state, "nothing", now, fresh), (), ()
            case FeedGone():
                log.error(f"the feed {before.id} is gone for good (HTTP 410), and is switched off")  # owners see errors
                return replace(before, fetched=now, ended=now, status="gone for good (HTTP 410)"), (), ()
            case FetchFailed(reason, retry_after):
                state = _at_first_address(replace(before, status=reason))
                return self._scheduled(state, "failure", now, retry_after), (), ()
            case _:
                assert_never(result)

    async def _read(
        self, before: FeedState, feed: Feed, fetched: Fetched, now: float
    ) -> tuple[FeedState, Sequence[Story], Sequence[FeedItem]]:
        fresh = fetched.fresh_seconds
        state = replace(
            before,
            moved_to=fetched.moved_to or before.moved_to,
            etag=fetched.validators.etag,
            last_modified=fetched.validators.last_modified,
            digest=hashlib.blake2b(fetched.body, digest_size=16).hexdigest(),
            succeeded=now,
        )
        if state.digest == before.digest:
            return self._scheduled(replace(state, status="the same as before"), "nothing", now, fresh), (), ()
        try:
            async with self._parsers:
                document = await self.parse(fetched.body, fetched.media_type, fetched.url)
        except NotAFeed as refusal:
            return self._scheduled(replace(before, status=str(refusal)), "failure", now, fresh), (), ()
        new = new_items(document.items, before.seen_keys, now)
        stories = tuple(stories_of(state.id, feed, new.items))
        status = f"{len(new.items)} new, {len(stories)} matched"
        if before.seen_keys is None:
            status = "read for the first time: its items do not count as new"
        state = replace(state, seen_keys=new.known, items=len(document.items), status=status)
        return self._scheduled(state, "news" if new.items else "nothing", now, fresh), stories, document.items

    def _scheduled(self, state: FeedState, outcome: CheckOutcome, now: float, requested: float) -> FeedState:
        interval = next_interval(state.interval, outcome) if state.fetches else state.interval
        failures = state.failures + 1 if outcome == "failure" else 0
        due = now + wait_seconds(interval, requested, self.chance())
        return replace(state, interval=interval, failures=failures, fetched=now, due=due)

    async def _store(
        self, state: FeedState, stories: Sequence[Story], items: Sequence[FeedItem], now: float
    ) -> FeedState:
        """Stores the state, the stories and what items have changed; nothing if another process checked the feed in the meantime."""
        review, store = self.review, self.review.store
        async with store.database.write() as connection:
            if stories:
                now = await store.bulletins.lock_newsroom(connection)
                seen = await store.candidates.seen_since(connection, now - MEMORY_SECONDS)
                stories = list(without_duplicates(stories, seen, review.live.complete))
            state = replace(state, matches=state.matches + len(stories))
            if not await store.feeds.put(connection, state):
                log.info("another process checked the feed", feed=state.id)
                return state
            corrected = await review.correct(connection, state.id, items, now - MEMORY_SECONDS, now)
            await review.add(connection, stories, now=now)
        if stories or corrected:
            log.info("new candidates", feed=state.id, stories=len(stories), corrected=corrected)
            review.on_news()
        return state


def next_interval(seconds: float, outcome: CheckOutcome) -> float:
    """The interval after one of ``seconds``: half of it after news, a quarter longer without news, twice it after a failure."""
    return min(MAX_SECONDS, max(MIN_SECONDS, seconds * _FACTORS[outcome]))


def wait_seconds(interval: float, requested: float, chance: float) -> float:
    """The seconds until the next request.

    Args:
        interval: the feed's interval, in seconds.
        requested: how long the publisher asks to wait at least; 0 if it does not ask.
        chance: a random number from 0 to 1. It spreads feeds that started together.
    """
    jittered = interval * (1 + _JITTER * (2 * chance - 1))
    return max(min(MAX_SECONDS, max(MIN_SECONDS, jittered)), min(requested, MAX_REQUESTED_SECONDS))


def _at_first_address(state: FeedState) -> FeedState:
    """Forgets a permanent redirect after :data:`RETURN_FAILURES` failures: some are mistakes, and domains are sold."""
    if state.moved_to is None or state.failures + 1 < RETURN_FAILURES:
        return state
    return replace(state, moved_to=None, etag=None, last_modified=None)
