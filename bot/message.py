"""A question in a chat: the values that a platform passes to the conversation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.dossier.models import Language
from bot.reader import Address, ChatKind
from bot.replies.question import Question
from bot.replies.reply import Reply

EDITED_SECONDS = 3600.0
"""How long after a message its edit is answered if the process does not know the message."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat that an update comes from.

    Attributes:
        address: where the reply goes.
        kind: the kind of the chat. In a channel, the channel itself writes.
        language: the language of the reply.
        title: the name of the chat.
        cause: the id of the platform's update, the same each time it is delivered; None if it is delivered once.
        parent_id: the id of the channel around a thread that has an id of its own (Discord); None elsewhere.
        more_settings: the settings of the platform besides the subscription: keys of
            :data:`~bot.subscriptions.settings_panel.MORE_SETTINGS`.
        is_guest: whether the bot is not a member of the chat, whose settings are then neither shown nor changed.
    """

    address: Address
    kind: ChatKind
    language: Language
    title: str = ""
    cause: str | None = None
    parent_id: str | None = None
    more_settings: tuple[str, ...] = ()
    is_guest: bool = False


class Refused(Exception):
    """A message gets no answer. ``notice``: says why, in the language of the chat; None: nothing is sent."""

    def __init__(self, notice: Callable[[Language], Reply] | None) -> None:
        super().__init__()
        self.notice = notice


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
        open_private_chat: opens the asker's private chat, or raises :class:`Refused`; None: the platform cannot open one.
    """

    rights: Callable[[], Awaitable[Rights]]
    account: str | None = None
    name: str = ""
    open_private_chat: Callable[[], Awaitable[Chat]] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A question in a chat.

    Attributes:
        is_interaction: whether it is a command or button on Discord. Discord waits a few seconds for the reply, shows an error without one, and
            can show a reply to the asker alone.
        is_private: whether only the asker sees the reply, for example by the asker's choice.
        is_elsewhere: whether the reply is shown in another chat than ``chat``, the asker's private one.
        asked: the question without an answer below whose reply the asker pressed a button; "": none.
    """

    chat: Chat
    asker: Asker
    question: Question
    is_interaction: bool = False
    is_private: bool = False
    is_elsewhere: bool = False
    asked: str = ""

    @property
    def may_hold_secrets(self) -> bool:
        """Whether a private reply is hidden from everybody else."""
        return self.chat.kind == "private" or self.is_interaction

    @property
    def is_in_askers_language(self) -> bool:
        """Whether the reply is in the asker's language. The chat's language is then for bulletins only."""
        return self.is_interaction and self.chat.kind != "private"
