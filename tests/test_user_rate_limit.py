"""One person's floods are no matter to the others."""

from bot.user_rate_limit import BURST, PER_SECOND, RateLimitResult, UserRateLimiter
from tests.clocks import MovedClock


def admitted(limiter: UserRateLimiter, asker: str, times: int) -> list[RateLimitResult]:
    """What becomes of so many questions in a row."""
    return [limiter.admit(asker) for _ in range(times)]


class TestFloods:
    """Answered, told once, silence."""

    def test_a_burst_as_people_make_is_answered(self) -> None:
        """Pressing through all the buttons."""
        assert set(admitted(UserRateLimiter(MovedClock()), "ada", BURST)) == {RateLimitResult.ANSWER}

    def test_what_is_more_is_told_once(self) -> None:
        """Then there is silence."""
        more = admitted(UserRateLimiter(MovedClock()), "ada", BURST + 10)[BURST:]
        assert more == [RateLimitResult.NOTICE, *[RateLimitResult.SILENCE] * 9]

    def test_ten_thousand_in_a_minute_get_one_notice(self) -> None:
        """And about one answer a second."""
        clock = MovedClock()
        limiter = UserRateLimiter(clock)
        became = []
        for _ in range(10_000):
            became.append(limiter.admit("ada"))
            clock.forward(60 / 10_000)
        assert became.count(RateLimitResult.NOTICE) == 1
        assert became.count(RateLimitResult.ANSWER) <= BURST + 60 * PER_SECOND + 1

    def test_others_are_answered_meanwhile(self) -> None:
        """Each has their own measure."""
        limiter = UserRateLimiter(MovedClock())
        admitted(limiter, "ada", 1000)
        assert limiter.admit("budi") is RateLimitResult.ANSWER

    def test_who_rested_starts_anew(self) -> None:
        """With another notice, should it come to that."""
        clock = MovedClock()
        limiter = UserRateLimiter(clock)
        admitted(limiter, "ada", 100)
        clock.forward(BURST / PER_SECOND)
        assert admitted(limiter, "ada", BURST + 1)[-1] is RateLimitResult.NOTICE


class TestMemory:
    """However many ask."""

    def test_who_has_rested_is_forgotten(self) -> None:
        """A million people cost what ten thousand do."""
        clock = MovedClock()
        limiter = UserRateLimiter(clock)
        for number in range(30_000):
            limiter.admit(f"person {number}")
            clock.forward(0.1)
        assert len(limiter._buckets) <= 10_000

    def test_a_flooder_is_not_forgotten_for_the_sake_of_others(self) -> None:
        """Unless ten thousand flood at once."""
        clock = MovedClock()
        limiter = UserRateLimiter(clock)
        for number in range(25_000):
            limiter.admit("ada")
            limiter.admit(f"person {number}")
            clock.forward(0.01)
        assert limiter.admit("ada") is RateLimitResult.SILENCE
