"""Numbers as people write them in a text of a language, by the language's own format: 1,000.5 · 1.000,5 · 1 000,5 · 0.5 billion. PURE.

Only what is surely a number counts: not the digit of a name (5G, G20, Su-57), of an address or of a citation, no number of a list and
no hour. What could be read in two ways has both readings.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from bot.dossier.markdown import CITATION, PLACEHOLDER
from bot.languages import cldr, record

SMALL = 12
"""Up to here many write numbers as words."""

_SPACES = " \u00a0\u202f\u2009"
_LINK = re.compile(r"\]\([^)]{0,2100}\)|https?://\S+")
_LIST_NUMBER = re.compile(r"(?m)^[^\S\n]*\d{1,2}[.)] (?=\S)")
_HOUR = r"(?:[01]?\d|2[0-4])"
_TIME = re.compile(
    rf"(?<![\d.:,]){_HOUR}[.:][0-5]\d\s?[–-]\s?{_HOUR}[.:][0-5]\d(?![\d.:,]\d)|\b(?:pukul|jam)\s+{_HOUR}(?:[.:][0-5]\d)?(?:\s?[–-]\s?{_HOUR}[.:][0-5]\d)?(?!\d)"
    rf"|(?<![\d.:])\d{{1,2}}:\d\d(?![\d:])|(?<![\d.,:])\d{{1,2}}(?:\.\d\d)?\s?(?:[ap]\.?m\b\.?|Uhr\b|o’clock)|(?<![\d.,:])\d{{1,2}}\.[0-5]\d\s?(?:h|horas)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<![\w./-])(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})([./-])(\d{1,2})\5(\d{4}))(?![\w/-]|[.]\d)")
_SEASON = re.compile(r"(?<![\w./-])((?:19|20)\d\d)/(?:\d\d|(?:19|20)\d\d)(?![\w/])")
_NUMBER = re.compile(
    rf"(?:(?<![\w.,/])|(?<=\bRp))(?<![^\W\d_]-)(\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
    r"(?P<end>(?:st|nd|rd|th|s)\b|(?=[^\w])|$|(?=[^\W\d_]))"
)
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number in a text.

    Attributes:
        readings: what it can mean.
        text: as it is written, with its scale.
        start, end: its position.
        is_sure: whether it stands there in digits. Words, and parts of a date, are only matched with others.
        currency: the sign beside it; "" if there is none.
    """

    readings: frozenset[float]
    text: str
    start: int
    end: int
    is_sure: bool = True
    currency: str = ""

    @property
    def is_small(self) -> bool:
        """Whether many would write it as a word."""
        return re.fullmatch(r"\d{1,2}\D*", self.text) is not None and all(0 <= each <= SMALL for each in self.readings)


@dataclass(frozen=True, slots=True)
class WrittenMonth:
    """A month beside a number: ``19 June``, ``June 2025``."""

    month: int
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a text has of numbers, months and facts (id, position)."""

    numbers: tuple[WrittenNumber, ...]
    months: tuple[WrittenMonth, ...]
    facts: tuple[tuple[str, int], ...]


def blanked(text: str) -> str:
    """The text with blanks in place of citations and addresses."""
    for pattern in (CITATION, _LINK):
        text = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return text


@lru_cache(maxsize=4096)
def read(text: str, language: str) -> Written:
    """The numbers, months and facts of a text, in its order."""
    bare = blanked(_LIST_NUMBER.sub(lambda found: " " * len(found[0]), text))
    facts = tuple((found[1], found.start()) for found in PLACEHOLDER.finditer(bare))
    for pattern in (PLACEHOLDER, _TIME):
        bare = pattern.sub(lambda found: " " * len(found[0]), bare)
    numbers, rest = list[WrittenNumber](), bare
    if not re.search(r"\d", bare):  # so no month beside one
        return Written(tuple(_in_words(bare, language)), (), facts)
    for pattern, parts in ((_DATE, _of_date), (_SEASON, _of_season)):
        for found in pattern.finditer(rest):
            numbers += parts(found)
        rest = pattern.sub(lambda found: " " * len(found[0]), rest)
    numbers += _in_digits(rest, language)
    numbers += _in_words(rest, language)
    return Written(tuple(sorted(numbers, key=lambda each: each.start)), tuple(_months_in(rest, language)), facts)


def _of_date(found: re.Match[str]) -> Iterator[WrittenNumber]:
    """The year is sure. Day and month are read in either order."""
    first, second = (found[2], found[3]) if found[1] else (found[4], found[6])
    year, start, end = found[1] or found[7], found.start(), found.end()
    yield WrittenNumber(frozenset({float(year)}), found[0], start, end)
    for part in (first, second):
        yield WrittenNumber(frozenset({float(part)}), found[0], start, end, is_sure=False)


def _of_season(found: re.Match[str]) -> Iterator[WrittenNumber]:
    yield WrittenNumber(frozenset({float(found[1])}), found[0], found.start(), found.end())


def _in_digits(text: str, language: str) -> Iterator[WrittenNumber]:
    scale, adjacent = _scales(language)
    for found in _NUMBER.finditer(text):
        digits, end, power = found[1], found.end(), 0
        currency = _currency(text, found.start(), end)
        after = adjacent.match(text, found.end(1))
        if after is not None and (currency or len(after[1]) > 1):  # $5M; 3T and 4K are names
            power, end = _power(after[1], language), after.end()
        elif text[found.end() : found.end() + 1].isalpha():
            continue  # 5G
        elif (after := scale.match(text, found.end())) is not None:
            power, end = _power(after[1].casefold(), language), after.end()
        readings = frozenset(round(each * 10.0**power, 6) for each in _readings(digits, language))
        written = " ".join(text[found.start() : end].split())
        yield WrittenNumber(readings, written, found.start(), end, currency=currency)


_SIGN = r"[$¢£¤¥฿₠-⃏]|\bRp\.?"


def _currency(text: str, start: int, end: int) -> str:
    before = re.search(rf"({_SIGN})\s?$", text[max(0, start - 5) : start])
    after = re.match(rf"\s?({_SIGN})", text[end : end + 5])
    return before[1].rstrip(".") if before else after[1] if after else ""


def _readings(digits: str, language: str) -> Collection[float]:
    """What the digits mean: by the format of the language, or by that of another, where one is as likely."""
    plain = re.sub(f"[{_SPACES}]", "", digits)
    decimal, group = _signs(language)
    if _AMBIGUOUS.fullmatch(plain) and group not in plain:
        return {float(re.sub("[.,]", "", plain)), float(plain.replace(",", "."))}
    if _GROUPED.fullmatch(plain):
        return {float(re.sub("[.,]", "", plain))}
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return {float(plain)}
    whole, part = re.sub("[.,]", "", plain[:last]), plain[last + 1 :]
    both = {float(f"{whole}.{part}")}
    # two numbers with a sign between them that is not the language's: a list without a space, a version
    return both if decimal in (" ", plain[last]) or len(re.findall("[.,]", plain)) == 1 else {*both, float(whole)}


def _in_words(text: str, language: str) -> Iterator[WrittenNumber]:
    words = _number_words(language)
    for found in re.finditer(r"[^\W\d_]+", text) if words else ():
        if (value := words.get(found[0].casefold())) is not None:
            yield WrittenNumber(frozenset({float(value)}), found[0], found.start(), found.end(), is_sure=False)


def has_number_words(language: str) -> bool:
    """Whether small numbers in words are recognised."""
    return bool(record(language).number_words)


def has_scales(language: str) -> bool:
    """Whether the words for thousands and millions are known."""
    return bool(_powers(language))


@cache
def _number_words(language: str) -> Mapping[str, int]:
    return {word: value for value, words in enumerate(record(language).number_words, start=1) for word in words.split()}


@cache
def _signs(language: str) -> tuple[str, str]:
    """The signs before decimals and between thousands; a blank: unknown, or a space."""
    locale = cldr(language)
    symbols: Any = locale.number_symbols if locale is not None else {}
    found = symbols.get("latn") or (locale is not None and symbols.get(locale.default_numbering_system)) or symbols
    signs = [str(found.get(name, " ")) for name in ("decimal", "group")]
    decimal, group = (each if each in ".," else " " for each in signs)
    return decimal, group


@cache
def _powers(language: str) -> Mapping[str, int]:
    """A word or sign for a power of ten → that power, as CLDR has it for the language."""
    locale, found = cldr(language), dict[str, int]()
    formats: Any = locale.compact_decimal_formats if locale is not None else {}
    for length in ("long", "short"):
        if length not in formats:
            continue
        for patterns in dict(formats[length]).values():
            for size, pattern in dict(patterns).items():
                written = str(pattern.pattern).replace("\u00a0", " ").replace("'", "")
                zeros = written.count("0")
                word = written.replace("0", "").strip()
                if word and zeros:
                    found.setdefault(word if len(word) == 1 else word.casefold().rstrip("."), len(size) - zeros)
    return {**found, **record(language).short_scales}


@cache
def _scales(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns of a scale behind a space, and of one that touches the digits ("5M")."""
    powers = _powers(language)
    words = sorted((each for each in powers if len(each) > 1), key=len, reverse=True)
    by_power = dict[int, list[str]]()
    for each in words:
        by_power.setdefault(powers[each], []).append(each)
    forms = [re.escape(each) + r"\b\.?" for each in words]
    # миллиона, миллионах: other cases than CLDR's begin in the same way
    stems = [stem for each in by_power.values() if (stem := _stem([word for word in each if len(word) > 4]))]
    forms += [re.escape(stem) + r"\w{0,4}\b" for stem in stems]
    touching = [re.escape(each) for each in powers if len(each) == 1] + [re.escape(each) for each in words]
    behind = rf"(?:[{_SPACES}-]|[{_SPACES}]\n|\n)(" + "|".join(forms) + ")" if forms else "(?!)"
    beside = "(" + "|".join(sorted(touching, key=len, reverse=True)) + r")(?!\w)" if touching else "(?!)"
    return re.compile(behind, re.IGNORECASE), re.compile(beside)


def _stem(words: Collection[str], least: int = 5) -> str:
    """What all words begin with; "" if that is short."""
    shortest = min(words, key=len, default="")
    size = next((n for n in range(len(shortest), 0, -1) if all(each.startswith(shortest[:n]) for each in words)), 0)
    return shortest[:size] if size >= least else ""


def _power(word: str, language: str) -> int:
    powers, word = _powers(language), word.rstrip(".")
    if word in powers:
        return powers[word]
    for known, power in powers.items():
        others = [each for each in powers if powers[each] == power and len(each) > 4]
        if len(known) > 4 and (stem := _stem(others)) and word.startswith(stem):
            return power
    return 0


@cache
def _month_pattern(language: str) -> tuple[re.Pattern[str], Mapping[str, int]]:
    locale, forms = cldr(language), dict[str, int]()
    if locale is None:
        return re.compile("(?!)"), {}
    months: Any = locale.months
    for number in range(1, 13):
        wide = [str(months[kind]["wide"][number]).casefold() for kind in ("format", "stand-alone")]
        short = str(months["format"]["abbreviated"][number]).casefold().rstrip(".")
        forms |= {each: number for each in (*wide, *([short] if len(short) > 2 else [])) if not each.isdigit()}
        stem = _stem(wide, 3)
        if stem and not stem[-1].isdigit():
            forms.setdefault(stem, number)
    names = "|".join(sorted(map(re.escape, forms), key=len, reverse=True)) or "(?!)"
    ending = r"\w{0,3}" if language in ("ru", "uk", "be", "pl", "cs", "sk", "hr", "sr", "bg") else ""
    return re.compile(rf"\b({names}){ending}\b", re.IGNORECASE), forms


def _months_in(text: str, language: str) -> Iterator[WrittenMonth]:
    pattern, forms = _month_pattern(language)
    for found in pattern.finditer(text):
        ordinal = r"\d(?:st|nd|rd|th|\.|-го)?\s+(?:of\s+|de\s+|del\s+)?$"
        is_beside = re.search(ordinal, text[: found.start()]) is not None
        if is_beside or re.match(r"\.?,?\s+(?:of\s+|de\s+|del\s+|tahun\s+)?\d", text[found.end() :]):
            yield WrittenMonth(forms[found[1].casefold()], found[0], found.start())


def agree(one: Iterable[float], other: Iterable[float]) -> bool:
    """Whether two numbers can mean the same, to nine digits."""
    return any(abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1.0) for a in one for b in other)
