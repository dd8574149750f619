"""Updates in, method calls out. Sends nothing itself: see ``webhook`` and ``polling``."""

from bot.answers.reply import Reply
from bot.delivery import Address
from bot.platforms.telegram.addressed import kind_of, question_of
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import Asker, of_message, of_press
from bot.platforms.telegram.calls import Call, destination
from bot.platforms.telegram.inline import offered
from bot.platforms.telegram.membership import membership_changed, moved
from bot.platforms.telegram.payloads import Message, Update
from bot.platforms.telegram.presses import pressed, question_of_press


async def hear(answering: Answering, update: Update) -> list[Call]:
    """The calls that answer an update, the first of which may go into a webhook's answer; none where it asks nothing.

    Raises:
        Any of LOST: the database is away, which the update needs.
    """
    calls = await _answered(answering, update)
    if (place := _heard_from(answering, update)) is not None:
        await answering.conversation.heard_from(place)
    return calls


def needs_database(answering: Answering, update: Update) -> bool:
    """Whether the update changes or shows what is stored."""
    if update.callback_query is not None:
        question = question_of_press(answering, update.callback_query)
    elif (message := update.message or update.channel_post) is not None:
        if message.is_migration:
            return True
        question = question_of(message, kind_of(message.chat), answering.me, answering.conversation.knows)
    else:
        return update.my_chat_member is not None
    return question is not None and answering.conversation.needs_database(question)


def _heard_from(answering: Answering, update: Update) -> Address | None:
    """Where somebody wrote or pressed; None where nobody did, as where a group says that we were removed."""
    if update.callback_query is not None:
        return of_press(update.callback_query).address if update.callback_query.message else None
    message = update.message or update.channel_post
    if message is None or message.is_migration:
        return None
    left = message.left_chat_member
    return None if left is not None and left.id == answering.me.id else of_message(message).address


async def _answered(answering: Answering, update: Update) -> list[Call]:
    if update.message is not None:
        return await _said(answering, update.message, update.update_id)
    if update.callback_query is not None:
        return await pressed(answering, update.callback_query, update.update_id)
    if update.inline_query is not None:
        return await offered(answering, update.inline_query)
    if update.channel_post is not None:
        return await _said(answering, update.channel_post, update.update_id)
    if update.my_chat_member is not None:
        return await membership_changed(answering, update.my_chat_member, update.update_id)
    return []


async def _said(answering: Answering, message: Message, update_id: int) -> list[Call]:
    if message.is_migration:
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
