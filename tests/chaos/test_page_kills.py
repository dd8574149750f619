"""Thousands of addresses and browsers, and the process that writes to them is killed: counted by the mail server and by the push service."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from bot.platforms.email.limits import CONNECTIONS
from bot.platforms.webpush.api import public_key
from tests.chaos.scene import IN_FLIGHT, all_delivered, counted, table
from tests.clocks import until
from tests.editor import until_compared
from tests.platforms.deployment import Deployment
from tests.platforms.email.crowd import subscribe_addresses
from tests.platforms.webpush import crowd
from tests.platforms.webpush.conftest import KEY
from tests.servers.push_service import push_service
from tests.servers.smtp import mail_host

pytestmark = pytest.mark.chaos

READERS, TIMES = 3000, 20
TITLES = ("Storm", "Calm")
LONGEST_SECONDS = 900


@dataclass
class Readers:
    """``received``: of each message the reader, what makes it another one for the reader, and when it came. ``most``: what one kill may repeat."""

    site: Deployment
    subscribe: Callable[[Any], Any]
    received: Callable[[], list[tuple[str, str, float]]]
    wrong: list[str]
    most: int


@asynccontextmanager
async def mail(content: Path, folder: Path) -> AsyncIterator[Readers]:
    async with mail_host() as host:
        host.checks = 20
        settings = {"SMTP_URL": host.url, "MAIL_FROM": "nota@example.org", "MAIL_PER_MINUTE": "6000"}
        site = Deployment(content, folder, settings)
        site.settings = settings | {"PUBLIC_URL": site.address}

        def received() -> list[tuple[str, str, float]]:
            return [(each.to, each.id, each.at) for each in host.received]

        yield Readers(site, lambda store: subscribe_addresses(store, READERS), received, host.wrong, CONNECTIONS)


@asynccontextmanager
async def push(content: Path, folder: Path) -> AsyncIterator[Readers]:
    """What comes again has the same tag, and the browser shows it once."""
    async with push_service() as service:
        service.delay = 0.05  # so that several sends are under way at each moment
        site = Deployment(content, folder, {"VAPID_KEY": KEY, "WEBPUSH_ALLOW": "127.0.0.1"})

        def received() -> list[tuple[str, str, float]]:
            return [
                (endpoint, f"{each.notification['tag']} {each.notification['title']}", each.at)
                for endpoint, came in service.received.items()
                for each in came
            ]

        async def subscribe(store: Any) -> None:
            await crowd.subscribe_all(store, service, public_key(KEY), READERS)

        yield Readers(site, subscribe, received, service.broken, IN_FLIGHT)


@pytest.mark.parametrize("platform", [mail, push], ids=lambda each: each.__name__)
async def test_killed_twenty_times(platform: Any, folder: Path, tmp_path: Path) -> None:
    """A bulletin and its correction: nobody misses one; what was under way may come again, as the same message."""
    chance, kills, began = random.Random(7), list[float](), monotonic()
    async with platform(folder, tmp_path) as at:
        await at.site.nota("publish")  # what is there already is history
        async with at.site.store() as store:
            await at.subscribe(store)
        process = await at.site.start()
        await until_compared(at.site.database_url)

        def reached() -> int:
            return len({(reader, message) for reader, message, _ in at.received()})

        for edition, title in enumerate(TITLES):
            at.site.write(title)
            for number in sorted(chance.sample(range(READERS // 100, READERS * 99 // 100), TIMES // 2)):
                await until(lambda wanted=edition * READERS + number: reached() >= wanted, LONGEST_SECONDS)
                await asyncio.sleep(chance.random() * 0.1)
                process.kill()
                kills.append(monotonic())
                await process.wait()
                process = await at.site.start()
            await until(lambda wanted=(edition + 1) * READERS: reached() >= wanted, LONGEST_SECONDS)
            async with at.site.store() as store, asyncio.timeout(60):
                while not all_delivered(counts := await counted(store)):  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.2)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 15) == 0
        came = sorted(at.received(), key=lambda each: each[2])
    seen, again = Counter[tuple[str, str]](), list[float]()
    for reader, message, moment in came:
        again += [moment] if seen[reader, message] else []
        seen[reader, message] += 1
    twice = [sum(1 for each in again if start < each <= end) for start, end in pairwise([*kills, float("inf")])]
    table(
        f"{platform.__name__}: kill -9 of {2 * READERS:,} sends, {monotonic() - began:.0f} s",
        [("kill", *range(1, TIMES + 1), "all"), ("messages that came again", *twice, len(again))],
    )
    assert at.wrong == []
    assert counts == {"delivered": READERS}
    assert Counter(reader for reader, _ in seen) == dict.fromkeys({reader for reader, _ in seen}, 2)
    assert len(seen) == 2 * READERS
    assert (sum(twice), max(twice) <= at.most) == (len(again), True)
