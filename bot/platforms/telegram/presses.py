"""Presses of buttons: the message they stand under changes in place.

The query is always answered, since the app shows a running clock until it is
(core.telegram.org/bots/api#callbackquery). That answer comes first, and so goes into a webhook's own: nothing in it can be
refused in a way that anybody would miss, whereas an edit may fail and then wants another call (docs/decisions/0011).
"""

from typing import Any

from bot.answers.question import Question, from_token
from bot.answers.reply import Reply
from bot.apologies import outdated
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import Asker, of_press
from bot.platforms.telegram.buttons import ANEW
from bot.platforms.telegram.calls import Call, destination
from bot.platforms.telegram.limits import TOAST_UNITS
from bot.platforms.telegram.payloads import Press
from bot.platforms.telegram.render import toast


async def pressed(answering: Answering, press: Press) -> list[Call]:
    """The calls that answer a press."""
    asker = of_press(press)
    question = _question(answering, press)
    reply = await answering.reply(asker, question) if question else outdated(answering.language(asker))
    if reply is None:
        return [_answered(press)]
    if question is None or (reply.private and asker.kind != "private"):
        return [_answered(press, reply)]
    shown = _shown(answering, asker, press, reply)
    return [_answered(press), shown] if shown else [_answered(press)]


def _question(answering: Answering, press: Press) -> Question | None:
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
    anew = Call("sendMessage", destination(asker.address), rendered)
    if not press.message.is_accessible or (press.data or "").startswith(ANEW):
        return anew
    where = {"chat_id": asker.chat.id, "message_id": press.message.message_id}
    return Call("editMessageText", where, rendered, otherwise=anew)
