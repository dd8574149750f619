"""What somebody asks in a chat: the values that a platform hands to the conversation. PURE."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.replies.question import Question
from bot.replies.reply import Reply
from bot.subscriptions.service import Chat


@dataclass(frozen=True, slots=True)
class Rights:
    """What the asker may do in the chat.

    Attributes:
        is_admin: may change what concerns the whole chat.
        is_anonymous: is an admin whom the chat does not name.
    """

    is_admin: bool
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks.

    Attributes:
        rights: asks the platform, each time.
        account: for example telegram:123; of somebody who writes in the name of a chat, that chat. Its limit counts the question. None: the
            platform vouches for nobody, and no limit counts it.
        name: the :func:`~bot.platforms.base.display_name`; "" if the platform does not give it.
        open_private_chat: opens the chat with the asker alone, or says why there is none; None: the platform opens none.
    """

    rights: Callable[[], Awaitable[Rights]]
    account: str | None = None
    name: str = ""
    open_private_chat: Callable[[], Awaitable[Chat | Reply]] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A question in a chat.

    Attributes:
        is_interaction: the platform waits a few seconds for the reply, shows an error if there is none, and a private one to the asker alone
            (Discord's commands and buttons).
        is_private: whether the asker alone sees the reply, for example because it was asked for so.
    """

    chat: Chat
    asker: Asker
    question: Question
    is_interaction: bool = False
    is_private: bool = False

    @property
    def may_hold_secrets(self) -> bool:
        """Whether nobody else can read a private reply."""
        return self.chat.kind == "private" or self.is_interaction

    @property
    def is_in_askers_language(self) -> bool:
        """Whether the asker's language goes before the chat's, which then is for bulletins only."""
        return self.is_interaction and self.chat.kind != "private"

    @property
    def database_seconds(self) -> float:
        """How long the reply may wait for the database. Discord waits three seconds for it, Telegram a minute."""
        return 2.0 if self.is_interaction else 5.0
