"""Access to pages: with a password, or only from this machine."""

import base64
import hmac
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.platforms.web.addresses import client_address, is_local

LOGIN_WINDOW_SECONDS = 60.0

MAX_FAILURES_PER_CLIENT, MAX_FAILURES = 10, 300
"""The most wrong passwords in a window, from one client and from all together, because addresses are cheap."""


@dataclass(slots=True)
class FailedLogins:
    """Counts wrong passwords. A window begins with the first one. ``clock``: in seconds."""

    clock: Callable[[], float] = monotonic
    _counts: Counter[str] = field(default_factory=Counter)
    _since: float = float("-inf")

    def wait_seconds(self, client: str) -> float:
        """The seconds for which the client's passwords are refused without a check; 0 if the next one is checked."""
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
    """Wraps the handler: it needs a password (RFC 7617, any user name). Handlers with the same password share ``failed``."""

    async def check(request: web.Request) -> web.StreamResponse:
        password_sent, client = _password(request), client_address(request)
        if password_sent and (seconds := failed.wait_seconds(client)):
            headers = {hdrs.RETRY_AFTER: str(ceil(seconds))}
            raise web.HTTPTooManyRequests(text="Too many wrong passwords.\n", headers=headers)
        if not hmac.compare_digest(password_sent.encode(), password.encode()):
            if password_sent:
                failed.count(client)
            raise web.HTTPUnauthorized(text="The preview has a password.\n", headers=_CHALLENGE)
        return await handler(request)

    return check


def local_only(handler: Handler) -> Handler:
    """Wraps the handler: it answers only this machine."""

    async def check(request: web.Request) -> web.StreamResponse:
        if not is_local(request):
            raise web.HTTPForbidden(
                text="The preview answers this machine alone, as localhost or 127.0.0.1.\n"
                "Set PREVIEW=1, and PREVIEW_PASSWORD, to use it from elsewhere.\n"
            )
        return await handler(request)

    return check


def _password(request: web.Request) -> str:
    """The password of the request; "" if it has none."""
    scheme, _, credentials = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
