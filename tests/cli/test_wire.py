"""``nota wire`` and ``nota feeds``, as an editor at the command line calls them."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app.reload import today
from bot.cli import main
from bot.db.feeds import FeedState, Story
from bot.db.store import open_store
from bot.dossier.loader import load
from bot.dossier.models import FeedId
from bot.feeds.review import open_review
from bot.live_dossier import LiveDossier
from bot.newsroom.diff import Revised, dossier_bulletins
from bot.newsroom.publisher import Newsroom
from bot.replies.bulletins import fingerprint
from tests.dossier.conftest import FEEDS
from tests.feeds.test_review import OTHER, STORY

TRICKY = replace(
    STORY, title="2. #Ferry *sails* {fare} <b>", line="- A line_with [signs] & 1) more: {x}", page="3", headline="3"
)


@pytest.fixture(autouse=True)
def place(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny dossier with a feed, and a database."""
    (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nota.sqlite3")
    monkeypatch.setenv("EDITORS_CHAT", "telegram:-100")


@pytest.fixture
async def stories(folder: Path, tmp_path: Path) -> None:
    """Three stories wait."""
    dossier = load(folder, today()).dossier
    assert dossier is not None
    async with open_store(f"sqlite:///{tmp_path}/nota.sqlite3") as store:
        review = await open_review(store, LiveDossier(dossier), None, lambda: None)
        await Newsroom(store).compare(dossier)
        async with store.database.write() as connection:
            now = await store.bulletins.moment(connection)
            fresh: list[Story] = [replace(each, published=now - 60) for each in (STORY, OTHER, TRICKY)]
            await review.add(connection, fresh, auto=False, now=now)


async def nota(*arguments: str) -> int:
    """The command in a thread of its own, with a loop of its own."""
    return await asyncio.to_thread(main, arguments)


class TestWire:
    """What waits, and words on it."""

    @pytest.mark.usefixtures("stories")
    async def test_what_waits(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The newest first, with all that is needed to decide."""
        assert await nota("wire") == 0
        said = capsys.readouterr().out
        assert said.index("3  Harbour Office (en): 2. #Ferry") < said.index(
            "1  Harbour Office (en): Ferry <b>sails</b>"
        )
        assert (
            "    https://harbour.example/1\n    matched: ferry; topics: fare\n    ⏳ Waiting for a decision until"
            in said
        )

    @pytest.mark.usefixtures("stories")
    async def test_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        """One object a story."""
        assert await nota("wire", "--json") == 0
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [each["id"] for each in found] == [3, 2, 1]
        assert found[-1]["link"] == STORY.link

    async def test_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Said so."""
        assert await nota("wire") == 0
        assert capsys.readouterr().out == "nothing is waiting for a decision\n"

    @pytest.mark.usefixtures("stories")
    async def test_first_word_counts(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Here as in the chat; the status says whether it did."""
        assert await nota("wire", "--publish", "1") == 0
        assert "✅ Published by" in capsys.readouterr().out
        assert await nota("wire", "--reject", "1") == 1
        assert "✅ Published by" in capsys.readouterr().out
        assert await nota("wire", "--reject", "99") == 1
        assert "no such story" in capsys.readouterr().err

    @pytest.mark.usefixtures("stories")
    async def test_correct_and_withdraw(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What was published."""
        await nota("wire", "--publish", "1")
        assert await nota("wire", "--correct", "1", "--title", "Ferry sails") == 0
        assert "Ferry sails\n" in capsys.readouterr().out
        assert await nota("wire", "--withdraw", "1") == 0
        assert "🚫 Withdrawn by" in capsys.readouterr().out

    async def test_correct_with_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Says what is missing."""
        assert await nota("wire", "--correct", "1") == 1
        assert "--title or --line" in capsys.readouterr().err


class TestExport:
    """What was published, as files that say the same."""

    @pytest.mark.usefixtures("stories")
    async def test_files_change_nothing_until_they_are_edited(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """They load, and the newsroom finds no difference: no message is edited. Braces alone cannot stay as they are."""
        for number in ("1", "2", "3"):
            await nota("wire", "--publish", number)
        capsys.readouterr()
        assert await nota("wire", "--export", str(folder / "bulletins")) == 0
        with (folder / "sources.yaml").open("a", encoding="utf-8") as sources:
            sources.write(capsys.readouterr().out)
        loading = load(folder, today())
        assert loading.dossier is not None, loading.diagnostics
        assert sum("-wire-" in name for name in loading.dossier.bulletins) == 3
        async with open_store(f"sqlite:///{tmp_path}/nota.sqlite3") as store:
            report = await Newsroom(store).compare(loading.dossier)
            assert [change.bulletin.id[11:] for change in report.changes if isinstance(change, Revised)] == ["wire-3"]
            assert len(report.changes) == 1

    @pytest.mark.usefixtures("stories")
    async def test_files_take_over(self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """An edited file corrects what was sent; from then on it is the dossier's, and the desk leaves it alone."""
        await nota("wire", "--publish", "1")
        capsys.readouterr()
        await nota("wire", "--export", str(folder / "bulletins"))
        with (folder / "sources.yaml").open("a", encoding="utf-8") as sources:
            sources.write(capsys.readouterr().out)
        (file,) = (folder / "bulletins").glob("*-wire-1.yaml")
        file.write_text(
            file.read_text(encoding="utf-8").replace("A line about it.", "A line of ours."), encoding="utf-8"
        )
        dossier = load(folder, today()).dossier
        assert dossier is not None
        async with open_store(f"sqlite:///{tmp_path}/nota.sqlite3") as store:
            (change,) = (await Newsroom(store).compare(dossier)).changes
            assert type(change).__name__ == "Revised"
        assert await nota("wire", "--withdraw", "1") == 1
        assert await nota("wire", "--export", str(folder / "bulletins")) == 0
        assert "A line of ours." in file.read_text(encoding="utf-8")

    @pytest.mark.usefixtures("stories")
    async def test_signs_are_written_so_that_they_are_read_as_signs(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whatever a publisher writes is no Markdown of ours, and names no fact."""
        await nota("wire", "--publish", "3")
        capsys.readouterr()
        await nota("wire", "--export", str(folder / "bulletins"))
        with (folder / "sources.yaml").open("a", encoding="utf-8") as sources:
            sources.write(capsys.readouterr().out)
        dossier = load(folder, today()).dossier
        assert dossier is not None
        item = next(item for item in dossier_bulletins(dossier) if "-wire-3" in item.id)
        article = item.articles[dossier.languages[0]]
        assert article.title == "2. #Ferry *sails* (fare) <b>"
        assert [span.text for block in article.blocks for span in block.spans] == [  # type: ignore[union-attr]
            "- A line_with [signs] & 1) more: (x)"
        ]
        assert fingerprint(article)


class TestFeeds:
    """How each feed is."""

    async def test_states(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Last, next, status, items, matches."""
        async with open_store(f"sqlite:///{tmp_path}/nota.sqlite3") as store, store.database.write() as connection:
            state = FeedState(
                FeedId("harbour-news"),
                "https://harbour.example/rss.xml",
                3600.0,
                due=1795439000.0,
                fetched=1795435200.0,
                status="HTTP 503",
                items=20,
                matches=3,
                failures=2,
            )
            await store.feeds.put(connection, state)
        assert await nota("feeds") == 0
        assert capsys.readouterr().out == (
            "harbour-news  HTTP 503, 2 failures in a row\n"
            "    last 2026-11-23 12:00 UTC · next 2026-11-23 13:03 UTC · 20 items · 3 matched so far\n"
        )
        assert await nota("feeds", "--json") == 0
        assert json.loads(capsys.readouterr().out)["status"] == "HTTP 503"

    async def test_never_asked(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Before FEEDS=1."""
        assert await nota("feeds") == 0
        assert "harbour-news  not fetched yet\n    last – · next –" in capsys.readouterr().out
