"""A command in this process: Nota's way of it beside a bare handler's, in turns, on uvloop and without a network.

Requests are bytes fed to aiohttp's own protocol, so both have its parsing and its writing; the ratio is that of a processor's time. Each command is
another person's and another update. ``python -m benchmarks.command [--profile]``.
"""

import asyncio
import cProfile
import gc
import json
import pstats
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles
from types import FrameType
from typing import Any, cast

import aiohttp
import uvloop
from aiohttp import web
from nacl.signing import VerifyKey

from benchmarks.discord import KEY, interaction
from benchmarks.load import CONNECTIONS, UPDATE
from bot.conversation import Conversation
from bot.db.numbers import NumberCounter
from bot.db.store import open_store
from bot.live_dossier import LiveDossier
from bot.metrics import Metrics
from bot.platforms.discord.answer_visibility import public_answer_limiter
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.handlers import InteractionHandler
from bot.platforms.discord.types import PATH as DISCORD_PATH
from bot.platforms.discord.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER, DiscordWebhook
from bot.platforms.telegram.api import TelegramClient
from bot.platforms.telegram.handlers import Handlers
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.types import PATH, Me
from bot.platforms.telegram.update_queue import UpdateQueue
from bot.platforms.telegram.webhook import SECRET_HEADER, TelegramWebhook, webhook_target
from tests.conftest import TODAY, shipped
from tests.databases import sqlite_url
from tests.servers.telegram import TOKEN

TURN = 200
"""Commands before the other has its turn, so that both have the same minutes of a busy machine."""

TraceFunction = Callable[[FrameType, str, object], Any]

Make = Callable[[int], bytes]
"""Makes the body and the headers of a command by its number."""


@dataclass(slots=True, eq=False)
class Wire(asyncio.Transport):
    """A connection without a network: it counts the answers with a body, and keeps the last."""

    answered: int = 0
    empty: int = 0
    last: bytes = b""

    def write(self, data: Any) -> None:
        self.last = bytes(data)
        _, _, body = self.last.partition(b"\r\n\r\n")
        if not self.last.startswith(b"HTTP/1.1 200 ") or not body:
            self.empty += 1
        self.answered += 1

    def writelines(self, parts: Any) -> None:
        self.write(b"".join(parts))

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def pause_reading(self) -> None:
        """As a transport must."""

    resume_reading = pause_reading

    def close(self) -> None:
        """As above."""


@dataclass(slots=True)
class Way:
    """An app that answers commands, and the connections to it, which stay open."""

    connections: list[tuple[Any, Wire]]
    head: bytes
    make: Make
    numbers: Iterator[int] = field(default_factory=lambda: count(100_000_001))

    def requests(self, number: int) -> list[bytes]:
        return [self.head + self.make(next(self.numbers)) for _ in range(number)]

    async def ask(self, requests: list[bytes]) -> None:
        """Asks on all connections at once, as a platform does. Raises ValueError if a command is not answered."""
        waiting = list(reversed(requests))
        while waiting:
            due = 0
            for protocol, wire in self.connections:
                if waiting:
                    due += 1
                    wire.answered = 0
                    protocol.data_received(waiting.pop())
            while sum(wire.answered for _, wire in self.connections) < due:  # noqa: ASYNC110  a round of the loop
                await asyncio.sleep(0)
        if empty := [wire.last for _, wire in self.connections if wire.empty]:
            raise ValueError(f"not answered: {empty[0][:300]!r}")


async def connected(app: web.Application, head: bytes, make: Make) -> Way:
    """Connections to the app."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, auto_decompress=False)
    await runner.setup()
    connections = [(cast(Any, runner.server)(), Wire()) for _ in range(CONNECTIONS)]
    for protocol, wire in connections:
        protocol.connection_made(wire)
    return Way(connections, head, make)


def bare_app(check: Callable[[web.Request, bytes], object], answer: bytes) -> web.Application:
    """An app that reads the body, checks it and gives always the same answer."""

    async def respond(request: web.Request) -> web.Response:
        check(request, await request.read())
        return web.Response(body=answer, headers={"Content-Type": "application/json"})

    app = web.Application()
    app.router.add_post("/{path:.*}", respond)
    return app


def update(number: int) -> bytes:
    """``/programs`` by webhook, from one of ten thousand people."""
    body = json.dumps(UPDATE, separators=(",", ":")).replace('"NUMBER"', str(number))
    return _with_length(body.replace('"PERSON"', str(100_000 + number % 10_000)).encode())


def signed(number: int) -> bytes:
    """The same, by Discord."""
    body, stamp = interaction(number), str(int(time.time()))
    signature = KEY.sign(stamp.encode() + body).signature.hex()
    return f"{SIGNATURE_HEADER}: {signature}\r\n{TIMESTAMP_HEADER}: {stamp}\r\n".encode() + _with_length(body)


def _with_length(body: bytes) -> bytes:
    return f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def _head(path: str, more: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{more}".encode()


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[Conversation, aiohttp.ClientSession]]:
    """A conversation that counts its answers as a running one does."""
    async with aiohttp.ClientSession() as session, open_store(sqlite_url()) as store:
        conversation = Conversation(LiveDossier(shipped()), store, lambda: TODAY, Metrics().answered)
        conversation.numbers = NumberCounter(store.numbers)
        yield conversation, session


async def on_telegram(conversation: Conversation, session: aiohttp.ClientSession) -> tuple[Way, Way]:
    """Nota's way of a command, and a bare handler's."""
    client = TelegramClient(TOKEN, "http://127.0.0.1:9", session)
    target = webhook_target(TOKEN, "http://127.0.0.1")
    webhook = TelegramWebhook(target)
    handlers = Handlers(conversation, client, Me(int(client.bot_id), "NotaTestBot"))
    webhook._queue = UpdateQueue(client, handlers, Photos(client, None))
    app = web.Application()
    app.router.add_post(PATH, webhook.receive)
    head = _head(PATH, f"{SECRET_HEADER}: {target.secret}\r\n")
    ours = await connected(app, head, update)
    return ours, await _beside(ours, lambda request, body: None)


async def on_discord(conversation: Conversation, session: aiohttp.ClientSession) -> tuple[Way, Way]:
    """The same by Discord, with a signature that both check."""
    handler = InteractionHandler(
        conversation, public_answer_limiter(time.monotonic), DiscordClient("token", "http://127.0.0.1:9")
    )
    webhook = DiscordWebhook(KEY.verify_key.encode().hex(), handler, time.time)
    app = web.Application()
    app.router.add_post(DISCORD_PATH, webhook.receive)
    ours = await connected(app, _head(DISCORD_PATH), signed)
    key = VerifyKey(KEY.verify_key.encode())

    def check(request: web.Request, body: bytes) -> None:
        key.verify(request.headers[TIMESTAMP_HEADER].encode() + body, bytes.fromhex(request.headers[SIGNATURE_HEADER]))

    return ours, await _beside(ours, check)


async def _beside(ours: Way, check: Callable[[web.Request, bytes], object]) -> Way:
    await ours.ask(ours.requests(1))
    answer = ours.connections[0][1].last.partition(b"\r\n\r\n")[2]
    return await connected(bare_app(check, answer), ours.head, ours.make)


PLATFORMS = {"telegram": on_telegram, "discord": on_discord}


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of a processor for a command, in the best tenth of all turns, and how much of it the bare handler takes.

    ``share``: in the best tenth; ``median``: of all turns, which other work on the machine makes smaller.
    """

    microseconds: float
    bare: float
    share: float
    median: float


async def _seconds(way: Way) -> float:
    requests = way.requests(TURN)
    began = time.thread_time()
    await way.ask(requests)
    return (time.thread_time() - began) / TURN


async def measure(platform: str, turns: int) -> Cost:
    async with talking() as (conversation, session):
        way, beside = await PLATFORMS[platform](conversation, session)
        for _ in range(3):  # to warm up
            await _seconds(way), await _seconds(beside)
        gc.freeze()  # as when the bot is ready
        times = [(await _seconds(way), await _seconds(beside)) for _ in range(turns)]
    first, second = zip(*times, strict=True)
    ours, bare = (quantiles(each, n=10)[0] * 1e6 for each in (first, second))
    return Cost(ours, bare, bare / ours, median(b / a for a, b in times))


async def instructions(platform: str) -> tuple[float, float]:
    """Python's instructions for a command: ours, and the bare handler's. They are the same on every machine, however busy."""
    async with talking() as (conversation, session):
        ways = await PLATFORMS[platform](conversation, session)
        return await _instructions(ways[0]), await _instructions(ways[1])


async def _instructions(way: Way) -> float:
    taken = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal taken
        frame.f_trace_opcodes, frame.f_trace_lines = frame.f_code.co_filename != __file__, False
        taken += event == "opcode"
        return trace

    await way.ask(way.requests(CONNECTIONS * 8))
    requests = way.requests(CONNECTIONS * 4)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        await way.ask(requests)
    finally:
        sys.settrace(before)
    return taken / len(requests)


async def profile(platform: str) -> None:
    """Prints where 2,000 commands spend their time."""
    async with talking() as (conversation, session):
        ours, _ = await PLATFORMS[platform](conversation, session)
        await ours.ask(ours.requests(200))
        requests, profiler = ours.requests(2000), cProfile.Profile()
        profiler.enable()
        await ours.ask(requests)
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def main() -> None:
    for platform in PLATFORMS:
        if "--profile" in sys.argv:
            uvloop.run(profile(platform))
            continue
        ours, bare = uvloop.run(instructions(platform))
        print(f"{platform:10} {ours:6.0f} instructions, bare {bare:6.0f}, share {bare / ours:.3f}")
        cost = uvloop.run(measure(platform, 60))
        print(
            f"{platform:10} {cost.microseconds:6.1f} µs, bare {cost.bare:6.1f} µs, share {cost.share:.3f} (median {cost.median:.3f})"
        )


if __name__ == "__main__":
    main()
