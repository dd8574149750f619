"""A password before the preview, where it stands in the open."""

import base64
import hmac
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CHALLENGE = {hdrs.WWW_AUTHENTICATE: 'Basic realm="preview", charset="UTF-8"'}


def guarded(handler: Handler, password: str | None) -> Handler:
    """The handler, for who knows the password (RFC 7617, under any name); for everybody where it is None."""
    if password is None:
        return handler

    async def ask(request: web.Request) -> web.StreamResponse:
        if not hmac.compare_digest(_given(request).encode(), password.encode()):
            raise web.HTTPUnauthorized(text="The preview has a password.\n", headers=_CHALLENGE)
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
