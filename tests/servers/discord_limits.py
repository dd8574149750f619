"""Rate limits of our own Discord: a bucket for each route and channel, and a global one (topics/rate-limits)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Window:
    """``limit`` requests in ``seconds``, counted from the first."""

    limit: int
    seconds: float
    used: int = 0
    reset_at: float = 0.0

    def take(self, now: float) -> float:
        """Counts a request; returns 0, or the seconds until the next one is allowed."""
        if now >= self.reset_at:
            self.used, self.reset_at = 0, now + self.seconds
        if self.used >= self.limit:
            return self.reset_at - now
        self.used += 1
        return 0.0


@dataclass
class RateLimits:
    """``limit`` requests in ``seconds`` for each route and its channel; ``most`` a second for a whole bot.

    Attributes:
        broken: the routes that answered 429.
        behind_seconds: how far Discord's clock is behind the bot's.
        crosspost_clock: the clock by which a channel's hour of crossposts passes.
    """

    limit: int = 5
    seconds: float = 5.0
    most: int = 50
    behind_seconds: float = 0.0
    crossposts_an_hour: int = 10
    crosspost_clock: Callable[[], float] = time.time
    broken: list[str] = field(default_factory=list)
    _routes: dict[str, Window] = field(default_factory=dict)
    _all: Window = field(default_factory=lambda: Window(50, 1.0))
    _crossposts: dict[int, Window] = field(default_factory=dict)

    def check(self, route: str, channel: str) -> tuple[web.Response | None, dict[str, str]]:
        """The 429 if the request is one too many, and the headers of the bucket."""
        self._all.limit = self.most
        now = time.time()
        if wait := self._all.take(now):
            self.broken.append("global")
            return too_many(wait, is_global=True), {}
        window = self._routes.setdefault(f"{route}:{channel}", Window(self.limit, self.seconds))
        wait = window.take(now)
        headers = {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(max(0, window.limit - window.used)),
            "X-RateLimit-Reset": f"{window.reset_at - self.behind_seconds:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, window.reset_at - time.time()):.3f}",
            "X-RateLimit-Bucket": f"bucket-{route.replace(' ', '-')}",
        }
        if not wait:
            return None, headers
        self.broken.append(route)
        return too_many(wait, headers | {"X-RateLimit-Scope": "user"}), headers

    def crosspost(self, channel: int) -> web.Response | None:
        """The 429 if the channel has had its crossposts of the hour.

        Its headers name a second, as the real ones do; only the body names the real time
        (github.com/discord/discord-api-docs/issues/6109).
        """
        window = self._crossposts.setdefault(channel, Window(self.crossposts_an_hour, 3600.0))
        wait = window.take(self.crosspost_clock())
        return write_limited(wait) if wait else None


def write_limited(seconds: float) -> web.Response:
    """A 429 of a channel's limit of writes, which the headers do not describe."""
    told = {
        "Limit": "5",
        "Remaining": "4",
        "Reset": f"{time.time() + 1:.3f}",
        "Reset-After": "0.999",
        "Scope": "shared",
    }
    headers = {f"X-RateLimit-{name}": value for name, value in told.items()} | {"Retry-After": "1"}
    message = "The write action you are performing on the channel has hit the write rate limit."
    body = {"message": message, "code": 20028, "global": False, "retry_after": round(seconds, 3)}
    return web.json_response(body, status=429, headers=headers | {"X-RateLimit-Bucket": "a-bucket-of-its-own"})


def too_many(seconds: float, headers: dict[str, str] | None = None, *, is_global: bool = False) -> web.Response:
    """A 429 as documented."""
    body: dict[str, Any] = {"message": "You are being rate limited.", "retry_after": round(seconds, 3)}
    extra = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"} if is_global else dict(headers or {})
    extra["Retry-After"] = str(int(seconds) + 1)
    return web.json_response(body | {"global": is_global}, status=429, headers=extra)
