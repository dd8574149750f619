"""Least rights: nothing secret where others look, nothing written where nothing need be."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import TINY
from tests.feeds.test_process import FEEDS
from tests.servers.publisher import HOME, publishing
from tests.servers.telegram import TOKEN, bot_api

ROOT = Path(__file__).parents[2]
NOBODY = 65534
SECRET = "an opensesame of many letters"


def can_be_read_by_nobody(path: Path) -> bool:
    """Whether every folder on the way is open to all."""
    return all(each.stat().st_mode & 0o005 == 0o005 for each in (path, *path.parents))


@asynccontextmanager
async def running(folder: Path, user: int | None = None, **environment: str) -> AsyncIterator[tuple[Process, str]]:
    """The bot in a folder, and its address; stopped at the end."""
    own = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "CONTENT_DIR": str(TINY),
        "PORT": "0",
        "LOG_FORMAT": "json",
    }
    command = (sys.executable, "-B", "-m", "bot", "run")
    process = await asyncio.create_subprocess_exec(
        *command,
        env=own | environment,
        cwd=folder,
        stdout=PIPE,
        stderr=PIPE,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    try:
        yield process, await _address(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 10)


async def _address(process: Process) -> str:
    assert process.stderr is not None
    said = []
    async with asyncio.timeout(30):
        async for line in process.stderr:
            said.append(line.decode())
            if '"ready"' in said[-1]:
                return said[-1].partition('"address": "')[2].partition('"')[0]
    raise AssertionError("".join(said))


def children_of(pid: int) -> dict[str, bytes]:
    """What each child was started for → its environment."""
    found: dict[str, bytes] = {}
    for tasks in Path(f"/proc/{pid}/task").iterdir():
        for child in (tasks / "children").read_text(encoding="ascii").split():
            with suppress(OSError):  # it is gone already
                words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
                name = next((word for word in words if word == "bot.feeds.parser_process"), "")
                environment = Path(f"/proc/{child}/environ").read_bytes()
                if name and environment:
                    found[name] = environment
    return found


@pytest.mark.slow
class TestSecrets:
    """Secrets are in the environment, which only the owner of a process can read."""

    async def test_nothing_secret_is_an_argument(self, tmp_path: Path) -> None:
        """``ps`` shows arguments to every user of the machine."""
        async with bot_api() as api:
            secrets = {"TELEGRAM_TOKEN": TOKEN, "METRICS_TOKEN": SECRET, "PREVIEW_PASSWORD": SECRET}
            async with running(tmp_path, TELEGRAM_API_URL=api.url, **secrets) as (process, _):
                shown = await asyncio.to_thread(Path(f"/proc/{process.pid}/cmdline").read_bytes)
        assert TOKEN.encode() not in shown
        assert SECRET.encode() not in shown

    async def test_no_child_is_given_one(self, tmp_path: Path, folder: Path) -> None:
        """Children draw pictures and parse feeds, which contain texts of others."""
        secrets = {"TELEGRAM_TOKEN": TOKEN, "METRICS_TOKEN": SECRET, "PREVIEW_PASSWORD": SECRET}
        seen: dict[str, bytes] = {}
        async with bot_api() as api, publishing() as publisher:
            url = publisher.gives("/feed", "<rss><channel>" + "<item>" * 100_000)  # takes a second to parse
            await asyncio.to_thread((folder / "feeds.yaml").write_text, FEEDS.format(url=url), "utf-8")
            settings = secrets | {"FEEDS": "1", "FEEDS_ALLOW": HOME, "CONTENT_DIR": str(folder)}
            async with running(tmp_path, TELEGRAM_API_URL=api.url, **settings) as (process, _), asyncio.timeout(30):
                while "bot.feeds.parser_process" not in seen:
                    seen |= await asyncio.to_thread(children_of, process.pid)
        for name, environment in seen.items():
            assert TOKEN.encode() not in environment, name
            assert SECRET.encode() not in environment, name
            assert b"PATH=" in environment, name

    async def test_the_data_folder_is_its_owners(self, tmp_path: Path) -> None:
        """As it is made at the first start."""
        async with running(tmp_path):
            mode = await asyncio.to_thread(lambda: (tmp_path / "data").stat().st_mode)
        assert mode & 0o077 == 0


@pytest.mark.skipif(
    os.getuid() != 0 or not all(map(can_be_read_by_nobody, (ROOT, Path(sys.executable).resolve().parent))),
    reason="only root can become nobody, where nobody can read the code",
)
@pytest.mark.slow
class TestReadOnly:
    """As the Dockerfile has it run."""

    async def test_runs_as_nobody_where_nothing_can_be_written(self) -> None:
        """Given a database; it answers."""
        with (
            tempfile.TemporaryDirectory(prefix="nota-read-only-") as folder,
            tempfile.TemporaryDirectory(prefix="nota-volume-") as volume,
        ):
            await asyncio.to_thread(Path(folder).chmod, 0o755)
            await asyncio.to_thread(Path(volume).chmod, 0o777)
            async with (
                running(Path(folder), NOBODY, DATABASE_URL=f"sqlite:///{volume}/nota.sqlite3") as (_, address),
                aiohttp.ClientSession() as session,
                session.get(f"{address}/readyz") as answer,
            ):
                assert answer.status == 200
                assert list(await asyncio.to_thread(os.listdir, folder)) == []

    async def test_says_so_where_it_has_none(self) -> None:
        """One line that names the setting, no traceback."""
        with tempfile.TemporaryDirectory(prefix="nota-read-only-") as folder:
            await asyncio.to_thread(Path(folder).chmod, 0o755)
            with pytest.raises(AssertionError, match=r"DATABASE_URL: .+ cannot be made") as said:
                async with running(Path(folder), NOBODY):
                    pass
            assert "Traceback" not in str(said.value)
