"""A claimed value compared with a fact: the same, another one, or unclear. PURE."""

from dataclasses import replace
from math import isclose
from typing import Literal

from bot.claims.values import Value
from bot.claims.words import DAYS
from bot.dossier.models import DayFact, Duration, Fact, Money, Number, Percent

Comparison = Literal["same", "other", "unclear"]

NEAR_LENGTH = 0.03
"""Durations in other units are different from this relative difference on: 1,825 days are nearly five years."""

ABOUT = 0.25
"""If the fact is approximate, only a larger relative difference makes another value."""

ROUNDED = 0.1
"""A value with fewer digits than the fact's is its rounding up to this relative difference: "two thousand" of 2,112."""


def compare(value: Value, fact: Fact) -> Comparison:
    """How a claimed value compares with a fact.

    Values of another kind or currency are unclear: nothing is converted. So is "5.000" beside a fact of 5,
    a day of numbers whose month may come first, a range beside one value, and a value that may be rounded.
    """
    comparison = _compared(value, fact)
    if comparison == "other" and (value.month_first or 1000 <= value.low < 1_000_000):  # "5.000" is 5 to some
        small = replace(value, low=value.low / 1000, high=value.high / 1000)
        return "unclear" if value.month_first or _compared(small, fact) != "other" else "other"
    return comparison


def _compared(value: Value, fact: Fact) -> Comparison:
    match fact, value.kind:
        case DayFact(), "date":
            return _days(value, fact)
        case Money(), "money" if value.currency == fact.currency:
            return _figures(value, fact.low, fact.high, ABOUT * fact.approximate)
        case (Percent() | Number()) as figure, _ if value.kind == figure.type:
            return _figures(value, figure.value, figure.value, ABOUT * figure.approximate)
        case Duration(), "duration":
            days = fact.years * DAYS["year"] + fact.months * DAYS["month"] + fact.days
            return _figures(value, days, days, NEAR_LENGTH)
        case _:
            return "unclear"


def same_value(value: Value, stated: Value) -> bool:
    """Whether two values are equal. Parts of a date that ``value`` lacks are not compared."""
    if value.kind != stated.kind:
        return False
    if value.kind == "date":
        pairs = ((value.year, stated.year), (value.month, stated.month), (value.day, stated.day))
        return all(not part or part == real for part, real in pairs)
    return (value.low, value.high, value.currency) == (stated.low, stated.high, stated.currency)


def _days(value: Value, fact: DayFact) -> Comparison:
    day = fact.value
    if day is None:
        return "unclear"
    pairs = ((value.year, day.year), (value.month, day.month), (value.day, day.day))
    if any(part and part != real for part, real in pairs):
        return "other"
    is_clear = not value.month_first or value.month == value.day
    is_sure = value.year and value.weekday in (-1, day.weekday()) and is_clear  # "19 June" is said of this year's
    return "same" if is_sure else "unclear"


def _figures(value: Value, low: float, high: float, near: float) -> Comparison:
    """A claimed value or range compared with a fact's.

    ``low``, ``high``: the ends of the fact's range. ``near``: up to which relative difference the two are not different.
    """
    ends = ((value.low, low), (value.high, high))
    if all(isclose(claimed, real) for claimed, real in ends):
        return "same"
    is_range, is_range_of_fact = value.low < value.high, low < high
    if is_range != is_range_of_fact:
        return "unclear" if is_range or near or low <= value.low <= high else "other"
    overlaps = is_range and value.low < high and low < value.high
    is_near = all(_is_rounded(c, r) or abs(c - r) <= near * max(abs(c), abs(r)) for c, r in ends)
    return "unclear" if overlaps or is_near else "other"


def _is_rounded(claimed: float, real: float) -> bool:
    """Whether a figure is the real one, or that rounded to its last digit that is not 0."""
    digits, exponent = f"{claimed:.12e}".split("e")
    last, difference = 10.0 ** (int(exponent) + 2 - len(digits.rstrip("0"))), abs(claimed - real)
    return difference <= ROUNDED * abs(real) and (difference < last / 2 or isclose(difference, last / 2))
