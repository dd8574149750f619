"""The first orders of content with real processes, which are stopped and killed: after each step, what the platform was told.

On PostgreSQL three processes; on SQLite one. Every reader has every bulletin, so each edit of one comes once for each of them.
"""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from bot.dossier.entries import Key
from tests.app.test_rolling import ROOT
from tests.chaos.editing import NEW
from tests.chaos.test_trees import CHATS, World, world
from tests.chaos.trees import Bulletin, Judge, Tree, Words
from tests.databases import PostgreSQL, sqlite_url

pytestmark = pytest.mark.slow

STILL = 4.0
"""Seconds in which an edit that nobody wanted would have come."""


class Office:
    """An office with its processes, and what was said since the last step."""

    def __init__(self, at: World) -> None:
        self.at, self.heard = at, 0

    async def says(self, *edited: Bulletin) -> None:
        """Each reader is told of these since the last step, and of nothing else."""
        at, expected = self.at, sorted(edited * len(CHATS))
        await at.api.when(lambda: len(self.said()) >= len(expected), 60)
        await asyncio.sleep(STILL)
        assert sorted(self.said()) == expected
        self.heard = len(at.said)
        judge = Judge(at.events)
        assert at.seen == list(judge.wrong(at.said)) == at.missing(judge) == []

    def said(self) -> list[Bulletin]:
        return [each.bulletin or 0 for each in self.at.said[self.heard :]]

    async def roll(self, tree: Tree, *kills: bool) -> None:
        """One process after the other gets the tree: the former one is killed, or stopped."""
        for slot, kill in zip(self.at.slots, kills, strict=False):
            await self.at.end(slot, kill=kill, bury=False)
            slot.tree = tree
            await self.at.start(slot)

    async def exported(self, former: Tree) -> Tree:
        """The files with what was decided, as ``nota content export`` writes them."""
        number, in_force = self.at.number(), Judge(self.at.events).last.meant
        folder = Path(shutil.copytree(former.folder, former.folder.parent / f"tree-{number}"))
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.at.settings}
        command = (sys.executable, "-m", "bot", "content", "export", str(folder))
        process = await asyncio.create_subprocess_exec(*command, env=given, stdout=DEVNULL, stderr=PIPE)
        _, problem = await process.communicate()
        assert process.returncode == 0, problem.decode()
        return Tree(number, folder, dict(in_force), former.names)


async def walk(at: World) -> None:
    """Deploys old → new → old → new beneath a correction, a withdrawal and a new bulletin; an export; a crash; an author's undo."""
    office, old = Office(at), at.slots[0].tree
    keys = {each: Key(f"bulletins/{names[0]}") for each, names in old.names.items()}
    await at.api.when(lambda: len(at.said) >= 6 * len(CHATS), 90)
    office.heard = len(at.said)

    at.bulletins, seventh = 7, at.words(7)
    assert await at.put(keys[1], 1, "b1t901") == "in force"
    assert await at.put(keys[2], 2) == "in force"
    assert await at.put(NEW, 7, seventh.title, seventh.body) == "in force"
    await office.says(1, 2, 7)

    # files change what was decided, and a third bulletin: that one alone is edited
    words: Mapping[Bulletin, Words] = {
        each: was.with_word(f"b{each}y902") if each <= 3 else was for each, was in old.words.items()
    }
    new = at._made(old, dict(words))
    at.deploys(new)
    await office.roll(new, False, True, False)
    await office.says(3)

    # the former release starts beside the new one, or alone after a crash; and the new one is back
    await office.roll(old, True)
    await at_rest(at, former=len(at.slots) - 1)
    await office.roll(old, True, True, True)
    await office.says()
    await office.roll(new, False, True, False)
    await office.says()

    # an owner rolls back and forward: what files alone changed, and nothing else
    for tree in (old, new):
        await office.roll(tree, True, False, True)
        await at._owners_word(tree)
        await office.says(3)

    # what was decided becomes files, which are deployed, rolled back and deployed: nobody is told of anything
    exported = await office.exported(new)
    for tree in (exported, new, exported):
        at.deploys(tree)
        await office.roll(tree, False, True, False)
        if tree is new:
            await at._owners_word(tree)
        await office.says()


async def at_rest(at: World, former: int) -> None:
    """A process with former files is ready: a platform that waits for that stops the other one."""
    bot = at.slots[0].bot
    assert bot is not None
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{bot.url}/readyz") as answer:
                text = await answer.text()
            if answer.status == 200 and ("former" in text or not former):
                return
            await asyncio.sleep(0.2)


@pytest.mark.postgres
async def test_three_processes(postgresql: PostgreSQL, tmp_path: Path) -> None:
    async with postgresql.database() as url, world(url, tmp_path, 1, ours=3) as at:
        await walk(at)


async def test_one_process(tmp_path: Path) -> None:
    """Also what its author undoes while it runs: at once."""
    async with world(sqlite_url(tmp_path), tmp_path, 1, ours=1) as at:
        await walk(at)
        office, tree = Office(at), at.slots[0].tree
        office.heard = len(at.said)
        file = tree.folder / "bulletins" / f"{tree.names[4][0]}.yaml"
        before = file.read_text("utf-8")
        other = {**tree.words, 4: tree.words[4].with_word("b4t903")}
        for text, words in ((before.replace(tree.words[4].title, "b4t903"), other), (before, tree.words)):
            file.write_text(text, "utf-8")
            at.deploys(Tree(tree.number, tree.folder, words))
            await office.says(4)
