"""How the wire's feeds are: what was seen in each, and when it is asked again."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, update

from bot.dossier.model import FeedId
from bot.store.database import Database
from bot.store.engine import AnyRow, AsyncConnection
from bot.store.upserts import insert_into
from bot.store.wire_tables import wire_feeds


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as it was left.

    Attributes:
        url: as ``feeds.yaml`` gave it then.
        moved_to: where it is now, as its publisher says for good; None where it is still there.
        etag, last_modified: what to ask with; None where the publisher gave none.
        digest: of the last body that was read; None where none was.
        known: the keys of items seen, the latest first; None where it was never read.
        interval: between two fetches, in seconds.
        due: when it is asked again; all moments are seconds since 1970.
        asked: when it was asked last; 0 where never.
        read: when it last answered well; None where never.
        status: what came of it, in a few English words.
        items: how many there were in the last document.
        matches: how many of its items became candidates so far.
        failures: how many there were in a row.
        ended: since when it is gone for good; None where it is not.
        turn: counts the fetches.
    """

    id: FeedId
    url: str
    interval: float
    moved_to: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    known: tuple[str, ...] | None = None
    due: float = 0.0
    asked: float = 0.0
    read: float | None = None
    status: str = "not asked yet"
    items: int = 0
    matches: int = 0
    failures: int = 0
    ended: float | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Feeds:
    """The states of feeds."""

    database: Database

    async def all(self) -> dict[FeedId, FeedState]:
        """Those that were ever asked, without the keys of their items, which may be many (``known`` is None)."""
        columns = [column for column in wire_feeds.c if column is not wire_feeds.c.known]
        async with self.database.read() as connection:
            rows = await connection.execute(select(*columns).order_by(wire_feeds.c.id))
            return {FeedId(row.id): _state(row) for row in rows}

    async def get(self, feed: FeedId) -> FeedState | None:
        """One of them in full; None where it was never asked."""
        async with self.database.read() as connection:
            row = (await connection.execute(select(wire_feeds).where(wire_feeds.c.id == feed))).one_or_none()
        return _state(row) if row else None

    async def put(self, connection: AsyncConnection, state: FeedState) -> bool:
        """Keeps what came of a fetch; False where another process has fetched it since ``state.turn`` was current."""
        values = {**asdict(state), "known": _joined(state.known), "turn": state.turn + 1}
        if state.turn == 0:
            statement = insert_into(self.database, wire_feeds).values(values).on_conflict_do_nothing()
            return await connection.affect(statement) == 1
        current: ColumnElement[bool] = (wire_feeds.c.id == state.id) & (wire_feeds.c.turn == state.turn)
        return await connection.affect(update(wire_feeds).where(current).values(values)) == 1


def _joined(keys: Iterable[str] | None) -> str | None:
    return None if keys is None else " ".join(keys)


def _state(row: AnyRow) -> FeedState:
    values: dict[str, Any] = dict(row._mapping)
    known = values.pop("known", None)
    return FeedState(**values, known=None if known is None else tuple(known.split()))
