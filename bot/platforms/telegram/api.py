"""Our side of the Bot API: calls made, faults told apart, and repeated where repeating is harmless."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from json import loads
from random import uniform
from typing import Any, TypeVar, cast

import aiohttp
import structlog
from pydantic_core import to_json
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from bot.platforms.base import PlatformFailure
from bot.platforms.telegram.render import Call
from bot.platforms.telegram.types import ALLOWED_UPDATES, Me, User

_JSON = {"Content-Type": "application/json"}


READ_SECONDS = 15.0


CONNECT_SECONDS = 5.0


WHOLE = 3
"""All of a call may take so many times as long as its answer may be silent: one that comes in drops ends as well."""


Seconds = float | None


class Unsent(NetworkError):
    """The connection was not even made: nothing was sent, so repeating is harmless whatever the method."""


class Failed(NetworkError):
    """The Bot API says of itself that it failed, in its own form: the method was not carried out.

    A proxy's word of a failure (502, 504) is none of that: what stands behind it may have done everything.
    """


@dataclass(frozen=True, slots=True)
class Given:
    """Parameters of a call that uploads nothing, as :class:`telegram.request.RequestData` shows them."""

    parameters: Mapping[str, Any]
    contains_files: bool = False


class Transport(BaseRequest):
    """Sends what we, or a :class:`telegram.Bot`, ask for; tells faults apart as the library does."""

    __slots__ = ("_limited", "_session")

    def __init__(self, session: aiohttp.ClientSession, limited: Callable[[], None] = lambda: None) -> None:
        """``limited`` is told of each 429, whatever was asked."""
        self._session = session
        self._limited = limited

    @property
    def read_timeout(self) -> float:
        """In seconds, where a method gives none of its own."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Nothing to do: the session is ours already."""

    async def shutdown(self) -> None:
        """Nothing to do: whoever made the session closes it."""

    async def call(self, url: str, given: Mapping[str, Any], read_seconds: float = READ_SECONDS) -> Any:
        """The result of a method, as it came: whatever Telegram adds or leaves out is no fault.

        Raises:
            TelegramError: what the library has for it.
        """
        return await self.post(url, cast("RequestData", Given(given)), read_timeout=read_seconds)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's object.

        Raises:
            NetworkError: it is none of the Bot API's, as what a proxy says in its stead; not shown, for it may hold anything.
        """
        try:
            answer = loads(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise NetworkError("an answer that is none of the Bot API's")
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
        """The status and the body of the answer.

        Raises:
            Unsent: no connection could be made.
            TimedOut: no answer in time; it may have been acted upon.
            Failed: the Bot API itself failed.
            NetworkError: the connection broke; it may have been acted upon.
        """
        seconds: Seconds = READ_SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        whole = None if seconds is None else seconds * WHOLE
        timeout = aiohttp.ClientTimeout(whole, sock_connect=CONNECT_SECONDS, sock_read=seconds)
        try:
            async with self._session.request(method, url, timeout=timeout, **_body(request_data)) as answer:
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                    self._limited()
                body = await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise Unsent(f"{type(error).__name__}: {error.host}") from None
        except aiohttp.ConnectionTimeoutError:
            raise Unsent("no connection in time") from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from None
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and (said := _own_words(body)):
            raise Failed(said)
        return answer.status, body


def _own_words(body: bytes) -> str:
    """How the Bot API describes its failure; empty where it is not the Bot API that speaks."""
    try:
        said = loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("description")) if isinstance(said, dict) and said.get("ok") is False else ""


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": to_json(data.parameters), "headers": _JSON}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, mime_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime_type)
    return {"data": form}


log = structlog.get_logger("bot.telegram")


PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Before each repetition after a fault; a random half is taken off, so that clients do not come back together."""


PATIENCE_SECONDS = 60.0
"""An answer that Telegram puts off for longer (``retry_after``) is given up: its reader has gone on."""


POLL_SECONDS = 50
"""How long ``getUpdates`` may wait for an update; Telegram allows 50 (core.telegram.org/bots/api#getupdates)."""


REPEATABLE = frozenset({"editMessageText", "answerCallbackQuery", "answerInlineQuery", "deleteMessage"})
"""Methods that do the same when they are carried out twice; ``sendMessage`` would send twice."""


REVOKED = "Telegram no longer takes the token in TELEGRAM_TOKEN: copy it again from @BotFather"


_NO_MATTER = ("message is not modified", "query is too old", "message to delete not found", "message can't be deleted")


_GONE = ("message to edit not found", "message can't be edited", "there is no text in the message to edit")


Sleep = Callable[[float], Awaitable[None]]


Result = TypeVar("Result")


class Client:
    """Calls the Bot API at ``api_url`` (without a token) as the bot of the token."""

    def __init__(
        self,
        token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        sleep: Sleep = asyncio.sleep,
        limited: Callable[[], None] = lambda: None,
    ) -> None:
        """``limited`` is told of each 429."""
        self._transport = Transport(session, limited)
        base = f"{api_url.rstrip('/')}/bot"
        self._url = f"{base}{token}"
        self.bot = Bot(token, base_url=base, request=self._transport, get_updates_request=self._transport)
        self.bot_id = token.partition(":")[0]
        self._sleep = sleep
        self.me: Me | None = None

    async def start(self) -> Me:
        """Asks who we are, for as long as the Bot API cannot be reached.

        Raises:
            PlatformFailure: it refuses the token.
        """
        while True:
            try:
                found = User.model_validate(await self.call("getMe"))
                self.me = Me(found.id, found.username or "")
                return self.me
            except InvalidToken:
                raise PlatformFailure(
                    "Telegram does not know the token in TELEGRAM_TOKEN: copy it again from @BotFather"
                ) from None
            except RetryAfter as wait:
                await self._sleep(seconds(wait))
            except TelegramError as error:
                log.warning("the Bot API cannot be reached yet", error=str(error))
                await self._sleep(PAUSES_SECONDS[-1])

    async def call(
        self, method: str, given: Mapping[str, Any] | None = None, read_seconds: float = READ_SECONDS
    ) -> Any:
        """The result of a method, as it came; asked once.

        Raises:
            TelegramError: it was refused, or not reached.
        """
        return await self._transport.call(f"{self._url}/{method}", given or {}, read_seconds)

    async def ask(self, method: str, given: Mapping[str, Any] | None = None) -> Any:
        """The same for a method that does no harm twice, repeated after faults.

        Raises:
            TelegramError: the last of them.
        """
        return await self.repeated(lambda: self.call(method, given), harmless=True)

    async def updates(self, offset: int, wait_seconds: int = POLL_SECONDS) -> list[Any]:
        """The updates from ``offset`` on, as they came; waits for the first.

        Raises:
            TelegramError: as it comes, or for an answer that brings no list; nothing is repeated here.
        """
        given = {"offset": offset, "timeout": wait_seconds, "allowed_updates": ALLOWED_UPDATES}
        batch = await self.call("getUpdates", given, wait_seconds + READ_SECONDS)
        if not isinstance(batch, list):
            raise NetworkError("an answer without updates")
        return batch

    async def perform(self, call: Call) -> None:
        """Makes the call. Whatever becomes of it, the caller's business goes on: a fault is logged."""
        try:
            await self.repeated(lambda: self.call(call.method, call.all_parameters), harmless=call.method in REPEATABLE)
            if call.then:
                await self.perform(call.then)
        except BadRequest as refusal:
            await self._refused(call, refusal)
        except ChatMigrated as moved:
            await self.perform(Call(call.method, call.parameters | {"chat_id": moved.new_chat_id}, call.shown))
        except TelegramError as error:
            log.warning("an answer did not get through", method=call.method, error=str(error))

    async def _refused(self, call: Call, refusal: BadRequest) -> None:
        reason = str(refusal).lower()
        if call.otherwise and any(words in reason for words in _GONE):
            await self.perform(call.otherwise)
        elif not any(words in reason for words in _NO_MATTER):
            log.warning("an answer was refused", method=call.method, error=str(refusal))

    async def repeated(self, attempt: Callable[[], Awaitable[Result]], *, harmless: bool) -> Result:
        """The result of an attempt, made again after faults that leave nothing behind.

        ``harmless``: a second time does nothing that the first has not, so any fault of the network counts as such.

        Raises:
            TelegramError: the last fault, or one that repeating would not mend or might double.
        """
        for pause in PAUSES_SECONDS:
            try:
                return await attempt()
            except RetryAfter as wait:
                if seconds(wait) > PATIENCE_SECONDS:
                    raise
                await self._sleep(seconds(wait))
            except BadRequest:
                raise
            except NetworkError as fault:
                if not harmless and not isinstance(fault, Unsent | Failed):
                    raise
                await self._sleep(uniform(pause / 2, pause))  # noqa: S311  no secret
        return await attempt()


def seconds(wait: RetryAfter) -> float:
    """How long Telegram asks us to wait."""
    after = wait.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
