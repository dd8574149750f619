"""Who is signed in at the desk, and the links that sign in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, insert, select, union, update

from bot.db.changes import ChangeId, Person
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import Database
from bot.db.page_readers import digest_of
from bot.db.schema import change_decisions, desk_tokens
from bot.dossier.models import Language

LINK_SECONDS = 600.0
"""How long a link is valid that a chat shows at once to whoever asks for it."""

SESSION_SECONDS = 12 * 3600.0

GUEST_SECONDS = 7 * 86400.0
"""How long somebody without an account can look at a change."""

Purpose = Literal["link", "session", "guest", "talking"]


def guest_of(change: ChangeId) -> str:
    """The account of the guests of a change, which has no rights."""
    return f"change {change}"


@dataclass(frozen=True, slots=True)
class SignIns:
    """Links and sessions. Only digests of their tokens are stored."""

    database: Database

    async def invite(
        self, token: str, person: Person, seconds: float = LINK_SECONDS, purpose: Purpose = "link"
    ) -> None:
        """Stores a link, and deletes what has expired. Of a guest's ``person`` the account is :func:`guest_of` the change."""
        async with self.database.write() as connection:
            now = await self._delete_expired(connection)
            await connection.execute(insert(desk_tokens).values(_row(purpose, token, person, now + seconds)))

    async def guests(self, change: ChangeId) -> Sequence[AnyRow]:
        """The links to a change, the first to expire first: ``digest``, ``name``, ``expires`` and ``purpose``."""
        ours = (desk_tokens.c.person == guest_of(change)) & (desk_tokens.c.expires > self.database.now)
        return await self.database.rows(select(desk_tokens).where(ours).order_by(desk_tokens.c.expires))

    async def revoke(self, change: ChangeId, digest: str) -> None:
        """Ends a link to a change."""
        ours = (desk_tokens.c.person == guest_of(change)) & (desk_tokens.c.digest == digest)
        await self.database.change(delete(desk_tokens).where(ours))

    async def delete_expired(self) -> None:
        """Deletes what has expired."""
        async with self.database.write(is_long=True) as connection:
            await self._delete_expired(connection)

    async def _delete_expired(self, connection: AsyncConnection) -> float:
        """Returns the database's time."""
        now = await self.database.moment(connection)
        await connection.execute(delete(desk_tokens).where(desk_tokens.c.expires <= now))
        return now

    async def is_valid(self, token: str) -> bool:
        """Whether a link can still be used."""
        return bool(await self.database.rows(select(desk_tokens.c.digest).where(self._is_valid(token, "link"))))

    async def enter(self, token: str, session: str) -> Person | None:
        """Uses a link up and opens the session; None if the link was used before, has expired or is not ours."""
        async with self.database.write() as connection:
            used = delete(desk_tokens).where(self._is_valid(token, "link")).returning(desk_tokens)
            row = await connection.row(used)
            if row is None:
                return None
            person = _person(row)
            await self.open(session, person, connection)
        return person

    async def open(self, session: str, person: Person, within: AsyncConnection | None = None) -> None:
        """Opens a session, without a link."""
        expires = self.database.now + SESSION_SECONDS
        async with self.database.write(within) as connection:
            await connection.execute(insert(desk_tokens).values(_row("session", session, person, expires)))

    async def person(self, session: str, *purposes: Purpose) -> Person | None:
        """Who is signed in, or has a link for one of the purposes; None if it has ended or is not ours."""
        row = await self.database.row(select(desk_tokens).where(self._is_valid(session, *(purposes or ("session",)))))
        return _person(row) if row else None

    async def names(self, accounts: Collection[str]) -> dict[str, str]:
        """The names of accounts, of those that ever decided something at the desk or are signed in."""
        by, person = change_decisions.c.decided_by, desk_tokens.c.person
        decided = select(by, change_decisions.c.name).where(by.in_(accounts))
        signed_in = select(person, desk_tokens.c.name).where(desk_tokens.c.purpose == "session", person.in_(accounts))
        return {row[0]: row[1] for row in await self.database.rows(union(decided, signed_in))}

    async def set_language(self, session: str, language: Language) -> None:
        """The language in which this person reads the desk."""
        one = update(desk_tokens).where(self._is_valid(session, "session"))
        await self.database.change(one.values(language=language))

    async def leave(self, person: str) -> None:
        """Ends every session and link of a person."""
        await self.database.change(delete(desk_tokens).where(desk_tokens.c.person == person))

    def _is_valid(self, token: str, *purposes: Purpose) -> ColumnElement[bool]:
        same = (desk_tokens.c.digest == digest_of(token)) & desk_tokens.c.purpose.in_(purposes)
        return same & (desk_tokens.c.expires > self.database.now)


def _row(purpose: Purpose, token: str, person: Person, expires: float | ColumnElement[float]) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "digest": digest_of(token),
        "person": person.account,
        "name": person.name,
        "language": person.language,
        "expires": expires,
    }


def _person(row: AnyRow) -> Person:
    return Person(row.person, row.name, Language(row.language))
