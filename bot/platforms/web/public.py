"""The public pages: the dossier in each language, a page per bulletin, feeds, pictures, sitemap. No script is needed."""

import json
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bot.conversation import Conversation, language_name
from bot.dossier.markdown import Paragraph, plain
from bot.dossier.models import Bulletin, BulletinId, Language, Topic, TopicId
from bot.pictures.picture import Subject, draw
from bot.pictures.service import PictureService
from bot.pictures.theme import THEMES, Theme, icon_lines, palette
from bot.platforms.web.app_markup import page
from bot.platforms.web.auth import origin_of
from bot.platforms.web.feeds import PageContext, atom, json_feed, sitemap
from bot.platforms.web.page_cache import CachedPage, make_page
from bot.replies.answer import answer
from bot.replies.cache import VersionedCache
from bot.replies.claims import claim_review, verdict_text
from bot.replies.formatting import day, short_day
from bot.replies.i18n import phrases_in
from bot.replies.question import LIST_IDS, AboutBulletin, AboutTopic
from bot.replies.reply import Reply

# ---- Language negotiation

_MAX_HEADER = 1000
"""Characters of Accept-Language that are parsed. Browsers send fewer than a hundred."""


def preferred_language(accept_language: str, available: Container[str]) -> str | None:
    """The first language of an ``Accept-Language`` header (RFC 9110, 12.5.4) that is available; None if none is."""
    return next((tag for tag in _ranked_languages(accept_language[:_MAX_HEADER]) if tag in available), None)


@lru_cache(128)
def _ranked_languages(header: str) -> tuple[str, ...]:
    """The accepted languages, the highest weight first."""
    return tuple(tag for tag, weight in sorted(_weighted_languages(header), key=lambda pair: -pair[1]) if weight > 0)


def _weighted_languages(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        name, _, weight = parameters.strip().partition("=")
        try:
            yield tag.split("-")[0].strip().lower(), float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            continue


# ---- Pages: each function returns the HTML of a page. PURE

RECENT_BULLETINS = 6
"""Bulletins on the page of the dossier; older ones are folded."""

RELATED_BULLETINS = 4
"""Bulletins listed beside the text."""

_OPEN_GRAPH_LOCALES = {"en": "en_GB", "id": "id_ID", "ru": "ru_RU"}
"""Language and territory (ogp.me, "Optional Metadata")."""

_LEADING_EMOJI = re.compile(r"^\W+(?=\w)")


@dataclass(frozen=True, slots=True)
class Section:
    """A topic on the page.

    Attributes:
        anchor: its ``id`` in the HTML.
        picture_url: the path of its picture; None if it has none.
        alt: the picture's alternative text.
    """

    anchor: str
    reply: Reply
    picture_url: str | None
    alt: str

    @property
    def icon(self) -> Markup | None:
        """Our line drawing of the topic's emoji; None if we have none."""
        drawn = icon_lines(self.reply.emoji)
        return Markup(drawn) if drawn else None  # noqa: S704  our own SVG


def home_page(context: PageContext) -> str:
    """The page about the whole dossier."""
    dossier, language = context.dossier, context.language
    topics = [topic for topic in dossier.topics.values() if topic.id not in LIST_IDS and not topic.is_program]
    sections = [_section(context, topic) for topic in topics]
    bulletins = [_bulletin_link(context, bulletin) for bulletin in context.bulletins]
    return page(
        "public.html",
        **_base_values(context, "", context.title),
        summary=context.texts.blocks(dossier.header.summary[language]),
        lead=sections[0] if sections else None,
        programs=[_section(context, topic) for topic in dossier.programs],
        figures=[section for section in sections[1:] if section.picture_url],
        others=[section for section in sections[1:] if not section.picture_url],
        bulletins=bulletins[:RECENT_BULLETINS],
        latest=bulletins[:RELATED_BULLETINS],
        older=bulletins[RECENT_BULLETINS:],
        sources=[context.texts.source(name) for name in dossier.sources],
        has_claims=bool(dossier.claims),
        invitations=[(_LEADING_EMOJI.sub("", each.label), each.url) for each in context.invitations if each.url],
        structured=_json_ld(
            {
                "@type": "WebPage",
                "name": context.title,
                "inLanguage": language,
                "url": f"{context.origin}/{language}",
                "dateModified": context.today.isoformat(),
            }
        ),
    )


def bulletin_page(context: PageContext, bulletin_id: BulletinId) -> str:
    """The page of one bulletin."""
    dossier, language, texts = context.dossier, context.language, context.texts
    bulletin = dossier.bulletins[bulletin_id]
    title = texts.line(bulletin.title[language])
    topics = [dossier.topics[topic] for topic in bulletin.topics]
    pictured = next((topic for topic in topics if topic.picture and topic.picture == bulletin.picture), None)
    card, url = f"/pictures/{language}/bulletin/{bulletin_id}", context.bulletin_url(bulletin_id)
    reply = context.reply_of(bulletin)
    return page(
        "bulletin.html",
        **_base_values(context, f"/bulletins/{bulletin_id}", title),
        day=day(bulletin.date, language),
        date=bulletin.date,
        reply=reply,
        topics=[(texts.line(topic.title[language]), f"/{language}#{_anchor(topic)}") for topic in topics],
        others=[_bulletin_link(context, other) for other in _nearest_bulletins(context, bulletin)],
        figure=_section(context, pictured) if pictured else None,
        picture_url=card,
        card_alt=f"{day(bulletin.date, language)}. {title}",
        structured=_json_ld(
            {
                "@type": "NewsArticle",
                "headline": title[:110],
                "inLanguage": language,
                "datePublished": bulletin.date.isoformat(),
                "url": url,
                "mainEntityOfPage": url,
                "image": [f"{context.origin}{card}"],
                "author": {"@type": "Organization", "name": "Nota", "url": context.origin},
                "citation": [source.url for source in reply.sources],
            }
        ),
    )


RATINGS = {"true": 5, "unproven": 3, "misleading": 2, "false": 1}
"""Verdict → its rating of 1 to 5 in a ClaimReview (developers.google.com/search/docs/appearance/structured-data/factcheck)."""


def claims_page(context: PageContext) -> str:
    """What people say, with the editors' verdicts; each is a ClaimReview (schema.org/ClaimReview)."""
    language = context.language
    title = phrases_in(language).say("Claims")
    claims = [
        {
            "id": claim.id,
            "says": context.said(claim),
            "date": claim.date,
            "reply": claim_review(context.dossier, claim, language),
        }
        for claim in context.dossier.claims.values()
    ]
    reviews = [
        {
            "@type": "ClaimReview",
            "url": context.claim_url(claim.id),
            "claimReviewed": context.said(claim),
            "datePublished": claim.date.isoformat(),
            "inLanguage": language,
            "author": {"@type": "Organization", "name": "Nota", "url": context.origin},
            "reviewRating": {
                "@type": "Rating",
                "ratingValue": RATINGS[claim.verdict],
                "bestRating": 5,
                "worstRating": 1,
                "alternateName": verdict_text(claim, language),
            },
        }
        for claim in context.dossier.claims.values()
    ]
    values = _base_values(context, "/claims", title)
    return page("claims.html", **values, claims=claims, structured=_json_ld({"@graph": reviews}))


def not_found_page(context: PageContext) -> str:
    """The page for an unknown address, with links to the dossier and to the latest bulletins."""
    bulletins = [_bulletin_link(context, bulletin) for bulletin in context.bulletins[:RELATED_BULLETINS]]
    return page(
        "not_found.html",
        bulletins=bulletins,
        **_base_values(context, "", phrases_in(context.language).say("No such page")),
    )


def _base_values(context: PageContext, path: str, title: str) -> dict[str, Any]:
    """The values that ``public_base.html`` needs; ``path`` is the page's address after the language."""
    dossier, language = context.dossier, context.language
    summary = context.texts.blocks(dossier.header.summary[language])
    others = [each for each in dossier.languages if each != language]
    say = phrases_in(language).say
    default = say("Nota answers from published sources only and speaks for none of the parties.")
    return {
        "say": say,
        "short_day": lambda when: short_day(when, language),
        "about": context.texts.line(dossier.header.about[language]) if dossier.header.about else default,
        "title": title,
        "site_title": context.title,
        "description": " ".join(plain(block.spans) for block in summary if isinstance(block, Paragraph)),
        "language": language,
        "languages": [(each, language_name(each)) for each in dossier.languages],
        "locale": _OPEN_GRAPH_LOCALES.get(language),
        "other_locales": [_OPEN_GRAPH_LOCALES[each] for each in others if each in _OPEN_GRAPH_LOCALES],
        "path": path,
        "origin": context.origin,
        "default_language": dossier.header.default_language,
    }


def colours_css(context: PageContext) -> str:
    """A style sheet with the dossier's colour, made readable on the page's background in either theme."""
    light, dark = (palette(theme, context.dossier.header.colour).accent for theme in THEMES)
    return f":root {{ --accent: light-dark({light}, {dark}); }}\n"


def _json_ld(thing: dict[str, Any]) -> Markup:
    """A schema.org object. No text in it can close the script element."""
    text = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  json.dumps and the replacement leave no markup


def _section(context: PageContext, topic: Topic) -> Section:
    subject, language = AboutTopic(topic.id), context.language
    reply = answer(context.dossier, subject, language, context.today)
    drawn = draw(context.dossier, subject, language, context.today) if topic.picture else None
    picture_url = f"/pictures/{language}/topic/{topic.id}" if drawn else None
    return Section(_anchor(topic), reply, picture_url, drawn.alt if drawn else "")


def _anchor(topic: Topic) -> str:
    return topic.id.replace(":", "-")


def _nearest_bulletins(context: PageContext, bulletin: Bulletin) -> list[Bulletin]:
    """The bulletins before and after it, the newest first."""
    every = context.bulletins
    first = max(0, min(every.index(bulletin) - RELATED_BULLETINS // 2, len(every) - RELATED_BULLETINS - 1))
    return [each for each in every[first : first + RELATED_BULLETINS + 1] if each != bulletin]


def _bulletin_link(context: PageContext, bulletin: Bulletin) -> dict[str, Any]:
    return {
        "url": f"/{context.language}/bulletins/{bulletin.id}",
        "date": bulletin.date,
        "day": day(bulletin.date, context.language),
        "title": context.texts.line(bulletin.title[context.language]),
    }


# ---- Routes

HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
JSON_FEED = "application/feed+json; charset=utf-8"
CSS = "text/css; charset=utf-8"
XML = "application/xml; charset=utf-8"

MAX_PAGES = 256
"""In the cache: more than a dossier's pages in all languages, and a bound on what invented addresses can fill."""

_BUSY = {"Retry-After": "5", "Cache-Control": "no-store"}
"""In five seconds at least fifty pictures are rendered."""


class PublicPages:
    """Serves the pages of the dossier in force."""

    def __init__(self, conversation: Conversation, pictures: PictureService) -> None:
        self._conversation, self._pictures = conversation, pictures
        self._cache = VersionedCache[CachedPage](MAX_PAGES)

    def add_routes(self, app: web.Application) -> None:
        """Adds the routes. The last one matches every other address."""
        get = app.router.add_get
        for language in ("", r"/{language:[a-z]{2,3}}"):
            get(language or "/", self.home)
            get(f"{language}/bulletins.atom", self.atom)
            get(f"{language}/bulletins.json", self.json_feed)
            get(f"{language}/bulletins/{{bulletin}}", self.bulletin)
            get(f"{language}/claims", self.claims)
        get(r"/pictures/{language:[a-z]{2,3}}/{kind:topic|bulletin}/{name}", self.picture)
        get("/colours.css", self.colours)
        get("/sitemap.xml", self.sitemap)
        get("/robots.txt", self.robots)
        get("/{rest:.*}", self.not_found)

    async def home(self, request: web.Request) -> web.Response:
        return self._page(request, "home", home_page, HTML)

    async def atom(self, request: web.Request) -> web.Response:
        return self._page(request, "atom", atom, ATOM)

    async def json_feed(self, request: web.Request) -> web.Response:
        return self._page(request, "json", json_feed, JSON_FEED)

    async def colours(self, request: web.Request) -> web.Response:
        return self._page(request, "colours", colours_css, CSS)

    async def sitemap(self, request: web.Request) -> web.Response:
        return self._page(request, "sitemap", sitemap, XML)

    async def bulletin(self, request: web.Request) -> web.Response:
        name = BulletinId(request.match_info["bulletin"])
        if name not in self._conversation.live.dossier.bulletins:
            return await self.not_found(request)
        return self._page(request, ("bulletin", name), lambda context: bulletin_page(context, name), HTML)

    async def claims(self, request: web.Request) -> web.Response:
        return self._page(request, "claims", claims_page, HTML)

    async def not_found(self, request: web.Request) -> web.Response:
        return self._page(request, "not found", not_found_page, HTML, status=404)

    async def robots(self, request: web.Request) -> web.Response:
        text = f"User-agent: *\nDisallow: /preview\nSitemap: {origin_of(request)}/sitemap.xml\n"
        return web.Response(text=text)

    async def picture(self, request: web.Request) -> web.Response:
        """A topic's picture or a bulletin's card as PNG, light, or dark with ``?theme=dark``."""
        language, name = request.match_info["language"], request.match_info["name"]
        dossier = self._conversation.live.dossier
        subject: Subject | None = None
        if request.match_info["kind"] == "topic" and name in dossier.topics:
            subject = AboutTopic(TopicId(name))
        elif request.match_info["kind"] == "bulletin" and name in dossier.bulletins:
            subject = AboutBulletin(BulletinId(name))
        if subject is None or language not in dossier.languages:
            return await self.not_found(request)
        theme: Theme = "dark" if request.query.get("theme") == "dark" else "light"
        picture = await self._pictures.of(subject, language, theme)
        if picture is None and self._pictures.is_full:
            raise web.HTTPServiceUnavailable(text="Too many pictures are being drawn.\n", headers=_BUSY)
        if picture is None:
            return await self.not_found(request)
        etag = f'"{picture.digest}"'
        headers = {"ETag": etag, "Cache-Control": "public, max-age=60"}  # like a page: it may show bulletins
        if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=picture.png, content_type="image/png", headers=headers)

    def _page(
        self,
        request: web.Request,
        key: object,
        make: Callable[[PageContext], str],
        content_type: str,
        status: int = 200,
    ) -> web.Response:
        """The page in the request's language, from the cache; "not found" if the dossier lacks that language."""
        conversation, origin = self._conversation, origin_of(request)
        version, dossier = conversation.version, conversation.live.dossier
        if request.match_info.get("language", dossier.languages[0]) not in dossier.languages:
            key, make, content_type, status = "not found", not_found_page, HTML, 404
        language = self._language(request)
        cached = self._cache.get(version, (key, language, origin))
        if cached is None:
            context = PageContext(dossier, language, conversation.today(), origin, conversation.invitations(language))
            cached = make_page(make(context), content_type, language, status)
            self._cache.put(version, (key, language, origin), cached)
        return cached.response(request)

    def _language(self, request: web.Request) -> Language:
        """The address's language, else ``?language=``, else the browser's, else the dossier's own.

        For an unknown address, which no route with a language matches, the first part of the path counts.
        """
        dossier = self._conversation.live.dossier
        named = request.match_info.get("language") or request.path[1:].partition("/")[0]
        if named in dossier.languages:
            return Language(named)
        accepted = request.headers.get("Accept-Language", "")
        return dossier.language(request.query.get("language") or preferred_language(accepted, dossier.languages))
