"""Where a browser thinks that we are, behind a router that ends TLS before us.

PUBLIC_URL says it, or what a PaaS tells of us. Where neither does, ``X-Forwarded-Proto`` and ``X-Forwarded-Host``
(developer.mozilla.org, "X-Forwarded-Host") are believed only on a PaaS, whose router stands before us: from anybody else they would
put another's address into our pages, which whoever keeps them on the way would show to others.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """What we know of our address.

    Attributes:
        public_url: as the settings or the PaaS have it; None: only requests tell.
        behind_router: a PaaS's router brings the requests.
    """

    public_url: str | None = None
    behind_router: bool = False


OWN_ADDRESS = web.AppKey("own_address", OwnAddress)


def own_address_of(request: web.Request) -> OwnAddress:
    """What the app that serves the request knows."""
    return request.app.get(OWN_ADDRESS, OwnAddress())


def scheme_of(request: web.Request) -> str:
    """Http or https, as the browser speaks it."""
    own = own_address_of(request)
    if own.public_url:
        return urlsplit(own.public_url).scheme
    said = _first(request, "X-Forwarded-Proto").lower() if own.behind_router else ""
    return said if said in ("http", "https") else request.scheme


def hosts_of(request: web.Request) -> frozenset[str]:
    """The hosts that are ours, in small letters, each with its port where the browser's address has one."""
    public_url = own_address_of(request).public_url
    ours = (urlsplit(public_url).netloc, request.host) if public_url else (_host_of(request),)
    return frozenset(host.lower() for host in ours)


def origin_of(request: web.Request) -> str:
    """Our address as the browser has it, without a path where the request alone tells it."""
    return own_address_of(request).public_url or f"{scheme_of(request)}://{_host_of(request)}"


def _host_of(request: web.Request) -> str:
    said = _first(request, "X-Forwarded-Host") if own_address_of(request).behind_router else ""
    return said if _HOST.fullmatch(said) else request.host


def _first(request: web.Request, name: str) -> str:
    """What the outermost router said; each appends to what it was given."""
    return request.headers.get(name, "").partition(",")[0].strip()
