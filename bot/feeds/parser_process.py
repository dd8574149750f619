"""The process that reads: bodies in on standard input, documents out on standard output, until input ends."""

import asyncio
import json
import os
import resource
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from bot.feeds.parser import Document, Item, NotAFeed, read
from bot.subprocesses import bare

LENGTH_BYTES = 4


def framed(data: bytes) -> bytes:
    """The data with its length before it."""
    return len(data).to_bytes(LENGTH_BYTES) + data


def packed(document: Document) -> bytes:
    """A document as bytes."""
    return json.dumps({"document": asdict(document)}).encode()


def packed_refusal(reason: str) -> bytes:
    """The reason why there is no document, as bytes."""
    return json.dumps({"refusal": reason}).encode()


def unpacked(data: bytes) -> Document:
    """What :func:`packed` packed.

    Raises:
        NotAFeed: it is a packed refusal.
    """
    found: dict[str, Any] = json.loads(data)
    if "refusal" in found:
        raise NotAFeed(found["refusal"])
    document = found["document"]
    items = tuple(Item(**{**item, "keys": tuple(item["keys"])}) for item in document["items"])
    return Document(document["kind"], document["title"], items)


WAITED_SECONDS = 60.0
"""By the clock, the start of the process with it: a machine that is busy reads slowly, and that is no fault of the feed's."""


_MIB = 1024 * 1024


def processor_seconds(size: int) -> float:
    """How long a processor may work on a body of so many bytes.

    An honest one takes 0.1 to 1 s a MiB, one that is cut off at its end, and so read twice, up to 2 s.
    """
    return 1.0 + 2.5 * size / _MIB


_BODIES_EACH = 2000
"""How many bodies one process reads before a fresh one takes its place, so that it cannot grow."""


_HOUSE = Path(__file__).parents[2]


@dataclass(slots=True)
class Reader:
    """Reads one body at a time. Made by :func:`reading_apart`."""

    allowed: Callable[[int], float] = processor_seconds
    waited_seconds: float = WAITED_SECONDS
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
        seconds = self.allowed(len(body))
        about = json.dumps({"media_type": media_type, "address": address, "seconds": seconds}).encode()
        async with self._turn:
            try:
                async with asyncio.timeout(self.waited_seconds):
                    answer = await self._exchange(framed(about) + framed(body))
            except TimeoutError:
                await self.stop()
                raise NotAFeed(f"not read within {self.waited_seconds:g} s") from None
            except (OSError, asyncio.IncompleteReadError):
                raise NotAFeed(_why(await self.stop(), seconds)) from None
            except asyncio.CancelledError:
                await self.stop()
                raise
        return unpacked(answer)

    async def stop(self) -> int | None:
        """Ends the process, if there is one; the next body starts another. Returns how it ended, as a process's return code."""
        process, self._process = self._process, None
        if process is None:
            return None
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()

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


def _why(return_code: int | None, seconds: float) -> str:
    if return_code == -signal.SIGPROF:
        return f"not read within {seconds:.1f} s of a processor"
    return "the process that reads it ended"


async def _start() -> Process:
    command = [sys.executable, "-m", "bot.feeds.parser_process"]
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=_HOUSE, env=bare()
    )


@asynccontextmanager
async def reading_apart(
    allowed: Callable[[int], float] = processor_seconds, waited_seconds: float = WAITED_SECONDS
) -> AsyncIterator[Reader]:
    """A reader whose process ends with the block.

    ``allowed``: bytes → seconds of a processor. ``waited_seconds``: by the clock.
    """
    reader = Reader(allowed, waited_seconds)
    try:
        yield reader
    finally:
        await reader.stop()


MAX_MEMORY_BYTES = 512 * 1024 * 1024


_NICENESS = 10


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers each pair of frames, what is known of a body and the body itself, with one frame."""
    while header := _frame(source):
        about, body = json.loads(header), _frame(source)
        with _at_most(about["seconds"]):
            answer = _answer(body, about["media_type"], about["address"])
        sink.write(framed(answer))
        sink.flush()


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Ends this process when it has worked for so long, whatever it is at: SIGPROF does, where nobody handles it."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _answer(body: bytes, media_type: str, address: str) -> bytes:
    try:
        return packed(read(body, media_type, address))
    except NotAFeed as refusal:
        return packed_refusal(str(refusal))
    except MemoryError:
        return packed_refusal("too much in it")
    except Exception as error:
        return packed_refusal(f"cannot be read ({type(error).__name__})")


def _frame(source: BinaryIO) -> bytes:
    return source.read(int.from_bytes(source.read(LENGTH_BYTES)))


def main() -> None:
    """Serves, with little memory and behind everybody else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started us decides when we end
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
