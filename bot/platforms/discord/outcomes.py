"""What Discord's refusals mean for a delivery (topics/opcodes-and-status-codes#json)."""

import hikari

from bot.delivery import (
    MUTED,
    CrosspostOutcome,
    Delivered,
    Gone,
    MessageGone,
    NotEditable,
    Outcome,
    Refused,
    RetryAfter,
    ThreadGone,
    Unreachable,
)
from bot.platforms.discord.limited import Limited, limit_of

UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE = 10003, 10004, 10008
MISSING_ACCESS, NOT_OURS, CANNOT_SEND_TO_USER, NO_TEXT_CHANNEL = 50001, 50005, 50007, 50008
MISSING_PERMISSIONS, SYSTEM_MESSAGE, WRONG_CHANNEL_TYPE = 50013, 50021, 50024
NO_SERVER_IN_COMMON = 50278
THREAD_ARCHIVED, THREAD_LOCKED = 50083, 160005
ANNOUNCEMENT_EDITS, OLD_EDITS = 20022, 30046
CHANNEL_WRITES, SERVER_WRITES, UNVERIFIED, SENDING_DISABLED, OVERLOADED = 20028, 20029, 40002, 40004, 130000

_GONE = {UNKNOWN_CHANNEL, UNKNOWN_GUILD, MISSING_ACCESS, CANNOT_SEND_TO_USER, NO_TEXT_CHANNEL}
_GONE |= {WRONG_CHANNEL_TYPE, NO_SERVER_IN_COMMON}
_THREAD = {THREAD_ARCHIVED, THREAD_LOCKED}
_NOT_EDITABLE = {NOT_OURS, SYSTEM_MESSAGE, *_THREAD}
_LATER = {ANNOUNCEMENT_EDITS, OLD_EDITS, CHANNEL_WRITES, SERVER_WRITES, UNVERIFIED, SENDING_DISABLED, OVERLOADED}

ALREADY_CROSSPOSTED = 40033

LATER_SECONDS = 600.0
"""When to try again what Discord refuses for now, without saying until when: our own rule."""


def outcome_of(error: Exception, *, editing: bool, parent_id: int | None = None) -> Outcome:
    """The outcome of a send or an edit that raised; ``parent_id`` is the channel around, where it was in a thread.

    Discord knows a deleted thread as little as a channel that never was: that one was there is known by its parent.
    """
    if limit := limit_of(error):
        return _limited(limit, of_one_message=editing)
    match error:
        case hikari.UnauthorizedError():  # it is no reader's fault
            return Unreachable(f"HTTP {int(error.status)}")
        case hikari.ClientHTTPResponseError() if error.code:
            return _by_code(error.code, f"{error.code} {error.message}"[:200], editing, parent_id)
        case hikari.HTTPResponseError():
            return Unreachable(f"HTTP {int(error.status)}")
        case _:
            return Unreachable(type(error).__name__)


def crosspost_outcome_of(error: Exception, message_id: int) -> CrosspostOutcome:
    """The outcome of a crosspost that raised (resources/message#crosspost-message)."""
    if limit := limit_of(error):
        return _limited(limit, of_one_message=True)
    match error:
        case hikari.UnauthorizedError():  # it is not the channel's fault
            return Unreachable(f"HTTP {int(error.status)}")
        case hikari.ClientHTTPResponseError() if error.code == ALREADY_CROSSPOSTED:
            return Delivered(message_id)
        case hikari.ClientHTTPResponseError() if error.code in _LATER:
            return RetryAfter(LATER_SECONDS, "request")
        case hikari.ClientHTTPResponseError() if error.code:
            return Refused(f"{error.code} {error.message}"[:200])
        case hikari.HTTPResponseError():
            return Unreachable(f"HTTP {int(error.status)}")
        case _:
            return Unreachable(type(error).__name__)


def _limited(limit: Limited | hikari.RateLimitTooLongError, *, of_one_message: bool) -> RetryAfter:
    """A 429.

    In an announcement channel crossposts (ten an hour) and edits of crossposted messages have limits of their own, while the
    channel goes on taking messages (github.com/discord/discord-api-docs/issues/6109).
    """
    if limit.is_global:
        return RetryAfter(limit.retry_after, "lane")
    return RetryAfter(limit.retry_after, "request" if of_one_message else "chat")


def _by_code(code: int, reason: str, editing: bool, parent_id: int | None) -> Outcome:
    if editing and code == UNKNOWN_MESSAGE:
        return MessageGone()
    if editing and code in _NOT_EDITABLE:
        return NotEditable(reason)
    if code in _LATER:
        return RetryAfter(LATER_SECONDS, "request" if editing else "chat")
    if code in _THREAD or (code == UNKNOWN_CHANNEL and parent_id is not None):
        return ThreadGone(reason, parent_id)
    if code == MISSING_PERMISSIONS:
        return Gone(MUTED)
    return Gone(reason) if code in _GONE else Refused(reason)
