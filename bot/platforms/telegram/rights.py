"""The rights of a user in a chat, requested from Telegram."""

from collections.abc import Callable
from dataclasses import dataclass, field

from telegram import ChatMember
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.message import Rights
from bot.platforms.telegram.api import InvalidResponse, TelegramClient
from bot.platforms.telegram.types import Origin

ADMIN_STATUSES = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})

RECENT_SECONDS = 5.0
"""For this long a list of a chat's admins says who is none. Whoever has just become one may have to press again."""

MAX_LISTS = 1000
"""The most chats whose admins are kept."""


@dataclass(slots=True)
class ChatRights:
    """The rights of users in chats. Of many who press at once and are no admins, Telegram is asked once.

    It is asked about an admin each time, so that rights that were taken away never count. ``now``: the clock, in seconds.
    """

    client: TelegramClient
    now: Callable[[], float]
    _lists: dict[int, tuple[float, frozenset[int]]] = field(default_factory=dict)
    """Chat → when its admins were asked for, and their ids."""
    moved: dict[int, int] = field(default_factory=dict)
    """Group → the supergroup that it has just become, as Telegram said when it was asked."""

    async def of(self, origin: Origin) -> Rights:
        """The user's present rights in the chat.

        In a private chat everyone is an admin. A sender in the chat's own name is its channel or an anonymous admin
        (core.telegram.org/bots/api#message, ``sender_chat``); a sender in another chat's name has no rights. A press names the account even of an
        anonymous admin (#chatmemberadministrator, ``is_anonymous``).

        Raises:
            TelegramError: Telegram cannot be reached.
        """
        chat_id, user = origin.chat.id, origin.user
        if origin.chat.type == "private":
            return Rights(is_admin=True)
        if origin.sender_chat is not None:
            is_own = origin.sender_chat.id == chat_id
            return Rights(is_admin=is_own, is_anonymous=is_own)
        asked, ids = self._lists.get(chat_id, (float("-inf"), frozenset[int]()))
        if user is None or (self.now() - asked < RECENT_SECONDS and user.id not in ids):
            return Rights(is_admin=False)
        try:
            admins = await _admins(self.client, chat_id)
        except ChatMigrated as moved:  # the update that says so may come later
            self.moved[chat_id] = moved.new_chat_id
            admins = await _admins(self.client, moved.new_chat_id)
        if len(self._lists) >= MAX_LISTS:
            self._lists.clear()
        self._lists[chat_id] = self.now(), frozenset(admins)
        return Rights(user.id in admins, getattr(admins.get(user.id), "is_anonymous", False))


async def is_admin(client: TelegramClient, chat_id: int, user_id: int) -> bool:
    """Whether the user is an admin of the chat; in a private chat, whether it is the user's own.

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    return chat_id == user_id if chat_id > 0 else user_id in await _admins(client, chat_id)


async def _admins(client: TelegramClient, chat_id: int) -> dict[int, ChatMember]:
    """The admins by their ids; none if Telegram refuses the request, or its response cannot be read.

    ``getChatMember`` is only guaranteed to work if the bot is an admin of the chat; ``getChatAdministrators`` always works.
    """
    try:
        admins = await client.query(client.bot.get_chat_administrators, chat_id)
    except (BadRequest, Forbidden, InvalidResponse):
        return {}
    return {admin.user.id: admin for admin in admins}
