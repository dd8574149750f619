"""A cable to PostgreSQL that can be pulled, or go dead: connections stand, and nothing comes through any more."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass
class Cable:
    """``url`` is the same database by way of it."""

    url: str
    _writers: list[StreamWriter] = field(default_factory=list)
    _is_pulled: bool = False
    _passes: asyncio.Event = field(default_factory=asyncio.Event)

    def pull(self) -> None:
        """Every connection is lost, and new ones are refused as soon as they are made."""
        self._is_pulled = True
        for writer in self._writers:
            writer.transport.abort()

    def die(self) -> None:
        """Nothing comes through, and nobody is told; new connections are taken and stay silent."""
        self._passes.clear()

    def mend(self) -> None:
        """All is as before."""
        self._is_pulled = False
        self._passes.set()


@asynccontextmanager
async def cable(url: str) -> AsyncIterator[Cable]:
    """To the database at that URL, which is reached by a socket in a folder."""
    split = urlsplit(url)
    socket = Path(parse_qs(split.query)["host"][0]) / ".s.PGSQL.5432"
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        if ours._is_pulled:
            writer.transport.abort()
            return
        answers, questions = await asyncio.open_unix_connection(socket)
        ours._writers += (writer, questions)
        ways = [asyncio.create_task(pump(reader, questions)), asyncio.create_task(pump(answers, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for each in (writer, questions):
            each.transport.abort()
            with suppress(OSError):
                await each.wait_closed()

    async def pump(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(65536):
                await ours._passes.wait()
                writer.write(part)
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ours = Cable(f"postgresql://{split.username}@127.0.0.1:{port}{split.path}?sslmode=disable")
    ours.mend()
    try:
        yield ours
    finally:
        ours.mend()
        ours.pull()
        server.close()
        if under_way:
            await asyncio.wait(under_way, timeout=5)
