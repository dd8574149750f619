"""Subscriptions: who gets which bulletins, and when."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    delete,
    exists,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from bot.db.applied_updates import apply_once
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.delivery_queue import for_audience
from bot.db.engine import Database, upsert
from bot.db.readers import AT, key_of
from bot.db.retention import DAY_SECONDS, READER_DAYS
from bot.db.schema import (
    INTERRUPTED,
    IS_OPEN,
    PERSONAL,
    RESTORABLE,
    UNSENT,
    bulletins,
    deliveries,
    readers,
    subscription_topics,
    subscriptions,
    unclaimed,
)
from bot.dossier.models import TopicId
from bot.reader import Address
from bot.schedule import SWITCHES, Pace, QuietHours, Subscription, Timing, Traits, earliest_delivery, zones

log = structlog.get_logger("bot.db")


SubscriptionChange = Callable[[Subscription | None], Subscription | None]
"""Old subscription → new subscription; None: not subscribed."""


UNSUBSCRIBED = "unsubscribed"
"""The reason of a delivery that was dropped because its reader unsubscribed."""


_NOT_ENDED = {"ended_subscription": None, "unsubscribed": None}

_SUBSCRIPTION = select(subscriptions).join(readers).where(AT)

_LOCKED = select(readers.c.id).where(AT).with_for_update(key_share=True)


class UnknownReader(Exception):
    """The reader is not stored; first call :meth:`~bot.db.readers.Readers.meet`."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription before and after a change; None: not subscribed."""

    before: Subscription | None
    after: Subscription | None


@dataclass(frozen=True, slots=True)
class Resumed:
    """A subscription in force. ``is_earlier``: whether it has the settings of one that had ended."""

    subscription: Subscription
    is_earlier: bool


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The subscriptions. A change also applies to bulletins that already wait."""

    database: Database

    async def get(self, address: Address, within: AsyncConnection | None = None) -> Subscription | None:
        """The reader's subscription; None if it is not subscribed."""
        async with self.database.read(within) as connection:
            row = await connection.row(_SUBSCRIPTION, key_of(address))
            return subscription_of(row, await _topics(connection, row.reader_id)) if row else None

    async def change(
        self,
        address: Address,
        change: SubscriptionChange,
        cause: str | None = None,
        within: AsyncConnection | None = None,
    ) -> Changed:
        """Replaces the reader's subscription by what ``change`` returns for it; None stands for no subscription, in and out.

        The reader's row is locked meanwhile, so of two changes at once the second is given the result of the first. A new
        subscriber gets no backlog. When a subscription ends, unsent deliveries are dropped; sent messages are still corrected. Its
        settings are kept for 30 days (:meth:`resume`).

        Raises:
            UnknownReader: the reader is to be subscribed, but is not stored.
            AlreadyApplied: the update ``cause`` was applied before.
        """
        async with self.database.write(within) as connection:
            await apply_once(self.database, connection, cause)
            reader = await _lock(connection, address)
            before = await _subscription(connection, reader) if reader is not None else None
            after = change(before)
            if after is not None and reader is None:
                raise UnknownReader(str(address))
            if reader is not None and after != before:
                if after is not None:
                    await self._put(connection, reader, after)
                elif before is not None:
                    await self._end(connection, reader, before)
        return Changed(before, after)

    async def put(self, address: Address, wanted: Subscription, within: AsyncConnection | None = None) -> bool:
        """Subscribes the reader to exactly this. Returns whether it was not subscribed before; raises as :meth:`change`."""
        return (await self.change(address, lambda _: wanted, within=within)).before is None

    async def resume(self, address: Address, first: Subscription, cause: str | None = None) -> "Resumed":
        """Subscribes the reader, unless it is subscribed.

        With the settings that it had when it unsubscribed in the last 30 days, else with ``first``. Raises as :meth:`change`.
        """
        async with self.database.write() as connection:
            await apply_once(self.database, connection, cause)
            reader = await _lock(connection, address)
            if reader is None:
                raise UnknownReader(str(address))
            before = await _subscription(connection, reader)
            if before is not None:
                return Resumed(before, is_earlier=False)
            ended = await _ended(connection, reader)
            await self._put(connection, reader, ended or first)
            return Resumed(ended or first, is_earlier=ended is not None)

    async def keeps_ended(self, address: Address) -> bool:
        """Whether the settings of an ended subscription are kept."""
        statement = select(readers.c.id).where(AT, readers.c.unsubscribed.is_not(None))
        return bool(await self.database.rows(statement, key_of(address)))

    async def delete_ended(self) -> int:
        """Deletes the settings of subscriptions that ended over 30 days ago; returns how many."""
        is_old = readers.c.unsubscribed < self.database.now - READER_DAYS * DAY_SECONDS
        return await self.database.change(update(readers).where(is_old).values(_NOT_ENDED), is_long=True)

    async def remove(self, address: Address, cause: str | None = None) -> bool:
        """Ends the subscription. Returns whether there was one; raises as :meth:`change`."""
        return (await self.change(address, lambda _: None, cause)).before is not None

    async def _put(self, connection: AsyncConnection, reader: int, wanted: Subscription) -> None:
        values = {"reader_id": reader, **columns_of(wanted)}
        new = {**values, "since": self.database.now}
        await connection.execute(*upsert(self.database, subscriptions, new, ["reader_id"], values))
        has_ended = (readers.c.id == reader) & readers.c.unsubscribed.is_not(None)
        await connection.execute(update(readers).where(has_ended).values(_NOT_ENDED))
        await connection.execute(delete(subscription_topics).where(subscription_topics.c.reader_id == reader))
        rows = [{"reader_id": reader, "topic": topic} for topic in sorted(wanted.topics or ())]
        if rows:
            await connection.execute(insert(subscription_topics), rows)
        await self._reschedule(connection, reader, wanted.timing)

    async def _end(self, connection: AsyncConnection, reader: int, ended: Subscription) -> None:
        kept = {"ended_subscription": as_json(ended), "unsubscribed": self.database.now}
        await connection.execute(update(readers).where(readers.c.id == reader).values(kept))
        await connection.execute(delete(subscriptions).where(subscriptions.c.reader_id == reader))
        await connection.execute(delete(subscription_topics).where(subscription_topics.c.reader_id == reader))
        personal = select(bulletins.c.id).where(bulletins.c.origin.in_(PERSONAL))
        theirs = update(deliveries).where(deliveries.c.reader_id == reader, deliveries.c.bulletin_id.not_in(personal))
        # also what the end of a withdrawal or of a suspension would send to a later subscription
        unsent = deliveries.c.message.is_(None)
        held = (deliveries.c.state == "failed") & unsent & (deliveries.c.due > self.database.now)
        dropped = unclaimed(state="dropped", reason=UNSUBSCRIBED)
        await connection.execute(theirs.where(or_(UNSENT, RESTORABLE, held)).values(dropped))
        # of what may have arrived the id stays, and it is not tried again for a later subscription
        unanswered = IS_OPEN & deliveries.c.message.is_not(None) & deliveries.c.sent.is_(None)
        failed = unclaimed(state="failed", reason=UNSUBSCRIBED)
        await connection.execute(theirs.where(or_(INTERRUPTED, unanswered)).values(failed))

    async def topics(self, reader_ids: Iterable[int]) -> Mapping[int, frozenset[TopicId]]:
        """Reader → the chosen topics. Readers without chosen topics are missing."""
        chosen = select(subscription_topics).where(subscription_topics.c.reader_id.in_(list(reader_ids)))
        by_reader: dict[int, set[TopicId]] = {}
        for row in await self.database.rows(chosen):
            by_reader.setdefault(row.reader_id, set()).add(TopicId(row.topic))
        return {reader: frozenset(topics) for reader, topics in by_reader.items()}

    async def rename_topics(self, connection: AsyncConnection, moves: Mapping[str, Collection[str]]) -> None:
        """Whoever follows a topic follows those that it has become; so does what is kept of subscriptions that have ended.

        ``moves``: former id → present ids.
        """
        topics = subscription_topics.c
        for former, present in moves.items():
            for topic in present:
                followers = select(topics.reader_id, literal(topic)).where(topics.topic == former)
                already = select(topics.reader_id).where(topics.topic == topic)
                followers = followers.where(topics.reader_id.not_in(already))
                new = insert(subscription_topics).from_select(["reader_id", "topic"], followers)
                await connection.execute(new)
            await connection.execute(delete(subscription_topics).where(topics.topic == former))
            has_ended = readers.c.unsubscribed.is_not(None)
            names_it = cast(readers.c.ended_subscription, String).contains(f'"{former}"', autoescape=True)
            ended = select(readers.c.id, readers.c.ended_subscription).where(has_ended, names_it)
            for row in await connection.rows(ended):
                kept = dict(row.ended_subscription)
                chosen = kept.get("topics") or ()
                if former not in chosen:  # a setting is called like it
                    continue
                kept["topics"] = sorted({*(each for each in chosen if each != former), *present})
                await connection.execute(update(readers).where(readers.c.id == row.id).values(ended_subscription=kept))

    async def reschedule(self, reader_id: int, wanted: Timing) -> None:
        """Recomputes when the reader's unsent deliveries are due."""
        async with self.database.write() as connection:
            await self._reschedule(connection, reader_id, wanted)

    async def _reschedule(self, connection: AsyncConnection, reader: int, timing: Timing) -> None:
        """Recomputes when unsent deliveries are due. A delivery that is retried keeps its pause.

        Also of those that were dropped with their bulletin, which may come back.
        """
        waiting = (
            select(
                *(deliveries.c[name] for name in ("id", "state", "due", "reason")),
                *(bulletins.c[name] for name in ("urgent", "not_before")),
                self.database.now.label("now"),
            )
            .join(bulletins)
            .where(deliveries.c.reader_id == reader, or_(UNSENT, RESTORABLE), for_audience(self.database))
        )
        for row in await connection.rows(waiting):
            is_dropped = row.state == "dropped"
            pause = row.due if row.reason and not is_dropped else 0.0
            due = earliest_delivery(timing, row.urgent, max(row.now, row.not_before, pause))
            digest = timing.pace != "at_once" and not row.urgent
            if is_dropped:
                changes = update(deliveries).where(deliveries.c.id == row.id, RESTORABLE)
                await connection.execute(changes.values(due=due, digest=digest))
                continue
            is_pause = row.reason and due <= row.due  # else it waits for an hour, which stays if the clock is set back
            state = "retry" if is_pause else "due"
            changes = update(deliveries).where(deliveries.c.id == row.id, UNSENT)
            await connection.execute(changes.values(unclaimed(state=state, due=due, digest=digest)))


def columns_of(wanted: Subscription) -> dict[str, Any]:
    """A subscription as columns, without its topics."""
    timing = wanted.timing
    quiet = timing.quiet
    return {
        "every_topic": wanted.topics is None,
        "pace": timing.pace,
        "hour": timing.hour,
        "weekday": timing.weekday,
        "quiet_start": quiet.start if quiet else 0,
        "quiet_end": quiet.end if quiet else 0,
        "zone": timing.zone,
        **{switch.name: getattr(wanted, switch.name) for switch in SWITCHES},
    }


def timing_of(row: AnyRow) -> Timing:
    """The timing in a row of subscriptions.

    A zone that this machine does not know counts as UTC, so that one reader's row fails nobody's bulletin: a tz database drops a
    zone now and then, and the backup may be from a machine with another one. The tables refuse other impossible values.
    """
    return _timing(row.pace, row.hour, row.weekday, row.quiet_start, row.quiet_end, row.zone)


@lru_cache(maxsize=4096)
def _timing(pace: Pace, hour: int, weekday: int, quiet_start: int, quiet_end: int, zone: str) -> Timing:
    """Cached, because every delivery needs it and most readers have one of a few."""
    quiet = QuietHours(quiet_start, quiet_end) if quiet_start != quiet_end else None
    return Timing(pace, hour, weekday, quiet, zone if zone in zones() else _utc_for(zone))


@lru_cache(maxsize=1024)
def _utc_for(zone: str) -> str:
    """Cached, so that each zone is logged once."""
    log.warning("a stored time zone is not known here", zone=zone, counts_as="UTC")
    return "UTC"


def subscription_of(row: AnyRow, topics: frozenset[TopicId]) -> Subscription:
    """The subscription in a row, with its topics."""
    switches = {switch.name: getattr(row, switch.name) for switch in SWITCHES}
    return Subscription(None if row.every_topic else topics, timing_of(row), **switches)


def as_json(wanted: Subscription) -> dict[str, Any]:
    """A subscription as it is kept until it is confirmed, or after it has ended."""
    return columns_of(wanted) | {"topics": None if wanted.topics is None else sorted(wanted.topics)}


def stored_subscription(stored: Mapping[str, Any]) -> Subscription:
    """The subscription of :func:`as_json`. A setting that the release which kept it did not have is the default.

    Raises:
        KeyError, TypeError, ValueError: it cannot be used.
    """
    row: Any = SimpleNamespace(**{**columns_of(Subscription()), **stored})
    return subscription_of(row, frozenset(map(TopicId, stored["topics"] or ())))


def wanting(bulletin: Traits, language: ColumnElement[str]) -> ColumnElement[bool]:
    """The subscriptions of readers of this language to which :func:`bot.schedule.unwanted` objects nothing."""
    wanted: list[ColumnElement[bool]] = [true()]
    if bulletin.topics:
        chosen = exists().where(subscription_topics.c.reader_id == subscriptions.c.reader_id)
        chosen = chosen.where(subscription_topics.c.topic.in_(sorted(bulletin.topics)))
        wanted.append(or_(subscriptions.c.every_topic, chosen))
    for switch in SWITCHES:
        is_off, leaves_out = ~subscriptions.c[switch.name], switch.leaves_out
        left_out = [spoken for spoken in bulletin.languages or () if leaves_out(bulletin, spoken)]
        if leaves_out(bulletin, ""):  # any other language
            wanted.append(or_(is_off, language.in_(set(bulletin.languages or ()).difference(left_out))))
        elif left_out:
            wanted.append(or_(is_off, language.not_in(left_out)))
    return and_(*wanted)


async def _topics(connection: AsyncConnection, reader: int) -> frozenset[TopicId]:
    statement = select(subscription_topics.c.topic).where(subscription_topics.c.reader_id == reader)
    return frozenset(TopicId(row.topic) for row in await connection.execute(statement))


async def _subscription(connection: AsyncConnection, reader: int) -> Subscription | None:
    statement = select(subscriptions).where(subscriptions.c.reader_id == reader)
    row = await connection.row(statement)
    return subscription_of(row, await _topics(connection, reader)) if row else None


async def _ended(connection: AsyncConnection, reader: int) -> Subscription | None:
    """The subscription that the reader ended; None if it is not stored or cannot be used."""
    stored = await connection.scalar(select(readers.c.ended_subscription).where(readers.c.id == reader))
    if not isinstance(stored, dict):
        return None
    try:
        return stored_subscription(stored)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the settings of an ended subscription cannot be used", error=str(error))
        return None


async def _lock(connection: AsyncConnection, address: Address) -> int | None:
    """The reader's id, with its row locked until the transaction ends; None if the reader is not stored."""
    # The lock of an UPDATE without the key, so that deliveries to the reader can be inserted meanwhile
    # (postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS). SQLite has one writer at a time.
    reader: int | None = await connection.scalar(_LOCKED, key_of(address))
    return reader
