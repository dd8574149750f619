"""Telegram's updates, with the fields that Nota reads, and their origins. PURE.

A ``#`` names a section of core.telegram.org/bots/api.
"""

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, TypeAdapter

from bot.platforms.base import display_name
from bot.platforms.telegram.rich_messages import text_of
from bot.reader import Address, ChatKind

PLATFORM = "telegram"

PATH = "/telegram/webhook"
"""The path of the webhook."""

GENERAL_TOPIC = 1
"""The id of a forum's general topic (core.telegram.org/api/forum)."""


class UpdatePart(BaseModel):
    """A part of an update. Unknown fields are ignored; fields that are not essential are optional."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(UpdatePart):
    """#user; ``language_code`` is an IETF tag, None if the app gives none."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class TelegramChat(UpdatePart):
    """#chat; ``type`` is private, group, supergroup, channel, or a future one."""

    id: int
    type: str
    title: str | None = None


def with_strikes(text: str, entities: Any) -> str:
    """The text with what is struck out between tildes, as in Markdown: who strikes a sentence out does not say that it is so.

    ``entities``: #messageentity, unparsed, with places in UTF-16 units; whatever else it is counts as none.
    """
    if not isinstance(entities, list) or not (
        struck := [part for part in entities if isinstance(part, dict) and part.get("type") == "strikethrough"]
    ):
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    marks = set[int]()
    for part in struck:
        start, length = part.get("offset"), part.get("length")
        if isinstance(start, int) and isinstance(length, int) and 0 <= start < start + length <= len(units) // 2:
            marks ^= {start * 2, (start + length) * 2}  # two that touch are one
    pieces = [units[a:b].decode("utf-16-le", "replace") for a, b in pairwise([0, *sorted(marks), len(units)])]
    return "~~".join(pieces)


class Keyboard(UpdatePart):
    """#inlinekeyboardmarkup, with its buttons unparsed."""

    inline_keyboard: tuple[tuple[dict[str, Any], ...], ...] = ()

    @property
    def data(self) -> list[str]:
        """The callback data of its buttons."""
        return [str(button.get("callback_data", "")) for row in self.inline_keyboard for button in row]


class Written(UpdatePart):
    """The parts of a message that have words. ``entities``, ``caption_entities``: #messageentity, unparsed."""

    text: str | None = None
    entities: Any = None
    caption: str | None = None
    caption_entities: Any = None
    rich_message: Any = None

    @cached_property
    def words(self) -> str:
        """The text, the caption or the text of a rich message, what is struck out between tildes; "" if it has none."""
        if self.text or self.caption:
            return with_strikes(self.text or self.caption or "", self.entities if self.text else self.caption_entities)
        return text_of(self.rich_message) if self.rich_message else ""


class RepliedMessage(Written):
    """The message to which another one replies."""

    from_: User | None = Field(default=None, alias="from")
    reply_markup: Keyboard | None = None


class SharedChat(UpdatePart):
    """#chatshared: the chat that a user chose with a button of the keyboard."""

    chat_id: int
    title: str | None = None


CONTENT = AliasChoices(
    *("animation", "audio", "checklist", "contact", "dice", "document", "game", "location", "paid_media", "photo"),
    *("poll", "sticker", "story", "venue", "video", "video_note", "voice"),
)
"""The parts of a message that have no words: one field of the model, since each field takes time of every message."""


class TelegramMessage(Written):
    """#message. Only the bot and the author or receiver see a message with an ``ephemeral_message_id``.

    ``quote``: the part of the message replied to that the sender quoted (#textquote). ``direct_messages_topic_id``: that of one person's direct
    messages to a channel (#directmessagestopic).
    """

    message_id: int
    ephemeral_message_id: int | None = None
    chat: TelegramChat
    date: int | None = None
    from_: User | None = Field(default=None, alias="from")
    sender_chat: TelegramChat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    media_group_id: str | None = None
    content: Any = Field(default=None, validation_alias=CONTENT)
    reply_to_message: RepliedMessage | None = None
    external_reply: Any = None
    quote: Written | None = None
    via_bot: User | None = None
    is_automatic_forward: bool = False
    forward_origin: dict[str, Any] | None = None
    direct_messages_topic_id: int | None = Field(
        default=None, validation_alias=AliasPath("direct_messages_topic", "topic_id")
    )
    left_chat_member: User | None = None
    chat_shared: SharedChat | None = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None

    @property
    def is_forwarded(self) -> bool:
        """#messageorigin."""
        return self.forward_origin is not None

    @property
    def is_migration(self) -> bool:
        """Whether it reports that a group became a supergroup with another id. Both chats get such a message, with the other chat's id."""
        return self.migrate_to_chat_id is not None or self.migrate_from_chat_id is not None

    @property
    def is_wordless(self) -> bool:
        """Whether it has content, such as a sticker, but no words."""
        return not self.words and bool(self.content or self.rich_message)

    @property
    def is_accessible(self) -> bool:
        """Whether it can still be edited; if not, ``date`` is 0 (#inaccessiblemessage)."""
        return self.date != 0

    @property
    def thread_id(self) -> int | None:
        """The forum topic; None outside forums, and in the general topic, for which ``sendMessage`` takes no id.

        A thread of replies has an id, too, but is not a topic.
        """
        is_topic = self.is_topic_message and self.message_thread_id != GENERAL_TOPIC
        return self.message_thread_id if is_topic else None


class PressedMessage(TelegramMessage):
    """The message with the button that was pressed."""

    edit_date: int | None = None
    photo: tuple[Any, ...] = ()
    reply_markup: Keyboard | None = None


class GuestMessage(TelegramMessage):
    """#message in a chat that the bot is not in, for which it was called."""

    guest_query_id: str | None = None
    guest_bot_caller_user: User | None = None


class Press(UpdatePart):
    """#callbackquery: a press of a button below a message of a chat or below an inline message."""

    id: str
    from_: User = Field(alias="from")
    message: PressedMessage | None = None
    data: str | None = None


class Member(UpdatePart):
    """#chatmember. ``is_member`` is None except for restricted members. A right that does not apply is None."""

    status: str
    is_member: bool | None = None
    can_send_messages: bool | None = None
    can_send_photos: bool | None = None
    can_post_messages: bool | None = None


class MembershipChange(UpdatePart):
    """#chatmemberupdated, about the bot itself."""

    chat: TelegramChat
    from_: User = Field(alias="from")
    new_chat_member: Member
    old_chat_member: Member | None = None

    @property
    def lost_rights(self) -> tuple[str, ...]:
        """The rights that the bot lost. A right that Telegram does not name counts as granted."""
        if self.old_chat_member is None:
            return ()
        rights = ("can_send_messages", "can_send_photos", "can_post_messages")
        had = (right for right in rights if getattr(self.old_chat_member, right) is not False)
        return tuple(right for right in had if getattr(self.new_chat_member, right) is False)


class InlineQuery(UpdatePart):
    """#inlinequery: text that a user types after the bot's name in any chat."""

    id: str
    from_: User = Field(alias="from")
    query: str = ""


class Update(UpdatePart):
    """#update, of the kinds in :data:`ALLOWED_UPDATES`. Of other kinds, every field but ``update_id`` is None."""

    update_id: int
    message: TelegramMessage | None = None
    edited_message: TelegramMessage | None = None
    channel_post: TelegramMessage | None = None
    callback_query: Press | None = None
    inline_query: InlineQuery | None = None
    guest_message: GuestMessage | None = None
    my_chat_member: MembershipChange | None = None


ALLOWED_UPDATES = [kind for kind in Update.model_fields if kind != "update_id"]


parse_json_update: Callable[[bytes], Update] = TypeAdapter(Update).validator.validate_json
"""The update in a webhook's request, as bytes. Raises ValueError if it cannot be read."""


def parse_update(value: Any) -> Update:
    """The update in an entry of a ``getUpdates`` batch.

    Raises:
        ValueError: it cannot be read.
    """
    return Update.model_validate(value)


class Origin(NamedTuple):
    """The origin of an update.

    Attributes:
        chat: the chat.
        address: the chat's address, with the forum topic.
        kind: the kind of the chat.
        user: the account that wrote or pressed; None for a channel.
        sender_chat: the chat in whose name the message was written (a channel's post, an anonymous admin).
        update_id: the update's number, which is the same at each delivery.
    """

    chat: TelegramChat
    address: Address
    kind: ChatKind
    user: User | None
    sender_chat: TelegramChat | None = None
    update_id: int = 0

    @property
    def language_tag(self) -> str | None:
        """The language of the user's app; None if Telegram does not give it."""
        return self.user.language_code if self.user else None

    @property
    def user_name(self) -> str:
        """The displayed name: a person's name with the account, or the title of ``sender_chat``."""
        if self.sender_chat is not None:
            return display_name(self.sender_chat.title or "", "")
        if self.user is None:
            return ""
        account = f"@{self.user.username}" if self.user.username else f"id {self.user.id}"
        return display_name(f"{self.user.first_name} {self.user.last_name or ''}", account)

    @property
    def rate_limit_key(self) -> str:
        """The key of the user or the sending chat in the rate limiter."""
        return f"{PLATFORM}:{(self.sender_chat or self.user or self.chat).id}"


def origin_of(update: Update) -> Origin | None:
    """The origin of an update; None for an unknown kind of update.

    Telegram does not name the chat of an inline query or inline message; both count as in the user's private chat. So does a guest message,
    whose chat the bot does not know.
    """
    if message := update.message or update.edited_message or update.channel_post:
        return origin_of_message(message)
    if press := update.callback_query:
        if press.message is None:
            return _in_private_chat(press.from_)
        return origin_of_message(press.message)._replace(user=press.from_, sender_chat=None)
    if change := update.my_chat_member:
        return Origin(change.chat, address_at(change.chat.id), kind_of(change.chat), change.from_)
    if guest := update.guest_message:
        caller = guest.guest_bot_caller_user or guest.from_
        return _in_private_chat(caller) if caller else None
    return _in_private_chat(update.inline_query.from_) if update.inline_query else None


def origin_of_message(message: TelegramMessage) -> Origin:
    """The origin of a message. The channel is the sender of a channel's post."""
    kind = kind_of(message.chat)
    sender_chat = message.chat if kind == "channel" else message.sender_chat
    return Origin(message.chat, address_at(message.chat.id, message.thread_id), kind, message.from_, sender_chat)


def _in_private_chat(user: User) -> Origin:
    return Origin(TelegramChat(id=user.id, type="private"), address_at(user.id), "private", user)


class Me(NamedTuple):
    """The bot's own account; ``username`` is without the @."""

    id: int
    username: str


def kind_of(chat: TelegramChat) -> ChatKind:
    """The kind of a chat. An unknown type counts as a group, where the bot answers only if it is addressed."""
    match chat.type:
        case "private" | "channel":
            return chat.type
        case _:
            return "group"


def address_at(chat_id: int, thread_id: int | None = None) -> Address:
    """The address of a chat, or of a forum topic in it, by Telegram's numbers."""
    return Address(PLATFORM, str(chat_id), str(thread_id) if thread_id else None)


def is_private(chat_id: int) -> bool:
    """Whether the id is that of a private chat. Groups and channels have negative ids (core.telegram.org/api/bots/ids)."""
    return chat_id > 0
