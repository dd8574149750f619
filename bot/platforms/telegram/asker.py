"""Who asks, and where. PURE."""

from dataclasses import dataclass

from bot.delivery import Address
from bot.message import signature
from bot.platforms.telegram.addressed import Kind, kind_of
from bot.platforms.telegram.payloads import Chat, InlineQuery, Membership, Message, Press, User

PLATFORM = "telegram"


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
