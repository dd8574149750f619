"""A bot as a real process, a crowd that reads it, and a database: what the tests of the delivery engine stand on."""

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sqlalchemy import func, select, update

from bot.cli import in_force
from bot.db.schema import bulletins, changes, deliveries, leases
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.newsroom.publisher import Newsroom
from tests.audiences import subscribe_all
from tests.bot_process import free_port
from tests.chaos.fleet import ROOT, Replica
from tests.conftest import TINY
from tests.databases import PostgreSQL
from tests.servers.crowd_desk import Crowd, Log, crowd
from tests.servers.discord import API
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.telegram import TOKEN as TELEGRAM_TOKEN

READERS = {"telegram": 10_000, "discord": 4000}
"""Discord takes 40 messages a second."""

FIRST_CHANNEL = 800_000_000_000_000_000
IN_FLIGHT = 16
"""Sends under way at once, of which each may come twice where the process dies."""

STOP_SECONDS = 10.0
"""PaaSes kill so long after SIGTERM."""

BULLETIN = """\
date: {day}
title: {{en: "{title}", id: "{title}"}}
body: {{en: "It leaves at noon.", id: "Berangkat tengah hari."}}
sources: [harbour]
"""


def chats_of(platform: str, number: int | None = None) -> list[int]:
    """Private chats on Telegram, text channels on Discord; READERS of them unless another number is given."""
    first = 1 if platform == "telegram" else FIRST_CHANNEL
    return list(range(first, first + (number or READERS[platform])))


@dataclass
class Scene:
    """One platform's.

    Attributes:
        settings: what each process is given besides.
    """

    platform: str
    crowd: Crowd
    database_url: str
    folder: Path
    content: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    replicas: list[Replica] = field(default_factory=list)

    async def start(self, **settings: str) -> Replica:
        """One more process; not waited for."""
        log = self.folder / f"nota-{len(self.replicas)}.log"
        given = self._environment() | dict(self.settings) | settings
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", env=given, cwd=self.folder, stdout=DEVNULL, stderr=out
            )
        replica = Replica(process, f"http://127.0.0.1:{given['PORT']}", log)
        self.replicas.append(replica)
        return replica

    def _environment(self) -> dict[str, str]:
        port = str(free_port())
        mine = {
            "telegram": {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": self.crowd.url},
            "discord": {
                "DISCORD_TOKEN": DISCORD_TOKEN,
                "DISCORD_API_URL": self.crowd.url + API,
                "DISCORD_PUBLIC_KEY": "ab" * 32,
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
            },
        }
        rest = {"HOST": "127.0.0.1", "PORT": port, "LOG_FORMAT": "json", "CONTENT_DIR": str(self.content)}
        rest |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": self.database_url}
        return mine[self.platform] | rest

    async def stop(self, replica: Replica) -> float:
        """SIGTERM; returns how many seconds it took to end."""
        began = monotonic()
        await replica.stop()
        return monotonic() - began

    async def kill(self, replica: Replica) -> float:
        """SIGKILL; returns when."""
        replica.process.send_signal(signal.SIGKILL)
        moment = monotonic()
        await replica.process.wait()
        return moment

    def write(self, title: str, name: str = "ferry") -> None:
        """A bulletin's file, new or with another title; whoever runs sees it."""
        day = datetime.now(UTC).date().isoformat()
        text = BULLETIN.format(day=day, title=title)
        path = self.content / "bulletins" / f"{day}-{name}.yaml"
        fresh = path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.rename(path)

    async def publish(self, title: str = "Ferry") -> None:
        """The bulletin, with its deliveries in the ledger, before any process runs."""
        self.write(title)
        async with open_store(self.database_url) as store:
            await import_files(store, self.content)

    async def states(self) -> Counter[str]:
        """The ledger's deliveries."""
        async with open_store(self.database_url) as store:
            return await counted(store)

    async def holder(self, store: Store) -> str | None:
        """The process that holds the worker's lease."""
        statement = select(leases.c.holder).where(
            leases.c.name.like(f"{self.platform}:%"), leases.c.name.not_like("%:%:%")
        )
        async with store.database.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def settled(self, until: Callable[[Counter[str]], bool], seconds: float = 60) -> Counter[str]:
        """Waits until the ledger's counts are so."""
        async with open_store(self.database_url) as store, asyncio.timeout(seconds):
            while not until(counts := await counted(store)):  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.2)
            return counts

    def said(self) -> str:
        """The last lines of every process."""
        return "\n".join(line for each in self.replicas for line in ["", *each.lines()[-15:]])

    async def log(self) -> Log:
        return await self.crowd.log()


async def import_files(store: Store, content: Path) -> None:
    """As ``nota publish`` does."""
    live, newsroom = await in_force(store, load(content, datetime.now(UTC).date())), Newsroom(store)
    imported = await newsroom.plan_import(live, None)
    assert imported is not None
    await newsroom.publish_changes(imported)


async def counted(store: Store) -> Counter[str]:
    statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    async with store.database.read() as connection:
        return Counter({row.state: row[1] for row in await connection.execute(statement)})


async def let_pass(store: Store, seconds: float) -> None:
    """Has that much time pass for leases, approved changes, scheduled bulletins and deliveries, by moving what is stored of them back."""
    moments = (leases.c.until, bulletins.c.not_before, changes.c.due, deliveries.c.due)
    async with store.database.write() as connection:
        for moment in moments:
            await connection.execute(update(moment.table).values({moment: moment - seconds}).where(moment > 0))


def all_delivered(counts: Counter[str]) -> bool:
    """Nothing waits and nothing is under way."""
    return set(counts) == {"delivered"}


@asynccontextmanager
async def scene(
    platform: str,
    database: str | PostgreSQL,
    folder: Path,
    *,
    chats: Iterable[int] | None = None,
    latency: float = 0.02,
    **settings: str,
) -> AsyncIterator[Scene]:
    """A crowd of subscribed readers, and a dossier that was compared before; no process yet.

    ``database``: PostgreSQL, ``sqlite``, or a URL.
    """
    content = Path(shutil.copytree(TINY, folder / "content"))
    readers = list(chats) if chats is not None else chats_of(platform)
    async with crowd(platform, latency=latency) as ours, _database(database, folder) as url:
        if platform == "discord":
            await ours.order(channels=[{"id": chat} for chat in readers])
        async with open_store(url) as store:
            await import_files(store, content)
            await subscribe_all(store, readers, platform=platform, language="en")
        found = Scene(platform, ours, url, folder, content, settings)
        try:
            yield found
        finally:
            for replica in found.replicas:
                await replica.stop(signal.SIGKILL)


@asynccontextmanager
async def _database(database: str | PostgreSQL, folder: Path) -> AsyncIterator[str]:
    if isinstance(database, PostgreSQL):
        async with database.database() as url:
            yield url
    else:
        yield f"sqlite:///{folder}/nota.sqlite3" if database == "sqlite" else database


def table(title: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Prints the rows under a title, first column to the left."""
    shown = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in shown if place < len(row)) for place in range(max(map(len, shown)))]
    print(f"\n{title}")
    for row in shown:
        print(
            "  ".join(
                [
                    row[0].ljust(widths[0]),
                    *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=False)),
                ]
            )
        )
