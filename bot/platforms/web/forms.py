"""Forms: the check of their origin, their values, and the redirect after them, with a cookie."""

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from aiohttp import hdrs, web

from bot.platforms.web.addresses import href, own_hosts, scheme_of
from bot.replies.question import is_number

Form = Mapping[str, Sequence[str]]
"""Field → its values, in order."""


def reject_cross_site(request: web.Request) -> None:
    """Accepts a form from our own page, or from a client that is not a browser (and has no user's cookies).

    ``Sec-Fetch-Site`` decides if the browser sends it (w3.org/TR/fetch-metadata), otherwise ``Origin``.

    Raises:
        web.HTTPForbidden: a page of another site sent the form.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own = site == "same-origin" if site else origin is None or urlsplit(origin).netloc.lower() in own_hosts(request)
    if not is_own:
        raise web.HTTPForbidden(text="This form belongs to another site.")


async def read_form(request: web.Request, max_bytes: int, max_fields: int) -> Form:
    """Reads a form of our own page, in the encoding that browsers use without files. A field may have several values.

    Raises:
        web.HTTPForbidden: a page of another site sent the form.
        web.HTTPRequestEntityTooLarge: the form is larger than ``max_bytes``.
        web.HTTPBadRequest, web.HTTPUnsupportedMediaType: the body has another format, or is compressed, which browsers do not do.
    """
    reject_cross_site(request)
    if request.content_type != "application/x-www-form-urlencoded" or hdrs.CONTENT_ENCODING in request.headers:
        raise web.HTTPUnsupportedMediaType(text="Expected a form (application/x-www-form-urlencoded), not compressed.")
    try:
        body = await request.clone(client_max_size=max_bytes).read()
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=max_fields, errors="strict")
    except web.HTTPRequestEntityTooLarge:
        raise web.HTTPRequestEntityTooLarge(max_bytes, text="The form is too large.") from None
    except (ValueError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="Expected a form with a few fields.") from None


def form_text(form: Form, name: str, max_characters: int) -> str:
    """The first value of a field; "" if it has none.

    Raises:
        web.HTTPBadRequest: the value is longer than ``max_characters``.
    """
    value = form.get(name, ("",))[0]
    if len(value) > max_characters:
        raise web.HTTPBadRequest(text="A field of the form is too long.")
    return value


def number_in(text: str) -> int:
    """The number in a field or a part of an address; 0, which is not a valid id, if it is not a number."""
    return int(text) if is_number(text) else 0


def see_other(where: str) -> web.Response:
    """A redirect to a page after a form, so that a reload does not send the form again."""
    return web.Response(status=303, headers={"Location": href(where), "Cache-Control": "no-store"})


def set_cookie(
    request: web.Request,
    response: web.Response,
    name: str,
    value: str,
    path: str,
    *,
    samesite: Literal["Strict", "Lax"] = "Strict",
    seconds: float | None = None,
) -> None:
    """Sets a cookie for ``path`` that scripts cannot read. ``seconds``: its lifetime; None: until the browser is closed."""
    response.set_cookie(
        name,
        value,
        path=href(path),
        max_age=None if seconds is None else int(seconds),
        httponly=True,
        samesite=samesite,
        secure=scheme_of(request) == "https",
    )
