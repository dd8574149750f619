"""kill -9 at any instant neither loses nor repeats a candidate."""

import asyncio
import random
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.dossier.model import FeedId
from bot.store.feeds import FeedState
from bot.store.store import open_store
from bot.store.tables import bulletins, deliveries, wire_candidates
from tests.servers.publisher import Publisher
from tests.wire.hostile import item, rss

KILLS = 12


async def begun(*arguments: str) -> Process:
    command = [sys.executable, "-m", "tests.wire.watcher", *arguments]
    return await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, cwd=Path(__file__).parents[2])


@pytest.mark.chaos
async def test_kills_at_random_instants(publisher: Publisher, tmp_path: Path) -> None:
    """A publisher brings two items a second; each comes to the desk once, with one message and one delivery."""
    database, since = f"sqlite:///{tmp_path}/nota.sqlite3", str(time.time())
    count, url = 0, publisher.url("/feed")
    async with open_store(database) as store, store.database.write() as connection:
        await store.feeds.put(connection, FeedState(FeedId("harbour"), url, 600.0, known=()))

    async def bring() -> None:
        nonlocal count
        while True:
            count += 1
            numbers = range(count, max(0, count - 200), -1)
            links = [(n, f"<link>https://harbour.example/{n}</link><guid>{n}</guid>") for n in numbers]
            publisher.gives("/feed", rss("".join(item(f"Ferry number {n} sails", link) for n, link in links)))
            await asyncio.sleep(0.5)

    bringing = asyncio.create_task(bring())
    await asyncio.sleep(0.1)
    for _ in range(KILLS):
        process = await begun(database, url, since)
        await asyncio.sleep(random.uniform(1.5, 3.5))
        process.kill()
        await process.wait()
    bringing.cancel()
    process = await begun(database, url, since)
    await asyncio.sleep(5)
    process.kill()
    await process.wait()
    async with open_store(database) as store, store.database.read() as connection:
        rows = (await connection.execute(select(wire_candidates.c.link, wire_candidates.c.round))).all()
        messages = (await connection.execute(select(bulletins.c.id).where(bulletins.c.origin == "desk"))).all()
        sent = (await connection.execute(select(deliveries.c.id))).all()
    links, on_desk = Counter(row.link for row in rows), sum(row.round > 0 for row in rows)
    print(
        f"{KILLS} kills, {count} items published, {len(links)} candidates, {len(messages)} messages, {len(sent)} deliveries"
    )
    assert set(links) == {f"https://harbour.example/{number}" for number in range(1, count + 1)}
    assert max(links.values()) == 1
    assert len(messages) == len(sent) == on_desk
