"""Thousands of readers, and the process that writes to them is killed ten times, or stopped ten times."""

import asyncio
import random
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

from tests.chaos.scene import IN_FLIGHT, READERS, STOP_SECONDS, Scene, all_delivered, scene, table
from tests.databases import PostgreSQL
from tests.servers.crowd import Entry

pytestmark = pytest.mark.chaos

TIMES = 10
LATENCY = {"telegram": 0.02, "discord": 0.2}
"""Seconds until an answer, so that several sends are under way at each moment."""

PER_SECOND = 500
LONGEST_SECONDS = 900

ON_ITS_WAY_SECONDS = 1.0
"""What a process that is dead had written may still arrive; its successor sends nothing before the lease has ended."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str | PostgreSQL:
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else request.param


def instants(platform: str, seed: int) -> list[int]:
    """After how many readers it happens."""
    return sorted(random.Random(seed).sample(range(READERS[platform] // 100, READERS[platform] * 99 // 100), TIMES))


async def reach(at: Scene, chats: int, chance: random.Random, *, edited: bool = False) -> None:
    """Until that many have it, or had it edited, and a moment longer."""
    assert await at.crowd.until(chats, LONGEST_SECONDS, edited=edited) >= chats, at.said()
    await asyncio.sleep(chance.random() * 0.1)


@pytest.mark.parametrize("platform", ["telegram", "discord"])
class TestKills:
    """A bulletin to all readers of a platform."""

    async def test_killed_ten_times(self, platform: str, database: str | PostgreSQL, tmp_path: Path) -> None:
        """Nobody misses it; on Telegram whom the sends under way concern may get it twice, on Discord nobody."""
        chance, kills = random.Random(4), []
        async with scene(
            platform, database, tmp_path, latency=LATENCY[platform], TELEGRAM_MESSAGES_PER_SECOND=str(PER_SECOND)
        ) as at:
            replica, began = await at.start(), monotonic()
            at.write("Ferry")
            for chats in instants(platform, seed=4):
                await reach(at, chats, chance)
                kills.append(await at.kill(replica))
                replica = await at.start()
            reached = await at.crowd.until(READERS[platform], LONGEST_SECONDS)
            counts = await at.settled(all_delivered)
            await at.stop(replica)
            log, took = await at.log(), monotonic() - began
        ends = [0.0, *(kill + ON_ITS_WAY_SECONDS for kill in kills)]
        twice = [sum(1 for each in log.doubled() if start < each.at <= end) for start, end in pairwise(ends)]
        table(
            f"{platform}, {_name(database)}: kill -9 of {READERS[platform]:,} sends, {took:.0f} s",
            [
                ("kill", *range(1, TIMES + 1), "all"),
                (
                    "messages so far",
                    *(sum(1 for each in log.taken if each.at <= kill) for kill in kills),
                    len(log.taken),
                ),
                ("sends under way", *map(log.under_way, kills), sum(map(log.under_way, kills))),
                ("messages that came again", *twice, len(log.doubled())),
                (
                    "chats that got it three times",
                    *[""] * TIMES,
                    sum(len(each) > 2 for each in log.messages().values()),
                ),
                ("chats that got nothing", *[""] * TIMES, READERS[platform] - len(log.messages())),
                ("refused as too fast", *[""] * TIMES, len(log.broken_limits)),
            ],
        )
        assert reached == len(log.messages()) == READERS[platform]
        assert counts == {"delivered": READERS[platform]}
        assert len(log.doubled()) == sum(twice)
        assert [pair for pair in log.repeats() if not _spans(pair, kills)] == []
        assert max(twice) <= (IN_FLIGHT if platform == "telegram" else 0)

    async def test_stopped_ten_times(self, platform: str, database: str | PostgreSQL, tmp_path: Path) -> None:
        """Everybody gets it once; each stop is over in less than ten seconds."""
        chance, stops = random.Random(5), []
        async with scene(
            platform, database, tmp_path, latency=LATENCY[platform], TELEGRAM_MESSAGES_PER_SECOND=str(PER_SECOND)
        ) as at:
            replica, began = await at.start(), monotonic()
            at.write("Ferry")
            for chats in instants(platform, seed=5):
                await reach(at, chats, chance)
                stops.append(await at.stop(replica))
                assert replica.process.returncode == 0
                replica = await at.start()
            reached = await at.crowd.until(READERS[platform], LONGEST_SECONDS)
            counts = await at.settled(all_delivered)
            stops.append(await at.stop(replica))
            log, took = await at.log(), monotonic() - began
        table(
            f"{platform}, {_name(database)}: SIGTERM in the middle of {READERS[platform]:,} sends, {took:.0f} s",
            [
                ("stop", *range(1, TIMES + 1), "all"),
                ("seconds until it ended", *(f"{each:.1f}" for each in stops[:TIMES]), f"{max(stops):.1f} at most"),
                ("chats that got it twice", *[""] * TIMES, len(log.doubled())),
                ("chats that got nothing", *[""] * TIMES, READERS[platform] - len(log.messages())),
                ("refused as too fast", *[""] * TIMES, len(log.broken_limits)),
            ],
        )
        assert reached == len(log.messages()) == READERS[platform]
        assert counts == {"delivered": READERS[platform]}
        assert log.doubled() == []
        assert max(stops) < STOP_SECONDS


def _spans(pair: tuple[Entry, Entry], kills: Iterable[float]) -> bool:
    """Whether a process was killed between the two: none that lives sends anything again."""
    before, again = pair
    return any(before.at <= kill + ON_ITS_WAY_SECONDS and kill < again.at for kill in kills)


def _name(database: str | PostgreSQL) -> str:
    return "PostgreSQL" if isinstance(database, PostgreSQL) else "SQLite"
