"""The Procfile, run as a PaaS runs it: release step, web process, a disk that is thrown away, SIGTERM and then SIGKILL."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.bot_process import free_port, until_up
from tests.conftest import TINY
from tests.databases import PostgreSQL
from tests.editor import until_compared
from tests.platforms.telegram.updates import message
from tests.servers.telegram import TOKEN, BotApi, bot_api

ROOT = Path(__file__).parents[2]
SEPARATE = Path(tempfile.gettempdir()).stat().st_dev != ROOT.stat().st_dev

GRACE_SECONDS = 10
"""Between SIGTERM and SIGKILL; Heroku gives 30 (devcenter.heroku.com/articles/dynos#shutdown), others 10 or fewer."""


class PaaS:
    """What a PaaS knows of an app: its settings, and a directory that lasts for one release."""

    def __init__(self, tmp_path: Path, api: BotApi, database_url: str | None, content: Path = TINY) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._disks = tmp_path
        binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = {
            "PATH": binaries,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "CONTENT_DIR": str(content),
        }
        self._environment |= {"PORT": str(self.port), "DYNO": "web.1", "LOG_FORMAT": "json"}
        self._environment |= {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "PUBLIC_URL": self.address}
        self._environment |= {"DATABASE_URL": database_url} if database_url else {}

    async def start(self, process: str) -> Process:
        """Runs one of the Procfile's processes on a fresh disk."""
        disk = self._disks / os.urandom(4).hex()
        disk.mkdir()
        shutil.copy(ROOT / "Procfile", disk)
        honcho = (sys.executable, "-m", "honcho", "start", process)
        return await asyncio.create_subprocess_exec(
            *honcho, env=self._environment, cwd=disk, stdout=PIPE, stderr=STDOUT
        )

    async def release(self) -> tuple[int, str]:
        """The release step's status and what it said."""
        process = await self.start("release")
        said, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return process.returncode, said.decode()

    @asynccontextmanager
    async def web(self) -> AsyncIterator[list[str]]:
        """The running web process, stopped at the end as a PaaS does; then the list has all of its output."""
        process = await self.start("web")
        said: list[str] = []
        reading = asyncio.create_task(self._read(process, said))
        try:
            await until_up(self.address)
            yield said
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), GRACE_SECONDS)
            finally:
                if process.returncode is None:
                    process.kill()
                await reading

    async def ask(self, session: aiohttp.ClientSession, api: BotApi, update: dict[str, Any]) -> list[dict[str, Any]]:
        """Posts an update as Telegram does; returns the response."""
        before = len(api.answers)
        assert await api.bring(session, update) == 200
        return [called.given for called in api.answers[before:]]

    async def _read(self, process: Process, said: list[str]) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said.append(line.decode())  # noqa: PERF401  to be read while it runs


@pytest.mark.slow
class TestDeploying:
    """A push: the release step, then the web process."""

    @pytest.mark.postgres
    async def test_settings_outlive_the_disk(self, tmp_path: Path, postgresql: PostgreSQL) -> None:
        """Two releases on fresh disks: a setting made in the first is kept in the second."""
        async with postgresql.bare_database() as url, bot_api() as api, aiohttp.ClientSession() as session:
            paas = PaaS(tmp_path, api, url)
            for release in range(2):
                status, said = await paas.release()
                assert status == 0, said
                assert ("webhook is now" if release == 0 else "webhook was already") in said
                async with paas.web() as lines:
                    if release == 0:
                        await paas.ask(session, api, message("/language id"))
                    [answer] = await paas.ask(session, api, message("/fare"))
                    assert "Rp4.500" in answer["text"]
                assert not any("SIGKILL" in line for line in lines)
            assert len(api.of("setWebhook")) == 1
            assert TOKEN not in "".join(lines) + said

    @pytest.mark.postgres
    async def test_a_bulletin_that_a_release_brings_is_sent(
        self, tmp_path: Path, postgresql: PostgreSQL, folder: Path
    ) -> None:
        """Nobody touches a file once it runs; what was there at the first start is history."""
        async with postgresql.bare_database() as url, bot_api() as api, aiohttp.ClientSession() as session:
            paas = PaaS(tmp_path, api, url, folder)
            assert (await paas.release())[0] == 0
            async with paas.web():
                await paas.ask(session, api, message("/subscribe"))
                await until_compared(url)
            today = datetime.now(UTC).date()
            words = "{en: A second crossing, id: Pelayaran kedua}"
            text = f"date: {today}\ntitle: {words}\nbody: {words}\ntopics: [fare]\nsources: [harbour]\n"
            await asyncio.to_thread((folder / "bulletins" / f"{today}-second.yaml").write_text, text, "utf-8")
            status, said = await paas.release()
            assert status == 0, said
            before = len(api.of("sendMessage"))
            async with paas.web():
                sent = await api.until("sendMessage", before + 1, seconds=20)
            assert "A second crossing" in sent[-1]["text"]

    @pytest.mark.postgres
    async def test_broken_content_stops_a_release(self, tmp_path: Path, postgresql: PostgreSQL, folder: Path) -> None:
        """So does what only a platform's limits find; the last release goes on."""
        async with postgresql.bare_database() as url, bot_api() as api:
            fare = folder / "topics" / "fare.yaml"
            text = await asyncio.to_thread(fare.read_text, "utf-8")
            await asyncio.to_thread(fare.write_text, text.replace("{fare}", "{fair}"), "utf-8")
            status, said = await PaaS(tmp_path, api, url, folder).release()
        assert status == 78
        assert "unknown fact 'fair'" in said

    @pytest.mark.skipif(SEPARATE, reason="what is temporary lies on another disk than the code, as a volume would")
    async def test_an_sqlite_file_on_that_disk_is_warned_of(self, tmp_path: Path) -> None:
        """Once, at the start, and in /readyz."""
        async with bot_api() as api, aiohttp.ClientSession() as session:
            paas = PaaS(tmp_path, api, None)
            async with paas.web() as lines, session.get(f"{paas.address}/readyz") as answer:
                told = (await answer.json())["disk"]["detail"]
        assert len([line for line in lines if "erases this disk" in line]) == 1
        assert "erases this disk" in told
