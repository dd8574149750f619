"""Loads the content again when a file changes."""

import asyncio
from contextlib import suppress
from pathlib import Path

import structlog
from watchfiles import awatch

from bot.app.content_check import Platforms, load_checked, today
from bot.dossier.logo import FILES as LOGO_FILES
from bot.live_dossier import LiveDossier
from bot.platforms import PLATFORMS

log = structlog.get_logger("bot")

Stamps = frozenset[tuple[str, int, int]]
"""Path, time of the last change and size of each file of the dossier."""

Identity = tuple[int, int]
"""Device and inode of a folder, which differ after the folder is replaced."""

LOOK_MILLISECONDS = 1000
"""After this long without a change, a watch checks whether the folder is still there."""


async def reload(live: LiveDossier, folder: Path, platforms: Platforms = PLATFORMS) -> None:
    """Loads the content, checks it for every platform, prepares the matcher, and then puts the dossier into force.

    Until then the previous dossier answers.
    """
    await live.reload(lambda: load_checked(folder, today(), platforms))


def stamps(folder: Path) -> Stamps:
    """The stamps of the files. They differ after any change."""
    files = set()
    for file in (*folder.rglob("*.yaml"), *(folder / name for name in LOGO_FILES)):
        with suppress(OSError):  # the file was removed after it was listed
            about = file.stat()
            files.add((str(file), about.st_mtime_ns, about.st_size))
    return frozenset(files)


async def follow(
    live: LiveDossier,
    folder: Path,
    seen: Stamps,
    look_milliseconds: int = LOOK_MILLISECONDS,
    *,
    shows_diagnostics: bool = False,
) -> None:
    """Reloads whenever a file of the dossier changes, also after the whole folder was replaced.

    ``seen``: the :func:`stamps` from before the dossier in force was loaded. ``shows_diagnostics``: reloads once at the
    start.
    """
    if shows_diagnostics:  # the start did not check the content for the platforms, and the preview shows that, too
        await reload(live, folder)
    while True:
        watched = _identity(folder)
        if watched is None:
            await asyncio.sleep(look_milliseconds / 1000)
            continue
        with suppress(FileNotFoundError):  # the folder was removed after _identity had found it
            await _watch(live, folder, watched, seen, look_milliseconds)
        await _wait_until_unchanged(folder, look_milliseconds)
        seen = frozenset()  # every file of the new folder is new


async def _wait_until_unchanged(folder: Path, look_milliseconds: int) -> None:
    """Waits while files are still being copied."""
    # A bulletin that is not yet copied would count as missing. And if a wrong folder were copied file by file, each comparison
    # would find too few corrections to ask for a confirmation (MOST_AT_ONCE in bot.db.safeguards).
    before, now = None, stamps(folder)
    while now != before:
        await asyncio.sleep(look_milliseconds / 1000)
        before, now = now, stamps(folder)


async def _watch(live: LiveDossier, folder: Path, watched: Identity, seen: Stamps, look_milliseconds: int) -> None:
    """Reloads after changes until the folder is removed or replaced, because a watch stays with the folder it began with."""
    is_first = True
    async for changes in awatch(folder, debounce=200, step=50, rust_timeout=look_milliseconds, yield_on_timeout=True):
        current = _identity(folder)
        if current not in (watched, None):
            return
        # Files may have been saved after they were loaded and before this watch began.
        has_missed = is_first and stamps(folder) != seen
        is_first = False
        if changes or has_missed or current is None:
            await _wait_until_unchanged(folder, look_milliseconds)
            await reload(live, folder)
            log.info("content reloaded", diagnostics=len(live.diagnostics))
        if current is None:
            return


def _identity(folder: Path) -> Identity | None:
    """The folder's identity; None if it does not exist."""
    with suppress(OSError):
        about = folder.stat()
        return (about.st_dev, about.st_ino) if folder.is_dir() else None
    return None
