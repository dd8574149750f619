"""A rolling deploy: the release before and ours side by side on one schema, both answering, one delivering, nothing doubled.

The older release is its own code, out of the history: with all migrations but the newest.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tarfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.db.migrations import CURRENT
from bot.platforms.telegram.types import PATH
from bot.platforms.telegram.webhook import webhook_secret
from tests.bot_process import free_port, until_up
from tests.databases import PostgreSQL
from tests.deployment.test_procfile import until_compared
from tests.fork_server import nota
from tests.platforms.telegram.updates import message, user
from tests.servers.telegram import TOKEN, BotApi, bot_api

ROOT = Path(__file__).parents[2]
VERSIONS = "bot/db/migrations/versions"
READERS = range(2001, 2013)


def git(*words: str) -> bytes:
    """What git says; skips where there is no history to ask."""
    try:
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no history of the code here: {type(error).__name__}")


def migrations_of(commit: str) -> dict[str, str]:
    """Its migrations: name → blob."""
    lines = git("ls-tree", commit, f"{VERSIONS}/").decode().splitlines()
    found = {Path(line.split("\t")[1]).name: line.split()[2] for line in lines}
    return {name: blob for name, blob in found.items() if name[:4].isdigit()}


@pytest.fixture
def older(tmp_path: Path, number: int) -> Path:
    """The code as it stood with the migrations up to that number, as they are now."""
    wanted = {name: blob for name, blob in migrations_of("HEAD").items() if int(name[:4]) <= number}
    commits = git("log", "--format=%H", "--", VERSIONS).decode().split()
    found = next((commit for commit in commits if migrations_of(commit) == wanted), None)
    if found is None:
        pytest.skip(f"the history does not reach back to migration {number}")
    archive = git("archive", found, "bot", "tests/dossiers/tiny")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(tmp_path / "older", filter="data")
    return tmp_path / "older"


class Release:
    """A release's code, its settings, and the process that runs."""

    def __init__(self, code: Path, content: Path, api: BotApi, database_url: str, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self._code = code
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(code), "PORT": str(self.port), "LOG_FORMAT": "json"}
        own |= {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "PUBLIC_URL": "https://nota.example"}
        self._environment = own | {"DATABASE_URL": database_url, "CONTENT_DIR": str(content), "HOST": "127.0.0.1"}

    async def migrate(self) -> None:
        """The release step."""
        step = await self._start("migrate", STDOUT, PIPE)
        said, _ = await asyncio.wait_for(step.communicate(), 60)
        assert step.returncode == 0, said.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The web process, until the block ends; then it ends as it is told."""
        log = self.folder / f"{self.port}.log"
        with log.open("wb") as out:
            process = await self._start("run", out, DEVNULL)
        try:
            await until_up(f"http://127.0.0.1:{self.port}", process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 15) == 0
        assert '"level": "error"' not in log.read_text("utf-8")

    async def says(self, session: aiohttp.ClientSession, text: str, who: int, number: int) -> str:
        """The answer in the webhook's response."""
        update: dict[str, Any] = message(text, who, user(who)) | {"update_id": number}
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(TOKEN)}
        async with session.post(f"http://127.0.0.1:{self.port}{PATH}", json=update, headers=headers) as answer:
            return str(json.loads(await answer.read())["text"])

    async def _start(self, command: str, err: Any, out: int) -> Process:
        words = (
            nota(command) if self._code == ROOT else (sys.executable, "-m", "bot", command)
        )  # the server runs our code
        return await asyncio.create_subprocess_exec(
            *words, env=self._environment, cwd=self.folder, stdout=out, stderr=err
        )


def publish(content: Path, name: str) -> None:
    """A bulletin of today."""
    today = datetime.now(UTC).date()
    words = f"{{en: {name}, id: {name}}}"
    text = f"date: {today}\ntitle: {words}\nbody: {words}\ntopics: [fare]\nsources: [harbour]\n"
    (content / f"{name}.part").write_text(text, "utf-8")
    (content / f"{name}.part").rename(content / "bulletins" / f"{today}-{name.lower()}.yaml")


async def sent(api: BotApi, name: str) -> Counter[int]:
    """How often each reader got the bulletin, once all have it and nothing more comes."""
    async with asyncio.timeout(30):
        while len(_with(api, name)) < len(READERS):  # noqa: ASYNC110  looked at between calls
            await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    return Counter(_with(api, name))


def _with(api: BotApi, name: str) -> list[int]:
    return [int(given["chat_id"]) for given in api.of("sendMessage") if name in given["text"]]


@pytest.mark.slow
@pytest.mark.postgres
class TestRolling:
    """From the release before to ours. There is none before the first migration, so pytest then skips the test."""

    @pytest.mark.parametrize("number", [CURRENT - 1] if CURRENT > 1 else [])
    async def test_side_by_side(self, older: Path, postgresql: PostgreSQL, tmp_path: Path) -> None:
        """Set in one, it holds in the other; a bulletin reaches each reader once, whoever of the two sends."""
        content = older / "tests" / "dossiers" / "tiny"
        async with postgresql.bare_database() as url, bot_api() as api, aiohttp.ClientSession() as session:
            numbers = count(9001)
            before, ours = (Release(code, content, api, url, tmp_path) for code in (older, ROOT))
            await before.migrate()
            async with before.running():
                for reader in READERS:
                    await before.says(session, "/subscribe", reader, reader)
                await ours.migrate()
                async with ours.running():
                    await until_compared(url)
                    await before.says(session, "/language id", READERS[0], next(numbers))
                    await ours.says(session, "/language id", READERS[1], next(numbers))
                    await asyncio.sleep(2)
                    for release in (before, ours):
                        for reader in READERS[:2]:
                            assert "Rp4.500" in await release.says(session, "/fare", reader, next(numbers))
                    await asyncio.to_thread(publish, content, "Together")
                    assert await sent(api, "Together") == dict.fromkeys(READERS, 1)
            async with ours.running():
                await asyncio.sleep(1)
                await asyncio.to_thread(publish, content, "Afterwards")
                assert await sent(api, "Afterwards") == dict.fromkeys(READERS, 1)
            assert set(_with(api, "Together")) == set(READERS)
            assert len(_with(api, "Together")) == len(READERS)
