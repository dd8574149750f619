"""How long what is stored of readers, stories and updates is kept, and which rows of the ledger are deleted once their bulletin is old.

:meth:`~bot.db.store.Store.tidy` deletes them once an hour. How long the ledger is kept is a setting.
"""

from sqlalchemy import ColumnElement, FromClause, Integer, Table, and_, cast, delete, exists, func, or_, select, update

from bot.db.engine import Database
from bot.db.schema import (
    AWAITED,
    IS_OPEN,
    OUT,
    REVIEW,
    WITHOUT_ANSWER,
    askers,
    awaited_questions,
    bulletin_texts,
    bulletins,
    confirmations,
    counts,
    deliveries,
    done_once,
    dossier_versions,
    processes,
    reports,
)

DAY_SECONDS = 86400

READER_DAYS = 30
"""For a reader that removed or blocked us, with its settings; for the settings of one that unsubscribed; for a reader of the page without a
subscription."""

QUESTION_DAYS = 30
"""For counts of unanswered questions and of ratings."""

AWAITED_DAYS = 90
"""For a question that waits for an answer."""

REPORT_DAYS = 90
"""For a mistake that a reader reported."""

COUNTED_DAYS = 400
"""For the counts of the page of numbers."""

STORY_DAYS = 30
"""For a feed's story that was rejected or has expired, and for messages about it. One that was taken stays, because its bulletin does."""

UPDATE_DAYS = 3
"""For the id of an update that was applied. Telegram keeps an update for 24 hours (core.telegram.org/bots/api#getting-updates)."""

BATCH = 1000
"""Deliveries that are deleted in one transaction, so that no other writer waits for long."""

LAPSED_SECONDS = 3600.0
"""For the record of a process after it expired: it says when somebody last had its files."""

_TERMINAL = ("delivered", "failed", "dropped")


def today(database: Database) -> ColumnElement[int]:
    """Days since 1970, in UTC, by the database's clock."""
    return cast(func.floor(database.now / DAY_SECONDS), Integer)


def old_rows(database: Database) -> dict[Table, ColumnElement[bool]]:
    """Table → the rows that are deleted, with what belongs to them. Readers, subscriptions and the ledger have rules of their own."""
    now, day = database.now, today(database)
    # a message about a change stays: the change does, too, and its next message would have the same name and revision
    of_changes = or_(*(bulletins.c.id.like(f"{REVIEW}-{each}-%") for each in ("change", "desk")))
    of_stories = (bulletins.c.origin == REVIEW) & ~of_changes & (bulletins.c.changed < now - STORY_DAYS * DAY_SECONDS)
    is_open = exists().where(deliveries.c.bulletin_id == bulletins.c.id, IS_OPEN)
    answers = (bulletins.c.origin == AWAITED) & ~is_open
    return {
        done_once: done_once.c.done < now - UPDATE_DAYS * DAY_SECONDS,
        askers: askers.c.day < day - QUESTION_DAYS,
        counts: (counts.c.day < day - COUNTED_DAYS) | (WITHOUT_ANSWER & (counts.c.day < day - QUESTION_DAYS)),
        awaited_questions: awaited_questions.c.asked < now - AWAITED_DAYS * DAY_SECONDS,
        reports: reports.c.written < now - REPORT_DAYS * DAY_SECONDS,
        confirmations: confirmations.c.expires <= now,
        bulletins: of_stories | answers,
        processes: processes.c.until <= now - LAPSED_SECONDS,
    }


async def prune_ledger(database: Database, days: int, batch: int = BATCH) -> int:
    """Deletes finished deliveries of bulletins that have not changed for ``days`` days; returns how many.

    A delivery stays while it waits, while its own last send or edit is younger than that, and while its message carries
    another bulletin whose delivery stays, so that a correction finds everything that it needs.

    A bulletin stays in the ledger with its latest revision, because the newsroom would take a file without a row for a new
    bulletin and send it again, and because an id is used once. ``bulletins.pruned`` records that deliveries are missing, so that a
    change of its topics adds no readers.

    Raises:
        DatabaseUnavailable: the database is away. The batches before that are deleted.
    """
    before = database.now - days * DAY_SECONDS
    count = 0
    for name in await _old_bulletins(database, before):
        while deleted := await _delete_batch(database, name, before, batch):
            count += deleted
    # earlier revisions of old bulletins without deliveries, and dossiers that were in force before ``before`` alone
    is_done = and_(_is_unchanged(bulletins, before), ~exists().where(deliveries.c.bulletin_id == bulletins.c.id))
    has_later = (bulletins.c.id == bulletin_texts.c.bulletin_id) & (bulletins.c.revision > bulletin_texts.c.revision)
    is_earlier = exists().where(has_later, is_done)
    # a dossier is in force until the next one is compared, however long ago it was compared itself
    then = select(func.max(dossier_versions.c.compared)).where(dossier_versions.c.compared < before).scalar_subquery()
    holds = processes.c.dossier_version == dossier_versions.c.version
    is_held = exists().where(holds, processes.c.until > database.now)
    async with database.write(is_long=True) as connection:
        await connection.execute(delete(bulletin_texts).where(is_earlier))
        await connection.execute(delete(dossier_versions).where(dossier_versions.c.compared < then, ~is_held))
    return count


async def _old_bulletins(database: Database, before: ColumnElement[float]) -> list[str]:
    """The ids of old bulletins that have deliveries, the oldest first."""
    has_deliveries = exists().where(deliveries.c.bulletin_id == bulletins.c.id)
    statement = select(bulletins.c.id).where(_is_unchanged(bulletins, before), has_deliveries)
    return [row.id for row in await database.rows(statement.order_by(bulletins.c.changed))]


async def _delete_batch(database: Database, name: str, before: ColumnElement[float], batch: int) -> int:
    other, its_bulletin = deliveries.alias("other"), bulletins.alias("its_bulletin")
    shares_message = exists().where(
        other.c.reader_id == deliveries.c.reader_id,
        other.c.message == deliveries.c.message,
        other.c.bulletin_id == its_bulletin.c.id,
        ~and_(_is_unchanged(its_bulletin, before), _is_finished(other, before)),
    )
    old = (
        select(deliveries.c.id)
        .join(bulletins)
        .where(bulletins.c.id == name, _is_unchanged(bulletins, before), _is_finished(deliveries, before))
        .where(or_(~deliveries.c.digest, ~shares_message))
        .limit(batch)
        .with_for_update(skip_locked=True, of=deliveries)
        .cte("old")
    )
    async with database.write(is_long=True) as connection:
        chosen = delete(deliveries).where(deliveries.c.id.in_(select(old.c.id)))
        deleted = await connection.rows(chosen.returning(deliveries.c.id))
        if deleted:
            pruned = update(bulletins).where(bulletins.c.id == name, bulletins.c.pruned.is_(None))
            await connection.execute(pruned.values(pruned=database.now))
    return len(deleted)


def _is_unchanged(bulletin: FromClause, before: ColumnElement[float]) -> ColumnElement[bool]:
    """Bulletins that were sent, and not changed since ``before``."""
    return and_(
        bulletin.c.state.in_(OUT),
        bulletin.c.changed < before,
        bulletin.c.not_before < before,
        func.coalesce(bulletin.c.published, 0.0) < before,
    )


def _is_finished(delivery: FromClause, before: ColumnElement[float]) -> ColumnElement[bool]:
    """Finished deliveries for which nothing was sent or edited since ``before``."""
    return and_(
        delivery.c.state.in_(_TERMINAL),
        delivery.c.created < before,
        func.coalesce(delivery.c.sent, 0.0) < before,
        func.coalesce(delivery.c.edited, 0.0) < before,
    )
