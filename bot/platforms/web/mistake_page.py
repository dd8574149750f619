"""The form on the page with which a reader reports a mistake. It works without a script."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic

from aiohttp import web

from bot.conversation import Conversation
from bot.db.engine import DATABASE_AWAY
from bot.db.retention import REPORT_DAYS
from bot.dossier.models import Language
from bot.newsroom.reports import MAX_WORDS, one_line
from bot.platforms.web.addresses import client_address
from bot.platforms.web.forms import Form, form_text, read_form
from bot.platforms.web.public_routes import PublicPages
from bot.platforms.web.subscription_pages import HONEYPOT, own_page
from bot.replies.i18n import phrases_in
from bot.user_rate_limit import UserRateLimiter

MAX_FORM_BYTES, MAX_FIELDS = 16 * 1024, 10

REPORT_BURST, REPORTS_PER_SECOND = 3, 1 / 3600
"""Reports of one client: three at once, then one an hour."""

MAX_PAGE = 200
"""Characters of the address of the page with the mistake."""


_PAGE = re.compile(r"/[a-z]{2,3}(/(topics|bulletins|claims)/[\w.:-]+|/claims|/corrections)?", re.ASCII)
"""Pages with statements; never one whose address is a secret, as of somebody's settings."""


@dataclass(slots=True)
class MistakePage:
    """Serves the form and passes on what is sent with it."""

    conversation: Conversation
    public: PublicPages
    on_news: Callable[[], None] = lambda: None
    limiter: UserRateLimiter = field(
        default_factory=lambda: UserRateLimiter(monotonic, REPORT_BURST, REPORTS_PER_SECOND)
    )

    def add_routes(self, app: web.Application) -> None:
        path = r"/{language:[a-z]{2,3}}/mistake"
        app.router.add_get(path, self.serve)
        app.router.add_post(path, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The form; once it was sent, its words are passed on. What was typed stays in its field if it is refused."""
        if request.match_info["language"] not in self.conversation.live.dossier.languages:
            return await self.public.not_found(request)
        context, is_form = self.public.context(request), request.method == "POST"
        form: Form = {} if is_form else {"page": [request.query.get("page", "")]}
        say, notice, status = phrases_in(context.language).say, "", HTTPStatus.OK.value
        try:
            if is_form:
                form = await read_form(request, MAX_FORM_BYTES, MAX_FIELDS)
                await self._pass_on(form, client_address(request), context.language)
        except web.HTTPClientError as refusal:
            notice, status = say(refusal.text or ""), refusal.status
        except DATABASE_AWAY:
            notice, status = say("The database does not answer"), HTTPStatus.SERVICE_UNAVAILABLE
        where, words = (form_text(form, name, MAX_FORM_BYTES) for name in ("page", "words"))
        return own_page(
            context,
            "mistake.html",
            "/mistake",
            say("Report a mistake"),
            status=status,
            page=_own_page(where),
            words=one_line(words) if notice else "",
            notice=notice,
            is_sent=is_form and not notice,
            honeypot=HONEYPOT,
            days=REPORT_DAYS,
            max_words=MAX_WORDS,
        )

    async def _pass_on(self, form: Form, client: str, language: Language) -> None:
        """Passes on what a form says.

        Raises:
            web.HTTPClientError: it is refused. The text is a phrase.
        """
        if any(form.get(HONEYPOT, ())):
            raise web.HTTPBadRequest(text="Leave the last field empty: it is there to keep programs away.")
        if not (words := one_line(form_text(form, "words", MAX_FORM_BYTES))):
            raise web.HTTPBadRequest(text="Write what is wrong.")
        where, reports = _own_page(form_text(form, "page", MAX_FORM_BYTES)), self.conversation.reports
        if self.limiter.try_take(client) and await self.conversation.store.database.in_turn(
            reports.send(words, language, page=where)
        ):
            self.on_news()
            return
        raise web.HTTPTooManyRequests(
            text="You have reported several mistakes today, or too many wait for the editors. Write again tomorrow."
        )


def _own_page(address: str) -> str:
    """The address of a page of ours with statements, without its host; "" for any other."""
    return address if len(address) <= MAX_PAGE and _PAGE.fullmatch(address) else ""
