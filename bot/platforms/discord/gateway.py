"""What comes by Discord's gateway (events/gateway): interactions, where they do not come by HTTP, and messages.

Interactions need no intent. Messages need theirs, none of which is privileged: without the privileged one, what they say
is there where it is meant for us (#message-content-intent), and empty elsewhere. hikari keeps the connections:
heartbeats, resuming, reconnecting, one for each shard.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import hikari
import structlog
from hikari.api import CacheComponents
from hikari.impl import CacheSettings, GatewayBot

from bot.platforms.discord.api import ODDITIES, Client, Interrupted, afresh, told_once
from bot.platforms.discord.guilds import Membership
from bot.platforms.discord.handlers import Listener, Words
from bot.platforms.discord.types import Interaction, NewRole, Ready, Room, guild_of, interaction_of, message_of

SILENT_SECONDS = 120.0
"""How long a connection may be missing: the library, which tries again by itself, does so once a minute at the least."""


LOOKS = 8
"""How often we look within that time."""


START_SECONDS = 4.0
"""How long a start under way may go on once we are told to stop."""


_KEPT_ALIVE = "keep alive (shard"
"""Begins the name of the library's task for a connection."""


async def unless_silent(bot: GatewayBot, hearing: Coroutine[Any, Any, None], seconds: float) -> None:
    """Hears for as long as every connection is there, or is made within so many seconds.

    Raises:
        Interrupted: one was not.
    """
    clock, task = asyncio.get_running_loop().time, asyncio.ensure_future(hearing)
    begun, well_at = 0, clock()
    try:
        while not task.done():
            await asyncio.wait((task,), timeout=seconds / LOOKS)
            shards = bot.shards
            is_whole = 0 < bot.shard_count == sum(shard.is_connected for shard in shards.values())
            if is_whole or len(shards) > begun:
                begun, well_at = len(shards), clock()
            elif clock() - well_at > seconds:
                raise Interrupted(f"its gateway has been silent for {seconds:.0f} s")
        task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def whole(start: Coroutine[Any, Any, None]) -> None:
    """Waits for the start; cancelled meanwhile, for its end first.

    hikari 2.7 forgets a connection whose start is cut short, and leaves it open; so what it left is ended.
    """
    before, starting = asyncio.all_tasks(), asyncio.ensure_future(start)
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait((starting,), timeout=START_SECONDS)
        if not starting.done():
            await _end({starting})
            await _end({task for task in asyncio.all_tasks() - before if task.get_name().startswith(_KEPT_ALIVE)})
        raise


async def _end(tasks: set[Any]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=START_SECONDS)


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
