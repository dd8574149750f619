"""The rate limiter against simulated platforms: as fast as the limits allow, whatever they are. Hours pass in milliseconds."""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.delivery.outcomes import RetryAfter
from bot.delivery.rate_limiter import Limits, RateLimiter

TELEGRAM = Limits(30, 1.01, 20)


@dataclass
class Window:
    """Takes so many in any second; refuses the rest, and the whole bot for ``penalty`` seconds after."""

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
    rate_limiter: RateLimiter[int] = field(default_factory=lambda: RateLimiter(TELEGRAM))

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
    run = Run(rate_limiter=RateLimiter(limits))
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
            rate_limiter.finish(chat)
            if refusal is not None:
                rate_limiter.put(chat, number, first=True)
        else:
            now = moment if not tick else tick * ceil(moment / tick + 1e-9)
    return run


def most_in(seconds: float, moments: list[float]) -> int:
    """The most moments in any window of that length."""
    most, start = 0, 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - seconds:
            start += 1
        most = max(most, end - start + 1)
    return most


def about(seconds: float, share: float = 0.5) -> Callable[[int], float]:
    """A travel time that varies by that share of it around its mean."""
    source = random.Random(7)
    return lambda _: seconds * source.uniform(1 - share, 1 + share)


class TestDocumentedLimits:
    """Kept without a single 429, and used to the full."""

    def test_900_chats_at_30_a_second(self) -> None:
        """In at most 30.5 s."""
        run = simulate(Window(lambda _: 30), range(1, 901), latency=about(0.005))
        assert run.refused == []
        assert max(run.taken) <= 30.5

    def test_40_groups_with_6_messages_each(self) -> None:
        """In at most 8 s, with a second between two of one group."""
        chats = [-group for _ in range(6) for group in range(1, 41)]
        run = simulate(Window(lambda _: 30), chats, latency=about(0.005), is_group=True)
        assert run.refused == []
        assert max(run.taken) <= 8.0

    def test_a_group_gets_20_a_minute(self) -> None:
        """The 21st waits for the first to be a minute old."""
        run = simulate(None, [-1] * 25, is_group=True)
        assert most_in(60, run.taken) == 20
        assert 60 <= run.taken[20] - run.taken[0] <= 61

    def test_a_chat_gets_one_a_second(self) -> None:
        run = simulate(None, [1] * 10)
        assert all(later - earlier >= 1 for earlier, later in pairwise(run.taken))

    def test_900_chats_far_away(self) -> None:
        """50 ms there and back cost little, since how long a message travels at least is known."""
        run = simulate(Window(lambda _: 30), range(1, 901), latency=about(0.05, 0.2))
        assert run.refused == []
        assert max(run.taken) <= 30.8

    @settings(max_examples=25, deadline=None)
    @example(34, 0.322265625, 34)
    @given(st.integers(1, 60), st.floats(0.001, 0.4), st.integers(0, 2**32))
    def test_no_second_ever_holds_more_than_the_limit(self, limit: int, travel: float, seed: int) -> None:
        """Whatever the travel times; the platform counts when a message has arrived."""
        source = random.Random(seed)
        limits = Limits(limit, 1.0)
        run = simulate(
            None,
            range(1, 400),
            limits=limits,
            latency=lambda _: travel * (0.5 + source.random()),
        )
        assert most_in(1.0, sorted(run.taken)) <= limit

    def test_a_ceiling_of_a_thousand_is_used(self) -> None:
        """Paid broadcasts (core.telegram.org/bots/faq#broadcasting-to-users)."""
        limits = Limits(1000, 1.01)
        run = simulate(Window(lambda _: 1000), range(1, 5001), limits=limits, latency=lambda _: 0.004)
        assert run.refused == []
        assert max(run.taken) <= 5.5

    def test_though_timers_wake_us_seldom(self) -> None:
        """What starts late does not make those behind it late."""
        limits = Limits(1000, 1.01)
        run = simulate(Window(lambda _: 1000), range(1, 5001), limits=limits, latency=lambda _: 0.004, tick=0.002)
        assert run.refused == []
        assert max(run.taken) <= 5.2


class TestHiddenLimits:
    """Settled within 20 s at 95 % of it, with under 1 % of 429s."""

    @pytest.mark.parametrize("penalty", [0.0, 1.0])
    @pytest.mark.parametrize("limit", [22, 12, 27])
    @pytest.mark.parametrize("travel", [0.003, 0.05])
    def test_a_lower_limit(self, travel: float, limit: int, penalty: float) -> None:
        run = simulate(Window(lambda _: limit, penalty), range(1, 10_000), latency=about(travel, 0.2), until=90)
        self.assert_steady(run, limit, 20, 90)

    @pytest.mark.parametrize("limit", [18, 10])
    @pytest.mark.parametrize("travel", [0.003, 0.05])
    def test_a_limit_that_falls_half_way(self, travel: float, limit: int) -> None:
        server = Window(lambda now: 30 if now < 40 else limit)
        run = simulate(server, range(1, 10_000), latency=about(travel, 0.2), until=120)
        self.assert_steady(run, limit, 60, 120)

    def test_a_limit_by_calendar_seconds(self) -> None:
        """Counted from one second of the clock to the next."""
        run = simulate(Calendar(lambda _: 22), range(1, 10_000), latency=about(0.003), until=90)
        self.assert_steady(run, 22, 20, 90)

    def test_a_bucket(self) -> None:
        """That takes bursts, and 22 a second in the long run: a few more 429s until that is known."""
        run = simulate(Bucket(lambda _: 22), range(1, 10_000), latency=about(0.003), until=120)
        assert run.rate(20, 120) >= 0.95 * 22
        assert run.refused_share < 0.02

    def test_a_limit_that_rises_again_is_found(self) -> None:
        """Quiet creeps back up, without many 429s on the way."""
        server = Window(lambda now: 30 if not 10 < now < 40 else 18)
        run = simulate(server, range(1, 20_000), latency=about(0.003), until=400)
        assert run.rate(340, 400) >= 0.9 * 30
        assert run.refused_share < 0.01

    def assert_steady(self, run: Run, limit: float, start: float, end: float) -> None:
        assert run.rate(start, end) >= 0.95 * limit
        assert run.refused_share < 0.01


class TestOneChatsRefusals:
    """Hold that chat, and no other."""

    def test_others_go_on_at_the_full_rate(self) -> None:
        """One in twenty refuses, each for up to half a minute."""
        source = random.Random(3)
        refused: set[int] = set()

        def refuse(chat: int, now: float) -> float | None:
            if chat % 20 or chat in refused:
                return None
            refused.add(chat)
            return float(source.randint(1, 30))

        run = simulate(Window(lambda _: 30), range(1, 901), latency=about(0.005), refuse_chat=refuse)
        assert len(run.refused) == 45
        assert run.rate_limiter.bot.rate == 30
        assert run.rate(0, 30) >= 27

    def test_a_refusing_chat_is_held_as_long_as_it_asks(self) -> None:
        answers = iter([7.0, None])
        run = simulate(None, [1, 2, 3], refuse_chat=lambda chat, now: next(answers) if chat == 1 else None)
        assert max(run.taken) >= run.refused[0] + 7
        assert len([moment for moment in run.taken if moment < 1]) == 2

    def test_the_latest_answer_says_how_long_the_bot_waits(self) -> None:
        """Of two messages that were under way, the second one's refusal comes later, and its pause ends later."""
        limiter: RateLimiter[str] = RateLimiter(TELEGRAM)
        for chat in (1, 2, 3):
            limiter.put(chat, "Ferry")
        for chat, moment in ((1, 10.0), (2, 10.02)):
            assert limiter.start(moment) == (chat, "Ferry")
        for chat, moment in ((1, 10.05), (2, 10.09)):
            limiter.answered(chat, is_group=False, now=moment, refusal=RetryAfter(20.0, "bot"))
            limiter.finish(chat)
        assert limiter.next_moment(10.1) == 30.09

    def test_a_chat_that_hangs_delays_no_other(self) -> None:
        """It takes one of the places, for as long as it takes."""
        run = simulate(None, range(1, 301), latency=lambda number: 8.0 if number == 0 else 0.005)
        assert sorted(run.taken)[-1] <= 10.5


class TestPostponed:
    """A message that finds no place among those in flight waits, and holds nobody up."""

    def test_others_start_meanwhile(self) -> None:
        limiter: RateLimiter[str] = RateLimiter(Limits(100, 0.0))
        for chat in ("slow", "quick"):
            limiter.put(chat, f"to {chat}")
        limiter.put("slow", "second to slow")
        chat, item = limiter.start(0.0)
        limiter.postpone(chat, item, 5.0)
        assert (limiter.ready_by(1.0), limiter.ready_by(5.0), len(limiter)) == (1, 2, 3)
        now = limiter.next_moment(0.0)
        assert (now, limiter.start(now)) == (pytest.approx(0.0, abs=0.01), ("quick", "to quick"))
        limiter.answered("quick", False, 0.1)
        limiter.finish("quick")
        assert limiter.next_moment(0.1) == 5.0
        assert limiter.start(5.0) == ("slow", "to slow")  # in its order

    def test_those_that_wait_long_are_given_back(self) -> None:
        limiter: RateLimiter[int] = RateLimiter(Limits(100, 0.0))
        for number in range(10):
            limiter.put(str(number), number)
            chat, item = limiter.start(number / 10)
            limiter.postpone(chat, item, 4.0 + number)
        assert sorted(item for _, item in limiter.remove_later_than(6.5)) == list(range(3, 10))
        assert len(limiter) == 3
