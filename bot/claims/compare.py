"""A claimed value compared with a fact: the same, another one, or unclear. PURE."""

from dataclasses import replace
from typing import Literal

from bot.claims.values import Value
from bot.dossier.models import DayFact, Duration, Fact, Money, Number, Percent

Comparison = Literal["same", "other", "unclear"]

SAME_LENGTH, OTHER_LENGTH = 0.007, 0.03
"""Relative differences. Durations that differ by less than the first are the same in other units (1,825 days, five years); by more than the
second, different."""

ABOUT = 0.25
"""If the fact is approximate, only a larger relative difference makes another value."""


def compare(value: Value, fact: Fact) -> Comparison:
    """How a claimed value compares with a fact.

    Values of another kind or currency are unclear: nothing is converted. So is "5.000" beside a fact of 5,
    and a day of numbers whose month may come first.
    """
    comparison = _compared(value, fact)
    if comparison == "other" and value.may_be_decimal:
        small = replace(value, low=value.low / 1000, high=value.high / 1000)
        return "other" if _compared(small, fact) == "other" else "unclear"
    if comparison == "other" and value.month_first:
        return "unclear"
    return comparison


def _compared(value: Value, fact: Fact) -> Comparison:
    match fact, value.kind:
        case DayFact(), "date":
            return _days(value, fact)
        case Money(), "money" if value.currency == fact.currency:
            return _figures(value, fact.low, fact.high, approximate=fact.approximate)
        case Percent(), "percent":
            return _figures(value, fact.value, fact.value, approximate=fact.approximate)
        case Number(), "number":
            return _figures(value, fact.value, fact.value, approximate=fact.approximate)
        case Duration(), "duration":
            days = fact.years * 365.25 + fact.months * 365.25 / 12 + fact.days
            return _figures(value, days, days, same=SAME_LENGTH, other=OTHER_LENGTH)
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
    is_sure = value.year and value.weekday in (-1, day.weekday())  # "19 June" is said of this year's
    return "same" if is_sure else "unclear"


def _figures(
    value: Value, low: float, high: float, *, approximate: bool = False, same: float = 0.0, other: float = 0.0
) -> Comparison:
    """A claimed value or range compared with a fact's.

    ``low``, ``high``: the ends of the fact's range. ``approximate``: whether the fact is approximate. ``same``: the relative difference up to
    which values are equal. ``other``: the one from which they are different.
    """
    if value.low == value.high and low < high:
        return "unclear" if low <= value.low <= high or approximate else "other"
    touches = value.low <= low <= value.high if low == high else value.low < high and value.high > low
    overlaps = value.low < value.high and touches
    gap = max(_difference(value.low, low, value.step), _difference(value.high, high, value.step))
    if gap <= max(same, 1e-9):
        return "same"
    return "other" if gap > (ABOUT if approximate else other) and not overlaps else "unclear"


def _difference(claimed: float, real: float, step: float) -> float:
    """The relative difference; 0 if the claimed value is the real one, rounded to its last digit."""
    is_rounded = 0 < step <= 1 and (step < 1 or real % 1) and abs(claimed - real) < step / 2
    return 0.0 if is_rounded else abs(claimed - real) / max(abs(real), abs(claimed), 1e-12)
