"""Discord's objects, with the fields that Nota reads. PURE.

``model_validate`` and ``model_validate_json`` raise ValueError for other data.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, JsonValue

from bot.pictures.theme import Theme
from bot.platforms.base import display_name
from bot.reader import Address

PLATFORM = "discord"

PATH = "/discord/interactions"
"""The path for interactions by HTTP."""

THEME: Theme = "dark"
"""The theme of most readers: Discord is dark by default."""

EPHEMERAL = 1 << 6
"""The flag of a message that only one user sees (resources/message#message-object-message-flags)."""


class Permission(IntFlag):
    """topics/permissions#permissions-bitwise-permission-flags."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    SEND_MESSAGES_IN_THREADS = 1 << 38


class InteractionType(IntEnum):
    """interactions/receiving-and-responding#interaction-object-interaction-type. Other types are answered as outdated."""

    PING = 1
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class CommandType(IntEnum):
    """interactions/application-commands#application-command-object-application-command-types."""

    CHAT_INPUT = 1
    MESSAGE = 3


class ComponentType(IntEnum):
    """The components whose text Nota reads in messages of others (components/reference#component-object-component-types)."""

    SECTION = 9
    TEXT_DISPLAY = 10
    CONTAINER = 17


class InteractionContext(IntEnum):
    """The place of an interaction (…#interaction-object-interaction-context-types)."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


class Installation(IntEnum):
    """Who installed the app (resources/application#application-object-application-integration-types)."""

    GUILD = 0
    USER = 1


class ChannelType(IntEnum):
    """The types that Nota distinguishes (resources/channel#channel-object-channel-types)."""

    TEXT = 0
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12


THREADS = frozenset({ChannelType.ANNOUNCEMENT_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD})
"""A post of a forum is a thread, too."""


class DiscordObject(BaseModel):
    """Undeclared fields are ignored, because Discord adds new ones at any time."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(DiscordObject):
    """resources/user#user-object. ``global_name`` is the display name."""

    id: int
    username: str = ""
    global_name: str | None = None


class Member(DiscordObject):
    """resources/guild#guild-member-object.

    ``permissions`` are those in the channel, overwrites included; only an interaction has them. A message's member has no
    ``user``, since that is the message's author (events/gateway-events#message-create).
    """

    user: User | None = None
    nick: str | None = None
    permissions: int = 0
    roles: tuple[int, ...] = ()


class Overwrite(DiscordObject):
    """The permissions that a channel allows and denies to the role or member with this id (resources/channel#overwrite-object)."""

    id: int
    allow: int = 0
    deny: int = 0


class Place(DiscordObject):
    """A channel or thread, as far as an interaction needs it. A thread's parent is a channel, a channel's is a category."""

    id: int
    type: int = ChannelType.TEXT
    name: str | None = None
    parent_id: int | None = None

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS


class Channel(Place):
    """A channel or thread (resources/channel#channel-object).

    ``thread_metadata``: whether a thread is archived or locked (#thread-metadata-object); None of a channel.
    """

    position: int = 0
    guild_id: int | None = None
    permission_overwrites: tuple[Overwrite, ...] = ()
    thread_metadata: dict[str, JsonValue] | None = None


class EmbedField(DiscordObject):
    """resources/message#embed-object-embed-field-structure."""

    name: str | None = ""
    value: str | None = ""


class Embed(DiscordObject):
    """A card under a message: a bot's, or Discord's preview of a link (resources/message#embed-object).

    Its author, provider and footer are not read: they name a site or a day and state nothing.
    """

    type: str | None = None
    title: str | None = None
    description: str | None = None
    fields: tuple[EmbedField, ...] | None = ()

    @property
    def text(self) -> str:
        """Its title, description, and names and values of fields, each on a line of its own; "" for the result of a poll, whose fields are no text."""
        if self.type == "poll_result":
            return ""
        fields = (text for field in self.fields or () for text in (field.name, field.value))
        return "\n".join(filter(None, (self.title, self.description, *fields)))


class PressedMessage(DiscordObject):
    """The message whose component was used (resources/message#message-interaction-metadata-object).

    ``asker_id``: the user whose interaction the message answers; 0 if it answers none, or Discord does not name the user.
    """

    id: int
    flags: int = 0
    embeds: tuple[Embed, ...] | None = ()
    asker_id: int = Field(default=0, validation_alias=AliasPath("interaction_metadata", "user", "id"))

    @property
    def description(self) -> str:
        """The Markdown of its embeds."""
        return "\n".join(embed.description or "" for embed in self.embeds or ())

    @property
    def is_private(self) -> bool:
        return bool(self.flags & EPHEMERAL)


class CommandOption(DiscordObject):
    """A command's option as a user filled it in; ``value`` may be of another type than the command declares."""

    name: str
    value: JsonValue = None
    focused: bool = False


class Input(DiscordObject):
    """An input of a submitted form: the chosen values of a select, or the typed text."""

    custom_id: str = ""
    values: tuple[str, ...] | None = ()
    value: str | None = ""


class Label(DiscordObject):
    """A label of a submitted form with its input (components/reference#label-label-interaction-response-structure)."""

    component: Input = Input()


class Written(DiscordObject):
    """The parts of a message that have words (resources/message#message-object).

    Without the privileged intent all of them are empty, except in messages by the bot, to it or mentioning it, and in the target of a message
    command (events/gateway#message-content-intent).
    """

    content: str = ""
    embeds: tuple[Embed, ...] | None = ()
    components: tuple[Any, ...] | None = ()

    @property
    def text(self) -> str:
        """The content, the embeds and the text displays, each on lines of its own; "" if there is none."""
        embeds = (embed.text for embed in self.embeds or ())
        return "\n".join(filter(None, (self.content, *embeds, *text_displays(self.components))))


def text_displays(components: Any, levels: int = 4) -> Iterator[str]:
    """The Markdown of the text displays, also in containers and sections, as deep as ``levels``; Discord allows three (components/reference)."""
    for component in components if levels and isinstance(components, list | tuple) else ():
        if not isinstance(component, dict):
            continue
        if component.get("type") == ComponentType.TEXT_DISPLAY and isinstance(component.get("content"), str):
            yield component["content"]
        elif component.get("type") in (ComponentType.SECTION, ComponentType.CONTAINER):
            yield from text_displays(component.get("components"), levels - 1)


class Snapshot(DiscordObject):
    """resources/message#message-snapshot-object."""

    message: Written = Written()


class TargetMessage(Written):
    """The message on which a message command is used. A forwarded message has its text in ``message_snapshots``."""

    author: User | None = None
    message_snapshots: tuple[Snapshot, ...] | None = ()

    @property
    def whole_text(self) -> str:
        """Its own text and the forwarded text; "" if there is none."""
        forwarded = (snapshot.message.text for snapshot in self.message_snapshots or ())
        return "\n".join(filter(None, (self.text, *forwarded)))


class InteractionData(DiscordObject):
    """A command's name and options, a component's custom_id and chosen values, or a submitted form.

    ``target_id``: the message on which a message command is used; ``messages`` contains it
    (interactions/receiving-and-responding#interaction-object-resolved-data-structure).
    """

    type: int = CommandType.CHAT_INPUT
    name: str = ""
    options: tuple[CommandOption, ...] | None = ()
    custom_id: str = ""
    values: tuple[str, ...] | None = ()
    components: tuple[Label, ...] | None = ()
    target_id: int | None = None
    messages: dict[int, TargetMessage] | None = Field(default=None, validation_alias=AliasPath("resolved", "messages"))

    @property
    def target(self) -> TargetMessage | None:
        """The message on which a message command is used."""
        return (self.messages or {}).get(self.target_id or 0)

    @property
    def inputs(self) -> dict[str, Input]:
        """The inputs of a submitted form, by custom_id."""
        return {label.component.custom_id: label.component for label in self.components or ()}

    def text(self, name: str) -> str:
        """The value of a text option; "" if it is missing or not a text."""
        value = next((option.value for option in self.options or () if option.name == name), None)
        return value if isinstance(value, str) else ""

    def is_true(self, name: str) -> bool:
        """Whether a boolean option is present and true."""
        return any(option.name == name and option.value is True for option in self.options or ())

    @property
    def focused(self) -> CommandOption | None:
        """The option that the user is typing in."""
        return next((option for option in self.options or () if option.focused), None)


class Interaction(DiscordObject):
    """A user used a command or component, or types an option; or Discord checks the endpoint (PING).

    ``application_id``: ours, which the bot's account has as well. ``permissions``: the bot's permissions in the channel; None if Discord does not give them. ``installations``: has the key "0" if the server
    installed the app, and "1" if the user did; empty if Discord does not give it.
    """

    id: int
    application_id: int = 0
    type: int
    token: str = ""
    data: InteractionData = InteractionData()
    guild_id: int | None = None
    channel_id: int | None = None
    channel: Place | None = None
    member: Member | None = None
    user: User | None = None
    message: PressedMessage | None = None
    locale: str | None = None
    guild_locale: str | None = None
    context: int | None = None
    permissions: int | None = Field(default=None, alias="app_permissions")
    installations: dict[str, Any] = Field(default_factory=dict, alias="authorizing_integration_owners")

    @property
    def is_in_bot_dm(self) -> bool:
        """Whether it comes from direct messages with the bot."""
        return self.guild_id is None and self.context in (None, InteractionContext.BOT_DM)

    @property
    def parent_id(self) -> int | None:
        """The channel or forum of the thread; None outside threads."""
        return self.channel.parent_id if self.channel is not None and self.channel.is_thread else None

    @property
    def asker_id(self) -> int:
        """The user's id; 0 if Discord names none."""
        user = self._user
        return user.id if user else 0

    @property
    def asker_name(self) -> str:
        """The user's name in the server with the account's; "" if Discord names none."""
        user = self._user
        nick = self.member.nick if self.member else None
        return display_name(nick or user.global_name or "", f"@{user.username}") if user else ""

    @property
    def may_manage(self) -> bool:
        """Whether the user may change settings of the channel. In a server this needs the permission to manage the server or its channels."""
        if self.member is None:
            return self.guild_id is None
        needed = Permission.ADMINISTRATOR | Permission.MANAGE_GUILD | Permission.MANAGE_CHANNELS
        return bool(self.member.permissions & needed)

    def missing(self, needed: Permission) -> Permission:
        """Those of the permissions that the bot lacks in the channel; none if Discord does not give its permissions."""
        if self.guild_id is None or self.permissions is None or self.permissions & Permission.ADMINISTRATOR:
            return Permission(0)
        return Permission(needed & ~self.permissions)

    @property
    def _user(self) -> User | None:
        return self.member.user if self.member else self.user


class MessageType(IntEnum):
    """The types of messages by people (resources/message#message-object-message-types); other types report events."""

    DEFAULT = 0
    REPLY = 19


class Author(User):
    """The author of a message. If the message has a ``webhook_id``, it is not a user (resources/message#message-object)."""

    bot: bool = False
    system: bool = False


class DiscordMessage(Written):
    """A message.

    Attributes:
        guild_id: the server; None in direct messages.
        mentions: the mentioned users, including the author of the message that it replies to, unless the ping was switched off.
        referenced_message: the message that it replies to, without words in servers.
        message_snapshots: the forwarded message, without words in servers.
        edited_timestamp: None until the author edits it. It stays None when Discord adds the preview of a link.
    """

    id: int
    channel_id: int
    type: int = MessageType.DEFAULT
    author: Author
    member: Member | None = None
    guild_id: int | None = None
    webhook_id: int | None = None
    mentions: tuple[User, ...] = ()
    mention_roles: tuple[int, ...] = ()
    mention_everyone: bool = False
    referenced_message: "DiscordMessage | None" = None
    message_snapshots: tuple[Snapshot, ...] | None = ()
    edited_timestamp: datetime | None = None
    attachments: tuple[Any, ...] = ()
    sticker_items: tuple[Any, ...] = ()
    poll: Any = None

    @property
    def is_wordless(self) -> bool:
        """Whether it has content, such as a sticker, but no text."""
        return not self.content and bool(self.attachments or self.sticker_items or self.poll)

    @property
    def author_name(self) -> str:
        """The author's name in the server."""
        nick = self.member.nick if self.member else None
        return nick or self.author.global_name or self.author.username


class Role(DiscordObject):
    """topics/permissions#role-object. ``bot_id``: the bot for which the role was made (#role-object-role-tags-structure)."""

    id: int
    permissions: int = 0
    bot_id: int | None = Field(default=None, validation_alias=AliasPath("tags", "bot_id"))


class NewRole(DiscordObject):
    """events/gateway-events#guild-role-create."""

    guild_id: int
    role: Role


class GuildChange(DiscordObject):
    """A change of a role or member, or the deletion of a role (events/gateway-events#guild-role-update, #guild-member-update).

    ``user``: the member. Without the privileged intent, Discord only sends changes of the bot itself.
    """

    guild_id: int
    user: User | None = None


class Guild(DiscordObject):
    """A server (events/gateway-events#guild-create).

    ``unavailable`` is True during an outage, and False if the server was listed in READY and has become available. ``members`` includes the bot.
    """

    id: int
    name: str = ""
    unavailable: bool | None = None
    joined_at: datetime | None = None
    preferred_locale: str | None = None
    system_channel_id: int | None = None
    owner_id: int | None = None
    roles: tuple[Role, ...] = ()
    channels: tuple[Channel, ...] = ()
    threads: tuple[Channel, ...] = ()
    members: tuple[Member, ...] = ()

    @property
    def channel_ids(self) -> list[int]:
        """The ids of its channels and threads."""
        return [channel.id for channel in (*self.channels, *self.threads)]

    def role_of(self, bot_id: int) -> int | None:
        """The role that Discord made for the bot; None if there is none."""
        return next((role.id for role in self.roles if role.bot_id == bot_id), None)


class Ready(DiscordObject):
    """The bot's account, and the servers that it is in when it connects (events/gateway-events#ready)."""

    user: User
    guilds: tuple[Guild, ...] = ()


class GatewayInfo(DiscordObject):
    """The gateway's address, and the number of shards that Discord recommends (events/gateway#get-gateway-bot).

    ``remaining``, ``max_concurrency``: how many connections may be opened, and at once (events/gateway#session-start-limit-object).
    """

    url: str
    shards: int
    remaining: int = Field(validation_alias=AliasPath("session_start_limit", "remaining"))
    max_concurrency: int = Field(default=1, validation_alias=AliasPath("session_start_limit", "max_concurrency"))


class Application(DiscordObject):
    """The bot's application (resources/application#application-object). ``date``: the date of Discord's response.

    ``interactions_endpoint_url``: None if interactions come by the gateway. ``integration_types_config``: has a key for each :class:`Installation` that
    the developer portal allows; None if Discord does not give it.
    """

    id: int
    name: str = ""
    verify_key: str = ""
    interactions_endpoint_url: str | None = None
    integration_types_config: dict[int, Any] | None = None
    date: datetime | None = None

    @property
    def installations(self) -> tuple[Installation, ...]:
        """Who may install the app."""
        config = self.integration_types_config
        return tuple(installation for installation in Installation if not config or installation in config)


def address_at(channel_id: int) -> Address:
    """The address of a channel, by Discord's number. A thread is a channel of its own."""
    return Address(PLATFORM, str(channel_id))
