"""Bulletins out: sends once and tells what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.delivery import outcomes
from bot.delivery.outcomes import (
    CrosspostOutcome,
    Delivered,
    Gone,
    MessageGone,
    Moved,
    NotEditable,
    Outcome,
    Refused,
    ThreadGone,
    Unreachable,
)
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, Outgoing
from bot.platforms.telegram.api import Client, seconds
from bot.platforms.telegram.render import InPrivate, Rendering, anew, destination
from bot.platforms.telegram.types import PLATFORM
from bot.reader import MUTED, Address


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
            return outcomes.RetryAfter(seconds(error))
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
        return outcomes.Delivered(message_id)
    meaning = next((meaning for words, meaning in _REFUSALS if words in lowered), Refused)
    return meaning(reason)


CHAT_SECONDS = 1.01


GROUP_MESSAGES = 20


GROUP_SECONDS = 60.0
"""One message a second in a chat, 20 a minute in a group (core.telegram.org/bots/faq#my-bot-is-hitting-limits)."""


class TelegramSender:
    """Sends and edits as :class:`bot.delivery.sender.Sender` asks."""

    def __init__(self, client: Client, messages_per_second: float, public_url: str | None = None) -> None:
        """``public_url`` is where Telegram finds our title cards; None: messages go without."""
        self._client = client
        self._public_url = public_url
        self._limits = Limits(messages_per_second, CHAT_SECONDS, GROUP_MESSAGES, GROUP_SECONDS)
        self._for_people = Rendering(anew)
        self._for_groups = Rendering(anew)

    @property
    def platform(self) -> str:
        return PLATFORM

    @property
    def lane(self) -> str:
        """The bot's id, with which its token begins."""
        return f"{PLATFORM}:{self._client.bot_id}"

    @property
    def limits(self) -> Limits:
        return self._limits

    async def send(self, address: Address, message: Outgoing) -> Outcome:
        """Sends a message; in a group its buttons lead into the private chat."""
        given = destination(address) | self._shown(address, message)
        if message.silent:
            given["disable_notification"] = True
        if message.answers is not None:
            given["reply_parameters"] = {"message_id": message.answers, "allow_sending_without_reply": True}
        return await _outcome(self._client.call("sendMessage", given))

    async def edit(self, address: Address, message_id: int, message: Outgoing) -> Outcome:
        """Puts other words into a message that was sent."""
        given = {"chat_id": address.chat_id, "message_id": message_id, **self._shown(address, message)}
        return await _outcome(self._client.call("editMessageText", given), message_id)

    async def crosspost(self, address: Address, message_id: int) -> CrosspostOutcome:
        """Nothing on Telegram is: who follows a channel reads it there."""
        return Refused("not on Telegram")

    def _shown(self, address: Address, message: Outgoing) -> dict[str, Any]:
        reply = message.reply
        given = self._rendered(address, message)
        if reply.card and self._public_url:
            given["link_preview_options"] = _card(reply.card.address(self._public_url, reply.language))
        return given

    def _rendered(self, address: Address, message: Outgoing) -> dict[str, Any]:
        if is_private(address.chat_id):
            return dict(self._for_people(message.reply).parameters)
        me = self._client.me
        if me and self._for_groups.way is anew:
            self._for_groups = Rendering(InPrivate(me.username))
        return dict(self._for_groups(message.reply).parameters)


def _card(url: str) -> dict[str, Any]:
    """A picture over the words, as a link's preview (core.telegram.org/bots/api#linkpreviewoptions).

    So the message remains one of text, and is corrected like any other.
    """
    return {"url": url, "prefer_large_media": True, "show_above_text": True}


def is_private(chat_id: int) -> bool:
    """Groups and channels have negative ids (core.telegram.org/api/bots/ids)."""
    return chat_id > 0


async def _outcome(attempt: Awaitable[Any], message_id: int | None = None) -> Outcome:
    """What the attempt to send, or to edit ``message_id``, led to."""
    try:
        async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
            done = await attempt
    except TimeoutError:
        return Unreachable("no answer in time")
    except TelegramError as error:
        return outcome_of(error, message_id)
    return Delivered(message_id or int(done["message_id"]))
