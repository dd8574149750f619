"""Commands that only look: they make, migrate and change no database, whatever they find there."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bot.cli import main
from bot.db.engine import open_database
from tests.command import Run
from tests.conftest import TINY, Edit
from tests.databases import PostgreSQL, release_0_8_0
from tests.fork_server import nota
from tests.tables import cases

LOOKING = [
    ["publish", "--dry-run"],
    ["backup", "export", "-"],
    ["deliveries"],
    ["deliveries", "--csv", "-"],
    ["feeds"],
    ["feeds", "candidates"],
    ["questions"],
    ["questions", "--claims"],
    ["content", "export"],
    ["content", "decisions"],
    ["doctor"],
    ["check"],
]
ids = [" ".join(words) for words in LOOKING]
ANYWHERE = ("doctor", "check")
"""These need no database."""
ON_COPY = ("publish",)
"""This looks at a copy with this release's tables."""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the database, which is not there yet."""
    monkeypatch.setenv("CONTENT_DIR", str(TINY))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/data/nota.sqlite3")
    monkeypatch.setenv("EMBEDDINGS", "off")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def of_an_older_release(folder: Path) -> dict[str, bytes]:
    """Makes a database as 0.8.0 left it; returns its files."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "nota.sqlite3")) as connection:
        connection.executescript(f"PRAGMA journal_mode = WAL; {release_0_8_0('sqlite')}")
    return contents(folder)


@pytest.mark.parametrize("words", LOOKING, ids=ids)
class TestSqlite:
    """The file, and the folder around it."""

    def test_where_there_is_none(self, words: list[str], data: Path, run: Run) -> None:
        """It is said, and neither file nor folder is made: the address may be wrong."""
        said = run(*words, status=words[0] not in ANYWHERE)
        assert not data.exists()
        if words[0] not in ANYWHERE:
            expected = "does not exist, expected: `nota run` or `nota migrate`, which make it"
            assert (said.out, said.err) == ("", f"DATABASE_URL: {data}/nota.sqlite3 {expected}\n")

    @pytest.mark.slow
    def test_of_an_older_release(self, words: list[str], data: Path, run: Run) -> None:
        """The older release may still run on it, or be wanted back with a backup that it can read."""
        before = of_an_older_release(data)
        said = run(*words, status=words[0] not in (*ANYWHERE, *ON_COPY))
        assert contents(data) == before
        assert "older release" in said.err or words[0] in (*ANYWHERE, *ON_COPY)
        assert "what follows is of a copy" in said.err or words[0] not in ON_COPY
        assert "this release needs" in said.out or words[0] != "doctor"

    @pytest.mark.slow
    def test_of_this_release(self, words: list[str], data: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        """They work, and leave every byte. An editors' chat that was never seen becomes no reader."""
        if words[0] != "doctor":  # which would miss the chat's platform
            monkeypatch.setenv("EDITORS_CHAT", "telegram:-100123")
        run("publish")
        before = contents(data)
        assert run(*words).err == ""
        assert contents(data) == before


def test_a_copy_that_has_no_room(data: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """The folder of the copy is named, which is in no setting."""
    of_an_older_release(data)
    monkeypatch.setattr(tempfile, "tempdir", f"{data}/gone")
    for words in (["publish", "--dry-run"], ["check", "--against", f"sqlite:///{data}/nota.sqlite3"]):
        assert f"no copy can be made in {data}/gone (TMPDIR): " in run(*words, status=1).err


CHANGING = [
    ["content", "import", str(TINY)],
    ["feeds", "take", "1"],
    ["deliveries", "--stop"],
    ["deliveries", "--start"],
    ["deliveries", "--unsuspend", "2026-01-31T09:30Z"],
    ["publish", "--confirm", "12345678"],
    ["publish", "--rollback"],
    ["publish", "2026-01-05-first-crossing", "--to", "telegram:1"],
]


@pytest.mark.parametrize("words", CHANGING, ids=[" ".join(words[:2]) for words in CHANGING])
class TestOfARunningBot:
    """What changes something of a bot that runs makes no database, either: no bot runs on it."""

    def test_where_there_is_none(self, words: list[str], data: Path, run: Run) -> None:
        said = run(*words, status=1)
        assert not data.exists()
        assert (said.out, "does not exist, expected: `nota run`" in said.err) == ("", True)

    def test_of_an_older_release(self, words: list[str], data: Path, run: Run) -> None:
        """Its bot may still run on it: only what starts this release on it migrates it."""
        before = of_an_older_release(data)
        said = run(*words, status=1)
        assert contents(data) == before
        assert "older release made the tables, expected: run `nota migrate` first" in said.err

    def test_in_an_empty_one(self, words: list[str], data: Path, run: Run) -> None:
        data.mkdir()
        (data / "nota.sqlite3").touch()
        for _ in range(2):
            said = run(*words, status=1)
            assert (said.out, "has no tables yet, expected: `nota run`" in said.err) == ("", True)


@cases("words, status")
def test_broken_content_migrates_nothing(
    words: str, status: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the older release can go on.

    run | 78
    run --held | 78
    migrate | 78
    publish | 1
    """
    before = of_an_older_release(data)
    shutil.copytree(TINY, tmp_path / "broken")
    (tmp_path / "broken/dossier.yaml").write_text("title: [", "utf-8")
    monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "broken"))
    done = subprocess.run(nota(*words.split()), cwd=tmp_path, env=os.environ, capture_output=True, check=False)
    assert (done.returncode, contents(data) == before) == (status, True)
    assert b"dossier.yaml:" in done.stderr + done.stdout


@cases("words, status")
def test_another_dossier_migrates_nothing(words: str, status: int, data: Path, tmp_path: Path) -> None:
    """A wrong CONTENT_DIR at an update: the older release can go on, and the file is the same to the byte.

    run | 78
    run --held | 78
    migrate | 78
    publish | 1
    publish --dry-run | 1
    """
    of_an_older_release(data)
    with closing(sqlite3.connect(data / "nota.sqlite3")) as connection:
        connection.executescript(
            """INSERT INTO safeguards (id, dossier) VALUES (1, 'museum');
            INSERT INTO readers (id, platform, chat_id, chat, thread, kind, first_seen) VALUES (1, 'telegram', 1, '1', '0', 'private', 1);
            INSERT INTO subscriptions (reader_id, every_topic, pace, hour, weekday, quiet_start, quiet_end, zone, since)
            VALUES (1, 1, 'at_once', 9, 0, 0, 0, 'UTC', 1);"""
        )
    before = contents(data)
    done = subprocess.run(nota(*words.split()), cwd=tmp_path, env=os.environ, capture_output=True, check=False)
    assert (done.returncode, contents(data) == before) == (status, True)
    assert b"the database belongs to the dossier museum, and the files are of ferry" in done.stderr + done.stdout


def test_a_dry_run_on_an_unused_database_of_another_dossier(
    data: Path, folder: Path, edit: Edit, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it would print of these files is not what the operator wants to know: whose database that is. A note to doctor."""
    assert main(["publish"]) == 0
    edit("dossier.yaml", "id: ferry", "id: museum")
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    assert main(["publish", "--dry-run"]) == 1
    assert "belongs to the dossier ferry, and the files are of museum: it has no readers" in capsys.readouterr().err
    assert main(["doctor"]) == 0
    assert "! dossier: the database belongs to the dossier ferry" in capsys.readouterr().out
    assert (main(["publish"]), main(["publish", "--dry-run"])) == (0, 0)


def test_a_broken_backup_migrates_nothing(data: Path, run: Run) -> None:
    before = of_an_older_release(data)
    run("backup", "import", os.devnull, "--replace", status=1)
    assert contents(data) == before


@pytest.mark.slow
@pytest.mark.postgres
class TestPostgresql:
    """The same there: the server itself refuses to write."""

    @pytest.mark.parametrize("words", [*LOOKING, *CHANGING], ids=" ".join)
    async def test_an_empty_one_stays_empty(
        self, words: list[str], postgresql: PostgreSQL, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with postgresql.bare_database() as url:
            monkeypatch.setenv("DATABASE_URL", url)
            assert await in_thread(words) == (0 if words[0] in ANYWHERE else 1)
            database = open_database(url)
            async with database.read() as connection:
                assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []
            await database.close()

    async def test_they_work(self, postgresql: PostgreSQL, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async with postgresql.database() as url:
            monkeypatch.setenv("DATABASE_URL", url)
            assert await in_thread(["publish"]) == 0
            for words in LOOKING:
                assert await in_thread(words) == 0, words


async def in_thread(words: list[str]) -> int:
    """The exit status; a command runs an event loop of its own."""
    import asyncio

    return await asyncio.to_thread(main, words)
