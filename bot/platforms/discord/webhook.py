"""Interactions by HTTP: the route, the check of signatures, and the registration of our address with Discord."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from bot.platforms.base import Report, SecondDeploymentDetector, StatusReporter
from bot.platforms.discord.api import DiscordClient, DiscordError, Sleep
from bot.platforms.discord.handlers import InteractionHandler
from bot.platforms.discord.limits import HTTP_ANSWER_BYTES
from bot.platforms.discord.render import Callback
from bot.platforms.discord.types import PLATFORM, Interaction

log = structlog.get_logger("bot.discord")

SIGNATURE_HEADER, TIMESTAMP_HEADER = "X-Signature-Ed25519", "X-Signature-Timestamp"

MAX_AGE_SECONDS = 300
"""The greatest age of a signed request; our own rule, because Discord has none."""

MAX_BODY_BYTES = 256 * 1024
"""The most bytes of a request; our own rule. Discord's interactions are far smaller."""

READ_SECONDS = 5.0
"""How long reading a body may take. Discord waits at most three seconds for the answer."""

CLOCK_REPORT_SECONDS = 60.0
"""The pause between two log lines about a wrong clock."""

CHECK_SECONDS = 60.0
"""The pause between two checks of the endpoint, and before it is set again after a refusal."""

_JSON = {"Content-Type": "application/json"}
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_MULTIPART_OVERHEAD_BYTES = 1000


class DiscordWebhook:
    """The route for interactions. It answers from the start, even if Discord's API cannot be reached.

    ``public_key``: the application's key, in hexadecimal. ``now``: Unix time.
    """

    def __init__(self, public_key: str, handler: InteractionHandler, now: Callable[[], float]) -> None:
        self._key = VerifyKey(bytes.fromhex(public_key))
        self._handler = handler
        self._now = now
        self._clock_reported_at = float("-inf")

    async def receive(self, request: web.Request) -> web.Response:
        """Answers an interaction; 401 if the request is not from Discord, 400 if it is not an interaction, 503 to another application's.

        A compressed body is refused, because Discord does not send one.
        """
        if CONTENT_ENCODING in request.headers:
            return _refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a compressed body")
        try:
            body = await _read(request)
        except (ConnectionError, TimeoutError):
            return _refuse(HTTPStatus.REQUEST_TIMEOUT, "an incomplete body")
        if body is None:
            return _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body over {MAX_BODY_BYTES} bytes")
        timestamp = request.headers.get(TIMESTAMP_HEADER, "")
        if not self._is_signed(request.headers.get(SIGNATURE_HEADER, ""), timestamp, body):
            return _refuse(HTTPStatus.UNAUTHORIZED, "a signature that is not Discord's")
        if not self._is_recent(timestamp):
            return _refuse(HTTPStatus.UNAUTHORIZED, "an old timestamp")
        try:
            interaction = Interaction.model_validate_json(body)
        except ValueError as error:
            return _refuse(HTTPStatus.BAD_REQUEST, f"no interaction: {str(error).splitlines()[0]}")
        if self._handler.conversation.store.safeguards.foreign.get(PLATFORM):
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the database belongs to another application")
        await asyncio.sleep(0)  # as in ChatQueue.run
        return _response(await self._handler.respond(interaction))

    def _is_signed(self, signature: str, timestamp: str, body: bytes) -> bool:
        """Whether Discord signed timestamp and body (interactions/overview#setting-up-an-endpoint)."""
        try:
            self._key.verify(timestamp.encode() + body, bytes.fromhex(signature))
        except (BadSignatureError, ValueError, TypeError):
            return False
        return True

    def _is_recent(self, timestamp: str) -> bool:
        """Whether a signed request is recent. An old one was sent again, or our clock is wrong and every request is refused."""
        if not _TIMESTAMP.fullmatch(timestamp):
            return False
        now = self._now()
        ahead = now - int(timestamp)
        if abs(ahead) <= MAX_AGE_SECONDS:
            return True
        if abs(now - self._clock_reported_at) >= CLOCK_REPORT_SECONDS:
            self._clock_reported_at = now
            log.error(
                "interactions are refused: this machine's clock is wrong",
                reason=f"it is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} Discord's; "
                f"at most {MAX_AGE_SECONDS} are allowed",
                remedy="set the clock by NTP, for example with `timedatectl set-ntp true`",
            )
        return False


def _response(callback: Callback) -> web.Response:
    file, fallback = callback.file, callback.fallback
    if file is None:
        return web.Response(body=callback.body, headers=_JSON)
    size = len(callback.body) + len(file.content) + _MULTIPART_OVERHEAD_BYTES
    if fallback is not None and size > HTTP_ANSWER_BYTES:
        return _response(fallback)
    return web.Response(body=callback.form()())


async def _read(request: web.Request) -> bytes | None:
    """The body; None if it is too large. At most the limit is read."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    if request.content_length is not None and request.content.is_eof():
        return await request.read()  # the whole body has arrived, so it needs no time limit
    async with asyncio.timeout(READ_SECONDS):
        if request.content_length is not None:
            return await request.read()
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return None
        return bytes(body)


def _refuse(status: HTTPStatus, reason: str) -> web.Response:
    log.info("a request was refused", reason=reason)
    return web.Response(status=status)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address to which Discord sends interactions. ``url``: our address; None if interactions should come by the gateway."""

    client: DiscordClient
    url: str | None

    async def watch(self, report: Report, sleep: Sleep = asyncio.sleep, clock: Callable[[], float] = monotonic) -> None:
        """Sets the address if it differs, then reports a second deployment that changes it. Runs until cancelled.

        An address that another deployment has set is never replaced. Each change of the error is reported once.

        Raises:
            TokenRefused: Discord does not accept the token.
        """
        second_deployment: SecondDeploymentDetector | None = None
        status = StatusReporter(report)
        while True:
            try:
                current = (await self.client.application()).interactions_endpoint_url or None
            except DiscordError as error:
                log.warning("the interactions endpoint could not be checked", error=str(error))
            else:
                problem = await self._check(current, second_deployment, clock())
                if not problem and second_deployment is None:
                    second_deployment = SecondDeploymentDetector()
                status.set(problem)
            await sleep(CHECK_SECONDS)

    async def _check(self, current: str | None, second_deployment: SecondDeploymentDetector | None, now: float) -> str:
        """The error of the address, for the operator; "" if there is none. Sets our address if it was never in use.

        ``second_deployment``: None until the address was correct once.
        """
        if current == self.url:
            if second_deployment is not None:
                second_deployment.check(is_ours=True, now=now)
            return ""
        host = urlsplit(current or "").netloc or "the gateway"
        if second_deployment is not None and not second_deployment.check(is_ours=False, now=now):
            log.info("interactions go elsewhere, for example to a new release", to=host)
            return ""
        if self.url is None:
            return (
                f"Discord brings interactions to {current}, so none comes by the gateway: "
                "empty the Interactions Endpoint URL in the developer portal, or set PUBLIC_URL and DISCORD_PUBLIC_KEY"
            )
        if second_deployment is not None:
            return f"another deployment has interactions brought to {host}: run one for each DISCORD_TOKEN"
        try:
            await self.client.set_endpoint(self.url)
        except DiscordError as error:
            return f"Discord does not accept {self.url} for interactions ({error}): is it reachable from outside?"
        log.info("interactions come to us", endpoint=self.url)
        return ""
