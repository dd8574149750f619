"""What befalls a whole chat: we are removed and come back, or it goes on under another id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, select, update

from bot.delivery import MUTED, Address
from bot.store.applied import apply_once, was_applied
from bot.store.changes import announce
from bot.store.database import Database
from bot.store.engine import AnyRow, AsyncConnection
from bot.store.readers import ADDRESS, Kind, Readers, address_of, at, in_chat, key_of
from bot.store.tables import CROSSPOST_DUE, deliveries, readers, subscriptions

KEPT_SECONDS = 30 * 24 * 3600
"""How long a reader that removed or blocked us is remembered, with its settings."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A chat lets us write. ``is_news``: it was unknown or suspended, or the same was told before, to no effect we know of."""

    is_news: bool
    is_subscribed: bool


@dataclass(frozen=True, slots=True)
class Chats:
    """Changes to every reader of a chat at once: itself, its topics, its threads."""

    database: Database
    readers: Readers

    async def suspend(self, platform: str, chat_id: int, reason: str) -> bool:
        """Nothing is sent there any more; what it set is kept for 30 days. Returns whether it was active.

        Where the reason is :data:`~bot.delivery.MUTED`, the next bulletin tries it again; any other outweighs that one.
        """
        chat = in_chat(platform, chat_id)
        is_open = readers.c.suspended_since.is_(None)
        suspends = update(readers).where(chat, is_open if reason == MUTED else is_open | (readers.c.reason == MUTED))
        changes = {"suspended_since": self.database.now, "reason": reason}
        async with self.database.write() as connection:
            rows = await connection.execute(suspends.values(changes).returning(*ADDRESS))
            suspended = [address_of(row) for row in rows]
            await announce(self.database, connection, suspended)
            theirs = deliveries.c.reader_id.in_(select(readers.c.id).where(chat))
            waiting = theirs & deliveries.c.state.in_(("due", "retry", "claimed"))
            unsent, unedited = deliveries.c.message_id.is_(None), deliveries.c.message_id.is_not(None)
            failed = update(deliveries).where(waiting, unsent).values(state="failed", reason=reason, holder=None)
            await connection.execute(failed)
            await connection.execute(update(deliveries).where(waiting, unedited).values(state="delivered", holder=None))
        await self.readers.refresh(suspended)
        return bool(suspended)

    async def enter(self, address: Address, kind: Kind, title: str, heard_language: str, cause: str | None) -> Entry:
        """A chat adds us, or lets us write again: it is known from now on, and what it set counts.

        ``cause`` names what tells it, and is noted with the first change that it makes.
        """
        async with self.database.write() as connection:
            known = (await connection.execute(select(readers.c.id).where(at(address)))).one_or_none()
            restored = await self._restore(connection, address.platform, address.chat_id)
            reader = await self.readers.meet_in(connection, address, kind, title, heard_language)
            is_news = known is None or bool(restored)
            if is_news:
                await apply_once(self.database, connection, cause)
            else:
                is_news = await was_applied(connection, cause)
            is_subscribed = await _subscribed(connection, reader.id)
        await self.readers.refresh(restored)
        return Entry(is_news, is_subscribed)

    async def restore(self, platform: str, chat_id: int) -> bool:
        """We are back: what the chat set counts again, and corrections and crossposts that it missed are made.

        Returns:
            Whether it was suspended.
        """
        async with self.database.write() as connection:
            restored = await self._restore(connection, platform, chat_id)
        await self.readers.refresh(restored)
        return bool(restored)

    async def _restore(self, connection: AsyncConnection, platform: str, chat_id: int) -> Sequence[Address]:
        """Returns the addresses that were suspended."""
        suspended = in_chat(platform, chat_id) & readers.c.suspended_since.is_not(None)
        changes = {"suspended_since": None, "reason": None}
        rows = await connection.execute(
            update(readers).where(suspended).values(changes).returning(readers.c.id, *ADDRESS)
        )
        restored = {row.id: address_of(row) for row in rows}
        unfinished = (deliveries.c.shown < deliveries.c.wanted) | (deliveries.c.crosspost == CROSSPOST_DUE)
        missed = (deliveries.c.state == "delivered") & unfinished
        again = update(deliveries).where(deliveries.c.reader_id.in_(list(restored)), missed)
        await connection.execute(again.values(state="due", due=self.database.now, attempts=0))
        await announce(self.database, connection, restored.values())
        return list(restored.values())

    async def move(self, platform: str, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup: all it set, and what is on its way, goes on under the new id.

        We are in it, or were not told: that we left the old one, which may be told before, counts no more.
        """
        if old_chat_id == new_chat_id:
            return
        async with self.database.write() as connection:
            found = (await connection.execute(select(readers).where(in_chat(platform, old_chat_id)))).all()
            for row in found:
                await self._readdress(connection, row, replace(address_of(row), chat_id=new_chat_id))
            if found:
                await self._restore(connection, platform, new_chat_id)
            moved = [each for row in found for each in (address_of(row), replace(address_of(row), chat_id=new_chat_id))]
            await announce(self.database, connection, moved)
        await self.readers.refresh(moved)

    async def fall_back(self, thread: Address, chat: Address) -> None:
        """A topic or thread is gone: all it set goes on in the chat around it, whose admins the next message tells."""
        async with self.database.write() as connection:
            found = (await connection.execute(select(readers).where(at(thread)))).one_or_none()
            if found is None:
                return
            await self._readdress(connection, found, chat, notice="thread_gone", parent_id=None)
            await announce(self.database, connection, [thread, chat])
        await self.readers.refresh([thread, chat])

    async def told(self, reader_id: int) -> None:
        """The reader was told what there was to tell."""
        async with self.database.write() as connection:
            await connection.execute(update(readers).where(readers.c.id == reader_id).values(notice=None))

    async def _readdress(self, connection: AsyncConnection, old: AnyRow, new: Address, **also: str | None) -> None:
        """Where both addresses are known, the new one stays if it is subscribed: it was set later, and gets its own."""
        rival = (await connection.execute(select(readers.c.id).where(at(new)))).scalar_one_or_none()
        if rival is not None:
            keeps_rival = await _subscribed(connection, rival)
            await connection.execute(delete(readers).where(readers.c.id == (old.id if keeps_rival else rival)))
        await connection.execute(update(readers).where(readers.c.id == old.id).values(**key_of(new), **also))

    async def forget_lapsed(self) -> int:
        """Deletes the readers that have been suspended for over 30 days; returns how many."""
        lapsed = delete(readers).where(readers.c.suspended_since < self.database.now - KEPT_SECONDS)
        async with self.database.write() as connection:
            addresses = [address_of(row) for row in await connection.execute(lapsed.returning(*ADDRESS))]
            await announce(self.database, connection, addresses)
        await self.readers.refresh(addresses)
        return len(addresses)


async def _subscribed(connection: AsyncConnection, reader_id: int) -> bool:
    found = select(subscriptions.c.reader_id).where(subscriptions.c.reader_id == reader_id)
    return (await connection.execute(found)).one_or_none() is not None
