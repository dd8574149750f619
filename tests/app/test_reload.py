"""The content is read again whenever a file of it changes."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.app.content_check import today
from bot.app.reload import Stamps, follow, stamps
from bot.dossier.loader import load
from bot.live_dossier import LiveDossier
from tests.conftest import Edit, not_none

LOOK = 150
"""Milliseconds after which the folder is looked at again."""


@asynccontextmanager
async def following(folder: Path, seen: Stamps, live: LiveDossier, look: int = LOOK) -> AsyncIterator[asyncio.Event]:
    """Follows the folder meanwhile; the event is set by each reading."""
    read = asyncio.Event()
    live.on_change(read.set)
    task = asyncio.create_task(follow(live, folder, seen, look))
    try:
        yield read
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def live_dossier_of(folder: Path) -> LiveDossier:
    """The dossier of what stands there."""
    return LiveDossier(not_none(load(folder, today()).dossier))


class TestFollowing:
    """Nothing that is saved is missed, whenever it is saved."""

    async def test_a_file_saved_while_it_starts(self, folder: Path, edit: Edit) -> None:
        """After the content was read, before anybody watches the folder."""
        seen, live = stamps(folder), live_dossier_of(folder)
        edit("topics/fare.yaml", "emoji: ", "# saved in between\nemoji: ")
        async with asyncio.timeout(60), following(folder, seen, live) as read:
            await read.wait()

    async def test_a_file_saved_later(self, folder: Path, edit: Edit) -> None:
        """As an editor saves it."""
        async with asyncio.timeout(60), following(folder, stamps(folder), live_dossier_of(folder)) as read:
            await asyncio.sleep(3 * LOOK / 1000)
            edit("topics/fare.yaml", "emoji: ", "# saved later\nemoji: ")
            await read.wait()

    async def test_nothing_saved_is_read_once(self, folder: Path) -> None:
        """Looking costs no reading."""
        async with following(folder, stamps(folder), live_dossier_of(folder)) as read:
            await asyncio.sleep(6 * LOOK / 1000)
            assert not read.is_set()

    async def test_folder_taken_away_and_put_back(self, folder: Path, edit: Edit) -> None:
        """As a deployment or a change of branches does it: meanwhile the last good dossier is in force."""
        live = live_dossier_of(folder)
        async with asyncio.timeout(60), following(folder, stamps(folder), live) as read:
            await asyncio.sleep(3 * LOOK / 1000)
            shutil.move(folder, folder.with_name("away"))
            await read.wait()
            assert [diagnostic.message for diagnostic in live.diagnostics] == ["no such folder"]
            assert live.dossier.topics
            read.clear()
            shutil.copytree(folder.with_name("away"), folder)
            await read.wait()
            assert not live.diagnostics
            read.clear()
            await asyncio.sleep(3 * LOOK / 1000)
            edit("topics/fare.yaml", "emoji: ", "# saved afterwards\nemoji: ")
            await read.wait()

    async def test_folder_that_is_still_being_filled(self, folder: Path) -> None:
        """A bulletin that is not there yet is not withdrawn."""
        live = live_dossier_of(folder)
        bulletins: list[int] = []
        live.on_change(lambda: bulletins.append(len(live.dossier.bulletins)))
        async with asyncio.timeout(60), following(folder, stamps(folder), live) as read:
            await asyncio.sleep(3 * LOOK / 1000)
            away = Path(shutil.move(folder, folder.with_name("away")))
            await read.wait()
            read.clear()
            shutil.copytree(away, folder, ignore=shutil.ignore_patterns("bulletins"))
            for _ in range(10):
                (folder / "topics" / "fare.yaml").write_bytes((away / "topics" / "fare.yaml").read_bytes())
                await asyncio.sleep(LOOK / 2000)
            shutil.copytree(away / "bulletins", folder / "bulletins")
            await read.wait()
            assert set(bulletins) == {1}

    async def test_files_that_are_replaced_one_by_one(self, folder: Path) -> None:
        """As an upload does it: they are read together, so that many corrections are seen to be many."""
        live = live_dossier_of(folder)
        (bulletin,) = (folder / "bulletins").iterdir()
        counts: list[int] = []
        live.on_change(lambda: counts.append(len(live.dossier.bulletins)))
        async with asyncio.timeout(60), following(folder, stamps(folder), live, 4 * LOOK) as read:
            await asyncio.sleep(3 * LOOK / 1000)
            for number in range(1, 5):
                shutil.copy(bulletin, bulletin.with_name(f"2026-01-05-crossing-{number}.yaml"))
                await asyncio.sleep(LOOK / 1000)
            await read.wait()
        assert counts == [5]

    async def test_link_to_another_folder(self, folder: Path) -> None:
        """As releases are switched."""
        newer = Path(shutil.copytree(folder, folder.with_name("newer")))
        (newer / "topics" / "fare.yaml").write_text("broken: [", encoding="utf-8")
        current = folder.with_name("current")
        current.symlink_to(folder)
        live = live_dossier_of(current)
        async with asyncio.timeout(60), following(current, stamps(current), live) as read:
            await asyncio.sleep(3 * LOOK / 1000)
            current.unlink()
            current.symlink_to(newer)
            await read.wait()
            assert [diagnostic.path for diagnostic in live.diagnostics] == ["topics/fare.yaml"]
