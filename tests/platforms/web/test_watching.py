"""The pages for those who watch over us, and the lock before those that are not for everybody."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer

from bot.platforms.web.guard import Handler, guarded, near_only
from bot.platforms.web.health import Condition, add_health
from bot.platforms.web.metrics import add_metrics

TOKEN = "open-sesame-open-sesame"


async def collect() -> Callable[[], bytes]:
    return lambda: b"nota_queue_due 0\n"


def serving(app: web.Application) -> TestClient[web.Request, web.Application]:
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
        app.router.add_get("/preview", near_only(page))
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

        async def fine() -> Condition:
            return Condition(True)

        async def broken() -> Condition:
            return Condition(False, "does not answer")

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
        app.router.add_get("/preview", guarded(page, "Öffne dich, Sesam"))
        async with serving(app) as client:
            answer = await client.get("/preview", headers={"Authorization": given} if given else {})
            assert answer.status == status
            assert ("the preview" in await answer.text()) == (status == 200)
