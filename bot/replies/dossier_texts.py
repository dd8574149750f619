"""The parts of a reply that come from a dossier: texts with facts filled in, notes, sources, the day of the check. PURE."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.dossier import markdown
from bot.dossier.markdown import Items, Paragraph, Spans
from bot.dossier.models import (
    Bulletin,
    Dossier,
    FactId,
    Language,
    Money,
    Percent,
    SourceId,
    Topic,
    Withdrawal,
    in_language,
)
from bot.replies.citations import cited_in
from bot.replies.formatting import STATED_BY, capitalised, fact_text, without_repeated_about
from bot.replies.i18n import phrases_in
from bot.replies.question import AboutTopic
from bot.replies.reply import Block, Button, Note, SourceLink


@dataclass(frozen=True, slots=True)
class DossierTexts:
    """Composes texts of a dossier in one language."""

    dossier: Dossier
    language: Language

    @property
    def publisher(self) -> str:
        """Who publishes the dossier: its ``name``, else Nota."""
        name = self.dossier.header.name
        return in_language(name, self.language) if name else phrases_in(self.language).say("Nota")

    def line(self, text: str) -> str:
        """A one-line text without Markdown, facts filled in."""
        return without_repeated_about(markdown.expand_text(text, self._fact), "", self.language)

    def of(self, bulletin: Bulletin) -> "DossierTexts":
        """Composes the bulletin's texts with its figures, in the language of its words: another one's would be misread in them."""
        language = self.dossier.spoken(bulletin.id, self.language)
        return replace(self, dossier=self.dossier.then(bulletin), language=language)

    def title(self, bulletin: Bulletin, *, short: bool = False) -> str:
        """A bulletin's title; ``short``: that for a button."""
        texts, own = (bulletin.short if short else None) or bulletin.title, self.of(bulletin)
        return own.line(texts.get(own.language) or next(iter(texts.values())))

    def reason(self, withdrawal: Withdrawal) -> tuple[Paragraph | Items, ...]:
        """Why a bulletin is withdrawn: in this language, else in the default language, else in the first that it has."""
        order = (self.language, self.dossier.header.default_language, *withdrawal.because)
        spoken = next(each for each in order if each in withdrawal.because)
        return replace(self, language=spoken).blocks(withdrawal.because[spoken])

    def blocks(self, text: str) -> tuple[Paragraph | Items, ...]:
        """A Markdown text, facts filled in."""
        return tuple(
            Paragraph(self._spans(block.spans))
            if isinstance(block, Paragraph)
            else Items(tuple(map(self._spans, block.items)), block.ordered)
            for block in markdown.parse(text)
        )

    def notes(self, fact_ids: Iterable[FactId]) -> tuple[Note, ...]:
        """The paragraphs of the facts' notes, which say where sources disagree."""
        notes = (in_language(note, self.language) for name in fact_ids if (note := self.dossier.facts[name].note))
        blocks = (block for note in notes for block in self.blocks(note))
        return tuple(Note(block.spans) for block in blocks if isinstance(block, Paragraph))

    def sources(
        self, first: Iterable[SourceId], fact_ids: Iterable[FactId], blocks: Iterable[Block] = ()
    ) -> tuple[SourceLink, ...]:
        """The sources that the blocks cite, then those in ``first``, each once.

        The sources of the facts are added only if the blocks cite nothing, because a citation says which source supports a statement.
        """
        cited = [name for name in cited_in(blocks) if name in self.dossier.sources]
        of_facts = (SourceId(name) for fact in fact_ids for name in self.dossier.facts[fact].sources)
        return tuple(self.source(name) for name in dict.fromkeys([*cited, *first, *(() if cited else of_facts)]))

    def source(self, source_id: SourceId) -> SourceLink:
        entry = self.dossier.sources[source_id]
        publisher = in_language(entry.publisher, self.language)
        return SourceLink(source_id, publisher, entry.title, entry.url, entry.published, entry.kind, entry.archived)

    def as_of(self, fact_ids: Iterable[FactId]) -> date | None:
        """The earliest ``checked`` of the facts; the dossier's ``checked`` if no fact has one."""
        days = [checked for fact in fact_ids if (checked := self.dossier.facts[fact].checked)]
        return min(days, default=self.dossier.header.checked)

    def as_of_label(self, value: date | None) -> str:
        phrases = phrases_in(self.language)
        return phrases.say("checked {day}", day=phrases.day(value)) if value else ""

    def topic_button(self, topic: Topic, *, choice: bool = False) -> Button:
        """A button that opens a topic."""
        label = f"{topic.emoji} {self.line(topic.title[self.language])}"
        return Button(label, AboutTopic(topic.id), choice=choice)

    def _spans(self, spans: Spans) -> Spans:
        """The spans with facts filled in. A fact at the beginning gets a capital letter."""
        expanded = markdown.expand(_with_capitals(spans), self._fact)
        before = ("", *(span.text for span in expanded))
        filled = tuple(
            replace(span, text=without_repeated_about(span.text, previous, self.language))
            for span, previous in zip(expanded, before, strict=False)
        )
        if not (spans and spans[0].text.startswith("{")):
            return filled
        first, *others = filled
        return (replace(first, text=capitalised(first.text, self.language)), *others)

    def _fact(self, fact_id: str, form: str) -> str:
        fact = self.dossier.facts.get(FactId(fact_id)) or self.dossier.counted.get(FactId(fact_id))
        if fact and form == _CAPITAL_BY:
            return capitalised(fact_text(fact, self.language, STATED_BY), self.language)
        return fact_text(fact, self.language, form) if fact else f"{{{fact_id}}}"


_CAPITAL_BY = "capitalby"
"""The form that ``{x.by}`` gets at the start of a sentence."""

_BY = re.compile(rf"\{{([^\W.][\w-]*)\.{STATED_BY}\}}")
_SENTENCE_END = re.compile(r"(?:^|[.!?…][\"”»’)]?\s+)[\"“«(]?$")


def _with_capitals(spans: Spans) -> Spans:
    """The spans, in which each ``{x.by}`` at the start of a sentence asks for a capital letter."""
    before, found = "", []
    for span in spans:

        def marked(match: re.Match[str], before: str = before) -> str:
            starts = _SENTENCE_END.search(before + match.string[: match.start()])
            return f"{{{match[1]}.{_CAPITAL_BY}}}" if starts else match[0]

        found.append(replace(span, text=_BY.sub(marked, span.text)))
        before = markdown.without_citations(tuple(found))
    return tuple(found)


_SENTENCE = re.compile(
    r"(?<=[.!?…])(?<!\b[^\W\d_]\.)(?<!\b[^\W\d_]{2}\.)\s+(?=[^\s\d])(?![^\W\d_A-ZА-Я]*[a-zа-яё])|(?<=[。！？।])(?=.)"
)
"""Between two sentences: a word of one or two letters is read as an abbreviation ("St. Petersburg"), and none begins with a small letter or a digit."""

MAX_SENTENCE = 200
"""The most characters of a first sentence."""


def beginning(spans: Spans) -> Spans:
    """The first sentence of a paragraph, with the citations behind it."""
    end = _SENTENCE.search(markdown.plain(spans))
    kept, at = [], 0
    for span in spans:
        if end and at >= end.start() and (span.text.strip() or at > end.end()):
            break
        is_cut = end and span.text != markdown.CITATION_GAP
        kept.append(replace(span, text=span.text[: max(0, end.start() - at)]) if end and is_cut else span)
        at += len(span.text)
    return tuple(kept)


def first_sentence(blocks: Iterable[Block]) -> str:
    """The first sentence of a text without citations, for a card or a description. A long sentence is cut."""
    first = next((block for block in blocks if isinstance(block, (Paragraph, Items))), None)
    if first is None:
        return ""
    spans = first.spans if isinstance(first, Paragraph) else first.items[0]
    text = markdown.without_citations(spans).strip()
    return cut(_SENTENCE.split(text)[0], MAX_SENTENCE)


def cut(text: str, most: int) -> str:
    """The beginning of the text, at most ``most`` characters; it ends with an ellipsis if words are cut."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    return (kept.rpartition(" ")[0] or kept).rstrip(" ,;:—–-") + "…"


def facts_in(dossier: Dossier, *texts: str) -> list[FactId]:
    """The facts that the texts refer to, in the order of their first mention."""
    names = dict.fromkeys(FactId(match[1]) for text in texts for match in markdown.PLACEHOLDER.finditer(text))
    return [name for name in names if name in dossier.facts]


MAX_FIGURES = 7
"""The most facts in a topic's picture."""


def figures_of(dossier: Dossier, topic: Topic, kind: type[Money | Percent], language: Language) -> list[FactId]:
    """The facts of a kind that a topic's picture shows in rows: its ``figures``, else those of its text."""
    names = facts_in(dossier, topic.body[language]) if topic.figures is None else topic.figures
    shown = [name for name in names if name in dossier.facts][:MAX_FIGURES]
    return [name for name in shown if isinstance(dossier.facts[name], kind)]


def compare(dossier: Dossier, topic: Topic, names: Sequence[FactId]) -> bool:
    """Whether figures of a topic's picture compare: the editors say so, and amounts have one currency and one period."""
    amounts = [fact for name in names if isinstance(fact := dossier.facts[name], Money)]
    return topic.comparable and len({(fact.currency, fact.period) for fact in amounts}) <= 1


def caveat_of(dossier: Dossier, topic: Topic, language: Language) -> str:
    """The caveat of a topic's picture, against a wrong conclusion: the editors' own, else Nota's; "" if it needs none."""
    say = phrases_in(language).say
    match topic.picture:
        case "pricing":
            shown = figures_of(dossier, topic, Money, language)
            caveat = say("Not like for like: each figure counts something else.")
        case "coverage":
            shown = figures_of(dossier, topic, Percent, language)
            caveat = say("Different years, and different things counted.")
        case _:
            return ""
    if topic.caveat:
        return DossierTexts(dossier, language).line(topic.caveat[language])
    return caveat if len(shown) > 1 and not compare(dossier, topic, shown) else ""
