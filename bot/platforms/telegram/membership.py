"""What befalls us in a chat: removed or blocked, back again, or moved to another id with the chat."""

from bot.platforms.telegram.asker import PLATFORM
from bot.platforms.telegram.payloads import Membership
from bot.store.chats import Chats

OUT = frozenset({"left", "kicked"})
"""The statuses of who is not in a chat (core.telegram.org/bots/api#chatmember)."""


async def membership_changed(chats: Chats, change: Membership) -> None:
    """Suspends the chat's readers, or lets them go on."""
    status = change.new_chat_member.status
    if status in OUT:
        await chats.suspend(PLATFORM, change.chat.id, status)
    else:
        await chats.restore(PLATFORM, change.chat.id)


async def chat_moved(chats: Chats, old_chat_id: int, new_chat_id: int) -> None:
    """A group became a supergroup (core.telegram.org/bots/api#message, ``migrate_to_chat_id``)."""
    await chats.move(PLATFORM, old_chat_id, new_chat_id)
