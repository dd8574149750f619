"""How well the examples of a dossier cover its topics, for ``nota check --coverage`` and the preview. PURE."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.matching.analyzer import analyzer_for
from bot.replies.dossier_texts import DossierTexts


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of one topic by its examples.

    Attributes:
        examples: language → the number of its examples.
        unknown: language → the words of its title, in lower case, that no example of it has in any form.
    """

    topic: TopicId
    examples: Mapping[Language, int]
    unknown: Mapping[Language, Sequence[str]]


def coverage(dossier: Dossier) -> list[Coverage]:
    """The coverage of every topic, those with the fewest examples in a language first."""
    coverages = [
        Coverage(
            topic.id,
            {language: len(topic.asks.get(language, ())) for language in dossier.languages},
            {language: list(_unknown(dossier, topic, language)) for language in dossier.languages},
        )
        for topic in dossier.topics.values()
    ]
    return sorted(coverages, key=lambda topic: min(topic.examples.values()))


def _unknown(dossier: Dossier, topic: Topic, language: Language) -> Iterator[str]:
    analyzer = analyzer_for(tuple(dossier.languages))
    title = DossierTexts(dossier, language).line(topic.title[language])
    asked = {
        stem for ask in topic.asks.get(language, ()) for token in analyzer.tokens(ask, language) for stem in token.stems
    }
    for word in {token.word: token for token in analyzer.tokens(title, language)}.values():
        if word.kind != "light" and asked.isdisjoint(word.stems):
            yield word.word
