"""A process that is killed while it sends."""

import signal
from pathlib import Path

import aiohttp
import pytest

from tests.platforms.webpush.process import Deployment
from tests.servers.push_service import PushService


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
