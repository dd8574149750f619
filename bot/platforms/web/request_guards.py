"""Who may send a form or see a page: our own pages' forms, passwords, this machine; and how a form is read."""

import base64
import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from urllib.parse import parse_qs, urlsplit

from aiohttp import hdrs, web

from bot.platforms.web.addresses import client_address, is_local, own_hosts

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def reject_cross_site(request: web.Request) -> None:
    """Accepts a form from our own page, or from a client that is no browser (and has no cookies of anybody).

    ``Sec-Fetch-Site`` decides if the browser sends it (w3.org/TR/fetch-metadata), else ``Origin``.

    Raises:
        web.HTTPForbidden: another site's page sent it.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own = site == "same-origin" if site else origin is None or urlsplit(origin).netloc.lower() in own_hosts(request)
    if not is_own:
        raise web.HTTPForbidden(text="This form belongs to another site.\n")


Form = Mapping[str, Sequence[str]]
"""The values of each field, in their order."""


async def read_form(request: web.Request, max_bytes: int, max_fields: int) -> Form:
    """A form as browsers send it without files. Every field may come several times.

    Raises:
        web.HTTPRequestEntityTooLarge: it is larger.
        web.HTTPBadRequest, web.HTTPUnsupportedMediaType: the body is not such a form, or compressed, which no browser does.
    """
    if request.content_type != "application/x-www-form-urlencoded" or hdrs.CONTENT_ENCODING in request.headers:
        raise web.HTTPUnsupportedMediaType(
            text="Expected a form (application/x-www-form-urlencoded), not compressed.\n"
        )
    try:
        body = await request.clone(client_max_size=max_bytes).read()
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=max_fields)
    except (ValueError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="Expected a form with a few fields.\n") from None


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
        if not is_local(request):
            raise web.HTTPForbidden(
                text="The preview answers this machine alone, as localhost or 127.0.0.1.\n"
                "Set PREVIEW=1, and PREVIEW_PASSWORD, to use it from elsewhere.\n"
            )
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
