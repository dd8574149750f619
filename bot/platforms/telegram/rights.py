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
    return asker.user is not None and await _runs(client, asker.chat.id, asker.user.id)


async def _runs(client: Client, chat_id: int, user_id: int) -> bool:
    """By the member's status; where members are hidden from us, by the list of admins, which nobody hides.

    Only to admins is ``getChatMember`` promised an answer (core.telegram.org/bots/api#getchatmember).
    """
    try:
        member = await client.ask("getChatMember", {"chat_id": chat_id, "user_id": user_id})
    except Forbidden:
        return False
    except BadRequest:
        return await _is_listed(client, chat_id, user_id)
    return member.get("status") in ADMINS


async def _is_listed(client: Client, chat_id: int, user_id: int) -> bool:
    try:
        admins = await client.ask("getChatAdministrators", {"chat_id": chat_id})
    except (BadRequest, Forbidden):
        return False
    return any(admin.get("user", {}).get("id") == user_id for admin in admins)
