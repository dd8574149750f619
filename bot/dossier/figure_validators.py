"""Figures that differ: between the languages of one text, and between a text and a fact that it names or cites. PURE.

A warning comes only where nothing else is likely: a false alarm costs more than a mistake that another editor finds.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from bot.dossier.diagnostics import Diagnostic, Place, warning
from bot.dossier.markdown import PLACEHOLDER, citations
from bot.dossier.models import (
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Money,
    Number,
    Percent,
    TextFact,
    in_language,
)
from bot.dossier.text_validators import currency_signs, texts_of
from bot.dossier.written_numbers import (
    Written,
    WrittenMonth,
    WrittenNumber,
    agree,
    blanked,
    has_number_words,
    has_scales,
    read,
)
from bot.languages import record, records

Facts = Mapping[FactId, Fact]

MOST = 4
"""More figures of one paragraph than this that differ are another text, not a slip."""

_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d{1,3}[.)])\s)")

_CONVERSIONS = (1.609, 0.3048, 0.4536)
"""Miles, feet and pounds: a translator may count in other units."""

_CONVERTED = re.compile(rf"\b(?:{'|'.join(word for each in records() for word in each.other_units)})\b", re.IGNORECASE)
"""Words of such units."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Figures of one text that two languages have otherwise.

    Attributes:
        source, target: what stands there, in the text's order.
        at: where the first one of the target stands in its text.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    start: int


def differences(source: str, target: str, languages: tuple[str, str], facts: Facts) -> list[Difference]:
    """The figures that surely differ between a text and its translation, paragraph by paragraph where both have as many."""
    pairs = list(zip(_segments(source), _segments(target), strict=False))
    if len(_segments(source)) != len(_segments(target)):
        pairs = [(_Segment(source, 0), _Segment(target, 0))]
    return [found for one, other in pairs if (found := _difference(one, other, languages, facts)) is not None]


@lru_cache(maxsize=2048)
def _segments(text: str) -> tuple[_Segment, ...]:
    found, start = list[_Segment](), 0
    for gap in _PARAGRAPH.finditer(text):
        found.append(_Segment(text[start : gap.start()], start))
        start = gap.end()
    found.append(_Segment(text[start:], start))
    return tuple(each for each in found if each.text.strip())


def _difference(source: _Segment, target: _Segment, languages: tuple[str, str], facts: Facts) -> Difference | None:
    one, other = read(source.text, languages[0]), read(target.text, languages[1])
    ours, theirs = _with_facts(one, other, facts), _with_facts(other, one, facts)
    is_converted = _CONVERTED.search(source.text) is not None or _CONVERTED.search(target.text) is not None
    left, right = _unmatched(ours, theirs, languages, is_converted=is_converted)
    if left:
        return Difference(
            tuple(each.text for each in left), tuple(each.text for each in right), target.start + right[0].start
        )
    months = _unmatched_months(one.months, other.months)
    if months is not None:
        return Difference((months[0].text,), (months[1].text,), target.start + months[1].start)
    return None


def _with_facts(own: Written, other: Written, facts: Facts) -> list[WrittenNumber]:
    """The numbers, with those of facts that only this text names."""
    only = Counter(name for name, _ in own.facts) - Counter(name for name, _ in other.facts)
    alone = [(FactId(name), at) for name, at in own.facts if name in only and FactId(name) in facts]
    values = [(name, at, value) for name, at in alone for value in facts[name].numbers]
    added = [WrittenNumber(frozenset({value}), f"{{{name}}}", at, at, is_sure=False) for name, at, value in values]
    return [*own.numbers, *added]


def _unmatched(
    ours: Sequence[WrittenNumber],
    theirs: Sequence[WrittenNumber],
    languages: tuple[str, str],
    *,
    is_converted: bool,
) -> tuple[list[WrittenNumber], list[WrittenNumber]]:
    """The numbers in digits that only one side has, if both have as many of them; else nothing."""
    is_strict = all(map(has_scales, languages))
    left, right = [each for each in ours if each.is_sure], [each for each in theirs if each.is_sure]
    # the same values first, then what only looks otherwise
    for may_agree in (_same, partial(_may_agree, is_strict=is_strict, is_converted=is_converted)):
        for each in list(left):
            match = next((o for o in right if may_agree(each, o)), None)
            if match is not None:
                left.remove(each)
                right.remove(match)
    words, others = ([each for each in side if not each.is_sure] for side in (ours, theirs))
    left, right = _without(left, _without(others, words)), _without(right, _without(words, others))
    if len(left) != len(right) or not all(map(has_number_words, languages)):
        left, right = ([each for each in side if not each.is_small] for side in (left, right))
    if len(left) != len(right) or len(left) > MOST:
        return [], []
    if any(each.currency and o.currency and each.currency != o.currency for each, o in zip(left, right, strict=True)):
        return [], []
    return left, right


def _without(side: Iterable[WrittenNumber], others: Iterable[WrittenNumber]) -> list[WrittenNumber]:
    """What no number of the other side can mean."""
    unsure = list(others)
    found = list[WrittenNumber]()
    for each in side:
        match = next((o for o in unsure if agree(each.readings, o.readings)), None)
        if match is None:
            found.append(each)
        else:
            unsure.remove(match)
    return found


def _same(one: WrittenNumber, other: WrittenNumber) -> bool:
    return agree(one.readings, other.readings)


def _may_agree(one: WrittenNumber, other: WrittenNumber, *, is_strict: bool, is_converted: bool) -> bool:
    """Whether two numbers may be the same in another form."""
    pairs = [(max(a, b), min(a, b)) for a in one.readings for b in other.readings if a > 0 and b > 0]
    for more, less in pairs:
        is_year_of_century = 1000 <= more <= 2999 and less == more % 100 and less >= 10  # the 1990s as "90"
        is_other_scale = not is_strict and any(agree({more}, {less * 10.0**n}) for n in (3, 6, 9, 12))
        is_other_unit = any(abs(more / less / ratio - 1) < 0.01 for c in _CONVERSIONS for ratio in (c, 1 / c))
        is_other_clock = more - less == 12 and more <= 24  # 8 in the evening, 20 Uhr
        if is_year_of_century or is_other_clock or is_other_scale or (is_converted and is_other_unit):
            return True
    return False


def _unmatched_months(
    ours: Sequence[WrittenMonth], theirs: Sequence[WrittenMonth]
) -> tuple[WrittenMonth, WrittenMonth] | None:
    """The only month of each side that the other has not, where both have as many."""
    if len(ours) != len(theirs):
        return None
    left = Counter(each.month for each in ours) - Counter(each.month for each in theirs)
    right = Counter(each.month for each in theirs) - Counter(each.month for each in ours)
    if left.total() != 1 or right.total() != 1:
        return None
    one = next(each for each in ours if each.month in left)
    return one, next(each for each in theirs if each.month in right)


# ---- A text and a fact


@dataclass(frozen=True, slots=True)
class Beside:
    """A typed number that is nearly the value of a fact which the text names or cites."""

    text: str
    at: int
    fact: FactId


_SENTENCE = re.compile(r"(?:[.!?…]\**(?:\s*\[@[^\]]*\])*|\[@[^\]]*\]\s*[.;]?)(?=\s|$)|\n\s*\n")


def beside_facts(text: str, language: str, facts: Facts) -> Iterator[Beside]:
    """Typed numbers with the unit or currency of a fact and a value that a slip of the finger makes of it.

    The same sentence names the fact or cites its source, and no other fact has that value.
    """
    if not any(each.is_sure for each in read(text, language).numbers):
        return
    start, every = 0, [value for fact in facts.values() for value in fact.numbers]
    named = {FactId(found[1]) for found in PLACEHOLDER.finditer(text)}
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    for end in dict.fromkeys((*ends, len(text))):
        sentence, at = text[start:end], start
        start = end
        numbers = [each for each in read(sentence, language).numbers if each.is_sure]
        if not numbers:
            continue
        cited = {source for _, source in citations(sentence)}
        figures = {name: fact for name, fact in facts.items() if isinstance(fact, Money | Percent | Number)}
        near = [name for name, fact in figures.items() if name in named or not cited.isdisjoint(fact.sources)]
        bare = blanked(sentence)
        for number in numbers:
            if any(agree(number.readings, {value}) for value in every):
                continue
            of_unit = [name for name in near if _has_unit(bare, number, facts[name], language)]
            slips = [name for name in of_unit if any(_is_slip(number, value) for value in facts[name].numbers)]
            is_one = len(numbers) == len(cited) == len(of_unit) == 1
            is_alone = is_one and _is_plain(bare, facts[of_unit[0]])
            if len(slips) == 1 or (is_alone and not slips):
                yield Beside(number.text, at + number.start, slips[0] if slips else of_unit[0])


def _is_plain(sentence: str, fact: Fact) -> bool:
    """Whether a sentence of few words says only how many of the fact's unit there are, as in "It has 25 stops"."""
    return isinstance(fact, Number) and len(re.findall(r"[^\W\d_]+", sentence)) <= 3


def _has_unit(sentence: str, number: WrittenNumber, fact: Fact, language: str) -> bool:
    """Whether the unit, the currency or the sign of percent stands directly beside the number."""
    before, after = sentence[: number.start].rstrip(" *"), sentence[number.end :].lstrip(" *\u00a0\u202f")
    match fact:
        case Money(currency=code):
            words = _currency_words(code, language)
            behind = re.match(r"(?:(?:de|of|of the)\s+)?([^\W\d_]+|[^\w\s])", after)
            is_behind = behind is not None and any(behind[1].casefold().startswith(word) for word in words)
            signs = (word for word in words if not word.isalpha() or len(word) < 4)
            return is_behind or before.casefold().endswith(tuple(signs))
        case Percent():
            return after.casefold().startswith(("%", *record(language).percent))
        case Number(unit=unit) if unit:
            forms = [form.strip().casefold() for form in in_language(unit, language).split("|") if form.strip()]
            return any(re.match(rf"{re.escape(form)}(?!\w)", after.casefold()) for form in forms)
        case Number() | DayFact() | Duration() | TextFact():
            return False


@lru_cache(maxsize=256)
def _currency_words(code: str, language: str) -> frozenset[str]:
    """The code, the signs and the beginnings of the names of a currency, in lower case."""
    return frozenset(each.casefold() for each in currency_signs(code, language))


def _is_slip(number: WrittenNumber, value: float) -> bool:
    """Whether the digits of a value make the number by one slip: two change places, one is another, is doubled or is missing."""
    return any(_is_one_edit(_digits(each), _digits(value)) for each in number.readings)


def _digits(value: float) -> str:
    """The digits from the first to the last that is not a zero: a scale makes no difference, a slip in it does."""
    return f"{value:.6f}".rstrip("0").rstrip(".").lstrip("0.")


def _is_one_edit(one: str, other: str) -> bool:
    if one == other or min(len(one.replace(".", "")), len(other.replace(".", ""))) < 2:
        return False
    if len(one) == len(other):
        at = [index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        is_swap = len(at) == 2 and at[1] == at[0] + 1 and (one[at[0]], one[at[1]]) == (other[at[1]], other[at[0]])
        return is_swap or (len(at) == 1 and len(one.rstrip("0")) > 2)
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return len(longer) == len(shorter) + 1 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )


# ---- Of a dossier


def check_figures(dossier: Dossier) -> Iterator[Diagnostic]:
    """Warnings for figures that differ between languages, and from facts."""
    default = dossier.header.default_language
    for path, place, texts in _texts(dossier):
        first = default if default in texts else next(iter(texts), None)
        for language, text in texts.items():
            if first is not None and language != first:
                for each in differences(texts[first], text, (first, language), dossier.facts):
                    source, target = ", ".join(each.source), ", ".join(each.target)
                    message, offset = f"{source} in {first}, {target} in {language}", text.count("\n", 0, each.at)
                    fix = "expected the same figures in both languages"
                    values = {"source": source, "target": target, "other": first, "language": language}
                    yield warning(path, (*place, language), message, fix, "figures", offset=offset, **values)
            for beside in beside_facts(text, language, dossier.facts):
                message = f"{beside.text}, but fact {beside.fact!r} has another value"
                offset = text.count("\n", 0, beside.at)
                fix = f"expected {{{beside.fact}}}, or another unit or source beside it"
                values = {"written": beside.text, "name": beside.fact}
                yield warning(path, (*place, language), message, fix, "beside", offset=offset, **values)


def _texts(dossier: Dossier) -> Iterator[tuple[str, Place, Mapping[Any, str]]]:
    """The texts that readers get in several languages."""
    missing = {f"bulletins/{name}.yaml": languages for name, languages in dossier.untranslated.items()}
    for path, place, texts, kind in texts_of(dossier):
        if kind in ("line", "markdown"):
            yield path, place, {code: str(text) for code, text in texts.items() if code not in missing.get(path, ())}
