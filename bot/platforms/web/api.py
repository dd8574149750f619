"""``/api``: the dossier as JSON for programs and for scripts of other sites. Errors are problem details (RFC 9457)."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, time
from http import HTTPStatus
from typing import Any, Literal, NotRequired

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from bot.conversation import NotAnswered
from bot.dossier.models import BulletinId
from bot.platforms.json_form import Answer, Citation, CitedStatement, as_json, citations, cited_statements, plain_text
from bot.platforms.web.addresses import client_address
from bot.platforms.web.page_cache import make_page
from bot.platforms.web.page_context import PageContext, withdrawal
from bot.platforms.web.public_routes import JSON, PublicPages
from bot.platforms.web.security_headers import DATA_HEADERS, preflight
from bot.platforms.web.tables import fact_rows
from bot.replies.question import cleaned

PROBLEM = "application/problem+json; charset=utf-8"

MAX_BULLETINS = 100
"""The most bulletins of one response."""

_NOT_CACHED = {**DATA_HEADERS, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}

_preflight = preflight("GET", "If-None-Match")


class Facts(TypedDict):
    """All facts. ``edition``: changes whenever the content does. ``checked``: the day of the last check of the dossier (ISO 8601)."""

    language: str
    edition: str
    checked: str | None
    facts: list[dict[str, Any]]


class Withdrawn(TypedDict):
    """When a bulletin was withdrawn (ISO 8601), and why; "" if no reason was given."""

    date: str
    because: str


class Corrected(TypedDict):
    """The day of a correction (ISO 8601), and what was wrong; "" if its editors do not say."""

    date: str
    because: str


class PublishedBulletin(TypedDict):
    """A bulletin.

    ``published``, ``changed``: when it was sent, and last corrected or withdrawn (RFC 3339); null: it is older than the ledger. ``date``: its own
    day (ISO 8601). One that was withdrawn has no text and no sources. ``corrections``: the oldest first, several of one day in their order.
    """

    id: str
    date: str
    title: str
    text: str
    statements: list[CitedStatement]
    topics: list[str]
    urgent: bool
    url: str | None
    published: str | None
    changed: str | None
    corrections: list[Corrected]
    sources: list[Citation]
    withdrawn: NotRequired[Withdrawn]


class Bulletins(TypedDict):
    """The bulletins, the most recently changed first, of one moment the last by id. ``more``: whether older changes were left out."""

    language: str
    edition: str
    since: str | None
    bulletins: list[PublishedBulletin]
    more: bool


class Problem(TypedDict):
    """What is wrong with a request (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str


class NotAMoment(ValueError):
    """The text is neither a day nor a moment."""

    def __init__(self) -> None:
        super().__init__("since: expected a day (2026-11-29) or a moment (2026-11-29T08:00:00Z)")


def parse_since(text: str | None) -> datetime | None:
    """A day (from its begin in UTC) or a moment (RFC 3339; without an offset in UTC); None: from the first bulletin on.

    Raises:
        NotAMoment: it is neither.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that nobody has escaped is a space in a query
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAMoment from None


def facts_form(context: PageContext) -> Facts:
    checked = context.dossier.header.checked
    return Facts(
        language=context.language,
        edition=context.dossier.version,
        checked=checked.isoformat() if checked else None,
        facts=fact_rows(context, context.dossier.facts),
    )


def bulletins_form(context: PageContext, since: datetime | None) -> Bulletins:
    """The bulletins that were published, corrected or withdrawn at ``since`` or later."""
    known = [*context.dossier.bulletins, *context.withdrawn]
    dated = sorted(((_changed(context, name), name) for name in known), reverse=True)
    wanted = [name for changed, name in dated if since is None or changed >= since]
    return Bulletins(
        language=context.language,
        edition=context.dossier.version,
        since=since.isoformat() if since else None,
        bulletins=[bulletin_form(context, name) for name in wanted[:MAX_BULLETINS]],
        more=len(wanted) > MAX_BULLETINS,
    )


def _changed(context: PageContext, name: BulletinId) -> datetime:
    """The moment of the last change; of what is older than the ledger the begin of the day of the bulletin, or of its withdrawal, in UTC."""
    bulletin = context.dossier.bulletins.get(name) or context.dossier.withdrawn.get(name)
    moment = context.history_of(name).changed
    if bulletin is None or (moment is not None and bulletin.withdrawn is None):
        return moment or datetime.min.replace(tzinfo=UTC)
    day = datetime.combine(bulletin.withdrawn.date if bulletin.withdrawn else bulletin.date, time(), UTC)
    return max(day, moment) if moment else day


def bulletin_form(context: PageContext, name: BulletinId) -> PublishedBulletin:
    history = context.history_of(name)
    bulletin = context.dossier.bulletins.get(name) or context.dossier.withdrawn.get(name)
    corrections = dict.fromkeys((each.day, each.because(context.language)) for each in history.corrections)
    form = PublishedBulletin(
        id=name,
        date=bulletin.date.isoformat() if bulletin else "",
        title="",
        text="",
        statements=[],
        topics=list(bulletin.topics) if bulletin else [],
        urgent=bulletin.urgent if bulletin else False,
        url=context.bulletin_url(name) if context.origin else None,
        published=_moment(history.published),
        changed=_moment(history.changed),
        corrections=[Corrected(date=day.isoformat(), because=because) for day, because in corrections],
        sources=[],
    )
    if name in context.dossier.bulletins:
        reply = context.reply_of(context.dossier.bulletins[name])
        form["title"] = reply.title
        form["text"], form["statements"] = plain_text(reply.blocks), cited_statements(reply.blocks, reply.sources)
        form["sources"] = citations(reply.sources)
    else:
        entry = withdrawal(context, name)
        day = entry["day"].isoformat()
        form["title"], form["date"] = entry["link"]["title"], form["date"] or day
        form["withdrawn"] = Withdrawn(date=day, because=plain_text(entry["blocks"]))
    return form


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


class Api:
    """The routes below ``/api``, with the limit of questions that the page has."""

    def __init__(self, pages: PublicPages) -> None:
        self._pages = pages

    def add_routes(self, app: web.Application) -> None:
        for path, handler in (
            ("/api/ask", self.ask),
            ("/api/facts", self.facts),
            ("/api/bulletins", self.bulletins),
            ("/api/openapi.json", self.openapi),
        ):
            app.router.add_get(path, self._checked(handler))
            app.router.add_options(path, _preflight)
            app.router.add_route("*", path, wrong_method)
        app.router.add_get("/api/{rest:.*}", self.not_found)

    def _checked(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
        """Wraps a handler: a parameter is said once, and a language is one of the dossier's."""

        async def check(request: web.Request) -> web.Response:
            if twice := next((name for name in request.query if len(request.query.getall(name)) > 1), None):
                return problem(400, f"{twice[:100]}: expected once")
            languages = self._pages.context(request).dossier.languages
            if request.query.get("language", languages[0]) not in languages:
                return problem(400, f"language: expected one of {', '.join(languages)}")
            return await handler(request)

        return check

    async def ask(self, request: web.Request) -> web.Response:
        """The answer to ``?q=`` in ``?language=``, else in the browser's language."""
        language, text = self._pages.context(request).language, request.query.get("q", "")
        try:
            reply = await self._pages.conversation.public_reply(
                text, language, client_address(request), is_named="language" in request.query
            )
        except NotAnswered as refused:
            headers = {"Retry-After": str(refused.retry_seconds)} if refused.retry_seconds else {}
            named = "q: " if refused.status is HTTPStatus.BAD_REQUEST else ""
            return problem(refused.status, f"{named}{refused.detail}", headers)
        return web.json_response(as_json(cleaned(text), reply), headers=_NOT_CACHED, dumps=_dumped)

    async def facts(self, request: web.Request) -> web.Response:
        return self._pages.page(
            request, "api facts", lambda context: _dumped(facts_form(context)), JSON, headers=DATA_HEADERS
        )

    async def bulletins(self, request: web.Request) -> web.Response:
        """The bulletins that were published, corrected or withdrawn at ``?since=`` (a day, or a moment) or later."""
        try:
            since = parse_since(request.query.get("since"))
        except NotAMoment as error:
            return problem(400, str(error))
        context = self._pages.context(request)
        form = bulletins_form(context, since)
        return make_page(_dumped(form), JSON, context.language, headers=DATA_HEADERS).response(request)

    async def openapi(self, request: web.Request) -> web.Response:
        return self._pages.page(
            request, "api openapi", lambda context: _dumped(openapi(context)), JSON, headers=DATA_HEADERS
        )

    async def not_found(self, request: web.Request) -> web.Response:
        return problem(404, f"No such address. {self._pages.context(request).origin}/api/openapi.json has them all.")


async def wrong_method(_request: web.Request) -> web.Response:
    return problem(405, "Expected GET.", {"Allow": "GET, HEAD, OPTIONS"})


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """The response to a request that fails."""
    body = Problem(type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail)
    all_headers = {**_NOT_CACHED, **(headers or {}), "Content-Type": PROBLEM}
    return web.Response(body=_dumped(body).encode(), status=status, headers=all_headers)


def _dumped(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


# ---- Its description


def openapi(context: PageContext) -> dict[str, Any]:
    """The description of the API (spec.openapis.org/oas/v3.1.1), with the schemas of the types above."""
    types: dict[str, Any] = {"Answer": Answer, "Facts": Facts, "Bulletins": Bulletins, "Problem": Problem}
    adapters = [(name, "serialization", TypeAdapter(type_)) for name, type_ in types.items()]
    named, definitions = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    own = {name: schema for (name, _), schema in named.items() if "$ref" not in schema}
    schemas = {**definitions.get("$defs", {}), **own}
    language = _parameter(
        "language",
        "Of the texts, and of the answer; else the best of Accept-Language, and of the answer the language of the question.",
        enum=list(context.dossier.languages),
    )
    question = _parameter("q", "A question, a command such as /pricing, or a claim behind /check.") | {"required": True}
    since = _parameter("since", "A day, or a moment (RFC 3339): published, corrected or withdrawn then or later.")
    return {
        "openapi": "3.1.1",
        "info": {
            "title": context.title,
            "version": "1",
            "description": "Answers, facts and bulletins of one dossier, each with its sources. Anybody may read them, also scripts of other sites.",
        },
        "servers": [{"url": context.origin}],
        "paths": {
            "/api/ask": _operation("The answer to a question", "Answer", [question, language], (400, 429, 500)),
            "/api/facts": _operation("All facts", "Facts", [language], (400,)),
            "/api/bulletins": _operation(
                "Bulletins, the most recently changed first", "Bulletins", [since, language], (400,)
            ),
        },
        "components": {"schemas": schemas},
    }


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


def _operation(summary: str, name: str, parameters: list[dict[str, Any]], failures: Iterable[int]) -> dict[str, Any]:
    refused = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = {
        "200": {
            "description": summary,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
    }
    responses |= {str(status): {"description": HTTPStatus(status).phrase, "content": refused} for status in failures}
    return {"get": {"operationId": name.lower(), "summary": summary, "parameters": parameters, "responses": responses}}
