"""The wire while processes die: nothing is lost, nothing comes twice, and another replica takes over."""

import asyncio
import random
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select

from bot.db.feeds import FeedState
from bot.db.schema import bulletins, changes, deliveries, feed_candidates, leases
from bot.db.store import Store, open_store
from bot.dossier.models import FeedId
from bot.feeds.poller import LEASE
from tests.bot_process import started
from tests.chaos.fleet import ROOT, postgresql_server
from tests.clocks import until
from tests.feeds.hostile import item, rss
from tests.platforms.telegram.updates import GROUP
from tests.servers.publisher import HOME, Publisher, publishing
from tests.servers.telegram import TOKEN, bot_api

pytestmark = pytest.mark.chaos

KILLS = 12
FEEDS, REPLICAS = 20, 3
TAKEOVER_SECONDS = 20.0
"""A lease lasts 12 s, and is looked at once a second; the feeds are asked within moments after that."""

FEED = """\
feed-{number}:
  url: {url}
  publisher: Harbour
  language: en
  match: {{any: [ferry]}}
"""


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


class Slow:
    """A publisher who takes his time, so that somebody is killed while he answers."""

    def __init__(self, publisher: Publisher) -> None:
        self.asked: Counter[str] = Counter()
        self.moments: list[float] = []
        self.seconds = 0.0
        for number in range(FEEDS):
            publisher.pages[f"/{number}"] = self.answer

    async def answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        self.moments.append(time.monotonic())
        await asyncio.sleep(self.seconds)
        number = request.path[1:]
        entry = item(f"Ferry number {number} sails tonight", f"<link>https://harbour.example/{number}</link>")
        return web.Response(text=rss(entry), content_type="application/rss+xml")


async def holder(store: Store) -> int:
    """The process that watches feeds, once there is one."""
    for _ in range(600):
        async with store.database.read() as connection:
            statement = select(leases.c.holder).where(leases.c.name == LEASE)
            if name := (await connection.execute(statement)).scalar_one_or_none():
                return int(name.split("-")[-2])
        await asyncio.sleep(0.05)
    raise AssertionError("nobody watches feeds")


async def test_takeover(publisher: Publisher, folder: Path, tmp_path: Path) -> None:
    """Three replicas on PostgreSQL: each feed is asked by one of them; that one is killed, another goes on."""
    slow = Slow(publisher)
    urls = {f"feed-{number}": publisher.url(f"/{number}") for number in range(FEEDS)}
    entries = (FEED.format(number=number, url=publisher.url(f"/{number}")) for number in range(FEEDS))
    (folder / "feeds.yaml").write_text("".join(entries), encoding="utf-8")
    settings = {"TELEGRAM_TOKEN": TOKEN, "FEEDS": "1", "FEEDS_ALLOW": HOME, "EDITORS_CHAT": f"telegram:{GROUP}"}
    with postgresql_server() as server:
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(bot_api())
            store = await stack.enter_async_context(open_store(server.url))
            await read_once(store, **urls)
            slow.seconds = 1.5
            processes = {}
            for number in range(REPLICAS):
                place = tmp_path / str(number)
                place.mkdir()
                environment = settings | {"TELEGRAM_API_URL": api.url, "DATABASE_URL": server.url}
                process = await stack.enter_async_context(started(folder, place, forked=False, **environment))
                processes[process.pid] = process
            first = await holder(store)
            await until(lambda: len(slow.asked) >= 3)
            processes[first].send_signal(signal.SIGKILL)
            killed, before = time.monotonic(), len(slow.moments)
            slow.seconds = 0.0
            await until(lambda: len(slow.moments) > before)
            took, second = time.monotonic() - killed, await holder(store)
            await until(lambda: len(api.of("sendMessage")) >= FEEDS, 60)
            await asyncio.sleep(3)
            links, _, messages, _ = await found(store)
            asked = dict(slow.asked)
            titles = Counter(each["text"].split("\n")[0] for each in api.of("sendMessage"))
        print(
            f"\n{REPLICAS} replicas, {FEEDS} feeds: taken over after {took:.1f} s; {len(links)} candidates, the most of one "
            f"{max(links.values())}; {sum(asked.values())} requests, {sum(times > 1 for times in asked.values())} feeds asked "
            f"again by the successor; {sum(titles.values())} messages in the editors' chat"
        )
    assert first != second
    assert took < TAKEOVER_SECONDS
    assert set(links.values()) == {1}
    assert len(links) == FEEDS == messages
    assert max(asked.values()) <= 2
