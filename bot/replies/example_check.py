"""Checks whether a new example would make other examples be answered wrongly. PURE."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.dossier.models import Dossier, Language, Questions, TopicId
from bot.matching.analyzer import Analyzer, analyzer_for
from bot.matching.decision import Matcher
from bot.replies.answer import matcher_for, texts_of

MAX_NAMED = 5
"""The most questions that are named in a notice."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A question that would be answered wrongly with the new example.

    Attributes:
        topic: the topic that the question asks for; None: the question is a ``not_asked`` of ``instead``.
        instead: the topic that would answer it; None: no topic would be certain.
    """

    topic: TopicId | None
    language: Language
    question: str
    instead: TopicId | None


@dataclass(frozen=True, slots=True)
class ExampleCheck:
    """``found``: the topic that would answer the example itself; None: no topic would be certain. ``wrong``: the wrong answers."""

    found: TopicId | None
    wrong: tuple[WrongAnswer, ...]

    @property
    def named(self) -> str:
        """The first questions that would be answered wrongly, as a list in one line."""
        return ", ".join(f"“{wrong.question}”" for wrong in self.wrong[:MAX_NAMED])


def check_example(dossier: Dossier, topic: TopicId, language: Language, example: str) -> ExampleCheck:
    """Compares the answers to the dossier's own examples with and without the new example.

    An answer is wrong if it is right now and would not be right any more, or if another topic would answer the new example. Only questions that
    share a word with the example, in any form, can get another answer, so only these are compared. With thousands of examples this takes a few
    seconds.
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
    """The questions that share a word with the example: (topic asked for, topic not asked for, language, question)."""
    analyzer = analyzer_for(tuple(dossier.languages))
    terms = _terms(analyzer, example, language)
    for topic in dossier.topics.values():
        for spoken in dossier.languages:
            asked = [(topic.id, None, spoken, ask) for ask in topic.asks.get(spoken, ())]
            not_asked = [(None, topic.id, spoken, ask) for ask in topic.not_asked.get(spoken, ())]
            yield from (question for question in (*asked, *not_asked) if terms & _terms(analyzer, question[3], spoken))


def _terms(analyzer: Analyzer, text: str, language: Language) -> set[str]:
    """The terms of the words that carry a subject; of all words if no word does."""
    tokens = analyzer.tokens(text, language)
    heavy = [token for token in tokens if token.kind != "light"] or tokens
    return {term for token in heavy for term in token.terms}


def _answered(matcher: Matcher, question: str, language: Language) -> TopicId | None:
    found = matcher.found(question, language)
    return found[0] if len(found) == 1 else None


def _is_right(answered: TopicId | None, wanted: TopicId | None, unwanted: TopicId | None) -> bool:
    return answered == wanted if wanted is not None else answered != unwanted
