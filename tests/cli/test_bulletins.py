"""``nota bulletins``: what the desk sent becomes files that pass, and files become drafts that nobody sends."""

import asyncio
from pathlib import Path
from shutil import copytree

import pytest

from bot.app.content_check import check_draft, today
from bot.cli import main
from bot.db.desk import Draft, Person
from bot.db.store import open_store
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.newsroom.desk import Rules
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.diff import dossier_bulletins
from bot.newsroom.publisher import Newsroom
from tests.conftest import TINY
from tests.databases import sqlite_url

ANNA = Person("telegram:1", "Anna", Language("en"))
GAZETTE = {"publisher": "Gazette", "title": "Fares", "url": "https://example.org/1", "published": "2026-11-01"}
TEXT = "The fare falls.\n\nIt is cheaper:\n\n- for islanders\n- for guests"


async def send(url: str) -> Draft:
    """Anna, who is the only editor, sends a bulletin from the desk."""
    async with open_store(url) as store:
        dossier = load(TINY, today()).dossier
        assert dossier is not None
        await Newsroom(store).publish_changes(dossier)
        desk = Desk(store, LiveDossier(dossier), Rules(needs_two=False), check_draft)
        texts = dict.fromkeys(dossier.languages, TEXT)
        titles = {"en": "Fares: they fall", "id": "Tarif turun"}
        content = {
            "title": titles,
            "body": texts,
            "topics": ["fare"],
            "sources": ["gazette"],
            "new_sources": {"gazette": GAZETTE},
        }
        draft = await desk.create(ANNA, content)
        return await desk.decide(draft.id, 1, "send", ANNA)


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Draft:
    """A bulletin that the desk sent; the commands find the database and the dossier by the environment."""
    url = sqlite_url(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("CONTENT_DIR", str(copytree(TINY, tmp_path / "content")))
    return asyncio.run(send(url))


def test_the_files_pass_and_give_the_same_message(
    sent: Draft, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then the bulletin is the file's, and nothing is sent again."""
    folder = tmp_path / "content"
    assert main(["bulletins", "export", str(folder)]) == 0
    capsys.readouterr()
    assert main(["check", "--strict", str(folder)]) == 0, capsys.readouterr().out

    async def compared() -> tuple[object, ...]:
        dossier = load(folder, today()).dossier
        assert dossier is not None
        own = next(each for each in dossier_bulletins(dossier) if each.id == sent.bulletin_id)
        async with open_store(sqlite_url_of(tmp_path)) as store:
            for language, fingerprint in own.fingerprints.items():
                text = await store.bulletins.text(own.id, 1, language)
                assert text is not None
                assert text.digest == fingerprint
            return await Newsroom(store).differences(dossier)

    assert not [each for each in asyncio.run(compared()) if "Revised" in type(each).__name__]


def sqlite_url_of(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/nota.sqlite3"


def test_files_become_drafts_once(sent: Draft, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its id, which nothing else may have."""
    folder = tmp_path / "elsewhere"
    assert main(["bulletins", "export", str(folder)]) == 0
    file = folder / "bulletins" / f"{sent.bulletin_id}.yaml"
    file.rename(file.with_name("2026-11-02-other.yaml"))
    capsys.readouterr()
    assert main(["bulletins", "import", str(folder)]) == 0
    assert "draft 2" in capsys.readouterr().out
    assert main(["bulletins", "import", str(folder)]) == 0
    assert "2026-11-02-other is there already" in capsys.readouterr().out

    async def drafts() -> dict[str | None, str]:
        async with open_store(sqlite_url_of(tmp_path)) as store:
            return {each.bulletin_id: each.state for each in await store.drafts.all()}

    assert asyncio.run(drafts()) == {sent.bulletin_id: "sent", "2026-11-02-other": "draft"}
