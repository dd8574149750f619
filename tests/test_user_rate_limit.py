"""A person who floods the bot gets one notice; everybody else is answered."""

from bot.user_rate_limit import BURST, PER_SECOND, RateLimitResult, UserRateLimiter
from tests.clocks import MovedClock

ANSWER, NOTICE, SILENCE = RateLimitResult.ANSWER, RateLimitResult.NOTICE, RateLimitResult.SILENCE


def ask(limiter: UserRateLimiter, user: str, times: int) -> list[RateLimitResult]:
    return [limiter.admit(user) for _ in range(times)]


class TestFloods:
    def test_a_burst_is_answered_then_there_is_one_notice(self) -> None:
        assert ask(UserRateLimiter(MovedClock()), "ada", BURST + 10) == [ANSWER] * BURST + [NOTICE] + [SILENCE] * 9

    def test_ten_thousand_in_a_minute_get_one_notice(self) -> None:
        """And about one answer a second."""
        clock = MovedClock()
        limiter, results = UserRateLimiter(clock), list[RateLimitResult]()
        for _ in range(10_000):
            results.append(limiter.admit("ada"))
            clock.forward(60 / 10_000)
        assert results.count(NOTICE) == 1
        assert results.count(ANSWER) <= BURST + 60 * PER_SECOND + 1

    def test_others_are_answered_meanwhile(self) -> None:
        limiter = UserRateLimiter(MovedClock())
        ask(limiter, "ada", 1000)
        assert limiter.admit("budi") is ANSWER

    def test_after_a_rest_there_may_be_another_notice(self) -> None:
        clock = MovedClock()
        limiter = UserRateLimiter(clock)
        ask(limiter, "ada", 100)
        clock.forward(BURST / PER_SECOND)
        assert ask(limiter, "ada", BURST + 1)[-1] is NOTICE


class TestMemory:
    def test_those_who_rested_are_forgotten(self) -> None:
        """A million people take as much memory as twenty thousand."""
        clock = MovedClock()
        limiter = UserRateLimiter(clock)
        for number in range(30_000):
            limiter.admit(f"person {number}")
            clock.forward(0.1)
        assert len(limiter._buckets) <= 10_000

    def test_a_flooder_is_remembered_though_many_others_ask(self) -> None:
        clock = MovedClock()
        limiter = UserRateLimiter(clock)
        for number in range(25_000):
            limiter.admit("ada")
            limiter.admit(f"person {number}")
            clock.forward(0.01)
        assert limiter.admit("ada") is SILENCE
