"""The limits of push services, with their sources."""

from bot.delivery.rate_limiter import Limits

MAX_PLAINTEXT = 3993
"""Bytes before they are encrypted: a body of 4096, which every push service takes (RFC 8030, 7.2), less a header of 86, a padding delimiter and a tag of 16 (RFC 8291, 4)."""

TITLE, BODY = 110, 320
"""Characters of a notification's title and text. No system shows more: Android shows about 45 and 450 when unfolded, Windows four lines."""

DAY = 86400

TTL_URGENT, TTL, TTL_CORRECTION = DAY, 3 * DAY, 28 * DAY
"""Seconds that a push service keeps a message for a browser that is off (RFC 8030, 5.2).

What is urgent is not urgent any more after a day. A correction waits as long as push services keep anything: four weeks
(firebase.google.com/docs/cloud-messaging/customize-messages/setting-message-priority, "time_to_live").
"""

TOKEN_SECONDS = 12 * 3600.0
"""How long a token for a push service is valid; at most 24 hours (RFC 8292, 2)."""

MAX_RETRY_SECONDS = float(DAY)
"""The longest pause that a push service's ``Retry-After`` makes."""

UNPROVEN_OF_ONE, UNPROVEN = 4, 8
"""Messages in flight to a push service that has not answered yet, or not in time, and to all such services together.

Strangers name the endpoints: one that never answers must leave most of the 16 messages in flight to the others.
"""

CROWDED_SECONDS = 1.0
"""When a message is tried again that would be one more of those."""

SILENT = 3
"""Time-outs, and no answer between them, after which a push service is left alone: a minute, doubled with each further one, at most an hour."""

SILENT_SECONDS, LONGEST_SILENT_SECONDS = 60.0, 3600.0

SENDING = Limits(per_second=300, chat_seconds=0.05)
"""No push service documents a rate for Web Push; one that is too fast for it answers 429 (RFC 8030, 8.4), and is left alone for as long as it says."""
