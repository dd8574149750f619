"""Permissions that the bot loses where bulletins come: the server's owner is told once, unasked. Over the real websocket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.db.schema import readers
from bot.dossier.models import Dossier
from bot.platforms.discord.types import Permission
from bot.reader import MUTED, Address
from bot.schedule import Subscription
from tests.clocks import until
from tests.platforms.discord.conftest import Talk, talking
from tests.platforms.discord.test_guilds import add, channel_of
from tests.servers.discord import discord_api
from tests.servers.discord_people import MANAGER
from tests.servers.discord_world import BOT, GUILD_ID, PUBLIC_THREAD, Channel

OWNER = 700000000000000042
OURS = 1100000000000000009
ALL = int(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
)


@pytest_asyncio.fixture
async def talk(dossier: Dossier) -> AsyncIterator[Talk]:
    """The bot in a server, with all that it asks for; nothing is lost yet."""
    async with discord_api() as discord, talking("gateway", dossier, discord) as running:
        give(running, ALL)
        yield running


def give(talk: Talk, permissions: int) -> None:
    """What REST says of the server: its owner, and the bot's role with these permissions."""
    roles = [{"id": str(GUILD_ID), "permissions": "0"}, {"id": str(OURS), "permissions": str(permissions)}]
    talk.discord.guilds[GUILD_ID] = {
        "id": str(GUILD_ID),
        "name": "Harbour",
        "owner_id": str(OWNER),
        "roles": roles,
        "preferred_locale": "en-US",
    }
    talk.discord.guild_members[GUILD_ID, int(BOT["id"])] = {"user": BOT, "roles": [str(OURS)]}


async def subscribed(talk: Talk, **about: Any) -> Channel:
    """A channel of the server that gets bulletins."""
    channel = talk.discord.world.add()
    await add(talk, channel_of(channel), **about)
    await talk.somebody(channel, permissions=MANAGER).use("subscribe")
    return channel


async def role_changes(talk: Talk, permissions: int, missing: int | None = None) -> None:
    """Waits until the bot has seen what is ``missing`` (None: in a channel, what it asks for and has not got)."""
    give(talk, permissions)
    role = {"id": str(OURS), "permissions": str(permissions), "name": "Nota"}
    await talk.discord.gateway.dispatch("GUILD_ROLE_UPDATE", {"guild_id": str(GUILD_ID), "role": role})
    expected = ALL & ~permissions & ~int(Permission.SEND_MESSAGES_IN_THREADS) if missing is None else missing

    async def is_stored() -> bool:
        async with talk.conversation.store.database.read() as connection:
            rows = (await connection.execute(select(readers.c.missing_rights))).scalars().all()
        return set(rows) - {0} == {expected} - {0}

    async with asyncio.timeout(60):
        while not await is_stored():  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.01)


def told(talk: Talk) -> list[str]:
    """The texts of the direct messages to the owner."""
    channel = talk.discord.world.with_people.get(OWNER)
    messages = talk.discord.world.in_channel(channel.id) if channel else []
    return [message["embeds"][0]["description"] for message in messages]


async def until_told(talk: Talk, times: int = 1) -> list[str]:
    await until(lambda: len(told(talk)) >= times)
    return told(talk)


class TestOnce:
    """Each loss is told once, until the right is back."""

    async def test_of_a_role(self, talk: Talk) -> None:
        await subscribed(talk)
        await role_changes(talk, ALL & ~int(Permission.EMBED_LINKS))
        [text] = await until_told(talk)
        assert "Harbour" in text
        assert "Embed Links" in text
        assert "Send Messages" not in text
        await role_changes(talk, ALL & ~int(Permission.EMBED_LINKS))
        assert len(told(talk)) == 1

    async def test_again_if_it_is_lost_again(self, talk: Talk) -> None:
        await subscribed(talk)
        await role_changes(talk, ALL & ~int(Permission.SEND_MESSAGES))
        await until_told(talk)
        await role_changes(talk, ALL)
        await role_changes(talk, ALL & ~int(Permission.SEND_MESSAGES))
        assert len(await until_told(talk, 2)) == 2

    async def test_only_what_was_lost_since(self, talk: Talk) -> None:
        await subscribed(talk)
        await role_changes(talk, ALL & ~int(Permission.SEND_MESSAGES))
        await until_told(talk)
        await role_changes(talk, ALL & ~int(Permission.SEND_MESSAGES | Permission.ATTACH_FILES))
        *_, last = await until_told(talk, 2)
        assert "Attach Files" in last
        assert "without pictures" in last
        assert "bulletins" not in last


class TestMany:
    """A server has many channels, and Discord lets a bot open few direct messages at a time."""

    @pytest.mark.slow
    async def test_one_message_names_them_all(self, talk: Talk) -> None:
        """Noted once it was sent: eight channels lose the same right."""
        channels = [talk.discord.world.add() for _ in range(8)]
        await add(talk, *(channel_of(channel, number) for number, channel in enumerate(channels)))
        for channel in channels:
            await talk.somebody(channel, permissions=MANAGER).use("subscribe")
        await role_changes(talk, ALL & ~int(Permission.SEND_MESSAGES))
        [text] = await until_told(talk)
        assert text.count("Send Messages") == 8

    @pytest.mark.slow
    async def test_what_could_not_be_told_is_told_with_the_next_change(self, talk: Talk) -> None:
        await subscribed(talk)
        for _ in range(4):
            talk.discord.fault("/users/@me/channels", 500)
        give(talk, ALL & ~int(Permission.EMBED_LINKS))
        role = {"id": str(OURS), "permissions": "0", "name": "Nota"}
        await talk.discord.gateway.dispatch("GUILD_ROLE_UPDATE", {"guild_id": str(GUILD_ID), "role": role})
        await until(lambda: not talk.discord.faults["/users/@me/channels"])
        assert told(talk) == []
        await role_changes(talk, ALL & ~int(Permission.EMBED_LINKS))
        assert "Embed Links" in (await until_told(talk))[0]

    @pytest.mark.slow
    @pytest.mark.parametrize("status", [404, 500])
    async def test_a_channel_that_is_gone_stands_in_nobodys_way(self, talk: Talk, status: int) -> None:
        """Its rights cannot be asked for. The loss in the other one is told, and given back."""
        gone, there = talk.discord.world.add(), talk.discord.world.add()
        await add(talk, channel_of(gone), channel_of(there, 1))
        for channel in (gone, there):
            await talk.somebody(channel, permissions=MANAGER).use("subscribe")
        for permissions in (ALL & ~int(Permission.SEND_MESSAGES), ALL):
            for _ in range(4):
                talk.discord.fault(f"/channels/{gone.id}", status)
            await role_changes(talk, permissions)
            await talk.conversation.store.readers.suspend("discord", there.id, MUTED)
            assert len(await until_told(talk)) == 1
        await role_changes(talk, ALL)
        await until(lambda: not talk.conversation.store.readers.is_suspended(Address("discord", str(there.id))))


class TestGivenBack:
    """A channel that the bot could not see for a while, in which a bulletin was due."""

    async def test_its_bulletins_come_again(self, talk: Talk) -> None:
        """Once the owner has done what the bot asked for."""
        channel = await self.muted(talk)
        await role_changes(talk, ALL, missing=0)
        await self.until_restored(talk, channel)

    async def test_so_they_do_at_any_word_there(self, talk: Talk) -> None:
        """Where the event was missed: a press, or a mention."""
        for number in range(2):
            channel = await self.muted(talk, number)
            if number:
                await talk.somebody(channel).use("duration")
            else:
                await talk.writer(channel).write(f"<@{BOT['id']}> how long?")
            await self.until_restored(talk, channel)

    @pytest.mark.slow
    @pytest.mark.parametrize("is_limited", [False, True])
    async def test_of_fifteen_channels_at_once(self, talk: Talk, *, is_limited: bool) -> None:
        """As a category's change brings them: server and member are asked for once, and again after a rate limit."""
        channels = [talk.discord.world.add() for _ in range(15)]
        await add(talk, *(channel_of(channel, number) for number, channel in enumerate(channels)))
        await talk.somebody(channels[0], permissions=MANAGER).use("subscribe")
        store = talk.conversation.store
        for channel in channels:
            address = Address("discord", str(channel.id))
            await store.readers.meet(address, "group")
            await store.subscriptions.put(address, Subscription())
            await store.readers.suspend("discord", address.chat_id, MUTED)
        if is_limited:
            for path in (f"/guilds/{GUILD_ID}", f"/channels/{channels[3].id}"):
                talk.discord.fault(path, 429, {"message": "slow down", "retry_after": 0.2, "global": False})
        before = len(talk.discord.of("GET", f"/guilds/{GUILD_ID}"))
        for channel in channels:
            await talk.discord.gateway.dispatch("CHANNEL_UPDATE", channel_of(channel))
        for channel in channels:
            await self.until_restored(talk, channel)
        assert len(talk.discord.of("GET", f"/guilds/{GUILD_ID}")) == before + 1 + is_limited

    async def muted(self, talk: Talk, number: int = 0) -> Channel:
        """As the worker leaves it after Discord's 50001 (test_simcord)."""
        channel = talk.discord.world.add()
        await add(talk, channel_of(channel, number))
        await talk.somebody(channel, permissions=MANAGER).use("subscribe")
        if not number:
            await role_changes(talk, ALL & ~int(Permission.VIEW_CHANNEL))
        await talk.conversation.store.readers.suspend("discord", str(channel.id), MUTED)
        return channel

    async def until_restored(self, talk: Talk, channel: Channel) -> None:
        await until(lambda: not talk.conversation.store.readers.is_suspended(Address("discord", str(channel.id))))


class TestWhere:
    """Only where bulletins come, and in the channel's language."""

    async def test_of_one_channel(self, talk: Talk) -> None:
        channel = await subscribed(talk)
        channel.overwrites = [{"id": str(OURS), "type": "0", "allow": "0", "deny": str(int(Permission.SEND_MESSAGES))}]
        await talk.discord.gateway.dispatch("CHANNEL_UPDATE", channel.payload())
        [text] = await until_told(talk)
        assert "Send Messages" in text

    async def test_of_a_channel_that_it_may_not_see(self, talk: Talk) -> None:
        channel = await subscribed(talk)
        payload, channel.ours = channel.payload(), 0
        await talk.discord.gateway.dispatch("CHANNEL_UPDATE", payload)
        [text] = await until_told(talk)
        assert "View Channel" in text

    async def test_of_a_thread(self, talk: Talk) -> None:
        """It has its parent's permissions, but needs another one to send."""
        parent = talk.discord.world.add()
        thread = talk.discord.world.add(PUBLIC_THREAD, parent_id=parent.id)
        await add(talk, channel_of(parent))
        await talk.somebody(thread, permissions=MANAGER).use("subscribe")
        await role_changes(talk, ALL & ~int(Permission.SEND_MESSAGES), missing=0)
        assert told(talk) == []
        in_threads = int(Permission.SEND_MESSAGES_IN_THREADS)
        await role_changes(talk, ALL & ~in_threads, missing=in_threads)
        [text] = await until_told(talk)
        assert "Send Messages in Threads" in text

    async def test_not_where_nothing_comes(self, talk: Talk) -> None:
        with_bulletins, without = talk.discord.world.add(), talk.discord.world.add()
        await add(talk, channel_of(with_bulletins), channel_of(without, 1))
        await talk.somebody(with_bulletins, permissions=MANAGER).use("subscribe")
        await talk.somebody(without, permissions=MANAGER).use("language", language="ru")
        await role_changes(talk, ALL & ~int(Permission.EMBED_LINKS))
        assert len(await until_told(talk)) == 1

    async def test_an_owner_who_takes_no_messages(self, talk: Talk) -> None:
        """Nothing fails; `/settings` still says it (test_interactions)."""
        await subscribed(talk)
        talk.discord.fault("/users/@me/channels", 403, {"message": "Cannot send messages to this user", "code": 50007})
        await role_changes(talk, ALL & ~int(Permission.EMBED_LINKS))
        assert told(talk) == []
        assert (await talk.somebody().use("duration")).title.startswith("⏳")
