"""The content as it stands on the disk: proofread for every platform, and read again whenever a file changes."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import structlog
from watchfiles import awatch

from bot.app.content_check import proofread
from bot.dossier.loader import Loading
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.matching.intents import collision_faults
from bot.pictures.drawing import picture_faults
from bot.platforms.discord import content_check as discord_faults
from bot.platforms.telegram import content_check as telegram_faults
from bot.replies.answer import matcher_for

log = structlog.get_logger("bot")


Stamps = frozenset[tuple[str, int, int]]
"""Of each file of the dossier its path, when it was written and how long it is."""


Identity = tuple[int, int]
"""The device of a folder and its number there: another folder of the same name has others."""


LOOK_MILLISECONDS = 1000
"""After so long without a change the watching is known to have begun, and the folder is looked at again."""


def today() -> date:
    """Today in UTC: what "as of" and "days left" go by."""
    return datetime.now(UTC).date()


def proofread_for_all(folder: Path, day: date) -> Loading:
    """The content checked for every platform."""
    faults = (telegram_faults, discord_faults)
    of_dossiers = [*(each.command_faults for each in faults), partial(picture_faults, today=day), collision_faults]
    return proofread(folder, day, [each.reply_faults for each in faults], of_dossiers)


async def take_anew(live: LiveDossier, folder: Path) -> None:
    """Has the edition take the content as it is now, proofread for every platform and ready to be asked in words.

    Until then the dossier before it answers, and afterwards too where nothing has changed: what was made of it is kept.
    """
    live.take(await asyncio.to_thread(_read, folder, live.complete.as_read))


def _read(folder: Path, before: Dossier) -> Loading:
    loading = proofread_for_all(folder, today())
    if loading.dossier is None:
        return loading
    dossier = before if loading.dossier.version == before.version else loading.dossier
    matcher_for(dossier)
    return replace(loading, dossier=dossier)


def stamps(folder: Path) -> Stamps:
    """The files' stamps as they are now: others once anything has changed."""
    found = set()
    for file in folder.rglob("*.yaml"):
        with suppress(OSError):  # gone since it was listed
            about = file.stat()
            found.add((str(file), about.st_mtime_ns, about.st_size))
    return frozenset(found)


async def follow(
    live: LiveDossier,
    folder: Path,
    seen: Stamps,
    look_milliseconds: int = LOOK_MILLISECONDS,
    *,
    shows_mistakes: bool = False,
) -> None:
    """Proofreads whenever a file of the dossier changes, also after the folder itself was put in another's place.

    ``seen`` are the files' :func:`stamps` of when the edition was read. What was read then has passed the dossier's own
    rules; it is proofread at once only if somebody may look at the mistakes.
    """
    if shows_mistakes:
        await take_anew(live, folder)
    with suppress(asyncio.CancelledError):
        while True:
            watched = _identity(folder)
            if watched is None:
                await asyncio.sleep(look_milliseconds / 1000)
                continue
            with suppress(FileNotFoundError):  # gone again since
                await _watch(live, folder, watched, seen, look_milliseconds)
            await _settled(folder, look_milliseconds)
            seen = frozenset()  # whatever stands there by then is new


async def _settled(folder: Path, look_milliseconds: int) -> None:
    """Waits until nothing more is put there: bulletins that are still being copied would be taken for withdrawn."""
    before, now = None, stamps(folder)
    while now != before:
        await asyncio.sleep(look_milliseconds / 1000)
        before, now = now, stamps(folder)


async def _watch(live: LiveDossier, folder: Path, watched: Identity, seen: Stamps, look_milliseconds: int) -> None:
    """Proofreads at changes until the folder is gone, or another one: a watch holds on to the one that it began with."""
    unwatched: Stamps | None = seen
    async for changes in awatch(folder, debounce=200, step=50, rust_timeout=look_milliseconds, yield_on_timeout=True):
        stands_there = _identity(folder)
        if stands_there not in (watched, None):
            return
        missed, unwatched = unwatched is not None and stamps(folder) != unwatched, None  # before we began to watch
        if changes or missed or stands_there is None:
            await take_anew(live, folder)
            log.info("content read again", diagnostics=len(live.diagnostics))
        if stands_there is None:
            return


def _identity(folder: Path) -> Identity | None:
    """Which folder stands there; None where there is none."""
    with suppress(OSError):
        about = folder.stat()
        return (about.st_dev, about.st_ino) if folder.is_dir() else None
    return None
