"""Dates that a publisher may be believed. PURE."""

import re
from datetime import UTC, date, datetime, time

_ZONES = (
    (0, "ut utc gmt wet z"),
    (-4, "edt at"),
    (-5, "est cdt et"),
    (-6, "cst mdt ct"),
    (-7, "mst pdt mt"),
    (-8, "pst pt"),
    (1, "bst cet met"),
    (2, "cest mest eet"),
    (3, "eest msk мск"),
    (7, "wib ict"),
    (8, "wita sgt hkt myt pht"),
    (9, "wit jst kst"),
    (10, "aest"),
    (11, "aedt"),
)
"""RFC 822 §5.1, those of Indonesia and Russia, and such as mean one thing alone; "ET" stands for "EST", as its owners write it."""


_HOURS = {name: hours for hours, names in _ZONES for name in names.split()}


_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})(?!\d)")


_ZONE_WORDS = re.compile(r"[^\W\d_]+")


def zone_seconds(behind: str) -> float | None:
    """Seconds before Greenwich, by what stands behind a clock, in small letters; None where that names no zone we know."""
    if found := _OFFSET.search(behind):
        seconds = int(found[2]) * 3600 + int(found[3]) * 60
        return float(seconds if found[1] == "+" else -seconds)
    return next((_HOURS[word] * 3600.0 for word in _ZONE_WORDS.findall(behind) if word in _HOURS), None)


def without_offset(text: str) -> str:
    """The text without an offset, whose figures might be taken for a day."""
    return _OFFSET.sub(" ", text)


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


_FIRST = datetime(1995, 1, 1, tzinfo=UTC).timestamp()
"""Before that there were no feeds: an older date is a slip, as 1970 is."""


_AHEAD_SECONDS = 24 * 3600.0
"""A date so far ahead may be a time zone mistaken; a later one says nothing."""


def believed(published: float | None, now: float) -> float | None:
    """The moment an item was published, never after ``now``; None where what it says cannot be right. Seconds since 1970."""
    if published is None or not _FIRST <= published <= now + _AHEAD_SECONDS:
        return None
    return min(published, now)
