"""``nota migrate``: the release step."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from bot import logs
from bot.app.reload import load_checked, today
from bot.db.engine import UnusableDatabase, open_database
from bot.db.migrations import migrate
from bot.dossier.models import Dossier
from bot.platforms.base import PlatformFailure, PlatformUnreachable
from bot.settings import Settings

PATIENCE_SECONDS = 60.0
"""A platform that is out of reach for longer does not hold up a release: each process tries again by itself."""


Say = Callable[[str], None]


Step = Coroutine[Any, Any, list[str]]


async def release(settings: Settings, dossier: Dossier, say: Say) -> int:
    """Migrates, then tells the platforms of the commands and of where we are.

    Returns:
        0; 1 where the release must not go on: the database cannot be used, or a platform refuses a setting. One that
        cannot be reached is said and no more.
    """
    try:
        say(await _migrated(settings.database_url))
    except UnusableDatabase as unusable:
        say(str(unusable))
        return 1
    return max([await _taken(name, step, say) for name, step in _steps(settings, dossier)], default=0)


async def _migrated(url: str | None) -> str:
    database = open_database(url)
    try:
        before, after = await migrate(database)
    finally:
        await database.close()
    return f"database: {'is' if before == after else f'was at version {before}, is'} at version {after}"


def _steps(settings: Settings, dossier: Dossier) -> Iterator[tuple[str, Step]]:
    """What the enabled platforms have to be told."""
    if settings.telegram_token:
        from bot.platforms.telegram.bot import release as telegram  # noqa: PLC0415  heavy

        token = settings.telegram_token.get_secret_value()
        yield "telegram", telegram(token, settings.telegram_api_url, settings.public_url, dossier)
    if settings.discord_token:
        from bot.platforms.discord.bot import release as discord  # noqa: PLC0415  heavy

        token = settings.discord_token.get_secret_value()
        yield "discord", discord(token, settings.discord_api_url, dossier)


async def _taken(name: str, step: Step, say: Say) -> int:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for line in await step:
                say(f"{name}: {line}")
    except PlatformFailure as failure:
        say(str(failure))
        return 1
    except (PlatformUnreachable, TimeoutError) as error:
        say(f"{name}: cannot be told now ({str(error) or 'no answer'}); the web process will try again")
    return 0


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("migrate", help="the release step: bring database, menus and webhook up to date")
    parser.set_defaults(run=run)


def run(_given: argparse.Namespace, settings: Settings) -> int:
    """Says what was done; exit 1 where the release should not go on, broken content included."""
    logs.set_up(settings.log_format, settings.secrets)
    loading = load_checked(settings.content_dir, today())
    errors = [str(diagnostic) for diagnostic in loading.diagnostics if diagnostic.blocks]
    if loading.dossier is None or errors:
        print("\n".join(errors), file=sys.stderr)
        return 1
    return asyncio.run(release(settings, loading.dossier, partial(print, flush=True)))
