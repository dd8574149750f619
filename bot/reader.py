"""A reader's address: a chat or channel on a platform. PURE."""

from dataclasses import dataclass
from typing import NewType

ReaderId = NewType("ReaderId", int)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a chat or channel on a platform, and the forum topic or thread in it (None: the chat itself).

    ``chat_id`` is Telegram's chat id or Discord's channel id (a thread or forum post is a channel of its own).
    """

    platform: str
    chat_id: int
    thread_id: int | None = None


MUTED = "muted"
"""The reason of a suspended reader that has the bot but does not let it write. The platform does not tell when that ends, so
each bulletin is tried all the same."""
