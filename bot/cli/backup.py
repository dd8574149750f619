"""``nota export`` and ``nota import``: what is kept, as JSON Lines, out of one database and into another."""

import argparse
import asyncio
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from bot.settings import Settings
from bot.store.backup import READERS, UnreadableBackup, bring_in, export
from bot.store.database import Database, UnusableDatabase, open_database
from bot.store.migrating import prepare

READ_AS = "utf-8-sig"
"""With or without the mark that some editors put before it."""


def add_to(commands: Any) -> None:
    """Adds both commands to the parser."""
    out = commands.add_parser("export", help="write readers, settings and the ledger as JSON Lines")
    out.add_argument("file", nargs="?", type=Path, help="where to (default: standard output)")
    out.add_argument("--readers-only", action="store_true", help="leave out bulletins and what was sent")
    out.set_defaults(run=run_export)
    into = commands.add_parser("import", help="bring an export into an empty database, all or nothing")
    into.add_argument("file", type=Path, help="what `nota export` wrote; - for standard input")
    into.set_defaults(run=run_import)


def run_export(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the database cannot be used; a file that was there before stays as it was then."""
    if given.file is None:
        return asyncio.run(_export(settings, sys.stdout, readers_only=given.readers_only))
    unfinished = given.file.with_name(f"{given.file.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            unfinished.chmod(0o600)
            status = asyncio.run(_export(settings, file, readers_only=given.readers_only))
        if status == 0:
            unfinished.replace(given.file)
    finally:
        unfinished.unlink(missing_ok=True)
    return status


def run_import(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where nothing was brought in."""
    try:
        if str(given.file) != "-":
            with given.file.open(encoding=READ_AS) as file:
                return asyncio.run(_import(settings, file))
        if isinstance(sys.stdin, TextIOWrapper):  # strictly: what is no text must not come in as question marks
            sys.stdin.reconfigure(encoding=READ_AS, errors="strict")
        return asyncio.run(_import(settings, sys.stdin))
    except UnicodeDecodeError:
        print(f"{given.file}: not UTF-8, expected what nota export writes", file=sys.stderr)
    except OSError as error:
        print(f"{given.file}: {error.strerror}", file=sys.stderr)
    return 1


async def _export(settings: Settings, out: TextIO, *, readers_only: bool) -> int:
    try:
        database = await _prepared(settings)
    except UnusableDatabase as unusable:
        print(unusable, file=sys.stderr)
        return 1
    try:
        async for line in export(database, READERS if readers_only else None):
            out.write(line + "\n")
    finally:
        await database.close()
    return 0


async def _import(settings: Settings, lines: TextIO) -> int:
    try:
        database = await _prepared(settings)
        try:
            counts = await bring_in(database, lines)
        finally:
            await database.close()
    except (UnusableDatabase, UnreadableBackup) as unusable:
        print(unusable, file=sys.stderr)
        return 1
    print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "nothing")
    return 0


async def _prepared(settings: Settings) -> Database:
    database = open_database(settings.database_url)
    try:
        await prepare(database)
    except UnusableDatabase:
        await database.close()
        raise
    return database
