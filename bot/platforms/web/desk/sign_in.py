"""Signing in at the desk: a link from the chat that works once, a session cookie, tokens in forms, who is still an editor."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil
from secrets import token_urlsafe
from time import monotonic

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.db.changes import Person
from bot.db.engine import DATABASE_AWAY
from bot.db.sign_ins import SESSION_SECONDS, SignIns
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.newsroom.editors import DEMO
from bot.newsroom.editors_chat import EditorsChat
from bot.platforms.web.addresses import client_address, href, is_local
from bot.platforms.web.app_markup import page
from bot.platforms.web.desk.links import SignInByAddress
from bot.platforms.web.forms import Form, form_text, read_form, reject_cross_site, see_other, set_cookie
from bot.platforms.web.languages import request_language
from bot.platforms.web.request_guards import FailedLogins
from bot.replies.i18n import phrases_in
from bot.user_rate_limit import UserRateLimiter

HOME = "/desk"
BROUGHT = f"{HOME}/brought"
PREVIEW = f"{HOME}/preview"
COOKIE = "desk"

MAX_FORM_BYTES = 4 * 1024 * 1024
"""A change holds one megabyte, and a form writes a byte that is no Latin letter with three."""

MAX_FIELDS = 5000

FORM_BURST, FORMS_PER_SECOND = 60, 2.0
"""Forms that one editor may send: autosave sends one every few seconds."""

ADDRESS_BURST, ADDRESSES_PER_SECOND = 5, 1 / 60
"""Addresses that one client may type in."""

MAX_ADDRESS_FORM_BYTES = 4096

LINK_ON_ITS_WAY = "If this address is an editor’s, a link is on its way to it."


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who is signed in."""

    request: web.Request
    person: Person
    session: str
    form: Form

    @property
    def form_token(self) -> str:
        """The token that every form of this session carries."""
        return hmac.new(self.session.encode(), b"form", sha256).hexdigest()

    def field(self, name: str) -> str:
        """The value of a form's field; "" if it has none."""
        return form_text(self.form, name, MAX_FORM_BYTES)


VisitHandler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class SignIn:
    """The pages that sign somebody in and out, and the check around every other page.

    Whatever is refused, here or by a page, is said on a page in the editor's language: the text of the ``HTTPException`` is a phrase.

    Attributes:
        is_public: whether the desk answers other machines; otherwise this one alone.
        by_address: sends links to editors who type their address; None: no platform writes to addresses.
        by_chat: whether the bot is in a messenger, where editors get a link, too.
        is_demo: whether whoever comes is signed in at once, as the demo editor.
    """

    sign_ins: SignIns
    editors: EditorsChat
    live: LiveDossier
    is_public: bool = False
    is_demo: bool = False
    by_address: SignInByAddress | None = None
    by_chat: bool = True
    failed: FailedLogins = field(default_factory=FailedLogins)
    forms: UserRateLimiter = field(default_factory=lambda: UserRateLimiter(monotonic, FORM_BURST, FORMS_PER_SECOND))
    asked: UserRateLimiter = field(
        default_factory=lambda: UserRateLimiter(monotonic, ADDRESS_BURST, ADDRESSES_PER_SECOND)
    )

    def add_routes(self, app: web.Application) -> None:
        if self.by_address is not None:
            app.router.add_post(f"{HOME}/sign-in", self._guarded(self.send_link))
        app.router.add_get(f"{HOME}/enter/{{token}}", self._guarded(self.show_link))
        app.router.add_post(f"{HOME}/enter/{{token}}", self._guarded(self.enter))
        app.router.add_post(f"{HOME}/leave", self.required(self.leave))
        app.router.add_post(f"{HOME}/language", self.required(self.choose_language))

    def required(self, handler: VisitHandler) -> Handler:
        """Wraps a handler: it answers editors who are signed in; a form must carry the session's token."""

        async def check(request: web.Request) -> web.StreamResponse:
            session = request.cookies.get(COOKIE, "")
            person = await self.sign_ins.person(session) if session else None
            if person is None:
                if self.is_demo and request.method == "GET":
                    return await self._open_demo(request)
                return self._page(request, "You are not signed in", 401)
            if person.account != DEMO and not await self.editors.includes(person.account):
                await self.sign_ins.leave(person.account)
                return self._page(request, "You are not an editor any more", 403)
            visit = Visit(request, person, session, {})
            try:
                visit = await self._visit(request, person, session)
                if request.method == "POST" and not self.forms.try_take(person.account):
                    raise web.HTTPTooManyRequests(text="Too many forms at once.", headers={hdrs.RETRY_AFTER: "5"})
                response = await handler(visit)
            except web.HTTPClientError as refusal:
                # it may be accepted a moment later; any other refusal would come again
                again = visit.form if isinstance(refusal, web.HTTPTooManyRequests) else {}
                return self._page(
                    request,
                    refusal.text or "",
                    refusal.status,
                    refusal=refusal,
                    language=person.language,
                    again=again,
                )
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return self._guarded(check)

    def invited(self, handler: VisitHandler) -> Handler:
        """Wraps a handler: it answers whoever has a link to a change, who is the visit's person and no editor."""

        async def check(request: web.Request) -> web.StreamResponse:
            token = request.match_info["token"]
            guest = await self.sign_ins.person(token, "guest", "talking")
            if guest is None:
                return self._refused(request)
            if request.method == "POST" and not self.forms.try_take(guest.account):
                raise web.HTTPTooManyRequests(text="Too many forms at once.", headers={hdrs.RETRY_AFTER: "5"})
            return await handler(await self._visit(request, guest, token))

        return self._guarded(check)

    async def _visit(self, request: web.Request, person: Person, session: str) -> Visit:
        if request.method != "POST":
            return Visit(request, person, session, {})
        reject_cross_site(request)
        visit = Visit(request, person, session, await read_form(request, MAX_FORM_BYTES, MAX_FIELDS))
        if not hmac.compare_digest(visit.field("token").encode(errors="replace"), visit.form_token.encode()):
            raise web.HTTPForbidden(text="The form is from another session. Load the page again.")
        return visit

    def _guarded(self, handler: Handler) -> Handler:
        async def check(request: web.Request) -> web.StreamResponse:
            try:
                if not self.is_public and not is_local(request):
                    raise web.HTTPForbidden(
                        text="Without PUBLIC_URL the desk answers this machine alone, as localhost or 127.0.0.1."
                    )
                return await handler(request)
            except web.HTTPClientError as refusal:
                return self._page(request, refusal.text or "", refusal.status, refusal=refusal)
            except DATABASE_AWAY:
                return self._page(request, "The database does not answer", 503)

        return check

    async def send_link(self, request: web.Request) -> web.StreamResponse:
        """The form with an address. The page does not say whether the address is an editor's."""
        if not self.asked.try_take(client_address(request)):
            raise web.HTTPTooManyRequests(text="Too many forms at once.", headers={hdrs.RETRY_AFTER: "60"})
        form = await read_form(request, MAX_ADDRESS_FORM_BYTES, 8)
        if self.by_address is not None:
            await self.sign_ins.delete_expired()  # whoever it is: while the database is away, no link can be stored
            language = request_language(request, self.live.dossier)
            self.by_address.post(form_text(form, "address", MAX_ADDRESS_FORM_BYTES), language)
        return self._page(request, LINK_ON_ITS_WAY, 200)

    async def show_link(self, request: web.Request) -> web.StreamResponse:
        """The page behind a link. Only its button uses the link up, so that a fetcher of previews cannot."""
        if not await self.sign_ins.is_valid(request.match_info["token"]):
            return self._refused(request)
        return self._page(request, "Sign in at the desk", 200, link=request.path)

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """The button: a session in exchange for the link."""
        reject_cross_site(request)
        session = token_urlsafe(32)
        person = await self.sign_ins.enter(request.match_info["token"], session)
        if person is None:
            return self._refused(request)
        return _with_cookie(request, session)

    async def leave(self, visit: Visit) -> web.StreamResponse:
        """Ends every session of this editor."""
        await self.sign_ins.leave(visit.person.account)
        response = self._page(visit.request, "You are signed out", 200)
        response.del_cookie(COOKIE, path=href(HOME))
        return response

    async def choose_language(self, visit: Visit) -> web.StreamResponse:
        """The language of the desk, one of the dossier's."""
        language = Language(visit.field("language"))
        if language in self.live.dossier.languages:
            await self.sign_ins.set_language(visit.session, language)
        where = visit.field("back")
        return see_other(where if await _is_page(visit.request, where) else HOME)

    async def _open_demo(self, request: web.Request) -> web.StreamResponse:
        session = token_urlsafe(32)
        await self.sign_ins.open(session, Person(DEMO, "Demo", request_language(request, self.live.dossier)))
        return _with_cookie(request, session, request.path)

    def _refused(self, request: web.Request) -> web.Response:
        """Wrong links are counted by client, so that nobody tries many."""
        client = client_address(request)
        if seconds := self.failed.wait_seconds(client):
            headers = {hdrs.RETRY_AFTER: str(ceil(seconds))}
            raise web.HTTPTooManyRequests(text="Too many wrong links.", headers=headers)
        self.failed.count(client)
        return self._page(request, "This link does not work any more", 410)

    def _page(
        self,
        request: web.Request,
        title: str,
        status: int,
        *,
        link: str = "",
        refusal: web.HTTPException | None = None,
        language: Language | None = None,
        again: Form | None = None,
    ) -> web.Response:
        """A page of one sentence; ``language`` None: of the request. A refusal leads back to the desk, a ``link`` into it.

        ``again``: the form that was refused, which the page keeps, so that it can be sent again.
        """
        language = language or request_language(request, self.live.dossier)
        text = page(
            "desk_sign_in.html",
            say=phrases_in(language).say,
            language=language,
            title=title,
            link=link,
            is_refusal=refusal is not None,
            is_sent=title == LINK_ON_ITS_WAY,
            by_address=self.by_address is not None,
            by_chat=self.by_chat,
            again=again,
            path=request.path,
        )
        headers = {"Cache-Control": "no-store"}
        if refusal is not None and hdrs.RETRY_AFTER in refusal.headers:
            headers[hdrs.RETRY_AFTER] = refusal.headers[hdrs.RETRY_AFTER]
        return web.Response(text=text, content_type="text/html", status=status, headers=headers)


async def _is_page(request: web.Request, where: str) -> bool:
    """Whether the desk has a page there, by its routes: no other site, and no address that takes forms alone."""
    if not re.match(rf"{HOME}([/?]|$)", where) or not where.isascii() or not where.isprintable():
        return False
    match = await request.app.router.resolve(request.clone(method="GET", rel_url=where))
    return str(getattr(match.route.resource, "canonical", "")).startswith(HOME)


def _with_cookie(request: web.Request, session: str, where: str = HOME) -> web.Response:
    response = see_other(where)
    set_cookie(request, response, COOKIE, session, HOME, samesite="Lax", seconds=SESSION_SECONDS)
    return response
