"""The wire: 1,000 feeds at their intervals over 30 days, the clock moved and not slept.

The watcher runs here as it does in the bot, with a database in a file and a reader in a process of its own; the publishers run
on another core. The clock goes by the minute, so that what the watcher does between two looks is left out: it is measured
apart, and added for as many looks as there are.
"""

import asyncio
import gc
import json
import os
import resource
import struct
import sys
import tempfile
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import psutil
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy import select

from benchmarks.processes import LOAD_CORE, free_port, running, wait_until_answering
from benchmarks.servers.publisher import HOST, is_ours, pace
from bot.db.schema import wire_candidates
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Feed, FeedId, Language, Match, TopicId
from bot.feeds.fetcher import fetcher
from bot.feeds.parser import Document
from bot.feeds.parser_process import Reader
from bot.feeds.poller import LOOK_SECONDS, MAX_SECONDS, Intake, Watch, open_wire
from bot.feeds.ssrf import policy
from bot.live_dossier import Edition
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
        memory: resident megabytes, the reader's included, a day each.
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


class Counting(Reader):
    """Counts what is read."""

    bodies = 0

    async def read(self, body: bytes, media_type: str = "", address: str = "") -> Document:
        Counting.bodies += 1
        return await super().read(body, media_type, address)


def measure(days: int = DAYS) -> Wire:
    """Takes minutes."""
    with tempfile.TemporaryDirectory() as folder:
        clock, port = Clock(Path(folder) / "clock"), free_port()
        with running(["benchmarks/servers/publisher.py", str(port), str(Path(folder) / "clock")], LOAD_CORE) as process:
            wait_until_answering(f"http://{HOST}:{port}/counts", process)
            return asyncio.run(_measure(clock, port, f"sqlite:///{folder}/nota.sqlite3", days))


async def _measure(clock: Clock, port: int, database: str, days: int) -> Wire:
    loading = load(Path(__file__).parents[1] / "content", date(2026, 11, 24))
    assert loading.dossier is not None
    edition, reader = Edition(_with_feeds(loading.dossier, port)), Counting()
    async with (
        open_store(database, clock) as store,
        fetcher(policy([HOST]), names=Everywhere()) as fetching,
    ):
        fetching.now = clock
        desk = (await open_wire(store, edition, Address("telegram", -100), lambda: None)).desk
        watch = Watch(store, edition, Intake(store, edition, desk, fetching, reader), "bench")
        began, memory = _seconds(reader), []
        for _ in range(days):
            await _day(watch, clock)
            gc.collect()
            memory.append(_megabytes(reader))
        used = _seconds(reader) - began
        look = await _empty_look(watch, clock, reader)
        found = await _links(store)
        await reader.stop()
    answered = _counts(port)
    read, unchanged = Counting.bodies, answered["304"]
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


async def _day(watch: Watch, clock: Clock) -> None:
    end = clock.now + DAY_SECONDS
    while clock.now < end:
        await watch.turn()
        clock.move(STEP_SECONDS)


async def _empty_look(watch: Watch, clock: Clock, reader: Reader) -> float:
    """Seconds that a look costs at which nothing is due."""
    await watch.turn()
    began = _seconds(reader)
    for _ in range(EMPTY_LOOKS):
        clock.move(-LOOK_SECONDS / 2)
        watch._kept_up = clock.now - LOOK_SECONDS
        await watch._start_due()
        clock.move(LOOK_SECONDS / 2)
    return (_seconds(reader) - began) / EMPTY_LOOKS


async def _links(store: Store) -> list[str]:
    """The page of every candidate."""
    async with store.database.read() as connection:
        return [row.link for row in await connection.execute(select(wire_candidates.c.link))]


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


def _seconds(reader: Reader) -> float:
    """A processor's, of this process and of every reader there was."""
    own, ended = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    with suppress(psutil.NoSuchProcess):
        if reader.process_id is not None:
            times = psutil.Process(reader.process_id).cpu_times()
            total += times.user + times.system
    return total


def _megabytes(reader: Reader) -> float:
    ids = [os.getpid(), *([reader.process_id] if reader.process_id else [])]
    return sum(psutil.Process(each).memory_info().rss for each in ids) / 1e6


def told(wire: Wire) -> str:
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
    print(told(measure(int(sys.argv[1]) if sys.argv[1:] else DAYS)))
