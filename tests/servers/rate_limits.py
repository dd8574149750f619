"""The rate limits of Telegram, or any others, counted strictly when a message arrives."""

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

PerSecond = tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class RateLimits:
    """What is taken (core.telegram.org/bots/faq#my-bot-is-hitting-limits).

    Attributes:
        per_second: (seconds after the first message, messages in any second from then on), the latest first.
        chat_seconds: between two messages to a chat.
        group_messages: to a group in any minute.
        penalty_seconds: how long everything is refused after one message too many in a second.
    """

    per_second: PerSecond = ((0.0, 30),)
    chat_seconds: float = 1.0
    group_messages: int = 20
    penalty_seconds: float = 0.0


@dataclass
class RateCounter:
    """What was taken when, by chat and in all."""

    limits: RateLimits
    _began: float | None = None
    _second: deque[float] = field(default_factory=deque)
    _minutes: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _closed_until: float = 0.0

    def takes(self, chat: int) -> bool:
        """Whether a message that arrives now is within the limits."""
        now = time.monotonic()
        self._began = self._began or now
        if self._is_too_much(chat, now, self._began):
            return False
        self._second.append(now)
        self._minutes[chat].append(now)
        return True

    def _is_too_much(self, chat: int, now: float, began: float) -> bool:
        if now < self._closed_until:
            return True
        while self._second and self._second[0] <= now - 1.0:
            self._second.popleft()
        if len(self._second) >= next(limit for start, limit in self.limits.per_second if now - began >= start):
            self._closed_until = now + self.limits.penalty_seconds
            return True
        minute = self._minutes[chat]
        while minute and minute[0] <= now - 60.0:
            minute.popleft()
        too_soon = bool(minute) and minute[-1] > now - self.limits.chat_seconds
        return too_soon or (chat < 0 and len(minute) >= self.limits.group_messages)
