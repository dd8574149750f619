"""How much one person may ask: in bursts as people do, not in floods. PURE: the clock is an argument."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

BURST = 20
"""Questions that one person may ask at once."""


PER_SECOND = 1.0
"""Questions a second that one person may go on asking."""


_KEPT = 10_000


class RateLimitResult(Enum):
    """What to do about a question: answer it, say once that it is too much, or keep silent."""

    ANSWER = "answer"
    NOTICE = "notice"
    SILENCE = "silence"


@dataclass(slots=True)
class _Bucket:
    left: float
    seen_at: float
    was_told: bool = False


@dataclass(slots=True)
class UserRateLimiter:
    """A bucket of questions for each person, filling up with time; ``clock`` gives seconds and never goes back.

    Remembered are the last so many who asked, and as many before them.
    """

    clock: Callable[[], float]
    burst: int = BURST
    per_second: float = PER_SECOND
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _older: dict[str, _Bucket] = field(default_factory=dict)

    def has_room(self, asker: str) -> bool:
        """Counts a question where it may be answered; else leaves it to :meth:`admit`."""
        now = self.clock()
        bucket = self._buckets.get(asker) or self._bucket(asker, now)
        left = bucket.left + (now - bucket.seen_at) * self.per_second
        if left < 1:
            return False
        bucket.left, bucket.seen_at = min(float(self.burst), left) - 1, now
        if left >= self.burst:
            bucket.was_told = False
        return True

    def admit(self, asker: str) -> RateLimitResult:
        """Counts one question of the asker's. Who was told is told again only after a rest that fills the bucket."""
        if self.has_room(asker):
            return RateLimitResult.ANSWER
        bucket = self._bucket(asker, self.clock())
        told, bucket.was_told = bucket.was_told, True
        return RateLimitResult.SILENCE if told else RateLimitResult.NOTICE

    def take_back(self, asker: str) -> None:
        """Does not count a question after all: it was not answered, and will be asked again by itself."""
        bucket = self._bucket(asker, self.clock())
        bucket.left = min(float(self.burst), bucket.left + 1)

    def _bucket(self, asker: str, now: float) -> _Bucket:
        bucket = self._buckets.get(asker)
        if bucket is None:
            if len(self._buckets) >= _KEPT:
                self._older, self._buckets = self._buckets, {}
            known = self._older.pop(asker, None)
            bucket = self._buckets[asker] = _Bucket(float(self.burst), now) if known is None else known
        return bucket
