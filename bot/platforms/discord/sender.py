"""Sends, edits and crossposts bulletins, and turns Discord's errors into outcomes."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus
from time import time

import structlog

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
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, OutgoingMessage, Sender
from bot.platforms.discord.api import (
    DiscordClient,
    DiscordError,
    HttpError,
    NotSent,
    RateLimited,
    Sleep,
    TokenRefused,
    retry,
)
from bot.platforms.discord.limits import SENDING
from bot.platforms.discord.render import Payload, render
from bot.platforms.discord.types import PLATFORM
from bot.reader import CLOSED, MUTED, Address
from bot.replies.reply import Reply

log = structlog.get_logger("bot.discord")

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, ALREADY_CROSSPOSTED = 10003, 10008, 40033
"""Error codes (topics/opcodes-and-status-codes#json)."""

_MUTED = frozenset(
    {
        50001,  # missing access: the bot may not view the channel
        50013,  # missing permissions
    }
)
"""The channel exists, but its permissions do not allow the bot to write. If the bot was removed, an event reports it."""

_GONE = frozenset(
    {
        UNKNOWN_CHANNEL,
        10004,  # unknown guild
        50007,  # cannot send messages to this user
        50008,  # not a text channel
        50024,  # wrong type of channel
        50278,  # no server in common with the user
    }
)
"""The channel or user cannot be written to any more."""

THREAD_ARCHIVED, THREAD_LOCKED = 50083, 160005
"""The thread can be read, but not written to, until somebody opens it (topics/threads#active-archived-threads, #locked-threads)."""

_NOT_EDITABLE = {
    50005,  # another author's message
    50021,  # a system message
}
"""The message exists, but cannot be edited."""

_LATER = frozenset(
    {
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
)
"""Discord refuses the request for now, without a time."""

LATER_SECONDS = 600.0
"""The pause after such a refusal; our own rule."""

RETRY_PAUSES_SECONDS = (0.5, 2.0, 5.0)
"""The pauses before an answer to a typed message, or a greeting, is sent again."""

MAX_RETRY_WAIT_SECONDS = 30.0
"""Such a message is dropped if Discord asks for a longer wait."""

EPOCH = 1_420_070_400
"""The moment 0 of ids, in seconds since 1970 (reference#snowflakes)."""

KNOWN_SECONDS = 10.0
"""A message that is older than this when Discord answers was sent by an earlier request: requests take less, repetitions come later."""

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


async def send_now(send: Callable[[], Awaitable[object]], sleep: Sleep) -> None:
    """Sends a message other than a bulletin, with a few attempts. A failure is logged, not raised."""
    try:
        await retry(send, RETRY_PAUSES_SECONDS, sleep, max_wait=MAX_RETRY_WAIT_SECONDS)
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
        channel, nonce = int(address.chat_id), message.replaces or message.key
        reply_to = int(message.reply_to) if message.reply_to else None
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                message_id = await self._client.create(
                    channel, payload, nonce, reply_to=reply_to, silent=message.silent
                )
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
