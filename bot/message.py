"""A question in a chat: the values that a platform passes to the conversation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.replies.question import Question
from bot.replies.reply import Reply
from bot.subscriptions.service import Chat

EDITED_SECONDS = 3600.0
"""How long after a message its edit is answered if the process does not know the message."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The asker's rights in the chat.

    Attributes:
        is_admin: whether the asker may change settings of the whole chat.
        is_anonymous: whether the asker is an anonymous admin.
    """

    is_admin: bool
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """The person who asks.

    Attributes:
        rights: asks the platform for the rights, at each call.
        account: the account whose rate limit counts the question, for example telegram:123; the chat of somebody who writes in a chat's name.
            None: the platform does not identify the asker, and no limit applies.
        name: the :func:`~bot.platforms.base.display_name`; "" if the platform does not give it.
        open_private_chat: opens the asker's private chat, or returns the reason why it cannot; None: the platform cannot open one.
    """

    rights: Callable[[], Awaitable[Rights]]
    account: str | None = None
    name: str = ""
    open_private_chat: Callable[[], Awaitable[Chat | Reply]] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A question in a chat.

    Attributes:
        is_interaction: whether it is a command or button on Discord. Discord waits a few seconds for the reply, shows an error without one, and
            can show a reply to the asker alone.
        is_private: whether only the asker sees the reply, for example by the asker's choice.
    """

    chat: Chat
    asker: Asker
    question: Question
    is_interaction: bool = False
    is_private: bool = False

    @property
    def may_hold_secrets(self) -> bool:
        """Whether a private reply is hidden from everybody else."""
        return self.chat.kind == "private" or self.is_interaction

    @property
    def is_in_askers_language(self) -> bool:
        """Whether the reply is in the asker's language. The chat's language is then for bulletins only."""
        return self.is_interaction and self.chat.kind != "private"
