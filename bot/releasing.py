"""The release step: what is done once for all processes of a release, before they start.

Everything in it looks first and writes only what differs, so that it may run twice, or in two releases at once.
"""

import asyncio
from collections.abc import Callable

import aiohttp
from aiohttp import web

from bot.dossier.model import Dossier
from bot.platforms import PlatformFailure
from bot.settings import Settings
from bot.store.database import UnusableDatabase, open_database
from bot.store.migrating import migrate

PATIENCE_SECONDS = 60.0
"""A platform that is out of reach for longer does not hold up a release: each process tries again by itself."""

Say = Callable[[str], None]


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
    if settings.telegram_token:
        return await _telegram(settings, settings.telegram_token.get_secret_value(), dossier, say)
    return 0


async def _migrated(url: str | None) -> str:
    database = open_database(url)
    try:
        before, after = await migrate(database)
    finally:
        await database.close()
    return f"database: {'is' if before == after else f'was at version {before}, is'} at version {after}"


async def _telegram(settings: Settings, token: str, dossier: Dossier, say: Say) -> int:
    from telegram.error import TelegramError  # noqa: PLC0415  costs time where it is not enabled

    from bot.platforms.telegram.platform import Telegram  # noqa: PLC0415

    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_SECONDS):
            url, rate = settings.telegram_api_url, settings.telegram_messages_per_second
            bot = Telegram(token, url, settings.public_url, rate, session, web.Application())
            for line in await bot.release(dossier):
                say(f"telegram: {line}")
    except PlatformFailure as failure:
        say(str(failure))
        return 1
    except (TelegramError, TimeoutError) as error:
        say(f"telegram: cannot be told now ({str(error) or 'no answer'}); the web process will try again")
    return 0
