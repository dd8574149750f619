"""Who asks, and where. PURE."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.conversation import signature
from bot.reader import Address

GENERAL_TOPIC = 1
"""The id of a forum's general topic (core.telegram.org/api/forum)."""


class Payload(BaseModel):
    """A part of an update."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Payload):
    """#user; ``language_code`` is an IETF tag, or None where the app gives none."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class Chat(Payload):
    """#chat; ``type`` is private, group, supergroup or channel, or one yet to come."""

    id: int
    type: str
    title: str | None = None


class Replied(Payload):
    """The message that another one replies to: only whose it is."""

    from_: User | None = Field(default=None, alias="from")


class DirectMessages(Payload):
    """#directmessagestopic: whose direct messages to a channel."""

    topic_id: int


class Message(Payload):
    """#message."""

    message_id: int
    chat: Chat
    date: int | None = None
    from_: User | None = Field(default=None, alias="from")
    sender_chat: Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    text: str | None = None
    caption: str | None = None
    photo: tuple[Any, ...] = ()
    reply_to_message: Replied | None = None
    via_bot: User | None = None
    is_automatic_forward: bool = False
    forward_origin: dict[str, Any] | None = None
    direct_messages_topic: DirectMessages | None = None
    left_chat_member: User | None = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None

    @property
    def is_forwarded(self) -> bool:
        """Whether somebody hands on what was written elsewhere (#messageorigin)."""
        return self.forward_origin is not None

    @property
    def is_migration(self) -> bool:
        """Whether it says that the group goes on under another id, or did under one before."""
        return self.migrate_to_chat_id is not None or self.migrate_from_chat_id is not None

    @property
    def is_accessible(self) -> bool:
        """Whether it can still be edited: ``date`` is 0 where it cannot (#inaccessiblemessage)."""
        return self.date != 0

    @property
    def thread_id(self) -> int | None:
        """The forum topic it stands in; None in the chat itself, and in the general topic.

        Threads of replies bear an id too, and ``sendMessage`` knows the general topic by none.
        """
        is_topic = self.is_topic_message and self.message_thread_id != GENERAL_TOPIC
        return self.message_thread_id if is_topic else None


class Press(Payload):
    """#callbackquery: a press of a button, under a message of the chat or one sent in inline mode."""

    id: str
    from_: User = Field(alias="from")
    message: Message | None = None
    inline_message_id: str | None = None
    data: str | None = None


class Member(Payload):
    """#chatmember; ``is_member`` is None but for restricted ones."""

    status: str
    is_member: bool | None = None


class Membership(Payload):
    """#chatmemberupdated, of ourselves."""

    chat: Chat
    from_: User = Field(alias="from")
    new_chat_member: Member


class InlineQuery(Payload):
    """#inlinequery: what somebody types behind the bot's name in any chat."""

    id: str
    from_: User = Field(alias="from")
    query: str = ""


class WebhookInfo(Payload):
    """#webhookinfo; ``url`` is empty where no webhook is set."""

    url: str = ""
    pending_update_count: int = 0
    last_error_date: float | None = None
    last_error_message: str | None = None
    max_connections: int | None = None
    allowed_updates: list[str] | None = None


class Update(Payload):
    """#update, of the kinds in :data:`ALLOWED_UPDATES`; any other has all of these None."""

    update_id: int
    message: Message | None = None
    channel_post: Message | None = None
    callback_query: Press | None = None
    inline_query: InlineQuery | None = None
    my_chat_member: Membership | None = None


ALLOWED_UPDATES = ["message", "channel_post", "callback_query", "inline_query", "my_chat_member"]


update_of_json: Callable[[bytes], Update] = TypeAdapter(Update).validator.validate_json
"""The update in a webhook's request. Raises ValueError where it is none."""


def update_of(value: Any) -> Update:
    """The update in an entry of a ``getUpdates`` batch.

    Raises:
        ValueError: it is none.
    """
    return Update.model_validate(value)


def webhook_info_of(value: Any) -> WebhookInfo:
    """What Telegram says of our webhook; nothing set, where that cannot be read."""
    try:
        return WebhookInfo.model_validate(value)
    except ValueError:
        return WebhookInfo()


PLATFORM = "telegram"


Kind = Literal["private", "group", "channel"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody in a chat.

    Attributes:
        chat: where it is asked.
        address: the same, with the forum topic.
        kind: of the chat.
        user: the account; None where a channel speaks.
        sender_chat: the chat in whose name it is asked (a channel's post, an anonymous admin); None where in nobody's.
    """

    chat: Chat
    address: Address
    kind: Kind
    user: User | None
    sender_chat: Chat | None = None

    @property
    def language_tag(self) -> str | None:
        """What the asker's app is set to; None where Telegram does not say."""
        return self.user.language_code if self.user else None

    @property
    def name(self) -> str:
        """Who asks, for others to read: a person with their account, or the title of the chat in whose name it is asked."""
        if self.sender_chat is not None:
            return signature(self.sender_chat.title or "", "")
        if self.user is None:
            return ""
        account = f"@{self.user.username}" if self.user.username else f"id {self.user.id}"
        return signature(f"{self.user.first_name} {self.user.last_name or ''}", account)

    @property
    def key(self) -> str:
        """Tells askers apart."""
        who = self.sender_chat or self.user or self.chat
        return f"{PLATFORM}:{who.id}"


def of_message(message: Message) -> Asker:
    """The author of a message; a channel's post is the channel's own."""
    kind = kind_of(message.chat)
    in_name_of = message.chat if kind == "channel" else message.sender_chat
    return Asker(message.chat, _place(message), kind, message.from_, in_name_of)


def of_press(press: Press) -> Asker:
    """Whoever pressed a button; under a message of inline mode as in the private chat, since we are not told where."""
    if press.message is None:
        return _in_private(press.from_)
    return Asker(press.message.chat, _place(press.message), kind_of(press.message.chat), press.from_)


def of_membership(change: Membership) -> Asker:
    """Whoever let us into a chat, or out of it."""
    return Asker(change.chat, Address(PLATFORM, change.chat.id), kind_of(change.chat), change.from_)


def of_inline_query(query: InlineQuery) -> Asker:
    """Whoever types behind the bot's name, as in the private chat."""
    return _in_private(query.from_)


def _place(message: Message) -> Address:
    return Address(PLATFORM, message.chat.id, message.thread_id)


def _in_private(user: User) -> Asker:
    return Asker(Chat(id=user.id, type="private"), Address(PLATFORM, user.id), "private", user)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account; ``username`` without the @."""

    id: int
    username: str


def kind_of(chat: Chat) -> Kind:
    """A chat's kind; one yet unknown counts as a group, where we speak when spoken to."""
    match chat.type:
        case "private" | "channel":
            return chat.type
        case _:
            return "group"
