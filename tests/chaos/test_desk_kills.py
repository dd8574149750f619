"""The desk, one of whose processes is killed (kill -9) in each of its states: around each decision, and half-way through what follows.

The loopback platform compares every message that a reader gets with what was approved. The other process goes on, as editors press
again what they saw no answer to. In between all processes die at once, and the next ones find that time has passed.
"""

import asyncio
import os
import random
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
from bot.db.desk import Draft, DraftId, Person
from bot.newsroom.desk_decisions import TAKE_BACK_SECONDS
from sqlalchemy import select

from bot.db.leases import LEASE_SECONDS
from bot.db.schema import deliveries, readers
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.newsroom.publisher import Newsroom
from tests.audiences import subscribe_all
from tests.bot_process import free_port
from tests.chaos.scene import let_pass, table
from tests.conftest import TINY
from tests.fork_server import ROOT, nota
from tests.platforms.telegram.updates import ADA, BUDI, GROUP
from tests.servers.telegram import TOKEN, BotApi, Called, bot_api

pytestmark = pytest.mark.chaos

LIVES = 3
"""Bulletins, each from the empty draft to its withdrawal. The first one, without kills, says how long each request takes."""

CHATS = range(10_000, 10_040)
PER_SECOND = 20
IN_FLIGHT = 16
WRITER = Person(f"telegram:{ADA}", "Ada", Language("en"))
COLLEAGUE = Person(f"telegram:{BUDI}", "Budi", Language("en"))
MARK = re.compile(r"text \d+")

Outcome = str
LOST, UNHEARD, HEARD = "died before it was done", "done, but died before the answer", "answered, then died"


@dataclass
class Bot:
    """A process of Nota."""

    process: Process
    url: str

    async def kill(self) -> None:
        """``kill -9``; returns when it is dead, which closes its standard output."""
        self.process.kill()
        assert self.process.stdout is not None
        await self.process.stdout.read()
        await self.process.wait()


@dataclass
class Platform:
    """What readers may get, and whatever else they got.

    Attributes:
        approved: marks of texts that were approved and then sent; what was taken back is none.
        withdrawn: whether a withdrawal was approved.
        wrong: messages to readers that nobody approved.
    """

    api: BotApi
    approved: set[str] = field(default_factory=set)
    withdrawn: bool = False
    wrong: list[str] = field(default_factory=list)

    def look(self, called: Called) -> None:
        """At a call, before it is answered."""
        if called.method not in ("sendMessage", "editMessageText") or called.given["chat_id"] not in CHATS:
            return
        text = called.given["text"]
        mark = MARK.search(text)
        if mark[0] not in self.approved if mark else not self.withdrawn:
            self.wrong.append(f"{called.method}: {text}")

    def having(self, mark: str) -> int:
        """How many readers have a message that says so."""
        messages = self.api.state.messages.items()
        return len({chat for (chat, _), each in messages if chat in CHATS and mark in each.get("text", "")})


@dataclass
class Scene:
    """Two processes on one database, two editors in their browsers, and readers."""

    store: Store
    platform: Platform
    folder: Path
    settings: dict[str, str]
    chance: random.Random
    bots: list[Bot] = field(default_factory=list)
    browsers: dict[str, aiohttp.ClientSession] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    draft: DraftId | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    outcomes: dict[str, Counter[Outcome]] = field(default_factory=lambda: defaultdict(Counter))
    acknowledged: list[tuple[DraftId, int, str]] = field(default_factory=list)
    kills: int = 0

    # Processes

    async def start(self) -> Bot:
        """One more process, as soon as it answers."""
        port = free_port()
        with (self.folder / f"bot-{self.kills}-{port}.log").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *nota("run"),
                env=self.settings | {"PORT": str(port)},
                cwd=self.folder,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=out,
            )
        bot = Bot(process, f"http://127.0.0.1:{port}")
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{bot.url}/healthz"):
                        break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.02)
        self.bots.append(bot)
        return bot

    async def die(self, *bots: Bot) -> None:
        for bot in bots:
            await bot.kill()
            self.bots.remove(bot)
            self.kills += 1

    async def cut(self, seconds: float) -> None:
        """Every process dies; the next two start so much later."""
        await self.die(*self.bots)
        await let_pass(self.store, seconds)
        await self.start()
        await self.start()

    # Editors

    async def sign_in(self, *people: Person) -> None:
        for person in people:
            browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
            self.browsers[person.account] = browser
            await self.store.sign_ins.invite(f"link-of-{person.name}", person)
            async with browser.post(f"{self.bots[0].url}/desk/enter/link-of-{person.name}") as answer:
                found = re.search(r'name="token" value="(\w+)"', await answer.text())
            assert found
            self.tokens[person.account] = found[1]

    async def post(self, bot: Bot, person: Person, path: str, **fields: str) -> int | None:
        """The status of the answer; None if there was none."""
        data = {"token": self.tokens[person.account], **fields}
        try:
            async with self.browsers[person.account].post(
                f"{bot.url}/desk/{path}", data=data, allow_redirects=False, headers={"Accept": "application/json"}
            ) as answer:
                await answer.read()
                return answer.status
        except aiohttp.ClientError:
            return None

    async def current(self) -> Draft:
        assert self.draft is not None
        draft = await self.store.drafts.get(self.draft)
        assert draft is not None
        return draft

    async def does(self, name: str, person: Person, path: str, mark: str = "", **fields: str) -> None:
        """An editor sends a form to a process that dies meanwhile, and sends it again to the other one.

        A decision is there entirely or not at all; what was answered is there; what is there already is not done again.
        """
        before, decisions = await self.current(), len(await self.store.drafts.decisions(self.draft))
        fields |= {"version": str(before.version)}
        if name not in self.seconds:
            began = monotonic()
            assert await self.post(self.bots[0], person, f"{self.draft}/{path}", **fields) in (200, 303), name
            self.seconds[name] = monotonic() - began
        else:
            victim, other = self.bots
            request = asyncio.create_task(self.post(victim, person, f"{self.draft}/{path}", **fields))
            await asyncio.sleep(self.chance.uniform(0, 1.3) * self.seconds[name])
            await self.die(victim)
            status = await request
            assert status in (None, 200, 303), (name, status)
            after, noted = await self.current(), len(await self.store.drafts.decisions(self.draft))
            is_done = (after.state, after.version) != (before.state, before.version)
            assert noted - decisions == (is_done and path == "decide"), name
            assert is_done or status is None, f"{name}: answered, and nothing was done"
            self.outcomes[name][LOST if not is_done else UNHEARD if status is None else HEARD] += 1
            again = await self.post(other, person, f"{self.draft}/{path}", **fields)
            is_refused = is_done and path == "decide"  # the same words are saved already, whoever asks again
            assert again == 409 if is_refused else again in (200, 303), (name, is_done, again)
            assert not is_done or (await self.current()).version == after.version, name
            assert len(await self.store.drafts.decisions(self.draft)) == decisions + (path == "decide"), name
            await self.start()
        if mark:
            self.acknowledged.append((self.draft, (await self.current()).version, mark))

    async def decides(self, action: str, person: Person, **fields: str) -> None:
        await self.does(action, person, "decide", action=action, **fields)

    async def writes(self, mark: str) -> None:
        texts = {f"{key}-{language}": mark for key in ("title", "body") for language in ("en", "id")}
        texts |= {f"title-{language}": f"Bulletin {self.draft}" for language in ("en", "id")}
        await self.does("save", WRITER, "save", mark, zone="UTC", **texts)

    async def is_approved(self, mark: str, *, is_returned: bool = False) -> None:
        """Asked for, returned once, asked for again, approved; nothing of it is sent."""
        await self.decides("submit", WRITER)
        if is_returned:
            await self.decides("return", COLLEAGUE)
            await self.decides("submit", WRITER)
        await self.decides("approve", COLLEAGUE)
        assert not self.platform.having(mark)

    # What follows

    async def reach_all(self, mark: str, *, is_cut: bool) -> None:
        """Until every reader has it and the ledger knows; twice on the way every process dies."""
        for share in (0.3, 0.7) if is_cut else ():
            await self.platform.api.when(lambda: self.platform.having(mark) >= share * len(CHATS), 60)  # noqa: B023
            await self.cut(LEASE_SECONDS + 1)
        await self.platform.api.when(lambda: self.platform.having(mark) == len(CHATS), 60)
        async with asyncio.timeout(60):
            while any(mark not in text for text in (await self.shown()).values()):  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    async def shown(self) -> dict[int, str]:
        """Reader → the text of the message that the ledger knows, as it stands in the chat."""
        draft = await self.current()
        statement = select(readers.c.chat, deliveries.c.message, deliveries.c.state).join(readers)
        async with self.store.database.read() as connection:
            rows = await connection.execute(statement.where(deliveries.c.bulletin_id == draft.bulletin_id))
            found = {int(row.chat): row for row in rows if int(row.chat) in CHATS}
        messages = self.platform.api.state.messages
        return {
            chat: str(messages[chat, int(row.message)]["text"]) if row.state == "delivered" else ""
            for chat, row in found.items()
        } or {0: ""}

    async def lives(self, number: int) -> None:
        """A bulletin: written, approved, changed, approved again, sent, taken back, sent, corrected, withdrawn."""
        first, changed, better = (f"text {3 * number + each}" for each in (1, 2, 3))
        is_cut = number > 0
        self.draft = await self.create()
        await self.writes(first)
        await self.is_approved(first, is_returned=True)
        await self.writes(changed)
        await self.is_approved(changed)
        await self.decides("send", WRITER)
        await self.decides("take_back", COLLEAGUE)
        await self.cut(TAKE_BACK_SECONDS + 1)
        self.platform.approved.add(changed)
        await self.decides("send", WRITER)
        await self.cut(TAKE_BACK_SECONDS + 1)
        await self.reach_all(changed, is_cut=is_cut)
        await self.writes(better)
        await self.is_approved(better)
        self.platform.approved.add(better)
        await self.decides("send", WRITER)
        await self.reach_all(better, is_cut=is_cut)
        await self.decides("withdraw", WRITER, reason="It was not so.")
        self.platform.withdrawn = True
        await self.decides("approve", COLLEAGUE)
        gone = f"Withdrawn: Bulletin {self.draft}"
        await self.reach_all(gone, is_cut=is_cut)
        assert set(await self.shown()) == set(CHATS)
        self.platform.withdrawn = False

    async def create(self) -> DraftId:
        """An empty draft."""
        assert await self.post(self.bots[0], WRITER, "new") == 303
        return (await self.store.drafts.all(1))[0].id


@asynccontextmanager
async def scene(url: str, folder: Path) -> AsyncIterator[Scene]:
    """Everything but the bulletins."""
    content = Path(shutil.copytree(TINY, folder / "content"))
    dossier = load(content, datetime.now(UTC).date()).dossier
    assert dossier is not None
    async with bot_api() as api, open_store(url) as store:
        await Newsroom(store).publish_changes(dossier)
        await subscribe_all(store, CHATS, language="en")
        settings = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOST": "127.0.0.1",
            "CONTENT_DIR": str(content),
        }
        settings |= {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "DATABASE_URL": url}
        settings |= {"EDITORS": f"{ADA},{BUDI}", "EDITORS_CHAT": f"telegram:{GROUP}"}
        settings |= {"TELEGRAM_MESSAGES_PER_SECOND": str(PER_SECOND)}
        platform = Platform(api)
        api.on_call = platform.look
        at = Scene(store, platform, folder, settings, random.Random(7))
        try:
            await at.start()
            await at.start()
            await at.sign_in(WRITER, COLLEAGUE)
            yield at
        finally:
            for bot in at.bots:
                await bot.kill()
            for browser in at.browsers.values():
                await browser.close()


async def test_killed_in_every_state(database_url: str, tmp_path: Path) -> None:
    """Nothing that was typed and acknowledged is lost, nothing unapproved is sent, everything approved ends delivered."""
    began = monotonic()
    async with scene(database_url, tmp_path) as at:
        for number in range(LIVES):
            await at.lives(number)
        for draft, version, mark in at.acknowledged:
            saved = await at.store.drafts.version(draft, version)
            assert saved is not None
            assert saved.content["body"] == {"en": mark, "id": mark}
        messages = Counter(chat for chat, _ in at.platform.api.state.messages if chat in CHATS)
    twice = sum(messages.values()) - LIVES * len(CHATS)
    kinds = (LOST, UNHEARD, HEARD)
    counts = {name: [each[kind] for kind in kinds] for name, each in at.outcomes.items()}
    table(
        f"{database_url.partition(':')[0]}: the desk and {at.kills} kills, {monotonic() - began:.0f} s",
        [("", *kinds), *((name, *each) for name, each in counts.items())],
    )
    print(f"messages that came twice: {twice}")
    assert at.platform.wrong == []
    assert min(messages.values()) >= LIVES
    assert twice <= IN_FLIGHT * 2 * (LIVES - 1)
    assert at.outcomes.keys() >= {"save", "submit", "return", "approve", "send", "take_back", "withdraw"}
    lost, _, heard = map(sum, zip(*counts.values(), strict=True))
    assert min(lost, heard) > 0
