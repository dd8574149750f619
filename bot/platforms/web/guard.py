"""What keeps strangers from pages that are not for everybody: a password, or that they come from elsewhere."""

import base64
import hmac
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address
from math import ceil

from aiohttp import hdrs, web

from bot.platforms.web.guesses import Guesses, client_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CHALLENGE = {hdrs.WWW_AUTHENTICATE: 'Basic realm="preview", charset="UTF-8"'}


def guarded(handler: Handler, password: str | None, guesses: Guesses | None = None) -> Handler:
    """The handler, for who knows the password (RFC 7617, under any name); for everybody where it is None.

    ``guesses``: those of all handlers behind the same password; None: of this one.
    """
    if password is None:
        return handler
    wrong = guesses or Guesses()

    async def ask(request: web.Request) -> web.StreamResponse:
        given, client = _given(request), client_of(request)
        if given and (seconds := wrong.wait_seconds(client)):
            headers = {hdrs.RETRY_AFTER: str(ceil(seconds))}
            raise web.HTTPTooManyRequests(text="Too many wrong passwords.\n", headers=headers)
        if not hmac.compare_digest(given.encode(), password.encode()):
            if given:
                wrong.count(client)
            raise web.HTTPUnauthorized(text="The preview has a password.\n", headers=_CHALLENGE)
        return await handler(request)

    return ask


def from_afar(request: web.Request) -> bool:
    """Whether it comes from another machine, or from a router there: an address of the network that is not this machine's own."""
    try:
        peer = ip_address((request.remote or "").partition("%")[0])
    except ValueError:  # a socket that is a file
        return False
    near = peer.ipv4_mapped or peer if isinstance(peer, IPv6Address) else peer
    return not near.is_loopback


def near_only(handler: Handler) -> Handler:
    """The handler, for who sits at this machine: whatever the settings let us think, nobody asked for it to stand in the open."""

    async def ask(request: web.Request) -> web.StreamResponse:
        if from_afar(request):
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
