"""What the ledger says of itself to those who watch over it."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select

from bot.store.database import Database
from bot.store.tables import deliveries


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is due on a platform and not yet made; ``oldest_seconds`` is for how long the oldest has been."""

    platform: str
    due: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Gauges:
    """One reading. ``last_sent`` is in seconds since 1970 by the database's clock, as ``now``; None: nothing ever was."""

    now: float
    waiting: tuple[Waiting, ...]
    last_sent: float | None


async def read_gauges(database: Database) -> Gauges:
    """Reads the ledger; whatever the database raises when it cannot be reached comes through."""
    overdue = or_(deliveries.c.state == "due", deliveries.c.state == "retry") & (deliveries.c.due <= database.now)
    counted = select(deliveries.c.platform, func.count().label("due"), func.min(deliveries.c.due).label("oldest"))
    sent = select(database.now.label("now"), func.max(deliveries.c.sent).label("last"))
    async with database.read() as connection:
        row = (await connection.execute(sent)).one()
        rows = await connection.execute(counted.where(overdue).group_by(deliveries.c.platform))
        waiting = tuple(Waiting(each.platform, each.due, max(0.0, row.now - (each.oldest or row.now))) for each in rows)
    return Gauges(row.now, waiting, row.last)
