"""Servers that let us in, or out (events/gateway-events#guild-create, #guild-delete)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex

import structlog

from bot.answers.reply import Reply
from bot.conversation import Conversation
from bot.delivery import Address
from bot.platforms.discord.asking import PLATFORM
from bot.platforms.discord.client import Client
from bot.platforms.discord.guilds import Guild, greeting_channel
from bot.platforms.discord.posting import posted
from bot.platforms.discord.render import render
from bot.platforms.discord.standing import Guilds
from bot.platforms.discord.trouble import Sleep
from bot.store.applied import Applied
from bot.store.readers import Reader

log = structlog.get_logger("bot.discord")


@dataclass(slots=True)
class Membership:
    """Greets once, and suspends and restores what the channels of a server have set."""

    client: Client
    conversation: Conversation
    guilds: Guilds
    sleep: Sleep = asyncio.sleep

    async def entered(self, guild: Guild, my_id: int) -> None:
        """A server is there: known, or new."""
        if not guild.unavailable and self.guilds.entered(guild, my_id):
            try:
                await self._join(guild, my_id)
            except Exception:
                log.exception("a server was not greeted")

    async def left(self, guild: Guild) -> None:
        """A server is not there; only an outage, where it is said to be ``unavailable``."""
        if guild.unavailable:
            return
        try:
            for reader in await self._readers(self.guilds.gone(guild.id)):
                await self.conversation.left(reader.address, "left")
        except Exception:
            log.exception("the channels of a server that let us out were not suspended")

    async def _join(self, guild: Guild, my_id: int) -> None:
        """Once for each time that a server lets us in, whoever hears of it, and however often."""
        store = self.conversation.store
        cause = f"{PLATFORM}:{my_id}:{guild.id}:{guild.joined_at}"
        if guild.joined_at is not None and not await Applied(store.database).is_first(cause):
            return
        rooms = [room.id for room in (*guild.channels, *guild.threads)]
        suspended = [reader for reader in await self._readers(rooms) if reader.suspended_since is not None]
        back = [await self._came_back(guild, reader) for reader in suspended]
        channel = None if any(back) else greeting_channel(guild, my_id)
        if channel is not None:
            where, title = Address(PLATFORM, channel.id), channel.name or guild.name
            greeting = await self.conversation.joined(where, "group", title, self._locale(guild))
            await self._say(where, greeting)

    async def _came_back(self, guild: Guild, reader: Reader) -> bool:
        """What the channel has set counts again. Whether it is told so, as one that gets bulletins is."""
        gets_bulletins = await self.conversation.store.subscriptions.get(reader.address) is not None
        words = await self.conversation.joined(reader.address, reader.kind, reader.title, self._locale(guild))
        if gets_bulletins:
            await self._say(reader.address, words)
        return gets_bulletins

    async def _say(self, where: Address, words: Reply | None) -> None:
        if words is not None:
            await posted(partial(self.client.create, where.chat_id, render(words), token_hex(8)), self.sleep)

    async def _readers(self, channel_ids: Sequence[int]) -> Sequence[Reader]:
        return await self.conversation.store.readers.among(PLATFORM, channel_ids)

    def _locale(self, guild: Guild) -> str | None:
        speaks = self.conversation.edition.dossier.speaks
        return guild.preferred_locale if guild.preferred_locale and speaks(guild.preferred_locale) else None
