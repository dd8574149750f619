"""Questions that found no answer, counted by day: what editors should write about next. Nobody's name is kept."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from sqlalchemy import ColumnElement, Integer, cast, delete, func, select

from bot.db.engine import LOST, Database, upsert, within
from bot.db.schema import unanswered

log = structlog.get_logger("bot.db")


KEPT_DAYS = 30


MAX_WORDING = 200
"""Characters kept of a question."""


FLUSH_SECONDS = 30.0


LAST_SECONDS = 2.0
"""How long the last time may take."""


_MOST_WAITING = 1000
"""Different questions that wait to be written; of further ones only the number is."""


_DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that found no answer; ``wording`` is "" where the words were not kept."""

    language: str
    wording: str
    times: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The counts as a whole."""

    database: Database

    async def add(self, counts: dict[tuple[str, str], int]) -> None:
        """Adds up: language and wording ("": it is not to be kept) → times, to today's."""
        today = self._today()
        async with self.database.write() as connection:
            for (language, wording), times in counts.items():
                row = {"day": today, "language": language, "wording": wording[:MAX_WORDING], "times": times}
                more = {"times": unanswered.c.times + times}
                await connection.execute(upsert(self.database, unanswered, row, ("day", "language", "wording"), more))

    async def commonest(self, limit: int, language: str | None = None) -> list[Asked]:
        """The most frequent of the last 30 days, first; ``language``: of that one only."""
        times = func.sum(unanswered.c.times).label("times")
        query = select(unanswered.c.language, unanswered.c.wording, times).group_by(
            unanswered.c.language, unanswered.c.wording
        )
        if language is not None:
            query = query.where(unanswered.c.language == language)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(times.desc(), unanswered.c.wording).limit(limit))
            return [Asked(row.language, row.wording, int(row.times)) for row in rows]

    async def forget_old(self) -> int:
        """Drops what is older than 30 days; returns how many rows."""
        old = delete(unanswered).where(unanswered.c.day < self._today() - KEPT_DAYS)
        async with self.database.write() as connection:
            return await connection.affect(old)

    def _today(self) -> ColumnElement[int]:
        return cast(func.floor(self.database.now / _DAY_SECONDS), Integer)


@dataclass(slots=True)
class Tally:
    """Counts in memory and writes now and then, so that a flood of questions is not a flood of writes.

    Attributes:
        store: where to.
        keeps_words: whether the words are kept, or only how many there were.
    """

    store: Unanswered
    keeps_words: bool
    _waiting: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, language: str, wording: str) -> None:
        """Counts a question; the words without anything that names a person."""
        key = (language, wording if self.keeps_words else "")
        self._waiting[key if key in self._waiting or len(self._waiting) < _MOST_WAITING else (language, "")] += 1

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Writes every half minute until cancelled, and once more then."""
        try:
            while True:
                await sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            with suppress(TimeoutError):
                await within(LAST_SECONDS, self.flush())

    async def flush(self) -> None:
        """Writes what waits; where the database is gone it waits on."""
        waiting, self._waiting = self._waiting, Counter()
        try:
            if waiting:
                await self.store.add(dict(waiting))
        except LOST as error:
            self._waiting.update(waiting)
            log.warning("unanswered questions were not counted yet", error=type(error).__name__)
