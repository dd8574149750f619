"""Questions that found no answer and claims that nobody reviewed, counted by day: what editors should write about next.

No names are stored.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import structlog
from sqlalchemy import ColumnElement, Integer, cast, delete, func, select

from bot.db.engine import DATABASE_AWAY, Database, Sleep, upsert, within
from bot.db.schema import unanswered_questions

log = structlog.get_logger("bot.db")


Kind = Literal["question", "claim"]

KEPT_DAYS = 30


MAX_WORDING = 200
"""Characters kept of a question."""


FLUSH_SECONDS = 30.0


LAST_SECONDS = 2.0
"""How long the last write may take."""


_MOST_WAITING = 1000
"""Different questions that wait to be written. Of further ones only the number is kept."""


_DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question that found no answer. ``wording`` is "" if the words were not stored."""

    language: str
    wording: str
    times: int


@dataclass(frozen=True, slots=True)
class UnansweredQuestions:
    """The counts."""

    database: Database

    async def add(self, counts: dict[tuple[str, str], int], kind: Kind = "question") -> None:
        """Adds counts to today's: language and wording ("": not to be stored) → times."""
        today = self._today()
        async with self.database.write() as connection:
            for (language, wording), times in counts.items():
                row = {
                    "day": today,
                    "kind": kind,
                    "language": language,
                    "wording": wording[:MAX_WORDING],
                    "times": times,
                }
                more = {"times": unanswered_questions.c.times + times}
                await connection.execute(
                    upsert(self.database, unanswered_questions, row, ("day", "kind", "language", "wording"), more)
                )

    async def commonest(
        self, limit: int, language: str | None = None, kind: Kind = "question"
    ) -> list[UnansweredQuestion]:
        """The most frequent ones of the last 30 days, the commonest first. ``language``: only in that language."""
        times = func.sum(unanswered_questions.c.times).label("times")
        query = select(unanswered_questions.c.language, unanswered_questions.c.wording, times).group_by(
            unanswered_questions.c.language, unanswered_questions.c.wording
        )
        query = query.where(unanswered_questions.c.kind == kind)
        if language is not None:
            query = query.where(unanswered_questions.c.language == language)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(times.desc(), unanswered_questions.c.wording).limit(limit))
            return [UnansweredQuestion(row.language, row.wording, int(row.times)) for row in rows]

    async def delete_old(self) -> int:
        """Deletes counts older than 30 days; returns how many rows."""
        old = delete(unanswered_questions).where(unanswered_questions.c.day < self._today() - KEPT_DAYS)
        async with self.database.write() as connection:
            return (await connection.execute(old)).rowcount

    def _today(self) -> ColumnElement[int]:
        return cast(func.floor(self.database.now / _DAY_SECONDS), Integer)


@dataclass(slots=True)
class UnansweredCounter:
    """Counts in memory and writes every half minute, so that a flood of questions is not a flood of writes.

    Attributes:
        store: where the counts are written.
        stores_words: whether the words are stored, or only their number.
        kind: what is counted.
    """

    store: UnansweredQuestions
    stores_words: bool
    kind: Kind = "question"
    _waiting: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, language: str, wording: str) -> None:
        """Counts a question. The caller has removed from the words whatever names a person."""
        key = (language, wording if self.stores_words else "")
        self._waiting[key if key in self._waiting or len(self._waiting) < _MOST_WAITING else (language, "")] += 1

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        """Writes every half minute until cancelled, and then once more."""
        try:
            while True:
                await sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            with suppress(TimeoutError):
                await within(LAST_SECONDS, self.flush())

    async def flush(self) -> None:
        """Writes what waits. If the database is away, it goes on waiting."""
        waiting, self._waiting = self._waiting, Counter()
        try:
            if waiting:
                await self.store.add(dict(waiting), self.kind)
        except DATABASE_AWAY as error:
            self._waiting.update(waiting)
            log.warning("unanswered questions were not counted yet", error=type(error).__name__)
