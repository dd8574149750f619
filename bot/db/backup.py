"""Everything that is kept, as JSON Lines, and back: between SQLite and PostgreSQL in either direction.

The first line says what follows: ``{"nota": 2, "tables": ["readers", …], "rows": {"readers": 12, …}}``, the number being the
tables' version. Each line after it is a row: ``{"readers": {"id": 1, …}}``. The counts tell a file that was cut off, as where a
connection broke through which it was streamed. What only the running processes need is left out.
"""

import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError

from bot.db.bulletins import COUNTED_AS_SENT
from bot.db.engine import AsyncConnection, Database
from bot.db.migrations import CURRENT
from bot.db.replication import announce_everything
from bot.db.schema import DESK, alarms, applied, bulletins, deliveries, editions, followers, leases, schema_version

OF_THE_MOMENT = (schema_version, leases, applied, alarms, followers)


READERS = ("readers", "subscriptions", "subscription_topics")
"""Chats and what they set, without what was sent to them."""


BATCH = 1000


Row = dict[str, Any]


class UnreadableBackup(Exception):
    """The file is no backup that can be brought in, or there is something in its way; nothing was changed. Says where and why."""


def _kept() -> list[Table]:
    """The tables that a backup holds, those that others refer to first."""
    return [table for table in schema_version.metadata.sorted_tables if table not in OF_THE_MOMENT]


async def export(database: Database, only: Sequence[str] | None = None) -> AsyncGenerator[str]:
    """The lines, without their ends; ``only``: of these tables. All show the same moment."""
    tables = [table for table in _kept() if only is None or table.name in only]
    async with database.snapshot() as connection:
        rows = {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in tables
        }
        yield json.dumps({"nota": CURRENT, "tables": list(rows), "rows": rows})
        for table in tables:
            async for row in connection.stream(select(table).order_by(*table.primary_key.columns)):
                yield json.dumps({table.name: dict(row._mapping)}, ensure_ascii=False)


async def bring_in(
    database: Database, lines: Iterable[str], *, replace: bool = False, send_newer: bool = False
) -> dict[str, int]:
    """Brings in what :func:`export` gave, all or nothing. Returns how many rows came into each table.

    The database that the backup was made of may have gone on for a while. So what waits in the backup counts as sent, and so
    does the content that is compared with the ledger next (:mod:`bot.newsroom.diff`).

    Args:
        database: where to.
        lines: the backup.
        replace: delete first what stands in the tables that the backup fills.
        send_newer: the other database sent nothing after the backup was made: what waits is sent, and so is newer content.

    Raises:
        UnreadableBackup: a line is not as it should be, or a table that it fills is not empty.
    """
    numbered = iter(enumerate(lines, 1))
    tables, expected = _header(next(numbered, (1, "")))
    if send_newer and editions not in tables:
        raise UnreadableBackup("the backup has readers only, so nobody knows what is newer: expected no --send-newer")
    counts = dict.fromkeys((table.name for table in tables), 0)
    async with database.write() as connection:
        await database.take_time(connection)
        await (_empty if replace else _refuse_full)(connection, tables)
        for batch in _batches(numbered, {table.name: table for table in tables}):
            await _insert(connection, batch)
            counts[batch.table.name] += len(batch.rows)
        _refuse_cut(counts, expected)
        if not send_newer:
            await _count_as_sent(database, connection)
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


def _header(first: tuple[int, str]) -> tuple[list[Table], dict[str, int]]:
    """The tables that follow, and how many rows of each there are at least."""
    header = _object(*first)
    version, names, rows = header.get("nota"), header.get("tables"), header.get("rows", {})
    if not isinstance(version, int) or not isinstance(names, list) or not isinstance(rows, dict):
        raise UnreadableBackup('line 1: not the head of a backup, expected {"nota": …, "tables": […]}')
    if version > CURRENT:
        raise UnreadableBackup(
            f"line 1: from a newer release ({version}; this one knows {CURRENT}), expected: deploy that"
        )
    return [table for table in _kept() if table.name in names], rows


def _refuse_cut(counts: Mapping[str, int], expected: Mapping[str, int]) -> None:
    for name, count in counts.items():
        if count < expected.get(name, 0):
            raise UnreadableBackup(f"cut off: {count} of {expected[name]} rows of {name} are there")


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
            raise UnreadableBackup(
                f"{table.name} is not empty, expected an empty database, or --replace to delete it first"
            )


async def _empty(connection: AsyncConnection, tables: Sequence[Table]) -> None:
    for table in reversed(tables):
        await connection.execute(delete(table))


async def _count_as_sent(database: Database, connection: AsyncConnection) -> None:
    """What was due by now is not sent, and no edition was ever compared.

    What waits for a later moment, as for a digest, cannot have been sent yet, and is kept. So are the messages for editors:
    one that is missing would keep a candidate from them.
    """
    for_readers = deliveries.c.bulletin_id.in_(select(bulletins.c.id).where(bulletins.c.origin != DESK))
    waits = deliveries.c.state.in_(("due", "retry", "claimed")) & (deliveries.c.due <= database.now)
    waiting, unsent = update(deliveries).where(waits, for_readers), deliveries.c.message_id.is_(None)
    dropped = waiting.where(unsent).values(state="dropped", reason=COUNTED_AS_SENT, holder=None)
    await connection.execute(dropped)
    corrected = waiting.where(~unsent).values(state="delivered", shown=deliveries.c.wanted, reason=None, holder=None)
    await connection.execute(corrected)
    ripe = update(bulletins).where(bulletins.c.state == "scheduled", bulletins.c.not_before <= database.now)
    await connection.execute(ripe.values(state="history"))
    await connection.execute(delete(editions))


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
