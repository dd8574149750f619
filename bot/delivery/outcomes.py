"""The outcomes of a send, and the next step after each. PURE."""

from dataclasses import dataclass, replace
from typing import Literal, assert_never
from zlib import crc32

from bot.reader import MAY_HAVE_ARRIVED, MESSAGE_DELETED, Address


@dataclass(frozen=True, slots=True)
class Delivered:
    """The message is in the chat as ``message_id``, which does not begin with "-". An edit that changes nothing counts too.

    ``to_crosspost``: the message is in an announcement channel of Discord and is to be published to its followers next. ``is_known``: an
    earlier attempt sent it, so no copy of it came.
    """

    message_id: str
    to_crosspost: bool = False
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """HTTP 429, or another refusal for a time: no request for ``seconds``.

    ``scope``: the limit that was hit: that of this kind of request (other messages to the chat may be sent), the chat's, or the
    whole bot's; None: unknown.
    """

    seconds: float
    scope: Literal["request", "chat", "bot"] | None = None
    reason: str = "too fast"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The platform failed or did not answer (5xx, timeout, connection lost). The message may or may not have arrived.

    ``is_bug``: an exception in our own code caused it. ``is_unsent``: the message has not arrived.
    """

    reason: str
    is_bug: bool = False
    is_unsent: bool = False


@dataclass(frozen=True, slots=True)
class ChatGone:
    """The chat takes no messages: it blocked or removed the bot, was deleted, or does not let it write.

    ``reason`` is one of :data:`~bot.reader.PASSING` in the last case.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat continues under another id."""

    chat_id: str


@dataclass(frozen=True, slots=True)
class ThreadGone:
    """The forum topic or thread was deleted; the chat around it still exists.

    ``chat_id`` is that chat's id where it differs from the address (a thread of Discord is a channel of its own).
    """

    reason: str
    chat_id: str | None = None


@dataclass(frozen=True, slots=True)
class MessageGone:
    """The message to be edited no longer exists."""


@dataclass(frozen=True, slots=True)
class NotEditable:
    """The message exists, but the platform refuses to edit it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform refuses this message for good. It may accept other messages to the same chat."""

    reason: str


Outcome = Delivered | RetryAfter | Unreachable | ChatGone | Moved | ThreadGone | MessageGone | NotEditable | Refused
"""The outcome of a send or an edit."""


def may_have_arrived(outcome: Outcome) -> bool:
    """Whether the reader may have the message after this outcome of a send."""
    return isinstance(outcome, Delivered) or (isinstance(outcome, Unreachable) and not outcome.is_unsent)


CrosspostOutcome = Delivered | RetryAfter | Unreachable | Refused
"""The outcome of a crosspost. The message stays in its channel in any case."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one reader: one bulletin, or a digest of several.

    Attributes:
        message_id: the message to be edited; None: the message has not been sent.
        attempts: failed attempts since the message became due.
        is_repeat: whether the platform may have executed an earlier request that sends the message.
    """

    address: Address
    message_id: str | None = None
    attempts: int = 0
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after ``seconds``."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """Move the reader to another address, and send this message at once. ``loses_thread``: to the chat around the thread."""

    address: Address
    reason: str
    loses_thread: bool = False


@dataclass(frozen=True, slots=True)
class SendAsReply:
    """The message ``reply_to`` cannot be edited: send the correction as a reply to it."""

    reply_to: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again. ``suspends``: no other message would reach the chat either, so its reader is suspended."""

    reason: str
    suspends: bool = False


Step = Delivered | Retry | Move | SendAsReply | GiveUp
"""The next step after an outcome."""

MAX_ATTEMPTS = 500
"""More than a day with the longest pause between them: longer than any outage of the platforms so far."""

BUG_ATTEMPTS = 9
"""Enough for some minutes, in which a new release can start. A bug repeats itself."""

AGAIN_SECONDS = 120.0
"""The pause before the second and last attempt to send a message that may have arrived: long enough for most outages, short enough
for Discord, which remembers nonces for "the past few minutes" (docs.discord.com/developers/resources/message#create-message)."""

FIRST_PAUSE_SECONDS = 1.0

LONGEST_PAUSE_SECONDS = 300.0


def next_step(delivery: Delivery, outcome: Outcome) -> Step:  # noqa: C901  one case an outcome
    """The next step after an outcome. After a crosspost it is never another message."""
    match outcome:
        case Delivered():
            return outcome
        case RetryAfter(seconds, _, reason):
            return _retry(delivery, max(0.0, seconds), reason)
        case Unreachable(reason, is_bug, is_unsent):
            if is_unsent or delivery.message_id is not None:  # a repetition leaves no copy
                return _retry(delivery, retry_delay(delivery), reason, BUG_ATTEMPTS if is_bug else MAX_ATTEMPTS)
            unknown = f"{MAY_HAVE_ARRIVED}: {reason}"
            return GiveUp(f"{unknown} (tried twice)") if delivery.is_repeat else Retry(AGAIN_SECONDS, unknown)
        case Moved(chat_id):
            return _moved(delivery, Move(replace(delivery.address, chat_id=chat_id), "moved"))
        case ThreadGone(reason, chat_id):
            parent = Address(delivery.address.platform, chat_id or delivery.address.chat_id)
            return _moved(delivery, Move(parent, reason, loses_thread=True))
        case NotEditable(reason):
            return SendAsReply(delivery.message_id) if delivery.message_id is not None else GiveUp(reason)
        case MessageGone():
            return GiveUp(MESSAGE_DELETED)
        case ChatGone(reason):
            return GiveUp(reason, suspends=True)
        case Refused(reason):
            return GiveUp(reason)
        case _:
            assert_never(outcome)


def retry_delay(delivery: Delivery) -> float:
    """Seconds until the next attempt: exponential backoff, shortened by up to half so that chats do not retry together."""
    longest = backoff(delivery.attempts, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
    jitter = crc32(f"{delivery.address.chat_id} {delivery.attempts}".encode()) / 2**32
    return longest * (1 - jitter / 2)


def backoff(attempts: int, first: float, longest: float) -> float:
    """``first`` seconds, doubled with each failed attempt, at most ``longest``."""
    return min(longest, first * 2.0 ** min(attempts, 16))


def _retry(delivery: Delivery, seconds: float, reason: str, limit: int = MAX_ATTEMPTS) -> Retry | GiveUp:
    if delivery.attempts >= limit:
        return GiveUp(f"tried too often: {reason}")
    return Retry(seconds, f"{MAY_HAVE_ARRIVED}: {reason}" if delivery.is_repeat else reason)


def _moved(delivery: Delivery, move: Move) -> Step:
    """Gives up after many moves, because two chats may name each other as successor."""
    if move.address == delivery.address or delivery.attempts >= MAX_ATTEMPTS:
        return GiveUp(move.reason, suspends=True)
    return move
