"""What Discord sends, as far as we read it, and which channel of a new server we may greet in. PURE."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import reduce
from operator import or_
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.conversation import display_name

EPHEMERAL = 1 << 6
"""Flag of a message that only the asker sees (resources/message#message-object-message-flags)."""


ADMINISTRATOR, MANAGE_CHANNELS, MANAGE_GUILD = 1 << 3, 1 << 4, 1 << 5


VIEW_CHANNEL, SEND_MESSAGES, EMBED_LINKS, ATTACH_FILES = 1 << 10, 1 << 11, 1 << 14, 1 << 15


SEND_MESSAGES_IN_THREADS = 1 << 38
"""Permissions (topics/permissions#permissions-bitwise-permission-flags)."""


TEXT, ANNOUNCEMENTS = 0, 5
"""Types of channels (resources/channel#channel-object-channel-types)."""


THREADS = frozenset({10, 11, 12})
"""Types of channels that are threads; posts of a forum are threads."""


class Kind(IntEnum):
    """#interaction-object-interaction-type."""

    PING = 1
    COMMAND = 2
    PRESS = 3
    TYPING = 4
    FORM = 5


class Payload(BaseModel):
    """A part of an interaction."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Payload):
    """resources/user#user-object; ``global_name`` is what the account is called, if it is called otherwise."""

    id: int
    username: str = ""
    global_name: str | None = None


class Member(Payload):
    """resources/guild#guild-member-object; ``permissions`` are those in the channel, overwrites included."""

    user: User
    nick: str | None = None
    permissions: int = 0


class Overwrite(Payload):
    """What a channel allows and denies to a role or a member, by its id (resources/channel#overwrite-object)."""

    id: int
    allow: int = 0
    deny: int = 0


class Channel(Payload):
    """A channel or a thread (resources/channel#channel-object).

    ``parent_id`` is a thread's channel, or the category of any other.
    """

    id: int
    type: int = TEXT
    name: str | None = None
    position: int = 0
    guild_id: int | None = None
    parent_id: int | None = None
    permission_overwrites: tuple[Overwrite, ...] = ()

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS


class Source(Payload):
    """The message under which somebody pressed; an interaction's own answer carries ``interaction_metadata``."""

    id: int
    flags: int = 0
    interaction_metadata: dict[str, Any] | None = None

    @property
    def is_answer(self) -> bool:
        """Whether it answers somebody; otherwise it is a bulletin."""
        return self.interaction_metadata is not None

    @property
    def is_private(self) -> bool:
        return bool(self.flags & EPHEMERAL)


class Option(Payload):
    """What somebody gave to a command; ``value`` may be of any type, whatever we asked for."""

    name: str
    value: JsonValue = None
    focused: bool = False


class Data(Payload):
    """A command's name and options, or a component's id and what was chosen in it; None where there are none, as ()."""

    name: str = ""
    options: tuple[Option, ...] | None = ()
    custom_id: str = ""
    values: tuple[str, ...] | None = ()

    def text(self, name: str) -> str:
        """A text option; empty where it is missing or no text."""
        given = next((option.value for option in self.options or () if option.name == name), None)
        return given if isinstance(given, str) else ""

    def is_set(self, name: str) -> bool:
        """Whether a yes-or-no option says yes."""
        return any(option.name == name and option.value is True for option in self.options or ())

    @property
    def focused(self) -> Option | None:
        """The option that somebody is typing in."""
        return next((option for option in self.options or () if option.focused), None)


class Interaction(Payload):
    """Somebody used a command, pressed or chose something, or types; or Discord asks whether we are there.

    ``permissions`` of ours in the channel are None where Discord gives none. ``owners`` says who installed us there
    (key 0: a guild, 1: a user), and is empty where Discord does not say.
    """

    id: int
    type: int
    token: str = ""
    data: Data = Data()
    guild_id: int | None = None
    channel_id: int | None = None
    channel: Channel | None = None
    member: Member | None = None
    user: User | None = None
    message: Source | None = None
    locale: str | None = None
    guild_locale: str | None = None
    context: int | None = None
    permissions: int | None = Field(default=None, alias="app_permissions")
    owners: dict[str, Any] = Field(default_factory=dict, alias="authorizing_integration_owners")

    @property
    def has_followers(self) -> bool:
        """Whether it happened in a channel for announcements."""
        return self.channel is not None and self.channel.type == ANNOUNCEMENTS

    @property
    def parent_id(self) -> int | None:
        """The channel or forum around the thread or post in which it happened; None elsewhere."""
        return self.channel.parent_id if self.channel is not None and self.channel.is_thread else None

    @property
    def asker(self) -> int:
        """The user's id; 0 where Discord gives none."""
        user = self.member.user if self.member else self.user
        return user.id if user else 0

    @property
    def asker_name(self) -> str:
        """Who asks, for others to read: what people call the user here, with the account; "" where Discord does not say."""
        user = self.member.user if self.member else self.user
        nick = self.member.nick if self.member else None
        return display_name(nick or user.global_name or "", f"@{user.username}") if user else ""

    @property
    def may_manage(self) -> bool:
        """Whether the asker may change what concerns the channel: in a guild who manages it or its channels."""
        if self.member is None:
            return self.guild_id is None
        return bool(self.member.permissions & (ADMINISTRATOR | MANAGE_GUILD | MANAGE_CHANNELS))


def interaction_of_json(body: bytes) -> Interaction:
    """The interaction in a request's body.

    Raises:
        ValueError: it is none.
    """
    return Interaction.model_validate_json(body)


def interaction_of(value: Any) -> Interaction:
    """The interaction in a gateway event.

    Raises:
        ValueError: it is none.
    """
    return Interaction.model_validate(value)


DEFAULT, REPLY = 0, 19
"""Types of messages that people write; the others tell of what happened (#message-object-message-types)."""


class Author(User):
    """Who wrote it; with ``webhook_id`` in the message it is no user's name at all (#message-object)."""

    bot: bool = False
    system: bool = False


class Nickname(Payload):
    """What we need of a member, who comes without user and permissions here (events/gateway-events#message-create)."""

    nick: str | None = None


class DiscordMessage(Payload):
    """A message that somebody wrote.

    ``content`` is empty where neither a direct message, nor a mention of us, nor a privileged intent lets us read it
    (events/gateway#message-content-intent). ``mentions`` names the author of the message that it replies to as well,
    unless the reply was sent without a ping. ``guild_id`` is None in direct messages.
    """

    id: int
    channel_id: int
    type: int = DEFAULT
    content: str = ""
    author: Author
    member: Nickname | None = None
    guild_id: int | None = None
    webhook_id: int | None = None
    mentions: tuple[User, ...] = ()
    mention_roles: tuple[int, ...] = ()
    to_everyone: bool = Field(default=False, alias="mention_everyone")

    @property
    def author_name(self) -> str:
        """What people call the author there."""
        nick = self.member.nick if self.member else None
        return nick or self.author.global_name or self.author.username


def message_of(value: Any) -> DiscordMessage:
    """The message in a gateway event.

    Raises:
        ValueError: it is none.
    """
    return DiscordMessage.model_validate(value)


TO_GREET = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS


class Tags(Payload):
    """topics/permissions#role-object-role-tags-structure; ``bot_id`` is the bot that the role was made for."""

    bot_id: int | None = None


class Role(Payload):
    """topics/permissions#role-object."""

    id: int
    permissions: int = 0
    tags: Tags = Tags()


class NewRole(Payload):
    """events/gateway-events#guild-role-create."""

    guild_id: int
    role: Role


class GuildMember(Payload):
    """resources/guild#guild-member-object."""

    user: User
    roles: tuple[int, ...] = ()


class Guild(Payload):
    """A server.

    ``unavailable`` says True in an outage, and False where one that was listed when we connected is there; None where it is
    neither (events/gateway-events#guild-create). Among ``members`` are we.
    """

    id: int
    name: str = ""
    unavailable: bool | None = None
    joined_at: datetime | None = None
    preferred_locale: str | None = None
    system_channel_id: int | None = None
    roles: tuple[Role, ...] = ()
    channels: tuple[Channel, ...] = ()
    threads: tuple[Channel, ...] = ()
    members: tuple[GuildMember, ...] = ()

    def role_of(self, bot_id: int) -> int | None:
        """The role that was made for the bot; None where there is none."""
        return next((role.id for role in self.roles if role.tags.bot_id == bot_id), None)


class Ready(Payload):
    """Who we are, and the servers we are in as we connect (events/gateway-events#ready)."""

    user: User
    guilds: tuple[Guild, ...] = ()


def greeting_channel(guild: Guild, my_id: int) -> Channel | None:
    """Where newcomers are announced, else the first text channel, of those in which we may write; None where we may in none."""
    first = sorted(guild.channels, key=lambda room: (room.id != guild.system_channel_id, room.position, room.id))
    return next((room for room in first if room.type == TEXT and _may_greet(guild, room, my_id)), None)


def _may_greet(guild: Guild, room: Channel, my_id: int) -> bool:
    """By the rules of topics/permissions#permission-overwrites; where no roles are told, we may."""
    if not guild.roles:
        return True
    mine = {role for member in guild.members if member.user.id == my_id for role in member.roles}
    mine |= {guild.role_of(my_id) or guild.id}
    have = _all(role.permissions for role in guild.roles if role.id in {guild.id, *mine})
    if have & ADMINISTRATOR:
        return True
    for whose in ({guild.id}, mine - {guild.id}, {my_id}):
        theirs = [overwrite for overwrite in room.permission_overwrites if overwrite.id in whose]
        have = have & ~_all(each.deny for each in theirs) | _all(each.allow for each in theirs)
    return not TO_GREET & ~have


def _all(permissions: Any) -> int:
    return reduce(or_, permissions, 0)


class SessionStartLimit(Payload):
    """events/gateway#session-start-limit-object."""

    remaining: int
    max_concurrency: int = 1


class GatewayInfo(Payload):
    """Where the gateway is, and how many connections Discord advises (events/gateway#get-gateway-bot)."""

    url: str
    shards: int
    session_start_limit: SessionStartLimit


class Application(Payload):
    """The bot's application (resources/application#application-object); ``date`` is that of Discord's answer.

    ``interactions_endpoint_url`` is None if interactions come by the gateway.
    """

    id: int
    name: str = ""
    verify_key: str = ""
    interactions_endpoint_url: str | None = None
    date: datetime | None = None


def guild_of(value: Any) -> Guild:
    """The server in a gateway event.

    Raises:
        ValueError: it is none.
    """
    return Guild.model_validate(value)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account, and the role that Discord made for it in the guild: None where it is not known."""

    user_id: int
    role_id: int | None = None


PLATFORM = "discord"
