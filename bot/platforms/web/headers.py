"""What every page says to the browser, and what we ask of a form before we believe it.

The policy is Content Security Policy Level 3 (w3.org/TR/CSP3): nothing but our own files, nothing inline.
"""

from urllib.parse import urlsplit

from aiohttp import hdrs, web

from bot.platforms.web.forwarded import hosts_of

POLICY = "; ".join(
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

HEADERS = {
    "Content-Security-Policy": POLICY,
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
    for name, value in HEADERS.items():
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
