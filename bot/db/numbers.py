"""Counts by day, without names, of what readers ask and get: for 400 days.

Answers are counted in memory and added every few seconds in one statement, so that no answer waits for the database. A process that is
killed loses what it counted since.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Integer, cast, delete, func, literal, select

from bot.db.applied_updates import AlreadyApplied, apply_once
from bot.db.batched_counter import BatchedCounter
from bot.db.bulletins import Revision, corrections
from bot.db.connection import AsyncConnection
from bot.db.engine import Database, Sleep, insert_into
from bot.db.retention import today
from bot.db.schema import DESK, WITHOUT_ANSWER, bulletin_texts, bulletins, counts, deliveries, readers, subscriptions
from bot.replies.reply import Reply

FLUSH_SECONDS = 5.0

ROWS = 500
"""Rows in one statement: six values each, of at most 32,766 (sqlite.org/limits.html)."""

CountKind = Literal["answer", "missed", "claim", "helped", "failed", "readers"]
"""What is counted: an answer about a topic (the subject), a question without an answer, a claim (the subject: the verdict, or ``open``), an answer
about a topic that helped or did not, and subscribers."""

OPEN = "open"
"""The subject of a claim on which nothing decides."""

Key = tuple[str, str, str, str]
"""Kind, platform, language, subject."""


@dataclass(frozen=True, slots=True)
class Count:
    """One count."""

    day: int
    kind: CountKind
    platform: str
    language: str
    subject: str
    times: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How many chats a bulletin reached. ``corrections``: how often it was corrected since (:func:`bot.db.bulletins.corrections`)."""

    bulletin: str
    day: str
    platform: str
    chats: int
    corrections: int


@dataclass(frozen=True, slots=True)
class Rating:
    """How often readers said that a topic's answers in a language helped, and that they did not."""

    topic: str
    language: str
    helped: int
    failed: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The counts."""

    database: Database

    async def rate(self, topic: str, platform: str, language: str, *, helped: bool, answer: str) -> None:
        """Counts a rating of one answer, unless that answer was rated before.

        ``answer`` is a random name that the answer's buttons carry. It is noted for three days beside the updates that were
        applied, and says neither who rated nor what.
        """
        rated = {("helped" if helped else "failed", platform, language, topic): 1}
        with suppress(AlreadyApplied):
            async with self.database.write() as connection:
                await apply_once(self.database, connection, f"rating:{answer}")
                await add_counts(self.database, connection, rated)

    async def ratings(self, days: int, language: str | None = None) -> list[Rating]:
        """The ratings of so many days, the least helpful answers first. ``language``: only in that language."""
        times: Counter[tuple[str, str, str]] = Counter()
        for count in await self.since(days):
            if count.kind in ("helped", "failed") and language in (None, count.language):
                times[count.subject, count.language, count.kind] += count.times
        rated = {(topic, spoken) for topic, spoken, _ in times}
        found = [Rating(*key, times[*key, "helped"], times[*key, "failed"]) for key in rated]
        return sorted(found, key=lambda rating: (-rating.failed, rating.topic, rating.language))

    async def note_subscribers(self) -> None:
        """Notes today's subscribers by platform and language, in place of those that were noted earlier today."""
        day = today(self.database)
        language = func.coalesce(readers.c.language, readers.c.detected_language, "")
        now = (
            select(day, literal("readers"), readers.c.platform, language, literal(""), func.count())
            .select_from(subscriptions.join(readers))
            .where(readers.c.suspended_since.is_(None))
            .group_by(readers.c.platform, language)
        )
        async with self.database.write(is_long=True) as connection:
            await connection.execute(delete(counts).where(counts.c.day == day, counts.c.kind == "readers"))
            noted = insert_into(self.database, counts).from_select([*_KEY, "times"], now)
            changed = {"times": noted.excluded.times}  # another process was here at the same moment
            await connection.execute(noted.on_conflict_do_update(index_elements=_KEY, set_=changed))

    async def since(self, days: int) -> list[Count]:
        """The counts of so many days, today's included."""
        recent = (counts.c.day > today(self.database) - days) & ~WITHOUT_ANSWER
        rows = await self.database.rows(select(counts).where(recent).order_by(*counts.primary_key))
        return [Count(row.day, row.kind, row.platform, row.language, row.subject, row.times) for row in rows]

    async def reach(self, limit: int) -> list[Reach]:
        """The latest bulletins with how many chats have each on each platform, the latest first."""
        latest = (
            select(bulletins.c.id, bulletins.c.day, bulletins.c.published)
            .where(bulletins.c.origin.in_((DESK, "dossier", "wire")), bulletins.c.published.is_not(None))
            .order_by(bulletins.c.published.desc(), bulletins.c.id)
            .limit(limit)
            .subquery()
        )
        chats = func.count(deliveries.c.id)
        reached = (deliveries.c.bulletin_id == latest.c.id) & (deliveries.c.shown > 0)
        found = (
            select(latest.c.id, latest.c.day, deliveries.c.platform, chats, latest.c.published)
            .select_from(latest.outerjoin(deliveries, reached))
            .group_by(latest.c.id, latest.c.day, deliveries.c.platform, latest.c.published)
            .order_by(latest.c.day.desc(), latest.c.id, deliveries.c.platform)
        )
        texts, revisions = bulletin_texts.c, dict[str, list[Revision]]()
        of_each = (
            select(texts.bulletin_id, texts.revision, func.max(texts.since), func.max(cast(texts.retracted, Integer)))
            .join(latest, latest.c.id == texts.bulletin_id)
            .group_by(texts.bulletin_id, texts.revision)
            .order_by(texts.bulletin_id, texts.revision)
        )
        async with self.database.read() as connection:
            rows = await connection.rows(found)
            for name, revision, since, retracted in await connection.execute(of_each):
                revisions.setdefault(name, []).append((revision, since, bool(retracted)))
        return [
            Reach(name, day, platform or "", int(chats), len(corrections(published, revisions.get(name, ()))))
            for name, day, platform, chats, published in rows
        ]


_KEY = ("day", "kind", "platform", "language", "subject")


async def add_counts(database: Database, connection: AsyncConnection, more: Mapping[Key, int]) -> None:
    """Adds to today's counts, in their order, so that two processes wait for each other."""
    columns = (*_KEY, "times")
    rows = [dict(zip(columns, (today(database), *key, times), strict=True)) for key, times in sorted(more.items())]
    for start in range(0, len(rows), ROWS):
        added = insert_into(database, counts).values(rows[start : start + ROWS])
        total = counts.c.times + added.excluded.times
        await connection.execute(added.on_conflict_do_update(index_elements=_KEY, set_={"times": total}))


def kinds_of(reply: Reply) -> Iterator[tuple[CountKind, str]]:
    """As what a reply counts: kind and subject. Settings, lists and small talk do not count."""
    if reply.verdict is not None:
        yield "claim", OPEN if reply.awaits_verdict else reply.verdict
    elif reply.unanswered:
        yield "missed", ""
    elif reply.topic is not None:
        yield "answer", reply.topic


@dataclass(slots=True)
class NumberCounter(BatchedCounter[Key]):
    """Counts in memory and adds every few seconds."""

    numbers: Numbers

    def answered(self, platform: str, reply: Reply) -> None:
        """Counts a reply."""
        for kind, subject in kinds_of(reply):
            self.note(kind, platform, reply.language, subject)

    def note(self, kind: CountKind, platform: str, language: str, subject: str = "") -> None:
        """Counts one."""
        self._waiting[kind, platform, language, subject] += 1

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        """Adds every few seconds until cancelled, and then once more."""
        await self.repeat(self.numbers.database, FLUSH_SECONDS, sleep)

    async def write(self, waiting: Counter[Key]) -> None:
        async with self.numbers.database.write() as connection:
            await add_counts(self.numbers.database, connection, waiting)
