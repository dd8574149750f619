"""Mistakes that readers report to the editors, for 90 days."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from bot.db.connection import AsyncConnection
from bot.db.engine import Database
from bot.db.readers import rows_of
from bot.db.schema import readers, reports
from bot.reader import Address


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader reported.

    Attributes:
        reader_id: who gets the answer; None: it came from the page, where nobody can be answered.
        platform: of the reader's chat; None: the page.
        language: the reader's.
        page: the address of the page without its host; "": it came from a chat.
        written: the moment.
        answered: when an editor answered it, or closed it; None: nobody has.
        answered_by: the editor's name.
        answer: what the editor wrote; None: nothing, or it is not known.
    """

    id: int
    reader_id: int | None
    platform: str | None
    language: str
    words: str
    page: str
    written: float
    answered: float | None
    answered_by: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports."""

    database: Database

    async def add(
        self, connection: AsyncConnection, reader_id: int | None, language: str, words: str, page: str
    ) -> int:
        """Stores a report; returns its id."""
        row = {"reader_id": reader_id, "language": language, "words": words, "page": page, "written": self.database.now}
        return int(await connection.scalar(insert(reports).values(row).returning(reports.c.id)))

    async def lately(self, connection: AsyncConnection, seconds: float, reader_id: int | None = None) -> int:
        """How many were stored in so many seconds, of one reader or (None) of all."""
        recent = reports.c.written > self.database.now - seconds
        chosen = recent if reader_id is None else recent & (reports.c.reader_id == reader_id)
        return int(await connection.scalar(select(func.count()).select_from(reports).where(chosen)))

    async def all(self, limit: int) -> list[Report]:
        """Those that wait first, the oldest of them first; then those that were answered, the latest first."""
        order = (reports.c.answered.is_not(None), reports.c.answered.desc(), reports.c.id)
        return [Report(**row._mapping) for row in await self.database.rows(_REPORTS.order_by(*order).limit(limit))]

    async def read(self, connection: AsyncConnection, number: int) -> Report | None:
        """A report; None if there is none with this id."""
        row = await connection.row(_REPORTS.where(reports.c.id == number))
        return Report(**row._mapping) if row is not None else None

    async def waiting(self, connection: AsyncConnection) -> int:
        """How many wait for an answer."""
        waiting = select(func.count()).select_from(reports).where(reports.c.answered.is_(None))
        return int(await connection.scalar(waiting))

    async def is_known(self, connection: AsyncConnection, reader_id: int, words: str) -> bool:
        """Whether the reader has reported these words, and nobody has answered yet."""
        same = (reports.c.reader_id == reader_id) & (reports.c.words == words) & reports.c.answered.is_(None)
        return (await connection.execute(select(reports.c.id).where(same))).first() is not None

    async def close(self, connection: AsyncConnection, number: int, name: str, answer: str) -> Report | None:
        """Notes that an editor answered a report, or closed it ("" as the answer); returns it. None if it was answered or deleted before."""
        closed = update(reports).where(reports.c.id == number, reports.c.answered.is_(None)).returning(reports.c.id)
        values = {"answered": self.database.now, "answered_by": name, "answer": answer or None}
        is_closed = await connection.row(closed.values(**values)) is not None
        return await self.read(connection, number) if is_closed else None

    async def count(self, *addresses: Address) -> int:
        """How many are stored of these readers."""
        return await rows_of(self.database, reports, addresses)


_REPORTS = select(reports, readers.c.platform).select_from(reports.outerjoin(readers))
