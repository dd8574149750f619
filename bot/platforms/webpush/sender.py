"""Sends notifications, with one attempt each, and returns the outcome."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.delivery.outcomes import (
    ChatGone,
    CrosspostOutcome,
    Delivered,
    NotEditable,
    Outcome,
    Refused,
    RetryAfter,
    Unreachable,
    backoff,
)
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage
from bot.feeds.ssrf import Forbidden
from bot.platforms.base import log_line
from bot.platforms.webpush.api import Answer, PushClient
from bot.platforms.webpush.limits import (
    CROWDED_SECONDS,
    LONGEST_SILENT_SECONDS,
    SENDING,
    SILENT,
    SILENT_SECONDS,
    TTL,
    TTL_CORRECTION,
    TTL_URGENT,
    UNPROVEN,
    UNPROVEN_OF_ONE,
)
from bot.platforms.webpush.render import notification
from bot.platforms.webpush.types import PLATFORM, InvalidKey, destination_in
from bot.reader import Address

log = structlog.get_logger("bot.webpush")

NO_PAUSE_NAMED = 60.0
"""Seconds for which a push service is left alone that says "too many requests" and not how long."""

MAX_SERVICES = 1000
"""Push services that are remembered."""

ENDED = "the browser ended the subscription"
"""The reason of a reader whose endpoint is gone (RFC 8030, 7.3)."""


@dataclass(slots=True)
class PushSender:
    """The :class:`bot.delivery.sender.Sender` of one VAPID key.

    A message's id is the tag of its notification. A correction or a withdrawal is a message with the tag of the one that it corrects, so that it
    takes the place of the notification that is visible.

    Attributes:
        client: None until the platform runs.
        origin: of addresses in notifications; "": that of the service worker.
        on_rate_limit: called for each 429.
        clock: seconds, for the pauses of push services.
    """

    public_key: str
    origin: str
    on_rate_limit: Callable[[], None]
    client: PushClient | None = None
    clock: Callable[[], float] = monotonic
    platform: str = PLATFORM
    limits: Limits = SENDING
    _paused: dict[str, float] = field(default_factory=dict)
    """Push service → the moment until which it gets no requests, because it asked for that or does not answer."""
    _timeouts: dict[str, int] = field(default_factory=dict)
    """Push service → time-outs since its last answer. One that is missing has not answered yet."""
    _in_flight: Counter[str] = field(default_factory=Counter)
    _refusing: set[str] = field(default_factory=set)
    """Push services that refused our signature and have taken nothing since."""

    @property
    def lease_name(self) -> str:
        return f"{PLATFORM}:{sha256(self.public_key.encode()).hexdigest()[:16]}"

    def known_id(self, message: OutgoingMessage) -> str | None:
        return message.reply_to or message.key

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        tag = message.reply_to or message.key
        ttl = TTL_CORRECTION if message.reply_to else TTL_URGENT if message.urgent else TTL
        return await self._push(message, tag, ttl)

    async def edit(self, address: Address, message_id: str, message: OutgoingMessage) -> Outcome:
        """A digest is shown again as a whole; a single bulletin comes as its correction, whose title says so."""
        if len(message.bulletins) == 1:
            return NotEditable("a notification is not edited")
        return await self._push(message, message_id, TTL_CORRECTION)

    async def crosspost(self, address: Address, message_id: str) -> CrosspostOutcome:
        return Refused("notifications have no followers")

    async def _push(self, message: OutgoingMessage, tag: str, ttl: int) -> Outcome:
        if self.client is None:
            return Unreachable("Web Push does not run", is_unsent=True)
        if message.destination is None:
            return ChatGone("no browser is known")
        try:
            to = destination_in(message.destination)
        except InvalidKey as error:
            return Refused(f"the stored keys cannot be used: {error}")
        if to.server_key != self.public_key:
            return Refused("the browser subscribed with another VAPID_KEY")
        service = urlsplit(to.endpoint).netloc
        if (seconds := self._paused.get(service, 0.0) - self.clock()) > 0:
            return RetryAfter(seconds, "chat")
        if self._is_crowded(service):
            return RetryAfter(CROWDED_SECONDS, "chat", "others wait for the first answer of a push service")
        body = notification(message, tag, self.origin)
        self._in_flight[service] += 1
        try:
            answer = await self.client.push(to, body, ttl=ttl, urgent=message.urgent, topic=tag)
        except Forbidden as error:
            return Refused(str(error))
        except TimeoutError:
            self._timed_out(service)
            return Unreachable("no answer in time")
        except aiohttp.ClientError as error:
            is_unsent = isinstance(error, aiohttp.ClientConnectorError)
            return Unreachable(f"no connection ({type(error).__name__})", is_unsent=is_unsent)
        finally:
            self._in_flight[service] -= 1
            self._in_flight = +self._in_flight  # without those that have none
        self._answered(service)
        return self._outcome(answer, service, tag)

    def _is_crowded(self, service: str) -> bool:
        """Whether enough messages wait for push services of which nobody knows whether they answer."""
        if self._timeouts.get(service) == 0:
            return False
        unproven = sum(number for name, number in self._in_flight.items() if self._timeouts.get(name) != 0)
        return self._in_flight[service] >= UNPROVEN_OF_ONE or unproven >= UNPROVEN

    def _answered(self, service: str) -> None:
        if len(self._timeouts) > MAX_SERVICES:  # strangers name the endpoints
            self._timeouts.clear()
        self._timeouts[service] = 0

    def _timed_out(self, service: str) -> None:
        number = self._timeouts[service] = self._timeouts.get(service, 0) + 1
        if number >= SILENT:
            self._pause(service, backoff(number - SILENT, SILENT_SECONDS, LONGEST_SILENT_SECONDS))

    def _outcome(self, answer: Answer, service: str, tag: str) -> Outcome:
        said = f"{answer.status} {answer.reason}".strip()
        match answer.status:
            case status if 200 <= status < 300:
                self._refusing.discard(service)
                return Delivered(tag)
            case 404 | 410:
                return ChatGone(ENDED)
            case 405:
                return ChatGone("there is no push service at the browser's address")
            case 429:
                self.on_rate_limit()
                return self._pause(service, answer.retry_after or NO_PAUSE_NAMED)
            case status if status >= 500 and answer.retry_after:
                return self._pause(service, answer.retry_after)
            case 401 | 403:  # our key or our clock is wrong, or the service's: nothing is lost while somebody mends it
                self._note_refusal(service, said)
                return Unreachable(f"the push service refuses our signature ({said})", is_unsent=True)
            case status if status >= 500 or status == 408:
                return Unreachable(said, is_unsent=True)
            case _:
                return Refused(said)

    def _note_refusal(self, service: str, said: str) -> None:
        """Logs it once for all readers of a push service, until that takes a message again."""
        if service not in self._refusing:
            if len(self._refusing) >= MAX_SERVICES:  # strangers name the endpoints
                self._refusing.clear()
            self._refusing.add(service)
            # no error, which is an alarm to the owners: whoever subscribes can name a service that refuses everything
            log.warning("a push service refuses our signature", service=log_line(service, 100), said=said)

    def _pause(self, service: str, seconds: float) -> RetryAfter:
        """No request to this push service for so long. Other services are not affected."""
        now = self.clock()
        self._paused = {name: until for name, until in self._paused.items() if until > now}
        self._paused[service] = now + seconds
        return RetryAfter(seconds, "chat")
