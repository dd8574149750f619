"""How long to wait before a feed is asked again. PURE: what happened and a random number in, seconds out."""

from typing import Literal

MIN_SECONDS = 10 * 60.0
MAX_SECONDS = 6 * 3600.0
FIRST_SECONDS = 3600.0

MAX_WISH_SECONDS = 7 * 24 * 3600.0
"""The longest that a publisher's own wish (Retry-After, Cache-Control) is followed: a slip there must not end a feed."""

_FASTER, _SLOWER, _AFTER_FAILURE = 0.5, 1.25, 2.0
_JITTER = 0.1

Found = Literal["news", "nothing", "failure"]


def adapted(seconds: float, found: Found) -> float:
    """The interval after one of ``seconds``: half of it where there was news, a quarter more where there was none."""
    factor = {"news": _FASTER, "nothing": _SLOWER, "failure": _AFTER_FAILURE}[found]
    return min(MAX_SECONDS, max(MIN_SECONDS, seconds * factor))


def wait(seconds: float, wished: float, chance: float) -> float:
    """How long to wait, the interval being ``seconds``.

    Args:
        seconds: the feed's interval.
        wished: what the publisher asks for, at least; 0 where it asks for nothing.
        chance: a random number from 0 to 1, by which feeds that began together drift apart.
    """
    jittered = seconds * (1 + _JITTER * (2 * chance - 1))
    return max(min(MAX_SECONDS, max(MIN_SECONDS, jittered)), min(wished, MAX_WISH_SECONDS))
