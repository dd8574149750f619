"""Leases: they decide which of several processes that share a database does a task.

A lease lasts by the database's clock, which all processes see, and is renewed long before it ends. A waiting process takes it
when it has ended, or when it was not renewed for the length of a lease: so a clock that is set back does not delay the task.
"""

from dataclasses import dataclass

from sqlalchemy import select, update

from bot.db.engine import Database, insert_into
from bot.db.schema import leases

LEASE_SECONDS = 12.0
"""With the pause between two checks, another process takes over within 15 s of a holder's death."""


@dataclass(frozen=True, slots=True)
class LeaseState:
    """A lease when it was read. ``left``: seconds until the lease, or the pause after its release, ends."""

    holder: str | None
    left: float
    renewals: int


@dataclass(frozen=True, slots=True)
class Leases:
    """The leases."""

    database: Database

    async def read(self, name: str) -> LeaseState:
        """Reads a lease; creates a free one if it does not exist."""
        statement = select(leases.c.holder, leases.c.until - self.database.now, leases.c.renewals)
        if row := await self.database.row(statement.where(leases.c.name == name)):
            return LeaseState(*row)
        values = {"name": name, "until": 0.0, "renewals": 0}
        await self.database.change(insert_into(self.database, leases).values(values).on_conflict_do_nothing())
        return LeaseState(None, 0.0, 0)

    async def take(self, name: str, holder: str, seen: LeaseState) -> bool:
        """Takes the lease; False if it has changed since it was read."""
        changes = {"holder": holder, "until": self.database.now + LEASE_SECONDS, "renewals": seen.renewals + 1}
        statement = update(leases).where(leases.c.name == name, leases.c.renewals == seen.renewals).values(changes)
        return await self.database.change(statement) == 1

    async def renew(self, name: str, holder: str, *, delivered: bool = False) -> float | None:
        """Renews the lease. Returns the database's moment; None if somebody else holds the lease.

        ``delivered``: whether the holder delivered something since the last renewal.
        """
        held = (leases.c.name == name) & (leases.c.holder == holder)
        changes = {"until": self.database.now + LEASE_SECONDS, "renewals": leases.c.renewals + 1}
        if delivered:
            changes["delivered"] = self.database.now
        statement = update(leases).where(held).values(changes).returning(leases.c.until)
        async with self.database.write() as connection:
            until = await connection.scalar(statement)
        return None if until is None else float(until) - LEASE_SECONDS

    async def release(self, name: str, holder: str, pause: float = 0.0) -> None:
        """Releases the lease, so that another process can take it after ``pause`` seconds."""
        held = (leases.c.name == name) & (leases.c.holder == holder)
        free = {"holder": None, "until": self.database.now + pause, "renewals": leases.c.renewals + 1}
        await self.database.change(update(leases).where(held).values(free))
