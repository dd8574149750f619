"""Everything that is kept, as JSON Lines, and back: between SQLite and PostgreSQL in either direction.

The first line says what follows: ``{"nota": 2, "tables": ["readers", …]}``, the number being the tables' version. Each line
after it is a row: ``{"readers": {"id": 1, …}}``. Who holds which lane and which updates were applied and who was told of what is of the moment, and left out.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from bot.store.changes import announce_everything
from bot.store.database import Database
from bot.store.engine import AsyncConnection
from bot.store.migrating import CURRENT
from bot.store.tables import alarms, applied, leases, schema_version

OF_THE_MOMENT = (schema_version, leases, applied, alarms)
READERS = ("readers", "subscriptions", "subscription_topics")
"""Chats and what they set, without what was sent to them."""

BATCH = 1000

Row = dict[str, Any]


class UnreadableBackup(Exception):
    """The file is no backup that can be brought in, or there is something in its way; nothing was changed. Says where and why."""


def _kept() -> list[Table]:
    """The tables that a backup holds, those that others refer to first."""
    return [table for table in schema_version.metadata.sorted_tables if table not in OF_THE_MOMENT]


async def export(database: Database, only: Sequence[str] | None = None) -> AsyncIterator[str]:
    """The lines, without their ends; ``only``: of these tables. All show the same moment."""
    tables = [table for table in _kept() if only is None or table.name in only]
    yield json.dumps({"nota": CURRENT, "tables": [table.name for table in tables]})
    async with database.snapshot() as connection:
        for table in tables:
            async for row in connection.stream(select(table).order_by(*table.primary_key.columns)):
                yield json.dumps({table.name: dict(row._mapping)}, ensure_ascii=False)


async def bring_in(database: Database, lines: Iterable[str]) -> dict[str, int]:
    """Brings in what :func:`export` gave, all or nothing. Returns how many rows came into each table.

    Raises:
        UnreadableBackup: a line is not as it should be, or a table that it fills is not empty.
    """
    numbered = iter(enumerate(lines, 1))
    tables = _header(next(numbered, (1, "")))
    counts = dict.fromkeys((table.name for table in tables), 0)
    async with database.write() as connection:
        await database.take_time(connection)
        await _refuse_full(connection, tables)
        for batch in _batches(numbered, {table.name: table for table in tables}):
            await _insert(connection, batch)
            counts[batch.table.name] += len(batch.rows)
        if not database.is_sqlite:
            await _go_on_counting(connection, tables)
        await announce_everything(database, connection)
    return counts


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows of one table that follow each other; ``line`` is the first's."""

    table: Table
    line: int
    rows: list[Row]


def _header(first: tuple[int, str]) -> list[Table]:
    header = _object(*first)
    version, names = header.get("nota"), header.get("tables")
    if not isinstance(version, int) or not isinstance(names, list):
        raise UnreadableBackup('line 1: not the head of a backup, expected {"nota": …, "tables": […]}')
    if version > CURRENT:
        raise UnreadableBackup(
            f"line 1: from a newer release ({version}; this one knows {CURRENT}), expected: deploy that"
        )
    return [table for table in _kept() if table.name in names]


def _batches(numbered: Iterator[tuple[int, str]], tables: dict[str, Table]) -> Iterator[_Batch]:
    """Rows of one table at a time, in the order of the file, which is that in which they refer to each other."""
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
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UnreadableBackup(f"line {line}: expected a JSON object")
    return found


async def _refuse_full(connection: AsyncConnection, tables: Iterable[Table]) -> None:
    for table in tables:
        if (await connection.execute(select(table).limit(1))).first() is not None:
            raise UnreadableBackup(f"{table.name} is not empty, expected: a database in which nothing was kept yet")


async def _insert(connection: AsyncConnection, batch: _Batch) -> None:
    try:
        await connection.execute(insert(batch.table), batch.rows)
    except (DBAPIError, StatementError) as error:
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        last = batch.line + len(batch.rows) - 1
        raise UnreadableBackup(
            f"lines {batch.line} to {last}: {batch.table.name} does not take them ({why})"
        ) from error


async def _go_on_counting(connection: AsyncConnection, tables: Iterable[Table]) -> None:
    """PostgreSQL numbers new rows from a sequence, which rows that bring their numbers leave behind."""
    for table in tables:
        if "id" in table.columns and table.columns["id"].type.python_type is int:
            highest = (await connection.execute(select(func.max(table.c.id)))).scalar_one()
            if highest is not None:
                sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)")
                await connection.execute(sequence, {"name": table.name, "highest": highest})
