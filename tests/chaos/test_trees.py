"""Trees of files are deployed, rolled back and killed under load while editors write, and the platform's log is the judge.

On PostgreSQL three processes, whose folders differ most of the time. On SQLite one process. No message is sent, edited or withdrawn that no editor or file meant; in the end every chat shows what is in force.
"""

import asyncio
import os
import random
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import time

import aiohttp
import pytest
from sqlalchemy import delete, select, update

from bot.db.changes import ChangeId, Person
from bot.db.schema import change_decisions, changes, dossier_versions, leases, processes
from bot.db.store import Store, open_store
from bot.dossier.entries import Content, Field, Key
from bot.dossier.loader import load
from bot.newsroom.publisher import Newsroom
from tests.app.test_rolling import ROOT
from tests.audiences import subscribe_all
from tests.chaos.editing import COLLEAGUE, NEW, WRITER, Bot, Browsers, change_of, newest, start, typed
from tests.chaos.trees import TOKEN, Bulletin, Event, Imported, InForce, Judge, Said, Tree, Words
from tests.conftest import TINY
from tests.databases import PostgreSQL, sqlite_url
from tests.editor import compare
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, message, user
from tests.servers.telegram import TOKEN as BOT_TOKEN
from tests.servers.telegram import BotApi, Called, bot_api

CHATS = range(10_000, 10_012)
ASKER = 5001
EDITORS = 3

SHORT = pytest.param(60, marks=pytest.mark.slow)
LONG = pytest.param(600, marks=pytest.mark.chaos)


class GivenUp(Exception):
    """An editor does not go on with a change: another change or a deploy was there first, or no process answers."""


@dataclass
class Slot:
    """A place where one process runs.

    Attributes:
        tree: of the process that runs or ran last.
    """

    name: str
    tree: Tree
    bot: Bot | None = None
    id: str | None = None


@dataclass
class World:
    """Everything.

    Attributes:
        trees: version → each tree that was ever deployed, by the digest that the database has of it.
        approved: tokens of changes whose time may have come.
        seen: tokens that readers saw which were neither approved nor in a deployed tree.
        counts: what was done how often.
    """

    store: Store
    api: BotApi
    folder: Path
    settings: dict[str, str]
    chance: random.Random
    browsers: Browsers
    slots: list[Slot]
    trees: dict[str, Tree] = field(default_factory=dict)
    deployed: set[str] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    events: list[Imported | InForce] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    numbers: int = 100
    bulletins: int = 0
    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    busy: int = 0
    ends: bool = False

    # ---- What readers see

    def look(self, called: Called) -> None:
        """At a call of the platform, before it is answered."""
        if called.method not in ("sendMessage", "editMessageText"):
            return
        chat, text = int(called.given["chat_id"]), str(called.given["text"])
        if chat in CHATS:
            self.said.append(Said(time(), chat, text))
        if chat in CHATS or chat == ASKER:
            self.see(f"{called.method} to {chat}", text)

    def see(self, where: str, text: str) -> None:
        """Nothing is visible anywhere that is in no deployed file and was not approved."""
        wrong = {found[0] for found in TOKEN.finditer(text)} - self.deployed - self.approved
        self.seen += [f"{where}: {token}" for token in wrong]

    async def ask(self) -> None:
        """Readers ask all the time, in the chat and on the page."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while not self.ends:
                await self.api.feed(message("/news", ASKER, user(ASKER)))
                for bot in [slot.bot for slot in self.slots if slot.bot is not None]:
                    for path in ("/api/bulletins", "/bulletins.atom"):
                        with suppress(aiohttp.ClientError, TimeoutError):
                            async with session.get(bot.url + path) as answer:
                                self.see(path, await answer.text())
                await asyncio.sleep(0.5)

    async def note_trees(self) -> None:
        """Notes which trees were in force from when, by the database: also one that came and went between two looks."""
        known = dict[str, float]()
        while True:
            with suppress(Exception):
                async with self.store.database.read() as connection:
                    statement = select(dossier_versions).order_by(dossier_versions.c.compared)
                    rows = (await connection.execute(statement)).all()
                for row in rows:
                    if known.get(row.version) != row.compared:
                        is_former = row.version in known and row.imported != row.compared
                        self.events.append(Imported(row.compared, self.trees[row.version], is_former))
                        known[row.version] = row.compared
            if self.ends:
                return
            await asyncio.sleep(0.05)

    # ---- Operators

    def deploys(self, tree: Tree) -> None:
        """From now on readers may see what is in it."""
        dossier = load(tree.folder, datetime.now(UTC).date()).dossier
        assert dossier is not None, load(tree.folder, datetime.now(UTC).date()).diagnostics
        self.trees[dossier.tree] = tree
        self.deployed |= {token for words in tree.words.values() for token in (words.title, words.body)}

    async def start(self, slot: Slot) -> None:
        """Starts the slot's process, and waits until the database knows it."""
        self.deploys(slot.tree)
        settings = self.settings | {"CONTENT_DIR": str(slot.tree.folder)}
        known = await self._running()
        slot.id = None
        slot.bot = await start(self.folder, settings)
        for _ in range(200):
            new = await self._running() - known
            if new:
                [slot.id] = new
                return
            await asyncio.sleep(0.05)

    async def _running(self) -> set[str]:
        async with self.store.database.read() as connection:
            return set((await connection.execute(select(processes.c.id))).scalars())

    async def end(self, slot: Slot, *, kill: bool, bury: bool = True) -> None:
        """The slot's process ends. ``bury``: as if the time had passed in which one that was killed counts as running."""
        if slot.bot is None:
            return
        bot, slot.bot = slot.bot, None
        if kill:
            await bot.kill()
            self.kills += 1
        else:
            await bot.stop()
        if bury and slot.id is not None:
            pid = slot.id.split("-")[-2]
            async with self.store.database.write() as connection:
                await connection.execute(delete(processes).where(processes.c.id == slot.id))
                of_it = leases.c.holder.like(f"%-{pid}-%")
                await connection.execute(update(leases).where(of_it).values(until=0.0))

    async def operate(self, until: float) -> None:
        """Deploys, rolls back and kills, in random order."""
        ours = self.slots
        while time() < until:
            await asyncio.sleep(self.chance.uniform(0.5, 3.0))
            name, act = self.chance.choice(
                [
                    ("kill", self._kill),
                    ("kill", self._kill),
                    ("deploy", self._deploy),
                    ("deploy", self._deploy),
                    ("roll back", self._roll_back),
                    ("blackout", self._blackout),
                    ("wrong tree", self._wrong_tree),
                ]
            )
            await act(ours)
            self.counts[name] += 1

    def _kills(self) -> bool:
        return self.chance.random() < 0.6

    def _buries(self) -> bool:
        return self.chance.random() < 0.7

    async def _kill(self, ours: list[Slot]) -> None:
        slot = self.chance.choice(ours)
        await self.end(slot, kill=True, bury=self._buries())
        await self.start(slot)

    async def _deploy(self, ours: list[Slot]) -> None:
        """One process after the other gets the next tree, made of the latest one. Between them others may die."""
        tree = self.next_tree(ours[0].tree)
        for slot in self.chance.sample(ours, len(ours)):
            await self._replace(slot, tree)

    async def _roll_back(self, ours: list[Slot]) -> None:
        known = [tree for tree in self.trees.values() if tree.number > 0]
        tree = self.chance.choice(known)
        for slot in self.chance.sample(ours, len(ours)):
            await self._replace(slot, tree)
        if self.chance.random() < 0.5:  # else they are former files, which wait longer than this lasts
            await self._owners_word(tree)

    async def _owners_word(self, tree: Tree) -> None:
        """An owner says that the files are to be imported, as often as something else comes into force meanwhile."""
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.settings, "CONTENT_DIR": str(tree.folder)}
        for _ in range(5):
            command = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "publish", "--rollback"),
                env=given,
                cwd=self.folder,
                stdout=DEVNULL,
                stderr=PIPE,
            )
            _, said = await command.communicate()
            if command.returncode == 0:
                return
            self.counts[f"no rollback: {said.decode()[-80:]}"] += 1

    async def _replace(self, slot: Slot, tree: Tree) -> None:
        await self.end(slot, kill=self._kills(), bury=self._buries())
        slot.tree = tree
        await self.start(slot)
        await asyncio.sleep(self.chance.uniform(0, 2.0))

    async def _blackout(self, ours: list[Slot]) -> None:
        for slot in self.slots:
            await self.end(slot, kill=True)
        await asyncio.sleep(self.chance.uniform(0, 1.0))
        for slot in ours:
            await self.start(slot)

    async def _wrong_tree(self, ours: list[Slot]) -> None:
        """A branch in which every bulletin reads otherwise: it waits for a confirmation, and is rolled back. Editors rest meanwhile."""
        former = ours[0].tree
        if len(former.words) <= 4:
            return
        async with self.resting():
            for slot in self.slots:
                await self.end(slot, kill=self._kills())
            other = {each: Words(f"b{each}t{self.number()}", words.body) for each, words in former.words.items()}
            wrong = self._made(former, other)
            for tree in (wrong, former):
                for slot in ours:
                    await self.end(slot, kill=self._kills())
                    slot.tree = tree
                for slot in ours:
                    await self.start(slot)
                if tree is former:
                    await self._owners_word(tree)
                await self.until_imported(tree)
                await asyncio.sleep(1.0)

    async def until_imported(self, tree: Tree) -> None:
        async with asyncio.timeout(90):
            while True:
                async with self.store.database.read() as connection:
                    row = await self.store.dossier_versions.latest(connection)
                if row is not None and self.trees.get(row.version) == tree:
                    return
                await asyncio.sleep(0.1)

    # ---- Files

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def words(self, bulletin: Bulletin) -> Words:
        return Words(f"b{bulletin}t{self.number()}", f"b{bulletin}y{self.number()}")

    def _made(self, former: Tree, words: dict[Bulletin, Words], renamed: Bulletin | None = None) -> Tree:
        return former.next(self.number(), datetime.now(UTC).date().isoformat(), words, renamed)

    def next_tree(self, former: Tree) -> Tree:
        """One thing is different: a text, a new bulletin, what a change says, a withdrawal, a file that is gone or has another name."""
        words = dict(former.words)
        bulletin = self.chance.choice(sorted(words))
        kinds = ["title", "body", "body", "new", "export", "export", "withdrawal", "gone", "renamed", "same"]
        kind = self.chance.choice(kinds)
        self.counts[f"tree: {kind}"] += 1
        match kind:
            case "title":
                words[bulletin] = words[bulletin].with_word(f"b{bulletin}t{self.number()}")
            case "body":
                words[bulletin] = words[bulletin].with_word(f"b{bulletin}y{self.number()}")
            case "new":
                self.bulletins += 1
                words[self.bulletins] = self.words(self.bulletins)
            case "export":  # what changes have put in force of bulletins of files
                done = [each for each in self.events if isinstance(each, InForce)]
                words |= {
                    each.bulletin: each.words for each in done if each.bulletin in words and not each.words.withdrawn
                }
            case "withdrawal":
                words[bulletin] = replace(words[bulletin], withdrawn="files")
            case "gone" if len(words) > 5:
                words.pop(bulletin)
        return self._made(former, words, bulletin if kind == "renamed" else None)

    # ---- Editors

    async def edit(self, until: float) -> None:
        """An editor writes, has it approved by the colleague, corrects and withdraws."""
        while time() < until:
            await asyncio.sleep(self.chance.uniform(0, 1.0))
            name = self.chance.choice(["news", "news", "correct", "correct", "correct", "withdraw", "never"])
            await self.calm.wait()
            self.busy += 1
            try:
                done = await getattr(self, f"_{name}")()
                self.counts[f"{name}: {done}"] += 1
            except GivenUp as reason:
                self.counts[f"{name}: {reason}"] += 1
            finally:
                self.busy -= 1

    @asynccontextmanager
    async def resting(self) -> AsyncIterator[None]:
        """Inside, editors do nothing: they finish what they do first."""
        self.calm.clear()
        try:
            while self.busy:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            yield
        finally:
            self.calm.set()

    async def press(self, person: Person, path: str, form: Callable[[], dict[str, str]] | dict[str, str]) -> int:
        """Pressed again, at another process, until there is an answer."""
        for _ in range(60):
            alive = [slot.bot for slot in self.slots if slot.bot is not None]
            if alive:
                fields = form if isinstance(form, dict) else form()
                status = await self.browsers.post(self.chance.choice(alive), person, path, **fields)
                if status is not None and status < 500:
                    return status
            await asyncio.sleep(0.2)
        raise GivenUp("no answer")

    async def make(self, path: str, **form: str) -> int:
        async with self.making:
            before = await newest(self.store)
            status = await self.press(WRITER, path, {"once": f"once-{before}-{self.number()}", **form})
            number = await newest(self.store)
        if number == before:
            raise GivenUp(f"not made: {status}")
        return number

    async def type(self, number: int, key: Key, tokens: tuple[str, ...]) -> None:
        _, entries, _ = await change_of(self.store, number)
        words: dict[Field, str] = {}
        for token in tokens:
            for language, title, body in (("en", "Crossing", "It sails"), ("id", "Pelayaran", "Berlayar")):
                is_title = "t" in token
                words["title" if is_title else "body", language] = (
                    f"{title} {token}" if is_title else f"{body}, {token}."
                )
        await self.press(WRITER, f"{number}/save", typed(entries, key, words))

    async def decide(self, number: int, action: str, person: Person, **form: str) -> None:
        """Presses the button until it is done, or cannot be."""
        before, status = (await change_of(self.store, number))[0].state, 0
        for _ in range(12):
            change, _, _ = await change_of(self.store, number)
            if change.state != before:
                return
            fields = {"action": action, "version": str(change.version), **form}
            status = await self.press(person, f"{number}/decide", fields)
            if (await change_of(self.store, number))[0].state != before:
                return
            await asyncio.sleep(0.25)
        await self.drop(number)
        raise GivenUp(f"no {action}: {status}")

    async def drop(self, number: int) -> None:
        """Nobody goes on with it."""
        change, _, _ = await change_of(self.store, number)
        if change.state in ("draft", "review"):
            await self.press(WRITER, f"{number}/decide", {"action": "discard", "version": str(change.version)})

    async def bring_into_force(self, number: int, bulletin: Bulletin, *tokens: str) -> str:
        """The minute passes, and it comes into force; or it is returned, and nobody may ever see it."""
        self.approved |= set(tokens)
        async with self.store.database.write() as connection:
            of_it = (changes.c.id == number) & (changes.c.state == "approved")
            await connection.execute(update(changes).where(of_it).values(due=changes.c.due - 100))
        for _ in range(300):
            change, entries, _ = await change_of(self.store, number)
            if change.state == "in_force":
                [entry] = entries.values()
                title, body = texts_of(entry.content)
                assert {*tokens} <= {title, body}, f"{tokens} were approved, and {title}, {body} are in force"
                is_withdrawn = "withdrawn" in (entry.content or {})
                async with self.store.database.read() as connection:
                    of_it = (change_decisions.c.change_id == number) & (change_decisions.c.action == "in_force")
                    [at] = (await connection.execute(select(change_decisions.c.decided).where(of_it))).scalars()
                self.events.append(InForce(at, bulletin, Words(title, body, "the desk" if is_withdrawn else "")))
                return "in force"
            if change.state in ("draft", "review"):
                self.approved -= set(tokens)
                await self.drop(number)
                return "returned"
            await asyncio.sleep(0.2)
        return await self._not_yet(number, bulletin, *tokens)

    async def _not_yet(self, number: int, bulletin: Bulletin, *tokens: str) -> str:
        """It is taken back, unless it came into force after all."""
        async with self.store.database.write() as connection:
            change = await self.store.changes.read(connection, ChangeId(number), lock=True)
            assert change is not None
            if change.state == "approved":
                await connection.execute(
                    update(changes).where(changes.c.id == number).values(state="discarded", due=None)
                )
                self.approved -= set(tokens)
                return "waited"
        return await self.bring_into_force(number, bulletin, *tokens)

    async def put(self, key: Key, bulletin: Bulletin, *tokens: str) -> str:
        """A change that puts the texts in force; none: that withdraws the bulletin. Returns what became of it."""
        if tokens:
            number = await (self.make("new") if key == NEW else self.make("entry", key=key, action="correct"))
            await self.type(number, key, tokens)
        else:
            because = {f"because-{language}": "It was not so." for language in ("en", "id")}
            number = await self.make(f"withdraw/{key.partition('/')[2]}", **because)
        if (await change_of(self.store, number))[0].state == "draft":
            await self.decide(number, "ask", WRITER)
        await self.decide(number, "approve", COLLEAGUE)
        return await self.bring_into_force(number, bulletin, *tokens)

    async def _news(self) -> str:
        self.bulletins += 1
        words = self.words(bulletin := self.bulletins)
        return await self.put(NEW, bulletin, words.title, words.body)

    async def _never(self) -> str:
        """Written, asked for, approved even, and never in force."""
        number = await self.make("new")
        words = self.words(0)
        await self.type(number, NEW, (words.title, words.body))
        await self.decide(number, "ask", WRITER)
        if self.chance.random() < 0.5:
            await self.decide(number, "approve", COLLEAGUE)
            await self.decide(number, "take_back", COLLEAGUE)
        await self.drop(number)
        return "never in force"

    async def _any(self) -> tuple[Key, Bulletin]:
        """A bulletin that is in force, of files or of the desk."""
        async with self.store.database.read() as connection:
            entries = await self.store.contents.read(connection)
        found = {key: TOKEN.search(str(each.in_force)) for key, each in entries.items() if key.startswith("bulletins/")}
        return self.chance.choice([(key, int(token[1])) for key, token in sorted(found.items()) if token])

    async def _correct(self) -> str:
        key, bulletin = await self._any()
        return await self.put(key, bulletin, f"b{bulletin}{self.chance.choice('ty')}{self.number()}")

    async def _withdraw(self) -> str:
        if len([each for each in self.events if isinstance(each, InForce) and each.words.withdrawn]) > 3:
            return "enough"
        return await self.put(*await self._any())

    # ---- The end

    async def come_to_rest(self) -> None:
        """The processes have one tree; everything is delivered."""
        ours = self.slots
        tree = ours[0].tree
        for slot in self.slots:
            await self.end(slot, kill=False)
        async with self.store.database.write() as connection:
            await connection.execute(delete(processes))
            await connection.execute(update(leases).values(until=0.0))
        for slot in ours:
            slot.tree = tree
            await self.start(slot)
        await self._owners_word(tree)
        await self.until_imported(tree)

    def missing(self, judge: Judge) -> list[str]:
        """What chats do not show in the end, but should."""
        reference, wrong = judge.last, list[str]()
        shown: dict[tuple[int, int], list[str]] = {}
        for (chat, _), each in self.api.state.messages.items():
            text = str(each.get("text", ""))
            if chat in CHATS and (found := TOKEN.search(text)):
                shown.setdefault((chat, int(found[1])), []).append(text)
        for bulletin in sorted(reference.lasting):
            words = reference.meant[bulletin]
            for chat in CHATS:
                texts = shown.get((chat, bulletin), [])
                if words.withdrawn:
                    is_right = not texts or any("Withdrawn" in text for text in texts)
                else:
                    is_right = any(
                        words.title in text and words.body in text and "Withdrawn" not in text for text in texts
                    )
                if not is_right:
                    wrong.append(f"chat {chat} has {texts}, not {words}")
        return wrong


@asynccontextmanager
async def world(url: str, folder: Path, seed: int, ours: int) -> AsyncIterator[World]:
    """Six bulletins of files were sent; nobody has written anything yet."""
    base = Tree(0, Path(shutil.copytree(TINY, folder / "tree-0")), {})
    dossier = load(base.folder, datetime.now(UTC).date()).dossier
    assert dossier is not None
    async with bot_api() as api, open_store(url) as store:
        await compare(Newsroom(store), dossier)
        await subscribe_all(store, CHATS, language="en")
        settings = {"TELEGRAM_TOKEN": BOT_TOKEN, "TELEGRAM_API_URL": api.url, "DATABASE_URL": url}
        settings |= {"EDITORS": f"{ADA},{BUDI}", "EDITORS_CHAT": f"telegram:{GROUP}"}
        settings |= {"TELEGRAM_MESSAGES_PER_SECOND": "300"}
        at = World(store, api, folder, settings, random.Random(seed), Browsers(store), [])
        at.calm.set()
        at.deploys(base)
        at.bulletins = 6
        first = at._made(base, {each: at.words(each) for each in range(1, 7)})
        at.slots = [Slot(f"ours {number}", first) for number in range(ours)]
        api.on_call = at.look
        noting = asyncio.create_task(at.note_trees())
        try:
            for slot in at.slots:
                await at.start(slot)
            await at.browsers.sign_in(next(slot.bot for slot in at.slots if slot.bot), WRITER, COLLEAGUE)
            yield at
        finally:
            at.ends = True
            await noting
            for slot in at.slots:
                if slot.bot is not None:
                    await slot.bot.kill()
            await at.browsers.close()


async def drive(url: str, folder: Path, seconds: float, ours: int) -> None:
    """Everything at once for so long; then the judge."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"\nCHAOS_SEED={seed}, {seconds:.0f} s")
    async with world(url, folder, seed, ours) as at:
        asking = asyncio.create_task(at.ask())
        await at.api.when(lambda: len(at.said) >= 6 * len(CHATS), 90)
        until = time() + seconds
        await asyncio.gather(at.operate(until), *(at.edit(until) for _ in range(EDITORS)))
        await at.come_to_rest()
        rested = time()
        async with asyncio.timeout(180):
            while missing := at.missing(judge := Judge(at.events)):
                if time() - max(rested, at.said[-1].at) > 30:
                    break
                await asyncio.sleep(0.5)
        at.ends = True
        await asking
        wrong = list(judge.wrong(at.said))
        errors = Counter(line for line in logged(folder) if '"level": "error"' in line)
    print(
        f"{at.kills} kills, {len(at.said)} messages and edits; {len(at.trees)} trees; {dict(sorted(at.counts.items()))}"
    )
    for line, count in errors.most_common(5):
        print(count, line[:400])
    assert at.seen == []
    assert wrong == [], (
        f"{len(wrong)} of {len(at.said)}:\n" + "\n".join(wrong[:5]) + "\n" + "\n".join(map(str, at.events))
    )
    assert missing == [], "\n".join(missing[:5]) + "\n" + "\n".join(map(str, at.events))


def texts_of(content: Content | None) -> list[str]:
    """The token of a bulletin's title, and that of its body."""
    return [next(TOKEN.finditer(str((content or {})[name])))[0] for name in ("title", "body")]


def logged(folder: Path) -> list[str]:
    """What all processes have logged."""
    return [line for log in folder.glob("bot-*.log") for line in log.read_text("utf-8").splitlines()]


@pytest.mark.postgres
@pytest.mark.parametrize("seconds", [SHORT, LONG])
async def test_three_processes(seconds: float, postgresql: PostgreSQL, tmp_path: Path) -> None:
    """On one PostgreSQL."""
    async with postgresql.database() as url:
        await drive(url, tmp_path, seconds, ours=3)


@pytest.mark.parametrize("seconds", [SHORT, LONG])
async def test_one_process(seconds: float, tmp_path: Path) -> None:
    """On SQLite, one after the other."""
    await drive(sqlite_url(tmp_path), tmp_path, seconds, ours=1)


class TestTheJudge:
    """It knows the rules."""

    FIRST, OURS, THEIRS = Words("b1t1", "b1y1"), Words("b1t9", "b1y1"), Words("b1t5", "b1y5")

    def tree(self, number: int, words: Words | None = FIRST, *, is_former: bool = False) -> Imported:
        return Imported(number, Tree(number, Path(), {1: words} if words else {}), is_former)

    def decided(self, at: float, words: Words = OURS) -> InForce:
        return InForce(at, 1, words)

    def meant(self, *events: Event) -> str:
        """The one text that may stand in messages in the end."""
        judge = Judge(list(events))
        words = judge.last.meant[1]
        text = f"{'Withdrawn: ' if words.withdrawn else ''}{words.title} {words.body}"
        assert not list(judge.wrong([Said(100, 1, text)]))
        others = {"b1t1 b1y1", "b1t5 b1y5", "b1t9 b1y1", "b1t9 b1y5", "Withdrawn: b1t1 b1y1"} - {text}
        assert list(judge.wrong(Said(100, 1, each) for each in others if "With" not in each or not words.withdrawn))
        return text

    def test_a_correction_survives_deploys(self) -> None:
        """Whatever files say then waits, and so does a rollback; what files alone changed comes into force."""
        before = (self.tree(1), self.decided(2))
        for more in (
            [],
            [self.tree(3, self.THEIRS)],
            [self.tree(3, self.OURS), self.tree(4, is_former=True)],
            [self.tree(3, self.THEIRS), self.tree(4)],
            [self.tree(3, None)],
        ):
            assert self.meant(*before, *more) == "b1t9 b1y1"
        assert self.meant(*before, self.tree(3, self.OURS), self.tree(4, self.THEIRS)) == "b1t5 b1y5"
        assert self.meant(*before, self.tree(3), self.tree(4, replace(self.FIRST, withdrawn="files"))) == (
            "Withdrawn: b1t9 b1y1"
        )

    def test_who_ends_a_withdrawal(self) -> None:
        withdrawn = replace(self.FIRST, withdrawn="files")
        assert self.meant(self.tree(1, withdrawn), self.tree(2)) == "b1t1 b1y1"
        assert self.meant(self.tree(1, withdrawn), self.tree(2, is_former=True)) == "Withdrawn: b1t1 b1y1"
        by_desk = self.decided(2, replace(self.FIRST, withdrawn="the desk"))
        assert self.meant(self.tree(1), by_desk, self.tree(3, self.THEIRS)) == "Withdrawn: b1t5 b1y5"

    def test_what_is_gone_stays_in_messages(self) -> None:
        judge = Judge([self.tree(1), self.tree(2, None)])
        assert (judge.last.meant, judge.last.lasting) == ({1: self.FIRST}, set())

    def test_many_at_once_wait(self) -> None:
        """And go on waiting when they are few."""
        many, other = ({each: Words(f"b{each}t{n}", f"b{each}y1") for each in range(1, 6)} for n in (1, 2))
        trees = [many, other, {**many, 3: other[3]}, {**many, 3: other[3], 4: Words("b4t7", "b4y1")}]
        events = [Imported(at, Tree(at, Path(), words)) for at, words in enumerate(trees)]
        assert Judge(list(events[:3])).last.meant == many
        assert Judge(list(events)).last.meant == {**many, 4: Words("b4t7", "b4y1")}
