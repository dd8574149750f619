"""Who may see a page: our own address, the client's, security headers, cross-site requests, passwords."""

import base64
import hmac
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic
from urllib.parse import urlsplit

from aiohttp import hdrs, web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# ---- Our own address


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


def _own_hosts(request: web.Request) -> frozenset[str]:
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


# ---- The client's address


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


# ---- Security headers

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""``Referrer-Policy`` is ``same-origin`` rather than ``no-referrer``, which makes a form's own ``Origin`` header
``null`` (fetch.spec.whatwg.org, "append a request Origin header"), so that it could not be checked."""

EMBED_HEADERS = {
    **{name: value for name, value in SECURITY_HEADERS.items() if name != "X-Frame-Options"},
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *"),
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Of a page that other sites may show in a frame."""

_WEBHOOKS = ("/telegram/webhook", "/discord/interactions")
"""No browser opens these, so they get no security headers. Adding them takes a tenth of the time of an answer."""


def add_security_headers(app: web.Application) -> None:
    """Adds the headers to every response to a browser, errors and streams included."""
    app.on_response_prepare.append(_add_headers)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if request.path.endswith(_WEBHOOKS):
        return
    response.headers.pop(hdrs.SERVER, None)  # aiohttp's names versions, and so their known vulnerabilities
    if "X-Content-Type-Options" in response.headers:  # a cached page has all of them
        return
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


def reject_cross_site(request: web.Request) -> None:
    """Accepts a form from our own page, or from a client that is no browser (and has no cookies of anybody).

    ``Sec-Fetch-Site`` decides if the browser sends it (w3.org/TR/fetch-metadata), else ``Origin``.

    Raises:
        web.HTTPForbidden: another site's page sent it.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own = site == "same-origin" if site else origin is None or urlsplit(origin).netloc.lower() in _own_hosts(request)
    if not is_own:
        raise web.HTTPForbidden(text="This form belongs to another site.\n")


# ---- Access

LOGIN_WINDOW_SECONDS = 60.0

MAX_FAILURES_PER_CLIENT, MAX_FAILURES = 10, 300
"""Wrong passwords in a window: from one client, and from all together, since addresses are cheap."""


@dataclass(slots=True)
class FailedLogins:
    """Counts wrong passwords. A window begins with the first one; ``clock`` returns seconds."""

    clock: Callable[[], float] = monotonic
    _counts: Counter[str] = field(default_factory=Counter)
    _since: float = float("-inf")

    def wait_seconds(self, client: str) -> float:
        """For how long the client's passwords are refused unread; 0 if its next one may be tried now."""
        left = self._since + LOGIN_WINDOW_SECONDS - self.clock()
        if left <= 0:
            self._counts.clear()
            return 0.0
        is_blocked = self._counts[client] >= MAX_FAILURES_PER_CLIENT or self._counts.total() >= MAX_FAILURES
        return left if is_blocked else 0.0

    def count(self, client: str) -> None:
        if not self._counts:
            self._since = self.clock()
        self._counts[client] += 1


_CHALLENGE = {hdrs.WWW_AUTHENTICATE: 'Basic realm="preview", charset="UTF-8"'}


def require_password(handler: Handler, password: str, failed: FailedLogins) -> Handler:
    """Wraps the handler: asks for a password (RFC 7617, any user name). Handlers with one password share ``failed``."""

    async def check(request: web.Request) -> web.StreamResponse:
        given, client = _password(request), client_address(request)
        if given and (seconds := failed.wait_seconds(client)):
            headers = {hdrs.RETRY_AFTER: str(ceil(seconds))}
            raise web.HTTPTooManyRequests(text="Too many wrong passwords.\n", headers=headers)
        if not hmac.compare_digest(given.encode(), password.encode()):
            if given:
                failed.count(client)
            raise web.HTTPUnauthorized(text="The preview has a password.\n", headers=_CHALLENGE)
        return await handler(request)

    return check


def local_only(handler: Handler) -> Handler:
    """Wraps the handler: it answers this machine alone."""

    async def check(request: web.Request) -> web.StreamResponse:
        if is_remote(request):
            raise web.HTTPForbidden(text="Set PREVIEW=1, and PREVIEW_PASSWORD, to use the preview from elsewhere.\n")
        return await handler(request)

    return check


def _password(request: web.Request) -> str:
    """The password of the request; empty if there is none."""
    scheme, _, credentials = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
