"""Feeds in a real process: from a publisher to the editors' chat to a reader, on Telegram."""

from pathlib import Path
from typing import Any

import pytest

from bot.db.feeds import FeedState
from bot.db.store import open_store
from bot.dossier.models import FeedId
from tests.audiences import subscribe_all
from tests.bot_process import started
from tests.databases import writing
from tests.feeds.hostile import item, rss
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, chat, press, user
from tests.servers.publisher import HOME, Publisher
from tests.servers.telegram import TOKEN, bot_api

READER, OWNER = 4242, 4343
TITLE = "Ferry &amp;amp; &lt;b&gt;friends&lt;/b&gt; &lt;script&gt;alert(1)&lt;/script&gt; *sail* _again_ [now](tg://user?id=1)"
FEEDS = """\
harbour:
  url: {url}
  publisher: "Harbour <Office>"
  language: en
  topics: [fare]
  match: {{any: [ferry]}}
"""


async def seeded(place: Path, url: str) -> str:
    """A database with a subscribed reader and a feed that was read once, when it was empty."""
    database = f"sqlite:///{place}/nota.sqlite3"
    async with open_store(database) as store:
        await subscribe_all(store, [READER], language="en")
        await writing(store, store.feeds.put, FeedState(FeedId("harbour"), url, 600.0, seen_keys=()))
    return database


@pytest.mark.slow  # an approved change waits for a minute
async def test_story_from_publisher_to_reader(folder: Path, tmp_path: Path, publisher: Publisher) -> None:
    """The editors' chat gets it with its buttons, one makes a change, another approves it, the reader gets it; all of it plain words."""
    url = publisher.gives("/feed", rss(item(TITLE, "<link>https://harbour.example/1?utm_source=x</link>")))
    (folder / "feeds.yaml").write_text(FEEDS.format(url=url), encoding="utf-8")
    settings = {"TELEGRAM_TOKEN": TOKEN, "FEEDS": "1", "FEEDS_ALLOW": HOME, "EDITORS_CHAT": f"telegram:{GROUP}"}
    settings["DATABASE_URL"] = await seeded(tmp_path, url)
    async with bot_api() as api, started(folder, tmp_path, TELEGRAM_API_URL=api.url, **settings):
        api.state.members |= {(GROUP, ADA): "administrator", (GROUP, BUDI): "administrator"}
        [candidate] = await api.until("sendMessage", seconds=60)
        assert candidate["chat_id"] == GROUP
        assert "Ferry &amp; friends *sail* _again_ [now](tg://user?id=1)" in candidate["text"]
        assert 'href="https://harbour.example/1"' in candidate["text"]
        assert "script" not in candidate["text"]
        under = {"message_id": 1, "date": 1, "chat": chat(GROUP)}
        await api.feed(press(button(candidate, "Make a change"), under, user()))
        [_, asked] = await api.until("sendMessage", 2, seconds=60)
        assert asked["chat_id"] == GROUP
        assert "Ferry &amp; friends" in asked["text"]
        [toast] = await api.until("answerCallbackQuery")
        assert "Taken by <b>Ada & Co (id " in toast["text"]
        await api.feed(press(button(asked, "Approve"), {**under, "message_id": 2}, user(BUDI)))
        [_, _, news] = await api.until("sendMessage", 3, seconds=120)
        assert news["chat_id"] == READER
        assert "Ferry &amp; friends" in news["text"]
        edits = await api.until("editMessageText", 2, seconds=60)
        assert any("Taken by &lt;b&gt;Ada &amp; Co" in edit["text"] for edit in edits)


def button(message: dict[str, Any], label: str) -> str:
    """What pressing a message's button sends."""
    keys = [key for row in message["reply_markup"]["inline_keyboard"] for key in row]
    return str(next(key["callback_data"] for key in keys if label in key["text"]))


@pytest.mark.slow
async def test_owners_are_told_of_a_feed_that_is_gone(folder: Path, tmp_path: Path, publisher: Publisher) -> None:
    """HTTP 410 switches it off, and whoever runs the bot learns which."""
    url = publisher.fails("/feed", 410)
    (folder / "feeds.yaml").write_text(FEEDS.format(url=url), encoding="utf-8")
    settings = {"TELEGRAM_TOKEN": TOKEN, "FEEDS": "1", "FEEDS_ALLOW": HOME, "OWNERS": str(OWNER)}
    settings["DATABASE_URL"] = await seeded(tmp_path, url)
    async with bot_api() as api, started(folder, tmp_path, TELEGRAM_API_URL=api.url, **settings):
        [told] = await api.until("sendMessage", seconds=60)
    assert told["chat_id"] == OWNER
    assert "the feed harbour is gone for good" in told["text"]
    assert len(publisher.asked) == 1
