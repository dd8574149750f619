"""The public page: ``/`` and one a language, a page a bulletin, feeds, pictures, and a sitemap.

What makes them is imported with the first that is asked for: templates, cleaners and codes take 5 MB, and many a bot has no visitors.
"""

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import segno
from aiohttp import web
from markupsafe import Markup

from bot.conversation import Conversation, language_name
from bot.dossier.markdown import Paragraph, plain
from bot.dossier.models import Bulletin, BulletinId, Dossier, Language, Topic, TopicId
from bot.pictures.drawing import draw
from bot.pictures.service import Gallery
from bot.pictures.theme import Subject, Theme, sign
from bot.platforms.web.app_markup import page
from bot.platforms.web.auth import origin_of
from bot.platforms.web.feeds import Site, bulletin_url
from bot.platforms.web.page_cache import Press, Print, printed
from bot.replies.answer import answer
from bot.replies.composer import Composer
from bot.replies.formatting import day, short_day
from bot.replies.i18n import phrases_in
from bot.replies.question import ROLES, AboutBulletin, AboutTopic
from bot.replies.reply import Reply

_READ = 1000
"""Characters of the header that are read; browsers send fewer than a hundred."""


_REMEMBERED = 128
"""Headers: a few thousand browsers send the same few."""


def preferred(accept_language: str, known: Container[str]) -> str | None:
    """The first language of an ``Accept-Language`` header (RFC 9110, 12.5.4) that is known; None where none is."""
    return next((tag for tag in _ranked(accept_language[:_READ]) if tag in known), None)


@lru_cache(_REMEMBERED)
def _ranked(header: str) -> tuple[str, ...]:
    """The languages that are wanted, the most wanted first."""
    return tuple(tag for tag, weight in sorted(_weighted(header), key=lambda pair: -pair[1]) if weight > 0)


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        name, _, weight = parameters.strip().partition("=")
        try:
            yield tag.split("-")[0].strip().lower(), float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            continue


def of_page(dossier: Dossier, origin: str, today: date, language: Language) -> Markup:
    """A WebPage."""
    composer = Composer(dossier, language)
    return _json_ld(
        {
            "@type": "WebPage",
            "name": composer.line(dossier.header.title[language]),
            "inLanguage": language,
            "url": f"{origin}/{language}",
            "dateModified": today.isoformat(),
        }
    )


def of_bulletin(dossier: Dossier, origin: str, bulletin: Bulletin, language: Language) -> Markup:
    """A NewsArticle."""
    composer = Composer(dossier, language)
    url = bulletin_url(origin, language, bulletin.id)
    return _json_ld(
        {
            "@type": "NewsArticle",
            "headline": composer.line(bulletin.title[language])[:110],
            "inLanguage": language,
            "datePublished": bulletin.date.isoformat(),
            "url": url,
            "mainEntityOfPage": url,
            "image": [f"{origin}/pictures/{language}/bulletin/{bulletin.id}"],
            "author": {"@type": "Organization", "name": "Nota", "url": origin},
            "citation": [source.url for source in composer.sources(bulletin.sources, ())],
        }
    )


def _json_ld(thing: dict[str, Any]) -> Markup:
    """schema.org as JSON-LD; no text in it can end the element it stands in."""
    text = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  json.dumps and the replacement leave no markup


FEW_BULLETINS = 6


_NO_WORDS = re.compile(r"^\W+")


BESIDE = 4
"""Bulletins beside another, and beside what was agreed where there is no chat to ask in."""


LOCALES = {"en": "en_GB", "id": "id_ID", "ru": "ru_RU"}
"""As Open Graph wants them: language and territory (ogp.me, "Optional Metadata")."""


@dataclass(frozen=True, slots=True)
class Section:
    """A topic on the page; ``picture`` is the address of its picture, None where there is none, ``alt`` its words."""

    id: str
    reply: Reply
    picture: str | None
    alt: str

    @property
    def sign(self) -> Markup | None:
        """That of its emoji, as we draw it; None where we have drawn none."""
        drawn = sign(self.reply.emoji)
        return Markup(drawn) if drawn else None  # noqa: S704  lines of our own


def home(site: Site, language: Language) -> str:
    """The page about the whole dossier."""
    composer = Composer(site.dossier, language)
    told = [_section(site, topic, language) for topic in _told(site.dossier)]
    lead, others = next(iter(told), None), told[1:]
    bulletins = list(site.dossier.bulletins.values())
    return page(
        "public.html",
        **_common(site, language, "", composer.line(site.dossier.header.title[language])),
        summary=composer.blocks(site.dossier.header.summary[language]),
        lead=lead,
        programs=[_section(site, topic, language) for topic in site.dossier.programs],
        figures=[section for section in others if section.picture],
        others=[section for section in others if not section.picture],
        bulletins=[_line(site, bulletin, composer) for bulletin in bulletins[:FEW_BULLETINS]],
        latest=[_line(site, bulletin, composer) for bulletin in bulletins[:BESIDE]],
        older=[_line(site, bulletin, composer) for bulletin in bulletins[FEW_BULLETINS:]],
        sources=[composer.source(name) for name in site.dossier.sources],
        short_day=lambda when: short_day(when, language),
        invitations=[(_bare(button.label), button.url, _code(button.url)) for button in site.invitations if button.url],
        structured=of_page(site.dossier, site.origin, site.today, language),
    )


def bulletin_page(site: Site, name: BulletinId, language: Language) -> str:
    """The page of one bulletin."""
    bulletin = site.dossier.bulletins[name]
    composer = Composer(site.dossier, language)
    title = composer.line(bulletin.title[language])
    about = [site.dossier.topics[topic] for topic in bulletin.topics]
    pictured = next((topic for topic in about if topic.picture and topic.picture == bulletin.picture), None)
    return page(
        "bulletin.html",
        **_common(site, language, f"/bulletins/{name}", title),
        day=day(bulletin.date, language),
        date=bulletin.date,
        body=composer.blocks(bulletin.body[language]),
        sources=composer.sources(bulletin.sources, ()),
        topics=[(composer.line(topic.title[language]), f"/{language}#{_anchor(topic)}") for topic in about],
        others=[_line(site, other, composer) for other in _around(site.dossier, bulletin)],
        figure=_section(site, pictured, language) if pictured else None,
        picture_url=f"/pictures/{language}/bulletin/{name}",
        card_alt=f"{day(bulletin.date, language)}. {title}",
        structured=of_bulletin(site.dossier, site.origin, bulletin, language),
    )


def not_found(site: Site, language: Language) -> str:
    """What an unknown address gets."""
    composer = Composer(site.dossier, language)
    bulletins = list(site.dossier.bulletins.values())[:BESIDE]
    lines = [_line(site, bulletin, composer) for bulletin in bulletins]
    return page(
        "missing.html", bulletins=lines, **_common(site, language, "", phrases_in(language).say("No such page"))
    )


def _common(site: Site, language: Language, path: str, title: str) -> dict[str, Any]:
    composer = Composer(site.dossier, language)
    summary = composer.blocks(site.dossier.header.summary[language])
    return {
        "say": phrases_in(language).say,
        "title": title,
        "site_title": composer.line(site.dossier.header.title[language]),
        "description": " ".join(plain(block.spans) for block in summary if isinstance(block, Paragraph)),
        "language": language,
        "languages": [(each, language_name(each)) for each in site.dossier.languages],
        "locale": LOCALES.get(language),
        "other_locales": [LOCALES[each] for each in site.dossier.languages if each != language and each in LOCALES],
        "path": path,
        "origin": site.origin,
        "default_language": site.dossier.header.default_language,
    }


def _told(dossier: Dossier) -> Iterable[Topic]:
    """The topics that say something themselves: no lists, no programmes."""
    return [topic for topic in dossier.topics.values() if topic.id not in ROLES and not topic.is_program]


def _section(site: Site, topic: Topic, language: Language) -> Section:
    reply = answer(site.dossier, AboutTopic(topic.id), language, site.today)
    drawn = draw(site.dossier, AboutTopic(topic.id), language, site.today) if topic.picture else None
    picture = f"/pictures/{language}/topic/{topic.id}" if drawn else None
    return Section(_anchor(topic), reply, picture, drawn.alt if drawn else "")


def _around(dossier: Dossier, bulletin: Bulletin) -> list[Bulletin]:
    """The bulletins nearest in time, the newest first."""
    found = list(dossier.bulletins.values())
    at = found.index(bulletin)
    first = max(0, min(at - BESIDE // 2, len(found) - BESIDE - 1))
    return [each for each in found[first : first + BESIDE + 1] if each is not bulletin]


def _anchor(topic: Topic) -> str:
    """Where the page tells of it."""
    return topic.id.replace(":", "-")


def _line(site: Site, bulletin: Bulletin, composer: Composer) -> dict[str, Any]:
    language = composer.language
    return {
        "url": bulletin_url("", language, bulletin.id),
        "date": bulletin.date,
        "day": day(bulletin.date, language),
        "title": composer.line(bulletin.title[language]),
    }


def _bare(label: str) -> str:
    """A button's words without the emoji before them, which a link would underline."""
    return _NO_WORDS.sub("", label) or label


def _code(url: str | None) -> Markup:
    """A QR code as inline SVG, in the colour of the text around it."""
    code = segno.make(url or "", error="m", micro=False)
    drawn = code.svg_inline(border=2, omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None)
    return Markup(drawn)  # noqa: S704  segno draws squares, and none of the address's words


HTML = "text/html; charset=utf-8"


ATOM = "application/atom+xml; charset=utf-8"


JSON_FEED = "application/feed+json; charset=utf-8"


_BUSY = {"Retry-After": "5", "Cache-Control": "no-store"}
"""Seconds, in which at least fifty pictures are drawn."""


Make = Callable[[Site, Language], str]


class Public:
    """Serves the pages of the edition in force."""

    def __init__(self, conversation: Conversation, gallery: Gallery) -> None:
        self._conversation, self._gallery = conversation, gallery
        self._press = Press(conversation.today)

    def add_to(self, app: web.Application) -> None:
        """Adds the routes; the last of them takes whatever nobody else does."""
        get = app.router.add_get
        get("/", self.home)
        get("/bulletins.atom", self.atom)
        get("/bulletins.json", self.json_feed)
        get("/bulletins/{bulletin}", self.bulletin)
        get("/sitemap.xml", self.sitemap)
        get("/robots.txt", self.robots)
        get(r"/{language:[a-z]{2,3}}", self.home)
        get(r"/{language:[a-z]{2,3}}/bulletins.atom", self.atom)
        get(r"/{language:[a-z]{2,3}}/bulletins.json", self.json_feed)
        get(r"/{language:[a-z]{2,3}}/bulletins/{bulletin}", self.bulletin)
        get(r"/pictures/{language:[a-z]{2,3}}/{kind:topic|bulletin}/{name}", self.picture)
        get("/{rest:.*}", self.missing)

    async def home(self, request: web.Request) -> web.Response:

        return self._page(request, "home", home, HTML)

    async def atom(self, request: web.Request) -> web.Response:
        from bot.platforms.web import feeds  # noqa: PLC0415

        return self._page(request, "atom", lambda site, language: feeds.atom(site.dossier, language, site.origin), ATOM)

    async def json_feed(self, request: web.Request) -> web.Response:
        from bot.platforms.web import feeds  # noqa: PLC0415

        def make(site: Site, language: Language) -> str:
            return feeds.json_feed(site.dossier, language, site.origin)

        return self._page(request, "json", make, JSON_FEED)

    async def bulletin(self, request: web.Request) -> web.Response:

        name = BulletinId(request.match_info["bulletin"])
        if name not in self._conversation.live.dossier.bulletins:
            return await self.missing(request)
        return self._page(request, ("bulletin", name), lambda site, language: bulletin_page(site, name, language), HTML)

    async def missing(self, request: web.Request) -> web.Response:
        return self._page(request, "missing", _not_found, HTML, status=404)

    async def picture(self, request: web.Request) -> web.Response:
        """A topic's picture or a bulletin's card as PNG, light, or dark with ``?theme=dark``."""
        language, name = request.match_info["language"], request.match_info["name"]
        dossier = self._conversation.live.dossier
        subject: Subject | None = None
        if request.match_info["kind"] == "topic" and name in dossier.topics:
            subject = AboutTopic(TopicId(name))
        elif request.match_info["kind"] == "bulletin" and name in dossier.bulletins:
            subject = AboutBulletin(BulletinId(name))
        theme: Theme = "dark" if request.query.get("theme") == "dark" else "light"
        found = await self._gallery.of(subject, language, theme) if subject and language in dossier.languages else None
        if found is None and subject and self._gallery.studio.is_full:
            raise web.HTTPServiceUnavailable(text="Too many pictures are asked for.\n", headers=_BUSY)
        if found is None:
            return await self.missing(request)
        etag = f'"{found.digest}"'
        headers = {"ETag": etag, "Cache-Control": "public, max-age=60"}  # as long as a page: it may show bulletins
        if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=found.png, content_type="image/png", headers=headers)

    async def sitemap(self, request: web.Request) -> web.Response:
        from bot.platforms.web.feeds import sitemap  # noqa: PLC0415

        return self._page(request, "sitemap", sitemap, "application/xml; charset=utf-8")

    async def robots(self, request: web.Request) -> web.Response:
        text = f"User-agent: *\nDisallow: /preview\nSitemap: {origin_of(request)}/sitemap.xml\n"
        return web.Response(text=text)

    def _page(
        self, request: web.Request, key: object, make: Make, content_type: str, status: int = 200
    ) -> web.Response:
        language = self._language(request)
        if language is None:
            return self._page(_without_language(request), "missing", _not_found, HTML, status=404)
        origin, conversation = origin_of(request), self._conversation
        dossier, invitations = conversation.live.dossier, conversation.invitations(language)

        def made() -> Print:
            site = Site(dossier, conversation.today(), origin, invitations)
            return printed(make(site, language), content_type, language, status)

        return self._press.print(dossier, (key, language, origin, len(invitations)), made).answer(request)

    def _language(self, request: web.Request) -> Language | None:
        """The address's language, else the browser's, else the dossier's; None for an address in one we have not."""
        dossier = self._conversation.live.dossier
        named = request.match_info.get("language")
        if named is not None:
            return Language(named) if named in dossier.languages else None
        begun = request.path[1:].partition("/")[0]
        if begun in dossier.languages:
            return Language(begun)
        wanted = request.query.get("language") or preferred(
            request.headers.get("Accept-Language", ""), dossier.languages
        )
        return dossier.language(wanted)


def _without_language(request: web.Request) -> web.Request:
    request.match_info.pop("language", None)
    return request


def _not_found(site: Site, language: Language) -> str:

    return not_found(site, language)
