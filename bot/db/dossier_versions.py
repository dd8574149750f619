"""Which dossier versions were compared with the ledger, and which version each running process has in force."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import __version__
from bot.db.engine import AnyRow, Database, upsert
from bot.db.schema import dossier_versions, processes

VERSION_COUNTS_SECONDS = 30.0
"""How long a process counts as running with its version after it last recorded that."""


@dataclass(frozen=True, slots=True)
class DossierVersions:
    """The versions."""

    database: Database

    async def latest(self, connection: AsyncConnection) -> AnyRow | None:
        """The version compared last, with its facts; None: no version was compared yet."""
        statement = select(dossier_versions).order_by(dossier_versions.c.compared.desc()).limit(1)
        return (await connection.execute(statement)).one_or_none()

    async def is_compared(self, connection: AsyncConnection, version: str) -> bool:
        """Whether a version was ever compared."""
        statement = select(dossier_versions.c.version).where(dossier_versions.c.version == version)
        return (await connection.execute(statement)).one_or_none() is not None

    async def forget(self, connection: AsyncConnection) -> None:
        """Deletes all versions, so that the next comparison counts as the first."""
        await connection.execute(delete(dossier_versions))

    async def note_facts(self, connection: AsyncConnection, facts: object) -> None:
        """Records what the facts say since a change has come into force; the version compared last stays that."""
        last = select(func.max(dossier_versions.c.compared)).scalar_subquery()
        await connection.execute(
            update(dossier_versions).where(dossier_versions.c.compared == last).values(facts=facts)
        )

    async def put(self, connection: AsyncConnection, version: str, facts: object, now: float) -> None:
        """Records that a version was compared, after every other one, even if the clock was set back."""
        latest = (await connection.execute(select(func.max(dossier_versions.c.compared)))).scalar_one_or_none()
        values = {"version": version, "compared": max(now, (latest or 0.0) + 0.001), "facts": facts}
        await connection.execute(upsert(self.database, dossier_versions, values, ["version"], values))


@dataclass(frozen=True, slots=True)
class Processes:
    """The running processes. A process id is never used twice. The record of a process that died expires."""

    database: Database

    async def note_version(self, connection: AsyncConnection, process: str, version: str) -> None:
        """Records that the process runs with the version, for :data:`VERSION_COUNTS_SECONDS`."""
        until = self.database.now + VERSION_COUNTS_SECONDS
        values = {"id": process, "dossier_version": version, "until": until, "release": __version__}
        await connection.execute(upsert(self.database, processes, values, ["id"], values))

    async def runs(self, connection: AsyncConnection, process: str) -> bool:
        """Whether the process has recorded that it runs, and not too long ago."""
        statement = select(processes.c.id).where(processes.c.id == process, processes.c.until > self.database.now)
        return (await connection.execute(statement)).first() is not None

    async def others_run(self, connection: AsyncConnection, process: str, version: str) -> bool:
        """Whether another process runs with the version."""
        of_others = (processes.c.dossier_version == version) & (processes.c.id != process)
        statement = select(processes.c.id).where(of_others, processes.c.until > self.database.now).limit(1)
        return (await connection.execute(statement)).one_or_none() is not None

    async def delete_lapsed(self) -> int:
        """Deletes expired records, in a transaction of its own to avoid deadlocks; returns how many."""
        async with self.database.write(is_long=True) as connection:
            return (await connection.execute(delete(processes).where(processes.c.until <= self.database.now))).rowcount

    async def leave(self, process: str) -> None:
        """Deletes the record of a process that ends."""
        async with self.database.write() as connection:
            await connection.execute(delete(processes).where(processes.c.id == process))
