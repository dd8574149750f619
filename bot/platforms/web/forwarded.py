"""Where a browser thinks that we are, behind a router that ends TLS before us.

``X-Forwarded-Proto`` and ``X-Forwarded-Host`` are what every PaaS's router sets (developer.mozilla.org, "X-Forwarded-Proto").
Who sends them without a router between deceives only himself: they are used for our own links and cookies and for whose form
it is, never for who asks; no page of another site can make a browser send them along with a form.
"""

import re

from aiohttp import web

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?")


def scheme_of(request: web.Request) -> str:
    """Http or https, as the browser speaks it."""
    said = _first(request, "X-Forwarded-Proto").lower()
    return said if said in ("http", "https") else request.scheme


def host_of(request: web.Request) -> str:
    """The host, with its port where the browser's address has one."""
    said = _first(request, "X-Forwarded-Host")
    return said if _HOST.fullmatch(said) else request.host


def origin_of(request: web.Request) -> str:
    """Our address as the browser has it, without a path."""
    return f"{scheme_of(request)}://{host_of(request)}"


def _first(request: web.Request, name: str) -> str:
    """What the outermost router said; each appends to what it was given."""
    return request.headers.get(name, "").partition(",")[0].strip()
