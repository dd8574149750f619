"""The public page: ``/`` and one a language, a page a bulletin, feeds, pictures, and a sitemap.

What makes them is imported with the first that is asked for: templates, cleaners and codes take 5 MB, and many a bot has no visitors.
"""

from collections.abc import Callable

from aiohttp import web

from bot.answers.question import AboutBulletin, AboutTopic
from bot.conversation import Conversation
from bot.dossier.model import BulletinId, Language, TopicId
from bot.gallery import Gallery
from bot.pictures.picture import Subject, Theme
from bot.platforms.web.forwarded import origin_of
from bot.platforms.web.languages import preferred
from bot.platforms.web.press import Press, Print, printed
from bot.platforms.web.site import Site

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
        from bot.platforms.web.public_page import home  # noqa: PLC0415

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
        from bot.platforms.web.public_page import bulletin_page  # noqa: PLC0415

        name = BulletinId(request.match_info["bulletin"])
        if name not in self._conversation.edition.dossier.bulletins:
            return await self.missing(request)
        return self._page(request, ("bulletin", name), lambda site, language: bulletin_page(site, name, language), HTML)

    async def missing(self, request: web.Request) -> web.Response:
        return self._page(request, "missing", _not_found, HTML, status=404)

    async def picture(self, request: web.Request) -> web.Response:
        """A topic's picture or a bulletin's card as PNG, light, or dark with ``?theme=dark``."""
        language, name = request.match_info["language"], request.match_info["name"]
        dossier = self._conversation.edition.dossier
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
        from bot.platforms.web.sitemap import sitemap  # noqa: PLC0415

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
        dossier, invitations = conversation.edition.dossier, conversation.invitations(language)

        def made() -> Print:
            site = Site(dossier, conversation.today(), origin, invitations)
            return printed(make(site, language), content_type, language, status)

        return self._press.print(dossier, (key, language, origin, len(invitations)), made).answer(request)

    def _language(self, request: web.Request) -> Language | None:
        """The address's language, else the browser's, else the dossier's; None for an address in one we have not."""
        dossier = self._conversation.edition.dossier
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
    from bot.platforms.web.public_page import not_found  # noqa: PLC0415

    return not_found(site, language)
