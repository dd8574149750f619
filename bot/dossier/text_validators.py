"""Rules for the texts of a dossier: the small Markdown, references to facts, and values typed instead of references. PURE."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal
from urllib.parse import unquote

from babel import Locale
from babel.dates import format_date
from babel.units import format_unit
from markdown_it.token import Token

from bot.dossier.diagnostics import Diagnostic, Place, Where, did_you_mean, error, nearest, warning
from bot.dossier.markdown import CITATION, MARKDOWN, OPENING, PLACEHOLDER, guarded, is_web_address, parsed
from bot.dossier.models import (
    Bulletin,
    Claim,
    DayFact,
    Dossier,
    Duration,
    Entry,
    Fact,
    FactEntry,
    FactId,
    Header,
    Money,
    Number,
    Percent,
    Questions,
    Source,
    TextFact,
    Topic,
    Withdrawal,
    facts_of,
    file_of,
)
from bot.languages import cldr


def is_fact_id(name: str) -> bool:
    """Whether a text can refer to a fact with this id."""
    match = PLACEHOLDER.fullmatch(f"{{{name}}}")
    return match is not None and match[2] is None


def suggested_id(name: str) -> str:
    """A valid id like ``name``."""
    return re.sub(r"[^\w-]+", "_", name).strip("_-") or "fact"


TextKind = Literal["line", "markdown", "name", "examples"]

TextsAt = tuple[str, Place, Mapping[Any, object], TextKind]
"""File, place in it, language → text, and what it is: all but examples are needed in every language."""

_EXAMPLES: Mapping[str, TextKind] = dict.fromkeys(("asks", "not_asked", "aliases"), "examples")

TEXTS: Mapping[type[Entry], Mapping[str, TextKind]] = {
    Header: {"title": "line", "summary": "markdown", "about": "line", "licence": "line"},
    FactEntry: {"note": "markdown", **dict.fromkeys(("value", "of", "stated_by", "unit"), "name")},
    Source: {"publisher": "name"},
    Topic: {"title": "line", "summary": "line", "body": "markdown", "caveat": "line", **_EXAMPLES},
    Questions: _EXAMPLES,
    Claim: {"because": "markdown", "says": "examples"},
    Bulletin: {"title": "line", "short": "line", "body": "markdown"},
    Withdrawal: {"because": "name"},
}
"""The keys with texts of languages. Readers get lines and Markdown as they are, names within others."""


def _entries(dossier: Dossier) -> Iterator[tuple[str, Place, Entry]]:
    yield "dossier.yaml", (), dossier.header
    yield from (("facts.yaml", (fact_id,), fact) for fact_id, fact in dossier.facts.items())
    yield from (("sources.yaml", (source_id,), source) for source_id, source in dossier.sources.items())
    yield from ((f"questions/{stem}.yaml", (), questions) for stem, questions in dossier.questions.items())
    entries: list[Topic | Bulletin | Claim] = [*dossier.topics.values(), *dossier.claims.values()]
    yield from ((file_of(entry), (), entry) for entry in (*entries, *dossier.bulletins.values()))


def _keys(dossier: Dossier) -> Iterator[tuple[str, Place, Any, TextKind]]:
    """File, place in it, what stands there, and what it is."""
    for path, place, entry in _entries(dossier):
        keys = TEXTS[FactEntry if isinstance(entry, FactEntry) else type(entry)]
        yield from ((path, (*place, key), getattr(entry, key, None), kind) for key, kind in keys.items())


def texts_of(dossier: Dossier) -> Iterator[TextsAt]:
    """Every map of languages in a dossier."""
    yield from ((path, place, texts, kind) for path, place, texts, kind in _keys(dossier) if isinstance(texts, dict))
    for fact_id, fact in dossier.facts.items():
        for form, texts in getattr(fact, "forms", {}).items():
            yield "facts.yaml", (fact_id, "forms", form), texts, "examples"
    for bulletin in dossier.bulletins.values():
        for day, texts in bulletin.corrections.items():
            yield file_of(bulletin), ("corrections", day.isoformat()), texts, "examples"
    for bulletin in dossier.withdrawn.values():
        yield file_of(bulletin), ("title",), bulletin.title, "name"
        if bulletin.withdrawn:
            yield file_of(bulletin), ("withdrawn", "because"), bulletin.withdrawn.because, "name"


def prose(dossier: Dossier) -> Iterator[tuple[str, Place, str, bool]]:
    """File, place, text, and whether it is Markdown (else a plain line)."""
    for path, place, texts, kind in _keys(dossier):
        if kind in ("line", "markdown") and texts:
            by_place = texts.items() if isinstance(texts, dict) else [("", texts)]
            yield from ((path, (*place, code) if code else place, text, kind == "markdown") for code, text in by_place)


def check_texts(dossier: Dossier) -> Iterator[Diagnostic]:
    """Checks all texts for readers. Warns of facts that neither a text nor a claim uses."""
    typed = TypedValues(dossier.facts)
    used, facts = _facts_used_elsewhere(dossier), {**dossier.counted, **dossier.facts}
    kept = {file_of(bulletin): bulletin.figures for bulletin in dossier.bulletins.values() if bulletin.figures}
    for path, place, text, is_markdown in prose(dossier):
        yield from check_markdown(text, path, place) if is_markdown else _check_line(text, path, place)
        is_sent = path.startswith(("bulletins/", "claims/", "facts.yaml"))  # it would change with every bulletin
        known = {**(dossier.facts if is_sent else facts), **kept.get(path, {})}
        yield from _check_placeholders(known, text, path, place, used)
        yield from _check_braces(dossier.facts, text, path, place)
        if path != "facts.yaml":
            yield from typed.check(text, path, place, str(place[-1]))
    for bulletin in dossier.bulletins.values():
        yield from _check_corrections(bulletin)
    for fact_id, fact in dossier.facts.items():
        if fact_id not in used and not fact.says:
            message, fix = f"fact {fact_id!r} is not used", f"expected {{{fact_id}}} in a text"
            yield warning("facts.yaml", (fact_id,), message, fix, "unused-fact", name=fact_id)


MAX_CORRECTION = 500
"""Characters of what was wrong: it stands in a message below the whole text."""


def _check_corrections(bulletin: Bulletin) -> Iterator[Diagnostic]:
    """What was wrong is told in plain words: they are true of one day, so nothing in them may change with a fact."""
    path = file_of(bulletin)
    for day, texts in bulletin.corrections.items():
        for language, text in texts.items():
            place = ("corrections", day.isoformat(), language)
            if PLACEHOLDER.search(text) or CITATION.search(text):
                message = "a fact or a citation in what was wrong"
                yield error(path, place, message, "expected plain words, the figure written out", "was-wrong")
            if len(text) > MAX_CORRECTION:
                message = f"{len(text)} characters of what was wrong"
                fix = f"expected at most {MAX_CORRECTION} of all that is said of one day"
                yield error(path, place, message, fix, "long-correction", n=len(text), most=MAX_CORRECTION)


def _check_line(text: str, path: str, place: Place) -> Iterator[Diagnostic]:
    if "\n" in text.strip():
        yield error(path, place, "a title, summary or caveat of several lines", "expected one line", "several-lines")
    elif _is_styled(text):
        yield warning(path, place, "Markdown in a title, summary or caveat", "expected plain words", "styled")


def _is_styled(line: str) -> bool:
    (inline,) = MARKDOWN.parseInline(guarded(line))
    return any(child.type in ("strong_open", "em_open", "link_open") for child in inline.children or [])


def _check_placeholders(
    facts: Mapping[FactId, Fact], text: str, path: str, place: Place, used: set[str]
) -> Iterator[Diagnostic]:
    """Checks references to facts, and adds the facts to ``used``."""
    for match in PLACEHOLDER.finditer(text):
        fact_id, form = match[1], match[2]
        fact = facts.get(FactId(fact_id))
        used.add(fact_id)
        offset, also = text.count("\n", 0, match.start()), dict[str, Any]()
        if fact is None:
            if fact_id in {suggested_id(known_id) for known_id in facts if not is_fact_id(known_id)}:
                continue  # the id in facts.yaml is reported
            fix = did_you_mean(fact_id, [known_id for known_id in facts if is_fact_id(known_id)], "a fact")
            message, near = f"unknown fact {fact_id!r}", nearest(fact_id, facts) or ""
            also = {"because": ("facts.yaml", (fact_id,)), "name": fact_id, "near": near}
            yield error(path, place, message, fix, "unknown-fact", offset=offset, **also)
        elif form and form not in (forms := ((*fact.printed_forms, "by") if fact.stated_by else fact.printed_forms)):
            message, fix = f"fact {fact_id!r} has no form {form!r}", did_you_mean(form, forms, "a form")
            also = {"because": ("facts.yaml", (fact_id, "forms")), "name": fact_id, "form": form}
            yield error(path, place, message, fix, "unknown-form", offset=offset, **also)


def _check_braces(facts: Collection[str], text: str, path: str, place: Place) -> Iterator[Diagnostic]:
    """Reports braces that are not placeholders, which readers would see."""
    rest = PLACEHOLDER.sub(lambda match: " " * len(match[0]), text)
    for match in re.finditer(r"\{[^{}\n]{0,80}\}?|\}", rest):
        written = text[match.start() : match.end()]
        meant = re.sub(r"[^\w.-]", "", written)
        near = did_you_mean(meant, facts, "") if meant else ""
        fix = near.replace("'", "{", 1).replace("'", "}") if near.startswith("did") else "expected {fact_id}"
        message = f"{written.strip()!r} is not a fact"
        line = text.count("\n", 0, match.start())
        yield error(path, place, message, fix, "no-fact", offset=line, written=written.strip())


def _facts_used_elsewhere(dossier: Dossier) -> set[str]:
    """Facts that the page's head, pictures, notes, progress bars, verdicts and other facts use."""
    used: set[str] = {*dossier.header.figures, *facts_of(dossier.topics.values())}
    for fact in dossier.facts.values():
        used |= {*fact.rivals}
        if isinstance(fact, DayFact) and fact.from_ and fact.plus:
            used |= {fact.from_, fact.plus}
    return used


# The small Markdown

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

_ALLOWED = frozenset(
    {"paragraph_open", "paragraph_close", "inline", "list_item_open", "list_item_close"}
    | {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"}
    | {"thead_open", "tbody_open", "tr_open", "th_open", "td_open"}  # table_open is reported
)

_SIMPLE = re.compile(
    r"(?:(?:(?:[-+*] )?"  # a line may be an item of a list
    r"(?![0-9]{1,9}[.)][ \n])\*{0,2}(?:[^\W_]|[{(\"'«„“/])"  # and begins with words, in any style, or with a placeholder
    r"[^\x00-\x1f\x7f`<>\[\]#~]*+)?\n)*+"
)
"""Lines in which CommonMark finds only paragraphs, lists of one level, bold and italic."""

_SURELY_BOLD = re.compile(r"(?:^|(?<=[\s(«„“—]))\*\*(?![\s*])[^*\n\\]*(?<![\s*])\*\*(?![\w*{])", re.MULTILINE)
_UNSURE_STARS = re.compile(r"\*\*|(?<![^\s(«„“—])\*(?=\w)")


def check_markdown(text: str, path: str = "", place: Place = ()) -> list[Diagnostic]:
    """The elements of the text outside the small Markdown, in order. Warnings are for marks that readers would see."""
    plain = CITATION.sub("", text)
    # parsing takes fifty times as long as these two patterns, which recognise most texts as valid
    if _SIMPLE.fullmatch(plain + "\n") and not _UNSURE_STARS.search(_SURELY_BOLD.sub("", plain)):
        return []
    return list(_markdown_findings(parsed(text), (path, place)))


def _markdown_findings(tokens: list[Token], at: Where) -> Iterator[Diagnostic]:
    depth, line = 0, 0
    for position, token in enumerate(tokens):
        line = token.map[0] if token.map else line
        if token.type in _REFUSED or (token.type not in _ALLOWED and token.nesting >= 0):
            yield _refused(token, line, at)
        depth += token.nesting if "_list_" in token.type else 0
        if depth > 1 and token.nesting == 1 and "_list_" in token.type:
            yield error(*at, "a list inside a list", "expected lists of one level", "nested-list", offset=line)
        elif token.type == "ordered_list_open":
            yield from _list_findings(tokens[position:], line, at)
        if token.type == "inline":
            yield from _inline_findings(token, line, at)


def _refused(token: Token, line: int, at: Where) -> Diagnostic:
    message = f"{_REFUSED.get(token.type, token.type)} is not part of the small Markdown"
    return error(*at, message, "expected paragraphs, **bold**, *italic*, lists and links only", "markdown", offset=line)


def _list_findings(tokens: list[Token], line: int, at: Where) -> Iterator[Diagnostic]:
    """Reports a list of one item, or one that does not start at 1: it is usually a line that begins with a number ("19. Juni")."""
    end = next(index for index, token in enumerate(tokens) if token.type == "ordered_list_close")
    items = sum(token.type == "list_item_open" for token in tokens[:end])
    start = int(tokens[0].attrs.get("start", 1))
    if items == 1 or start != 1:
        message = f"a line that begins with {start}. is shown as item 1 of a list"
        fix = f"expected {start}\\. for plain words, or a list that starts at 1"
        yield warning(*at, message, fix, "numbered", offset=line, n=start)


def _inline_findings(token: Token, line: int, at: Where) -> Iterator[Diagnostic]:
    before: Token | None = None
    for child in token.children or []:
        if child.type in _REFUSED:
            yield _refused(child, line, at)
        elif child.type == "link_open":
            url = str(child.attrs["href"])
            if OPENING in unquote(url):
                message, fix = "a fact in the address of a link", "expected the address written out"
                yield error(*at, message, fix, "fact-in-link", offset=line)
            elif not is_web_address(url):
                fix = "expected an http:// or https:// address, without a user name"
                yield error(*at, f"link to {url!r}", fix, "address", offset=line)
        elif child.type == "link_close" and before is not None and before.type == "link_open":
            yield error(*at, "a link without words", "expected [words](https://…)", "empty-link", offset=line)
        elif child.type == "text":
            for message, fix in _ineffective_marks(child.content, before):
                yield warning(*at, message, fix, "marks", offset=line)
        line += child.type in ("softbreak", "hardbreak")
        before = child


def _ineffective_marks(text: str, before: Token | None) -> Iterator[tuple[str, str]]:
    """Marks that look like Markdown and have no effect."""
    if "**" in text:
        yield "** without effect", "expected **bold**, without spaces inside"
    elif re.search(r"(?<!\S)\*(?=\w)", text):
        yield "* without effect", "expected *italic*, or \\* for a star"
    if re.search(r"\]\(|\]\[|^\[[ xX]\] ", text):
        yield "brackets that are not a link", "expected [words](https://…), without spaces in the address"
    if text[:1] in "•·▪●◦‣" and text and (before is None or before.type in ("softbreak", "hardbreak")):
        yield f"{text[0]} does not make a list", "expected - item lines"


# Values typed in texts

NUMBER = re.compile(
    r"(?:(?<![\w.,{-])|(?<=Rp)|(?<=[$€₽]))"
    r"(?:\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+|\d+(?:[.,]\d+)?)(?![\w}-]|[.,]\d)",
)
"""A number as people type it, but not the digit in a name such as 5G."""

_INTEGER = re.compile(r"(?<!\w)0?(\d+)(?!\w)")

_LINK_TARGET = re.compile(rf"\]\([^)]{{0,2100}}\)|{CITATION.pattern}")

_DAY_PATTERNS = ("long", "d MMMM y", "dd MMMM y", "MMMM d, y", "d MMM y", "MMM d, y", "y-MM-dd", "dd.MM.y", "dd/MM/y")
"""Babel's patterns of days as people type them."""

_MIN_AMOUNT, _MIN_COUNT = 20, 100
"""Amounts and counts from these on are recognised by the number alone; smaller ones only together with their unit."""

_NOT_COMPARED = {"sources", "checked", "note", "derived", "of", "stated_by", "approximate", "below", "period"}


@dataclass(slots=True)
class TypedValues:
    """Finds values of facts that are typed in a text, where they would be forgotten when the fact changes.

    Attributes:
        numbers: the digits of numbers that are recognised alone → fact.
        small: the digits of other values → facts; of facts with the same value, the first.
    """

    facts: Mapping[FactId, Fact]
    numbers: dict[str, FactId] = field(default_factory=dict)
    small: dict[str, list[FactId]] = field(default_factory=dict)
    _patterns: dict[tuple[FactId, str], re.Pattern[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        small = dict[str, dict[str, FactId]]()
        for fact_id, fact in self.facts.items():
            figures = fact.numbers if isinstance(fact, Money | Percent | Number) else ()
            for number in filter(partial(_is_recognised_alone, fact), figures):
                self.numbers.setdefault(f"{number:g}" if number < 1e6 else f"{number:.0f}", fact_id)
            for digits in _small_digits(fact):
                small.setdefault(digits, {}).setdefault(fact.model_dump_json(exclude=_NOT_COMPARED), fact_id)
        self.small = {digits: [*facts.values()] for digits, facts in small.items()}

    def check(self, text: str, path: str, place: Place, language: str) -> Iterator[Diagnostic]:
        """A warning for each value of a fact that is typed in the text."""
        bare = _LINK_TARGET.sub(lambda link: re.sub(r"[^\n]", " ", link[0]), text)
        for match in NUMBER.finditer(bare):
            digits = re.sub(r"[,.\u00a0\u202f ](?=\d{3}(?!\d))", "", match[0]).replace(",", ".")
            if digits in self.numbers:
                yield _typed_value(text, match, self.numbers[digits], path, place)
        typed = set(_INTEGER.findall(bare))
        for fact_id in dict.fromkeys(fact for digits in sorted(typed) for fact in self.small.get(digits, ())):
            for match in self._pattern(fact_id, language).finditer(bare):
                yield _typed_value(text, match, fact_id, path, place)

    def _pattern(self, fact_id: FactId, language: str) -> re.Pattern[str]:
        """The fact's value as people type it in the language."""
        key = fact_id, language
        if key not in self._patterns:
            forms = {r"\s*".join(map(re.escape, form.split())) for form in _typed_forms(self.facts[fact_id], language)}
            any_form = "|".join(sorted(forms, key=len, reverse=True)) or "(?!)"
            self._patterns[key] = re.compile(rf"(?<![\w.,–-])(?:{any_form})(?!\w|[.,]\d)", re.IGNORECASE)
        return self._patterns[key]


def _typed_value(text: str, match: re.Match[str], fact_id: FactId, path: str, place: Place) -> Diagnostic:
    value, fact, line = " ".join(match[0].split()), f"{{{fact_id}}}", text.count("\n", 0, match.start())
    message, fix = f"{value} is the value of a fact", f"expected {fact}"
    return warning(path, place, message, fix, "typed", offset=line, value=value, fact=fact)


def _is_recognised_alone(fact: Fact, number: float) -> bool:
    return number >= (_MIN_COUNT if isinstance(fact, Number) else _MIN_AMOUNT)


def _small_digits(fact: Fact) -> list[str]:
    """Digits in every typed form of the fact; empty if it is recognised by its number, or not searched for."""
    match fact:
        case DayFact():
            return [str(int(number)) for number in fact.numbers[:1]]
        case Duration():
            return [str(int(number)) for number in fact.numbers if len(fact.numbers) == 1]
        case Money() | Percent() | Number():
            small = [str(int(number)) for number in fact.numbers if not _is_recognised_alone(fact, number)]
            return small if not isinstance(fact, Number) or fact.unit else []
        case TextFact():
            return []


def _typed_forms(fact: Fact, language: str) -> Iterable[str]:
    match fact:
        case DayFact(value=day):
            return [format_date(day, pattern, locale=_locale(language)) for pattern in _DAY_PATTERNS if day]
        case Duration():
            counts = (fact.years, "year"), (fact.months, "month"), (fact.days, "day")
            return [format_unit(n, f"duration-{unit}", locale=_locale(language)) for n, unit in counts if n]
        case Number(unit=unit):
            forms = unit if isinstance(unit, str) else (unit or {}).get(language, "")
            return [f"{typed} {form}" for typed in _figures(fact.value) for form in forms.split("|") if form.strip()]
        case Percent():
            return [f"{typed} %" for typed in _figures(fact.value)]
        case Money():
            small = {typed for number in fact.numbers if number < _MIN_AMOUNT for typed in _figures(number)}
            signs = currency_signs(fact.currency, language)
            return [form for sign in signs for typed in small for form in (f"{sign} {typed}", f"{typed} {sign}")]
        case TextFact():
            return []


def currency_signs(currency: str, language: str) -> set[str]:
    """The currency's code, and its sign with and without a country's letters before it (``US$``)."""
    sign = str(_locale(language).currency_symbols.get(currency, currency))
    return {currency, sign, re.sub(r"^[A-Z]+(?=\W)", "", sign), currency[:2] + sign}


def _figures(number: float) -> set[str]:
    typed = {f"{number:g}"} if number == int(number) else {f"{number:g}", f"{number:.2f}"}
    return typed | {fact.replace(".", ",") for fact in typed}


def _locale(language: str) -> Locale:
    return cldr(language) or Locale.parse("en")
