"""What comes by Discord's gateway (events/gateway): interactions, where they do not come by HTTP, and messages.

Interactions need no intent. Messages need theirs, none of which is privileged: without the privileged one, what they say
is there where it is meant for us (#message-content-intent), and empty elsewhere. hikari keeps the connections:
heartbeats, resuming, reconnecting, one for each shard.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import hikari
import structlog
from hikari.api import CacheComponents
from hikari.impl import CacheSettings, GatewayBot

from bot.platforms.discord.client import Client
from bot.platforms.discord.guilds import NewRole, Ready, Room, guild_of
from bot.platforms.discord.limited import afresh
from bot.platforms.discord.listen import Listener
from bot.platforms.discord.membership import Membership
from bot.platforms.discord.messages import message_of
from bot.platforms.discord.payloads import Interaction, interaction_of
from bot.platforms.discord.silence import SILENT_SECONDS, unless_silent, whole
from bot.platforms.discord.trouble import ODDITIES, Interrupted, told_once
from bot.platforms.discord.words import Words

log = structlog.get_logger("bot.discord")

INTENTS = hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.DM_MESSAGES
"""Servers with their language and roles, and what is written in them and to us directly (#list-of-intents)."""

Read = TypeVar("Read")


class Gateway:
    """Hears interactions, and posts what the listener says to them; hears messages and servers, and tells of them."""

    def __init__(
        self, token: str, api_url: str, client: Client, listener: Listener, words: Words, membership: Membership
    ) -> None:
        self._token = token
        self._api_url = api_url
        self._client = client
        self._listener = listener
        self._words = words
        self._membership = membership
        self._my_id = 0
        self.silent_seconds = SILENT_SECONDS

    async def run(self, shards: int | None, connected: Callable[[], None]) -> None:
        """Hears until cancelled, or until Discord ends it; over so many connections (None: as Discord advises).

        ``connected`` is told when all of them are there.

        Raises:
            hikari.HikariError: Discord cannot be reached, says what cannot be read, or has closed a connection.
        """
        bot = GatewayBot(
            self._token,
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
            intents=INTENTS,
            auto_chunk_members=False,
            cache_settings=CacheSettings(components=CacheComponents.NONE),
            http_settings=self._client.http_settings,
            rest_url=self._api_url,
            loads=self._client.loads,
            max_retries=0,
        )
        bot.event_manager.subscribe(hikari.ShardPayloadEvent, self._hear)
        with told_once():
            await self._heard(bot, shards, connected)

    async def _heard(self, bot: GatewayBot, shards: int | None, connected: Callable[[], None]) -> None:
        afresh()
        try:
            await unless_silent(bot, _followed(bot, shards, connected), self.silent_seconds)
        except hikari.HikariError:  # a RuntimeError too
            raise
        except ODDITIES as fault:
            why = str(fault)[:100] if isinstance(fault, RuntimeError) else type(fault).__name__
            raise Interrupted(f"its gateway cannot be followed: {why}") from fault
        finally:
            bot.event_manager.unsubscribe(hikari.ShardPayloadEvent, self._hear)
            with suppress(hikari.ComponentStateConflictError):
                await bot.close()

    async def _hear(self, event: hikari.ShardPayloadEvent) -> None:
        """What a session that is resumed missed comes before the library calls the shard connected, and tells who we are."""
        match event.name:
            case "READY":
                if ready := _read(event, Ready.model_validate):
                    self._my_id = ready.user.id
                    self._membership.guilds.listed(guild.id for guild in ready.guilds)
            case "INTERACTION_CREATE":
                if interaction := _read(event, interaction_of):
                    await self._answer(interaction)
            case "MESSAGE_CREATE":
                if message := _read(event, message_of):
                    await self._words.hear(message, self._my_id)
            case _:
                await self._hear_of_servers(event, self._my_id)

    async def _hear_of_servers(self, event: hikari.ShardPayloadEvent, my_id: int) -> None:
        membership, guilds = self._membership, self._membership.guilds
        match event.name:
            case "GUILD_CREATE" if guild := _read(event, guild_of):
                await membership.entered(guild, my_id)
            case "GUILD_DELETE" if guild := _read(event, guild_of):
                await membership.left(guild)
            case "GUILD_UPDATE" if guild := _read(event, guild_of):
                guilds.changed(guild, my_id)
            case "GUILD_ROLE_CREATE" if new := _read(event, NewRole.model_validate):
                if new.role.tags.bot_id == my_id:
                    guilds.given_role(new.guild_id, new.role.id)
            case "CHANNEL_CREATE" if room := _read(event, Room.model_validate):
                guilds.opened(room.guild_id or 0, room.id)
            case _:
                pass

    async def _answer(self, interaction: Interaction) -> None:
        await self._client.answer(interaction, await self._listener.respond(interaction))


async def _followed(bot: GatewayBot, shards: int | None, connected: Callable[[], None]) -> None:
    await whole(bot.start(shard_count=shards, check_for_updates=False))
    log.info("the gateway is open", shards=bot.shard_count)
    connected()
    await bot.join()


def _read(event: hikari.ShardPayloadEvent, parse: Callable[[Any], Read]) -> Read | None:
    """What the event brings; None where that cannot be read, which is logged without what it was."""
    try:
        return parse(event.payload)
    except ValueError as error:
        log.info("refused", why=f"what is no {event.name}: {str(error).splitlines()[0]}")
        return None
