"""The rights of a user in a chat, requested from Telegram."""

from telegram import ChatMember
from telegram.error import BadRequest, Forbidden

from bot.message import Rights
from bot.platforms.telegram.api import InvalidResponse, TelegramClient
from bot.platforms.telegram.types import Origin

ADMIN_STATUSES = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})


async def rights_of(client: TelegramClient, origin: Origin) -> Rights:
    """The user's present rights in the chat.

    In a private chat everyone is an admin. A sender in the chat's own name is its channel or an anonymous admin
    (core.telegram.org/bots/api#message, ``sender_chat``); a sender in another chat's name has no rights. A press names the account even of an
    anonymous admin (#chatmemberadministrator, ``is_anonymous``).

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    if origin.chat.type == "private":
        return Rights(is_admin=True)
    if origin.sender_chat is not None:
        is_own = origin.sender_chat.id == origin.chat.id
        return Rights(is_admin=is_own, is_anonymous=is_own)
    member = await _member(client, origin.chat.id, origin.user.id) if origin.user else None
    if member is None or member.status not in ADMIN_STATUSES:
        return Rights(is_admin=False)
    return Rights(is_admin=True, is_anonymous=getattr(member, "is_anonymous", False))


async def is_admin(client: TelegramClient, chat_id: int, user_id: int) -> bool:
    """Whether the user is an admin of the chat; in a private chat, whether it is the user's own.

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    if chat_id > 0:
        return chat_id == user_id
    member = await _member(client, chat_id, user_id)
    return member is not None and member.status in ADMIN_STATUSES


async def _member(client: TelegramClient, chat_id: int, user_id: int) -> ChatMember | None:
    """The member; None if Telegram refuses the request, or its response cannot be read.

    ``getChatMember`` is only guaranteed to work if the bot is an admin of the chat; ``getChatAdministrators`` always works.
    """
    try:
        return await client.query(client.bot.get_chat_member, chat_id, user_id)
    except Forbidden:
        return None
    except (BadRequest, InvalidResponse):
        pass
    try:
        admins = await client.query(client.bot.get_chat_administrators, chat_id)
    except (BadRequest, Forbidden, InvalidResponse):
        return None
    return next((admin for admin in admins if admin.user.id == user_id), None)
