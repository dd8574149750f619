"""The pages for those who watch over us, and the lock before those that are not for everybody."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer

from bot.platforms.web.app import CheckResult, add_health, add_metrics
from bot.platforms.web.auth import (
    MAX_FAILURES,
    MAX_FAILURES_PER_CLIENT,
    WINDOW_SECONDS,
    FailedLogins,
    Handler,
    local_only,
    require_password,
)
from tests.clocks import MovedClock

TOKEN = "open-sesame-open-sesame"


async def collect() -> Callable[[], bytes]:
    return lambda: b"nota_queue_due 0\n"


Client = TestClient[web.Request, web.Application]


def serving(app: web.Application) -> Client:
    return TestClient(TestServer(app))


class TestMetrics:
    """Guarded by a token in the open."""

    @pytest.mark.parametrize(
        ("token", "is_public", "shown", "status"),
        [
            (None, False, None, 200),
            (None, True, None, 403),
            (TOKEN, True, None, 401),
            (TOKEN, True, f"Bearer {TOKEN}x", 401),
            (TOKEN, False, f"Basic {TOKEN}", 401),
            (TOKEN, True, f"Bearer {TOKEN}", 200),
        ],
    )
    async def test_who_may_read(self, token: str | None, is_public: bool, shown: str | None, status: int) -> None:
        """Without a token only where nobody else comes."""
        app = web.Application()
        add_metrics(app, collect, token, is_public)
        async with serving(app) as client:
            answer = await client.get("/metrics", headers={"Authorization": shown} if shown else {})
            assert answer.status == status
            assert ("nota_queue_due" in await answer.text()) == (status == 200)
            assert TOKEN not in await answer.text()


def coming_from(address: str) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """A network between: requests come from this address."""

    @web.middleware
    async def come(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request.clone(remote=address))

    return come


class TestElsewhere:
    """Where no secret is set, only this machine is let in, though PORT may be published and nobody told us of it."""

    @pytest.mark.parametrize(
        ("address", "status"),
        [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("", 200), ("172.17.0.1", 403),
         ("::ffff:10.0.0.7", 403), ("2001:db8::1", 403), ("fe80::1%eth0", 403)],
    )  # fmt: skip
    async def test_from_another_machine(self, address: str, status: int) -> None:
        """Or from a router there; ours is every way in which this one writes its own address."""

        async def page(_request: web.Request) -> web.StreamResponse:
            return web.Response(text="the preview")

        app = web.Application(middlewares=[coming_from(address)])
        app.router.add_get("/preview", local_only(page))
        add_metrics(app, collect, None, False)
        async with serving(app) as client:
            assert (await client.get("/preview")).status == status
            assert (await client.get("/metrics")).status == status

    async def test_a_token_opens_from_everywhere(self) -> None:
        """It is what the token is for."""
        app = web.Application(middlewares=[coming_from("10.0.0.7")])
        add_metrics(app, collect, TOKEN, False)
        async with serving(app) as client:
            assert (await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})).status == 200


class TestHealth:
    """/healthz says that the loop turns, /readyz what is not in order."""

    async def test_what_is_out_of_order_is_named(self) -> None:
        """And the status is one that a router understands."""

        async def fine() -> CheckResult:
            return CheckResult(True)

        async def broken() -> CheckResult:
            return CheckResult(False, "does not answer")

        app = web.Application()
        checks = {"content": fine}
        add_health(app, checks)
        async with serving(app) as client:
            assert (await client.get("/readyz")).status == 200
            checks["database"] = broken
            answer = await client.get("/readyz")
            assert answer.status == 503
            assert (await answer.json())["database"] == {"ok": False, "detail": "does not answer"}
            assert (await client.get("/healthz")).status == 200


class TestPassword:
    """The preview in the open has one."""

    @pytest.mark.parametrize(
        ("given", "status"),
        [
            (None, 401),
            ("Basic !!!", 401),
            ("Bearer correct horse", 401),
            (encode_basic_auth("editor", "correct horsf"), 401),
            (encode_basic_auth("editor", "Öffne dich, Sesam", "utf-8"), 200),
            (encode_basic_auth("", "Öffne dich, Sesam", "utf-8"), 200),
        ],
    )
    async def test_opens_to_who_knows_it(self, given: str | None, status: int) -> None:
        """Under any name."""

        async def page(_request: web.Request) -> web.StreamResponse:
            return web.Response(text="the preview")

        app = web.Application()
        app.router.add_get("/preview", require_password(page, "Öffne dich, Sesam"))
        async with serving(app) as client:
            answer = await client.get("/preview", headers={"Authorization": given} if given else {})
            assert answer.status == status
            assert ("the preview" in await answer.text()) == (status == 200)


class TestGuessing:
    """Whoever tries passwords is kept waiting; who knows it is let in."""

    def locked(self, clock: MovedClock) -> web.Application:
        async def page(_request: web.Request) -> web.StreamResponse:
            return web.Response(text="the preview")

        app, failed = web.Application(), FailedLogins(clock)
        app.router.add_get("/preview", require_password(page, "correct horse", failed))
        app.router.add_get("/preview/events", require_password(page, "correct horse", failed))
        return app

    async def tried(self, client: Client, password: str, by: str = "203.0.113.7", path: str = "/preview") -> int:
        headers = {"Authorization": encode_basic_auth("x", password), "X-Forwarded-For": f"198.51.100.9, {by}"}
        answer = await client.get(path, headers=headers)
        assert "Retry-After" in answer.headers or answer.status != 429
        return answer.status

    async def test_after_a_few_none_is_looked_at(self) -> None:
        """Not even the right one, or guessing would go on; whatever address behind the password it is tried at."""
        clock = MovedClock()
        async with serving(self.locked(clock)) as client:
            for number in range(MAX_FAILURES_PER_CLIENT):
                path = "/preview" if number % 2 else "/preview/events"
                assert await self.tried(client, f"guess {number}", path=path) == 401
            assert await self.tried(client, "correct horse") == 429
            assert await self.tried(client, "correct horse", by="203.0.113.8") == 200
            clock.forward(WINDOW_SECONDS)
            assert await self.tried(client, "correct horse") == 200

    async def test_from_many_addresses(self) -> None:
        """Which are cheap; one network of IPv6 is one."""
        async with serving(self.locked(MovedClock())) as client:
            for number in range(MAX_FAILURES_PER_CLIENT):
                assert await self.tried(client, "guess", by=f"2001:db8::{number:x}") == 401
            assert await self.tried(client, "guess", by="2001:db8::ffff") == 429
            for number in range(MAX_FAILURES - MAX_FAILURES_PER_CLIENT):
                assert await self.tried(client, "guess", by=f"10.0.{number // 250}.{number % 250}") == 401
            assert await self.tried(client, "guess", by="10.1.1.1") == 429

    async def test_a_browser_that_asks_first_is_no_guess(self) -> None:
        """It shows nothing until it is asked for it."""
        async with serving(self.locked(MovedClock())) as client:
            for _ in range(MAX_FAILURES_PER_CLIENT + 1):
                assert (await client.get("/preview")).status == 401
            assert await self.tried(client, "correct horse") == 200
