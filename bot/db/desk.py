"""Drafts of bulletins with all their versions, decisions on them, and who is signed in at the desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, NewType

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import AnyRow, Database
from bot.db.schema import (
    desk_links,
    desk_sessions,
    draft_decisions,
    draft_versions,
    drafts,
)
from bot.dossier.models import BulletinId, Language

DraftId = NewType("DraftId", int)

DraftState = Literal[
    "draft", "review", "approved", "scheduled", "sending", "sent", "corrected", "withdrawal", "withdrawn", "deleted"
]
"""As editors see it. The table holds no scheduled, sending or corrected, which the ledger tells (:mod:`bot.newsroom.desk_rules`)."""

Action = Literal["save", "submit", "return", "approve", "send", "take_back", "discard", "withdraw", "delete", "files"]
"""``files`` is done by nobody: files of the dossier have changed what a bulletin prints."""

LINK_SECONDS = 600.0
"""How long a link that signs somebody in is valid."""

SESSION_SECONDS = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Person:
    """An editor: the account, for example telegram:123, and the name that others read."""

    account: str
    name: str
    language: Language


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft. Moments are seconds since 1970.

    Attributes:
        state: never scheduled, sending or corrected.
        version: the latest.
        title: of the latest version, in the dossier's default language.
        changed_by: who saved the latest version, or asked for its withdrawal.
        approved: when any version was approved, or sent without; the last time. None: none ever was.
        bulletin_id, day: of the bulletin; None if it was never sent.
        sent_version: the version in the ledger; None if there is none.
        send_at: when it goes to its audience.
        corrected: when last; None if never.
        reason: of a withdrawal.
    """

    id: DraftId
    state: DraftState
    version: int
    title: str
    created: float
    changed: float
    changed_by: str
    approved: float | None
    bulletin_id: BulletinId | None
    day: str | None
    sent_version: int | None
    send_at: float | None
    corrected: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What was saved: as in a bulletin's file (:mod:`bot.newsroom.draft_content`)."""

    draft: DraftId
    version: int
    content: Mapping[str, Any]
    saved: float
    saved_by: str
    name: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts. Methods that take a connection run in its transaction."""

    database: Database

    async def all(self, limit: int = 200) -> Sequence[Draft]:
        """The drafts, the one that changed last first."""
        statement = select(drafts).order_by(drafts.c.changed.desc(), drafts.c.id.desc()).limit(limit)
        async with self.database.read() as connection:
            return [_draft(row) for row in await connection.execute(statement)]

    async def get(self, draft: DraftId) -> Draft | None:
        """A draft; None if there is none."""
        async with self.database.read() as connection:
            return await self.read(connection, draft)

    async def read(self, connection: AsyncConnection, draft: DraftId) -> Draft | None:
        """As :meth:`get`."""
        row = (await connection.execute(select(drafts).where(drafts.c.id == draft))).one_or_none()
        return _draft(row) if row else None

    async def version(self, draft: DraftId, version: int) -> Version | None:
        """A saved version; None if there is none."""
        async with self.database.read() as connection:
            return await self.read_version(connection, draft, version)

    async def read_version(self, connection: AsyncConnection, draft: DraftId, version: int) -> Version | None:
        """As :meth:`version`."""
        one = (draft_versions.c.draft_id == draft) & (draft_versions.c.version == version)
        row = (await connection.execute(select(draft_versions).where(one))).one_or_none()
        return Version(row.draft_id, row.version, row.content, row.saved, row.saved_by, row.name) if row else None

    async def sent(self) -> Sequence[tuple[Draft, Mapping[str, Any]]]:
        """The drafts that are in the ledger and not withdrawn, each with the content that was sent."""
        async with self.database.read() as connection:
            return await self.read_sent(connection)

    async def read_sent(self, connection: AsyncConnection) -> Sequence[tuple[Draft, Mapping[str, Any]]]:
        """As :meth:`sent`."""
        same = (draft_versions.c.draft_id == drafts.c.id) & (draft_versions.c.version == drafts.c.sent_version)
        statement = (
            select(drafts, draft_versions.c.content)
            .join(draft_versions, same)
            .where(drafts.c.state != "withdrawn")
            .order_by(drafts.c.id)
        )
        return [(_draft(row), row.content) for row in await connection.execute(statement)]

    async def add(
        self,
        connection: AsyncConnection,
        person: Person,
        title: str,
        content: Mapping[str, Any],
        now: float,
        **also: Any,
    ) -> Draft:
        """A new draft, with its first version. ``also``: other columns."""
        by = {"changed": now, "changed_by": person.account}
        values = {"state": "draft", "version": 1, "title": title, "created": now, **by, **also}
        draft = _draft((await connection.execute(insert(drafts).values(values).returning(drafts))).one())
        await self._add_version(connection, draft, person, content, now)
        return draft

    async def save(
        self,
        connection: AsyncConnection,
        draft: Draft,
        person: Person,
        title: str,
        content: Mapping[str, Any],
        now: float,
    ) -> Draft | None:
        """Saves a new version; None if ``draft`` is not the latest any more."""
        changes = {"version": draft.version + 1, "title": title, "changed": now, "changed_by": person.account}
        saved = await self.change(connection, draft, state="draft", **changes)
        if saved is not None:
            await self._add_version(connection, saved, person, content, now)
        return saved

    async def change(self, connection: AsyncConnection, draft: Draft, **changes: Any) -> Draft | None:
        """Makes the changes if state and version are still those of ``draft``, so that the first decision counts; else None."""
        still = (drafts.c.id == draft.id) & (drafts.c.state == draft.state) & (drafts.c.version == draft.version)
        still &= drafts.c.sent_version.is_not_distinct_from(draft.sent_version)
        row = (await connection.execute(update(drafts).where(still).values(**changes).returning(drafts))).one_or_none()
        return _draft(row) if row else None

    async def note(
        self,
        connection: AsyncConnection,
        draft: Draft,
        action: Action,
        person: Person,
        now: float,
        *,
        override: bool = False,
        reason: str | None = None,
    ) -> None:
        """Records a decision."""
        values = {
            "draft_id": draft.id,
            "version": draft.version,
            "action": action,
            "decided": now,
            "decided_by": person.account,
            "name": person.name,
            "override": override,
            "reason": reason,
        }
        await connection.execute(insert(draft_decisions).values(values))

    async def note_correction(
        self, connection: AsyncConnection, name: BulletinId, language: Language, now: float
    ) -> None:
        """Records that files of the dossier have corrected a bulletin."""
        of_it = update(drafts).where(drafts.c.bulletin_id == name).values(corrected=now, changed=now)
        row = (await connection.execute(of_it.returning(drafts))).one_or_none()
        if row is not None:
            await self.note(connection, _draft(row), "files", Person("", "Nota", language), now)

    async def decisions(self, draft: DraftId) -> Sequence[AnyRow]:
        """The decisions on a draft, the latest first."""
        async with self.database.read() as connection:
            return await self.read_decisions(connection, draft)

    async def read_decisions(self, connection: AsyncConnection, draft: DraftId) -> Sequence[AnyRow]:
        """As :meth:`decisions`."""
        statement = select(draft_decisions).where(draft_decisions.c.draft_id == draft)
        return (await connection.execute(statement.order_by(draft_decisions.c.id.desc()))).all()

    async def _add_version(
        self, connection: AsyncConnection, draft: Draft, person: Person, content: Mapping[str, Any], now: float
    ) -> None:
        values = {
            "draft_id": draft.id,
            "version": draft.version,
            "content": dict(content),
            "saved": now,
            "saved_by": person.account,
            "name": person.name,
        }
        await connection.execute(insert(draft_versions).values(values))


def _draft(row: AnyRow) -> Draft:
    return Draft(**{name: getattr(row, name) for name in Draft.__slots__})


@dataclass(frozen=True, slots=True)
class SignIns:
    """Links and sessions. Only digests of their tokens are stored."""

    database: Database

    async def invite(self, token: str, person: Person) -> None:
        """Stores a link, and deletes what has expired."""
        async with self.database.write() as connection:
            now = await self.database.moment(connection)
            for table in (desk_links, desk_sessions):
                await connection.execute(delete(table).where(table.c.expires <= now))
            await connection.execute(insert(desk_links).values(_row(token, person, now + LINK_SECONDS)))

    async def is_valid(self, token: str) -> bool:
        """Whether a link can still be used."""
        valid = (desk_links.c.digest == _digest(token)) & (desk_links.c.expires > self.database.now)
        async with self.database.read() as connection:
            return (await connection.execute(select(desk_links.c.digest).where(valid))).first() is not None

    async def enter(self, token: str, session: str) -> Person | None:
        """Uses a link up and opens the session; None if the link was used before, has expired or is not ours."""
        async with self.database.write() as connection:
            now = await self.database.moment(connection)
            used = (desk_links.c.digest == _digest(token)) & (desk_links.c.expires > now)
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
        valid = (desk_sessions.c.digest == _digest(session)) & (desk_sessions.c.expires > self.database.now)
        async with self.database.read_once() as connection:
            row = (await connection.execute(select(desk_sessions).where(valid))).one_or_none()
        return _person(row) if row else None

    async def set_language(self, session: str, language: Language) -> None:
        """The language in which this person reads the desk."""
        one = update(desk_sessions).where(desk_sessions.c.digest == _digest(session))
        async with self.database.write() as connection:
            await connection.execute(one.values(language=language))

    async def leave(self, person: str) -> None:
        """Ends every session and link of a person."""
        async with self.database.write() as connection:
            for table in (desk_links, desk_sessions):
                await connection.execute(delete(table).where(table.c.person == person))


def _row(token: str, person: Person, expires: float) -> dict[str, Any]:
    return {
        "digest": _digest(token),
        "person": person.account,
        "name": person.name,
        "language": person.language,
        "expires": expires,
    }


def _person(row: AnyRow) -> Person:
    return Person(row.person, row.name, Language(row.language))


def _digest(token: str) -> str:
    return sha256(token.encode(errors="surrogateescape")).hexdigest()
