"""Whatever body a stranger posts, wherever: compressed, in pieces, in many parts, without end. The event loop is never late."""

import asyncio
import gzip
import re
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import chain, repeat
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.app.main import serving
from bot.settings import read_settings
from tests.bot_process import free_port, started, until_health
from tests.conftest import TINY
from tests.servers.discord_people import PUBLIC_KEY
from tests.servers.telegram import TOKEN

METRICS = "metrics-token-of-a-test"
FORM = "application/x-www-form-urlencoded"

POSTS = 10
LATE_SECONDS = 1.0
"""A bucket's bound. Ten compressed bodies made the loop late by 17 s, ten in chunks of one byte by 2.6 s."""

PROCESSOR_SECONDS = 3.0
"""For ten posts of one shape to one address; unpacking took 5 s; chunks of one byte take 0.9 s, and 2.3 where other programs share the processors."""

ENDLESS_SECONDS = 2.0
"""How long a body without end is sent, unless the server closes the connection before."""

ANSWER_SECONDS = 30.0
"""A client waits no longer for the answer."""

ZEROS = 200 * 1024 * 1024
"""Bytes of a body that is sent compressed, in a thousandth."""

Body = Callable[[], Iterable[bytes]]
"""Gives what is sent after the first lines of a request: the rest of its head, and its body."""


def packed(wbits: int, size: int = ZEROS) -> bytes:
    """Zeros in the format that zlib has for ``wbits``: 31 is gzip, 15 deflate, -15 deflate without a head."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join((*(packer.compress(bytes(2**20)) for _ in range(size // 2**20)), packer.flush()))


def head(headers: Mapping[str, str]) -> bytes:
    """The end of a request's head; ``_`` in a header's name is ``-``."""
    fields = {"Content-Type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def whole(body: bytes, **headers: str) -> Body:
    return lambda: (head(headers | {"Content-Length": str(len(body))}), body)


def chunked(pieces: Body, **headers: str) -> Body:
    """In chunks (RFC 9112, 7.1), as many as there are pieces."""

    def sent() -> Iterator[bytes]:
        yield head(headers | {"Transfer-Encoding": "chunked"})
        yield from (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces())
        yield b"0\r\n\r\n"

    return sent


def shapes() -> dict[str, Body]:
    """Every shape that a body can have."""
    zipped, part = packed(31), b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nx\r\n'
    ones = b"1\r\nx\r\n" * 10_000
    in_ones = head({"Transfer-Encoding": "chunked"})
    return {
        "gzip": whole(zipped, Content_Encoding="gzip"),
        "gzip in chunks": chunked(
            lambda: (zipped[at : at + 1000] for at in range(0, 200_000, 1000)), Content_Encoding="gzip"
        ),
        "gzip twice": whole(gzip.compress(zipped), Content_Encoding="gzip, gzip"),
        "gzip in transfer": whole(zipped, Transfer_Encoding="gzip, chunked"),
        "deflate": whole(packed(15), Content_Encoding="deflate"),
        "raw deflate": whole(packed(-15), Content_Encoding="deflate"),
        "br": whole(bytes(100_000), Content_Encoding="br"),
        "zstd": whole(bytes(100_000), Content_Encoding="zstd"),
        "an unknown encoding": whole(bytes(100_000), Content_Encoding="klingon"),
        "plain": whole(b"text=" + b"%41" * 349_000),
        "many fields": whole(b"a=&" * 349_000),
        "many parts": whole(part * 17_000 + b"--b--\r\n", Content_Type="multipart/form-data; boundary=b"),
        "json": whole(b"[" * 1_000_000, Content_Type="application/json"),
        "in chunks": chunked(lambda: repeat(b"x" * 4096, 256)),
        "in chunks of one byte": lambda: (in_ones, *repeat(ones, 10), b"0\r\n\r\n"),
        "without end": lambda: chain((head({"Content-Length": str(2**40)}),), repeat(bytes(65_536))),
        "in chunks without end": chunked(lambda: repeat(bytes(65_536))),
        "in chunks of one byte without end": lambda: chain((in_ones,), repeat(ones)),
    }


OPEN = ("/preview/messages", "/desk/1/save", "/desk/enter/link")
"""Where no token is set: forms that this machine may send."""

PUBLIC = (
    *("/nothing", "/en/ask", "/static/page.css", "/pictures/en/card", "/healthz", "/metrics"),
    *("/preview/messages", "/desk/1/save", "/telegram/webhook", "/discord/interactions"),
)
"""Where the tokens of both platforms and PUBLIC_URL are set: each kind of route."""

NOBODY = "http://127.0.0.1:1"
PUBLIC_SETTINGS = {
    "PUBLIC_URL": NOBODY,
    "TELEGRAM_TOKEN": TOKEN,
    "TELEGRAM_API_URL": NOBODY,
    "DISCORD_TOKEN": "token",
    "DISCORD_PUBLIC_KEY": PUBLIC_KEY,
    "DISCORD_API_URL": NOBODY,
    "PREVIEW": "1",
    "PREVIEW_PASSWORD": "password-of-a-test",
}


async def post(port: int, path: str, body: Body) -> int:
    """The status of the answer; 0 if the connection was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError, TimeoutError):
        writer.write(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode())
        async with asyncio.timeout(ENDLESS_SECONDS):
            for piece in body():
                writer.write(piece)
                await writer.drain()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return int((await reader.readline()).split()[1])
    except (ConnectionError, IndexError, TimeoutError):
        return 0
    finally:
        writer.close()


class Fare:
    """How a process fares, by its own measure: how often its loop was late for so long, and its processor time."""

    def __init__(self, metrics: str) -> None:
        late = dict(re.findall(r'^nota_loop_lag_seconds_bucket{le="(.+?)"} (.+)$', metrics, re.M))
        self.too_late = float(late["+Inf"]) - float(late[str(LATE_SECONDS)])
        self.processor = float(re.findall(r"^process_cpu_seconds_total (.+)$", metrics, re.M)[0])


@asynccontextmanager
async def bot(tmp_path: Path, **environment: str) -> AsyncIterator[tuple[int, Callable[[], "asyncio.Future[Fare]"]]]:
    """The port of the bot as a process, and what measures it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    async def measured() -> Fare:
        headers = {"Authorization": f"Bearer {METRICS}"}
        async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics", headers=headers) as page:
            return Fare(await page.text())

    async with started(TINY, tmp_path, PORT=str(port), METRICS_TOKEN=METRICS, **environment) as process:
        await until_health(address, lambda *_: True, process)
        yield port, lambda: asyncio.ensure_future(measured())


async def attacked(
    paths: tuple[str, ...], settings: dict[str, str], tmp_path: Path, pause: float
) -> AsyncIterator[tuple[str, Fare, Fare]]:
    """Ten posts of every shape at once to each address in turn, and endless ones to all at once; how the process fared.

    ``pause``: seconds before it is measured.
    """
    async with bot(tmp_path, **settings) as (port, measured):
        for name, body in shapes().items():
            for targets in (paths,) if name.endswith("without end") else zip(*repeat(paths, POSTS), strict=True):
                before = await measured()
                statuses = await asyncio.gather(*(post(port, path, body) for path in targets))
                await asyncio.sleep(pause)
                where = f"{name} to {targets[0]}: {statuses}"
                assert not {200, 500} & set(statuses), where
                yield where, before, await measured()


SETTINGS = pytest.mark.parametrize(
    ("paths", "settings"), [(OPEN, {}), (PUBLIC, PUBLIC_SETTINGS)], ids=["this machine", "public"]
)


class TestLoop:
    """No body makes it late, whoever sends it and wherever."""

    async def test_bodies_are_not_unpacked(self) -> None:
        """A handler reads what was sent; what no handler reads is not unpacked either."""
        sent = packed(31, 2**20)
        seen: list[bytes] = []

        async def read(request: web.Request) -> web.Response:
            seen.append(await request.read())
            return web.Response()

        port, app = free_port(), web.Application()
        app.router.add_post("/", read)
        async with serving(app, read_settings({"port": str(port), "host": "127.0.0.1"})):
            assert await post(port, "/", whole(sent, Content_Encoding="gzip")) == 200
        assert seen == [sent]

    @pytest.mark.slow
    @SETTINGS
    async def test_work_by_shape_and_address(
        self, paths: tuple[str, ...], settings: dict[str, str], tmp_path: Path
    ) -> None:
        """Each costs little processor time, and afterwards the process answers."""
        async for where, before, after in attacked(paths, settings, tmp_path, pause=0):
            assert "without end" in where or after.processor - before.processor < PROCESSOR_SECONDS, where

    @pytest.mark.chaos
    @pytest.mark.alone
    @SETTINGS
    async def test_lag_by_shape_and_address(
        self, paths: tuple[str, ...], settings: dict[str, str], tmp_path: Path
    ) -> None:
        """The loop goes on meanwhile. On a busy machine it waits for the processor, so nothing else may run."""
        async for where, before, after in attacked(paths, settings, tmp_path, pause=0.6):
            assert after.too_late == before.too_late, where
