"""Text → the values in it: numbers, money, percentages, dates and durations, in digits and in words. PURE."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from bot.claims.words import NOTHING, WordLists, one_of

ValueKind = Literal["money", "percent", "date", "duration", "number", "rank"]
Bound = Literal["", "over", "under", "min", "max", "almost", "from"]

_SIGN = r"[$¢£¤¥฿₠-⃏]"
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[^\W\d_]{{1,3}}{_SIGN}|[^\W\d_]+|[^\w\s]")
_CURRENCY_SIGN = re.compile(rf"[^\W\d_]*{_SIGN}")
"""A currency sign (Unicode's category Sc), with the letters that say whose it is ("S$", "R$")."""

_MATHS = r"[+<=>~^¬±×÷←-⇿∀-∑∓-⋿⟀-⟿⤀-⫿]"
_SIGNS: dict[str, str] = (
    {">": "over", "<": "under", "=": "exactly"}
    | dict.fromkeys(("≥", "⩾", "≧", ">="), "min")
    | dict.fromkeys(("≤", "⩽", "≦", "<="), "max")
    | dict.fromkeys(("~", "≈", "∼", "≃", "≅", "±", "+/-"), "about")
)
"""Sign before a number → the bound that it is, in any language. Each other sign is an unexplained word (:meth:`ValueReader.signs`)."""

_SIGN_BEFORE = re.compile(r"(?P<sign>[^\w\s\"'“„«(\[*]+)(?P<space>\s*)$")
_UNREAD_BEFORE = re.compile(rf"{_MATHS}[^\w\s]*\s*$|(?:(?<![\w)\]])[-−–‐]|(?<![\w.,])[.,]|[#@%])$")
"""What changes the number behind it. A dash is a minus only where it touches the number and nothing before it: not in "4-6", "ke-3", "a - 5"."""

_UNREAD_BEHIND = re.compile(
    rf"\s*[^\w\s~^]*?(?![~^]){_MATHS}(?!(?<=[^\W\d_]\s\+)\s[^\W\d_])|(?<=\d)(?:{_MATHS}|[‰‱°′″]|['·/:*](?=\d))"
)
"""What changes the number before it. A plus for "and" does not: "lasts 5 years + covers six programmes"."""

_CLOSING = frozenset(",.;:!?)%")
_OPEN_END = re.compile(r"\+(?=[\s,.;:!?)%]|$)")
_PLUS_BEHIND_WORD = re.compile(r"(?<=[^\W\d_])\++(?![\w+])")
"""The plus of "140+", of "5 years+", and of "6 programmes+"."""

_NO_CENTS = frozenset({",-", ".-", ",–", ".–", ",—"})
"""Stands behind a price: "Rp25.000,-"."""

_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_GROUPED_WITH_DECIMALS = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*(?!\1)[.,]\d{1,2}")
_GROUP_OR_DECIMALS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<![\d.,])(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d)(?!\d)")
_YEAR = re.compile(r"(?<![\d.,])(1[6-9]\d\d|20\d\d)(?:/\d\d)?(?![\d,.]\d|\d)")
_LONG_YEARS = re.compile(r"(?<!\w)(\d+|[а-я]+?)-?летн\w+")
_ORDINAL = frozenset({"st", "nd", "rd", "th", "го", "м", "й", "х", "я", "е"})
_SINGLE = 1
"""A scale of one letter ("95k", "3m") must touch its number."""

_AFTER_YEARS = frozenset({"год", "года", "году", "г", "y", "mo", "m", "t", "т", "к", "k", "р"})
"""Units that may stand behind a year without making it a number."""

_MODERN = "1900"
"""An earlier number is a year only behind one of these words."""

_BEFORE_YEAR = frozenset(["in", "since", "from", "until", "tahun", "pada", "sejak", "sampai", "в", "с", "до", "к"])

_ONE_OF = frozenset({"setahun", "sebulan", "seminggu", "sepekan", "sehari", "полгода", "полугодие"})
"""Units of time that include the word for one."""

_PRICE = 1000
"""A number without a unit is a price from this amount on, if a word such as "costs" stands beside it."""

_KEPT = 32
"""Texts whose values are cached, because those of one message are requested several times."""

_RANK = re.compile(r"[1-9]\d?")
"""Ranks have at most two digits."""

_DASHES = frozenset("-–—")
NEGATED: dict[str, Bound] = {"over": "max", "under": "min"}
"""Bound → the bound behind a negation."""

_BEHIND = frozenset(
    [
        "с лишним",
        "or so",
        "give or take",
        "at most",
        "at least",
        "max",
        "maximum",
        "minimum",
        "maksimal",
        "minimal",
        "максимум",
        "минимум",
    ]
)
"""Bounds that may also stand behind a value."""

_SPACED_GROUP = re.compile(r"\d{3}(?:[.,]\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text.

    Attributes:
        kind: what it is a value of.
        low, high: the ends of a range, equal for a single value. In units of the currency, percent or days; 0 for a date; -1 for the last
            place in a list.
        start, end: its position in the normalised text.
        bound: over, under (exclusive), min, max (inclusive), almost, or "". "from" is min, or only the preposition of a declared sentence
            ("ratifications from 60 countries").
        approximate: whether "about" stands beside it.
        step: the unit of its last digit, to which it may be rounded.
        currency: the ISO 4217 code, or a sign that is not in the language's lists; "" if none is written.
        period: the period of a price; "" if it has none.
        year, month, day: the parts of a date; 0 for a missing part.
        weekday: 0 (Monday) to 6; -1 if it is missing.
        bare: whether it is a number without a unit.
        unit: the length in days of a duration's unit.
        is_fraction: whether it is written as a fraction ("half").
        may_be_decimal: whether it may mean a thousandth of itself, because "5.000" is 5,000 to some and 5 to others.
    """

    kind: ValueKind
    low: float
    high: float
    start: int
    end: int
    bound: Bound = ""
    approximate: bool = False
    step: float = 0.0
    currency: str = ""
    period: str = ""
    year: int = 0
    month: int = 0
    day: int = 0
    weekday: int = -1
    bare: bool = False
    unit: float = 1.0
    is_fraction: bool = False
    may_be_decimal: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Number:
    value: float
    step: float
    first: int
    after: int
    scale: float = 1.0
    is_open: bool = False
    may_be_decimal: bool = False


class ValueReader:
    """Reads the values in texts of one language, which are normalised by :func:`~bot.claims.words.normal`."""

    def __init__(self, lists: WordLists, labels: Iterable[str] = ()) -> None:
        """``labels``: words with digits that are not values, such as "5g"."""
        self.lists = lists
        self._labels = (
            re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(labels))) + r")(?!\w)") if labels else NOTHING
        )
        months = "|".join(sorted(map(re.escape, lists.months), key=lambda month: -len(month))) or r"(?!)"
        weekdays = "|".join(sorted(map(re.escape, lists.weekdays), key=lambda weekday: -len(weekday))) or r"(?!)"
        before = rf"(?:(?<!\w)(?P<weekday>{weekdays})\.?,?\s+(?:the\s+)?)?"
        year = r"(?:,?\s+(?:of\s+|tahun\s+)?(?P<year>(?:1[6-9]|20)\d\d)(?!\d)(?:\s*(?:года|году|год|г)\b\.?)?)"
        self._dated = re.compile(
            rf"{before}(?<![\d.,])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:-го)?\s+(?:of\s+)?(?P<month>{months})\.?(?!\w){year}?"
        )
        self._month_first = re.compile(
            rf"{before}(?<!\w)(?P<month>{months})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d.,]\d|\d){year}?"
        )
        self._month_year = re.compile(rf"(?<!\w)(?P<month>{months})\.?{year}")
        self._periods = one_of(lists.periods)
        self._bounds = re.compile(r"(?:" + one_of(lists.bounds).pattern + r")\.?[\s,]*$")
        self._bounds_after = re.compile(r"\s*(?:" + one_of(lists.bounds).pattern + ")")
        self._every = one_of(lists.every)
        self._paying = lists.paying
        self._light = lists.function | lists.hearsay
        self._cached = lru_cache(maxsize=_KEPT)(self._read)
        self._telling = frozenset(
            (*lists.numbers, *lists.ranks, *lists.fractions, *lists.durations, *lists.one_of_it, *lists.scales)
        ) | {word for phrase in lists.every for word in phrase.split()}
        self._units = frozenset((*lists.scales, *lists.durations, *lists.currencies, *lists.percent))

    def read(self, text: str) -> list[Value]:
        """The values, in order and without overlaps."""
        return list(self._cached(text))

    def _read(self, text: str) -> list[Value]:
        text = self._labels.sub(lambda match: "x" * len(match[0]), text)
        words = _TOKEN.findall(text)
        if not any(word in self._telling or word[0].isdigit() or "летн" in word for word in words):
            return []
        values = list(self._dates(text))
        tokens = [_Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(text)]
        values += self._ranks(tokens, values)
        values += self._counted(text, tokens, values)
        values = self._with_periods(text, sorted(values, key=lambda value: value.start))
        values = _with_year(values)
        if any(value.kind not in ("date", "percent") for value in values):
            values = [value for value in values if not value.is_fraction or self._is_share(text, value)]
        prices = any(value.kind == "money" for value in values)
        consumed = self.periods_in(text) if prices else []
        values = sorted([*values, *self._implied(tokens, values, consumed)], key=lambda value: value.start)
        return [self._bounded(text, value) for value in values]

    def _is_share(self, text: str, fraction: Value) -> bool:
        """Whether a fraction is a share of something ("a fifth of the homes"), and not half of an amount."""
        return text.startswith(" of ", fraction.end) or (fraction.low % 50 > 0 and fraction.low > 50)

    def _dates(self, text: str) -> Iterator[Value]:
        taken: list[tuple[int, int]] = []
        for pattern in (_ISO, _DAY_FIRST, self._dated, self._month_first, self._month_year, _YEAR):
            for m in pattern.finditer(text):
                if any(m.start() < end and start < m.end() for start, end in taken):
                    continue
                value = self._date(pattern, m)
                if value and not (pattern is _YEAR and self._counts(text, m)):
                    taken.append((m.start(), m.end()))
                    yield value

    def _date(self, pattern: re.Pattern[str], m: re.Match[str]) -> Value | None:
        weekday = -1
        if pattern is _ISO:
            year, month, day = int(m[1]), int(m[2]), int(m[3])
        elif pattern is _DAY_FIRST:
            year, month, day = int(m[3]), int(m[2]), int(m[1])
            if month > 12 >= day:
                month, day = day, month
        elif pattern is _YEAR:
            year, month, day = int(m[1]), 0, 0
        else:
            parts = m.groupdict()
            year, month = int(parts.get("year") or 0), self.lists.months[parts["month"]]
            day = int(parts.get("day") or 0)
            weekday = self.lists.weekdays.get(parts.get("weekday") or "", -1)
        if month > 12 or day > (monthrange(year or 2024, month)[1] if month else 31):
            return None
        return Value("date", 0, 0, m.start(), m.end(), year=year, month=month, day=day, weekday=weekday)

    def _counts(self, text: str, m: re.Match[str]) -> bool:
        """Whether a number that looks like a year counts something."""
        before, after = text[: m.start()].rstrip(), re.match(r"\s*([^\W\d_]+|%)", text[m.end() :])
        unit = after[1] if after else ""
        if m[1] < _MODERN and before.rpartition(" ")[2] not in _BEFORE_YEAR:
            return True
        return (unit in self._units and unit not in _AFTER_YEARS) or any(
            before.endswith(sign) for sign in ("$", "€", "₽", "£", "rp")
        )

    def _ranks(self, tokens: Sequence[_Token], taken: Sequence[Value]) -> list[Value]:
        """Places in a list: "third on the list", "number two", "urutan ke-3", «на 3-м месте»."""
        if self.lists.rank_near.isdisjoint(token.text for token in tokens):
            return []
        ranks: list[Value] = []
        for at, token in enumerate(tokens):
            rank, last = self._rank_at(tokens, at)
            end = tokens[last].end
            if rank and not any(value.start < end and token.start < value.end for value in (*taken, *ranks)):
                ranks.append(Value("rank", rank, rank, token.start, end))
        return ranks

    def _rank_at(self, tokens: Sequence[_Token], at: int) -> tuple[int, int]:
        """The rank that begins at a token, and the position of its last token; rank 0 if there is none."""
        word, *behind = (token.text for token in tokens[at : at + 4])
        if word in self.lists.ranks:
            return self.lists.ranks[word], at
        if word in self.lists.numbered:
            skipped = 2 if behind[:2] == ["ke", "-"] else 0
            number = behind[skipped] if len(behind) > skipped else ""
            spelt = 1 if number in self.lists.one else int(self.lists.numbers.get(number, 0))
            return (int(number) if _RANK.fullmatch(number) else spelt), min(at + 1 + skipped, len(tokens) - 1)
        ending = behind[1:2] if behind[:1] == ["-"] else behind[:1]
        return (int(word) if _RANK.fullmatch(word) and not _ORDINAL.isdisjoint(ending) else 0), at

    def _counted(self, text: str, tokens: Sequence[_Token], taken: Sequence[Value]) -> Iterator[Value]:
        for m in _LONG_YEARS.finditer(text) if self.lists.durations else ():
            years = float(m[1]) if m[1].isdigit() else self.lists.numbers.get(m[1])
            if years:
                yield Value("duration", years * 365.25, years * 365.25, m.start(), m.end())
        for m in self._every.finditer(text):
            share = 100 / self.lists.every[re.sub(r"[\s,]+", " ", m[0])]
            yield Value("percent", share, share, m.start(), m.end())
        place = 0
        while place < len(tokens):
            token = tokens[place]
            if any(other.start < token.end and token.start < other.end for other in taken):
                place += 1
                continue
            value, after = self._value_at(text, tokens, place)
            if value and not any(other.start < value.end and value.start < other.end for other in taken):
                yield value
            place = max(after, place + 1)

    def _value_at(self, text: str, tokens: Sequence[_Token], place: int) -> tuple[Value | None, int]:
        fraction = self._fraction_at(tokens, place)
        if fraction:
            return fraction
        first = self._number_at(tokens, place)
        if first is None:
            return None, place + 1
        last, currency = (first, "") if first.is_open else self._range_end(text, tokens, first)
        low = first.value
        if last.first != first.first and first.scale == 1 and last.scale > 1 and low < last.value:
            low *= last.scale if low * last.scale <= last.value else 1
        value, after = self._with_unit(tokens, first, last, low, currency)
        if value:
            may_be_decimal = first.may_be_decimal or last.may_be_decimal
            value = replace(value, bound="min" if last.is_open else "", may_be_decimal=may_be_decimal)
        return value, after

    def _with_unit(
        self, tokens: Sequence[_Token], first: _Number, last: _Number, low: float, currency: str
    ) -> tuple[Value | None, int]:
        """The value of a number or range with the unit before or behind it."""
        start, end, after = tokens[first.first].start, tokens[last.after - 1].end, last.after
        step = max(first.step, last.step)
        before = tokens[first.first - 1] if first.first else None
        if before and (of_sign := self._currency(before.text)):
            currency, start = currency or of_sign, before.start
        if (
            after + 1 < len(tokens)
            and tokens[after].text in self.lists.of_states
            and tokens[after + 1].text in self.lists.currencies
        ):
            after += 1
        unit, unit_end = self._unit_at(tokens, after)
        if unit in self.lists.percent:
            return Value("percent", low, last.value, start, unit_end, step=step), self._next(tokens, unit_end)
        if not currency and (of_unit := self._currency(unit)):
            currency, end, after = of_unit, unit_end, self._next(tokens, unit_end)
            if after < len(tokens) and tokens[after].text in self.lists.of_states:
                end, after = tokens[after].end, after + 1
        if currency:
            return Value("money", low, last.value, start, end, step=step, currency=currency), after
        if unit in self.lists.durations and unit not in _ONE_OF:
            days = self.lists.durations[unit]
            value = Value("duration", low * days, last.value * days, start, unit_end, step=step * days, unit=days)
            return value, self._next(tokens, unit_end)
        share = self.lists.of.match(self._text_from(tokens, after))
        if share and first is last:
            among = self._number_at(tokens, after + len(share[0].split()))
            if among and among.value > first.value:
                of_hundred = 100 * first.value / among.value
                return Value("percent", of_hundred, of_hundred, start, tokens[among.after - 1].end), among.after
        return Value("number", low, last.value, start, end, step=step, bare=True), after

    def _currency(self, unit: str) -> str:
        """The ISO 4217 code of a currency; an unknown sign itself, which no fact has; "" if ``unit`` is not a currency."""
        return self.lists.currencies.get(unit) or (unit if _CURRENCY_SIGN.fullmatch(unit) else "")

    @staticmethod
    def _text_from(tokens: Sequence[_Token], place: int) -> str:
        return " ".join(token.text for token in tokens[place : place + 3])

    def _unit_at(self, tokens: Sequence[_Token], place: int) -> tuple[str, int]:
        """The unit at a position, skipping a hyphen ("five-year"), and its end."""
        if place < len(tokens) and tokens[place].text in _DASHES and place + 1 < len(tokens):
            place += 1
        if place >= len(tokens):
            return "", 0
        word = tokens[place]
        if place + 1 < len(tokens) and f"{word.text} {tokens[place + 1].text}" in self.lists.percent:
            return f"{word.text} {tokens[place + 1].text}", tokens[place + 1].end
        return word.text, word.end

    @staticmethod
    def _next(tokens: Sequence[_Token], end: int) -> int:
        return next((at for at, token in enumerate(tokens) if token.start >= end), len(tokens))

    def _fraction_at(self, tokens: Sequence[_Token], place: int) -> tuple[Value | None, int] | None:
        """A fraction ("half", "three quarters") of a unit of time, of a large number or of a dozen; otherwise a percentage."""
        word = self.lists.numbers.get(tokens[place].text)
        after, times = place, 1.0
        if word and place + 1 < len(tokens) and tokens[place + 1].text in self.lists.fractions:
            after, times = place + 1, word
        elif tokens[place].text not in self.lists.fractions:
            return None
        share = times * self.lists.fractions[tokens[after].text]
        unit = after + 1
        while unit < len(tokens) and (tokens[unit].text in self.lists.one or tokens[unit].text in ("of", *_DASHES)):
            unit += 1
        is_one = place > 0 and tokens[place - 1].text in self.lists.one
        start = tokens[place - is_one].start
        if unit < len(tokens) and tokens[unit].text in self.lists.durations:
            days = share * self.lists.durations[tokens[unit].text]
            return Value("duration", days, days, start, tokens[unit].end), unit + 1
        if unit < len(tokens) and self.lists.scales.get(tokens[unit].text, 0) >= 1000:
            size = share * self.lists.scales[tokens[unit].text]
            number = _Number(size, 0.0, place, unit + 1, size)
            return self._with_unit(tokens, number, number, size, "")
        if unit < len(tokens) and self.lists.numbers.get(tokens[unit].text) == 12:
            return Value("number", share * 12, share * 12, start, tokens[unit].end, bare=True), unit + 1
        return Value("percent", 100 * share, 100 * share, start, tokens[after].end, is_fraction=True), after + 1

    def _range_end(self, text: str, tokens: Sequence[_Token], first: _Number) -> tuple[_Number, str]:
        """The second number of a range, and a currency between the two; the first number if there is no range."""
        place, currency = first.after, ""
        if place < len(tokens) and (of_sign := self._currency(tokens[place].text)):
            currency, place = of_sign, place + 1
        if place + 1 >= len(tokens):
            return first, ""
        joint = tokens[place].text
        if joint not in _DASHES and joint not in self.lists.to:
            return first, ""
        place += 1
        if of_sign := self._currency(tokens[place].text):
            currency, place = of_sign, place + 1
        last = self._number_at(tokens, place) if place < len(tokens) else None
        if last is None or last.value * max(1.0, first.scale / last.scale) <= first.value / last.scale:
            return first, ""
        weak = joint in ("and", "or", "dan", "atau", "и", "или", "ke")
        opening = text[max(0, tokens[first.first].start - 12) : tokens[first.first].start]
        if weak and not re.search(r"(?:between|antara|между)\s*(?:rp|\$)?\s*$", opening):
            return first, ""
        if last.value <= first.value and not (last.scale > 1):
            return first, ""
        return last, currency

    def _number_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        if place >= len(tokens):
            return None
        token = tokens[place]
        if token.text[0].isdigit():
            return self._digits_at(tokens, place)
        return self._spelt_at(tokens, place)

    def _digits_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        token = tokens[place]
        before = tokens[place - 1] if place else None
        if before and before.end == token.start and before.text.isalpha() and before.text not in self.lists.currencies:
            return None
        figure = _figure(token.text)
        if figure is None:
            return None
        value, step, after = self._with_groups(tokens, place, *figure)
        glued = tokens[after] if after < len(tokens) and tokens[after].start == tokens[after - 1].end else None
        if glued and glued.text.isalpha() and glued.text not in self._units and glued.text not in _ORDINAL:
            return None
        if glued and glued.text in _ORDINAL and glued.text not in self._units:
            return None
        scale = 1.0
        while after < len(tokens) and tokens[after].text in self.lists.scales:
            if len(tokens[after].text) == _SINGLE and tokens[after].start != tokens[after - 1].end:
                break
            if tokens[after].text == "t" and not (before and before.text in self.lists.currencies):
                return None
            scale *= self.lists.scales[tokens[after].text]
            after += 1
            if after < len(tokens) and tokens[after].text == "." and len(tokens[after - 1].text) <= 4:
                after += after + 1 < len(tokens) and tokens[after + 1].text in self._units  # "300 тыс. рупий"
                break
        is_open = self._is_open(tokens, after)
        may_be_decimal = _GROUP_OR_DECIMALS.fullmatch(token.text) is not None
        return _Number(value * scale, step * scale, place, after + is_open, scale, is_open, may_be_decimal)

    def _with_groups(self, tokens: Sequence[_Token], place: int, value: float, step: float) -> tuple[float, float, int]:
        """A figure with the groups of three digits behind it ("25 000,50"), its step, and the position behind it and behind ",-"."""
        after, is_short = place + 1, tokens[place].text.isdigit() and len(tokens[place].text) <= 3
        while (
            after < len(tokens)
            and _SPACED_GROUP.fullmatch(tokens[after].text)
            and tokens[after].start == tokens[after - 1].end + 1
            and tokens[after - 1].text.isdigit()
            and is_short
            and value
        ):
            value, after = value * 1000 + float(tokens[after].text.replace(",", ".")), after + 1
        if "".join(each.text for each in tokens[after : after + 2]) in _NO_CENTS and self._is_glued(tokens, after):
            after += 2
        return value, step, after

    @staticmethod
    def _is_glued(tokens: Sequence[_Token], place: int) -> bool:
        """Whether a token stands directly behind the one before it."""
        return 0 < place < len(tokens) and tokens[place].start == tokens[place - 1].end

    def _is_open(self, tokens: Sequence[_Token], place: int) -> bool:
        """Whether the token behind a number is the plus of "140+ countries", and not of "140+5"."""
        is_plus = self._is_glued(tokens, place) and tokens[place].text == "+"
        return is_plus and (not self._is_glued(tokens, place + 1) or tokens[place + 1].text in _CLOSING)

    def _spelt_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        """A number in words: "thirty-seven", "dua puluh lima ribu", «двести сорок»."""
        total = current = 0.0
        after, read, scale, only_one = place, 0, 1.0, True
        while after < len(tokens):
            word = tokens[after].text
            following = tokens[after + 1].text if after + 1 < len(tokens) else ""
            if word in _DASHES and current >= 20 and following in self.lists.numbers:
                after += 1
                continue
            if word == "belas" and 0 < current < 10 and read:
                current += 10
            elif word in self.lists.scales and (read or self.lists.scales[word] >= 1000) and len(word) > _SINGLE:
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
        return _Number(total + current, 0.0, place, after, scale)

    def _one_at(self, tokens: Sequence[_Token], place: int) -> _Number | None:
        """A word for 1 that counts something ("one site"), unlike "one of them" and "the digital one"."""
        following = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if tokens[place].text not in self.lists.one_of_it or not following.isalpha():
            return None
        return None if following in self._light else _Number(1.0, 0.0, place, place + 1)

    def _implied(
        self, tokens: Sequence[_Token], taken: Sequence[Value], consumed: Sequence[tuple[int, int]]
    ) -> Iterator[Value]:
        """The durations without a number ("a decade", "setahun", «полвека»)."""
        for place, token in enumerate(tokens):
            if token.text not in self.lists.durations or any(value.start <= token.start < value.end for value in taken):
                continue
            if any(start <= token.start < end for start, end in consumed):
                continue
            days = self.lists.durations[token.text]
            before = tokens[place - 1] if place else None
            if before and before.text in self.lists.one:
                yield Value("duration", days, days, before.start, token.end)
            elif days > 366 or token.text in _ONE_OF:
                yield Value("duration", days, days, token.start, token.end)

    def _with_periods(self, text: str, values: list[Value]) -> list[Value]:
        """The values, prices with their periods, which stand behind or before them."""
        periods = [
            (m.start(), m.end(), self.lists.periods[re.sub(r"[\s,]+", " ", m[0])]) for m in self._periods.finditer(text)
        ]
        values = [self._in_no_currency(text, value, periods) for value in values]
        if not periods or not any(value.kind == "money" for value in values):
            return values
        inside = [value for value in values if not any(a <= value.start < b for a, b, _ in periods)]
        with_periods = []
        for value in inside:
            behind = next((p for a, _, p in periods if a >= value.end), periods[-1][2])
            with_periods.append(replace(value, period=behind) if value.kind == "money" else value)
        return with_periods

    def _in_no_currency(self, text: str, value: Value, periods: Sequence[tuple[int, int, str]]) -> Value:
        """A number before a period ("95 thousand a month") or beside a word for paying as a price without a currency; other values as they are."""
        follows = any(not text[value.end : start].strip() for start, _, _ in periods if start >= value.end)
        behind = re.match(r"\s*([^\W\d_]+)", text[value.end :])
        is_counted = behind is not None and behind[1] not in self._light
        is_paid = value.low >= _PRICE and not is_counted and not self._paying.isdisjoint(re.findall(r"\w+", text))
        return replace(value, kind="money", bare=False) if value.bare and (follows or is_paid) else value

    def periods_in(self, text: str) -> list[tuple[int, int]]:
        """The positions of the phrases for periods."""
        return [(m.start(), m.end()) for m in self._periods.finditer(text)]

    def _bound_at_end(self, text: str) -> tuple[str, int] | None:
        """The bound at the end of a text, and the position of its phrase. "Not more than" means at most."""
        m = self._bounds.search(text)
        if not m:
            return None
        bound = self.lists.bounds[re.sub(r"[\s,]+", " ", m[0].strip(" ,."))]
        negation = re.search(r"(\w+)\s+$", text[: m.start()])
        if bound in NEGATED and negation and negation[1] in self.lists.negation:
            return NEGATED[bound], negation.start()
        return bound, m.start()

    def _sign_at_end(self, text: str, kind: ValueKind) -> tuple[str, int] | None:
        """The bound that a sign at the end of a text is, and the position of the sign; None for a date, whose bounds are words."""
        m = _SIGN_BEFORE.search(text)
        if m is None or m["sign"] not in _SIGNS or kind == "date":
            return None
        if m["sign"] == ">" and m["space"] and m.start() == 0:
            return None  # "> 140 countries" may be a quotation
        bound, negation = _SIGNS[m["sign"]], re.search(r"(\w+)\s+$", text[: m.start()])
        if negation and negation[1] in self.lists.negation:
            return (NEGATED[bound], negation.start()) if bound in NEGATED else None
        return bound, m.start()

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

    def _bounded(self, text: str, value: Value) -> Value:
        """The value with the bounds directly before and behind it: "more than", "up to", "about", ">", "+"."""
        if value.kind != "date" and not value.bound and (plus := _OPEN_END.match(text, value.end)):
            value = replace(value, bound="min", end=plus.end())
        is_open = value.bound == "min"
        while found := self._sign_at_end(text[: value.start], value.kind) or self._bound_at_end(text[: value.start]):
            bound, start = found
            if bound == "from" and (value.bound or value.kind == "date"):
                break
            if is_open and bound not in ("over", "min", "about", "exactly"):
                break  # "up to 140+"
            value = _with_bound(replace(value, start=start), bound)
        m = self._bounds_after.match(text, value.end)
        if m and m[0].strip() in _BEHIND:
            value = _with_bound(replace(value, end=m.end()), self.lists.bounds[m[0].strip()])
        return value


def _with_year(values: list[Value]) -> list[Value]:
    """The values, a year and a day that stand apart ("for 2027 close on 26 February") joined into one date."""
    dates = [value for value in values if value.kind == "date"]
    if len(dates) != 2:
        return values
    year = next((value for value in dates if value.year and not value.month), None)
    day = next((value for value in dates if value.day and not value.year), None)
    if not year or not day or year.bound:
        return values
    rest = [value for value in values if value is not year and value is not day]
    return sorted([*rest, replace(day, year=year.year)], key=lambda value: value.start)


def _with_bound(value: Value, phrase_bound: str) -> Value:
    """The value with the bound of a phrase beside it. Of two bounds, the nearer one counts."""
    match phrase_bound:
        case "about":
            return replace(value, approximate=True)
        case "min" | "from" if value.low < value.high:
            return value  # "from 95 to 160"
        case "over" | "under" | "min" | "max" | "almost" | "from" if not value.bound:
            return replace(value, bound=phrase_bound)
        case _:
            return value


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


def _figure(text: str) -> tuple[float, float] | None:
    """The number, and the unit of its last digit: "86.4" and "86,4" → 86.4, 0.1; "95.000" → 95000, 1; None if it is no number: "19.06.25"."""
    if _GROUPED.fullmatch(text) and not text.startswith("0"):
        return float(re.sub("[.,]", "", text)), 1.0
    *groups, decimals = re.split("[.,]", text) if re.search("[.,]", text) else (text, "")
    is_slip = len(decimals) > 3 and float(groups[0])  # "30.0000"
    if is_slip or (len(groups) > 1 and not _GROUPED_WITH_DECIMALS.fullmatch(text)):
        return None
    return float(f"{''.join(groups)}.{decimals or 0}"), 10.0 ** -len(decimals)


def day_of(value: Value) -> date | None:
    """The day; None if a part of the date is missing."""
    return date(value.year, value.month, value.day) if value.year and value.month and value.day else None
