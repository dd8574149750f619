"""Rate limits of a person's questions and of a chat's answers: they allow bursts and stop floods. PURE."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

BURST = 20
"""Questions that a person may ask at once."""

PER_SECOND = 1.0
"""Questions a second that a person may ask continuously."""

_MAX_BUCKETS = 10_000


class RateLimitResult(Enum):
    """What to do with a question: answer it, send the notice once, or send nothing."""

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
    """A token bucket for each key, which is a person or a chat.

    It keeps at least the 10,000 most recently used keys and at most 20,000. A forgotten key starts with a full bucket.

    Attributes:
        clock: monotonic, in seconds.
        burst: the tokens of a full bucket. A question takes one.
        per_second: the tokens that are added each second.
    """

    clock: Callable[[], float]
    burst: int = BURST
    per_second: float = PER_SECOND
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _older: dict[str, _Bucket] = field(default_factory=dict)

    def try_take(self, key: str) -> bool:
        """Takes a token; False if there is none. Unlike :meth:`admit` it does not use up the notice."""
        now = self.clock()
        bucket = self._buckets.get(key) or self._new_or_older(key, now)
        tokens = bucket.tokens + (now - bucket.filled_at) * self.per_second
        if tokens < 1:
            return False
        if tokens >= self.burst:
            tokens, bucket.is_notified = float(self.burst), False
        bucket.tokens, bucket.filled_at = tokens - 1, now
        return True

    def has_room(self, key: str) -> bool:
        """Whether :meth:`try_take` would take a token now."""
        bucket = self._buckets.get(key) or self._older.get(key)
        return bucket is None or bucket.tokens + (self.clock() - bucket.filled_at) * self.per_second >= 1

    def admit(self, key: str) -> RateLimitResult:
        """Counts a question. There is one notice until the bucket has been full again."""
        if self.try_take(key):
            return RateLimitResult.ANSWER
        bucket = self._buckets[key]
        was_notified, bucket.is_notified = bucket.is_notified, True
        return RateLimitResult.SILENCE if was_notified else RateLimitResult.NOTICE

    def _new_or_older(self, key: str, now: float) -> _Bucket:
        if len(self._buckets) >= _MAX_BUCKETS:
            self._older, self._buckets = self._buckets, {}
        bucket = self._buckets[key] = self._older.pop(key, _Bucket(float(self.burst), now))
        return bucket
