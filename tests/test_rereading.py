"""The content is read again whenever a file of it changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.dossier.loading import load
from bot.edition import Edition
from bot.rereading import Stamps, follow, stamps, today
from tests.conftest import Edit


@asynccontextmanager
async def following(folder: Path, seen: Stamps | None, edition: Edition) -> AsyncIterator[asyncio.Event]:
    """Follows the folder meanwhile; the event is set by each reading."""
    read = asyncio.Event()
    edition.on_change(read.set)
    task = asyncio.create_task(follow(edition, folder, seen))
    try:
        yield read
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def edition_of(folder: Path) -> Edition:
    """The edition of what stands there."""
    dossier = load(folder, today()).dossier
    assert dossier is not None
    return Edition(dossier)


class TestFollowing:
    """Nothing that is saved is missed, whenever it is saved."""

    async def test_a_file_saved_while_it_starts(self, folder: Path, edit: Edit) -> None:
        """After the content was read, before anybody watches the folder."""
        seen, edition = stamps(folder), edition_of(folder)
        edit("topics/fare.yaml", "emoji: ", "# saved in between\nemoji: ")
        async with asyncio.timeout(10), following(folder, seen, edition) as read:
            await read.wait()

    async def test_a_file_saved_later(self, folder: Path, edit: Edit) -> None:
        """As an editor saves it."""
        async with asyncio.timeout(10), following(folder, None, edition_of(folder)) as read:
            await read.wait()
            read.clear()
            await asyncio.sleep(1.5)
            edit("topics/fare.yaml", "emoji: ", "# saved later\nemoji: ")
            await read.wait()

    async def test_nothing_saved_is_read_once(self, folder: Path) -> None:
        """Looking costs no reading."""
        async with following(folder, stamps(folder), edition_of(folder)) as read:
            await asyncio.sleep(2.5)
            assert not read.is_set()
