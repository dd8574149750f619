"""A reader: the address and the kind of a chat or channel on a platform. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NewType

ReaderId = NewType("ReaderId", int)

ChatKind = Literal["private", "group", "channel"]

Audience = Literal["everybody", "asker", "private"]
"""Who reads an answer in a group: everybody, the asker alone, or the asker in the private chat."""


@dataclass(frozen=True, slots=True)
class Address:
    """A chat or channel on a platform, and the forum topic or thread in it (None: the chat itself).

    ``chat_id`` is Telegram's chat id or Discord's channel id (a thread or forum post is a channel of its own).
    """

    platform: str
    chat_id: int
    thread_id: int | None = None

    def __str__(self) -> str:
        """The address as operators write it."""
        return f"{self.platform}:{self.chat_id}" + (f"/{self.thread_id}" if self.thread_id else "")


def ids_on(platform: str, accounts: Iterable[str]) -> tuple[int, ...]:
    """The ids of the accounts on the platform. Accounts are written as ``telegram:123``."""
    split = (account.partition(":") for account in accounts)
    return tuple(int(number) for name, _, number in split if name == platform)


MESSAGE_DELETED = "the message was deleted"
"""The reason of a delivery whose message was deleted in the chat. Later edits would fail, too."""

MUTED = "muted"
"""The reason of a suspended reader that has the bot but does not let it write. The platform does not report when that ends, so
each bulletin is tried."""
