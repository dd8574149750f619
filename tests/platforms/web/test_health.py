"""What those who watch over us read."""

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.platforms.web.app import CheckResult, HealthChecks, add_health
from tests.platforms.web.site import fine


def watched(checks: HealthChecks) -> TestClient[web.Request, web.Application]:
    """A client of an app that has only health."""
    app = web.Application()
    add_health(app, checks)
    return TestClient(TestServer(app))


class TestHealthz:
    """The loop turns."""

    async def test_is_healthy(self, client: aiohttp.ClientSession) -> None:
        """No check is asked."""
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"healthy": True})


class TestReadyz:
    """All that is checked must be in order."""

    async def test_is_ready_where_everything_is_fine(self) -> None:
        """Each check by its name, with what it has to say."""
        async with watched({"content": fine}) as client, client.get("/readyz") as answer:
            assert answer.status == 200
            assert await answer.json() == {"ready": True, "content": {"ok": True, "detail": ""}}

    async def test_one_fault_is_enough(self) -> None:
        """503, so that nobody is sent here."""

        async def broken() -> CheckResult:
            return CheckResult(False, "no connection")

        async with watched({"content": fine, "database": broken}) as client, client.get("/readyz") as answer:
            assert answer.status == 503
            assert (await answer.json())["database"] == {"ok": False, "detail": "no connection"}
            assert answer.headers["Cache-Control"] == "no-store"
