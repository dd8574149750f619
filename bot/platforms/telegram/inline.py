"""Inline queries → articles, and the answers to mentions in chats of which the bot is not a member (guest mode).

See core.telegram.org/bots/api#answerinlinequery and #answerguestquery.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.conversation import Conversation
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.platforms.telegram.render import Call, private_chat, rendered, start_link, without_commands
from bot.platforms.telegram.types import InlineQuery
from bot.replies.dossier_texts import DossierTexts
from bot.replies.i18n import phrases_in
from bot.replies.listings import topic_of_command
from bot.replies.question import HELP, AboutTopic, FreeText, Question, token
from bot.replies.reply import Button, Reply

TOPICS = 10
"""The most articles for an inline query; Telegram accepts 50 (#answerinlinequery)."""

CACHE_SECONDS = 60
"""How long Telegram may show the same user the same articles."""


def inline_answer(
    query: InlineQuery, conversation: Conversation, language: Language, username: str, *, is_admitted: bool
) -> Call:
    """The topics as articles, after the verdict on a claim; no articles if the user's limit is reached (not ``is_admitted``).

    ``username``: the bot's. The bot does not know the chat to which an article is sent, so its buttons open the private chat.
    """
    text = query.query.strip()
    results: list[dict[str, Any]] = []
    if is_admitted:
        reply = conversation.dossier_reply(FreeText(text), language) if text else None
        if reply is not None and reply.verdict and not reply.unanswered:
            results.append(_article(FreeText(text), reply, text, username))
        topics = _topics(text, reply, conversation, language)
        results += [_about(topic, conversation, language, username) for topic in topics]
    parameters: dict[str, Any] = {"inline_query_id": query.id, "results": results[:TOPICS]}
    parameters |= {"cache_time": CACHE_SECONDS, "is_personal": True}
    if is_admitted and not results:
        label = phrases_in(language).say("Open Nota")
        parameters["button"] = {"text": label, "start_parameter": HELP}
    return Call("answerInlineQuery", parameters)


def guest_answer(query_id: str, question: Question, reply: Reply, username: str) -> Call:
    """The answer to a mention in a chat that the bot does not know. It becomes an inline message, which has no picture."""
    if not reply.buttons:
        opens = Button(f"💬 {phrases_in(reply.language).say('Open the private chat')}", url=start_link(username))
        reply = replace(reply, buttons=(opens,))
    article = _article(question, replace(reply, picture_topic=None), reply.heading, username)
    return Call("answerGuestQuery", {"guest_query_id": query_id, "result": article})


def _topics(text: str, reply: Reply | None, conversation: Conversation, language: Language) -> Iterable[Topic]:
    """The topics of the answer, then those with a word in their title or commands that begins with the text."""
    dossier = conversation.live.dossier
    if reply is None:
        return [topic for topic in dossier.topics.values() if not topic.is_program][:TOPICS]
    command = topic_of_command(dossier, text.removeprefix("/"))
    ids = [command, reply.topic, *reply.suggestions, *_with_prefix(dossier, text.lower(), language)]
    topics = (dossier.topics[topic] for topic in dict.fromkeys(ids) if topic is not None and topic in dossier.topics)
    return list(topics)[:TOPICS]


def _with_prefix(dossier: Dossier, prefix: str, language: Language) -> list[TopicId]:
    names = {topic.id: (topic.command_word, *topic.all_aliases) for topic in dossier.topics.values()}
    words = {topic: (*names[topic], *dossier.topics[topic].title[language].lower().split()) for topic in names}
    return [topic for topic, its in words.items() if any(word.startswith(prefix) for word in its)]


def _about(topic: Topic, conversation: Conversation, language: Language, username: str) -> dict[str, Any]:
    question = AboutTopic(topic.id)
    summary = DossierTexts(conversation.live.dossier, language).line(topic.summary[language])
    return _article(question, conversation.dossier_reply(question, language), summary, username)


def _article(question: Question, reply: Reply, description: str, username: str) -> dict[str, Any]:
    """An InlineQueryResultArticle (#inlinequeryresultarticle)."""
    message = rendered(without_commands(reply), private_chat(username)).parameters
    content = {"message_text": message["text"]} | {key: message[key] for key in ("parse_mode", "link_preview_options")}
    article = {
        "type": "article",
        "id": token(question),
        "title": reply.heading,
        "description": description,
        "input_message_content": content,
    }
    return article | {key: message[key] for key in ("reply_markup",) if key in message}
