"""The pages for readers without a chat: subscribing, one's own settings, what is stored."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any, TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from markupsafe import Markup

from bot.conversation import Conversation
from bot.db.engine import DATABASE_AWAY
from bot.db.readers import Reader
from bot.db.retention import AWAITED_DAYS, COUNTED_DAYS, QUESTION_DAYS, READER_DAYS, REPORT_DAYS
from bot.db.store import Store
from bot.dossier.models import Dossier, Language
from bot.platforms.platform import NotAccepted, PageForm
from bot.platforms.web.addresses import client_address, href
from bot.platforms.web.app_markup import macros_of
from bot.platforms.web.forms import Form, read_form, see_other
from bot.platforms.web.languages import request_language
from bot.platforms.web.page_context import PageContext
from bot.platforms.web.public_pages import base_values, invitation_links, page
from bot.platforms.web.public_routes import PublicPages
from bot.platforms.web.subscription_form import SubscriptionForm, subscription_in
from bot.replies.i18n import phrases_in
from bot.schedule import Subscription
from bot.subscriptions.service import first_subscription
from bot.subscriptions.settings_panel import when_in_words
from bot.subscriptions.why import delivery_report
from bot.user_rate_limit import UserRateLimiter

MAX_FORM_BYTES, MAX_FIELDS = 32 * 1024, 400

FORM_BURST, FORMS_PER_SECOND = 10, 0.1
"""Forms of one client: somebody who tries all settings, and not a program that fills the database."""

_BRIEFLY = {"Cache-Control": "public, max-age=3600"}

HONEYPOT = "website"
"""A field that people do not see, and that programs fill in."""


Found = TypeVar("Found")

FormHandler = Callable[[web.Request, Form], Coroutine[Any, Any, web.StreamResponse]]

_PATH = r"/{language:[a-z]{2,3}}"


@dataclass(frozen=True, slots=True)
class Practice:
    """What this deployment does with readers' data, for ``/privacy``.

    Attributes:
        chats: the labels of the platforms whose chats it serves.
        ledger_days: how long it is kept which bulletin came when.
        keeps_questions: whether the words of unanswered questions are kept.
        questions_go_to: the host to which questions are sent, to be compared by their meaning; "": to nobody.
    """

    chats: Sequence[str] = ()
    ledger_days: int = 400
    keeps_questions: bool = False
    questions_go_to: str = ""


@dataclass(slots=True)
class SubscriptionPages:
    """Serves the pages. ``forms``: label and form of each platform, by its name, on which readers of the page can subscribe."""

    conversation: Conversation
    public: PublicPages
    forms: Mapping[str, tuple[str, PageForm]] = field(default_factory=dict)
    practice: Practice = Practice()
    limiter: UserRateLimiter = field(default_factory=lambda: UserRateLimiter(monotonic, FORM_BURST, FORMS_PER_SECOND))

    @property
    def _store(self) -> Store:
        return self.conversation.store

    @property
    def _dossier(self) -> Dossier:
        return self.conversation.live.dossier

    def add_routes(self, app: web.Application) -> None:
        get, post = app.router.add_get, app.router.add_post
        for language in ("", _PATH):
            get(f"{language}/subscribe", self._guarded(self.show_form))
            get(f"{language}/privacy", self._guarded(self.privacy))
        get(f"{_PATH}/app.webmanifest", self._guarded(self.manifest))
        post(f"{_PATH}/subscribe", self._guarded(self._with_form(self.subscribe)))
        get(f"{_PATH}/subscription/{{token}}", self._guarded(self.show_settings))
        post(f"{_PATH}/subscription/{{token}}", self._guarded(self._with_form(self.change_settings)))
        get(f"{_PATH}/subscription/{{token}}/unsubscribe", self._guarded(self.offer_unsubscribing))
        post(f"{_PATH}/subscription/{{token}}/unsubscribe", self._guarded(self.unsubscribe))
        get(f"{_PATH}/confirm/{{token}}", self._guarded(self.show_confirmation))
        post(f"{_PATH}/confirm/{{token}}", self._guarded(self._with_form(self.confirm)))

    def _with_form(self, handler: FormHandler) -> Handler:
        """Wraps a handler: it is given the form, within the limit of one client."""

        async def read(request: web.Request) -> web.StreamResponse:
            if not self.limiter.try_take(client_address(request)):
                raise web.HTTPTooManyRequests(text="Too many forms at once.", headers={hdrs.RETRY_AFTER: "10"})
            form = await read_form(request, MAX_FORM_BYTES, MAX_FIELDS)
            return await handler(request, form)

        return read

    def _guarded(self, handler: Handler) -> Handler:
        """Wraps a handler: refusals become pages in the request's language.

        A link with a token also works in a language that the dossier has dropped since it was sent: the page comes in another one.
        """

        async def check(request: web.Request) -> web.StreamResponse:
            language = None if "token" in request.match_info else request.match_info.get("language")
            if language is not None and language not in self._dossier.languages:
                return await self.public.not_found(request)
            say = phrases_in(request_language(request, self._dossier)).say
            try:
                return await handler(request)
            except DATABASE_AWAY:
                return self._notice(request, say("The database does not answer"), status=503)
            except NotAccepted as refusal:
                return self._notice(request, str(refusal), status=400)
            except web.HTTPClientError as refusal:
                response = self._notice(request, say(refusal.text or ""), status=refusal.status)
                if hdrs.RETRY_AFTER in refusal.headers:
                    response.headers[hdrs.RETRY_AFTER] = refusal.headers[hdrs.RETRY_AFTER]
                return response

        return check

    # ---- Subscribing

    async def show_form(self, request: web.Request) -> web.StreamResponse:
        context = self.public.context(request)
        first = first_subscription(context.language)
        scripts = [form.script.name for _, form in self.forms.values() if form.script]
        return own_page(
            context,
            "subscribe.html",
            "/subscribe",
            phrases_in(context.language).say("Subscribe to bulletins"),
            is_indexed=True,
            form=SubscriptionForm(first, context.dossier, context.language),
            without=frozenset.intersection(*(form.without for _, form in self.forms.values())) if self.forms else (),
            when=when_in_words(first, context.language),
            ways=[
                (name, self._title(name, context.language), self._fields(name, context.language)) for name in self.forms
            ],
            links=invitation_links(context),
            scripts=scripts,
            honeypot=HONEYPOT,
        )

    async def manifest(self, request: web.Request) -> web.StreamResponse:
        """Lets a phone keep the page on its home screen (w3.org/TR/appmanifest); some bring notifications to such pages alone."""
        context = self.public.context(request)
        values = {
            "name": context.title,
            "short_name": context.texts.publisher,
            "lang": context.language,
            "start_url": href(f"/{context.language}/subscribe"),
            "display": "standalone",
            "icons": [{"src": href("/static/mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
        }
        return web.json_response(values, content_type="application/manifest+json", headers=_BRIEFLY)

    def _title(self, platform: str, language: Language) -> str:
        """What readers call the platform; its name if it is off by now."""
        label, form = self.forms.get(platform, (platform, None))
        return form.title(language) if form and form.title else label

    def _fields(self, platform: str, language: Language) -> Markup:
        """The platform's part of the form."""
        _, form = self.forms[platform]
        fields = macros_of(form.template).fields(phrases_in(language).say, {**form.values, "language": language})
        return Markup(fields)  # noqa: S704  a template of ours, which escapes what it is given

    async def subscribe(self, request: web.Request, form: Form) -> web.StreamResponse:
        context = self.public.context(request)
        say = phrases_in(context.language).say
        if any(form.get(HONEYPOT, ())):
            raise NotAccepted(say("Leave the last field empty: it is there to keep programs away."))
        name = form.get("platform", ("",))[0]
        if name not in self.forms:
            raise NotAccepted(say("Choose how the bulletins are to come."))
        wanted = subscription_in(form, first_subscription(context.language), context.dossier, context.language)
        _, platform = self.forms[name]
        fields = {field: values[0] for field, values in form.items()}
        result = await platform.subscribe(fields, wanted, context.language)
        if isinstance(result, str):
            return self._notice(request, result, title=say("Subscribe to bulletins"))
        token = await self._store.database.in_turn(self._store.page_readers.new_link(result))
        return see_other(f"/{context.language}/subscription/{token}#subscribed")

    async def show_confirmation(self, request: web.Request) -> web.StreamResponse:
        """The page behind a link that confirms. Only its button confirms, so that a program that opens links in mails subscribes nobody."""
        await self._store.database.in_turn(self._by_token(request, self._store.confirmations.get))
        say = phrases_in(request_language(request, self._dossier)).say
        text = say("Bulletins will come to the address to which this link was sent.")
        return self._button(request, say("Confirm your subscription"), text, say("Confirm"))

    async def confirm(self, request: web.Request, _form: Form) -> web.StreamResponse:
        """The button: the reader is stored and subscribed.

        Raises:
            web.HTTPGone: the link is not valid, or not any more.
        """
        confirmed = self._by_token(request, self._store.confirmations.confirm)
        language, token = await self._store.database.in_turn(confirmed)
        return see_other(f"/{language}/subscription/{token}#subscribed")

    # ---- One's own settings

    async def show_settings(self, request: web.Request) -> web.StreamResponse:
        return await self._store.database.in_turn(self._settings(request))

    async def change_settings(self, request: web.Request, form: Form) -> web.StreamResponse:
        return await self._store.database.in_turn(self._change(request, form))

    async def _change(self, request: web.Request, form: Form) -> web.StreamResponse:
        reader, context = await self._reader(request), self.public.context(request)
        say, store = phrases_in(context.language).say, self._store
        match form.get("do", ("",))[0]:
            case "save":
                await self._save(reader, form, context)
            case "unsubscribe":
                await store.subscriptions.remove(reader.address)
            case "subscribe":
                await store.readers.restore(reader.address.platform, reader.address.chat_id)
                await store.subscriptions.resume(reader.address, first_subscription(context.language))
            case "delete" if form.get("sure"):
                await store.confirmations.forget(reader.address)
                await store.readers.delete(reader.address.platform, reader.address.chat_id)
                text = say("All that was stored about you is deleted, and no more bulletins come.")
                return self._notice(request, text, title=say("Deleted"))
            case "delete":
                raise NotAccepted(say("Tick the box beside the button first: what is deleted does not come back."))
            case _:
                raise NotAccepted(say("Load the page again."))
        return see_other(f"{request.path}#saved")

    async def _save(self, reader: Reader, form: Form, context: PageContext) -> None:
        dossier, language = context.dossier, context.language

        def change(current: Subscription | None) -> Subscription | None:
            return subscription_in(form, current, dossier, language) if current else None

        if form.get("pace"):
            await self._store.subscriptions.change(reader.address, change)
        spoken = form.get("language", ("",))[0]
        if spoken in dossier.languages and spoken != (reader.language or reader.detected_language):
            await self._store.readers.set_language(reader.address, spoken, "private")

    async def unsubscribe(self, request: web.Request) -> web.StreamResponse:
        """One press in a mail program ends the subscription (RFC 8058): whatever the body says, and without a session."""
        reader = await self._store.database.in_turn(self._reader(request))
        await self._store.database.in_turn(self._store.subscriptions.remove(reader.address))
        say = phrases_in(request_language(request, self._dossier)).say
        return self._notice(request, say("No more bulletins come."), title=say("Unsubscribed"))

    async def offer_unsubscribing(self, request: web.Request) -> web.StreamResponse:
        """The page behind the link in a mail. Only its button ends the subscription."""
        await self._store.database.in_turn(self._reader(request))
        say = phrases_in(request_language(request, self._dossier)).say
        return self._button(request, say("Unsubscribe"), say("After that no more bulletins come."), say("Unsubscribe"))

    async def _settings(self, request: web.Request) -> web.Response:
        reader, context, store = await self._reader(request), self.public.context(request), self._store
        say, language = phrases_in(context.language).say, context.language
        current = await store.subscriptions.get(reader.address)
        why = await delivery_report(store, context.dossier, reader.address, language)
        _, form = self.forms.get(reader.address.platform, ("", None))
        return own_page(
            context,
            "subscription.html",
            f"/subscription/{request.match_info['token']}",
            say("Your subscription"),
            label=self._title(reader.address.platform, language),
            platform=reader.address.platform,
            form=SubscriptionForm(current or first_subscription(language), context.dossier, language),
            without=form.without if form else (),
            when=when_in_words(current, language) if current else "",
            is_subscribed=current is not None and reader.suspended_since is None,
            is_suspended=reader.suspended_since is not None,
            is_kept=await store.subscriptions.keeps_ended(reader.address),
            spoken=self._dossier.language(reader.language or reader.detected_language),
            why=why,
            stored=[*(form.stored(language) if form else ()), *self._stored(language, reader)],
            kept=READER_DAYS,
            scripts=[form.script.name] if form and form.script else [],
        )

    def _stored(self, language: Language, reader: Reader | None = None) -> list[str]:
        """What is stored of every reader of the page, in sentences."""
        say = phrases_in(language).say
        since = phrases_in(language).day(datetime.fromtimestamp(reader.first_seen, UTC).date()) if reader else ""
        return [
            say("Language, topics and times of your bulletins, since {day}.", day=since)
            if reader
            else say("The language, topics and times that you chose."),
            say("Which bulletins were sent to you and when, for {days} days.", days=self.practice.ledger_days),
            say("A checksum of each link to your settings."),
        ]

    async def _reader(self, request: web.Request) -> Reader:
        """The reader whose link it is.

        Raises:
            web.HTTPGone: the link is not valid, or not any more.
        """
        return await self._by_token(request, self._store.page_readers.by_link)

    async def _by_token(self, request: web.Request, look_up: Callable[[str], Awaitable[Found | None]]) -> Found:
        found = await look_up(request.match_info["token"])
        # wrong links are not counted: nobody guesses 24 random bytes, and dead ones stand in many old mails
        if found is None:
            raise web.HTTPGone(text="This link does not work any more")
        return found

    # ---- What is stored

    async def privacy(self, request: web.Request) -> web.StreamResponse:
        context, practice = self.public.context(request), self.practice
        language = context.language
        ways = [
            (self._title(name, language), [*form.stored(language), *self._stored(language)], form.ends(language))
            for name, (_, form) in self.forms.items()
        ]
        return own_page(
            context,
            "privacy.html",
            "/privacy",
            phrases_in(language).say("Privacy"),
            is_indexed=True,
            ways=ways,
            practice=practice,
            kept=READER_DAYS,
            question_days=QUESTION_DAYS,
            counted_days=COUNTED_DAYS,
            awaited_days=AWAITED_DAYS,
            report_days=REPORT_DAYS,
            can_subscribe=bool(self.forms or context.invitations),
        )

    # ---- Parts

    def _notice(self, request: web.Request, text: str, *, title: str = "", status: int = 200) -> web.Response:
        """A page that says one thing. ``title`` "": the text is the title."""
        context = self.public.context(request)
        return own_page(
            context, "subscription_notice.html", "/subscribe", title or text, status=status, text=text if title else ""
        )

    def _button(self, request: web.Request, title: str, text: str, button: str) -> web.Response:
        """A page with one button, which sends a form to the page's own address."""
        context = self.public.context(request)
        path = request.path.removeprefix(f"/{request.match_info['language']}")
        return own_page(context, "subscription_button.html", path, title, text=text, button=button)


def own_page(
    context: PageContext,
    template: str,
    path: str,
    title: str,
    *,
    status: int = 200,
    is_indexed: bool = False,
    **values: Any,
) -> web.Response:
    """A page that is somebody's own, so that nothing on the way keeps it. ``values``: of its template, beside those of all pages."""
    text = page(template, **{**base_values(context, path, title), "is_indexed": is_indexed}, **values)
    headers = {"Cache-Control": "no-store", "Content-Language": context.language}
    if not is_indexed:
        headers["X-Robots-Tag"] = "noindex"
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=headers)
