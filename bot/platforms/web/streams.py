"""Server-sent events (html.spec.whatwg.org, "Server-sent events") by which an open page updates itself or a part of itself."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from bot.db.engine import DATABASE_AWAY

CHECK_SECONDS = 15.0
MAX_STREAM_SECONDS = 1800.0
"""The longest time of a stream. Then the browser opens it again, and access is checked again."""

MAX_STREAMS = 200

_RETRY = b"retry: 1000\n\n"
_CHANGED = b"event: changed\ndata: -\n\n"
_COMMENT = b": still here\n\n"

Version = Callable[[], Awaitable[Hashable]]
"""Returns a value that changes whenever the page may change."""


@dataclass(slots=True)
class EventStreams:
    """The open streams of one kind of page, by the page's subject or owner.

    Each stream begins with ``changed``, so that a page does not miss changes before the stream was open.

    Attributes:
        check_seconds: the pause between two checks of a page's version, and so between two keep-alive comments.
    """

    check_seconds: float = CHECK_SECONDS
    _open: defaultdict[Hashable, set[asyncio.Event]] = field(default_factory=lambda: defaultdict(set))
    _is_closing: bool = False

    def notify(self, key: Hashable) -> None:
        """Sends ``changed`` to the open pages of a key."""
        for wake in self._open.get(key, ()):
            wake.set()

    def notify_all(self) -> None:
        for key in self._open.copy():
            self.notify(key)

    async def close(self, _app: web.Application) -> None:
        """Ends every stream, so that shutting down does not wait for them."""
        self._is_closing = True
        self.notify_all()

    async def serve(self, request: web.Request, key: Hashable, version: Version) -> web.StreamResponse:
        """Sends ``changed`` when notified, and when ``version()`` has changed. Ends if the database does not answer; the page reconnects.

        Raises:
            web.HTTPServiceUnavailable: too many streams are open.
        """
        if sum(map(len, self._open.values())) >= MAX_STREAMS:
            raise web.HTTPServiceUnavailable(text="Too many pages are open.")
        await version()  # raises before the stream begins if the page does not exist
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        wake = asyncio.Event()
        self._open[key].add(wake)
        try:
            await response.write(_RETRY)
            async with asyncio.timeout(MAX_STREAM_SECONDS):
                await self._write_events(response, wake, version)
        except (ConnectionError, TimeoutError, *DATABASE_AWAY):
            pass
        finally:
            self._open[key].discard(wake)
            if not self._open[key]:
                del self._open[key]
        return response

    async def _write_events(self, response: web.StreamResponse, wake: asyncio.Event, version: Version) -> None:
        sent: Hashable = None
        while not self._is_closing:
            has_changed = wake.is_set()
            wake.clear()
            current = await version()
            await response.write(_CHANGED if has_changed or current != sent else _COMMENT)
            sent = current
            with suppress(TimeoutError):
                async with asyncio.timeout(self.check_seconds):
                    await wake.wait()
