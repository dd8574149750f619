"""What keeps strangers from pages that are not for everybody: a password, or that they come from elsewhere."""

import base64
import hmac
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic
from urllib.parse import urlsplit

from aiohttp import hdrs, web

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
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
"""``same-origin`` rather than ``no-referrer``: with the latter a form's own ``Origin`` is ``null`` (fetch.spec.whatwg.org,
"append a request Origin header") and could not be checked."""


MACHINES = frozenset({"/telegram/webhook", "/discord/interactions"})
"""What platforms call and no browser opens: there the headers would say nothing to anybody, and cost a tenth of an answer."""


def secure(app: web.Application) -> None:
    """Puts the headers on every response of the app to a browser, errors and streams included; what has a policy has them."""
    app.on_response_prepare.append(_add_headers)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if request.path in MACHINES:
        return
    response.headers.pop(hdrs.SERVER, None)  # which releases we stand on is nobody's business
    if "Content-Security-Policy" in response.headers:
        return
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


def refuse_other_sites(request: web.Request) -> None:
    """Lets pass only what our own page sends, or what no browser sends (which carries nobody's cookies).

    ``Sec-Fetch-Site`` decides where the browser gives it (w3.org/TR/fetch-metadata), else ``Origin``.

    Raises:
        web.HTTPForbidden: another site's page sent it.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = site == "same-origin" if site else origin is None or urlsplit(origin).netloc.lower() in hosts_of(request)
    if not ours:
        raise web.HTTPForbidden(text="This form belongs to another site.\n")


WINDOW_SECONDS = 60.0


MAX_FAILURES_PER_CLIENT, MAX_FAILURES = 10, 300
"""Wrong passwords in a window: of one client, and of all, since addresses are cheap."""


@dataclass(slots=True)
class FailedLogins:
    """Wrong passwords of the last minute, counted from its first; ``clock`` gives seconds."""

    clock: Callable[[], float] = monotonic
    _wrong: Counter[str] = field(default_factory=Counter)
    _since: float = float("-inf")

    def wait_seconds(self, client: str) -> float:
        """How long the client must wait before its next one is looked at; 0 where it need not."""
        left = self._since + WINDOW_SECONDS - self.clock()
        if left <= 0:
            self._wrong.clear()
            return 0.0
        return left if self._wrong[client] >= MAX_FAILURES_PER_CLIENT or self._wrong.total() >= MAX_FAILURES else 0.0

    def count(self, client: str) -> None:
        """That was a wrong one."""
        if not self._wrong:
            self._since = self.clock()
        self._wrong[client] += 1


def client_address(request: web.Request) -> str:
    """Who asks: what the router next to us saw, which is the last that ``X-Forwarded-For`` names, else the connection's end.

    Who comes from the internet directly, and so through no router, may say there what he likes; it is not believed. Of an
    IPv6 address the network, of which everybody has as many addresses as they like.
    """
    direct = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    is_routed = site_address_of(request).behind_router or not _is_global(direct)
    said = (forwarded if is_routed else "") or direct
    try:
        address = ip_address(said)
    except ValueError:
        return said[:64]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((int(address), 64), strict=False))
    return said


def _is_global(address: str) -> bool:
    try:
        there = ip_address(address.partition("%")[0])
    except ValueError:  # a socket that is a file
        return False
    return (there.ipv4_mapped or there if isinstance(there, IPv6Address) else there).is_global


_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """What we know of our address.

    Attributes:
        public_url: as the settings or the PaaS have it; None: only requests tell.
        behind_router: a PaaS's router brings the requests.
    """

    public_url: str | None = None
    behind_router: bool = False


SITE_ADDRESS = web.AppKey("site_address", SiteAddress)


def site_address_of(request: web.Request) -> SiteAddress:
    """What the app that serves the request knows."""
    return request.app.get(SITE_ADDRESS, SiteAddress())


def scheme_of(request: web.Request) -> str:
    """Http or https, as the browser speaks it."""
    own = site_address_of(request)
    if own.public_url:
        return urlsplit(own.public_url).scheme
    said = _first(request, "X-Forwarded-Proto").lower() if own.behind_router else ""
    return said if said in ("http", "https") else request.scheme


def hosts_of(request: web.Request) -> frozenset[str]:
    """The hosts that are ours, in small letters, each with its port where the browser's address has one."""
    public_url = site_address_of(request).public_url
    ours = (urlsplit(public_url).netloc, request.host) if public_url else (_host_of(request),)
    return frozenset(host.lower() for host in ours)


def origin_of(request: web.Request) -> str:
    """Our address as the browser has it, without a path where the request alone tells it."""
    return site_address_of(request).public_url or f"{scheme_of(request)}://{_host_of(request)}"


def _host_of(request: web.Request) -> str:
    said = _first(request, "X-Forwarded-Host") if site_address_of(request).behind_router else ""
    return said if _HOST.fullmatch(said) else request.host


def _first(request: web.Request, name: str) -> str:
    """What the outermost router said; each appends to what it was given."""
    return request.headers.get(name, "").partition(",")[0].strip()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


_CHALLENGE = {hdrs.WWW_AUTHENTICATE: 'Basic realm="preview", charset="UTF-8"'}


def require_password(handler: Handler, password: str | None, failed: FailedLogins | None = None) -> Handler:
    """The handler, for who knows the password (RFC 7617, under any name); for everybody where it is None.

    ``failed``: those of all handlers behind the same password; None: of this one.
    """
    if password is None:
        return handler
    wrong = failed or FailedLogins()

    async def ask(request: web.Request) -> web.StreamResponse:
        given, client = _given(request), client_address(request)
        if given and (seconds := wrong.wait_seconds(client)):
            headers = {hdrs.RETRY_AFTER: str(ceil(seconds))}
            raise web.HTTPTooManyRequests(text="Too many wrong passwords.\n", headers=headers)
        if not hmac.compare_digest(given.encode(), password.encode()):
            if given:
                wrong.count(client)
            raise web.HTTPUnauthorized(text="The preview has a password.\n", headers=_CHALLENGE)
        return await handler(request)

    return ask


def is_remote(request: web.Request) -> bool:
    """Whether it comes from another machine, or from a router there: an address of the network that is not this machine's own."""
    try:
        peer = ip_address((request.remote or "").partition("%")[0])
    except ValueError:  # a socket that is a file
        return False
    near = peer.ipv4_mapped or peer if isinstance(peer, IPv6Address) else peer
    return not near.is_loopback


def local_only(handler: Handler) -> Handler:
    """The handler, for who sits at this machine: whatever the settings let us think, nobody asked for it to stand in the open."""

    async def ask(request: web.Request) -> web.StreamResponse:
        if is_remote(request):
            raise web.HTTPForbidden(text="Set PREVIEW=1, and PREVIEW_PASSWORD, to use the preview from elsewhere.\n")
        return await handler(request)

    return ask


def _given(request: web.Request) -> str:
    """The password in the request; an empty text where there is none."""
    scheme, _, credentials = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
