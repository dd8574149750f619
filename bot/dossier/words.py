"""Every text of a dossier, with where it stands. PURE."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.dossier.facts import Fact, Number, Percent
from bot.dossier.mistakes import Place
from bot.dossier.model import Bulletin, Dossier, Topic

FileOf = Callable[[Topic | Bulletin], str]
Texts = tuple[str, Place, Mapping[Any, object], bool]
"""File, place in it, language → text, and whether every language must be there."""


def texts_of(dossier: Dossier, file_of: FileOf) -> Iterator[Texts]:
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
        if isinstance(topic.aliases, dict):
            yield file_of(topic), ("aliases",), topic.aliases, False
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
