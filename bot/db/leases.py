"""Leases: who alone does something, among processes that share a database.

A lease lasts by the database's clock, which all of them see, and is renewed long before it ends. Who waits for one takes
it when it has ended, or when it was not renewed for as long as one lasts, so that a clock set back holds nobody up.
"""

from dataclasses import dataclass, field

import structlog
from sqlalchemy import select, update

from bot.db.engine import Database, insert_into
from bot.db.schema import leases

log = structlog.get_logger("bot.db")


LEASE_SECONDS = 12.0
"""Takeover within 15 s of a holder's death: this, and the pause between two looks."""


OUTAGE_SECONDS = 10.0
"""After so long without an answer the database is away, and not only slow or started anew."""


@dataclass(slots=True)
class Outage:
    """Whether the database answers those who hold or want a lease, which is asked for every second or two.

    An outage is an error in the log, once, whoever notices it; its end is a line. Moments are seconds that only go forward.
    """

    _since: float = float("-inf")
    _last: float = float("-inf")
    _is_told: bool = False

    def failed(self, failure: BaseException, now: float) -> None:
        """It was asked in vain."""
        if now - self._last > OUTAGE_SECONDS:
            self._since, self._is_told = now, False
        self._last = now
        if now - self._since >= OUTAGE_SECONDS and not self._is_told:
            self._is_told = True
            log.error("the database does not answer", why=f"{type(failure).__name__}: {failure}")

    def answered(self, now: float) -> None:
        """It did what it was asked for."""
        if self._is_told:
            log.info("the database answers again", seconds=round(now - self._since))
        self._last, self._is_told = float("-inf"), False


@dataclass(frozen=True, slots=True)
class Sight:
    """A lease as it was seen: ``beat`` changes with every renewal; ``left`` is not above 0 where it, or its rest, is over."""

    holder: str | None
    left: float
    beat: int


@dataclass(frozen=True, slots=True)
class Leases:
    """The leases."""

    database: Database
    outage: Outage = field(default_factory=Outage)

    async def look(self, lane: str) -> Sight:
        """How the lease stands; makes it, free, where there is none yet."""
        statement = select(leases.c.holder, leases.c.until - self.database.now, leases.c.beat)
        async with self.database.read() as connection:
            row = (await connection.execute(statement.where(leases.c.lane == lane))).one_or_none()
        if row is not None:
            return Sight(*row)
        values = {"lane": lane, "until": 0.0, "beat": 0}
        async with self.database.write() as connection:
            await connection.execute(insert_into(self.database, leases).values(values).on_conflict_do_nothing())
        return Sight(None, 0.0, 0)

    async def take(self, lane: str, holder: str, seen: Sight) -> bool:
        """Takes the lease as it was seen; False where it has changed since."""
        changes = {"holder": holder, "until": self.database.now + LEASE_SECONDS, "beat": seen.beat + 1}
        statement = update(leases).where(leases.c.lane == lane, leases.c.beat == seen.beat).values(changes)
        async with self.database.write() as connection:
            return await connection.affect(statement) == 1

    async def renew(self, lane: str, holder: str, *, delivered: bool = False) -> float | None:
        """Holds it for another term. Returns the database's moment; None where somebody else holds it.

        ``delivered``: whether the holder delivered something since the last time.
        """
        mine = (leases.c.lane == lane) & (leases.c.holder == holder)
        changes = {"until": self.database.now + LEASE_SECONDS, "beat": leases.c.beat + 1}
        if delivered:
            changes["delivered"] = self.database.now
        statement = update(leases).where(mine).values(changes).returning(leases.c.until)
        async with self.database.write() as connection:
            until = (await connection.execute(statement)).scalar_one_or_none()
        return None if until is None else float(until) - LEASE_SECONDS

    async def release(self, lane: str, holder: str, rest: float = 0.0) -> None:
        """Gives it up, so that another can take it at once, or after a rest of so many seconds."""
        mine = (leases.c.lane == lane) & (leases.c.holder == holder)
        statement = (
            update(leases).where(mine).values(holder=None, until=self.database.now + rest, beat=leases.c.beat + 1)
        )
        async with self.database.write() as connection:
            await connection.execute(statement)
