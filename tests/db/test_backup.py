"""What is kept goes out as JSON Lines and comes in again, whatever the database, with nothing lost."""

import asyncio
import json
import os
import re
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Double, Integer, String, Table, delete, insert

from bot.db.backup import READER_TABLES, TRANSIENT, UnreadableBackup, export, import_backup
from bot.db.changes import Change, Person
from bot.db.migrations import CURRENT, EARLIEST
from bot.db.numbers import Rating
from bot.db.schema import ForeignText, metadata, readers
from bot.db.store import Store, open_store
from bot.dossier.entries import Edition, Entry, Key
from bot.dossier.models import Language, TopicId
from bot.reader import Address
from bot.schedule import QuietHours, Subscription, Timing
from tests import fork_server
from tests.command import Run, Said
from tests.conftest import not_none
from tests.databases import PostgreSQL, reading, sqlite_url, writing

GROUP = Address("telegram", "-1001234567890", "7")
GUILD = Address("discord", str(1 << 62))
PARENT = str((1 << 62) + 1)
MAIL = "reader@example.org"
WANTED = Subscription(
    frozenset({TopicId("fare")}), Timing("weekly", 8, 2, QuietHours(22, 7), "Asia/Jakarta"), silent=True
)


def row_for(table: Table) -> dict[str, Any]:
    """A row with a value in every column that needs one."""
    return {
        column.name: value_for(column.type, column.name)
        for column in table.columns
        if not column.nullable and column.server_default is None
    }


def value_for(kind: Any, name: str) -> Any:
    match kind:
        case Boolean():
            return True
        case Integer() | Double():
            return 1
        case String() | ForeignText():
            return "1"
        case _:
            return []


async def fill(store: Store) -> str:
    """Readers as they come, and a row in every other table. Returns the token of the link of the one by mail."""
    await store.readers.meet(GROUP, "group", 'Группа "Ньюс" 🗞\n</b>', "ru")
    await store.readers.set_language(GROUP, "id")
    await store.subscriptions.put(GROUP, WANTED)
    await store.readers.meet(GUILD, "channel", parent_id=PARENT)
    await store.readers.suspend("discord", GUILD.chat_id, "left")
    _, link = await writing(store, store.page_readers.welcome, "email", MAIL, {"address": MAIL}, "id")
    async with store.database.write() as connection:
        for table in metadata.sorted_tables:
            if table not in TRANSIENT and table.name not in READER_TABLES:
                await connection.execute(insert(table).values(row_for(table)))
    return link


async def lines_of(store: Store) -> list[str]:
    """The backup, without the stamp, which each import renews, and without the last numbers, which only grow."""
    head, *rows = [line async for line in export(store.database)]
    known = {**json.loads(head), "numbers": {}}
    return [json.dumps(known), *(re.sub(r'"stamp": "\w+"', '"stamp": null', row) for row in rows)]


@asynccontextmanager
async def database_of(kind: str, tmp_path: Path, postgresql: PostgreSQL) -> AsyncIterator[Store]:
    if kind == "postgresql":
        async with postgresql.database() as url, open_store(url) as store:
            yield store
    else:
        async with open_store(f"sqlite:///{tmp_path}/{kind}.sqlite3") as store:
            yield store


@pytest.mark.slow
@pytest.mark.postgres
class TestThereAndBack:
    """From either database into either."""

    @pytest.mark.parametrize(("source", "goal"), [("one", "postgresql"), ("postgresql", "one"), ("one", "two")])
    async def test_nothing_is_lost(self, source: str, goal: str, tmp_path: Path, postgresql: PostgreSQL) -> None:
        """What comes out of the second is what came out of the first, line by line."""
        async with database_of(source, tmp_path, postgresql) as old, database_of(goal, tmp_path, postgresql) as new:
            link = await fill(old)
            lines = await lines_of(old)
            counts = await import_backup(new.database, lines, send_newer=True)
            assert await lines_of(new) == lines
            assert sum(counts.values()) == len(lines) - 1
            assert [name for name, count in counts.items() if not count] == []
            await new.readers.load()
            assert new.readers.language(GROUP) == "id"
            assert await new.subscriptions.get(GROUP) == WANTED
            suspended = not_none(await new.readers.get(GUILD))
            assert (suspended.reason, suspended.parent_id) == ("left", PARENT)
            by_mail = not_none(await new.page_readers.by_link(link))
            assert by_mail.address == await new.page_readers.find("email", MAIL)
            fresh = await new.readers.meet(Address("telegram", "5"), "private")
            assert fresh.id > suspended.id


READERS_HEAD = json.dumps({"nota": CURRENT, "tables": ["readers"]})


def row_of(**values: object) -> str:
    """A line with a reader, with these values."""
    return json.dumps({"readers": row_for(metadata.tables["readers"]) | values})


class TestRefusing:
    """All or nothing, with the line and the reason."""

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ([], "line 1: cut off, or no line of a backup"),
            (["garbage"], "line 1: cut off, or no line of a backup"),
            (["{}"], "line 1: not the head"),
            (['{"nota": 1, "tables": [1]}'], "line 1: not the head"),
            (['{"nota": 1, "tables": [], "rows": {"readers": "many"}}'], "line 1: not the head"),
            (['{"nota": 999, "tables": []}'], "line 1: from another release: its tables have version 999"),
            (['{"nota": 16, "tables": []}'], "line 1: from another release"),
            ([READERS_HEAD.replace("]", ', "followers"]')], "line 1: this release has no table followers."),
            (["[" * 100_000], "line 1: cut off, or no line of a backup"),
            ([READERS_HEAD, '{"readers": {"id": ' + "[" * 100_000], "line 2: cut off, or no line of a backup"),
            ([READERS_HEAD, '{"readers": {"id": NaN}}'], "line 2: cut off, or no line of a backup"),
            ([READERS_HEAD, '{"readers": {"id": -Infinity}}'], "line 2: cut off, or no line of a backup"),
            ([READERS_HEAD, row_of(id=2**64)], "lines 2 to 2: readers does not take them"),
            ([READERS_HEAD, row_of(id=10**400)], "lines 2 to 2: readers does not take them"),
            ([READERS_HEAD, row_of(platform="\ud800")], "lines 2 to 2: readers does not take them"),
            ([READERS_HEAD, "{}"], "line 2: expected a row"),
            ([READERS_HEAD, '{"leases": {}}'], "line 2: expected a row"),
            ([READERS_HEAD, '{"readers": {"a": 1}}'], "line 2: readers has no a"),
            ([READERS_HEAD, '{"readers": {"id": 1}}'], "lines 2 to 2: readers does not take"),
        ],
    )
    async def test_what_is_no_backup(self, store: Store, lines: list[str], said: str) -> None:
        """Nothing is changed."""
        with pytest.raises(UnreadableBackup, match=said):
            await import_backup(store.database, lines)
        assert len(await lines_of(store)) == 1

    async def test_half_a_file(self, store: Store) -> None:
        """Cut within a line: what stood before it does not come in either."""
        row = {"platform": "telegram", "chat": "5", "thread": "0", "kind": "group", "first_seen": 1.0}
        lines = [READERS_HEAD, json.dumps({"readers": row}), '{"readers": {"platf']
        with pytest.raises(UnreadableBackup, match="line 3"):
            await import_backup(store.database, lines)
        assert len(await lines_of(store)) == 1

    @pytest.mark.parametrize("left", [1, 2, 5])
    async def test_a_stream_that_broke_off_between_two_lines(self, store: Store, left: int) -> None:
        """Every line of it is whole; the first one says how many there were."""
        await fill(store)
        lines = await lines_of(store)
        with pytest.raises(UnreadableBackup, match=r"cut off: \d+ of \d+ rows of "):
            await import_backup(store.database, lines[:left], replace=True)
        assert await lines_of(store) == lines

    async def test_a_database_in_use(self, store: Store) -> None:
        """Two worlds are not mixed."""
        lines = await lines_of(store)
        await fill(store)
        with pytest.raises(
            UnreadableBackup, match=r"the database is not empty .*, expected an empty one, or --replace"
        ):
            await import_backup(store.database, lines)

    async def test_newer_than_what(self, store: Store) -> None:
        """Readers alone do not say which content was there."""
        lines = [line async for line in export(store.database, READER_TABLES)]
        with pytest.raises(UnreadableBackup, match="has only readers"):
            await import_backup(store.database, lines, send_newer=True)


class TestOfAnEarlierRelease:
    """What this release has no place for is left out."""

    async def test_what_nothing_reads_any_more(self, store: Store) -> None:
        """0.8.0 counted ratings by day in a table of their own, too, and held deploys. The rest of its backup is read: unanswered questions become counts."""
        await store.readers.meet(Address("telegram", "1"), "private")
        await store.numbers.rate("fare", "telegram", "en", helped=True, answer="a")
        await store.unanswered.add({("en", "may i bring a dog"): 4}, "claim")
        head, *rows = await lines_of(store)
        named = json.loads(head) | {"nota": EARLIEST}
        named["tables"] += ["ratings", "unanswered_questions"]
        named["rows"] |= {"ratings": 1, "safeguards": 1, "unanswered_questions": 1}
        rating = {"day": 20_780, "topic": "fare", "language": "en", "helped": 1, "failed": 0}
        safeguards = {"id": 1, "dossier": "tiny", "held": "v", "held_changes": [], "confirmed": None, "edition": 0}
        today = next(row["counts"]["day"] for row in map(json.loads, rows) if "counts" in row)
        asked = {"day": today, "kind": "question", "language": "en", "wording": "may i bring a dog", "times": 3}
        theirs = [
            json.dumps({name: row})
            for name, row in (("safeguards", safeguards), ("ratings", rating), ("unanswered_questions", asked))
        ]
        await import_backup(store.database, [json.dumps(named), *rows, *theirs], replace=True)
        assert (await store.safeguards.get()).dossier == "tiny"
        assert await store.numbers.ratings(30) == [Rating("fare", "en", 1, 0)]
        assert [each.times for each in await store.unanswered.commonest(5)] == [3]
        assert [each.times for each in await store.unanswered.commonest(5, kind="claim")] == [4]
        assert await store.readers.get(Address("telegram", "1")) is not None


class TestReplacing:
    """What the database holds goes, and the backup comes in its place."""

    async def test_what_came_since_is_gone(self, store: Store) -> None:
        """Readers with all that hangs on them, and new ones are numbered on."""
        await fill(store)
        lines = await lines_of(store)
        await store.readers.meet(Address("telegram", "5"), "private")
        await store.subscriptions.put(Address("telegram", "5"), WANTED)
        await store.readers.set_language(GROUP, "ru")
        await import_backup(store.database, lines, replace=True, send_newer=True)
        assert await lines_of(store) == lines
        known = {json.loads(line)["readers"]["id"] for line in lines if line.startswith('{"readers"')}
        assert (await store.readers.meet(Address("telegram", "6"), "private")).id not in known

    async def test_one_that_fails_leaves_everything(self, store: Store) -> None:
        """As where nothing is replaced."""
        await fill(store)
        lines = await lines_of(store)
        with pytest.raises(UnreadableBackup):
            await import_backup(store.database, [*lines, "{"], replace=True)
        assert await lines_of(store) == lines

    async def test_what_the_backup_does_not_hold_stays(self, store: Store) -> None:
        """Readers alone leave the bulletins."""
        await fill(store)
        readers_only = [line async for line in export(store.database, READER_TABLES)]
        bulletins = [line for line in await lines_of(store) if line.startswith('{"bulletins"')]
        await import_backup(store.database, readers_only, replace=True)
        assert bulletins
        assert [line for line in await lines_of(store) if line.startswith('{"bulletins"')] == bulletins


class TestChanges:
    """What is in force stays; what was approved is approved anew; no number and no stamp comes twice."""

    PERSON = Person("telegram:1", "Anna", Language("en"))

    async def change(self, store: Store, **columns: Any) -> Change:
        return await writing(store, store.changes.add, self.PERSON, "A change", (), 1.0, **columns)

    async def read(self, store: Store, change: Change) -> Change:
        return not_none(await reading(store, store.changes.read, change.id))

    @pytest.mark.parametrize("send_newer", [False, True])
    async def test_approved_ones_return_to_review(self, store: Store, send_newer: bool) -> None:
        """In the import's transaction, so that a process that runs puts none in force."""
        approved = await self.change(store, state="approved", due=5.0, planned=5.0)
        made = await self.change(store, state="in_force", edition=1)
        async with store.database.write() as connection:
            await store.changes.put_in_force(
                connection, Edition(), Edition(entries={Key("sources/x"): Entry({"a": 1})})
            )
            edition = await store.changes.edition(connection)
        await import_backup(store.database, await lines_of(store), replace=True, send_newer=send_newer)
        returned = await self.read(store, approved)
        assert (returned.state, returned.due, returned.planned, returned.version) == ("review", None, 5.0, 2)
        assert (await self.read(store, made)).state == "in_force"
        [decision, *_] = await reading(store, store.changes.decisions, approved.id)
        after = await reading(store, store.changes.edition)
        assert (decision.action, decision.version) == ("return", 2)
        assert (after.number, after.entries) == (edition.number, edition.entries)
        assert after.stamp not in ("", edition.stamp)

    async def test_into_an_empty_database(self, store: Store, database_url: str, tmp_path: Path) -> None:
        """The numbers of the rows that the import itself adds are free."""
        async with open_store(sqlite_url(tmp_path)) as old:
            approved = await self.change(old, state="approved", due=5.0)
            await writing(old, old.changes.note, approved, "approve", self.PERSON, 1.0)
            lines = [line async for line in export(old.database)]
        await import_backup(store.database, lines)
        decisions = await reading(store, store.changes.decisions, approved.id)
        assert [each.action for each in decisions] == ["return", "approve"]

    async def test_numbers_go_on_behind_what_was_ever_given(self, store: Store, tmp_path: Path) -> None:
        """Also in a new database, and behind rows that were deleted before the backup."""
        gone = await store.readers.meet(Address("telegram", "5"), "private")
        change = await self.change(store)
        async with store.database.write() as connection:
            await connection.execute(delete(readers).where(readers.c.id == gone.id))
        lines = [line async for line in export(store.database)]
        async with open_store(sqlite_url(tmp_path)) as other:
            await import_backup(other.database, lines)
            assert (await other.readers.meet(Address("telegram", "6"), "private")).id > gone.id
            assert (await self.change(other)).id > change.id
        await self.change(store)
        later = await self.change(store)
        await import_backup(store.database, lines, replace=True)
        assert (await self.change(store)).id > later.id

    async def test_of_another_dossier(self, store: Store, tmp_path: Path) -> None:
        """Refused, also if it has readers alone, unless it replaces everything."""
        async with open_store(sqlite_url(tmp_path)) as other:
            await writing(other, other.safeguards.change, dossier="museum")
            whole, alone = (
                [line async for line in export(other.database)],
                [line async for line in export(other.database, READER_TABLES)],
            )
        await writing(store, store.safeguards.change, dossier="ferry")
        for lines in (whole, alone):
            with pytest.raises(UnreadableBackup, match="is of the dossier museum, and the database belongs to ferry"):
                await import_backup(store.database, lines)
        await import_backup(store.database, whole, replace=True)
        assert (await store.safeguards.get()).dossier == "museum"


ROW = {
    "id": 3,
    "platform": "telegram",
    "chat": "5",
    "thread": "0",
    "kind": "group",
    "title": "Группа 🗞\u202e",
    "first_seen": 1.0,
}
BACKUP = f"{READERS_HEAD}\n{json.dumps({'readers': ROW}, ensure_ascii=False)}\n"
ROOT = Path(__file__).parents[2]


def nota(*words: str, at: Path, given: bytes = b"", **how: Any) -> "subprocess.CompletedProcess[bytes]":
    """``nota backup …`` as a process, on an SQLite file."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{at}"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "input": given} | how
    environment = own | streams.pop("env", {})
    return subprocess.run(fork_server.nota("backup", *words), env=environment, check=False, **streams)


class TestCommands:
    """``nota backup export`` and ``nota backup import``."""

    @pytest.mark.slow
    def test_out_of_one_into_another(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        """By way of a file that others cannot read."""
        file = tmp_path / "backup.jsonl"
        monkeypatch.setenv("DATABASE_URL", sqlite_url())
        run("backup", "export", file)
        assert file.stat().st_mode & 0o077 == 0
        with file.open("a", encoding="utf-8") as more:
            more.write(json.dumps({"readers": ROW}) + "\n")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.sqlite3")
        assert run("backup", "import", file).out == "readers: 1\n"
        assert "is not empty" in run("backup", "import", file, status=1).err
        run("backup", "import", file, "--replace")

    def test_verifying(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        """As an import would go, and the database of the settings is not touched. It needs none."""
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/data/nota.sqlite3")
        whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
        head = json.dumps({"nota": CURRENT, "tables": ["readers"], "rows": {"readers": 1}})
        whole.write_text(f"{head}\n{json.dumps({'readers': ROW})}\n", "utf-8")
        cut.write_text(head, "utf-8")
        assert run("backup", "verify", whole) == Said("readers: 1\n", "")
        assert run("backup", "verify", cut, status=1).err == "cut off: 0 of 1 rows of readers are there\n"
        assert not (tmp_path / "data").exists()

    @pytest.mark.parametrize(
        "speaking", ["latin-1", *(pytest.param(each, marks=pytest.mark.slow) for each in ("ascii", "utf-16"))]
    )
    def test_by_a_pipe_whatever_the_machine_speaks(self, tmp_path: Path, speaking: str) -> None:
        """A name in any script comes through, as it does by a file; so do line ends that a terminal between has changed."""
        env = {"PYTHONIOENCODING": speaking}
        lines = "\ufeff" + BACKUP.replace("\n", "\r\n")
        assert nota("import", "-", at=tmp_path / "one", given=lines.encode(), env=env).returncode == 0
        out = nota("export", "-", at=tmp_path / "one", env=env).stdout
        assert "Группа 🗞\u202e" in out.decode()
        assert nota("import", "-", at=tmp_path / "two", given=out, env=env).returncode == 0
        header, row = nota("export", "-", at=tmp_path / "two", env=env).stdout.splitlines()[:2]
        assert [header, row] == out.splitlines()[:2]

    @pytest.mark.parametrize("by", ["pipe", pytest.param("file", marks=pytest.mark.slow)])
    def test_what_is_no_text_is_refused(self, tmp_path: Path, by: str) -> None:
        """In words, and not brought in with question marks in its place."""
        spoilt = tmp_path / "spoilt.jsonl"
        spoilt.write_bytes(BACKUP.encode().replace("Группа".encode(), b"\xcd"))
        given = str(spoilt) if by == "file" else "-"
        done = nota("import", given, at=tmp_path / "one", given=spoilt.read_bytes())
        assert done.returncode == 1
        assert (
            done.stderr.decode() == f"{given}: cut off, or not UTF-8, expected a whole file of `nota backup export`\n"
        )

    def test_one_that_fails_leaves_the_last_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        """Yesterday's backup is what one has when the database is gone."""
        (tmp_path / "backup.jsonl").write_text("yesterday's", encoding="utf-8")
        (tmp_path / "nota.sqlite3").write_bytes(b"not a database" * 100)
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nota.sqlite3")
        assert "cannot be used" in run("backup", "export", tmp_path / "backup.jsonl", status=1).err
        assert (tmp_path / "backup.jsonl").read_text(encoding="utf-8") == "yesterday's"
        assert not list(tmp_path.glob("*.unfinished"))

    def test_readers_only(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        """Without bulletins and what was sent."""
        monkeypatch.setenv("DATABASE_URL", sqlite_url())
        assert set(json.loads(run("backup", "export", "-", "--readers-only").out)["tables"]) == set(READER_TABLES)

    @pytest.mark.slow
    async def test_where_it_does_not_fit(self, tmp_path: Path) -> None:
        """A full disk is one line, in the hour when the cause must be seen; whoever wants no more gets no line."""
        url = sqlite_url(tmp_path)
        readers = [row_for(metadata.tables["readers"]) | {"id": number, "chat": str(number)} for number in range(5000)]
        async with open_store(url) as store, store.database.write() as connection:
            await connection.execute(insert(metadata.tables["readers"]), readers)
        full = await asyncio.to_thread(nota, "export", "/dev/full", at=tmp_path / "nota.sqlite3")
        assert (full.returncode, full.stderr.decode()) == (1, "/dev/full: No space left on device\n")
        reading, writing = os.pipe()
        os.close(reading)
        closed = await asyncio.to_thread(nota, "export", "-", at=tmp_path / "nota.sqlite3", stdout=writing)
        os.close(writing)
        assert (closed.returncode, closed.stderr) == (0, b"")

    def test_a_file_that_is_not_there(self, tmp_path: Path, run: Run) -> None:
        """Named, exit 1."""
        said = run("backup", "import", tmp_path / "none.jsonl", status=1).err
        assert said == f"{tmp_path}/none.jsonl: No such file or directory\n"

    @pytest.mark.postgres
    def test_a_database_that_is_gone(self, tmp_path: Path) -> None:
        """One line, and no traceback."""
        away = {"DATABASE_URL": "postgresql://nota@127.0.0.1:9/nota"}
        done = nota("export", "-", at=tmp_path / "one", env=away)
        assert done.returncode == 1
        assert done.stderr.decode().startswith("DATABASE_URL: ")
        assert len(done.stderr.decode().splitlines()) == 1


class TestTargets:
    """``export`` writes a file, and spoils nothing that is none."""

    @pytest.fixture
    def at(self, tmp_path: Path) -> Path:
        """An SQLite file with one reader."""
        (tmp_path / "data").mkdir()
        assert nota("import", "-", at=tmp_path / "data" / "nota", given=BACKUP.encode()).returncode == 0
        return tmp_path / "data" / "nota"

    def test_a_file_through_a_link(self, at: Path, tmp_path: Path) -> None:
        """The link stays, and the file that it names is the backup."""
        (tmp_path / "kept").mkdir()
        (tmp_path / "kept" / "monday.jsonl").write_text("last week's", encoding="utf-8")
        link = tmp_path / "latest.jsonl"
        link.symlink_to("kept/monday.jsonl")
        assert nota("export", str(link), at=at).returncode == 0
        assert link.is_symlink()
        assert "Группа" in (tmp_path / "kept" / "monday.jsonl").read_text(encoding="utf-8")

    @pytest.mark.slow
    def test_a_link_to_nothing_yet(self, at: Path, tmp_path: Path) -> None:
        """The file is made where it points."""
        link = tmp_path / "latest.jsonl"
        link.symlink_to("monday.jsonl")
        assert nota("export", str(link), at=at).returncode == 0
        assert link.is_symlink()
        assert (tmp_path / "monday.jsonl").is_file()

    def test_a_folder(self, at: Path, tmp_path: Path) -> None:
        """Refused, and empty as it was."""
        (tmp_path / "folder").mkdir()
        done = nota("export", str(tmp_path / "folder"), at=at)
        expected = "not a file, expected one, or - for standard output"
        assert (done.returncode, done.stderr.decode()) == (1, f"{tmp_path}/folder: {expected}\n")
        assert list((tmp_path / "folder").iterdir()) == []

    @pytest.mark.slow
    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
    def test_a_device(self, at: Path, tmp_path: Path) -> None:
        """It takes what is written, and is a device afterwards: /dev/null is the whole machine's."""
        null = tmp_path / "null"
        os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        assert nota("export", str(null), at=at).returncode == 0
        assert null.is_char_device()
        assert list(tmp_path.glob("null?*")) == []

    @pytest.mark.slow
    def test_a_pipe_with_a_name(self, at: Path, tmp_path: Path) -> None:
        """Whoever reads there gets it."""
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(("cat", str(pipe)), stdout=subprocess.PIPE) as reader:
            assert nota("export", str(pipe), at=at).returncode == 0
            assert "Группа" in reader.communicate(timeout=10)[0].decode()
        assert pipe.is_fifo()

    @pytest.mark.slow
    def test_standard_output_by_its_name(self, at: Path) -> None:
        """As by -."""
        assert nota("export", "/dev/stdout", at=at).stdout == nota("export", "-", at=at).stdout

    def test_a_full_disk(self, at: Path) -> None:
        """One line and exit 1, so that a cron job tells of it."""
        with Path("/dev/full").open("wb") as full:
            done = nota("export", "-", at=at, stdout=full)
        assert (done.returncode, done.stderr.decode()) == (1, "-: No space left on device\n")

    @pytest.mark.slow
    def test_where_nothing_can_be_written(self, at: Path, tmp_path: Path) -> None:
        """One line, exit 1."""
        done = nota("export", str(tmp_path / "none" / "backup.jsonl"), at=at)
        assert (done.returncode, done.stderr.decode()) == (
            1,
            f"{tmp_path}/none/backup.jsonl: No such file or directory\n",
        )
