"""The feeds: 1,000 of them at their intervals over 30 days, by a clock that is moved.

The poller runs here as in the bot, with an SQLite file and a child process for each changed body; the publishers run on another
core. The clock moves by minutes; what the poller does between them is measured once, and added for as many looks as there are.
"""

import asyncio
import gc
import json
import resource
import struct
import sys
import tempfile
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import psutil
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy import select

from benchmarks.processes import LOAD_CORE, free_port, running, wait_until_answering
from benchmarks.publishers import HOST, is_ours, pace
from bot.db.schema import feed_candidates
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Feed, FeedId, Language, Match, TopicId
from bot.feeds.documents import FeedDocument
from bot.feeds.fetcher import open_fetcher
from bot.feeds.parser_process import parse_in_child
from bot.feeds.poller import LOOK_SECONDS, MAX_SECONDS, FeedChecker, Poller
from bot.feeds.review import Review
from bot.feeds.ssrf import policy
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import Address

FEEDS, DAYS = 1000, 30
BEGAN = 1795435200.0
"""23 November 2026, 12:00 UTC."""

STEP_SECONDS = 60.0
DAY_SECONDS = 86400.0
SETTLED_DAYS = 5
"""From then on memory is to stay as it is."""

MOST_SHARE = 0.10
EMPTY_LOOKS = 200


@dataclass(frozen=True, slots=True)
class Wire:
    """What the days came to.

    Attributes:
        lost: items that concern us and became no candidate within an interval; ``repeated``: those that became more than one.
        seconds: of a processor; ``look_seconds``: of one look at which nothing is due.
        memory: resident megabytes at the end of each day.
    """

    days: int
    fetches: int
    unchanged: int
    read: int
    candidates: int
    lost: int
    repeated: int
    seconds: float
    look_seconds: float
    memory: tuple[float, ...]

    @property
    def share(self) -> float:
        """Of one core at real pace, looks between the minutes included."""
        looks = DAY_SECONDS / LOOK_SECONDS * self.days
        return (self.seconds + looks * self.look_seconds) / (self.days * DAY_SECONDS)

    @property
    def growth(self) -> float:
        """Megabytes from the settled day to the last."""
        return self.memory[-1] - self.memory[min(SETTLED_DAYS, len(self.memory) - 1)]


class Clock:
    """The watcher's and the publishers' clock: where it stands is in a file too."""

    def __init__(self, file: Path) -> None:
        self.now, self._file = BEGAN, file
        self.move(0)

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds
        with self._file.open("r+b" if self._file.exists() else "w+b") as file:
            file.write(struct.pack("dd", BEGAN, self.now))


class Everywhere(AbstractResolver):
    """Every name is at :data:`HOST`."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=HOST, port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        pass


class CountingParser:
    """Counts the bodies."""

    bodies = 0

    async def __call__(self, body: bytes, media_type: str, address: str) -> FeedDocument:
        self.bodies += 1
        return await parse_in_child(body, media_type, address)


def measure(days: int = DAYS) -> Wire:
    """Takes minutes."""
    with tempfile.TemporaryDirectory() as folder:
        clock, port = Clock(Path(folder) / "clock"), free_port()
        with running(["benchmarks/publishers.py", str(port), str(Path(folder) / "clock")], LOAD_CORE) as process:
            wait_until_answering(f"http://{HOST}:{port}/counts", process)
            return asyncio.run(_measure(clock, port, f"sqlite:///{folder}/nota.sqlite3", days))


async def _measure(clock: Clock, port: int, database: str, days: int) -> Wire:
    loading = load(Path(__file__).parents[1] / "content", date(2026, 11, 28))
    assert loading.dossier is not None
    live, parser = LiveDossier(_with_feeds(loading.dossier, port)), CountingParser()
    async with (
        open_store(database, clock) as store,
        open_fetcher(policy([HOST]), resolver=Everywhere(), now=clock) as fetcher,
    ):
        review = Review(store, live, EditorsChat(store, Address("telegram", "-100")), lambda: None)
        poller = Poller(FeedChecker(review, fetcher, parser))
        began, memory = _seconds(), []
        for _ in range(days):
            await _day(poller, clock)
            gc.collect()
            memory.append(psutil.Process().memory_info().rss / 1e6)
        used = _seconds() - began
        look = await _empty_look(poller, clock)
        found = await _links(store)
    answered = _counts(port)
    read, unchanged = parser.bodies, answered["304"]
    fetches = read + unchanged
    assert read == answered["200"], "a 304 was read, or a body was not"
    lost, repeated = len(_expected(clock.now) - set(found)), len(found) - len(set(found))
    return Wire(days, fetches, unchanged, read, len(found), lost, repeated, used, look, tuple(memory))


def _with_feeds(dossier: Dossier, port: int) -> Dossier:
    topic, ferries = next(iter(dossier.topics)), Match(any=["ferry"])
    feeds = {
        FeedId(f"f{number}"): Feed(
            url=f"http://f{number}.example:{port}/{number}",
            publisher=f"Line {number}",
            language=Language("en"),
            topics=[TopicId(topic)],
            match=ferries,
        )
        for number in range(FEEDS)
    }
    return replace(dossier, feeds=feeds)


async def _day(poller: Poller, clock: Clock) -> None:
    end = clock.now + DAY_SECONDS
    while clock.now < end:
        await poller.poll_once()
        clock.move(STEP_SECONDS)


async def _empty_look(poller: Poller, clock: Clock) -> float:
    """Seconds of a look at which nothing is due."""
    await poller.poll_once()
    began = _seconds()
    for _ in range(EMPTY_LOOKS):
        await poller.checker.review.expire_and_return()
        await poller.poll_once()
    return (_seconds() - began) / EMPTY_LOOKS


async def _links(store: Store) -> list[str]:
    """The page of every candidate."""
    async with store.database.read() as connection:
        return [row.link for row in await connection.execute(select(feed_candidates.c.link))]


def _expected(now: float) -> set[str]:
    """The pages of items that concern us, published since their feed was read first and no later than an interval ago."""
    until = now - MAX_SECONDS - 2 * STEP_SECONDS
    return {
        f"https://f{number}.example/{item}"
        for number in range(FEEDS)
        for item in _items(number, BEGAN + STEP_SECONDS, until)
        if is_ours(item)
    }


def _items(number: int, since: float, until: float) -> Iterable[int]:
    first, last = (int((moment - BEGAN) / pace(number) + (number % 97) / 97) for moment in (since, until))
    return range(first + 1, last + 1)


def _counts(port: int) -> dict[str, int]:
    with urllib.request.urlopen(f"http://{HOST}:{port}/counts", timeout=10) as answer:
        return dict(json.loads(answer.read()))


def _seconds() -> float:
    """Processor time of this process and of all children that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def summary(wire: Wire) -> str:
    """The figures in two lines."""
    first, settled = wire.memory[0], wire.memory[min(SETTLED_DAYS, len(wire.memory) - 1)]
    return (
        f"wire: {FEEDS:,} feeds over {wire.days} days: {wire.fetches:,} fetches, {wire.unchanged:,} answered 304 and read by nobody, "
        f"{wire.read:,} read; {wire.candidates:,} candidates, {wire.lost} lost, {wire.repeated} repeated\n"
        f"  {wire.seconds:.0f} s of a processor, {wire.look_seconds * 1000:.2f} ms an empty look: {wire.share:.3%} of one core "
        f"(wanted {MOST_SHARE:.0%}); memory {first:.0f} MB after a day, {settled:.0f} MB after {SETTLED_DAYS}, "
        f"{wire.memory[-1]:.0f} MB at the end"
    )


if __name__ == "__main__":
    print(summary(measure(int(sys.argv[1]) if sys.argv[1:] else DAYS)))
