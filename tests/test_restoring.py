"""A backup put back, as an operator does it: commands and processes, and a Bot API on loopback that counts messages."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.db.backup import export, import_backup
from bot.db.store import Store
from bot.live_dossier import LiveDossier
from bot.newsroom.worker import follow_changes
from tests import fork_server
from tests.app.test_rolling import READERS, ROOT, Release, publish, sent
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.databases import PostgreSQL
from tests.desk_scene import worker_on
from tests.editor import bulletin, new_editor, until_compared
from tests.servers.telegram import bot_api

ONCE = dict.fromkeys(READERS, 1)


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


@pytest.mark.slow
class TestWhileTheBotRuns:
    """On a volume that one machine alone can have, the import runs beside the bot."""

    async def test_what_comes_after_it_is_news(self, store: Store, clock: MovedClock) -> None:
        """The content counts as sent soon after the import, and not when it is changed next."""
        await subscribe_all(store, [1, 2])
        editor = await new_editor(store)
        lines = [line async for line in export(store.database)]
        live = LiveDossier(editor.live(bulletin("ferry")))
        clock.forward(seconds=1)

        async def until_it_counts_as_sent() -> None:
            async with asyncio.timeout(60):
                while await editor.newsroom.must_compare(live.tree):  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.01)

        worker = worker_on(store, live)
        task = asyncio.create_task(worker.run())
        try:
            await until_it_counts_as_sent()
            await import_backup(store.database, lines, replace=True)
            await until_it_counts_as_sent()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await follow_changes(store, live)
        later = editor.live(bulletin("ferry"), bulletin("pier"))
        report = await editor.newsroom.publish_changes(later, edition=live.edition)
        assert report.published == {"2026-11-23-pier": 2}
