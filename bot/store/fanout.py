"""From bulletins to deliveries: whole audiences at once, inside the database, so that memory stays flat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, update

from bot.store.audience import audiences, wanting
from bot.store.claims import UNSENT
from bot.store.database import Database
from bot.store.engine import AsyncConnection
from bot.store.records import WITHDRAWN
from bot.store.tables import CROSSPOST_DROPPED, CROSSPOST_DUE, deliveries, readers, subscriptions
from bot.store.upserts import insert_into

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
