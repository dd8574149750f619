"""What became of each bulletin at one reader."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from bot.delivery import Address
from bot.dossier.model import BulletinId, TopicId
from bot.store.bulletins import DESK
from bot.store.database import Database
from bot.store.readers import at
from bot.store.tables import bulletins, deliveries, readers, subscriptions


@dataclass(frozen=True, slots=True)
class Fate:
    """A bulletin at a reader. Moments are seconds since 1970.

    Attributes:
        published: None where it never was sent to anybody.
        subscribed: since when the reader is; None where it is not.
        state: of the delivery; None where there is none.
        due: when it may come at the earliest, or is tried again.
        crosspost: to the followers of an announcement channel: ``due``, ``refused``; None or another where there is nothing to tell.
    """

    bulletin: BulletinId
    bulletin_state: str
    topics: frozenset[TopicId]
    published: float | None
    subscribed: float | None
    state: str | None
    due: float | None
    sent: float | None
    edited: float | None
    reason: str | None
    crosspost: str | None = None


async def fates(database: Database, address: Address, most: int = 10) -> Sequence[Fate]:
    """The last bulletins, newest first, each with what became of it at the address.

    One that never was published, or is under embargo, is there only where it was sent to the address for a trial.
    """
    reader = select(readers.c.id).where(at(address)).scalar_subquery()
    since = select(subscriptions.c.since).where(subscriptions.c.reader_id == reader).scalar_subquery()
    here = and_(deliveries.c.bulletin_id == bulletins.c.id, deliveries.c.reader_id == reader)
    is_out = bulletins.c.not_before <= database.now
    was_seen = or_(bulletins.c.published.is_not(None), bulletins.c.state.in_(("history", "published")))
    statement = (
        select(
            bulletins.c.id,
            bulletins.c.state.label("bulletin_state"),
            bulletins.c.topics,
            bulletins.c.published,
            since.label("since"),
            deliveries.c.state,
            deliveries.c.due,
            deliveries.c.sent,
            deliveries.c.edited,
            deliveries.c.reason,
            deliveries.c.crosspost,
        )
        .select_from(bulletins.outerjoin(deliveries, here))
        .where(bulletins.c.origin != DESK, or_(deliveries.c.id.is_not(None), and_(is_out, was_seen)))
        .order_by(bulletins.c.day.desc(), bulletins.c.id.desc())
        .limit(most)
    )
    async with database.read() as connection:
        rows = (await connection.execute(statement)).all()
    return [
        Fate(
            BulletinId(row.id),
            row.bulletin_state,
            frozenset(map(TopicId, row.topics)),
            row.published,
            row.since,
            row.state,
            row.due,
            row.sent,
            row.edited,
            row.reason,
            row.crosspost,
        )
        for row in rows
    ]
