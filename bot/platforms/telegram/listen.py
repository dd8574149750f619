"""Updates in, method calls out. Sends nothing itself: see ``webhook`` and ``polling``."""

from bot.answers.reply import Reply
from bot.platforms.telegram.addressed import question_of
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import Asker, of_message
from bot.platforms.telegram.calls import Call, destination
from bot.platforms.telegram.inline import offered
from bot.platforms.telegram.membership import membership_changed, moved
from bot.platforms.telegram.payloads import Message, Update
from bot.platforms.telegram.presses import pressed


async def hear(answering: Answering, update: Update) -> list[Call]:
    """The calls that answer an update, the first of which may go into a webhook's answer; none where it asks nothing."""
    if update.message is not None:
        return await _said(answering, update.message, update.update_id)
    if update.callback_query is not None:
        return await pressed(answering, update.callback_query, update.update_id)
    if update.inline_query is not None:
        return await offered(answering, update.inline_query)
    if update.channel_post is not None:
        return await _said(answering, update.channel_post, update.update_id)
    if update.my_chat_member is not None:
        return await membership_changed(answering, update.my_chat_member)
    return []


async def _said(answering: Answering, message: Message, update_id: int) -> list[Call]:
    if message.migrate_to_chat_id is not None or message.migrate_from_chat_id is not None:
        await moved(answering, message)
        return []
    asker = of_message(message)
    question = question_of(message, asker.kind, answering.me, answering.conversation.knows)
    if question is None:
        return []
    reply = await answering.reply(asker, question, update_id)
    if reply is None:
        return []
    if asker.kind == "private":
        answering.known.learn(message, question, reply)
    return [_answer(answering, asker, message, reply)]


def _answer(answering: Answering, asker: Asker, message: Message, reply: Reply) -> Call:
    """In groups as a reply to the question, so that it is clear who asked.

    A channel's direct messages are a chat of many, where each message must say whose it is (#sendmessage).
    """
    where = destination(asker.address)
    if message.direct_messages_topic is not None:
        where["direct_messages_topic_id"] = message.direct_messages_topic.topic_id
    if asker.kind == "group":
        where["reply_parameters"] = {"message_id": message.message_id, "allow_sending_without_reply": True}
    return Call("sendMessage", where, answering.rendered(reply))
