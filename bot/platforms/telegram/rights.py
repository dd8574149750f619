"""Who may change what concerns a whole chat."""

from telegram.error import BadRequest, Forbidden

from bot.platforms.telegram.asker import Asker
from bot.platforms.telegram.client import Client

ADMINS = frozenset({"creator", "administrator"})
"""The statuses of those who run a chat (core.telegram.org/bots/api#chatmember)."""


async def is_admin(client: Client, asker: Asker) -> bool:
    """Whether the asker runs the chat.

    In a private chat everyone does. Who speaks in the chat's own name is its channel or an anonymous admin
    (core.telegram.org/bots/api#message, ``sender_chat``); who speaks in another chat's name is nobody here.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    if asker.chat.type == "private":
        return True
    if asker.sender_chat is not None:
        return asker.sender_chat.id == asker.chat.id
    return asker.user is not None and await _status(client, asker.chat.id, asker.user.id) in ADMINS


async def _status(client: Client, chat_id: int, user_id: int) -> str:
    try:
        member = await client.ask("getChatMember", {"chat_id": chat_id, "user_id": user_id})
    except (BadRequest, Forbidden):
        return "unknown"
    return str(member.get("status"))
