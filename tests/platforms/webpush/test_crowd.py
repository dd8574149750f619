"""10,000 browsers: nobody misses anything, and nobody gets it twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest
from aiohttp import web

from bot.db.store import open_store
from bot.feeds.ssrf import policy
from bot.platforms.webpush.api import PushClient, open_session
from bot.platforms.webpush.limits import SILENT
from bot.platforms.webpush.sender import PushSender
from tests.clocks import MovedClock, until
from tests.databases import sqlite_url
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin, new_editor, withdrawn
from tests.platforms.webpush.conftest import KEY
from tests.platforms.webpush.crowd import subscribe_all
from tests.servers.push_service import PushService

LONGEST_SECONDS = 300


class RunningClock(MovedClock):
    """One that also goes by itself, as fast as the worker's own: a lease lasts as long for both."""

    def __call__(self) -> float:
        return self.now + monotonic()


@pytest.mark.slow
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.chaos)])
async def test_browsers(database_url: str, service: PushService, count: int) -> None:
    """A bulletin, its correction and its withdrawal reach all, each once; some requests fail meanwhile."""
    allowed, clock = policy(["127.0.0.1"]), RunningClock()
    async with open_session(allowed) as session, open_store(database_url, clock) as store:
        client = PushClient(KEY, "https://nota.example", session, allowed)
        sender = PushSender(client.public_key, "https://nota.example", lambda: None, client)
        sender.remember([{"endpoint": f"{service.address}/"}])  # as those of browsers are
        scene = DeliveryScene(store, clock, await new_editor(store))
        scene.platform = sender  # type: ignore[assignment]  a real one
        browsers = await subscribe_all(store, service, client.public_key, count)
        for number, edition in enumerate(
            (bulletin("storm", "Storm"), bulletin("storm", "Calm"), withdrawn(bulletin("storm", "Calm"))), 1
        ):
            began = monotonic()
            await scene.editor.publish(edition)
            service.refuses.extend([(503, {})] * (SILENT - 1))  # after one more it would be left alone
            async with asyncio.timeout(LONGEST_SECONDS), scene.sending() as worker:
                wanted = number * count - SILENT
                await until(lambda wanted=wanted: service.requests[201] >= wanted, LONGEST_SECONDS)
                scene.clock.forward(hours=1)  # what was put off
                await scene.quiet(worker, LONGEST_SECONDS)
            assert Counter(len(service.of(browser)) for browser in browsers) == {number: count}
            print(f"{count / (monotonic() - began):.0f} a second")
    titles = {tuple(each.notification["title"] for each in service.of(browser)) for browser in browsers}
    assert titles == {("Storm.", "Correction: Calm.", "Withdrawn: Calm.")}
    assert all(len({each.notification["tag"] for each in service.of(browser)}) == 1 for browser in browsers)


@asynccontextmanager
async def slow_service(seconds: float) -> AsyncIterator[str]:
    """Takes messages, each after so many seconds; yields its address."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(seconds)
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.2", 0)
    await site.start()
    yield f"http://127.0.0.2:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.slow
@pytest.mark.parametrize("number", [100, 500])
async def test_a_slow_service_holds_nobody_up(service: PushService, number: int) -> None:
    """Strangers register there, more than a worker keeps in memory; it takes messages, so it is known. Others get a second bulletin, and its correction, at once."""
    allowed, clock = policy(["127.0.0.0/8"]), MovedClock()
    async with (
        slow_service(3.0) as address,
        open_session(allowed) as session,
        open_store(sqlite_url(), clock) as store,
    ):
        client = PushClient(KEY, "https://nota.example", session, allowed)
        sender = PushSender(client.public_key, "https://nota.example", lambda: None, client)
        sender.remember([{"endpoint": f"{address}/"}])
        scene = DeliveryScene(store, clock, await new_editor(store))
        scene.platform = sender  # type: ignore[assignment]  a real one
        for browsers, at in ((number, address), (5, service.address)):
            known = await subscribe_all(store, service, client.public_key, browsers, at)
        async with scene.sending():
            editions = [bulletin("storm", "Storm"), bulletin("flood", "Flood"), bulletin("flood", "Calm")]
            for came, edition in enumerate(editions, 1):
                began = monotonic()
                await scene.editor.publish(*{each.id: each for each in [editions[0], edition]}.values())
                await until(lambda came=came: all(len(service.of(browser)) == came for browser in known), 60)
                assert monotonic() - began < 5
