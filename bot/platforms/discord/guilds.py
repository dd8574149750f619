"""Servers that let us in, or out (events/gateway-events#guild-create, #guild-delete)."""

import asyncio
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex
from urllib.parse import urlencode

import structlog

from bot.conversation import Conversation
from bot.db.idempotency import AppliedUpdates
from bot.db.readers import Reader
from bot.dossier.models import Language
from bot.platforms.discord.api import Client, Sleep
from bot.platforms.discord.render import render
from bot.platforms.discord.sender import posted
from bot.platforms.discord.types import (
    ATTACH_FILES,
    EMBED_LINKS,
    PLATFORM,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    Guild,
    Me,
    greeting_channel,
)
from bot.reader import Address
from bot.replies.i18n import phrases
from bot.replies.reply import Button, Reply

LATELY_SECONDS = 24 * 3600.0
"""Who took us in so lately may have done so while nobody was listening."""


@dataclass(frozen=True, slots=True)
class Known:
    """What we keep of a server; channels as numbers of eight bytes, since there are many."""

    locale: str | None = None
    role_id: int | None = None
    channels: "array[int]" = field(default_factory=lambda: array("q"))


_UNKNOWN = Known()


@dataclass(slots=True)
class Guilds:
    """What we know of servers by what the gateway says; ``clock`` gives seconds since 1970."""

    clock: Callable[[], float]
    _known: dict[int, Known] = field(default_factory=dict)
    _listed: set[int] = field(default_factory=set)

    def listed(self, guild_ids: Iterable[int]) -> None:
        """The servers we were in already when we connected."""
        self._listed.update(guild_ids)

    def entered(self, guild: Guild, my_id: int) -> bool:
        """A server is there. Returns whether we were let in just now, or may have been while nobody listened."""
        was_known = guild.id in self._known or guild.id in self._listed
        rooms = array("q", (room.id for room in (*guild.channels, *guild.threads)))
        self._known[guild.id] = Known(guild.preferred_locale, guild.role_of(my_id), rooms)
        lately = guild.joined_at is not None and self.clock() - guild.joined_at.timestamp() < LATELY_SECONDS
        return lately or not (was_known or guild.unavailable is False)

    def changed(self, guild: Guild, my_id: int) -> None:
        """A server has another language, or other roles."""
        known = self._known.get(guild.id) or Known()
        self._known[guild.id] = Known(guild.preferred_locale, guild.role_of(my_id), known.channels)

    def given_role(self, guild_id: int, role_id: int) -> None:
        """The role that Discord makes for us."""
        self._known[guild_id] = replace(self._known.get(guild_id) or Known(), role_id=role_id)

    def opened(self, guild_id: int, channel_id: int) -> None:
        """A channel more."""
        if guild_id in self._known:
            self._known[guild_id].channels.append(channel_id)

    def gone(self, guild_id: int) -> Sequence[int]:
        """We are there no more. Returns the channels that there were."""
        self._listed.discard(guild_id)
        return self._known.pop(guild_id, _UNKNOWN).channels

    def locale(self, guild_id: int | None) -> str | None:
        """The server's language; None where we know none."""
        return self._known.get(guild_id or 0, _UNKNOWN).locale

    def me(self, guild_id: int | None, my_id: int) -> Me:
        """Who we are there."""
        return Me(my_id, self._known.get(guild_id or 0, _UNKNOWN).role_id)


AUTHORIZE = "https://discord.com/oauth2/authorize"
"""topics/oauth2#bot-authorization-flow-url-example."""


FOR_BULLETINS = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | EMBED_LINKS
"""What sending and editing bulletins in channels, threads and forum posts takes, publishing our own ones included
(resources/message#crosspost-message), and answers to messages; answering commands in words takes none."""


PERMISSIONS = FOR_BULLETINS | ATTACH_FILES
"""All that we ask for: pictures in answers are files, those of bulletins addresses."""


def server_link(application_id: int) -> str:
    """Adds us to a server, with the permissions that we need and no other."""
    given = {"client_id": application_id, "scope": "bot applications.commands", "permissions": PERMISSIONS}
    return f"{AUTHORIZE}?{urlencode(given | {'integration_type': 0})}"


def user_link(application_id: int) -> str:
    """Adds us to one's own account: our answers then come along into every server and message."""
    given = {"client_id": application_id, "scope": "applications.commands", "integration_type": 1}
    return f"{AUTHORIZE}?{urlencode(given)}"


def invitations(application_id: int, language: Language) -> tuple[Button, ...]:
    """Both links as buttons."""
    tongue = phrases(language)
    return (
        Button(f"➕ {tongue.say('Add to a Discord server')}", url=server_link(application_id)),
        Button(f"👤 {tongue.say('Add to my Discord')}", url=user_link(application_id)),
    )


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
        if guild.joined_at is not None and not await AppliedUpdates(store.database).is_first(cause):
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
        speaks = self.conversation.live.dossier.speaks
        return guild.preferred_locale if guild.preferred_locale and speaks(guild.preferred_locale) else None
