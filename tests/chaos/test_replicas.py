"""Four replicas on one PostgreSQL behind a router: killed, rolled, and with the database gone in the middle."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.db.schema import done_once
from bot.db.store import Store, open_store
from bot.reader import Address
from tests.chaos.fleet import Server, fleet, postgresql_server
from tests.chaos.traffic import Held, Sample, Traffic, percentile
from tests.servers.router import router
from tests.servers.telegram import bot_api

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

CHATS, SECONDS, PER_SECOND, REPLICAS = 5000, 60, 150, 4
SETTLING_SECONDS = 5.0
"""A process that has just started proofreads the content beside answering; so long after it is ready it is as any other."""


@pytest.fixture
def server() -> Iterator[Server]:
    with postgresql_server() as running:
        yield running


async def wrong_settings(store: Store, traffic: Traffic) -> list[str]:
    """What the database holds otherwise than the chats have set it."""
    await store.readers.load()
    wrong = []
    for chat, possible in traffic.held.items():
        address = Address("telegram", str(chat))
        subscription = await store.subscriptions.get(address)
        held = Held(store.readers.language(address), subscription.silent if subscription else None)
        if held not in possible:
            wrong.append(f"{chat}: {held}, expected one of {possible}")
    return wrong


async def changes_noted(store: Store) -> int:
    async with store.database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(done_once))).scalar_one())


def edits(traffic: Traffic) -> dict[tuple[int, int], int]:
    """How often each pressed message was edited, by the Bot API's own log."""
    counted: dict[tuple[int, int], int] = {}
    for given in traffic.api.of("editMessageText"):
        key = int(given["chat_id"]), int(given["message_id"])
        counted[key] = counted.get(key, 0) + 1
    return counted


class TestReplicas:
    """What readers see while replicas come and go."""

    async def test_one_killed_and_one_rolled(self, server: Server, tmp_path: Path) -> None:
        """Every update is answered, every setting applied once, and nobody waits."""
        async with (
            bot_api() as api,
            router() as front,
            aiohttp.ClientSession() as session,
            fleet(api, front, server.url, tmp_path, REPLICAS) as ours,
            open_store(server.url) as store,
        ):
            await asyncio.sleep(SETTLING_SECONDS)
            traffic = Traffic(api, front, session, CHATS)
            running = asyncio.create_task(traffic.run(SECONDS, PER_SECOND))
            await asyncio.sleep(SECONDS / 3)
            killed = monotonic()
            await ours.kill(victim := ours.replicas[0])
            await asyncio.sleep(1)
            ours.forget(victim)
            await ours.start()
            back = monotonic()
            await asyncio.sleep(max(0, SECONDS / 3 - 6))
            rolled = monotonic()
            await ours.roll(ours.replicas[0])
            over = monotonic()
            await running
            await asyncio.sleep(1)
            megabytes = [each.megabytes for each in ours.replicas]
            wrong, noted = await wrong_settings(store, traffic), await changes_noted(store)
        troubled = ((killed - 1, back + SETTLING_SECONDS), (rolled - 1, over + SETTLING_SECONDS))
        away = [each for each in traffic.samples if not any(begin < each.at < end for begin, end in troubled)]
        near = [each for each in traffic.samples if each not in away]
        repeated, doubled = sum(front.repeated.values()), {key: n for key, n in edits(traffic).items() if n > 1}
        print(f"\nupdates answered            {len(traffic.samples)} of {SECONDS * PER_SECOND}")
        print(f"brought again by the router {repeated}, by Telegram {sum(each.times - 1 for each in traffic.samples)}")
        print(f"answered twice              {len(doubled)} (edits, by the Bot API's log)")
        print(f"settings                    {traffic.changes} asked, {noted} noted once, {len(wrong)} wrong")
        print(f"away from kill and roll     p50 {_ms(away, 0.5)} p99 {_ms(away, 0.99)} ({len(away)} updates)")
        print(f"during kill and roll        p50 {_ms(near, 0.5)} p99 {_ms(near, 0.99)} ({len(near)} updates)")
        print(
            f"memory of the replicas      {', '.join(f'{share:.0f} ({all_:.0f})' for share, all_ in megabytes)} MB (resident)"
        )
        assert len(traffic.samples) == SECONDS * PER_SECOND
        assert all(each.said for each in traffic.samples), "an update without an answer"
        assert wrong == []
        assert noted == traffic.changes
        assert max(edits(traffic).values(), default=1) <= 2
        assert len(doubled) <= repeated
        assert percentile([each.seconds for each in away], 0.99) < 100
        assert max(all_ for _, all_ in megabytes) < 220

    async def test_database_gone_in_the_middle(self, server: Server, tmp_path: Path) -> None:
        """Answers go on, settings are refused with an apology, and once it is back all is as before; no replica is restarted."""
        async with (
            bot_api() as api,
            router() as front,
            aiohttp.ClientSession() as session,
            fleet(api, front, server.url, tmp_path, REPLICAS) as ours,
        ):
            await asyncio.sleep(SETTLING_SECONDS)
            traffic = Traffic(api, front, session, CHATS)
            running = asyncio.create_task(traffic.run(30, 100))
            await asyncio.sleep(8)
            stopped = monotonic()
            await server.stop()
            await asyncio.sleep(8)
            await server.start()
            back = monotonic()
            await running
            async with open_store(server.url) as store:
                lost = await wrong_settings(store, traffic)
            after = replace(traffic, settings_share=1.0, samples=[], changes=0, _number=900_000)
            await after.run(5, 40)
            await asyncio.sleep(2)
            async with open_store(server.url) as store:
                wrong = await wrong_settings(store, after)
            assert all(each.process.returncode is None for each in ours.replicas)
        gone = [each for each in traffic.samples if stopped < each.at < back]
        content = [each for each in gone if each.kind in ("command", "words", "press")]
        settings = [each for each in gone if each not in content]
        print(
            f"\nwhile the database was gone ({back - stopped:.0f} s): {len(content)} questions, "
            f"p99 {_ms(content, 0.99)}; {len(settings)} settings, refused {sum(each.refused for each in settings)}, p99 {_ms(settings, 0.99)}"
        )
        print(f"after it was back: {len(after.samples)} settings, {len(wrong)} wrong, without a restart")
        assert any(each.refused for each in settings)
        assert lost == wrong == []
        assert not any(each.refused for each in after.samples)
        assert len(traffic.samples) == 3000
        assert all(each.said for each in content)
        assert not any(each.refused for each in content)
        assert (
            percentile([each.seconds for each in content], 0.99) < 250
        )  # four replicas and all the load share two cores


def _ms(samples: list[Sample], share: float) -> str:
    return f"{percentile([each.seconds for each in samples], share):.1f} ms"
