"""Readers: the chats we know, and what language they chose."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Update, delete, or_, select, tuple_, update

from bot.db.engine import AnyRow, AsyncConnection, Database, upsert
from bot.db.idempotency import apply_once, was_applied
from bot.db.replication import MANY, announce
from bot.db.schema import CROSSPOST_DUE, deliveries, readers, subscriptions
from bot.reader import MUTED, Address, ReaderId

KEPT_SECONDS = 30 * 24 * 3600
"""How long a reader that removed or blocked us is remembered, with its settings."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A chat lets us write. ``is_news``: it was unknown or suspended, or the same was told before, to no effect we know of."""

    is_news: bool
    is_subscribed: bool


Kind = Literal["private", "group", "channel"]


@dataclass(frozen=True, slots=True)
class Reader:
    """A chat that we know.

    Attributes:
        language: what it chose; None where it chose none.
        heard_language: what was spoken when we met, which counts until it chooses; None where that is unknown.
        suspended_since: seconds since 1970; None while it can be reached.
        reason: why it is suspended.
        parent_id: of the chat around a thread that is a chat of its own; None where there is none, or we never heard of it.
    """

    id: ReaderId
    address: Address
    kind: Kind
    title: str
    language: str | None
    heard_language: str | None
    suspended_since: float | None
    reason: str | None
    parent_id: int | None = None


@dataclass(slots=True)
class Readers:
    """The readers. What an answer needs to know of them is read from memory, so that none waits for the database.

    Only what was chosen and who is suspended is held in memory, so that a million other readers cost nothing. Memory is
    changed only by reading the database, by one task at a time: what was read later is never overwritten by what was read
    before, whoever set it.
    """

    database: Database
    _languages: dict[Address, str] = field(default_factory=dict)
    _suspended: set[tuple[str, int]] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self) -> None:
        """Reads into memory what it holds of all readers."""
        async with self._turn:
            rows = await self._read(or_(readers.c.language.is_not(None), readers.c.suspended_since.is_not(None)))
            self._languages = {address_of(row): row.language for row in rows if row.language}
            self._suspended = {(row.platform, row.chat_id) for row in rows if row.suspended_since is not None}

    def language(self, address: Address) -> str | None:
        """The language chosen for the address, or for its whole chat; None where none was."""
        chosen = self._languages.get(address)
        if chosen is None and address.thread_id is not None:
            chosen = self._languages.get(Address(address.platform, address.chat_id))
        return chosen

    def is_suspended(self, address: Address) -> bool:
        """Whether nothing is sent to the chat, as far as memory knows."""
        return (address.platform, address.chat_id) in self._suspended

    async def refresh(self, addresses: Collection[Address]) -> None:
        """Reads into memory what it holds of these readers, once that may have changed."""
        if len(addresses) > MANY:
            await self.load()
            return
        chats = {(address.platform, address.chat_id) for address in addresses}
        async with self._turn:
            rows = await self._read(tuple_(readers.c.platform, readers.c.chat_id).in_(chats))
            for address in addresses:
                self._languages.pop(address, None)
            self._languages |= {address_of(row): row.language for row in rows if row.language}
            self._suspended -= chats
            self._suspended |= {(row.platform, row.chat_id) for row in rows if row.suspended_since is not None}

    async def _read(self, which: ColumnElement[bool]) -> Sequence[AnyRow]:
        statement = select(*ADDRESS, readers.c.language, readers.c.suspended_since).where(which)
        async with self.database.read() as connection:
            return (await connection.execute(statement)).all()

    async def set_language(
        self,
        address: Address,
        language: str,
        kind: Kind = "group",
        cause: str | None = None,
        parent_id: int | None = None,
    ) -> None:
        """Keeps the choice. ``kind`` is for a reader not met before, ``cause`` names what asks for it.

        ``parent_id`` is as :meth:`meet` has it.

        Raises:
            AlreadyApplied: what asks for it was done already.
        """
        changes = {"language": language} | _known(parent_id=parent_id)
        values = {**key_of(address), "kind": kind, "met": self.database.now, **changes}
        async with self.database.write() as connection:
            await apply_once(self.database, connection, cause)
            await announce(self.database, connection, [address])
            await connection.execute(upsert(self.database, readers, values, KEY, changes))
            await connection.execute(_made_anew(address))
        await self.refresh([address])

    async def meet(
        self,
        address: Address,
        kind: Kind,
        title: str = "",
        heard_language: str | None = None,
        parent_id: int | None = None,
    ) -> Reader:
        """Makes the reader known, or its kind, title and parent up to date; for when a chat adds us or sets something.

        What was heard first stays, and so does a suspension (:class:`~bot.db.readers.Chats` lifts it). ``parent_id``
        is the chat around a thread that is a chat of its own; None where there is none: what was known of it stays.
        """
        async with self.database.write() as connection:
            return await self.meet_in(connection, address, kind, title, heard_language, parent_id)

    async def meet_in(
        self,
        connection: AsyncConnection,
        address: Address,
        kind: Kind,
        title: str = "",
        heard_language: str | None = None,
        parent_id: int | None = None,
    ) -> Reader:
        """The same, within a transaction."""
        changes = {"kind": kind} | _known(title=title, parent_id=parent_id)
        values = {**key_of(address), "heard_language": heard_language, "met": self.database.now, **changes}
        statement = upsert(self.database, readers, values, KEY, changes)
        return reader_of((await connection.execute(statement.returning(readers))).one())

    async def get(self, address: Address) -> Reader | None:
        """The reader at exactly this address."""
        async with self.database.read() as connection:
            row = (await connection.execute(select(readers).where(at(address)))).one_or_none()
        return reader_of(row) if row else None

    async def of_chat(self, platform: str, chat_id: int) -> Sequence[Reader]:
        """The readers in a chat: itself first, then its topics or threads."""
        statement = select(readers).where(in_chat(platform, chat_id)).order_by(readers.c.thread_id)
        async with self.database.read() as connection:
            return [reader_of(row) for row in await connection.execute(statement)]

    async def among(self, platform: str, chat_ids: Sequence[int]) -> Sequence[Reader]:
        """The readers in any of these chats, and in threads around which one of them is."""
        these = list(chat_ids)
        theirs = readers.c.chat_id.in_(these) | readers.c.parent_id.in_(these)
        statement = select(readers).where(readers.c.platform == platform, theirs).order_by(readers.c.id)
        async with self.database.read() as connection:
            return [reader_of(row) for row in await connection.execute(statement)]


@dataclass(frozen=True, slots=True)
class Chats:
    """Changes to every reader of a chat at once: itself, its topics, its threads."""

    database: Database
    readers: Readers

    async def suspend(self, platform: str, chat_id: int, reason: str) -> bool:
        """Nothing is sent there any more; what it set is kept for 30 days. Returns whether it was active.

        Where the reason is :data:`~bot.reader.MUTED`, the next bulletin tries it again; any other outweighs that one.
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


KEY = ("platform", "chat_id", "thread_id")


ADDRESS = (readers.c.platform, readers.c.chat_id, readers.c.thread_id)


def _known(**values: Any) -> dict[str, Any]:
    """Of the columns, those about which something is said."""
    return {name: value for name, value in values.items() if value}


def key_of(address: Address) -> dict[str, Any]:
    """An address as the columns that hold it."""
    return {"platform": address.platform, "chat_id": address.chat_id, "thread_id": address.thread_id or 0}


def address_of(row: AnyRow) -> Address:
    """The address in a row."""
    return Address(row.platform, row.chat_id, row.thread_id or None)


def _made_anew(address: Address) -> Update:
    """What waits for the chat, and for the topics in it, is taken back from a process that has its words ready."""
    theirs = select(readers.c.id).where(in_chat(address.platform, address.chat_id))
    claimed = deliveries.c.reader_id.in_(theirs) & deliveries.c.message_id.is_(None) & (deliveries.c.state == "claimed")
    return update(deliveries).where(claimed).values(state="due", holder=None)


def reader_of(row: AnyRow) -> Reader:
    """The reader in a row."""
    return Reader(
        ReaderId(row.id),
        address_of(row),
        cast(Kind, row.kind),
        row.title,
        row.language,
        row.heard_language,
        row.suspended_since,
        row.reason,
        row.parent_id,
    )


def at(address: Address) -> ColumnElement[bool]:
    """Rows of exactly this address."""
    return in_chat(address.platform, address.chat_id) & (readers.c.thread_id == (address.thread_id or 0))


def in_chat(platform: str, chat_id: int) -> ColumnElement[bool]:
    """Rows of a chat and of all in it."""
    return (readers.c.platform == platform) & (readers.c.chat_id == chat_id)
