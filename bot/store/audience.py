"""Audiences: whom a bulletin concerns, and from when on each may get it. For use inside a connection."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Double,
    Integer,
    Select,
    SmallInteger,
    String,
    and_,
    case,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    values,
)
from sqlalchemy.sql.elements import ColumnClause, ColumnElement
from sqlalchemy.sql.selectable import CTE

from bot.delivery import MUTED
from bot.schedule import allowed_from
from bot.store.engine import AsyncConnection
from bot.store.subscriptions import timing_of
from bot.store.tables import bulletins, deliveries, readers, subscription_topics, subscriptions

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
        due = 0.0 if urgent else allowed_from(timing, urgent, now)
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
    published = select(bulletins.c.published).where(bulletins.c.id == bulletin).scalar_subquery()
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
