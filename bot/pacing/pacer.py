"""Which waiting chat goes next, and when. PURE.

Chats wait in a heap by the moment from which they may get a message, so that a held one delays nobody; in a chat
messages go one after the other, in the order in which they came.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from math import log
from typing import Generic, TypeVar

from bot.delivery import RetryAfter
from bot.pacing import Limits
from bot.pacing.chats import Chats
from bot.pacing.rate import Rate

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
class Pacer(Generic[Parcel]):
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
        if refusal.scope != "lane":
            self._chats.hold(chat_id, now + refusal.seconds)
        if refusal.scope == "chat" or started <= self._lane_refused:
            return  # it concerns the chat alone, or we know already
        self._suspicion.refused(now, self.rate.taken_lately(now), refusal.seconds)
        sure = SURE_WHILE_TRYING if self.rate.is_trying else SURE
        if refusal.scope == "lane" or self._suspicion.level >= sure:
            self.rate.refuse(now, self._suspicion.before, self._suspicion.seconds)
            self._suspicion, self._lane_refused = _Suspicion(), now


def pacer_for(limits: Limits) -> Pacer[Parcel]:
    """A pacer that starts from the documented limits."""
    return Pacer(limits, Rate(limits.per_second), Chats(limits))
