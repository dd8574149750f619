"""What each language has for reading claims, from CLDR (cldr.unicode.org, by Babel) and ``claims.toml`` of :mod:`bot.languages`.

A language without a file has the months, weekdays, units, currencies and large numbers of CLDR, and no other list.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar

from babel import Locale
from babel.numbers import get_currency_name

from bot.dossier.models import Language
from bot.languages import cldr, languages_with, read
from bot.matching.gazetteer import country_of
from bot.matching.tokenizer import tidy
from bot.replies.formatting import of_unit

NOTHING = re.compile(r"(?!)")
"""Matches nowhere."""

DAYS = {
    "day": 1.0, "week": 7.0, "fortnight": 14.0, "month": 365.25 / 12, "year": 365.25, "decade": 10 * 365.25, "century": 100 * 365.25
}  # fmt: skip
"""Units of duration in days, by their names in the files."""

_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ`´](?=[^\W\d]|\d{3}(?!\d))|(?<=[^\W\d])['’ʼ`´](?=\d)")
"""Not that of "5'5", which some write before decimals."""

_RAISED = re.compile(r"(?<![^\W\d_])(?=[²³¹¼-¾⁰-⁹₀-₉⅐-⅟①-⒛])|(?=[²³¹⁰-⁹₀-₉]{1,9}\d)")
"""Before digits that NFKC would join to those beside them: "144²" is not 1442, nor "1½" 11/2."""

_CURRENCIES = ("EUR", "USD", "GBP", "RUB", "IDR", "JPY", "CNY", "INR", "BRL", "MXN", "CHF", "TRY", "PLN")
"""Currencies that every language reads, beside those of the dossier's facts."""

N = TypeVar("N", int, float)

COUNTS = (1, 2, 5, 11)
"""These numbers have all the plural forms of a language."""


def normal(text: str) -> str:
    """The text tidied and without apostrophes, as a value reader expects it. Positions of characters change."""
    return _APOSTROPHE.sub("", tidy(text if text.isascii() else _RAISED.sub("^", text)))


@dataclass(frozen=True, slots=True)
class WordLists:
    """The word lists of one language.

    Attributes:
        numbers: word → number.
        one: words for 1. Those of more than two letters count something ("one site", but not "a site").
        teen: words for + 10 behind a number ("lima belas").
        scales: word → the factor for the number before it.
        durations: word → days.
        currencies: word, sign or phrase of two words ("us_dollars" in the file) → ISO 4217 code.
        percent: words, signs and phrases of two words for percent.
        months: word → 1 to 12.
        weekdays: word → 0 (Monday) to 6.
        periods: phrase → the period of a price.
        range: words between the ends of a range.
        joints: words for "and".
        before_year: words behind which a number of four digits is a year, even before 1900.
        abbreviations: words behind whose full stop a sentence goes on.
        opening: phrases that introduce a claim.
        address: words of which a call to readers may consist ("all my friends, please share"): nothing else stands in it that could say whether it is so.
        frame: more of them, for what stands before a colon or alone ("Repost from the family group:").
        beside: those of both that stand in a call beside others, and alone may say something of a sentence ("before", "it should"; marked ~ in the file).
        tags: words that add nothing as hashtags at the end of a message: those of the dossier's names, and the countries that these name.
        asking: phrases that ask whether something is true; "legit?" only with its question mark.
        asking_if_false: phrases that ask whether something is false.
        doubting: phrases that ask either, with a question mark ("real?", "hoax?").
        denying: phrases that call something false.
        opposites: pairs of phrases of which a sentence with one and a sentence with the other say opposite things ("more" and "less").
        question: question words, anywhere in a sentence.
        opens_question: question words at its beginning or end (marked ^ in the file).
        before_question: words that may stand before those ("of", "and").
        asked: phrases of yes-or-no questions.
        auxiliary: first words of yes-or-no questions and of requests.
        tag: last words of yes-or-no questions.
        any: words that turn a question word into *any* ("apa pun": anything).
        personal: words for the sender, and for the bot.
        tellers: people who pass a claim on ("my uncle says").
        either: words that offer a choice.
        negation: words that deny.

    What a language makes equal on both sides of a comparison:

        empty: words that add nothing anywhere.
        this, this_behind, articles: words before or behind a name of the dossier that add nothing there.
        joined: contraction → its words.
        ordinals: what may stand behind the number of a day ("19th").
        particles: words between the parts of a date or an amount ("14 de marzo", "millones de euros").
        days, years: phrases before a day, and before a month or a year.
        with_name: prepositions that go with a name of the dossier that is left out.
        clauses: words that begin a clause; a date in front of such a sentence may belong to it.
        bounds: what says, as "within {}", that a value is a limit; another value may follow from it.
        beyond: those that leave out the value itself ("less than {}").
        told_before, told_behind: forms of "X says", X as ``{}``, before and behind a sentence.
        month_first: whether some write the month of a date of numbers first.
        impersonal: endings of verbs behind a name of the dossier that is no subject («меморандумом обменялись»).
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    one: frozenset[str] = frozenset()
    teen: frozenset[str] = frozenset()
    scales: Mapping[str, float] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    percent: frozenset[str] = frozenset("%")
    months: Mapping[str, int] = field(default_factory=dict)
    weekdays: Mapping[str, int] = field(default_factory=dict)
    periods: Mapping[str, str] = field(default_factory=dict)
    range: frozenset[str] = frozenset()
    joints: frozenset[str] = frozenset()
    before_year: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()
    opening: re.Pattern[str] = NOTHING
    address: frozenset[str] = frozenset()
    frame: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    asking: re.Pattern[str] = NOTHING
    asking_if_false: re.Pattern[str] = NOTHING
    doubting: re.Pattern[str] = NOTHING
    denying: re.Pattern[str] = NOTHING
    opposites: tuple[tuple[re.Pattern[str], ...], ...] = ()
    question: frozenset[str] = frozenset()
    opens_question: frozenset[str] = frozenset()
    before_question: frozenset[str] = frozenset()
    asked: re.Pattern[str] = NOTHING
    auxiliary: frozenset[str] = frozenset()
    tag: frozenset[str] = frozenset()
    any: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    tellers: frozenset[str] = frozenset()
    either: frozenset[str] = frozenset()
    negation: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    this: frozenset[str] = frozenset()
    this_behind: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()
    joined: Mapping[str, str] = field(default_factory=dict)
    particles: frozenset[str] = frozenset()
    ordinals: frozenset[str] = frozenset()
    days: tuple[tuple[str, ...], ...] = ()
    years: tuple[tuple[str, ...], ...] = ()
    with_name: frozenset[str] = frozenset()
    clauses: frozenset[str] = frozenset()
    bounds: re.Pattern[str] = NOTHING
    beyond: re.Pattern[str] = NOTHING
    told_before: tuple[str, ...] = ()
    told_behind: tuple[str, ...] = ()
    month_first: bool = False
    impersonal: tuple[str, ...] = ()


@cache
def word_lists(language: str) -> WordLists:
    """The lists of a language; each file is read once."""
    return _built(read(language, "claims.toml"), language)


@cache
def listed_languages() -> tuple[Language, ...]:
    """The languages that have a file."""
    return tuple(map(Language, languages_with("claims.toml")))


def one_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Matches any of the phrases as whole words, the longest first."""
    ordered = sorted({normal(phrase) for phrase in phrases}, key=lambda phrase: -len(phrase))
    if not ordered:
        return NOTHING
    return re.compile(
        r"(?<!\w)(?:" + "|".join(re.escape(phrase).replace(r"\ ", r"[\s,]+") for phrase in ordered) + r")(?!\w)"
    )


@cache
def countries(language: str) -> frozenset[str]:
    """The names of countries of one word."""
    locale = cldr(language)
    return frozenset(map(normal, locale.territories.values() if locale else ()))


def currencies_of(codes: Iterable[str], language: str) -> dict[str, str]:
    """The code, the signs, the names and the words of the names of each currency in a language → its code."""
    locale, currencies = cldr(language), dict[str, str]()
    for code in codes if locale else ():
        at_home = cldr(f"und_{code[:2]}")  # an ISO 4217 code begins with that of its country
        signs = [each.currency_symbols.get(code, code) for each in (locale, at_home) if each]
        names = [normal(get_currency_name(code, count, locale)) for count in (None, *COUNTS)]
        names += [f"d{name}" for name in names if language == "fr" and name[0] in "aeiouy"]  # "millions d'euros"
        words = [word for name in names for word in name.split()]
        is_word = [word for word in words if len(word) > len("des") and not country_of(word, language)]  # "Rus rublesi"
        for name in filter(None, (normal(code), *map(normal, signs), *names, *is_word)):  # a sign may be invisible
            currencies.setdefault(name, code)
    return currencies


def _built(data: Mapping[str, Any], language: str) -> WordLists:
    questions, percent = data.get("questions", {}), data.get("percent", {})
    grammar = data.get("grammar", {})
    listed = data.get("other", {}) | questions | grammar
    calls = {name: listed[name] for name in ("address", "frame") if name in listed}
    listed |= {name: words.replace("~", "") for name, words in calls.items()}
    listed |= {"beside": " ".join(re.findall(r"~(\S+)", " ".join(calls.values())))}
    locale, asked = cldr(language), _split(questions.get("question", ""))
    durations = {word: DAYS[unit] for unit, words in data.get("durations", {}).items() for word in _split(words)}
    currencies = {
        word.replace("_", " "): code for code, words in data.get("currencies", {}).items() for word in _split(words)
    }
    return WordLists(**_sets(listed) | {
        "numbers": _numbered(data.get("numbers", {}), float),
        "scales": _numbered(data.get("scales", {}), float) or (_scales(locale) if locale else {}),
        "joints": frozenset(_split(locale.list_patterns["standard"]["2"].format("", ""))) if locale else frozenset(),
        "durations": durations or (_durations(language) if locale else {}),
        "currencies": currencies or currencies_of(_CURRENCIES, language),
        "percent": frozenset(("%", *_split(percent.get("words", "")), *percent.get("phrases", ()))),
        "months": _calendar(language, "months") | _numbered(data.get("months", {}), int),
        "weekdays": _calendar(language, "days") | _numbered(data.get("weekdays", {}), int),
        "periods": {normal(phrase): period for period, phrases in data.get("periods", {}).items() for phrase in phrases},
        **{name: one_of(questions.get(name, ())) for name in ("opening", "asking", "asking_if_false", "asked", "denying")},
        "doubting": one_of(f"{phrase}?" for name in ("doubting", "denying") for phrase in questions.get(name, ())),
        "opposites": tuple(tuple(one_of(side.split(", ")) for side in pair.split(" / ")) for pair in grammar.get("opposites", ())),
        "question": frozenset(word for word in asked if word[0] != "^"),
        "opens_question": frozenset(word[1:] for word in asked if word[0] == "^"),
        **{name: grammar[name] for name in ("joined", "month_first") if name in grammar},
        **{name: tuple(tuple(_split(phrase)) for phrase in grammar.get(name, ())) for name in ("days", "years")},
        **{name: tuple(map(normal, grammar.get(name, ()))) for name in ("told_before", "told_behind")},
        "bounds": _bounds((*grammar.get("bounds", ()), *grammar.get("beyond", ()))),
        "beyond": _bounds(grammar.get("beyond", ())),
        "impersonal": tuple(_split(grammar.get("impersonal", ""))),
    })  # fmt: skip


def _sets(listed: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that are sets of words, of those that a file has."""
    names = (f.name for f in fields(WordLists) if f.type == frozenset[str] and f.name in listed)
    return {name: frozenset(_split(listed[name])) for name in names}


def _bounds(phrases: Iterable[str]) -> re.Pattern[str]:
    """Matches a slot with one of the phrases before or behind it, and at most a word between them."""
    escaped = (re.escape(normal(phrase)) for phrase in phrases)
    parts = [p.replace(r"\ \{\}", r" (?:\w+ )?\{").replace(r"\{\}\ ", r"\}\S* (?:\w+ )?") for p in escaped]
    return re.compile("|".join(rf"(?<!\w){part}(?!\w)" for part in parts) or r"(?!)")


def _durations(language: str) -> dict[str, float]:
    return {
        word: DAYS[unit]
        for unit in ("day", "week", "month", "year")
        for count in COUNTS
        for word in re.findall(r"[^\W\d_]+", normal(of_unit(count, f"duration-{unit}", language)))
    }


def _scales(locale: Locale) -> dict[str, float]:
    """For example "million" → 1,000,000, from the long forms of compact numbers ("00 million" is the form of ten million)."""
    scales: dict[str, float] = {}
    for forms in (locale.compact_decimal_formats.get("long") or {}).values():
        for size, pattern in forms.items():
            text = normal(str(pattern.pattern))
            zeros, names = text.count("0"), re.findall(r"[^\W\d_]{3,}", text)
            if zeros and len(names) == 1:
                scales.setdefault(names[0], float(int(size) // 10 ** (zeros - 1)))
    return scales


def _split(listed: str) -> list[str]:
    return [normal(word) for word in listed.split()]


def _numbered(listed: Mapping[str, str], number: Callable[[str], N]) -> dict[str, N]:
    return {word: number(n) for n, words in listed.items() for word in _split(words)}


def _calendar(language: str, what: str) -> dict[str, int]:
    """Names of months or weekdays."""
    locale, numbers = cldr(language), dict[str, int]()
    for context in ("stand-alone", "format") if locale else ():
        for width in ("wide", "abbreviated"):
            for number, name in getattr(locale, what)[context][width].items():
                numbers[normal(name).rstrip(".")] = number
    return numbers
