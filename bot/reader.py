"""The address of a reader: a chat or channel on a platform. PURE."""

import re
from collections.abc import Iterable
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

    def __str__(self) -> str:
        """As :func:`parse_address` reads it."""
        return f"{self.platform}:{self.chat_id}" + (f"/{self.thread_id}" if self.thread_id else "")


_ADDRESS = re.compile(r"telegram:(-?\d{1,20})(?:/(\d{1,20}))?|discord:(\d{1,20})")


def parse_address(text: str) -> Address | None:
    """The address that an operator writes: ``telegram:-100123``, a forum topic as ``telegram:-100123/7``, ``discord:123``.

    None if it is none.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    chat_id, thread_id, channel_id = found.groups()
    if channel_id:
        return Address("discord", int(channel_id))
    return Address("telegram", int(chat_id), int(thread_id) if thread_id else None)


def ids_on(platform: str, accounts: Iterable[str]) -> tuple[int, ...]:
    """The ids of those accounts, written as ``telegram:123``, that are on the platform."""
    split = (each.partition(":") for each in accounts)
    return tuple(int(number) for name, _, number in split if name == platform)


MESSAGE_DELETED = "the message was deleted"
"""The reason of a delivery whose message somebody deleted in the chat, so that no later edit can succeed."""

MUTED = "muted"
"""The reason of a suspended reader that has the bot but does not let it write. The platform does not tell when that ends, so
each bulletin is tried all the same."""
