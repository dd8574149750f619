"""What Telegram's refusals mean for a delivery: one table. PURE."""

from collections.abc import Callable
from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot import delivery
from bot.delivery import MUTED, Gone, MessageGone, Moved, NotEditable, Outcome, Refused, ThreadGone, Unreachable


def _muted(reason: str) -> Outcome:
    """A group lets nobody write but its admins, often for a night: it need not mean us, and no update tells when it ends."""
    return Gone(MUTED)


_REFUSALS: tuple[tuple[str, Callable[[str], Outcome]], ...] = (
    ("thread not found", ThreadGone),
    ("topic_closed", ThreadGone),
    ("topic_deleted", ThreadGone),
    ("topic_id_invalid", ThreadGone),
    ("message to edit not found", lambda reason: MessageGone()),
    ("message_id_invalid", lambda reason: MessageGone()),
    ("message can't be edited", NotEditable),
    ("no text in the message to edit", NotEditable),
    ("chat not found", Gone),
    ("user not found", Gone),
    ("peer_id_invalid", Gone),
    ("group chat was deactivated", Gone),
    ("not enough rights", _muted),
    ("have no rights", _muted),
    ("need administrator rights", Gone),
    ("chat_write_forbidden", _muted),
    ("chat_send_plain_forbidden", _muted),
    ("chat_restricted", _muted),
    ("chat_admin_required", Gone),
    ("chat_guest_send_forbidden", Gone),
    ("channel_private", Gone),
    ("user_banned_in_channel", Gone),
    ("user_is_blocked", Gone),
    ("input_user_deactivated", Gone),
)
"""What a description holds → what it means. Telegram documents no codes: these are the words of its server
(github.com/tdlib/telegram-bot-api), or what it hands on from Telegram itself (core.telegram.org/method/messages.sendMessage#possible-errors)."""

_NOT_MODIFIED = "message is not modified"


def outcome_of(error: TelegramError, message_id: int | None = None) -> Outcome:
    """What a fault of sending, or of editing ``message_id``, led to."""
    match error:
        case RetryAfter():
            return delivery.RetryAfter(seconds(error))
        case ChatMigrated():
            return Moved(error.new_chat_id)
        case Forbidden():
            return Gone(str(error))
        case BadRequest():
            return _refusal(str(error), message_id)
        case NetworkError():
            return Unreachable(str(error))
        case _:
            return Unreachable(type(error).__name__)


def _refusal(reason: str, message_id: int | None) -> Outcome:
    lowered = reason.lower()
    if message_id is not None and _NOT_MODIFIED in lowered:
        return delivery.Delivered(message_id)
    meaning = next((meaning for words, meaning in _REFUSALS if words in lowered), Refused)
    return meaning(reason)


def seconds(wait: RetryAfter) -> float:
    """How long Telegram asks us to wait."""
    after = wait.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
