"""Everything that we serve to browsers and to whoever watches over us."""

from aiohttp import web

from bot.platforms.web.headers import secure
from bot.platforms.web.health import Checks, add_health
from bot.platforms.web.listen import HOME, STATIC, Listener
from bot.platforms.web.preview import Preview


def add_pages(app: web.Application, checks: Checks, preview: Preview | None, password: str | None = None) -> None:
    """Adds the pages to the app; ``preview`` is None where it is off, ``password`` where it needs none."""
    secure(app)
    add_health(app, checks)
    if preview is not None:
        app.router.add_static("/static/", STATIC)
        app.router.add_get("/", _to_preview)
        Listener(preview, password).add_to(app)


async def _to_preview(_request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": HOME})
