"""New connections: how long a request may take to come, and how many there may be at once.

aiohttp waits for the first request as long as for the next one on a connection that is kept, an hour, and takes as many
connections as come, until the process can open no file. So a connection is handed to it once its first head is complete.
"""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from aiohttp import web

HEAD_SECONDS = 10.0
"""For the first head of a connection. Browsers that connect ahead, as Chromium does, connect again."""

HEAD_BYTES = 16 * 1024
"""A head that is longer is nobody's: aiohttp takes lines of half of it."""

MOST = 2000
"""Connections at once; those that wait may take 32 MB."""

RESERVED_FILES = 200
"""For everything else: the database, calls to the platforms, feeds, content, child processes."""


def most_connections(files: int) -> int:
    """How many connections there may be where the process may open so many files (``RLIMIT_NOFILE``)."""
    return min(MOST, max(files - RESERVED_FILES, files // 2))


@dataclass(slots=True)
class Connections:
    """A protocol factory (docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.create_server) in front of aiohttp's.

    Of more than ``most`` connections the oldest is ended, of those that bring no request before the others.
    """

    server: web.Server
    most: int
    head_seconds: float = HEAD_SECONDS
    _waiting: dict["_Waiting", None] = field(default_factory=dict)

    def __call__(self) -> asyncio.Protocol:
        return _Waiting(self)

    def close(self) -> None:
        """Ends the connections that have brought no request yet."""
        for each in list(self._waiting):
            each.abort()

    def add(self, waiting: "_Waiting") -> None:
        """Takes a new connection in, in the place of an old one where there are too many."""
        if len(self._waiting) + len(self.server.connections) >= self.most:
            self._make_room()
        self._waiting[waiting] = None

    def remove(self, waiting: "_Waiting") -> None:
        """It has ended, or brought a request."""
        self._waiting.pop(waiting, None)

    def _make_room(self) -> None:
        if self._waiting:
            next(iter(self._waiting)).abort()
            return
        transports = (each.transport for each in self.server.connections)
        oldest = next((each for each in transports if each is not None and not each.is_closing()), None)
        if oldest is not None:
            oldest.abort()


class _Waiting(asyncio.Protocol):
    """A connection until its first head is complete."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._head = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._deadline = asyncio.get_running_loop().call_later(self._connections.head_seconds, self.abort)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        begin = max(0, len(self._head) - 3)
        self._head += data
        if self._head.find(b"\r\n\r\n", begin) >= 0 or self._head.find(b"\n\n", begin) >= 0:
            self._hand_over()
        elif len(self._head) > HEAD_BYTES:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def abort(self) -> None:
        """Ends it without a word."""
        self._leave()
        self._transport.abort()

    def _hand_over(self) -> None:
        self._leave()
        handler = self._connections.server()
        self._transport.set_protocol(handler)
        handler.connection_made(self._transport)
        handler.data_received(bytes(self._head))

    def _leave(self) -> None:
        self._deadline.cancel()
        self._connections.remove(self)
