"""Bulletins and their revisions, and the deliveries to their audiences.

Deliveries to an audience are written by one INSERT … SELECT, so that memory stays flat however many readers there are.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
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
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
    values,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.selectable import CTE

from bot.db.engine import AnyRow, Database, insert_into, upsert
from bot.db.schema import (
    AWAITED,
    CROSSPOST_DROPPED,
    CROSSPOST_DUE,
    IS_OPEN,
    REVIEW,
    TIMING,
    UNSENT,
    WITHDRAWN,
    bulletin_texts,
    bulletins,
    deliveries,
    drafts,
    readers,
    subscription_topics,
    subscriptions,
)
from bot.db.subscriptions import timing_of
from bot.reader import MUTED
from bot.schedule import earliest_delivery

REVIEW_KEPT_SECONDS = 30 * 24 * 3600.0


_TURN_LOCK = 0x6E6F7462
"""The advisory lock by which processes take turns. Migrations use another one."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a revision in a language, valid ``since`` that many seconds after 1970."""

    language: str
    digest: str
    article: str
    retracted: bool = False
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Bulletins:
    """The bulletins."""

    database: Database

    async def take_turn(self, connection: AsyncConnection) -> float:
        """Waits until no other process compares, until the transaction ends. Returns the database's moment.

        SQLite has one writer at a time. PostgreSQL: functions-admin.html#FUNCTIONS-ADVISORY-LOCKS.
        """
        if not self.database.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(_TURN_LOCK)))
        return await self.database.moment(connection)

    async def of_origin(self, connection: AsyncConnection, origin: str, names: Iterable[str] = ()) -> Sequence[AnyRow]:
        """The bulletins of an origin, a row for each language of their latest revision, with its digest.

        ``names`` are ids of bulletins that are included whatever their origin.
        """
        latest = (bulletin_texts.c.bulletin_id == bulletins.c.id) & (bulletin_texts.c.revision == bulletins.c.revision)
        texts = (bulletin_texts.c.language.label("text_language"), bulletin_texts.c.digest)
        of_it = or_(bulletins.c.origin == origin, bulletins.c.id.in_(list(names)))
        statement = select(bulletins, *texts).join(bulletin_texts, latest).where(of_it)
        return (await connection.execute(statement)).all()

    async def get(self, connection: AsyncConnection, name: str) -> AnyRow | None:
        """A bulletin; None if there is none with that id."""
        return (await connection.execute(select(bulletins).where(bulletins.c.id == name))).one_or_none()

    async def names(self, connection: AsyncConnection) -> Sequence[str]:
        """The ids of all bulletins."""
        return (await connection.execute(select(bulletins.c.id))).scalars().all()

    async def put(
        self, connection: AsyncConnection, name: str, columns: Mapping[str, Any], texts: Iterable[Text], now: float
    ) -> None:
        """Stores a bulletin, and the texts of its revision if there are any."""
        values = {"id": name, "changed": now, **columns}
        await connection.execute(upsert(self.database, bulletins, values, ["id"], values))
        for text in texts:
            await self._put_text(connection, name, int(columns["revision"]), text, now)

    async def change(self, connection: AsyncConnection, name: str, **columns: object) -> None:
        """Changes columns of a bulletin."""
        await connection.execute(update(bulletins).where(bulletins.c.id == name).values(**columns))

    async def retract(self, connection: AsyncConnection, name: str, revision: int, now: float) -> None:
        """Withdraws a bulletin: its new revision has the same texts, marked as retracted."""
        same = ("bulletin_id", "language", "digest", "article")
        changed = {"revision": literal(revision), "retracted": literal(True), "since": literal(now)}
        before = select(*(bulletin_texts.c[each] for each in same), *changed.values())
        before = before.where(bulletin_texts.c.bulletin_id == name, bulletin_texts.c.revision == revision - 1)
        await connection.execute(insert(bulletin_texts).from_select([*same, *changed], before))
        await self.change(connection, name, revision=revision, state="retracted", changed=now)

    async def ripe(self, connection: AsyncConnection, now: float) -> Sequence[AnyRow]:
        """The scheduled bulletins whose time has come, in the order of sending."""
        due = (bulletins.c.state == "scheduled") & (bulletins.c.not_before <= now)
        order = (bulletins.c.not_before, bulletins.c.day, bulletins.c.id)
        return (await connection.execute(select(bulletins).where(due).order_by(*order))).all()

    async def soonest(self) -> float | None:
        """In how many seconds the next scheduled bulletin is due; None if none is scheduled."""
        earliest = select(func.min(bulletins.c.not_before) - self.database.now).where(bulletins.c.state == "scheduled")
        async with self.database.read() as connection:
            found: float | None = (await connection.execute(earliest)).scalar_one_or_none()
        return found

    async def text(self, name: str, revision: int, language: str) -> Text | None:
        """The text of a revision in a language, or in the bulletin's own language if it has none; None if there is no revision."""
        same = (bulletin_texts.c.bulletin_id == name) & (bulletin_texts.c.revision == revision)
        statement = select(bulletin_texts, bulletins.c.language.label("own")).join(bulletins).where(same)
        async with self.database.read() as connection:
            rows = {row.language: row for row in await connection.execute(statement)}
        row = rows.get(language) or next((row for row in rows.values() if row.language == row.own), None)
        return Text(row.language, row.digest, row.article, row.retracted, row.since) if row else None

    async def digests(self, connection: AsyncConnection, name: str, revision: int) -> dict[str, str]:
        """Language → the digest of a revision's text."""
        same = (bulletin_texts.c.bulletin_id == name) & (bulletin_texts.c.revision == revision)
        rows = await connection.execute(select(bulletin_texts.c.language, bulletin_texts.c.digest).where(same))
        return {row.language: row.digest for row in rows}

    async def last_change(self, connection: AsyncConnection) -> tuple[float, int]:
        """Differs whenever a bulletin has been added, changed or published: the latest moment, and how many there are."""
        latest = select(func.max(bulletins.c.changed), func.max(bulletins.c.published), func.count()).select_from(
            bulletins
        )
        changed, published, count = (await connection.execute(latest.where(bulletins.c.origin != REVIEW))).one()
        return max(changed or 0.0, published or 0.0), count

    async def revisions(self, connection: AsyncConnection) -> Sequence[AnyRow]:
        """Bulletins that readers have seen, a row for each language of each revision, in order.

        ``reason``: of its withdrawal at the desk; None if it is none of the desk's.
        """
        text = (bulletin_texts.c.revision.label("text_revision"), bulletin_texts.c.language.label("text_language"))
        rest = (bulletin_texts.c.article, bulletin_texts.c.retracted, bulletin_texts.c.since)
        was_seen = or_(
            bulletins.c.state == "history", bulletins.c.published.is_not(None)
        )  # a scheduled or tried-out one has neither, nor has one that was withdrawn unsent
        statement = (
            select(bulletins.c.id, bulletins.c.state, bulletins.c.published, drafts.c.reason, *text, *rest)
            .join(bulletin_texts, bulletin_texts.c.bulletin_id == bulletins.c.id)
            .outerjoin(drafts, drafts.c.bulletin_id == bulletins.c.id)
            .where(bulletins.c.origin != REVIEW, was_seen)
            .order_by(bulletins.c.id, bulletin_texts.c.revision)
        )
        return (await connection.execute(statement)).all()

    async def delete_old(self) -> int:
        """Deletes what is not for subscribers and done with, with its deliveries; returns how many.

        That is messages to editors that have not changed for 30 days, and answers that were awaited and sent.
        """
        old = (bulletins.c.origin == REVIEW) & (bulletins.c.changed < self.database.now - REVIEW_KEPT_SECONDS)
        is_open = exists().where(deliveries.c.bulletin_id == bulletins.c.id, IS_OPEN)
        sent = (bulletins.c.origin == AWAITED) & ~is_open
        async with self.database.write() as connection:
            return (await connection.execute(delete(bulletins).where(or_(old, sent)))).rowcount

    async def _put_text(self, connection: AsyncConnection, name: str, revision: int, text: Text, now: float) -> None:
        key = {"bulletin_id": name, "revision": revision, "language": text.language}
        values = {"digest": text.digest, "article": text.article, "retracted": text.retracted, "since": now}
        await connection.execute(upsert(self.database, bulletin_texts, {**key, **values}, list(key), values))


_TIMINGS_AT_ONCE = 500
"""Timings in one statement. SQLite allows 32,766 variables in a statement."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Readers of a platform and language. ``held`` of them get it later, the last at ``until`` (seconds since 1970)."""

    platform: str
    language: str
    readers: int
    held: int
    until: float


async def audiences(
    connection: AsyncConnection, topics: Sequence[str], urgent: bool, now: float, added_to: str | None = None
) -> Sequence[Select[tuple[int, str, float, bool]]]:
    """Statements that select a bulletin's audience: reader, platform, due, and whether it waits for a digest.

    An urgent bulletin is due at 0, so that it is sent before everything that waits. ``added_to``: only readers who join the
    audience of that published bulletin and were subscribed when it was published.
    """
    found = (await connection.execute(select(*TIMING).distinct())).all()
    rows: list[tuple[object, ...]] = []
    for row in found:
        timing = timing_of(row)
        due = 0.0 if urgent else earliest_delivery(timing, urgent, now)
        rows.append((*row, due, timing.pace != "at_once" and not urgent))
    found_by = [_audience(topics, part) for part in _parts(rows)]
    return found_by if added_to is None else [each.where(*_joining(added_to)) for each in found_by]


async def expected(
    connection: AsyncConnection,
    topics: Sequence[str],
    urgent: bool,
    now: float,
    language: str,
    added_to: str | None = None,
) -> list[Expected]:
    """How many readers a bulletin would have. ``language`` counts for readers whose language is unknown."""
    counts: dict[tuple[str, str], Expected] = {}
    for found in await audiences(connection, topics, urgent, now, added_to):
        each = found.subquery()
        spoken = func.coalesce(readers.c.language, readers.c.detected_language, literal(language))
        held = func.sum(case((each.c.due > now, 1), else_=0), type_=Integer)
        statement = select(each.c.platform, spoken, func.count(), held, func.max(each.c.due))
        statement = statement.join(readers, readers.c.id == each.c.id).group_by(each.c.platform, spoken)
        for platform, name, number, waiting, until in await connection.execute(statement):
            before = counts.get((platform, name), Expected(platform, name, 0, 0, 0.0))
            whole = (before.readers + number, before.held + waiting, max(before.until, until))
            counts[platform, name] = Expected(platform, name, *whole)
    return [counts[key] for key in sorted(counts)]


def _parts(rows: list[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    for start in range(0, len(rows), _TIMINGS_AT_ONCE):
        yield rows[start : start + _TIMINGS_AT_ONCE]


def _audience(topics: Sequence[str], rows: list[tuple[object, ...]]) -> Select[Any]:
    timing = _timings(rows)
    same = and_(*(mine == theirs for mine, theirs in zip(TIMING, timing.c, strict=False)))
    return (
        select(readers.c.id, readers.c.platform, timing.c.due, timing.c.digest)
        .select_from(subscriptions)
        .join(readers)
        .join(timing, same)
        .where(or_(readers.c.suspended_since.is_(None), readers.c.reason == MUTED), wanting(topics))
    )


def _joining(bulletin: str) -> tuple[ColumnElement[bool], ...]:
    # Where old deliveries were deleted, readers that had the bulletin may have no delivery of it any more.
    complete = (bulletins.c.id == bulletin) & bulletins.c.pruned.is_(None)
    published = select(bulletins.c.published).where(complete).scalar_subquery()
    has_it = exists().where(deliveries.c.bulletin_id == bulletin, deliveries.c.reader_id == subscriptions.c.reader_id)
    return subscriptions.c.since <= published, ~has_it


def wanting(topics: Sequence[str]) -> ColumnElement[bool]:
    """Subscriptions to any of the topics; without topics, all subscriptions."""
    if not topics:
        return subscriptions.c.reader_id.is_not(None)
    chosen = exists().where(
        subscription_topics.c.reader_id == subscriptions.c.reader_id, subscription_topics.c.topic.in_(topics)
    )
    return or_(subscriptions.c.every_topic, chosen)


def _timings(rows: list[tuple[object, ...]]) -> CTE:
    """Each timing with the moment from which its readers may get the bulletin, as a table for a join."""
    columns: list[ColumnClause[Any]] = [column(each.name, each.type) for each in TIMING]
    return values(*columns, column("due", Double), column("digest", Boolean), name="timings").data(rows).cte()


ReaderRange = Callable[[ColumnElement[int]], ColumnElement[bool]]
"""Some of the readers, as a condition on a column of readers' ids."""


def _is_among(after: int, last: int | None, reader_id: ColumnElement[int]) -> ColumnElement[bool]:
    return reader_id > after if last is None else and_(reader_id > after, reader_id <= last)


_COLUMNS = ["bulletin_id", "reader_id", "platform", "state", "due", "wanted", "digest", "created"]


HEAD_START = 2000
"""Readers of a large audience whose deliveries are written and sent first. They take over a minute at 30 a second, in which
the deliveries of a million readers are written (benchmarks/README.md)."""


waits_for_crosspost = (
    deliveries.c.state.in_(("due", "retry"))
    & (deliveries.c.crosspost == CROSSPOST_DUE)
    & (deliveries.c.shown == deliveries.c.wanted)
)
"""Deliveries whose message is up to date and still to be crossposted."""


OTHER_TOPICS = "other topics"
"""The reason of a delivery that was dropped because the bulletin's topics changed."""


OTHER_LANGUAGE = "other language"
"""The reason of a delivery that was dropped because its reader wants bulletins in one language only."""


COUNTED_AS_SENT = "counted as sent"
"""The reason of a delivery that was dropped because it waited when an imported backup was made."""


READERS_AT_ONCE = 100_000
"""Readers whose deliveries one statement writes or changes. A hundred thousand take seconds; ten million would take
longer than a statement may (:data:`~bot.db.engine.STATEMENT_TIMEOUT_SECONDS`), and so would never be written."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """Writes and changes the deliveries of a bulletin's audience.

    Attributes:
        readers_at_once: so many readers in a statement.
        on_written: called with the number of deliveries that a statement wrote.
    """

    database: Database
    readers_at_once: int = READERS_AT_ONCE
    on_written: Callable[[int], object] = lambda _: None

    async def publish(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> int:
        """Writes a delivery for each active subscriber of the topics who has none. Returns how many the bulletin has."""
        await self._insert_all(connection, bulletin, revision, await audiences(connection, topics, urgent, now), now)
        counted = select(func.count()).select_from(deliveries).where(deliveries.c.bulletin_id == bulletin)
        return int((await connection.execute(counted)).scalar_one())

    async def begin(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> None:
        """Writes the first deliveries of a large audience, for readers who may get it now. :meth:`publish` writes the rest."""
        soonest = [
            each.where(each.selected_columns.due <= now).limit(HEAD_START)
            for each in await audiences(connection, topics, urgent, now)
        ]
        await self._insert(connection, bulletin, revision, soonest, now)

    async def is_large(self, connection: AsyncConnection) -> bool:
        """Whether there are more than :data:`HEAD_START` subscribers."""
        some = select(subscriptions.c.reader_id).limit(HEAD_START + 1).subquery()
        return int((await connection.execute(select(func.count()).select_from(some))).scalar_one()) > HEAD_START

    async def add(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> None:
        """Writes a delivery for each reader whom a published bulletin concerns only since its topics changed."""
        joining = await audiences(connection, topics, urgent, now, added_to=bulletin)
        await self._insert_all(connection, bulletin, revision, joining, now)

    async def redirect(self, connection: AsyncConnection, bulletin: str, topics: Sequence[str], now: float) -> None:
        """Drops unsent deliveries to readers who want none of the topics, and restores those dropped so before.

        Messages that were sent stay.
        """
        is_concerned = exists().where(subscriptions.c.reader_id == deliveries.c.reader_id, wanting(topics))
        left_out = (deliveries.c.state == "dropped") & (deliveries.c.reason == OTHER_TOPICS)
        again = {"state": "due", "due": _not_before(now), "reason": None}
        await self._update(connection, bulletin, left_out & is_concerned, again)
        drop = {"state": "dropped", "reason": OTHER_TOPICS, "holder": None}
        await self._update(connection, bulletin, UNSENT & ~is_concerned, drop)

    async def _reader_ranges(self, connection: AsyncConnection) -> AsyncIterator[ReaderRange]:
        """All readers, in ranges of :data:`READERS_AT_ONCE`."""
        after = 0
        while True:
            following = select(readers.c.id).where(readers.c.id > after).order_by(readers.c.id)
            last = (await connection.execute(following.offset(self.readers_at_once - 1).limit(1))).scalar_one_or_none()
            yield partial(_is_among, after, last)
            if last is None:
                return
            after = last

    async def _update(
        self, connection: AsyncConnection, bulletin: str, which: ColumnElement[bool], values: Mapping[str, Any]
    ) -> None:
        """Changes deliveries of a bulletin."""
        of_it = update(deliveries).where(deliveries.c.bulletin_id == bulletin, which).values(values)
        async for among in self._reader_ranges(connection):
            await connection.execute(of_it.where(among(deliveries.c.reader_id)))

    async def _insert_all(
        self,
        connection: AsyncConnection,
        bulletin: str,
        revision: int,
        found_by: Sequence[Select[tuple[int, str, float, bool]]],
        now: float,
    ) -> None:
        async for among in self._reader_ranges(connection):
            part = [each.where(among(readers.c.id)) for each in found_by]
            await self._insert(connection, bulletin, revision, part, now)

    async def _insert(
        self,
        connection: AsyncConnection,
        bulletin: str,
        revision: int,
        found_by: Sequence[Select[tuple[int, str, float, bool]]],
        now: float,
    ) -> None:
        for found in found_by:
            each = found.subquery()
            rows = select(
                literal(bulletin),
                each.c.id,
                each.c.platform,
                literal("due"),
                each.c.due,
                literal(revision),
                each.c.digest,
                literal(now),
            ).where(each.c.id.is_not(None))
            statement = insert_into(self.database, deliveries).from_select(_COLUMNS, rows)
            self.on_written((await connection.execute(statement.on_conflict_do_nothing())).rowcount)

    async def try_out(
        self, connection: AsyncConnection, bulletin: str, revision: int, reader_id: int, platform: str, now: float
    ) -> None:
        """Writes a delivery for one reader, due now."""
        values = (bulletin, reader_id, platform, "due", 0.0, revision, False, now)
        statement = insert_into(self.database, deliveries).values(dict(zip(_COLUMNS, values, strict=True)))
        await connection.execute(statement.on_conflict_do_nothing())

    async def correct(
        self, connection: AsyncConnection, bulletin: str, revision: int, languages: Iterable[str] | None, now: float
    ) -> None:
        """Makes sent messages in the languages (None: all) due for an edit, and gives waiting deliveries the new revision.

        It is one statement for each delivery, because one that is recorded between two statements would be seen by only one of them.
        """
        unsent, seen = deliveries.c.message_id.is_(None), deliveries.c.message_id.is_not(None)
        changed = seen if languages is None else seen & deliveries.c.language.in_(sorted(languages))
        # not "IN (SELECT …)", which PostgreSQL compares with each of a million readers where their ids do not fit into work_mem
        reached = exists().where(readers.c.id == deliveries.c.reader_id, readers.c.suspended_since.is_(None))
        at_rest = or_(deliveries.c.state == "delivered", waits_for_crosspost)
        again = and_(changed, at_rest, reached)
        values = {
            "wanted": revision,
            "state": case((again, "due"), else_=deliveries.c.state),
            "due": case((again, now), else_=deliveries.c.due),
            "attempts": case((again, 0), else_=deliveries.c.attempts),
        }
        await self._update(connection, bulletin, or_(unsent, changed), values)

    async def hold(self, connection: AsyncConnection, bulletin: str, before: float, until: float) -> None:
        """Holds a published bulletin and its corrections until ``until``, and what was held until ``before``."""
        sooner = or_(deliveries.c.due < until, deliveries.c.due == before)
        state = case((deliveries.c.state == "claimed", "due"), else_=deliveries.c.state)
        await self._update(connection, bulletin, IS_OPEN & sooner, {"state": state, "due": until, "holder": None})
        await self._move_to_digests(connection, bulletin, until)

    async def _move_to_digests(self, connection: AsyncConnection, bulletin: str, moment: float) -> None:
        """What waits for a digest is due with the reader's first digest after ``moment``; a pause that has a reason is kept."""
        waiting = deliveries.c.digest & UNSENT
        of_it = (deliveries.c.bulletin_id == bulletin) & waiting
        timings = select(*TIMING).join(deliveries, deliveries.c.reader_id == subscriptions.c.reader_id).where(of_it)
        for row in (await connection.execute(timings.distinct())).all():
            same = and_(*(each == value for each, value in zip(TIMING, row, strict=True)))
            their = deliveries.c.reader_id.in_(select(subscriptions.c.reader_id).where(same))
            digest = earliest_delivery(timing_of(row), False, moment)
            is_paused = deliveries.c.reason.is_not(None) & (deliveries.c.due > digest)
            due = case((is_paused, deliveries.c.due), else_=digest)
            await self._update(connection, bulletin, waiting & their, {"due": due})

    async def take_as_shown(self, connection: AsyncConnection, bulletin: str, revision: int) -> None:
        """Counts this revision as shown in sent messages. Waiting deliveries get it."""
        is_sent = deliveries.c.message_id.is_not(None)
        shown = case((is_sent, revision), else_=deliveries.c.shown)
        await self._update(connection, bulletin, true(), {"wanted": revision, "shown": shown})

    async def withdraw(self, connection: AsyncConnection, bulletin: str, revision: int, now: float) -> None:
        """Makes sent messages due for the mark of a withdrawal, and drops unsent deliveries."""
        drop = {"state": "dropped", "reason": WITHDRAWN, "holder": None}
        await self._update(connection, bulletin, UNSENT, drop)
        await self.correct(connection, bulletin, revision, None, now)
        uncrossposted = deliveries.c.crosspost == CROSSPOST_DUE
        await self._update(connection, bulletin, uncrossposted, {"crosspost": CROSSPOST_DROPPED})

    async def restore(self, connection: AsyncConnection, bulletin: str, now: float) -> None:
        """Restores deliveries and crossposts that were dropped because the bulletin was withdrawn."""
        uncrossposted = deliveries.c.crosspost == CROSSPOST_DROPPED
        await self._update(connection, bulletin, uncrossposted, {"crosspost": CROSSPOST_DUE})
        dropped = (deliveries.c.state == "dropped") & (deliveries.c.reason == WITHDRAWN)
        again = {"state": "due", "due": _not_before(now), "reason": None}
        await self._update(connection, bulletin, dropped, again)


def _not_before(now: float) -> ColumnElement[float]:
    """When a restored delivery is due: as before, for example at the hour of a digest, or now."""
    return case((deliveries.c.due > now, deliveries.c.due), else_=now)
