"""Dates as publishers write them → seconds since 1970. PURE.

RFC 822 with what it has become (RFC 5322 §3.3 and §4.3), the months in English, Indonesian and Russian, by full name or their
first letters, and the zones that newsrooms of the three go by; or RFC 3339.
"""

import re
from datetime import UTC, datetime

_MONTHS = (
    ("jan", "янв"),
    ("feb", "peb", "фев"),
    ("mar", "мар"),
    ("apr", "апр"),
    ("may", "mei", "мая", "май"),
    ("jun", "июн"),
    ("jul", "июл"),
    ("aug", "agu", "ags", "agt", "авг"),
    ("sep", "сен"),
    ("oct", "okt", "окт"),
    ("nov", "nop", "ноя"),
    ("dec", "des", "дек"),
)
_MONTH = {start: number for number, starts in enumerate(_MONTHS, start=1) for start in starts}

_ZONES = (
    (0, "ut utc gmt z"),
    (-4, "edt"),
    (-5, "est cdt"),
    (-6, "cst mdt"),
    (-7, "mst pdt"),
    (-8, "pst"),
    (1, "bst cet"),
    (2, "cest eet"),
    (3, "eest msk мск"),
    (7, "wib"),
    (8, "wita sgt"),
    (9, "wit jst"),
)
_HOURS = {name: hours for hours, names in _ZONES for name in names.split()}
"""Zone → its hours before Greenwich; an unknown one counts as Greenwich's."""

_CLOCK = re.compile(r"\b(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap]\.?m\b)?", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})\b")
_WORDS = re.compile(r"[^\W\d_]+")
_DAY = re.compile(r"\b\d{1,2}\b")
_YEAR = re.compile(r"\b\d{4}\b")
_SHORT_DATE = re.compile(r"\b(\d{1,2})[ -]([^\W\d_]+)\.?[ -](\d{2})\b")


def moment_in(text: str) -> float | None:
    """The moment that the words name; None where they name none that we can read."""
    try:
        return _in_figures(text.strip()) if "-" in text[:5] or text[:4].isdigit() else _in_words(text[:100].lower())
    except (ValueError, OverflowError):
        return None


def _in_figures(text: str) -> float:
    moment = datetime.fromisoformat(text).replace(microsecond=0)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_words(text: str) -> float | None:
    clock = _CLOCK.search(text)
    date = f"{text[: clock.start()]} {text[clock.end() :]}" if clock else text
    date, zone = _OFFSET.sub(" ", date), _zone(text[clock.end() :] if clock else "")
    month = next((_MONTH[word[:3]] for word in _WORDS.findall(date) if word[:3] in _MONTH), None)
    day, year = _DAY.search(date), _year(date)
    if month is None or day is None or year is None:
        return None
    midnight = datetime(year, month, int(day[0]), tzinfo=UTC).timestamp()
    return midnight + _since_midnight(clock) - zone


def _year(date: str) -> int | None:
    """Two figures are of the century that RFC 2822 §4.3 says."""
    if found := _YEAR.search(date):
        return int(found[0])
    short = _SHORT_DATE.search(date)
    return None if short is None else int(short[3]) + (2000 if int(short[3]) < 50 else 1900)


def _since_midnight(clock: re.Match[str] | None) -> float:
    if clock is None:
        return 0.0
    hour, half = int(clock[1]), (clock[4] or "")[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 24 or int(clock[2]) > 59:
        raise ValueError
    return hour * 3600.0 + int(clock[2]) * 60 + int(clock[3] or 0)


def _zone(behind: str) -> float:
    """Seconds before Greenwich, by what stands behind the clock."""
    if found := _OFFSET.search(behind):
        seconds = int(found[2]) * 3600 + int(found[3]) * 60
        return float(seconds if found[1] == "+" else -seconds)
    return next((_HOURS[word] * 3600.0 for word in _WORDS.findall(behind) if word in _HOURS), 0.0)
