"""The whole way by a process of its own: what operators see of it, and what no log, report, metric or address shows."""

import json
import signal
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from bot.db.schema import readers
from bot.db.store import open_store
from bot.platforms.webpush.api import public_key
from bot.platforms.webpush.types import PLATFORM
from tests.platforms.webpush.conftest import KEY
from tests.platforms.webpush.process import Deployment
from tests.servers.push_service import PushService


@pytest.mark.slow
async def test_from_the_key_to_the_last_reader(
    folder: Path, tmp_path: Path, service: PushService, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tried out in one browser, published, corrected, looked at, backed up, deleted."""
    site = Deployment(folder, tmp_path, service)
    await site.nota("migrate")
    await site.nota("publish")
    async with site.running(), aiohttp.ClientSession() as session:
        ann, own = await site.subscribe(session)
        budi, _ = await site.subscribe(session, "id")
        chats = await _chats(site)
        tried = await site.nota("publish", "2026-01-05-first-crossing", "--to", f"{PLATFORM}:{chats[0]}")
        assert f"a try-out goes to {PLATFORM}:{chats[0]}" in tried
        await site.when(ann, 1)
        assert service.of(budi) == []

        name = site.write("Storm tonight")
        assert (await site.when(ann, 2))[-1] == "Storm tonight"
        await site.when(budi, 1)
        gone = service.subscribe(public_key(KEY))
        site.write("Storm tomorrow")
        assert (await site.when(ann, 3))[-1] == "Correction: Storm tomorrow"
        assert (await site.when(budi, 2))[-1] == "Ralat: Storm tomorrow"
        async with session.get(own) as answer:
            assert "Storm tomorrow" in await answer.text()
        async with session.get(f"{site.address}/readyz") as answer:
            ready = json.dumps(await answer.json())
            assert PLATFORM in ready
        async with session.get(f"{site.address}/metrics") as answer:
            metrics = await answer.text()
        assert [line for line in metrics.splitlines() if f'platform="{PLATFORM}"' in line and line.endswith(".0")]
        report = await site.nota("deliveries", name, "--json")
        assert {(each["platform"], each["state"]) for each in json.loads(report)["counts"]} == {(PLATFORM, "delivered")}
        service.gone[budi.endpoint] = 410
        site.withdraw("Storm tomorrow")
        assert (await site.when(ann, 4))[-1] == "Withdrawn: Storm tomorrow"
        async with session.post(own, data={"do": "delete", "sure": "1"}) as answer:
            assert "is deleted" in await answer.text()
        assert len(await _chats(site)) == 1
    backup = await site.nota("backup", "export", "-")
    said = "".join(capfd.readouterr()) + ready + metrics + report + tried
    for browser in (ann, budi, gone):
        for secret in browser.fields.values():
            assert secret not in said
    assert budi.endpoint in backup
    assert ann.endpoint not in backup
    assert KEY not in said


async def _chats(site: Deployment) -> list[str]:
    async with open_store(site.environment["DATABASE_URL"]) as store, store.database.read() as connection:
        return list((await connection.execute(select(readers.c.chat).order_by(readers.c.id))).scalars())


@pytest.mark.slow
async def test_killed_once(folder: Path, tmp_path: Path, service: PushService) -> None:
    """Who has it and was not recorded gets the same words with the same tag, which the browser shows once."""
    site = Deployment(folder, tmp_path, service)
    await site.nota("publish")
    process = await site.start()
    async with aiohttp.ClientSession() as session:
        browsers = [(await site.subscribe(session))[0] for _ in range(8)]
    service.on_push = lambda _: process.send_signal(signal.SIGKILL)
    site.write("Storm tonight")
    assert await process.wait() == -signal.SIGKILL
    service.on_push = lambda _: None
    async with site.running():
        for browser in browsers:
            await site.when(browser, 1)
    for browser in browsers:
        assert len({pushed.notification["tag"] for pushed in service.of(browser)}) == 1
