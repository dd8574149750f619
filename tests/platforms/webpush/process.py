"""The bot as a process of its own with Web Push on, whose page and push service are on loopback."""

import asyncio
from pathlib import Path

import aiohttp

from bot.platforms.webpush.api import public_key
from bot.platforms.webpush.types import PLATFORM
from tests.platforms import deployment
from tests.platforms.webpush.conftest import KEY
from tests.servers.push_service import Browser, PushService


class Deployment(deployment.Deployment):
    """With a key of its own, and a push service that is on loopback."""

    def __init__(self, content: Path, folder: Path, service: PushService, key: str = KEY) -> None:
        super().__init__(content, folder, {"VAPID_KEY": key, "WEBPUSH_ALLOW": "127.0.0.1"})
        self.service, self.key = service, key

    async def subscribe(self, session: aiohttp.ClientSession, language: str = "en") -> tuple[Browser, str]:
        """A browser that subscribes on the page, and the address of its settings."""
        browser = self.service.subscribe(public_key(self.key))
        form = {"platform": PLATFORM, "pace": "at_once", **browser.fields}
        async with session.post(f"{self.address}/{language}/subscribe", data=form) as answer:
            assert answer.status == 200, await answer.text()
            return browser, str(answer.url)

    async def when(self, browser: Browser, number: int) -> list[str]:
        """The titles that came to a browser, once there are so many."""
        async with asyncio.timeout(60):
            while len(self.service.of(browser)) < number:  # noqa: ASYNC110  a push announces nothing
                await asyncio.sleep(0.02)
        return [pushed.notification["title"] for pushed in self.service.of(browser)]
