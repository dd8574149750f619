"""``nota migrate``: the release step. Brings the database up; doing it twice, or in two releases at once, does no harm."""

import argparse
import asyncio
from typing import Any

from bot import logs
from bot.settings import Settings
from bot.store.database import UnusableDatabase, open_database
from bot.store.migrating import migrate


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("migrate", help="the release step: bring the database up")
    parser.set_defaults(run=run)


def run(_given: argparse.Namespace, settings: Settings) -> int:
    """Says what was done; exit 1 where the release should not go on."""
    logs.set_up(settings.log_format, settings.secrets)
    return asyncio.run(_release(settings))


async def _release(settings: Settings) -> int:
    try:
        database = open_database(settings.database_url)
        try:
            before, after = await migrate(database)
        finally:
            await database.close()
    except UnusableDatabase as unusable:
        print(unusable, flush=True)
        return 1
    print(f"database: {'is' if before == after else f'was at version {before}, is'} at version {after}", flush=True)
    return 0
