"""How far a dossier is: what it lacks without being wrong, for ``nota check --readiness``, the desk and the preview. PURE."""

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
from bot.replies.i18n import phrases_in


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
    coverages = []
    for topic in dossier.topics.values():
        examples = {language: len(topic.asks.get(language, ())) for language in dossier.languages}
        unknown = {language: list(_unknown(dossier, topic, language)) for language in dossier.languages}
        coverages.append(Coverage(topic.id, examples, unknown))
    return sorted(coverages, key=lambda topic: min(topic.examples.values()))


def _unknown(dossier: Dossier, topic: Topic, language: Language) -> Iterator[str]:
    analyzer = analyzer_for(tuple(dossier.languages))
    title = DossierTexts(dossier, language).line(topic.title[language])
    tokens = (token for ask in topic.asks.get(language, ()) for token in analyzer.tokens(ask, language))
    asked = {stem for token in tokens for stem in token.stems}
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


def readiness(dossier: Dossier, language: str = "en") -> Iterator[Lack]:
    """What a valid dossier lacks: questions, sentences of facts, texts of languages in preparation, days and sources. ``language``: of the words."""
    say = phrases_in(language).say
    yield from _few_questions(dossier, language)
    for fact_id, fact in dossier.facts.items():
        silent = [code for code in dossier.languages if not fact.says.get(code)]
        if silent and "says" not in fact.not_offered:
            lacks = say("no sentence in {languages}", languages=", ".join(silent))
            yield Lack("fact", fact_id, lacks, say("with one, a claim that repeats it gets a verdict"), silent)
        if fact.checked is None:
            yield Lack("fact", fact_id, say("never checked"), say("with the day, its answers say how old they are"))
    yield from _missing_texts(dossier, language)
    for name, source in dossier.sources.items():
        if "published" not in source.model_fields_set:  # null says that the page gives none
            yield Lack("source", name, say("no day"), say("with it, the page says how old it is"))
    for bulletin in dossier.bulletins.values():
        if not bulletin.sources and not any(any(citations(text)) for text in bulletin.body.values()):
            yield Lack("bulletin", bulletin.id, say("no source"), say("with one, readers see who says so"))


def _few_questions(dossier: Dossier, language: str) -> Iterator[Lack]:
    average, say = exp(matcher_for(dossier).index.log_examples_per_topic), phrases_in(language).say
    if dossier.topics and average < 2 * FEW:
        lacks = say("questions a topic and language, with titles and names: {n}", n=round(average))
        brings = say(
            "up to {few} a topic answers only where it explains nearly every word of a question, and else is offered; "
            "from {many} on one word more may stay open",
            few=FEW,
            many=2 * FEW,
        )
        yield Lack("dossier", dossier.header.id, lacks, brings)
    for row in coverage(dossier):
        if few_in := [code for code, count in row.examples.items() if count < FEW]:
            lacks = say("questions: {counts}", counts=", ".join(f"{code} {row.examples[code]}" for code in few_in))
            brings = say(
                "with {few} in each language, readers who ask so are answered, in any order of the words", few=FEW
            )
            yield Lack("topic", row.topic, lacks, brings, few_in)
        if unknown := {code: words for code, words in row.unknown.items() if words}:
            words = ", ".join(f"{' '.join(words)} ({code})" for code, words in unknown.items())
            brings = say("readers see the title on a button, and ask with its words")
            yield Lack(
                "topic", row.topic, say("words of its title in no question: {words}", words=words), brings, [*unknown]
            )


def _missing_texts(dossier: Dossier, language: str) -> Iterator[Lack]:
    """Of the languages in preparation: the others have all texts, or the dossier is not valid."""
    texts, say = [each for _, _, each, kind in texts_of(dossier) if kind != "examples"], phrases_in(language).say
    for code in dossier.header.languages_in_preparation:
        lacks = say(
            "texts missing: {n} of {texts}; topics without questions: {silent} of {topics}",
            n=sum(code not in each for each in texts),
            texts=len(texts),
            silent=sum(not topic.asks.get(code) for topic in dossier.topics.values()),
            topics=len(dossier.topics),
        )
        yield Lack(
            "language", code, lacks, say("with all texts it can move to `languages`, and readers choose it"), [code]
        )
