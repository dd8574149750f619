"""The web application: connection limits, health, metrics, and the pages."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.platforms.platform import Platform
from bot.platforms.web.addresses import SITE_ADDRESS, SiteAddress, below_base_path, is_local
from bot.platforms.web.api import Api
from bot.platforms.web.desk.pages import DeskPages
from bot.platforms.web.mcp import AssistantPages
from bot.platforms.web.mistake_page import MistakePage
from bot.platforms.web.preview import PreviewRoutes
from bot.platforms.web.public_routes import PublicPages
from bot.platforms.web.security_headers import add_security_headers
from bot.platforms.web.static_files import add_static_files
from bot.platforms.web.subscription_pages import SubscriptionPages
from bot.release import release

# ---- Connections

HEAD_SECONDS = 10.0
"""The time limit of a connection's first request head. Browsers that connect in advance, such as Chromium, connect again."""

MAX_HEAD_BYTES = 16 * 1024
"""The most bytes of a head; aiohttp itself accepts lines of half of this."""

MAX_CONNECTIONS = 2000
"""The most connections. If all of them wait for the rest of a head, they take 32 MB."""

RESERVED_FILES = 200
"""Open files for everything else: the database, calls to the platforms, feeds, content, child processes."""


def max_connections(files: int) -> int:
    """The most connections for a process that may open ``files`` files (``RLIMIT_NOFILE``)."""
    return min(MAX_CONNECTIONS, max(files - RESERVED_FILES, files // 2))


@dataclass(slots=True)
class ConnectionLimiter:
    """Passes connections to aiohttp's server once their first head is complete, because aiohttp has no time limit for it.

    A proxy does not replace this. Caddy streams bodies and limits the time neither of heads nor of bodies
    (caddyserver.com/docs/caddyfile/options#timeouts), each request through it takes a connection here, and a container's published port has no proxy.
    With 256 open files, 300 connections that send half a head or half a body stop aiohttp's server; with this limiter it answers.

    It is a protocol factory for ``loop.create_server``. Beyond ``limit`` connections it closes the oldest one, preferably one without a complete head.
    """

    server: web.Server
    limit: int
    head_seconds: float = HEAD_SECONDS
    _waiting: dict["_HeadReader", None] = field(default_factory=dict)

    def __call__(self) -> asyncio.Protocol:
        return _HeadReader(self)

    def close(self) -> None:
        """Closes the connections without a complete head."""
        for reader in list(self._waiting):
            reader.abort()

    def add(self, reader: "_HeadReader") -> None:
        if len(self._waiting) + len(self.server.connections) >= self.limit:
            self._close_oldest()
        self._waiting[reader] = None

    def remove(self, reader: "_HeadReader") -> None:
        self._waiting.pop(reader, None)

    def _close_oldest(self) -> None:
        if self._waiting:
            next(iter(self._waiting)).abort()
            return
        transports = (connection.transport for connection in self.server.connections)
        open_ones = (each for each in transports if each is not None and not each.is_closing())
        oldest = next(open_ones, None)
        if oldest is not None:
            oldest.abort()


class _HeadReader(asyncio.Protocol):
    """Reads a connection's first head, then passes the connection to aiohttp."""

    def __init__(self, limiter: ConnectionLimiter) -> None:
        self._limiter = limiter
        self._head = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._deadline = asyncio.get_running_loop().call_later(self._limiter.head_seconds, self.abort)
        self._limiter.add(self)

    def data_received(self, data: bytes) -> None:
        begin = max(0, len(self._head) - 3)  # the end may be spread over two reads
        self._head += data
        if self._head.find(b"\r\n\r\n", begin) >= 0 or self._head.find(b"\n\n", begin) >= 0:
            self._finish()
            handler = self._limiter.server()
            self._transport.set_protocol(handler)
            handler.connection_made(self._transport)
            handler.data_received(bytes(self._head))
        elif len(self._head) > MAX_HEAD_BYTES:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()

    def abort(self) -> None:
        """Closes the connection without a response."""
        self._finish()
        self._transport.abort()

    def _finish(self) -> None:
        self._deadline.cancel()
        self._limiter.remove(self)


# ---- Health and metrics


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The state of one part. ``detail``: for people, without secrets."""

    ok: bool
    detail: str = ""


HealthChecks = Mapping[str, Callable[[], Awaitable[CheckResult]]]

Collect = Callable[[], Awaitable[Callable[[], bytes]]]
"""Updates the gauges and returns a function that formats all metrics, which is called in a thread."""


def add_health(app: web.Application, checks: HealthChecks) -> None:
    """Adds ``/healthz`` (the event loop runs) and ``/readyz`` (all checks pass; else 503)."""

    async def health(_request: web.Request) -> web.Response:
        return _json({"healthy": True}, 200)

    async def ready(_request: web.Request) -> web.Response:
        results = {name: await check() for name, check in checks.items()}
        is_ready = all(result.ok for result in results.values())
        body = {"ready": is_ready, "release": release(), **{name: asdict(result) for name, result in results.items()}}
        return _json(body, 200 if is_ready else 503)

    app.router.add_get("/healthz", health)
    app.router.add_get("/readyz", ready)


def _json(body: object, status: int) -> web.Response:
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


def add_metrics(app: web.Application, collect: Collect, token: str | None, is_public: bool) -> None:
    """Adds ``/metrics``.

    With a token, requests need it as a bearer token (RFC 6750; the scheme in any case, RFC 9110, 11.1). Without one, only requests from this machine
    are answered, and only if the process is not public.
    """

    async def metrics(request: web.Request) -> web.Response:
        if token is None and (is_public or not is_local(request)):
            raise web.HTTPForbidden(text="Set METRICS_TOKEN to read the metrics here.\n")
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        is_right = hmac.compare_digest(credentials.strip().encode(errors="surrogateescape"), (token or "").encode())
        if token is not None and not (scheme.lower() == "bearer" and is_right):
            challenge = {"WWW-Authenticate": "Bearer"}
            raise web.HTTPUnauthorized(text="Expected METRICS_TOKEN as a bearer.\n", headers=challenge)
        format_metrics = await collect()
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=await asyncio.to_thread(format_metrics), headers=headers)

    app.router.add_get("/metrics", metrics)


# ---- All routes


def add_routes(
    app: web.Application,
    checks: HealthChecks,
    public: PublicPages,
    preview: PreviewRoutes | None,
    address: SiteAddress,
    desk: DeskPages | None = None,
    platforms: Sequence[Platform[Any]] = (),
    subscribing: SubscriptionPages | None = None,
    mistakes: MistakePage | None = None,
) -> None:
    """Adds health, static files, the preview and the desk (None: off), and at the end the public pages, which answer all other paths."""
    app[SITE_ADDRESS] = address
    if urlsplit(address.public_url or "").path:
        app.middlewares.append(below_base_path)
    add_security_headers(app, tuple(platform.webhook for platform in platforms if platform.webhook))
    add_health(app, checks)
    forms = subscribing.forms.values() if subscribing is not None else ()
    add_static_files(app, platforms, [form.script for _, form in forms if form.script])
    for pages in (preview, desk, subscribing, mistakes, Api(public), AssistantPages(public), public):
        if pages is not None:
            pages.add_routes(app)
