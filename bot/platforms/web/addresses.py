"""Our own address as the browser has it, and the client's."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import web


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """What the settings say about our address.

    Attributes:
        public_url: set by the operator or known from the PaaS; None: only the request tells our address.
        behind_router: requests come through a PaaS's router, so its ``X-Forwarded-*`` headers are trusted.
    """

    public_url: str | None = None
    behind_router: bool = False


SITE_ADDRESS = web.AppKey("site_address", SiteAddress)

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?")


def origin_of(request: web.Request) -> str:
    """Our address as the browser has it: PUBLIC_URL, else scheme and host of the request."""
    return _site_address(request).public_url or f"{scheme_of(request)}://{_host(request)}"


def scheme_of(request: web.Request) -> str:
    """``http`` or ``https``, as the browser uses it."""
    site = _site_address(request)
    if site.public_url:
        return urlsplit(site.public_url).scheme
    forwarded = _first_forwarded(request, "X-Forwarded-Proto").lower() if site.behind_router else ""
    return forwarded if forwarded in ("http", "https") else request.scheme


def own_hosts(request: web.Request) -> frozenset[str]:
    """Our hosts in lower case, with a port if the browser's address has one."""
    public_url = _site_address(request).public_url
    hosts = (urlsplit(public_url).netloc, request.host) if public_url else (_host(request),)
    return frozenset(host.lower() for host in hosts)


def _host(request: web.Request) -> str:
    forwarded = _first_forwarded(request, "X-Forwarded-Host") if _site_address(request).behind_router else ""
    return forwarded if _HOST.fullmatch(forwarded) else request.host


def _site_address(request: web.Request) -> SiteAddress:
    return request.app.get(SITE_ADDRESS, SiteAddress())


def _first_forwarded(request: web.Request, name: str) -> str:
    """The value of the outermost router; each router appends to the header."""
    return request.headers.get(name, "").partition(",")[0].strip()


def client_address(request: web.Request) -> str:
    """The client by which failed logins are counted: the peer that the nearest router saw, else the connection's peer.

    That router is the last in ``X-Forwarded-For``. A peer from the public internet came through no router unless a PaaS
    runs us, so its header is ignored. For an IPv6 address, returns its /64 network, because one client has a whole one.
    """
    peer, address = request.remote or "", _peer_address(request)
    is_routed = _site_address(request).behind_router or address is None or not address.is_global
    client = (request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if is_routed else "") or peer
    try:
        parsed = ip_address(client)
    except ValueError:
        return client[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((int(parsed), 64), strict=False))
    return client


def is_remote(request: web.Request) -> bool:
    """Whether the peer is another machine (or a router there): its address is not a loopback address."""
    address = _peer_address(request)
    return address is not None and not address.is_loopback


def _peer_address(request: web.Request) -> IPv4Address | IPv6Address | None:
    """The connection's peer; None for a Unix socket."""
    try:
        address = ip_address((request.remote or "").partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
