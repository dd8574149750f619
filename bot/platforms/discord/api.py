"""Answers to interactions that came by the gateway, posted to their callback URLs.

See docs.discord.com/developers, interactions/receiving-and-responding#create-interaction-response. By ourselves: the body is
that of an HTTP interaction's answer, a callback needs no token, is bound to no limit by which hikari would hold it back
(topics/rate-limits#global-rate-limit), and hikari gives a file no description.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import hikari
import structlog
from hikari.api import ComponentBuilder
from hikari.files import AsyncReader, Resource
from hikari.impl import HTTPSettings, HTTPTimeoutSettings, RESTApp

from bot import __version__
from bot.platforms.base import PlatformFailure, Report
from bot.platforms.discord.render import Call, Payload, form_of
from bot.platforms.discord.types import Interaction

_heard: ContextVar[Any] = ContextVar("heard", default=None)


class Unreadable(hikari.HTTPError):
    """An answer that the library cannot read; ``answer`` is its JSON, None where it is none."""

    def __init__(self, answer: Any) -> None:
        super().__init__("an answer that cannot be read")
        self.answer = answer

    @property
    def id(self) -> int:
        """That of what the answer shows.

        Raises:
            Unreadable: this, where it has none.
        """
        given = self.answer.get("id") if isinstance(self.answer, dict) else None
        if not isinstance(given, (str, int)) or not str(given).isdecimal():
            raise self
        return int(given)


def heard(answer: Any) -> Any:
    """Notes the JSON of an answer for :func:`read`, in whose task it comes, and returns it."""
    _heard.set(answer)
    return answer


Result = TypeVar("Result")


async def read(call: Awaitable[Result]) -> Result:
    """What the call returns.

    Raises:
        Unreadable: the library cannot read the answer.
        Limited: Discord limits it again and again.
        hikari.HikariError: Discord fails or refuses.
    """
    _heard.set(None)
    afresh()
    try:
        return await call
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as fault:
        raise Unreadable(_heard.get()) from fault


async def read_id(call: Awaitable[Any]) -> int:
    """The id of what the call returns; raises as :func:`read` does, where that has none."""
    try:
        return int((await read(call)).id)
    except Unreadable as odd:
        return odd.id


MOST_TIMES = 3
"""How often the library may wait a limit out within one call."""


WINDOW_SECONDS = 5.0
"""What to wait for then, untold: the window of Discord's buckets for messages, for years now."""


KEPT_OUT_SECONDS = 60.0
"""What to wait where the network before the API keeps us out, and does not say for how long."""


_times: ContextVar[int] = ContextVar("times", default=0)


class Limited(hikari.HTTPError):
    """What was asked is asked too often: not for ``retry_after`` seconds."""

    is_global = False

    def __init__(self, retry_after: float, what: str = "rate limited") -> None:
        super().__init__(f"{what} for {retry_after:.1f} s")
        self.retry_after = retry_after


class GloballyLimited(Limited):
    """The bot as a whole asked too much (#global-rate-limit), or its address is kept out: nothing for ``retry_after`` seconds."""

    is_global = True

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after, "globally rate limited")


def loads(body: str | bytes) -> Any:
    """The JSON of an answer.

    Raises:
        GloballyLimited: that is what it says.
    """
    value = json.loads(body)
    if isinstance(value, dict) and value.get("global") is True and "retry_after" in value:
        raise GloballyLimited(float(value["retry_after"]))
    return value


def afresh() -> None:
    """A call begins, which may be limited so many times."""
    _times.set(0)


def limit_of(error: Exception) -> Limited | hikari.RateLimitTooLongError | None:
    """The limit that an error tells of; None where it is another trouble.

    A 429 without Discord's JSON comes from the network before the API, which keeps our whole address out for a while.
    """
    if isinstance(error, Limited | hikari.RateLimitTooLongError):
        return error
    if not isinstance(error, hikari.HTTPResponseError) or int(error.status) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    told = str(error.headers.get("Retry-After", ""))
    return GloballyLimited(float(told) if told.isdecimal() and len(told) < len("1000000") else KEPT_OUT_SECONDS)


class Hearing(logging.Handler):
    """Counts 429s, and ends what is limited again and again.

    hikari tells of one that it waits out in its log alone, in words that the tests hold it to.
    """

    LOGGER = "hikari.rest"

    def __init__(self, limited: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._limited = limited

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a line of the library's, in the task whose call it is about.

        Raises:
            Limited: the call has been limited often enough.
        """
        if not str(record.msg).startswith("rate limited on"):
            return
        self._limited()
        times = _times.get() + 1
        _times.set(times)
        if times > MOST_TIMES:
            raise Limited(WINDOW_SECONDS)


FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0


WRONG_TOKEN = "Discord refuses DISCORD_TOKEN. Expected: the bot's token from the developer portal."  # noqa: S105  a sentence


CLOSED_FOR_GOOD = {
    4004: "the token is refused",
    4010: "no such shard",
    4011: "too many servers for so few shards; expected DISCORD_SHARDS unset, or a higher number",
    4012: "no such version of the gateway",
    4013: "no such intents",
    4014: "intents that the developer portal does not allow to this application",
}
"""What a connection is closed with that is not to be made again; after any other code it is
(topics/opcodes-and-status-codes#gateway-gateway-close-event-codes)."""


ODDITIES = (AssertionError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
"""What hikari's gateway raises over an event that it cannot read, or where Discord allows no further session for now."""


Sleep = Callable[[float], Awaitable[None]]


class TokenRefused(PlatformFailure):
    """Discord does not take our token, at the start or any more, so nothing can go on."""

    def __init__(self) -> None:
        super().__init__(WRONG_TOKEN)


class Interrupted(hikari.GatewayError):
    """A connection to the gateway has ended in a way that the library does not foresee."""


@contextmanager
def told_once() -> Iterator[None]:
    """While inside, what ends a connection is not told by the event loop as well, in a traceback: ``run`` raises it."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        fault, is_closing = context.get("exception"), "raised an exception during shut down" in context["message"]
        if isinstance(fault, hikari.GatewayError) or (is_closing and isinstance(fault, ODDITIES)):
            return
        (before or type(loop).default_exception_handler)(loop, context)

    loop.set_exception_handler(tell)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


def said(error: Exception) -> str:
    """The trouble in a few words."""
    if isinstance(error, Interrupted):
        return error.reason
    if limit := limit_of(error):
        return f"rate limited for {limit.retry_after:.0f} s"
    if isinstance(error, hikari.HTTPResponseError):
        code = f" ({error.code} {error.message[:100]})" if error.code else ""
        return f"HTTP {int(error.status)}{code}"
    if isinstance(error, hikari.GatewayServerClosedConnectionError):
        meaning = CLOSED_FOR_GOOD.get(int(error.code or 0))
        return f"closed with {int(error.code) if error.code else 'no code'}{f': {meaning}' if meaning else ''}"
    return type(error).__name__


def is_wrong_token(error: Exception) -> bool:
    """Whether Discord does not take our token."""
    if isinstance(error, hikari.GatewayServerClosedConnectionError):
        return error.code == hikari.ShardCloseCode.AUTHENTICATION_FAILED
    return isinstance(error, hikari.UnauthorizedError)


def is_passing(error: Exception) -> bool:
    """Whether the same may succeed later: Discord fails, is silent, or asks for patience."""
    if isinstance(error, hikari.HTTPResponseError):
        status = int(error.status)
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    if isinstance(error, hikari.GatewayServerClosedConnectionError):
        return int(error.code or 0) not in CLOSED_FOR_GOOD
    return isinstance(error, (hikari.HTTPError, hikari.GatewayError, TimeoutError, OSError))


@dataclass(slots=True)
class Patience:
    """Tries again while trouble passes, ever more slowly; ``report`` hears of an outage once, and of its end.

    ``clock`` gives seconds and never goes back.
    """

    report: Report
    sleep: Sleep = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    _told: str | None = None

    async def over(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """What the call returns, after as many attempts as it takes.

        What went well for longer than the longest pause (a connection) is tried again as soon as at first; for less, it
        would connect again and again, which Discord allows a thousand times a day.

        Raises:
            TokenRefused: Discord does not take our token.
            hikari.HikariError: trouble that does not pass.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = self.clock()
            try:
                result = await call()
            except (hikari.HikariError, OSError, TimeoutError) as error:
                asked = self._of(error)
                if self.clock() - began > LONGEST_PAUSE_SECONDS:
                    pause = FIRST_PAUSE_SECONDS
            else:
                if self._told:
                    self.serving()
                return result
            await self.sleep(max(pause, asked))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def serving(self) -> None:
        """All is well: at the start, or again."""
        if self._told != "":
            self._told = ""
            self.report("")

    def _of(self, error: Exception) -> float:
        """Seconds that Discord asks for, after trouble that passes; any other is raised."""
        if is_wrong_token(error):
            raise TokenRefused from None
        if not is_passing(error):
            raise error
        limit = limit_of(error)
        if not self._told:  # in the same words each time, for owners hear of the same once an hour
            self._told = f"Discord cannot be reached ({'rate limited' if limit else said(error)}); trying on"
            self.report(self._told)
        return limit.retry_after if limit else 0.0


MAX_WAIT_SECONDS = 1.0
"""A bucket that is full for longer than this raises ``hikari.RateLimitTooLongError``; a shorter wait is the cheaper one."""


TIMEOUT_SECONDS = 6.0


NO_REPLY = 160002
"""The code of a refusal to reply without the permission for it (topics/opcodes-and-status-codes#json)."""


class Client:
    """One bot's calls, once :meth:`start` has been awaited. ``api_url`` ends in the version."""

    def __init__(self, token: str, api_url: str, limited: Callable[[], None] = lambda: None) -> None:
        """``limited`` is told of each 429."""
        self._limited = limited
        self._hearing = Hearing(limited)
        self.http_settings = HTTPSettings(timeouts=HTTPTimeoutSettings(total=TIMEOUT_SECONDS))
        self._app = RESTApp(
            url=api_url,
            loads=self._noted,
            max_retries=0,
            max_rate_limit=MAX_WAIT_SECONDS,
            http_settings=self.http_settings,
        )
        self._token = token
        self._callbacks = Callbacks(api_url, limited)
        self._rest: hikari.impl.RESTClientImpl | None = None

    @property
    def rest(self) -> hikari.impl.RESTClientImpl:
        """The library's client itself.

        Raises:
            hikari.ComponentStateConflictError: it has not been started.
        """
        if self._rest is None:
            raise hikari.ComponentStateConflictError("not started")
        return self._rest

    async def start(self) -> None:
        logging.getLogger(Hearing.LOGGER).addHandler(self._hearing)
        await self._app.start()
        self._rest = self._app.acquire(self._token, hikari.TokenType.BOT)
        self._rest.start()

    async def close(self) -> None:
        logging.getLogger(Hearing.LOGGER).removeHandler(self._hearing)
        await self._callbacks.close()
        await self.rest.close()
        await self._app.close()

    def loads(self, body: str | bytes) -> Any:
        """The JSON of an answer; raises as :func:`bot.platforms.discord.api.loads` does, and counts that."""
        try:
            return loads(body)
        except GloballyLimited:
            self._limited()
            raise

    def _noted(self, body: str | bytes) -> Any:
        return heard(self.loads(body))

    async def create(self, channel_id: int, payload: Payload, nonce: str, **more: Any) -> int:
        """Sends a message and returns its id; the same nonce within minutes is the same message (``enforce_nonce``).

        A reply stands by itself where the permission to read what was said before is missing.
        """
        parts = self._parts(payload)
        try:
            return await read_id(self.rest.create_message(channel_id, nonce=nonce, **parts, **more))
        except hikari.ClientHTTPResponseError as error:
            if "reply" not in more or error.code != NO_REPLY:
                raise
        alone = {name: value for name, value in more.items() if name not in ("reply", "reply_must_exist")}
        return await read_id(self.rest.create_message(channel_id, nonce=nonce, **parts, **alone))

    async def edit(self, channel_id: int, message_id: int, payload: Payload) -> None:
        await read_id(self.rest.edit_message(channel_id, message_id, **self._parts(payload)))

    async def application_id(self) -> int:
        """Ours, as an application."""
        return await read_id(self.rest.fetch_application())

    async def answer(self, interaction: Interaction, call: Call) -> None:
        """Posts a callback."""
        await self._callbacks.answer(interaction, call)

    def _parts(self, payload: Payload) -> dict[str, Any]:
        embeds = [self.rest.entity_factory.deserialize_embed(embed) for embed in payload["embeds"]]
        return {"embeds": embeds, "components": [_Row(row) for row in payload["components"]]}


class _Row(ComponentBuilder):
    """An action row as it was rendered."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self._payload = dict(payload)

    @property
    def type(self) -> hikari.ComponentType:
        return hikari.ComponentType.ACTION_ROW

    @property
    def id(self) -> hikari.UndefinedType:
        return hikari.UNDEFINED

    def build(self) -> tuple[MutableMapping[str, Any], Sequence[Resource[AsyncReader]]]:
        return self._payload, ()


log = structlog.get_logger("bot.discord")


USER_AGENT = f"DiscordBot (https://discord.com, {__version__})"
"""What whoever asks without a library of Discord's says (reference#user-agent); others may be kept out."""


TIMEOUT = aiohttp.ClientTimeout(total=6)


PAUSES_SECONDS = (0.2, 0.5)
"""How soon a callback is posted again where Discord failed: it counts only within three seconds."""


_JSON = {"Content-Type": "application/json"}


ACKNOWLEDGED = 40060
"""The code of a refusal to an interaction that has its answer (topics/opcodes-and-status-codes#json)."""


class NotTaken(Exception):
    """A callback was not taken, and why; ``passes`` where the same may be taken a moment later; Discord's code, or 0."""

    def __init__(self, why: str, *, passes: bool, code: object = 0) -> None:
        super().__init__(why)
        self.passes = passes
        self.code = code


class Callbacks:
    """Posts callbacks to the API at ``api_url``; ``limited`` is told of each 429."""

    def __init__(self, api_url: str, limited: Callable[[], None], sleep: Sleep = asyncio.sleep) -> None:
        self._url = f"{api_url}/interactions"
        self._limited = limited
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def answer(self, interaction: Interaction, call: Call) -> None:
        """Posts a callback; one with a file that does not get through, as the words that stand in for it.

        What becomes of it in the end is a line in the log where it was not taken.
        """
        if call.file is not None:
            try:
                return await self._post(interaction, form_of(call.body, call.file))
            except NotTaken as fault:
                log.warning("a picture was not taken", interaction=interaction.id, why=str(fault))
        try:
            await self._insist(interaction, (call.otherwise or call).body, was_tried=call.file is not None)
        except NotTaken as fault:
            log.warning("an answer was not taken", interaction=interaction.id, why=str(fault))

    async def _insist(self, interaction: Interaction, body: bytes, *, was_tried: bool) -> None:
        """Some times. An interaction that was tried, and has its answer, has ours: only Discord's word to it was lost."""
        for pause in (*PAUSES_SECONDS, None):
            try:
                await self._post(interaction, body)
            except NotTaken as fault:
                if was_tried and fault.code == ACKNOWLEDGED:
                    return
                if pause is None or not fault.passes:
                    raise
            else:
                return
            was_tried = True
            await self._sleep(pause)

    async def _post(self, interaction: Interaction, body: bytes | aiohttp.FormData) -> None:
        """Once.

        Raises:
            NotTaken: Discord refuses or fails, or is silent.
        """
        url = f"{self._url}/{interaction.id}/{interaction.token}/callback"
        headers = _JSON if isinstance(body, bytes) else None
        try:
            async with self._connected().post(url, data=body, headers=headers) as answer:
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                    self._limited()
                if not answer.ok:
                    raise await _refusal(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotTaken(type(error).__name__, passes=True) from None

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, headers={"User-Agent": USER_AGENT})
        return self._session


async def _refusal(answer: aiohttp.ClientResponse) -> NotTaken:
    """What Discord says, in a few words (topics/opcodes-and-status-codes#json)."""
    try:
        said = await answer.json(content_type=None)
    except ValueError:
        said = None
    fields = said if isinstance(said, dict) else {}
    told = f" ({fields.get('code')} {str(fields.get('message'))[:100]})" if fields else ""
    passes = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS
    return NotTaken(f"HTTP {answer.status}{told}", passes=passes, code=fields.get("code"))
