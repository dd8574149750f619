"""Editors at the desk over HTTP, and the processes that they press in, which may die meanwhile."""

import asyncio
import os
import re
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

import aiohttp

from bot.db.changes import Change, ChangedEntry, ChangeId, Person
from bot.db.store import Store
from bot.dossier.entries import ABSENT, Field, Key, fields, value_digest
from bot.dossier.models import Language
from tests.bot_process import free_port
from tests.fork_server import ROOT, nota
from tests.platforms.telegram.updates import ADA, BUDI

WRITER = Person(f"telegram:{ADA}", "Ada", Language("en"))
COLLEAGUE = Person(f"telegram:{BUDI}", "Budi", Language("en"))
NEW = Key("bulletins/new-1")


@dataclass
class Bot:
    """A process of Nota."""

    process: Process
    url: str
    log: Path

    async def kill(self) -> None:
        """``kill -9``; returns when it is dead, which closes its standard output."""
        if self.process.returncode is None:
            self.process.kill()
        assert self.process.stdout is not None
        await self.process.stdout.read()
        await self.process.wait()

    async def stop(self) -> None:
        """SIGTERM; returns when it has ended."""
        self.process.terminate()
        assert self.process.stdout is not None
        await self.process.stdout.read()
        await self.process.wait()


async def start(folder: Path, settings: Mapping[str, str], command: Sequence[str] | None = None) -> Bot:
    """A process, as soon as it answers. ``command``: another release's."""
    port = free_port()
    log = folder / f"bot-{port}-{token_urlsafe(3)}.log"
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOST": "127.0.0.1", "LOG_FORMAT": "json"}
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(command or nota("run")),
            env=own | dict(settings) | {"PORT": str(port)},
            cwd=folder,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=out,
        )
    bot = Bot(process, f"http://127.0.0.1:{port}", log)
    async with asyncio.timeout(120), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(f"{bot.url}/healthz"):
                    return bot
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
    raise AssertionError(f"it ended with {process.returncode}: {log.read_text('utf-8')[-2000:]}")


@dataclass
class Browsers:
    """One for each editor."""

    store: Store
    open: dict[str, aiohttp.ClientSession] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, bot: Bot, *people: Person) -> None:
        for person in people:
            browser = aiohttp.ClientSession(
                cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=30)
            )
            self.open[person.account] = browser
            await self.store.sign_ins.invite(f"link-of-{person.name}", person)
            async with browser.post(f"{bot.url}/desk/enter/link-of-{person.name}") as answer:
                found = re.search(r'name="token" value="(\w+)"', await answer.text())
            assert found
            self.tokens[person.account] = found[1]

    async def post(self, bot: Bot, person: Person, path: str, **form: str) -> int | None:
        """The status of the answer; None if there was none."""
        data = {"token": self.tokens[person.account], **form}
        headers = {"Accept": "application/json"}
        try:
            async with self.open[person.account].post(
                f"{bot.url}/desk/{path}", data=data, allow_redirects=False, headers=headers
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def close(self) -> None:
        for browser in self.open.values():
            await browser.close()


def typed(entries: Mapping[Key, ChangedEntry], key: Key, texts: Mapping[Field, str]) -> dict[str, str]:
    """The fields of a form in which this was typed, with the digests of what was stored."""
    values = fields(entries[key].content)
    form: dict[str, str] = {}
    for place, text in texts.items():
        name = "|".join((key, *place))
        form |= {f"seen|{name}": value_digest(values.get(place, ABSENT)), name: text}
    return form


def in_both(place: str, text: str) -> dict[Field, str]:
    """The text in both languages of the tiny dossier."""
    return {(place, language): text for language in ("en", "id")}


async def change_of(store: Store, number: int) -> tuple[Change, dict[Key, ChangedEntry], list[str]]:
    """A change, its entries, and what was decided on it, the latest first."""
    async with store.database.read() as connection:
        change = await store.changes.read(connection, ChangeId(number))
        assert change is not None
        entries = await store.changes.entries(connection, change.id)
        decisions = [each.action for each in await store.changes.decisions(connection, change.id)]
    return change, entries, decisions


async def newest(store: Store) -> int:
    """The number of the change that was made last; 0: there is none."""
    async with store.database.read() as connection:
        found = await store.changes.all(connection, ("draft", "review", "approved", "in_force", "discarded"), 1000)
    return max((each.id for each in found), default=0)
