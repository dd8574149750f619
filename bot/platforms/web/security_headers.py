"""The security headers of every response to a browser."""

from functools import partial

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.platforms.web.addresses import is_own_https_host

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
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
"""The headers of a page that other sites may show in a frame."""

DATA_HEADERS = {
    **SECURITY_HEADERS,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
}
"""The headers of data that scripts of other sites may read, without credentials (fetch.spec.whatwg.org, "CORS protocol")."""


def preflight(methods: str, headers: str) -> Handler:
    """Answers what a browser asks before a script of another site uses one of these methods and headers for :data:`DATA_HEADERS`."""
    allowed = {"Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": headers}

    async def allow(_request: web.Request) -> web.Response:
        return web.Response(status=204, headers={**DATA_HEADERS, **allowed, "Access-Control-Max-Age": "86400"})

    return allow


STRICT_TRANSPORT_SECURITY = "max-age=31536000"
"""For a year browsers use only https for our host (RFC 6797). Without ``includeSubDomains``, because other hosts are not ours."""


def add_security_headers(app: web.Application, webhooks: tuple[str, ...] = ()) -> None:
    """Adds the headers to every response to a browser, errors and streams included.

    ``webhooks``: the ends of paths that browsers do not open. The headers would take a tenth of the time of an answer there.
    """
    app.on_response_prepare.append(partial(_add_headers, webhooks))


async def _add_headers(webhooks: tuple[str, ...], request: web.Request, response: web.StreamResponse) -> None:
    if request.path.endswith(webhooks):
        return
    response.headers.pop(hdrs.SERVER, None)  # aiohttp's names versions, and so their known vulnerabilities
    if is_own_https_host(request):
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
    if "X-Content-Type-Options" in response.headers:  # a cached page has all of them
        return
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
