"""How often a feed is polled: by how often it changes, and by what its publisher asks for."""

from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.poller import FIRST_SECONDS, MAX_SECONDS, MIN_SECONDS, Found, next_interval, wait_seconds

HOUR = 3600.0


class TestAdapting:
    """Busy feeds every ten minutes, quiet ones every six hours."""

    def test_news_at_every_turn_brings_it_to_ten_minutes(self) -> None:
        """Within a few turns."""
        interval = FIRST_SECONDS
        for _ in range(3):
            interval = next_interval(interval, "news")
        assert interval == MIN_SECONDS == 600

    def test_silence_brings_it_to_six_hours(self) -> None:
        """Within a day or two."""
        interval, passed = FIRST_SECONDS, 0.0
        while interval < MAX_SECONDS:
            interval = next_interval(interval, "nothing")
            passed += interval
        assert interval == MAX_SECONDS == 6 * HOUR
        assert passed < 48 * HOUR

    def test_failures_are_given_time(self) -> None:
        """Twice as long each time."""
        assert next_interval(HOUR, "failure") == 2 * HOUR

    @given(st.floats(0, 1e9), st.sampled_from(["news", "nothing", "failure"]))
    def test_never_outside(self, seconds: float, found: Found) -> None:
        """Whatever stood there before."""
        assert MIN_SECONDS <= next_interval(seconds, found) <= MAX_SECONDS


class TestWaiting:
    """The interval, with jitter, and never sooner than the publisher wishes."""

    @given(st.floats(0, 1e9), st.floats(0, 1))
    def test_jitter_stays_within_ten_minutes_and_six_hours(self, seconds: float, chance: float) -> None:
        """At both ends."""
        assert MIN_SECONDS <= wait_seconds(seconds, 0, chance) <= MAX_SECONDS

    def test_feeds_that_began_together_drift_apart(self) -> None:
        """A tenth to either side."""
        assert wait_seconds(HOUR, 0, 0) == 0.9 * HOUR
        assert wait_seconds(HOUR, 0, 1) == 1.1 * HOUR

    def test_publishers_wish_is_followed(self) -> None:
        """Retry-After of a day."""
        assert wait_seconds(HOUR, 24 * HOUR, 0.5) == 24 * HOUR

    def test_a_slip_does_not_end_the_feed(self) -> None:
        """Retry-After of thirty years is followed for a week."""
        assert wait_seconds(HOUR, 1e9, 0.5) == 7 * 24 * HOUR
