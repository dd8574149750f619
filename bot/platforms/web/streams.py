"""Telling open pages that something changed, as server-sent events (html.spec.whatwg.org, 9.2)."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from aiohttp import web

KEEP_ALIVE_SECONDS = 15.0
MAX_STREAMS = 200
_RETRY = b"retry: 1000\n\n"
_CHANGED = b"event: changed\ndata: -\n\n"
_STILL_HERE = b": still here\n\n"


@dataclass(slots=True)
class Streams:
    """The open streams, by room. A page that hears ``changed`` fetches itself anew.

    Each stream begins with it, so what happened before it was open, or while it was broken, is not missed.
    """

    _open: defaultdict[str, set[asyncio.Event]] = field(default_factory=lambda: defaultdict(set))
    _closing: bool = False

    def tell_all(self) -> None:
        """Every page is told."""
        for room in self._open.copy():
            self.tell(room)

    def tell(self, room: str) -> None:
        """The pages of one room are told."""
        for wake in self._open.get(room, ()):
            wake.set()

    async def close(self, _app: web.Application) -> None:
        """Ends every stream, so that shutting down waits for none."""
        self._closing = True
        self.tell_all()

    async def serve(self, request: web.Request, room: str) -> web.StreamResponse:
        """Streams until the page goes away or we do.

        Raises:
            web.HTTPServiceUnavailable: too many pages are open.
        """
        if sum(map(len, self._open.values())) >= MAX_STREAMS:
            raise web.HTTPServiceUnavailable(text="Too many previews are open.\n")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        wake = asyncio.Event()
        self._open[room].add(wake)
        try:
            await response.write(_RETRY + _CHANGED)
            await self._pump(response, wake)
        except ConnectionError:
            pass
        finally:
            self._open[room].discard(wake)
            if not self._open[room]:
                del self._open[room]
        return response

    async def _pump(self, response: web.StreamResponse, wake: asyncio.Event) -> None:
        while not self._closing:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await wake.wait()
            except TimeoutError:
                await response.write(_STILL_HERE)
                continue
            wake.clear()
            if not self._closing:
                await response.write(_CHANGED)
