"""Dates that a publisher may be believed. PURE."""

from datetime import UTC, datetime

_FIRST = datetime(1995, 1, 1, tzinfo=UTC).timestamp()
"""Before that there were no feeds: an older date is a slip, as 1970 is."""

_AHEAD_SECONDS = 24 * 3600.0
"""A date so far ahead may be a time zone mistaken; a later one says nothing."""


def believed(published: float | None, now: float) -> float | None:
    """The moment an item was published, never after ``now``; None where what it says cannot be right. Seconds since 1970."""
    if published is None or not _FIRST <= published <= now + _AHEAD_SECONDS:
        return None
    return min(published, now)
