"""Messages that nobody asked for: bulletins, sent and edited as the outbox wants it."""

import asyncio
import hashlib
from contextlib import suppress
from functools import lru_cache
from typing import Any

import hikari

from bot.answers.reply import Reply
from bot.delivery import Address, CrosspostOutcome, Delivered, Outcome, ThreadGone
from bot.outbox.sender import SEND_TIMEOUT_SECONDS, Outgoing
from bot.pacing import Limits
from bot.platforms.discord.asking import PLATFORM
from bot.platforms.discord.client import Client
from bot.platforms.discord.outcomes import crosspost_outcome_of, outcome_of
from bot.platforms.discord.reading import Unreadable, read
from bot.platforms.discord.render import Payload, render

ASIDE_SECONDS = 3.0
"""What may go, of the time for a send, into asking about the channel."""

LIMITS = Limits(per_second=40, chat_seconds=1.0)
"""Discord documents 50 requests a second in all (topics/rate-limits#global-rate-limit), of which answers take some.

What a channel takes it tells in headers alone; it has been five messages in five seconds for years.
"""

_FAILURES = (hikari.HikariError, TimeoutError)
"""Whatever Discord or the network does."""


class DiscordSender:
    """The bot's sender (:class:`bot.outbox.sender.Sender`)."""

    platform = PLATFORM
    limits = LIMITS

    def __init__(self, client: Client, token: str, public_url: str | None = None) -> None:
        """``public_url`` is where Discord finds our title cards; None: messages go without."""
        self.lane = f"{PLATFORM}:{hashlib.blake2b(token.encode(), digest_size=6).hexdigest()}"
        self._client = client
        self._public_url = public_url

    async def send(self, address: Address, message: Outgoing) -> Outcome:
        """Sends a message, which is to be crossposted where the channel is one for announcements."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS - ASIDE_SECONDS):
                sent = await self._client.create(
                    address.chat_id, _payload(message.reply, self._public_url), message.key, **_more(message)
                )
        except _FAILURES as error:
            return await self._with_parent(address, outcome_of(error, editing=False, parent_id=message.parent_id))
        return Delivered(sent, to_crosspost=message.has_followers)

    async def edit(self, address: Address, message_id: int, message: Outgoing) -> Outcome:
        """Puts other words into a message; its crossposted copies follow by themselves."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await self._client.edit(address.chat_id, message_id, _payload(message.reply, self._public_url))
        except _FAILURES as error:
            return outcome_of(error, editing=True, parent_id=message.parent_id)
        return Delivered(message_id)

    async def crosspost(self, address: Address, message_id: int) -> CrosspostOutcome:
        """Publishes a message to the followers of its announcement channel (resources/message#crosspost-message)."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                with suppress(Unreadable):  # it has been published
                    await read(self._client.rest.crosspost_message(address.chat_id, message_id))
        except _FAILURES as error:
            return crosspost_outcome_of(error, message_id)
        return Delivered(message_id)

    async def _with_parent(self, address: Address, outcome: Outcome) -> Outcome:
        """A thread that is closed, with the channel around it, which Discord tells where we have not kept it."""
        if not isinstance(outcome, ThreadGone) or outcome.chat_id is not None:
            return outcome
        try:
            async with asyncio.timeout(ASIDE_SECONDS):
                thread = await read(self._client.rest.fetch_channel(address.chat_id))
        except _FAILURES:
            return outcome
        parent = thread.parent_id if isinstance(thread, hikari.GuildThreadChannel) else None
        return ThreadGone(outcome.reason, int(parent) if parent else None)


@lru_cache(maxsize=64)
def _payload(reply: Reply, public_url: str | None) -> Payload:
    """Every channel gets the very same reply.

    Its title card is the embed's image, which Discord fetches (resources/message#embed-object-embed-image-structure).
    """
    payload = render(reply)
    if reply.card and public_url:
        payload["embeds"][0]["image"] = {"url": reply.card.address(public_url, reply.language)}
    return payload


def _more(message: Outgoing) -> dict[str, Any]:
    more: dict[str, Any] = {"flags": hikari.MessageFlag.SUPPRESS_NOTIFICATIONS} if message.silent else {}
    if message.answers is not None:
        more |= {"reply": message.answers, "reply_must_exist": False}
    return more
