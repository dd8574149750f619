"""The audience of a bulletin, and a delivery for each reader in it.

Deliveries to an audience are written by one INSERT … SELECT, so that memory stays flat however many readers there are.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Select,
    and_,
    case,
    column,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
    values,
)
from sqlalchemy.sql.elements import ColumnClause

from bot.db.connection import AsyncConnection
from bot.db.engine import Database, insert_into
from bot.db.readers import spoken
from bot.db.schema import (
    CROSSPOST_DROPPED,
    CROSSPOST_DUE,
    FAILED_EDIT,
    INTERRUPTED,
    IS_OPEN,
    PREVIEW,
    RESTORABLE,
    TIMING,
    UNSENT,
    WITHDRAWN,
    awaited_questions,
    bulletin_texts,
    bulletins,
    deliveries,
    readers,
    reports,
    subscriptions,
    unclaimed,
)
from bot.db.subscriptions import timing_of, wanting
from bot.dossier.models import TopicId
from bot.reader import PASSING
from bot.schedule import OTHER_TOPICS, Traits, earliest_delivery

_TIMINGS_AT_ONCE = 500
"""Timings in one statement. SQLite allows 32,766 variables in a statement."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The number of readers on a platform in a language. ``later`` of them have to wait, the last until ``until`` (since 1970)."""

    platform: str
    language: str
    readers: int
    later: int
    until: float


Audience = Select[*tuple[Any, ...]]
"""Selects reader, platform, due, and whether it waits for a digest."""


async def audiences(
    connection: AsyncConnection, bulletin: Traits, now: float, added_to: str | None = None, language: str = ""
) -> Sequence[Audience]:
    """Statements that select a bulletin's audience.

    ``added_to``: only readers who join the audience of that published bulletin and were subscribed when it was published. ``language``: of
    readers whose language is unknown.
    """
    urgent = bulletin.urgent
    timings = await connection.rows(select(*TIMING).distinct())
    rows: list[tuple[object, ...]] = []
    for row in timings:
        timing = timing_of(row)
        due = URGENT_DUE if urgent else earliest_delivery(timing, urgent, now)
        rows.append((*row, due, timing.pace != "at_once" and not urgent))
    wanted, starts = wanting(bulletin, spoken(literal(language))), range(0, len(rows), _TIMINGS_AT_ONCE)
    parts = [_audience(wanted, rows[start : start + _TIMINGS_AT_ONCE]) for start in starts]
    return parts if added_to is None else [part.where(*_joining(added_to)) for part in parts]


def hastened(moment: float) -> ColumnElement[bool]:
    """Deliveries that come sooner if their bulletin becomes urgent, as far as they are unsent."""
    return deliveries.c.digest | (deliveries.c.due > moment)


async def expected(
    connection: AsyncConnection, bulletin: Traits, now: float, language: str, added_to: str | None = None
) -> list[Expected]:
    """The number of readers that a bulletin would have. ``language``: of readers whose language is unknown."""
    counts: dict[tuple[str, str], Expected] = {}
    for statement_of_part in await audiences(connection, bulletin, now, added_to, language):
        part = statement_of_part.add_columns(spoken(literal(language)).label("spoken")).subquery()
        later = func.sum(case((part.c.due > now, 1), else_=0), type_=Integer)
        statement = select(part.c.platform, part.c.spoken, func.count(), later, func.max(part.c.due))
        statement = statement.group_by(part.c.platform, part.c.spoken)
        for platform, name, number, waiting, until in await connection.execute(statement):
            before = counts.get((platform, name), Expected(platform, name, 0, 0, 0.0))
            whole = (before.readers + number, before.later + waiting, max(before.until, until))
            counts[platform, name] = Expected(platform, name, *whole)
    return [counts[key] for key in sorted(counts)]


def _audience(wanted: ColumnElement[bool], rows: list[tuple[object, ...]]) -> Select[Any]:
    # each timing with the moment from which its readers may get the bulletin, as a table for a join
    columns: list[ColumnClause[Any]] = [column(timing_column.name, timing_column.type) for timing_column in TIMING]
    timing = values(*columns, column("due", Double), column("digest", Boolean), name="timings").data(rows).cte()
    same_timing = and_(*(stored == listed for stored, listed in zip(TIMING, timing.c, strict=False)))
    return (
        select(readers.c.id, readers.c.platform, timing.c.due, timing.c.digest)
        .select_from(subscriptions)
        .join(readers)
        .join(timing, same_timing)
        .where(or_(readers.c.suspended_since.is_(None), readers.c.reason.in_(PASSING)), wanted)
    )


def _joining(bulletin: str) -> tuple[ColumnElement[bool], ...]:
    # Where old deliveries were deleted, readers that had the bulletin may have no delivery of it any more.
    complete = (bulletins.c.id == bulletin) & bulletins.c.pruned.is_(None)
    published = select(bulletins.c.published).where(complete).scalar_subquery()
    has_it = exists().where(deliveries.c.bulletin_id == bulletin, deliveries.c.reader_id == subscriptions.c.reader_id)
    return subscriptions.c.since <= published, ~has_it


ReaderRange = Callable[[ColumnElement[int]], ColumnElement[bool]]
"""Some of the readers, as a condition on a column of readers' ids."""


def _is_among(after: int, last: int | None, reader_id: ColumnElement[int]) -> ColumnElement[bool]:
    return reader_id > after if last is None else and_(reader_id > after, reader_id <= last)


PERSONAL_DUE, URGENT_DUE = -1.0, 0.0
"""The due moments of messages to editors and single readers, and of urgent bulletins, which come before all that is due by the clock."""


_COLUMNS = ["bulletin_id", "state", "wanted", "created", "reader_id", "platform", "due", "digest"]


HEAD_START = 2000
"""The number of readers of a large audience whose deliveries are written and sent first. Sending them takes over a minute at
30 a second; meanwhile the deliveries of a million readers are written (benchmarks/README.md)."""


_is_up_to_date = deliveries.c.state.in_(("due", "retry")) & (deliveries.c.shown == deliveries.c.wanted)
waits_for_crosspost = _is_up_to_date & (deliveries.c.crosspost == CROSSPOST_DUE)
"""Deliveries whose message is up to date and still to be crossposted."""


COUNTED_AS_SENT = "counted as sent"
"""The reason of a delivery that was dropped because it waited when an imported backup was made."""


READERS_AT_ONCE = 100_000
"""Readers whose deliveries one statement writes or changes. A hundred thousand take seconds; ten million would take
longer than a statement may (:data:`~bot.db.engine.STATEMENT_TIMEOUT_SECONDS`), and so would never be written."""


PUT_OFF_SECONDS = 10.0
"""How far the due moment of a postponed delivery may be off: the process's clock differs, and the write takes time."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """Writes and changes the deliveries of a bulletin's audience.

    Attributes:
        readers_at_once: the number of readers in one statement.
        on_written: called with the number of deliveries that a statement wrote.
    """

    database: Database
    readers_at_once: int = READERS_AT_ONCE
    on_written: Callable[[int], object] = lambda _: None

    async def publish(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> int:
        """Writes a delivery for each active subscriber of the topics who has none. Returns the bulletin's number of deliveries."""
        parts = await audiences(connection, _traits(topics, urgent), now)
        await self._insert_all(connection, bulletin, revision, parts, now)
        counted = select(func.count()).select_from(deliveries).where(deliveries.c.bulletin_id == bulletin)
        return int(await connection.scalar(counted))

    async def begin(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> None:
        """Writes the first deliveries of a large audience, for readers who may get it now. :meth:`publish` writes the rest."""
        every = await audiences(connection, _traits(topics, urgent), now)
        first = [audience.where(audience.selected_columns.due <= now).limit(HEAD_START) for audience in every]
        await self._insert(connection, bulletin, revision, first, now)

    async def has_readers(self, connection: AsyncConnection) -> bool:
        """Whether a reader has a subscription, an awaited question, a report or a delivery, and is not in the preview."""
        its = (subscriptions, deliveries, awaited_questions, reports)
        in_use = or_(*(exists().where(table.c.reader_id == readers.c.id) for table in its))
        found = select(exists().where(readers.c.platform != PREVIEW, in_use))
        return bool(await connection.scalar(found))

    async def is_large(self, connection: AsyncConnection) -> bool:
        """Whether there are more than :data:`HEAD_START` subscribers."""
        some = select(subscriptions.c.reader_id).limit(HEAD_START + 1).subquery()
        return int(await connection.scalar(select(func.count()).select_from(some))) > HEAD_START

    async def add(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> None:
        """Writes deliveries for the readers who join a published bulletin's audience because its topics changed."""
        joining = await audiences(connection, _traits(topics, urgent), now, added_to=bulletin)
        await self._insert_all(connection, bulletin, revision, joining, now)

    async def redirect(
        self, connection: AsyncConnection, bulletin: str, topics: Sequence[str], urgent: bool, now: float
    ) -> None:
        """Drops unsent deliveries to readers who want none of the topics, and restores those that it dropped before.

        Sent messages stay.
        """
        wanted = wanting(_traits(topics, urgent), spoken(literal("")))
        subscribed = select(subscriptions.c.reader_id).select_from(subscriptions.join(readers))
        is_concerned = exists(subscribed.where(subscriptions.c.reader_id == deliveries.c.reader_id, wanted))
        left_out = (deliveries.c.state == "dropped") & (deliveries.c.reason == OTHER_TOPICS)
        restored = {"state": "due", "due": _not_before(now), "reason": None}
        await self._update(connection, bulletin, left_out & is_concerned, restored)
        drop = unclaimed(state="dropped", reason=OTHER_TOPICS)
        await self._update(connection, bulletin, UNSENT & ~is_concerned, drop)

    async def _reader_ranges(self, connection: AsyncConnection) -> AsyncIterator[ReaderRange]:
        """All readers, in ranges of :data:`READERS_AT_ONCE`."""
        after = 0
        while True:
            following = select(readers.c.id).where(readers.c.id > after).order_by(readers.c.id)
            last = await connection.scalar(following.offset(self.readers_at_once - 1).limit(1))
            yield partial(_is_among, after, last)
            if last is None:
                return
            after = last

    async def _update(
        self, connection: AsyncConnection, bulletin: str, which: ColumnElement[bool], values: Mapping[str, Any]
    ) -> None:
        """Changes deliveries of a bulletin."""
        statement = update(deliveries).where(deliveries.c.bulletin_id == bulletin, which).values(values)
        async for among in self._reader_ranges(connection):
            await connection.execute(statement.where(among(deliveries.c.reader_id)))

    async def _insert_all(
        self, connection: AsyncConnection, bulletin: str, revision: int, parts: Sequence[Audience], now: float
    ) -> None:
        async for among in self._reader_ranges(connection):
            some = [audience.where(among(readers.c.id)) for audience in parts]
            await self._insert(connection, bulletin, revision, some, now)

    async def _insert(
        self, connection: AsyncConnection, bulletin: str, revision: int, parts: Sequence[Audience], now: float
    ) -> None:
        for audience in parts:
            reader = audience.subquery().c
            same = (literal(bulletin), literal("due"), literal(revision), literal(now, Double))
            rows = select(*same, reader.id, reader.platform, reader.due, reader.digest).where(reader.id.is_not(None))
            statement = insert_into(self.database, deliveries).from_select(_COLUMNS, rows)
            self.on_written((await connection.execute(statement.on_conflict_do_nothing())).rowcount)

    async def add_reader(
        self, connection: AsyncConnection, bulletin: str, revision: int, reader_id: int, now: float
    ) -> None:
        """Writes a delivery for one reader, before all others."""
        due = literal(PERSONAL_DUE, Double).label("due")
        one = select(readers.c.id, readers.c.platform, due, false().label("digest")).where(readers.c.id == reader_id)
        await self._insert(connection, bulletin, revision, [one], now)

    async def correct(
        self,
        connection: AsyncConnection,
        bulletin: str,
        revision: int,
        languages: Iterable[str] | None,
        due: float,
        spoken: Iterable[str] | None = None,
    ) -> None:
        """Makes sent messages in the languages (None: all) due for an edit, and gives waiting deliveries the new revision.

        So are messages that may have arrived and wait for a second attempt. ``spoken``: messages in any other language are due as well; None:
        they are not.
        """
        unsent, seen = deliveries.c.message.is_(None), deliveries.c.message.is_not(None)
        concerned: ColumnElement[bool] = true() if languages is None else deliveries.c.language.in_(sorted(languages))
        if spoken is not None:
            concerned = or_(concerned, deliveries.c.language.not_in(sorted(spoken)))
        changed = seen & concerned
        # not "IN (SELECT …)", which PostgreSQL compares with each of a million readers where their ids do not fit into work_mem
        reached = exists().where(readers.c.id == deliveries.c.reader_id, readers.c.suspended_since.is_(None))
        unanswered = (deliveries.c.state == "retry") & deliveries.c.sent.is_(None)
        at_rest = or_(deliveries.c.state == "delivered", waits_for_crosspost, FAILED_EDIT, unanswered)
        is_edited = and_(changed, at_rest, reached)
        # what was given up may have arrived, and what is unanswered may not: it is sent even if its words are those that the ledger has
        is_tried = is_edited & or_(deliveries.c.state == "failed", unanswered)
        values = {
            "wanted": revision,
            "state": case((is_edited, "due"), else_=deliveries.c.state),
            "due": case((is_edited, due), else_=deliveries.c.due),
            "attempts": case((is_tried, 1), (is_edited, 0), else_=deliveries.c.attempts),
            "reason": case((is_edited & deliveries.c.state.in_(("failed", "retry")), None), else_=deliveries.c.reason),
        }
        # one statement for both: the outcome of a delivery may be recorded between two
        await self._update(connection, bulletin, or_(unsent, changed), values)

    async def set_embargo(self, connection: AsyncConnection, bulletin: str, before: float, until: float) -> None:
        """Delays a published bulletin's unsent deliveries and corrections to ``until``, including those delayed to ``before``.

        What is claimed is so no more: the clock that said that it is due may have been set back since.
        """
        delayed = deliveries.c.due.between(before - PUT_OFF_SECONDS, before + PUT_OFF_SECONDS)
        sooner, claimed = or_(deliveries.c.due < until, delayed), deliveries.c.state == "claimed"
        state, due = case((claimed, "due"), else_=deliveries.c.state), case((sooner, until), else_=deliveries.c.due)
        await self._update(connection, bulletin, IS_OPEN & or_(sooner, claimed), unclaimed(state=state, due=due))
        await self._move_to_digests(connection, bulletin, until)

    async def hasten(self, connection: AsyncConnection, bulletin: str, moment: float) -> None:
        """Makes unsent deliveries due at ``moment`` that wait for a digest or an hour of the day. The pause before a retry stays."""
        due = case((deliveries.c.reason.is_not(None) & IS_OPEN, deliveries.c.due), else_=moment)
        state = case((deliveries.c.state == "claimed", "due"), else_=deliveries.c.state)
        which = hastened(moment) & or_(UNSENT, RESTORABLE)
        await self._update(connection, bulletin, which, unclaimed(state=state, due=due, digest=False))

    async def _move_to_digests(self, connection: AsyncConnection, bulletin: str, moment: float) -> None:
        """Makes deliveries that wait for a digest due with the first digest after ``moment``; a later retry keeps its time."""
        waiting = deliveries.c.digest & UNSENT
        of_bulletin = (deliveries.c.bulletin_id == bulletin) & waiting
        of_readers = select(*TIMING).join(deliveries, deliveries.c.reader_id == subscriptions.c.reader_id)
        for row in await connection.rows(of_readers.where(of_bulletin).distinct()):
            same_timing = and_(*(timing_column == value for timing_column, value in zip(TIMING, row, strict=True)))
            to_them = deliveries.c.reader_id.in_(select(subscriptions.c.reader_id).where(same_timing))
            digest = earliest_delivery(timing_of(row), False, moment)
            is_paused = deliveries.c.reason.is_not(None) & (deliveries.c.due > digest)
            due = case((is_paused, deliveries.c.due), else_=digest)
            await self._update(connection, bulletin, waiting & to_them, {"due": due})

    async def rename(self, connection: AsyncConnection, former: str, name: str) -> None:
        """What was sent of a bulletin is another id's from now on; nothing, where none was or the other has a ledger of its own."""
        both = await connection.rows(select(bulletins).where(bulletins.c.id.in_((former, name))))
        if [row.id for row in both] != [former]:
            return
        await connection.execute(insert(bulletins).values({**both[0]._mapping, "id": name}))
        texts = update(bulletin_texts).where(bulletin_texts.c.bulletin_id == former)
        await connection.execute(texts.values(bulletin_id=name))
        await self._update(connection, former, true(), {"bulletin_id": name})
        await connection.execute(delete(bulletins).where(bulletins.c.id == former))

    async def take_as_shown(self, connection: AsyncConnection, bulletin: str, revision: int) -> None:
        """Records the revision as shown in sent messages, without an edit. Waiting deliveries will show it."""
        is_sent = deliveries.c.message.is_not(None)
        shown = case((is_sent, revision), else_=deliveries.c.shown)
        await self._update(connection, bulletin, true(), {"wanted": revision, "shown": shown, "had": None})

    async def withdraw(self, connection: AsyncConnection, bulletin: str, revision: int, now: float) -> None:
        """Drops unsent deliveries, and makes sent messages due for an edit that marks the withdrawal."""
        await self.drop(connection, bulletin, WITHDRAWN)
        await self.correct(connection, bulletin, revision, None, now)
        uncrossposted = deliveries.c.crosspost == CROSSPOST_DUE
        await self._update(connection, bulletin, uncrossposted, {"crosspost": CROSSPOST_DROPPED})

    async def drop(self, connection: AsyncConnection, bulletin: str, reason: str) -> None:
        """Drops unsent deliveries, until :meth:`restore`. ``reason`` is :data:`WITHDRAWN` or :data:`~bot.db.schema.GONE`.

        What is to be sent once more, as it may have arrived, is claimed anew: it is withdrawn, or does not come.
        """
        await self._update(connection, bulletin, UNSENT, unclaimed(state="dropped", reason=reason))
        if reason != WITHDRAWN:
            again = (deliveries.c.state == "claimed") & deliveries.c.sent.is_(None)
            await self._update(connection, bulletin, again, unclaimed(state="due"))

    async def restore(self, connection: AsyncConnection, bulletin: str, now: float) -> None:
        """Restores deliveries that were dropped because the bulletin was withdrawn or its file was missing."""
        uncrossposted = deliveries.c.crosspost == CROSSPOST_DROPPED
        await self._update(connection, bulletin, uncrossposted, {"crosspost": CROSSPOST_DUE})
        restored = {"state": "due", "due": _not_before(now), "reason": None}
        await self._update(connection, bulletin, or_(RESTORABLE, INTERRUPTED), restored)


def _traits(topics: Sequence[str], urgent: bool) -> Traits:
    """Of a bulletin that is published: until it is sent it may still be written in a reader's language."""
    return Traits(frozenset(map(TopicId, topics)), urgent)


def _not_before(now: float) -> ColumnElement[float]:
    """When a restored delivery is due: as before, for example at the hour of a digest, or now."""
    return case((deliveries.c.due > now, deliveries.c.due), else_=now)
