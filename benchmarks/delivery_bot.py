"""A bot under measurement: a database full of readers, ``python -m bot run``, bulletins dropped into its content.

What was sent, and when, is told by the loopback Bot API's own log, which runs in a process of its own.
"""

import asyncio
import json
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from benchmarks.audience import with_store
from benchmarks.delivery_log import Call
from benchmarks.meter import Meter
from benchmarks.nota import TOKEN
from benchmarks.processes import LOAD_CORE, ROOT, SERVER_CORE, free_port, running, wait_until_answering
from bot.db.store import Store
from tests.servers.rate_limits import RateLimits

SETTLE_SECONDS = 2.0
"""After the first comparison, until nothing of the start goes on any more."""

_BULLETIN = """date: {day}
title: {{en: "{title} {number}", id: "{title} {number} (id)", ru: "{title} {number} (ru)"}}
body: {{en: "The first berths are open.", id: "Dermaga pertama dibuka.", ru: "Первые причалы открыты."}}
sources: [{source}]
"""


@dataclass(frozen=True, slots=True)
class Api:
    """A running Bot API."""

    url: str

    def until_taken(self, total: int, seconds: float) -> None:
        """Until it has taken so many messages, or so long."""
        deadline = time.monotonic() + seconds
        while _asked(f"{self.url}/control/count") < total and time.monotonic() < deadline:
            time.sleep(0.1)

    def log(self) -> list[Call]:
        """What reached it."""
        entries = _asked(f"{self.url}/control/log")["entries"]
        methods = {False: "sendMessage", True: "editMessageText"}
        return [Call(each["at"], methods[each["is_edit"]], each["chat_id"], each["status"]) for each in entries]


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A running bot, its address, its content, its database and the Bot API that it talks to."""

    api: Api
    address: str
    content: Path
    database_url: str
    meter: Meter

    def publish(self, *numbers: int, title: str = "Harbour") -> float:
        """Drops bulletins into the content, or other words into those that are there; the moment at which it was done."""
        source = next(line for line in (self.content / "sources.yaml").read_text().splitlines() if line[:1].isalpha())
        day = datetime.now(UTC).date()
        for number in numbers:
            words = _BULLETIN.format(day=day, title=title, number=number, source=source.partition(":")[0])
            hidden = self.content / f"{number}.part"
            hidden.write_text(words)
            hidden.rename(self.content / "bulletins" / f"{day}-bench-{number}.yaml")
        return time.monotonic()

    def until_written(self, seconds: float) -> float:
        """Until every bulletin is published, or so long; the moment."""

        async def wait(store: Store) -> float:
            async with asyncio.timeout(seconds):
                while await store.bulletins.seconds_until_next() is not None or not await _published(store):  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.1)
            return time.monotonic()

        return with_store(self.database_url, wait)

    def states(self) -> dict[str, int]:
        """The ledger's deliveries by state."""

        async def read(store: Store) -> dict[str, int]:
            async with store.database.read() as connection:
                rows = await connection.execute(text("SELECT state, count(*) FROM deliveries GROUP BY state"))
                return {str(state): int(number) for state, number in rows}

        return with_store(self.database_url, read)


async def _published(store: Store) -> int:
    async with store.database.read() as connection:
        counted = await connection.execute(text("SELECT count(*) FROM bulletins WHERE state = 'published'"))
        return int(counted.scalar_one())


def _asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.loads(response.read())


@contextmanager
def running_bot(
    limits: RateLimits, database_url: str, per_second: int = 30, travel_seconds: float = 0.0
) -> Iterator[RunningBot]:
    """A bot that has compared its content once, so that what is dropped from now on is news."""
    with tempfile.TemporaryDirectory() as folder, chats(limits, travel_seconds) as api:
        content, port = Path(folder) / "content", free_port()
        shutil.copytree(ROOT / "content", content)
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "DISCORD_TOKEN": "", "PUBLIC_URL": ""}
        settings |= {"HOST": "127.0.0.1", "PORT": str(port), "CONTENT_DIR": str(content), "DATABASE_URL": database_url}
        settings |= {"TELEGRAM_MESSAGES_PER_SECOND": str(per_second), "LOG_FORMAT": "json"}
        with running(["-m", "bot", "run"], SERVER_CORE, settings) as process:
            wait_until_answering(f"http://127.0.0.1:{port}/healthz", process)
            with_store(database_url, _until_compared)
            time.sleep(SETTLE_SECONDS)
            yield RunningBot(api, f"http://127.0.0.1:{port}", content, database_url, Meter(psutil.Process(process.pid)))


@contextmanager
def chats(limits: RateLimits, travel_seconds: float = 0.0) -> Iterator[Api]:
    """A Bot API with such limits, whose requests and answers travel so long together."""
    port = free_port()
    with running(
        ["-m", "tests.servers.crowd", "telegram", str(port), json.dumps(asdict(limits))], LOAD_CORE
    ) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_answering(f"{url}/control/count", process)
        order = urllib.request.Request(f"{url}/control/order", json.dumps({"travel": travel_seconds}).encode())
        urllib.request.urlopen(order, timeout=5).close()
        yield Api(url)


async def _until_compared(store: Store) -> None:
    async with asyncio.timeout(120):
        while True:
            async with store.database.read() as connection:
                if await store.dossier_versions.latest(connection):
                    return
            await asyncio.sleep(0.1)
