"""A document → the topics and facts that a dossier may have of it, each with the sentence that it stands in. No model has a part in it. PURE."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from bot.claims.compare import compare
from bot.claims.values import SAMPLES, Value, ValueReader
from bot.claims.words import WordLists, normal, word_lists
from bot.commands import RESERVED
from bot.dossier.models import Fact, FactId, Language, TopicId
from bot.languages import record
from bot.replies.formatting import day

MOST_FACTS, MOST_TOPICS = 300, 60
"""More values and parts of a document are left out."""

_TITLE, _SUMMARY, _BODY, _WORDS = 60, 120, 700, 14
"""The most characters of a title, a summary and a topic's text, and the most words of a sentence that people are expected to say."""

_YEAR_DAYS, _MONTH_DAYS = 365.25, 365.25 / 12
_FEW, _LONG, _ID = 2, 4, 26
"""Numbers up to this one mostly count nothing ("one of them"); shorter words make no id, nor do more characters than this."""

_END = re.compile(r"(?<=[.!?…])[\"'»”’)\]]*\s+(?=[\"'«“¿¡(]?[^\W_a-zа-яё])|(?<=[。！？])|(?<=[।؟])\s*")
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
        left_out: the number of values that no type of fact can hold, or that are more than :data:`MOST_FACTS`.
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
    for part in filter(None, map(str.strip, _END.split(text))):
        before = f"{before} {part}".strip()
        last = normal(before.rsplit(maxsplit=1)[-1]).strip(".")
        if not (before.endswith(".") and (last in lists.abbreviations or len(last) == 1 or _SHORT.fullmatch(last))):
            yield before
            before = ""
    if before:
        yield before


_SHORT = re.compile(
    r"art|arts|para|p|pp|vol|ch|sec|fig|cf|mr|mrs|ms|dr|prof|no|nos|ps|hlm|ст|п|пп|г|гг|стр|рис|núm|pág"
)


_OF_BEFORE = re.compile(
    r"it|he|she|they|its|their|his|her|this|that|these|those|such|ia|dia|mereka|ini|itu|он|она|оно|они|это|его|ее|их|"
    r"этот|эта|эти|él|ella|ellos|esto|eso|su|sus|il|elle|ils|elles|ce|cela|ele|ela|eles|elas|isso|isto|seu|sua"
)
"""Words that stand for something of an earlier sentence."""

_NUMBERED = re.compile(
    r"no|nos|number|art|article|articles|chapter|section|page|p|paragraph|annex|nomor|pasal|bab|ayat|halaman|№|"
    r"статья|статьи|статье|пункт|пункта|глава|главы|artículo|artículos|página|capítulo"
)
"""Words behind which a number is a name."""


class _Proposer:
    def __init__(self, language: Language, checked: date) -> None:
        self.language, self.checked, self.proposals = language, checked, Proposals()
        self.lists, self._page = word_lists(language), next(iter(record(language).pages), "p")
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
                    for sentence in sentences(block.text, self.lists):
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
        name = self._free(_slug(title)[: _ID + 1].rpartition("_")[0] if len(_slug(title)) > _ID else _slug(title))
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

    def _free(self, stem: str) -> TopicId:
        """The stem, or with a number behind it, as an id that is no command yet."""
        stem = stem if stem[:1].isalpha() else f"part_{stem}".strip("_")
        names = (stem, *(f"{stem}_{number}" for number in range(2, MOST_TOPICS + 3)))
        return TopicId(next(each for each in names if each not in self.proposals.topics and each not in RESERVED))

    def _with_facts(self, sentence: str, title: str, evidence: Evidence) -> str:
        """The sentence as the text of a topic, with its values as facts."""
        plain = normal(sentence)
        read = [value for value in self.reader.read(plain) if self._counts(value, plain)]
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
        text, before = plain[value.start : value.end], plain[: value.start].rstrip(" .")
        if value.kind == "number":
            return value.low > _FEW and not _NUMBERED.fullmatch(before.rpartition(" ")[2])
        return value.kind != "duration" or text.split()[0] not in self.lists.one

    def _fact(
        self, value: Value, sentence: str, span: tuple[int, int] | None, title: str, evidence: Evidence, *, alone: bool
    ) -> FactId | None:
        """The fact of a value, new or known already; None: no type of fact can hold it."""
        content = _content(value)
        if (
            content is None
            or compare(value, _FACT.validate_python(content)) == "other"
            or len(self._same) >= MOST_FACTS
        ):
            self.proposals.left_out.append(sentence)
            return None
        said = self._declared(sentence, span) if alone and span else None
        key = f"{content}{said or sentence}"
        if name := self._same.get(key):
            self.proposals.evidence[name].append(evidence)
            return name
        name = self._name(value, sentence, span)
        self._same[key] = name
        fact = {
            **content,
            "of": {self.language: self._title(title)},
            "sources": [evidence.source],
            "checked": self.checked,
        }
        if said:
            rival = self._said.setdefault(said, name)
            fact["says"] = {self.language: [said]}
            if rival != name:
                fact["rivals"] = [rival]
        self.proposals.facts[name] = fact
        self.proposals.evidence[name] = [evidence]
        self.proposals.values[name] = sentence[span[0] : span[1]].translate(_MARKUP) if span else ""
        return name

    def _declared(self, sentence: str, span: tuple[int, int]) -> str | None:
        """The sentence with {} for its value, as people may say it; None if it says nothing by itself."""
        said = sentence[: span[0]] + "{}" + sentence[span[1] :]
        words = [normal(word) for word in _WORD.findall(sentence)]
        speaks_of_others = {
            *self.lists.personal,
            *self.lists.this,
            *self.lists.negation,
            *self.lists.denials,
        }
        is_plain = not re.search(r"[:;()\[\]\"«»“”*_<>]|\{(?!\})", said.replace("{}", ""))
        if (
            self.lists.negation
            and is_plain
            and len(words) <= _WORDS
            and not any(word in speaks_of_others or _OF_BEFORE.fullmatch(word) for word in words)
        ):
            return said.rstrip(" .!…")
        return None

    def _name(self, value: Value, sentence: str, span: tuple[int, int] | None) -> FactId:
        """An id of the words beside the value."""
        before = [word for word in _WORD.findall(sentence[: span[0]]) if len(word) >= _LONG][-2:] if span else []
        behind = _WORD.findall(sentence[span[1] :])[:1] if span and value.kind == "number" else []
        stem = _slug(" ".join(behind or before))[:30].strip("_") or value.kind
        name = stem if stem[0].isalpha() else f"{value.kind}_{stem}"
        names = (name, *(f"{name}_{number}" for number in range(2, len(self.proposals.facts) + 3)))
        return FactId(next(each for each in names if each not in self.proposals.facts))


def _content(value: Value) -> dict[str, Any] | None:
    """The keys of the fact of a value; None: there is no such fact, as of a range of days or of a day without its year."""
    is_one = value.low == value.high
    if value.kind == "date":
        return {"type": "date", "value": date(value.year, value.month, value.day)} if value.year and value.day else None
    if value.kind == "money" and re.fullmatch("[A-Z]{3}", value.currency):
        amounts = {"amount": _figure(value.low)} if is_one else {"min": _figure(value.low), "max": _figure(value.high)}
        return {"type": "money", **amounts, "currency": value.currency}
    if value.kind == "duration" and is_one:
        for unit, days in (("years", _YEAR_DAYS), ("months", _MONTH_DAYS), ("days", 1.0)):
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


def _slug(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
