"""A deployment: a folder with content, a database, and the process that serves both, as an operator runs it."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.db.store import Store, open_store
from tests.bot_process import free_port, until_up
from tests.fork_server import ROOT


@dataclass
class Deployment:
    """``settings`` are those of its platforms; ``module`` is run in place of ``bot``. ``printed``: all that commands and ended processes said."""

    content: Path
    folder: Path
    settings: Mapping[str, str]
    module: str = "bot"
    port: int = field(default_factory=free_port)
    printed: list[str] = field(default_factory=list)
    _reading: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder}/nota.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOST": "127.0.0.1", "PORT": str(self.port)}
        own |= {"CONTENT_DIR": str(self.content), "DATABASE_URL": self.database_url, "EMBEDDINGS": "off"}
        return own | dict(self.settings)

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        async with open_store(self.database_url) as store:
            yield store

    async def _execute(self, *words: str) -> Process:
        command = (sys.executable, "-m", self.module, *words)
        streams = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE}
        return await asyncio.create_subprocess_exec(*command, env=self.environment, cwd=self.folder, **streams)

    async def start(self) -> Process:
        """The process, once it is up. What it prints is kept in ``printed`` when it has ended."""
        process = await self._execute("run")
        self._reading.append(asyncio.create_task(self._keep(process)))
        await until_up(self.address, process)
        return process

    async def _keep(self, process: Process) -> None:
        self.printed += [part.decode() for part in await process.communicate()]

    async def ended(self) -> None:
        """Waits until all that ended processes said is in ``printed``."""
        await asyncio.gather(*self._reading)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The process, stopped as by a platform at the end, and a browser of its page."""
        process = await self.start()
        try:
            async with aiohttp.ClientSession(self.address, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                yield session
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 15) in (0, -signal.SIGKILL)

    async def nota(self, *words: str, standard_input: bytes = b"") -> str:
        """What a command prints."""
        process = await self._execute(*words)
        out, err = await asyncio.wait_for(process.communicate(standard_input), 60)
        assert process.returncode == 0, err.decode()
        self.printed.append(err.decode())
        return out.decode()

    def write(self, title: str, more: str = "") -> str:
        """Writes today's bulletin. Returns its id."""
        name = f"{datetime.now(UTC).date()}-storm"
        words = f"{{en: {title}, id: {title}}}"
        content = f"date: {name[:10]}\ntitle: {words}\nbody: {words}\ntopics: [fare]\nsources: [harbour]\n{more}"
        part = self.content / "bulletins" / "storm.part"
        part.write_text(content, "utf-8")
        part.rename(part.with_name(f"{name}.yaml"))
        return name

    def withdraw(self, title: str) -> None:
        self.write(title, f"withdrawn: {{date: {datetime.now(UTC).date()}, because: {{en: Calm, id: Tenang}}}}\n")
