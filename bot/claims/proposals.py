"""A document → the topics and facts that a dossier may have of it, each with the sentence that it stands in. No model has a part in it. PURE."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from textwrap import wrap
from typing import Any

from pydantic import TypeAdapter

from bot.claims.compare import compare
from bot.claims.values import SAMPLES, Value, ValueReader
from bot.claims.words import DAYS, NOTHING, WordLists, normal, word_lists
from bot.commands import RESERVED
from bot.dossier.entries import free_name, slug
from bot.dossier.models import Fact, FactId, Language, TopicId
from bot.languages import record
from bot.replies.formatting import day

MOST_FACTS, MOST_TOPICS = 300, 60
"""More values and parts of a document are left out."""

_TITLE, _SUMMARY, _BODY, _SENTENCE, _WORDS = 60, 120, 700, 800, 14
"""The most characters of a title, a summary, a topic's text and a sentence, and the most words of a sentence that people are expected to say."""

_FEW, _LONG, _ID = 2, 4, 26
"""Numbers up to this one mostly count nothing ("one of them"); shorter words make no id, nor do more characters than this."""

_END = re.compile(
    r"([.!?…](?:[\"'»”’)\]*]|(?<!\d)\[\d{1,3}\]|\s»)*)\s+(?=(?:[\"'«“¿¡(*]\s?)*[^\W_a-zа-яёà-öø-ÿ])|(?<=([。！？]))|(?<=([।؟]))\s*"
)
_WORD = re.compile(r"[\w’'-]+")
_NUMBER_OF_PART = re.compile(r"^(?:(?:[^\W\d_]+\.? )?§? ?(?:\d+(?:\.\d+)*|[IVXL]+)[.):–—-]+|[^\W\d_]+\.? \d+)\s*(?=\w)")
_MARKUP = str.maketrans(
    {"{": "(", "}": ")", "[": "(", "]": ")", "*": "", "_": " ", "`": "'", "<": "‹", ">": "›", "\\": "/", "#": "№"}
)
_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or a paragraph. ``page``: where it stands, from 1; 0 if the document has no pages."""

    text: str
    is_heading: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A document. ``publisher`` and ``address`` are those that it names itself; "" if it names none."""

    title: str
    blocks: Sequence[Block]
    publisher: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence that a value stands in, as the document has it. ``source``: the id of the document."""

    sentence: str
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """What a dossier may have of documents.

    Attributes:
        facts: the contents of ``facts.yaml``.
        evidence: for each fact the sentences that it stands in.
        values: for each fact its value as the document writes it.
        topics: the contents of the files of topics.
        left_out: the sentences of values that no type of fact can hold, or that come after :data:`MOST_FACTS` facts.
    """

    facts: dict[FactId, dict[str, Any]] = field(default_factory=dict)
    evidence: dict[FactId, list[Evidence]] = field(default_factory=dict)
    values: dict[FactId, str] = field(default_factory=dict)
    topics: dict[TopicId, dict[str, Any]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def drop(self, fact: FactId) -> None:
        """Takes a fact out: texts say what the document has instead."""
        value = self.values[fact]
        del self.facts[fact]
        for topic in self.topics.values():
            topic["body"] = {language: text.replace(f"{{{fact}}}", value) for language, text in topic["body"].items()}
        for other in self.facts.values():
            if other.get("rivals") == [fact]:
                del other["rivals"]


def propose(documents: Mapping[str, Document], language: Language, checked: date) -> Proposals:
    """The topics and facts of documents in one language, by the id of each document."""
    return _Proposer(language, checked).of(documents)


def sentences(text: str, lists: WordLists) -> Iterator[str]:
    """The sentences of a paragraph. One that ends in an abbreviation goes on."""
    before = ""
    for part in filter(None, map(str.strip, _END.sub(lambda end: f"{end[1] or ''}\0", text).split("\0"))):
        before = f"{before} {part}".strip()
        last = normal(before.rsplit(maxsplit=1)[-1]).strip(".(«“\"'")
        is_short = last in lists.abbreviations or (len(last) == 1 and last.isalpha()) or _SHORT.fullmatch(last)
        if not (before.endswith(".") and is_short and not _UNIT_AT_END.search(before)):
            yield before
            before = ""
    if before:
        yield before


_SHORT = re.compile(
    r"arts?|para|pp?|vol|ch|sec|fig|cf|mrs?|ms|dra?|prof|nos?|ps|hlm|ст|пп?|гг?|стр|рис|им|ул|num|pag|sra?|mme|mlle|tel|ref|inc|ltd|vs|доб|ext|тел"
)
_UNIT_AT_END = re.compile(r"(?:\d|\b(?:тыс|млн|млрд)\.?)\s?[^\W\d][\w.]*\.$")
"""An abbreviation behind which a sentence may end."""

_OF_BEFORE = re.compile(
    r"it|he|she|they|its|their|his|her|this|that|these|those|such|ia|dia|mereka|ini|itu|он|она|оно|они|это|его|ее|их|"
    r"этот|эта|эти|él|ella|ellos|esto|eso|su|sus|il|elle|ils|elles|ce|cela|ele|ela|eles|elas|isso|isto|seu|sua"
)
"""Words that stand for something of an earlier sentence."""

_NAMED_BEFORE = re.compile(
    r"(?:(?<!\w)(?:n|nos?|n\.?[o°]|num(?:ber)?|art(?:[ií]\w+)?|chapter|section|pages?|pp?|paragraph|annex|notes?|nomor|pasal|bab|ayat|halaman|стать\w+|ст|пункт\w*|п|"
    r"глав[аыеу]|част[ьи]|pagina|capitulo|chapitre|act|law|regulation|resolution|decree|ley|loi|decreto?|decret|type|tipe|tipo|version|versi|room|ext|доб|telp?|phone|"
    r"fax|тел|pukul|jam)[ .:#]*|\d[-–/:]|/|\b(?:one|un[ao]?|satu|один|одна)\b[^,.;]{1,25} (?:in|sur|dari|из|de cada) )$"
)
_NAMED_BEHIND = re.compile(
    r"/\w|[:-]\d|\s?(?:[ap]\.?m|wib|wita|uhr)\b|\s(?:and a half|y medi[ao]|et demie?|setengah|с половиной)\b"
)
"""What stands beside a number that is a name, a place or a time of day, or that goes on."""

_TELEPHONE = re.compile(
    r"(?:\+|(?<![\d.,])0)\d[\d\s()/.-]{4,}\d|(?:\d\s?)?\(\d{2,4}\)\s?\d[\d\s-]{3,}\d|(?<!\d)\d{2,4}(?:-\d{2,4}){2,}"
    r"|(?:tele[fp]|phone|телефон|fax)[^\d,;.]{0,24}:\s*\+?\d[\d\s()/.-]{4,}\d"
)
_JOINT = re.compile(
    r"(?:(?P<to>[-–—]|\s[-–]\s|\s(?:to|till|until|through|al?|au|hasta|jusquau|sampai|hingga|до|по|ate)\s)"
    r"|,?\s(?:(?:and|y|e|et|dan|и)\s)?)(?:(?:el|los|le|les|une?)\s)?"
)
_BETWEEN = re.compile(r"\b(?:between|entre|antara|между)\s(?:(?:el|los|le|les|une?)\s)?$")
_CODES = re.findall("...", "NOKSEKDKKCADAUDNZDSGDMYRKRWCZKHUFUAHKZTTHBVNDAEDZARNGNKESEGPARSCLPILS")
"""Currencies that are read by their code alone."""

_SHARED = re.compile(r"\b(?:pesos?|francs?|rupees?|rupias?|roupies?|liras?|livres?|reals?|reales)$")
"""Words for money of several states."""

_CHANGED = re.compile(
    r"\b(?:r[io]se|rais[ei]|increas|f[ea]ll|gr[eo]w|naik|turun|sub[eio]|baj|pas[aeo]|вырос|сниз|повы)"
)
"""Behind such a word "from 4 to 5 euros" is no range."""


class _Proposer:
    def __init__(self, language: Language, checked: date) -> None:
        self.language, self.checked, self.proposals = language, checked, Proposals()
        lists, self._page = word_lists(language), next(iter(record(language).pages), "p")
        self.lists = replace(lists, currencies={**{code.lower(): code for code in _CODES}, **lists.currencies})
        self.reader = ValueReader(self.lists, (), [normal(day(sample, language)) for sample in SAMPLES])
        self._said: dict[str, FactId] = {}
        self._same: dict[str, FactId] = {}

    def of(self, documents: Mapping[str, Document]) -> Proposals:
        for source, document in documents.items():
            title, body = document.title, list[str]()
            for block in document.blocks:
                if block.is_heading:
                    self._topic(title, body, source)
                    title, body = block.text, []
                else:
                    for sentence in (
                        part for whole in sentences(block.text, self.lists) for part in wrap(whole, _SENTENCE)
                    ):
                        place = f"{self._page}. {block.page}" if block.page else ""
                        evidence = Evidence(sentence, source, place)
                        cited = f"[@{source}, {place}]" if place else f"[@{source}]"
                        body.append(self._with_facts(sentence, title, evidence) + cited)
            self._topic(title, body, source)
        return self.proposals

    def _topic(self, title: str, body: Sequence[str], source: str) -> None:
        """A topic of the sentences below a heading, as many as one screen holds, first those with facts."""
        if not body or len(self.proposals.topics) >= MOST_TOPICS:
            return
        title = self._title(title)
        summary = body[0].rpartition("[@")[0]
        order = sorted(range(len(body)), key=lambda number: "{" not in body[number])
        kept, left = set[int](), _BODY
        for number in order:
            if len(body[number]) <= left:
                kept.add(number)
                left -= len(body[number])
        text = "\n\n".join(body[number] for number in sorted(kept))
        stem = slug(title).replace("-", "_")
        stem = stem if len(stem) <= _ID else stem[: _ID + 1].rpartition("_")[0]
        stem = stem if stem[:1].isalpha() else f"part_{stem}".strip("_")
        name = TopicId(free_name(stem, {*self.proposals.topics, *RESERVED}, "_"))
        if text:
            self.proposals.topics[name] = {
                "title": {self.language: title},
                "summary": {self.language: summary if len(summary) <= _SUMMARY else title},
                "body": {self.language: text + "\n"},
                "asks": {self.language: [title]},
                "sources": [source],
            }

    @staticmethod
    def _title(heading: str) -> str:
        words = _NUMBER_OF_PART.sub("", heading) or heading
        return _shortened(words.translate(_MARKUP).strip())

    def _with_facts(self, sentence: str, title: str, evidence: Evidence) -> str:
        """The sentence as the text of a topic, with its values as facts."""
        plain = normal(sentence)
        read = [value for value in self._joined(self.reader.read(plain), plain) if self._counts(value, plain)]
        pieces, at = list[str](), 0
        for value in read:
            span = _span(sentence, plain[value.start : value.end], at)
            name = self._fact(value, sentence, span, title, evidence, alone=len(read) == 1)
            if name and span:
                pieces += [sentence[at : span[0]].translate(_MARKUP), f"{{{name}}}"]
                at = span[1]
        return "".join(pieces) + sentence[at:].translate(_MARKUP)

    def _counts(self, value: Value, plain: str) -> bool:
        """Whether something is said of a value: not of "a day", nor of "No. 5"."""
        text = plain[value.start : value.end]
        if value.kind in ("number", "duration") or (value.kind == "money" and text[0].isdecimal()):
            is_named = _NAMED_BEFORE.search(plain, 0, value.start) or _NAMED_BEHIND.match(plain, value.end)
            if is_named or any(m.start() < value.end and value.start < m.end() for m in _TELEPHONE.finditer(plain)):
                return False
        signs = {at for _, at in self.reader.signs(plain, [value])}
        is_one = value.kind == "duration" and text.split()[0] in self.lists.one
        return not is_one and not signs & {value.start, value.end} and (value.kind != "number" or value.low > _FEW)

    def _joined(self, values: Iterable[Value], plain: str) -> list[Value]:
        """The values, with two that are one joined: the ends of a range, "3 years and 4 months", "5 and 30 October 2026"."""
        joined = list[Value]()
        for second in values:
            value, first = second, joined[-1] if joined else second
            joint = _JOINT.fullmatch(plain, first.end, value.start) if joined else None
            between = _BETWEEN.search(plain, 0, first.start)
            is_range = joint and (joint["to"] or between)
            is_number = first.kind == "number"
            if joint and value.day:
                if is_number and first.low in range(1, value.day):
                    joined[-1] = replace(value, start=first.start, end=first.end, day=int(first.low), weekday=-1)
                elif first.day and not first.year:
                    joined[-1] = replace(first, year=value.year)
            elif is_range and (is_number or (first.kind, first.currency) == (value.kind, value.currency)):
                scale = max(self.lists.scales.get(word, 1) for word in plain[value.start : value.end].split())
                low = first.low * (value.unit * scale if is_number else 1)
                if low < value.high:
                    start = joined.pop().start
                    value = replace(value, low=low, start=between.start() if between else start)
            joined.append(value)
        return joined

    def _fact(
        self, value: Value, sentence: str, span: tuple[int, int] | None, title: str, evidence: Evidence, *, alone: bool
    ) -> FactId | None:
        """The fact of a value, new or known already; None: no type of fact can hold it."""
        words = sentence[span[0] : span[1]] if span else ""
        is_change = value.low < value.high and _CHANGED.search(normal(sentence[: span[0]] if span else ""))
        is_vague = value.kind == "money" and (_SHARED.search(normal(words)) or is_change)
        content = None if is_vague else _content(value)
        is_typed = content is not None
        if not is_typed and words and (value.kind != "date" or (value.month and value.year)):
            content = {"type": "text", "value": {self.language: words.translate(_MARKUP)}}
        if content is None or (is_typed and compare(value, _FACT.validate_python(content)) == "other"):
            self.proposals.left_out.append(sentence)
            return None
        said = self._declared(sentence, span) if alone and span and is_typed else None
        key = f"{content}{said or sentence}"
        if name := self._same.get(key):
            self.proposals.evidence[name] = [*self.proposals.evidence[name][:2], evidence]
            return name
        if len(self.proposals.facts) >= MOST_FACTS:
            self.proposals.left_out.append(sentence)
            return None
        name = self._name(value, sentence, span)
        self._same[key] = name
        of = {self.language: self._title(title)}
        fact = {**content, "of": of, "sources": [evidence.source], "checked": self.checked}
        if said:
            rival = self._said.setdefault(said, name)
            fact["says"] = {self.language: [said]}
            if rival != name:
                fact["rivals"] = [rival]
        self.proposals.facts[name] = fact
        self.proposals.evidence[name] = [evidence]
        self.proposals.values[name] = words.translate(_MARKUP)
        return name

    def _declared(self, sentence: str, span: tuple[int, int]) -> str | None:
        """The sentence with {} for its value, as people may say it; None if it says nothing by itself."""
        said = sentence[: span[0]] + "{}" + sentence[span[1] :]
        words = [normal(word) for word in _WORD.findall(sentence)]
        of_others = {*self.lists.personal, *self.lists.this, *self.lists.negation}
        is_plain = not re.search(r"[:;()\[\]\"«»“”*_<>]|\{(?!\})", said.replace("{}", ""))
        is_whole = not any(word in of_others or _OF_BEFORE.fullmatch(word) for word in words)
        if self.lists.denying is not NOTHING and is_plain and is_whole and len(words) <= _WORDS:
            return said.rstrip(" .!…")
        return None

    def _name(self, value: Value, sentence: str, span: tuple[int, int] | None) -> FactId:
        """An id of the words beside the value."""
        start, end = span or (0, len(sentence))
        before = [word for word in _WORD.findall(sentence[:start]) if len(word) >= _LONG][-2:]
        behind = [word for word in _WORD.findall(sentence[end:])[:1] if len(word) >= _LONG and value.kind == "number"]
        stem = slug(" ".join(behind or before), 30).replace("-", "_") or value.kind
        name = stem if stem[0].isalpha() else f"{value.kind}_{stem}"
        return FactId(free_name(name, self.proposals.facts, "_"))


def _content(value: Value) -> dict[str, Any] | None:
    """The keys of the fact of a value; None: there is no such fact, as of a range of days or of a day without its year."""
    is_one = value.low == value.high
    if value.kind == "date":
        return {"type": "date", "value": date(value.year, value.month, value.day)} if value.year and value.day else None
    if value.kind == "money" and re.fullmatch("[A-Z]{3}", value.currency):
        amounts = {"amount": _figure(value.low)} if is_one else {"min": _figure(value.low), "max": _figure(value.high)}
        return {"type": "money", **amounts, "currency": value.currency}
    if value.kind == "duration" and is_one:
        for unit, days in (("years", DAYS["year"]), ("months", DAYS["month"]), ("days", 1.0)):
            count = value.low / days
            if value.unit >= days - 1 and abs(count - round(count)) < 0.01 and count >= 1:
                return {"type": "duration", unit: round(count)}
        return None
    if value.kind in ("percent", "number") and is_one:
        return {"type": value.kind, "value": _figure(value.low)}
    return None


def _figure(number: float) -> int | float:
    return int(number) if number == int(number) else round(number, 6)


def _span(sentence: str, value: str, at: int) -> tuple[int, int] | None:
    """Where a value stands in the sentence, given as it is read; None if its signs are not together there."""
    value = value.strip()
    places = [match.span() for match in re.finditer(r"[^\s\w]|\w+", sentence) if match.start() >= at]
    for first, (start, _) in enumerate(places):
        for _, end in places[first : first + 12]:
            if normal(sentence[start:end]).strip() == value:
                return start, end
    return None


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
