"""Interactions by HTTP: the route, its signatures, and the address that Discord sends them to.

Discord checks an address at once when it is set (resources/application#edit-current-application), so it is set once we serve.
"""

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

from bot.platforms.base import Report, SecondDeploymentDetector
from bot.platforms.discord.api import Client, DiscordError, Sleep, TokenRefused, is_wrong_token
from bot.platforms.discord.handlers import Listener
from bot.platforms.discord.limits import BODY_BYTES, HTTP_ANSWER_BYTES, REPLAY_SECONDS
from bot.platforms.discord.render import Call, form_of
from bot.platforms.discord.types import interaction_of_json

log = structlog.get_logger("bot.discord")


PATH = "/discord/interactions"


SIGNATURE_HEADER = "X-Signature-Ed25519"


TIMESTAMP_HEADER = "X-Signature-Timestamp"


OF_ANOTHER_TIME = "a request of another time"


CLOCK_SECONDS = 60.0
"""Between two lines about our clock, however many requests are refused for it."""


READ_SECONDS = 5.0
"""A request that has not come by then is not Discord's, which waits no longer than three for the answer."""


_JSON = {"Content-Type": "application/json"}


_SECONDS = re.compile(r"[0-9]{1,12}")


_ENVELOPE_BYTES = 1000
"""What multipart/form-data puts around its parts, amply."""


class Signatures:
    """Tells Discord's requests from others'. ``now`` gives seconds since 1970; the key is the application's, in hex."""

    def __init__(self, public_key: str, now: Callable[[], float]) -> None:
        self._key = VerifyKey(bytes.fromhex(public_key))
        self.now = now

    def ahead_seconds(self, timestamp: str) -> float:
        """How far our clock is ahead of the one that wrote the timestamp; negative: behind."""
        return self.now() - (int(timestamp) if _SECONDS.fullmatch(timestamp) else 0)

    def fault(self, signature: str, timestamp: str, body: bytes) -> str | None:
        """What is wrong with a request; None where nothing is. Discord signs the timestamp and the body together."""
        try:
            self._key.verify(timestamp.encode() + body, bytes.fromhex(signature))
        except (BadSignatureError, ValueError, TypeError):
            return "a signature that is not Discord's"
        return None if abs(self.ahead_seconds(timestamp)) <= REPLAY_SECONDS else OF_ANOTHER_TIME


class Webhook:
    """The route. It answers from the first moment, whether or not Discord's API can be reached."""

    def __init__(self, signatures: Signatures, listener: Listener) -> None:
        self._signatures = signatures
        self._listener = listener
        self._told_of_clock = float("-inf")

    def _tell_of_clock(self, timestamp: str) -> None:
        """Discord signed it, so its clock and ours differ; unless somebody sends an old request again.

        Until that is put right all interactions are refused.
        """
        now, ahead = self._signatures.now(), self._signatures.ahead_seconds(timestamp)
        if abs(now - self._told_of_clock) < CLOCK_SECONDS:
            return
        self._told_of_clock = now
        side = "ahead of" if ahead > 0 else "behind"
        log.error(
            "interactions are refused: the clock of this machine is wrong",
            why=f"it is {abs(ahead):.0f} seconds {side} Discord's, of which {REPLAY_SECONDS} are allowed",
            do="have the clock set by NTP, as with `timedatectl set-ntp true`",
        )

    async def receive(self, request: web.Request) -> web.Response:
        """Answers an interaction; 401 where the request is not Discord's, 400 where it is no interaction.

        Discord packs nothing, so that what is packed is not unpacked.
        """
        if CONTENT_ENCODING in request.headers:
            return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a request that is packed")
        try:
            body = await _read(request)
        except (ConnectionError, TimeoutError):
            return _refused(HTTPStatus.REQUEST_TIMEOUT, "a request that broke off")
        if body is None:
            return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request of over {BODY_BYTES} bytes")
        headers = request.headers
        fault = self._signatures.fault(headers.get(SIGNATURE_HEADER, ""), headers.get(TIMESTAMP_HEADER, ""), body)
        if fault:
            if fault == OF_ANOTHER_TIME and _SECONDS.fullmatch(headers.get(TIMESTAMP_HEADER, "")):
                self._tell_of_clock(headers.get(TIMESTAMP_HEADER, ""))
            return _refused(HTTPStatus.UNAUTHORIZED, fault)
        try:
            interaction = interaction_of_json(body)
        except ValueError as error:
            return _refused(HTTPStatus.BAD_REQUEST, f"a request that is no interaction: {str(error).splitlines()[0]}")
        return _response(await self._listener.respond(interaction))


def _response(call: Call) -> web.Response:
    if call.file is None:
        return web.Response(body=call.body, headers=_JSON)
    if call.otherwise is not None and len(call.body) + len(call.file.content) > HTTP_ANSWER_BYTES - _ENVELOPE_BYTES:
        return _response(call.otherwise)
    return web.Response(body=form_of(call.body, call.file)())


async def _read(request: web.Request) -> bytes | None:
    """The body; None where it is too large, of which no more is read than that."""
    if (request.content_length or 0) > BODY_BYTES:
        return None
    if request.content_length is not None and request.content.is_eof():
        return await request.read()
    async with asyncio.timeout(READ_SECONDS):
        if request.content_length is not None:
            return await request.read()
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > BODY_BYTES:
                return None
        return bytes(body)


def _refused(status: HTTPStatus, why: str) -> web.Response:
    log.info("refused", why=why)
    return web.Response(status=status)


WATCH_SECONDS = 60.0
"""Between two looks at what Discord has for our endpoint, and before it is set again after a refusal."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Ours. ``wanted`` is None where interactions are to come by the gateway."""

    client: Client
    wanted: str | None

    async def keep(self, report: Report, sleep: Sleep = asyncio.sleep, clock: Callable[[], float] = monotonic) -> None:
        """Sets it where it differs, then says when a second deployment changes it; never fights for it. Runs until cancelled.

        Raises:
            TokenRefused: a look shows that the token is not, or no longer, good.
        """
        second_deployment: SecondDeploymentDetector | None = None
        told = ""
        while True:
            fault = await self._seen_to(second_deployment, clock)
            if fault == "" and second_deployment is None:
                second_deployment = SecondDeploymentDetector()
            if fault is not None and fault != told:
                report(fault)
                told = fault
            await sleep(WATCH_SECONDS)

    async def _seen_to(
        self, second_deployment: SecondDeploymentDetector | None, clock: Callable[[], float]
    ) -> str | None:
        """What is wrong, in words for an operator; an empty text where nothing is, None where nothing can be found out.

        ``second_deployment`` is None until it was as we want it.
        """
        try:
            there = (await self.client.application()).interactions_endpoint_url or None
        except DiscordError as error:
            if is_wrong_token(error):
                raise TokenRefused from None
            log.warning("the interactions endpoint could not be looked at", error=str(error))
            return None
        is_ours = there == self.wanted
        place = urlsplit(there or "").netloc or "the gateway"
        if second_deployment is not None and not second_deployment.check(is_ours=is_ours, now=clock()):
            if not is_ours:
                log.info("interactions are brought elsewhere, as by a new release", to=place)
            return ""
        if is_ours:
            return ""
        if self.wanted is None:
            return (
                f"Discord brings interactions to {there}, so none comes by the gateway: "
                "empty the Interactions Endpoint URL in the developer portal, or set PUBLIC_URL and DISCORD_PUBLIC_KEY"
            )
        if second_deployment is not None:
            return f"another deployment has interactions brought to {place}: run one for each DISCORD_TOKEN"
        return await self._set(self.wanted)

    async def _set(self, wanted: str) -> str:
        try:
            await self.client.set_endpoint(wanted)
        except DiscordError as error:
            return f"Discord does not take {wanted} for interactions ({error}): is it reachable from outside?"
        log.info("interactions are brought to us", endpoint=wanted)
        return ""
