"""A claimed value beside a fact: the same, another one, or not to be told. PURE."""

from typing import Literal

from bot.claims.facts import Slot
from bot.claims.values import Value
from bot.dossier.models import DayFact, Duration, Money, Number, Percent

Comparison = Literal["same", "other", "unclear"]

Outcome = Literal["agrees", "contradicts", "unknown"]

OPPOSITE: dict[Outcome, Outcome] = {"agrees": "contradicts", "contradicts": "agrees", "unknown": "unknown"}
"""What becomes of a claim whose denial has the outcome."""

SAME_LENGTH, OTHER_LENGTH = 0.007, 0.03
"""Durations that differ by less are the same in other units (1,825 days, five years); by more, different ones."""

ABOUT = 0.25
"""Of an approximate value, or one that is claimed approximately, only what is further away is another value."""

CLOSE = 0.05
"""Up to here an approximate claim means the same value."""


def compare(value: Value, slot: Slot) -> Comparison | None:
    """How a claimed value compares with a fact where a statement names it; None where they are not of one kind."""
    if slot.literal is not None:
        return _literally(value, slot, slot.literal) if value.kind == slot.literal.kind else None
    match slot.fact, value.kind:
        case DayFact() as fact, "date":
            return _days(value, fact)
        case Money() as fact, "money" if value.currency in ("", fact.currency):
            return _prices(value, slot, fact)
        case Money() as fact, "money" if (value.low, value.high) == (fact.low, fact.high):
            return "other"  # the figures, in another currency
        case Percent() as fact, "percent":
            return _figures(value, slot, fact.value, fact.value, approximate=fact.approximate)
        case Number() as fact, "number":
            return _figures(value, slot, fact.value, fact.value, approximate=fact.approximate)
        case Duration() as fact, "duration":
            days = fact.years * 365.25 + fact.months * 365.25 / 12 + fact.days
            return _figures(value, slot, days, days, same=SAME_LENGTH, other=OTHER_LENGTH)
        case _:
            return None


def _literally(value: Value, slot: Slot, stated: Value) -> Comparison | None:
    """A claim beside a value that the dossier's text states."""
    if value.kind == "date":
        pairs = ((value.year, stated.year), (value.month, stated.month), (value.day, stated.day))
        if value.bound or stated.bound:
            return "unclear"
        if slot.is_qualifier:
            return "same" if all(given in (0, real) for given, real in pairs) else "unclear"
        if any(given and real and given != real for given, real in pairs):
            return "other"
        return (
            "same"
            if all(real or not given for given, real in pairs) and (value.month or not stated.month)
            else "unclear"
        )
    if value.kind == "rank":
        return "same" if value.low == stated.low else "other" if min(value.low, stated.low) > 0 else None
    if value.kind == "number" and (value.low, value.high) != (stated.low, stated.high):
        return "unclear"  # what is counted is said too loosely
    if value.kind == "money" and value.currency and value.currency != stated.currency:
        return "unclear"
    if value.period and value.period != stated.period:
        return "unclear"
    lengths = (SAME_LENGTH, OTHER_LENGTH) if value.kind == "duration" else (0.0, 0.0)
    return _figures(
        value, slot, stated.low, stated.high, approximate=stated.approximate, same=lengths[0], other=lengths[1]
    )


def same_literal(value: Value, literal: Value) -> bool:
    """Whether a value is one that the dossier's text states."""
    if value.kind != literal.kind:
        return False
    if value.kind == "date":
        pairs = ((value.year, literal.year), (value.month, literal.month), (value.day, literal.day))
        return all(not given or given == stated for given, stated in pairs)
    return (value.low, value.high, value.currency) == (literal.low, literal.high, literal.currency)


def _days(value: Value, fact: DayFact) -> Comparison:
    day = fact.value
    if day is None or (value.weekday >= 0 and value.weekday != day.weekday()):
        return "unclear"
    pairs = ((value.year, day.year), (value.month, day.month), (value.day, day.day))
    if any(given and given != real for given, real in pairs):
        return "other"
    return "same" if value.month else "unclear"


def _prices(value: Value, slot: Slot, fact: Money) -> Comparison:
    """The same price for another time is another price; none are converted."""
    found = _figures(value, slot, fact.low, fact.high, approximate=fact.approximate)
    if value.period and value.period != slot.period:
        return "other" if found == "same" and slot.period else "unclear"
    return found


def _figures(
    value: Value,
    slot: Slot,
    low: float,
    high: float,
    *,
    approximate: bool = False,
    same: float = 0.0,
    other: float = 0.0,
) -> Comparison:
    """A claimed value or range beside a fact's.

    ``low`` and ``high`` are the ends of the fact, ``approximate`` whether it is. ``same``: up to which relative difference they are
    equal; ``other``: from which they are not.
    """
    if slot.bound in ("over", "under"):
        return _beside_open(value, slot.bound, low, high)
    if not value.bound and ((slot.bound == "max" and value.high < low) or (slot.bound == "min" and value.low > high)):
        return "unclear"  # allowed by the text
    if value.bound:
        return _bounded(value, slot.bound, low, high, approximate=approximate)
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
    """A claim beside a fact that the text calls more, or less, than its value."""
    if value.bound == bound and (value.low, value.high) == (low, high):
        return "same"
    outside = value.high < low if bound == "over" else value.low > high
    return "other" if outside else "unclear"


def _bounded(value: Value, bound: str, low: float, high: float, *, approximate: bool) -> Comparison:
    """A claim of more, less, at least, at most or almost so much, beside a fact."""
    if value.bound == "almost":
        far = _difference(value.low, low, 0) > ABOUT
        return "other" if far else "same" if approximate else "unclear"
    if value.bound == bound and (value.low, value.high) != (low, high) and not value.approximate and not approximate:
        return "other"  # another limit than the text's
    holds = {
        "over": low > value.low,
        "under": high < value.high,
        "min": low >= value.low,
        "max": high <= value.high,
    }[value.bound]
    if not holds:
        return "unclear" if (value.bound, bound) in (("under", "max"), ("over", "min")) else "other"
    at_end = value.low == low if value.bound == "min" else value.high == high
    is_inclusive = value.bound in ("min", "max")
    return "unclear" if is_inclusive and not (at_end and (bound == value.bound or low < high)) else "same"


def _difference(claimed: float, real: float, step: float) -> float:
    """The relative difference; 0 where the claimed value is the real one rounded to its last digit."""
    is_rounded = 0 < step <= 1 and (step < 1 or real % 1) and abs(claimed - real) < step / 2
    return 0.0 if is_rounded else abs(claimed - real) / max(abs(real), abs(claimed), 1e-12)
