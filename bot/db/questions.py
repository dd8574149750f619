"""Daily counts, without names, of unanswered questions; and questions whose askers wait for an answer."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select

from bot.db.batched_counter import BatchedCounter
from bot.db.connection import AsyncConnection
from bot.db.engine import Database, Sleep, upsert
from bot.db.numbers import Key, add_counts
from bot.db.readers import address_of, at, rows_of
from bot.db.retention import QUESTION_DAYS, today
from bot.db.schema import WITHOUT_ANSWER, askers, awaited_questions, counts, readers
from bot.reader import Address

log = structlog.get_logger("bot.db")


QuestionKind = Literal["question", "claim"]

MAX_WORDING = 200
"""The number of characters stored of a question."""


FLUSH_SECONDS = 30.0


_MOST_WAITING = 1000
"""The number of different questions kept in memory until they are written. Further ones are only counted."""


def mark_of(asker: str, key: bytes) -> str:
    """By what different readers are told apart: two bytes, so that of 65,536 readers about one has the same mark, and none can be found by it.

    ``key``: of at most 64 bytes, which the database does not have.
    """
    return blake2b(asker.encode(errors="replace"), digest_size=2, key=key).hexdigest()


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question without an answer. ``wording`` is "" if the words were not stored."""

    language: str
    wording: str
    times: int


@dataclass(frozen=True, slots=True)
class CountedWording:
    """How often a question without an answer, or a claim, was brought in these words on a day. ``day``: since 1970, in UTC."""

    day: int
    kind: QuestionKind
    language: str
    wording: str
    times: int


@dataclass(frozen=True, slots=True)
class UnansweredQuestions:
    """The counts."""

    database: Database

    async def add(
        self,
        asked: Mapping[tuple[str, str], int],
        kind: QuestionKind = "question",
        marks: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Adds to today's counts: language and wording ("": not stored) → times.

        ``marks``: wordings with the marks of who brought them → what that reader chose; "": nothing, or what is known already.
        """
        day, more = today(self.database), Counter[Key]()
        for (language, wording), times in asked.items():
            more[kind, "", language, wording[:MAX_WORDING]] += times
        async with self.database.write() as connection:
            await add_counts(self.database, connection, more)
            for (wording, mark), choice in sorted((marks or {}).items()):
                row = {"wording": wording[:MAX_WORDING], "mark": mark}
                now: dict[str, object] = {"day": day, "choice": choice} if choice else {"day": day}
                await connection.execute(*upsert(self.database, askers, row | now, ("wording", "mark"), now))

    async def commonest(
        self, limit: int, language: str | None = None, kind: QuestionKind = "question"
    ) -> list[UnansweredQuestion]:
        """The most frequent questions of the last 30 days, the commonest first. ``language``: only in that language."""
        columns, times = counts.c, func.sum(counts.c.times).label("times")
        query = select(columns.language, columns.subject, times).group_by(columns.language, columns.subject)
        query = query.where(self._recent, columns.kind == kind)
        if language is not None:
            query = query.where(columns.language == language)
        rows = await self.database.rows(query.order_by(times.desc(), columns.subject).limit(limit))
        return [UnansweredQuestion(row.language, row.subject, int(row.times)) for row in rows]

    async def by_day(self, limit: int) -> list[CountedWording]:
        """The counts of the last 30 days, of at most ``limit`` different wordings, the most frequent ones; and of words that were not kept."""
        columns = counts.c
        frequent = (
            select(columns.subject)
            .where(self._recent, columns.subject != "")
            .group_by(columns.subject)
            .order_by(func.sum(columns.times).desc(), columns.subject)
            .limit(limit)
        )
        rows = select(columns.day, columns.kind, columns.language, columns.subject, columns.times).where(
            self._recent, or_(columns.subject == "", columns.subject.in_(frequent))
        )
        return [CountedWording(*row) for row in await self.database.rows(rows)]

    @property
    def _recent(self) -> ColumnElement[bool]:
        return WITHOUT_ANSWER & (counts.c.day > today(self.database) - QUESTION_DAYS)

    async def marks(self) -> dict[str, dict[str, str]]:
        """Wording → the marks of the readers who brought it in the last 30 days → what each chose; "": nothing."""
        marks: dict[str, dict[str, str]] = defaultdict(dict)
        recent = select(askers).where(askers.c.day > today(self.database) - QUESTION_DAYS)
        for row in await self.database.rows(recent):
            marks[row.wording][row.mark] = row.choice or ""
        return dict(marks)


MAX_AWAITED = 20
"""The number of questions that one chat may await; a further one replaces the oldest."""


@dataclass(frozen=True, slots=True)
class AwaitedQuestion:
    """A question whose asker waits for an answer, or a claim whose asker waits for a verdict.

    ``language``: the asker's. ``asked``: the moment of the press.
    """

    id: int
    address: Address
    question: str
    language: str
    kind: QuestionKind = "question"
    asked: float = 0.0


@dataclass(frozen=True, slots=True)
class AwaitedQuestions:
    """The questions that wait for an answer."""

    database: Database

    async def add(self, reader_id: int, question: str, language: str, kind: QuestionKind = "question") -> int:
        """Stores a question, unless the reader awaits it already. Returns its id."""
        of_reader = awaited_questions.c.reader_id == reader_id
        stored = "claim" if kind == "claim" else "told"  # that editors read it
        row = {"reader_id": reader_id, "question": question, "language": language, "kind": stored}
        is_same = and_(*(awaited_questions.c[name] == value for name, value in row.items()))
        ids = select(awaited_questions.c.id).order_by(awaited_questions.c.id.desc())
        latest = ids.where(of_reader).limit(MAX_AWAITED)
        async with self.database.write() as connection:
            if existing := await connection.scalars(ids.where(is_same)):
                return int(existing[0])
            new = insert(awaited_questions).values(**row, asked=self.database.now)
            number = int(await connection.scalar(new.returning(awaited_questions.c.id)))
            kept = await connection.scalars(latest)
            await connection.execute(delete(awaited_questions).where(of_reader, awaited_questions.c.id.not_in(kept)))
        return number

    async def all(self) -> list[AwaitedQuestion]:
        """Every question, the oldest first."""
        query = select(awaited_questions, readers.c.platform, readers.c.chat, readers.c.thread).join(readers)
        found = []
        for row in await self.database.rows(query.order_by(awaited_questions.c.id)):
            kind: QuestionKind = "claim" if row.kind == "claim" else "question"
            found.append(AwaitedQuestion(row.id, address_of(row), row.question, row.language, kind, row.asked))
        return found

    async def count(self, *addresses: Address) -> int:
        """How many are stored of these readers."""
        return await rows_of(self.database, awaited_questions, addresses)

    async def take(self, connection: AsyncConnection, number: int) -> int | None:
        """Deletes a question in the transaction that answers it. Returns its reader; None if it was deleted before."""
        taken = delete(awaited_questions).where(awaited_questions.c.id == number)
        reader: int | None = await connection.scalar(taken.returning(awaited_questions.c.reader_id))
        return reader

    async def forget(self, address: Address, number: int | None = None) -> int:
        """Deletes one question of a reader (None: all of them); returns how many were deleted."""
        of_reader = awaited_questions.c.reader_id.in_(select(readers.c.id).where(at(address)))
        chosen = of_reader if number is None else of_reader & (awaited_questions.c.id == number)
        return await self.database.change(delete(awaited_questions).where(chosen))


@dataclass(slots=True)
class UnansweredCounter(BatchedCounter[tuple[str, str, str, str]]):
    """Counts in memory and writes every half minute, so that a flood of questions is not a flood of writes.

    Attributes:
        store: where the counts are written.
        stores_words: whether the words are stored, or only their number.
        kind: what is counted.
        key: of the marks by which askers are told apart.
    """

    store: UnansweredQuestions
    stores_words: bool
    kind: QuestionKind = "question"
    key: bytes = b""

    def note(self, language: str, wording: str, asker: str | None = None, choice: str = "") -> None:
        """Counts a question. The caller has removed everything that identifies a person. ``asker``: None: all such are taken for one reader.

        ``choice``: what its asker chose of what was offered for it; the question itself was counted before. "": it is the question.
        """
        key = (language, wording, mark_of(asker, self.key) if asker else "", choice)
        is_kept = self.stores_words and wording and (key in self._waiting or len(self._waiting) < _MOST_WAITING)
        if is_kept or not choice:
            key = key if is_kept else (language, "", "", "")
            self._waiting[key] = self._waiting.pop(key, 0) + 1  # the latest last

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        """Writes every half minute until cancelled, and then once more."""
        await self.repeat(self.store.database, FLUSH_SECONDS, sleep)

    async def write(self, waiting: Counter[tuple[str, str, str, str]]) -> None:
        asked, marks = Counter[tuple[str, str]](), dict[tuple[str, str], str]()
        for (language, wording, mark, choice), times in waiting.items():
            if not choice:
                asked[language, wording] += times
            if wording:
                marks[wording, mark] = choice or marks.get((wording, mark), "")
        await self.store.add(asked, self.kind, marks)
