"""The routes of the public pages: the dossier in each language, its topics, bulletins, answers, feeds, pictures, tables. No script."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from http import HTTPStatus
from time import monotonic
from typing import Any

from aiohttp import web

from bot.conversation import PUBLIC_AT_ONCE, PUBLIC_PER_SECOND, Conversation, NotAnswered
from bot.db.engine import DATABASE_AWAY, within
from bot.dossier.markdown import Paragraph, plain
from bot.dossier.models import BulletinId, ClaimId, Language, TopicId
from bot.newsroom.correction_history import Corrections
from bot.newsroom.worker import follow_changes
from bot.pictures.picture import Card, Inline, Subject
from bot.pictures.raster import PNG_START
from bot.pictures.service import PictureService
from bot.pictures.theme import Theme
from bot.platforms.platform import Platform
from bot.platforms.web.addresses import client_address, href, origin_of
from bot.platforms.web.forms import see_other
from bot.platforms.web.languages import request_language
from bot.platforms.web.page_cache import CachedPage, make_page
from bot.platforms.web.page_context import PageContext
from bot.platforms.web.public_pages import (
    ask_page,
    bulletin_page,
    claims_page,
    colours_css,
    corrections_page,
    embed_ask_page,
    embed_page,
    home_page,
    not_found_page,
    topic_page,
    withdrawn_page,
)
from bot.platforms.web.published_feeds import atom, sitemap
from bot.platforms.web.security_headers import DATA_HEADERS, EMBED_HEADERS, SECURITY_HEADERS
from bot.platforms.web.static_files import STATIC
from bot.platforms.web.tables import chart_csv, facts_csv, facts_json
from bot.replies.cache import VersionedCache
from bot.replies.fallbacks import none_of_these
from bot.replies.question import AboutBulletin, AboutTopic, Command, cleaned, from_token
from bot.replies.reply import Reply
from bot.user_rate_limit import UserRateLimiter

HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
JSON = "application/json; charset=utf-8"
CSS = "text/css; charset=utf-8"
CSV = "text/csv; charset=utf-8"
SVG = "image/svg+xml; charset=utf-8"
XML = "application/xml; charset=utf-8"

MAX_PAGES = 256
"""The most pages in the cache: more than a dossier has in all languages, and a limit for invented addresses."""

LOOK_SECONDS = 2.0
"""How long a page waits for the database."""

_BUSY = {"Retry-After": "5", "Cache-Control": "no-store"}
"""The headers if too many pictures are being drawn. At least fifty are rendered in five seconds."""

_PICTURE_HEADERS = {
    "Cache-Control": "public, max-age=60",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}
"""A picture is cached as long as a page, because it may show bulletins. Other sites may show and read it (fetch.spec.whatwg.org,
"cross-origin-resource-policy", "CORS protocol")."""

_LOGO_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""The policy of a logo, which comes from outside."""

_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"
"""The policy of an SVG, which contains its typefaces."""


class PublicPages:
    """Serves the pages of the dossier in force."""

    def __init__(
        self,
        conversation: Conversation,
        pictures: PictureService,
        corrections: Corrections,
        platforms: Sequence[Platform[Any]] = (),
    ) -> None:
        self._share = tuple((platform.label, platform.share) for platform in platforms if platform.share)
        self.conversation, self._pictures, self._corrections = conversation, pictures, corrections
        self._unknown = UserRateLimiter(monotonic, PUBLIC_AT_ONCE, PUBLIC_PER_SECOND)
        self._cache = VersionedCache[CachedPage](MAX_PAGES)

    def add_routes(self, app: web.Application) -> None:
        """Adds the routes. The last one matches every other address."""
        get = app.router.add_get
        for language in ("", r"/{language:[a-z]{2,3}}"):
            get(f"{language}/ask", self.ask)
            get(f"{language}/topics/{{topic}}", self.topic)
            get(f"{language}/bulletins/{{bulletin}}", self.bulletin)
            get(f"{language}/claims/{{claim}}", self.claim)
            get(language or "/", self._always(home_page, HTML))
            get(f"{language}/claims", self._always(claims_page, HTML))
            get(f"{language}/corrections", self._always(corrections_page, HTML))
            get(f"{language}/bulletins.atom", self._always(atom, ATOM, DATA_HEADERS))
            get(f"{language}/facts.csv", self._always(facts_csv, CSV, DATA_HEADERS))
            get(f"{language}/facts.json", self._always(facts_json, JSON, DATA_HEADERS))
        get("/colours.css", self._always(colours_css, CSS))
        get("/sitemap.xml", self._always(sitemap, XML))
        get("/embed/{topic}", self.embed)
        get(r"/pictures/{language:[a-z]{2,3}}/card", self.card)
        get(r"/pictures/{language:[a-z]{2,3}}/card/{name}", self.card)
        get(
            r"/pictures/{language:[a-z]{2,3}}/{kind:topic|inline|bulletin}/{name:[^/]+?}{ending:\.png|\.svg|\.csv|}",
            self.picture,
        )
        get("/logo", self.logo)
        get("/robots.txt", self.robots)
        get("/{rest:.*}", self.not_found)

    def _always(
        self, make: Callable[[PageContext], str], content_type: str, headers: Mapping[str, str] = SECURITY_HEADERS
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The handler of a page that is there whatever the request says."""

        async def show(request: web.Request) -> web.Response:
            return self.page(request, make, make, content_type, headers=headers)

        return show

    async def topic(self, request: web.Request) -> web.Response:
        name = TopicId(request.match_info["topic"])
        if name not in self.conversation.live.dossier.topics:
            return await self._renamed(request, name)
        return self.page(request, ("topic", name), partial(topic_page, topic_id=name), HTML)

    async def embed(self, request: web.Request) -> web.Response:
        """A topic, or a box to ask in, for a frame on another site, in the language of ``?language=`` or of the browser."""
        name = TopicId(request.match_info["topic"])
        if name == "ask":  # a command of the bot's own, so no topic
            return self.page(request, ("embed", name), embed_ask_page, HTML, headers=EMBED_HEADERS)
        if name not in self.conversation.live.dossier.topics:
            return await self._renamed(request, name)
        return self.page(request, ("embed", name), partial(embed_page, topic_id=name), HTML, headers=EMBED_HEADERS)

    async def _renamed(self, request: web.Request, name: TopicId) -> web.Response:
        """The way to a topic that had this id. It holds for now: a browser keeps no 302 (RFC 9110, 15.4.3), and a name may come back."""
        topic, resource = self.conversation.live.dossier.topic_named(name), request.match_info.route.resource
        if topic is None or resource is None:
            return await self.not_found(request)
        address = resource.url_for(**{**request.match_info, "topic": topic.id}).with_query(request.query)
        return web.Response(status=302, headers={"Location": href(str(address))})

    async def ask(self, request: web.Request) -> web.Response:
        """The answer to ``?q=``, or the verdict on ``?claim=``; either may have any length and any characters.

        ``?chosen=`` is the token of what was chosen of what was offered for the question in ``?after=``.

        It is not cached, and search engines must not index it.
        """
        checks, after = "claim" in request.query, cleaned(request.query.get("after", ""))
        context, text = self.context(request), request.query.get("claim" if checks else "q", after)
        chosen = from_token(request.query.get("chosen", ""), self.conversation.live.dossier)
        if chosen is not None and self.conversation.public_limiter.try_take(client_address(request)):
            self.conversation.note_choice(after, chosen, client_address(request))
        if isinstance(chosen, AboutTopic):
            return see_other(f"/{context.language}/topics/{chosen.topic}")
        reply: Reply | None = None
        notice, status, headers = "", HTTPStatus.OK, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
        try:
            if isinstance(chosen, Command):
                reply = none_of_these(context.dossier, context.language)
            else:
                client = client_address(request)
                reply = await self.conversation.public_reply(text, context.language, client, is_claim=checks)
        except NotAnswered as refused:
            if refused.notice is not None:  # without words the form is shown
                notice, status = _words(refused.notice(context.language)), refused.status
            if refused.retry_seconds:
                headers["Retry-After"] = str(refused.retry_seconds)
        page = ask_page(context, cleaned(text), reply, notice, checks)
        response = make_page(page, HTML, context.language, status).response(request)
        response.headers.update(headers)
        return response

    async def logo(self, request: web.Request) -> web.Response:
        """The dossier's own logo, without anything that acts: its policy lets it load and run nothing."""
        dossier = self.conversation.live.dossier
        if not dossier.logo or dossier.header.logo is None:
            return await self.not_found(request)
        kind = "image/png" if dossier.logo.startswith(PNG_START) else SVG
        headers = {**SECURITY_HEADERS, "Content-Security-Policy": _LOGO_POLICY, "Content-Type": kind}
        return web.Response(body=dossier.logo, headers=headers | {"Cache-Control": "public, max-age=3600"})

    async def bulletin(self, request: web.Request) -> web.Response:
        """A bulletin; 410 with the reason if it was withdrawn (RFC 9110, 15.5.11).

        One that is unknown here may have come into force in another process a moment ago, and its address is in a message already.
        """
        name = BulletinId(request.match_info["bulletin"])
        store, live = self.conversation.store, self.conversation.live
        if name not in live.dossier.bulletins and self._unknown.try_take(client_address(request)):
            with suppress(*DATABASE_AWAY):
                await within(LOOK_SECONDS, follow_changes(store, live))
        dossier = live.dossier
        if (present := dossier.bulletin_named(name)) not in (None, name):
            raise web.HTTPMovedPermanently(f"./{present}")  # beside it (RFC 9110, 10.2.2)
        if name in dossier.bulletins:
            return self.page(request, ("bulletin", name), partial(bulletin_page, bulletin_id=name), HTML)
        if name in dossier.withdrawn or self._corrections.of(name).withdrawn:
            return self.page(request, ("bulletin", name), partial(withdrawn_page, bulletin_id=name), HTML, status=410)
        return await self.not_found(request)

    async def claim(self, request: web.Request) -> web.Response:
        name = ClaimId(request.match_info["claim"])
        if name not in self.conversation.live.dossier.claims:
            return await self.not_found(request)
        return self.page(request, ("claim", name), partial(claims_page, claim_id=name), HTML)

    async def not_found(self, request: web.Request) -> web.Response:
        return self.page(request, "not found", not_found_page, HTML, status=404)

    async def robots(self, request: web.Request) -> web.Response:
        hidden = ("/preview", "/desk", "/ask", "/*/ask", "/*/subscription/")
        rules = "".join(f"Disallow: {href(path)}\n" for path in hidden)
        return web.Response(text=f"User-agent: *\n{rules}Sitemap: {origin_of(request)}/sitemap.xml\n")

    async def card(self, request: web.Request) -> web.Response:
        """The title card of a topic, or of the dossier."""
        name = request.match_info.get("name")
        if name is not None and self.conversation.live.dossier.topic_named(TopicId(name)) is None:
            return await self.not_found(request)
        return await self._picture(request, Card(TopicId(name) if name else None), ".png")

    async def picture(self, request: web.Request) -> web.Response:
        """A topic's picture or a bulletin's card as PNG or SVG, a topic's chart alone as PNG, or a chart's figures as CSV.

        ``?theme=dark`` selects the theme.
        """
        name, ending = request.match_info["name"], request.match_info["ending"]
        dossier = self.conversation.live.dossier
        if request.match_info["kind"] == "topic" and (topic := dossier.topic_named(TopicId(name))):
            return await self._picture(request, AboutTopic(topic.id), ending)
        if request.match_info["kind"] == "inline" and (topic := dossier.topic_named(TopicId(name))) and ending == "":
            return await self._picture(request, Inline(topic.id), ending)
        if request.match_info["kind"] == "bulletin" and name in dossier.bulletins and ending != ".csv":
            return await self._picture(request, AboutBulletin(BulletinId(name)), ending)
        return await self.not_found(request)

    async def _picture(self, request: web.Request, subject: Subject, ending: str) -> web.Response:
        language = request.match_info["language"]
        theme: Theme = "dark" if request.query.get("theme") == "dark" else "light"
        if language not in self.conversation.live.dossier.languages:
            return await self.not_found(request)
        if ending in (".svg", ".csv"):
            drawn = await asyncio.to_thread(self._pictures.drawn, subject, language, theme)
            if drawn is None:
                return await self.not_found(request)
            if ending == ".csv" and isinstance(subject, AboutTopic):
                table = chart_csv(self.context(request), subject.topic, drawn.facts)
                return make_page(table, CSV, language, headers=DATA_HEADERS).response(request)
            headers = _PICTURE_HEADERS | {"Content-Security-Policy": _SVG_POLICY, "Content-Type": SVG}
            return web.Response(body=_with_typefaces(drawn.svg).encode(), headers=headers)
        picture = await self._pictures.of(subject, language, theme)
        if picture is None and self._pictures.is_full:
            raise web.HTTPServiceUnavailable(text="Too many pictures are being drawn.\n", headers=_BUSY)
        if picture is None:
            return await self.not_found(request)
        etag = f'"{picture.digest}"'
        headers = _PICTURE_HEADERS | {"ETag": etag}
        if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=picture.png, content_type="image/png", headers=headers)

    def page(
        self,
        request: web.Request,
        key: object,
        make: Callable[[PageContext], str],
        content_type: str,
        status: int = 200,
        headers: Mapping[str, str] = SECURITY_HEADERS,
    ) -> web.Response:
        """The page in the request's language, from the cache; "not found" if the dossier lacks that language."""
        version = self.conversation.version, self._corrections.version  # before the dossier, which may change meanwhile
        dossier = self.conversation.live.dossier
        if request.match_info.get("language", dossier.languages[0]) not in dossier.languages:
            key, make, content_type, status, headers = "not found", not_found_page, HTML, 404, SECURITY_HEADERS
        context = self.context(request)
        full_key = (key, context.language, context.origin)
        cached = self._cache.get(version, full_key)
        if cached is None:
            page = make_page(make(context), content_type, context.language, status, headers=headers)
            cached = self._cache.put(version, full_key, page)
        return cached.response(request)

    def context(self, request: web.Request, language: Language | None = None) -> PageContext:
        """What the page shows. ``language``: None: the request's."""
        conversation = self.conversation
        dossier = conversation.live.dossier
        language = language or request_language(request, dossier)
        return PageContext(
            dossier,
            language,
            conversation.today(),
            origin_of(request),
            conversation.invitations(language),
            self._share,
            self._corrections.histories,
        )


def _words(reply: Reply) -> str:
    """The text of a notice."""
    return " ".join(plain(block.spans) for block in reply.blocks if isinstance(block, Paragraph))


def _with_typefaces(svg: str) -> str:
    """The SVG with its typefaces embedded, so that it looks the same everywhere."""
    scripts = ("latin", "cyrillic") if re.search("[\u0400-\u04ff]", svg) else ("latin",)
    rules = "".join(_font_face(name, script) for name in _TYPEFACES for script in scripts)
    return svg.replace("<title>", f"<style>{rules}</style><title>", 1)


_TYPEFACES = {
    "sans-400": ("Source Sans Pro", 400),
    "sans-600": ("Source Sans Pro", 600),
    "serif-600": ("Source Serif Pro", 600),
}
"""Font file → the family and weight that pictures name."""


@cache
def _font_face(name: str, script: str) -> str:
    family, weight = _TYPEFACES[name]
    data = base64.b64encode((STATIC / f"{name}-{script}.woff").read_bytes()).decode()
    reach = "U+0400-04FF,U+2116" if script == "cyrillic" else "U+0000-03FF,U+1E00-2115,U+2117-FFFF"
    source = f"url(data:font/woff;base64,{data})"
    return f'@font-face{{font-family:"{family}";font-weight:{weight};src:{source};unicode-range:{reach}}}'
