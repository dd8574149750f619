"""``/healthz``: the loop turns. ``/readyz``: what must be in order before people are sent here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass

from aiohttp import web


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
