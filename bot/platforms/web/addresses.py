"""Our own address as the browser has it, and the client's."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.typedefs import Handler


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """Our address by the settings.

    Attributes:
        public_url: the address set by the operator or known from the PaaS; None: the address is taken from the request.
        client_header: the header in which the PaaS's router names the client. The router's ``X-Forwarded-*`` headers are trusted as well.
            None: there is no PaaS.
    """

    public_url: str | None = None
    client_header: str | None = None


SITE_ADDRESS = web.AppKey("site_address", SiteAddress)

BASE_PATH: ContextVar[str] = ContextVar("BASE_PATH", default="")
"""The path of PUBLIC_URL, without a slash at the end, while a request is answered. A router removes it from requests, so no route has it."""


def href(address: str) -> str:
    """An address as a browser needs it: one of our own below the path of PUBLIC_URL, any other as it is."""
    return BASE_PATH.get() + address if address.startswith("/") else address


@web.middleware
async def below_base_path(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Sets :data:`BASE_PATH`."""
    BASE_PATH.set(urlsplit(_site_address(request).public_url or "").path)
    return await handler(request)


_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?")


def origin_of(request: web.Request) -> str:
    """Our address in the browser: PUBLIC_URL, or else scheme and host of the request."""
    return _site_address(request).public_url or f"{scheme_of(request)}://{_host(request)}"


def scheme_of(request: web.Request) -> str:
    """``http`` or ``https``, as the browser uses it."""
    site = _site_address(request)
    if site.public_url:
        return urlsplit(site.public_url).scheme
    forwarded = _first_forwarded(request, "X-Forwarded-Proto").lower() if site.client_header else ""
    return forwarded if forwarded in ("http", "https") else request.scheme


def own_hosts(request: web.Request) -> frozenset[str]:
    """Our hosts in lower case, with a port if the browser's address has one."""
    public_url = _site_address(request).public_url
    hosts = (urlsplit(public_url).netloc, request.host) if public_url else (_host(request),)
    return frozenset(host.lower() for host in hosts)


def _host(request: web.Request) -> str:
    forwarded = _first_forwarded(request, "X-Forwarded-Host") if _site_address(request).client_header else ""
    return forwarded if _HOST.fullmatch(forwarded) else request.host


def _site_address(request: web.Request) -> SiteAddress:
    return request.app.get(SITE_ADDRESS, SiteAddress())


def _first_forwarded(request: web.Request, name: str) -> str:
    """The first value of the header, which is the outermost router's, because each router appends one."""
    return request.headers.get(name, "").partition(",")[0].strip()


def is_own_https_host(request: web.Request) -> bool:
    """Whether PUBLIC_URL is https and the whole host is ours. With a path, the host has other pages as well."""
    public = urlsplit(_site_address(request).public_url or "")
    return public.scheme == "https" and not public.path


# ---- The client


def client_address(request: web.Request) -> str:
    """The client's address, by which questions and failed logins are counted. For IPv6 it is the /64 network, which one client has.

    On a PaaS the router names the client. Elsewhere a peer that is not on the public internet may be the operator's own router, which appends its
    peer to ``X-Forwarded-For``. Earlier values in it, and all other headers, may be set by the client.
    """
    site, peer = _site_address(request), _peer_address(request)
    may_be_router = peer is None or not peer.is_global
    header = site.client_header or ("X-Forwarded-For" if may_be_router else None)
    named = ",".join(request.headers.getall(header, ())).rpartition(",")[2] if header else ""
    client = _parsed(named) or peer
    if isinstance(client, IPv6Address):
        return str(ip_network((int(client), 64), strict=False))
    return str(client or "")


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address in the text, without a port; None if there is none."""
    bare = re.sub(r"^\[(.*)\](:[0-9]+)?$|^([0-9.]+):[0-9]+$", r"\1\3", text.strip())
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _peer_address(request: web.Request) -> IPv4Address | IPv6Address | None:
    """The connection's peer; None for a Unix socket."""
    return _parsed(request.remote or "")


# ---- This machine

_LOCAL_HOST = re.compile(r"([a-z0-9-]+\.)*localhost(:[0-9]+)?|127(\.[0-9]{1,3}){3}(:[0-9]+)?|\[::1\](:[0-9]+)?")

_FORWARDING = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "fly-client-ip", "fastly-client-ip", "client-ip"}
)
_FORWARDING_PREFIXES = ("x-forwarded", "x-original-forwarded", "cf-")


def is_local(request: web.Request) -> bool:
    """Whether the request was made on this machine, and not through it.

    The peer's address does not suffice. A proxy on this machine is a local peer, too; it adds a header with its client or, like nginx by default, uses
    HTTP/1.0. With "DNS rebinding" another site's name resolves to 127.0.0.1, and its page makes the visitor's browser send requests to us; their
    ``Host`` is that name, which the page cannot change.
    """
    peer = _peer_address(request)
    names = [name.lower() for name in request.headers]
    return (
        peer is not None
        and peer.is_loopback
        and request.version >= HttpVersion11
        and not any(name in _FORWARDING or name.startswith(_FORWARDING_PREFIXES) for name in names)
        and _LOCAL_HOST.fullmatch(request.headers.get(hdrs.HOST, "").lower()) is not None
    )
