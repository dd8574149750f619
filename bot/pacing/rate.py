"""How many messages a second the whole lane takes, learned from its refusals. PURE.

A message counts for a second from its answer on: whenever between start and answer the platform counts it, it never
counts more in a second than we mean to send, however the travel times vary. When the lane refuses, what it took in the
second before tells its limit; after a while without refusals a little more is tried.
"""

from bisect import insort
from collections import deque
from dataclasses import dataclass, field

SLOWEST = 1.0
"""Messages a second below which no refusal brings us."""

MARGIN = 1.004
"""How much longer than a second a message counts, against clocks that differ."""

SPREAD, WIDER_SPREAD = 0.6, 0.85
"""The messages of a second start within this share of it, one after the other, rather than all at once; within the wider
one after the lane has refused. Not over all of it, or else one message too many in a second would go unnoticed long."""

LATE_SECONDS = 0.005
"""By so much a message may start late without all that follow being late too: timers wake us no more often than every
millisecond, which at a thousand a second would be too seldom."""

STEP = 0.05
"""By this share, but by one at least, the rate is raised to try more, and lowered where the lane took as much before."""

SOON_SECONDS, SOON_CUT = 10.0, 0.1
"""A lane that refuses so soon again does not count by the second: then the rate goes down by this share."""

FIRST_QUIET_SECONDS = 30.0
LONGEST_QUIET_SECONDS = 600.0
"""How long without a refusal before more is tried; doubled with each refusal, halved where more proves to be good."""

PROVEN_SECONDS = 5.0
"""A rate that goes that long without a refusal is a good one."""


TRAVELS = 64
"""After so many messages the shortest travel time is believed to be known."""

CERTAIN = 0.8
"""The share of the shortest travel time that is taken for the way there and back without any waiting."""


@dataclass(slots=True)
class Travel:
    """The shortest time from a start to its answer among the latest messages, in seconds; 0.0 while few are known."""

    least: float = 0.0
    _before: float = float("inf")
    _now: float = float("inf")
    _count: int = 0

    def took(self, seconds: float) -> None:
        """A message took so long."""
        self._now = min(self._now, seconds)
        self._count += 1
        if self._count == TRAVELS:
            self._before, self._now, self._count = self._now, float("inf"), 0
        self.least = min(self._before, self._now) if self._before < float("inf") else 0.0


@dataclass(slots=True)
class Rate:
    """The lane's rate. ``ceiling`` is never exceeded."""

    ceiling: float
    current: float = 0.0
    _good: float = 0.0
    _taken: deque[float] = field(default_factory=deque)
    _travel: Travel = field(default_factory=Travel)
    _in_flight: int = 0
    _next_start: float = float("-inf")
    _held_until: float = float("-inf")
    _since: float = float("-inf")
    _spread: float = SPREAD
    _quiet: float = FIRST_QUIET_SECONDS / 2

    def __post_init__(self) -> None:
        self.current = self._good = self.ceiling

    @property
    def is_trying(self) -> bool:
        """Whether more is being tried than is known to be good."""
        return self.current > self._good

    def ready(self, now: float) -> float:
        """The first moment from ``now`` on at which another message may start."""
        allowed = max(1, int(self.current))
        window = allowed / self.current * MARGIN
        while self._taken and self._taken[0] <= now - 2.0:
            self._taken.popleft()
        moment = max(now, self._held_until, self._next_start)
        excess = self._in_flight + len(self._taken) - allowed
        if excess < 0:
            return moment
        return max(moment, self._taken[excess] + window) if excess < len(self._taken) else float("inf")

    def start(self, now: float) -> None:
        """A message starts."""
        self._in_flight += 1
        self._next_start = max(self._next_start, now - LATE_SECONDS) + self._spread / self.current

    def spare(self) -> None:
        """A message that was to start did not."""
        self._in_flight -= 1
        self._next_start -= self._spread / self.current

    def answered(self, started: float, now: float, taken: bool) -> None:
        """The answer to one that started then is here; ``taken`` where the platform counts it."""
        self._in_flight -= 1
        self._travel.took(now - started)
        if taken:
            insort(self._taken, now - self._travel.least * CERTAIN)
        self._raise_after_quiet(now)

    def taken_lately(self, now: float) -> int:
        """How many the platform took in the second before."""
        back = self._travel.least
        return sum(1 for moment in self._taken if now - 1.0 - back < moment <= now)

    def refuse(self, now: float, before: int, seconds: float) -> None:
        """The lane refuses, having taken ``before`` in the second before, and asks for so many ``seconds``."""
        told = float(before) if 0 < before < self.current else self.current - self._step
        if self.is_trying:
            told = self._good if told >= self._good - self._step else told
        elif now - self._since < SOON_SECONDS:
            told = min(told, self.current * (1 - SOON_CUT))
        self._quiet = min(LONGEST_QUIET_SECONDS, max(FIRST_QUIET_SECONDS, self._quiet * 2))
        self._held_until = max(self._held_until, now + seconds)
        self._since = self._held_until
        self._spread = WIDER_SPREAD
        self.current = self._good = min(self.ceiling, max(SLOWEST, told))

    @property
    def _step(self) -> float:
        return max(1.0, self.current * STEP)

    def _raise_after_quiet(self, now: float) -> None:
        if self.is_trying and now - self._since >= PROVEN_SECONDS:
            self._good, self._quiet = self.current, max(PROVEN_SECONDS, self._quiet / 2)
        if self.current < self.ceiling and not self.is_trying and now - self._since >= self._quiet:
            self.current = min(self.ceiling, self.current + self._step)
            self._since = now
