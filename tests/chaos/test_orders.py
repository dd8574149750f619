"""The first orders of content with real processes, which are stopped and killed: after each step, what the platform was told.

On PostgreSQL three processes; on SQLite one. Every reader has every bulletin, so each edit of one comes once for each of them. Every text of
a bulletin is a token, ``b3t12`` for a title and ``b3y13`` for a body. All other orders are those of the model (:mod:`tests.model`).
"""

import asyncio
import os
import re
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import aiohttp
import pytest
from sqlalchemy import update

from bot.db.changes import Person
from bot.db.schema import changes
from bot.db.store import Store, open_store
from bot.dossier.entries import Key
from bot.dossier.loader import load
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.publisher import Newsroom
from tests.audiences import subscribe_all
from tests.chaos.editing import COLLEAGUE, NEW, WRITER, Bot, Browsers, change_of, in_both, newest, start, typed
from tests.conftest import TINY
from tests.databases import PostgreSQL, sqlite_url
from tests.editor import compare
from tests.fork_server import ROOT
from tests.platforms.telegram.updates import ADA, BUDI, GROUP
from tests.servers.telegram import TOKEN, BotApi, Called, bot_api

pytestmark = pytest.mark.slow

CHATS = range(10_000, 10_012)
STILL = 4.0
"""Seconds in which an edit that nobody wanted would have come."""

MARK = re.compile(r"\bb(\d+)[ty]\d+\b")
FILE = """\
date: {day}
title: {{en: "Crossing {title}", id: "Pelayaran {title}"}}
body: {{en: "It sails, {body}.", id: "Berlayar, {body}."}}
sources: [harbour]
"""


@dataclass(frozen=True)
class Words:
    """A bulletin, as somebody means it."""

    title: str
    body: str
    withdrawn: bool = False

    def are_in(self, text: str) -> bool:
        return ("Withdrawn" in text) is self.withdrawn and self.title in text and (self.withdrawn or self.body in text)


@dataclass(frozen=True)
class Tree:
    """A tree of files: a folder, and the bulletins in it by their number."""

    folder: Path
    words: Mapping[int, Words]

    def next(self, name: str, words: Mapping[int, Words]) -> "Tree":
        """Another tree, with these bulletins."""
        tree = Tree(Path(shutil.copytree(self.folder, self.folder.parent / name)), words)
        for bulletin in words:
            tree.write(bulletin, words[bulletin])
        return tree

    def write(self, bulletin: int, words: Words) -> None:
        text = FILE.format(day=datetime.now(UTC).date(), title=words.title, body=words.body)
        (self.folder / "bulletins" / f"{id_of(bulletin)}.yaml").write_text(text, encoding="utf-8")


def id_of(bulletin: int) -> str:
    return f"{datetime.now(UTC).date()}-crossing-{bulletin}"


@dataclass
class Office:
    """Processes on one database, two editors, and readers who have six bulletins of the first tree.

    Attributes:
        said: the text of each message and edit to a reader.
        heard: how many of them came before the last step.
        meant: bulletin → its words, which every reader must see.
    """

    store: Store
    api: BotApi
    folder: Path
    settings: dict[str, str]
    browsers: Browsers
    bots: list[Bot | None]
    tree: Tree
    said: list[str] = field(default_factory=list)
    heard: int = 0
    meant: dict[int, Words] = field(default_factory=dict)

    def hears(self, called: Called) -> None:
        """A call of the platform."""
        if called.method in ("sendMessage", "editMessageText") and int(called.given["chat_id"]) in CHATS:
            self.said.append(str(called.given["text"]))

    async def says(self, new: Mapping[int, Words] = MappingProxyType({})) -> None:
        """Each reader is told of these since the last step, and of nothing else; each message says what is meant."""
        self.meant |= new
        wanted = sorted([*new] * len(CHATS))

        def bulletins() -> list[int]:
            return sorted(int(found[1]) for text in self.said[self.heard :] if (found := MARK.search(text)))

        await self.api.when(lambda: len(bulletins()) >= len(wanted), 60)
        await asyncio.sleep(STILL)
        assert bulletins() == wanted
        self.heard = len(self.said)
        for chat in CHATS:
            shown = [each["text"] for (where, _), each in self.api.state.messages.items() if where == chat]
            missing = [words for words in self.meant.values() if not any(map(words.are_in, shown))]
            assert (missing, len(shown)) == ([], len(self.meant)), chat

    async def roll(self, tree: Tree, *kills: bool) -> None:
        """One process after the other gets the tree: the former one is killed, or stopped."""
        self.tree = tree
        for number, kill in enumerate(kills[: len(self.bots)]):
            bot = self.bots[number]
            if bot is not None:
                await (bot.kill() if kill else bot.stop())
            self.bots[number] = await start(self.folder, self.settings | {"CONTENT_DIR": str(tree.folder)})

    async def nota(self, tree: Tree, *words: str) -> str:
        """A command with these files. Returns what is wrong; "": nothing."""
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.settings, "CONTENT_DIR": str(tree.folder)}
        command = (sys.executable, "-m", "bot", *words)
        process = await asyncio.create_subprocess_exec(
            *command, env=given, cwd=self.folder, stdout=DEVNULL, stderr=PIPE
        )
        _, said = await process.communicate()
        return said.decode() if process.returncode else ""

    async def rolls_back(self, tree: Tree) -> None:
        """An owner says that the files are to be imported; again where something else came into force meanwhile."""
        for _ in range(5):
            if not (refusal := await self.nota(tree, "publish", "--rollback")):
                return
        raise AssertionError(refusal)

    async def press(self, person: Person, path: str, **form: str) -> None:
        bot = self.bots[-1]
        assert bot is not None
        assert await self.browsers.post(bot, person, path, **form) in (200, 303, 409), path

    async def puts(self, bulletin: int, words: Words) -> None:
        """A change by the desk, which another editor approves, and whose minute passes."""
        key = Key(f"bulletins/{id_of(bulletin)}")
        if words.withdrawn:
            reasons = {f"because-{language}": "It was not so." for language in ("en", "id")}
            await self.press(WRITER, f"withdraw/{id_of(bulletin)}", once=words.title, **reasons)
        elif bulletin in self.meant:
            await self.press(WRITER, "entry", once=words.title, key=key, action="correct")
        else:
            await self.press(WRITER, "new", once=words.title)
        number = await newest(self.store)
        _, entries, _ = await change_of(self.store, number)
        if not words.withdrawn:
            texts = in_both("title", f"Crossing {words.title}") | in_both("body", f"It sails, {words.body}.")
            await self.press(WRITER, f"{number}/save", **typed(entries, NEW if NEW in entries else key, texts))
        for action, person, state in (("ask", WRITER, "draft"), ("approve", COLLEAGUE, "review")):
            async with asyncio.timeout(30):  # a process that has not followed the last change yet refuses
                while (change := (await change_of(self.store, number))[0]).state == state:
                    await self.press(person, f"{number}/decide", action=action, version=str(change.version))
        async with self.store.database.write() as connection:
            due = changes.c.due - TAKE_BACK_SECONDS - 1
            await connection.execute(update(changes).where(changes.c.id == number).values(due=due))
        async with asyncio.timeout(60):
            while (await change_of(self.store, number))[0].state != "in_force":  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.1)

    async def is_ready(self, *, says_former: bool) -> None:
        """A process with former files is ready: a platform that waits for that stops the other one."""
        bot = self.bots[0]
        assert bot is not None
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                async with session.get(f"{bot.url}/readyz") as answer:
                    if answer.status == 200 and ("former" in await answer.text() or not says_former):
                        return
                await asyncio.sleep(0.2)


@asynccontextmanager
async def office(url: str, folder: Path, processes: int) -> AsyncIterator[Office]:
    base = Tree(Path(shutil.copytree(TINY, folder / "tree-0")), {})
    dossier = load(base.folder, datetime.now(UTC).date()).dossier
    assert dossier is not None
    first = base.next("old", {each: Words(f"b{each}t100", f"b{each}y100") for each in range(1, 7)})
    async with bot_api() as api, open_store(url) as store:
        await compare(Newsroom(store), dossier)
        await subscribe_all(store, CHATS, language="en")
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "DATABASE_URL": url}
        settings |= {"EDITORS": f"{ADA},{BUDI}", "EDITORS_CHAT": f"telegram:{GROUP}"}
        settings |= {"TELEGRAM_MESSAGES_PER_SECOND": "300"}
        at = Office(store, api, folder, settings, Browsers(store), [None] * processes, first)
        api.on_call = at.hears
        try:
            await at.roll(first, *[False] * processes)
            assert at.bots[-1] is not None
            await at.browsers.sign_in(at.bots[-1], WRITER, COLLEAGUE)
            yield at
        finally:
            for bot in filter(None, at.bots):
                await bot.kill()
            await at.browsers.close()


async def walk(at: Office) -> None:
    """Deploys old → new → old → new beneath a correction, a withdrawal and a new bulletin; an export; a crash."""
    old = at.tree
    await at.says(old.words)
    decided = {1: replace(old.words[1], title="b1t901"), 2: replace(old.words[2], withdrawn=True)}
    decided |= {7: Words("b7t901", "b7y901")}
    for bulletin, words in decided.items():
        await at.puts(bulletin, words)
    await at.says(decided)

    # files change what was decided, and a third bulletin: that one alone is edited
    other = {each: replace(old.words[each], body=f"b{each}y902") for each in (1, 2, 3)}
    new = old.next("new", {**old.words, **other})
    await at.roll(new, False, True, False)
    await at.says({3: new.words[3]})

    # the former release starts beside the new one, or alone after a crash; and the new one is back
    await at.roll(old, True)
    await at.is_ready(says_former=len(at.bots) > 1)
    await at.roll(old, True, True, True)
    await at.says()
    await at.roll(new, False, True, False)
    await at.says()

    # an owner rolls back and forward: what files alone changed, and nothing else
    for tree in (old, new):
        await at.roll(tree, True, False, True)
        await at.rolls_back(tree)
        await at.says({3: tree.words[3]})

    # what was decided becomes files, which are deployed, rolled back and deployed: nobody is told of anything
    exported = Tree(Path(shutil.copytree(new.folder, new.folder.parent / "exported")), dict(at.meant))
    assert await at.nota(new, "content", "export", str(exported.folder)) == ""
    for tree in (exported, new, exported):
        await at.roll(tree, False, True, False)
        if tree is new:
            await at.rolls_back(tree)
        await at.says()


@pytest.mark.postgres
async def test_three_processes(postgresql: PostgreSQL, tmp_path: Path) -> None:
    async with postgresql.database() as url, office(url, tmp_path, 3) as at:
        await walk(at)


async def test_one_process(tmp_path: Path) -> None:
    """Also what its author undoes while it runs: at once."""
    async with office(sqlite_url(tmp_path), tmp_path, 1) as at:
        await walk(at)
        before = at.meant[4]
        for words in (replace(before, title="b4t903"), before):
            at.tree.write(4, words)
            await at.says({4: words})
