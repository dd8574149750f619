"""Exports the database as JSON Lines and imports it, between SQLite and PostgreSQL in either direction.

The first line is the header: ``{"nota": 1, "tables": ["readers", …], "rows": {"readers": 12, …}}``; the number is the tables'
migration. Each line after it is a row: ``{"readers": {"id": 1, …}}``. The counts show whether the file was cut off, for example
because a connection broke. Tables that only running processes need are left out.
"""

import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import Database
from bot.db.fan_out import COUNTED_AS_SENT
from bot.db.migrations import CURRENT
from bot.db.notifications import announce_everything
from bot.db.schema import (
    BULLETIN_WITHDRAWN,
    DESK,
    IS_OPEN,
    NUMBERS,
    REVIEW,
    alarms,
    applied_updates,
    bulletins,
    deliveries,
    desk_links,
    desk_sessions,
    dossier_versions,
    drafts,
    leases,
    metadata,
    processes,
    schema_compatibility,
    unclaimed,
)

TRANSIENT = (schema_compatibility, leases, applied_updates, alarms, processes, desk_links, desk_sessions)


READER_TABLES = ("readers", "subscriptions", "subscription_topics")
"""Chats and their settings, without deliveries."""


BATCH = 1000


Row = dict[str, Any]


class UnreadableBackup(Exception):
    """The backup cannot be imported; nothing was changed. The message says where and why."""


def _exported_tables() -> list[Table]:
    """The tables in a backup, referenced tables first."""
    return [table for table in metadata.sorted_tables if table not in TRANSIENT]


def row_count(head: str) -> int | None:
    """The number of rows after the first line of a backup; None: not stated there."""
    try:
        return int(sum(json.loads(head)["rows"].values()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


async def export(database: Database, only: Sequence[str] | None = None) -> AsyncGenerator[str]:
    """The lines of one snapshot, without line ends. ``only``: names of the tables to export; None: all."""
    tables = [table for table in _exported_tables() if only is None or table.name in only]
    async with database.snapshot() as connection:
        rows = {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in tables
        }
        yield json.dumps({"nota": CURRENT, "tables": list(rows), "rows": rows})
        for table in tables:
            # not `async with connection.stream(…)`, which fails where the caller stops before the end (a full disk, a closed pipe)
            columns = [column for column in table.columns if column.name not in NUMBERS]
            stream = await connection.stream(select(*columns).order_by(*table.primary_key.columns))
            async for row in stream:
                yield json.dumps({table.name: dict(row._mapping)}, ensure_ascii=False)


async def import_backup(
    database: Database, lines: Iterable[str], *, replace: bool = False, send_newer: bool = False
) -> dict[str, int]:
    """Imports the lines of :func:`export` in one transaction. Returns the number of rows imported into each table.

    The exported database may have sent messages after the export. Deliveries that wait in the backup therefore count as sent, and
    so does the content that is compared with the ledger next (:mod:`bot.newsroom.diff`).

    Args:
        database: the target.
        lines: the backup.
        replace: delete the rows of the tables in the backup first.
        send_newer: the exported database sent nothing after the export, so waiting deliveries and newer content are sent.

    Raises:
        UnreadableBackup: a line is invalid, or a table that the backup fills is not empty.
    """
    numbered = iter(enumerate(lines, 1))
    tables, expected = _header(next(numbered, (1, "")))
    if send_newer and dossier_versions not in tables:
        raise UnreadableBackup("the backup has only readers, so it is unknown what is newer: expected no --send-newer")
    counts = dict.fromkeys((table.name for table in tables), 0)
    async with database.write() as connection:
        await database.allow_idling(connection)
        await (_empty if replace else _refuse_full)(connection, tables)
        for batch in _batches(numbered, {table.name: table for table in tables}):
            await _insert(connection, batch)
            counts[batch.table.name] += len(batch.rows)
        _refuse_cut(counts, expected)
        if not send_newer:
            await _count_as_sent(database, connection)
        if not database.is_sqlite:
            await _advance_sequences(connection, tables)
        await announce_everything(database, connection)
    return counts


@dataclass(frozen=True, slots=True)
class _Batch:
    """Consecutive rows of one table; ``line`` is the number of the first."""

    table: Table
    line: int
    rows: list[Row]


def _header(first: tuple[int, str]) -> tuple[list[Table], dict[str, int]]:
    """The tables in the backup, and the number of rows that each must have at least."""
    header = _object(*first)
    version, names, rows = header.get("nota"), header.get("tables"), header.get("rows", {})
    if (
        not (isinstance(version, int) and isinstance(names, list) and isinstance(rows, dict))
        or not all(isinstance(name, str) for name in names)
        or not all(isinstance(number, int) for number in rows.values())
    ):
        raise UnreadableBackup('line 1: not the head of a backup, expected {"nota": …, "tables": […]}')
    if not 1 <= version <= CURRENT:  # newer, or of 0.2.0, whose tables had numbers of their own
        raise UnreadableBackup(
            f"line 1: from another release: its tables have version {version}, this release reads 1 to {CURRENT}."
            " Expected: import it with the release that made it"
        )
    known = {table.name for table in _exported_tables()}
    if unknown := [name for name in names if name not in known]:
        raise UnreadableBackup(
            f"line 1: this release has no table {', '.join(unknown)}. Expected: import it with the release that made it"
        )
    return [table for table in _exported_tables() if table.name in names], rows


def _refuse_cut(counts: Mapping[str, int], expected: Mapping[str, int]) -> None:
    for name, count in counts.items():
        if count < expected.get(name, 0):
            raise UnreadableBackup(f"cut off: {count} of {expected[name]} rows of {name} are there")


def _batches(numbered: Iterator[tuple[int, str]], tables: dict[str, Table]) -> Iterator[_Batch]:
    """Groups consecutive rows of a table. The file has referenced tables first."""
    waiting: _Batch | None = None
    for line, content in numbered:
        if not content.strip():
            continue
        table, row = _row(line, content, tables)
        if waiting and (
            waiting.table is not table or len(waiting.rows) >= BATCH or waiting.rows[0].keys() != row.keys()
        ):
            yield waiting
            waiting = None
        if waiting is None:
            waiting = _Batch(table, line, [])
        waiting.rows.append(row)
    if waiting:
        yield waiting


def _row(line: int, content: str, tables: dict[str, Table]) -> tuple[Table, Row]:
    [(name, row), *others] = _object(line, content).items() or [("", None)]
    if name not in tables or others or not isinstance(row, dict):
        raise UnreadableBackup(f"line {line}: expected a row of one of the tables named in line 1")
    if unknown := row.keys() - tables[name].columns.keys():
        raise UnreadableBackup(f"line {line}: {name} has no {', '.join(sorted(unknown))}")
    return tables[name], row


def _object(line: int, content: str) -> Row:
    try:
        value = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # not JSON, or nested thousands deep
        value = None
    if not isinstance(value, dict):
        raise UnreadableBackup(f"line {line}: expected a JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    """Refuses NaN and infinite numbers: Python reads them, but they are not JSON, and an infinite moment never comes."""
    raise ValueError(name)


async def _refuse_full(connection: AsyncConnection, tables: Iterable[Table]) -> None:
    for table in tables:
        if (await connection.execute(select(table).limit(1))).first() is not None:
            raise UnreadableBackup(
                f"{table.name} is not empty, expected an empty database, or --replace to delete it first"
            )


async def _empty(connection: AsyncConnection, tables: Sequence[Table]) -> None:
    for table in reversed(tables):
        await connection.execute(delete(table))


async def _count_as_sent(database: Database, connection: AsyncConnection) -> None:
    """Marks due deliveries as sent, and forgets which dossier versions were compared."""
    # messages to editors stay: without its message a candidate would never be decided
    for_readers = deliveries.c.bulletin_id.in_(select(bulletins.c.id).where(bulletins.c.origin != REVIEW))
    # later ones, for example in a digest, cannot have been sent yet
    waits = IS_OPEN & (deliveries.c.due <= database.now)
    waiting, unsent = update(deliveries).where(waits, for_readers), deliveries.c.message.is_(None)
    dropped = waiting.where(unsent).values(unclaimed(state="dropped", reason=COUNTED_AS_SENT))
    await connection.execute(dropped)
    corrected = waiting.where(~unsent).values(unclaimed(state="delivered", shown=deliveries.c.wanted, reason=None))
    await connection.execute(corrected)
    are_due = update(bulletins).where(bulletins.c.state == "scheduled", bulletins.c.not_before <= database.now)
    await connection.execute(are_due.values(state="history"))
    # a bulletin that the desk has scheduled is an approved draft again: an editor has to send it
    planned = (bulletins.c.origin == DESK) & (bulletins.c.state == "scheduled")
    again = update(drafts).where(drafts.c.bulletin_id.in_(select(bulletins.c.id).where(planned)))
    await connection.execute(
        again.values(state="approved", bulletin_id=None, day=None, sent_version=None, send_at=None)
    )
    await connection.execute(update(bulletins).where(planned).values(state=BULLETIN_WITHDRAWN))
    await connection.execute(delete(dossier_versions))


async def _insert(connection: AsyncConnection, batch: _Batch) -> None:
    try:
        await connection.execute(insert(batch.table), batch.rows)
    except (DBAPIError, StatementError, ValueError, OverflowError) as error:
        # the last two are the driver's own: half a character, a number over 64 bits
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        last = batch.line + len(batch.rows) - 1
        raise UnreadableBackup(
            f"lines {batch.line} to {last}: {batch.table.name} does not take them ({why})"
        ) from error


async def _advance_sequences(connection: AsyncConnection, tables: Iterable[Table]) -> None:
    """Sets PostgreSQL's sequences to the highest imported ids: an INSERT that brings its own id does not advance them."""
    for table in tables:
        if "id" in table.columns and table.columns["id"].type.python_type is int:
            highest = (await connection.execute(select(func.max(table.c.id)))).scalar_one()
            if highest is not None:
                sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)")
                await connection.execute(sequence, {"name": table.name, "highest": highest})
