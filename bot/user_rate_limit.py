"""How much one person may ask, or one chat may be answered: bursts are fine, floods are not. PURE: the clock is an argument."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

BURST = 20
"""Questions that one person may ask at once."""

PER_SECOND = 1.0
"""Questions a second that one person may go on asking."""

_MAX_BUCKETS = 10_000


class RateLimitResult(Enum):
    """What to do about a question: answer it, say once that it is too much, or send nothing."""

    ANSWER = "answer"
    NOTICE = "notice"
    SILENCE = "silence"


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float
    is_notified: bool = False


@dataclass(slots=True)
class UserRateLimiter:
    """A token bucket for each key, a person or a chat.

    It remembers at least the 10,000 keys used last, and at most 20,000. A key that is forgotten starts with a full bucket.

    Attributes:
        clock: monotonic, in seconds.
        burst: the tokens of a full bucket. One question takes one.
        per_second: how many come back.
    """

    clock: Callable[[], float]
    burst: int = BURST
    per_second: float = PER_SECOND
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _older: dict[str, _Bucket] = field(default_factory=dict)

    def try_take(self, key: str) -> bool:
        """Takes a token if there is one; False: there is none, and :meth:`admit` says what to send."""
        now = self.clock()
        bucket = self._buckets.get(key) or self._bucket(key, now)
        tokens = bucket.tokens + (now - bucket.filled_at) * self.per_second
        if tokens < 1:
            return False
        bucket.tokens, bucket.filled_at = min(float(self.burst), tokens) - 1, now
        if tokens >= self.burst:
            bucket.is_notified = False
        return True

    def admit(self, key: str) -> RateLimitResult:
        """Counts a question. After a notice there is another one only once the bucket has been full again."""
        if self.try_take(key):
            return RateLimitResult.ANSWER
        bucket = self._bucket(key, self.clock())
        was_notified, bucket.is_notified = bucket.is_notified, True
        return RateLimitResult.SILENCE if was_notified else RateLimitResult.NOTICE

    def _bucket(self, key: str, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= _MAX_BUCKETS:
                self._older, self._buckets = self._buckets, {}
            bucket = self._buckets[key] = self._older.pop(key, _Bucket(float(self.burst), now))
        return bucket
