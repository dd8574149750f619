"""Makes this release's tables, brings a database of the release before to them, or says why it is left alone.

A new database gets the tables of :mod:`bot.db.schema` at once. Migrations of a release only add tables and columns; the next release removes
unused ones ("expand, contract"). So an old and a new release can work side by side during a rolling deploy. ``alembic_version`` names the last
migration. The row of ``schema_compatibility`` is the lowest migration number that a release must know; a migration that removes something raises
it, and waits for processes of earlier releases to end.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from sqlalchemy import Connection, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from bot.db.connection import AsyncConnection
from bot.db.dossier_versions import VERSION_COUNTS_SECONDS
from bot.db.engine import (
    DATABASE_AWAY,
    MADE_BY,
    Database,
    DatabaseUnavailable,
    Sleep,
    UnusableDatabase,
    open_database,
    refusal,
)
from bot.db.schema import metadata, processes, readers, schema_compatibility

log = structlog.get_logger("bot.db")

_NUMBERS = [int(file.name[:4]) for file in (Path(__file__).parent / "versions").glob("[0-9]*.py")]

EARLIEST, CURRENT = min(_NUMBERS), max(_NUMBERS)
"""The numbers of the migrations of the earliest release whose database is migrated, and of the newest one, on whose tables this release works."""


_ADVISORY_LOCK = 0x6E6F7461
"""Keeps two releases from migrating the same PostgreSQL database at the same time."""


LOCK_SECONDS, LOCK_PAUSE_SECONDS, LOCK_ATTEMPTS = 3, 10.0, 60
"""How long an attempt waits for a table that another session holds, the pause after it, and how many there are: some 13 minutes."""


_HOLDER = text(
    "SELECT format('pid %s, for %s: %s', pid, date_trunc('second', now() - xact_start), left(query, 200)) FROM pg_locks"
    " JOIN pg_stat_activity USING (pid) JOIN pg_class ON pg_class.oid = relation WHERE granted AND pid <> pg_backend_pid()"
    " AND relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY xact_start LIMIT 1"
)
"""The oldest transaction that holds one of our tables."""


class NewerSchema(UnusableDatabase):
    """A newer release made the tables, and this release cannot use them any more."""


class OutdatedSchema(UnusableDatabase):
    """An older release made the tables; ``nota migrate`` brings them up to date."""


async def prepare(database: Database, *, makes: bool = True, migrates: bool = True) -> None:
    """Makes the database ready to work on.

    Migrates an SQLite file and an empty PostgreSQL. A PostgreSQL in use is left to ``nota migrate``, which a release runs once
    for all its processes. ``makes``: whether an empty database gets tables; ``migrates``: whether a file of an older release does, too.

    Raises:
        UnusableDatabase: it cannot be used as it is.
    """
    async with _explained_errors(database):
        async with database.read() as connection:
            version = await version_of(connection)
        if version is None and not makes:
            raise _without_tables(database)
        if version is not None and version >= CURRENT:
            return
        if version is not None and not (database.is_sqlite and migrates):
            raise OutdatedSchema("DATABASE_URL: an older release made the tables, expected: run `nota migrate` first")
        await migrate(database)


async def is_older(url: str | None) -> bool:
    """Whether an older release made the tables; False also if they cannot be read, which the start says."""
    with suppress(UnusableDatabase, *DATABASE_AWAY, DBAPIError):
        async with open_database(url, only_reads=True) as database, database.read() as connection:
            return (await version_of(connection) or CURRENT) < CURRENT
    return False


async def expect_tables(database: Database) -> None:
    """Checks that this release can read the tables, and changes nothing.

    Raises:
        UnusableDatabase: it cannot be used as it is.
    """
    async with _explained_errors(database), database.read() as connection:
        version = await version_of(connection)
    if version is None:
        raise _without_tables(database)
    if version < CURRENT:
        raise OutdatedSchema(
            f"DATABASE_URL: an older release made the tables (version {version}, this one reads {CURRENT}), expected: run"
            " `nota migrate`; or, for a backup that the older release can import, that release's `nota backup export`"
        )


def _without_tables(database: Database) -> UnusableDatabase:
    return UnusableDatabase(f"DATABASE_URL: {database.url} has no tables yet, expected: {MADE_BY}")


async def migrate(database: Database, sleep: Sleep = asyncio.sleep) -> tuple[int, int]:
    """Runs the migrations that are missing in one transaction. If one fails or is killed, nothing has changed.

    A table that another session holds, for example pg_dump, is waited for in short attempts: whoever reads it waits behind each. So is the
    end of a process of an earlier release that cannot work on the new tables; one that was killed counts for half a minute.

    Returns:
        The migration numbers before (0: no tables) and after; the same if there was nothing to do.

    Raises:
        UnusableDatabase: the tables are a newer release's or not ours, or the database cannot be reached.
    """
    async with _explained_errors(database):
        for attempt in range(LOCK_ATTEMPTS + 1):
            if runs := await _earlier(database):
                if attempt * LOCK_PAUSE_SECONDS > VERSION_COUNTS_SECONDS:
                    raise UnusableDatabase(
                        f"DATABASE_URL: processes of an earlier release run on it ({runs}), expected: stop them, make a backup, and run it again"
                    )
                log.warning("the migration waits for processes of an earlier release", processes=runs)
                await sleep(LOCK_PAUSE_SECONDS)
                continue
            try:
                return await _migrate(database)
            except DatabaseUnavailable as failure:
                if getattr(failure.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
                    raise
            async with database.read() as connection:
                holder = await connection.scalar(_HOLDER)
            log.warning("the migration waits for a table that another session holds", attempt=attempt, session=holder)
            await sleep(LOCK_PAUSE_SECONDS)
    raise UnusableDatabase(
        f"DATABASE_URL: expected: run it again when the session that holds a table has ended: {holder}"
    )


async def _earlier(database: Database) -> int:
    """How many processes of an earlier release run, which cannot work on this one's tables."""
    async with database.read() as connection:
        before = await version_of(connection)
        if before is None or before >= CURRENT:
            return 0
        running = select(func.count()).select_from(processes).where(processes.c.until > database.now)
        return int(await connection.scalar(running))


async def _migrate(database: Database) -> tuple[int, int]:
    async with _tables_free(database), database.write(is_long=True) as connection:
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        before = await version_of(connection)
        if before is None or before < CURRENT:
            await connection.run_sync(upgrade)
        return before or 0, max(before or 0, CURRENT)


@asynccontextmanager
async def _tables_free(database: Database) -> AsyncIterator[None]:
    """While inside, SQLite lets a table be made anew, and deletes no rows that refer to it (sqlite.org/lang_altertable.html#otheralter)."""

    async def set_pragma(value: str) -> None:
        if database.is_sqlite:
            async with database.connected(database.writing) as connection:  # the only one, so that of the transaction
                connection.driver.execute(f"PRAGMA foreign_keys={value}").close()

    await set_pragma("OFF")
    try:
        yield
    finally:
        await set_pragma("ON")


async def version_of(connection: AsyncConnection) -> int | None:
    """The number of the migration that the tables are at; None in an empty database.

    Raises:
        NewerSchema: this release cannot work on them.
        UnusableDatabase: they are not ours.
    """
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if schema_compatibility.name not in names:
        if readers.name in names:
            raise UnusableDatabase(
                "DATABASE_URL: the tables carry no version, expected an empty database or Nota's own"
            )
        return None
    revision = str(await connection.scalar(text("SELECT version_num FROM alembic_version")))
    readable_from = await connection.scalar(select(schema_compatibility.c.readable_from))
    number = int(revision) if revision.isdecimal() else None
    if number is not None and number < CURRENT and number not in _NUMBERS:
        raise UnusableDatabase(
            f"DATABASE_URL: the tables are at migration {revision}, expected: start 0.8.0 on it once, and then this release"
        )
    if number is None or (number > CURRENT and readable_from > CURRENT):
        raise NewerSchema(
            f"DATABASE_URL: the tables are at migration {revision}, which needs a release that knows migration"
            f" {readable_from}; this one knows {CURRENT}. Expected: deploy the newer release again"
        )
    return number


def upgrade(connection: Connection) -> None:
    """Makes the tables in an empty database, or runs the migrations that are missing; in the connection's transaction."""
    from alembic import command  # noqa: PLC0415  no process keeps in memory what only a migration needs
    from alembic.config import Config  # noqa: PLC0415  the same

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.attributes.update(connection=connection, metadata=metadata)
    if inspect(connection).has_table(schema_compatibility.name):
        command.upgrade(settings, "head")
        return
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(schema_compatibility).values(readable_from=CURRENT))
    command.stamp(settings, "head")


@asynccontextmanager
async def _explained_errors(database: Database) -> AsyncIterator[None]:
    """Turns an error of opening the database into one line that names the setting."""
    try:
        yield
    except (DatabaseUnavailable, DBAPIError, OSError, ValueError) as error:
        cause = next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)
        raise refusal(database.url, cause) from error
