"""Readers: the chats we know, their language, and whether they can be reached."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    update,
)

from bot.db.applied_updates import apply_once, was_applied
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import Database, upsert
from bot.db.notifications import MANY, announce
from bot.db.retention import DAY_SECONDS, READER_DAYS
from bot.db.schema import (
    CROSSPOST_DUE,
    FAILED_EDIT,
    IS_OPEN,
    NO_THREAD,
    PERSONAL,
    awaited_questions,
    bots,
    bulletins,
    deliveries,
    readers,
    reports,
    subscription_topics,
    subscriptions,
    unclaimed,
)
from bot.reader import CLOSED, FORMER, MUTED, PASSING, Address, ChatKind, GroupSettings, ReaderId


@dataclass(frozen=True, slots=True)
class Arrival:
    """A chat that lets us write. ``is_new``: it was unknown or suspended, or its update is delivered again."""

    is_new: bool
    is_subscribed: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """A chat that we know.

    Attributes:
        language: the chosen language; None: not chosen.
        detected_language: the language at first contact, used until one is chosen; None: unknown.
        suspended_since: seconds since 1970; None while it can be reached.
        reason: why it is suspended.
        parent_id: the chat around a thread that is a chat of its own; None: another kind of chat, or unknown.
        first_seen: when it was stored, in seconds since 1970.
        missing_rights: the rights that we lack and that its admins were told about, as the platform's bits.
    """

    id: ReaderId
    address: Address
    kind: ChatKind
    title: str
    language: str | None
    detected_language: str | None
    suspended_since: float | None
    reason: str | None
    parent_id: str | None = None
    first_seen: float = 0.0
    missing_rights: int = 0


class _Kept(NamedTuple):
    """What is in memory of a reader. Not its row: each query's rows keep that query's metadata, some 2 kB, alive."""

    language: str | None
    suspended_since: float | None
    reason: str | None
    group: GroupSettings


_UNKNOWN = _Kept(None, None, None, GroupSettings())


@dataclass(slots=True)
class Readers:
    """The readers. Languages, suspensions and the settings of groups are also kept in memory, so that no answer waits for the database.

    Readers that chose no language and are active are not in memory, so that a million of them cost nothing. Memory is changed
    only by reading the database, by one task at a time, so that an older state never replaces a newer one.
    """

    database: Database
    _chats: dict[tuple[str, str], dict[str | None, _Kept]] = field(default_factory=dict)
    """By chat, then by topic or thread (None: the chat itself)."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self) -> None:
        """Reads all readers into memory."""
        async with self._lock:
            self._chats = await self._read(_KEPT)

    def language(self, address: Address) -> str | None:
        """The language chosen for the address, else for its whole chat; None: not chosen."""
        chosen = self._kept(address).language
        is_whole = chosen or address.thread_id is None
        return chosen if is_whole else self._kept(replace(address, thread_id=None)).language

    def of_group(self, address: Address) -> GroupSettings:
        """The settings of a group, according to memory: of the whole group, not of one topic of it."""
        chat = self._chats.get((address.platform, address.chat_id))
        return chat.get(None, _UNKNOWN).group if chat else _UNKNOWN.group  # asked at each command

    def is_suspended(self, address: Address) -> bool:
        """Whether a word there lifts a suspension, according to memory: the chat's, or that of this closed topic."""
        chat = self._chats.get((address.platform, address.chat_id))
        if chat is None:  # most chats are not in memory
            return False
        suspended = ((thread, kept) for thread, kept in chat.items() if kept.suspended_since is not None)
        return any(thread == address.thread_id or kept.reason != CLOSED for thread, kept in suspended)

    def _kept(self, address: Address) -> _Kept:
        chat = self._chats.get((address.platform, address.chat_id))
        return chat.get(address.thread_id, _UNKNOWN) if chat else _UNKNOWN

    async def refresh(self, addresses: Collection[Address]) -> None:
        """Reads these readers into memory again, after a change."""
        if len(addresses) > MANY:
            await self.load()
            return
        chats = {(address.platform, address.chat_id) for address in addresses}
        async with self._lock:
            for platform, chat in chats:
                current = await self._read(_KEPT_OF, {"of_platform": platform, "of_chat": chat})
                self._chats.pop((platform, chat), None)
                self._chats |= current

    async def _read(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> dict[tuple[str, str], dict[str | None, _Kept]]:
        chats: dict[tuple[str, str], dict[str | None, _Kept]] = {}
        for row in await self.database.rows(statement, parameters):
            chats.setdefault((row.platform, row.chat), {})[address_of(row).thread_id] = _Kept._make(
                (*row[len(ADDRESS) : _GROUP], _group_settings(*row[_GROUP:]))
            )
        return chats

    async def set_language(
        self,
        address: Address,
        language: str,
        kind: ChatKind = "group",
        cause: str | None = None,
        parent_id: str | None = None,
    ) -> None:
        """Stores the language that a reader chose.

        Args:
            address: the reader.
            language: the language.
            kind: used if the reader is not stored yet.
            cause: the update that asks for it; None if it cannot come twice.
            parent_id: as for :meth:`meet`.

        Raises:
            AlreadyApplied: the update was applied before.
        """
        changes = {"language": language} | _given(parent=parent_id)
        async with self.database.write() as connection:
            await self._choose(connection, address, kind, changes, cause)
            await connection.execute(_RELEASE, {"of_platform": address.platform, "of_chat": address.chat_id})
        await self.refresh([address])

    async def welcome(self, connection: AsyncConnection, address: Address, language: str) -> None:
        """Stores a private reader's language, and lifts its suspension. :meth:`refresh` is to follow the transaction."""
        await self._choose(connection, address, "private", {"language": language}, None)
        await connection.execute(_RELEASE, {"of_platform": address.platform, "of_chat": address.chat_id})
        await self._restore(connection, _writable(address.platform, address.chat_id))

    async def set_for_group(self, address: Address, changes: Mapping[str, Any], cause: str | None = None) -> None:
        """Stores columns of :class:`~bot.reader.GroupSettings` for a whole group, not for one topic of it.

        Raises:
            AlreadyApplied: the update ``cause`` was applied before.
        """
        group = Address(address.platform, address.chat_id)
        async with self.database.write() as connection:
            await self._choose(connection, group, "group", changes, cause)
        await self.refresh([group])

    async def _choose(
        self,
        connection: AsyncConnection,
        address: Address,
        kind: ChatKind,
        changes: Mapping[str, Any],
        cause: str | None,
    ) -> None:
        """``kind`` is used if the reader is not stored yet."""
        values = {**key_of(address), "kind": kind, "first_seen": self.database.now, **changes}
        await apply_once(self.database, connection, cause)
        await announce(self.database, connection, [address])
        await connection.execute(*upsert(self.database, readers, values, KEY, changes))

    async def meet(
        self,
        address: Address,
        kind: ChatKind,
        title: str = "",
        detected_language: str | None = None,
        parent_id: str | None = None,
        within: AsyncConnection | None = None,
    ) -> Reader:
        """Stores the reader, or updates its kind, title and parent.

        The first ``detected_language`` stays, and so does a suspension (see :meth:`restore`). ``parent_id`` is the chat around a
        thread that is a chat of its own; None leaves what is stored.
        """
        changes = {"kind": kind} | _given(title=title, parent=parent_id)
        values = {**key_of(address), "detected_language": detected_language, "first_seen": self.database.now, **changes}
        statement = upsert(self.database, readers, values, KEY, changes, readers)
        async with self.database.write(within) as connection:
            return reader_of((await connection.execute(*statement)).one())

    async def at_or_moved(self, connection: AsyncConnection, address: Address) -> Reader | None:
        """The reader that has moved away from this address, else the reader at the address; None if there is neither."""
        same = (readers.c.platform == address.platform) & (readers.c.thread == (address.thread_id or NO_THREAD))
        here = or_(readers.c.chat == address.chat_id, readers.c.former_chat == address.chat_id)
        moved_first = select(readers).where(same, here).order_by(readers.c.chat == address.chat_id).limit(1)
        row = await connection.row(moved_first)
        return reader_of(row) if row is not None else None

    async def get(self, address: Address) -> Reader | None:
        """The reader at exactly this address; None if it is not stored."""
        row = await self.database.row(_READER, key_of(address))
        return reader_of(row) if row else None

    async def of_chat(self, platform: str, chat_id: str) -> Sequence[Reader]:
        """The readers in a chat: itself first, then its topics or threads."""
        return await self._select(in_chat(platform, chat_id))

    async def among(self, platform: str, chat_ids: Sequence[str]) -> Sequence[Reader]:
        """The readers in any of these chats, and in threads whose parent is one of them."""
        these = list(chat_ids)
        theirs = readers.c.chat.in_(these) | readers.c.parent.in_(these)
        return await self._select((readers.c.platform == platform) & theirs)

    async def _select(self, which: ColumnElement[bool]) -> Sequence[Reader]:
        statement = select(readers).where(which).order_by(readers.c.thread != NO_THREAD, readers.c.id)
        return [reader_of(row) for row in await self.database.rows(statement)]

    async def suspend(self, platform: str, chat_id: str, reason: str, thread_id: str | None = None) -> bool:
        """Suspends every reader of a chat; if it is :data:`~bot.reader.CLOSED`, the reader of that topic alone.

        Its settings stay for 30 days. With one of the :data:`~bot.reader.PASSING` reasons the next bulletin tries the chat again. Any other reason
        replaces those. Returns whether any was active.
        """
        chat = at(Address(platform, chat_id, thread_id)) if reason == CLOSED else in_chat(platform, chat_id)
        async with self.database.write() as connection:
            suspended = await self._suspend(connection, chat, reason)
        await self.refresh(suspended)
        return bool(suspended)

    async def _suspend(
        self, connection: AsyncConnection, these: ColumnElement[bool], reason: str
    ) -> Collection[Address]:
        is_open = readers.c.suspended_since.is_(None)
        replaces = is_open if reason in PASSING else is_open | readers.c.reason.in_(PASSING)
        suspends = update(readers).where(these, replaces)
        changes = {"suspended_since": self.database.now, "reason": reason}
        rows = await connection.execute(suspends.values(changes).returning(*ADDRESS))
        suspended = [address_of(row) for row in rows]
        await announce(self.database, connection, suspended)
        waiting = deliveries.c.reader_id.in_(select(readers.c.id).where(these)) & IS_OPEN
        # of a message that is not known to have arrived nothing more is known now; FAILED_EDIT has it corrected all the same
        unsent, unedited = deliveries.c.sent.is_(None), deliveries.c.sent.is_not(None)
        failed = unclaimed(state="failed", reason=reason)
        await connection.execute(update(deliveries).where(waiting, unsent).values(failed))
        in_flight = case((deliveries.c.state == "claimed", 1), else_=0)
        rests = unclaimed(state="delivered", attempts=deliveries.c.attempts + in_flight)
        await connection.execute(update(deliveries).where(waiting, unedited).values(rests))
        return suspended

    async def change_bot(self, platform: str, bot: str) -> int:
        """Gives the readers of a platform to another bot; returns how many there are.

        They count as muted, because nobody knows which of them have the new bot: the next bulletin tries each. What the former bot
        sent cannot be edited.
        """
        theirs = readers.c.platform == platform
        async with self.database.write(is_long=True) as connection:
            values = {"platform": platform, "bot": bot, "stopped": None, "stopped_by": None}
            await connection.execute(*upsert(self.database, bots, values, ["platform"], values))
            suspended = await self._suspend(connection, theirs, MUTED)
            await connection.execute(_leave_messages(deliveries.c.reader_id.in_(select(readers.c.id).where(theirs))))
        await self.refresh(suspended)
        return len(suspended)

    async def join(
        self, address: Address, kind: ChatKind, title: str, detected_language: str, cause: str | None
    ) -> Arrival:
        """Stores a chat that adds us or lets us write again, and lifts its suspension.

        ``cause`` is the update that reports it. It is recorded only if it changes something.
        """
        async with self.database.write() as connection:
            known = await connection.row(select(readers.c.id).where(at(address)))
            restored = await self._restore(connection, _writable(address.platform, address.chat_id))
            reader = await self.meet(address, kind, title, detected_language, within=connection)
            is_new = known is None or bool(restored)
            if is_new:
                await apply_once(self.database, connection, cause)
            else:
                is_new = await was_applied(connection, cause)
            is_subscribed = await _subscribed(connection, reader.id)
        await self.refresh(restored)
        return Arrival(is_new, is_subscribed)

    async def restore(self, platform: str, chat_id: str, thread_id: str | None = None) -> bool:
        """Lifts a chat's suspension; its other topics that are closed stay so.

        Corrections and crossposts that it missed become due, and deliveries for a later hour wait again.

        Returns:
            Whether it was suspended.
        """
        async with self.database.write() as connection:
            restored = await self._restore(connection, _writable(platform, chat_id, thread_id))
        await self.refresh(restored)
        return bool(restored)

    async def restore_since(self, moment: float) -> int:
        """Lifts the suspensions since a moment, as if they had never been: bulletins that ended with them are sent. Returns how many."""
        async with self.database.write(is_long=True) as connection:
            since = (readers.c.suspended_since >= moment) & readers.c.reason.not_in(PASSING)
            restored = await self._restore(connection, since, moment - DAY_SECONDS)
        await self.refresh(restored)
        return len(restored)

    async def _restore(
        self, connection: AsyncConnection, these: ColumnElement[bool], unsent_since: float = float("inf")
    ) -> Collection[Address]:
        """Returns the addresses that were suspended. Deliveries that became due after ``unsent_since``, and ended unsent, are due again."""
        suspended = these & readers.c.suspended_since.is_not(None)
        theirs = deliveries.c.reader_id.in_(select(readers.c.id).where(suspended))
        why = select(readers.c.reason).where(readers.c.id == deliveries.c.reader_id).scalar_subquery()
        by_suspension = (deliveries.c.state == "failed") & deliveries.c.reason.in_((why, *PASSING))
        # nobody else gets a request to the editors, or an awaited answer
        personal = deliveries.c.bulletin_id.in_(select(bulletins.c.id).where(bulletins.c.origin.in_(PERSONAL)))
        may_come = why.in_(PASSING) & personal | or_(
            deliveries.c.due > self.database.now, deliveries.c.due > unsent_since, deliveries.c.created > unsent_since
        )
        coming = update(deliveries).where(theirs, deliveries.c.message.is_(None), by_suspension, may_come)
        await connection.execute(coming.values(state="due", reason=None, attempts=0))
        behind = or_(deliveries.c.shown < deliveries.c.wanted, deliveries.c.earlier < deliveries.c.shown)
        unfinished = behind | (deliveries.c.crosspost == CROSSPOST_DUE)
        missed = or_(deliveries.c.state == "delivered", FAILED_EDIT) & unfinished
        again = update(deliveries).where(theirs, missed)
        # An attempt may have arrived, so the message is edited even if the ledger has the same words.
        was_tried = or_(deliveries.c.state == "failed", deliveries.c.attempts > 0)
        attempts = case((was_tried, 1), else_=0)
        await connection.execute(again.values(state="due", due=self.database.now, attempts=attempts))
        changes = {"suspended_since": None, "reason": None}
        rows = await connection.execute(update(readers).where(suspended).values(changes).returning(*ADDRESS))
        restored = [address_of(row) for row in rows]
        await announce(self.database, connection, restored)
        return restored

    async def move(self, platform: str, old_chat_id: str, new_chat_id: str) -> None:
        """Moves a group's readers and deliveries to the id of the supergroup that it became, and lifts its suspension."""
        if old_chat_id == new_chat_id:
            return
        async with self.database.write() as connection:
            rows = await connection.rows(select(readers).where(in_chat(platform, old_chat_id)))
            for row in rows:
                await connection.execute(_leave_messages(deliveries.c.reader_id == row.id))
                new = replace(address_of(row), chat_id=new_chat_id)
                await self._readdress(connection, row, new, same_chat=True, former_chat=old_chat_id)
            if rows:  # Telegram may have reported before that we left the old group
                await self._restore(connection, _writable(platform, new_chat_id))
            old = [address_of(row) for row in rows]
            moved = [*old, *(replace(address, chat_id=new_chat_id) for address in old)]
            await announce(self.database, connection, moved)
        await self.refresh(moved)

    async def fall_back(self, thread: Address, chat: Address) -> None:
        """Moves the settings of a deleted topic or thread to the chat around it.

        If it subscribed, the next message tells the admins. If it is the editors' chat, and a chat of its own, as a thread on Discord
        is, the chat around it takes its place (:meth:`at_or_moved`).
        """
        async with self.database.write() as connection:
            row = await connection.row(select(readers).where(at(thread)))
            if row is None:
                return
            also: dict[str, str] = {"notice": "thread_gone"} if await _subscribed(connection, row.id) else {}
            if thread.chat_id != chat.chat_id:
                also["former_chat"] = thread.chat_id
                await connection.execute(_leave_messages(deliveries.c.reader_id == row.id))
            await self._readdress(connection, row, chat, same_chat=False, parent=None, **also)
            await announce(self.database, connection, [thread, chat])
        await self.refresh([thread, chat])

    async def set_missing_rights(self, address: Address, missing: int) -> None:
        """Stores which rights we lack in a chat, as the platform's bits."""
        changed = update(readers).where(at(address), readers.c.missing_rights != missing)
        await self.database.change(changed.values(missing_rights=missing))

    async def clear_notice(self, reader_id: int) -> None:
        """Removes the notice, after it was sent."""
        await self.database.change(update(readers).where(readers.c.id == reader_id).values(notice=None))

    async def _readdress(
        self, connection: AsyncConnection, old: AnyRow, new: Address, *, same_chat: bool, **also: str | int | None
    ) -> None:
        """Moves a reader to another address. A reader that is stored there takes over what it lacks.

        Its own settings and subscription win, because they were made later, or are those of the whole chat. ``same_chat``: both
        addresses show the same messages.
        """
        there = await connection.row(select(readers).where(at(new)))
        if there is None:
            await connection.execute(update(readers).where(readers.c.id == old.id).values(**key_of(new), **also))
            return
        kept = {name: getattr(old, name) for name in _SETTINGS if getattr(there, name) in (None, False, "")}
        if await _subscribed(connection, there.id):
            also.pop("notice", None)  # its bulletins come to the same place as before
        else:
            for table in (subscriptions, subscription_topics):
                await connection.execute(update(table).where(table.c.reader_id == old.id).values(reader_id=there.id))
            if await _subscribed(connection, there.id):
                kept |= dict.fromkeys(_ENDED)
            elif there.unsubscribed is None:
                kept |= {name: getattr(old, name) for name in _ENDED}
        for table in (awaited_questions, reports):
            await connection.execute(update(table).where(table.c.reader_id == old.id).values(reader_id=there.id))
        if same_chat:
            of_old = (deliveries.c.reader_id == old.id) & deliveries.c.message.is_not(None)
            unsent = (deliveries.c.reader_id == there.id) & deliveries.c.message.is_(None)
            has_message = deliveries.c.bulletin_id.in_(select(deliveries.c.bulletin_id).where(of_old))
            await connection.execute(delete(deliveries).where(unsent, has_message))
        await self._take_over_deliveries(connection, old.id, there.id)
        await connection.execute(delete(readers).where(readers.c.id == old.id))
        await connection.execute(update(readers).where(readers.c.id == there.id).values(**kept, **also))

    async def _take_over_deliveries(self, connection: AsyncConnection, old: int, new: int) -> None:
        """Moves the old reader's deliveries of bulletins that the new one has no delivery of."""
        other = deliveries.alias("other")
        both = exists().where(other.c.reader_id == new, other.c.bulletin_id == deliveries.c.bulletin_id)
        takes = update(deliveries).where(deliveries.c.reader_id == old, ~both)
        state = case((deliveries.c.state == "claimed", "retry"), else_=deliveries.c.state)
        await connection.execute(takes.values(unclaimed(reader_id=new, state=state)))

    async def has_received(self, reader_id: int) -> bool:
        """Whether a message ever arrived there, as far as the ledger is kept."""
        received = exists().where(deliveries.c.reader_id == reader_id, deliveries.c.sent.is_not(None))
        return bool((await self.database.rows(select(received)))[0][0])

    async def delete(self, platform: str, chat_id: str) -> bool:
        """Deletes a chat and all topics in it, with all that is stored about them: settings, deliveries, awaited questions, reports.

        Returns False if nothing was stored.
        """
        return await self.delete_these(in_chat(platform, chat_id)) > 0

    async def delete_lapsed(self) -> int:
        """Deletes readers that have been suspended for over 30 days; returns how many."""
        lapsed = readers.c.suspended_since < self.database.now - READER_DAYS * DAY_SECONDS
        return await self.delete_these(lapsed, is_long=True)

    async def delete_these(self, *which: ColumnElement[bool], is_long: bool = False) -> int:
        """Deletes readers with all that is stored about them; returns how many."""
        chosen = delete(readers).where(*which).returning(*ADDRESS)
        async with self.database.write(is_long=is_long) as connection:
            deleted = [address_of(row) for row in await connection.execute(chosen)]
            await announce(self.database, connection, deleted)
        await self.refresh(deleted)
        return len(deleted)


async def _subscribed(connection: AsyncConnection, reader_id: int) -> bool:
    statement = select(subscriptions.c.reader_id).where(subscriptions.c.reader_id == reader_id)
    return await connection.row(statement) is not None


_GROUP_COLUMNS = GroupSettings._fields

_SETTINGS = ("language", "detected_language", "title", *_GROUP_COLUMNS)
"""Columns that a reader takes over from one that moves to its address, where its own are empty."""


_ENDED = ("ended_subscription", "unsubscribed")
"""The settings of a subscription that ended, and since when; only a reader that does not subscribe has them."""


KEY = ("platform", "chat", "thread")


ADDRESS = (readers.c.platform, readers.c.chat, readers.c.thread)


def _given(**values: Any) -> dict[str, Any]:
    """The columns that have a value."""
    return {name: value for name, value in values.items() if value}


def key_of(address: Address) -> dict[str, Any]:
    """An address as the columns that hold it."""
    return {"platform": address.platform, "chat": address.chat_id, "thread": address.thread_id or NO_THREAD}


def address_of(row: AnyRow) -> Address:
    """The address in a row."""
    return Address(row.platform, row.chat, row.thread if row.thread != NO_THREAD else None)


def _writable(platform: str, chat_id: str, thread_id: str | None = None) -> ColumnElement[bool]:
    """Rows of a chat in which we may write again, at this topic or in general: other closed topics stay closed."""
    is_elsewhere = readers.c.thread != (thread_id or NO_THREAD)
    is_closed = is_elsewhere & readers.c.reason.is_not_distinct_from(CLOSED)
    return in_chat(platform, chat_id) & ~is_closed


def _leave_messages(these: ColumnElement[bool]) -> Update:
    """An UPDATE for messages of a chat that numbers anew, or of another bot. They cannot be edited, and none is taken for one there."""
    sent = update(deliveries).where(these, ~deliveries.c.message.startswith(FORMER))
    return sent.values(message=literal(FORMER) + deliveries.c.message)


def reader_of(row: AnyRow) -> Reader:
    """The reader in a row."""
    columns = {name: getattr(row, name) for name in Reader.__slots__ if name not in ("address", "parent_id")}
    return Reader(address=address_of(row), parent_id=row.parent, **columns)


def at(address: Address) -> ColumnElement[bool]:
    """Rows of exactly this address."""
    return in_chat(address.platform, address.chat_id) & (readers.c.thread == (address.thread_id or NO_THREAD))


AT = and_(*(readers.c[name] == bindparam(name) for name in KEY))
"""As :func:`at`, of statements that are made once and get :func:`key_of`. To make one takes as long as to run it."""

_READER = select(readers).where(AT)

_group_settings = lru_cache(maxsize=64)(GroupSettings)
"""So that groups which chose alike share them."""

_GROUP = len(ADDRESS) + len(_Kept._fields) - 1
"""The place of the settings of a group in what is read."""

_KEPT = select(*ADDRESS, *(readers.c[name] for name in (*_Kept._fields[:-1], *_GROUP_COLUMNS))).where(
    or_(
        readers.c.language.is_not(None),
        readers.c.suspended_since.is_not(None),
        readers.c.checks_forwards,
        readers.c.audience.is_not(None),
        readers.c.whole_answers,
    )
)
"""What is kept in memory."""

_IN_CHAT = (readers.c.platform == bindparam("of_platform")) & (readers.c.chat == bindparam("of_chat"))

_KEPT_OF = _KEPT.where(_IN_CHAT)

_THEIRS = deliveries.c.reader_id.in_(select(readers.c.id).where(_IN_CHAT))
_UNSENT = update(deliveries).where(_THEIRS, deliveries.c.message.is_(None), deliveries.c.state == "claimed")
_RELEASE = _UNSENT.values(unclaimed(state="due"))
"""Ends claims of unsent deliveries to the chat and its topics, which may be rendered in the old language."""


def in_chat(platform: str, chat_id: str) -> ColumnElement[bool]:
    """Rows of a chat and of all in it."""
    return (readers.c.platform == platform) & (readers.c.chat == chat_id)


def spoken(unknown: ColumnElement[str]) -> ColumnElement[str]:
    """The language of a row of readers: the chosen one, else that of the chat around its topic or thread, else the detected one."""
    chat = readers.alias()
    around = (chat.c.platform == readers.c.platform) & (chat.c.chat == readers.c.chat) & (chat.c.thread == NO_THREAD)
    of_chat = case((readers.c.thread != NO_THREAD, select(chat.c.language).where(around).scalar_subquery()))
    return func.coalesce(readers.c.language, of_chat, readers.c.detected_language, unknown)


async def rows_of(database: Database, table: Table, addresses: Collection[Address]) -> int:
    """How many rows of a table are of the readers with these addresses."""
    mine = table.c.reader_id.in_(select(readers.c.id).where(or_(false(), *map(at, addresses))))
    return int((await database.rows(select(func.count()).select_from(table).where(mine)))[0][0])
