"""Who is signed in at the desk, and the links that sign in."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.changes import Person
from bot.db.engine import AnyRow, Database
from bot.db.page_readers import digest_of
from bot.db.schema import change_decisions, desk_links, desk_sessions
from bot.dossier.models import Language

LINK_SECONDS = 600.0
"""How long a link is valid that a chat shows at once to whoever asks for it."""

SESSION_SECONDS = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class SignIns:
    """Links and sessions. Only digests of their tokens are stored."""

    database: Database

    async def invite(self, token: str, person: Person, seconds: float = LINK_SECONDS) -> None:
        """Stores a link, and deletes what has expired."""
        async with self.database.write() as connection:
            now = await self._delete_expired(connection)
            await connection.execute(insert(desk_links).values(_row(token, person, now + seconds)))

    async def delete_expired(self) -> None:
        """Deletes what has expired."""
        async with self.database.write(is_long=True) as connection:
            await self._delete_expired(connection)

    async def _delete_expired(self, connection: AsyncConnection) -> float:
        """Returns the database's time."""
        now = await self.database.moment(connection)
        for table in (desk_links, desk_sessions):
            await connection.execute(delete(table).where(table.c.expires <= now))
        return now

    async def is_valid(self, token: str) -> bool:
        """Whether a link can still be used."""
        valid = (desk_links.c.digest == digest_of(token)) & (desk_links.c.expires > self.database.now)
        return bool(await self.database.rows(select(desk_links.c.digest).where(valid)))

    async def enter(self, token: str, session: str) -> Person | None:
        """Uses a link up and opens the session; None if the link was used before, has expired or is not ours."""
        async with self.database.write() as connection:
            now = await self.database.moment(connection)
            used = (desk_links.c.digest == digest_of(token)) & (desk_links.c.expires > now)
            row = (await connection.execute(delete(desk_links).where(used).returning(desk_links))).one_or_none()
            if row is None:
                return None
            person = _person(row)
            await connection.execute(insert(desk_sessions).values(_row(session, person, now + SESSION_SECONDS)))
        return person

    async def open(self, session: str, person: Person) -> None:
        """Opens a session without a link."""
        async with self.database.write() as connection:
            expires = await self.database.moment(connection) + SESSION_SECONDS
            await connection.execute(insert(desk_sessions).values(_row(session, person, expires)))

    async def person(self, session: str) -> Person | None:
        """Who is signed in; None if the session has ended or is not ours."""
        valid = (desk_sessions.c.digest == digest_of(session)) & (desk_sessions.c.expires > self.database.now)
        rows = await self.database.rows(select(desk_sessions).where(valid))
        return _person(rows[0]) if rows else None

    async def names(self, accounts: Collection[str]) -> dict[str, str]:
        """The names of accounts, of those that ever decided something at the desk or are signed in."""
        decided = select(change_decisions.c.decided_by, change_decisions.c.name)
        signed_in = select(desk_sessions.c.person, desk_sessions.c.name)
        both = union(
            decided.where(change_decisions.c.decided_by.in_(accounts)),
            signed_in.where(desk_sessions.c.person.in_(accounts)),
        )
        return {row[0]: row[1] for row in await self.database.rows(both)}

    async def set_language(self, session: str, language: Language) -> None:
        """The language in which this person reads the desk."""
        one = update(desk_sessions).where(desk_sessions.c.digest == digest_of(session))
        await self.database.change(one.values(language=language))

    async def leave(self, person: str) -> None:
        """Ends every session and link of a person."""
        async with self.database.write() as connection:
            for table in (desk_links, desk_sessions):
                await connection.execute(delete(table).where(table.c.person == person))


def _row(token: str, person: Person, expires: float) -> dict[str, Any]:
    return {
        "digest": digest_of(token),
        "person": person.account,
        "name": person.name,
        "language": person.language,
        "expires": expires,
    }


def _person(row: AnyRow) -> Person:
    return Person(row.person, row.name, Language(row.language))
