"""Dates as publishers write them."""

from datetime import UTC, datetime

import pytest

from bot.feeds.dates import moment_in
from bot.feeds.parser import read
from tests.feeds.hostile import item, rss

NOON = "2026-01-05T12:00:00+00:00"


def said(text: str) -> str | None:
    moment = moment_in(text)
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 05 Jan 2026 12:00:00 GMT",
        "Mon, 5 Jan 26 12:00 UT",
        "05 January 2026 12:00:00 +0000",
        "Mon,05 Jan 2026 12:00:00GMT",
        "Mon, 05-Jan-26 12:00:00 GMT",
        "Mon Jan  5 12:00:00 2026",
        "Monday, January 5, 2026 12:00 PM",
        "Mon, 05 Jan 2026 07:00:00 EST",
        "Mon, 05 Jan 2026 15:00:00 MSK",
        "Пн, 05 янв 2026 15:00:00 +0300",
        "5 января 2026, 15:00 МСК",
        "Senin, 05 Januari 2026 19:00 WIB",
        "Sen, 05 Jan 2026 19:00:00 +07:00",
        "2026-01-05T12:00:00Z",
        "2026-01-05t19:00:00.123456789+07:00",
        "2026-01-05 12:00:00",
        "2026-01-05 15:00:00 MSK",
        "2026-1-5T12:00:0Z",
        "2026-01-05 12:00:00.0 -00:00",
        "2026-001-05T12:00:00+00:00",
        "2026-Jan-05T7:00-05:00",
        "2026.01.05 19:00 +0700",
        "Mon, 2026/01/05 08:00:00 EDT",
        "05.01.2026 12:00",
        "Mon, 5 Jan 2026 13:00 MET",
        "Mon, 5 Jan 2026 12:00:00 Etc/GMT",
        "Mon Jan 05 15:00:00 MSK 2026",
        "2026-01-05 오후 9:00:00",
        "2026년 01월 05일 21:00:00",
        "2026年1月5日 12:00",
        "20260105T120000Z",
        "1767614400",
        "1767614400000",
        "1767614400.25",
    ],
)
def test_noon(text: str) -> None:
    """All of them say the same."""
    assert said(text) == NOON


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 04 Jan 2026 24:00:00 GMT", "2026-01-05T00:00:00+00:00"),
        ("Mon, 05 Jan 2026", "2026-01-05T00:00:00+00:00"),
        ("1 Mei 2026 12:00 AM", "2026-05-01T00:00:00+00:00"),
        ("31 Des 2025 23:59:60 WIT", "2025-12-31T15:00:00+00:00"),
        ("Thu, 01 Jan 98 00:00:00 GMT", "1998-01-01T00:00:00+00:00"),
        ("2026 Jan 5", "2026-01-05T00:00:00+00:00"),
        ("2026-01", "2026-01-01T00:00:00+00:00"),
        ("2026", "2026-01-01T00:00:00+00:00"),
        ("2026-W02-1", "2026-01-05T00:00:00+00:00"),
        ("31.12.2025", "2025-12-31T00:00:00+00:00"),
        ("31.13.2025", None),
        ("2026-xx-05", None),
        ("May 2026", None),
        ("", None),
        ("soon", None),
        ("31 Feb 2026 12:00", None),
        ("05 Jan 2026 77:00", None),
        ("05/01/2026 12:00", None),
        ("Mon, 05 Jan 99999 12:00", None),
        ("2026-13-45T99:99:99Z", None),
    ],
)
def test_others(text: str, moment: str | None) -> None:
    """What can be read is; what cannot is no date."""
    assert said(text) == moment


def test_in_a_feed() -> None:
    """Whatever feedparser makes of it."""
    found = read(rss(item("A", "<pubDate>Sen, 05 Jan 2026 19:00:00 WIB</pubDate>")).encode())
    assert [each.published for each in found.items] == [datetime.fromisoformat(NOON).timestamp()]


@pytest.mark.parametrize("text", ["2026-xx-05", "2026 \u2013", "2026-02-30T10:00:00Z"])
def test_half_a_date(text: str) -> None:
    """Feedparser would put today's month where none is said: a date that changes from month to month."""
    assert [each.published for each in read(rss(item("A", f"<pubDate>{text}</pubDate>")).encode()).items] == [None]
