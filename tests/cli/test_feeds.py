"""``nota feeds``, as an editor calls it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cli import main
from bot.dossier.loader import load
from tests.conftest import TODAY
from tests.dossier.conftest import FEEDS
from tests.feeds.hostile import item, rss
from tests.servers.publisher import HOME, Publisher, publishing

BODY = rss(
    item("Ferry fares rise on the island", "<link>https://a.example/1?utm_source=x</link><guid>1</guid>")
    + item("Ferry to the island is late", "<link>https://a.example/2</link><guid>2</guid>")
    + item("Football: ferry fare for island fans", "<link>https://a.example/3</link><guid>3</guid>")
    + "".join(item(f"Something else, number {number}") for number in range(20))
)


@pytest.fixture(autouse=True)
def watching(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny dossier with a feed; loopback publishers may be asked."""
    (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    monkeypatch.setenv("FEEDS_ALLOW", HOME)


async def nota(*arguments: str) -> int:
    """The command in a thread of its own, with a loop of its own."""
    return await asyncio.to_thread(main, arguments)


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    """A publisher at :data:`HOME`."""
    async with publishing() as opened:
        yield opened


class TestTest:
    """What a feed would bring, and why."""

    async def test_by_everyones_match(self, publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
        """An address that the dossier does not have yet."""
        assert await nota("feeds", "test", publisher.gives("/feed", BODY)) == 0
        said = capsys.readouterr().out
        assert said.startswith("News (rss20): 23 items, 1 would be taken\n")
        assert "✔ undated     Ferry fares rise on the island\n    ferry, fare, island [harbour-news]" in said
        assert "https://a.example/1\n" in said
        assert "has ferry, island; lacks fare or ticket price" in said
        assert "has the unwanted football" in said
        assert "… and 12 more that would not" in said

    async def test_all_of_them_as_json(self, publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
        """One object a line."""
        assert await nota("feeds", "test", publisher.gives("/feed", BODY), "--json") == 0
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(found) == 23
        assert [each["title"] for each in found if each["taken_by"] == ["harbour-news"]] == [
            "Ferry fares rise on the island"
        ]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["nowhere"], "nowhere: neither an address nor a feed of feeds.yaml"),
            (["http://127.0.0.1/"], "http://127.0.0.1/: 127.0.0.1: not a public address"),
            (["http://127.0.0.2/", "--match", "none"], "none: no feed of feeds.yaml"),
        ],
    )
    async def test_refusals(self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
        """On standard error, with status 1."""
        assert await nota("feeds", "test", *arguments) == 1
        assert capsys.readouterr().err == said + "\n"

    async def test_page_in_place_of_a_feed(self, publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
        """Said so."""
        url = publisher.gives("/feed", "<html><body>Hello</body></html>", "text/html")
        assert await nota("feeds", "test", url) == 1
        assert capsys.readouterr().err == f"{url}: a web page, no feed\n"


class TestLists:
    """OPML out and in."""

    async def test_out_and_in(self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What another dossier exported becomes entries that the loader takes."""
        assert await nota("feeds", "export") == 0
        (tmp_path / "feeds.opml").write_text(capsys.readouterr().out, encoding="utf-8")
        (folder / "feeds.yaml").unlink()
        assert await nota("feeds", "import", str(tmp_path / "feeds.opml")) == 0
        (folder / "feeds.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        assert [(name, feed.url) for name, feed in dossier.feeds.items()] == [
            ("harbour-office", "https://harbour.example/rss.xml")
        ]

    async def test_only_what_is_new(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Addresses that the dossier has are left out, equal titles are numbered, other schemes ignored."""
        outlines = "".join(
            f'<outline text="{title}" xmlUrl="{url}"/>'
            for title, url in [
                ("Known", "https://harbour.example/rss.xml"),
                ("Новости", "https://www.news.example/rss"),
                ("Harbour News", "https://b.example/rss"),
                ("File", "file:///etc/passwd"),
            ]
        )
        (tmp_path / "x.opml").write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
        assert await nota("feeds", "import", str(tmp_path / "x.opml")) == 0
        said = capsys.readouterr().out
        assert [line for line in said.splitlines() if not line.startswith(" ")] == ["news-example:", "harbour-news-2:"]

    async def test_no_opml(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Bombs, rubbish, nothing there."""
        (tmp_path / "bomb.opml").write_text("<!DOCTYPE x [<!ENTITY a 'b'>]><opml/>", encoding="utf-8")
        assert await nota("feeds", "import", str(tmp_path / "bomb.opml")) == 1
        assert "declares entities" in capsys.readouterr().err
        assert await nota("feeds", "import", str(tmp_path / "nothing.opml")) == 1
        assert "No such file" in capsys.readouterr().err
