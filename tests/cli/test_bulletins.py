"""``nota bulletins``: what the desk sent becomes files that say the same, and files become drafts."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bot.db.desk import Draft, Person
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.desk_rules import Rules
from sqlalchemy import select

from bot.app.content_check import check_draft, today
from bot.cli import main
from bot.db.schema import bulletin_texts, bulletins
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language
from bot.dossier.yaml_reader import parse
from bot.dossier.yaml_writer import written
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from tests.conftest import TINY
from tests.databases import sqlite_url

ANNA = Person("telegram:1", "Anna", Language("en"))

CONTENT: dict[str, Any] = {
    "title": {"en": "Fares: lower", "id": "Tarif turun #1"},
    "short": {"en": "", "id": ""},
    "body": {"en": "The fare fell.\n\n- **Half** of it", "id": "Tarif turun.\n\n- **Separuh**"},
    "topics": ["fare"],
    "sources": ["gazette", "harbour"],
    "new_sources": {
        "gazette": {"publisher": "Gazette", "url": "https://gazette.example/1", "published": "2026-01-07", "title": ""},
        "unused": {"publisher": "Nobody", "url": "https://nobody.example/"},
    },
}


def loaded(folder: Path) -> Dossier:
    loading = load(folder, today())
    assert loading.dossier is not None, loading.diagnostics
    return loading.dossier


async def nota(*arguments: str) -> int:
    """The command in a thread of its own, with a loop of its own."""
    return await asyncio.to_thread(main, arguments)


@pytest.fixture(autouse=True)
def url(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = sqlite_url(tmp_path)
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    monkeypatch.setenv("DATABASE_URL", found)
    return found


@pytest.fixture
async def desk(folder: Path, url: str) -> AsyncIterator[Desk]:
    """A desk of one editor, whose dossier is published."""
    async with open_store(url) as store:
        dossier = loaded(folder)
        await Newsroom(store).publish_changes(dossier)
        yield Desk(store, LiveDossier(dossier), Rules(needs_two=False), check_draft, EditorsChat(store))


async def send(desk: Desk, content: dict[str, Any]) -> Draft:
    draft = await desk.create(ANNA, content)
    return await desk.decide(draft.id, 1, "send", ANNA)


async def sent_texts(store: Store, name: str) -> dict[str, str]:
    """Language → the digest of what was sent last."""
    statement = (
        select(bulletin_texts.c.language, bulletin_texts.c.digest)
        .join(bulletins, bulletins.c.id == bulletin_texts.c.bulletin_id)
        .where(bulletins.c.id == name, bulletins.c.revision == bulletin_texts.c.revision)
    )
    async with store.database.read() as connection:
        return {row.language: row.digest for row in await connection.execute(statement)}


class TestExport:
    """Files that pass ``check --strict`` and change nothing."""

    @pytest.mark.parametrize("of", ["", "bulletins"])
    async def test_gives_the_same_messages(self, desk: Desk, folder: Path, of: str) -> None:
        """The newsroom, which compares the files, finds nothing to send, correct or withdraw."""
        draft = await send(desk, CONTENT)
        name = str(draft.bulletin_id)
        before = await sent_texts(desk.store, name)
        assert await nota("bulletins", "export", str(folder / of)) == 0
        assert await nota("check", "--strict", str(folder)) == 0
        dossier = loaded(folder)
        assert name in dossier.bulletins
        assert "unused" not in dossier.sources
        await Newsroom(desk.store).publish_changes(dossier)
        assert await sent_texts(desk.store, name) == before

    async def test_after_a_correction(self, desk: Desk, folder: Path) -> None:
        """The file has the version that was sent, not the one that is being written."""
        draft = await send(desk, CONTENT)
        corrected = {**CONTENT, "title": {"en": "Fares are lower", "id": "Tarif lebih murah"}}
        async with desk.store.database.write() as connection:
            await desk.store.bulletins.change(connection, str(draft.bulletin_id), not_before=0.0)
        await Newsroom(desk.store).publish_due(desk.live.complete.from_files)
        saved = await desk.save(draft.id, 1, ANNA, corrected)
        await desk.decide(draft.id, saved.version, "send", ANNA)
        await desk.save(draft.id, saved.version, ANNA, {**corrected, "topics": []})
        assert await nota("bulletins", "export", str(folder)) == 0
        bulletin = loaded(folder).bulletins[draft.bulletin_id]  # type: ignore[index]
        assert (bulletin.title["en"], bulletin.topics) == ("Fares are lower", ["fare"])

    async def test_what_waits_keeps_its_time(self, desk: Desk, folder: Path) -> None:
        """Else the file would be published when it is deployed."""
        planned = "2099-01-31T09:00:00+07:00"
        draft = await send(desk, {**CONTENT, "not_before": planned})
        await nota("bulletins", "export", str(folder))
        bulletin = loaded(folder).bulletins[draft.bulletin_id]  # type: ignore[index]
        assert bulletin.not_before is not None
        assert bulletin.not_before.timestamp() == draft.send_at

    async def test_nothing_that_was_not_sent(self, desk: Desk, folder: Path) -> None:
        """A draft in a file would be published by the next deploy."""
        await desk.create(ANNA, CONTENT)
        other = await desk.create(ANNA, CONTENT)
        two_needed = replace(desk, rules=Rules(needs_two=True))
        await two_needed.decide(other.id, 1, "submit", ANNA)
        assert await nota("bulletins", "export", str(folder)) == 0
        assert loaded(folder).bulletins == desk.live.complete.bulletins

    async def test_into_an_empty_folder(self, desk: Desk, tmp_path: Path) -> None:
        """The bulletins and their sources stand side by side."""
        draft = await send(desk, CONTENT)
        assert await nota("bulletins", "export", str(tmp_path / "new")) == 0
        assert {each.name for each in (tmp_path / "new").iterdir()} == {f"{draft.bulletin_id}.yaml", "sources.yaml"}

    async def test_again_writes_nothing_and_a_changed_file_stays(
        self, desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        draft = await send(desk, CONTENT)
        file = tmp_path / "new" / f"{draft.bulletin_id}.yaml"
        await nota("bulletins", "export", str(file.parent))
        capsys.readouterr()
        assert await nota("bulletins", "export", str(file.parent)) == 0
        assert capsys.readouterr().out == ""
        file.write_text(file.read_text("utf-8").replace("lower", "higher"), "utf-8")
        (file.parent / "sources.yaml").write_text(written({"gazette": {"publisher": "G", "url": "https://g.example/"}}))
        assert await nota("bulletins", "export", str(file.parent)) == 1
        assert "higher" in file.read_text("utf-8")
        errors = capsys.readouterr().err
        assert "has another content" in errors
        assert "has another source 'gazette'" in errors


class TestImport:
    """A file becomes a draft, which is sent only when it is approved."""

    @pytest.fixture
    def new(self, folder: Path, tmp_path: Path) -> Path:
        """A folder with a bulletin that the dossier does not have, and its source."""
        copy = Path(shutil.copytree(TINY, tmp_path / "copy"))
        text = (copy / "bulletins" / "2026-01-05-first-crossing.yaml").read_text("utf-8")
        file = copy / "bulletins" / "2026-01-09-second.yaml"
        file.write_text(text.replace("2026-01-05", "2026-01-09").replace("[harbour]", "[gazette]"), "utf-8")
        (copy / "bulletins" / "2026-01-05-first-crossing.yaml").unlink()
        with (copy / "sources.yaml").open("a", encoding="utf-8") as sources:
            sources.write(written({"gazette": CONTENT["new_sources"]["gazette"]}))
        return copy

    async def test_as_a_draft(self, desk: Desk, new: Path) -> None:
        assert await nota("bulletins", "import", str(new)) == 0
        (draft,) = await desk.store.drafts.all()
        assert (draft.state, draft.title, draft.bulletin_id) == ("draft", "First crossing", "2026-01-09-second")
        assert [each for each in await desk.errors(draft.id, await latest(desk, draft)) if not each.is_warning] == []
        assert (await desk.decide(draft.id, 1, "send", ANNA)).bulletin_id == "2026-01-09-second"

    async def test_again_and_changed(self, desk: Desk, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The same is saved once; a change is a version of the same draft, to be approved again."""
        await nota("bulletins", "import", str(new))
        await nota("bulletins", "import", str(new))
        assert "draft 1 has the same content" in capsys.readouterr().out
        (file,) = (new / "bulletins").iterdir()
        file.write_text(file.read_text("utf-8").replace("First", "Second"), "utf-8")
        assert await nota("bulletins", "import", str(new)) == 0
        (draft,) = await desk.store.drafts.all()
        assert (draft.version, draft.title) == (2, "Second crossing")

    async def test_and_back_again(self, desk: Desk, new: Path, tmp_path: Path) -> None:
        """Export and import lose nothing."""
        draft = await send(desk, {**CONTENT, "urgent": True, "picture": "card"})
        await nota("bulletins", "export", str(tmp_path / "out"))
        before = parse((tmp_path / "out" / f"{draft.bulletin_id}.yaml").read_bytes()).value
        async with open_store(f"sqlite:///{tmp_path}/other.sqlite3") as store:
            other = replace(desk, store=store)
            from bot.newsroom.bulletin_files import contents, export

            for name, content in contents(tmp_path / "out", desk.live.dossier).items():
                taken = await other.create(ANNA, content, name)
                await other.decide(taken.id, 1, "send", ANNA)
            sent = [
                (each.bulletin_id, date.fromisoformat(each.day), content)
                for each, content in await store.drafts.sent()
                if each.bulletin_id and each.day
            ]
            export(tmp_path / "again", sent, desk.live.dossier)
        assert parse((tmp_path / "again" / f"{draft.bulletin_id}.yaml").read_bytes()).value == before

    async def test_of_an_id_that_is_a_file(self, desk: Desk, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """An id exists once."""
        assert await nota("bulletins", "import", str(folder)) == 1
        assert "2026-01-05-first-crossing: not imported" in capsys.readouterr().out
        assert await desk.store.drafts.all() == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("title: [", "2026-01-09-second.yaml:"),
            ("a: 1\n", "unknown key"),
            ("- 1\n", "2026-01-09-second.yaml"),
            (None, "no bulletins"),
        ],
    )
    async def test_files_that_are_no_bulletins(
        self, desk: Desk, new: Path, text: str | None, expected: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing at all is imported."""
        (file,) = (new / "bulletins").iterdir()
        (file.with_name("2026-01-08-good.yaml")).write_bytes(file.read_bytes())
        file.write_text(text or "", "utf-8")
        if text is None:
            for each in (new / "bulletins").iterdir():
                each.unlink()
        assert await nota("bulletins", "import", str(new)) == 1
        assert expected in capsys.readouterr().err
        assert await desk.store.drafts.all() == []


async def latest(desk: Desk, draft: Draft) -> dict[str, Any]:
    found = await desk.store.drafts.version(draft.id, draft.version)
    assert found is not None
    return dict(found.content)
