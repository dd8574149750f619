"""Values that a fact holds and a text has typed all the same, to be forgotten there when the fact changes. PURE."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.units import format_unit

from bot.dossier.facts import Day, Duration, Fact, Money, Number, Percent
from bot.dossier.mistakes import Fault, Place
from bot.dossier.model import FactId

_BEFORE = r"(?:(?<![\w.,{-])|(?<=Rp)|(?<=[$€₽]))"
_NUMBER = re.compile(
    _BEFORE + r"(?:\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+|\d+(?:[.,]\d+)?)(?![\w}-]|[.,]\d)",
)
_DIGITS = re.compile(r"(?<!\w)0?(\d+)(?!\w)")
_LINK = re.compile(r"\]\([^)]*\)")

_DAYS = ("long", "d MMMM y", "dd MMMM y", "MMMM d, y", "d MMM y", "MMM d, y", "y-MM-dd", "dd.MM.y", "dd/MM/y")
"""How a day is typed, as Babel's patterns."""

_TELLING_AMOUNT, _TELLING_COUNT = 20, 100
"""From which on a number alone tells what it is; a smaller one is looked for with its unit, for it is too common without."""

_NOT_TYPED = {"sources", "checked", "note", "derived", "of", "stated_by", "approximate", "period"}
_NOTHING = "(?!)"


@dataclass(frozen=True, slots=True)
class Held:
    """What facts hold: ``numbers`` by their digits as they might be typed, ``small`` by the digits of what needs more."""

    facts: Mapping[FactId, Fact]
    numbers: Mapping[str, FactId]
    small: Mapping[str, list[FactId]]
    _written: dict[tuple[FactId, str], re.Pattern[str]] = field(default_factory=dict)

    def faults(self, words: str, path: str, place: Place, language: str) -> Iterator[Fault]:
        """A warning for each value that is typed in a text of the language."""
        bare = _LINK.sub(lambda link: "]" + " " * (len(link[0]) - 1), words)
        for match in _NUMBER.finditer(bare):
            digits = re.sub(r"[,.\u00a0\u202f ](?=\d{3}(?!\d))", "", match[0]).replace(",", ".")
            if digits in self.numbers:
                yield _fault(words, match, self.numbers[digits], path, place)
        typed = set(_DIGITS.findall(bare))
        for fact_id in dict.fromkeys(each for digits in sorted(typed) for each in self.small.get(digits, ())):
            for match in self._pattern(fact_id, language).finditer(bare):
                yield _fault(words, match, fact_id, path, place)

    def _pattern(self, fact_id: FactId, language: str) -> re.Pattern[str]:
        """The fact as it might be typed; Babel is asked only for what a text may well hold."""
        key = fact_id, language
        if key not in self._written:
            forms = {r"\s*".join(map(re.escape, form.split())) for form in _forms(self.facts[fact_id], language)}
            written = "|".join(sorted(forms, key=len, reverse=True)) or _NOTHING
            self._written[key] = re.compile(rf"(?<![\w.,–-])(?:{written})(?!\w|[.,]\d)", re.IGNORECASE)
        return self._written[key]


def held(facts: Mapping[FactId, Fact]) -> Held:
    """What is looked for in the texts of a dossier; of facts that hold the same, the first."""
    numbers, small = dict[str, FactId](), dict[str, dict[str, FactId]]()
    for fact_id, fact in facts.items():
        for number in filter(partial(_tells_alone, fact), _numbers(fact)):
            numbers.setdefault(f"{number:g}" if number < 1e6 else f"{number:.0f}", fact_id)
        for digits in _small_digits(fact):
            small.setdefault(digits, {}).setdefault(fact.model_dump_json(exclude=_NOT_TYPED), fact_id)
    return Held(facts, numbers, {digits: [*alike.values()] for digits, alike in small.items()})


def _tells_alone(fact: Fact, number: float) -> bool:
    return number >= (_TELLING_COUNT if isinstance(fact, Number) else _TELLING_AMOUNT)


def _small_digits(fact: Fact) -> list[str]:
    """Digits that stand wherever the fact is typed; empty for one that a number alone tells, or that is not looked for."""
    match fact:
        case Day(value=day) if day:
            return [str(day.day)]
        case Duration():
            parts = [*_parts(fact)]
            return [str(parts[0][0])] if len(parts) == 1 else []
        case Number(unit=None):
            return []
        case _:
            return [str(int(number)) for number in _numbers(fact) if not _tells_alone(fact, number)]


def _numbers(fact: Fact) -> tuple[float, ...]:
    match fact:
        case Money():
            return tuple({fact.low: None, fact.high: None})
        case Percent() | Number():
            return (fact.value,)
        case _:
            return ()


def _parts(length: Duration) -> Iterator[tuple[int, str]]:
    counts = (length.years, "year"), (length.months, "month"), (length.days, "day")
    return ((count, f"duration-{unit}") for count, unit in counts if count)


def _forms(fact: Fact, language: str) -> Iterator[str]:
    match fact:
        case Day(value=day) if day:
            yield from (format_date(day, pattern, locale=_locale(language)) for pattern in _DAYS)
        case Duration():
            yield from (format_unit(count, unit, locale=_locale(language)) for count, unit in _parts(fact))
        case Number(unit=unit) if unit:
            forms = unit if isinstance(unit, str) else unit.get(language, "")
            yield from (
                f"{typed} {form}" for typed in _figures(fact.value) for form in forms.split("|") if form.strip()
            )
        case Percent():
            yield from (f"{typed} %" for typed in _figures(fact.value))
        case Money():
            small = {typed for number in _numbers(fact) if number < _TELLING_AMOUNT for typed in _figures(number)}
            for sign in _signs(fact.currency, language):
                yield from (form for typed in small for form in (f"{sign} {typed}", f"{typed} {sign}"))
        case _:
            pass


def _signs(currency: str, language: str) -> set[str]:
    """The currency's code, and its sign in the language, with and without a country's letters before it (``US$``)."""
    sign = str(_locale(language).currency_symbols.get(currency, currency))
    return {currency, sign, re.sub(r"^[A-Z]+(?=\W)", "", sign), currency[:2] + sign}


def _figures(number: float) -> set[str]:
    whole = {f"{number:g}"} if number == int(number) else {f"{number:g}", f"{number:.2f}"}
    return whole | {each.replace(".", ",") for each in whole}


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def _fault(words: str, match: re.Match[str], fact_id: FactId, path: str, place: Place) -> Fault:
    problem, expected = f"{' '.join(match[0].split())} is held by a fact", f"expected {{{fact_id}}}"
    return Fault(path, place, problem, expected, warning=True, down=words.count("\n", 0, match.start()))
