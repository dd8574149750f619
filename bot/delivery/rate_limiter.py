"""Which waiting chat goes next, and when. PURE.

Chats wait in a heap by the moment from which they may get a message, so that a held one delays nobody; in a chat
messages go one after the other, in the order in which they came.
"""

import heapq
from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from math import log
from typing import Generic, TypeVar

from bot.delivery.outcomes import RetryAfter


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform lets one bot send, edits included.

    Attributes:
        per_second: messages in any second, over all chats.
        chat_seconds: between two messages to one chat.
        group_messages: to one group or channel in any ``group_seconds``; None: no such limit.
        in_flight: messages under way at once.
    """

    per_second: float
    chat_seconds: float
    group_messages: int | None = None
    group_seconds: float = 60.0
    in_flight: int = 16


GROUP_MARGIN_SECONDS = 0.25
"""How much longer than the platform's window a group's message counts, against clocks that differ."""


_SWEPT_EVERY = 4096


@dataclass(slots=True)
class _Chat:
    free_from: float = float("-inf")
    answers: deque[float] | None = None


@dataclass(slots=True)
class Chats:
    """What each chat got lately; those that may get a message at any time are forgotten."""

    limits: Limits
    _chats: dict[int, _Chat] = field(default_factory=dict)
    _until_sweep: int = _SWEPT_EVERY

    def ready(self, chat_id: int) -> float:
        """The first moment at which the chat may get another; minus infinity where any will do."""
        chat = self._chats.get(chat_id)
        if chat is None:
            return float("-inf")
        full = chat.answers is not None and len(chat.answers) == chat.answers.maxlen
        window = self.limits.group_seconds + GROUP_MARGIN_SECONDS
        return max(chat.free_from, chat.answers[0] + window) if full and chat.answers else chat.free_from

    def answered(self, chat_id: int, is_group: bool, now: float) -> None:
        """The chat got a message, or refused one."""
        chat = self._chats.setdefault(chat_id, _Chat())
        chat.free_from = max(chat.free_from, now + self.limits.chat_seconds)
        if is_group and self.limits.group_messages:
            if chat.answers is None:
                chat.answers = deque(maxlen=self.limits.group_messages)
            chat.answers.append(now)
        self._until_sweep -= 1
        if self._until_sweep <= 0:
            self._sweep(now)

    def hold(self, chat_id: int, until: float) -> None:
        """The chat refuses until then."""
        chat = self._chats.setdefault(chat_id, _Chat())
        chat.free_from = max(chat.free_from, until)

    def _sweep(self, now: float) -> None:
        lately = now - self.limits.group_seconds - GROUP_MARGIN_SECONDS
        self._chats = {
            chat_id: chat
            for chat_id, chat in self._chats.items()
            if chat.free_from > now or (chat.answers and chat.answers[-1] > lately)
        }
        self._until_sweep = max(_SWEPT_EVERY, len(self._chats))


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


Parcel = TypeVar("Parcel")


REFUSED, TAKEN = log(0.25 / 0.04), log(0.75 / 0.96)
"""A platform does not always say whether a chat or the lane refuses. How much likelier it is to be the lane, which would
refuse a quarter of the messages, than chats here and there, a twenty-fifth, is added up as the answers come
(a cumulative sum, as in Page, "Continuous inspection schemes", Biometrika 41, 1954)."""


SURE = 7.2
"""From which sum on it is the lane: four refusals in a row, or six among sixteen."""


SURE_WHILE_TRYING = 3.6
"""The same while the lane tries more than is known to be good: two in a row."""


@dataclass(slots=True)
class _Suspicion:
    """That the lane refuses.

    ``since`` is when the first refusal came that counts, ``before`` how many were taken in the second before it.
    """

    level: float = 0.0
    since: float = float("inf")
    before: int = 0
    seconds: float = 0.0

    def refused(self, now: float, before: int, seconds: float) -> None:
        if self.level <= 0:
            self.before = before
        self.level += REFUSED
        self.since = min(self.since, now)
        self.seconds = max(self.seconds, seconds)

    def taken(self, started: float) -> None:
        """Something that started before the refusals tells nothing of them."""
        if started > self.since:
            self.level += TAKEN
        if self.level <= 0:
            self.level, self.since, self.seconds = 0.0, float("inf"), 0.0


@dataclass(slots=True)
class RateLimiter(Generic[Parcel]):
    """Holds what is to be sent until it may be."""

    limits: Limits
    rate: Rate
    _chats: Chats
    _lines: dict[int, deque[Parcel]] = field(default_factory=dict)
    _heap: list[tuple[float, int, int]] = field(default_factory=list)
    _under_way: dict[int, float] = field(default_factory=dict)
    _unsettled: set[int] = field(default_factory=set)
    _suspicion: _Suspicion = field(default_factory=_Suspicion)
    _turns: Iterator[int] = field(default_factory=count)
    _lane_refused: float = float("-inf")
    _size: int = 0

    def __len__(self) -> int:
        return self._size

    @property
    def under_way(self) -> int:
        """Messages that have no answer yet."""
        return len(self._under_way)

    def put(self, chat_id: int, parcel: Parcel, *, first: bool = False) -> None:
        """Another message for a chat, behind those that wait, or before them."""
        line = self._lines.get(chat_id)
        if line is None:
            line = self._lines[chat_id] = deque()
            self._queue(chat_id)
        line.appendleft(parcel) if first else line.append(parcel)
        self._size += 1

    def next_moment(self, now: float) -> float:
        """When the next message may start: ``now`` if it may already.

        Infinity where none waits, or an answer to another must come first.
        """
        if not self._heap:
            return float("inf")
        return max(self._heap[0][0], self.rate.ready(now))

    def start(self, now: float) -> tuple[int, Parcel]:
        """Takes the next message, which starts now; only when :meth:`next_moment` has come.

        Where its request starts a little later, :meth:`leaves` says so.
        """
        _, _, chat_id = heapq.heappop(self._heap)
        self._under_way[chat_id] = now
        self._unsettled.add(chat_id)
        self._size -= 1
        self.rate.start(now)
        return chat_id, self._lines[chat_id].popleft()

    def leaves(self, chat_id: int, now: float) -> None:
        """The request of the chat's message starts only now: from here on it travels."""
        self._under_way[chat_id] = now

    def answered(self, chat_id: int, is_group: bool, now: float, refusal: RetryAfter | None = None) -> None:
        """The answer to the chat's message is here: taken in some way, or refused as coming too fast."""
        started = self._under_way.pop(chat_id)
        self.rate.answered(started, now, taken=refusal is None)
        self._chats.answered(chat_id, is_group, now)
        if refusal is not None:
            self._refused(chat_id, started, now, refusal)
        else:
            self._suspicion.taken(started)

    def settled(self, chat_id: int) -> None:
        """What follows from the answer is done: the chat may get its next message.

        One that was not answered was not sent, and counts for nothing.
        """
        if self._under_way.pop(chat_id, None) is not None:
            self.rate.spare()
        self._unsettled.discard(chat_id)
        if self._lines[chat_id]:
            self._queue(chat_id)
        else:
            del self._lines[chat_id]

    def take_back(self, moment: float) -> Iterator[tuple[float, Parcel]]:
        """Takes out, with the moment from which they may go, the messages of chats that are held beyond ``moment``."""
        held = [entry for entry in self._heap if entry[0] > moment]
        if held:
            self._heap = [entry for entry in self._heap if entry[0] <= moment]
            heapq.heapify(self._heap)
        for ready, _, chat_id in held:
            for parcel in self._lines.pop(chat_id):
                self._size -= 1
                yield ready, parcel

    def take_all(self, chat_id: int | None = None) -> list[Parcel]:
        """Takes out the messages that wait, of one chat or of all."""
        lines = list(self._lines) if chat_id is None else [chat_id]
        parcels = [parcel for each in lines for parcel in self._lines.get(each, ())]
        for each in lines:
            if each in self._lines:
                self._lines[each].clear()
        self._size -= len(parcels)
        self._heap = [entry for entry in self._heap if self._lines[entry[2]]]
        heapq.heapify(self._heap)
        self._lines = {each: line for each, line in self._lines.items() if line or each in self._unsettled}
        return parcels

    def _queue(self, chat_id: int) -> None:
        heapq.heappush(self._heap, (self._chats.ready(chat_id), next(self._turns), chat_id))

    def _refused(self, chat_id: int, started: float, now: float, refusal: RetryAfter) -> None:
        if refusal.scope == "request":
            return
        if refusal.scope != "bot":
            self._chats.hold(chat_id, now + refusal.seconds)
        if refusal.scope == "chat" or started <= self._lane_refused:
            return  # it concerns the chat alone, or we know already
        self._suspicion.refused(now, self.rate.taken_lately(now), refusal.seconds)
        sure = SURE_WHILE_TRYING if self.rate.is_trying else SURE
        if refusal.scope == "bot" or self._suspicion.level >= sure:
            self.rate.refuse(now, self._suspicion.before, self._suspicion.seconds)
            self._suspicion, self._lane_refused = _Suspicion(), now


def pacer_for(limits: Limits) -> RateLimiter[Parcel]:
    """A pacer that starts from the documented limits."""
    return RateLimiter(limits, Rate(limits.per_second), Chats(limits))
