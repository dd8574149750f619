"""Loads the content, checked for every platform, and loads it again when a file changes."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import structlog
from watchfiles import awatch

from bot.app.content_check import DossierCheck, check_content
from bot.dossier.loader import Loading
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.matching.intents import check_collisions
from bot.pictures.drawing import check_pictures
from bot.platforms.discord import content_check as discord
from bot.platforms.telegram import content_check as telegram
from bot.replies.answer import matcher_for

log = structlog.get_logger("bot")


Stamps = frozenset[tuple[str, int, int]]
"""Path, time of the last change and size of each file of the dossier."""


Identity = tuple[int, int]
"""Device and inode of a folder; another folder of the same name has others."""


LOOK_MILLISECONDS = 1000
"""How long a watch waits for a change before it looks at the folder itself."""


def today() -> date:
    """Today in UTC, as "as of" and "days left" count."""
    return datetime.now(UTC).date()


def load_checked(folder: Path, day: date) -> Loading:
    """Loads a dossier and checks it for every platform."""
    dossier_checks: list[DossierCheck] = [
        telegram.check_commands,
        discord.check_commands,
        partial(check_pictures, today=day),
        check_collisions,
    ]
    return check_content(folder, day, [telegram.check_reply, discord.check_reply], dossier_checks)


async def reload(live: LiveDossier, folder: Path) -> None:
    """Puts the content as it is now into force, checked for every platform and ready to be asked in words.

    Until then the previous dossier answers. If nothing has changed it stays, so that caches made from it stay valid.
    """
    live.update(await asyncio.to_thread(_read, folder, live.complete.from_files))


def _read(folder: Path, before: Dossier) -> Loading:
    loading = load_checked(folder, today())
    if loading.dossier is None:
        return loading
    dossier = before if loading.dossier.version == before.version else loading.dossier
    matcher_for(dossier)
    return replace(loading, dossier=dossier)


def stamps(folder: Path) -> Stamps:
    """The files' stamps; they differ as soon as anything has changed."""
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
    shows_diagnostics: bool = False,
) -> None:
    """Reloads whenever a file of the dossier changes, also after the whole folder was replaced.

    ``seen`` are the files' :func:`stamps` from before the dossier in force was loaded. That dossier has passed its own
    rules; it is checked for the platforms at once only if somebody can see the diagnostics (``shows_diagnostics``).
    """
    if shows_diagnostics:
        await reload(live, folder)
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
    """Waits until the files stay the same: bulletins not yet copied would count as withdrawn."""
    before, now = None, stamps(folder)
    while now != before:
        await asyncio.sleep(look_milliseconds / 1000)
        before, now = now, stamps(folder)


async def _watch(live: LiveDossier, folder: Path, watched: Identity, seen: Stamps, look_milliseconds: int) -> None:
    """Reloads at changes until the folder is gone or replaced: a watch follows the folder that it began with."""
    unwatched: Stamps | None = seen
    async for changes in awatch(folder, debounce=200, step=50, rust_timeout=look_milliseconds, yield_on_timeout=True):
        stands_there = _identity(folder)
        if stands_there not in (watched, None):
            return
        missed, unwatched = unwatched is not None and stamps(folder) != unwatched, None  # before we began to watch
        if changes or missed or stands_there is None:
            await reload(live, folder)
            log.info("content reloaded", diagnostics=len(live.diagnostics))
        if stands_there is None:
            return


def _identity(folder: Path) -> Identity | None:
    """The folder's identity; None if there is no folder."""
    with suppress(OSError):
        about = folder.stat()
        return (about.st_dev, about.st_ino) if folder.is_dir() else None
    return None
