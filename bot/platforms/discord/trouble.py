"""What goes wrong with Discord: whether it passes, and how to tell it without an address or a token in it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import hikari

from bot.platforms import PlatformFailure, Report
from bot.platforms.discord.limited import limit_of

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

Result = TypeVar("Result")
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
