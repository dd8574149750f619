"""The few fields we read of what Telegram sends (core.telegram.org/bots/api#update).

Everything else is passed over, so that nothing that Telegram adds can stop us.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

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
