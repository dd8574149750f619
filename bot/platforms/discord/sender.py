"""Sends, edits and crossposts bulletins, and turns Discord's errors into outcomes."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from time import time

import structlog

from bot.delivery.outcomes import (
    ChatGone,
    CrosspostOutcome,
    Delivered,
    Outcome,
    ThreadGone,
)
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, OutgoingMessage, Sender
from bot.platforms.backoff import Backoff
from bot.platforms.discord.api import (
    DiscordClient,
    DiscordError,
    HttpError,
    Sleep,
    TokenRefused,
    wait_of,
)
from bot.platforms.discord.limits import SENDING
from bot.platforms.discord.outcomes import FAILURES, THREAD_ARCHIVED, crosspost_outcome_of, outcome_of
from bot.platforms.discord.render import Payload, render
from bot.platforms.discord.types import PLATFORM
from bot.reader import Address
from bot.replies.reply import Reply

log = structlog.get_logger("bot.discord")

AT_ONCE = Backoff((0.5, 2.0, 5.0), longest_wait=30.0)
"""When an answer to a typed message, or a greeting, is sent again. It is dropped if Discord asks for a longer wait."""

EPOCH = 1_420_070_400
"""The moment 0 of ids, in seconds since 1970 (reference#snowflakes)."""

KNOWN_SECONDS = 10.0
"""A message that is older than this when Discord answers was sent by an earlier request: requests take less, repetitions come later."""


async def send_now(send: Callable[[], Awaitable[object]], sleep: Sleep) -> None:
    """Sends a message other than a bulletin, with a few attempts. A failure is logged, not raised."""
    try:
        await AT_ONCE.repeat(send, wait_of, sleep)
    except (DiscordError, TokenRefused) as error:
        if isinstance(outcome_of(error, editing=False), ChatGone | ThreadGone):
            log.info("the bot may not write in the channel", error=str(error))
        else:
            log.warning("a message was not sent", error=str(error))


def made_at(message_id: int) -> float:
    """The time of a message, in seconds since 1970 (reference#snowflakes)."""
    return (message_id >> 22) / 1000 + EPOCH


class DiscordSender(Sender):
    """The :class:`bot.delivery.sender.Sender` of one bot.

    ``public_url``: the address from which Discord fetches title cards; None: messages have none.
    """

    platform = PLATFORM
    limits = SENDING

    def __init__(self, client: DiscordClient, token: str, public_url: str | None = None) -> None:
        self.lease_name = f"{PLATFORM}:{hashlib.blake2b(token.encode(), digest_size=6).hexdigest()}"
        self._client = client
        self._public_url = public_url

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        """Sends a message. With the nonce of one that may have arrived Discord returns that one, which is then edited."""
        payload = _payload(message.reply, self._public_url)
        channel, key = int(address.chat_id), message.replaces or message.key
        reply_to = int(message.reply_to) if message.reply_to else None
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                message_id = await self._client.create(channel, payload, key, reply_to=reply_to, silent=message.silent)
                if message.replaces:
                    await self._client.edit(channel, message_id, payload)
        except FAILURES as error:
            return outcome_of(error, editing=False, parent_id=message.parent_id)
        return Delivered(str(message_id), message.has_followers, is_known=time() - made_at(message_id) > KNOWN_SECONDS)

    async def edit(self, address: Address, message_id: str, message: OutgoingMessage) -> Outcome:
        """Edits a message, also in an archived thread. Discord edits its crossposted copies."""
        channel_id, payload = int(address.chat_id), _payload(message.reply, self._public_url)
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                try:
                    await self._client.edit(channel_id, int(message_id), payload)
                except HttpError as error:
                    if error.code != THREAD_ARCHIVED:
                        raise
                    await self._client.unarchive(channel_id)
                    await self._client.edit(channel_id, int(message_id), payload)
        except FAILURES as error:
            return outcome_of(error, editing=True, parent_id=message.parent_id)
        return Delivered(message_id)

    async def crosspost(self, address: Address, message_id: str) -> CrosspostOutcome:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await self._client.crosspost(int(address.chat_id), int(message_id))
        except FAILURES as error:
            return crosspost_outcome_of(error, message_id)
        return Delivered(message_id)


@lru_cache(maxsize=64)
def _payload(reply: Reply, public_url: str | None) -> Payload:
    """The message. A title card is the embed's image, which Discord fetches (resources/message#embed-object-embed-image-structure)."""
    payload = render(reply)
    if reply.card and public_url:
        payload["embeds"][0]["image"] = {"url": reply.card.address(public_url, reply.language)}
    return payload
