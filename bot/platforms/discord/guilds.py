"""Servers that the bot joins and leaves (events/gateway-events#guild-create, #guild-delete), and its invitations."""

import asyncio
from array import array
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from http import HTTPStatus
from operator import or_
from secrets import token_hex
from typing import TypeVar
from urllib.parse import urlencode

import structlog

from bot.conversation import Conversation
from bot.db.applied_updates import is_first
from bot.db.readers import Reader
from bot.delivery.records import until_database_answers
from bot.dossier.models import Language
from bot.message import Chat
from bot.platforms.backoff import Backoff
from bot.platforms.discord.api import DiscordClient, HttpError, Sleep, wait_of
from bot.platforms.discord.commands import CommandSync
from bot.platforms.discord.outcomes import FAILURES
from bot.platforms.discord.render import render
from bot.platforms.discord.sender import AT_ONCE, send_now
from bot.platforms.discord.types import (
    PLATFORM,
    Channel,
    ChannelType,
    Guild,
    GuildChange,
    Permission,
    address_at,
)
from bot.reader import Address, ChatKind
from bot.replies.i18n import phrases_in
from bot.replies.notices import LostRights, lost_rights
from bot.replies.reply import Button

log = structlog.get_logger("bot.discord")

GATHER_SECONDS = 0.3
"""How long events about permissions are gathered: each check costs two requests of few that a server has."""

Result = TypeVar("Result")

RECENT_SECONDS = 24 * 3600.0
"""A server that added the bot within this time may have done so while no process was connected."""

AUTHORIZE_URL = "https://discord.com/oauth2/authorize"
"""topics/oauth2#bot-authorization-flow-url-example."""

FOR_BULLETINS = (
    Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS | Permission.EMBED_LINKS
)
"""The permissions for bulletins: to send, edit and crosspost the bot's own messages (resources/message#crosspost-message)."""

PERMISSIONS = FOR_BULLETINS | Permission.ATTACH_FILES
"""All permissions that the bot asks for. Pictures of answers are files, those of bulletins are URLs."""

TO_GREET = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.EMBED_LINKS
"""The permissions for a greeting in its channel."""


@dataclass(frozen=True, slots=True)
class CachedGuild:
    """The cached data of a server: its language, the role that Discord made for the bot, and the ids of its channels.

    Each is stored in eight bytes, because there are many.
    """

    locale: str | None = None
    role_id: int | None = None
    channels: "array[int]" = field(default_factory=lambda: array("q"))


_UNKNOWN = CachedGuild()
"""The default for reading. It is never stored, because channels would be added to its array."""


@dataclass(slots=True)
class GuildCache:
    """The servers that the gateway has reported. ``clock``: Unix time."""

    clock: Callable[[], float]
    _guilds: dict[int, CachedGuild] = field(default_factory=dict)
    _listed: set[int] = field(default_factory=set)

    def add_listed(self, guild_ids: Iterable[int]) -> None:
        """Adds the servers that the bot is in when it connects."""
        self._listed.update(guild_ids)

    def add(self, guild: Guild, bot_id: int) -> bool:
        """Adds an available server. Returns whether the bot may have been added to it now, or while no process was connected."""
        was_listed = guild.id in self._listed or guild.unavailable is False
        was_known = guild.id in self._guilds or was_listed
        channels = array("q", guild.channel_ids)
        self._guilds[guild.id] = CachedGuild(guild.preferred_locale, guild.role_of(bot_id), channels)
        is_recent = guild.joined_at is not None and self.clock() - guild.joined_at.timestamp() < RECENT_SECONDS
        return is_recent or not was_known

    def update(self, guild: Guild, bot_id: int) -> None:
        """Updates a server's language and roles."""
        channels = self._guilds.get(guild.id, CachedGuild()).channels
        self._guilds[guild.id] = CachedGuild(guild.preferred_locale, guild.role_of(bot_id), channels)

    def set_role(self, guild_id: int, role_id: int) -> None:
        """Sets the role that Discord made for the bot."""
        self._guilds[guild_id] = replace(self._guilds.get(guild_id, CachedGuild()), role_id=role_id)

    def add_channel(self, channel: Channel) -> None:
        guild = self._guilds.get(channel.guild_id or 0)
        if guild is not None and channel.id not in guild.channels:
            guild.channels.append(channel.id)

    def remove(self, guild_id: int) -> Sequence[int]:
        """Removes a server. Returns the ids of its channels."""
        self._listed.discard(guild_id)
        return self._guilds.pop(guild_id, _UNKNOWN).channels

    def get(self, guild_id: int | None) -> CachedGuild:
        """What is known of a server, to read it; nothing if there is none."""
        return self._guilds.get(guild_id or 0, _UNKNOWN)


@dataclass(slots=True)
class GuildHandler:
    """Greets servers that add the bot, suspends the channels of servers that remove it, and restores them when it is back.

    It tells a server's owner once which permissions the bot has lost in channels with bulletins.
    """

    client: DiscordClient
    conversation: Conversation
    cache: GuildCache
    commands: CommandSync
    sleep: Sleep = asyncio.sleep
    _unchecked: dict[int, set[int]] = field(default_factory=dict)
    """Server → channels whose permissions will be checked."""
    _locks: dict[int, asyncio.Lock] = field(default_factory=dict)
    """Server → a lock that is held while an event is handled: one change causes several events, and a removal must not overtake a return."""

    async def joined(self, guild: Guild, bot_id: int) -> None:
        """Handles GUILD_CREATE, which also comes for each known server when the bot connects."""
        if guild.unavailable or not self.cache.add(guild, bot_id):
            return
        self.commands.channels_changed(guild.channel_ids)
        async with self._lock(guild.id):
            await self._welcome(guild, bot_id)

    async def left(self, guild: Guild) -> None:
        """Handles GUILD_DELETE, which also comes for an outage."""
        if guild.unavailable:
            return
        channels = self.cache.remove(guild.id)
        async with self._lock(guild.id):
            for reader in await self._readers(channels):
                await self.conversation.membership.left(reader.address, "left")

    async def channel_changed(self, channel: Channel, bot_id: int) -> None:
        """Handles CHANNEL_CREATE and CHANNEL_UPDATE, which also come when the bot gains access."""
        self.cache.add_channel(channel)
        self.commands.channels_changed([channel.id])
        if channel.guild_id is not None:
            await self._check_rights(channel.guild_id, bot_id, [channel.id])

    async def thread_changed(self, thread: Channel) -> None:
        """Handles THREAD_UPDATE: a thread that was locked gets bulletins and corrections again."""
        if not (thread.thread_metadata or {}).get("locked"):
            await self.conversation.membership.restore(address_at(thread.id))

    async def changed(self, change: GuildChange, bot_id: int) -> None:
        """Handles changes of roles, and of the bot as a member."""
        if change.user is None or change.user.id == bot_id:
            await self._check_rights(change.guild_id, bot_id, self.cache.get(change.guild_id).channels)

    async def _check_rights(self, guild_id: int, bot_id: int, channel_ids: Sequence[int]) -> None:
        """Checks the permissions in these channels, which may have changed, with those of other events of the next moment.

        A category or a role changes many channels at once, with an event for each. A channel in which the bot may write again gets bulletins again.
        Lost permissions are stored after the owner was told. What fails is checked with the next change.
        """
        waits = self._unchecked.setdefault(guild_id, set())
        is_first = not waits
        waits.update(channel_ids)
        if not is_first or not channel_ids:
            return
        await self.sleep(GATHER_SECONDS)
        async with self._lock(guild_id):
            readers = await self._readers(list(self._unchecked.pop(guild_id, ())))
            store = self.conversation.store
            subscribed = [reader for reader in readers if await store.subscriptions.get(reader.address)]
            try:
                if subscribed:
                    await self._check_each(guild_id, bot_id, subscribed)
            except FAILURES as error:
                log.warning("the permissions in channels are unknown", guild=guild_id, error=str(error))

    async def _ask(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Asks once more, when a rate limit ends."""
        return await Backoff(AT_ONCE.pauses[:1]).repeat(call, wait_of, self.sleep)

    async def _check_each(self, guild_id: int, bot_id: int, subscribed: Sequence[Reader]) -> None:
        readers, client = self.conversation.store.readers, self.client
        guild = await self._ask(lambda: client.guild(guild_id))
        member = await self._ask(lambda: client.member(guild_id, bot_id))
        lost: list[tuple[Reader, Permission]] = []
        for reader in subscribed:
            try:
                missing = await self._missing(guild, reader, bot_id, set(member.roles))
            except FAILURES as error:  # for example a deleted channel; the others are checked nevertheless
                log.info("the permissions in a channel are unknown", channel=reader.address.chat_id, error=str(error))
                continue
            if not missing & FOR_BULLETINS:
                await self.conversation.membership.restore(reader.address)
            if missing & ~Permission(reader.missing_rights):
                lost.append((reader, missing))
            else:
                await readers.set_missing_rights(reader.address, int(missing))
        if lost:
            await self._tell_owner(guild, lost)
        for reader, missing in lost:
            await readers.set_missing_rights(reader.address, int(missing))

    async def _missing(self, guild: Guild, reader: Reader, bot_id: int, roles: set[int]) -> Permission:
        """The permissions that the bot lacks in a channel or thread. A thread has its parent's permissions (topics/threads#permissions)."""
        not_needed = Permission.SEND_MESSAGES if reader.parent_id else Permission.SEND_MESSAGES_IN_THREADS
        try:
            channel_id = int(reader.parent_id or reader.address.chat_id)
            channel = await self._ask(lambda: self.client.channel(channel_id))
        except HttpError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                return Permission.VIEW_CHANNEL
            raise
        return PERMISSIONS & ~not_needed & ~_permissions(guild, channel, bot_id, roles)

    async def _tell_owner(self, guild: Guild, lost: Sequence[tuple[Reader, Permission]]) -> None:
        """Tells the owner by one direct message: only the owner can certainly give permissions, and the bot may not write in the channels.

        Raises:
            DiscordError: the message was not sent, but may be sent at the next change. An owner who accepts no messages counts as told.
        """
        if guild.owner_id is None:
            return
        owner, key = guild.owner_id, token_hex(8)
        language = self.conversation.language(lost[0][0].address, self._locale(guild))
        losses = []
        for reader, missing in lost:
            new = missing & ~Permission(reader.missing_rights)
            title = f"{guild.name} › {reader.title}" if reader.title else guild.name
            losses.append(LostRights(title, permission_names(new, language), bool(new & FOR_BULLETINS)))
        notice = render(lost_rights(language, losses))

        async def tell() -> None:
            await self.client.create(await self.client.direct_channel(owner), notice, key)

        try:
            await AT_ONCE.repeat(tell, wait_of, self.sleep)
        except HttpError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            log.info("the owner accepts no messages", guild=guild.id, error=str(error))

    async def _welcome(self, guild: Guild, bot_id: int) -> None:
        """Greets a server once each time that it adds the bot, even if several processes get the event, or one gets it repeatedly."""
        store = self.conversation.store
        if guild.joined_at is not None:
            # 64 characters at most, as PostgreSQL checks
            cause = f"{PLATFORM}:{bot_id}:{guild.id}:{guild.joined_at.timestamp() * 1000:.0f}"
            if not await until_database_answers(partial(is_first, store.database, cause), self.sleep):
                return
        await self.conversation.membership.caught_up()
        suspended = [reader for reader in await self._readers(guild.channel_ids) if reader.suspended_since is not None]
        restored = [await self._restore(guild, reader) for reader in suspended]
        channel = None if any(restored) else greeting_channel(guild, bot_id)
        if channel is not None:
            await self._join(guild, address_at(channel.id), "group", channel.name or guild.name)

    async def _restore(self, guild: Guild, reader: Reader) -> bool:
        """Restores a channel's settings, and greets it if it gets bulletins. Returns whether it gets bulletins."""
        gets_bulletins = await self.conversation.store.subscriptions.get(reader.address) is not None
        await self._join(guild, reader.address, reader.kind, reader.title, is_greeted=gets_bulletins)
        return gets_bulletins

    async def _join(
        self, guild: Guild, address: Address, kind: ChatKind, title: str, *, is_greeted: bool = True
    ) -> None:
        language = self.conversation.language(address, self._locale(guild))
        reply = await self.conversation.membership.joined(Chat(address, kind, language, title))
        if reply is not None and is_greeted:
            await send_now(partial(self.client.create, int(address.chat_id), render(reply), token_hex(8)), self.sleep)

    def _lock(self, guild_id: int) -> asyncio.Lock:
        return self._locks.setdefault(guild_id, asyncio.Lock())

    async def _readers(self, channel_ids: Sequence[int]) -> Sequence[Reader]:
        """The readers in these channels. Waits for the database, because Discord reports an event once."""
        find = partial(self.conversation.store.readers.among, PLATFORM, [*map(str, channel_ids)])
        return await until_database_answers(find, self.sleep)

    def _locale(self, guild: Guild) -> str | None:
        speaks = self.conversation.live.dossier.speaks
        return guild.preferred_locale if guild.preferred_locale and speaks(guild.preferred_locale) else None


def greeting_channel(guild: Guild, bot_id: int) -> Channel | None:
    """The channel for announcements of new members, or the first text channel in which the bot may write; None if there is none."""
    ordered = sorted(guild.channels, key=lambda each: (each.id != guild.system_channel_id, each.position, each.id))
    texts = (channel for channel in ordered if channel.type == ChannelType.TEXT)
    return next((channel for channel in texts if _may_greet(guild, channel, bot_id)), None)


def _may_greet(guild: Guild, channel: Channel, bot_id: int) -> bool:
    """Whether the bot may greet in the channel; assumed if Discord names no roles."""
    if not guild.roles:
        return True
    mine = {role for member in guild.members if member.user and member.user.id == bot_id for role in member.roles}
    mine |= {guild.role_of(bot_id) or guild.id}
    return not TO_GREET & ~_permissions(guild, channel, bot_id, mine)


def _permissions(guild: Guild, channel: Channel, user_id: int, roles: set[int]) -> Permission:
    """A member's permissions in a channel, by the rules of topics/permissions#permission-overwrites."""
    everyone = guild.id  # the id of the role @everyone
    permissions = _union(role.permissions for role in guild.roles if role.id in {everyone, *roles})
    if permissions & Permission.ADMINISTRATOR or user_id == guild.owner_id:
        return ~Permission(0)
    for ids in ({everyone}, roles - {everyone}, {user_id}):
        overwrites = [overwrite for overwrite in channel.permission_overwrites if overwrite.id in ids]
        permissions &= ~_union(overwrite.deny for overwrite in overwrites)
        permissions |= _union(overwrite.allow for overwrite in overwrites)
    return Permission(permissions)


async def is_admin(client: DiscordClient, channel_id: int, user_id: int) -> bool:
    """Whether the user may manage the server, or the channels there. A thread has its parent's permissions.

    Raises:
        DiscordError: Discord cannot be reached.
    """
    try:
        channel = await client.channel(channel_id)
        if channel.is_thread and channel.parent_id is not None:
            channel = await client.channel(channel.parent_id)
        if channel.guild_id is None:
            return False
        guild, member = await client.guild(channel.guild_id), await client.member(channel.guild_id, user_id)
    except HttpError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return False
        raise
    needed = Permission.MANAGE_GUILD | Permission.MANAGE_CHANNELS
    return bool(_permissions(guild, channel, user_id, set(member.roles)) & needed)


def permission_names(permissions: Permission, language: Language) -> list[str]:
    """The names of the permissions on Discord in the language."""
    say = phrases_in(language).say
    names = {
        Permission.VIEW_CHANNEL: say("View Channel"),
        Permission.SEND_MESSAGES: say("Send Messages"),
        Permission.SEND_MESSAGES_IN_THREADS: say("Send Messages in Threads"),
        Permission.EMBED_LINKS: say("Embed Links"),
        Permission.ATTACH_FILES: say("Attach Files"),
    }
    return [name for permission, name in names.items() if permissions & permission]


def _union(permissions: Iterable[int]) -> int:
    return reduce(or_, permissions, 0)


def server_link(application_id: int) -> str:
    """A link that adds the bot to a server, with the permissions that it needs."""
    query = {"client_id": application_id, "scope": "bot applications.commands", "permissions": int(PERMISSIONS)}
    return f"{AUTHORIZE_URL}?{urlencode(query | {'integration_type': 0})}"


def invitations(application_id: int, language: Language) -> tuple[Button, ...]:
    """Both links as buttons."""
    phrases = phrases_in(language)
    # A link that adds the app to the user's account. Its answering commands then work in every server and chat.
    query = {"client_id": application_id, "scope": "applications.commands", "integration_type": 1}
    return (
        Button(f"➕ {phrases.say('Add to a Discord server')}", url=server_link(application_id)),
        Button(f"👤 {phrases.say('Add to my Discord')}", url=f"{AUTHORIZE_URL}?{urlencode(query)}"),
    )
