"""Which dossier versions were compared with the ledger, and which version each running process has in force."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select

from bot import __version__
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import Database, upsert
from bot.db.schema import dossier_versions, processes

VERSION_COUNTS_SECONDS = 30.0
"""How long a process counts as running with its version after it last recorded that."""


@dataclass(frozen=True, slots=True)
class DossierVersions:
    """The versions."""

    database: Database

    async def latest(self, connection: AsyncConnection) -> AnyRow | None:
        """The version compared last; None: no version was compared yet."""
        return await connection.row(select(dossier_versions).order_by(dossier_versions.c.compared.desc()).limit(1))

    async def forget(self, connection: AsyncConnection) -> None:
        """Deletes all versions, so that the next comparison counts as the first."""
        await connection.execute(delete(dossier_versions))

    async def put(self, connection: AsyncConnection, version: str, now: float, *, is_newest: bool = True) -> None:
        """Records that a version was compared, after every other one, even if the clock was set back.

        ``is_newest``: it is now the newest of all, also if it was imported before.
        """
        latest = await connection.scalar(select(func.max(dossier_versions.c.compared)))
        values = {"version": version, "compared": max(now, (latest or 0.0) + 0.001)}
        also = {"imported": values["compared"]}
        again = {**values, **(also if is_newest else {})}
        await connection.execute(*upsert(self.database, dossier_versions, values | also, ["version"], again))

    async def all(self, connection: AsyncConnection) -> dict[str, tuple[float, float]]:
        """Version → when it was imported first, and when a process last said that it has it."""
        seen = select(func.max(processes.c.until) - VERSION_COUNTS_SECONDS)
        seen = seen.where(processes.c.dossier_version == dossier_versions.c.version)
        imported = func.coalesce(dossier_versions.c.imported, dossier_versions.c.compared)
        statement = select(dossier_versions.c.version, imported, seen.scalar_subquery(), dossier_versions.c.compared)
        rows = await connection.execute(statement)
        return {version: (first, last if last is not None else compared) for version, first, last, compared in rows}


@dataclass(frozen=True, slots=True)
class Processes:
    """The running processes. A process id is never used twice. The record of a process that died expires."""

    database: Database

    async def note_version(self, connection: AsyncConnection, process: str, version: str) -> None:
        """Records that the process runs with the version, for :data:`VERSION_COUNTS_SECONDS`."""
        until = self.database.now + VERSION_COUNTS_SECONDS
        values = {"id": process, "dossier_version": version, "until": until, "release": __version__}
        await connection.execute(*upsert(self.database, processes, values, ["id"], values))

    async def others_run(self, connection: AsyncConnection, process: str, version: str) -> bool:
        """Whether another process runs with the version."""
        of_others = (processes.c.dossier_version == version) & (processes.c.id != process)
        statement = select(processes.c.id).where(of_others, processes.c.until > self.database.now).limit(1)
        return await connection.row(statement) is not None

    async def runs(self, name: str) -> bool:
        """Whether a process runs here whose id ends with this name, as /readyz has it."""
        is_it = processes.c.id.endswith(f"-{name}", autoescape=True) & (processes.c.until > self.database.now)
        return bool(await self.database.rows(select(processes.c.id).where(is_it)))
