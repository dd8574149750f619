"""The parts of a reply that come from a dossier's texts: blocks with facts filled in, notes, sources, the day. PURE."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from bot.dossier import markdown
from bot.dossier.markdown import Items, Paragraph, Spans
from bot.dossier.models import Dossier, FactId, Language, SourceId, Topic
from bot.replies.formatting import day, fact_text, in_language
from bot.replies.i18n import phrases_in
from bot.replies.question import AboutTopic
from bot.replies.reply import Block, Button, Note, SourceLink


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes in one language, from one dossier."""

    dossier: Dossier
    language: Language

    def line(self, words: str) -> str:
        """A plain one-line text, facts filled in."""
        return markdown.expand_text(words, self._value)

    def blocks(self, text: str) -> tuple[Paragraph | Items, ...]:
        """A text's blocks, facts filled in."""
        return tuple(self._filled(block) for block in markdown.parse(text))

    def notes(self, fact_ids: Iterable[FactId]) -> tuple[Note, ...]:
        """What sources disagree on, for those of the facts that have a note."""
        return tuple(self._notes(fact_ids))

    def sources(self, given: Iterable[SourceId], fact_ids: Iterable[FactId]) -> tuple[SourceLink, ...]:
        """The given sources, then those of the facts, each page once."""
        ids = [*given, *(SourceId(name) for fact in fact_ids for name in self.dossier.facts[fact].sources)]
        return tuple(self.source(name) for name in dict.fromkeys(ids))

    def source(self, name: SourceId) -> SourceLink:
        entry = self.dossier.sources[name]
        publisher = in_language(entry.publisher, self.language)
        return SourceLink(name, publisher, entry.title, entry.url, entry.published)

    def as_of(self, fact_ids: Iterable[FactId]) -> date | None:
        """The day up to which all of the facts were checked: the earliest; the dossier's where they give none."""
        days = [checked for fact in fact_ids if (checked := self.dossier.facts[fact].checked)]
        return min(days, default=self.dossier.header.checked)

    def as_of_label(self, value: date | None) -> str:
        return phrases_in(self.language).say("checked {day}", day=day(value, self.language)) if value else ""

    def topic_button(self, topic: Topic, *, choice: bool = False) -> Button:
        """A button that opens a topic."""
        label = f"{topic.emoji} {self.line(topic.title[self.language])}"
        return Button(label, AboutTopic(topic.id), choice=choice)

    def _filled(self, block: Paragraph | Items) -> Paragraph | Items:
        if isinstance(block, Items):
            return Items(tuple(self._spans(item) for item in block.items), block.ordered)
        return Paragraph(self._spans(block.spans))

    def _spans(self, spans: Spans) -> Spans:
        filled = markdown.expand(spans, self._value)
        if spans and spans[0].text.startswith("{"):
            first = filled[0]
            return (replace(first, text=first.text[:1].upper() + first.text[1:]), *filled[1:])
        return filled

    def _value(self, fact_id: str, form: str) -> str:
        fact = self.dossier.facts.get(FactId(fact_id))
        return fact_text(fact, self.language, form) if fact else ""

    def _notes(self, fact_ids: Iterable[FactId]) -> Iterator[Note]:
        for fact_id in fact_ids:
            note = self.dossier.facts[fact_id].note
            if note:
                for block in self.blocks(in_language(note, self.language)):
                    yield from ([Note(block.spans)] if isinstance(block, Paragraph) else [])


def facts_in(dossier: Dossier, *texts: str) -> list[FactId]:
    """The facts that the texts refer to, in the order of their first mention."""
    names = (FactId(match[1]) for words in texts for match in markdown.PLACEHOLDER.finditer(words))
    return [name for name in dict.fromkeys(names) if name in dossier.facts]


def with_progress_bar(blocks: tuple[Block, ...], meter: Block | None) -> tuple[Block, ...]:
    """The blocks with the meter below the first."""
    return (*blocks[:1], meter, *blocks[1:]) if meter else blocks
