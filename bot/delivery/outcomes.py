"""Who receives, what became of sending, and what to do next. PURE."""

from dataclasses import dataclass, replace
from typing import Literal, assert_never
from zlib import crc32

from bot.reader import Address


@dataclass(frozen=True, slots=True)
class Delivered:
    """It stands there now as ``message_id``; also where an edit found nothing to change.

    ``to_crosspost``: the channel has followers elsewhere, to whom the message is to be published next.
    """

    message_id: int
    to_crosspost: bool = False


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Too fast (HTTP 429): not again for so many seconds.

    ``scope``: this very request (others to the chat may go on), everything to this chat, or the whole lane; None: not known which.
    """

    seconds: float
    scope: Literal["request", "chat", "bot"] | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The platform failed or was silent (5xx, timeout, connection lost): it may or may not have been taken.

    ``is_bug``: it was our own program that failed.
    """

    reason: str
    is_bug: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing can be sent to the whole chat any more: blocked, kicked, deleted, no right to write (:data:`MUTED`)."""

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


CrosspostOutcome = Delivered | RetryAfter | Unreachable | Refused
"""What a crosspost led to. The message stands in its channel whatever it is."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one reader: a bulletin's, or a digest's with several.

    Attributes:
        message_id: the message to be edited; None where it is still to be sent.
        attempts: how often it was tried in vain since it was last wanted.
    """

    address: Address
    message_id: int | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The reader sees it as ``message_id``, which may still be ``to_crosspost``."""

    message_id: int
    to_crosspost: bool = False


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Again at a moment, in seconds since 1970."""

    moment: float
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """Everything of the reader goes on at another address, this delivery at once; ``loses_thread``: in the chat around."""

    address: Address
    reason: str
    loses_thread: bool = False


@dataclass(frozen=True, slots=True)
class SendAsReply:
    """What cannot be edited is said in a message of its own, which replies to the old one."""

    reply_to: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It ends here; ``suspends`` where nothing else would get through to the chat either."""

    reason: str
    suspends: bool = False


Step = Done | RetryAt | Move | SendAsReply | GiveUp
"""What to do after an outcome."""


MAX_ATTEMPTS = 500
"""With the longest pause between them, more than a day: longer than the platforms' outages so far."""


FAULT_ATTEMPTS = 9
"""With the pauses between them some minutes, in which an upgrade may end; an error of our program repeats itself, and a
message that was taken before it would come as often."""


FIRST_PAUSE_SECONDS = 1.0


LONGEST_PAUSE_SECONDS = 300.0


def next_step(delivery: Delivery, outcome: Outcome, now: float) -> Step:
    """What follows from an outcome. ``now`` is in seconds since 1970."""
    match outcome:
        case Delivered(message_id, to_crosspost):
            return Done(message_id, to_crosspost)
        case RetryAfter(seconds):
            return _again(delivery, now + max(0.0, seconds), "too fast")
        case Unreachable(reason, is_bug):
            most = FAULT_ATTEMPTS if is_bug else MAX_ATTEMPTS
            return _again(delivery, now + pause(delivery), reason, most)
        case Moved(chat_id):
            return _moved(delivery, Move(replace(delivery.address, chat_id=chat_id), "moved"))
        case ThreadGone(reason, chat_id):
            whole = Address(delivery.address.platform, chat_id or delivery.address.chat_id)
            return _moved(delivery, Move(whole, reason, loses_thread=True))
        case NotEditable(reason):
            return SendAsReply(delivery.message_id) if delivery.message_id is not None else GiveUp(reason)
        case MessageGone():
            return GiveUp("the message was deleted")
        case Gone(reason):
            return GiveUp(reason, suspends=True)
        case Refused(reason):
            return GiveUp(reason)
        case _:
            assert_never(outcome)


def next_crosspost_step(delivery: Delivery, outcome: CrosspostOutcome, now: float) -> Done | RetryAt | GiveUp:
    """What follows from the outcome of a crosspost, which never leads to another message. ``now`` is in seconds since 1970."""
    match outcome:
        case Delivered(message_id):
            return Done(message_id)
        case RetryAfter(seconds):
            return _again(delivery, now + max(0.0, seconds), "too fast")
        case Unreachable(reason, is_bug):
            most = FAULT_ATTEMPTS if is_bug else MAX_ATTEMPTS
            return _again(delivery, now + pause(delivery), reason, most)
        case Refused(reason):
            return GiveUp(reason)
        case _:
            assert_never(outcome)


def pause(delivery: Delivery) -> float:
    """Seconds until the next attempt: doubled with each, shortened by up to half so that chats do not come in step."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(delivery.attempts, 16))
    spread = crc32(f"{delivery.address.chat_id} {delivery.attempts}".encode()) / 2**32
    return longest * (1 - spread / 2)


def _again(delivery: Delivery, moment: float, reason: str, most: int = MAX_ATTEMPTS) -> RetryAt | GiveUp:
    return RetryAt(moment, reason) if delivery.attempts < most else GiveUp(f"tried too often: {reason}")


def _moved(delivery: Delivery, move: Move) -> Step:
    """Two chats that name each other as their successors are not followed for ever."""
    if move.address == delivery.address or delivery.attempts >= MAX_ATTEMPTS:
        return GiveUp(move.reason, suspends=True)
    return move
