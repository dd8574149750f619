"""Interactions that come by Discord's gateway, where we have no public address (events/gateway).

No intent is needed to get interactions, so none is asked for and nothing else comes. hikari keeps the connections:
heartbeats, resuming, reconnecting, one for each shard.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import hikari
import structlog
from hikari.api import CacheComponents
from hikari.impl import CacheSettings, GatewayBot

from bot.platforms.discord.calls import Call
from bot.platforms.discord.client import Client
from bot.platforms.discord.listen import Listener
from bot.platforms.discord.payloads import Interaction, interaction_of
from bot.platforms.discord.trouble import is_passing, said

log = structlog.get_logger("bot.discord")

INTERACTION = "INTERACTION_CREATE"

PAUSES_SECONDS = (0.2, 0.5)
"""How soon a callback is posted again where Discord failed: it counts only within three seconds."""


class Gateway:
    """Hears interactions, and posts what the listener says to them."""

    def __init__(self, token: str, api_url: str, client: Client, listener: Listener) -> None:
        self._token = token
        self._api_url = api_url
        self._client = client
        self._listener = listener

    async def run(self, shards: int | None, connected: Callable[[], None]) -> None:
        """Hears until cancelled, or until Discord ends it; over so many connections (None: as Discord advises).

        ``connected`` is told when all of them are there.

        Raises:
            hikari.HikariError: Discord cannot be reached, or has closed a connection for good.
        """
        bot = GatewayBot(
            self._token,
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
            intents=hikari.Intents.NONE,
            auto_chunk_members=False,
            cache_settings=CacheSettings(components=CacheComponents.NONE),
            http_settings=self._client.http_settings,
            rest_url=self._api_url,
            max_retries=0,
        )
        bot.event_manager.subscribe(hikari.ShardPayloadEvent, self._hear)
        try:
            await bot.start(shard_count=shards, check_for_updates=False)
            log.info("interactions come by the gateway", shards=bot.shard_count)
            connected()
            await bot.join()
        finally:
            with suppress(hikari.ComponentStateConflictError):
                await bot.close()

    async def _hear(self, event: hikari.ShardPayloadEvent) -> None:
        if event.name != INTERACTION:
            return
        try:
            interaction = interaction_of(event.payload)
        except ValueError as error:
            log.info("refused", why=f"an event that is no interaction: {str(error).splitlines()[0]}")
            return
        call = await self._listener.respond(interaction)
        try:
            await self._post(interaction, call)
        except hikari.HikariError as error:
            log.warning("an answer was not taken", interaction=interaction.id, why=said(error))

    async def _post(self, interaction: Interaction, call: Call) -> None:
        for pause in PAUSES_SECONDS:
            try:
                return await self._client.answer(interaction, call)
            except hikari.HikariError as error:
                if not is_passing(error):
                    raise
            await asyncio.sleep(pause)
        return await self._client.answer(interaction, call)
