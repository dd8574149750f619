"""An error of the Bot API → the outcome of a send or an edit."""

from collections.abc import Callable

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.delivery import outcomes
from bot.delivery.outcomes import (
    ChatGone,
    Delivered,
    MessageGone,
    Moved,
    NotEditable,
    Outcome,
    Refused,
    ThreadGone,
    Unreachable,
)
from bot.platforms.telegram.api import NOT_MODIFIED, NotSent, ServerFailure, retry_seconds
from bot.reader import CLOSED, MUTED


def _muted(reason: str) -> Outcome:
    """Only admins may write in the group, often for a night. No update reports the end."""
    return ChatGone(MUTED)


_REFUSALS: tuple[tuple[str, Callable[[str], Outcome]], ...] = (
    ("blocked by the user", lambda reason: ChatGone("blocked")),
    ("bot was kicked", lambda reason: ChatGone("left")),
    ("bot is not a member", lambda reason: ChatGone("left")),
    ("thread not found", ThreadGone),
    ("topic_closed", lambda reason: ChatGone(CLOSED)),
    ("topic_deleted", ThreadGone),
    ("topic_id_invalid", ThreadGone),
    ("message to edit not found", lambda reason: MessageGone()),
    ("message_id_invalid", lambda reason: MessageGone()),
    ("message can't be edited", NotEditable),
    ("no text in the message to edit", NotEditable),
    ("chat not found", ChatGone),
    ("user not found", ChatGone),
    ("peer_id_invalid", ChatGone),
    ("group chat was deactivated", ChatGone),
    ("not enough rights", _muted),
    ("have no rights", _muted),
    ("need administrator rights", ChatGone),
    ("chat_write_forbidden", _muted),
    ("chat_send_plain_forbidden", _muted),
    ("chat_restricted", _muted),
    ("chat_admin_required", ChatGone),
    ("chat_guest_send_forbidden", ChatGone),
    ("channel_private", ChatGone),
    ("user_banned_in_channel", ChatGone),
    ("user_is_blocked", ChatGone),
    ("input_user_deactivated", ChatGone),
)
"""Part of an error's description → outcome. Telegram documents no error codes; these are descriptions of the Bot API server
(github.com/tdlib/telegram-bot-api) and of Telegram itself (core.telegram.org/method/messages.sendMessage#possible-errors)."""


def outcome_of(error: TelegramError, message_id: str | None = None) -> Outcome:
    """The outcome of an error during sending, or during the edit of ``message_id``."""
    match error:
        case RetryAfter():
            return outcomes.RetryAfter(retry_seconds(error))
        case ChatMigrated():
            return Moved(str(error.new_chat_id))
        case Forbidden():
            return _refusal(str(error), message_id, ChatGone)
        case BadRequest():
            return _refusal(str(error), message_id, Refused)
        case NetworkError():
            return Unreachable(str(error), is_unsent=isinstance(error, NotSent | ServerFailure))
        case _:
            return Unreachable(type(error).__name__, is_unsent=isinstance(error, InvalidToken))


def _refusal(reason: str, message_id: str | None, unknown: Callable[[str], Outcome]) -> Outcome:
    lowered = reason.lower()
    if message_id is not None and NOT_MODIFIED in lowered:
        return Delivered(message_id)
    outcome = next((outcome for part, outcome in _REFUSALS if part in lowered), unknown)
    return outcome(reason)
