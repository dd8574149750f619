"""Where Discord brings interactions: told only where it knows otherwise, and watched from then on.

See docs.discord.com/developers/resources/application#edit-current-application. Setting an endpoint makes Discord ask it at
once whether it checks signatures, so it is set once we serve. Read without the library, which does not keep it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import hikari
import structlog
from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from bot.platforms.base import Report
from bot.platforms.discord.api import USER_AGENT, Client, Sleep, read_id, said
from bot.platforms.discord.handlers import Listener
from bot.platforms.discord.limits import BODY_BYTES, HTTP_ANSWER_BYTES, REPLAY_SECONDS
from bot.platforms.discord.render import Call, form_of
from bot.platforms.discord.types import interaction_of_json

log = structlog.get_logger("bot.discord")


PATH = "/discord/interactions"


SIGNATURE_HEADER = "X-Signature-Ed25519"


TIMESTAMP_HEADER = "X-Signature-Timestamp"


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
        self._now = now

    def fault(self, signature: str, timestamp: str, body: bytes) -> str | None:
        """What is wrong with a request; None where nothing is. Discord signs the timestamp and the body together."""
        try:
            self._key.verify(timestamp.encode() + body, bytes.fromhex(signature))
        except (BadSignatureError, ValueError, TypeError):
            return "a signature that is not Discord's"
        seconds = int(timestamp) if _SECONDS.fullmatch(timestamp) else 0
        return None if abs(self._now() - seconds) <= REPLAY_SECONDS else "a request of another time"


class Webhook:
    """The route. It answers from the first moment, whether or not Discord's API can be reached."""

    def __init__(self, signatures: Signatures, listener: Listener) -> None:
        self._signatures = signatures
        self._listener = listener

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


TIMEOUT = aiohttp.ClientTimeout(total=10)


WATCH_SECONDS = 60.0
"""Between two looks at what Discord has for our endpoint, and before it is set again after a refusal."""


@dataclass(frozen=True, slots=True)
class Application:
    """The application as Discord has it: the status of the answer, what is in it, and the other side's clock."""

    status: int
    fields: Mapping[str, Any]
    date: datetime | None

    @property
    def endpoint(self) -> str | None:
        """Where interactions go; None: to the gateway."""
        return self.fields.get("interactions_endpoint_url") or None


async def look(token: str, api_url: str) -> Application:
    """Asks Discord.

    Raises:
        aiohttp.ClientError, TimeoutError, ValueError: no answer of Discord's.
    """
    headers = {"Authorization": f"Bot {token}", "User-Agent": USER_AGENT}
    async with (
        aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session,
        session.get(f"{api_url.rstrip('/')}/applications/@me") as answer,
    ):
        body = await answer.json()
        date = answer.headers.get("Date")
        fields = body if isinstance(body, dict) else {}
        return Application(answer.status, fields, parsedate_to_datetime(date) if date else None)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Ours. ``wanted`` is None where interactions are to come by the gateway."""

    client: Client
    token: str
    api_url: str
    wanted: str | None

    async def keep(self, report: Report, sleep: Sleep = asyncio.sleep) -> None:
        """Sets it where it differs, then says when somebody else changes it; never fights for it. Runs until cancelled."""
        is_set, told = False, ""
        while True:
            fault = await self._seen_to(is_set=is_set)
            is_set = is_set or not fault
            if fault != told:
                report(fault)
                told = fault
            await sleep(WATCH_SECONDS)

    async def _seen_to(self, *, is_set: bool) -> str:
        """What is wrong, in words for an operator; an empty text where nothing is, or nothing can be found out."""
        try:
            there = await look(self.token, self.api_url)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("the interactions endpoint could not be looked at", error=type(error).__name__)
            return ""
        if there.status != HTTPStatus.OK or there.endpoint == self.wanted:
            return ""
        if self.wanted is None:
            return (
                f"Discord brings interactions to {there.endpoint}, so none comes by the gateway: "
                "empty the Interactions Endpoint URL in the developer portal, or set PUBLIC_URL and DISCORD_PUBLIC_KEY"
            )
        if is_set:
            place = urlsplit(there.endpoint or "").netloc or "the gateway"
            return f"another deployment has interactions brought to {place}: run one for each DISCORD_TOKEN"
        return await self._set(self.wanted)

    async def _set(self, wanted: str) -> str:
        try:
            await read_id(self.client.rest.edit_application(interactions_endpoint_url=wanted))
        except (hikari.HikariError, OSError, TimeoutError) as error:
            return f"Discord does not take {wanted} for interactions ({said(error)}): is it reachable from outside?"
        log.info("interactions are brought to us", endpoint=wanted)
        return ""
