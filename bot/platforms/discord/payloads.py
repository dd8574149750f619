"""The few fields we read of what Discord sends (interactions/receiving-and-responding#interaction-object).

The same model reads an HTTP request's body and a gateway event. Everything else is passed over, so that nothing that
Discord adds can stop us.
"""

from enum import IntEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.message import signature

EPHEMERAL = 1 << 6
"""Flag of a message that only the asker sees (resources/message#message-object-message-flags)."""

ADMINISTRATOR, MANAGE_CHANNELS, MANAGE_GUILD = 1 << 3, 1 << 4, 1 << 5
VIEW_CHANNEL, SEND_MESSAGES, EMBED_LINKS, ATTACH_FILES = 1 << 10, 1 << 11, 1 << 14, 1 << 15
SEND_MESSAGES_IN_THREADS = 1 << 38
"""Permissions (topics/permissions#permissions-bitwise-permission-flags)."""

ANNOUNCEMENTS = 5
"""The type of a channel whose messages others may follow (resources/channel#channel-object-channel-types)."""

THREADS = frozenset({10, 11, 12})
"""Types of channels that are threads, forum posts among them (resources/channel#channel-object-channel-types)."""


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


class Channel(Payload):
    """resources/channel#channel-object; ``parent_id`` is a thread's channel, or the category of any other."""

    id: int
    type: int = 0
    name: str | None = None
    parent_id: int | None = None

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
        return signature(nick or user.global_name or "", f"@{user.username}") if user else ""

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
