"""``/metrics``, for Prometheus and nobody else."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.platforms.web.guard import from_afar

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
        if is_public or from_afar(request):
            raise web.HTTPForbidden(text="Set METRICS_TOKEN to read the metrics here.\n")
        return
    given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise web.HTTPUnauthorized(text="Expected METRICS_TOKEN as a bearer.\n", headers={"WWW-Authenticate": "Bearer"})
