"""Sends and edits bulletins, with one attempt each, and returns the outcome."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from telegram.error import TelegramError

from bot.delivery.outcomes import (
    Delivered,
    Outcome,
    Unreachable,
)
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, OutgoingMessage, Sender
from bot.platforms.telegram.api import TelegramClient
from bot.platforms.telegram.limits import sending
from bot.platforms.telegram.outcomes import outcome_of
from bot.platforms.telegram.render import destination, new_message, private_chat, rendered, reply_to
from bot.platforms.telegram.types import PLATFORM, is_private
from bot.reader import Address


class TelegramSender(Sender):
    """The :class:`bot.delivery.sender.Sender` of one bot.

    Telegram fetches title cards from ``public_url``; without it messages have none.
    """

    def __init__(self, client: TelegramClient, messages_per_second: float, public_url: str | None = None) -> None:
        self.platform = PLATFORM
        self.lease_name = f"{PLATFORM}:{client.bot_id}"
        self.limits = sending(messages_per_second)
        self._client = client
        self._public_url = public_url

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        async def send() -> str:
            parameters = destination(address) | await self._parameters(address, message)
            if message.silent:
                parameters["disable_notification"] = True
            if message.reply_to is not None:
                parameters |= reply_to(int(message.reply_to))
            return str((await self._client.bot.send_message(**parameters)).message_id)

        return await _attempt(send())

    async def edit(self, address: Address, message_id: str, message: OutgoingMessage) -> Outcome:
        async def edit() -> str:
            parameters = await self._parameters(address, message)
            sent: dict[str, Any] = {"chat_id": int(address.chat_id), "message_id": int(message_id)}
            await self._client.bot.edit_message_text(**sent, **parameters)
            return message_id

        return await _attempt(edit(), message_id)

    async def _parameters(self, address: Address, message: OutgoingMessage) -> dict[str, Any]:
        """The rendered message. In groups and channels its buttons open the private chat.

        Raises:
            TelegramError: the bot's username is not known yet, and Telegram cannot be reached.
        """
        reply = message.reply
        target = new_message if is_private(int(address.chat_id)) else private_chat((await self._client.me()).username)
        parameters = dict(rendered(reply, target).parameters)
        if reply.card and self._public_url:
            parameters["link_preview_options"] = _card(reply.card.address(self._public_url, reply.language))
        return parameters


def _card(url: str) -> dict[str, Any]:
    """A picture above the text, as a link preview (core.telegram.org/bots/api#linkpreviewoptions).

    The message stays a text message, so that it can be edited like any other.
    """
    return {"url": url, "prefer_large_media": True, "show_above_text": True}


async def _attempt(request: Awaitable[str], message_id: str | None = None) -> Outcome:
    """Makes the request that sends a message, or edits ``message_id``. Returns the outcome."""
    try:
        async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
            return Delivered(await request)
    except TimeoutError:
        return Unreachable("no answer in time")
    except TelegramError as error:
        return outcome_of(error, message_id)
