"""Calls to the Bot API: python-telegram-bot's ``Bot`` over aiohttp, with retries."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlencode

import aiohttp
import structlog
from pydantic_core import to_json
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from bot.platforms.backoff import Backoff
from bot.platforms.base import PlatformFailure, json_object
from bot.platforms.telegram.render import Call
from bot.platforms.telegram.types import ALLOWED_UPDATES, Me

log = structlog.get_logger("bot.telegram")

READ_SECONDS = 15.0
"""How long the Bot API may send no data while its response is read."""

CONNECT_SECONDS = 5.0

TOTAL_FACTOR = 3
"""A whole call may take this many times its read time-out, which also ends a response that arrives in small pieces."""

POLL_SECONDS = 50
"""How long ``getUpdates`` waits for an update; Telegram allows 50 (core.telegram.org/bots/api#getupdates)."""

REPEATING = Backoff((0.5, 1.0, 2.0, 4.0), longest_wait=60.0, is_shortened=True)
"""When a call is repeated. A reply that Telegram delays for longer (``retry_after``) is dropped, because the asker no longer waits for it."""

REPEATABLE = frozenset(
    {"editMessageText", "editMessageReplyMarkup", "answerCallbackQuery", "answerInlineQuery", "deleteMessage"}
    | {"editEphemeralMessageText"}
)
"""Methods that may be executed twice; ``sendMessage`` would send two messages."""

TOKEN_REVOKED = "Telegram no longer accepts the token in TELEGRAM_TOKEN: copy it again from @BotFather"  # noqa: S105

NOT_MODIFIED = "message is not modified"
"""Part of Telegram's description when an edit changes nothing, in lower case."""

_NEWER_PARAMETERS = frozenset({"ephemeral_message_parameters"})
"""Parameters of Bot API 10.3 that python-telegram-bot's own methods (10.0) do not have."""

_HARMLESS_REFUSALS = (
    NOT_MODIFIED,
    "query is too old",
    "message to delete not found",
    "message to be replied not found",
    "reaction_invalid",
    "message can't be deleted",
)
_MESSAGE_GONE = ("message to edit not found", "message can't be edited", "there is no text in the message to edit")

Sleep = Callable[[float], Awaitable[None]]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class NotSent(NetworkError):
    """No connection was made. Nothing was sent, so every method may be retried."""


class ServerFailure(NetworkError):
    """The Bot API answered 500 in its own format: the method was not executed.

    A proxy's 502 or 504 is different: the server behind it may have executed the method.
    """


class InvalidResponse(TelegramError):
    """The response lacks a field that python-telegram-bot requires, for example from an old self-hosted Bot API server."""


class UnknownMethod(BadRequest):
    """The Bot API server does not know the method, because it is older."""


class TelegramClient:
    """Calls the Bot API at ``api_url`` (without the token). ``on_rate_limit`` is called for each 429."""

    def __init__(
        self,
        token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        sleep: Sleep = asyncio.sleep,
        on_rate_limit: Callable[[], None] = lambda: None,
    ) -> None:
        self._transport = Transport(session, on_rate_limit)
        base_url = f"{api_url.rstrip('/')}/bot"
        self.bot = Bot(token, base_url=base_url, request=self._transport, get_updates_request=self._transport)
        self.bot_id = token.partition(":")[0]  # a token begins with it
        self._sleep = sleep
        self._me: Me | None = None

    async def connect(self) -> Me:
        """Returns the bot's account. Waits while the Bot API cannot be reached.

        Raises:
            PlatformFailure: the token is refused.
        """
        while True:
            try:
                return await self.me()
            except InvalidToken:
                raise PlatformFailure(
                    "Telegram does not know the token in TELEGRAM_TOKEN: copy it again from @BotFather"
                ) from None
            except RetryAfter as error:
                await self._sleep(retry_seconds(error))
            except TelegramError as error:
                log.warning("the Bot API cannot be reached yet", error=str(error))
                await self._sleep(REPEATING.pauses[-1])

    async def me(self) -> Me:
        """The bot's account, requested once.

        Raises:
            TelegramError: the first request was refused, or Telegram cannot be reached.
        """
        if self._me is None:
            user = await self.bot.get_me()
            self._me = Me(user.id, user.username or "")
        return self._me

    async def query(
        self,
        method: Callable[Parameters, Coroutine[Any, Any, Result]],
        *args: Parameters.args,
        **keywords: Parameters.kwargs,
    ) -> Result:
        """Calls a method of :attr:`bot` that may be executed twice, with retries.

        Raises:
            InvalidResponse: a required field is missing in the response; logged.
            TelegramError: Telegram refused it, or the last retry failed.
        """
        return await self.retry(lambda: readable(method(*args, **keywords)), repeatable=True)

    async def query_newer(self, method: str, parameters: dict[str, Any]) -> object:
        """Calls a method that python-telegram-bot lacks and that may be executed twice, with retries.

        Raises:
            UnknownMethod: the server lacks it, too.
            TelegramError: Telegram refused it, or the last retry failed.
        """
        return await self.retry(lambda: self._call_newer(method, parameters), repeatable=True)

    async def _call_newer(self, method: str, parameters: dict[str, Any]) -> object:
        try:
            return await self.bot.do_api_request(method, parameters)
        except InvalidToken:  # 404, which a server also gives for a method that it does not know
            raise UnknownMethod(f"{method} is not known") from None

    async def updates(self, offset: int, wait_seconds: int = POLL_SECONDS) -> list[Any]:
        """The updates from ``offset`` on, as parsed JSON, because ``Bot.get_updates`` loses the whole batch if it cannot read one update.

        Raises:
            TelegramError: Telegram refuses, cannot be reached, or does not answer with a list.
        """
        query = urlencode({"offset": offset, "timeout": wait_seconds, "allowed_updates": json.dumps(ALLOWED_UPDATES)})
        url = f"{self.bot.base_url}/getUpdates?{query}"
        batch: Any = await self._transport.post(url, read_timeout=wait_seconds + READ_SECONDS)
        if not isinstance(batch, list):
            raise NetworkError("the response contains no updates")
        return batch

    async def perform(self, call: Call) -> None:
        """Makes the call and the call after it, or the fallback if the message is gone. Errors are logged."""
        try:
            await self.retry(lambda: self._make(call), repeatable=call.method in REPEATABLE)
            if call.then:
                await self.perform(call.then)
        except (BadRequest, Forbidden) as error:
            await self._after_refusal(call, str(error))
        except ChatMigrated as error:
            await self.perform(call._replace(parameters=call.parameters | {"chat_id": error.new_chat_id}))
        except TelegramError as error:
            log.warning("a reply could not be sent", method=call.method, error=str(error))

    async def _after_refusal(self, call: Call, reason: str) -> None:
        lowered = reason.lower()
        if NOT_MODIFIED in lowered:
            if call.then:
                await self.perform(call.then)
        elif call.is_optional or (call.fallback and any(part in lowered for part in _MESSAGE_GONE)):
            fallback = call.on_refused() if call.on_refused else call.fallback
            log.info("a reply was refused", method=call.method, error=reason, fallback=fallback and fallback.method)
            if fallback is not None:
                await self.perform(fallback)
        elif not any(part in lowered for part in _HARMLESS_REFUSALS):
            log.warning("a reply was refused", method=call.method, error=reason)

    async def _make(self, call: Call) -> object:
        """One attempt. Methods and parameters newer than python-telegram-bot use its ``do_api_request`` and ``api_kwargs``."""
        parameters = call.all_parameters
        method = getattr(self.bot, call.method, None)
        if method is None:
            return await self._call_newer(call.method, parameters)
        newer = {name: parameters[name] for name in _NEWER_PARAMETERS & parameters.keys()}
        older = {name: value for name, value in parameters.items() if name not in newer}
        return await method(**older, api_kwargs=newer or None)

    async def retry(self, attempt: Callable[[], Awaitable[Result]], *, repeatable: bool) -> Result:
        """The result of ``attempt``, which is called up to five times.

        ``repeatable``: whether the call may be executed twice. Then every network error is retried, and not only one that sent nothing.

        Raises:
            TelegramError: the last error, or the first that must not be retried.
        """

        def wait_of(error: Exception) -> float | None:
            if isinstance(error, RetryAfter):
                return retry_seconds(error)
            if isinstance(error, BadRequest) or not isinstance(error, NetworkError):  # the first is one in this library
                return None
            return 0.0 if repeatable or isinstance(error, NotSent | ServerFailure) else None

        return await REPEATING.repeat(attempt, wait_of, self._sleep)


async def readable(call: Coroutine[Any, Any, Result]) -> Result:
    """The result of a call of python-telegram-bot, which raises TypeError if the response lacks a field.

    Raises:
        InvalidResponse: a required field is missing in the response; logged.
    """
    try:
        return await call
    except TypeError as error:
        if "__init__() missing" not in str(error):
            raise
        log.warning("a response of the Bot API cannot be read", error=str(error))
        raise InvalidResponse(str(error)) from error


def retry_seconds(error: RetryAfter) -> float:
    """How long Telegram asks us to wait."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


class Transport(BaseRequest):
    """Sends the requests of a :class:`telegram.Bot` over an aiohttp session, which the caller closes."""

    __slots__ = ("_on_rate_limit", "_session")

    def __init__(self, session: aiohttp.ClientSession, on_rate_limit: Callable[[], None] = lambda: None) -> None:
        self._session = session
        self._on_rate_limit = on_rate_limit

    @property
    def read_timeout(self) -> float:
        """The read time-out in seconds of methods without one of their own."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Does nothing: the session is open."""

    async def shutdown(self) -> None:
        """Does nothing: the session is the caller's."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The JSON object of a response.

        Raises:
            NetworkError: the response is not the Bot API's, for example a proxy's page. Its text is not quoted.
        """
        answer = json_object(payload)
        if not answer:
            raise NetworkError("the response is not the Bot API's")
        return {"result": None, **answer}

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and the body of the response. Errors never contain the URL, because it contains the token.

        Raises:
            NotSent: no connection could be made.
            TimedOut: no response in time; the method may have been executed.
            ServerFailure: the Bot API answered 500.
            NetworkError: the connection broke; the method may have been executed.
        """
        seconds = READ_SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        total = None if seconds is None else seconds * TOTAL_FACTOR
        timeout = aiohttp.ClientTimeout(total, sock_connect=CONNECT_SECONDS, sock_read=seconds)
        try:
            async with self._session.request(method, url, timeout=timeout, **_body(request_data)) as answer:
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                    self._on_rate_limit()
                body = await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise NotSent(f"{type(error).__name__}: {error.host}") from None
        except aiohttp.ConnectionTimeoutError:
            raise NotSent("no connection in time") from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from None
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            failure = json_object(body)
            if failure.get("ok") is False:
                raise ServerFailure(str(failure.get("description")))
        return answer.status, body


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": to_json(data.parameters), "headers": {"Content-Type": "application/json"}}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, mime_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime_type)
    return {"data": form}
