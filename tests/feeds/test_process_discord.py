"""Feeds in a real process: from a publisher to the editors' channel to a reader, on Discord."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.db.store import open_store
from tests.audiences import subscribe_all
from tests.bot_process import free_port, started
from tests.feeds.hostile import item, rss
from tests.feeds.test_process import FEEDS, TITLE, seeded
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_people import MANAGER, MEMBER, PUBLIC_KEY, Deliver, Person, Shown, by_gateway, by_http
from tests.servers.discord_world import Channel
from tests.servers.publisher import HOME, Publisher

pytestmark = pytest.mark.slow

EDITOR, WRITER = MEMBER | MANAGER, MEMBER | 1 << 11
"""Who manages the server, and who may write in the channel."""

ON_DESK = "🛰 Ferry & friends *sail* _again_ [now](tg://user?id=1)"
AS_CHANGE = "🗞 Ferry & friends *sail* _again_ [now](tg://user?id=1)"
AS_NEWS = "📰 Ferry & friends *sail* _again_ [now](tg://user?id=1)"


@dataclass
class Desk:
    """A Discord with the editors' channel and a subscribed one."""

    discord: Discord
    deliver: Deliver
    editors: Channel
    readers: Channel

    def somebody(self, permissions: int = EDITOR) -> Person:
        """Somebody in the editors' channel."""
        return Person(self.discord, self.deliver, self.editors, self.discord.world.next_id(), permissions=permissions)

    async def stands(self, channel: Channel, title: str, words: str = "") -> Shown:
        """The message that stands in a channel for all, once it has the title and the words."""
        for _ in range(6000):  # an approved change waits for a minute
            messages = [each for each in self.discord.world.in_channel(channel.id) if not each["flags"] & (1 << 6)]
            found = [each for each in messages if _plain(each["embeds"][0]) == title and words in _all_plain(each)]
            if found:
                return Shown(found[0], is_private=False)
            await asyncio.sleep(0.02)
        raise AssertionError(self.discord.world.in_channel(channel.id))


def _plain(embed: dict[str, Any]) -> str:
    """The title as Discord shows it, the backslashes gone."""
    return str(embed["title"]).replace("\\", "")


def _all_plain(message: dict[str, Any]) -> str:
    return str(message["embeds"]).replace("\\\\", "")


@pytest.fixture(params=["gateway", "http"])
async def desk(
    folder: Path, tmp_path: Path, publisher: Publisher, request: pytest.FixtureRequest
) -> AsyncIterator[Desk]:
    """A running bot to which the publisher brings one story; words come to it either way."""
    url = publisher.gives("/feed", rss(item(TITLE, "<link>https://harbour.example/1?utm_source=x</link>")))
    (folder / "feeds.yaml").write_text(FEEDS.format(url=url), encoding="utf-8")
    database = await seeded(tmp_path, url)
    async with discord_api() as discord, aiohttp.ClientSession() as session:
        editors, readers = discord.world.add(), discord.world.add()
        async with open_store(database) as store:
            await subscribe_all(store, [readers.id], platform="discord", language="id", kind="group")
        settings = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": discord.url, "DATABASE_URL": database}
        settings |= {"FEEDS": "1", "FEEDS_ALLOW": HOME, "EDITORS_CHAT": f"discord:{editors.id}"}
        deliver = by_gateway(discord)
        if request.param == "http":
            port = free_port()
            settings |= {"DISCORD_PUBLIC_KEY": PUBLIC_KEY, "PUBLIC_URL": "https://nota.example", "PORT": str(port)}
            deliver = by_http(session, f"http://127.0.0.1:{port}/discord/interactions")
        async with started(folder, tmp_path, **settings):
            if request.param == "gateway":
                await discord.gateway.until(connected=1)
            yield Desk(discord, deliver, editors, readers)


async def test_story_from_publisher_to_reader(desk: Desk) -> None:
    """Topics are turned in private; the first press counts and shows who; somebody else approves; readers get it, in its own language."""
    story = await desk.stands(desk.editors, ON_DESK)
    assert list(story.buttons)[:4] == ["✅ Make a change", "🗑 Reject", "🏷 Topics", "⏰ Later"]
    anna, budi = desk.somebody(), desk.somebody()
    topics = await anna.press(story, story.buttons["🏷 Topics"])
    assert topics.is_private
    (fare,) = [label for label in topics.buttons if "The fare" in label]
    turned = await anna.press(topics, topics.buttons[fare])
    assert turned.is_in_place
    await desk.stands(desk.editors, ON_DESK, "none: it goes to all subscribers")
    said = await anna.press(story, story.buttons["✅ Make a change"])
    assert said.is_private
    assert _plain(said.message["embeds"][0]).startswith("✅ Taken by @reader, ")
    late = await budi.press(story, story.buttons["🗑 Reject"])
    assert (late.is_private, "Somebody was faster" in late.text) == (True, True)
    decided = await desk.stands(desk.editors, ON_DESK, "Taken by @reader, ")
    assert not decided.buttons
    asked = await desk.stands(desk.editors, AS_CHANGE, "Waits for approval")
    own = await anna.press(asked, asked.buttons["✅ Approve"])
    assert (own.is_private, "Another editor must approve this." in own.text) == (True, True)
    await budi.press(asked, asked.buttons["✅ Approve"])
    news = await desk.stands(desk.readers, AS_NEWS, "Reported by Harbour")
    assert "https://harbour.example/1)" in str(news.message["embeds"])
    assert "Ferry & friends" in (await desk.somebody().use("news")).text.replace("\\", "")
    sent = await desk.stands(desk.editors, AS_CHANGE, "1 of 2 done")  # a reader on Telegram waits
    assert "✅ Approve" not in sent.buttons


async def test_a_mere_member_decides_nothing(desk: Desk) -> None:
    """Who may write in the channel is no editor for it; elsewhere nobody is."""
    story = await desk.stands(desk.editors, ON_DESK)
    refused = await desk.somebody(WRITER).press(story, story.buttons["✅ Make a change"])
    assert (refused.is_private, "Only the editors and the admins of this chat" in refused.text) == (True, True)
    stranger = desk.somebody()
    stranger.channel = desk.readers
    assert (await stranger.press(story, story.buttons["✅ Make a change"])).title == "🕰 An old button"
    waiting = await desk.somebody().use("wire")
    assert waiting.title == "🛰 The wire · 1 story waits"
    shown = await desk.somebody().press(waiting, next(iter(waiting.buttons.values())))
    assert "✅ Make a change" in shown.buttons
