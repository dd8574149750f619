"""A PaaS's router on loopback: requests go round the replicas, and to the next one where the connection breaks."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

PASSED_ON = ("Content-Type", "X-Telegram-Bot-Api-Secret-Token")
TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass
class Router:
    """``backends`` may change at any time. ``repeated`` counts, by body, how often a request was given to another."""

    session: aiohttp.ClientSession
    url: str = ""
    backends: list[str] = field(default_factory=list)
    repeated: Counter[bytes] = field(default_factory=Counter)
    _next: int = 0

    async def pass_on(self, request: web.Request) -> web.Response:
        """Tries each replica once, as a router does before it gives up with 503."""
        body = await request.read()
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "nota.example"}
        for _ in range(max(1, len(self.backends))):
            if answer := await self._asked(self._turn(), request.path_qs, body, headers):
                return answer
            self.repeated[body] += 1
        return web.Response(status=503)

    def _turn(self) -> str:
        self._next += 1
        return self.backends[self._next % len(self.backends)]

    async def _asked(self, backend: str, path: str, body: bytes, headers: dict[str, str]) -> web.Response | None:
        try:
            async with self.session.post(backend + path, data=body, headers=headers, timeout=TIMEOUT) as answer:
                if answer.status == 503:
                    return None
                return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None


@asynccontextmanager
async def router() -> AsyncIterator[Router]:
    """The router, running."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        ours = Router(session)
        app = web.Application()
        app.router.add_post("/{path:.*}", ours.pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ours.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield ours
        finally:
            await runner.cleanup()
