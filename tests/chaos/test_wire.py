"""The wire while processes die: nothing is lost, and nothing comes twice."""

import asyncio
import random
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.db.feeds import FeedState
from bot.db.schema import bulletins, changes, deliveries, feed_candidates
from bot.db.store import Store, open_store
from bot.dossier.models import FeedId
from tests.chaos.fleet import ROOT, postgresql_server
from tests.feeds.hostile import item, rss
from tests.servers.publisher import Publisher, publishing

pytestmark = pytest.mark.chaos

KILLS = 12


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    async with publishing() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/nota.sqlite3"
        return
    with postgresql_server() as server:
        yield server.url


async def begun(*arguments: str) -> Process:
    command = [sys.executable, "-m", "tests.chaos.watcher", *arguments]
    return await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, cwd=ROOT)


async def ended(process: Process) -> None:
    process.kill()
    await process.wait()


async def read_once(store: Store, **urls: str) -> None:
    """Feeds that were read when they were empty, and are due."""
    async with store.database.write() as connection:
        for name, url in urls.items():
            await store.feeds.put(connection, FeedState(FeedId(name), url, 600.0, seen_keys=()))


async def found(store: Store) -> tuple[Counter[str], int, int, int]:
    """Candidates by their link, how many have a message to editors, these messages, and their deliveries."""
    async with store.database.read() as connection:
        rows = (await connection.execute(select(feed_candidates.c.link, feed_candidates.c.round))).all()
        of_change = bulletins.c.id.startswith("review-change-")
        of_stories = (bulletins.c.origin == "review") & ~of_change
        messages = (await connection.execute(select(bulletins.c.id).where(of_stories))).all()
        sent = (await connection.execute(select(deliveries.c.id).join(bulletins).where(of_stories))).all()
    return Counter(row.link for row in rows), sum(row.round > 0 for row in rows), len(messages), len(sent)


async def changes_made(store: Store) -> tuple[list[int | None], Counter[str]]:
    """The changes of the stories that an editor has taken, one a story, and the states of all changes there are."""
    async with store.database.read() as connection:
        taken = select(feed_candidates.c.change_id).where(feed_candidates.c.state == "published")
        states = (await connection.execute(select(changes.c.state))).scalars()
        return list((await connection.execute(taken)).scalars()), Counter(states)


async def all_found(store: Store, count: int) -> None:
    """Waits for the last interval to pass: six hours are six seconds, and a busy machine takes its time to start a process."""
    for _ in range(300):
        if len((await found(store))[0]) >= count:
            return
        await asyncio.sleep(0.2)


async def test_kills_at_random_instants(publisher: Publisher, database: str) -> None:
    """A publisher brings two items a second; each comes to the editors once, with one message and one delivery. One taken is one change."""
    since, count, url = str(time.time()), 0, publisher.url("/feed")
    async with open_store(database) as store:
        await read_once(store, harbour=url)

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
        await ended(process)
    bringing.cancel()
    process = await begun(database, url, since)
    async with open_store(database) as store:
        await all_found(store, count)
        await asyncio.sleep(2)
        await ended(process)
        links, on_desk, messages, sent = await found(store)
        taken, states = await changes_made(store)
    print(
        f"\n{database.partition(':')[0]}: {KILLS} kills, {count} items published, {len(links)} candidates, "
        f"the most of one {max(links.values())}, {messages} messages, {sent} deliveries; {len(taken)} taken, changes {dict(states)}"
    )
    assert set(links) == {f"https://harbour.example/{number}" for number in range(1, count + 1)}
    assert max(links.values()) == 1
    assert messages == sent == on_desk
    assert len(set(taken)) == len(taken) == states.total() > 0
    assert states.keys() <= {"draft", "review"}  # nobody has approved anything
