"""What importing everything takes, and what memory the process keeps with both platforms on and nothing to do."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.discord import nota_on
from benchmarks.nota import TOKEN as TELEGRAM_TOKEN
from benchmarks.nota import bot_api
from benchmarks.processes import LOAD_CORE, ROOT, SETTLE_SECONDS, free_port, running, wait_until_answering

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
    """Both platforms on and nothing to do: resident megabytes; seconds that importing everything takes."""

    megabytes: float
    import_seconds: float


def measure() -> Idle:
    """Memory of the process as it is run, by polling and by the gateway; imports in a process of their own."""
    with tempfile.TemporaryDirectory() as folder, bot_api() as telegram:
        port = free_port()
        with running(["-c", _DISCORD.format(port=port)], LOAD_CORE) as process:
            discord = f"http://127.0.0.1:{port}/api/v10"
            wait_until_answering(f"{discord}/gateway/bot", process)
            settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": telegram, "PUBLIC_URL": ""}
            with nota_on(Path(folder), settings, discord) as (_, pid):
                time.sleep(SETTLE_SECONDS)
                megabytes = psutil.Process(pid).memory_info().rss / 1e6
    return Idle(megabytes, _import_seconds())


def _import_seconds() -> float:
    """The best of three: everything that both platforms need."""
    everything = "import bot.cli.run, bot.platforms.telegram.bot, bot.platforms.discord.bot"
    code = f"import time; began = time.perf_counter(); {everything}; print(time.perf_counter() - began)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def summary(idle: Idle) -> str:
    """One line."""
    return f"both platforms on, idle: {idle.megabytes:.1f} MB; importing everything: {idle.import_seconds:.2f} s"


if __name__ == "__main__":
    print(summary(measure()))
