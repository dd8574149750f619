"""``nota backup export``, ``import`` and ``verify``: the contents of the database as JSON Lines."""

import argparse
import errno
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from bot.cli import CommandError, run_async, show
from bot.db.backup import READER_TABLES, export, import_backup, row_count
from bot.db.engine import Database, open_database
from bot.db.migrations import expect_tables, prepare
from bot.settings import Settings

READ_AS = "utf-8-sig"
"""UTF-8 with or without a byte order mark."""

STREAM = Path("-")
"""Standard output or input."""


EXAMPLES = (
    "nota backup export backup.jsonl",
    "nota backup export - > backup.jsonl",
    "nota backup import backup.jsonl --replace",
    "nota backup verify backup.jsonl   # could it be imported?",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    backup = commands.add_parser("backup", help="export readers, settings and ledger to a file, or import them")
    directions = backup.add_subparsers(dest="direction", metavar="export|import|verify", required=True)
    out = directions.add_parser("export", help="write the database as JSON Lines")
    out.add_argument("file", type=Path, help="file to write; - for standard output")
    out.add_argument("--readers-only", action="store_true", help="leave out bulletins and deliveries")
    out.set_defaults(run=run_export)
    into = directions.add_parser("import", help="import a backup, in one transaction")
    into.add_argument("file", type=Path, help="file to read; - for standard input")
    into.add_argument("--replace", action="store_true", help="delete the contents of the database first")
    into.add_argument(
        "--send-newer",
        action="store_true",
        help="send the deliveries that wait in the backup and the bulletins that it lacks (default: they count as sent)",
    )
    into.add_argument("--json", action="store_true", help="print the number of rows in each table as JSON")
    into.set_defaults(run=run_import)
    test = directions.add_parser(
        "verify", help="import a backup into a database that is thrown away, and print its counts"
    )
    test.add_argument("file", type=Path, help="file to read; - for standard input")
    test.add_argument("--json", action="store_true", help="print the number of rows in each table as JSON")
    test.set_defaults(run=run_verify)


def run_export(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the backup. If that fails, an existing file is not changed."""
    try:
        with _written(args.file) as file:
            run_async(_export(settings, file, READER_TABLES if args.readers_only else None))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandError(f"{args.file}: {error.strerror}") from error
    return 0


def run_verify(args: argparse.Namespace, settings: Settings) -> int:
    """Imports the backup into a database of its own. Exits with 1 if it cannot be imported whole."""
    with tempfile.TemporaryDirectory(prefix="nota-") as folder:
        own = settings.model_copy(update={"database_url": f"sqlite:///{folder}/verified.sqlite3"})
        _show_import(argparse.Namespace(**vars(args), replace=False, send_newer=False), own)
    return 0


def run_import(args: argparse.Namespace, settings: Settings) -> int:
    """Imports the whole backup, or nothing."""
    _show_import(args, settings)
    if not args.send_newer:
        print("waiting deliveries, and the content at the next publish, count as sent", file=sys.stderr)
        lost = "what the desk decided, and who subscribed or unsubscribed, after the backup was made"
        print(f"lost is {lost}: withdraw again what was withdrawn", file=sys.stderr)
    return 0


def _show_import(args: argparse.Namespace, settings: Settings) -> None:
    try:
        with _read(args.file) as file:
            counts = run_async(_import(settings, file, replace=args.replace, send_newer=args.send_newer))
    except UnicodeDecodeError:
        raise CommandError(
            f"{args.file}: cut off, or not UTF-8, expected a whole file of `nota backup export`"
        ) from None
    words = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items() if count) or "nothing"
    show(counts, words, args.json)


@contextmanager
def _written(target: Path) -> Iterator[TextIO]:
    """A file to write to. A regular file, also behind a link, is replaced at the end; if the block raises, it is not changed.

    Devices and pipes such as /dev/stdout are written directly.

    Raises:
        OSError: the target is a folder or cannot be written.
    """
    if target == STREAM:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except OSError:
            # keeps Python from flushing again when it exits (docs.python.org/3/library/signal.html#note-on-sigpipe)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
            raise
    elif target.is_char_device() or target.is_fifo():
        with target.open("w", encoding="utf-8") as file:
            yield file
    elif target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "not a file, expected one, or - for standard output")
    else:
        with _replaced(target.resolve()) as file:
            yield file


@contextmanager
def _replaced(target: Path) -> Iterator[TextIO]:
    """A temporary file that only its owner can read; it replaces the target at the end."""
    opened, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".unfinished")
    try:
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _read(source: Path) -> Iterator[TextIO]:
    if source != STREAM:
        with source.open(encoding=READ_AS) as file:
            yield file
        return
    if isinstance(sys.stdin, TextIOWrapper):  # invalid bytes must be an error here, not question marks
        sys.stdin.reconfigure(encoding=READ_AS, errors="strict")
    yield sys.stdin


async def _export(settings: Settings, out: TextIO, only: Sequence[str] | None) -> None:
    async with _opened(settings, only_reads=True) as database, aclosing(export(database, only)) as lines:
        head = await anext(lines)
        out.write(head + "\n")
        with _bar(head) as bar:
            async for line in lines:
                out.write(line + "\n")
                bar.update()


async def _import(settings: Settings, lines: TextIO, *, replace: bool, send_newer: bool) -> dict[str, int]:
    async with _opened(settings) as database:
        return await import_backup(database, _counted(lines), replace=replace, send_newer=send_newer)


def _counted(lines: TextIO) -> Iterator[str]:
    """Yields the lines, and shows their progress in a bar."""
    head = next(lines, "")
    yield head
    with _bar(head) as bar:
        for line in lines:
            yield line
            bar.update()


def _bar(head: str) -> Any:
    """A progress bar for the number of rows in the first line of a backup."""
    return tqdm(total=row_count(head), unit=" rows", disable=None, leave=False)


@asynccontextmanager
async def _opened(settings: Settings, *, only_reads: bool = False) -> AsyncIterator[Database]:
    async with open_database(settings.database_url, only_reads=only_reads) as database:
        await (expect_tables(database) if only_reads else prepare(database, migrates=False))
        yield database
