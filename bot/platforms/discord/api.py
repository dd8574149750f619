"""Discord's HTTP API: the endpoints that Nota uses, and what an answer means (docs.discord.com/developers/reference)."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import structlog
from pydantic import BaseModel, ValidationError

from bot import __version__
from bot.platforms.base import PlatformFailure, Report
from bot.platforms.discord.render import Call, Payload, form_of
from bot.platforms.discord.types import Application, Channel, GatewayInfo, Interaction

log = structlog.get_logger("bot.discord")

TIMEOUT = aiohttp.ClientTimeout(total=6)

USER_AGENT = f"DiscordBot (https://discord.com, {__version__})"
"""Discord blocks clients without such a header (reference#user-agent)."""

MAX_WAIT_SECONDS = 1.0
"""A request waits this long for a full bucket; if it would take longer, it raises :class:`RateLimited` and is not sent."""

MIN_RETRY_SECONDS = 1.0
"""The shortest wait after a 429, even if Discord asks for less."""

BLOCKED_SECONDS = 60.0
"""The wait after a 429 that is not from the API but from the network in front of it, and names no time."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0

CALLBACK_PAUSES_SECONDS = (0.2, 0.5)
"""Before a callback is posted again: Discord takes it only within three seconds of the interaction."""

REPLY_NOT_ALLOWED, ALREADY_ACKNOWLEDGED = 160002, 40060
"""Error codes (topics/opcodes-and-status-codes#json): no permission to reply; the interaction has an answer already."""

SUPPRESS_NOTIFICATIONS = 1 << 12
"""A message's flag (resources/message#message-object-message-flags)."""

_JSON = {"Content-Type": "application/json"}

_MESSAGE = re.compile(r"/messages/\d+")

_DAY_SECONDS = 86_400.0

Sleep = Callable[[float], Awaitable[None]]

Result = TypeVar("Result")

Model = TypeVar("Model", bound=BaseModel)


class DiscordError(Exception):
    """A request that failed; the text says why in a few words. ``is_passing``: the same request may succeed later."""

    is_passing = True


class HttpError(DiscordError):
    """Discord answered with an error; ``code`` is its own code for it, 0 if it gave none."""

    def __init__(self, status: int, code: int = 0, message: str = "") -> None:
        super().__init__(f"HTTP {status} ({code} {message[:100]})" if code else f"HTTP {status}")
        self.status = status
        self.code = code
        self.message = message
        self.is_passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR


class RateLimited(DiscordError):
    """HTTP 429, or a full bucket: not again for ``retry_after`` seconds; ``is_global``: this holds for every request."""

    def __init__(self, retry_after: float, *, is_global: bool = False) -> None:
        super().__init__(f"rate limited for {retry_after:.0f} s")
        self.retry_after = retry_after
        self.is_global = is_global


class Unreachable(DiscordError):
    """No answer: the request may or may not have been carried out."""


class Unreadable(DiscordError):
    """A successful answer that lacks what the documentation promises. The request was carried out."""

    def __init__(self) -> None:
        super().__init__("an answer that cannot be read")


class TokenRefused(PlatformFailure):
    """Discord does not accept the token."""

    def __init__(self) -> None:
        super().__init__("Discord refuses DISCORD_TOKEN. Expected: the bot's token from the developer portal.")


class Client:
    """One bot's requests. ``api_url`` ends in the version; ``limited`` is called for each 429."""

    def __init__(self, token: str, api_url: str, limited: Callable[[], None] = lambda: None) -> None:
        self._authorization = {"Authorization": f"Bot {token}"}
        self._api_url = api_url.rstrip("/")
        self._limited = limited
        self._session: aiohttp.ClientSession | None = None
        self._free_at: dict[str, float] = {}

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def application_id(self) -> int:
        body, _ = await self._request("GET", "/oauth2/applications/@me")
        return _id(body)

    async def application(self) -> Application:
        """The bot's application, with the date of the answer."""
        return await self._get("/applications/@me", Application)

    async def set_endpoint(self, url: str) -> None:
        """Tells Discord where to send interactions; it tries the address at once."""
        await self._request("PATCH", "/applications/@me", {"interactions_endpoint_url": url})

    async def gateway(self) -> GatewayInfo:
        """Where the gateway is, and how many connections to make."""
        return await self._get("/gateway/bot", GatewayInfo)

    async def commands(self, application_id: int, guild_id: int | None) -> Any:
        """The commands that Discord has: the global ones, or one server's."""
        body, _ = await self._request("GET", f"{_commands(application_id, guild_id)}?with_localizations=true")
        return _json(body)

    async def set_commands(self, application_id: int, guild_id: int | None, commands: list[Payload]) -> None:
        """Replaces all of them."""
        await self._request("PUT", _commands(application_id, guild_id), commands)

    async def user_exists(self, user_id: int) -> None:
        """Raises HttpError if there is no such user."""
        await self._request("GET", f"/users/{user_id}")

    async def channel_exists(self, channel_id: int) -> None:
        """Raises HttpError if the bot does not see the channel."""
        await self._request("GET", f"/channels/{channel_id}")

    async def channel(self, channel_id: int) -> Channel:
        return await self._get(f"/channels/{channel_id}", Channel)

    async def direct_channel(self, user_id: int) -> int:
        """The id of the channel for direct messages with a user (resources/user#create-dm)."""
        body, _ = await self._request("POST", "/users/@me/channels", {"recipient_id": str(user_id)})
        return _id(body)

    async def create(
        self, channel_id: int, payload: Payload, nonce: str, *, reply_to: int | None = None, silent: bool = False
    ) -> int:
        """Sends a message and returns its id. For some minutes the same nonce gives the same message.

        Without the permission to read the channel's history it cannot reply, and is sent as an ordinary message.
        """
        path, message = f"/channels/{channel_id}/messages", payload | {"nonce": nonce, "enforce_nonce": True}
        if silent:
            message |= {"flags": SUPPRESS_NOTIFICATIONS}
        if reply_to is None:
            body, _ = await self._request("POST", path, message)
            return _id(body)
        reply = {"message_reference": {"message_id": str(reply_to), "fail_if_not_exists": False}}
        try:
            body, _ = await self._request("POST", path, message | reply)
        except HttpError as error:
            if error.code != REPLY_NOT_ALLOWED:
                raise
            body, _ = await self._request("POST", path, message)
        return _id(body)

    async def edit(self, channel_id: int, message_id: int, payload: Payload) -> None:
        await self._request("PATCH", f"/channels/{channel_id}/messages/{message_id}", payload)

    async def crosspost(self, channel_id: int, message_id: int) -> None:
        """Publishes a message to the followers of its channel (resources/message#crosspost-message)."""
        await self._request("POST", f"/channels/{channel_id}/messages/{message_id}/crosspost")

    async def answer(self, interaction: Interaction, call: Call, sleep: Sleep = asyncio.sleep) -> None:
        """Posts the answer to an interaction; if its picture is not accepted, the words instead. Failures are logged.

        See interactions/receiving-and-responding#create-interaction-response.
        """
        if call.file is not None:
            try:
                await self._callback(interaction, call)
                return
            except DiscordError as error:
                log.warning("a picture was not taken", interaction=interaction.id, why=str(error))
        words, was_tried = call.otherwise or call, call.file is not None
        for pause in (*CALLBACK_PAUSES_SECONDS, None):
            try:
                await self._callback(interaction, words)
                return
            except DiscordError as error:
                if was_tried and isinstance(error, HttpError) and error.code == ALREADY_ACKNOWLEDGED:
                    return  # an earlier attempt arrived, and its answer was lost
                if pause is None or not error.is_passing:
                    log.warning("an answer was not taken", interaction=interaction.id, why=str(error))
                    return
            was_tried = True
            await sleep(pause)

    async def _callback(self, interaction: Interaction, call: Call) -> None:
        """Callbacks need no token and have no bucket (topics/rate-limits#global-rate-limit)."""
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        data = call.body if call.file is None else form_of(call.body, call.file)
        await self._send("POST", path, data, _JSON if call.file is None else {})

    async def _get(self, path: str, model: type[Model]) -> Model:
        body, headers = await self._request("GET", path)
        date = headers.get("Date")
        try:
            found = model.model_validate_json(body)
        except ValidationError:
            raise Unreadable from None
        if date and "date" in model.model_fields:
            found = found.model_copy(update={"date": parsedate_to_datetime(date)})
        return found

    async def _request(self, method: str, path: str, body: Any = None) -> tuple[bytes, Mapping[str, str]]:
        """Sends one request as the bot, once its bucket has room; returns the body and the headers of the answer."""
        bucket = f"{method} {_MESSAGE.sub('/messages/', path)}"
        wait = self._free_at.get(bucket, 0.0) - time.monotonic()
        if wait > MAX_WAIT_SECONDS:
            raise RateLimited(wait)
        if wait > 0:
            await asyncio.sleep(wait)
        data, headers = None, self._authorization
        if body is not None:
            data, headers = json.dumps(body, ensure_ascii=False).encode(), headers | _JSON
        content, told = await self._send(method, path, data, headers)
        self._free_at.pop(bucket, None)
        if told.get("X-RateLimit-Remaining") == "0":
            self._free_at[bucket] = time.monotonic() + _seconds(told.get("X-RateLimit-Reset-After"), 0.0)
        return content, told

    async def _send(
        self, method: str, path: str, data: Any, headers: dict[str, str]
    ) -> tuple[bytes, Mapping[str, str]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, headers={"User-Agent": USER_AGENT})
        try:
            async with self._session.request(method, self._api_url + path, data=data, headers=headers) as answer:
                content, status = await answer.read(), answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(type(error).__name__) from None
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._limited()
            raise _rate_limited(content, answer.headers)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            fields = _fields(content)
            code = fields.get("code")
            raise HttpError(status, code if isinstance(code, int) else 0, str(fields.get("message", "")))
        return content, answer.headers


def _commands(application_id: int, guild_id: int | None) -> str:
    guild = "" if guild_id is None else f"/guilds/{guild_id}"
    return f"/applications/{application_id}{guild}/commands"


def _rate_limited(content: bytes, headers: Mapping[str, str]) -> RateLimited:
    """A 429 (topics/rate-limits). Without JSON it comes from the network in front of the API, and the whole address is blocked."""
    fields = _fields(content)
    if "retry_after" in fields:
        seconds = _seconds(fields["retry_after"], BLOCKED_SECONDS)
        return RateLimited(max(seconds, MIN_RETRY_SECONDS), is_global=fields.get("global") is True)
    seconds = _seconds(headers.get("Retry-After"), BLOCKED_SECONDS)
    return RateLimited(max(seconds, MIN_RETRY_SECONDS), is_global=True)


def _seconds(told: Any, otherwise: float) -> float:
    try:
        seconds = float(told)
    except (TypeError, ValueError):
        return otherwise
    return seconds if 0 <= seconds < _DAY_SECONDS else otherwise


def _fields(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise Unreadable from None


def _id(content: bytes) -> int:
    given = _fields(content).get("id")
    if not isinstance(given, (str, int)) or not str(given).isdecimal():
        raise Unreadable
    return int(given)


@dataclass(slots=True)
class Patience:
    """Repeats a request while its failures are passing, with longer and longer pauses.

    ``report`` is told once of an outage and once of its end. ``clock`` gives seconds and never goes back.
    """

    report: Report
    sleep: Sleep = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    _last_report: str | None = None

    async def over(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """What the call returns, after as many attempts as it takes.

        If a connection held for longer than the longest pause, the pauses start again with the shortest; Discord allows
        a thousand connections a day.

        Raises:
            TokenRefused: Discord does not accept the token.
            DiscordError: a failure that does not pass.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = self.clock()
            try:
                result = await call()
            except DiscordError as error:
                if is_wrong_token(error):
                    raise TokenRefused from None
                if not error.is_passing:
                    raise
                self._report_outage(error)
                wait = error.retry_after if isinstance(error, RateLimited) else 0.0
            else:
                if self._last_report:
                    self.serving()
                return result
            if self.clock() - began > LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await self.sleep(max(pause, wait))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def serving(self) -> None:
        """Reports that all is well, unless that was the last report."""
        if self._last_report != "":
            self._last_report = ""
            self.report("")

    def _report_outage(self, error: DiscordError) -> None:
        if not self._last_report:  # without the seconds: owners are told of the same text once an hour
            why = "rate limited" if isinstance(error, RateLimited) else str(error)
            self._last_report = f"Discord cannot be reached ({why}); trying on"
            self.report(self._last_report)


def is_wrong_token(error: Exception) -> bool:
    return isinstance(error, HttpError) and error.status == HTTPStatus.UNAUTHORIZED
