"""Where the browser thinks that we are, as far as anybody else may say so."""

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.platforms.web.auth import SITE_ADDRESS, SiteAddress, client_address, refuse_other_sites, scheme_of
from tests.deployment.test_least_rights import running

PUBLIC = SiteAddress("https://nota.example/nota")
PAAS = SiteAddress(behind_router=True)
ALONE = SiteAddress()


def asked(own: SiteAddress = ALONE, **headers: str) -> web.Request:
    """A request to nota.internal:8080 over plain HTTP, with more headers (_ for -)."""
    given = {"Host": "nota.internal:8080"} | {name.replace("_", "-"): value for name, value in headers.items()}
    app = web.Application()
    app[SITE_ADDRESS] = own
    return make_mocked_request("POST", "/preview/messages", headers=given, app=app)


class TestOrigin:
    """What the links of our pages begin with, as /robots.txt shows it."""

    @pytest.mark.parametrize(
        ("environment", "headers", "origin"),
        [
            ({}, {}, "http://nota.internal:8080"),
            ({}, {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}, "http://nota.internal:8080"),
            (
                {"PUBLIC_URL": "https://nota.example"},
                {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"},
                "https://nota.example",
            ),
            ({"DYNO": "web.1"}, {"X-Forwarded-Proto": "https"}, "https://nota.internal:8080"),
            (
                {"DYNO": "web.1"},
                {"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "nota.example, inner"},
                "https://nota.example",
            ),
            (
                {"DYNO": "web.1"},
                {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": 'a"><b>'},
                "http://nota.internal:8080",
            ),
            (
                {"FLY_APP_NAME": "nota", "DATABASE_URL": "sqlite:///nota.sqlite3"},
                {"X-Forwarded-Host": "evil.example"},
                "https://nota.fly.dev",
            ),
        ],
    )
    async def test_is_ours(
        self, tmp_path: Path, environment: dict[str, str], headers: dict[str, str], origin: str
    ) -> None:
        """Set, or told by a PaaS, it is that. Else a header counts only where a PaaS's router stands before us."""
        async with (
            running(tmp_path, HOST="127.0.0.1", **environment) as (_, address),
            aiohttp.ClientSession(headers={"Host": "nota.internal:8080"} | headers) as session,
            session.get(f"{address}/robots.txt") as page,
        ):
            assert f"Sitemap: {origin}/sitemap.xml\n" in await page.text()


class TestScheme:
    """Whether cookies are for TLS alone."""

    @pytest.mark.parametrize(
        ("own", "said", "scheme"),
        [(PUBLIC, "http", "https"), (PAAS, "https", "https"), (ALONE, "https", "http")],
    )
    def test_is_the_browsers(self, own: SiteAddress, said: str, scheme: str) -> None:
        """As PUBLIC_URL has it; else as a PaaS's router says."""
        assert scheme_of(asked(own, X_Forwarded_Proto=said)) == scheme


class TestForms:
    """Whose form it is, is judged by the address that the browser knows."""

    @pytest.mark.parametrize(
        ("own", "headers"),
        [
            (PUBLIC, {"Origin": "https://nota.example"}),
            (PUBLIC, {"Origin": "http://nota.internal:8080"}),
            (PAAS, {"Origin": "https://nota.example", "X_Forwarded_Host": "nota.example"}),
        ],
    )
    def test_our_own(self, own: SiteAddress, headers: dict[str, str]) -> None:
        """Though we are called by another name inside."""
        refuse_other_sites(asked(own, **headers))

    @pytest.mark.parametrize(
        ("own", "headers"),
        [
            (PUBLIC, {"Origin": "https://evil.example", "X_Forwarded_Host": "evil.example"}),
            (ALONE, {"Origin": "https://evil.example", "X_Forwarded_Host": "evil.example"}),
            (PAAS, {"Origin": "https://nota.internal:8080", "X_Forwarded_Host": "nota.example"}),
        ],
    )
    def test_another_sites(self, own: SiteAddress, headers: dict[str, str]) -> None:
        """Whatever it says of our name."""
        with pytest.raises(web.HTTPForbidden):
            refuse_other_sites(asked(own, **headers))


class TestClient:
    """Whose wrong passwords are counted."""

    @pytest.mark.parametrize(
        ("own", "peer", "client"),
        [
            (PAAS, "10.1.2.3", "203.0.113.7"),
            (PAAS, "8.8.8.8", "203.0.113.7"),
            (ALONE, "127.0.0.1", "203.0.113.7"),
            (PUBLIC, "fd00::7", "203.0.113.7"),
            (ALONE, "8.8.8.8", "8.8.8.8"),
            (PUBLIC, "::ffff:8.8.8.8", "::ffff:8.8.8.8"),
            (PUBLIC, "2001:4860:4860::8888", "2001:4860:4860::/64"),
        ],
    )
    def test_is_the_one_that_a_router_saw(self, own: SiteAddress, peer: str, client: str) -> None:
        """Who comes straight from the internet is not believed that there was one."""
        request = asked(own, X_Forwarded_For="198.51.100.9, 203.0.113.7").clone(remote=peer)
        assert client_address(request) == client
