"""Changes in the chats that the bot is a member of: one adds the bot, removes it, gets another id, or writes again."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from bot.db.engine import DATABASE_AWAY, Sleep
from bot.db.store import Store
from bot.live_dossier import LiveDossier
from bot.message import Chat
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import Address
from bot.replies.reply import Reply
from bot.subscriptions.service import SubscriptionCommands

log = structlog.get_logger("bot.membership")

Result = TypeVar("Result")

ReaderChange = Callable[[], Coroutine[Any, Any, Result]]

RETRY_SECONDS = 2.0


@dataclass(slots=True)
class Membership:
    """Changes readers by the platforms' events.

    Platforms send such an event once, so a change that fails while the database does not answer is repeated until it succeeds. If the process
    ends before that, the change is lost; the outcome of the next bulletin (blocked, moved) then leads to the same change.

    Attributes:
        editors_chat: follows the editors' group to its new id; None if there is no editors' chat.
        sleep: waits between attempts while the database does not answer.
    """

    live: LiveDossier
    store: Store
    editors_chat: EditorsChat | None
    sleep: Sleep = asyncio.sleep
    _waiting: dict[tuple[str, str], ReaderChange[object]] = field(default_factory=dict)
    """Chat → its latest change, which replaces earlier ones."""
    _retrying: asyncio.Task[None] | None = None

    async def joined(self, chat: Chat) -> Reply | None:
        """A chat added the bot, or lets it write again. Returns the greeting; None if none is due or the database does not answer.

        The same ``cause`` gets the same greeting again, because the first one may have been lost.
        """
        work = SubscriptionCommands(self.live, self.store)
        return await self._change(chat.address.platform, chat.address.chat_id, lambda: work.on_joined(chat))

    async def left(self, address: Address, reason: str) -> None:
        """A chat removed the bot, or a person blocked it. Nothing is sent there any more; the settings are kept for 30 days."""
        platform, chat_id = address.platform, address.chat_id
        await self._change(platform, chat_id, lambda: self.store.readers.suspend(platform, chat_id, reason))

    async def moved(self, platform: str, old_chat_id: str, new_chat_id: str) -> None:
        """A group has a new id and keeps its settings."""
        if self.editors_chat is not None:
            self.editors_chat.follow(platform, old_chat_id, new_chat_id)
        # under a name of its own: that we left the old group must not replace it
        what = f"{old_chat_id} to {new_chat_id}"
        await self._change(platform, what, lambda: self.store.readers.move(platform, old_chat_id, new_chat_id))

    async def restore(self, address: Address) -> None:
        """Somebody wrote in the chat, so the bot is a member: a suspended chat gets bulletins again."""
        if self.store.readers.is_suspended(address):
            platform, chat_id, thread_id = address.platform, address.chat_id, address.thread_id
            await self._change(platform, chat_id, lambda: self.store.readers.restore(platform, chat_id, thread_id))

    async def caught_up(self) -> None:
        """Waits until every change that waited for the database is made."""
        if self._retrying is not None:
            await asyncio.wait((self._retrying,))

    async def _change(self, platform: str, chat_id: str, change: ReaderChange[Result]) -> Result | None:
        chat = platform, chat_id
        if chat not in self._waiting:
            try:
                return await self.store.database.in_turn(change())
            except DATABASE_AWAY:
                log.warning("the database does not answer; a chat's change waits", platform=platform, chat=chat_id)
        self._waiting.pop(chat, None)  # the latest change is made last
        self._waiting[chat] = change
        if self._retrying is None or self._retrying.done():
            self._retrying = asyncio.create_task(self._retry())
        return None

    async def _retry(self) -> None:
        while self._waiting:
            await self.sleep(RETRY_SECONDS)
            for chat, change in list(self._waiting.items()):
                try:
                    await change()
                except DATABASE_AWAY:
                    break
                except Exception:
                    log.exception("cannot change a chat", platform=chat[0], chat=chat[1])
                if self._waiting.get(chat) is change:
                    del self._waiting[chat]
