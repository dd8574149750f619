"""Who receives, what became of sending, and what to do next. PURE."""

from dataclasses import dataclass
from typing import Literal, NewType

ReaderId = NewType("ReaderId", int)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a chat or channel on a platform, and the forum topic or thread in it (None: the chat itself).

    ``chat_id`` is Telegram's chat id, or Discord's channel id (a thread or forum post being a channel of its own).
    """

    platform: str
    chat_id: int
    thread_id: int | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """It stands there now as ``message_id``; also where an edit found nothing to change."""

    message_id: int


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Too fast (HTTP 429): not again for so many seconds, in this chat or on the whole lane; None: not known which."""

    seconds: float
    scope: Literal["chat", "lane"] | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The platform failed or was silent (5xx, timeout, connection lost): it may or may not have been taken."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing can be sent to the whole chat any more: blocked, kicked, deleted, no right to write."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat goes on under another id."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class ThreadGone:
    """The forum topic or thread was deleted or closed; the chat around it is still there.

    ``chat_id`` is that chat's, where it is another than the address names (Discord's threads are channels of their own).
    """

    reason: str
    chat_id: int | None = None


@dataclass(frozen=True, slots=True)
class MessageGone:
    """The message to be edited is no longer there."""


@dataclass(frozen=True, slots=True)
class NotEditable:
    """The message is there, but the platform will not have it edited."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """This message is refused for good; others to the same chat may pass."""

    reason: str


Outcome = Delivered | RetryAfter | Unreachable | Gone | Moved | ThreadGone | MessageGone | NotEditable | Refused
"""What a send or an edit led to."""
