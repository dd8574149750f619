"""``nota deliveries``: prints the ledger as text, JSON or CSV, stops or starts all sending, and lifts suspensions."""

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from bot.cli import CommandError, show, with_store
from bot.db.connection import AnyRow
from bot.db.delivery_reports import STATES, DeliveryLog
from bot.db.store import Store
from bot.replies.spreadsheet import line
from bot.settings import Settings

CSV_COLUMNS = (
    *("bulletin_id", "platform", "chat_id", "thread_id", "title", "state", "wanted", "shown", "language", "digest"),
    *("message_id", "attempts", "reason", "created", "due", "sent", "edited", "crosspost"),
)


_MOMENTS = frozenset({"created", "due", "sent", "edited", "published", "changed", "pruned", "not_before"})


EXAMPLES = (
    "nota deliveries",
    "nota deliveries 2026-01-31-first-term --json",
    "nota deliveries --csv deliveries.csv",
    "nota deliveries --unsuspend 2026-01-31T09:30Z   # whoever was suspended since then gets bulletins again",
    "nota deliveries --stop            # nothing is sent any more, until --start; nothing is lost",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("deliveries", help="show the deliveries of bulletins: states, slowest, failures")
    parser.add_argument("bulletin", nargs="?", help="id of one bulletin (default: all bulletins)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every delivery as CSV; - for standard output")
    switch = parser.add_mutually_exclusive_group()
    switch.add_argument("--stop", action="store_true", help="stop all sending, in every process, until --start")
    switch.add_argument("--start", action="store_true", help="start sending again")
    lift = "lift all suspensions since this moment, with what the readers had: 2026-01-31T09:30Z"
    switch.add_argument("--unsuspend", type=datetime.fromisoformat, metavar="SINCE", help=lift)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Prints the ledger, or writes it as CSV; or stops or starts all sending; or lifts suspensions."""
    switch = "--stop" if args.stop else "--start" if args.start else "--unsuspend" if args.unsuspend else ""
    if switch and args.bulletin:
        raise CommandError(f"{switch} is for all bulletins, expected no {args.bulletin}")
    if args.unsuspend:
        number = with_store(settings, lambda store: store.readers.restore_since(args.unsuspend.timestamp()))
        print(f"{number} suspended since {args.unsuspend.isoformat(' ')} get bulletins again")
    elif args.stop or args.start:
        with_store(settings, _stop if args.stop else _start)
    else:
        with_store(settings, lambda store: _report(args, store.deliveries), only_reads=True)
    return 0


async def _stop(store: Store) -> None:
    await store.safeguards.stop("nota deliveries --stop")
    print("nothing is sent until `nota deliveries --start`")


async def _start(store: Store) -> None:
    stops = (await store.safeguards.get()).stops
    await store.safeguards.start()
    print("messages are sent again" if stops else "nothing was stopped")


async def _report(args: argparse.Namespace, ledger: DeliveryLog) -> None:
    if args.bulletin and await ledger.bulletin(args.bulletin) is None:
        raise CommandError(f"no bulletin {args.bulletin!r} in the ledger; `nota deliveries` lists all")
    if args.csv:
        await _write_csv(ledger, args.bulletin, args.csv)
    elif args.bulletin:
        report = await _of_one(ledger, args.bulletin)
        show(report, "\n".join(_one_as_lines(report)), args.json)
    else:
        rows = [_fields(row) for row in await ledger.bulletins()]
        show(rows, "\n".join(_all_as_lines(rows)), args.json)


async def _of_one(ledger: DeliveryLog, name: str) -> dict[str, Any]:
    row = await ledger.bulletin(name)
    return {
        "bulletin": _fields(row) if row else None,
        "counts": [_fields(row) for row in await ledger.counts(name)],
        "slowest": [_fields(row) for row in await ledger.slowest(name)],
        "reasons": [_fields(row) for row in await ledger.failures(name)],
    }


def _all_as_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "no bulletins in the ledger"
        return
    yield f"{'bulletin':<48} {'state':<10} {'rev':>3} " + " ".join(f"{state:>9}" for state in STATES)
    for row in rows:
        counts = " ".join(f"{row['n_' + state] or '·':>9}" for state in STATES)
        yield f"{row['id']:<48} {row['state']:<10} {row['revision']:>3} {counts}"


def _one_as_lines(report: dict[str, Any]) -> Iterator[str]:
    bulletin = report["bulletin"]
    published = bulletin["published"] or "never"
    yield f"{bulletin['id']}: {bulletin['state']}, revision {bulletin['revision']}, published {published}"
    if bulletin["pruned"]:
        yield f"  old deliveries were deleted, the first {bulletin['pruned']} (LEDGER_DAYS)"
    for count in report["counts"]:
        yield f"  {count['platform']:<9} {count['language'] or '—':<3} {count['state']:<10} {count['number']:>8}"
    for delivery in report["slowest"]:
        yield f"  slow: {delivery['platform']}:{delivery['chat_id']} after {delivery['seconds']:.1f} s"
    for reason in report["reasons"]:
        example = f"{reason['number']} ×, as in {reason['chat_id']}"
        yield f"  {reason['state']}: {reason['reason']} ({example})"


async def _write_csv(ledger: DeliveryLog, name: str | None, file: Path) -> None:
    if str(file) == "-":
        return await _write_rows(ledger, name, sys.stdout)
    with file.open("w", encoding="utf-8", newline="") as out:
        os.fchmod(out.fileno(), 0o600)  # contains chat ids and titles
        return await _write_rows(ledger, name, out)


async def _write_rows(ledger: DeliveryLog, name: str | None, out: TextIO) -> None:
    out.write(line(CSV_COLUMNS))
    async for row in ledger.rows(name):
        fields = _fields(row)
        out.write(line(fields[column] for column in CSV_COLUMNS))


def _fields(row: AnyRow) -> dict[str, Any]:
    return {key: _value(key, value) for key, value in row._mapping.items()}


def _value(key: str, value: Any) -> Any:
    if key in _MOMENTS and isinstance(value, float):
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds") if value else None
    return value
