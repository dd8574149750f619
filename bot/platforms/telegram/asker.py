"""Who asks, and where. PURE."""

from dataclasses import dataclass

from bot.delivery import Address
from bot.platforms.telegram.addressed import Kind, kind_of
from bot.platforms.telegram.payloads import Chat, InlineQuery, Message, Press, User

PLATFORM = "telegram"


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody in a chat.

    Attributes:
        chat: where it is asked.
        thread_id: the forum topic there; None in the chat itself.
        user: the account; None where a channel speaks.
        sender_chat: the chat in whose name it is asked (a channel's post, an anonymous admin); None where in nobody's.
    """

    chat: Chat
    thread_id: int | None
    user: User | None
    sender_chat: Chat | None = None

    @property
    def address(self) -> Address:
        return Address(PLATFORM, self.chat.id, self.thread_id)

    @property
    def kind(self) -> Kind:
        return kind_of(self.chat)

    @property
    def language_tag(self) -> str | None:
        """What the asker's app is set to; None where Telegram does not say."""
        return self.user.language_code if self.user else None

    @property
    def key(self) -> str:
        """Tells askers apart."""
        who = self.sender_chat or self.user or self.chat
        return f"{PLATFORM}:{who.id}"


def of_message(message: Message) -> Asker:
    """The author of a message; a channel's post is the channel's own."""
    by_channel = message.chat if message.chat.type == "channel" else None
    return Asker(message.chat, message.thread_id, message.from_, by_channel or message.sender_chat)


def of_press(press: Press) -> Asker:
    """Whoever pressed a button; under a message of inline mode as in the private chat, since we are not told where."""
    if press.message is None:
        return Asker(Chat(id=press.from_.id, type="private"), None, press.from_)
    return Asker(press.message.chat, press.message.thread_id, press.from_)


def of_inline_query(query: InlineQuery) -> Asker:
    """Whoever types behind the bot's name, as in the private chat."""
    return Asker(Chat(id=query.from_.id, type="private"), None, query.from_)
