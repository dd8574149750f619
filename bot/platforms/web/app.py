"""Everything that we serve to browsers and to whoever watches over us."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.platforms.web.auth import OWN_ADDRESS, OwnAddress, from_afar, secure
from bot.platforms.web.preview import STATIC, Listener, Preview
from bot.platforms.web.public import Public


@dataclass(frozen=True, slots=True)
class Condition:
    """How one thing is; ``detail`` is for a human and holds no secret."""

    ok: bool
    detail: str = ""


Checks = Mapping[str, Callable[[], Awaitable[Condition]]]
"""What is looked at → how it is now."""


def add_health(app: web.Application, checks: Checks) -> None:
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
        if is_public or from_afar(request):
            raise web.HTTPForbidden(text="Set METRICS_TOKEN to read the metrics here.\n")
        return
    given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise web.HTTPUnauthorized(text="Expected METRICS_TOKEN as a bearer.\n", headers={"WWW-Authenticate": "Bearer"})


def add_pages(
    app: web.Application,
    checks: Checks,
    public: Public,
    preview: Preview | None,
    password: str | None = None,
    *,
    everybody: bool = False,
    own: OwnAddress | None = None,
) -> None:
    """Adds the pages to the app; ``preview`` is None where it is off.

    It is for who knows the password; where that is None, for this machine alone, or for ``everybody``. ``own`` is None where
    only requests tell our address.
    """
    app[OWN_ADDRESS] = own or OwnAddress()
    secure(app)
    add_health(app, checks)
    app.router.add_static("/static/", STATIC)
    if preview is not None:
        Listener(preview, password, everybody=everybody).add_to(app)
    public.add_to(app)
