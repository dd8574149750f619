"""How far a dossier is: what it lacks without being wrong, for ``nota check --readiness`` and the preview. PURE."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from bot.dossier.markdown import citations
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.dossier.text_validators import texts_of
from bot.matching.analyzer import analyzer_for
from bot.matching.decision import FEW
from bot.replies.answer import matcher_for
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


@dataclass(frozen=True, slots=True)
class Lack:
    """What a part of a dossier lacks.

    Attributes:
        about: the kind of the part, for example "topic".
        name: its id, or the words of a reader.
        lacks: what is not there.
        brings: what it would bring.
        languages: those that it is about; () for all.
    """

    about: str
    name: str
    lacks: str
    brings: str
    languages: Sequence[Language] = ()

    def __str__(self) -> str:
        return f"{self.about} {self.name}: {self.lacks}; {self.brings}"


def readiness(dossier: Dossier) -> Iterator[Lack]:
    """What a valid dossier lacks: questions, sentences of facts, texts of languages in preparation, days and sources."""
    yield from _few_questions(dossier)
    for fact_id, fact in dossier.facts.items():
        silent = [language for language in dossier.languages if not fact.says.get(language)]
        if silent and "says" not in fact.not_offered:
            lacks, brings = f"no sentence in {', '.join(silent)}", "with one, a claim that repeats it gets a verdict"
            yield Lack("fact", fact_id, lacks, brings, silent)
        if fact.checked is None:
            yield Lack("fact", fact_id, "never checked", "with the day, its answers say how old they are")
    yield from _missing_texts(dossier)
    for name, source in dossier.sources.items():
        if "published" not in source.model_fields_set:  # null says that the page gives none
            yield Lack("source", name, "no day", "with it, the page says how old it is")
    for bulletin in dossier.bulletins.values():
        if not bulletin.sources and not any(any(citations(text)) for text in bulletin.body.values()):
            yield Lack("bulletin", bulletin.id, "no source", "with one, readers see who says so")


def _few_questions(dossier: Dossier) -> Iterator[Lack]:
    average = exp(matcher_for(dossier).index.log_examples_per_topic)
    if dossier.topics and average < 2 * FEW:
        lacks = f"{average:.0f} questions a topic and language, with titles and names"
        few = f"up to {FEW} a topic answers only where it explains nearly every word of a question, and else is offered"
        yield Lack("dossier", dossier.header.id, lacks, f"{few}; from {2 * FEW} on one word more may stay open")
    for row in coverage(dossier):
        if few_in := [language for language, count in row.examples.items() if count < FEW]:
            (first, count), *others = ((language, row.examples[language] or "no") for language in few_in)
            counts = [
                f"{count} question{'' if count == 1 else 's'} in {first}",
                *(f"{n} in {code}" for code, n in others),
            ]
            brings = f"with {FEW} in each language, readers who ask so are answered, in any order of the words"
            yield Lack("topic", row.topic, ", ".join(counts), brings, few_in)
        if unknown := {language: words for language, words in row.unknown.items() if words}:
            words = ", ".join(f"{' '.join(words)} ({language})" for language, words in unknown.items())
            brings = "readers see the title on a button, and ask with its words"
            yield Lack("topic", row.topic, f"words of its title in no question: {words}", brings, [*unknown])


def _missing_texts(dossier: Dossier) -> Iterator[Lack]:
    """Of the languages in preparation: the others have all texts, or the dossier is not valid."""
    texts = [each for _, _, each, kind in texts_of(dossier) if kind != "examples"]
    for language in dossier.header.languages_in_preparation:
        missing = sum(language not in each for each in texts)
        silent = sum(not topic.asks.get(language) for topic in dossier.topics.values())
        lacks = f"{missing} of {len(texts)} texts and the questions of {silent} of {len(dossier.topics)} topics missing"
        yield Lack(
            "language", language, lacks, "with all texts it can move to `languages`, and readers choose it", [language]
        )
