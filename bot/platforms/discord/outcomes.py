"""An error of Discord → the outcome of a send, an edit or a crosspost."""

from http import HTTPStatus

from bot.delivery.outcomes import (
    ChatGone,
    CrosspostOutcome,
    Delivered,
    MessageGone,
    NotEditable,
    Outcome,
    Refused,
    RetryAfter,
    ThreadGone,
    Unreachable,
)
from bot.platforms.discord.api import DiscordError, HttpError, NotSent, RateLimited, TokenRefused
from bot.reader import CLOSED, MUTED

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, ALREADY_CROSSPOSTED = 10003, 10008, 40033
"""Error codes (topics/opcodes-and-status-codes#json)."""

_MUTED = {
    50001,  # missing access: the bot may not view the channel
    50013,  # missing permissions
}
"""The channel exists, but its permissions do not allow the bot to write. If the bot was removed, an event reports it."""

_GONE = {
    UNKNOWN_CHANNEL,
    10004,  # unknown guild
    50007,  # cannot send messages to this user
    50008,  # not a text channel
    50024,  # wrong type of channel
    50278,  # no server in common with the user
}
"""The channel or user cannot be written to any more."""

THREAD_ARCHIVED, THREAD_LOCKED = 50083, 160005
"""The thread can be read, but not written to, until somebody opens it (topics/threads#active-archived-threads, #locked-threads)."""

_NOT_EDITABLE = {
    50005,  # another author's message
    50021,  # a system message
}
"""The message exists, but cannot be edited."""

_LATER = {
    20022,  # too many edits in an announcement channel
    20028,  # too many writes to the channel
    20029,  # too many writes to the server
    30046,  # too many edits of old messages
    40002,  # the account must be verified
    40004,  # sending is switched off
    130000,  # Discord is overloaded
    160006,  # too many active threads in the server, so that none can be opened
    160007,  # too many active announcement threads
}
"""Discord refuses the request for now, without a time."""

LATER_SECONDS = 600.0
"""The pause after such a refusal; our own rule."""

FAILURES = (DiscordError, TokenRefused, TimeoutError)
"""The errors of a request of :class:`~bot.platforms.discord.api.DiscordClient` with a time limit."""


def outcome_of(error: Exception, *, editing: bool, parent_id: str | None = None) -> Outcome:
    """The outcome of a failed send or edit. ``parent_id``: the channel around the thread.

    Discord responds with 404 for a deleted thread and for an unknown channel. If a parent channel is stored, it was a thread.
    """
    match error:
        case RateLimited():
            return _retry_after(error, of_one_message=editing)
        case HttpError(code=code) if code:
            return _refusal(code, _reason(error), editing, parent_id)
        case _:
            return _unreachable(error)


def crosspost_outcome_of(error: Exception, message_id: str) -> CrosspostOutcome:
    """The outcome of a failed crosspost (resources/message#crosspost-message)."""
    match error:
        case RateLimited():
            return _retry_after(error, of_one_message=True)
        case HttpError(code=code) if code == ALREADY_CROSSPOSTED:
            return Delivered(message_id)
        case HttpError(code=code) if code in _LATER:
            return RetryAfter(LATER_SECONDS, "request")
        case HttpError(code=code) if code:
            return Refused(_reason(error))
        case _:
            return _unreachable(error)


def _reason(error: HttpError) -> str:
    return f"{error.code} {error.message}"[:200]


def _unreachable(error: Exception) -> Unreachable:
    """The outcome of a failure that is not the reader's fault. A refused token is one, too: it may be replaced.

    After a 502 the request was not processed (topics/opcodes-and-status-codes#http). Of other failures that is not known.
    """
    if isinstance(error, TokenRefused):
        return Unreachable("HTTP 401", is_unsent=True)
    if isinstance(error, HttpError):
        return Unreachable(f"HTTP {error.status}", is_unsent=error.status == HTTPStatus.BAD_GATEWAY)
    return Unreachable(str(error) or type(error).__name__, is_unsent=isinstance(error, NotSent))


def _retry_after(error: RateLimited, *, of_one_message: bool) -> RetryAfter:
    """The outcome of a 429.

    Crossposts (ten an hour in a channel) and edits of crossposted messages have limits of their own, while the channel still accepts messages
    (github.com/discord/discord-api-docs/issues/6109).
    """
    if error.is_global:
        return RetryAfter(error.retry_after, "bot")
    return RetryAfter(error.retry_after, "request" if of_one_message else "chat")


def _refusal(code: int, reason: str, editing: bool, parent_id: str | None) -> Outcome:
    if editing and code == UNKNOWN_MESSAGE:
        return MessageGone()
    if editing and code in _NOT_EDITABLE:
        return NotEditable(reason)
    if code in _LATER:
        return RetryAfter(LATER_SECONDS, "request" if editing else "chat")
    if code in (THREAD_ARCHIVED, THREAD_LOCKED):
        return ChatGone(CLOSED)
    if code == UNKNOWN_CHANNEL and parent_id is not None:
        return ThreadGone(reason, parent_id)
    if code in _MUTED:
        return ChatGone(MUTED)
    return ChatGone(reason) if code in _GONE else Refused(reason)
