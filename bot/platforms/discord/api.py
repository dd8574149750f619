"""Discord's HTTP API: the endpoints that Nota uses, and the meaning of their responses (docs.discord.com/developers/reference)."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import structlog
from pydantic import BaseModel, ValidationError

from bot import __version__
from bot.platforms.backoff import Backoff
from bot.platforms.base import PlatformFailure, Report, StatusReporter, json_object
from bot.platforms.discord.render import Callback, CallbackType, Payload
from bot.platforms.discord.types import (
    Application,
    Channel,
    GatewayInfo,
    Guild,
    Interaction,
    Member,
    Place,
    User,
)

log = structlog.get_logger("bot.discord")

TIMEOUT = aiohttp.ClientTimeout(total=6)

USER_AGENT = f"DiscordBot (https://discord.com, {__version__})"
"""Discord blocks clients without such a header (reference#user-agent)."""

MAX_WAIT_SECONDS = 1.0
"""The longest wait of a request for its bucket. If the wait would be longer, the request is not sent."""

MIN_RETRY_SECONDS = 1.0
"""The shortest wait after a 429, even if Discord names a shorter one."""

BLOCKED_SECONDS = 60.0
"""The wait after a 429 that comes from the network in front of the API and has no time."""

BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Pauses during an outage; the last one is repeated."""

CALLBACK = Backoff((0.2, 0.5), MIN_RETRY_SECONDS)
"""The pauses before a callback is posted again. Discord accepts it only within three seconds of the interaction."""

REPLY_NOT_ALLOWED, ALREADY_ACKNOWLEDGED = 160002, 40060
"""Error codes (topics/opcodes-and-status-codes#json): no permission to reply; the interaction was already answered."""

SUPPRESS_NOTIFICATIONS = 1 << 12
"""A flag of a message (resources/message#message-object-message-flags)."""

_JSON = {"Content-Type": "application/json"}
_MESSAGE_PATH = re.compile(r"/messages/\d+")
_DAY_SECONDS = 86_400.0

Sleep = Callable[[float], Awaitable[None]]
Result = TypeVar("Result")
Model = TypeVar("Model", bound=BaseModel)


class DiscordError(Exception):
    """A failed request. The message gives the reason briefly. ``may_pass``: whether the same request may succeed later."""

    may_pass = True


class HttpError(DiscordError):
    """A response with an error. ``code``: Discord's own error code; 0 if the response has none."""

    def __init__(self, status: int, code: int = 0, message: str = "") -> None:
        super().__init__(f"HTTP {status} ({code} {message[:100]})" if code else f"HTTP {status}")
        self.status = status
        self.code = code
        self.message = message
        self.may_pass = status >= HTTPStatus.INTERNAL_SERVER_ERROR


class RateLimited(DiscordError):
    """HTTP 429, or a full bucket: no request for ``retry_after`` seconds. ``is_global``: the limit applies to all requests."""

    def __init__(self, retry_after: float, *, is_global: bool = False) -> None:
        super().__init__(f"rate limited for {retry_after:.0f} s")
        self.retry_after = retry_after
        self.is_global = is_global


class NoResponse(DiscordError):
    """No response. Discord may have executed the request."""


class NotSent(DiscordError):
    """No connection was made."""


class InvalidResponse(DiscordError):
    """A successful response without the documented content. Discord has executed the request."""

    def __init__(self) -> None:
        super().__init__("a response that cannot be read")


class TokenRefused(PlatformFailure):
    """HTTP 401."""

    def __init__(self) -> None:
        super().__init__("Discord refuses DISCORD_TOKEN. Expected: the bot's token from the developer portal.")


def wait_of(error: Exception) -> float | None:
    """The seconds that Discord asks us to wait; None for an error that does not pass."""
    if not isinstance(error, DiscordError) or not error.may_pass:
        return None
    return error.retry_after if isinstance(error, RateLimited) else 0.0


class OutageReporter:
    """Repeats calls during an outage. Reports the beginning and the end of the outage once each."""

    def __init__(self, report: Report) -> None:
        self._status = StatusReporter(report, error=None)

    async def retry(
        self, call: Callable[[], Awaitable[Result]], sleep: Sleep, clock: Callable[[], float] = time.monotonic
    ) -> Result:
        """Repeats ``call`` until it succeeds or raises an error that does not pass. The caller reports the success.

        The pauses are :data:`BACKOFF_SECONDS`, or longer if Discord asks for that. They start again after a call that lasted longer than the
        longest pause: a connection that broke after hours is a new outage.
        """
        failures = 0
        while True:
            began = clock()
            try:
                return await call()
            except DiscordError as error:
                wait = wait_of(error)
                if wait is None:
                    raise
                if not self._status.error:  # the first error stands for the whole outage
                    # without the seconds: owners get the same text at most once an hour
                    why = "rate limited" if isinstance(error, RateLimited) else str(error)
                    self._status.set(f"Discord cannot be reached ({why}); trying again")
                if clock() - began > BACKOFF_SECONDS[-1]:
                    failures = 0
                pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                await sleep(max(pause, wait))
            failures += 1

    def succeeded(self) -> None:
        self._status.set("")


class DiscordClient:
    """Makes the requests of one bot. ``api_url``: ends in the API's version. ``on_rate_limit``: called for each 429.

    Each method raises:
        TokenRefused: Discord does not accept the token.
        DiscordError: the request failed. It is not repeated.
    """

    def __init__(self, token: str, api_url: str, on_rate_limit: Callable[[], None] = lambda: None) -> None:
        self._authorization = {"Authorization": f"Bot {token}"}
        self._api_url = api_url.rstrip("/")
        self._on_rate_limit = on_rate_limit
        self._session: aiohttp.ClientSession | None = None
        self._free_at: dict[str, float] = {}
        """Bucket → the time at which it has room again, by ``time.monotonic``."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def application_id(self) -> int:
        return (await self._get("/oauth2/applications/@me", Application)).id

    async def application(self) -> Application:
        body, headers = await self._request("GET", "/applications/@me")
        date = headers.get("Date")
        return _parse(body, Application).model_copy(update={"date": parsedate_to_datetime(date) if date else None})

    async def set_endpoint(self, url: str) -> None:
        """Sets the address to which Discord sends interactions. Discord tests it before it responds."""
        await self._request("PATCH", "/applications/@me", {"interactions_endpoint_url": url})

    async def gateway(self) -> GatewayInfo:
        return await self._get("/gateway/bot", GatewayInfo)

    async def commands(self, application_id: int, guild_id: int | None) -> Any:
        """The registered commands: the global ones, or a server's."""
        body, _ = await self._request("GET", f"{_commands_path(application_id, guild_id)}?with_localizations=true")
        return _json(body)

    async def set_commands(self, application_id: int, guild_id: int | None, commands: list[Payload]) -> Any:
        """Replaces all commands. Returns the registered commands with their ids."""
        body, _ = await self._request("PUT", _commands_path(application_id, guild_id), commands)
        return _json(body)

    async def user(self, user_id: int) -> User:
        """Raises HttpError if there is no such user."""
        return await self._get(f"/users/{user_id}", User)

    async def channel(self, channel_id: int) -> Channel:
        """Raises HttpError if the bot does not see the channel."""
        return await self._get(f"/channels/{channel_id}", Channel)

    async def guild(self, guild_id: int) -> Guild:
        """A server with its roles (resources/guild#get-guild). Raises HttpError if the bot is not in it."""
        return await self._get(f"/guilds/{guild_id}", Guild)

    async def member(self, guild_id: int, user_id: int) -> Member:
        """Raises HttpError if the user is no member (resources/guild#get-guild-member)."""
        return await self._get(f"/guilds/{guild_id}/members/{user_id}", Member)

    async def direct_channel(self, user_id: int) -> int:
        """The id of the channel for direct messages with a user (resources/user#create-dm)."""
        body, _ = await self._request("POST", "/users/@me/channels", {"recipient_id": str(user_id)})
        return _parse(body, Place).id

    async def create(
        self, channel_id: int, payload: Payload, nonce: str, *, reply_to: int | None = None, silent: bool = False
    ) -> int:
        """Sends a message and returns its id. For some minutes the same nonce returns the same message.

        A reply needs the permission to read the channel's history. Without it the message is sent as an ordinary one.
        """
        path, message = f"/channels/{channel_id}/messages", payload | {"nonce": nonce, "enforce_nonce": True}
        if silent:
            message |= {"flags": SUPPRESS_NOTIFICATIONS}
        reference = {"message_id": str(reply_to), "fail_if_not_exists": False}
        try:
            reply = message | ({} if reply_to is None else {"message_reference": reference})
            body, _ = await self._request("POST", path, reply)
        except HttpError as error:
            if error.code != REPLY_NOT_ALLOWED:
                raise
            body, _ = await self._request("POST", path, message)
        return _parse(body, Place).id

    async def edit(self, channel_id: int, message_id: int, payload: Payload) -> None:
        await self._request("PATCH", f"/channels/{channel_id}/messages/{message_id}", payload)

    async def unarchive(self, thread_id: int) -> None:
        """Opens an archived thread, which whoever may write in it may do unless it is locked (resources/channel#modify-channel)."""
        await self._request("PATCH", f"/channels/{thread_id}", {"archived": False})

    async def crosspost(self, channel_id: int, message_id: int) -> None:
        """Publishes a message to the followers of its channel (resources/message#crosspost-message)."""
        await self._request("POST", f"/channels/{channel_id}/messages/{message_id}/crosspost")

    async def respond(self, interaction: Interaction, callback: Callback, sleep: Sleep = asyncio.sleep) -> None:
        """Posts the callback, or the fallback if Discord does not accept the file. Failures are logged, not raised.

        See interactions/receiving-and-responding#create-interaction-response.
        """
        attempts = 0

        async def post() -> None:
            nonlocal attempts
            attempts += 1
            # callbacks need no token and have no bucket (topics/rate-limits#global-rate-limit)
            path = f"/interactions/{interaction.id}/{interaction.token}/callback"
            data, headers = (callback.form(), {}) if callback.file else (callback.body, _JSON)
            await self._send("POST", path, data, headers)

        if callback.file is not None:
            try:
                await post()
                return
            except DiscordError as error:
                log.warning("Discord did not accept a picture", interaction=interaction.id, error=str(error))
            callback = callback.fallback or callback
        try:
            await CALLBACK.repeat(post, wait_of, sleep)
        except DiscordError as error:
            if attempts > 1 and isinstance(error, HttpError) and error.code == ALREADY_ACKNOWLEDGED:
                return  # an earlier attempt succeeded, but its response was lost
            log.warning("an interaction was not answered", interaction=interaction.id, error=str(error))

    async def fill_in(self, interaction: Interaction, callback: Callback) -> None:
        """Fills in a deferred answer, without a picture; with a new message where another person's stays.

        The interaction's token is enough, for 15 minutes (interactions/receiving-and-responding#followup-messages). Until the deferral has arrived
        Discord knows nothing to fill in and answers 404, so that error may pass.
        """
        data = (callback.fallback or callback).data or {}
        path = f"/webhooks/{interaction.application_id}/{interaction.token}"
        try:
            if callback.type is CallbackType.MESSAGE and interaction.message is not None:
                await self._send("POST", path, json.dumps(data), _JSON)
            else:  # the deferral has decided who sees it
                shown = {name: data[name] for name in data if name != "flags"}
                await self._send("PATCH", f"{path}/messages/@original", json.dumps(shown), _JSON)
        except HttpError as error:
            error.may_pass = error.may_pass or error.status == HTTPStatus.NOT_FOUND
            raise

    async def _get(self, path: str, model: type[Model]) -> Model:
        body, _ = await self._request("GET", path)
        return _parse(body, model)

    async def _request(self, method: str, path: str, fields: Any = None) -> tuple[bytes, Mapping[str, str]]:
        """Makes a request with the token, once its bucket has room. Returns the body and the headers of the response."""
        bucket = f"{method} {_MESSAGE_PATH.sub('/messages/', path)}"
        wait = self._free_at.get(bucket, 0.0) - time.monotonic()
        if wait > MAX_WAIT_SECONDS:
            raise RateLimited(wait)
        if wait > 0:
            await asyncio.sleep(wait)
        data, headers = None, self._authorization
        if fields is not None:
            data, headers = json.dumps(fields, ensure_ascii=False).encode(), headers | _JSON
        try:
            body, answer_headers = await self._send(method, path, data, headers)
        except HttpError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise TokenRefused from None
            raise
        self._free_at.pop(bucket, None)
        if answer_headers.get("X-RateLimit-Remaining") == "0":
            self._free_at[bucket] = time.monotonic() + _seconds(answer_headers.get("X-RateLimit-Reset-After"), 0.0)
        return body, answer_headers

    async def _send(
        self, method: str, path: str, data: Any, headers: dict[str, str]
    ) -> tuple[bytes, Mapping[str, str]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, headers={"User-Agent": USER_AGENT})
        try:
            async with self._session.request(method, self._api_url + path, data=data, headers=headers) as answer:
                body, status = await answer.read(), answer.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoResponse(type(error).__name__) from None
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._on_rate_limit()
            raise _rate_limited(body, answer.headers)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            fields = json_object(body)
            code = fields.get("code")
            raise HttpError(status, code if isinstance(code, int) else 0, str(fields.get("message", "")))
        return body, answer.headers


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise InvalidResponse from None


def _commands_path(application_id: int, guild_id: int | None) -> str:
    guild = "" if guild_id is None else f"/guilds/{guild_id}"
    return f"/applications/{application_id}{guild}/commands"


def _rate_limited(body: bytes, headers: Mapping[str, str]) -> RateLimited:
    """A 429 (topics/rate-limits). One without JSON comes from the network in front of the API, which blocks the bot's IP address."""
    fields = json_object(body)
    is_of_api = "retry_after" in fields
    seconds = _seconds(fields.get("retry_after") if is_of_api else headers.get("Retry-After"), BLOCKED_SECONDS)
    is_global = fields.get("global") is True or not is_of_api
    return RateLimited(max(seconds, MIN_RETRY_SECONDS), is_global=is_global)


def _seconds(value: Any, default: float) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return default
    return seconds if 0 <= seconds < _DAY_SECONDS else default


def _parse(body: bytes, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise InvalidResponse from None
