"""Dates as publishers in Indonesia, Russia and elsewhere write them.

feedparser knows neither Indonesian, Russian and Spanish months nor WIB and MSK, and reads 2026/11/24 as 1 November. :func:`date_handler`
is registered with it and runs before its own handlers, which read the other dates.
"""

import re
import time
from datetime import UTC, date, datetime
from datetime import time as clock_time
from functools import cache

from babel import Locale

from bot.languages import SPOKEN, records

_ZONES = (
    (0, "ut utc gmt z"),
    (-4, "edt"),  # RFC 822 §5.1
    (-5, "est cdt"),
    (-6, "cst mdt"),
    (-7, "mst pdt"),
    (-8, "pst"),
    (1, "cet"),
    (2, "cest eet"),
    (3, "eest"),
    (8, "sgt"),
    (9, "jst"),
)
_HOURS = {name: hours for hours, names in _ZONES for name in names.split()}
_HOURS |= {name: hours for each in records() for name, hours in each.clocks.items()}
"""Zone name → hours before Greenwich."""

_YEAR_FIRST = re.compile(r"(?:[^\W\d_]+,?\s+)?(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?:[^\W\d_]+,?\s+)?(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
"""Not with slashes instead of dots: then either number may be the month."""

_CLOCK = re.compile(r"(?:\b|(?<=t))(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap])?(?:\.?m\b)?")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_DAY = re.compile(r"\b\d{1,2}\b")
_YEAR = re.compile(r"\b\d{4}\b")
_SHORT_YEAR = re.compile(r"\b\d{1,2}[ -][^\W\d_]+\.?[ -](\d{2})\b")

_FIRST_FEEDS = datetime(1995, 1, 1, tzinfo=UTC).timestamp()
_AHEAD_SECONDS = 24 * 3600.0


@cache
def _months() -> dict[str, int]:
    """First three letters → month."""
    return {
        name.lower()[:3]: number
        for language in SPOKEN
        for context in ("format", "stand-alone")
        for number, name in Locale(language).months[context]["wide"].items()
    } | {letters: month for each in records() for letters, month in each.spellings.items()}


def date_handler(text: str) -> time.struct_time | None:
    """For ``feedparser.registerDateHandler``: the date in UTC; None leaves it to feedparser's own handlers."""
    moment = timestamp(text)
    return None if moment is None else time.gmtime(moment)


def timestamp(text: str) -> float | None:
    """Seconds since 1970; None if the text is not a date that we know. Without a zone, UTC is assumed."""
    text = text.strip()[:100].lower()
    try:
        moment = datetime.fromisoformat(text.upper()).replace(microsecond=0)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        pass
    try:
        day, rest = _numeric_date(text)
        clock = _CLOCK.search(rest)
        before, after = (rest[: clock.start()], rest[clock.end() :]) if clock else (rest, "")
        day = day or _named_date(_OFFSET.sub(" ", f"{before} {after}"))
        if day is None:
            return None
        return datetime.combine(day, clock_time(), UTC).timestamp() + _seconds_of_day(clock) - _zone_seconds(after)
    except (ValueError, OverflowError):  # no such day
        return None


def plausible(published: float | None, now: float) -> float | None:
    """When an item was published, at most ``now``; None if its date is before 1995 or over a day ahead.

    A date less than a day ahead usually has a wrong time zone.
    """
    if published is None or not _FIRST_FEEDS <= published <= now + _AHEAD_SECONDS:
        return None
    return min(published, now)


def _numeric_date(text: str) -> tuple[date | None, str]:
    """The date at the beginning of the text, and the rest of the text."""
    if match := _YEAR_FIRST.match(text):
        return date(int(match[1]), int(match[2]), int(match[3])), text[match.end() :]
    if match := _DAY_FIRST.match(text):
        return date(int(match[3]), int(match[2]), int(match[1])), text[match.end() :]
    return None, text


def _named_date(text: str) -> date | None:
    # the last word of a month, because «mar» is Tuesday in «mar, 06 ene 2026»
    month = next((_months()[word[:3]] for word in reversed(_WORD.findall(text)) if word[:3] in _months()), None)
    day, year = _DAY.search(text), _year(text)
    return None if month is None or day is None or year is None else date(year, month, int(day[0]))


def _year(text: str) -> int | None:
    if match := _YEAR.search(text):
        return int(match[0])
    short = _SHORT_YEAR.search(text)
    return None if short is None else int(short[1]) + (2000 if int(short[1]) < 50 else 1900)  # RFC 2822 §4.3


def _seconds_of_day(clock: re.Match[str] | None) -> float:
    if clock is None:
        return 0.0
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        hour = hour % 12 + (12 if clock[4] == "p" else 0)
    if hour > 24 or minute > 59:
        raise ValueError
    return hour * 3600.0 + minute * 60 + second


def _zone_seconds(text: str) -> float:
    """Seconds before Greenwich by the offset or the zone's name after the clock."""
    if match := _OFFSET.search(text):
        seconds = int(match[2]) * 3600.0 + int(match[3]) * 60
        return seconds if match[1] == "+" else -seconds
    return next((_HOURS[word] * 3600.0 for word in _WORD.findall(text) if word in _HOURS), 0.0)
