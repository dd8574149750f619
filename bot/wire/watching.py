"""Watching feeds: by one process of all that share a database, each feed when it is due."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

import structlog

from bot.dossier.model import Feed, FeedId
from bot.edition import Edition
from bot.outbox.alone import STOP_SECONDS, Elected
from bot.store.database import LOST
from bot.store.store import Store
from bot.wire.intake import Intake

log = structlog.get_logger("bot.wire")

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
