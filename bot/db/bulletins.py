"""From bulletins to deliveries: whole audiences at once, inside the database, so that memory stays flat."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Select,
    SmallInteger,
    String,
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
    update,
    values,
)
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.selectable import CTE

from bot.db.engine import AnyRow, AsyncConnection, Database, insert_into, upsert
from bot.db.schema import (
    CROSSPOST_DROPPED,
    CROSSPOST_DUE,
    DESK,
    UNSENT,
    WITHDRAWN,
    bulletin_texts,
    bulletins,
    deliveries,
    editions,
    readers,
    subscription_topics,
    subscriptions,
)
from bot.db.subscriptions import timing_of
from bot.reader import MUTED
from bot.schedule import earliest_delivery

DESK_KEPT_SECONDS = 30 * 24 * 3600.0


_TURN_LOCK = 0x6E6F7462
"""The advisory lock by which processes take turns; migrations have another one."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a revision says in a language; ``since``, in seconds since 1970, is when it began to."""

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
        """Waits until no other process compares, and returns the database's moment. The turn lasts for the transaction.

        SQLite has one writer anyhow. PostgreSQL: functions-admin.html#FUNCTIONS-ADVISORY-LOCKS.
        """
        if not self.database.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(_TURN_LOCK)))
        return await self.moment(connection)

    async def moment(self, connection: AsyncConnection) -> float:
        """Seconds since 1970 by the database's clock."""
        return float((await connection.execute(select(self.database.now))).scalar_one())

    async def latest_edition(self, connection: AsyncConnection) -> AnyRow | None:
        """The edition compared last; None where none was."""
        statement = select(editions).order_by(editions.c.compared.desc()).limit(1)
        return (await connection.execute(statement)).one_or_none()

    async def is_compared(self, connection: AsyncConnection, version: str) -> bool:
        """Whether an edition was ever compared."""
        found = select(editions.c.version).where(editions.c.version == version)
        return (await connection.execute(found)).one_or_none() is not None

    async def put_edition(self, connection: AsyncConnection, version: str, facts: object, now: float) -> None:
        """Keeps that an edition was compared."""
        values = {"version": version, "compared": now, "facts": facts}
        await connection.execute(upsert(self.database, editions, values, ["version"], values))

    async def known(self, connection: AsyncConnection, origin: str, names: Iterable[str] = ()) -> Sequence[AnyRow]:
        """The bulletins of an origin, with the language and digest of each text of their latest revision.

        ``names`` are bulletins that belong to it from now on, wherever they come from.
        """
        latest = (bulletin_texts.c.bulletin_id == bulletins.c.id) & (bulletin_texts.c.revision == bulletins.c.revision)
        texts = (bulletin_texts.c.language.label("text_language"), bulletin_texts.c.digest)
        of_it = or_(bulletins.c.origin == origin, bulletins.c.id.in_(list(names)))
        statement = select(bulletins, *texts).join(bulletin_texts, latest).where(of_it)
        return (await connection.execute(statement)).all()

    async def get(self, connection: AsyncConnection, name: str) -> AnyRow | None:
        """A bulletin as it stands; None where there is none of that id."""
        return (await connection.execute(select(bulletins).where(bulletins.c.id == name))).one_or_none()

    async def put(
        self, connection: AsyncConnection, name: str, columns: Mapping[str, Any], texts: Iterable[Text], now: float
    ) -> None:
        """Keeps a bulletin's new state; where ``texts`` are given, they are those of its revision."""
        values = {"id": name, "changed": now, **columns}
        await connection.execute(upsert(self.database, bulletins, values, ["id"], values))
        for text in texts:
            await self._put_text(connection, name, int(columns["revision"]), text, now)

    async def change(self, connection: AsyncConnection, name: str, **columns: object) -> None:
        """Changes columns of a bulletin."""
        await connection.execute(update(bulletins).where(bulletins.c.id == name).values(**columns))

    async def retract(self, connection: AsyncConnection, name: str, revision: int, now: float) -> None:
        """Keeps that a bulletin was withdrawn: a revision of the same words, marked."""
        await connection.execute(
            insert(bulletin_texts).from_select(
                ["bulletin_id", "revision", "language", "digest", "article", "retracted", "since"],
                select(
                    bulletin_texts.c.bulletin_id,
                    literal(revision),
                    bulletin_texts.c.language,
                    bulletin_texts.c.digest,
                    bulletin_texts.c.article,
                    literal(True),
                    literal(now),
                ).where(bulletin_texts.c.bulletin_id == name, bulletin_texts.c.revision == revision - 1),
            )
        )
        await self.change(connection, name, revision=revision, state="retracted", changed=now)

    async def ripe(self, connection: AsyncConnection, now: float) -> Sequence[AnyRow]:
        """The scheduled bulletins whose time has come, in the order in which they are to be sent."""
        due = (bulletins.c.state == "scheduled") & (bulletins.c.not_before <= now)
        order = (bulletins.c.not_before, bulletins.c.day, bulletins.c.id)
        return (await connection.execute(select(bulletins).where(due).order_by(*order))).all()

    async def soonest(self) -> float | None:
        """In how many seconds the next scheduled bulletin is to be published; None where none is."""
        earliest = select(func.min(bulletins.c.not_before) - self.database.now).where(bulletins.c.state == "scheduled")
        async with self.database.read() as connection:
            found: float | None = (await connection.execute(earliest)).scalar_one_or_none()
        return found

    async def text(self, name: str, revision: int, language: str) -> Text | None:
        """What a revision says in a language, or in the bulletin's own where it has no text in that one."""
        same = (bulletin_texts.c.bulletin_id == name) & (bulletin_texts.c.revision == revision)
        statement = select(bulletin_texts, bulletins.c.language.label("own")).join(bulletins).where(same)
        async with self.database.read() as connection:
            rows = {row.language: row for row in await connection.execute(statement)}
        row = rows.get(language) or next((row for row in rows.values() if row.language == row.own), None)
        return Text(row.language, row.digest, row.article, row.retracted, row.since) if row else None

    async def forget_old(self) -> int:
        """Drops what was written for editors and has not changed for long, its messages' rows too; returns how many."""
        old = (bulletins.c.origin == DESK) & (bulletins.c.changed < self.database.now - DESK_KEPT_SECONDS)
        async with self.database.write() as connection:
            return await connection.affect(delete(bulletins).where(old))

    async def _put_text(self, connection: AsyncConnection, name: str, revision: int, text: Text, now: float) -> None:
        key = {"bulletin_id": name, "revision": revision, "language": text.language}
        values = {"digest": text.digest, "article": text.article, "retracted": text.retracted, "since": now}
        await connection.execute(upsert(self.database, bulletin_texts, {**key, **values}, list(key), values))


_TIMING = (
    subscriptions.c.pace,
    subscriptions.c.hour,
    subscriptions.c.weekday,
    subscriptions.c.quiet_start,
    subscriptions.c.quiet_end,
    subscriptions.c.zone,
)


_TYPES = (String, SmallInteger, SmallInteger, SmallInteger, SmallInteger, String)


_TIMINGS_AT_ONCE = 500
"""Timings that one statement joins with; SQLite allows 32,766 variables in a statement."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Readers of a platform and language; ``held`` of them get it later, the last at ``until``, in seconds since 1970."""

    platform: str
    language: str
    readers: int
    held: int
    until: float


async def audiences(
    connection: AsyncConnection, topics: Sequence[str], urgent: bool, now: float, added_to: str | None = None
) -> Sequence[Select[tuple[int, str, float, bool]]]:
    """Selects of all whom a bulletin concerns: reader, platform, due, and whether it waits for a digest.

    An urgent bulletin is due since ever, so that it goes before all that waits. ``added_to``: only those who join the
    audience of that published bulletin, having been subscribed when it was published.
    """
    found = (await connection.execute(select(*_TIMING).distinct())).all()
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
    """How many readers a bulletin would have; ``language`` is for those who neither chose nor spoke one."""
    counts: dict[tuple[str, str], Expected] = {}
    for found in await audiences(connection, topics, urgent, now, added_to):
        each = found.subquery()
        tongue = func.coalesce(readers.c.language, readers.c.heard_language, literal(language))
        held = func.sum(case((each.c.due > now, 1), else_=0), type_=Integer)
        statement = select(each.c.platform, tongue, func.count(), held, func.max(each.c.due))
        statement = statement.join(readers, readers.c.id == each.c.id).group_by(each.c.platform, tongue)
        for platform, spoken, number, waiting, until in await connection.execute(statement):
            before = counts.get((platform, spoken), Expected(platform, spoken, 0, 0, 0.0))
            whole = (before.readers + number, before.held + waiting, max(before.until, until))
            counts[platform, spoken] = Expected(platform, spoken, *whole)
    return [counts[key] for key in sorted(counts)]


def _parts(rows: list[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    for start in range(0, len(rows), _TIMINGS_AT_ONCE):
        yield rows[start : start + _TIMINGS_AT_ONCE]


def _audience(topics: Sequence[str], rows: list[tuple[object, ...]]) -> Select[Any]:
    timing = _timings(rows)
    same = and_(*(mine == theirs for mine, theirs in zip(_TIMING, timing.c, strict=False)))
    return (
        select(readers.c.id, readers.c.platform, timing.c.due, timing.c.digest)
        .select_from(subscriptions)
        .join(readers)
        .join(timing, same)
        .where(or_(readers.c.suspended_since.is_(None), readers.c.reason == MUTED), wanting(topics))
    )


def _joining(bulletin: str) -> tuple[ColumnElement[bool], ...]:
    complete = (bulletins.c.id == bulletin) & bulletins.c.pruned.is_(
        None
    )  # else who had it may have no delivery any more
    published = select(bulletins.c.published).where(complete).scalar_subquery()
    has_it = exists().where(deliveries.c.bulletin_id == bulletin, deliveries.c.reader_id == subscriptions.c.reader_id)
    return subscriptions.c.since <= published, ~has_it


def wanting(topics: Sequence[str]) -> ColumnElement[bool]:
    """Subscriptions that a bulletin about the topics concerns; about none: all."""
    if not topics:
        return subscriptions.c.reader_id.is_not(None)
    chosen = exists().where(
        subscription_topics.c.reader_id == subscriptions.c.reader_id, subscription_topics.c.topic.in_(topics)
    )
    return or_(subscriptions.c.every_topic, chosen)


def _timings(rows: list[tuple[object, ...]]) -> CTE:
    """Each timing with the moment from which its readers may get the bulletin, as a table to join with."""
    columns: list[ColumnClause[Any]] = [column(each.name, type_) for each, type_ in zip(_TIMING, _TYPES, strict=True)]
    return values(*columns, column("due", Double), column("digest", Boolean), name="timings").data(rows).cte()


_COLUMNS = ["bulletin_id", "reader_id", "platform", "state", "due", "wanted", "digest", "created"]


HEAD_START = 2000
"""Readers of a large audience whose deliveries are written, and go out, before all others': more than a minute's at 30 a
second, in which a million readers are reached (benchmarks/README.md)."""


waits_for_crosspost = (
    deliveries.c.state.in_(("due", "retry"))
    & (deliveries.c.crosspost == CROSSPOST_DUE)
    & (deliveries.c.shown == deliveries.c.wanted)
)
"""Deliveries whose message says what it should and is still to be crossposted."""


OTHER_TOPICS = "other topics"
"""Why a delivery is dropped whose bulletin turned out to be about something else."""


COUNTED_AS_SENT = "counted as sent"
"""Why a delivery is dropped that waited when the backup was made that was imported."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """Writes deliveries for everyone whom a bulletin concerns."""

    database: Database

    async def publish(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> int:
        """A delivery for each active subscriber of the topics; returns how many there are. Nobody gets a second."""
        await self._insert(connection, bulletin, revision, await audiences(connection, topics, urgent, now), now)
        counted = select(func.count()).select_from(deliveries).where(deliveries.c.bulletin_id == bulletin)
        return int((await connection.execute(counted)).scalar_one())

    async def begin(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> None:
        """The first deliveries of a large audience, for readers who may get it at once; :meth:`publish` writes the rest."""
        soonest = [
            each.where(each.selected_columns.due <= now).limit(HEAD_START)
            for each in await audiences(connection, topics, urgent, now)
        ]
        await self._insert(connection, bulletin, revision, soonest, now)

    async def is_large(self, connection: AsyncConnection) -> bool:
        """Whether there are more subscribers than a head start reaches."""
        some = select(subscriptions.c.reader_id).limit(HEAD_START + 1).subquery()
        return int((await connection.execute(select(func.count()).select_from(some))).scalar_one()) > HEAD_START

    async def add(
        self, connection: AsyncConnection, bulletin: str, revision: int, topics: Sequence[str], urgent: bool, now: float
    ) -> None:
        """A delivery for each whom a published bulletin concerns only since its topics are these."""
        joining = await audiences(connection, topics, urgent, now, added_to=bulletin)
        await self._insert(connection, bulletin, revision, joining, now)

    async def redirect(self, connection: AsyncConnection, bulletin: str, topics: Sequence[str], now: float) -> None:
        """Who still waits and is not concerned any more gets nothing; who was left out so and is concerned again, waits.

        A message that was sent stays.
        """
        concerned = select(subscriptions.c.reader_id).where(wanting(topics))
        is_concerned = deliveries.c.reader_id.in_(concerned)
        left_out = (deliveries.c.state == "dropped") & (deliveries.c.reason == OTHER_TOPICS)
        again = update(deliveries).where(deliveries.c.bulletin_id == bulletin, left_out, is_concerned)
        await connection.execute(again.values(state="due", due=_not_before(now), reason=None))
        drop = update(deliveries).where(deliveries.c.bulletin_id == bulletin, UNSENT, ~is_concerned)
        await connection.execute(drop.values(state="dropped", reason=OTHER_TOPICS, holder=None))

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
            await connection.execute(statement.on_conflict_do_nothing())

    async def try_out(
        self, connection: AsyncConnection, bulletin: str, revision: int, reader_id: int, platform: str, now: float
    ) -> None:
        """A delivery for one reader alone, at once."""
        values = (bulletin, reader_id, platform, "due", 0.0, revision, False, now)
        statement = insert_into(self.database, deliveries).values(dict(zip(_COLUMNS, values, strict=True)))
        await connection.execute(statement.on_conflict_do_nothing())

    async def correct(
        self, connection: AsyncConnection, bulletin: str, revision: int, languages: Iterable[str] | None, now: float
    ) -> None:
        """Who saw another wording in one of the languages (None: in any) is to see the new one; who waits, gets it.

        All in one statement: what is recorded as delivered between two of them would be seen by one alone.
        """
        of_it = deliveries.c.bulletin_id == bulletin
        unsent, seen = deliveries.c.message_id.is_(None), deliveries.c.message_id.is_not(None)
        changed = seen if languages is None else seen & deliveries.c.language.in_(sorted(languages))
        reached = deliveries.c.reader_id.in_(select(readers.c.id).where(readers.c.suspended_since.is_(None)))
        at_rest = or_(deliveries.c.state == "delivered", waits_for_crosspost)
        again = and_(changed, at_rest, reached)
        values = {
            "wanted": revision,
            "state": case((again, "due"), else_=deliveries.c.state),
            "due": case((again, now), else_=deliveries.c.due),
            "attempts": case((again, 0), else_=deliveries.c.attempts),
        }
        await connection.execute(update(deliveries).where(of_it, or_(unsent, changed)).values(values))

    async def hold(self, connection: AsyncConnection, bulletin: str, before: float, until: float) -> None:
        """Nobody gets a published bulletin, or a correction of it, before ``until``; who was held until ``before``, then."""
        waiting = deliveries.c.state.in_(("due", "retry", "claimed"))
        sooner = or_(deliveries.c.due < until, deliveries.c.due == before)
        held = update(deliveries).where(deliveries.c.bulletin_id == bulletin, waiting, sooner)
        state = case((deliveries.c.state == "claimed", "due"), else_=deliveries.c.state)
        await connection.execute(held.values(state=state, due=until, holder=None))
        await self._move_to_digests(connection, bulletin, until)

    async def _move_to_digests(self, connection: AsyncConnection, bulletin: str, moment: float) -> None:
        """What waits for a digest is due with the reader's first digest after ``moment``; a pause that has a reason is kept."""
        waiting = (deliveries.c.bulletin_id == bulletin) & deliveries.c.digest & UNSENT
        timings = select(*_TIMING).join(deliveries, deliveries.c.reader_id == subscriptions.c.reader_id).where(waiting)
        for row in (await connection.execute(timings.distinct())).all():
            same = and_(*(each == value for each, value in zip(_TIMING, row, strict=True)))
            their = deliveries.c.reader_id.in_(select(subscriptions.c.reader_id).where(same))
            digest = earliest_delivery(timing_of(row), False, moment)
            is_paused = deliveries.c.reason.is_not(None) & (deliveries.c.due > digest)
            due = case((is_paused, deliveries.c.due), else_=digest)
            await connection.execute(update(deliveries).where(waiting, their).values(due=due))

    async def take_as_shown(self, connection: AsyncConnection, bulletin: str, revision: int) -> None:
        """Who has a message of it counts as seeing this revision; who waits gets it."""
        of_it = update(deliveries).where(deliveries.c.bulletin_id == bulletin)
        await connection.execute(of_it.values(wanted=revision))
        await connection.execute(of_it.where(deliveries.c.message_id.is_not(None)).values(shown=revision))

    async def withdraw(self, connection: AsyncConnection, bulletin: str, revision: int, now: float) -> None:
        """Who saw it is told that it was withdrawn; who waits for it, gets nothing."""
        drop = update(deliveries).where(deliveries.c.bulletin_id == bulletin, UNSENT)
        await connection.execute(drop.values(state="dropped", reason=WITHDRAWN, holder=None))
        await self.correct(connection, bulletin, revision, None, now)
        uncrossposted = (deliveries.c.bulletin_id == bulletin) & (deliveries.c.crosspost == CROSSPOST_DUE)
        await connection.execute(update(deliveries).where(uncrossposted).values(crosspost=CROSSPOST_DROPPED))

    async def restore(self, connection: AsyncConnection, bulletin: str, now: float) -> None:
        """Who was to get it before it was withdrawn gets it after all, and so do the followers of an announcement channel."""
        uncrossposted = (deliveries.c.bulletin_id == bulletin) & (deliveries.c.crosspost == CROSSPOST_DROPPED)
        await connection.execute(update(deliveries).where(uncrossposted).values(crosspost=CROSSPOST_DUE))
        dropped = (deliveries.c.state == "dropped") & (deliveries.c.reason == WITHDRAWN)
        again = update(deliveries).where(deliveries.c.bulletin_id == bulletin, dropped)
        await connection.execute(again.values(state="due", due=_not_before(now), reason=None))


def _not_before(now: float) -> ColumnElement[float]:
    """When a dropped delivery that is wanted after all is due: when it was, as at the hour of a digest, or now."""
    return case((deliveries.c.due > now, deliveries.c.due), else_=now)
