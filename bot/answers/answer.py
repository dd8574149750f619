"""The heart: ``answer(dossier, question, language, today) -> Reply``. PURE."""

from dataclasses import replace
from datetime import date
from typing import assert_never

from bot.answers import declines
from bot.answers.listings import TITLES
from bot.answers.matching import reply_in_words
from bot.answers.question import PROGRAMS, AboutBulletin, AboutTopic, Command, Question, ShowPicture, Words, read
from bot.answers.reply import Reply
from bot.answers.topics import bulletin_reply, picture_reply, topic_reply
from bot.dossier.model import PROGRAM_PREFIX, BulletinId, Dossier, Language, TopicId


def answer(dossier: Dossier, question: Question | str, language: str, today: date) -> Reply:
    """The reply to a question, in the language (the dossier's default where it has none such).

    A ``str`` is read as somebody typed it: a command with its slash, or words.
    """
    asked = read(question) if isinstance(question, str) else question
    return replace(_reply(dossier, asked, dossier.language(language), today), colour=dossier.header.colour)


def _reply(dossier: Dossier, question: Question, language: Language, today: date) -> Reply:
    match question:
        case AboutTopic(topic, page):
            return topic_reply(dossier, topic, page, language, today)
        case AboutBulletin(bulletin):
            return bulletin_reply(dossier, dossier.bulletins[bulletin], language)
        case ShowPicture(topic):
            return picture_reply(dossier, topic, language, today)
        case Command(name, argument):
            return _command_reply(dossier, name, argument, language, today)
        case Words(text):
            return reply_in_words(dossier, text, language, today)
        case _:
            assert_never(question)


def topic_of_command(dossier: Dossier, name: str) -> TopicId | None:
    """The topic that a command word, an alias, a topic's id or a programme's slug stands for."""
    word = name.lower()
    if word in dossier.commands:
        return dossier.commands[word]
    for candidate in (TopicId(word), TopicId(PROGRAM_PREFIX + word)):
        if candidate in dossier.topics:
            return candidate
    return TopicId(word) if word in TITLES and (word != PROGRAMS or dossier.programs) else None


def _command_reply(dossier: Dossier, name: str, argument: str, language: Language, today: date) -> Reply:
    word = argument if name in ("start", "program") and argument else PROGRAMS if name == "program" else name
    topic = topic_of_command(dossier, word)
    if topic is not None:
        return topic_reply(dossier, topic, 1, language, today)
    if name == "start":
        bulletin = dossier.bulletins.get(BulletinId(argument))
        return bulletin_reply(dossier, bulletin, language) if bulletin else declines.welcome(dossier, language)
    if name in ("ask", "program") and argument:
        return reply_in_words(dossier, argument, language, today)
    if name == "ask":
        return declines.ask_what(dossier, language)
    return declines.unknown_command(dossier, name, language)
