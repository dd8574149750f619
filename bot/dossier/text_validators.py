"""Values that a fact holds and a text has typed all the same, to be forgotten there when the fact changes. PURE."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.units import format_unit
from markdown_it.token import Token

from bot.dossier import markdown
from bot.dossier.diagnostics import Fault, Place, Where, did_you_mean
from bot.dossier.markdown import MARKDOWN, OPENING, guarded, is_web_address, parsed
from bot.dossier.models import (
    Bulletin,
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Money,
    Number,
    Percent,
    Topic,
    file_of,
)


def is_fact_id(name: str) -> bool:
    """Whether a text can refer to it."""
    match = markdown.PLACEHOLDER.fullmatch(f"{{{name}}}")
    return match is not None and match[2] is None


def slug(name: str) -> str:
    """The id that was meant."""
    return re.sub(r"[^\w-]+", "_", name).strip("_-") or "fact"


Texts = tuple[str, Place, Mapping[Any, object], bool]
"""File, place in it, language → text, and whether every language must be there."""


def texts_of(dossier: Dossier) -> Iterator[Texts]:
    """All the maps of languages in a dossier."""
    yield "dossier.yaml", ("title",), dossier.header.title, True
    yield "dossier.yaml", ("summary",), dossier.header.summary, True
    for fact_id, fact in dossier.facts.items():
        yield from _of_fact(fact_id, fact)
    for source_id, source in dossier.sources.items():
        if isinstance(source.publisher, dict):
            yield "sources.yaml", (source_id, "publisher"), source.publisher, True
    for topic in dossier.topics.values():
        for key in ("title", "summary", "body"):
            yield file_of(topic), (key,), getattr(topic, key), True
        yield file_of(topic), ("asks",), topic.asks, False
        yield file_of(topic), ("not_asked",), topic.not_asked, False
        if isinstance(topic.aliases, dict):
            yield file_of(topic), ("aliases",), topic.aliases, False
    for stem, questions in dossier.questions.items():
        yield f"questions/{stem}.yaml", ("asks",), questions.asks, False
        yield f"questions/{stem}.yaml", ("not_asked",), questions.not_asked, False
    for bulletin in dossier.bulletins.values():
        yield file_of(bulletin), ("title",), bulletin.title, True
        yield file_of(bulletin), ("body",), bulletin.body, True


def _of_fact(fact_id: str, fact: Fact) -> Iterator[Texts]:
    named = {"note": fact.note, "value": getattr(fact, "value", None)}
    if isinstance(fact, Percent):
        named |= {"of": fact.of, "stated_by": fact.stated_by}
    if isinstance(fact, Number):
        named |= {"unit": fact.unit}
    for key, value in named.items():
        if isinstance(value, dict):
            yield "facts.yaml", (fact_id, key), value, True
    for form, texts in getattr(fact, "forms", {}).items():
        yield "facts.yaml", (fact_id, "forms", form), texts, False


_RICH = ("body",)


_PLAIN_FORMS = ("title", "summary")


def prose_faults(dossier: Dossier) -> Iterator[Fault]:
    """Faults of every text: of topics, bulletins, the header and facts' notes."""
    typed = held(dossier.facts)
    used: set[str] = set()
    for path, place, words, rich in _prose(dossier):
        yield from _rich_faults(words, path, place) if rich else _line_faults(words, path, place)
        yield from _reference_faults(dossier.facts, words, path, place, used)
        yield from _stray_braces(dossier.facts, words, path, place)
        if path != "facts.yaml":
            yield from typed.faults(words, path, place, str(place[-1]))
    used |= _used_otherwise(dossier)
    for fact_id in dossier.facts:
        if fact_id not in used:
            expected = f"expected {{{fact_id}}} in some text"
            yield Fault("facts.yaml", (fact_id,), f"fact {fact_id!r} is used nowhere", expected, warning=True)


def _rich_faults(words: str, path: str, place: Place) -> Iterator[Fault]:
    for flaw in flaws(words):
        yield Fault(path, place, flaw.problem, flaw.expected, flaw.warning, down=flaw.line)


def _line_faults(words: str, path: str, place: Place) -> Iterator[Fault]:
    if "\n" in words.strip():
        yield Fault(path, place, "a title or summary of several lines", "expected one line")
    elif is_marked(words):
        yield Fault(path, place, "Markdown in a title or summary", "expected plain words", warning=True)


def _prose(dossier: Dossier) -> Iterator[tuple[str, Place, str, bool]]:
    entries: list[Topic | Bulletin] = [*dossier.topics.values(), *dossier.bulletins.values()]
    for entry in entries:
        for key in (*_PLAIN_FORMS, *_RICH):
            for language, words in getattr(entry, key, {}).items():
                yield file_of(entry), (key, language), words, key in _RICH
    for language, words in dossier.header.title.items():
        yield "dossier.yaml", ("title", language), words, False
    for language, words in dossier.header.summary.items():
        yield "dossier.yaml", ("summary", language), words, True
    for fact_id, fact in dossier.facts.items():
        notes = fact.note if isinstance(fact.note, dict) else {"": fact.note} if fact.note else {}
        for language, words in notes.items():
            yield "facts.yaml", (fact_id, "note", language) if language else (fact_id, "note"), words, True


def _reference_faults(
    facts: Mapping[FactId, Fact], words: str, path: str, place: Place, used: set[str]
) -> Iterator[Fault]:
    for match in markdown.PLACEHOLDER.finditer(words):
        fact = facts.get(FactId(match[1]))
        used.add(match[1])
        down = words.count("\n", 0, match.start())
        because: Where = "facts.yaml", (match[1],)
        if fact is None and match[1] in {slug(each) for each in facts if not is_fact_id(each)}:
            continue
        if fact is None:
            expected = did_you_mean(match[1], [each for each in facts if is_fact_id(each)], "a fact")
            yield Fault(path, place, f"unknown fact {match[1]!r}", expected, down=down, because=because)
        elif match[2] and match[2] not in (forms := _prose_forms(fact)):
            problem, expected = f"fact {match[1]!r} has no form {match[2]!r}", did_you_mean(match[2], forms, "a form")
            because = "facts.yaml", (match[1], "forms")
            yield Fault(path, place, problem, expected, down=down, because=because)


def _stray_braces(facts: Collection[str], words: str, path: str, place: Place) -> Iterator[Fault]:
    """Braces that name no fact: readers would see them as they stand."""
    rest = markdown.PLACEHOLDER.sub(lambda match: " " * len(match[0]), words)
    for match in re.finditer(r"\{[^{}\n]{0,80}\}?|\}", rest):
        written = words[match.start() : match.end()]
        meant = re.sub(r"[^\w.-]", "", written)
        near = did_you_mean(meant, facts, "") if meant else ""
        expected = near.replace("'", "{", 1).replace("'", "}") if near.startswith("did") else "expected {fact_id}"
        problem = f"{written.strip()!r} names no fact"
        yield Fault(path, place, problem, expected, down=words.count("\n", 0, match.start()))


def _prose_forms(fact: Fact) -> Collection[str]:
    return ("words", "gen") if isinstance(fact, (Number, Duration)) else getattr(fact, "forms", {})


def _used_otherwise(dossier: Dossier) -> set[str]:
    """Facts that are used without being named in a text: in progress bars, and to compute others."""
    used: set[str] = set()
    for topic in dossier.topics.values():
        if topic.progress:
            used |= {topic.progress.from_, topic.progress.to}
    for fact in dossier.facts.values():
        if isinstance(fact, DayFact) and fact.from_ and fact.plus:
            used |= {fact.from_, fact.plus}
    return used


_PLAIN = re.compile(
    r"(?:(?:(?:[-+*] )?"  # a line may be an item of a list
    r"(?![0-9]{1,9}[.)][ \n])\*{0,2}(?:[^\W_]|[{(\"'«„“/])"  # and begins with words, in any style, or with a reference
    r"[^\x00-\x1f\x7f`<>\[\]#~]*+)?\n)*+"
)
"""Lines, each with its end, in which CommonMark finds nothing but paragraphs, unnested lists, bold and italic."""


_BOLD = re.compile(r"(?:^|(?<=[\s(«„“—]))\*\*(?![\s*])[^*\n\\]*(?<![\s*])\*\*(?![\w*{])", re.MULTILINE)
"""What is bold for sure, whatever stands around it."""


_STARS = re.compile(r"\*\*|(?<![^\s(«„“—])\*(?=\w)")
"""What may mark something, or nothing."""


_REFUSED = {
    "heading_open": "a heading",
    "fence": "a code block",
    "code_block": "an indented code block",
    "code_inline": "code",
    "blockquote_open": "a quotation block",
    "hr": "a rule",
    "html_block": "HTML",
    "html_inline": "HTML",
    "image": "an image",
    "table_open": "a table",
    "s_open": "struck-out text",
}


_KNOWN = frozenset(
    {"paragraph_open", "paragraph_close", "inline", "list_item_open", "list_item_close"}
    | {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"}
    | {"thead_open", "tbody_open", "tr_open", "th_open", "td_open"}  # said of the table already
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What in a text lies outside the small Markdown; ``line`` counts from 0 at the text's first line.

    A warning is what will be shown as it stands, and was hardly meant so.
    """

    line: int
    problem: str
    expected: str
    warning: bool = False


def flaws(markdown: str) -> list[Flaw]:
    """Everything in the text that lies outside the small Markdown, in order.

    Most texts can be seen to have none without being parsed, which takes fifty times as long.
    """
    if _PLAIN.fullmatch(markdown + "\n") and not _STARS.search(_BOLD.sub("", markdown)):
        return []
    return list(_flaws(parsed(markdown)))


def is_marked(line: str) -> bool:
    """Whether there is Markdown in a line that is shown as it stands, as titles are."""
    (inline,) = MARKDOWN.parseInline(guarded(line))
    return any(child.type in ("strong_open", "em_open", "link_open") for child in inline.children or [])


def _flaws(tokens: list[Token]) -> Iterator[Flaw]:
    depth, line = 0, 0
    for position, token in enumerate(tokens):
        line = token.map[0] if token.map else line
        if token.type in _REFUSED:
            yield Flaw(line, f"{_REFUSED[token.type]} is not part of the small Markdown", _SUBSET)
        elif token.type not in _KNOWN and token.nesting >= 0:
            yield Flaw(line, f"{token.type} is not part of the small Markdown", _SUBSET)
        depth += token.nesting if "_list_" in token.type else 0
        if depth > 1 and token.nesting == 1 and "_list_" in token.type:
            yield Flaw(line, "a list inside a list", "expected lists of one level")
        elif token.type == "ordered_list_open":
            yield from _number_flaws(tokens[position:], line)
        if token.type == "inline":
            yield from _inline_flaws(token, line)


_SUBSET = "expected paragraphs, **bold**, *italic*, lists and links only"


def _number_flaws(tokens: list[Token], line: int) -> Iterator[Flaw]:
    """Of what was hardly meant for a list: «19. Juni» at the start of a line, or one that does not begin with 1."""
    items = sum(token.type == "list_item_open" for token in tokens[: _closing(tokens)])
    start = int(tokens[0].attrs.get("start", 1))
    if items == 1 or start != 1:
        problem = f"a line that begins with {start}. is shown as 1. of a list"
        yield Flaw(line, problem, f"expected {start}\\. for words, or items from 1 on", warning=True)


def _closing(tokens: list[Token]) -> int:
    return next(index for index, token in enumerate(tokens) if token.type == "ordered_list_close")


def _inline_flaws(token: Token, line: int) -> Iterator[Flaw]:
    before: Token | None = None
    for child in token.children or []:
        if child.type in _REFUSED:
            yield Flaw(line, f"{_REFUSED[child.type]} is not part of the small Markdown", _SUBSET)
        if child.type == "link_open":
            yield from _link_flaws(str(child.attrs["href"]), line)
        if child.type == "link_close" and before is not None and before.type == "link_open":
            yield Flaw(line, "a link without words", "expected [words](https://…)")
        if child.type == "text":
            yield from (Flaw(line, *said, warning=True) for said in _unmarked(child.content, before))
        line += child.type in ("softbreak", "hardbreak")
        before = child


def _link_flaws(url: str, line: int) -> Iterator[Flaw]:
    if OPENING in unquote(url):
        yield Flaw(line, "a fact in the address of a link", "expected the address written out")
    elif not is_web_address(url):
        yield Flaw(line, f"link to {url!r}", "expected an http:// or https:// address, without a user name")


def _unmarked(words: str, before: Token | None) -> Iterator[tuple[str, str]]:
    """What looks like Markdown and is shown as it stands."""
    if "**" in words:
        yield "** that marks nothing", "expected **bold**, without spaces inside"
    elif re.search(r"(?<!\S)\*(?=\w)", words):
        yield "* that marks nothing", "expected *italic*, or \\* for a star"
    if re.search(r"\]\(|\]\[|^\[[ xX]\] ", words):
        yield "brackets that make no link", "expected [words](https://…), without spaces in the address"
    if words[:1] in "•·▪●◦‣" and words and (before is None or before.type in ("softbreak", "hardbreak")):
        yield f"{words[0]} that makes no list", "expected - item lines"


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
            forms = {r"\s*".join(map(re.escape, form.split())) for form in _typed_forms(self.facts[fact_id], language)}
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
        case DayFact(value=day) if day:
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


def _typed_forms(fact: Fact, language: str) -> Iterator[str]:
    match fact:
        case DayFact(value=day) if day:
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
