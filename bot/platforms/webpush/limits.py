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

IN_LINE = 32
"""Messages in flight to quick push services, and to all others: those that never took a message, are slow or do not answer.

Strangers name the endpoints. One service has at most half of what the others of its line leave free, so a lone one 16. A lone one waits for nobody.
"""

SLOW_SECONDS, FIRST_SECONDS = 1.0, 4.0
"""From the first on a push service is slow: those of browsers take a tenth of it. The second is the time limit of a message to one that never took
any: 150 that say nothing pass in about 20 seconds."""

TURN_SECONDS, CROWDED_SECONDS, LONGEST_TURN_SECONDS = 0.1, 4.0, 60.0
"""How long a message waits that has no room: as long as the service takes for those before it, each the first at least, together the last at most.

Where it is not quick, the second at least, which is longer than the worker keeps messages in memory: so they leave room for those of others.
"""

SILENT, GIVEN_UP = 3, 32
"""Failures, and no answer between them, after which a push service is left alone, for a minute, doubled with each further one; and those in about
a day, after which there is none where no message was ever taken."""

SILENT_SECONDS, LONGEST_SILENT_SECONDS, LONGEST_UNPROVEN_SECONDS = 60.0, 300.0, 3600.0
"""The first pause, and the longest: of a service that has taken messages, and of one that never took any."""

MAX_OF_AN_ENDPOINT = 3
"""Readers with one endpoint. A browser's endpoint is its own, but it may subscribe again with new keys."""

SENDING = Limits(per_second=300, chat_seconds=0.05, in_flight=2 * IN_LINE)
"""No push service documents a rate for Web Push; one that is too fast for it answers 429 (RFC 8030, 8.4), and is left alone for as long as it says."""
