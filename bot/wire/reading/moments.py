"""Dates as publishers write them → seconds since 1970. PURE.

RFC 822 with what it has become (RFC 5322 §3.3 and §4.3); RFC 3339, W3C-DTF with parts of a date only, and what else begins with the
year; the months in English, Indonesian, Russian and Hungarian, by full name or their first letters; seconds since 1970.
"""

import re
from datetime import UTC, date, datetime, time

from bot.wire.reading.zones import without_offset, zone_seconds

_MONTHS = (
    ("jan", "янв"),
    ("feb", "peb", "фев"),
    ("mar", "мар", "már"),
    ("apr", "апр", "ápr"),
    ("may", "mei", "мая", "май", "máj"),
    ("jun", "июн", "jún"),
    ("jul", "июл", "júl"),
    ("aug", "agu", "ags", "agt", "авг"),
    ("sep", "сен", "sze"),
    ("oct", "okt", "окт"),
    ("nov", "nop", "ноя"),
    ("dec", "des", "дек"),
)
_MONTH = {start: number for number, starts in enumerate(_MONTHS, start=1) for start in starts}

_MORNING, _AFTERNOON = ("a", "오전", "上午", "午前"), ("p", "오후", "下午", "午後")
_BEFORE = "|".join((*_MORNING[1:], *_AFTERNOON[1:]))
_CLOCK = re.compile(rf"(?:({_BEFORE})\s*|\b|(?<=t))(\d{{1,2}})[:.](\d{{2}})(?::(\d{{1,2}}))?(?:\.\d+)?\s*([ap]\.?m\b)?")
_KOREAN = re.compile("[년월일]|오전|오후")
_KOREAN_HOURS = 9

_WORDS = re.compile(r"[^\W\d_]+")
_DAY = re.compile(r"\b\d{1,2}\b")
_YEAR = re.compile(r"\b\d{4}\b")
_SHORT_DATE = re.compile(r"\b(\d{1,2})[ -]([^\W\d_]+)\.?[ -](\d{2})\b")

_YEAR_FIRST = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?([12]\d{3})\s*[-/.년年]\s*(\d{1,2}|0\d\d(?=-\d)|[^\W\d_]{3,})(?:\s*[-/.월月]\s*(\d{1,2}))?(?!\d)"
)
_YEAR_ALONE = re.compile(r"[12]\d{3}")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.([12]\d{3})(?!\d)")
"""As in Russia; with other signs between the figures nobody knows which is the month."""

_STAMP = re.compile(r"(\d{9,10})(?:\.\d+|\d{3})?")


def moment_in(text: str) -> float | None:
    """The moment that the words name; None where they name none that we can read."""
    text = text.strip()[:100].lower()
    if stamp := _STAMP.fullmatch(text):
        return float(stamp[1])
    try:
        return _stamped(datetime.fromisoformat(text.upper()).replace(microsecond=0))
    except ValueError:
        pass
    try:
        return _as_people_write(text)
    except (ValueError, OverflowError):
        return None


def begins_with_year(text: str) -> bool:
    """Whether nobody but us should guess at it: others put today's month where none is said."""
    return re.match(r"(?:[^\W\d_]+\.?,?\s+)?[12]\d{3}(?!\d)", text.strip()[:100]) is not None


def _as_people_write(text: str) -> float | None:
    day, rest = _in_figures(text)
    clock = _CLOCK.search(rest)
    before, behind = (rest[: clock.start()], rest[clock.end() :]) if clock else (rest, "")
    day = day or _in_words(without_offset(f"{before} {behind}"))
    if day is None:
        return None
    return _stamped(datetime.combine(day, time(), UTC)) + _since_midnight(clock) - _zone(text, behind)


def _stamped(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_figures(text: str) -> tuple[date | None, str]:
    """A date that begins with the year, of which month and day may be missing, or one as in Russia; and what follows it."""
    if found := _YEAR_FIRST.match(text):
        month = int(found[2]) if found[2].isdigit() else _MONTH.get(found[2][:3])
        return (date(int(found[1]), month, int(found[3] or 1)) if month else None), text[found.end() :]
    if found := _DAY_FIRST.match(text):
        return date(int(found[3]), int(found[2]), int(found[1])), text[found.end() :]
    return (date(int(text), 1, 1) if _YEAR_ALONE.fullmatch(text) else None), text


def _in_words(words: str) -> date | None:
    month = next((_MONTH[word[:3]] for word in _WORDS.findall(words) if word[:3] in _MONTH), None)
    day, year = _DAY.search(words), _year(words)
    return None if month is None or day is None or year is None else date(year, month, int(day[0]))


def _year(words: str) -> int | None:
    """Two figures are of the century that RFC 2822 §4.3 says."""
    if found := _YEAR.search(words):
        return int(found[0])
    short = _SHORT_DATE.search(words)
    return None if short is None else int(short[3]) + (2000 if int(short[3]) < 50 else 1900)


def _since_midnight(clock: re.Match[str] | None) -> float:
    if clock is None:
        return 0.0
    hour, half = int(clock[2]), clock[1] or (clock[5] or "")[:1]
    if half:
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    if hour > 24 or int(clock[3]) > 59:
        raise ValueError
    return hour * 3600.0 + int(clock[3]) * 60 + int(clock[4] or 0)


def _zone(text: str, behind: str) -> float:
    """Seconds before Greenwich; a zone that is not named counts as Greenwich's, but in Korean words as Korea's."""
    named = zone_seconds(behind)
    return named if named is not None else _KOREAN_HOURS * 3600.0 if _KOREAN.search(text) else 0.0
