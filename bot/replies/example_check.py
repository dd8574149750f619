"""Whether one more example takes questions from other topics, or from its own. PURE."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.dossier.models import Dossier, Language, Questions, TopicId
from bot.matching.analyzer import Analyzer, analyzer_for
from bot.matching.decision import Matcher
from bot.replies.answer import matcher_for, texts_of

MAX_NAMED = 5
"""Questions that a sentence names."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """What would be answered wrongly with the new example.

    Attributes:
        topic: the topic that the question asks for; None: it is one of the ``not_asked`` of ``instead``.
        instead: the topic that it would be answered with; None: none would be sure.
    """

    topic: TopicId | None
    language: Language
    question: str
    instead: TopicId | None


@dataclass(frozen=True, slots=True)
class ExampleCheck:
    """``found``: the topic that the example itself would be answered with; None: none would be sure."""

    found: TopicId | None
    wrong: tuple[WrongAnswer, ...]

    @property
    def named(self) -> str:
        """The first of the questions that would be answered wrongly, to be shown in a sentence."""
        return ", ".join(f"“{wrong.question}”" for wrong in self.wrong[:MAX_NAMED])


def check_example(dossier: Dossier, topic: TopicId, language: Language, example: str) -> ExampleCheck:
    """Compares what the dossier's own examples are answered with, now and with one more.

    Wrong is what is answered rightly now and would not be then, and the example itself if it would be answered with another topic.
    Only questions that share a word with it, in any form, can be decided otherwise, so the others are not compared. Takes a few
    seconds where there are thousands of examples.
    """
    more = dossier.topics[topic].with_questions(Questions(asks={language: [example]}))
    after, before = Matcher(texts_of(replace(dossier, topics={**dossier.topics, topic: more}))), matcher_for(dossier)
    answered = _answered(after, example, language)
    wrong = [WrongAnswer(topic, language, example, answered)] if answered not in (None, topic) else []
    for wanted, unwanted, spoken, question in _alike(dossier, language, example):
        now = _answered(after, question, spoken)
        if not _is_right(now, wanted, unwanted) and _is_right(_answered(before, question, spoken), wanted, unwanted):
            wrong.append(WrongAnswer(wanted, spoken, question, now))
    return ExampleCheck(answered, tuple(wrong))


def _alike(
    dossier: Dossier, language: Language, example: str
) -> Iterator[tuple[TopicId | None, TopicId | None, Language, str]]:
    """The questions that share a word with the example: the topic they ask for, or the one they do not, and their language."""
    analyzer = analyzer_for(tuple(dossier.languages))
    terms = _terms(analyzer, example, language)
    for topic in dossier.topics.values():
        for spoken in dossier.languages:
            asked = [(topic.id, None, spoken, ask) for ask in topic.asks.get(spoken, ())]
            not_asked = [(None, topic.id, spoken, ask) for ask in topic.not_asked.get(spoken, ())]
            yield from (question for question in (*asked, *not_asked) if terms & _terms(analyzer, question[3], spoken))


def _terms(analyzer: Analyzer, text: str, language: Language) -> set[str]:
    """What the words that carry a subject mean; all words, if none does."""
    tokens = analyzer.tokens(text, language)
    heavy = [token for token in tokens if token.kind != "light"] or tokens
    return {term for token in heavy for term in token.terms}


def _answered(matcher: Matcher, question: str, language: Language) -> TopicId | None:
    decision = matcher.decide(question, language)
    return decision.topics[0] if decision.kind == "answer" else None


def _is_right(answered: TopicId | None, wanted: TopicId | None, unwanted: TopicId | None) -> bool:
    return answered == wanted if wanted is not None else answered != unwanted
