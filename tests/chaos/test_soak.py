"""Minutes of answering while bulletins go out: nothing grows. ``NOTA_SOAK_SECONDS`` shortens it."""

import asyncio
import json
import os
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import linear_regression
from time import monotonic

import aiohttp
import pytest
import yaml
from sqlalchemy import func, select

from bot.db.schema import deliveries
from bot.db.store import Store, open_store
from tests.audiences import subscribe_all
from tests.chaos.fleet import Fleet, fleet, postgresql_server
from tests.chaos.traffic import Traffic, percentile
from tests.conftest import CONTENT
from tests.servers.router import router
from tests.servers.telegram import bot_api

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

SECONDS = float(os.environ.get("NOTA_SOAK_SECONDS", "360"))
PER_SECOND = 200
READERS_PER_SECOND = 30
"""As fast as bulletins may go out, so that some are in flight to the end."""

WARM_UP_SECONDS = min(120.0, SECONDS / 3)
"""Caches fill up in it."""


def publish(content: Path) -> None:
    """A bulletin of today."""
    day = datetime.now(UTC).date()
    words = {"en": "Soaking.", "id": "Merendam.", "ru": "Замачиваем."}
    topic, source = "agreement", next(iter(yaml.safe_load((content / "sources.yaml").read_text("utf-8"))))
    bulletin = {"date": day, "title": words, "body": dict(words), "topics": [topic], "sources": [source]}
    (content / "bulletins" / f"{day}-soak.yaml").write_text(yaml.safe_dump(bulletin, allow_unicode=True), "utf-8")


async def watch(running: Fleet, store: Store, samples: list[tuple[float, float, int]]) -> None:
    """Memory and queue, every five seconds, until cancelled."""
    began = monotonic()
    waiting = select(func.count()).where(deliveries.c.state.in_(("due", "claimed")))
    while True:
        async with store.database.read() as connection:
            queued = int((await connection.execute(waiting)).scalar_one())
        samples.append((monotonic() - began, running.replicas[0].megabytes[1], queued))
        await asyncio.sleep(5)


async def test_nothing_grows(tmp_path: Path) -> None:
    """Memory, the queue, the time that an answer takes; and asyncio has nothing to complain of."""
    content = Path(await asyncio.to_thread(shutil.copytree, CONTENT, tmp_path / "content"))
    with postgresql_server() as server:
        async with (
            bot_api() as api,
            router() as front,
            aiohttp.ClientSession() as session,
            open_store(server.url) as store,
        ):
            audience = int(SECONDS * READERS_PER_SECOND * 1.1)
            async with fleet(api, front, server.url, tmp_path, 1, content) as running:
                await subscribe_all(store, range(1_000_000, 1_000_000 + audience))
                await asyncio.sleep(5)
                samples: list[tuple[float, float, int]] = []
                traffic = Traffic(api, front, session, 5000)
                await asyncio.to_thread(publish, content)
                watching = asyncio.create_task(watch(running, store, samples))
                await traffic.run(SECONDS, PER_SECOND)
                watching.cancel()
                lines = [json.loads(line) for line in running.replicas[0].lines() if line.startswith("{")]
                other = [line for line in running.replicas[0].lines() if not line.startswith("{")]
    sent = len([given for given in api.of("sendMessage") if int(given["chat_id"]) >= 1_000_000])
    settled = [(at, megabytes) for at, megabytes, _ in samples if at >= WARM_UP_SECONDS]
    slope = linear_regression([at / 60 for at, _ in settled], [megabytes for _, megabytes in settled]).slope
    queue = [queued for at, _, queued in samples if at >= WARM_UP_SECONDS]
    halves = [
        [each.seconds for each in part]
        for part in (traffic.samples[: len(traffic.samples) // 2], traffic.samples[len(traffic.samples) // 2 :])
    ]
    told = Counter(line["event"] for line in lines if line["level"] in ("warning", "error"))
    print(f"\n{SECONDS:.0f} s: {len(traffic.samples)} updates answered, {sent} bulletins sent meanwhile")
    print(f"memory {settled[0][1]:.1f} -> {settled[-1][1]:.1f} MB resident, slope {slope:+.2f} MB a minute")
    print(
        f"queue {queue[0]} -> {queue[-1]}; answers p99 {percentile(halves[0], 0.99):.1f} ms in the first half, "
        f"{percentile(halves[1], 0.99):.1f} ms in the second; logged: {dict(told)}"
    )
    assert len(traffic.samples) == int(SECONDS * PER_SECOND)
    assert sent > SECONDS * READERS_PER_SECOND * 0.8
    assert slope < 1.0
    assert queue[-1] < queue[0]
    assert not other
    assert not [line for line in lines if line["level"] in ("warning", "error")]
