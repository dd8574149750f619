"""What the ledger says of itself to those who watch over it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, String, func, literal, select, union_all

from bot.store.database import Database
from bot.store.queues import OPEN
from bot.store.tables import deliveries, leases
from bot.store.upserts import upsert


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is due on a platform and not yet made; ``oldest_seconds`` is for how long the oldest has been."""

    platform: str
    due: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Gauges:
    """One reading.

    Attributes:
        now: the moment, in seconds since 1970 by the database's clock.
        waiting: platforms on which something waits.
        last_sent: platform → when something was last sent or edited there, to a second or two; not where nothing ever was.
    """

    now: float
    waiting: tuple[Waiting, ...]
    last_sent: Mapping[str, float]


async def try_writing(database: Database) -> None:
    """Writes a row of its own, so that a disk that is full or a database that is read-only is known.

    Raises:
        DatabaseUnavailable: nothing can be written.
    """
    values = {"lane": "probe", "until": 0.0, "beat": 0}
    statement = upsert(database, leases, values, ["lane"], {"beat": leases.c.beat + 1})
    async with database.write() as connection:
        await connection.execute(statement)


async def read_gauges(database: Database) -> Gauges:
    """Reads the ledger, by its queues alone; who sends on a platform has, or had, a lease that names it and the bot.

    Raises:
        DatabaseUnavailable: it is away.
    """
    async with database.read() as connection:
        now = float((await connection.execute(select(database.now))).scalar_one())
        bots = select(leases.c.lane, leases.c.delivered).where(leases.c.lane.contains(":"))
        lanes = (await connection.execute(bots)).all()
        platforms = {row.lane.partition(":")[0] for row in lanes}
        queues = [_queue(database, platform, state) for platform in platforms for state in OPEN.values()]
        rows = (await connection.execute(union_all(*queues))).all() if queues else []
    number, since, last_sent = dict.fromkeys(platforms, 0), dict.fromkeys(platforms, now), dict[str, float]()
    for platform, due, timed, at_once in rows:
        number[platform] += due
        since[platform] = min(each for each in (since[platform], timed, at_once) if each is not None)
    for row in lanes:
        if row.delivered is not None:
            platform = row.lane.partition(":")[0]
            last_sent[platform] = max(row.delivered, last_sent.get(platform, row.delivered))
    waiting = (Waiting(each, number[each], now - since[each]) for each in sorted(platforms) if number[each])
    return Gauges(now, tuple(waiting), last_sent)


def _queue(database: Database, platform: str, state: ColumnElement[str]) -> Select[tuple[str, int, float, float]]:
    """How much of a state is due, and since when: what is due at an hour, and what at once, since it was made."""
    of_it = (deliveries.c.platform == platform) & (deliveries.c.state == state)
    due = deliveries.c.due <= database.now
    return select(
        literal(platform, String),
        select(func.count()).where(of_it, due).scalar_subquery(),
        select(func.min(deliveries.c.due)).where(of_it, due, deliveries.c.due > 0).scalar_subquery(),
        select(func.min(deliveries.c.created)).where(of_it, deliveries.c.due <= 0).scalar_subquery(),
    )
