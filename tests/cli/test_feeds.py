"""``nota feeds``, as an editor calls it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app.content_check import today
from bot.db.feeds import FeedState, Story
from bot.db.store import open_store
from bot.dossier.loader import load
from bot.dossier.models import FeedId
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from tests.command import Run
from tests.conftest import not_none
from tests.databases import sqlite_url
from tests.desk_scene import desk_on
from tests.dossier.conftest import FEEDS
from tests.editor import compare
from tests.feeds.hostile import item, rss
from tests.feeds.test_review import OTHER, STORY
from tests.servers.publisher import HOME, Publisher, publishing
from tests.tables import cases

BODY = rss(
    item("Ferry fares rise on the island", "<link>https://a.example/1?utm_source=x</link><guid>1</guid>")
    + item("Ferry to the island is late", "<link>https://a.example/2</link><guid>2</guid>")
    + item("Football: ferry fare for island fans", "<link>https://a.example/3</link><guid>3</guid>")
    + "".join(item(f"Something else, number {number}") for number in range(20))
)


TRICKY = replace(
    STORY, title="2. #Ferry *sails* {fare} <b>", line="- A line_with [signs] & 1) more: {x}", page="3", headline="3"
)


@pytest.fixture(autouse=True)
def settings(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny dossier with a feed, and a database; loopback publishers are allowed."""
    (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    monkeypatch.setenv("DATABASE_URL", sqlite_url(tmp_path))
    monkeypatch.setenv("EDITORS_CHAT", "telegram:-100")
    monkeypatch.setenv("FEEDS_ALLOW", HOME)


@pytest.fixture
async def database(tmp_path: Path) -> None:
    """As the bot makes it when it starts."""
    async with open_store(f"sqlite:///{tmp_path}/nota.sqlite3"):
        pass


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    """A publisher at :data:`HOME`."""
    async with publishing() as opened:
        yield opened


@pytest.fixture
async def stories(folder: Path, tmp_path: Path) -> None:
    dossier = not_none(load(folder, today()).dossier)
    async with open_store(f"sqlite:///{tmp_path}/nota.sqlite3") as store:
        live, chat = LiveDossier(dossier), EditorsChat(store)
        review = Review(store, live, chat, desk_on(store, live, chat), lambda: None)
        await compare(Newsroom(store), dossier)
        async with store.database.write() as connection:
            now = await store.database.moment(connection)
            fresh: list[Story] = [replace(each, published=now - 60) for each in (STORY, OTHER, TRICKY)]
            await review.add(connection, fresh, now=now)


class TestTest:
    """``nota feeds test`` prints which items match, and why."""

    @pytest.mark.slow
    async def test_by_everyones_match(self, publisher: Publisher, run: Run) -> None:
        """An address that the dossier does not have yet."""
        printed = (await run.in_thread("feeds", "test", publisher.gives("/feed", BODY))).out
        assert printed.startswith("News (rss20): 23 items, 1 would be taken\n")
        assert "✔ undated     Ferry fares rise on the island\n    ferry, fare, island [harbour-news]" in printed
        assert "https://a.example/1\n" in printed
        assert "has ferry, island; lacks fare or ticket price" in printed
        assert "has the unwanted football" in printed
        assert "… and 12 more that would not" in printed

    @pytest.mark.slow
    async def test_where_no_feeds_are_configured(self, publisher: Publisher, folder: Path, run: Run) -> None:
        """An address may be tried before the first feed is written down: nothing would be taken, and nothing matches."""
        (folder / "feeds.yaml").unlink()
        printed = (await run.in_thread("feeds", "test", publisher.gives("/feed", BODY))).out
        assert printed.startswith("News (rss20): 23 items, 0 would be taken\n")
        assert printed.count("    no feeds are configured whose match could take it\n") == 10
        assert "every item matches" not in printed

    @pytest.mark.slow
    async def test_all_of_them_as_json(self, publisher: Publisher, run: Run) -> None:
        found = [
            json.loads(line)
            for line in (await run.in_thread("feeds", "test", publisher.gives("/feed", BODY), "--json")).lines
        ]
        assert len(found) == 23
        assert [each["title"] for each in found if each["taken_by"] == ["harbour-news"]] == [
            "Ferry fares rise on the island"
        ]

    @cases("arguments, message")
    async def test_refusals(self, arguments: list[str], message: str, run: Run) -> None:
        """
        ["nowhere"] | nowhere: neither an address nor a feed of feeds.yaml
        ["http://127.0.0.1/"] | http://127.0.0.1/: 127.0.0.1: not a public address
        ["http://127.0.0.2/", "--match", "none"] | none: not a feed of feeds.yaml
        """
        assert (await run.in_thread("feeds", "test", *arguments, status=1)).err == message + "\n"

    @pytest.mark.slow
    async def test_page_in_place_of_a_feed(self, publisher: Publisher, run: Run) -> None:
        url = publisher.gives("/feed", "<html><body>Hello</body></html>", "text/html")
        assert (await run.in_thread("feeds", "test", url, status=1)).err == f"{url}: a web page, no feed\n"


class TestCandidates:
    """``nota feeds candidates`` lists what waits; the other actions decide."""

    @pytest.mark.usefixtures("stories")
    async def test_what_waits(self, run: Run) -> None:
        """The newest first, with all that is needed to decide."""
        printed = (await run.in_thread("feeds", "candidates")).out
        assert printed.index("3  Harbour Office (en): 2. #Ferry") < printed.index(
            "1  Harbour Office (en): Ferry <b>sails</b>"
        )
        assert (
            "    https://harbour.example/1\n    matched: ferry; topics: fare\n    ⏳ Waiting for a decision until"
            in printed
        )

    @pytest.mark.usefixtures("stories")
    async def test_as_json(self, run: Run) -> None:
        found = [json.loads(line) for line in (await run.in_thread("feeds", "candidates", "--json")).lines]
        assert [each["id"] for each in found] == [3, 2, 1]
        assert found[-1]["link"] == STORY.link

    @pytest.mark.usefixtures("database")
    async def test_none_waits(self, run: Run) -> None:
        assert (await run.in_thread("feeds", "candidates")).out == "no candidates wait for a decision\n"

    @pytest.mark.usefixtures("stories")
    async def test_the_first_decision_counts(self, run: Run) -> None:
        """As in the chat; the exit status says whether the decision counted."""
        printed = (await run.in_thread("feeds", "take", "1")).out
        assert "✅ Taken by" in printed
        assert "change 1: another editor is asked for approval" in printed
        assert "✅ Taken by" in (await run.in_thread("feeds", "reject", "1", status=1)).out
        assert "candidate 99 does not exist" in (await run.in_thread("feeds", "reject", "99", status=1)).err

    @pytest.mark.usefixtures("stories")
    async def test_where_one_decides(self, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        monkeypatch.delenv("EDITORS_CHAT")
        assert "change 1: approved" in (await run.in_thread("feeds", "take", "1")).out


class TestStates:
    """``nota feeds`` prints the state of each feed."""

    async def test_states(self, tmp_path: Path, run: Run) -> None:
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
        said = (await run.in_thread("feeds")).out
        assert said == (
            "harbour-news  HTTP 503, 2 failures in a row\n"
            "    last 2026-11-23 12:00 UTC · next 2026-11-23 13:03 UTC · 20 items · 3 matched so far\n"
        )
        assert json.loads((await run.in_thread("feeds", "--json")).out)["status"] == "HTTP 503"

    @pytest.mark.usefixtures("database")
    @pytest.mark.parametrize("text", [None, "{}\n"])
    async def test_none_is_configured(self, folder: Path, text: str | None, run: Run) -> None:
        """It is said, and how to add one; programs get no line."""
        (folder / "feeds.yaml").unlink()
        if text is not None:
            (folder / "feeds.yaml").write_text(text, encoding="utf-8")
        said = (await run.in_thread("feeds")).out
        assert said.startswith("no feeds are configured, expected: an entry for each in feeds.yaml")
        assert (await run.in_thread("feeds", "--json")).out == ""

    @pytest.mark.usefixtures("database")
    async def test_never_fetched(self, run: Run) -> None:
        """As before FEEDS=1."""
        assert "harbour-news  not fetched yet\n    last – · next –" in (await run.in_thread("feeds")).out
