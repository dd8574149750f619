"""RFC 9110 §10.2.3 and RFC 9111 §4.2: when a publisher says to come back."""

import pytest

from bot.feeds.fetcher import fresh_seconds, retry_after_seconds

NOW = 1795435200.0
"""Mon, 23 Nov 2026 12:00:00 GMT."""


class TestFreshness:
    """RFC 9111 §4.2.1 and §5.2.2."""

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, 0),
            ({"Cache-Control": "max-age=900"}, 900),
            ({"Cache-Control": "public, MAX-AGE=900, must-revalidate"}, 900),
            ({"Cache-Control": 'max-age="900"'}, 900),
            ({"Cache-Control": "max-age=900", "Age": "300"}, 600),
            ({"Cache-Control": "max-age=900", "Age": "3000"}, 0),
            ({"Cache-Control": "no-cache, max-age=900"}, 0),
            ({"Cache-Control": "no-store"}, 0),
            ({"Cache-Control": "s-maxage=900"}, 0),
            ({"Cache-Control": "max-age=-5"}, 0),
            ({"Cache-Control": "max-age=soon"}, 0),
            ({"Expires": "Mon, 23 Nov 2026 12:10:00 GMT"}, 600),
            ({"Expires": "Mon, 23 Nov 2026 12:10:00 GMT", "Date": "Mon, 23 Nov 2026 12:05:00 GMT"}, 300),
            ({"Expires": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0),
            ({"Expires": "0"}, 0),
            ({"Expires": "Mon, 23 Nov 2026 12:10:00 GMT", "Cache-Control": "max-age=60"}, 60),
        ],
    )
    def test_seconds(self, headers: dict[str, str], seconds: float) -> None:
        """Max-age before Expires; less the Age; nothing where it must not be kept."""
        assert fresh_seconds(headers, NOW) == seconds


class TestRetryAfter:
    """RFC 9110 §10.2.3: seconds, or a date."""

    @pytest.mark.parametrize(
        ("given", "seconds"),
        [
            ("", 0),
            ("120", 120),
            ("Mon, 23 Nov 2026 13:00:00 GMT", 3600),
            ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
            ("-3", 0),
            ("later", 0),
            ("99999999999999999999", 0),
        ],
    )
    def test_seconds(self, given: str, seconds: float) -> None:
        """What is neither is nothing."""
        assert retry_after_seconds({"Retry-After": given}, NOW) == seconds
