"""Servers that let the bot in, or out, over the real websocket."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from bot.db.readers import Reader
from bot.dossier.models import Dossier
from bot.reader import Address
from tests.platforms.discord.conftest import Talk, talking
from tests.servers.discord import discord_api
from tests.servers.discord_people import MANAGER, Shown
from tests.servers.discord_world import ANNOUNCEMENT, GUILD_ID, PUBLIC_THREAD, SEND, VIEW, Channel
from tests.servers.discord_writers import Writer, guild

GREETING = "👋 The Indonesia–Russia digital memorandum"


@pytest_asyncio.fixture
async def talk(dossier: Dossier) -> AsyncIterator[Talk]:
    """A Discord and a bot of its own for each case; the bot is in no server yet."""
    async with discord_api() as discord, talking("gateway", dossier, discord) as running:
        yield running


def room(channel: Channel, position: int = 0, *, denies: int = 0) -> dict[str, Any]:
    """The channel as GUILD_CREATE has it; ``denies`` is what it takes from everybody."""
    overwrites = [{"id": str(GUILD_ID), "type": 0, "allow": "0", "deny": str(denies)}]
    return channel.payload() | {"position": position, "permission_overwrites": overwrites}


async def add(talk: Talk, *rooms: dict[str, Any], **about: Any) -> None:
    """The server adds the bot."""
    await talk.discord.gateway.dispatch("GUILD_CREATE", guild(channels=rooms, **about))
    await settled(talk)


async def remove(talk: Talk, **about: Any) -> None:
    """The server removes the bot, or is out of reach."""
    await talk.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID), **about})
    await settled(talk)


async def settled(talk: Talk) -> None:
    """What came before the next interaction has been seen to."""
    await talk.somebody().use("duration")
    await talk.conversation.store.readers.among("discord", [])


async def greeted(talk: Talk, channel: Channel, times: int = 1) -> Shown:
    """Waits for what the bot says there."""
    return await Writer(talk.discord, talk.deliver, channel, 7).answered(times)


def said(talk: Talk, channel: Channel) -> list[str]:
    """Titles of what the bot has said there of its own accord."""
    messages = talk.discord.world.in_channel(channel.id)
    return [message["embeds"][0]["title"] for message in messages if "interaction_metadata" not in message]


async def reader(talk: Talk, channel: Channel) -> Reader:
    found = await talk.conversation.store.readers.get(Address("discord", channel.id))
    assert found is not None
    return found


class TestAdded:
    """A greeting, once."""

    async def test_where_newcomers_are_announced(self, talk: Talk) -> None:
        """With a button that subscribes, and one for help."""
        first, system = talk.discord.world.add(), talk.discord.world.add()
        await add(talk, room(first), room(system, 1), system_channel_id=str(system.id))
        shown = await greeted(talk, system)
        assert shown.title == GREETING
        assert list(shown.buttons) == ["🔔 Subscribe", "❓ Help"]
        manager = talk.somebody(system, permissions=MANAGER)
        assert (await manager.press(shown, "c/subscribe/")).title == "✅ Subscribed"
        assert said(talk, first) == []

    async def test_else_in_the_first_text_channel_in_which_it_may_write(self, talk: Talk) -> None:
        """In the order of the server's list."""
        world = talk.discord.world
        system, news, second, first = world.add(), world.add(ANNOUNCEMENT), world.add(), world.add()
        rooms = room(system, denies=SEND), room(news, 1), room(second, 3), room(first, 2)
        await add(talk, *rooms, system_channel_id=str(system.id))
        assert (await greeted(talk, first)).title == GREETING

    async def test_nowhere_where_it_may_not(self, talk: Talk) -> None:
        """Nothing is tried in vain."""
        await add(talk, room(talk.discord.world.add(), denies=VIEW))
        assert talk.discord.of("POST", "/messages") == []

    async def test_in_the_servers_language(self, talk: Talk) -> None:
        """Of those that the dossier has."""
        channel = talk.discord.world.add()
        await add(talk, room(channel), preferred_locale="id")
        assert "🔔 Berlangganan" in (await greeted(talk, channel)).buttons

    async def test_once_however_often_it_is_told(self, talk: Talk) -> None:
        """After a lost connection, or when the server was out of reach."""
        channel = talk.discord.world.add()
        await add(talk, room(channel))
        await greeted(talk, channel)
        await talk.discord.gateway.replay(2)
        await remove(talk, unavailable=True)
        await add(talk, room(channel), unavailable=False)
        assert said(talk, channel) == [GREETING]

    async def test_not_where_it_has_been_for_long(self, dossier: Dossier) -> None:
        """Discord tells of every server whenever the bot connects."""
        async with discord_api() as discord:
            channel = discord.world.add()
            discord.gateway.guilds.append(guild(channels=[room(channel)]))
            async with talking("gateway", dossier, discord) as talk:
                await settled(talk)
                assert said(talk, channel) == []

    async def test_who_added_it_while_nobody_listened(self, dossier: Dossier) -> None:
        """Is greeted when the bot connects."""
        async with discord_api() as discord:
            channel = discord.world.add()
            joined = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
            discord.gateway.guilds.append(guild(channels=[room(channel)], joined_at=joined))
            async with talking("gateway", dossier, discord) as talk:
                assert (await greeted(talk, channel)).title == GREETING
                await discord.gateway.invalidate(resumable=False)
                await discord.gateway.until(identified=2)
                await settled(talk)
                assert said(talk, channel) == [GREETING]


class TestRemoved:
    """What was set is kept, and counts again when the bot is back."""

    async def test_bulletins_stop_and_come_again(self, talk: Talk) -> None:
        """Also in threads, and in channels that were made later; each that gets bulletins is told."""
        world = talk.discord.world
        channel, later = world.add(), world.add()
        thread = world.add(PUBLIC_THREAD, parent_id=channel.id)
        await add(talk, room(channel))
        await greeted(talk, channel)
        await talk.discord.gateway.dispatch("CHANNEL_CREATE", later.payload())
        for where in (channel, later, thread):
            await talk.somebody(where, permissions=MANAGER).use("subscribe")
        await remove(talk)
        await suspended(talk, thread)
        assert [(await reader(talk, where)).reason for where in (channel, later, thread)] == ["left"] * 3
        await add(talk, room(channel), room(later, 1), joined_at="2026-02-01T00:00:00.000000+00:00")
        for where in (later, thread):
            assert (await greeted(talk, where, 2)).title == "👋 Here again"
            assert (await reader(talk, where)).suspended_since is None
        assert said(talk, channel) == [GREETING, "👋 Here again"]

    async def test_an_outage_is_no_removal(self, talk: Talk) -> None:
        """Discord says so."""
        channel = talk.discord.world.add()
        await add(talk, room(channel))
        await talk.somebody(channel, permissions=MANAGER).use("subscribe")
        await remove(talk, unavailable=True)
        assert (await reader(talk, channel)).suspended_since is None


async def suspended(talk: Talk, channel: Channel) -> None:
    """Waits until the reader there is suspended."""
    for _ in range(200):
        if (await reader(talk, channel)).suspended_since is not None:
            return
    raise AssertionError("not suspended")
