"""The types of facts. PURE.

A number, date or name stands in one fact; texts refer to it by id and it is formatted for the reader's language
(:mod:`bot.answers.formats`).
"""

import calendar
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from bot.dossier import kinds
from bot.dossier.kinds import Amount, Count, Currency, Figure, Flag, Words

Named = Words | dict[str, Words]
"""One text for all languages, or one for each."""


class FactEntry(BaseModel):
    """What every fact has. ``note`` says what sources disagree on, per language; ``derived``: no source prints it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    sources: list[str] = Field(default_factory=list)
    checked: kinds.Day | None = Field(default=None, description="The day it was last compared with its sources.")
    note: Named | None = None
    derived: Flag = False


class Money(FactEntry):
    """An amount or a range: ``amount``, or ``min`` and ``max``, in units of ``currency`` (ISO 4217)."""

    type: Literal["money"]
    amount: Amount | None = Field(default=None, validation_alias=AliasChoices("amount", "value"))
    min: Amount | None = None
    max: Amount | None = None
    currency: Currency
    period: Literal["hour", "day", "week", "month", "year"] | None = None
    approximate: Flag = False

    @model_validator(mode="after")
    def _one_or_range(self) -> Self:
        if (self.amount is None) == (self.min is None) or (self.min is None) != (self.max is None):
            raise ValueError("neither one amount nor a range, expected amount, or both min and max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max, expected min not above max")
        return self

    @property
    def low(self) -> float:
        return self.amount if self.amount is not None else self.min or 0

    @property
    def high(self) -> float:
        return self.amount if self.amount is not None else self.max or 0


class Percent(FactEntry):
    """``value`` in percent, what it measures (``of``) and who says so (``stated_by``)."""

    type: Literal["percent"]
    value: Amount
    of: Named | None = None
    stated_by: Named | None = None
    approximate: Flag = False


class Duration(FactEntry):
    """Calendar years, months and days; at least one of them."""

    type: Literal["duration"]
    years: Count = 0
    months: Count = 0
    days: Count = 0

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.years or self.months or self.days):
            raise ValueError("no length, expected years, months or days")
        return self


class Day(FactEntry):
    """A date: ``value``, or computed ``from`` another date fact ``plus`` a duration fact."""

    type: Literal["date"]
    value: kinds.Day | None = Field(default=None, validation_alias=AliasChoices("value", "date"))
    from_: str | None = Field(default=None, alias="from")
    plus: str | None = None

    @model_validator(mode="after")
    def _given_or_computed(self) -> Self:
        if (self.value is None) == (self.from_ is None) or (self.from_ is None) != (self.plus is None):
            raise ValueError("no single day, expected value, or both from and plus")
        return self


class Number(FactEntry):
    """A count. ``unit`` may hold the language's plural forms, parted by ``|``, in CLDR's order."""

    type: Literal["number"]
    value: Figure
    unit: Named | None = None
    approximate: Flag = False


class _Spelled(FactEntry):
    value: Named
    forms: dict[str, dict[str, Words]] = Field(
        default_factory=dict, description="Other forms, as grammatical cases: form → language → text."
    )


class Name(_Spelled):
    type: Literal["name"]


class Place(_Spelled):
    type: Literal["place"]


class Wording(_Spelled):
    type: Literal["text"]


Fact = Annotated[Money | Percent | Duration | Day | Number | Name | Place | Wording, Field(discriminator="type")]


def later(start: date, duration: Duration) -> date:
    """The day ``duration`` after ``start``; a day the month lacks becomes its last one."""
    months = start.year * 12 + start.month - 1 + duration.years * 12 + duration.months
    year, month = months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return date.fromordinal(date(year, month, day).toordinal() + duration.days)
