"""The plural forms that a language has (CLDR's rules, by Babel), and the units that lack some. PURE."""

from collections.abc import Iterator, Mapping
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.plural import PluralRule

from bot.dossier.facts import Fact, Number
from bot.dossier.mistakes import Fault
from bot.dossier.model import FactId

_ORDER = ("zero", "one", "two", "few", "many", "other")
_COMMON = 2
"""Forms of so many languages that a word with one form more often never changes (zwei Meter) than lacks one."""

_COUNTED = 200
"""Whole numbers up to which every form that whole numbers have occurs."""


@cache
def categories(language: str) -> tuple[str, ...]:
    """CLDR's plural categories of the language, in CLDR's order; those of English where it knows no such language."""
    rule = _rule(language)
    return tuple(each for each in _ORDER if each in rule.tags or each == "other")


@cache
def _rule(language: str) -> PluralRule:
    try:
        return Locale.parse(language).plural_form
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en").plural_form


@cache
def _of_whole_numbers(language: str) -> tuple[str, ...]:
    occurring = {_rule(language)(n) for n in range(_COUNTED)}
    return tuple(each for each in categories(language) if each in occurring)


def unit_faults(facts: Mapping[FactId, Fact]) -> Iterator[Fault]:
    """Units with an empty form, and warnings of those that have another number of forms than the language."""
    for fact_id, fact in facts.items():
        if isinstance(fact, Number) and isinstance(fact.unit, str) and _has_gap(fact.unit):
            yield _gap(("facts.yaml", (fact_id, "unit")), fact.unit)
        if isinstance(fact, Number) and isinstance(fact.unit, dict):
            for language, unit in fact.unit.items():
                yield from _unit_faults(("facts.yaml", (fact_id, "unit", language)), unit, language, fact.unit)


def _unit_faults(
    where: tuple[str, tuple[str, ...]], unit: str, language: str, others: Mapping[str, str]
) -> Iterator[Fault]:
    forms = unit.split("|")
    needed, most = _of_whole_numbers(language), len(categories(language))
    if _has_gap(unit):
        yield _gap(where, unit)
    elif not (len(forms) == 1 or len(needed) <= len(forms) <= most):
        yield Fault(*where, f"{len(forms)} forms of a unit in {language!r}", _expected(needed), warning=True)
    elif len(forms) == 1 and len(needed) > _COMMON and any("|" in other for other in others.values()):
        yield Fault(*where, f"one form of a unit in {language!r}", _expected(needed), warning=True)


def _has_gap(unit: str) -> bool:
    return not all(form.strip() for form in unit.split("|"))


def _gap(where: tuple[str, tuple[str, ...]], unit: str) -> Fault:
    return Fault(*where, f"unit {unit!r} has an empty form", "expected words between the bars")


def _expected(needed: tuple[str, ...]) -> str:
    return (
        f"expected {len(needed)}, parted by | even where they are alike: {', '.join(needed)}"
        if len(needed) > 1
        else "expected one"
    )
