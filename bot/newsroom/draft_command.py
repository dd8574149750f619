"""``/draft``: an editor makes a draft in the chat, from a title and a text in one language. The desk finishes it.

On Telegram it is a conversation in private: a question for the title, then one for the text. Its state is the question itself, to which the
editor replies, so any replica can go on with it, and nothing is stored before there is a draft. Discord asks both in one form.
"""

from contextlib import suppress
from dataclasses import replace
from functools import partial

from bot.db.applied_updates import AlreadyApplied
from bot.db.changes import Person
from bot.dossier.entries import Content, Key
from bot.dossier.markdown import Paragraph, Span
from bot.newsroom.change_content import NEW, clean
from bot.newsroom.editors import DeskCommand
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply, text_reply

CANCEL = "/cancel"

MAX_TITLE = 256
"""Characters of a title: as many as Discord shows of an embed's (resources/message#embed-object-embed-limits)."""

_ASKS_TITLE, _ASKS_TEXT = "✍️", "📝"
"""The signs with which the questions begin. They end with :data:`CANCEL`, so no answer of a dossier is taken for one."""


async def respond_to_draft(
    desk_command: DeskCommand, argument: str, person: Person, cause: str | None, *, is_private: bool
) -> Reply:
    """The next question, or the draft with a link to the desk. ``cause``: the update, which makes one draft however often it comes."""
    say, ask = phrases_in(person.language).say, partial(text_reply, person.language, private=True)
    if not is_private:
        return ask("🗞", say("New draft"), say("Ask me that in our private chat."))
    if argument.strip() == CANCEL:
        return ask("🗞", say("New draft"), say("Cancelled. Nothing was kept."))
    title, _, text = argument.strip().partition("\n")
    title, text = " ".join(clean(title).split())[:MAX_TITLE], clean(text)
    if not title:
        words = f"{say('What is the title? Reply to this message with it.')} {CANCEL}"
        return replace(ask(_ASKS_TITLE, say("New draft"), words), placeholder=say("Title"))
    if not text:
        words = f"{say('And the text? Reply to this message with it.')} {CANCEL}"
        return replace(ask(_ASKS_TEXT, title, words), placeholder=say("Text"))
    content: Content = {"title": {person.language: title}, "body": {person.language: text}}
    with suppress(AlreadyApplied):  # the link that went with it may have been lost
        await desk_command.desk.create(person, title, {Key(f"{NEW}1"): content}, cause=cause)
    link = await desk_command.respond(person, is_private=True)
    words = say("Saved as a draft. Choose its topics and sources at the desk, and write the other languages.")
    return replace(link, title=title, emoji="🗞", blocks=(Paragraph((Span(words),)), *link.blocks))


def continued(question: str, answer: str) -> str | None:
    """The argument of ``/draft`` that an answer to one of its questions makes; None if the question is another one."""
    sign, _, title = question.split("\n", maxsplit=1)[0].partition(" ")
    if not question.endswith(CANCEL) or sign not in (_ASKS_TITLE, _ASKS_TEXT):
        return None
    return answer if sign == _ASKS_TITLE or answer == CANCEL else f"{title}\n{answer}"
