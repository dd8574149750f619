"""The content as it stands on the disk: proofread for every platform, and read again whenever a file changes."""

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import structlog

from bot.answers.collisions import collision_faults
from bot.dossier.loading import Loading
from bot.edition import Edition
from bot.footprint import give_back
from bot.pictures.faults import picture_faults
from bot.platforms.discord import faults as discord_faults
from bot.platforms.telegram import faults as telegram_faults
from bot.proofreading import proofread

log = structlog.get_logger("bot")


def today() -> date:
    """Today in UTC: what "as of" and "days left" go by."""
    return datetime.now(UTC).date()


def proofread_for_all(folder: Path, day: date) -> Loading:
    """The content checked for every platform."""
    faults = (telegram_faults, discord_faults)
    of_dossiers = [*(each.command_faults for each in faults), partial(picture_faults, today=day), collision_faults]
    return proofread(folder, day, [each.reply_faults for each in faults], of_dossiers)


async def take_anew(edition: Edition, folder: Path) -> None:
    """Has the edition take the content as it is now, proofread for every platform."""
    edition.take(await asyncio.to_thread(proofread_for_all, folder, today()))
    give_back()


async def follow(edition: Edition, folder: Path, *, at_once: bool = True) -> None:
    """Proofreads whenever a file of the dossier changes, and ``at_once`` too, for whoever looks at the mistakes.

    Where nobody does, what was read at the start has passed the dossier's own rules, and rendering every reply of it on
    every platform would only cost memory.
    """
    from watchfiles import awatch  # noqa: PLC0415  a compiled library that only this needs

    if at_once:
        await take_anew(edition, folder)
    with suppress(asyncio.CancelledError):
        async for _ in awatch(folder, debounce=200, step=50):
            await take_anew(edition, folder)
            log.info("content read again", mistakes=len(edition.mistakes))
