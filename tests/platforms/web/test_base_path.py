"""The whole site below a path of somebody else's host, behind a router that removes the path: every page, and every address in it."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
import pytest
from aiohttp import web

from bot.app.content_check import check_change
from bot.app.main import page_forms
from bot.conversation import Conversation
from bot.db.changes import Person
from bot.db.store import Store
from bot.dossier.models import Language
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.pictures.raster import PNG_END, PNG_START
from bot.platforms import PLATFORMS
from bot.platforms.platform import PageForm, Surroundings
from bot.platforms.web.addresses import SiteAddress
from bot.platforms.web.desk.links import SignInByAddress
from bot.platforms.web.desk.pages import DeskPages
from bot.platforms.web.desk.sign_in import SignIn
from bot.platforms.webpush.platform import WEB_PUSH
from bot.schedule import Subscription
from bot.settings import read_settings
from tests.conftest import HERE, TODAY, checked, loaded
from tests.editor import compare
from tests.platforms.web.site import Site, serving, status_of
from tests.platforms.webpush.conftest import KEY

TAMARO = HERE / "dossiers" / "tamaro-repair-act"
BASE = "/town/nota"
ANNA = Person("telegram:1", "Anna", Language("en"))
PASSED_ON = ("Content-Type", "Cookie", "Accept-Language", "Sec-Fetch-Site", "Origin")

MOST = pytest.mark.parametrize("most", [1, pytest.param(1000, marks=pytest.mark.slow)])
"""How many pages of one folder are opened."""

ADDRESSES = frozenset({"href", "src", "srcset", "action", "formaction", "poster", "cite"})
"""The attributes of HTML that hold an address."""

NO_ADDRESSES = frozenset({"data-command", "data-kept-as", "data-said-as"})
"""The attributes of ours that hold none, although their value may begin as one."""


@asynccontextmanager
async def router() -> AsyncIterator[tuple[str, list[str]]]:
    """A router with other sites on its host: below :data:`BASE` it passes requests on, without that path. Yields its address and the backend's."""
    backend = [""]
    app = web.Application()

    async def pass_on(request: web.Request) -> web.StreamResponse:
        path = request.raw_path.removeprefix(BASE) or "/"
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        async with session.request(
            request.method, backend[0] + path, data=await request.read(), headers=headers, allow_redirects=False
        ) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name in ("Location", "Set-Cookie")]
            kept.append(("Content-Type", answer.headers.get("Content-Type", "")))
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    app.router.add_route("*", BASE, pass_on)
    app.router.add_route("*", BASE + "/{rest:.*}", pass_on)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}", backend
        finally:
            await runner.cleanup()


def desk_of(folder: Path, conversation: Conversation) -> DeskPages:
    """The desk of one editor, whose changes need another one."""
    live, store = conversation.live, conversation.store
    live.update(checked(folder))
    editors = EditorsChat(store, named=frozenset({ANNA.account}))
    desk = Desk(store, live, Rules(needs_two=True), partial(check_change, live.loading), editors)
    by_address = SignInByAddress(editors, store.sign_ins, "", lambda _: None, None)  # type: ignore[arg-type]  nobody asks for a link
    sign_in = SignIn(store.sign_ins, editors, live, is_public=True, by_address=by_address)
    return DeskPages(desk, sign_in, PLATFORMS, {}, Review(store, live, editors, desk, lambda: None))


class _Addresses(HTMLParser):
    """The addresses in a page; ``sent``: those to which forms are sent."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[str] = []
        self.sent: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            is_data = name.startswith("data-") and name not in NO_ADDRESSES and (value or "").startswith("/")
            if value and (name in ADDRESSES or is_data):
                self.all.append(value.split(" ")[0])
                if name in ("formaction", "data-check") or (name == "action" and ("method", "post") in attrs):
                    self.sent.add(self.all[-1])


class Crawler:
    """Follows every own address from page to page, as a browser with cookies does.

    ``most``: how many pages of one folder are opened, such as entries of one kind.
    """

    def __init__(self, host: str, session: aiohttp.ClientSession, most: int) -> None:
        self.host, self.session, self.most = host, session, most
        self.opened = Counter[str]()
        self.root = host + BASE
        self.pages: dict[str, str] = {}
        self.sent: set[str] = set()
        self.amiss: list[str] = []

    async def crawl(self, *paths: str) -> None:
        waiting = [self.root + path for path in paths]
        while waiting:
            address = urldefrag(waiting.pop())[0]
            parts = urlsplit(address)
            folder, _, name = re.sub(r"/\d+", "/1", parts.path.removeprefix(BASE)).rpartition("/")
            is_single = folder.count("/") < 2 and not parts.query
            kind = f"{folder}/{name}?" if is_single or parts.query else f"{folder}/*{Path(name).suffix}"
            if address in self.pages or (self.opened[kind] >= self.most and not is_single):
                continue
            self.opened[kind] += 1
            text, kind = await self._get(address)
            self.pages[address] = text
            waiting += [each for each in self._own(address, text, kind) if each not in self.pages]

    async def _get(self, address: str) -> tuple[str, str]:
        async with self.session.get(address, allow_redirects=False) as answer:
            if answer.status in (302, 303):
                where = urljoin(address, answer.headers["Location"])
                self._check(address, where)
                return f'<a href="{where}">', "text/html"
            if answer.status >= 400 and not (answer.status == 410 and "/bulletins/" in address):
                self.amiss.append(f"{answer.status} {address.removeprefix(self.host)}")
            is_text = answer.content_type.startswith("text/") or answer.content_type.endswith(("json", "xml"))
            if answer.content_type == "text/event-stream":
                return "", ""
            return (await answer.text() if is_text else ""), answer.content_type

    def _check(self, page: str, address: str) -> bool:
        """Whether the address is ours; noted, if it is on our host but not below the path."""
        if not address.startswith(self.host):
            return False
        if not (address + "/").startswith((self.root + "/", self.root + "?", self.root + "#")):
            self.amiss.append(f"{address.removeprefix(self.host)} in {page.removeprefix(self.host)}")
            return False
        return True

    def _own(self, page: str, text: str, kind: str) -> Iterator[str]:
        found, sent = list[str](), set[str]()
        if kind == "text/html":
            parsed = _Addresses(text)
            found, sent = parsed.all, parsed.sent
        elif kind == "text/css":
            found = re.findall(r"url\([\"']?(?!data:)([^\"')]+)", text)
        elif kind == "text/javascript":
            found = re.findall(r"(?<!endsWith)(?<!split)(?:\(|icon: )[\"'`](/[\w/.-]+)[\"'`]", text)
        else:  # a feed, a sitemap, JSON: addresses are whole
            found = re.findall(rf"{re.escape(self.host)}[^\s\"'<>)\\]*", text)
        for value in found:
            address = urljoin(page, value)
            if not value.startswith("#") and self._check(page, address):
                if value in sent:
                    self.sent.add(address)
                elif not address.endswith(("/events", "/mcp", "?q=")):
                    yield address

    async def send_forms(self) -> None:
        """An address that takes forms refuses one from another site, or an empty one; one that is not there answers 404 or 405."""
        one_click = re.compile(r"/subscription/[^/]+/unsubscribe")  # which takes any form (RFC 8058)
        for address in sorted(each for each in self.sent if not one_click.search(each)):
            headers = {"Sec-Fetch-Site": "cross-site"}
            async with self.session.post(address, data=b"", headers=headers, allow_redirects=False) as answer:
                if answer.status not in (400, 401, 403, 410, 415):
                    self.amiss.append(f"POST {answer.status} {address.removeprefix(self.host)}")


@asynccontextmanager
async def below_a_path(folder: Path) -> AsyncIterator[tuple[Site, str]]:
    """The site with all its parts, and the address of the router."""
    async with AsyncExitStack() as stack:
        host, backend = await stack.enter_async_context(router())
        settings = read_settings(
            {
                "public_url": f"{host}{BASE}/",
                "vapid_key": KEY,
                "smtp_url": "smtp://127.0.0.1:9",
                "mail_from": "Nota <nota@example.org>",
            }
        )
        started: list[Surroundings] = []

        def forms(conversation: Conversation) -> dict[str, tuple[str, PageForm]]:
            started.append(Surroundings(settings.public_url, None, conversation))  # type: ignore[arg-type]  it makes no requests
            return page_forms(
                settings, started[0], [each.start(settings.of(each), started[0]) for each in settings.enabled]
            )

        def more_routes(app: web.Application) -> None:
            WEB_PUSH.start(settings.of(WEB_PUSH), started[0]).add_routes(app)
            desk_of(folder, started[0].conversation).add_routes(app)

        site = await stack.enter_async_context(
            serving(
                folder,
                rasterise=lambda _: PNG_START + PNG_END,
                address=SiteAddress(settings.public_url),
                forms=forms,
                more_routes=more_routes,
            )
        )
        backend[0] = site.address
        yield site, host


@asynccontextmanager
async def crawling(host: str, most: int = 1000) -> AsyncIterator[Crawler]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        crawler = Crawler(host, session, most)
        yield crawler
        await crawler.send_forms()
        assert crawler.amiss == [], "\n".join(crawler.amiss)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dossier with bulletins, claims, programmes and charts, in three languages."""
    return Path(copytree(TAMARO, tmp_path / "content"))


async def _reader(store: Store) -> str:
    """A reader of the page; the token of a link to the settings."""
    to = await store.page_readers.meet("webpush", "a browser", {"endpoint": "https://push.example/1"}, "en")
    await store.subscriptions.put(to, Subscription())
    return await store.page_readers.new_link(to)


class TestBelowAPath:
    """``PUBLIC_URL=https://town.example/nota``: nothing of it leads to the rest of the host."""

    @MOST
    async def test_the_page_its_feeds_and_its_data(self, folder: Path, most: int) -> None:
        """Every address of ours is followed: pages, pictures, typefaces, scripts, feeds, the sitemap, the API, a service worker."""
        async with below_a_path(folder) as (site, host), crawling(host, most) as crawler:
            link = await _reader(site.preview.conversation.store)
            await crawler.crawl(
                "", "/en", "/robots.txt", "/sitemap.xml", "/api/openapi.json", "/api/bulletins", "/api/ask?q=/news",
                f"/embed/{next(iter(site.live.dossier.topics))}", "/ru/app.webmanifest", "/en/ask?q=what+is+it",
                f"/en/subscription/{link}", f"/en/subscription/{link}/unsubscribe", "/webpush/worker.js",
            )  # fmt: skip
            assert {urlsplit(page).path.rpartition(".")[2] for page in crawler.pages} >= {
                "woff", "js", "css", "atom", "json", "csv", "svg", "png", "xml", "txt", "webmanifest"
            }  # fmt: skip
            assert f"{crawler.root}/en/subscribe" in crawler.sent
            assert f"Disallow: {BASE}/desk\n" in crawler.pages[f"{crawler.root}/robots.txt"]
            start = '"start_url": "' + BASE
            assert start in crawler.pages[f"{crawler.root}/ru/app.webmanifest"]

    @pytest.mark.slow
    async def test_the_preview(self, folder: Path) -> None:
        """Its messages as the apps show them, and its cookies, which do not go to the rest of the host."""
        async with below_a_path(folder) as (_, host), crawling(host) as crawler:
            for text in ("/start", "/news", "what does it cost"):
                form = {"text": text}
                async with crawler.session.post(f"{crawler.root}/preview/messages", data=form) as answer:
                    assert (answer.status, answer.url.path) == (200, f"{BASE}/preview")
            await crawler.crawl("/preview")
            assert {cookie["path"] for cookie in crawler.session.cookie_jar} == {f"{BASE}/preview"}
            assert f"{crawler.root}/preview/presses" in crawler.sent

    @pytest.mark.slow
    @MOST
    async def test_the_desk(self, folder: Path, most: int) -> None:
        """In by a link, through a change with a text, a translation and its consequences, and out again."""
        async with below_a_path(folder) as (site, host), crawling(host, most) as crawler:
            store, live = site.preview.conversation.store, site.live
            await compare(Newsroom(store), live.complete, [])
            await store.unanswered.add({("en", "who repairs my toaster"): 3})
            await crawler.crawl("/desk", "/desk/enter/none")
            assert crawler.amiss == [f"410 {BASE}/desk/enter/none", f"401 {BASE}/desk"]
            crawler.amiss.clear()
            crawler.pages.clear()
            await store.sign_ins.invite("secret", ANNA)
            async with crawler.session.get(f"{crawler.root}/desk/enter/secret") as answer:
                assert f'action="{BASE}/desk/enter/secret"' in await answer.text()
            async with crawler.session.post(f"{crawler.root}/desk/enter/secret") as answer:
                page = await answer.text()
                assert (answer.status, answer.url.path) == (200, f"{BASE}/desk")
            assert {cookie["path"] for cookie in crawler.session.cookie_jar} == {f"{BASE}/desk"}
            token = re.findall(r'name="token" value="(\w+)"', page)[0]
            fact, bulletin = next(iter(live.complete.facts)), next(iter(live.complete.bulletins))
            for key in (f"facts/{fact}", f"bulletins/{bulletin}"):
                form = {"token": token, "key": key, "once": key, "action": "correct"}
                async with crawler.session.post(f"{crawler.root}/desk/entry", data=form) as answer:
                    assert answer.status == 200, await answer.text()
                    assert re.fullmatch(rf"{BASE}/desk/\d+", answer.url.path)
            form = {"token": token, "guest": "Legal", "talks": "1"}
            async with crawler.session.post(f"{crawler.root}/desk/2/guests", data=form) as answer:
                [preview] = re.findall(
                    rf'id="guest-link" value="[^"]*{BASE}(/desk/preview/[^"]+)"', await answer.text()
                )
            await crawler.crawl("/desk", "/desk/2", "/desk/2/insert", f"/desk/withdraw/{bulletin}", preview)
            for part in ("/translation/", "/consequences", f"{preview}/consequences", "/entries/facts/"):
                assert any(part in page for page in crawler.pages), part
            kept = [
                key for page in crawler.pages.values() for key in re.findall(r'data-(?:kept|said)-as="([^"]*)"', page)
            ]
            assert kept
            assert all(key.startswith(f"{BASE}nota-") for key in kept), "another Nota on the host keeps other words"
            for address, page in list(crawler.pages.items())[:40]:  # more forms than an editor may send at once
                for place in re.findall(r'name="back" value="([^"]*)"', page):
                    form = {"token": token, "language": "ru", "back": unescape(place)}
                    to = f"{crawler.root}/desk/language"
                    async with crawler.session.post(to, data=form, allow_redirects=False) as answer:
                        assert urljoin(to, answer.headers["Location"]) == address, "another language, the same page"
            assert await status_of(crawler.session.post(f"{crawler.root}/desk/leave", data={"token": token})) == 200
            assert list(crawler.session.cookie_jar) == []


class TestLinks:
    """No page of the desk is one that only its author knows."""

    PAGES = HERE.parent / "bot" / "platforms" / "web"

    def test_some_page_leads_to_each(self, store: Store, folder: Path) -> None:
        """Or a script: only addresses without a variable, which stand there as they are."""
        app, live = web.Application(), LiveDossier(loaded(folder))
        desk_of(folder, Conversation(live, store, lambda: TODAY)).add_routes(app)
        gets = [route.resource.canonical for route in app.router.routes() if route.method == "GET" and route.resource]
        pages = {each for each in gets if "{" not in each}
        texts = (file.read_text("utf-8") for file in self.PAGES.rglob("*") if file.suffix in (".html", ".js"))
        linked = {address for text in texts for address in re.findall(r"[\"'`](/desk[\w/.-]*)", text)}
        assert len(pages) > 5
        assert pages - linked == set()

    def test_the_guide_of_editors_has_each_of_the_menu(self) -> None:
        """By the words of its link: in italics, or as the title of a section."""
        menu = (
            (self.PAGES / "templates" / "desk_base.html").read_text("utf-8").partition("<nav")[2].partition("</nav>")[0]
        )
        words = re.findall(r'>\{\{ say\("([^"]+)"\) \}\}</a>', menu)
        guide = (HERE.parent / "docs" / "editors.md").read_text("utf-8")
        assert len(words) > 3
        assert [each for each in words if f"*{each}*" not in guide and f"# {each}\n" not in guide] == []


class TestTheRecipe:
    """CONTRIBUTING.md lists the places of a page of the desk."""

    ROOT = HERE.parent
    RECIPE = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## A page of the desk\n")[2].partition("\n## ")[0]

    @pytest.mark.slow
    def test_no_other_file(self) -> None:
        """As the page of numbers shows: its address, its class and its template are named nowhere else."""
        naming = {
            file.relative_to(self.ROOT).as_posix()
            for file in (self.ROOT / "bot").rglob("*")
            if file.suffix in (".py", ".html", ".js")
            and (
                "desk_numbers" in file.name
                or re.search(r"\bNumberPages\b|desk_numbers|/desk/numbers|HOME\}/numbers", file.read_text("utf-8"))
            )
        }
        assert len(naming) > 3
        assert [file for file in sorted(naming) if f"`{file}`" not in self.RECIPE] == []

    def test_names_files_that_exist(self) -> None:
        named = re.findall(r"(?:bot|docs|tests)/[\w*/.]+[\w/]", self.RECIPE)
        assert len(named) > 10
        assert [name for name in named if not any(self.ROOT.glob(name.rstrip("/")))] == []
        assert str(Path(__file__).relative_to(self.ROOT)) in self.RECIPE.partition("-m pytest ")[2]
