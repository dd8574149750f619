"""A publisher on loopback: answers as it is told, well or badly, and remembers who asked for what."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

HOME = "127.0.0.2"
"""Where a publisher is that tests may fetch from, as opposed to 127.0.0.1, which nobody may."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Publisher:
    """Serves ``pages`` by path; ``asked`` holds the requests in order, ``busiest`` how many there were at once."""

    port: int = 0
    host: str = HOME
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    busiest: int = 0
    _now: int = 0

    def url(self, path: str = "/feed") -> str:
        return f"http://{self.host}:{self.port}{path}"

    def gives(self, path: str, body: bytes | str, media_type: str = "application/rss+xml", **headers: str) -> str:
        """Puts a page up; returns its address."""
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=data, headers={"Content-Type": media_type, **named})

        self.pages[path] = answer
        return self.url(path)

    def sends_to(self, path: str, location: str, status: int = 302) -> str:
        """Puts a redirect up; returns its address."""

        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": location})

        self.pages[path] = answer
        return self.url(path)

    def fails(self, path: str, status: int, **headers: str) -> str:
        """Puts a failure up; returns its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, headers=named)

        self.pages[path] = answer
        return self.url(path)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self._now += 1
        self.busiest = max(self.busiest, self._now)
        try:
            page = self.pages.get(request.path)
            return await page(request) if page else web.Response(status=404)
        finally:
            self._now -= 1


@asynccontextmanager
async def publishing(host: str = HOME) -> AsyncIterator[Publisher]:
    """A publisher that ends with the block."""
    publisher = Publisher(host=host)
    runner = web.AppRunner(web.Application(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    runner.app.router.add_route("*", "/{path:.*}", publisher.answer)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    publisher.port = runner.addresses[0][1]
    try:
        yield publisher
    finally:
        await runner.cleanup()


@dataclass
class Door:
    """A door on 127.0.0.1 that must stay shut: counts whoever comes."""

    port: int = 0
    knocks: int = 0


@asynccontextmanager
async def watched_door() -> AsyncIterator[Door]:
    """A door that ends with the block."""
    door = Door()

    async def knocked(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        door.knocks += 1
        writer.close()

    server = await asyncio.start_server(knocked, "127.0.0.1", 0)
    door.port = server.sockets[0].getsockname()[1]
    async with server:
        yield door


class Names(AbstractResolver):
    """Looks names up in a table; a name with several entries resolves to one after the other, the last for ever."""

    def __init__(self, table: dict[str, list[list[str]]]) -> None:
        self.table = table
        self.looked_up: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.looked_up.append(host)
        rounds = self.table.get(host)
        if not rounds:
            raise OSError(f"no such host: {host}")
        addresses = rounds.pop(0) if len(rounds) > 1 else rounds[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=10 if ":" in each else 2, proto=6, flags=4)
            for each in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""
