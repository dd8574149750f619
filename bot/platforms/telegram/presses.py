"""Presses of buttons: the message they stand under changes in place.

The query is always answered, since the app shows a running clock until it is
(core.telegram.org/bots/api#callbackquery). That answer comes first, and so goes into a webhook's own: nothing in it can be
refused in a way that anybody would miss, whereas an edit may fail and then wants another call (docs/decisions/0011).
"""

from dataclasses import replace
from typing import Any

from bot.answers.question import AboutTopic, Question, from_token
from bot.answers.reply import Reply
from bot.apologies import outdated
from bot.dossier.model import TopicId
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import Asker, of_press
from bot.platforms.telegram.buttons import ANEW, InPrivate
from bot.platforms.telegram.calls import Call, destination
from bot.platforms.telegram.limits import TOAST_UNITS
from bot.platforms.telegram.payloads import Message, Press
from bot.platforms.telegram.render import toast


async def pressed(answering: Answering, press: Press, update_id: int) -> list[Call]:
    """The calls that answer a press."""
    asker = of_press(press)
    question = question_of_press(answering, press)
    reply = await answering.reply(asker, question, update_id) if question else outdated(answering.language(asker))
    if reply is None:
        return [_answered(press)]
    if question is None or reply.private:
        return [_answered(press, reply)]
    if press.message is None and reply.shows is not None:
        return [_to_private(answering, press, question)]
    shown = _shown(answering, asker, press, reply)
    return [_answered(press), shown] if shown else [_answered(press)]


def _to_private(answering: Answering, press: Press, question: Question) -> Call:
    """A picture cannot be uploaded to a message of inline mode (#editmessagemedia): the app opens the chat with us."""
    way = InPrivate(answering.me.username)(question)
    return Call("answerCallbackQuery", {"callback_query_id": press.id} | ({"url": way["url"]} if "url" in way else {}))


def question_of_press(answering: Answering, press: Press) -> Question | None:
    """What the button asks; None for one of an older edition, or a forged one."""
    data = (press.data or "").removeprefix(ANEW)
    return from_token(data, answering.conversation.edition.dossier) if data else None


def _answered(press: Press, reply: Reply | None = None) -> Call:
    given: dict[str, Any] = {"callback_query_id": press.id}
    if reply is not None:
        given |= {"text": toast(reply, TOAST_UNITS), "show_alert": True}
    return Call("answerCallbackQuery", given)


def _shown(answering: Answering, asker: Asker, press: Press, reply: Reply) -> Call | None:
    """The edit, or a message where there is nothing (any more) to edit."""
    rendered = answering.rendered(reply)
    if press.message is None:
        inline = press.inline_message_id
        return Call("editMessageText", {"inline_message_id": inline}, rendered) if inline else None
    if reply.shows is not None:
        return _pictured(answering, asker, press, reply, reply.shows)
    anew = Call("sendMessage", destination(asker.address), rendered)
    if not _changes_in_place(press):
        return anew
    where = _place(press.message)
    if press.message.photo:
        return replace(anew, then=Call("deleteMessage", where))
    return Call("editMessageText", where, rendered, otherwise=anew)


def _pictured(answering: Answering, asker: Asker, press: Press, reply: Reply, topic: TopicId) -> Call:
    """The picture in place of the words; should it fail, the words in place of themselves."""
    rendered = answering.rendered(reply)
    words = answering.rendered(answering.conversation.answered(AboutTopic(topic), reply.language))
    anew = Call("sendMessage", destination(asker.address), words)
    if press.message is None or not _changes_in_place(press):
        return Call("sendPhoto", destination(asker.address), rendered, anew, pictured=reply)
    where = _place(press.message)
    in_words = Call("editMessageText", where, words, otherwise=anew)
    return Call("editMessageMedia", where, rendered, in_words, pictured=reply)


def _changes_in_place(press: Press) -> bool:
    is_there = press.message is not None and press.message.is_accessible
    return is_there and not (press.data or "").startswith(ANEW)


def _place(message: Message) -> dict[str, Any]:
    return {"chat_id": message.chat.id, "message_id": message.message_id}
