"""Nota as it is run, ``python -m bot run``, against the loopback Bot API."""

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import UPDATE
from benchmarks.processes import LOAD_CORE, ROOT, SERVER_CORE, free_port, running, wait_until_answering
from bot.platforms.telegram.types import PATH
from bot.platforms.telegram.webhook import SECRET_HEADER, webhook_secret
from tests.servers.telegram import TOKEN


@dataclass(frozen=True, slots=True)
class Nota:
    """A running bot: its port, its process id, and where the Bot API is that it talks to."""

    port: int
    pid: int
    api: str

    @property
    def headers(self) -> dict[str, str]:
        """What Telegram sends along with an update."""
        return {SECRET_HEADER: webhook_secret(TOKEN)}

    def answer(self) -> bytes:
        """The answer to ``/programs`` in the webhook's response."""
        body = json.dumps(UPDATE).replace('"PERSON"', "77").replace('"NUMBER"', "1")
        headers = {**self.headers, "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{PATH}", body.encode(), headers)
        with urllib.request.urlopen(request, timeout=5) as response:
            return bytes(response.read())


@contextmanager
def bot_api() -> Iterator[str]:
    """The loopback Bot API's address."""
    port = free_port()
    with running(["-m", "tests.servers.crowd", "telegram", str(port)], LOAD_CORE) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/control/count", process)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def nota(
    api: str, *, webhook: bool, content: str = "content", database_url: str | None = None, tree: Path = ROOT
) -> Iterator[Nota]:
    """The bot of a tree, ready; on an SQLite file of its own unless told otherwise."""
    port = free_port()
    settings = {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api,
        "PUBLIC_URL": f"http://127.0.0.1:{port}" if webhook else "",
        "DISCORD_TOKEN": "",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "CONTENT_DIR": content,
    }
    with tempfile.TemporaryDirectory() as folder:
        settings["DATABASE_URL"] = database_url or f"sqlite:///{folder}/bench.sqlite3"
        with running(["-m", "bot", "run"], SERVER_CORE, settings, tree=tree) as process:
            wait_until_answering(f"http://127.0.0.1:{port}/healthz", process)
            yield Nota(port, process.pid, api)
