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
"""If the fact or the claim is approximate, only a larger relative difference makes another value."""

CLOSE = 0.05
"""Up to this relative difference an approximate claim means the same value."""


def compare(value: Value, fact: Fact, bound: str = "") -> Comparison:
    """How a claimed value compares with a fact.

    ``bound``: the bound in the fact's declared sentence: over, under, min, max, or "". Values of another kind or currency, and prices for another
    period, are unclear: nothing is converted. So is "5.000" beside a fact of 5.
    """
    comparison = _compared(value, fact, bound)
    if comparison == "other" and value.may_be_decimal:
        small = replace(value, low=value.low / 1000, high=value.high / 1000)
        return "other" if _compared(small, fact, bound) == "other" else "unclear"
    return comparison


def _compared(value: Value, fact: Fact, bound: str) -> Comparison:
    match fact, value.kind:
        case DayFact(), "date":
            return _days(value, fact)
        case Money(), "money" if value.currency in ("", fact.currency):
            if value.period and value.period != fact.period:
                return "unclear"
            return _figures(value, "under" if fact.below else bound, fact.low, fact.high, approximate=fact.approximate)
        case Percent(), "percent":
            return _figures(value, bound, fact.value, fact.value, approximate=fact.approximate)
        case Number(), "number":
            return _figures(value, bound, fact.value, fact.value, approximate=fact.approximate)
        case Duration(), "duration":
            days = fact.years * 365.25 + fact.months * 365.25 / 12 + fact.days
            return _figures(value, bound, days, days, same=SAME_LENGTH, other=OTHER_LENGTH)
        case _:
            return "unclear"


def same_value(value: Value, stated: Value) -> bool:
    """Whether two values are equal. Parts of a date, and a currency, that ``value`` lacks are not compared."""
    if value.kind != stated.kind:
        return False
    if value.kind == "date":
        pairs = ((value.year, stated.year), (value.month, stated.month), (value.day, stated.day))
        return all(not part or part == real for part, real in pairs)
    figures = (value.low, value.high, value.bound) == (stated.low, stated.high, stated.bound)
    return figures and value.currency in ("", stated.currency)


def _days(value: Value, fact: DayFact) -> Comparison:
    day = fact.value
    if day is None or value.bound or value.approximate:
        return "unclear"
    pairs = ((value.year, day.year), (value.month, day.month), (value.day, day.day))
    if any(part and part != real for part, real in pairs):
        return "other"
    return "unclear" if value.weekday >= 0 and value.weekday != day.weekday() else "same"


def _figures(
    value: Value,
    bound: str,
    low: float,
    high: float,
    *,
    approximate: bool = False,
    same: float = 0.0,
    other: float = 0.0,
) -> Comparison:
    """A claimed value or range compared with a fact's.

    ``low``, ``high``: the ends of the fact's range. ``approximate``: whether the fact is approximate. ``same``: the relative difference up to
    which values are equal. ``other``: the one from which they are different.
    """
    if bound in ("over", "under"):
        return _beside_open(value, bound, low, high)
    if not value.bound and ((bound == "max" and value.high < low) or (bound == "min" and value.low > high)):
        return "unclear"  # allowed by the text
    if value.bound:
        return _bounded(value, bound, low, high, approximate=approximate)
    if value.low == value.high and low < high:
        return "unclear" if low <= value.low <= high or approximate else "other"
    touches = value.low <= low <= value.high if low == high else value.low < high and value.high > low
    overlaps = value.low < value.high and touches
    gap = max(_difference(value.low, low, value.step), _difference(value.high, high, value.step))
    if gap <= max(same, CLOSE if value.approximate else 0.0, 1e-9):
        return "same"
    needed = ABOUT if approximate or value.approximate else other
    return "other" if gap > needed and not overlaps else "unclear"


def _beside_open(value: Value, bound: str, low: float, high: float) -> Comparison:
    """A claim compared with a fact whose sentence says "more than" or "less than" its value."""
    if value.bound == bound and (value.low, value.high) == (low, high):
        return "same"
    if _allows_all(value.bound, bound):
        return "unclear"  # "less than five" and "less than four" may both be so
    outside = value.high < low if bound == "over" else value.low > high
    return "other" if outside else "unclear"


def _allows_all(claimed: str, bound: str) -> bool:
    """Whether both bounds are open to the same side, so that both may be true whatever the figures."""
    return {claimed, bound} <= {"over", "min", "from"} or {claimed, bound} <= {"under", "max"}


def _bounded(value: Value, bound: str, low: float, high: float, *, approximate: bool) -> Comparison:
    """A claim of more than, less than, at least, at most or almost a value, compared with a fact."""
    if value.bound == "almost":
        far = _difference(value.low, low, 0) > ABOUT
        return "other" if far else "same" if approximate else "unclear"
    if value.approximate and _difference(value.low, low, 0) <= ABOUT:
        return "unclear"
    if value.bound == bound and (value.low, value.high) != (low, high) and not value.approximate and not approximate:
        return "other"  # another limit than the text's
    holds = {
        "over": low > value.low,
        "under": high < value.high,
        "min": low >= value.low,
        "from": low >= value.low,
        "max": high <= value.high,
    }[value.bound]
    if not holds:
        return "unclear" if (value.bound, bound) in (("under", "max"), ("over", "min")) else "other"
    at_end = value.low == low if value.bound in ("min", "from") else value.high == high
    is_inclusive = value.bound in ("min", "from", "max")
    return "unclear" if is_inclusive and not (at_end and (bound == value.bound or low < high)) else "same"


def _difference(claimed: float, real: float, step: float) -> float:
    """The relative difference; 0 if the claimed value is the real one, rounded to its last digit."""
    is_rounded = 0 < step <= 1 and (step < 1 or real % 1) and abs(claimed - real) < step / 2
    return 0.0 if is_rounded else abs(claimed - real) / max(abs(real), abs(claimed), 1e-12)
