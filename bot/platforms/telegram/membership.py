"""Chats that add us, remove us, or go on under another id (core.telegram.org/bots/api#chatmemberupdated)."""

from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import PLATFORM, of_membership
from bot.platforms.telegram.calls import Call, destination
from bot.platforms.telegram.payloads import Membership, Message

_IN = frozenset({"creator", "administrator", "member", "restricted"})
_WORDS = {"private": "blocked"}


async def membership_changed(answering: Answering, change: Membership, update_id: int) -> list[Call]:
    """The greeting where one is due; what the chat set is kept, or counts again."""
    asker = of_membership(change)
    conversation = answering.conversation
    if not _is_in(change):
        await conversation.left(asker.address, _WORDS.get(asker.kind, "left"))
        return []
    title, cause = change.chat.title or "", answering.cause(update_id)
    greeting = await conversation.joined(asker.address, asker.kind, title, asker.language_tag, cause)
    if greeting is None or asker.kind == "channel":
        return []
    return [Call("sendMessage", destination(asker.address), answering.rendered(greeting))]


async def moved(answering: Answering, message: Message) -> None:
    """A group became a supergroup: everything it had is taken along.

    Both chats say it, the old one with the new id and the new one with the old (#message, ``migrate_to_chat_id``).
    """
    if message.migrate_to_chat_id is not None:
        await answering.conversation.moved(PLATFORM, message.chat.id, message.migrate_to_chat_id)
    elif message.migrate_from_chat_id is not None:
        await answering.conversation.moved(PLATFORM, message.migrate_from_chat_id, message.chat.id)


def _is_in(change: Membership) -> bool:
    """A restricted member may have left (#chatmemberrestricted, ``is_member``)."""
    now = change.new_chat_member
    return now.status in _IN and now.is_member is not False
