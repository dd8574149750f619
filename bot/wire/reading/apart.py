"""Reading in a process of its own, which may take long, take much or crash without anybody waiting for it.

It gets no secret of ours, and is stopped when a body keeps it busy for too long.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.wire.reading.document import Document, NotAFeed
from bot.wire.reading.framing import LENGTH_BYTES, framed, unpacked

READ_SECONDS = 10.0
"""A large honest feed takes a tenth of that."""

_BODIES_EACH = 2000
"""How many bodies one process reads before a fresh one takes its place, so that it cannot grow."""

_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LANG")
_HOUSE = Path(__file__).parents[3]


@dataclass(slots=True)
class Reader:
    """Reads one body at a time. Made by :func:`reading_apart`."""

    seconds: float = READ_SECONDS
    _process: Process | None = None
    _read: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def process_id(self) -> int | None:
        """The process that reads; None while there is none."""
        return self._process.pid if self._process else None

    async def read(self, body: bytes, media_type: str = "", address: str = "") -> Document:
        """The feed in ``body``.

        Raises:
            NotAFeed: there is none in it, or it cannot be read with the time and the memory that a feed is worth.
        """
        about = json.dumps({"media_type": media_type, "address": address}).encode()
        async with self._turn:
            try:
                async with asyncio.timeout(self.seconds):
                    answer = await self._exchange(framed(about) + framed(body))
            except TimeoutError:
                await self.stop()
                raise NotAFeed(f"not read within {self.seconds:g} s") from None
            except (OSError, asyncio.IncompleteReadError):
                await self.stop()
                raise NotAFeed("the process that reads it ended") from None
            except asyncio.CancelledError:
                await self.stop()
                raise
        return unpacked(answer)

    async def stop(self) -> None:
        """Ends the process, if there is one; the next body starts another."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _exchange(self, question: bytes) -> bytes:
        process = await self._running()
        assert process.stdin  # noqa: S101  piped
        assert process.stdout  # noqa: S101
        process.stdin.write(question)
        await process.stdin.drain()
        return await process.stdout.readexactly(int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES)))

    async def _running(self) -> Process:
        if self._read >= _BODIES_EACH or (self._process is not None and self._process.returncode is not None):
            await self.stop()
        if self._process is None:
            self._read = 0
            self._process = await _start()
        self._read += 1
        return self._process


async def _start() -> Process:
    environment = {name: value for name, value in os.environ.items() if name in _PASSED_ON}
    command = [sys.executable, "-m", "bot.wire.reading"]
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=_HOUSE, env=environment
    )


@asynccontextmanager
async def reading_apart(seconds: float = READ_SECONDS) -> AsyncIterator[Reader]:
    """A reader whose process ends with the block."""
    reader = Reader(seconds)
    try:
        yield reader
    finally:
        await reader.stop()
