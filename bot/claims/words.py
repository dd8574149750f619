"""The word lists of each language by which claims are read, from ``words/<language>.toml``.

A language without a file has the months, weekdays, units and currencies of CLDR (cldr.unicode.org, by Babel), perhaps question words, and no other list. Its claims are
compared, too, but fewer of them get a verdict.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_name
from babel.units import format_unit

from bot.matching.gazetteer import country_of
from bot.matching.tokenizer import tidy

NOTHING = re.compile(r"(?!)")
"""Matches nowhere."""

_DAYS = {
    "day": 1.0, "week": 7.0, "fortnight": 14.0, "month": 365.25 / 12, "half_year": 365.25 / 2, "year": 365.25,
    "lustrum": 5 * 365.25, "windu": 8 * 365.25, "decade": 10 * 365.25, "half_century": 50 * 365.25,
    "century": 100 * 365.25,
}  # fmt: skip
"""Units of duration in days, by their names in the files."""

_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ`´](?=[^\W\d]|\d{3}(?!\d))|(?<=[^\W\d])['’ʼ`´](?=\d)")
"""Not that of "5'5", which some write before decimals."""

_RAISED = re.compile(r"(?<![^\W\d_])(?=[²³¹¼-¾⁰-⁹₀-₉⅐-⅟①-⒛])|(?=[²³¹⁰-⁹₀-₉]{1,9}\d)")
"""Before digits that NFKC would join to those beside them: "144²" is not 1442, nor "1½" 11/2."""

_TWICE = re.compile(r"(?<=[a-z]{3})2(?=[a-z]|\b)")
"""Indonesian writes "rata2" for "rata-rata"."""


def normal(text: str) -> str:
    """The text tidied and without apostrophes, as a value reader expects it. Positions of characters change."""
    return _TWICE.sub("", _APOSTROPHE.sub("", tidy(text if text.isascii() else _RAISED.sub("^", text))))


@dataclass(frozen=True, slots=True)
class WordLists:
    """The word lists of one language.

    Attributes:
        numbers: word → number.
        one: words for 1.
        scales: word → the factor for the number before it.
        fractions: word → number below 1.
        durations: word → days.
        currencies: word or sign → ISO 4217 code.
        ranks: word → the place in a list, 1 to 10; -1: the last.
        rank_near: words near a rank.
        numbered: words before a number that is a rank.
        of_states: words that say whose currency is meant ("US dollars").
        abbreviations: words behind whose full stop a sentence goes on.
        percent: words and signs for percent.
        months: word → 1 to 12.
        weekdays: word → 0 (Monday) to 6.
        of: phrases between the numbers of "nine in ten".
        every: phrase → number, for example 3 for "every third".
        periods: phrase → the period of a price.
        bounds: phrase beside a value → over, under, min, max, almost, about or exactly.
        to: words between the ends of a range.
        paying: words beside which a number without a unit may be a price.
        one_of_it: words for 1 that count something.
        asking: phrases that ask whether something is true.
        doubting: the same, at the end and with a question mark ("hoax?").
        opening: phrases that introduce a claim ("they say").
        false: phrases before a claim that call it false.
        false_after: phrases behind a claim that call it false.
        wrong: whole sentences that call the previous sentence false.
        quoted: phrases that attribute a claim to others.
        question: question words, anywhere in a sentence.
        opens_question: question words at its beginning or end (marked ^ in the file).
        before_question: words that may stand before those ("of", "and").
        asked: phrases of yes-or-no questions.
        auxiliary: first words of yes-or-no questions and of requests.
        tag: last words of yes-or-no questions.
        personal: words for the sender, and for the bot.
        owners, owners_behind: possessives before and behind a name.
        tellers: people who pass a claim on ("my uncle says"). Beside a word of ``saying`` or ``hearsay`` they add nothing.
        either: words that offer a choice.
        any: words that turn a question word into *any* ("apa pun": anything).
        negation: words that deny.
        rejecting: phrases before a rejected value ("not five").
        instead: phrases before the right value ("but six").
        not_only: phrases that add, although they begin with a negation.
        only: words for "only".
        joints: phrases between two statements.
        saying: words that introduce the source of a claim.
        places: generic words of places ("palace").
        pronouns: words that may stand for the dossier's subject.
        turning, turning_phrases: words and phrases that reverse or limit a claim ("still", "may", "was to be").
        function: function words; they add nothing to a claim.
        hearsay: words around a claim ("apparently", "told"). They add nothing, except in a sentence with a negation.
        synonyms: word → the name of its group of synonyms.
        forms: name of a grammatical form → its words, for forms that change the meaning (tense, voice).
        is_listed: whether the language has a file. Otherwise numbers, months and currencies come from CLDR, the question words of a few
            languages from :data:`_QUESTIONS`, and every other list is empty.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    one: frozenset[str] = frozenset()
    scales: Mapping[str, float] = field(default_factory=dict)
    fractions: Mapping[str, float] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)
    rank_near: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()
    of_states: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()
    percent: frozenset[str] = frozenset()
    months: Mapping[str, int] = field(default_factory=dict)
    weekdays: Mapping[str, int] = field(default_factory=dict)
    of: re.Pattern[str] = NOTHING
    every: Mapping[str, float] = field(default_factory=dict)
    periods: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, str] = field(default_factory=dict)
    to: frozenset[str] = frozenset()
    paying: frozenset[str] = frozenset()
    one_of_it: frozenset[str] = frozenset()
    asking: re.Pattern[str] = NOTHING
    doubting: re.Pattern[str] = NOTHING
    opening: re.Pattern[str] = NOTHING
    false: re.Pattern[str] = NOTHING
    false_after: re.Pattern[str] = NOTHING
    wrong: re.Pattern[str] = NOTHING
    quoted: re.Pattern[str] = NOTHING
    question: frozenset[str] = frozenset()
    opens_question: frozenset[str] = frozenset()
    before_question: frozenset[str] = frozenset()
    asked: re.Pattern[str] = NOTHING
    auxiliary: frozenset[str] = frozenset()
    tag: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    owners_behind: frozenset[str] = frozenset()
    tellers: frozenset[str] = frozenset()
    either: frozenset[str] = frozenset()
    any: frozenset[str] = frozenset()
    negation: frozenset[str] = frozenset()
    rejecting: re.Pattern[str] = NOTHING
    instead: re.Pattern[str] = NOTHING
    not_only: re.Pattern[str] = NOTHING
    only: frozenset[str] = frozenset()
    joints: re.Pattern[str] = NOTHING
    saying: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    pronouns: frozenset[str] = frozenset()
    turning: frozenset[str] = frozenset()
    turning_phrases: re.Pattern[str] = NOTHING
    function: frozenset[str] = frozenset()
    hearsay: frozenset[str] = frozenset()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    is_listed: bool = False

    def form_of(self, word: str) -> str:
        """The name of the word's form; "" if it has none of them."""
        return next((name for name, pattern in self.forms.items() if pattern.fullmatch(word)), "")


@cache
def word_lists(language: str) -> WordLists:
    """The lists of a language; each file is read once. Without a file: those of CLDR."""
    file = files(__package__).joinpath("words", f"{language}.toml")
    if not language.isalpha() or not file.is_file():
        return _from_cldr(language)
    return _built(tomllib.loads(file.read_text(encoding="utf-8")), language)


@cache
def all_word_lists() -> tuple[WordLists, ...]:
    """The lists of every language that has a file."""
    names = (file.name for file in files(__package__).joinpath("words").iterdir())
    return tuple(word_lists(name.removesuffix(".toml")) for name in sorted(names) if name.endswith(".toml"))


def one_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Matches any of the phrases as whole words, the longest first."""
    ordered = sorted({normal(phrase) for phrase in phrases}, key=lambda phrase: -len(phrase))
    if not ordered:
        return NOTHING
    return re.compile(
        r"(?<!\w)(?:" + "|".join(re.escape(phrase).replace(r"\ ", r"[\s,]+") for phrase in ordered) + r")(?!\w)"
    )


def _built(data: Mapping[str, Any], language: str) -> WordLists:
    claim = data["claim"]
    percent = data["percent"]
    every = dict(pair.split(":") for pair in percent["every"])
    return WordLists(
        numbers={word: float(n) for n, listed in data["numbers"].items() for word in _split(listed)},
        one=frozenset(_split(data["one"]["words"])),
        scales={word: float(n) for n, listed in data["scales"].items() for word in _split(listed)},
        fractions={word: _fraction(n) for n, listed in data["fractions"].items() for word in _split(listed)},
        durations={word: _DAYS[unit] for unit, listed in data["durations"].items() for word in _split(listed)},
        currencies={word: code for code, listed in data["currencies"].items() for word in _split(listed)},
        ranks={
            word: -1 if place == "last" else int(place)
            for place, listed in data["ranks"].items()
            if place not in ("near", "numbered")
            for word in _split(listed)
        },
        numbered=frozenset(_split(data["ranks"]["numbered"])),
        rank_near=frozenset(_split(data["ranks"]["near"])),
        of_states=frozenset(_split(data["one"]["states"])),
        abbreviations=frozenset(data["abbreviations"]["words"].split()),
        percent=frozenset((*_split(percent["words"]), *percent["phrases"])),
        months=_calendar(language, "months"),
        weekdays=_calendar(language, "days"),
        of=one_of(percent["of"]),
        every={normal(phrase): float(n) for phrase, n in every.items()},
        periods={normal(phrase): period for period, phrases in data["periods"].items() for phrase in phrases},
        bounds={
            normal(phrase): bound for bound, phrases in data["bounds"].items() if bound != "range" for phrase in phrases
        },
        to=frozenset(data["bounds"]["range"]),
        paying=frozenset(_split(claim["paying"])),
        one_of_it=frozenset(_split(claim["one"])),
        asking=one_of(claim["asking"]),
        doubting=one_of(f"{phrase}?" for phrase in (*claim["doubting"], *claim["false_after"], *claim["wrong"])),
        opening=one_of(claim["opening"]),
        false=one_of(claim["false"]),
        false_after=one_of(claim["false_after"]),
        wrong=one_of(claim["wrong"]),
        question=frozenset(word for word in _split(claim["question"]) if word[0] != "^"),
        opens_question=frozenset(word[1:] for word in _split(claim["question"]) if word[0] == "^"),
        asked=one_of(claim["asked"]),
        personal=frozenset(_split(claim["personal"])),
        owners=frozenset(_split(claim["owning"]["before"])),
        owners_behind=frozenset(_split(claim["owning"]["behind"])),
        tellers=frozenset(_split(claim["tellers"])),
        any=frozenset(_split(claim["any"])),
        either=frozenset(_split(claim["either"])),
        tag=frozenset(_split(claim["tag"])),
        auxiliary=frozenset(_split(claim["auxiliary"])),
        quoted=_hearsay(claim["quoted"], claim["quoting"]),
        negation=frozenset(_split(claim["negation"])),
        rejecting=one_of(claim["rejecting"]),
        instead=one_of(claim["instead"]),
        not_only=one_of(claim["not_only"]),
        joints=one_of(claim["joints"]),
        saying=frozenset(_split(claim["saying"])),
        only=frozenset(_split(claim["only"])),
        places=frozenset(_split(claim["places"])),
        pronouns=frozenset(_split(claim["pronouns"])),
        turning=frozenset(_split(claim["turning"])),
        turning_phrases=one_of(claim["turning_phrases"]),
        function=frozenset(_split(claim["function"])),
        hearsay=frozenset(_split(claim["hearsay"])),
        synonyms={word: group.split()[0] for group in claim["synonyms"] for word in _split(group)},
        forms={name: re.compile("|".join(patterns)) for name, patterns in claim["forms"].items()},
        is_listed=True,
    )


_CURRENCIES = ("EUR", "USD", "GBP", "RUB", "IDR", "JPY", "CNY", "INR", "BRL", "MXN", "CHF", "TRY", "PLN")
_COUNTS = (1, 2, 5, 11)
"""These numbers have all the plural forms of a language."""


_QUESTIONS = {
    "es": (
        """qué cuál cuáles cuándo cómo dónde adónde quién quiénes cuánto cuánta cuántos cuántas porqué xq pq
        dime dinos dígame explica explícame explique cuéntame sabes""",
        "a al ante con contra de del desde en entre hacia hasta para por según sobre tras y e pero o hola oye entonces bueno",
    ),
    "fr": (
        """que quoi quel quelle quels quelles quand où qui comment combien pourquoi lequel laquelle lesquels lesquelles
        quest dis explique expliquez jusquoù doù sais savez""",
        "à de en avec pour par depuis jusque jusquà dans sur chez vers contre entre selon et mais ou donc alors bonjour salut",
    ),
    "de": (
        """was wann wo wer wen wem wessen wie wieso warum weshalb weswegen welche welcher welches welchen welchem woher wohin womit
        wofür worum worüber wodurch wovon wozu woran wieviel erkläre erklär sag weißt wisst""",
        "ab an auf aus bei bis durch für gegen in im mit nach seit um unter über von vor zu zwischen und aber oder also hallo",
    ),
}
"""Language without a file → the words that open a question, and those that may stand before them («de qué», «y cuándo»). Accents do not count, as
in hasty messages; a statement that begins so («Como dijo…») is taken for a question too, and gets no verdict."""


_BOUNDS: Mapping[str, Mapping[str, list[str]]] = {
    "es": {
        "over": ["más de", "por encima de", "superior a"],
        "under": ["menos de", "por debajo de", "inferior a"],
        "min": [
            "al menos",
            "por lo menos",
            "como mínimo",
            "mínimo",
            "un mínimo de",
            "no menos de",
            "a partir de",
            "mín",
        ],
        "from": ["desde"],
        "max": ["hasta", "como máximo", "máximo", "un máximo de", "a lo sumo", "no más de", "máx"],
        "about": ["unos", "unas", "alrededor de", "cerca de", "aproximadamente", "aprox", "en torno a", "más o menos"],
        "almost": ["casi"],
    },
    "fr": {
        "over": ["plus de", "supérieur à"],
        "under": ["moins de", "inférieur à"],
        "min": ["au moins", "au minimum", "minimum", "un minimum de", "pas moins de", "à partir de", "min"],
        "max": ["au plus", "au maximum", "maximum", "un maximum de", "pas plus de", "jusqu’à", "max"],
        "about": ["environ", "env", "près de", "autour de", "à peu près"],
        "almost": ["presque"],
    },
    "de": {
        "over": ["mehr als", "über"],
        "under": ["weniger als", "unter"],
        "min": ["mindestens", "wenigstens", "nicht weniger als", "min"],
        "from": ["ab"],
        "max": ["höchstens", "maximal", "bis zu", "nicht mehr als", "max"],
        "about": ["etwa", "rund", "ca", "circa", "ungefähr"],
        "almost": ["fast", "knapp", "beinahe"],
    },
}
"""Language without a file → its bounds of values, as :attr:`WordLists.bounds`."""


def _from_cldr(language: str) -> WordLists:
    """The lists that CLDR has; for a language that CLDR lacks, the percent sign alone."""
    opens_question, before_question = (frozenset(_split(listed)) for listed in _QUESTIONS.get(language, ("", "")))
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return WordLists(percent=frozenset("%"))
    durations = {
        word: _DAYS[unit]
        for unit in ("day", "week", "month", "year")
        for count in _COUNTS
        for word in re.findall(r"[^\W\d_]+", normal(_counted_unit(count, unit, locale)))
    }
    currencies: dict[str, str] = {}
    for code in _CURRENCIES:
        names = " ".join(get_currency_name(code, count, locale) for count in (None, *_COUNTS))
        for name in (code, locale.currency_symbols.get(code, code), *names.split()):
            is_word = len(name) > len("des") or not name.isalpha() or name == code
            if is_word and not country_of(normal(name), language):  # "Rus rublesi"
                currencies.setdefault(normal(name), code)
    return WordLists(
        scales=_scales(locale),
        durations=durations,
        currencies=currencies,
        percent=frozenset("%"),
        months=_calendar(language, "months"),
        weekdays=_calendar(language, "days"),
        bounds={normal(phrase): bound for bound, phrases in _BOUNDS.get(language, {}).items() for phrase in phrases},
        opens_question=opens_question,
        before_question=before_question,
    )


def _counted_unit(count: int, unit: str, locale: Locale) -> str:
    """For example "2 years". Babel returns the unit's id if CLDR has no long form; then the short form is used."""
    lengths: tuple[Literal["long", "short", "narrow"], ...] = ("long", "short", "narrow")
    written = (format_unit(count, f"duration-{unit}", length, locale=locale) for length in lengths)
    return next((form for form in written if f"duration-{unit}" not in form), "")


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


def _hearsay(phrases: Iterable[str], quoting: Mapping[str, str]) -> re.Pattern[str]:
    """Matches the phrases, and "some … say" with up to two words between."""
    who, say = ("|".join(map(re.escape, _split(quoting[part]))) for part in ("who", "say"))
    return re.compile(rf"{one_of(phrases).pattern}|(?<!\w)(?:{who})\s+(?:\w+\s+){{0,2}}(?:{say})(?!\w)")


def _fraction(text: str) -> float:
    above, _, below = text.partition("/")
    return int(above) / int(below)


def _calendar(language: str, what: str) -> dict[str, int]:
    """Names of months or weekdays (CLDR, by Babel), with the Russian prepositional («в декабре»)."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return {}
    numbers: dict[str, int] = {}
    for context in ("stand-alone", "format"):
        for width in ("wide", "abbreviated"):
            for number, name in getattr(locale, what)[context][width].items():
                word = normal(name).rstrip(".")
                numbers[word] = number
                if language == "ru" and what == "months" and width == "wide":
                    numbers[re.sub("[ьйя]$", "", word) + "е"] = number
                if language == "ru" and what == "days" and word.endswith("а"):
                    numbers[word[:-1] + "у"] = number
    return numbers
