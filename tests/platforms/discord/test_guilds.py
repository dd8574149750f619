"""Servers that add and remove the bot: greeting, suspending and restoring, over the real websocket."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.db.readers import Reader
from bot.db.schema import done_once
from bot.dossier.models import Dossier
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.guilds import RECENT_SECONDS, GuildCache, greeting_channel, is_admin
from bot.platforms.discord.types import Guild
from bot.reader import Address
from tests.clocks import until
from tests.databases import Outages
from tests.platforms.discord.conftest import Talk, address, talking
from tests.servers.discord import discord_api
from tests.servers.discord_people import MANAGER, Shown
from tests.servers.discord_world import ANNOUNCEMENT, GUILD_ID, PUBLIC_THREAD, Channel
from tests.servers.discord_writers import Writer, guild

GREETING = "👋 The Indonesia–Russia digital memorandum"

ME, SERVER, OURS, OTHER = 1, 2, 3, 4
VIEW, SEND, EMBED, ADMINISTRATOR, MANAGE_CHANNELS = 1 << 10, 1 << 11, 1 << 14, 1 << 3, 1 << 4
ALL = VIEW | SEND | EMBED


class TestGreetingChannel:
    """Where the bot may write (topics/permissions#permission-overwrites)."""

    @pytest.mark.parametrize(
        ("everyone", "ours", "overwrites", "expected"),
        [
            (ALL, 0, [], True),
            (VIEW | SEND, 0, [], False),
            (VIEW | SEND, EMBED, [], True),
            (0, ADMINISTRATOR, [(SERVER, 0, ALL)], True),
            (ALL, 0, [(SERVER, 0, SEND)], False),
            (ALL, 0, [(SERVER, 0, SEND), (OURS, SEND, 0)], True),
            (ALL, 0, [(OURS, SEND, 0), (ME, 0, SEND)], False),
            (ALL, 0, [(OURS, 0, SEND), (ME, SEND, 0)], True),
            (ALL, 0, [(OTHER, 0, ALL)], True),
        ],
    )
    def test_permissions(
        self, everyone: int, ours: int, overwrites: list[tuple[int, int, int]], expected: bool
    ) -> None:
        """Everyone's and the role's, then the channel's overwrites (of whom, allow, deny) in the documented order."""
        roles: list[dict[str, Any]] = [
            {"id": str(SERVER), "permissions": str(everyone)},
            {"id": str(OURS), "permissions": str(ours), "tags": {"bot_id": str(ME)}},
            {"id": str(OTHER), "permissions": str(ADMINISTRATOR)},
        ]
        rules = [{"id": str(whose), "allow": str(allow), "deny": str(deny)} for whose, allow, deny in overwrites]
        channels = [{"id": "9", "type": 0, "permission_overwrites": rules}]
        members = [{"user": {"id": str(ME)}, "roles": []}]
        server = {"id": str(SERVER), "roles": roles, "channels": channels, "members": members}
        assert (greeting_channel(Guild.model_validate(server), ME) is not None) is expected

    @pytest.mark.parametrize(("kind", "expected"), [(0, True), (2, False)])
    def test_without_roles(self, kind: int, expected: bool) -> None:
        """If Discord names none, the bot may write. A voice channel is no place to greet."""
        server = Guild.model_validate({"id": "2", "channels": [{"id": "9", "type": kind}]})
        assert (greeting_channel(server, ME) is not None) is expected


class TestGuildCache:
    """Whether a server has just added the bot; it is 1,000,000,000 s after 1970."""

    NOW = 1_000_000_000.0

    @pytest.fixture
    def cache(self) -> GuildCache:
        """Server 1 was in READY's list."""
        cache = GuildCache(lambda: self.NOW)
        cache.add_listed([1])
        return cache

    def add(self, cache: GuildCache, identity: int, seconds: float = 10 * RECENT_SECONDS, **about: Any) -> bool:
        joined = datetime.fromtimestamp(self.NOW - seconds, UTC)
        return cache.add(Guild.model_validate({"id": str(identity), "joined_at": joined, **about}), ME)

    def test_a_server_that_was_not_listed_is_new_once(self, cache: GuildCache) -> None:
        """Not when it comes again."""
        assert self.add(cache, 2)
        assert not self.add(cache, 2)

    def test_a_listed_server_is_new_if_it_added_the_bot_lately(self, cache: GuildCache) -> None:
        """No process may have been connected then."""
        assert not self.add(cache, 1)
        assert self.add(cache, 1, RECENT_SECONDS - 1)
        assert not self.add(cache, 1, RECENT_SECONDS + 1)

    def test_a_server_that_became_available_is_not_new(self, cache: GuildCache) -> None:
        """Discord says so of listed servers."""
        assert not self.add(cache, 3, unavailable=False)

    def test_a_server_that_removed_and_added_the_bot_is_new(self, cache: GuildCache) -> None:
        """Whatever was listed."""
        cache.remove(1)
        assert self.add(cache, 1)


@pytest_asyncio.fixture
async def talk(dossier: Dossier) -> AsyncIterator[Talk]:
    """A Discord and a bot for each case; the bot is in no server yet."""
    async with discord_api() as discord, talking("gateway", dossier, discord) as running:
        yield running


def channel_of(channel: Channel, position: int = 0, *, denies: int = 0) -> dict[str, Any]:
    """The channel as GUILD_CREATE has it; ``denies``: permissions that it denies to everyone."""
    overwrites = [{"id": str(GUILD_ID), "type": 0, "allow": "0", "deny": str(denies)}]
    return channel.payload() | {"position": position, "permission_overwrites": overwrites}


async def add(talk: Talk, *channels: dict[str, Any], **about: Any) -> None:
    """The server adds the bot."""
    await talk.discord.gateway.dispatch("GUILD_CREATE", guild(channels=channels, **about))
    await handled(talk)


async def remove(talk: Talk, **about: Any) -> None:
    """The server removes the bot, or is unavailable."""
    await talk.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID), **about})
    await handled(talk)


async def handled(talk: Talk) -> None:
    """Waits until earlier events are handled."""
    await talk.somebody().use("duration")
    await talk.conversation.store.readers.among("discord", [])


async def greeted(talk: Talk, channel: Channel, times: int = 1) -> Shown:
    """Waits for the bot's message there."""
    return await Writer(talk.discord, talk.deliver, channel, 7).answered(times)


def titles(talk: Talk, channel: Channel) -> list[str]:
    """Titles of the bot's own messages there."""
    messages = talk.discord.world.in_channel(channel.id)
    return [message["embeds"][0]["title"] for message in messages if "interaction_metadata" not in message]


async def reader(talk: Talk, channel: Channel) -> Reader:
    found = await talk.conversation.store.readers.get(Address("discord", str(channel.id)))
    assert found is not None
    return found


class TestGreeting:
    """A server that adds the bot is greeted once."""

    async def test_where_new_members_are_announced(self, talk: Talk) -> None:
        """With a topic, a rumour that was checked, and a button that subscribes, as numbers of a list."""
        first, system = talk.discord.world.add(), talk.discord.world.add()
        await add(talk, channel_of(first), channel_of(system, 1), system_channel_id=str(system.id))
        shown = await greeted(talk, system)
        assert shown.title == GREETING
        assert list(shown.buttons) == ["1", "2", "3"]
        manager = talk.somebody(system, permissions=MANAGER)
        assert (await manager.press(shown, "c/subscribe/")).title == "✅ Subscribed"
        assert titles(talk, first) == []

    async def test_else_in_the_first_text_channel_in_which_the_bot_may_write(self, talk: Talk) -> None:
        """In the order of the server's list."""
        world = talk.discord.world
        system, news, second, first = world.add(), world.add(ANNOUNCEMENT), world.add(), world.add()
        channels = [channel_of(system, denies=SEND), channel_of(news, 1), channel_of(second, 3), channel_of(first, 2)]
        await add(talk, *channels, system_channel_id=str(system.id))
        assert (await greeted(talk, first)).title == GREETING

    async def test_nowhere_if_it_may_not(self, talk: Talk) -> None:
        """Nothing is tried."""
        await add(talk, channel_of(talk.discord.world.add(), denies=VIEW))
        assert talk.discord.of("POST", "/messages") == []

    async def test_in_the_servers_language(self, talk: Talk) -> None:
        """If the dossier has it."""
        channel = talk.discord.world.add()
        await add(talk, channel_of(channel), preferred_locale="id")
        assert "Buletin di sini" in (await greeted(talk, channel)).message["embeds"][0]["description"]

    async def test_once_however_often_it_is_reported(self, talk: Talk) -> None:
        """After a lost connection, or an outage of the server."""
        channel = talk.discord.world.add()
        await add(talk, channel_of(channel))
        await greeted(talk, channel)
        await talk.discord.gateway.replay(2)
        await remove(talk, unavailable=True)
        await add(talk, channel_of(channel), unavailable=False)
        assert titles(talk, channel) == [GREETING]
        async with talk.conversation.store.database.read() as connection:
            [cause] = (await connection.execute(select(done_once.c.name))).scalars()
        assert len(cause) <= 64, "PostgreSQL refuses it"

    async def test_not_a_server_that_the_bot_has_been_in(self, dossier: Dossier) -> None:
        """Discord reports every server when the bot connects."""
        async with discord_api() as discord:
            channel = discord.world.add()
            discord.gateway.guilds.append(guild(channels=[channel_of(channel)]))
            async with talking("gateway", dossier, discord) as talk:
                await handled(talk)
                assert titles(talk, channel) == []

    async def test_a_server_that_added_it_while_no_process_was_connected(self, dossier: Dossier) -> None:
        """When the bot connects, and not again after that."""
        async with discord_api() as discord:
            channel = discord.world.add()
            joined = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
            discord.gateway.guilds.append(guild(channels=[channel_of(channel)], joined_at=joined))
            async with talking("gateway", dossier, discord) as talk:
                assert (await greeted(talk, channel)).title == GREETING
                await discord.gateway.invalidate(resumable=False)
                await discord.gateway.until(identified=2)
                await handled(talk)
                assert titles(talk, channel) == [GREETING]


class TestRemoved:
    """Settings are kept, and count again when the bot is back."""

    @pytest.mark.slow
    async def test_bulletins_stop_and_go_on(self, talk: Talk) -> None:
        """Also in threads and in channels made later; each that gets bulletins is told."""
        world = talk.discord.world
        channel, later = world.add(), world.add()
        thread = world.add(PUBLIC_THREAD, parent_id=channel.id)
        await add(talk, channel_of(channel))
        await greeted(talk, channel)
        await talk.discord.gateway.dispatch("CHANNEL_CREATE", later.payload())
        for where in (channel, later, thread):
            await talk.somebody(where, permissions=MANAGER).use("subscribe")
        await remove(talk)
        await suspended(talk, thread)
        assert [(await reader(talk, where)).reason for where in (channel, later, thread)] == ["left"] * 3
        await add(talk, channel_of(channel), channel_of(later, 1), joined_at="2026-02-01T00:00:00.000000+00:00")
        for where in (later, thread):
            assert (await greeted(talk, where, 2)).title == "👋 Here again"
            assert (await reader(talk, where)).suspended_since is None
        assert titles(talk, channel) == [GREETING, "👋 Here again"]

    async def test_each_channel_is_told_in_its_own_language(self, talk: Talk) -> None:
        """Of two subscribed channels one chose Indonesian, the other was subscribed by a Russian; the server speaks English."""
        world = talk.discord.world
        chosen, met = world.add(), world.add()
        await add(talk, channel_of(chosen), channel_of(met, 1))
        for channel, locale in ((chosen, "en-US"), (met, "ru")):
            await talk.somebody(channel, permissions=MANAGER, locale=locale).use("subscribe")
        await talk.somebody(chosen, permissions=MANAGER).use("language", language="id")
        await remove(talk)
        await suspended(talk, met)
        await add(talk, channel_of(chosen), channel_of(met, 1), joined_at="2026-03-01T00:00:00.000000+00:00")
        for channel, title in ((chosen, "👋 Hadir kembali"), (met, "👋 Снова здесь")):
            await until(lambda channel=channel, title=title: titles(talk, channel)[-1:] == [title])  # type: ignore[misc]

    @pytest.mark.slow
    async def test_it_is_added_again_at_once(self, talk: Talk) -> None:
        """And removed again, several times: what Discord said last counts, although each event is handled in a task of its own."""
        channels = [talk.discord.world.add() for _ in range(2)]
        await add(talk, *map(channel_of, channels))
        for channel in channels:
            await talk.somebody(channel, permissions=MANAGER).use("subscribe")
        gateway, now = talk.discord.gateway, datetime.now(UTC)
        for number in range(1, 6):
            await gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID)})
            joined = (now + timedelta(seconds=number)).isoformat()
            await gateway.dispatch("GUILD_CREATE", guild(channels=[*map(channel_of, channels)], joined_at=joined))
        for channel in channels:
            await until(lambda channel=channel: titles(talk, channel).count("👋 Here again") == 5)  # type: ignore[misc]
            assert (await reader(talk, channel)).suspended_since is None
        await gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID)})
        readers = talk.conversation.store.readers
        await until(lambda: all(readers.is_suspended(address(channel)) for channel in channels))

    async def test_an_outage_is_no_removal(self, talk: Talk) -> None:
        """Discord marks it as unavailable."""
        channel = talk.discord.world.add()
        await add(talk, channel_of(channel))
        await talk.somebody(channel, permissions=MANAGER).use("subscribe")
        await remove(talk, unavailable=True)
        assert (await reader(talk, channel)).suspended_since is None


class TestOutage:
    """Discord reports a removal or a return once, so that each waits for the database."""

    @pytest.mark.slow
    @pytest.mark.parametrize("returns", [False, True], ids=["removed", "removed and added again"])
    async def test_of_the_database(self, dossier: Dossier, outages: Outages, *, returns: bool) -> None:
        """In the order in which they came."""
        async with talking("gateway", dossier, database_url=outages.url) as talk:
            channels = [talk.discord.world.add() for _ in range(2)]
            await add(talk, *map(channel_of, channels))
            for channel in channels:
                await talk.somebody(channel, permissions=MANAGER).use("subscribe")
            async with outages.away(talk.conversation.store):
                await talk.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID)})
                if returns:
                    joined = datetime.now(UTC).isoformat()
                    again = guild(channels=[*map(channel_of, channels)], joined_at=joined)
                    await talk.discord.gateway.dispatch("GUILD_CREATE", again)
                await talk.somebody().use("duration")
            readers = talk.conversation.store.readers
            for channel in channels:
                if returns:
                    await greeted_again(talk, channel)
                await until(lambda channel=channel: readers.is_suspended(address(channel)) is not returns)  # type: ignore[misc]
            await talk.conversation.membership.caught_up()


async def greeted_again(talk: Talk, channel: Channel) -> None:
    await until(lambda: titles(talk, channel)[-1:] == ["👋 Here again"])


async def suspended(talk: Talk, channel: Channel) -> None:
    """Waits until the reader there is suspended."""
    async with asyncio.timeout(10):
        while (await reader(talk, channel)).suspended_since is None:  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.01)  # its reads leave the loop no time to work


class TestAdmin:
    """Who may manage the server or its channels, as REST says (topics/permissions)."""

    @pytest.mark.parametrize(
        ("user", "roles", "overwrites", "expected"),
        [
            (10, [], [], False),
            (10, [OURS], [], True),
            (10, [OURS], [(OURS, 0, MANAGE_CHANNELS)], False),
            (10, [OURS], [(OURS, 0, MANAGE_CHANNELS), (10, MANAGE_CHANNELS, 0)], True),
            (10, [OTHER], [(SERVER, 0, MANAGE_CHANNELS)], True),
            (11, [], [], True),
            (12, [], [], False),
        ],
        ids=["member", "role", "denied", "allowed to the member", "administrator", "owner", "gone"],
    )
    async def test_of_each(
        self, user: int, roles: list[int], overwrites: list[tuple[int, int, int]], expected: bool
    ) -> None:
        async with discord_api() as api:
            permissions = {SERVER: VIEW, OURS: MANAGE_CHANNELS, OTHER: ADMINISTRATOR}
            held = [{"id": str(role), "permissions": str(each)} for role, each in permissions.items()]
            api.guilds[SERVER] = {"id": str(SERVER), "owner_id": "11", "roles": held}
            for member in (10, 11):
                api.guild_members[SERVER, member] = {
                    "user": {"id": str(member)},
                    "roles": [str(each) for each in roles],
                }
            rules = [{"id": str(whose), "allow": str(allow), "deny": str(deny)} for whose, allow, deny in overwrites]
            api.world.channels[9] = Channel(9, guild_id=SERVER, overwrites=rules)
            client = DiscordClient(api.token, api.url)
            try:
                assert await is_admin(client, 9, user) is expected
                assert await is_admin(client, 8, user) is False
            finally:
                await client.close()
