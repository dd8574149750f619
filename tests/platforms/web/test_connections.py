"""ConnectionLimiter that bring no request, on real sockets: they stop nobody else."""

import asyncio
import os
import resource
import signal
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.platforms.web.app import HEAD_SECONDS, MAX_CONNECTIONS, MAX_HEAD_BYTES, ConnectionLimiter, max_connections
from tests.conftest import TINY

ROOT = Path(__file__).parents[3]
HALF = b"GET /healthz HTTP/1.1\r\nHost: nota.example\r\nX-Slow: "
WHOLE = HALF + b"no\r\n\r\n"
FILES = 256


async def answer(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.method} {request.path} {await request.text()} from {request.remote}\n")


@asynccontextmanager
async def listening(limit: int = 1000, head_seconds: float = HEAD_SECONDS) -> AsyncIterator[int]:
    """A server of aiohttp's behind the limits; its port."""
    server = web.Server(answer)
    connections = ConnectionLimiter(server, limit, head_seconds)
    listener = await asyncio.get_running_loop().create_server(connections, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        connections.close()
        server.pre_shutdown()
        await server.shutdown(1)


@asynccontextmanager
async def connected(port: int, number: int, begins: bytes = HALF) -> AsyncIterator[list[StreamReader]]:
    """So many connections, each of which has sent this."""
    writers: list[StreamWriter] = []
    readers: list[StreamReader] = []
    try:
        for _ in range(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            readers.append(reader)
            writers.append(writer)
            writer.write(begins)
        yield readers
    finally:
        for writer in writers:
            writer.close()


async def is_ended(reader: StreamReader, seconds: float) -> bool:
    """Whether the other side ends the connection within the time."""
    try:
        async with asyncio.timeout(seconds):
            while await reader.read(1000):
                pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


async def get(port: int, path: str = "/", seconds: float = 60) -> str:
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"http://127.0.0.1:{port}{path}") as page:
        return await page.text()


class TestHeads:
    """A head has so long to come, however many bytes of it come meanwhile."""

    async def test_one_that_does_not_end(self) -> None:
        """Nothing at all, or a byte now and then: ended when the time is over."""
        async with listening(head_seconds=0.3) as port, connected(port, 1, b"") as [silent]:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionError):
                for byte in HALF[:40]:
                    writer.write(bytes([byte]))
                    await asyncio.sleep(0.01)
            assert await is_ended(reader, 10)
            assert await is_ended(silent, 10)
            writer.close()

    async def test_one_that_is_too_long(self) -> None:
        async with listening() as port, connected(port, 1, HALF + b"x" * MAX_HEAD_BYTES) as [reader]:
            assert await is_ended(reader, 2)

    async def test_one_in_pieces(self) -> None:
        async with listening() as port:
            for cut in range(1, len(WHOLE)):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(WHOLE[:cut])
                await asyncio.sleep(0)
                writer.write(WHOLE[cut:])
                assert (await reader.readline()).startswith(b"HTTP/1.1 200")
                writer.close()

    async def test_what_comes_with_it(self) -> None:
        both = b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" + b"GET /two HTTP/1.0\r\n\r\n"
        async with listening() as port, connected(port, 1, both) as [reader]:
            text = (await asyncio.wait_for(reader.read(), 60)).decode()
        assert "POST /one body from 127.0.0.1" in text
        assert "GET /two  from 127.0.0.1" in text

    async def test_a_connection_that_is_kept(self) -> None:
        """The time is for the first request: browsers and routers keep connections for the next."""
        async with listening(head_seconds=0.2) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(2):
                writer.write(WHOLE)
                assert (await asyncio.wait_for(reader.readuntil(b"from 127.0.0.1\n"), 60)).startswith(b"HTTP/1.1 200")
                await asyncio.sleep(0.4)
            writer.close()

    async def test_what_is_no_request(self) -> None:
        """Aiohttp's answer, also where the lines end as they should not."""
        for nonsense in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n"):
            async with listening() as port, connected(port, 1, nonsense) as [reader]:
                assert (await asyncio.wait_for(reader.readline(), 60)).startswith(b"HTTP/1.0 400")


class TestTooMany:
    """The oldest makes room: first of those that bring no request."""

    async def test_half_open_ones(self) -> None:
        async with listening(limit=50) as port, connected(port, 400) as readers:
            assert await get(port) == "GET /  from 127.0.0.1\n"
            ended = [await is_ended(reader, 0.5) for reader in readers[:300]]
            assert all(ended)
            assert not await is_ended(readers[-1], 0.1)

    async def test_ones_that_brought_a_request_and_nothing_more(self) -> None:
        """They are kept for the next one, and so the oldest of them go."""
        async with listening(limit=50) as port, connected(port, 200, WHOLE) as readers:
            assert await get(port) == "GET /  from 127.0.0.1\n"
            assert await is_ended(readers[0], 2)

    @pytest.mark.slow
    async def test_ones_whose_body_does_not_come(self) -> None:
        slow = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
        async with listening(limit=50) as port, connected(port, 200, slow) as readers:
            assert await get(port) == "GET /  from 127.0.0.1\n"
            assert await is_ended(readers[0], 2)

    async def test_a_request_under_way_outlives_those_that_bring_none(self) -> None:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
        async with listening(limit=50) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head)
            async with connected(port, 200):
                writer.write(b"body")
                assert "POST / body" in (await asyncio.wait_for(reader.read(), 60)).decode()
            writer.close()


class TestLimit:
    """ConnectionLimiter leave files for everything else."""

    @pytest.mark.parametrize(("files", "most"), [(256, 128), (1024, 824), (8192, 2000), (1_000_000, 2000)])
    def test_of_open_files(self, files: int, most: int) -> None:
        assert max_connections(files) == most

    def test_under_systemd(self) -> None:
        """The unit allows more files than connections may take; systemd itself gives 1024."""
        files = int((ROOT / "docs" / "nota.service").read_text("utf-8").partition("LimitNOFILE=")[2].split()[0])
        assert max_connections(files) == MAX_CONNECTIONS


@asynccontextmanager
async def nota(tmp_path: Path) -> AsyncIterator[tuple[Process, int]]:
    """The bot as it is run, with few files to open; its port."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CONTENT_DIR": str(TINY), "PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        env=own | {"HOST": "127.0.0.1"},
        cwd=tmp_path,
        stdout=PIPE,
        stderr=PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)),
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    try:
        yield process, int(line.rpartition(":")[2].partition("/")[0])
    finally:
        process.send_signal(signal.SIGTERM)


class TestTheBot:
    """As it is run."""

    @pytest.mark.slow
    async def test_hundreds_of_slow_connections(self, tmp_path: Path) -> None:
        """More than there are files: pages, questions and the database go on, and SIGTERM ends it in time."""
        async with AsyncExitStack() as stack:
            async with nota(tmp_path) as (process, port):
                for begins in (b"", HALF, WHOLE):
                    await stack.enter_async_context(connected(port, 2 * FILES, begins))
                    assert '"healthy": true' in await get(port, "/healthz")
                    assert '"ready": true' in await get(port, "/readyz")
                    assert "4.500" in await get(port, "/id")
            assert process.stderr is not None
            text = (await asyncio.wait_for(process.stderr.read(), 10)).decode()
            assert await asyncio.wait_for(process.wait(), 10) == 0
        assert "Traceback" not in text
        assert "Too many open files" not in text
