"""Dates as publishers write them."""

from datetime import UTC, datetime

from bot.feeds.dates import plausible, timestamp
from tests.clocks import MONDAY_NOON as NOW
from tests.tables import table

DAY = 86400.0
NOON = "2026-01-05T12:00:00+00:00"


def iso(text: str) -> str | None:
    moment = timestamp(text)
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()


@table("text")
def test_noon(text: str) -> None:
    """All of them say the same.

    Mon, 05 Jan 2026 12:00:00 GMT
    Mon, 5 Jan 26 12:00 UT
    05 January 2026 12:00:00 +0000
    Mon,05 Jan 2026 12:00:00GMT
    Mon, 05-Jan-26 12:00:00 GMT
    Mon Jan  5 12:00:00 2026
    Monday, January 5, 2026 12:00 PM
    Mon, 05 Jan 2026 07:00:00 EST
    Mon, 05 Jan 2026 15:00:00 MSK
    Пн, 05 янв 2026 15:00:00 +0300
    5 января 2026, 15:00 МСК
    Senin, 05 Januari 2026 19:00 WIB
    Sen, 05 Jan 2026 19:00:00 +07:00
    2026-01-05T12:00:00Z
    2026-01-05t19:00:00.123456789+07:00
    2026-01-05 12:00:00
    2026-01-05 15:00:00 MSK
    2026/01/05 19.00 WIB
    2026-1-5T12:00:0Z
    2026-01-05 12:00:00.0 -00:00
    2026.01.05 19:00 +0700
    Mon, 2026/01/05 08:00:00 EDT
    05.01.2026 12:00
    Mon, 5 Jan 2026 12:00:00 Etc/GMT
    Mon Jan 05 15:00:00 MSK 2026
    20260105T120000Z
    """
    assert iso(text) == NOON


@table("text, moment")
def test_others(text: str, moment: str | None) -> None:
    """What can be read is; what cannot is no date.

    Sun, 04 Jan 2026 24:00:00 GMT | 2026-01-05T00:00:00+00:00
    Mon, 05 Jan 2026 | 2026-01-05T00:00:00+00:00
    1 Mei 2026 12:00 AM | 2026-05-01T00:00:00+00:00
    mar, 06 ene 2026 12:00:00 +0100 | 2026-01-06T11:00:00+00:00
    martes, 6 de setiembre de 2022 | 2022-09-06T00:00:00+00:00
    31 Des 2025 23:59:60 WIT | 2025-12-31T15:00:00+00:00
    Thu, 01 Jan 98 00:00:00 GMT | 1998-01-01T00:00:00+00:00
    2026 Jan 5 | 2026-01-05T00:00:00+00:00
    2026-W02-1 | 2026-01-05T00:00:00+00:00
    31.12.2025 | 2025-12-31T00:00:00+00:00
    31.13.2025 | null
    2026-xx-05 | null
    May 2026 | null
    "" | null
    soon | null
    31 Feb 2026 12:00 | null
    05 Jan 2026 77:00 | null
    05/01/2026 12:00 | null
    Mon, 05 Jan 99999 12:00 | null
    2026-13-45T99:99:99Z | null
    """
    assert iso(text) == moment


def test_plausible() -> None:
    """Yesterday's is; the day after tomorrow's, 1970's and 2099's are not; tomorrow's is a mistaken time zone."""
    assert plausible(NOW - DAY, NOW) == NOW - DAY
    assert plausible(NOW + DAY / 2, NOW) == NOW
    assert plausible(NOW + 2 * DAY, NOW) is None
    assert plausible(0.0, NOW) is None
    assert plausible(4_070_908_800.0, NOW) is None
    assert plausible(None, NOW) is None
