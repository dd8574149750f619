"""Bulletins, their revisions and texts."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import Database, upsert
from bot.db.schema import (
    BULLETIN_WITHDRAWN,
    IS_OPEN,
    PERSONAL,
    bulletin_texts,
    bulletins,
    deliveries,
)

_NEWSROOM_LOCK = 0x6E6F7462
"""The newsroom's advisory lock. Migrations use another one."""

PAUSE_SECONDS = 300.0
"""How long nothing of a bulletin is sent if the process dies that was about to correct or withdraw it."""

_WAS_SEEN = or_(bulletins.c.state == "history", bulletins.c.published.is_not(None))
"""False for bulletins that are scheduled, were tried out only, or were withdrawn unsent."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """The text of a revision in a language. ``since``: when it became valid, in seconds since 1970."""

    language: str
    text_hash: str
    article: str
    withdrawn: bool = False
    since: float = 0.0


def renamed(topics: Iterable[str], moves: Mapping[str, Collection[str]]) -> list[str]:
    """Topics by their present ids."""
    return list(dict.fromkeys(each for topic in topics for each in moves.get(topic, (topic,))))


Revision = tuple[int, float, bool]
"""Number of a revision, since when it is valid, and whether it is withdrawn."""


def corrections(shown_since: float, revisions: Iterable[Revision]) -> list[tuple[int, int]]:
    """The numbers of each revision that readers could see, and of the one that corrects it; ``revisions``: of a bulletin, in order.

    What changed before readers saw it is no correction, and neither is a withdrawal or its end.
    """
    return [
        (before, after)
        for (before, _, was_withdrawn), (after, since, is_withdrawn) in pairwise(revisions)
        if since > shown_since and not (was_withdrawn or is_withdrawn)
    ]


@dataclass(frozen=True, slots=True)
class Bulletins:
    """The bulletins."""

    database: Database

    async def lock_newsroom(self, connection: AsyncConnection) -> float:
        """Takes the newsroom's advisory lock for this transaction; returns the database's time.

        SQLite has one writer at a time. PostgreSQL: functions-admin.html#FUNCTIONS-ADVISORY-LOCKS.
        """
        if not self.database.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(_NEWSROOM_LOCK)))
        return await self.database.moment(connection)

    async def comparable(self, connection: AsyncConnection, names: Collection[str] | None = None) -> Sequence[AnyRow]:
        """The dossier's bulletins, a row for each language of their latest revision, with its digest. ``names``: only these."""
        latest = (bulletin_texts.c.bulletin_id == bulletins.c.id) & (bulletin_texts.c.revision == bulletins.c.revision)
        texts = (bulletin_texts.c.language.label("text_language"), bulletin_texts.c.digest)
        statement = select(bulletins, *texts).join(bulletin_texts, latest).where(bulletins.c.origin.not_in(PERSONAL))
        if names is not None:
            statement = statement.where(bulletins.c.id.in_(list(names)))
        return await connection.rows(statement)

    async def get(self, connection: AsyncConnection, name: str) -> AnyRow | None:
        """The bulletin; None if the id is unknown."""
        return await connection.row(select(bulletins).where(bulletins.c.id == name))

    async def names(self, connection: AsyncConnection, *, of_dossier: bool = False) -> Sequence[str]:
        """The ids of all bulletins; ``of_dossier``: without messages to single readers."""
        statement = select(bulletins.c.id)
        if of_dossier:
            statement = statement.where(bulletins.c.origin.not_in(PERSONAL))
        return await connection.scalars(statement)

    async def put(
        self,
        connection: AsyncConnection,
        name: str,
        columns: Mapping[str, Any],
        texts: Iterable[StoredText],
        now: float,
    ) -> None:
        """Stores a bulletin, and the texts of its revision unless ``texts`` is empty.

        A revision is written once: processes keep its texts in memory (:class:`~bot.delivery.messages.MessageBuilder`).
        """
        values = {"id": name, "changed": now, "paused": None, **columns}
        await connection.execute(*upsert(self.database, bulletins, values, ["id"], values))
        row = {"bulletin_id": name, "revision": columns["revision"], "since": now, "retracted": False}
        rows = [row | {"language": text.language, "digest": text.text_hash, "article": text.article} for text in texts]
        if rows:
            await connection.execute(insert(bulletin_texts), rows)

    async def change(self, connection: AsyncConnection, name: str, **columns: object) -> None:
        """Changes columns of a bulletin."""
        await connection.execute(update(bulletins).where(bulletins.c.id == name).values(**columns))

    async def pause(self, connection: AsyncConnection, names: Collection[str]) -> bool:
        """Stops the sending of bulletins that are about to be corrected or withdrawn; False: it is stopped, or nothing waits.

        To be committed before their deliveries are changed, which takes long where they are many.
        """
        waits = exists().where(deliveries.c.bulletin_id == bulletins.c.id, IS_OPEN)
        may_be_sent = or_(bulletins.c.paused.is_(None), bulletins.c.paused <= self.database.now)
        pauses = update(bulletins).where(bulletins.c.id.in_(names), may_be_sent, waits)
        return (await connection.execute(pauses.values(paused=self.database.now + PAUSE_SECONDS))).rowcount > 0

    async def rename_topics(self, connection: AsyncConnection, moves: Mapping[str, Collection[str]]) -> None:
        """Bulletins are about what their topics have become. ``moves``: former id → present ids."""
        found = select(bulletins.c.id, bulletins.c.topics).where(bulletins.c.origin.not_in(PERSONAL))
        for row in await connection.rows(found):
            if not moves.keys().isdisjoint(row.topics):
                await self.change(connection, row.id, topics=renamed(row.topics, moves))

    async def withdraw(
        self,
        connection: AsyncConnection,
        name: str,
        revision: int,
        now: float,
        with_reason: Callable[[str, str], str] = lambda _, article: article,
    ) -> None:
        """Withdraws a bulletin: its new revision has the same texts, marked as withdrawn.

        ``with_reason``: adds the reason to an article, given its language.
        """
        copied = ("bulletin_id", "language", "digest", "article")
        before = select(*(bulletin_texts.c[column] for column in copied))
        before = before.where(bulletin_texts.c.bulletin_id == name, bulletin_texts.c.revision == revision - 1)
        changed = {"revision": revision, "retracted": True, "since": now}
        rows = [
            {**row._mapping, **changed, "article": with_reason(row.language, row.article)}
            for row in await connection.execute(before)
        ]
        if rows:
            await connection.execute(insert(bulletin_texts), rows)
        await self.change(connection, name, revision=revision, state=BULLETIN_WITHDRAWN, changed=now, paused=None)

    async def due(self, connection: AsyncConnection, now: float) -> Sequence[AnyRow]:
        """The scheduled bulletins whose time has come, in the order of sending."""
        due = (bulletins.c.state == "scheduled") & (bulletins.c.not_before <= now)
        order = (bulletins.c.not_before, bulletins.c.day, bulletins.c.id)
        return await connection.rows(select(bulletins).where(due).order_by(*order))

    async def seen(self, connection: AsyncConnection, names: Iterable[str]) -> set[str]:
        """The ids among ``names`` whose bulletins readers have seen, or are about to: the first are being sent."""
        statement = select(bulletins.c.id).where(bulletins.c.id.in_(list(names)), _WAS_SEEN)
        return set((await connection.execute(statement)).scalars())

    async def sent(self, connection: AsyncConnection) -> Sequence[str]:
        """The ids of the dossier's bulletins that were sent to their audience and are not withdrawn, the oldest first."""
        is_sent = bulletins.c.published.is_not(None) & (bulletins.c.state == "published")
        chosen = select(bulletins.c.id).where(bulletins.c.origin.not_in(PERSONAL), is_sent)
        statement = chosen.order_by(bulletins.c.day, bulletins.c.id)
        return await connection.scalars(statement)

    async def seconds_until_next(self) -> float | None:
        """Seconds until the next scheduled bulletin is due; None: no bulletin is scheduled."""
        earliest = select(func.min(bulletins.c.not_before) - self.database.now).where(bulletins.c.state == "scheduled")
        seconds: float | None = (await self.database.rows(earliest))[0][0]
        return seconds

    async def text(self, name: str, revision: int, language: str) -> StoredText | None:
        """The text of a revision in a language, else in the bulletin's own language; None if the revision is unknown."""
        of_revision = (bulletin_texts.c.bulletin_id == name) & (bulletin_texts.c.revision == revision)
        statement = select(bulletin_texts, bulletins.c.language.label("own")).join(bulletins).where(of_revision)
        rows = {row.language: row for row in await self.database.rows(statement)}
        row = rows.get(language) or next((row for row in rows.values() if row.language == row.own), None)
        return StoredText(row.language, row.digest, row.article, row.retracted, row.since) if row else None

    async def text_hashes(self, connection: AsyncConnection, name: str, revision: int) -> dict[str, str]:
        """Language → the hash of a revision's text."""
        of_revision = (bulletin_texts.c.bulletin_id == name) & (bulletin_texts.c.revision == revision)
        rows = await connection.execute(select(bulletin_texts.c.language, bulletin_texts.c.digest).where(of_revision))
        return {row.language: row.digest for row in rows}

    async def last_change(self, connection: AsyncConnection) -> tuple[float, int]:
        """Changes whenever a bulletin is added, changed or published."""
        latest = select(func.max(bulletins.c.changed), func.max(bulletins.c.published), func.count(bulletins.c.id))
        changed, published, count = (await connection.execute(latest.where(bulletins.c.origin.not_in(PERSONAL)))).one()
        return max(changed or 0.0, published or 0.0), count

    async def revisions(self, connection: AsyncConnection) -> Sequence[AnyRow]:
        """Bulletins that readers have seen, a row for each language of each revision, in order."""
        text = (bulletin_texts.c.revision.label("text_revision"), bulletin_texts.c.language.label("text_language"))
        rest = (bulletin_texts.c.article, bulletin_texts.c.retracted, bulletin_texts.c.since)
        statement = (
            select(bulletins.c.id, bulletins.c.state, bulletins.c.published, *text, *rest)
            .join(bulletin_texts, bulletin_texts.c.bulletin_id == bulletins.c.id)
            .where(bulletins.c.origin.not_in(PERSONAL), _WAS_SEEN)
            .order_by(bulletins.c.id, bulletin_texts.c.revision)
        )
        return await connection.rows(statement)
