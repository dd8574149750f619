"""The interface through which the worker reaches a platform; each platform's ``sender`` module implements it."""

from dataclasses import dataclass
from typing import Protocol

from bot.delivery.outcomes import CrosspostOutcome, Outcome
from bot.delivery.rate_limiter import Limits
from bot.reader import Address
from bot.replies.reply import Reply

SEND_TIMEOUT_SECONDS = 8.0
"""A send or an edit has an outcome by then, or is cancelled; well before the lease ends."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send, or the new content of an edited one.

    Attributes:
        reply: the content. All chats that get the same words get the same value, so a sender can cache its rendering.
        key: at most 25 characters, the same for every attempt to send the same words: Discord's nonce.
        silent: without a sound.
        reply_to: id of the message that this one replies to; None: it is no reply.
        has_followers: whether it goes to a channel whose messages may be followed elsewhere.
        parent_id: the chat around a thread that is a chat of its own, in case the thread is deleted; None: none, or unknown.
    """

    reply: Reply
    key: str
    silent: bool = False
    reply_to: int | None = None
    has_followers: bool = False
    parent_id: int | None = None


class Sender(Protocol):
    """Sends and edits the messages of one bot. Tries once: the worker waits and repeats.

    Raises nothing for what a platform or the network does: each is an outcome (a timeout of ``SEND_TIMEOUT_SECONDS`` is
    :class:`~bot.delivery.outcomes.Unreachable`).
    """

    @property
    def platform(self) -> str:
        """The platform of its addresses."""

    @property
    def lease_name(self) -> str:
        """Names the bot without telling its token. The holder of this lease sends."""

    @property
    def limits(self) -> Limits:
        """The platform's documented limits, to start from."""

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        """Sends a message."""

    async def edit(self, address: Address, message_id: int, message: OutgoingMessage) -> Outcome:
        """Replaces the content of a message."""

    async def crosspost(self, address: Address, message_id: int) -> CrosspostOutcome:
        """Publishes a message to its channel's followers. Only one for which :meth:`send` returned ``to_crosspost``."""
