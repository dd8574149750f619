"""What importing everything takes, and what memory the process keeps with nothing to do."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.discord import nota_on
from benchmarks.nota import TOKEN as TELEGRAM_TOKEN
from benchmarks.nota import bot_api
from benchmarks.processes import (
    LOAD_CORE,
    ROOT,
    SETTLE_SECONDS,
    free_port,
    production_python,
    running,
    wait_until_answering,
)

_DISCORD = """
import asyncio
from tests.servers.discord import discord_api

async def serve():
    async with discord_api({port}):
        await asyncio.get_running_loop().create_future()

asyncio.run(serve())
"""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to do, on a database that is there already: resident megabytes with Telegram alone and with both platforms.

    ``first``: with both at the first start, on a new database. ``import_seconds``: that importing everything takes.
    """

    telegram: float
    both: float
    first: float
    import_seconds: float


def measure(tree: Path = ROOT) -> Idle:
    """Memory of the process as it is run, with what a deployment installs; imports in a process of their own."""
    python = production_python()
    with bot_api() as telegram, _discord() as discord:
        one = _megabytes(
            {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": telegram, "DISCORD_TOKEN": ""}, discord, python, tree
        )
        both = _megabytes(
            {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": telegram, "PUBLIC_URL": ""}, discord, python, tree
        )
    return Idle(one[1], both[1], both[0], _import_seconds())


def _megabytes(settings: dict[str, str], discord: str, python: str, tree: Path) -> list[float]:
    """At the first start and after a restart."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            with nota_on(Path(folder), settings, discord, tree, python) as (_, pid):
                time.sleep(SETTLE_SECONDS)
                found.append(psutil.Process(pid).memory_info().rss / 1e6)
    return found


@contextmanager
def _discord() -> Iterator[str]:
    port = free_port()
    with running(["-c", _DISCORD.format(port=port)], LOAD_CORE) as process:
        discord = f"http://127.0.0.1:{port}/api/v10"
        wait_until_answering(f"{discord}/gateway/bot", process)
        yield discord


def _import_seconds() -> float:
    """The best of three: everything that both platforms need."""
    everything = "import bot.cli.run, bot.platforms.telegram.bot, bot.platforms.discord.bot"
    code = f"import time; began = time.perf_counter(); {everything}; print(time.perf_counter() - began)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def summary(idle: Idle) -> str:
    """One line."""
    return (
        f"idle, restarted: Telegram alone {idle.telegram:.1f} MB, both platforms {idle.both:.1f} MB, at their first start {idle.first:.1f} MB; "
        f"importing everything: {idle.import_seconds:.2f} s"
    )


if __name__ == "__main__":
    print(summary(measure()))
