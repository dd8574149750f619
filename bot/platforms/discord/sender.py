"""Sends, edits and crossposts bulletins, and says what Discord's answers mean for a delivery."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import lru_cache

import structlog

from bot.delivery.outcomes import (
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
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, OutgoingMessage
from bot.platforms.discord.api import Client, DiscordError, HttpError, RateLimited, Sleep, is_wrong_token
from bot.platforms.discord.render import Payload, render
from bot.platforms.discord.types import PLATFORM
from bot.reader import MUTED, Address
from bot.replies.reply import Reply

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
    """The outcome of a send or an edit that failed; ``parent_id`` is the channel around a thread.

    Discord answers 404 for a deleted thread and for an unknown channel. If we stored a parent channel, it was a thread.
    """
    match error:
        case RateLimited():
            return _limited(error, of_one_message=editing)
        case HttpError() if error.code and not is_wrong_token(error):
            return _by_code(error.code, f"{error.code} {error.message}"[:200], editing, parent_id)
        case _:
            return _unreachable(error)


def crosspost_outcome_of(error: Exception, message_id: int) -> CrosspostOutcome:
    """The outcome of a crosspost that failed (resources/message#crosspost-message)."""
    match error:
        case RateLimited():
            return _limited(error, of_one_message=True)
        case HttpError(code=code) if code == ALREADY_CROSSPOSTED:
            return Delivered(message_id)
        case HttpError() if error.code in _LATER:
            return RetryAfter(LATER_SECONDS, "request")
        case HttpError() if error.code and not is_wrong_token(error):
            return Refused(f"{error.code} {error.message}"[:200])
        case _:
            return _unreachable(error)


def _unreachable(error: Exception) -> Unreachable:
    """A wrong token is no reader's fault, and like an outage may be put right."""
    return Unreachable(f"HTTP {error.status}" if isinstance(error, HttpError) else str(error) or type(error).__name__)


def _limited(limit: RateLimited, *, of_one_message: bool) -> RetryAfter:
    """A 429.

    In an announcement channel crossposts (ten an hour) and edits of crossposted messages have limits of their own, while the
    channel goes on taking messages (github.com/discord/discord-api-docs/issues/6109).
    """
    if limit.is_global:
        return RetryAfter(limit.retry_after, "bot")
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


log = structlog.get_logger("bot.discord")


PAUSES_SECONDS = (0.5, 2.0, 5.0)
"""Before the same is sent again."""


PATIENCE_SECONDS = 30.0
"""What has to wait longer than that for a limit of Discord's is not sent any more."""


async def posted(send: Callable[[], Awaitable[object]], sleep: Sleep) -> bool:
    """Whether the message was sent, after a few attempts; why it was not stands in the log."""
    for pause in (*PAUSES_SECONDS, None):
        try:
            await send()
        except DiscordError as error:
            wait = _wait(error, pause)
        else:
            return True
        if wait is None:
            break
        await sleep(wait)
    return False


def _wait(error: Exception, pause: float | None) -> float | None:
    """Seconds until it is worth another try; None where it is not, which is logged."""
    match outcome_of(error, editing=False):
        case Unreachable() if pause is not None:
            return pause
        case RetryAfter(seconds) if pause is not None and seconds <= PATIENCE_SECONDS:
            return max(seconds, pause)
        case Gone() | ThreadGone():
            log.info("no word where we may not write", why=str(error))
        case _:
            log.warning("a message was not sent", why=str(error))
    return None


ASIDE_SECONDS = 3.0
"""What may go, of the time for a send, into asking about the channel."""


LIMITS = Limits(per_second=40, chat_seconds=1.0)
"""Discord documents 50 requests a second in all (topics/rate-limits#global-rate-limit), of which answers take some.

What a channel takes it tells in headers alone; it has been five messages in five seconds for years.
"""


_FAILURES = (DiscordError, TimeoutError)
"""Whatever Discord or the network does."""


class DiscordSender:
    """The bot's sender (:class:`bot.delivery.sender.Sender`)."""

    platform = PLATFORM
    limits = LIMITS

    def __init__(self, client: Client, token: str, public_url: str | None = None) -> None:
        """``public_url`` is where Discord finds our title cards; None: messages go without."""
        self.lease_name = f"{PLATFORM}:{hashlib.blake2b(token.encode(), digest_size=6).hexdigest()}"
        self._client = client
        self._public_url = public_url

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        """Sends a message, which is to be crossposted where the channel is one for announcements."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS - ASIDE_SECONDS):
                sent = await self._client.create(
                    address.chat_id,
                    _payload(message.reply, self._public_url),
                    message.key,
                    reply_to=message.reply_to,
                    silent=message.silent,
                )
        except _FAILURES as error:
            return await self._with_parent(address, outcome_of(error, editing=False, parent_id=message.parent_id))
        return Delivered(sent, to_crosspost=message.has_followers)

    async def edit(self, address: Address, message_id: int, message: OutgoingMessage) -> Outcome:
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
                await self._client.crosspost(address.chat_id, message_id)
        except _FAILURES as error:
            return crosspost_outcome_of(error, message_id)
        return Delivered(message_id)

    async def _with_parent(self, address: Address, outcome: Outcome) -> Outcome:
        """A thread that is closed, with the channel around it, which Discord tells where we have not kept it."""
        if not isinstance(outcome, ThreadGone) or outcome.chat_id is not None:
            return outcome
        try:
            async with asyncio.timeout(ASIDE_SECONDS):
                thread = await self._client.channel(address.chat_id)
        except _FAILURES:
            return outcome
        return ThreadGone(outcome.reason, thread.parent_id if thread.is_thread else None)


@lru_cache(maxsize=64)
def _payload(reply: Reply, public_url: str | None) -> Payload:
    """Every channel gets the very same reply.

    Its title card is the embed's image, which Discord fetches (resources/message#embed-object-embed-image-structure).
    """
    payload = render(reply)
    if reply.card and public_url:
        payload["embeds"][0]["image"] = {"url": reply.card.address(public_url, reply.language)}
    return payload
