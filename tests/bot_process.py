"""The bot as a real process: how tests start it, read what it prints, and wait until ``/readyz`` says something."""

import asyncio
import os
import secrets
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.fork_server import ROOT, nota

Health = dict[str, Any]


def free_port() -> int:
    """A port of the loopback interface on which nobody listens.

    A test that stops a process and starts it again needs it twice, so it is none that an outgoing connection may have got
    meanwhile: on Linux those are 32768 to 60999 (docs.kernel.org, networking/ip-sysctl, ip_local_port_range).
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@asynccontextmanager
async def started(
    folder: Path, tmp_path: Path, *words: str, forked: bool = True, **environment: str
) -> AsyncIterator[Process]:
    """The process, with an environment of its own; killed if it still runs at the end.

    ``words``: the arguments of ``nota run``. ``forked``: as ``tests.fork_server`` starts it, faster; the pid is not the bot's own.
    """
    own = {"PATH": os.environ["PATH"], "CONTENT_DIR": str(folder), "PORT": "0", "HOST": "127.0.0.1"}
    process = await asyncio.create_subprocess_exec(
        *(nota("run", *words) if forked else (sys.executable, "-m", "bot", "run", *words)),
        env=own | {"PYTHONPATH": str(ROOT)} | environment,
        cwd=tmp_path,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_of(process: Process) -> str:
    """The next line of standard output."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode()


async def errors_of(process: Process) -> str:
    """Everything on standard error until the process ends."""
    assert process.stderr is not None
    return (await asyncio.wait_for(process.stderr.read(), 60)).decode()


async def until_health(
    address: str, holds: Callable[[int, Health], bool], process: Process | None = None
) -> tuple[int, Health]:
    """Status and body of ``/readyz`` once that holds. Fails if the process ends before."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while process is None or process.returncode is None:
            try:
                async with session.get(f"{address}/readyz") as answer:
                    found = answer.status, await answer.json()
                if holds(*found):
                    return found
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError(f"the process has ended with {process.returncode}")


async def until_up(address: str, process: Process | None = None) -> None:
    """Waits until ``/readyz`` reports every platform."""
    await until_health(address, lambda _, health: bool(health["platforms"]["ok"]), process)
