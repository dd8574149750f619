"""The bot as a process of its own with Web Push on, whose page and push service are on loopback."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.platforms.webpush.api import public_key
from bot.platforms.webpush.types import PLATFORM
from tests.bot_process import free_port, until_up
from tests.fork_server import ROOT
from tests.platforms.webpush.conftest import KEY
from tests.servers.push_service import Browser, PushService

EXECUTABLE = (sys.executable, "-m", "bot")


@dataclass
class Deployment:
    """A folder with content, a database, and the process that serves both."""

    content: Path
    folder: Path
    service: PushService
    port: int = field(default_factory=free_port)
    key: str = KEY

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CONTENT_DIR": str(self.content),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{self.folder}/nota.sqlite3",
            "EMBEDDINGS": "off",
            "VAPID_KEY": self.key,
            "WEBPUSH_ALLOW": "127.0.0.1",
        }

    async def start(self) -> Process:
        process = await asyncio.create_subprocess_exec(*EXECUTABLE, "run", env=self.environment, cwd=self.folder)
        await until_up(self.address, process)
        return process

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        process = await self.start()
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 15) == 0

    async def nota(self, *words: str) -> str:
        """What a command prints."""
        process = await asyncio.create_subprocess_exec(
            *EXECUTABLE, *words, env=self.environment, cwd=self.folder, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, out.decode()
        return out.decode()

    async def subscribe(self, session: aiohttp.ClientSession, language: str = "en") -> tuple[Browser, str]:
        """A browser that subscribes on the page, and the address of its settings."""
        browser = self.service.subscribe(public_key(self.key))
        form = {"platform": PLATFORM, "pace": "at_once", **browser.fields}
        async with session.post(f"{self.address}/{language}/subscribe", data=form) as answer:
            assert answer.status == 200, await answer.text()
            return browser, str(answer.url)

    def write(self, title: str, more: str = "") -> str:
        """Writes today's bulletin. Returns its id."""
        name = f"{datetime.now(UTC).date()}-storm"
        words = f"{{en: {title}, id: {title}}}"
        content = f"date: {name[:10]}\ntitle: {words}\nbody: {words}\ntopics: [fare]\nsources: [harbour]\n{more}"
        (self.content / "bulletins" / "storm.part").write_text(content, "utf-8")
        (self.content / "bulletins" / "storm.part").rename(self.content / "bulletins" / f"{name}.yaml")
        return name

    def withdraw(self, title: str) -> None:
        today = datetime.now(UTC).date()
        self.write(title, f"withdrawn: {{date: {today}, because: {{en: Calm, id: Tenang}}}}\n")

    async def when(self, browser: Browser, number: int) -> list[str]:
        """The titles that came to a browser, once there are so many."""
        async with asyncio.timeout(60):
            while len(self.service.of(browser)) < number:  # noqa: ASYNC110  a push announces nothing
                await asyncio.sleep(0.02)
        return [pushed.notification["title"] for pushed in self.service.of(browser)]
