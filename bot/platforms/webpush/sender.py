"""Sends notifications, with one attempt each, and returns the outcome."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import monotonic
from typing import Any

import aiohttp
import structlog

from bot.delivery.outcomes import (
    ChatGone,
    Delivered,
    NotEditable,
    Outcome,
    Refused,
    RetryAfter,
    Unreachable,
    backoff,
)
from bot.delivery.rate_limiter import Gate, Limits
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, OutgoingMessage, Sender
from bot.feeds.ssrf import Forbidden
from bot.platforms.base import log_line
from bot.platforms.webpush.api import PushClient
from bot.platforms.webpush.limits import (
    CROWDED_SECONDS,
    FIRST_SECONDS,
    GIVEN_UP,
    IN_LINE,
    LONGEST_SILENT_SECONDS,
    LONGEST_TURN_SECONDS,
    LONGEST_UNPROVEN_SECONDS,
    SENDING,
    SILENT,
    SILENT_SECONDS,
    SLOW_SECONDS,
    TTL,
    TTL_CORRECTION,
    TTL_URGENT,
    TURN_SECONDS,
)
from bot.platforms.webpush.render import notification
from bot.platforms.webpush.types import PLATFORM, Destination, InvalidKey, destination_in
from bot.reader import ENDED, Address

log = structlog.get_logger("bot.webpush")

NO_PAUSE_NAMED = 60.0
"""Seconds for which a push service is left alone that says "too many requests" and not how long."""

MAX_SERVICES = 1000
"""Push services that are remembered."""

NO_SERVICE = "there is no push service at the browser's address"


@dataclass(slots=True)
class _Service:
    """What is known of a push service.

    Attributes:
        has_taken: whether it ever took a message.
        seconds: how long its answers take, the latest count most.
        in_flight: messages that were let in, and wait for its answer.
        failures: time-outs and errors of the server since its last answer.
        paused_until: no request before this moment, because it asked for that or does not answer.
        next_turn: when the last of the messages is tried that had no room.
        is_refusing: whether it refused our signature and has taken nothing since.
    """

    has_taken: bool = False
    seconds: float = 0.0
    in_flight: int = 0
    failures: int = 0
    paused_until: float = 0.0
    next_turn: float = 0.0
    is_refusing: bool = False

    @property
    def is_quick(self) -> bool:
        return self.has_taken and not self.failures and self.seconds < SLOW_SECONDS


@dataclass(slots=True)
class PushSender(Gate, Sender):
    """The :class:`bot.delivery.sender.Sender` of one VAPID key, and the gate of its messages.

    A message's id is the tag of its notification. A correction or a withdrawal is a message with the tag of the one that it corrects, so that it
    takes the place of the notification that is visible.

    Strangers name the push services. Quick ones have places of their own, and the others wait in a line beside them; in both, one service gets at
    most half of what the others leave free.

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
    is_one_service: bool = False
    limits: Limits = field(init=False)
    lease_name: str = field(init=False)
    _services: dict[str, _Service] = field(default_factory=dict)
    """By host and port, those that were used last at the end."""

    def __post_init__(self) -> None:
        self.limits = replace(SENDING, gate=self)
        self.lease_name = f"{PLATFORM}:{sha256(self.public_key.encode()).hexdigest()[:16]}"

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
            return ChatGone("the browser subscribed with another VAPID_KEY")  # tried once after `migrate --bot`
        service, now = self._service(to.endpoint), self.clock()
        if (seconds := service.paused_until - now) > 0:
            return RetryAfter(seconds, "chat")
        body = notification(message, tag, self.origin)
        limit = SEND_TIMEOUT_SECONDS if service.has_taken else FIRST_SECONDS
        try:
            urgent = message.urgent
            status, wait = await self.client.push(to, body, ttl=ttl, urgent=urgent, topic=tag, seconds=limit)
        except Forbidden as error:
            return Refused(str(error))
        except TimeoutError:
            return self._failed(service, Unreachable("no answer in time"))
        except aiohttp.ClientError as error:
            is_unsent = isinstance(error, aiohttp.ClientConnectorError)
            return self._failed(service, Unreachable(f"no connection ({type(error).__name__})", is_unsent=is_unsent))
        finally:
            service.seconds += (self.clock() - now - service.seconds) / 2
        return self._outcome(status, wait, service, to, tag)

    def enter(self, message: OutgoingMessage | None) -> float:
        service = self._service_of(message)
        if service is None:
            return 0.0
        is_same = (other.in_flight for other in self._services.values() if other.is_quick == service.is_quick)
        if service.in_flight < IN_LINE - sum(is_same):
            service.in_flight += 1
            return 0.0
        now, step = self.clock(), max(service.seconds, TURN_SECONDS) / max(1, service.in_flight)
        first = now + (0.0 if service.is_quick else CROWDED_SECONDS)
        service.next_turn = min(max(service.next_turn, first) + step, now + LONGEST_TURN_SECONDS)
        return service.next_turn - now

    def leave(self, message: OutgoingMessage | None) -> None:
        if (service := self._service_of(message)) is not None:
            service.in_flight -= 1

    def remember(self, destinations: Iterable[Mapping[str, Any]]) -> None:
        """Push services that took messages for these browsers before."""
        for destination in destinations:
            self._service(str(destination.get("endpoint"))).has_taken = True

    def _service_of(self, message: OutgoingMessage | None) -> _Service | None:
        endpoint = message.destination.get("endpoint") if message and message.destination else None
        return self._service(endpoint) if isinstance(endpoint, str) else None

    def _service(self, endpoint: str) -> _Service:
        """The service of an endpoint, however its host is spelled. If too many are known, one that took nothing is forgotten first, and then the one that was not used longest."""
        name = "".join(endpoint.lower().split("/")[2:3]).removesuffix(":443").rstrip(".")
        service = self._services.pop(name, None) or _Service()
        if len(self._services) >= MAX_SERVICES:
            idle = (known for known, other in self._services.items() if not other.in_flight)
            del self._services[min(idle, key=lambda known: self._services[known].has_taken)]
        self._services[name] = service
        return service

    def _failed(self, service: _Service, outcome: Outcome, seconds: float = 0.0) -> Outcome:
        """The outcome after a failure, which may begin a pause. ``seconds``: the pause that the service asks for; 0: none."""
        now, pause = self.clock(), seconds
        service.failures += service.paused_until <= now  # of several at once those before the pause
        if service.failures >= GIVEN_UP and not service.has_taken:
            return ChatGone(NO_SERVICE)
        if service.failures >= SILENT and not (service.has_taken and seconds):
            longest = LONGEST_SILENT_SECONDS if service.has_taken else LONGEST_UNPROVEN_SECONDS
            pause = max(pause, backoff(service.failures - SILENT, SILENT_SECONDS, longest))
        service.paused_until = max(service.paused_until, now + pause)
        return RetryAfter(pause, "chat") if seconds else outcome

    def _outcome(self, status: int, retry_after: float, service: _Service, to: Destination, tag: str) -> Outcome:
        """The outcome of an answer. Of what a service says in words nothing is kept: it may repeat the endpoint."""
        if status >= 500 or status == 408:
            return self._failed(service, Unreachable(str(status), is_unsent=True), retry_after)
        if status == 429:
            self.on_rate_limit()
            return self._failed(service, Unreachable("429"), retry_after or NO_PAUSE_NAMED)
        service.failures = 0
        match status:
            case _ if 200 <= status < 300:
                service.has_taken, service.is_refusing = True, False
                return Delivered(tag)
            case 404 | 410:
                return ChatGone(ENDED)  # RFC 8030, 7.3
            case _ if status == 405 or not service.has_taken:
                return ChatGone(NO_SERVICE)
            case 401 | 403:  # our key or our clock is wrong, or the service's: nothing is lost while somebody mends it
                if not service.is_refusing:  # logged once for all its readers, until it takes a message again
                    # no error, which is an alarm to the owners: whoever subscribes can name a service that refuses everything
                    host = log_line("".join(to.endpoint.split("/")[2:3]), 100)
                    log.warning("a push service refuses our signature", service=host, status=status)
                service.is_refusing = True
                return Unreachable(f"the push service refuses our signature ({status})", is_unsent=True)
            case _:
                return Refused(str(status))
