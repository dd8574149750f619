"""Who receives: a chat or channel on a platform. Pure."""

from dataclasses import dataclass
from typing import NewType

ReaderId = NewType("ReaderId", int)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a chat or channel on a platform, and the forum topic or thread in it (None: the chat itself).

    ``chat_id`` is Telegram's chat id, or Discord's channel id (a thread or forum post being a channel of its own).
    """

    platform: str
    chat_id: int
    thread_id: int | None = None


MUTED = "muted"
"""The reason where a chat that we are in takes no messages for now; since nothing tells when it does again, the next bulletin tries."""
