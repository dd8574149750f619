"""The port through which the outbox reaches a platform; each platform's ``send`` module holds one."""

from dataclasses import dataclass
from typing import Protocol

from bot.delivery.outcomes import CrosspostOutcome, Outcome
from bot.delivery.rate_limiter import Limits
from bot.reader import Address
from bot.replies.reply import Reply

SEND_TIMEOUT_SECONDS = 8.0
"""A send or an edit has come to an outcome by then, or is called off: well before the lane's lease ends."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to be sent, or what one is to become.

    Attributes:
        reply: what it says. Every chat that gets the same words gets the very same value, so that a sender renders it once
            (``functools.lru_cache`` on its rendering does).
        key: at most 25 characters, the same whenever this message is tried again: Discord's nonce.
        silent: without a sound.
        answers: the message that this one replies to; None where it replies to none.
        has_followers: whether it goes to a channel whose messages others may follow elsewhere.
        parent_id: of the chat around a thread that is a chat of its own, as the thread goes; None: there is none, or nobody knows.
    """

    reply: Reply
    key: str
    silent: bool = False
    reply_to: int | None = None
    has_followers: bool = False
    parent_id: int | None = None


class Sender(Protocol):
    """Sends and edits messages of one bot. Tries once; neither waits nor repeats, which the outbox does.

    Raises nothing for what a platform or the network does: each of that is an outcome (a timeout of
    ``SEND_TIMEOUT_SECONDS`` is :class:`~bot.delivery.outcomes.Unreachable`).
    """

    @property
    def platform(self) -> str:
        """The platform of the addresses that it sends to."""

    @property
    def lease_name(self) -> str:
        """Names the bot behind the token, without telling the token: who holds it, sends."""

    @property
    def limits(self) -> Limits:
        """What the platform documents, to start from."""

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        """Sends a message."""

    async def edit(self, address: Address, message_id: int, message: OutgoingMessage) -> Outcome:
        """Puts other words into a message that was sent."""

    async def crosspost(self, address: Address, message_id: int) -> CrosspostOutcome:
        """Publishes to the followers of its channel a message of which :meth:`send` said that it is to be; no other."""
