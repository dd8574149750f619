"""The desk, one of whose processes is killed (kill -9) around each decision, and half-way through what follows.

The loopback platform compares every message that a reader gets with what was approved, and so does a look at what the processes
publish. The other process goes on, as editors press again what they saw no answer to. In between all processes die at once, while
a change comes into force, too; then the database is looked at before the next ones start, and find that time has passed.
"""

import asyncio
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
from sqlalchemy import func, select, text

from bot.db.changes import ChangeId, Person
from bot.db.leases import LEASE_SECONDS
from bot.db.schema import bulletins, change_versions, changes, contents, deliveries, readers, safeguards
from bot.db.store import Store, open_store
from bot.dossier.entries import Field
from bot.dossier.loader import load
from bot.dossier.models import BulletinId
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.desk import bulletins_in
from bot.newsroom.publisher import Newsroom
from tests.audiences import subscribe_all
from tests.chaos.editing import COLLEAGUE, NEW, WRITER, Bot, Browsers, change_of, in_both, newest, start, typed
from tests.chaos.scene import let_pass, table
from tests.conftest import TINY
from tests.editor import compare
from tests.platforms.telegram.updates import ADA, BUDI, GROUP
from tests.servers.telegram import TOKEN, BotApi, Called, bot_api

pytestmark = pytest.mark.chaos

LIVES = 3
"""Bulletins, each from the empty draft to its withdrawal. The first one, without kills, says how long each request takes."""

CHATS = range(10_000, 10_040)
MANY = range(10_000, 11_000)
PER_SECOND = 20
IN_FLIGHT = 16
MARK = re.compile(r"text \d+")

Outcome = str
LOST, UNHEARD, HEARD = "died before it was done", "done, but died before the answer", "answered, then died"


@dataclass
class Platform:
    """What readers may get, and whatever else they got.

    Attributes:
        approved: marks of texts that were approved, and whose time to be taken back is over.
        withdrawn: whether a withdrawal was approved.
        wrong: what readers got or could see that nobody approved.
    """

    api: BotApi
    chats: range
    approved: set[str] = field(default_factory=set)
    withdrawn: bool = False
    wrong: list[str] = field(default_factory=list)

    def look(self, called: Called) -> None:
        """At a call, before it is answered."""
        if called.method not in ("sendMessage", "editMessageText") or called.given["chat_id"] not in self.chats:
            return
        said = called.given["text"]
        mark = MARK.search(said)
        if mark[0] not in self.approved if mark else not self.withdrawn:
            self.wrong.append(f"{called.method}: {said}")

    def see(self, where: str, page: str) -> None:
        """At what a process publishes."""
        self.wrong += [f"{where}: {mark}" for mark in set(MARK.findall(page)) - self.approved]

    def having(self, mark: str) -> int:
        """How many readers have a message that says so."""
        messages = self.api.state.messages.items()
        return len({chat for (chat, _), each in messages if chat in self.chats and mark in each.get("text", "")})


@dataclass
class Scene:
    """Two processes on one database, two editors in their browsers, and readers."""

    store: Store
    platform: Platform
    folder: Path
    settings: dict[str, str]
    chance: random.Random
    browsers: Browsers
    bots: list[Bot] = field(default_factory=list)
    change: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    outcomes: dict[str, Counter[Outcome]] = field(default_factory=lambda: defaultdict(Counter))
    acknowledged: list[tuple[int, int, str]] = field(default_factory=list)
    kills: int = 0

    # Processes

    async def start(self) -> None:
        """One more process, as soon as it answers."""
        self.bots.append(await start(self.folder, self.settings))

    async def die(self, *bots: Bot) -> None:
        for bot in bots:
            await bot.kill()
            self.bots.remove(bot)
            self.kills += 1

    async def cut(self, seconds: float) -> None:
        """Every process dies; the next two start so much later."""
        await self.die(*self.bots)
        await self.is_whole()
        await let_pass(self.store, seconds)
        await self.start()
        await self.start()

    # Editors

    async def does(
        self,
        name: str,
        person: Person,
        path: str,
        form: Mapping[str, str],
        mark: str = "",
        number: int | None = None,
    ) -> None:
        """An editor sends a form to a process that dies meanwhile, and sends it again to the other one.

        What it asks for is there entirely or not at all; what was answered is there; what is there already is not done again.
        """
        number = self.change if number is None else number
        before = await self.told(number)
        if name not in self.seconds:
            began = monotonic()
            status = await self.browsers.post(self.bots[0], person, path, **form)
            assert status in (200, 303), (name, status)
            self.seconds[name] = monotonic() - began
        else:
            victim, other = self.bots
            request = asyncio.create_task(self.browsers.post(victim, person, path, **form))
            await asyncio.sleep(self.chance.uniform(0, 1.3) * self.seconds[name])
            await self.die(victim)
            status = await request
            assert status in (None, 200, 303), (name, status)
            after = await self.told(number)
            is_done = after != before
            assert is_done or status is None, f"{name}: answered, and nothing was done"
            self.outcomes[name][LOST if not is_done else UNHEARD if status is None else HEARD] += 1
            again = await self.browsers.post(other, person, path, **form)
            assert again in ((200, 303, 409) if is_done else (200, 303)), (name, is_done, again)
            if is_done and name != "withdraw":
                assert await self.told(number) == after, f"{name}: done twice"
            await self.see(other)
            await self.start()
        assert await self.told(number) != before, name
        if mark:
            self.acknowledged.append((number, (await change_of(self.store, number))[0].version, mark))

    async def told(self, number: int) -> tuple[object, ...]:
        """What an editor would call done: another change, other contents, another decision."""
        if not number:
            return (await newest(self.store),)
        change, contents, decisions = await change_of(self.store, number)
        state = "approved" if change.state == "in_force" else change.state  # its time comes by itself
        people = [action for action in decisions if action != "in_force"]
        return state, len(people), {key: entry.content for key, entry in contents.items()}

    async def decides(self, action: str, person: Person, **form: str) -> None:
        change, _, _ = await change_of(self.store, self.change)
        form |= {"action": action, "version": str(change.version)}
        await self.does(action, person, f"{self.change}/decide", form)

    async def makes(self, name: str, person: Person, path: str, **form: str) -> None:
        """A new change; the same form makes one, however often it is sent."""
        before = await newest(self.store)
        await self.does(name, person, path, {"once": f"once-{name}-{before}", **form}, number=0)
        self.change = await newest(self.store)
        async with self.store.database.read() as connection:
            made = (await connection.execute(select(func.count()).where(changes.c.id > before))).scalar_one()
        assert made == 1, f"{name}: made {made}"

    async def writes(self, mark: str) -> None:
        _, contents, _ = await change_of(self.store, self.change)
        [key] = contents
        texts: dict[Field, str] = {**in_both("body", mark)}
        if key == NEW:
            texts |= in_both("title", f"Bulletin {self.change}")
        await self.does("save", WRITER, f"{self.change}/save", typed(contents, key, texts), mark)

    async def is_approved(self, mark: str, *, is_returned: bool = False) -> None:
        """Asked for, returned once, asked for again, approved; nothing of it is sent."""
        await self.decides("ask", WRITER)
        if is_returned:
            await self.decides("return", COLLEAGUE, reason="Not yet.")
            await self.decides("ask", WRITER)
        await self.decides("approve", COLLEAGUE)
        assert not self.platform.having(mark)

    # What follows

    async def comes_into_force(self, mark: str, *, is_cut: bool) -> None:
        """Its time comes while processes die, so often that some of them die in the middle of it. It is never half in force."""
        await self.die(*self.bots)
        if mark:
            self.platform.approved.add(mark)
        await let_pass(self.store, TAKE_BACK_SECONDS + 1)
        for _ in range(3 if is_cut else 0):
            await self.start()
            await asyncio.sleep(self.chance.uniform(0, 0.8))
            await self.die(*self.bots)
            self.outcomes["in force"][HEARD if await self.is_whole() else LOST] += 1
            await let_pass(self.store, LEASE_SECONDS + 1)
        await self.start()
        await self.start()
        async with asyncio.timeout(60):
            while not await self.is_whole():  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.1)

    async def is_whole(self) -> bool:
        """Whether the change is in force: then all of it is, else nothing."""
        async with self.store.database.read() as connection:
            if not self.store.database.is_sqlite:  # all that follows is of one moment, as on SQLite
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            change = await self.store.changes.read(connection, ChangeId(self.change))
            assert change is not None
            decisions = [each.action for each in await self.store.changes.decisions(connection, change.id)]
            changed = await self.store.changes.entries(connection, change.id)
            names = bulletins_in(changed)
            edition = (await connection.execute(select(safeguards.c.edition))).scalar_one_or_none() or 0
            stored = select(contents.c.key, contents.c.content).where(contents.c.key.in_(changed))
            now = {row.key: row.content for row in await connection.execute(stored)}
            put = [key for key, entry in changed.items() if now.get(key) == entry.content]
            latest = (await connection.execute(select(func.max(changes.c.edition)))).scalar_one_or_none() or 0
            known = select(bulletins.c.id, bulletins.c.state).where(bulletins.c.id.in_(names))
            ledger = {row.id: row.state for row in await connection.execute(known)}
        is_in_force = change.state == "in_force"
        assert latest == edition
        assert decisions.count("in_force") == is_in_force
        assert (change.edition is not None) == is_in_force
        if is_in_force:
            assert change.edition is not None
            assert set(ledger) == set(names)
            assert change.edition < edition or put == [*changed]
        else:
            assert not put
        return is_in_force

    async def see(self, bot: Bot) -> None:
        """What this process publishes now."""
        async with aiohttp.ClientSession() as session:
            for path in ("/bulletins.atom", "/api/bulletins", "/en"):
                async with session.get(bot.url + path) as answer:
                    self.platform.see(path, await answer.text())

    async def reach_all(self, mark: str, *, is_cut: bool) -> None:
        """Until every reader has it and the ledger knows; twice on the way every process dies."""
        count = len(self.platform.chats)
        for share in (0.3, 0.7) if is_cut else ():
            await self.platform.api.when(lambda: self.platform.having(mark) >= share * count, 90)  # noqa: B023
            await self.cut(LEASE_SECONDS + 1)
        await self.platform.api.when(lambda: self.platform.having(mark) == count, 90)
        async with asyncio.timeout(60):
            while any(mark not in said for said in (await self.shown()).values()):  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    async def bulletin(self) -> BulletinId:
        _, contents, _ = await change_of(self.store, self.change)
        [name] = bulletins_in(contents)
        return name

    async def shown(self) -> dict[int, str]:
        """Reader → the text of the message that the ledger knows, as it stands in the chat."""
        statement = select(readers.c.chat, deliveries.c.message, deliveries.c.state).join(readers)
        async with self.store.database.read() as connection:
            rows = await connection.execute(statement.where(deliveries.c.bulletin_id == await self.bulletin()))
            found = {int(row.chat): row for row in rows if int(row.chat) in self.platform.chats}
        messages = self.platform.api.state.messages
        return {
            chat: str(messages[chat, int(row.message)]["text"]) if row.state == "delivered" else ""
            for chat, row in found.items()
        } or {0: ""}

    async def lives(self, number: int) -> None:
        """A bulletin: written, returned, approved, taken back, changed, approved again, sent, corrected, withdrawn."""
        first, changed, better, never = (f"text {4 * number + each}" for each in (1, 2, 3, 4))
        is_cut = number > 0
        await self.makes("new", WRITER, "new")
        title = f"Bulletin {self.change}"
        await self.writes(first)
        await self.is_approved(first, is_returned=True)
        await self.decides("take_back", COLLEAGUE)
        await self.writes(changed)
        await self.is_approved(changed)
        await self.comes_into_force(changed, is_cut=is_cut)
        await self.reach_all(changed, is_cut=is_cut)
        name = await self.bulletin()
        await self.makes("correct", WRITER, "entry", key=f"bulletins/{name}", action="correct")
        await self.writes(never)
        await self.decides("discard", COLLEAGUE)
        await self.makes("correct", WRITER, "entry", key=f"bulletins/{name}", action="correct")
        await self.writes(better)
        await self.is_approved(better)
        await self.comes_into_force(better, is_cut=is_cut)
        await self.reach_all(better, is_cut=is_cut)
        reasons = {f"because-{language}": "It was not so." for language in ("en", "id")}
        await self.makes("withdraw", WRITER, f"withdraw/{name}", **reasons)
        if (await change_of(self.store, self.change))[0].state == "draft":  # it died between the two steps
            await self.decides("ask", WRITER)
        self.platform.withdrawn = True
        await self.decides("approve", COLLEAGUE)
        await self.comes_into_force("", is_cut=is_cut)
        await self.reach_all(f"Withdrawn: {title}", is_cut=is_cut)
        assert set(await self.shown()) == set(self.platform.chats)
        for bot in self.bots:
            await self.see(bot)
        self.platform.withdrawn = False


@asynccontextmanager
async def scene(url: str, folder: Path, chats: range = CHATS, per_second: int = PER_SECOND) -> AsyncIterator[Scene]:
    """Everything but the bulletins."""
    content = Path(shutil.copytree(TINY, folder / "content"))
    dossier = load(content, datetime.now(UTC).date()).dossier
    assert dossier is not None
    async with bot_api() as api, open_store(url) as store:
        await compare(Newsroom(store), dossier)
        await subscribe_all(store, chats, language="en")
        settings = {"CONTENT_DIR": str(content), "TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url}
        settings |= {"DATABASE_URL": url, "EDITORS": f"{ADA},{BUDI}", "EDITORS_CHAT": f"telegram:{GROUP}"}
        settings |= {"TELEGRAM_MESSAGES_PER_SECOND": str(per_second)}
        platform = Platform(api, chats)
        api.on_call = platform.look
        at = Scene(store, platform, folder, settings, random.Random(7), Browsers(store))
        try:
            await at.start()
            await at.start()
            await at.browsers.sign_in(at.bots[0], WRITER, COLLEAGUE)
            yield at
        finally:
            for bot in at.bots:
                await bot.kill()
            await at.browsers.close()


async def test_killed_around_every_decision(database_url: str, tmp_path: Path) -> None:
    """Nothing that was typed and acknowledged is lost, nothing unapproved is seen, everything approved ends delivered."""
    began = monotonic()
    async with scene(database_url, tmp_path) as at:
        for number in range(LIVES):
            await at.lives(number)
        await all_kept(at.store, at.acknowledged)
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
    assert at.outcomes.keys() >= {"new", "save", "ask", "return", "approve", "take_back", "discard", "withdraw"}
    assert at.kills >= 80
    lost, _, heard = map(sum, zip(*counts.values(), strict=True))
    assert min(lost, heard) > 0


async def all_kept(store: Store, acknowledged: Iterable[tuple[int, int, str]]) -> None:
    """Each text that was saved stands in the change, or in the version that was decided on."""
    for number, version, mark in acknowledged:
        _, contents, _ = await change_of(store, number)
        async with store.database.read() as connection:
            kept = select(change_versions.c.contents).where(change_versions.c.change_id == number)
            found = (await connection.execute(kept.where(change_versions.c.version >= version))).scalars().all()
        bodies = [content for each in found for content in each.values()]
        bodies += [entry.content for entry in contents.values()]
        assert any((content or {}).get("body") == {"en": mark, "id": mark} for content in bodies), (number, mark)


async def test_a_correction_reaches_a_thousand_chats_once(database_url: str, tmp_path: Path) -> None:
    """Both processes die six times while chats are edited. But for what was under way then, each is edited once."""
    async with scene(database_url, tmp_path, MANY, 200) as at:
        await at.makes("new", WRITER, "new")
        await at.writes("text 1")
        await at.is_approved("text 1")
        await at.comes_into_force("text 1", is_cut=False)
        await at.reach_all("text 1", is_cut=False)
        name = await at.bulletin()
        await at.makes("correct", WRITER, "entry", key=f"bulletins/{name}", action="correct")
        await at.writes("text 2")
        for action, person in (("ask", WRITER), ("approve", COLLEAGUE)):
            at.seconds.pop(action)  # nobody dies here
            await at.decides(action, person)
        before = at.kills
        await at.comes_into_force("text 2", is_cut=False)
        for share in (0.2, 0.5, 0.8):
            await at.platform.api.when(lambda: at.platform.having("text 2") >= share * len(MANY), 90)  # noqa: B023
            await at.cut(LEASE_SECONDS + 1)
        await at.reach_all("text 2", is_cut=False)
        edits = Counter(each["chat_id"] for each in at.platform.api.of("editMessageText") if each["chat_id"] in MANY)
        sent = Counter(each["chat_id"] for each in at.platform.api.of("sendMessage") if each["chat_id"] in MANY)
        await asyncio.sleep(2)
        late = [each for each in at.platform.api.of("editMessageText") if each["chat_id"] in MANY][edits.total() :]
    again = edits.total() - len(MANY)
    print(f"{at.kills - before} kills, {len(MANY)} chats: {sent.total()} sent, {edits.total()} edits, {again} twice")
    assert at.platform.wrong == []
    assert set(edits) == set(sent) == set(MANY)
    assert again <= IN_FLIGHT * 3
    assert late == []
