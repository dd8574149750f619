"""A deploy of this release after the one before, which is its own code, out of the history."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from shutil import copytree
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.cli import KEPT_BULLETINS
from bot.db.backup import import_backup
from bot.db.schema import deliveries
from bot.db.store import open_store
from bot.platforms.telegram.types import PATH
from bot.platforms.telegram.webhook import webhook_secret
from bot.reader import Address
from tests.bot_process import free_port, until_up
from tests.databases import PostgreSQL
from tests.editor import until_compared
from tests.fork_server import nota
from tests.platforms.telegram.updates import ANONYMOUS_ADMIN, chat, message, user
from tests.servers.telegram import TOKEN, BotApi, bot_api

ROOT = Path(__file__).parents[2]


def git(*words: str) -> bytes:
    """What git says; skips where there is no history to ask."""
    try:
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no history of the code here: {type(error).__name__}")


def code_of(commit: str, folder: Path) -> Path:
    """The folder, with the code of a commit in it."""
    archive = git("archive", commit, "bot", "tests/dossiers/tiny")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def commit_of(release: str) -> str:
    """The commit that CHANGELOG.md names for a release."""
    named = re.search(
        rf"^## \[{re.escape(release)}\] .+\n\nCommit `(\w+)`", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )
    assert named
    return named[1]


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
        await self.nota("migrate")

    async def nota(self, *words: str) -> str:
        """What a command prints."""
        step = await self._start(*words, err=STDOUT, out=PIPE)
        said, _ = await asyncio.wait_for(step.communicate(), 60)
        assert step.returncode == 0, said.decode()
        return said.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The web process, until the block ends; then it ends as it is told."""
        log = self.folder / f"{self.port}.log"
        with log.open("wb") as out:
            process = await self._start("run", err=out, out=DEVNULL)
        try:
            await until_up(f"http://127.0.0.1:{self.port}", process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 15) == 0
        assert '"level": "error"' not in log.read_text("utf-8")

    async def says(self, session: aiohttp.ClientSession, text: str, who: int, number: int) -> str:
        """The answer in the webhook's response; a group is asked by an anonymous admin."""
        asker = message(text, who, user(who)) if who > 0 else message(text, who, ANONYMOUS_ADMIN, sender_chat=chat(who))
        return str(json.loads(await self.hears(session, asker, number))["text"])

    async def hears(self, session: aiohttp.ClientSession, update: dict[str, Any], number: int) -> bytes:
        """The webhook's response."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(TOKEN)}
        numbered = update | {"update_id": number}
        async with session.post(f"http://127.0.0.1:{self.port}{PATH}", json=numbered, headers=headers) as answer:
            assert answer.status == 200
            return await answer.read()

    async def _start(self, *words: str, err: Any, out: int) -> Process:
        words = (
            nota(*words) if self._code == ROOT else (sys.executable, "-m", "bot", *words)
        )  # the server runs our code
        return await asyncio.create_subprocess_exec(
            *words, env=self._environment, cwd=self.folder, stdout=out, stderr=err
        )


def publish(content: Path, name: str, body: str | None = None) -> None:
    """A bulletin of today, or another text for it."""
    today = datetime.now(UTC).date()
    words = f"{{en: {body or name}, id: {body or name}}}"
    text = f"date: {today}\ntitle: {words}\nbody: {words}\ntopics: [fare]\nsources: [harbour]\n"
    (content / f"{name}.part").write_text(text, "utf-8")
    (content / f"{name}.part").rename(content / "bulletins" / f"{today}-{name.lower()}.yaml")


LOOKS = "this release was never started on the database: what follows is of a copy with its tables"
GROUP, GROUP_NOW, OTHER, READER = -41, -1000000000041, -42, 2001


async def shown(api: BotApi, method: str, words: str, *chats: int) -> None:
    """Waits until the words were sent or edited in each of the chats; they were so once, and nowhere else."""

    def places() -> list[int]:
        return sorted(int(given["chat_id"]) for given in api.of(method) if words in given["text"])

    await api.when(lambda: len(places()) >= len(chats), 60)
    await asyncio.sleep(2)
    assert places() == sorted(chats)


@pytest.mark.slow
@pytest.mark.parametrize("release", ["0.8.0"])
class TestEarlierRelease:
    """The release before is stopped, this one goes on from what it left, and that one refuses the tables from then on."""

    async def test_moves_and_refuses(self, release: str, database_kind: str | PostgreSQL, tmp_path: Path) -> None:
        """Nothing is edited by the move; what the former release has sent is corrected, and its groups move."""
        code = code_of(commit_of(release), tmp_path / "earlier")
        content, numbers = code / "tests" / "dossiers" / "tiny", count(1)
        async with AsyncExitStack() as stack:
            server = database_kind if isinstance(database_kind, PostgreSQL) else None
            file = f"sqlite:///{tmp_path}/nota.sqlite3"
            url = await stack.enter_async_context(server.bare_database()) if server else file
            api = await stack.enter_async_context(bot_api())
            session = await stack.enter_async_context(aiohttp.ClientSession())
            earlier, ours = (Release(code, content, api, url, tmp_path) for code in (code, ROOT))
            await earlier.migrate()
            async with earlier.running():
                await until_compared(url)
                for chat_id in (READER, GROUP):
                    await earlier.says(session, "/subscribe", chat_id, next(numbers))
                await asyncio.to_thread(publish, content, "First")
                await shown(api, "sendMessage", "First", READER, GROUP)
                said = await ours.nota("publish", "--dry-run")
                assert said.splitlines() == [LOOKS, KEPT_BULLETINS, "nothing has changed"]
                draft = Path(copytree(content, tmp_path / "draft"))
                await asyncio.to_thread(publish, draft, "Brought")
                said = await ours.nota("check", str(draft), "--against", url)
                assert re.search(r"-brought: .*telegram +en +2 readers.*Brought", said, re.S)
            await earlier.nota("backup", "export", str(tmp_path / "earlier.jsonl"))
            await ours.migrate()
            async with ours.running():
                await asyncio.sleep(3)
                assert api.of("editMessageText") == []
                await asyncio.to_thread(publish, content, "First", "Corrected once")
                await shown(api, "editMessageText", "Corrected once", READER, GROUP)
                await ours.hears(session, message("", GROUP, migrate_to_chat_id=GROUP_NOW), next(numbers))
                await ours.says(session, "/subscribe", OTHER, next(numbers))
                await asyncio.to_thread(publish, content, "Second")
                await shown(api, "sendMessage", "Second", READER, GROUP_NOW, OTHER)
            with pytest.raises(AssertionError, match=r"needs a release that knows migration 26\b"):
                await earlier.nota("deliveries")
            await ours.nota("backup", "export", str(tmp_path / "ours.jsonl"))
        for name, chats, number in (("earlier", (READER, GROUP), 2), ("ours", (READER, GROUP_NOW, OTHER), 5)):
            backup = await asyncio.to_thread((tmp_path / f"{name}.jsonl").read_text, "utf-8")
            await self._imported(f"sqlite:///{tmp_path}/{name}.sqlite3", backup, chats, number)

    async def _imported(self, url: str, backup: str, chats: tuple[int, ...], number: int) -> None:
        """Either release's backup has the chats and each message's id."""
        async with open_store(url) as store:
            await import_backup(store.database, backup.splitlines())
            for chat_id in chats:
                assert await store.subscriptions.get(Address("telegram", str(chat_id)))
            async with store.database.read() as connection:
                sent_as = (await connection.execute(select(deliveries.c.message))).scalars().all()
        assert len(sent_as) == number
        assert [message_id for message_id in sent_as if not (message_id or "").lstrip("-").isdecimal()] == []
