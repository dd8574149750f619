"""The ledger as a queue: who claims what is due, alone sends it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from bot.store.bulletins import DESK
from bot.store.database import Database
from bot.store.engine import AnyRow, AsyncConnection
from bot.store.tables import bulletins, deliveries, leases, readers, subscriptions

_DUE, _RETRY, _CLAIMED = (literal_column(f"'{state}'", String) for state in ("due", "retry", "claimed"))
"""Written out in the statements, since a database finds a partial index by the words of its condition only."""

_OPEN = (_RETRY, _DUE)
"""States in which a delivery waits; what was tried before goes first, so that it does not wait behind a long queue."""

UNSENT = and_(deliveries.c.state.in_(("due", "retry", "claimed")), deliveries.c.message_id.is_(None))
"""Deliveries that are still to be sent. Who changes one sets ``holder`` to NULL: the process that claimed it looks right before
it sends (:meth:`Claims.looked_at`), and sends nothing that it does not hold any more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A claimed delivery as it stands now: the revision that is wanted, and whether its reader subscribes."""

    wanted: int
    subscribed: bool


@dataclass(frozen=True, slots=True)
class Claims:
    """The deliveries that wait. ``holder`` names a process; what it claims nobody else does."""

    database: Database

    async def waits(self, platform: str) -> bool:
        """Whether anything is due."""
        found = (exists().where(_due(self.database, platform, state)) for state in _OPEN)
        async with self.database.read() as connection:
            return bool((await connection.execute(select(or_(*found)))).scalar())

    async def claim(self, platform: str, lane: str, holder: str, limit: int) -> Sequence[AnyRow]:
        """Takes up to ``limit`` rows that are due (and the rest of any digest), if ``holder`` holds the lane's lease.

        Rows that another transaction is changing, as one that corrects a large audience, are passed over and taken the next
        time (postgresql.org/docs/current/sql-select.html, SKIP LOCKED; as a CTE, so that they are chosen once).
        """
        async with self.database.write() as connection:
            taken: list[int] = []
            for state in _OPEN:
                if len(taken) < limit:
                    taken += await self._take(connection, platform, lane, holder, state, limit - len(taken))
            if taken:
                taken += await self._rest_of_digests(connection, holder, taken)
            rows = await connection.execute(_described(self.database).where(deliveries.c.id.in_(taken)))
            return rows.all() if taken else ()

    @asynccontextmanager
    async def looked_at(self, holder: str, rows: Sequence[int]) -> AsyncIterator[Mapping[int, Standing]]:
        """Those of the rows that the holder has still claimed, as they stand now: the latest that is committed."""
        async with self.database.look() as connection:
            found = await connection.execute(_STANDING, {"mine": holder, "ids": rows})
            yield {row.id: Standing(row.wanted, row.subscribed) for row in found}

    async def free(self, holder: str) -> None:
        """Gives back what the holder claimed and did not come to."""
        async with self.database.write() as connection:
            await connection.execute(self._freed().where(deliveries.c.holder == holder))

    async def free_orphans(self, platform: str) -> int:
        """Gives back what was claimed by processes that hold no lease any more; returns how many rows."""
        holders = select(leases.c.holder).where(leases.c.holder.is_not(None))
        orphans = (deliveries.c.platform == platform) & deliveries.c.holder.not_in(holders)
        async with self.database.write() as connection:
            return await connection.affect(self._freed().where(orphans))

    async def make_up_for(self, platform: str, before: float) -> None:
        """The database's clock was set back from ``before``: what was due then is due now, a pause lasts no longer for it.

        What waits for an hour of the day goes on waiting for it. What was put off in the seconds until the step was noticed
        cannot be told from what was due, and comes at once: a platform refuses it once more.
        """
        now, due = self.database.now, deliveries.c.due
        mine = deliveries.c.platform == platform
        was_due = update(deliveries).where(mine, deliveries.c.state.in_(_OPEN), due > now, due <= before)
        pauses = update(deliveries).where(mine, deliveries.c.state == _RETRY, due > before)
        async with self.database.write() as connection:
            await connection.execute(was_due.values(due=now))
            await connection.execute(pauses.values(due=due - (before - now)))

    async def siblings(self, reader_id: int, message_id: int) -> Sequence[AnyRow]:
        """The rows that one message carries, the oldest first."""
        same = (deliveries.c.reader_id == reader_id) & (deliveries.c.message_id == message_id)
        statement = select(deliveries, bulletins.c.origin).join(bulletins).where(same).order_by(deliveries.c.id)
        async with self.database.read() as connection:
            return (await connection.execute(statement)).all()

    async def _take(
        self, connection: AsyncConnection, platform: str, lane: str, holder: str, state: ColumnElement[str], limit: int
    ) -> list[int]:
        due = _due(self.database, platform, state)
        first = select(deliveries.c.id).where(due).order_by(deliveries.c.due, deliveries.c.id).limit(limit)
        free = first.with_for_update(skip_locked=True).cte("free")
        ours = exists().where(leases.c.lane == lane, leases.c.holder == holder, leases.c.until > self.database.now)
        chosen = and_(deliveries.c.id.in_(select(free.c.id)), deliveries.c.state == state, ours)
        statement = update(deliveries).where(chosen).values(state="claimed", holder=holder)
        return [row.id for row in await connection.execute(statement.returning(deliveries.c.id))]

    async def _rest_of_digests(self, connection: AsyncConnection, holder: str, taken: Sequence[int]) -> list[int]:
        """A digest's bulletins come together, however many were asked for; but for one that is being corrected."""
        gathering = select(deliveries.c.reader_id).where(deliveries.c.id.in_(taken), _unsent_digest())
        rest = and_(
            deliveries.c.reader_id.in_(gathering),
            _unsent_digest(),
            deliveries.c.state.in_(_OPEN),
            deliveries.c.due <= self.database.now,
        )
        free = select(deliveries.c.id).where(rest).with_for_update(skip_locked=True).cte("free")
        chosen = update(deliveries).where(deliveries.c.id.in_(select(free.c.id)))
        statement = chosen.values(state="claimed", holder=holder)
        return [row.id for row in await connection.execute(statement.returning(deliveries.c.id))]

    def _freed(self) -> Update:
        claimed = update(deliveries).where(deliveries.c.state == _CLAIMED)
        return claimed.values(state="retry", due=self.database.now, holder=None)


def _due(database: Database, platform: str, state: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(deliveries.c.platform == platform, deliveries.c.state == state, deliveries.c.due <= database.now)


def _unsent_digest() -> ColumnElement[bool]:
    return deliveries.c.digest & deliveries.c.message_id.is_(None)


_STANDING = (
    select(deliveries.c.id, deliveries.c.wanted, subscriptions.c.reader_id.is_not(None).label("subscribed"))
    .select_from(deliveries)
    .outerjoin(subscriptions, subscriptions.c.reader_id == deliveries.c.reader_id)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)), deliveries.c.holder == bindparam("mine"))
)
"""Made once, since it is asked before every send."""


def for_audience(database: Database) -> ColumnElement[bool]:
    """Bulletins that go to those who subscribe: not what editors alone read, nor what is tried out at one chat before."""
    time_has_come = and_(bulletins.c.state == "scheduled", bulletins.c.not_before <= database.now)
    return and_(bulletins.c.origin != DESK, or_(bulletins.c.published.is_not(None), time_has_come))


_chat = readers.alias("chat")


def _described(database: Database) -> Select[*tuple[Any, ...]]:
    """Deliveries with what is needed to send them.

    ``tongue`` is the language to send in, ``for_audience`` whether it is for subscribers only, ``about`` the bulletin's topics,
    ``away`` why the reader is suspended; ``every_topic`` is None where it does not subscribe.
    """
    whole_chat = and_(
        readers.c.thread_id != 0,
        _chat.c.platform == readers.c.platform,
        _chat.c.chat_id == readers.c.chat_id,
        _chat.c.thread_id == 0,
    )
    tongue = func.coalesce(readers.c.language, _chat.c.language, readers.c.heard_language, bulletins.c.language)
    return (
        select(
            deliveries,
            readers.c.chat_id,
            readers.c.thread_id,
            readers.c.parent_id,
            readers.c.kind,
            readers.c.notice,
            readers.c.suspended_since,
            readers.c.reason.label("away"),
            tongue.label("tongue"),
            bulletins.c.urgent,
            bulletins.c.origin,
            bulletins.c.topics.label("about"),
            bulletins.c.not_before,
            for_audience(database).label("for_audience"),
            subscriptions.c.every_topic,
            subscriptions.c.pace,
            subscriptions.c.hour,
            subscriptions.c.weekday,
            subscriptions.c.quiet_start,
            subscriptions.c.quiet_end,
            subscriptions.c.zone,
            subscriptions.c.silent,
        )
        .select_from(deliveries)
        .join(readers, readers.c.id == deliveries.c.reader_id)
        .join(bulletins, bulletins.c.id == deliveries.c.bulletin_id)
        .outerjoin(subscriptions, subscriptions.c.reader_id == deliveries.c.reader_id)
        .outerjoin(_chat, whole_chat)
        .order_by(deliveries.c.due, deliveries.c.id)
    )
