"""The interface through which the worker reaches a platform; each platform's ``sender`` module implements it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.delivery.outcomes import CrosspostOutcome, NotEditable, Outcome, Refused
from bot.delivery.rate_limiter import Limits
from bot.reader import Address
from bot.replies.reply import Reply

SEND_TIMEOUT_SECONDS = 8.0
"""Time limit of a send or an edit, well below the length of a lease."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a correction changes, without labels: the text that the reader has (None: not known), and the text that replaces it."""

    before: Reply | None
    after: Reply


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send, or the new content of an edited one.

    Attributes:
        reply: the content. Chats that get the same words get the same object, so a sender can cache its rendering.
        key: at most 25 characters, the same for every attempt to send the same words: Discord's nonce.
        silent: whether it arrives without a sound.
        reply_to: id of the message that this one replies to; None: not a reply.
        has_followers: whether it is news for a channel, whose messages may be followed elsewhere.
        parent_id: the chat around a thread that is a chat of its own, in case the thread is deleted; None: no parent, or unknown.
        urgent: whether one of its bulletins is urgent.
        bulletins: the ids of its bulletins, the oldest first.
        destination: where a message to a reader of the page goes, as the platform stored it; None: to the address itself. Never logged.
        replaces: the key of a message that may have arrived, and whose id is not known, which this one corrects; "": none.
        changes: what it changes, if it corrects a message that cannot be edited; None: another message, or a withdrawal.
    """

    reply: Reply
    key: str
    silent: bool = False
    reply_to: str | None = None
    has_followers: bool = False
    parent_id: str | None = None
    urgent: bool = False
    bulletins: tuple[str, ...] = ()
    destination: Mapping[str, Any] | None = field(default=None, repr=False)
    replaces: str = ""
    changes: Changes | None = None


class Sender(ABC):
    """Sends and edits the messages of one bot. It tries once; the worker waits and repeats.

    It does not raise for errors of the platform or the network: each is an outcome (after ``SEND_TIMEOUT_SECONDS``,
    :class:`~bot.delivery.outcomes.Unreachable`).
    """

    platform: str
    """The name of the platform."""
    lease_name: str
    """The name of the lease whose holder sends. It identifies the bot without its token."""
    limits: Limits
    """The platform's documented limits."""

    def known_id(self, message: OutgoingMessage) -> str | None:
        """The id that the message will have, where messages cannot be edited and the id is known before they are sent; else None.

        It is recorded before the send, so that a reader who may have the message gets its correction or withdrawal.
        """
        return None

    @abstractmethod
    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        """Sends a message."""

    async def edit(self, address: Address, message_id: str, message: OutgoingMessage) -> Outcome:
        """Replaces the content of a message. By default what was sent cannot be changed: a correction is a message that follows it."""
        return NotEditable("what was sent cannot be changed")

    async def crosspost(self, address: Address, message_id: str) -> CrosspostOutcome:
        """Publishes a message, for which :meth:`send` returned ``to_crosspost``, to its channel's followers. By default there are none."""
        return Refused("there are no crossposts")
