"""A backup put back, as an operator does it: commands and processes, and a Bot API on loopback that counts messages."""

import asyncio
import os
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.db.backup import export, import_backup
from bot.dossier.entries import Key
from tests import fork_server
from tests.app.test_rolling import ROOT, Release, publish
from tests.clocks import MovedClock
from tests.databases import PostgreSQL
from tests.delivery.scene import DeliveryScene
from tests.editor import Editor, until_compared
from tests.newsroom.office import NEW_ONE, WITHDRAWN, Office, bulletin, texts
from tests.newsroom.test_changes import READER, office
from tests.servers.telegram import BotApi, bot_api

__all__ = ["office"]

READERS = range(2001, 2013)
ONCE = dict.fromkeys(READERS, 1)


async def sent(api: BotApi, name: str) -> Counter[int]:
    """How often each reader got the bulletin, once all have it and nothing more comes."""

    def chats() -> list[int]:
        return [int(given["chat_id"]) for given in api.of("sendMessage") if name in given["text"]]

    await api.when(lambda: len(chats()) >= len(READERS), 30)
    await asyncio.sleep(2)
    return Counter(chats())


def nota(url: str, *words: str, given: bytes = b"") -> bytes:
    """What ``nota backup …`` prints."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": url}
    command = fork_server.nota("backup", *words)
    return subprocess.run(command, env=own, input=given, stdout=subprocess.PIPE, check=True).stdout


@asynccontextmanager
async def database(tmp_path: Path, server: PostgreSQL | None) -> AsyncIterator[str]:
    """The URL of an empty one: an SQLite file, where there is no server."""
    if server is None:
        yield f"sqlite:///{tmp_path}/nota.sqlite3"
        return
    async with server.bare_database() as url:
        yield url


@pytest.mark.slow
class TestYesterdaysBackup:
    """Stopped, put back, started again: as docs/operators.md has it."""

    @pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
    async def test_nobody_gets_anything_twice(
        self, kind: str, folder: Path, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        """What came after the backup is not sent again; what comes after the start is, to all of the backup's readers."""
        server: PostgreSQL | None = request.getfixturevalue("postgresql") if kind == "postgresql" else None
        async with bot_api() as api, aiohttp.ClientSession() as session, database(tmp_path, server) as url:
            bot = Release(ROOT, folder, api, url, tmp_path)
            await bot.migrate()
            async with bot.running():
                await until_compared(url)
                for reader in READERS:
                    await bot.says(session, "/subscribe", reader, reader)
                await asyncio.to_thread(publish, folder, "Before")
                assert await sent(api, "Before") == ONCE
                saved = await asyncio.to_thread(nota, url, "export", "-")
                await asyncio.to_thread(publish, folder, "Newer")
                assert await sent(api, "Newer") == ONCE
            await asyncio.to_thread(nota, url, "import", "-", "--replace", given=saved)
            async with bot.running():
                await until_compared(url)
                await asyncio.to_thread(publish, folder, "Later")
                assert await sent(api, "Later") == ONCE
            for name in ("Before", "Newer"):
                assert await sent(api, name) == ONCE


class TestWhileTheBotRuns:
    """On a volume that one machine alone can have, the import runs beside the bot."""

    async def test_what_comes_after_it_is_news(self, office: Office) -> None:
        """The content counts as sent soon after the import, and not when it is changed next."""
        saved = [line async for line in export(office.store.database)]
        for name in ("ferry", "pier"):
            text = {"date": "2026-11-23", "title": texts(name), "body": texts(f"{name}.")}
            await office.write(f"bulletins/2026-11-23-{name}", text)
            if name == "ferry":
                await import_backup(office.store.database, saved, replace=True)
                await office.look()
        assert await office.delivered("2026-11-23-ferry") == []
        assert await office.delivered("2026-11-23-pier") == ["due"]

    @pytest.mark.slow
    async def test_messages_from_before_it_are_edited_by_an_owner(self, office: Office, clock: MovedClock) -> None:
        """They may say by now what nobody here knows: that they are withdrawn, for example. Of two, one alone is edited on purpose."""
        chats = DeliveryScene(office.store, clock, Editor(office.store))
        for words in ("One", "Two"):
            await office.put({NEW_ONE: bulletin(words, body=texts("It costs {fare}."))})
        await chats.send_all()
        saved = [line async for line in export(office.store.database)]
        [key] = [Key(f"bulletins/{name}") for name in office.live.complete.bulletins if "one" in name]
        await office.approved(office.of(key, withdrawn=WITHDRAWN))
        await office.look()
        await chats.send_all()
        assert "Wrong." in str(chats.platform.messages(READER))
        clock.forward(days=1)
        await import_backup(office.store.database, saved, replace=True)
        again = Office(office.store, office.folder, clock, "again")
        await again.look()
        chats.platform.calls.clear()
        await again.edit("4500", "4800", "facts")
        await chats.send_all()
        assert [how for how, address, _ in chats.platform.calls if address == READER] == []
        assert "4800" in str(again.live.complete.facts)
