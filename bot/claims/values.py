"""Text → the values in it: numbers, money, percentages, dates and durations, in digits and in words. PURE."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from bot.claims.words import DAYS, NOTHING, WordLists

ValueKind = Literal["money", "percent", "date", "duration", "number"]

_SIGN = r"[$¢£¤¥฿₠-⃏]"
_TOKEN = re.compile(
    rf"(?<!\d)[1-9]\d{{0,2}}(?: \d{{3}})+(?:[.,]\d{{1,2}})?(?!\d)|\d+(?:[.,]\d+)*|[^\W\d_]{{1,3}}{_SIGN}|[^\W\d_]+|[^\w\s]"
)
_CURRENCY_SIGN = re.compile(rf"[^\W\d_]*{_SIGN}")
"""A currency sign (Unicode's category Sc), with the letters that say whose it is ("S$", "R$")."""

_MATHS = r"[+<=>~^¬±×÷←-⇿∀-∑∓-⋿⟀-⟿⤀-⫿]"
_UNREAD_BEFORE = re.compile(rf"{_MATHS}[^\w\s]*\s*$|(?:(?<![\w)\]])[-−–‐]|(?<![\w.,])[.,]|[#@%])$")
"""What changes the number behind it. A dash is a minus only where it touches the number and nothing before it: not in "4-6", "ke-3", "a - 5"."""

_UNREAD_BEHIND = re.compile(
    rf"\s*[^\w\s~^]*?(?![~^]){_MATHS}(?!(?<=[^\W\d_]\s\+)\s[^\W\d_])|(?<=\d)(?:{_MATHS}|[‰‱°′″]|['·/:*](?=\d))"
)
"""What changes the number before it. A plus for "and" does not: "lasts 5 years + covers six programmes"."""

_PLUS_BEHIND_WORD = re.compile(r"(?<=[^\W\d_])\++(?![\w+])")
"""The plus of "5 years+", and of "6 programmes+"."""

_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?")
"""10,00,000 is a million, as the languages of India group it."""

_GROUPED_WITH_DECIMALS = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*(?!\1)[.,]\d{1,2}")
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<![\d.,])(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>(?:19|20)\d\d)(?!\d)")
_YEAR = re.compile(r"(?<![\d.,])(?P<year>1[6-9]\d\d|20\d\d)(?:/(?P<school>\d\d))?(?![\d,./]\d|\d)")
"""A year, or one of school ("2026/27")."""

SAMPLES = tuple(date(1987, month, 21) for month in range(1, 13))
"""A day of each month. How a language prints them shows how it prints any day."""

_LONGEST_UNIT = 4
"""Words and signs of a unit: the pound of Egypt has two letters with a full stop behind each."""

_SINGLE = 1
"""A scale of one letter ("95k", "3m") must touch its number."""

_FORM = 3
"""The most letters that another form of a scale has more than the scale, which has more letters than these."""

_MODERN = "1900"
"""An earlier number is a year only behind one of the language's words for it."""

_KEPT = 32
"""Texts whose values are cached, because those of one message are requested several times."""

_DASHES = frozenset("-–—")
_COUNTING = 2
"""A word for 1 of more letters counts something ("one site"); "a" and "an" do not."""

_SIGN_SCALES = {"k": 1e3, "m": 1e6, "md": 1e9, "mds": 1e9, "mrd": 1e9, "bn": 1e9}
"""What may stand before a currency's sign, in one word with it ("52,5 M€")."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text.

    Attributes:
        kind: what it is a value of.
        low, high: the ends of a range, equal for a single value. In units of the currency, percent or days; 0 for a date.
        start, end: its position in the normalised text.
        currency: the ISO 4217 code, or a sign that is not in the language's lists; "" if none is written.
        year, month, day: the parts of a date; 0 for a missing part.
        weekday: 0 (Monday) to 6; -1 if it is missing.
        unit: the length in days of a duration's unit.
        month_first: whether a date of numbers may have its month first, because 02/04/2025 is 4 February to some and 2 April to others.
    """

    kind: ValueKind
    low: float
    high: float
    start: int
    end: int
    currency: str = ""
    year: int = 0
    month: int = 0
    day: int = 0
    weekday: int = -1
    unit: float = 1.0
    month_first: bool = False


_Token = re.Match[str]


@dataclass(frozen=True, slots=True)
class _Number:
    """A number, and the place of the token behind it."""

    value: float
    after: int
    scale: float = 1.0


class ValueReader:
    """Reads the values in texts of one language, which are normalised by :func:`~bot.claims.words.normal`."""

    def __init__(self, lists: WordLists, labels: Iterable[str] = (), printed: Sequence[str] = ()) -> None:
        """``labels``: words with digits that are not values, such as "5g". ``printed``: how the language prints :data:`SAMPLES`, in order."""
        self.lists = lists
        self._labels = (
            re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(labels))) + r")(?!\w)") if labels else NOTHING
        )
        year_words = [word for word, days in lists.durations.items() if days == DAYS["year"]]
        months, weekdays, ordinals, particles, years = (
            "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) or r"(?!)"
            for words in (lists.months, lists.weekdays, lists.ordinals, lists.particles, year_words)
        )
        before = rf"(?:(?<!\w)(?P<weekday>{weekdays})\.?,?\s+)?"
        day = rf"(?<![\d.,])(?P<day>\d{{1,2}})(?:\.|-?(?:{ordinals})(?!\w))?"
        month = rf"(?<!\w)(?P<month>{months})\.?"
        year = rf"(?:,?\s+(?:(?:{particles})\s+)?(?P<year>(?:1[6-9]|20)\d\d)(?!\d)(?:\s*(?:{years})\b\.?)?)"
        self._dated = re.compile(rf"{before}{day}\s+(?:(?:{particles})\s+)?{month}(?!\w){year}?")
        self._month_first = re.compile(rf"{before}{month}\s+{day}(?![\d.,]\d|\d){year}?")
        self._month_year = re.compile(rf"{month}{year}")
        self._cached = lru_cache(maxsize=_KEPT)(self._read)
        self._telling = frozenset((*lists.numbers, *lists.one, *lists.scales))
        self._long_scales = [scale for scale in lists.scales if len(scale) > _FORM]
        self._units = frozenset((*lists.scales, *lists.durations, *lists.currencies, *lists.percent))
        self._printed: list[tuple[re.Pattern[str], int]] = []
        self._printed = [
            (_as_printed(text), sample.month)
            for text, sample in zip(printed, SAMPLES, strict=False)
            if [day_of(value) for value in self._dates(text)] != [sample]
        ]

    def read(self, text: str) -> list[Value]:
        """The values, in order and without overlaps."""
        return list(self._cached(text))

    def _read(self, text: str) -> list[Value]:
        text = self._labels.sub(lambda match: "x" * len(match[0]), text)
        tokens = [*_TOKEN.finditer(text)]
        if not any(token[0] in self._telling or token[0][0].isdecimal() for token in tokens):
            return []
        values = list(self._dates(text))
        values += self._counted(tokens, values)
        return sorted(values, key=lambda value: value.start)

    def _dates(self, text: str) -> Iterator[Value]:
        taken: list[tuple[int, int]] = []
        for pattern, month in self._printed:
            for m in pattern.finditer(text):
                if value := self._date(pattern, m, month):
                    taken.append((m.start(), m.end()))
                    yield value
        for pattern in (_ISO, _DAY_FIRST, self._dated, self._month_first, self._month_year, _YEAR):
            for m in pattern.finditer(text):
                if any(m.start() < end and start < m.end() for start, end in taken):
                    continue
                value = self._date(pattern, m)
                if not (pattern is _YEAR and self._counts(text, m)):
                    taken.append((m.start(), m.end()))
                    yield from [value] if value else ()

    def _date(self, pattern: re.Pattern[str], m: re.Match[str], month: int = 0) -> Value | None:
        parts = {name: part or "" for name, part in m.groupdict().items()}
        year, day = int(parts.get("year") or 0), int(parts.get("day") or 0)
        if school := parts.get("school"):  # a year of school is none of the two; "2025/07" is nothing
            of_school = Value("number", year, year + 1, m.start(), m.end())
            return of_school if int(school) == (year + 1) % 100 else None
        month = month or self.lists.months.get(parts.get("month", "")) or int(parts.get("month") or 0)
        if pattern is _DAY_FIRST and month > 12 >= day:
            month, day = day, month
        has_zero = (parts.get("month") and not month) or (parts.get("day") and not day)
        if has_zero or month > 12 or day > (monthrange(year or 2024, month)[1] if month else 31):
            return None
        month_first = pattern is _DAY_FIRST and self.lists.month_first and max(month, day) <= 12
        weekday = self.lists.weekdays.get(parts.get("weekday", ""), -1)
        return Value("date", 0, 0, m.start(), m.end(), "", year, month, day, weekday, month_first=month_first)

    def _counts(self, text: str, m: re.Match[str]) -> bool:
        """Whether a number that looks like a year counts something."""
        before, after = text[: m.start()].rstrip(), re.match(r"\s*([^\W\d_]+|%)", text[m.end() :])
        unit = after[1] if after else ""
        if m[1] < _MODERN and before.rpartition(" ")[2] not in self.lists.before_year:
            return True
        is_of_year = self.lists.durations.get(unit) == DAYS["year"] or (
            unit.isalpha() and len(unit) == _SINGLE and unit not in self.lists.currencies
        )
        sign = re.search(r"[^\W\d_]*[^\w\s]?$", before)
        return (unit in self._units and not is_of_year) or bool(sign and self._currency(sign[0]))

    def _counted(self, tokens: Sequence[_Token], taken: Sequence[Value]) -> Iterator[Value]:
        place = 0
        while place < len(tokens):
            value, after = self._value_at(tokens, place)
            if value and not any(other.start < value.end and value.start < other.end for other in taken):
                yield value
                place = after
            else:
                place += 1

    def _value_at(self, tokens: Sequence[_Token], place: int) -> tuple[Value | None, int]:
        """The value of a number or range with the unit before or behind it, and the place behind them."""
        first = self._number_at(tokens, place)
        if first is None:
            return None, place + 1
        last, currency = self._range_end(tokens, first)
        low = _low_end(first, last)
        start, end, after = tokens[place].start(), tokens[last.after - 1].end(), last.after
        before = tokens[place - 1] if place else None
        unit, unit_end = self._unit_at(tokens, after)
        if unit in self.lists.percent:
            return Value("percent", low, last.value, start, unit_end), self._next(tokens, unit_end)
        if before and self._is_percent_before(tokens, place - 1):  # Turkish prints %45
            return Value("percent", low, last.value, before.start(), end), after
        if before and (of_sign := self._currency(before[0])):
            currency, start = of_sign if currency in ("", of_sign) else of_sign + currency, before.start()
        elif not currency and (of_unit := self._currency(unit)):
            currency, end, after = of_unit, unit_end, self._next(tokens, unit_end)
            if (scale := _SIGN_SCALES.get(unit[:-1])) and (of_sign := self._currency(unit[-1])):  # "52,5 M€"
                low, last, currency = low * scale, replace(last, value=last.value * scale), of_sign
        if currency:
            return Value("money", low, last.value, start, end, currency=currency), after
        if unit in self.lists.durations:
            days = self.lists.durations[unit]
            value = Value("duration", low * days, last.value * days, start, unit_end, unit=days)
            return self._with_rest(tokens, value, self._next(tokens, unit_end))
        return Value("number", low, last.value, start, end), after

    def _with_rest(self, tokens: Sequence[_Token], value: Value, place: int) -> tuple[Value, int]:
        """A duration with the smaller units behind it: "two years and three months"."""
        at = place + (place < len(tokens) and tokens[place][0] in self.lists.joints)
        rest, after = self._value_at(tokens, at)
        if rest is None or rest.kind != "duration" or rest.unit >= value.unit or rest.low < rest.high:
            return value, place
        return replace(rest, low=value.low + rest.low, high=value.high + rest.high, start=value.start), after

    def _is_percent_before(self, tokens: Sequence[_Token], place: int) -> bool:
        """Whether a token says that the number behind it is a share. A sign touches that number, and no number before it."""
        if tokens[place][0] not in self.lists.percent:
            return False
        is_behind_number = self._is_glued(tokens, place) and tokens[place - 1][0][-1].isdecimal()
        return tokens[place][0].isalpha() or (self._is_glued(tokens, place + 1) and not is_behind_number)

    def _currency(self, unit: str) -> str:
        """The ISO 4217 code of a currency; an unknown sign itself, which no fact has; "" if ``unit`` is not a currency."""
        return self.lists.currencies.get(unit) or (unit if _CURRENCY_SIGN.fullmatch(unit) else "")

    def _unit_at(self, tokens: Sequence[_Token], place: int) -> tuple[str, int]:
        """The unit at a position, behind a hyphen ("five-year"), and its end."""
        if place + 1 < len(tokens):
            is_particle = tokens[place][0] in self.lists.particles and self._currency(tokens[place + 1][0])
            place += tokens[place][0] in _DASHES or bool(is_particle)  # "millones de euros"
        if place >= len(tokens):
            return "", 0
        word = tokens[place]
        for length in range(_LONGEST_UNIT, 1, -1):
            phrase = " ".join(token[0] for token in tokens[place : place + length])
            if phrase in self.lists.percent or phrase in self.lists.currencies:
                return phrase, tokens[min(place + length, len(tokens)) - 1].end()
        return word[0], word.end()

    @staticmethod
    def _next(tokens: Sequence[_Token], end: int) -> int:
        return next((at for at, token in enumerate(tokens) if token.start() >= end), len(tokens))

    def _range_end(self, tokens: Sequence[_Token], first: _Number) -> tuple[_Number, str]:
        """The second number of a range, and a currency between the two; the first number if there is no range."""
        place, currency = first.after, ""
        if place < len(tokens) and (of_sign := self._currency(tokens[place][0])):
            currency, place = of_sign, place + 1
        if place + 1 >= len(tokens):
            return first, ""
        joint = tokens[place][0]
        if joint not in _DASHES and joint not in self.lists.range:
            return first, ""
        place += 1
        if of_sign := self._currency(tokens[place][0]):  # "€6-$10" is in no currency
            currency, place = of_sign if currency in ("", of_sign) else currency + of_sign, place + 1
        last = self._number_at(tokens, place)
        return (last, currency) if last and _low_end(first, last) < last.value else (first, "")

    def _number_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        if place >= len(tokens):
            return None
        number = (self._digits_at if tokens[place][0][0].isdecimal() else self._spelt_at)(tokens, place)
        behind = tokens[number.after][0] if number and number.after < len(tokens) else ""
        return None if self._inflects_scale(behind) else number

    def _inflects_scale(self, word: str) -> bool:
        """Whether a word is a form of a scale that the lists do not have ("4 ribuan"), so that the number before it is not the whole."""
        is_form = any(0 < len(word) - len(scale) <= _FORM and word.startswith(scale) for scale in self._long_scales)
        return is_form and word not in self._units and word not in self.lists.numbers

    def _digits_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        beside = ((place, place - 1, self.lists.currencies), (place + 1, place + 1, self._units))
        figure, scale, after = _figure(tokens[place][0]), 1.0, place + 1
        if figure is None or any(
            self._is_glued(tokens, joint) and tokens[at][0].isalpha() and tokens[at][0] not in known
            for joint, at, known in beside
        ):
            return None
        after += self._joins_scale(tokens, after)
        while after < len(tokens) and tokens[after][0] in self.lists.scales:
            if len(tokens[after][0]) == _SINGLE and not self._is_glued(tokens, after):
                break
            scale *= self.lists.scales[tokens[after][0]]
            after += 1
            if after < len(tokens) and tokens[after][0] == "." and len(tokens[after - 1][0]) <= 4:
                after += after + 1 < len(tokens) and tokens[after + 1][0] in self._units  # "300 тыс. рупий"
                break
        return _Number(figure * scale, after, scale)

    def _joins_scale(self, tokens: Sequence[_Token], place: int) -> bool:
        """Whether a hyphen joins a number and its scale ("2-billion")."""
        is_joint = self._is_glued(tokens, place) and self._is_glued(tokens, place + 1) and tokens[place][0] in _DASHES
        return is_joint and tokens[place + 1][0] in self.lists.scales and len(tokens[place + 1][0]) > _SINGLE

    @staticmethod
    def _is_glued(tokens: Sequence[_Token], place: int) -> bool:
        """Whether a token stands directly behind the one before it."""
        return 0 < place < len(tokens) and tokens[place].start() == tokens[place - 1].end()

    def _spelt_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        """A number in words: "thirty-seven", "dua puluh lima ribu", «двести сорок»."""
        total = current = 0.0
        after, read, scale, only_one = place, 0, 1.0, True
        while after < len(tokens):
            word = tokens[after][0]
            following = tokens[after + 1][0] if after + 1 < len(tokens) else ""
            if (word in _DASHES and current >= 20 and following in self.lists.numbers) or (
                read and self._joins_scale(tokens, after)
            ):
                after += 1
                continue
            if word in self.lists.teen and 0 < current < 10 and read:
                current += 10
            elif word in self.lists.scales and read and len(word) > _SINGLE:
                size = self.lists.scales[word]
                only_one = False
                if size <= 100:
                    current = _scaled(current, size)
                else:
                    total, current, scale = total + (current or 1.0) * size, 0.0, size
            elif word in self.lists.one and following in self.lists.scales and not read:
                current = 1.0
            elif word in self.lists.numbers and _continues(current, self.lists.numbers[word], read):
                current, only_one = current + self.lists.numbers[word], False
            else:
                break
            read += 1
            after += 1
        if not read or only_one:
            return self._one_at(tokens, place)
        return _Number(total + current, after, scale)

    def _one_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        """A word for 1 that counts something: "one site" and "a year", but not "a site"."""
        following = tokens[place + 1][0] if place + 1 < len(tokens) else ""
        is_whole = len(tokens[place][0]) > _COUNTING or following in self.lists.durations
        counts = tokens[place][0] in self.lists.one and following.isalpha() and is_whole
        return _Number(1.0, place + 1) if counts else None

    def signs(self, text: str, values: Iterable[Value]) -> list[tuple[str, int]]:
        """The signs that may change what a number in the text means, and that its value does not include, with their positions."""
        found: list[tuple[str, int]] = []
        end = 0
        for value in values:
            before, behind = _UNREAD_BEFORE.search(text[end : value.start]), _UNREAD_BEHIND.match(text, value.end)
            found += [(sign[0].strip(), at) for sign, at in ((before, value.start), (behind, value.end)) if sign]
            found += [(plus[0], plus.start()) for plus in _PLUS_BEHIND_WORD.finditer(text, end, value.start)]
            end = value.end
        return found + [(plus[0], plus.start()) for plus in _PLUS_BEHIND_WORD.finditer(text, end)]


def as_unit(text: str) -> str:
    """The words and signs of a unit, as :class:`ValueReader` compares them: with a space between each and the next."""
    return " ".join(_TOKEN.findall(text))


def _as_printed(sample: str) -> re.Pattern[str]:
    """Matches any day and year that are printed as a sample is, also without its full stops, which may end sentences ("2026. november 1.")."""
    named = (
        re.escape(sample)
        .replace(r"\.", r"\.?")
        .replace("1987", r"(?P<year>\d{4})", 1)
        .replace("21", r"(?P<day>\d{1,2})", 1)
    )
    return re.compile(rf"(?<![\w.,]){named}(?!\w)")


def _low_end(first: _Number, last: _Number) -> float:
    """The first number of a range: that of "95–160 thousand" is 95,000."""
    scaled = first.value * last.scale
    return scaled if first.scale == 1 and scaled <= last.value else first.value


def _scaled(current: float, size: float) -> float:
    """The number with its last digit multiplied by ten or a hundred: "dua ratus tiga puluh"."""
    last = current % 10 if size == 10 else current % 100 if current >= 100 else current
    return current - last + (last or 1.0) * size


def _continues(current: float, word: float, read: int) -> bool:
    """Whether a number word continues the number before it: "twenty five", but not "five five"."""
    if not read:
        return True
    if word < 10:
        return current % 10 == 0
    if word < 100:
        return current >= 100 and current % 100 == 0
    return current == 0


def _figure(text: str) -> float | None:
    """The number: "86.4" and "86,4" → 86.4; "95.000" → 95000; None if it is no number: "19.06.25"."""
    text = text.replace(" ", "")
    if _GROUPED.fullmatch(text) and not text.startswith("0"):
        return float(re.sub("[.,]", "", text))
    if _INDIAN.fullmatch(text):
        return float(text.replace(",", ""))
    *groups, decimals = re.split("[.,]", text) if re.search("[.,]", text) else (text, "")
    is_slip = len(decimals) > 3 and float(groups[0])  # "30.0000"
    if is_slip or (len(groups) > 1 and not _GROUPED_WITH_DECIMALS.fullmatch(text)):
        return None
    return float(f"{''.join(groups)}.{decimals or 0}")


def day_of(value: Value) -> date | None:
    """The day; None if a part of the date is missing."""
    return date(value.year, value.month, value.day) if value.year and value.month and value.day else None
