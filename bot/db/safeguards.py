"""Safeguards against mistakes: the database's dossier, changes that wait for a confirmation, and the stop of all sending."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import Database, upsert
from bot.db.schema import safeguards

MOST_AT_ONCE = 3
"""The number of bulletins in messages that files may correct, withdraw or restore at once. More wait for a confirmation: the
cause is more likely a wrong folder or branch than a decision."""


@dataclass(frozen=True, slots=True)
class SafeguardState:
    """The row. Moments are seconds since 1970.

    Attributes:
        dossier: the id of the dossier that the database belongs to; None: none yet.
        held: the hash of the changes that wait for a confirmation; None: there are none.
        held_changes: bulletin → what would be done.
        confirmed: the hash of the changes that somebody confirmed, until they are made; "": of what was held, a change has come into
            force, so the next comparison finds anew what waits.
        stopped: since when nothing is sent; None: messages are sent.
        stopped_by: the account, or the command.
        former_topics: former id of a topic → a later id of it, as far as was ever known; None: no topic ever had a former id.
    """

    dossier: str | None = None
    held: str | None = None
    held_changes: Mapping[str, str] | None = None
    confirmed: str | None = None
    stopped: float | None = None
    stopped_by: str | None = None
    former_topics: Mapping[str, str] | None = None


NOT_STOPPED: ColumnElement[bool] = ~exists().where(safeguards.c.stopped.is_not(None))
"""Whether messages are sent, for the statements that claim deliveries and check them."""


@dataclass(frozen=True, slots=True)
class Safeguards:
    """The safeguards. All processes obey them: each reads the database right before it acts."""

    database: Database

    async def get(self, within: AsyncConnection | None = None) -> SafeguardState:
        """The row, or that of a new database."""
        columns = (safeguards.c[name] for name in SafeguardState.__slots__)
        async with self.database.read(within) as connection:
            row = (await connection.execute(select(*columns))).one_or_none()
        return SafeguardState(*row) if row is not None else SafeguardState()

    async def change(self, connection: AsyncConnection, **values: object) -> None:
        """Changes columns of the row."""
        await connection.execute(upsert(self.database, safeguards, {"id": 1, **values}, ["id"], values))

    async def confirm(self, changes_hash: str) -> bool:
        """Confirms the held changes with this hash, which the next comparison makes; False: they are not held now."""
        async with self.database.write() as connection:
            if (await self.get(connection)).held != changes_hash:
                return False
            await self.change(connection, confirmed=changes_hash)
        return True

    async def stop(self, by: str) -> None:
        """Stops all sending, in every process. What is in flight arrives; what is due stays due."""
        async with self.database.write() as connection:
            if (await self.get(connection)).stopped is None:
                await self.change(connection, stopped=await self.database.moment(connection), stopped_by=by)

    async def start(self) -> None:
        """Starts sending again."""
        async with self.database.write() as connection:
            await self.change(connection, stopped=None, stopped_by=None)
