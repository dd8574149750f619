"""How fast mails are sent. PURE."""

from bot.delivery.rate_limiter import Limits

CONNECTIONS = 4
"""Connections at once, opened as they are needed: at five mails a second one is enough. Mail services allow ten and more."""

LEAST_PER_MINUTE = 30
"""The rate limiter counts in windows of two seconds at most."""

PER_MINUTE = 300
"""Five a second: what mail services allow new senders, and a small server of one's own takes."""


def sending(per_minute: float) -> Limits:
    """As many at once as there are connections, so that none waits after it was looked up whether it is still wanted."""
    return Limits(per_minute / 60, chat_seconds=0.0, in_flight=CONNECTIONS)
