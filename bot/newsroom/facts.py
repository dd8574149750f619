"""Facts that changed since the last edition, and what they touch. PURE."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.answers.composing import facts_in
from bot.answers.formats import fact_text
from bot.dossier.model import Dossier, FactId, Language, TopicId

FactTexts = Mapping[str, Mapping[str, str]]
"""Fact → language → how it is written there."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that is written otherwise than in the edition before; ``languages`` are those in which it is."""

    fact: FactId
    before: Mapping[str, str]
    after: Mapping[str, str]
    languages: tuple[Language, ...]
    topics: tuple[TopicId, ...]


def fact_texts(dossier: Dossier) -> dict[str, dict[str, str]]:
    """How each fact is written in each language."""
    return {
        name: {language: fact_text(fact, language) for language in dossier.languages}
        for name, fact in dossier.facts.items()
    }


def changed_facts(before: FactTexts, dossier: Dossier) -> Iterator[FactChange]:
    """The facts that both editions hold and write differently, with the topics whose replies show them."""
    after = fact_texts(dossier)
    for name in before.keys() & after.keys():
        languages = [language for language in dossier.languages if before[name].get(language) != after[name][language]]
        if languages:
            fact = FactId(name)
            yield FactChange(fact, before[name], after[name], tuple(languages), topics_with(dossier, fact))


def topics_with(dossier: Dossier, fact: FactId) -> tuple[TopicId, ...]:
    """The topics whose texts show the fact."""
    return tuple(topic.id for topic in dossier.topics.values() if fact in facts_in(dossier, *topic.body.values()))
