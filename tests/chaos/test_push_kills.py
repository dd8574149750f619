"""Thousands of browsers, and the process that writes to them by Web Push is killed twenty times, by the push service's own count."""

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import func, select

from bot.db.schema import deliveries
from bot.db.store import open_store
from bot.platforms.webpush.api import public_key
from tests.chaos.scene import IN_FLIGHT, table
from tests.editor import until_compared
from tests.platforms.webpush.conftest import KEY
from tests.platforms.webpush.crowd import subscribe_all
from tests.platforms.webpush.process import Deployment
from tests.servers.push_service import push_service

pytestmark = pytest.mark.chaos

READERS, TIMES = 4000, 20
ANSWER_SECONDS = 0.05
"""Until an answer, so that several sends are under way at each moment."""

LONGEST_SECONDS = 900.0


async def test_killed_twenty_times(folder: Path, tmp_path: Path) -> None:
    """Nobody misses it. What was under way may come twice, with the same tag: the browser shows it once."""
    chance = random.Random(33)
    instants = sorted(chance.sample(range(READERS // 100, READERS * 99 // 100), TIMES))
    async with push_service() as service:
        service.delay = ANSWER_SECONDS
        site = Deployment(folder, tmp_path, service)
        await site.nota("migrate")
        await site.nota("publish")  # what is there already is history
        async with open_store(site.environment["DATABASE_URL"]) as store:
            browsers = await subscribe_all(store, service, public_key(KEY), READERS)
        process, began, kills = await site.start(), monotonic(), list[int]()
        await until_compared(site.environment["DATABASE_URL"])
        name = site.write("Storm")

        def reached() -> int:
            return len(service.received)

        for number in instants:
            async with asyncio.timeout(LONGEST_SECONDS):
                while reached() < number:  # noqa: ASYNC110  a push announces nothing
                    await asyncio.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            kills.append(reached())
            await process.wait()
            process = await site.start()
        async with asyncio.timeout(LONGEST_SECONDS):
            while reached() < READERS or await _open(site, name):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == 0
        times = Counter(len(service.of(browser)) for browser in browsers)
        twice = sum((number - 1) * each for number, each in times.items() if number > 1)
        tags = [len({each.notification["tag"] for each in service.of(browser)}) for browser in browsers]
    table(
        f"Web Push: kill -9 of {READERS:,} sends, {monotonic() - began:.0f} s",
        [("kill", *range(1, TIMES + 1)), ("browsers so far", *kills), ("messages that came again", twice)],
    )
    assert times[0] == 0
    assert twice <= TIMES * IN_FLIGHT
    assert set(tags) == {1}
    assert service.broken == []


async def _open(site: Deployment, name: str) -> int:
    """The deliveries that are not finished."""
    unfinished = select(func.count()).where(deliveries.c.bulletin_id == name, deliveries.c.state != "delivered")
    async with open_store(site.environment["DATABASE_URL"]) as store, store.database.read() as connection:
        return int((await connection.execute(unfinished)).scalar_one())
