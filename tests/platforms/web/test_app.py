"""Health and metrics over HTTP."""

from collections.abc import Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.platforms.web.app import CheckResult, HealthChecks, add_health, add_metrics
from bot.release import release
from tests.platforms.web.site import coming_from, fine
from tests.tables import cases

TOKEN = "open-sesame-open-sesame"


async def collect() -> Callable[[], bytes]:
    return lambda: b"nota_queue_due 0\n"


async def broken() -> CheckResult:
    return CheckResult(False, "no connection")


def client_of(app: web.Application) -> TestClient[web.Request, web.Application]:
    return TestClient(TestServer(app))


class TestHealth:
    """/healthz says that the loop runs; /readyz says what does not work."""

    async def test_healthz_asks_no_check(self, client: aiohttp.ClientSession) -> None:
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"healthy": True})

    @pytest.mark.parametrize(
        ("checks", "status", "body"),
        [
            ({"content": fine}, 200, {"ready": True, "content": {"ok": True, "detail": ""}}),
            (
                {"content": fine, "database": broken},
                503,
                {
                    "ready": False,
                    "content": {"ok": True, "detail": ""},
                    "database": {"ok": False, "detail": "no connection"},
                },
            ),
        ],
        ids=["all fine", "one broken"],
    )
    async def test_readyz_names_each_check(self, checks: HealthChecks, status: int, body: dict[str, object]) -> None:
        """One failed check makes a 503, so that a router sends nobody here."""
        app = web.Application()
        add_health(app, checks)
        async with client_of(app) as client, client.get("/readyz") as answer:
            assert (answer.status, await answer.json()) == (status, {"release": release()} | body)
            assert answer.headers["Cache-Control"] == "no-store"


class TestMetrics:
    """Open on this machine alone; elsewhere by a token."""

    @cases("token, is_public, sent, status")
    async def test_who_may_read(self, token: str | None, is_public: bool, sent: str | None, status: int) -> None:
        """
        null | false | null | 200
        null | true | null | 403
        open-sesame-open-sesame | true | null | 401
        open-sesame-open-sesame | true | Bearer open-sesame-open-sesamex | 401
        open-sesame-open-sesame | false | Basic open-sesame-open-sesame | 401
        open-sesame-open-sesame | true | Bearer open-sesame-open-sesame | 200
        open-sesame-open-sesame | true | bearer open-sesame-open-sesame | 200
        open-sesame-open-sesame | true | "BEARER  open-sesame-open-sesame " | 200
        open-sesame-open-sesame | true | beareropen-sesame-open-sesame | 401
        open-sesame-open-sesame | true | open-sesame-open-sesame | 401
        open-sesame-open-sesame | true | Bearer | 401
        """
        app = web.Application()
        add_metrics(app, collect, token, is_public)
        async with client_of(app) as client:
            answer = await client.get("/metrics", headers={"Authorization": sent} if sent else {})
            text = await answer.text()
        assert (answer.status, "nota_queue_due" in text, TOKEN in text) == (status, status == 200, False)

    @pytest.mark.parametrize(("token", "status"), [(None, 403), (TOKEN, 200)])
    async def test_from_another_machine(self, token: str | None, status: int) -> None:
        """PORT may be published without PUBLIC_URL, so the peer's address counts."""
        app = web.Application(middlewares=[coming_from("172.17.0.1")])
        add_metrics(app, collect, token, False)
        async with client_of(app) as client:
            answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            assert answer.status == status
