"""Bulletins out: sends once and tells what became of it."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from telegram.error import TelegramError

from bot.delivery import Address, CrosspostOutcome, Delivered, Outcome, Refused, Unreachable
from bot.outbox.sender import SEND_TIMEOUT_SECONDS, Outgoing
from bot.pacing import Limits
from bot.platforms.telegram.asker import PLATFORM
from bot.platforms.telegram.buttons import InPrivate, anew
from bot.platforms.telegram.calls import Rendering, destination
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.outcomes import outcome_of

CHAT_SECONDS = 1.01
GROUP_MESSAGES = 20
GROUP_SECONDS = 60.0
"""One message a second in a chat, 20 a minute in a group (core.telegram.org/bots/faq#my-bot-is-hitting-limits)."""


class TelegramSender:
    """Sends and edits as :class:`bot.outbox.sender.Sender` asks."""

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
