"""Reading the ledger: what became of bulletins, in numbers and row by row."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from bot.store.bulletins import DESK
from bot.store.database import Database
from bot.store.engine import AnyRow
from bot.store.tables import CROSSPOST_DUE, CROSSPOST_REFUSED, bulletins, deliveries, readers

SLOWEST = 5
"""How many of the slowest deliveries are shown."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads; changes nothing."""

    database: Database

    async def bulletins(self) -> Sequence[AnyRow]:
        """Every bulletin for readers, newest first, with its deliveries by state in ``counts``-like columns."""
        number = {state: func.sum(case((_state(self.database) == state, 1), else_=0)) for state in STATES}
        statement = (
            select(bulletins, *(func.coalesce(each, 0).label(f"n_{state}") for state, each in number.items()))
            .outerjoin(deliveries)
            .where(bulletins.c.origin != DESK)
            .group_by(bulletins.c.id)
            .order_by(bulletins.c.day.desc(), bulletins.c.id.desc())
        )
        return await self._all(statement)

    async def bulletin(self, name: str) -> AnyRow | None:
        """One bulletin; None where the ledger has none of that id."""
        return next(iter(await self._all(select(bulletins).where(bulletins.c.id == name))), None)

    async def counts(self, name: str) -> Sequence[AnyRow]:
        """A bulletin's deliveries by platform, language and state."""
        state = _state(self.database).label("state")
        spoken = func.coalesce(deliveries.c.language, readers.c.language, readers.c.heard_language).label("language")
        statement = (
            select(deliveries.c.platform, spoken, state, func.count().label("number"))
            .join(readers)
            .where(deliveries.c.bulletin_id == name)
            .group_by(deliveries.c.platform, spoken, state)
            .order_by(deliveries.c.platform, spoken, state)
        )
        return await self._all(statement)

    async def failures(self, name: str) -> Sequence[AnyRow]:
        """Why deliveries failed, were dropped, or are tried again: each reason, how often, and one chat of it."""
        state = _state(self.database).label("state")
        statement = (
            select(
                state,
                deliveries.c.reason,
                func.count().label("number"),
                func.min(readers.c.chat_id).label("chat_id"),
            )
            .join(readers)
            .where(deliveries.c.bulletin_id == name, deliveries.c.reason.is_not(None))
            .group_by(state, deliveries.c.reason)
            .order_by(func.count().desc(), deliveries.c.reason)
        )
        return await self._all(statement)

    async def slowest(self, name: str) -> Sequence[AnyRow]:
        """The deliveries that took longest from when they were due first; held ones are not slow."""
        took = (deliveries.c.sent - _wanted_from()).label("seconds")
        statement = (
            select(deliveries.c.platform, readers.c.chat_id, took)
            .join(readers)
            .where(deliveries.c.bulletin_id == name, deliveries.c.sent.is_not(None))
            .order_by(took.desc())
            .limit(SLOWEST)
        )
        return await self._all(statement)

    async def rows(self, name: str | None) -> AsyncIterator[AnyRow]:
        """Every delivery, of one bulletin or of all, one after the other however many there are."""
        columns = [each for each in deliveries.c if each.name not in ("holder", "reader_id")]
        statement = select(*columns, readers.c.chat_id, readers.c.thread_id, readers.c.title).join(readers)
        if name is not None:
            statement = statement.where(deliveries.c.bulletin_id == name)
        async with self.database.snapshot() as connection:
            async for row in connection.stream(statement.order_by(deliveries.c.id)):
                yield row

    async def _all(self, statement: Select[Any]) -> Sequence[AnyRow]:
        async with self.database.read() as connection:
            rows: Sequence[AnyRow] = (await connection.execute(statement)).all()
        return rows


STATES = ("due", "held", "retry", "claimed", "delivered", "crosspost", "failed", "dropped")
"""A delivery's states as they are shown: ``held`` is one that is due later; of one in ``crosspost`` the message stands in the
channel, and its followers have not got it: the crosspost waits, or was refused."""


def _state(database: Database) -> ColumnElement[str]:
    later = (deliveries.c.state == "due") & (deliveries.c.due > database.now)
    uncrossposted = deliveries.c.crosspost.in_((CROSSPOST_DUE, CROSSPOST_REFUSED)) & (
        deliveries.c.state.in_(("due", "retry", "claimed", "delivered")) & (deliveries.c.shown == deliveries.c.wanted)
    )
    return case((uncrossposted, "crosspost"), (later, "held"), else_=deliveries.c.state)


def _wanted_from() -> ColumnElement[float]:
    """Since when a delivery was due; an urgent one since it was made."""
    return case((deliveries.c.due > deliveries.c.created, deliveries.c.due), else_=deliveries.c.created)
