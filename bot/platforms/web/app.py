"""Everything that we serve to browsers and to whoever watches over us."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import cast

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.platforms.web.auth import SITE_ADDRESS, SiteAddress, is_remote, secure
from bot.platforms.web.preview import STATIC, Preview, PreviewRoutes
from bot.platforms.web.public import PublicPages

HEAD_SECONDS = 10.0
"""For the first head of a connection. Browsers that connect ahead, as Chromium does, connect again."""


HEAD_BYTES = 16 * 1024
"""A head that is longer is nobody's: aiohttp takes lines of half of it."""


MOST = 2000
"""ConnectionLimiter at once; those that wait may take 32 MB."""


RESERVED_FILES = 200
"""For everything else: the database, calls to the platforms, feeds, content, child processes."""


def most_connections(files: int) -> int:
    """How many connections there may be where the process may open so many files (``RLIMIT_NOFILE``)."""
    return min(MOST, max(files - RESERVED_FILES, files // 2))


@dataclass(slots=True)
class ConnectionLimiter:
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

    def __init__(self, connections: ConnectionLimiter) -> None:
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


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one thing is; ``detail`` is for a human and holds no secret."""

    ok: bool
    detail: str = ""


HealthChecks = Mapping[str, Callable[[], Awaitable[CheckResult]]]
"""What is looked at → how it is now."""


def add_health(app: web.Application, checks: HealthChecks) -> None:
    """Adds both pages; ``checks`` is read anew at every request, so it may grow."""

    async def ready(_request: web.Request) -> web.Response:
        found = {name: await check() for name, check in checks.items()}
        fine = all(condition.ok for condition in found.values())
        body = {"ready": fine, **{name: asdict(condition) for name, condition in found.items()}}
        return _json(body, 200 if fine else 503)

    app.router.add_get("/healthz", _healthy)
    app.router.add_get("/readyz", ready)


async def _healthy(_request: web.Request) -> web.Response:
    return _json({"healthy": True}, 200)


def _json(body: object, status: int) -> web.Response:
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


PATH = "/metrics"


Collect = Callable[[], Awaitable[Callable[[], bytes]]]
"""Brings the gauges up to date; what it returns writes everything out, in a thread of its own."""


def add_metrics(app: web.Application, collect: Collect, token: str | None, is_public: bool) -> None:
    """Adds the page. With a token, only for who shows it as a bearer (RFC 6750); without, for this machine, if it is not public."""

    async def show(request: web.Request) -> web.Response:
        refuse_strangers(request, token, is_public)
        write = await collect()
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=await asyncio.to_thread(write), headers=headers)

    app.router.add_get(PATH, show)


def refuse_strangers(request: web.Request, token: str | None, is_public: bool) -> None:
    """Lets pass who may read the metrics.

    Raises:
        web.HTTPForbidden: we stand in the open, or are asked from another machine, and no token is set.
        web.HTTPUnauthorized: the token is not the one.
    """
    if token is None:
        if is_public or is_remote(request):
            raise web.HTTPForbidden(text="Set METRICS_TOKEN to read the metrics here.\n")
        return
    given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise web.HTTPUnauthorized(text="Expected METRICS_TOKEN as a bearer.\n", headers={"WWW-Authenticate": "Bearer"})


def add_pages(
    app: web.Application,
    checks: HealthChecks,
    public: PublicPages,
    preview: Preview | None,
    password: str | None = None,
    *,
    everybody: bool = False,
    own: SiteAddress | None = None,
) -> None:
    """Adds the pages to the app; ``preview`` is None where it is off.

    It is for who knows the password; where that is None, for this machine alone, or for ``everybody``. ``own`` is None where
    only requests tell our address.
    """
    app[SITE_ADDRESS] = own or SiteAddress()
    secure(app)
    add_health(app, checks)
    app.router.add_static("/static/", STATIC)
    if preview is not None:
        PreviewRoutes(preview, password, everybody=everybody).add_to(app)
    public.add_routes(app)
