"""Bulletins and their revisions, as the ledger keeps them. For use inside a transaction of the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, literal, or_, select, update

from bot.store.database import Database
from bot.store.engine import AnyRow, AsyncConnection
from bot.store.tables import bulletin_texts, bulletins, editions
from bot.store.upserts import upsert

DESK_KEPT_SECONDS = 30 * 24 * 3600.0

_TURN_LOCK = 0x6E6F7462
"""The advisory lock by which processes take turns; migrations have another one."""

DESK = "desk"
"""The origin of what is written for editors alone, and changes with what they do: that is no correction."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a revision says in a language; ``since``, in seconds since 1970, is when it began to."""

    language: str
    digest: str
    article: str
    retracted: bool = False
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Bulletins:
    """The bulletins."""

    database: Database

    async def take_turn(self, connection: AsyncConnection) -> float:
        """Waits until no other process compares, and returns the database's moment. The turn lasts for the transaction.

        SQLite has one writer anyhow. PostgreSQL: functions-admin.html#FUNCTIONS-ADVISORY-LOCKS.
        """
        if not self.database.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(_TURN_LOCK)))
        return await self.moment(connection)

    async def moment(self, connection: AsyncConnection) -> float:
        """Seconds since 1970 by the database's clock."""
        return float((await connection.execute(select(self.database.now))).scalar_one())

    async def latest_edition(self, connection: AsyncConnection) -> AnyRow | None:
        """The edition compared last; None where none was."""
        statement = select(editions).order_by(editions.c.compared.desc()).limit(1)
        return (await connection.execute(statement)).one_or_none()

    async def is_compared(self, connection: AsyncConnection, version: str) -> bool:
        """Whether an edition was ever compared."""
        found = select(editions.c.version).where(editions.c.version == version)
        return (await connection.execute(found)).one_or_none() is not None

    async def put_edition(self, connection: AsyncConnection, version: str, facts: object, now: float) -> None:
        """Keeps that an edition was compared."""
        values = {"version": version, "compared": now, "facts": facts}
        await connection.execute(upsert(self.database, editions, values, ["version"], values))

    async def known(self, connection: AsyncConnection, origin: str, names: Iterable[str] = ()) -> Sequence[AnyRow]:
        """The bulletins of an origin, with the language and digest of each text of their latest revision.

        ``names`` are bulletins that belong to it from now on, wherever they come from.
        """
        latest = (bulletin_texts.c.bulletin_id == bulletins.c.id) & (bulletin_texts.c.revision == bulletins.c.revision)
        texts = (bulletin_texts.c.language.label("text_language"), bulletin_texts.c.digest)
        of_it = or_(bulletins.c.origin == origin, bulletins.c.id.in_(list(names)))
        statement = select(bulletins, *texts).join(bulletin_texts, latest).where(of_it)
        return (await connection.execute(statement)).all()

    async def get(self, connection: AsyncConnection, name: str) -> AnyRow | None:
        """A bulletin as it stands; None where there is none of that id."""
        return (await connection.execute(select(bulletins).where(bulletins.c.id == name))).one_or_none()

    async def put(
        self, connection: AsyncConnection, name: str, columns: Mapping[str, Any], texts: Iterable[Text], now: float
    ) -> None:
        """Keeps a bulletin's new state; where ``texts`` are given, they are those of its revision."""
        values = {"id": name, "changed": now, **columns}
        await connection.execute(upsert(self.database, bulletins, values, ["id"], values))
        for text in texts:
            await self._put_text(connection, name, int(columns["revision"]), text, now)

    async def change(self, connection: AsyncConnection, name: str, **columns: object) -> None:
        """Changes columns of a bulletin."""
        await connection.execute(update(bulletins).where(bulletins.c.id == name).values(**columns))

    async def retract(self, connection: AsyncConnection, name: str, revision: int, now: float) -> None:
        """Keeps that a bulletin was withdrawn: a revision of the same words, marked."""
        await connection.execute(
            insert(bulletin_texts).from_select(
                ["bulletin_id", "revision", "language", "digest", "article", "retracted", "since"],
                select(
                    bulletin_texts.c.bulletin_id,
                    literal(revision),
                    bulletin_texts.c.language,
                    bulletin_texts.c.digest,
                    bulletin_texts.c.article,
                    literal(True),
                    literal(now),
                ).where(bulletin_texts.c.bulletin_id == name, bulletin_texts.c.revision == revision - 1),
            )
        )
        await self.change(connection, name, revision=revision, state="retracted", changed=now)

    async def ripe(self, connection: AsyncConnection, now: float) -> Sequence[AnyRow]:
        """The scheduled bulletins whose time has come, in the order in which they are to be sent."""
        due = (bulletins.c.state == "scheduled") & (bulletins.c.not_before <= now)
        order = (bulletins.c.not_before, bulletins.c.day, bulletins.c.id)
        return (await connection.execute(select(bulletins).where(due).order_by(*order))).all()

    async def soonest(self) -> float | None:
        """In how many seconds the next scheduled bulletin is to be published; None where none is."""
        earliest = select(func.min(bulletins.c.not_before) - self.database.now).where(bulletins.c.state == "scheduled")
        async with self.database.read() as connection:
            found: float | None = (await connection.execute(earliest)).scalar_one_or_none()
        return found

    async def text(self, name: str, revision: int, language: str) -> Text | None:
        """What a revision says in a language, or in the bulletin's own where it has no text in that one."""
        same = (bulletin_texts.c.bulletin_id == name) & (bulletin_texts.c.revision == revision)
        statement = select(bulletin_texts, bulletins.c.language.label("own")).join(bulletins).where(same)
        async with self.database.read() as connection:
            rows = {row.language: row for row in await connection.execute(statement)}
        row = rows.get(language) or next((row for row in rows.values() if row.language == row.own), None)
        return Text(row.language, row.digest, row.article, row.retracted, row.since) if row else None

    async def forget_old(self) -> int:
        """Drops what was written for editors and has not changed for long, its messages' rows too; returns how many."""
        old = (bulletins.c.origin == DESK) & (bulletins.c.changed < self.database.now - DESK_KEPT_SECONDS)
        async with self.database.write() as connection:
            return await connection.affect(delete(bulletins).where(old))

    async def _put_text(self, connection: AsyncConnection, name: str, revision: int, text: Text, now: float) -> None:
        key = {"bulletin_id": name, "revision": revision, "language": text.language}
        values = {"digest": text.digest, "article": text.article, "retracted": text.retracted, "since": now}
        await connection.execute(upsert(self.database, bulletin_texts, {**key, **values}, list(key), values))
