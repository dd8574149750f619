"""A reader: the address and the kind of a chat or channel on a platform. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, NewType

ReaderId = NewType("ReaderId", int)

ChatKind = Literal["private", "group", "channel"]

Audience = Literal["everybody", "asker", "private"]
"""Who reads an answer in a group: everybody, the asker alone, or the asker in the private chat."""


LINES_AN_HOUR = 3
"""How many messages in a group are answered unasked within an hour, unless its admins choose another number."""


class GroupSettings(NamedTuple):
    """What the admins of a group have chosen besides its subscription. The defaults are those of a new group.

    Attributes:
        checks_forwards: whether messages that somebody forwards or writes are checked unasked.
        lines_an_hour: so many of them are answered in an hour; None: :data:`LINES_AN_HOUR`.
        audience: who reads answers; None: everybody.
        whole_answers: whether everybody is shown whole answers, and not their short form.
    """

    checks_forwards: bool = False
    audience: Audience | None = None
    whole_answers: bool = False
    lines_an_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A chat or channel on a platform, and the forum topic or thread in it (None: the chat itself).

    Both ids are what the platform calls them, as text: a number, an e-mail address, a URL. A thread that is a chat of its own, as on
    Discord, has no ``thread_id``. No ``thread_id`` is "0".
    """

    platform: str
    chat_id: str
    thread_id: str | None = None

    def __str__(self) -> str:
        """The address as operators write it."""
        return f"{self.platform}:{self.chat_id}" + (f"/{self.thread_id}" if self.thread_id else "")


def ids_on(platform: str, accounts: Iterable[str]) -> tuple[str, ...]:
    """The ids of the accounts on the platform. Accounts are written as ``telegram:123``."""
    split = (account.partition(":") for account in accounts)
    return tuple(id_ for name, _, id_ in split if name == platform)


FORMER = "-"
"""Stands before the id of a message in another chat: in the group that has become this supergroup, or in the deleted thread of this channel. It
cannot be edited, and no message of the present chat is taken for it. Also before the key of a message that may have arrived, whose id is not known."""

MESSAGE_DELETED = "the message was deleted"
"""The reason of a delivery whose message was deleted in the chat. Later edits would fail, too."""

MAY_HAVE_ARRIVED = "it may have arrived"
"""The reason of a delivery begins with it while nobody knows whether the platform executed the last request that would send a message."""

MUTED = "muted"
"""The reason of a suspended reader that has the bot but does not let it write. The platform does not report when that ends, so
each bulletin is tried."""

ENDED = "ended"
"""The reason of a reader whose own device or app has ended the subscription."""

CLOSED = "closed"
"""As :data:`MUTED`, of one address alone: its forum topic or thread is closed or locked."""

PASSING = (MUTED, CLOSED)
"""The reasons of suspended readers that the next bulletin tries."""
