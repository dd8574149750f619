"""What Discord says of limits (topics/rate-limits) and the library does not heed: then it asks again at once.

It would, thousands of times a second, where the whole bot is limited, where a bucket is full by Discord's clock and free by
ours, and where nothing is said of a bucket; ten thousand such requests in ten minutes bar the address (docs/decisions/0031).
"""

import json
import logging
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

import hikari

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
