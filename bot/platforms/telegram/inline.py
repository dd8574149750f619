"""Inline mode: ``@bot price`` typed in any chat offers the topics that answer it (core.telegram.org/bots/inline)."""

from typing import Any

from bot.answers.answer import topic_of_command
from bot.answers.composing import Composer
from bot.answers.question import AboutTopic, Words, token
from bot.dossier.model import Dossier, Language, Topic, TopicId
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import of_inline_query
from bot.platforms.telegram.calls import Call
from bot.platforms.telegram.payloads import InlineQuery
from bot.throttle import Admission

OFFERED = 10
"""Articles that answer one query; Telegram takes 50 (core.telegram.org/bots/api#answerinlinequery)."""

CACHE_SECONDS = 60
"""How long Telegram may show the same person the same articles."""


async def offered(answering: Answering, query: InlineQuery) -> list[Call]:
    """The call that answers an inline query; for a flood of them, with nothing."""
    asker = of_inline_query(query)
    admitted = answering.throttle.admit(asker.key) is Admission.ANSWER
    language = answering.language(asker)
    found = _topics(answering, query.query.strip(), language) if admitted else []
    results = [_article(answering, topic, language) for topic in found[:OFFERED]]
    given = {"inline_query_id": query.id, "results": results, "cache_time": CACHE_SECONDS, "is_personal": True}
    return [Call("answerInlineQuery", given)]


def _topics(answering: Answering, text: str, language: Language) -> list[Topic]:
    """The topics to offer: those of the answer first, then those whose title or commands begin with a word of it."""
    dossier = answering.conversation.edition.dossier
    if not text:
        return [topic for topic in dossier.topics.values() if not topic.is_program]
    reply = answering.conversation.answered(Words(text), language)
    command = topic_of_command(dossier, text.removeprefix("/"))
    ids = [command, reply.topic, *reply.suggestions, *_beginning_with(dossier, text, language)]
    return [dossier.topics[each] for each in dict.fromkeys(ids) if each is not None and each in dossier.topics]


def _beginning_with(dossier: Dossier, text: str, language: Language) -> list[TopicId]:
    wanted = text.lower()
    return [
        topic.id
        for topic in dossier.topics.values()
        if any(word.startswith(wanted) for word in _words(topic, language))
    ]


def _words(topic: Topic, language: Language) -> list[str]:
    return [topic.command_word, *topic.all_aliases, *topic.title[language].lower().split()]


def _article(answering: Answering, topic: Topic, language: Language) -> dict[str, Any]:
    """An InlineQueryResultArticle (core.telegram.org/bots/api#inlinequeryresultarticle)."""
    question = AboutTopic(topic.id)
    reply = answering.conversation.answered(question, language)
    shown = answering.rendered(reply).parameters
    content = {"message_text": shown["text"]} | {key: shown[key] for key in ("parse_mode", "link_preview_options")}
    summary = Composer(answering.conversation.edition.dossier, language).line(topic.summary[language])
    article = {
        "type": "article",
        "id": token(question),
        "title": reply.heading,
        "description": summary,
        "input_message_content": content,
    }
    return article | {key: shown[key] for key in ("reply_markup",) if key in shown}
