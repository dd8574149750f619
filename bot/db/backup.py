"""Exports the database as JSON Lines and imports it, between SQLite and PostgreSQL in either direction.

The first line is the header: ``{"nota": 1, "tables": ["readers", …], "rows": {"readers": 12, …}}``; the number is the tables'
migration. Each line after it is a row: ``{"readers": {"id": 1, …}}``. The counts show whether the file was cut off, for example
because a connection broke. Tables that only running processes need are left out.

The head also names the ``dossier`` and the last number that each table gave (``numbers``).
"""

import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import (
    ColumnClause,
    Connection,
    Table,
    TableClause,
    case,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, StatementError

from bot.db.connection import AsyncConnection
from bot.db.engine import Database, count_on, last_numbers
from bot.db.fan_out import COUNTED_AS_SENT
from bot.db.migrations import CURRENT, EARLIEST, version_of
from bot.db.notifications import announce_everything
from bot.db.schema import (
    IS_OPEN,
    REVIEW,
    askers,
    bulletins,
    change_decisions,
    changes,
    confirmations,
    deliveries,
    desk_tokens,
    done_once,
    dossier_versions,
    leases,
    metadata,
    processes,
    safeguards,
    schema_compatibility,
    unclaimed,
)

TRANSIENT = (askers, schema_compatibility, leases, done_once, processes, desk_tokens, confirmations)


READER_TABLES = ("readers", "subscriptions", "subscription_topics", "destinations", "reader_links")
"""Readers and their settings, without deliveries."""


FORMER_TABLES = {"ratings", "unanswered_questions"}
"""Tables in backups of 0.8.0 that say what ``counts`` says, too: it counted each rating twice, and unanswered questions apart."""

FORMER_COLUMNS = {
    "safeguards": {"held", "held_changes", "confirmed"},
    "change_entries": {"written"},
    "dossier_versions": {"facts"},
}
"""Columns in them that nothing reads any more."""


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
    """The lines of one snapshot, without line ends, of a database of this or an earlier release. ``only``: names of tables; None: all."""
    async with database.snapshot() as connection:
        version, known = await version_of(connection), await connection.run_sync(_columns)
        tables = [each for each in _exported_tables() if each.name in known and (only is None or each.name in only)]
        former = FORMER_TABLES & known.keys() if only is None else ()
        chosen = [*tables, *(TableClause(name, *map(ColumnClause, known[name])) for name in former)]
        rows = {each.name: await connection.scalar(select(func.count()).select_from(each)) for each in chosen}
        head: dict[str, Any] = {"nota": version, "tables": list(rows), "rows": rows}
        head["dossier"] = await connection.scalar(select(safeguards.c.dossier))
        head["numbers"] = await last_numbers(database, connection, tables)
        yield json.dumps(head, ensure_ascii=False)
        for each in chosen:
            columns = [own for own in each.columns if own.name in known[each.name]]
            async for row in connection.stream(select(*columns).order_by(*each.primary_key)):
                yield json.dumps({each.name: dict(row._mapping)}, ensure_ascii=False)


def _columns(connection: Connection) -> dict[str, set[str]]:
    """Table → its columns in the database."""
    found = inspect(connection).get_multi_columns()
    return {name: {column["name"] for column in columns} for (_, name), columns in found.items()}


async def copy(database: Database, goal: Database) -> None:
    """Copies what the database of this or an earlier release holds into an empty one of this release.

    Raises:
        OSError: there is no room for it.
    """
    with TemporaryFile("w+", encoding="utf-8") as file:
        async for line in export(database):
            file.write(f"{line}\n")
        file.seek(0)
        await import_backup(goal, file, send_newer=True)


async def import_backup(
    database: Database, lines: Iterable[str], *, replace: bool = False, send_newer: bool = False
) -> dict[str, int]:
    """Imports the lines of :func:`export` in one transaction. Returns the number of rows imported into each table.

    The exported database may have sent messages after the export. Deliveries that wait in the backup therefore count as sent, and
    so does the content that is compared with the ledger next (:mod:`bot.newsroom.ledger_diff`).

    Args:
        database: the target.
        lines: the backup.
        replace: delete the rows of the tables in the backup first.
        send_newer: the exported database sent nothing after the export, so waiting deliveries and newer content are sent.

    Raises:
        UnreadableBackup: a line is invalid, or a table that the backup fills is not empty.
    """
    numbered = iter(enumerate(lines, 1))
    head = _head(next(numbered, (1, "")))
    if send_newer and not head.is_whole:
        raise UnreadableBackup("the backup has only readers, so it is unknown what is newer: expected no --send-newer")
    counts = dict.fromkeys((table.name for table in head.tables), 0)
    filled = [table for table in _exported_tables() if head.is_whole or table in head.tables]
    if safeguards not in head.tables:
        filled = [table for table in filled if table is not safeguards]
    async with database.write(is_long=True) as connection:
        await database.allow_idling(connection)
        if replace:
            for table in reversed(filled):
                await connection.execute(delete(table))
        else:
            await _refuse_another_dossier(connection, head)
            await _refuse_full(connection, filled)
        for batch in _batches(numbered, {table.name: table for table in head.tables}):
            await _insert(connection, batch)
            counts[batch[0].table.name] += len(batch)
        _refuse_cut(counts, head.rows)
        await count_on(database, connection, head.tables, head.numbers)  # before the import adds rows of its own
        if not send_newer:
            await _count_as_sent(database, connection)
        if head.is_whole:
            await _return_to_review(database, connection)
            await _renew_stamp(connection, is_bound=safeguards in head.tables)
        await announce_everything(database, connection)
    return counts


class _Line(NamedTuple):
    """A line with a row of a table."""

    number: int
    table: Table
    row: Row


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line.

    Attributes:
        tables: in the backup.
        rows: how many rows each has at least.
        dossier: the id of the dossier that the database belonged to; None: none, or an earlier release did not say.
        numbers: the last number that each table gave.
    """

    tables: list[Table]
    rows: Mapping[str, int]
    dossier: str | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it is of more than readers alone."""
        return dossier_versions in self.tables


def _head(first: tuple[int, str]) -> _Head:
    head = _object(*first)
    version, names, rows = head.get("nota"), head.get("tables"), head.get("rows", {})
    dossier, numbers = head.get("dossier"), head.get("numbers", {})
    if (
        not (isinstance(version, int) and isinstance(names, list))
        or not all(isinstance(name, str) for name in names)
        or not all(isinstance(each, dict) and set(map(type, each.values())) <= {int} for each in (rows, numbers))
        or not isinstance(dossier, str | None)
    ):
        raise UnreadableBackup('line 1: not the head of a backup, expected {"nota": …, "tables": […]}')
    if not EARLIEST <= version <= CURRENT:
        raise UnreadableBackup(
            f"line 1: from another release: its tables have version {version}, this release reads {EARLIEST} to {CURRENT}."
            " Expected: import it with the release that made it"
        )
    known = {table.name for table in _exported_tables()}
    if unknown := [name for name in names if name not in known | FORMER_TABLES]:
        raise UnreadableBackup(
            f"line 1: this release has no table {', '.join(unknown)}. Expected: import it with the release that made it"
        )
    return _Head([table for table in _exported_tables() if table.name in names], rows, dossier, numbers)


async def _refuse_another_dossier(connection: AsyncConnection, head: _Head) -> None:
    bound = await connection.scalar(select(safeguards.c.dossier))
    if None not in (bound, head.dossier) and bound != head.dossier:
        raise UnreadableBackup(
            f"the backup is of the dossier {head.dossier}, and the database belongs to {bound}, expected a database of its own, or"
            " --replace to give this one to it"
        )


def _refuse_cut(counts: Mapping[str, int], expected: Mapping[str, int]) -> None:
    for name, count in counts.items():
        if count < expected.get(name, 0):
            raise UnreadableBackup(f"cut off: {count} of {expected[name]} rows of {name} are there")


def _batches(numbered: Iterator[tuple[int, str]], tables: dict[str, Table]) -> Iterator[list[_Line]]:
    """Groups consecutive rows of a table with the same columns. The file has referenced tables first."""
    lines = (_line(number, content, tables) for number, content in numbered if content.strip())
    for _, alike in groupby(filter(None, lines), key=lambda line: (line.table.name, line.row.keys())):
        while batch := list(islice(alike, BATCH)):
            yield batch


def _line(line: int, content: str, tables: dict[str, Table]) -> _Line | None:
    """A line; None: with a row of a former table."""
    [(name, row), *others] = _object(line, content).items() or [("", None)]
    if name == "ratings":
        return None
    if name == "unanswered_questions" and isinstance(row, dict):
        name, row = "counts", {"platform": "", "subject": row.pop("wording", ""), **row}
    if name not in tables or others or not isinstance(row, dict):
        raise UnreadableBackup(f"line {line}: expected a row of one of the tables named in line 1")
    row = {column: value for column, value in row.items() if column not in FORMER_COLUMNS.get(name, ())}
    if unknown := row.keys() - tables[name].columns.keys():
        raise UnreadableBackup(f"line {line}: {name} has no {', '.join(sorted(unknown))}")
    return _Line(line, tables[name], row)


def _object(line: int, content: str) -> Row:
    try:
        value = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # not JSON, or nested thousands deep
        value = None
    if not isinstance(value, dict):
        raise UnreadableBackup(f"line {line}: cut off, or no line of a backup, expected a JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    """Refuses NaN and infinite numbers: Python reads them, but they are not JSON, and an infinite moment never comes."""
    raise ValueError(name)


async def _refuse_full(connection: AsyncConnection, tables: Iterable[Table]) -> None:
    for table in tables:
        if (await connection.execute(select(table).limit(1))).first() is not None:
            raise UnreadableBackup(
                f"the database is not empty (there are {table.name.replace('_', ' ')}), expected an empty one, or --replace to delete it first"
            )


async def _return_to_review(database: Database, connection: AsyncConnection) -> None:
    """What was approved when the backup was made may have come into force since, or be overtaken: it is approved anew."""
    now = await database.moment(connection)
    approved = changes.c.state == "approved"
    said = {"action": "return", "decided": now, "decided_by": "", "name": "Nota", "override": False}
    said["reason"] = "A backup was imported."
    values = (literal(value, change_decisions.c[name].type) for name, value in said.items())
    rows = select(changes.c.id, changes.c.version + 1, *values).where(approved)
    await connection.execute(insert(change_decisions).from_select(["change_id", "version", *said], rows))
    again = {"state": "review", "due": None, "changed": now, "version": changes.c.version + 1}
    await connection.execute(update(changes).where(approved).values(again))


async def _renew_stamp(connection: AsyncConnection, *, is_bound: bool) -> None:
    """A process that runs meanwhile may hold another edition with the same number. No stamp: no change ever came into force.

    ``is_bound``: the backup says which dossier it is of. If not, the files show it, as after an upgrade.
    """
    if not is_bound:
        await connection.execute(update(safeguards).values(dossier=None, tree=None, edition=0))
    in_force = update(safeguards).where(safeguards.c.stamp.is_not(None) | (safeguards.c.edition > 0))
    await connection.execute(in_force.values(stamp=token_hex(8)))


async def _count_as_sent(database: Database, connection: AsyncConnection) -> None:
    """Marks what was due by now as sent, and forgets which dossier versions were compared.

    Deliveries that are due later, for example with a digest, cannot have been sent yet and stay. So do messages to editors,
    because without its message a candidate would never be decided.
    """
    for_readers = deliveries.c.bulletin_id.in_(select(bulletins.c.id).where(bulletins.c.origin != REVIEW))
    # later ones, for example in a digest, cannot have been sent yet
    waits = IS_OPEN & (deliveries.c.due <= database.now)
    waiting, unsent = update(deliveries).where(waits, for_readers), deliveries.c.sent.is_(None)
    # FAILED_EDIT has what may have arrived corrected
    state = case((deliveries.c.message.is_(None), "dropped"), else_="failed")
    await connection.execute(waiting.where(unsent).values(unclaimed(state=state, reason=COUNTED_AS_SENT)))
    corrected = unclaimed(state="delivered", shown=deliveries.c.wanted, had=None, reason=None)
    await connection.execute(waiting.where(~unsent).values(corrected))
    are_due = update(bulletins).where(bulletins.c.state == "scheduled", bulletins.c.not_before <= database.now)
    await connection.execute(are_due.values(state="history"))
    await connection.execute(delete(dossier_versions))
    await connection.execute(update(safeguards).values(tree=None))


async def _insert(connection: AsyncConnection, batch: Sequence[_Line]) -> None:
    first, last = batch[0], batch[-1]
    try:
        await connection.execute(insert(first.table), [line.row for line in batch])
    except (DBAPIError, StatementError, ValueError, OverflowError) as error:
        # the last two are the driver's own: half a character, a number over 64 bits
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        where = f"lines {first.number} to {last.number}"
        raise UnreadableBackup(f"{where}: {first.table.name} does not take them ({why})") from error
