"""How fast mails are sent. PURE."""

from bot.delivery.rate_limiter import Limits

LEAST_PER_MINUTE = 30
"""The rate limiter counts in windows of two seconds at most."""

PER_MINUTE = 300
"""Five a second: what mail services allow new senders, and a small server of one's own takes."""


def sending(per_minute: float) -> Limits:
    """One mail at a time, because there is one connection; whether it is still wanted is looked up right before each."""
    return Limits(per_minute / 60, chat_seconds=0.0, in_flight=1)
