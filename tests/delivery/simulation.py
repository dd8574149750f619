"""A lane against a simulated platform: hours pass in milliseconds."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil

from bot.delivery.outcomes import RetryAfter
from bot.delivery.rate_limiter import Limits, RateLimiter, pacer_for

TELEGRAM = Limits(30, 1.01, 20)


@dataclass
class Window:
    """Takes so many in any second; refuses the rest, and all of the lane for ``penalty`` seconds after."""

    limit: Callable[[float], float]
    penalty: float = 1.0
    taken: deque[float] = field(default_factory=deque)
    closed_until: float = -1.0

    def take(self, now: float) -> float | None:
        while self.taken and self.taken[0] <= now - 1.0:
            self.taken.popleft()
        if now < self.closed_until or len(self.taken) >= self.limit(now):
            self.closed_until = (
                max(self.closed_until, now + self.penalty) if now >= self.closed_until else self.closed_until
            )
            return max(1.0, self.closed_until - now)
        self.taken.append(now)
        return None


@dataclass
class Bucket:
    """Takes so many a second on average, and up to ``depth`` at once."""

    limit: Callable[[float], float]
    depth: float = 30.0
    level: float = 30.0
    seen: float = 0.0

    def take(self, now: float) -> float | None:
        self.level = min(self.depth, self.level + (now - self.seen) * self.limit(now))
        self.seen = now
        if self.level < 1:
            return 1.0
        self.level -= 1
        return None


@dataclass
class Calendar:
    """Takes so many in each second of the clock."""

    limit: Callable[[float], float]
    second: int = -1
    taken: int = 0

    def take(self, now: float) -> float | None:
        if int(now) != self.second:
            self.second, self.taken = int(now), 0
        if self.taken >= self.limit(now):
            return 1.0
        self.taken += 1
        return None


@dataclass
class Run:
    """What came of it: when each message was taken, and when one was refused."""

    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    rate_limiter: RateLimiter[int] = field(default_factory=lambda: pacer_for(TELEGRAM))

    @property
    def refused_share(self) -> float:
        return len(self.refused) / (len(self.taken) + len(self.refused))

    def rate(self, start: float, end: float) -> float:
        return sum(1 for moment in self.taken if start <= moment < end) / (end - start)


def simulate(
    server: Window | Bucket | Calendar | None,
    chats: Iterable[int],
    *,
    limits: Limits = TELEGRAM,
    latency: Callable[[int], float] = lambda _: 0.01,
    until: float = float("inf"),
    is_group: bool = False,
    refuse_chat: Callable[[int, float], float | None] = lambda chat, now: None,
    tick: float = 0.0,
) -> Run:
    """Sends one message for each of ``chats`` in order.

    ``latency`` is asked for the way there and for the way back, of which half counts; timers wake us at multiples of
    ``tick`` only.
    """
    run = Run(rate_limiter=pacer_for(limits))
    rate_limiter = run.rate_limiter
    for number, chat in enumerate(chats):
        rate_limiter.put(chat, number)
    arrivals: list[tuple[float, int, int]] = []
    answers: list[tuple[float, int, int, RetryAfter | None]] = []
    now = 0.0
    while (len(rate_limiter) or arrivals or answers) and now < until:
        under_way = len(arrivals) + len(answers)
        moment = rate_limiter.next_moment(now) if under_way < limits.in_flight else float("inf")
        if moment <= now:
            chat, number = rate_limiter.start(now)
            heapq.heappush(arrivals, (now + latency(number) / 2, number, chat))
        elif arrivals and arrivals[0][0] <= min(moment, answers[0][0] if answers else moment):
            now, number, chat = heapq.heappop(arrivals)
            seconds = refuse_chat(chat, now)
            if seconds is None and server is not None:
                seconds = server.take(now)
            (run.taken if seconds is None else run.refused).append(now)
            refusal = None if seconds is None else RetryAfter(seconds)
            heapq.heappush(answers, (now + latency(number) / 2, number, chat, refusal))
        elif answers and answers[0][0] <= moment:
            now, number, chat, refusal = heapq.heappop(answers)
            rate_limiter.answered(chat, is_group, now, refusal)
            rate_limiter.settled(chat)
            if refusal is not None:
                rate_limiter.put(chat, number, first=True)
        else:
            now = moment if not tick else tick * ceil(moment / tick + 1e-9)
    return run
