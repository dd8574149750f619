"""Decides which message starts next, and when. PURE.

Chats wait in a heap, sorted by the moment from which they may get a message, so a chat that must wait does not delay others.
The messages of one chat are sent one after the other, in the order in which they were added.

Two buckets bound the start of a message: the chat's and the bot's. The chat's holds the documented limits. The bot's starts
from the documented rate, lowers it when the platform refuses, and raises it again after a time without refusals.

This paces bulletins. Replies to people are few; a refused one waits in the platform's ``api`` module.
"""

import heapq
from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from math import log
from typing import Any, Generic, TypeVar

from bot.delivery.outcomes import RetryAfter


class Gate:
    """Shares the places of messages in flight among those to whom they go. This one lets everything in.

    ``is_one_service``: whether one service takes all messages, so that its outage is everybody's.
    """

    is_one_service = True

    def enter(self, message: Any) -> float:
        """Takes a place for the message, and returns 0.0; or the seconds after which to try again, because there is none."""
        return 0.0

    def leave(self, message: Any) -> None:
        """Gives the place back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a platform for one bot. Edits count as messages.

    Attributes:
        per_second: messages in any second, in all chats together.
        chat_seconds: seconds between two messages to one chat.
        group_messages: messages to one group or channel in any ``group_seconds``; None: no such limit.
        in_flight: messages that may wait for an answer at the same time.
        gate: what holds messages back beside the platform's own limits.
    """

    per_second: float
    chat_seconds: float
    group_messages: int | None = None
    group_seconds: float = 60.0
    in_flight: int = 16
    gate: Gate = field(default=Gate(), repr=False, compare=False)


GROUP_MARGIN_SECONDS = 0.25
"""A message to a group counts for this much longer than the platform's window, since clocks differ."""

_SWEEP_EVERY = 4096


@dataclass(slots=True)
class _Chat:
    free_from: float = float("-inf")
    answers: deque[float] | None = None


@dataclass(slots=True)
class ChatBuckets:
    """When each chat got its latest messages. The entry of a chat that may get a message at any time is removed."""

    limits: Limits
    _chats: dict[str, _Chat] = field(default_factory=dict)
    _until_sweep: int = _SWEEP_EVERY

    def ready(self, chat_id: str) -> float:
        """The first moment at which the chat may get another message; minus infinity: at any time."""
        chat = self._chats.get(chat_id)
        if chat is None:
            return float("-inf")
        if chat.answers and len(chat.answers) == chat.answers.maxlen:
            return max(chat.free_from, chat.answers[0] + self.limits.group_seconds + GROUP_MARGIN_SECONDS)
        return chat.free_from

    def answered(self, chat_id: str, is_group: bool, now: float) -> None:
        """Records the answer to the chat's message. Successes and refusals both count towards its limits."""
        self.block(chat_id, now + self.limits.chat_seconds)
        if is_group and self.limits.group_messages:
            chat = self._chats[chat_id]
            chat.answers = chat.answers or deque(maxlen=self.limits.group_messages)
            chat.answers.append(now)
        self._until_sweep -= 1
        if self._until_sweep <= 0:
            self._sweep(now)

    def block(self, chat_id: str, until: float) -> None:
        """Blocks the chat until that moment."""
        chat = self._chats.setdefault(chat_id, _Chat())
        chat.free_from = max(chat.free_from, until)

    def _sweep(self, now: float) -> None:
        window_start = now - self.limits.group_seconds - GROUP_MARGIN_SECONDS
        self._chats = {
            chat_id: chat
            for chat_id, chat in self._chats.items()
            if chat.free_from > now or (chat.answers and chat.answers[-1] > window_start)
        }
        self._until_sweep = max(_SWEEP_EVERY, len(self._chats))


MIN_RATE = 1.0
"""Messages a second. Refusals do not lower the rate below it."""

WINDOW_SECONDS = 1.004
"""A message counts for this many seconds in the window of a second, since clocks differ."""

SPREAD, WIDER_SPREAD = 0.6, 0.85
"""The messages of a second start one after the other within this share of it; within the wider one after a refusal. Not
over the whole second, or a rate that is one message too high would go unnoticed for long."""

LATE_SECONDS = 0.005
"""A message may start this late without delaying the following ones. Timers wake at most once a millisecond, which is not often
enough for a thousand messages a second."""

STEP = 0.05
"""The rate is raised by this share, at least by one message, and lowered by it if the platform accepted that rate right before it refused."""

SOON_SECONDS, SOON_CUT = 10.0, 0.1
"""A platform that refuses again within ``SOON_SECONDS`` does not count messages in windows of one second. The rate is then
lowered by at least the share ``SOON_CUT``."""

FIRST_PROBE_SECONDS, LONGEST_PROBE_SECONDS = 30.0, 600.0
"""Bounds of the time without a refusal before a higher rate is tried. It doubles with each refusal, and halves when a
higher rate proves good."""

PROVEN_SECONDS = 5.0
"""A higher rate without a refusal for this long is good."""

ROUND_TRIPS = 64
"""The number of messages whose shortest round trip is taken."""

TRAVEL_SHARE = 0.65
"""The share of the shortest round trip that counts as travel: a message was accepted at answer - share * shortest.

A higher share uses each second more fully and is less safe. With 0.8 a simulated network with 0.32 s of travel, whose ways there and
back vary by half, got one message more than the limit within a second. 900 chats 50 ms away take 30.53 s with 0.65, 30.37 s with 0.8.
"""


@dataclass(slots=True)
class RoundTrip:
    """The shortest time from a request to its answer among the latest messages, in seconds; 0.0 while too few are known."""

    shortest: float = 0.0
    _before: float = float("inf")
    _now: float = float("inf")
    _count: int = 0

    def note(self, seconds: float) -> None:
        """Records the round trip of a message."""
        self._now = min(self._now, seconds)
        self._count += 1
        if self._count == ROUND_TRIPS:
            self._before, self._now, self._count = self._now, float("inf"), 0
        self.shortest = min(self._before, self._now) if self._before < float("inf") else 0.0


class BotBucket:
    """The bot's rate over all chats, never above ``ceiling`` messages a second."""

    def __init__(self, ceiling: float) -> None:
        self.ceiling = ceiling
        self.rate = self._good_rate = ceiling
        self._accepted: deque[float] = deque()
        self._round_trip = RoundTrip()
        self._in_flight = 0
        self._next_start = self._refused_until = self._unchanged_since = float("-inf")
        self._spread = SPREAD
        self._probe_after = FIRST_PROBE_SECONDS / 2

    @property
    def is_probing(self) -> bool:
        """Whether the rate is higher than the last one that proved good."""
        return self.rate > self._good_rate

    def ready(self, now: float) -> float:
        """The first moment from ``now`` on at which another message may start."""
        allowed = max(1, int(self.rate))
        window = allowed / self.rate * WINDOW_SECONDS
        while self._accepted and self._accepted[0] <= now - 2.0:
            self._accepted.popleft()
        moment = max(now, self._refused_until, self._next_start)
        excess = self._in_flight + len(self._accepted) - allowed
        if excess < 0:
            return moment
        return max(moment, self._accepted[excess] + window) if excess < len(self._accepted) else float("inf")

    def start(self, now: float) -> None:
        """Records that a message starts."""
        self._in_flight += 1
        self._next_start = max(self._next_start, now - LATE_SECONDS) + self._spread / self.rate

    def cancel(self) -> None:
        """Takes back :meth:`start` for a message that was not sent."""
        self._in_flight -= 1
        self._next_start -= self._spread / self.rate

    def answered(self, started: float, now: float, accepted: bool) -> None:
        """Records the answer to a message that started at ``started``; ``accepted``: whether the platform accepted it."""
        self._in_flight -= 1
        self._round_trip.note(now - started)
        if accepted:
            insort(self._accepted, now - self._round_trip.shortest * TRAVEL_SHARE)
        unchanged = now - self._unchanged_since
        if self.is_probing and unchanged >= PROVEN_SECONDS:
            self._good_rate, self._probe_after = self.rate, max(PROVEN_SECONDS, self._probe_after / 2)
        if self.rate < self.ceiling and not self.is_probing and unchanged >= self._probe_after:
            self.rate = min(self.ceiling, self.rate + self._step)
            self._unchanged_since = now

    def accepted_lately(self, now: float) -> int:
        """The number of messages that the platform accepted in the last second."""
        travel = self._round_trip.shortest
        return sum(1 for moment in self._accepted if now - 1.0 - travel < moment <= now)

    def refused(self, now: float, accepted_before: int, seconds: float) -> None:
        """Lowers the rate after a refusal. ``accepted_before``: messages that were accepted in the second before it."""
        rate = float(accepted_before) if 0 < accepted_before < self.rate else self.rate - self._step
        if self.is_probing:
            rate = self._good_rate if rate >= self._good_rate - self._step else rate
        elif now - self._unchanged_since < SOON_SECONDS:
            rate = min(rate, self.rate * (1 - SOON_CUT))
        self._probe_after = min(LONGEST_PROBE_SECONDS, max(FIRST_PROBE_SECONDS, self._probe_after * 2))
        self._refused_until = self._unchanged_since = max(self._refused_until, now + seconds)
        self._spread = WIDER_SPREAD
        self.rate = self._good_rate = min(self.ceiling, max(MIN_RATE, rate))

    def pause(self, until: float) -> None:
        """Blocks all messages until that moment."""
        self._refused_until = max(self._refused_until, until)

    @property
    def _step(self) -> float:
        return max(1.0, self.rate * STEP)


REFUSED_WEIGHT, ACCEPTED_WEIGHT = log(0.25 / 0.04), log(0.75 / 0.96)
"""A platform does not always say whose limit was hit. We assume that a quarter of the messages are refused if it is the
bot's, and one in 25 if it is that of a few chats. Each answer adds its log-likelihood ratio to a sum (a cumulative sum: Page,
"Continuous inspection schemes", Biometrika 41, 1954)."""

THRESHOLD = 7.2
"""From this sum on, the bot's limit is assumed: four refusals in a row, or six among sixteen answers."""

PROBING_THRESHOLD = 3.6
"""The same while a higher rate is tried: two refusals in a row."""


@dataclass(slots=True)
class _RefusalSum:
    """How likely it is that the bot's limit causes the refusals.

    Attributes:
        total: the sum; 0.0 while no refusal counts.
        since: the moment of the first refusal that counts.
        accepted_before: messages that the platform accepted in the second before it.
        seconds: the longest ``retry_after`` so far.
    """

    total: float = 0.0
    since: float = float("inf")
    accepted_before: int = 0
    seconds: float = 0.0

    def refused(self, now: float, accepted_before: int, seconds: float) -> None:
        if self.total <= 0:
            self.accepted_before = accepted_before
        self.total += REFUSED_WEIGHT
        self.since = min(self.since, now)
        self.seconds = max(self.seconds, seconds)

    def accepted(self, started: float) -> None:
        """Records an accepted message. One that started before the first refusal does not count."""
        if started > self.since:
            self.total += ACCEPTED_WEIGHT
        if self.total <= 0:
            self.total, self.since, self.seconds = 0.0, float("inf"), 0.0


Item = TypeVar("Item")


class RateLimiter(Generic[Item]):
    """Queues messages until they may start. ``len()`` is the number of waiting messages."""

    def __init__(self, limits: Limits) -> None:
        self.bot = BotBucket(limits.per_second)
        self._chats = ChatBuckets(limits)
        self._queues: dict[str, deque[Item]] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._order = count()
        self._started: dict[str, float] = {}
        self._unfinished: set[str] = set()
        self._refusals = _RefusalSum()
        self._bot_refused_at = float("-inf")
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, chat_id: str, item: Item, *, first: bool = False) -> None:
        """Adds a message for a chat, behind its waiting messages or, with ``first``, before them."""
        queue = self._queues.get(chat_id)
        if queue is None:
            queue = self._queues[chat_id] = deque()
            self._enqueue(chat_id)
        queue.appendleft(item) if first else queue.append(item)
        self._size += 1

    def next_moment(self, now: float) -> float:
        """When the next message may start; infinity if no message waits, or if an answer must come first."""
        if not self._heap:
            return float("inf")
        return max(self._heap[0][0], self.bot.ready(now))

    def ready_by(self, moment: float) -> int:
        """How many chats may get a message by then, as far as it is for them."""
        return sum(ready <= moment for ready, _, _ in self._heap)

    def start(self, now: float) -> tuple[str, Item]:
        """Removes and returns the next message and its chat. Call it only when :meth:`next_moment` has come."""
        _, _, chat_id = heapq.heappop(self._heap)
        self._started[chat_id] = now
        self._unfinished.add(chat_id)
        self._size -= 1
        self.bot.start(now)
        return chat_id, self._queues[chat_id].popleft()

    def request_starts(self, chat_id: str, now: float) -> None:
        """Records that the request of the started message begins now, from where its round trip counts."""
        self._started[chat_id] = now

    def answered(self, chat_id: str, is_group: bool, now: float, refusal: RetryAfter | None = None) -> None:
        """Records the platform's answer to the chat's message. ``refusal``: a 429."""
        started = self._started.pop(chat_id)
        self.bot.answered(started, now, accepted=refusal is None)
        self._chats.answered(chat_id, is_group, now)
        if refusal is not None:
            self._refused(chat_id, started, now, refusal)
        else:
            self._refusals.accepted(started)

    def finish(self, chat_id: str) -> None:
        """Lets the chat have its next message. A message without an answer counts as not sent."""
        if self._started.pop(chat_id, None) is not None:
            self.bot.cancel()
        self._unfinished.discard(chat_id)
        if self._queues[chat_id]:
            self._enqueue(chat_id)
        else:
            del self._queues[chat_id]

    def postpone(self, chat_id: str, item: Item, until: float) -> None:
        """Puts the started message back, to start at that moment at the earliest."""
        self._chats.block(chat_id, until)
        self.put(chat_id, item, first=True)
        self.finish(chat_id)

    def remove_later_than(self, moment: float) -> Iterator[tuple[float, Item]]:
        """Removes the messages of chats that must wait beyond ``moment``. Yields when each may start, and the message."""
        late = [entry for entry in self._heap if entry[0] > moment]
        if late:
            self._heap = [entry for entry in self._heap if entry[0] <= moment]
            heapq.heapify(self._heap)
        for ready, _, chat_id in late:
            for item in self._queues.pop(chat_id):
                self._size -= 1
                yield ready, item

    def remove(self, chat_id: str | None = None) -> list[Item]:
        """Removes and returns the waiting messages of one chat, or of all chats."""
        chats = list(self._queues) if chat_id is None else [chat_id]
        items = [item for chat in chats for item in self._queues.get(chat, ())]
        for chat in chats:
            if chat in self._queues:
                self._queues[chat].clear()
        self._size -= len(items)
        self._heap = [entry for entry in self._heap if self._queues[entry[2]]]
        heapq.heapify(self._heap)
        self._queues = {chat: queue for chat, queue in self._queues.items() if queue or chat in self._unfinished}
        return items

    def _enqueue(self, chat_id: str) -> None:
        heapq.heappush(self._heap, (self._chats.ready(chat_id), next(self._order), chat_id))

    def _refused(self, chat_id: str, started: float, now: float, refusal: RetryAfter) -> None:
        if refusal.scope == "request":
            return
        if refusal.scope != "bot":
            self._chats.block(chat_id, now + refusal.seconds)
        if refusal.scope == "bot":
            self.bot.pause(now + refusal.seconds)  # each answer says how long to wait from now on
        if refusal.scope == "chat" or started <= self._bot_refused_at:
            return  # it is the chat's limit, or the bot's is known already
        self._refusals.refused(now, self.bot.accepted_lately(now), refusal.seconds)
        threshold = PROBING_THRESHOLD if self.bot.is_probing else THRESHOLD
        if refusal.scope == "bot" or self._refusals.total >= threshold:
            self.bot.refused(now, self._refusals.accepted_before, self._refusals.seconds)
            self._refusals, self._bot_refused_at = _RefusalSum(), now
