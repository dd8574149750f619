"""Who may see the preview, whose forms are accepted, our own address, and the headers of every response."""

import re
from pathlib import Path

import aiohttp
import pytest
from aiohttp import HttpVersion10, encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from multidict import CIMultiDict

from bot.conversation import PUBLIC_AT_ONCE
from bot.platforms.web.addresses import SITE_ADDRESS, SiteAddress, client_address, scheme_of
from bot.platforms.web.forms import reject_cross_site
from bot.platforms.web.request_guards import (
    LOGIN_WINDOW_SECONDS,
    MAX_FAILURES,
    MAX_FAILURES_PER_CLIENT,
    FailedLogins,
    local_only,
    require_password,
)
from bot.platforms.web.security_headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from bot.settings import HOSTS
from tests.bot_process import free_port, started, until_health
from tests.clocks import MovedClock
from tests.conftest import TINY
from tests.platforms.web.site import coming_from, serving, status_of, text_of
from tests.tables import cases

PASSWORD = "Öffne dich, Sesam"
PUBLIC = SiteAddress("https://nota.example/nota")
PAAS = SiteAddress(client_header="X-Forwarded-For")
ALONE = SiteAddress()

Client = TestClient[web.Request, web.Application]


async def page(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="the preview")


def protected(clock: MovedClock) -> Client:
    """Two handlers behind the same password."""
    app, failed = web.Application(), FailedLogins(clock)
    app.router.add_get("/preview", require_password(page, PASSWORD, failed))
    app.router.add_get("/preview/events", require_password(page, PASSWORD, failed))
    return TestClient(TestServer(app))


def request_to(site: SiteAddress = ALONE, **headers: str) -> web.Request:
    """A request to nota.internal:8080 over plain HTTP; ``_`` in a header's name is ``-``."""
    given = {"Host": "nota.internal:8080"} | {name.replace("_", "-"): value for name, value in headers.items()}
    app = web.Application()
    app[SITE_ADDRESS] = site
    return make_mocked_request("POST", "/preview/messages", headers=given, app=app)


FORWARDED = {
    "Forwarded": "for=203.0.113.9",
    "Via": "1.1 Caddy",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "nota.example",
    "X-Forwarded-Proto": "https",
    "X-Real-IP": "203.0.113.9",
    "CF-Connecting-IP": "203.0.113.9",
    "True-Client-IP": "203.0.113.9",
    "Fly-Client-IP": "203.0.113.9",
}
"""What proxies add: Caddy and Apache X-Forwarded-* and Via, nginx what it is told to, cloudflared and ngrok their own."""


class TestLocalOnly:
    """Without a password only this machine is let in, though PORT may be published without a setting that says so."""

    @cases("address, status")
    async def test_from_another_machine(self, address: str, status: int) -> None:
        """Every way to write a loopback address is this machine.

        127.0.0.1 | 200
        ::1 | 200
        ::ffff:127.0.0.1 | 200
        "" | 403
        172.17.0.1 | 403
        ::ffff:10.0.0.7 | 403
        2001:db8::1 | 403
        fe80::1%eth0 | 403
        """
        app = web.Application(middlewares=[coming_from(address)])
        app.router.add_get("/preview", local_only(page))
        async with TestClient(TestServer(app)) as client:
            assert (await client.get("/preview")).status == status

    @cases("host, is_ours")
    async def test_by_another_name(self, host: str, is_ours: bool) -> None:
        """A name of a stranger's that leads here by now (DNS rebinding): the browser says it, whatever the page sends.

        localhost | true
        LOCALHOST:8080 | true
        127.0.0.1:8080 | true
        127.8.9.1 | true
        [::1]:8080 | true
        nota.localhost | true
        a.b.localhost:1 | true
        evil.example | false
        evil.example:8080 | false
        localhost.evil.example | false
        evil-localhost | false
        127.0.0.1.evil.example | false
        0.0.0.0:8080 | false
        [::] | false
        nota | false
        "" | false
        localhost:x | false
        """
        app = web.Application()
        app.router.add_get("/preview", local_only(page))
        async with TestClient(TestServer(app)) as client:
            headers = {"Host": host, "Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"}
            assert (await client.get("/preview", headers=headers)).status == (200 if is_ours else 403)

    @pytest.mark.parametrize("name", FORWARDED)
    async def test_for_somebody_else(self, name: str) -> None:
        """A proxy on this machine is a local peer, and may ask for anybody."""
        app = web.Application()
        app.router.add_get("/preview", local_only(page))
        async with TestClient(TestServer(app)) as client:
            assert (await client.get("/preview", headers={name: FORWARDED[name]})).status == 403

    async def test_by_nginx_as_it_comes(self) -> None:
        """With ``proxy_pass`` alone it adds no header and has our own address as Host, but speaks HTTP/1.0."""
        app = web.Application()
        app.router.add_get("/preview", local_only(page))
        async with TestClient(TestServer(app), version=HttpVersion10) as client:
            assert (await client.get("/preview")).status == 403

    async def test_everything_that_is_for_this_machine(self, folder: Path, tmp_path: Path) -> None:
        """Preview, demo desk, metrics, and what writes into the content: open by our own names, closed by a stranger's or a proxy."""
        port = free_port()
        address, before = f"http://127.0.0.1:{port}", contents(folder)
        pages = ("/preview", "/preview/events", "/desk", "/metrics")
        forms = [f"/preview/{each}" for each in ("messages", "examples", "theme")]
        forms += [f"/desk/{each}" for each in ("new", "examples", "language")]
        async with (
            started(folder, tmp_path, PORT=str(port)) as process,
            aiohttp.ClientSession(address, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
        ):
            await until_health(address, lambda *_: True, process)
            for headers in ({"Host": f"evil.example:{port}"}, *({name: value} for name, value in FORWARDED.items())):
                for path in pages:
                    assert await status_of(session.get(path, headers=headers)) == 403, (path, headers)
                form = {"text": "is it dear", "exchange": "1", "topic": "fare", "language": "en", "theme": "dark"}
                for path in forms:
                    assert await status_of(session.post(path, data=form, headers=headers)) == 403, (path, headers)
            for path in ("/preview", "/desk", "/metrics"):
                assert await status_of(session.get(path, headers={"Host": f"localhost:{port}"})) == 200, path
        assert contents(folder) == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


class TestPassword:
    """The password opens the preview under any user name; whoever tries passwords has to wait."""

    @cases("given, status")
    async def test_opens_to_who_knows_it(self, given: str | None, status: int) -> None:
        """
        null | 401
        Basic !!! | 401
        Bearer correct horse | 401
        Basic ZWRpdG9yOsOWZmZuZSBkaWNoLCBCZXNhbQ== | 401
        Basic ZWRpdG9yOsOWZmZuZSBkaWNoLCBTZXNhbQ== | 200
        Basic OsOWZmZuZSBkaWNoLCBTZXNhbQ== | 200
        """
        async with protected(MovedClock()) as client:
            answer = await client.get("/preview", headers={"Authorization": given} if given else {})
            assert (answer.status, "the preview" in await answer.text()) == (status, status == 200)

    async def try_password(self, client: Client, password: str, by: str = "203.0.113.7", path: str = "/preview") -> int:
        authorization = encode_basic_auth("x", password, "utf-8")
        headers = {"Authorization": authorization, "X-Forwarded-For": f"198.51.100.9, {by}"}
        answer = await client.get(path, headers=headers)
        assert "Retry-After" in answer.headers or answer.status != 429
        return answer.status

    async def test_after_a_few_none_is_looked_at(self) -> None:
        """Not even the right one, at none of the addresses behind the password, until the window is over."""
        clock = MovedClock()
        async with protected(clock) as client:
            for number in range(MAX_FAILURES_PER_CLIENT):
                path = "/preview" if number % 2 else "/preview/events"
                assert await self.try_password(client, f"guess {number}", path=path) == 401
            assert await self.try_password(client, PASSWORD) == 429
            assert await self.try_password(client, PASSWORD, by="203.0.113.8") == 200
            clock.forward(LOGIN_WINDOW_SECONDS)
            assert await self.try_password(client, PASSWORD) == 200

    async def test_from_many_addresses(self) -> None:
        """One IPv6 network is one client, and all clients together have a limit too."""
        async with protected(MovedClock()) as client:
            for number in range(MAX_FAILURES_PER_CLIENT):
                assert await self.try_password(client, "guess", by=f"2001:db8::{number:x}") == 401
            assert await self.try_password(client, "guess", by="2001:db8::ffff") == 429
            for number in range(MAX_FAILURES - MAX_FAILURES_PER_CLIENT):
                assert await self.try_password(client, "guess", by=f"10.0.{number // 250}.{number % 250}") == 401
            assert await self.try_password(client, "guess", by="10.1.1.1") == 429

    async def test_a_request_without_a_password_is_no_failure(self) -> None:
        """Browsers send the password only after a 401."""
        async with protected(MovedClock()) as client:
            for _ in range(MAX_FAILURES_PER_CLIENT + 1):
                assert (await client.get("/preview")).status == 401
            assert await self.try_password(client, PASSWORD) == 200


CLIENT, FORGED = "203.0.113.7", "6.6.6.6"

SPOOFED = dict.fromkeys(
    ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "Fly-Client-IP", "True-Client-IP"), FORGED
) | {"Forwarded": f"for={FORGED}"}
"""A client sends every header itself."""

ROUTERS = {
    "Heroku": ("X-Forwarded-For", {"X-Forwarded-For": f"{FORGED},{CLIENT}"}),
    "Dokku": ("X-Forwarded-For", {"X-Forwarded-For": CLIENT}),
    "Render": (
        "CF-Connecting-IP",
        {
            "CF-Connecting-IP": CLIENT,
            "True-Client-IP": CLIENT,
            "X-Forwarded-For": f"{FORGED},{CLIENT}, 172.71.95.118, 10.19.64.237",
        },
    ),
    "Railway": ("X-Real-IP", {"X-Real-IP": CLIENT, "X-Forwarded-For": "104.23.217.156, 79.127.151.146"}),
    "Fly": ("Fly-Client-IP", {"Fly-Client-IP": CLIENT, "X-Forwarded-For": f"{FORGED}, {CLIENT}, 66.241.125.10"}),
    "Koyeb": ("CF-Connecting-IP", {"CF-Connecting-IP": CLIENT, "X-Forwarded-For": f"{CLIENT},172.70.1.9"}),
    "Caddy, nginx": (None, {"X-Forwarded-For": f"{FORGED}, {CLIENT}"}),
    "with a port": (None, {"X-Forwarded-For": f"{FORGED}, {CLIENT}:51234"}),
}
"""The header that counts, and what each router makes of a client's headers; the sources stand beside bot.settings.HOSTS."""


class TestClientAddress:
    """Limits count by client: the one whom the router of the PaaS names, in the place that a client cannot write to."""

    @pytest.mark.parametrize("router", ROUTERS)
    def test_behind_each_router(self, router: str) -> None:
        """Whatever the client sends."""
        header, headers = ROUTERS[router]
        assert client_address(asked(SiteAddress(client_header=header), "10.1.2.3", SPOOFED | headers)) == CLIENT

    def test_of_each_paas(self) -> None:
        """Each that is recognised has its row, and its router is tested above."""
        named = {host.name: host.client_header for host in HOSTS}
        tested = {name: header for name, (header, _) in ROUTERS.items() if header is not None}
        assert {part: header for name, header in named.items() for part in name.split(" or ")} == tested

    def test_several_lines_of_a_header_are_one(self) -> None:
        """HAProxy adds a line of its own after the client's (RFC 9110, 5.3)."""
        headers = CIMultiDict([("X-Forwarded-For", FORGED), ("X-Forwarded-For", CLIENT)])
        request = make_mocked_request("GET", "/", headers=headers, app=web.Application()).clone(remote="127.0.0.1")
        assert client_address(request) == CLIENT

    @pytest.mark.parametrize(
        ("site", "peer", "client"),
        [
            (ALONE, "8.8.8.8", "8.8.8.8"),
            (PUBLIC, "::ffff:8.8.8.8", "8.8.8.8"),
            (PUBLIC, "2001:4860:4860::8888", "2001:4860:4860::/64"),
            (ALONE, "127.0.0.1", FORGED),
            (PUBLIC, "fd00::7", FORGED),
        ],
    )
    def test_without_a_paas(self, site: SiteAddress, peer: str, client: str) -> None:
        """A peer on the public internet is no router of the operator's, so it is the client."""
        assert client_address(asked(site, peer, SPOOFED)) == client

    @pytest.mark.parametrize("sent", ["", "unknown", "_hidden", "203.0.113", "[::1", "x" * 5000, "1.2.3.4, "])
    def test_no_address_is_the_routers(self, sent: str) -> None:
        """Who leaves the header empty or writes nonsense gets no limit of their own."""
        for header in ("Fly-Client-IP", None):
            headers = {header or "X-Forwarded-For": sent}
            assert client_address(asked(SiteAddress(client_header=header), "10.1.2.3", headers)) == "10.1.2.3"

    async def test_visitors_are_not_one_client(self) -> None:
        """On Fly: many ask once each, and one who asks without end, under ever other forged names, is told so."""
        async with (
            serving(TINY, address=SiteAddress("https://nota.fly.dev", "Fly-Client-IP")) as site,
            aiohttp.ClientSession(site.address) as session,
        ):

            async def ask(client: str, number: int) -> int:
                forged = f"{FORGED}, 198.51.100.{number}, 66.241.125.10"
                headers = {"Fly-Client-IP": client, "X-Forwarded-For": forged, "X-Real-IP": f"198.51.100.{number}"}
                return await status_of(session.get("/en/ask", params={"q": "/fare"}, headers=headers))

            assert {await ask(f"203.0.113.{number}", 1) for number in range(PUBLIC_AT_ONCE + 5)} == {200}
            assert [await ask(CLIENT, number) for number in range(PUBLIC_AT_ONCE + 5)][-1] == 429


def asked(site: SiteAddress, peer: str, headers: dict[str, str]) -> web.Request:
    """A request with these headers, and no other, from this peer."""
    app = web.Application()
    app[SITE_ADDRESS] = site
    return make_mocked_request("GET", "/", headers=headers, app=app).clone(remote=peer)


class TestOwnAddress:
    """PUBLIC_URL or the PaaS's own domain; X-Forwarded headers count only behind a PaaS's router."""

    @pytest.mark.parametrize(
        ("environment", "headers", "origin"),
        [
            pytest.param({}, {}, "http://nota.internal:8080", marks=pytest.mark.slow),
            ({}, {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}, "http://nota.internal:8080"),
            pytest.param(
                {"PUBLIC_URL": "https://nota.example"},
                {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"},
                "https://nota.example",
                marks=pytest.mark.slow,
            ),
            pytest.param(
                {"DYNO": "web.1"}, {"X-Forwarded-Proto": "https"}, "https://nota.internal:8080", marks=pytest.mark.slow
            ),
            (
                {"DYNO": "web.1"},
                {"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "nota.example, inner"},
                "https://nota.example",
            ),
            pytest.param(
                {"DYNO": "web.1"},
                {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": 'a"><b>'},
                "http://nota.internal:8080",
                marks=pytest.mark.slow,
            ),
            (
                {"FLY_APP_NAME": "nota", "DATABASE_URL": "sqlite:///nota.sqlite3"},
                {"X-Forwarded-Host": "evil.example"},
                "https://nota.fly.dev",
            ),
        ],
    )
    async def test_origin(
        self, tmp_path: Path, environment: dict[str, str], headers: dict[str, str], origin: str
    ) -> None:
        """What our links begin with, as /robots.txt shows it."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        async with started(TINY, tmp_path, **(environment | {"PORT": str(port)})) as process:
            await until_health(address, lambda *_: True, process)
            async with (
                aiohttp.ClientSession(headers={"Host": "nota.internal:8080"} | headers) as session,
                session.get(f"{address}/robots.txt") as page,
            ):
                assert f"Sitemap: {origin}/sitemap.xml\n" in await page.text()

    @pytest.mark.parametrize(
        ("site", "forwarded", "scheme"),
        [(PUBLIC, "http", "https"), (PAAS, "https", "https"), (ALONE, "https", "http")],
    )
    def test_scheme(self, site: SiteAddress, forwarded: str, scheme: str) -> None:
        """It decides whether cookies are for TLS alone."""
        assert scheme_of(request_to(site, X_Forwarded_Proto=forwarded)) == scheme


class TestCrossSite:
    """Another site's page cannot act for its visitor."""

    @cases("headers")
    @pytest.mark.parametrize("path", ["messages", "presses", "language", "theme"])
    async def test_is_refused(self, client: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> None:
        """
        {"Sec-Fetch-Site": "cross-site"}
        {"Sec-Fetch-Site": "same-site"}
        {"Origin": "https://evil.example"}
        {"Origin": "null"}
        {"Origin": "http://127.0.0.1:1"}
        """
        assert await status_of(client.post(f"/preview/{path}", data={"text": "/fare"}, headers=headers)) == 403

    async def test_our_own_page_may(self, client: aiohttp.ClientSession) -> None:
        """By either header."""
        for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": str(client._base_url).rstrip("/")}):
            assert await status_of(client.post("/preview/messages", data={"text": "/fare"}, headers=headers)) == 200

    @pytest.mark.parametrize(
        ("site", "headers"),
        [
            (PUBLIC, {"Origin": "https://nota.example"}),
            (PUBLIC, {"Origin": "http://nota.internal:8080"}),
            (PAAS, {"Origin": "https://nota.example", "X_Forwarded_Host": "nota.example"}),
        ],
    )
    def test_our_own_under_another_name(self, site: SiteAddress, headers: dict[str, str]) -> None:
        """The browser's address counts, not the one by which a router calls us."""
        reject_cross_site(request_to(site, **headers))

    @pytest.mark.parametrize(
        ("site", "headers"),
        [
            (PUBLIC, {"Origin": "https://evil.example", "X_Forwarded_Host": "evil.example"}),
            (ALONE, {"Origin": "https://evil.example", "X_Forwarded_Host": "evil.example"}),
            (PAAS, {"Origin": "https://nota.internal:8080", "X_Forwarded_Host": "nota.example"}),
        ],
    )
    def test_another_site_behind_a_router(self, site: SiteAddress, headers: dict[str, str]) -> None:
        """Its X-Forwarded-Host does not make it ours."""
        with pytest.raises(web.HTTPForbidden):
            reject_cross_site(request_to(site, **headers))


class TestHeaders:
    """Every response tells the browser what it may do."""

    @pytest.mark.parametrize("path", ["/preview", "/static/preview.js", "/static/page.css", "/healthz", "/nowhere"])
    async def test_are_on_every_answer(self, client: aiohttp.ClientSession, path: str) -> None:
        """Errors too; and none names the releases that we run on."""
        async with client.get(path) as answer:
            assert SECURITY_HEADERS.items() <= dict(answer.headers).items()
            assert "Server" not in answer.headers

    def test_policy_allows_nothing_but_our_own_files(self) -> None:
        """Nothing inline, nothing from elsewhere, no frame around us."""
        assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
        assert not re.search("unsafe|http", CONTENT_SECURITY_POLICY)

    @cases("public_url, is_sent")
    async def test_https_alone_from_now_on(self, public_url: str | None, is_sent: bool) -> None:
        """Where our own address is https and the host is all ours; on pages, errors, files and the preview.

        null | false
        http://nota.example | false
        https://nota.example | true
        https://example.org/nota | false
        """
        async with (
            serving(TINY, address=SiteAddress(public_url)) as site,
            aiohttp.ClientSession(site.address) as session,
        ):
            for path in ("/", "/en/ask", "/nowhere", "/static/page.css", "/preview", "/embed/fare", "/healthz"):
                async with session.get(path) as answer:
                    assert ("Strict-Transport-Security" in answer.headers) == is_sent, path

    async def test_page_needs_nothing_else(self, client: aiohttp.ClientSession) -> None:
        """No inline script or style, no address of others but links that a reader may follow."""
        page = await text_of(client.get("/preview"))
        assert not re.search(r"<script(?![^>]* src=\"/static/)|<style|\sstyle=|\son[a-z]+=\"", page)
        assert not re.search(r"(?:src|action)=\"(?!/)", page)

    async def test_cookie_is_the_browsers_alone(self, client: aiohttp.ClientSession) -> None:
        """Out of reach of scripts and other sites, and for this page only."""
        async with client.get("/preview") as answer:
            cookie = answer.cookies["preview"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/preview")
