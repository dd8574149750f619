"""Everything that we serve to browsers and to whoever watches over us."""

from aiohttp import web

from bot.platforms.web.forwarded import OWN_ADDRESS, OwnAddress
from bot.platforms.web.headers import secure
from bot.platforms.web.health import Checks, add_health
from bot.platforms.web.listen import STATIC, Listener
from bot.platforms.web.preview import Preview
from bot.platforms.web.public import Public


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
