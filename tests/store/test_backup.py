"""What is kept goes out as JSON Lines and comes in again, whatever the database, with nothing lost."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.cli import main
from bot.delivery import Address
from bot.dossier.model import TopicId
from bot.schedule import QuietHours, Subscription, Timing
from bot.store.backup import OF_THE_MOMENT, READERS, UnreadableBackup, bring_in, export
from bot.store.store import Store, open_store
from bot.store.tables import metadata
from tests.databases import PostgreSQL
from tests.store.test_expanding import row_for

GROUP = Address("telegram", -1001234567890, 7)
GUILD = Address("discord", 1 << 62)
PARENT = (1 << 62) + 1
WANTED = Subscription(
    frozenset({TopicId("fare")}), Timing("weekly", 8, 2, QuietHours(22, 7), "Asia/Jakarta"), silent=True
)


async def fill(store: Store) -> None:
    """Readers as they come, and a row in every other table."""
    await store.readers.meet(GROUP, "group", 'Группа "Ньюс" 🗞\n</b>', "ru")
    await store.readers.set_language(GROUP, "id")
    await store.subscriptions.put(GROUP, WANTED)
    await store.readers.meet(GUILD, "channel", parent_id=PARENT)
    await store.chats.suspend("discord", GUILD.chat_id, "left")
    async with store.database.write() as connection:
        for table in metadata.sorted_tables:
            if table not in OF_THE_MOMENT and table.name not in READERS:
                await connection.execute(insert(table).values(row_for(table)))


async def lines_of(store: Store) -> list[str]:
    return [line async for line in export(store.database)]


@asynccontextmanager
async def database_of(kind: str, tmp_path: Path, postgresql: PostgreSQL) -> AsyncIterator[Store]:
    if kind == "postgresql":
        async with postgresql.database() as url, open_store(url) as store:
            yield store
    else:
        async with open_store(f"sqlite:///{tmp_path}/{kind}.sqlite3") as store:
            yield store


@pytest.mark.postgres
class TestThereAndBack:
    """From either database into either."""

    @pytest.mark.parametrize(("source", "goal"), [("one", "postgresql"), ("postgresql", "one"), ("one", "two")])
    async def test_nothing_is_lost(self, source: str, goal: str, tmp_path: Path, postgresql: PostgreSQL) -> None:
        """What comes out of the second is what came out of the first, line by line."""
        async with database_of(source, tmp_path, postgresql) as old, database_of(goal, tmp_path, postgresql) as new:
            await fill(old)
            lines = await lines_of(old)
            counts = await bring_in(new.database, lines)
            assert await lines_of(new) == lines
            assert sum(counts.values()) == len(lines) - 1
            assert all(counts.values())
            await new.readers.load()
            assert new.readers.language(GROUP) == "id"
            assert await new.subscriptions.get(GROUP) == WANTED
            suspended = await new.readers.get(GUILD)
            assert suspended is not None
            assert (suspended.reason, suspended.parent_id) == ("left", PARENT)
            fresh = await new.readers.meet(Address("telegram", 5), "private")
            assert fresh.id > suspended.id


class TestRefusing:
    """All or nothing, with the line and the reason."""

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ([], "line 1: expected a JSON object"),
            (["garbage"], "line 1: expected a JSON object"),
            (["{}"], "line 1: not the head"),
            (['{"nota": 999, "tables": []}'], "line 1: from a newer release"),
            (['{"nota": 1, "tables": ["readers"]}', "{}"], "line 2: expected a row"),
            (['{"nota": 1, "tables": ["readers"]}', '{"leases": {}}'], "line 2: expected a row"),
            (['{"nota": 1, "tables": ["readers"]}', '{"readers": {"a": 1}}'], "line 2: readers has no a"),
            (['{"nota": 1, "tables": ["readers"]}', '{"readers": {"id": 1}}'], "lines 2 to 2: readers does not take"),
        ],
    )
    async def test_what_is_no_backup(self, store: Store, lines: list[str], said: str) -> None:
        """Nothing is changed."""
        with pytest.raises(UnreadableBackup, match=said):
            await bring_in(store.database, lines)
        assert len(await lines_of(store)) == 1

    async def test_half_a_file(self, store: Store) -> None:
        """Cut within a line: what stood before it does not come in either."""
        row = {"platform": "telegram", "chat_id": 5, "kind": "group", "met": 1.0}
        lines = ['{"nota": 1, "tables": ["readers"]}', json.dumps({"readers": row}), '{"readers": {"platf']
        with pytest.raises(UnreadableBackup, match="line 3"):
            await bring_in(store.database, lines)
        assert len(await lines_of(store)) == 1

    async def test_a_database_in_use(self, store: Store) -> None:
        """Two worlds are not mixed."""
        lines = await lines_of(store)
        await fill(store)
        with pytest.raises(UnreadableBackup, match="is not empty"):
            await bring_in(store.database, lines)


class TestCommands:
    """``nota export`` and ``nota import``."""

    def test_out_of_one_into_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """By way of a file that others cannot read."""
        file = tmp_path / "backup.jsonl"
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/old.sqlite3")
        assert main(["export", str(file)]) == 0
        assert file.stat().st_mode & 0o077 == 0
        with file.open("a") as more:
            row = {"id": 3, "platform": "telegram", "chat_id": 5, "kind": "group", "met": 1.0}
            more.write(json.dumps({"readers": row}) + "\n")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.sqlite3")
        assert main(["import", str(file)]) == 0
        assert capsys.readouterr().out == "1 readers\n"
        assert main(["import", str(file)]) == 1
        assert "is not empty" in capsys.readouterr().err

    @pytest.mark.parametrize("speaking", ["latin-1", "ascii", "utf-16"])
    def test_by_a_pipe_whatever_the_machine_speaks(self, tmp_path: Path, speaking: str) -> None:
        """A name in any script comes through, as it does by a file."""
        root = str(Path(__file__).parents[2])
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "PYTHONIOENCODING": speaking}
        row = {"id": 3, "platform": "telegram", "chat_id": 5, "kind": "group", "title": "Группа 🗞\u202e", "met": 1.0}
        lines = f'\ufeff{{"nota": 1, "tables": ["readers"]}}\r\n{json.dumps({"readers": row}, ensure_ascii=False)}\r\n'
        at_one, at_two = ({"DATABASE_URL": f"sqlite:///{tmp_path}/{name}.sqlite3"} for name in ("one", "two"))
        nota = (sys.executable, "-m", "bot")

        def piped(command: str, *more: str, env: dict[str, str], given: bytes = b"") -> bytes:
            return subprocess.run(
                (*nota, command, *more), env=own | env, input=given, capture_output=True, check=True
            ).stdout

        piped("import", "-", env=at_one, given=lines.encode())
        out = piped("export", env=at_one)
        assert "Группа 🗞\u202e" in out.decode()
        piped("import", "-", env=at_two, given=out)
        assert piped("export", env=at_two) == out

    @pytest.mark.parametrize("by", ["file", "pipe"])
    def test_what_is_no_text_is_refused(self, tmp_path: Path, by: str) -> None:
        """In words, and not brought in with question marks in its place."""
        spoilt = tmp_path / "spoilt.jsonl"
        row = b'{"readers": {"id": 3, "platform": "telegram", "chat_id": 5, "kind": "group", "title": "\xcd", "met": 1.0}}'
        spoilt.write_bytes(b'{"nota": 1, "tables": ["readers"]}\n' + row)
        given = str(spoilt) if by == "file" else "-"
        done = subprocess.run(
            (sys.executable, "-m", "bot", "import", given),
            cwd=Path(__file__).parents[2],
            env={"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{tmp_path}/one.sqlite3"},
            input=spoilt.read_bytes(),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.decode() == f"{given}: not UTF-8, expected what nota export writes\n"

    def test_one_that_fails_leaves_the_last_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Yesterday's backup is what one has when the database is gone."""
        (tmp_path / "backup.jsonl").write_text("yesterday's", encoding="utf-8")
        (tmp_path / "nota.sqlite3").write_bytes(b"not a database" * 100)
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nota.sqlite3")
        assert main(["export", str(tmp_path / "backup.jsonl")]) == 1
        assert "cannot be used" in capsys.readouterr().err
        assert (tmp_path / "backup.jsonl").read_text(encoding="utf-8") == "yesterday's"
        assert not list(tmp_path.glob("*.unfinished"))

    def test_where_nothing_can_be_written(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """One line, exit 1."""
        assert main(["export", str(tmp_path / "none" / "backup.jsonl")]) == 1
        assert capsys.readouterr().err == f"{tmp_path}/none/backup.jsonl.unfinished: No such file or directory\n"

    def test_readers_only(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Without bulletins and what was sent."""
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/old.sqlite3")
        assert main(["export", "--readers-only"]) == 0
        assert set(json.loads(capsys.readouterr().out)["tables"]) == set(READERS)

    def test_a_file_that_is_not_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Named, exit 1."""
        assert main(["import", str(tmp_path / "none.jsonl")]) == 1
        assert "none.jsonl" in capsys.readouterr().err
