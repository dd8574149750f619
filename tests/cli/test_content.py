"""``nota content``: what changes have put in force becomes files that say the same, and files become one draft."""

import json
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.app.content_check import load_checked, today
from bot.db.changes import Change
from bot.db.store import Store, open_store
from bot.dossier.entries import Key
from bot.dossier.loader import load
from bot.dossier.models import BulletinId, Dossier
from bot.dossier.yaml_writer import written
from bot.newsroom.change_content import Contents
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from tests.clocks import MovedClock
from tests.command import Run
from tests.conftest import TINY, not_none
from tests.databases import reading, sqlite_url
from tests.editor import compare
from tests.newsroom.office import ANNA, FIRST, ONE, Office, texts
from tests.tables import cases

FARE = Key("facts/fare")


class Alone(Office):
    """One editor's desk and its newsroom, on the files of CONTENT_DIR."""

    def __init__(self, store: Store, folder: Path, clock: MovedClock) -> None:
        super().__init__(
            store, folder, clock, rules=ONE, chat=EditorsChat(store), load=lambda each: load_checked(each, today())
        )

    async def put(self, contents: Contents) -> Change:
        """Puts a change in force."""
        change = await self.drafted(contents)
        await self.desk.leave_out(change.id, ANNA, self.live.complete.languages)
        change = await self.desk.decide(change.id, change.version, "approve", ANNA)
        await self.wait()
        return change

    async def changes(self) -> Sequence[Change]:
        return await reading(self.store, self.store.changes.all, ("draft", "review", "approved", "in_force"), 100)


@pytest.fixture
async def office(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Alone]:
    url = sqlite_url(tmp_path)
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    monkeypatch.setenv("DATABASE_URL", url)
    clock = MovedClock()
    async with open_store(url, clock) as store:
        office = Alone(store, folder, clock)
        await office.look()
        yield office


def loaded(folder: Path) -> Dossier:
    found = load(folder, today())
    assert found.dossier is not None, found.diagnostics
    return found.dossier


def contents_of(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


class TestExport:
    @pytest.mark.slow
    async def test_a_dry_run_names_no_fact_that_a_change_has_brought(self, office: Alone, run: Run) -> None:
        """It is shown already, before and after the export; a second change, too."""
        for amount in (5000, 6000):
            await office.put(office.of(FARE, amount=amount))
            assert (await run.in_thread("publish", "--dry-run")).out == "nothing has changed\n"
        await run.in_thread("content", "export")
        assert (await run.in_thread("publish", "--dry-run")).out == "nothing has changed\n"

    @pytest.mark.slow
    async def test_gives_the_dossier_in_force(self, office: Alone, folder: Path, run: Run) -> None:
        """The newsroom, which compares the files, finds nothing to send, correct or withdraw; a second export changes no byte."""
        first = office.live.contents[FIRST]
        await office.put(
            {
                FIRST: {**first, "title": texts("Second crossing"), "urgent": True},
                FARE: {**office.live.contents[FARE], "amount": 5000},
                Key("bulletins/new-1"): {
                    "title": texts("New"),
                    "body": texts("New"),
                    "sources": ["gazette"],
                },
                Key("sources/gazette"): {"publisher": "Gazette", "url": "https://gazette.example/1"},
            }
        )
        await office.put({Key("topics/fare"): {**office.live.contents[Key("topics/fare")], "emoji": "🛥"}})
        (folder / "facts.yaml").write_text(
            "# Facts\n" + (folder / "facts.yaml").read_text("utf-8").replace("4500", "4500 # rupiah")
        )
        in_force = office.live.complete
        said = (await run.in_thread("content", "export")).out
        assert "facts.yaml: written" in said
        assert "facts.yaml:4: this comment was in what has changed, and is lost: # rupiah" in said
        assert (folder / "facts.yaml").read_text("utf-8").startswith("# Facts\nfare:\n")
        await run.in_thread("check", "--strict", folder)
        dossier = loaded(folder)
        assert (dossier.bulletins, dossier.facts, dossier.topics, dossier.sources) == (
            in_force.bulletins,
            in_force.facts,
            in_force.topics,
            in_force.sources,
        )
        before = contents_of(folder)
        assert (await run.in_thread("content", "export", folder)).out == "the files have everything that is in force\n"
        assert contents_of(folder) == before
        report = await compare(Newsroom(office.store), dossier)
        assert report.changes == ()

    @pytest.mark.slow
    async def test_a_removed_bulletin_and_a_withdrawn_one(self, office: Alone, folder: Path, run: Run) -> None:
        because = {"date": "2026-11-23", "because": texts("Wrong.")}
        await office.put({FIRST: {**office.live.contents[FIRST], "withdrawn": because}})
        await run.in_thread("content", "export")
        assert BulletinId(FIRST[10:]) in loaded(folder).withdrawn
        await office.deploy()
        await office.put({FIRST: None})
        await run.in_thread("content", "export")
        assert not (folder / f"{FIRST}.yaml").exists()

    @pytest.mark.slow
    async def test_a_withdrawal_with_a_reason_in_one_language(self, office: Alone, folder: Path, run: Run) -> None:
        because = {"date": "2026-11-23", "because": {"id": "Salah."}}
        await office.put({FIRST: {**office.live.contents[FIRST], "withdrawn": because}})
        assert "not written" not in (await run.in_thread("content", "export")).out
        assert not_none(loaded(folder).withdrawn[BulletinId(FIRST[10:])].withdrawn).because == {"id": "Salah."}

    @pytest.mark.slow
    async def test_into_a_newer_checkout(self, office: Alone, folder: Path, tmp_path: Path, run: Run) -> None:
        """Its own values stay. What it has changed, too, is left out and named."""
        await office.put(
            {
                FIRST: {**office.live.contents[FIRST], "title": texts("Second crossing")},
                FARE: {**office.live.contents[FARE], "amount": 5000},
            }
        )
        newer = Path(shutil.copytree(folder, tmp_path / "newer"))
        file = newer / f"{FIRST}.yaml"
        file.write_text(file.read_text("utf-8") + "urgent: true\n", "utf-8")
        facts = newer / "facts.yaml"
        facts.write_text(facts.read_text("utf-8").replace("4500", "4600"), "utf-8")
        said = json.loads((await run.in_thread("content", "export", newer, "--json")).out)
        assert said["written"] == [f"{FIRST}.yaml"]
        assert said["differing"] == [FIRST]
        assert list(said["left_out"]) == [FARE]
        assert "the files have changed it, too" in said["left_out"][FARE]
        bulletin = loaded(newer).bulletins[BulletinId(FIRST[10:])]
        assert (bulletin.title["en"], bulletin.urgent) == ("Second crossing", True)
        assert "4600" in facts.read_text("utf-8")

    @pytest.mark.slow
    async def test_while_a_draft_of_a_deploy_is_open(self, office: Alone, folder: Path, run: Run) -> None:
        """A colleague's file that waits stays, and goes on waiting; what does not stand beside it is not written, and all else is."""
        claim = {"says": {"en": ["it is free"]}, "verdict": "unproven", "because": texts("Nobody knows.")}
        ours, theirs = Key("claims/free"), folder / "claims/gratis.yaml"
        await office.put({ours: {**claim, "date": "2026-02-01"}, FARE: {**office.live.contents[FARE], "amount": 5000}})
        theirs.parent.mkdir(exist_ok=True)
        theirs.write_text(written({**claim, "date": "2026-02-02"}), "utf-8")
        await office.deploy()
        before = theirs.read_bytes()
        await run.in_thread("content", "export", folder)
        assert "5000" in (folder / "facts.yaml").read_text("utf-8")
        assert not (folder / f"{ours}.yaml").exists()
        assert theirs.read_bytes() == before
        [(_, waiting)] = await reading(office.store, office.store.changes.of_deploys)
        assert {key: each.waits for key, each in waiting.items()} == {"claims/gratis": "clashes"}

    @pytest.mark.slow
    async def test_what_was_decided_is_printed(self, office: Alone, run: Run) -> None:
        """As CSV, or as JSON."""
        await office.put({Key("bulletins/new-1"): {"title": {"en": "New"}, "body": {"en": "New."}}})
        lines = (await run.in_thread("content", "decisions")).lines
        assert (lines[0][:16], [line.split(",")[3] for line in lines[1:]]) == (
            "at,name,account,",
            ["approve", "in_force"],
        )
        said = (await run.in_thread("content", "decisions", "--json")).out
        assert [each["name"] for each in json.loads(said)] == [ANNA.name, "Nota"]

    async def test_a_bulletin_without_a_text_in_a_language_is_named(
        self, office: Alone, folder: Path, run: Run
    ) -> None:
        """As a file it would need one, and readers of that language would be sent it."""
        await office.put({Key("bulletins/new-1"): {"title": {"en": "New"}, "body": {"en": "New."}}})
        before = contents_of(folder)
        assert "no text in id" in (await run.in_thread("content", "export")).out
        assert contents_of(folder) == before

    @pytest.mark.slow
    async def test_what_would_be_too_large(self, office: Alone, folder: Path, run: Run) -> None:
        """Nothing at all is written."""
        await office.put(
            {
                FARE: {**office.live.contents[FARE], "amount": 5000},
                FIRST: {**office.live.contents[FIRST], "title": texts("X")},
            }
        )
        facts = folder / "facts.yaml"
        facts.write_bytes(facts.read_bytes().ljust(256 * 1024 - 1, b"#") + b"\n")
        before = contents_of(folder)
        await office.worker.reload()
        await office.put(
            {Key("facts/boats"): {"type": "number", "value": 3, "sources": ["harbour"], "checked": "2026-02-01"}}
        )
        assert "facts.yaml: would be larger than 256 KiB" in (await run.in_thread("content", "export", status=1)).err
        assert contents_of(folder) == before

    @pytest.mark.slow
    async def test_all_or_nothing(self, office: Alone, folder: Path, run: Run) -> None:
        """A file that cannot be written stops all, and leaves nothing behind that stops the next export."""
        await office.put(
            {
                FIRST: {**office.live.contents[FIRST], "sources": ["gazette"]},
                Key("sources/gazette"): {"publisher": "Gazette", "url": "https://gazette.example/1"},
            }
        )
        before, obstacle = contents_of(folder), folder / ".sources.yaml.new"
        obstacle.mkdir()
        said = (await run.in_thread("content", "export", status=1)).err
        assert "sources.yaml: cannot be written (Is a directory): nothing was written" in said
        assert contents_of(folder) == before
        obstacle.rmdir()
        await run.in_thread("content", "export")
        assert loaded(folder).bulletins[BulletinId(FIRST[10:])].sources == ["gazette"]

    @pytest.mark.slow
    async def test_what_only_a_bulletin_uses_that_is_not_written(self, office: Alone, folder: Path, run: Run) -> None:
        """Its new source is not written, either: nothing would use it."""
        gazette = Key("sources/gazette")
        await office.put(
            {
                Key("bulletins/new-1"): {"title": {"en": "New"}, "body": {"en": "New."}, "sources": ["gazette"]},
                gazette: {"publisher": "Gazette", "url": "https://gazette.example/1"},
            }
        )
        before = contents_of(folder)
        said = (await run.in_thread("content", "export")).out
        assert f"{gazette}: not written: only what is not written uses it" in said
        assert contents_of(folder) == before

    @pytest.mark.slow
    async def test_a_file_that_this_folder_does_not_have(
        self, office: Alone, folder: Path, tmp_path: Path, run: Run
    ) -> None:
        await office.put({FIRST: {**office.live.contents[FIRST], "title": texts("X")}})
        older = Path(shutil.copytree(folder, tmp_path / "older"))
        (older / f"{FIRST}.yaml").unlink()
        said = (await run.in_thread("content", "export", older)).out
        assert f"{FIRST}: not written: this folder has no {FIRST}.yaml" in said

    async def test_of_another_dossier(self, office: Alone, folder: Path, run: Run) -> None:
        header = folder / "dossier.yaml"
        header.write_text(header.read_text("utf-8").replace("id: ferry", "id: museum"), "utf-8")
        assert "the dossier museum, expected ferry" in (await run.in_thread("content", "export", status=1)).err


class TestImport:
    @pytest.fixture
    def new(self, folder: Path, tmp_path: Path) -> Path:
        """A folder with one more bulletin, its source, and a mended fact."""
        copy = Path(shutil.copytree(TINY, tmp_path / "winter"))
        text = (copy / f"{FIRST}.yaml").read_text("utf-8")
        text = text.replace("2026-01-05", "2026-01-09").replace("[harbour]", "[gazette]")
        (copy / "bulletins/2026-01-09-second.yaml").write_text(text, "utf-8")
        with (copy / "sources.yaml").open("a", encoding="utf-8") as sources:
            sources.write(written({"gazette": {"publisher": "Gazette", "url": "https://gazette.example/1"}}))
        facts = copy / "facts.yaml"
        facts.write_text(facts.read_text("utf-8").replace("4500", "5000"), "utf-8")
        return copy

    @pytest.mark.slow
    async def test_as_one_draft(self, office: Alone, new: Path, run: Run) -> None:
        """Of what differs alone; approved, it is in force as the files say it."""
        said = (await run.in_thread("content", "import", new)).out
        [change] = await office.changes()
        assert (change.state, change.title) == ("draft", "Imported from winter")
        assert set(await office.contents(change.id)) == {"bulletins/2026-01-09-second", "sources/gazette", "facts/fare"}
        assert f"change {change.id}: 3 entries" in said
        await office.desk.decide(change.id, change.version, "approve", ANNA)
        office.clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert office.live.complete.bulletins == loaded(new).bulletins
        assert "nothing differs" in (await run.in_thread("content", "import", new)).out

    @pytest.mark.slow
    async def test_a_second_time(self, office: Alone, new: Path, run: Run) -> None:
        await run.in_thread("content", "import", new)
        said = (await run.in_thread("content", "import", new, "--json")).out
        [change] = await office.changes()
        assert json.loads(said)["change"] == change.id

    async def test_files_from_before_a_rename(self, office: Alone, new: Path, run: Run) -> None:
        """What they say of the topic is for what it has become by two renames, and only what they say otherwise."""
        topic, [fare, price, cost] = (
            office.live.contents[Key("topics/fare")],
            map(Key, ("topics/fare", "topics/price", "topics/cost")),
        )
        await office.put({fare: None, price: {**topic, "was": ["fare"]}})
        renamed = {**topic, "title": texts("Cost"), "was": ["price", "fare"]}
        await office.put({price: None, cost: renamed, FIRST: {**office.live.contents[FIRST], "topics": ["cost"]}})
        assert "nothing differs" in (await run.in_thread("content", "import", TINY)).out
        file = new / "topics/fare.yaml"
        file.write_text(file.read_text("utf-8").replace("🎫", "⛴"), "utf-8")
        said = json.loads((await run.in_thread("content", "import", new, "--json")).out)
        entries = ["bulletins/2026-01-09-second", "facts/fare", "sources/gazette", "topics/cost"]
        assert (said["mistakes"], said["entries"]) == ([], entries)
        *_, change = sorted(await office.changes(), key=lambda each: each.id)
        assert (await office.contents(change.id))[cost] == {**renamed, "emoji": "⛴"}

    async def test_missing_files_remove_nothing(self, office: Alone, new: Path, run: Run) -> None:
        shutil.rmtree(new / "topics")
        (new / "dossier.yaml").unlink()
        (new / "facts.yaml").unlink()
        await run.in_thread("content", "import", new)
        [change] = await office.changes()
        assert set(await office.contents(change.id)) == {"bulletins/2026-01-09-second", "sources/gazette"}

    async def test_an_embargo_is_the_time_of_all(self, office: Alone, new: Path, run: Run) -> None:
        """A change has one time."""
        with (new / "bulletins/2026-01-09-second.yaml").open("a", encoding="utf-8") as file:
            file.write("not_before: 2099-01-31T09:00:00+07:00\n")
        await run.in_thread("content", "import", new)
        [change] = await office.changes()
        assert change.planned == 4073508000.0
        assert "not_before" not in not_none((await office.contents(change.id))[Key("bulletins/2026-01-09-second")])

    @pytest.mark.parametrize("moment", ["2026-11-24T09:00:00", "2026-12-24", "tomorrow", "[1]", "2026"])
    async def test_an_embargo_is_a_moment_as_in_a_file(self, office: Alone, new: Path, moment: str, run: Run) -> None:
        """Without an offset it would be another moment on each machine."""
        with (new / "bulletins/2026-01-09-second.yaml").open("a", encoding="utf-8") as file:
            file.write(f"not_before: {moment}\n")
        expected = [str(each) for each in load(new, today()).diagnostics if each.place == ("not_before",)]
        assert len(expected) == 1
        assert (await run.in_thread("content", "import", new, status=1)).err.strip().endswith(expected[0])
        assert await office.changes() == []

    async def test_an_embargo_alone_is_no_change(self, office: Alone, folder: Path, tmp_path: Path, run: Run) -> None:
        """A change cannot hold back what readers have."""
        copy = Path(shutil.copytree(folder, tmp_path / "later"))
        file = copy / f"{FIRST}.yaml"
        file.write_text(file.read_text("utf-8") + "not_before: 2099-01-31T09:00:00+07:00\n", "utf-8")
        said = (await run.in_thread("content", "import", copy, status=1)).err
        assert f"{FIRST}.yaml: only its not_before is new" in said
        assert await office.changes() == []
        file.write_text(file.read_text("utf-8").replace("2099", "2026"), "utf-8")
        assert "nothing differs" in (await run.in_thread("content", "import", copy)).out

    async def test_mistakes_are_named_and_mended_at_the_desk(self, office: Alone, new: Path, run: Run) -> None:
        file = new / "bulletins/2026-01-09-second.yaml"
        file.write_text(file.read_text("utf-8").replace("[gazette]", "[nobody]"), "utf-8")
        assert "unknown source 'nobody'" in (await run.in_thread("content", "import", new)).out

    @cases("name, text, expected")
    async def test_files_that_are_no_entries(
        self, office: Alone, new: Path, name: str, text: str, expected: str, run: Run
    ) -> None:
        r"""Nothing at all is imported.

        bulletins/2026-01-09-second.yaml | title: [ | bulletins/2026-01-09-second.yaml:
        bulletins/2026-01-09-second.yaml | "- 1\n" | not an entry
        facts.yaml | "fare: 3\n" | facts.yaml:1: not an entry
        dossier.yaml | "id: museum\n" | the dossier museum, expected ferry
        """
        (new / name).write_text(text, "utf-8")
        assert expected in (await run.in_thread("content", "import", new, status=1)).err
        assert await office.changes() == []

    async def test_no_folder(self, office: Alone, tmp_path: Path, run: Run) -> None:
        assert "no such folder" in (await run.in_thread("content", "import", tmp_path / "none", status=1)).err
        assert await office.changes() == []
