"""What somebody is in a chat: whether they run it, and whether the chat shows who they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram.error import BadRequest, Forbidden

from bot.platforms.telegram.asker import Asker
from bot.platforms.telegram.client import Client

ADMINS = frozenset({"creator", "administrator"})
"""The statuses of those who run a chat (core.telegram.org/bots/api#chatmember)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``is_admin``: runs the chat. ``is_anonymous``: as one of its admins whom it does not name."""

    is_admin: bool
    is_anonymous: bool = False


NOBODY = Standing(is_admin=False)


async def standing(client: Client, asker: Asker) -> Standing:
    """What the asker is in the chat, by what Telegram says now.

    In a private chat everyone runs it. Who speaks in the chat's own name is its channel or an anonymous admin
    (core.telegram.org/bots/api#message, ``sender_chat``); who speaks in another chat's name is nobody here. A press names the
    account of an anonymous admin all the same, so the member is asked for (#chatmemberadministrator, ``is_anonymous``).

    Raises:
        TelegramError: Telegram could not be asked.
    """
    if asker.chat.type == "private":
        return Standing(is_admin=True)
    if asker.sender_chat is not None:
        is_own = asker.sender_chat.id == asker.chat.id
        return Standing(is_admin=is_own, is_anonymous=is_own)
    if asker.user is None:
        return NOBODY
    return _of(await _member(client, asker.chat.id, asker.user.id))


def _of(member: Mapping[str, Any]) -> Standing:
    is_admin = member.get("status") in ADMINS
    return Standing(is_admin, is_anonymous=is_admin and member.get("is_anonymous") is True)


async def _member(client: Client, chat_id: int, user_id: int) -> Mapping[str, Any]:
    """The member; where members are hidden from us, from the list of admins, which nobody hides; nothing for anybody else.

    Only to admins is ``getChatMember`` promised an answer (core.telegram.org/bots/api#getchatmember).
    """
    try:
        member: Mapping[str, Any] = await client.ask("getChatMember", {"chat_id": chat_id, "user_id": user_id})
    except Forbidden:
        return {}
    except BadRequest:
        return await _listed(client, chat_id, user_id)
    return member


async def _listed(client: Client, chat_id: int, user_id: int) -> Mapping[str, Any]:
    try:
        admins = await client.ask("getChatAdministrators", {"chat_id": chat_id})
    except (BadRequest, Forbidden):
        return {}
    return next((admin for admin in admins if admin.get("user", {}).get("id") == user_id), {})
