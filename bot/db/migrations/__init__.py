"""Brings a database to the tables that this release works on, or says why it will not be touched.

Migrations only ever add first and take away a release later ("expand, contract"), so that an old and a new release can
work side by side. ``schema_version`` says how far the tables are, and the oldest release's number that may use them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from bot.db.engine import AsyncConnection, Database, DatabaseUnavailable, UnusableDatabase
from bot.db.schema import readers, schema_version, statements

_STAMP = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    "INSERT INTO alembic_version (version_num) VALUES (:revision)",
)


def create(connection: Connection, revision: str) -> None:
    """Makes every table and index, and notes for Alembic that all migrations up to the revision are done.

    Raises:
        sqlalchemy.exc.DBAPIError: something of the name stands there already.
    """
    schema_version.metadata.create_all(connection, checkfirst=False)
    for statement in statements():
        connection.execute(text(statement))
    made, noted = map(text, _STAMP)
    connection.execute(made)
    connection.execute(noted, {"revision": revision})


CURRENT = 10
"""The number of the newest migration, which this release works on."""


READABLE_FROM = 1
"""The oldest release, by its ``CURRENT``, that can work on the tables as they are now."""


_ADVISORY_LOCK = 0x6E6F7461
"""Two releases that migrate at once on PostgreSQL take turns by it."""


class NewerLedger(UnusableDatabase):
    """The tables were made by a newer release than this one and can no longer be used by it."""


class OutdatedLedger(UnusableDatabase):
    """The tables are those of an older release; ``nota migrate`` brings them up."""


@dataclass(frozen=True, slots=True)
class Version:
    """How far the tables are; 0 where there are none."""

    number: int = 0
    readable_from: int = 0


async def prepare(database: Database) -> None:
    """Makes the database ready to work on.

    Brings an SQLite file or an empty PostgreSQL up; a used PostgreSQL is left to ``nota migrate``, which a release
    does once for all its processes.

    Raises:
        NewerLedger, OutdatedLedger: it cannot be used as it is.
    """
    async with _explained(database), database.read() as connection:
        version = await version_of(connection)
        await _refuse_strange(connection, version)
    _refuse_newer(version)
    if version.number < CURRENT:
        if version.number and not database.is_sqlite:
            raise OutdatedLedger("DATABASE_URL: the ledger is an older release's, expected: run `nota migrate` first")
        await migrate(database)


async def migrate(database: Database) -> tuple[int, int]:
    """Brings the tables up in one transaction, so that a migration that fails or is killed leaves what was there.

    Returns:
        The numbers from and to which they came; the same where there was nothing to do.

    Raises:
        NewerLedger: they are a newer release's.
        UnusableDatabase: tables stand there that no migration made, or the database cannot be reached.
    """
    async with _explained(database), database.write() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        before = await version_of(connection)
        await _refuse_strange(connection, before)
        _refuse_newer(before)
        if before.number < CURRENT:
            await _upgrade(connection, before)
        return before.number, max(before.number, CURRENT)


async def version_of(connection: AsyncConnection) -> Version:
    """How far the tables are.

    Raises:
        UnusableDatabase: they are not ours.
    """
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if schema_version.name not in names:
        if readers.name in names:
            raise UnusableDatabase(
                "DATABASE_URL: the tables carry no version, expected an empty database or Nota's own"
            )
        return Version()
    row = (await connection.execute(select(schema_version))).one_or_none()
    return Version(*row) if row else Version()


def _refuse_newer(version: Version) -> None:
    if version.number > CURRENT and version.readable_from > CURRENT:
        raise NewerLedger(
            f"DATABASE_URL: the ledger is a newer release's (version {version.number}, needs {version.readable_from};"
            f" this release knows {CURRENT}), expected: deploy the newer release again"
        )


async def _refuse_strange(connection: AsyncConnection, version: Version) -> None:
    """Alembic's own mark must not name a migration that this release does not have, while ``schema_version`` says it has all."""
    if not 0 < version.number <= CURRENT:
        return
    mark = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    if mark is not None and mark not in {f"{number:04d}" for number in range(1, CURRENT + 1)}:
        raise NewerLedger(
            f"DATABASE_URL: the ledger stands at migration {mark!r}, of which this release does not know,"
            " expected: deploy the release that made it again"
        )


async def _upgrade(connection: AsyncConnection, before: Version) -> None:
    if before.number:
        await asyncio.to_thread(_import_alembic)  # heavy, and seldom needed
        await connection.run_sync(_run_migrations)
    else:
        await connection.run_sync(create, f"{CURRENT:04}")
    await connection.execute(delete(schema_version))
    await connection.execute(insert(schema_version).values(number=CURRENT, readable_from=READABLE_FROM))


def _import_alembic() -> Any:
    from alembic import command, config  # noqa: PLC0415

    return command, config


def _run_migrations(connection: Connection) -> None:
    command, config = _import_alembic()
    settings = config.Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


@asynccontextmanager
async def _explained(database: Database) -> AsyncIterator[None]:
    """Turns what a database says while it is opened into one line that names the setting."""
    try:
        yield
    except (DatabaseUnavailable, DBAPIError, OSError, ValueError) as error:
        cause = next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)
        raise UnusableDatabase(f"DATABASE_URL: {database.url} cannot be used ({cause})") from error
