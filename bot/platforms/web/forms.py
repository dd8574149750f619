"""Forms: who may send one, how it is read, and what answers it: the next page, with a cookie."""

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from aiohttp import hdrs, web

from bot.platforms.web.addresses import own_hosts, scheme_of
from bot.replies.question import is_number

Form = Mapping[str, Sequence[str]]
"""The values of each field, in their order."""


def reject_cross_site(request: web.Request) -> None:
    """Accepts a form from our own page, or from a client that is no browser (and has no cookies of anybody).

    ``Sec-Fetch-Site`` decides if the browser sends it (w3.org/TR/fetch-metadata), else ``Origin``.

    Raises:
        web.HTTPForbidden: another site's page sent it.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own = site == "same-origin" if site else origin is None or urlsplit(origin).netloc.lower() in own_hosts(request)
    if not is_own:
        raise web.HTTPForbidden(text="This form belongs to another site.")


async def read_form(request: web.Request, max_bytes: int, max_fields: int) -> Form:
    """A form of our own page, as browsers send it without files. Every field may come several times.

    Raises:
        web.HTTPForbidden: another site's page sent it.
        web.HTTPRequestEntityTooLarge: it is larger.
        web.HTTPBadRequest, web.HTTPUnsupportedMediaType: the body is not such a form, or compressed, which no browser does.
    """
    reject_cross_site(request)
    if request.content_type != "application/x-www-form-urlencoded" or hdrs.CONTENT_ENCODING in request.headers:
        raise web.HTTPUnsupportedMediaType(text="Expected a form (application/x-www-form-urlencoded), not compressed.")
    try:
        body = await request.clone(client_max_size=max_bytes).read()
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=max_fields)
    except web.HTTPRequestEntityTooLarge:
        raise web.HTTPRequestEntityTooLarge(max_bytes, text="The form is too large.") from None
    except (ValueError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="Expected a form with a few fields.") from None


def form_text(form: Form, name: str, max_characters: int) -> str:
    """The value of a field, the first if there are several; "" if there is none.

    Raises:
        web.HTTPBadRequest: it is longer.
    """
    value = form.get(name, ("",))[0]
    if len(value) > max_characters:
        raise web.HTTPBadRequest(text="A field of the form is too long.")
    return value


def number_in(text: str) -> int:
    """The number that a field or a part of an address holds; 0, which nothing of ours has, if it holds none."""
    return int(text) if is_number(text) else 0


def see_other(where: str) -> web.Response:
    """After a form, leads to a page, so that loading it again sends nothing twice."""
    return web.Response(status=303, headers={"Location": where, "Cache-Control": "no-store"})


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
    """A cookie that no script can read, for ``path``; ``seconds`` None: until the browser is closed."""
    response.set_cookie(
        name,
        value,
        path=path,
        max_age=None if seconds is None else int(seconds),
        httponly=True,
        samesite=samesite,
        secure=scheme_of(request) == "https",
    )
