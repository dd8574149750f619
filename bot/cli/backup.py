"""``nota backup export`` and ``nota backup import``: what is kept, as JSON Lines, out of one database and into another."""

import argparse
import asyncio
import errno
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO, TypeVar

from bot.db.backup import READERS, UnreadableBackup, export, import_backup
from bot.db.engine import DATABASE_AWAY, Database, UnusableDatabase, open_database
from bot.db.migrations import prepare
from bot.settings import Settings

T = TypeVar("T")


READ_AS = "utf-8-sig"
"""With or without the mark that some editors put before it."""


STREAM = Path("-")
"""Standard output or input."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    backup = commands.add_parser("backup", help="write readers, settings and the ledger to a file, and bring them back")
    directions = backup.add_subparsers(dest="direction", metavar="export|import", required=True)
    out = directions.add_parser("export", help="write everything as JSON Lines")
    out.add_argument("file", type=Path, help="where to; - for standard output")
    out.add_argument("--readers-only", action="store_true", help="leave out bulletins and what was sent")
    out.set_defaults(run=run_export)
    into = directions.add_parser("import", help="bring in what export wrote, all or nothing")
    into.add_argument("file", type=Path, help="where from; - for standard input")
    into.add_argument("--replace", action="store_true", help="delete first what the database holds")
    into.add_argument(
        "--send-newer",
        action="store_true",
        help="send what waits in the backup and what the content has that the backup has not (default: it counts as sent)",
    )
    into.set_defaults(run=run_import)


def run_export(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the database cannot be used or the file cannot be written; a file that was there stays as it was then."""
    try:
        with _written(given.file) as file:
            asyncio.run(_export(settings, file, READERS if given.readers_only else None))
    except UnusableDatabase as unusable:
        print(unusable, file=sys.stderr)
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"{given.file}: {error.strerror}", file=sys.stderr)
    else:
        return 0
    return 1


def run_import(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where nothing was brought in."""
    try:
        with _read(given.file) as file:
            counts = asyncio.run(_import(settings, file, replace=given.replace, send_newer=given.send_newer))
    except UnicodeDecodeError:
        print(f"{given.file}: not UTF-8, expected what nota backup export writes", file=sys.stderr)
    except (UnusableDatabase, UnreadableBackup) as unusable:
        print(unusable, file=sys.stderr)
    except OSError as error:
        print(f"{given.file}: {error.strerror}", file=sys.stderr)
    else:
        print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "nothing")
        if not given.send_newer:
            print("what waited, and what the content has by the next publish, counts as sent", file=sys.stderr)
        return 0
    return 1


@contextmanager
def _written(target: Path) -> Iterator[TextIO]:
    """A file to write to. Where the block raises, what was there before is still there.

    A regular file is replaced once all is written; through a link, the file that it names. A device or a pipe, as /dev/null or
    /dev/stdout, is written to.

    Raises:
        OSError: it is a folder or cannot be written.
    """
    if target == STREAM:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except OSError:
            _give_up_stdout()
            raise
    elif target.is_char_device() or target.is_fifo():
        with target.open("w", encoding="utf-8") as file:
            yield file
    elif target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "not a file, expected one, or - for standard output")
    else:
        with _replaced(target.resolve()) as file:
            yield file


def _give_up_stdout() -> None:
    """What could not be written is not tried again when the process ends (docs.python.org/3/library/signal.html#note-on-sigpipe)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@contextmanager
def _replaced(target: Path) -> Iterator[TextIO]:
    """A new file, for nobody else to read, which takes the target's place at the end."""
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
    if isinstance(sys.stdin, TextIOWrapper):  # strictly: what is no text must not come in as question marks
        sys.stdin.reconfigure(encoding=READ_AS, errors="strict")
    yield sys.stdin


async def _export(settings: Settings, out: TextIO, only: Sequence[str] | None) -> None:
    async with _prepared(settings) as database, aclosing(export(database, only)) as lines:
        while (line := await _answered(anext(lines, None))) is not None:
            out.write(line + "\n")


async def _import(settings: Settings, lines: TextIO, *, replace: bool, send_newer: bool) -> dict[str, int]:
    async with _prepared(settings) as database:
        return await _answered(import_backup(database, lines, replace=replace, send_newer=send_newer))


async def _answered(asked: Awaitable[T]) -> T:
    """What the database answers.

    Raises:
        UnusableDatabase: it is gone.
    """
    try:
        return await asked
    except DATABASE_AWAY as failure:
        raise UnusableDatabase(f"DATABASE_URL: the database does not answer ({type(failure).__name__})") from failure


@asynccontextmanager
async def _prepared(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings.database_url)
    try:
        await prepare(database)
        yield database
    finally:
        await database.close()
