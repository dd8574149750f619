"""Subscribing on the page by Web Push, over HTTP: what the form sends, what is stored, what the page serves for the browser."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import select

from bot.conversation import Conversation
from bot.db.schema import destinations, readers, subscriptions
from bot.db.store import Store
from bot.feeds.ssrf import Policy, policy
from bot.platforms.platform import PageForm, Surroundings
from bot.platforms.web.security_headers import CONTENT_SECURITY_POLICY
from bot.platforms.webpush.api import public_key
from bot.platforms.webpush.bot import RENEWALS, WebPush
from bot.platforms.webpush.limits import MAX_OF_AN_ENDPOINT
from bot.platforms.webpush.page_form import page_form
from bot.platforms.webpush.types import ICON, PLATFORM, RENEW, WORKER
from bot.schedule import Subscription
from tests.conftest import TINY
from tests.platforms.web.site import serving
from tests.platforms.webpush.conftest import KEY
from tests.servers.push_service import PushService, base64url

OPEN = policy(["127.0.0.1"])


@dataclass
class Page:
    """The site with Web Push on, and a client of it."""

    session: aiohttp.ClientSession
    store: Store
    service: PushService
    address: str

    async def subscribe(self, fields: dict[str, Any], **more: str) -> tuple[int, str, str]:
        """Sends the form. Returns the status, the path of the page that is shown, and its text."""
        form = {"platform": PLATFORM, "pace": "at_once", "website": "", **fields, **more}
        async with self.session.post("/en/subscribe", data=form) as answer:
            return answer.status, answer.url.path, await answer.text()

    async def stored(self) -> list[dict[str, str]]:
        async with self.store.database.read() as connection:
            return [row.destination for row in await connection.execute(select(destinations))]


async def page_with(stack: AsyncExitStack, service: PushService, allowed: Policy) -> Page:
    """The site, assembled as the app does it."""
    routes: list[WebPush] = []

    def forms(conversation: Conversation) -> dict[str, tuple[str, PageForm]]:
        surroundings = Surroundings(None, None, conversation)  # type: ignore[arg-type]  it makes no requests
        routes.append(WebPush(KEY, allowed, surroundings))
        return {PLATFORM: ("Web Push", page_form(SimpleNamespace(key=KEY, policy=allowed), surroundings))}

    def add(app: web.Application) -> None:
        routes[0].add_routes(app)

    site = await stack.enter_async_context(serving(TINY, forms=forms, more_routes=add))
    session = await stack.enter_async_context(aiohttp.ClientSession(site.address))
    return Page(session, site.preview.conversation.store, service, site.address)


@pytest.fixture
async def page(service: PushService) -> AsyncIterator[Page]:
    async with AsyncExitStack() as stack:
        yield await page_with(stack, service, OPEN)


class TestForm:
    """What a browser's script sends is stored, or refused with a reason."""

    async def test_stored_in_its_table_alone(self, page: Page) -> None:
        """The reader's own row has nothing of the endpoint."""
        browser = page.service.subscribe(public_key(KEY))
        status, path, shown = await page.subscribe(browser.fields, pace="daily", hour="8")
        assert status == 200
        assert path.startswith("/en/subscription/")
        assert "Notifications in the browser: bulletins come once a day at 08:00." in shown
        assert await page.stored() == [{**browser.fields, "server_key": public_key(KEY)}]
        async with page.store.database.read() as connection:
            row = (await connection.execute(select(readers))).one()
        assert (row.platform, row.kind, row.detected_language) == (PLATFORM, "private", "en")
        assert browser.endpoint not in str(row)

    async def test_the_same_browser_again(self, page: Page) -> None:
        """One reader, also if its subscription had ended; another browser is another one."""
        browser = page.service.subscribe(public_key(KEY))
        await page.subscribe(browser.fields)
        [address] = [reader.address for reader in await page.store.readers.among(PLATFORM, await self._chats(page))]
        await page.store.readers.suspend(PLATFORM, address.chat_id, "gone")
        await page.subscribe(browser.fields, pace="weekly 0")
        assert not page.store.readers.is_suspended(address)
        await page.subscribe(page.service.subscribe(public_key(KEY)).fields)
        assert len(await page.stored()) == 2
        wanted = await page.store.subscriptions.get(address)
        assert wanted is not None
        assert wanted.timing.pace == "weekly"

    async def test_who_knows_the_endpoint_alone_gets_no_settings(self, page: Page) -> None:
        """Another key with the same endpoint is another reader: the first one stays as it is."""
        browser, other = (page.service.subscribe(public_key(KEY)) for _ in range(2))
        _, first, _ = await page.subscribe(browser.fields)
        _, second, _ = await page.subscribe({**other.fields, "endpoint": browser.endpoint})
        assert first != second
        assert len(await page.stored()) == 2

    async def test_few_readers_have_one_endpoint(self, page: Page) -> None:
        """Whoever names the address of somebody's server makes us ask it a few times, and not once for each of many registrations."""
        browsers = [page.service.subscribe(public_key(KEY)) for _ in range(MAX_OF_AN_ENDPOINT + 2)]
        endpoint = browsers[0].endpoint
        answers = [await page.subscribe({**browser.fields, "endpoint": endpoint}) for browser in browsers]
        assert [status for status, _, _ in answers] == [200] * MAX_OF_AN_ENDPOINT + [400] * 2
        assert "Too many subscriptions have this address" in answers[-1][2]
        status, _, _ = await page.subscribe(browsers[0].fields, pace="weekly 0")  # who is known may subscribe again
        assert status == 200
        assert len(await page.stored()) == MAX_OF_AN_ENDPOINT

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"endpoint": ""}, "no address for notifications"), ({"auth": "x"}, "no address for notifications"),
            ({"p256dh": base64url(b"\4" + b"\1" * 64)}, "no address for notifications"),
            ({"endpoint": "https://10.0.0.1/x"}, "cannot be reached"),
            ({"endpoint": "http://push.example/x"}, "cannot be reached"),
            ({"endpoint": "https://no-such-host.invalid/x"}, "cannot be reached"),
            ({"endpoint": "https://1.1.1.1:80/x"}, "cannot be reached"),
            ({"endpoint": "https://1.1.1.1/x#1"}, "no address for notifications"),
            ({"endpoint": "HTTPS://1.1.1.1/x"}, "no address for notifications"),
            ({"endpoint": "https://1.1.1.1/./x"}, "no address for notifications"),
            ({"endpoint": "https://1.1.1.1/x?"}, "no address for notifications"),
            ({"endpoint": " https://1.1.1.1/x"}, "no address for notifications"),
        ],
    )  # fmt: skip
    async def test_refused(self, page: Page, change: dict[str, str], said: str) -> None:
        fields = page.service.subscribe(public_key(KEY)).fields
        status, _, shown = await page.subscribe(fields | change)
        assert status == 400
        assert said in shown
        assert await page.stored() == []

    async def test_loopback_is_refused_without_the_setting(self, service: PushService) -> None:
        """The push service of these tests is reached by WEBPUSH_ALLOW alone."""
        async with AsyncExitStack() as stack:
            closed = await page_with(stack, service, Policy())
            status, _, shown = await closed.subscribe(service.subscribe(public_key(KEY)).fields)
            assert status == 400
            assert "cannot be reached" in shown

    async def test_the_form_names_the_key_and_works_by_a_script_alone(self, page: Page) -> None:
        """Without it, the page says so, and shows no button that does nothing."""
        async with page.session.get("/en/subscribe") as answer:
            shown = await answer.text()
        assert f'data-push-key="{public_key(KEY)}"' in shown
        assert '<button type="button" hidden>' in shown
        assert '<script src="/static/webpush.js" defer>' in shown

    @staticmethod
    async def _chats(page: Page) -> list[str]:
        async with page.store.database.read() as connection:
            return list((await connection.execute(select(readers.c.chat))).scalars())


class TestFiles:
    """The service worker and its icon, and the policy that they live under."""

    async def test_worker(self, page: Page) -> None:
        async with page.session.get(WORKER) as answer:
            assert answer.status == 200
            assert answer.content_type == "text/javascript"
            assert "showNotification" in await answer.text()
            assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        async with page.session.get(ICON) as answer:
            assert (answer.status, answer.content_type) == (200, "image/png")
        async with page.session.get("/static/webpush.js") as answer:
            assert answer.status == 200


class TestRenewed:
    """A browser that replaces its subscription by itself stays the same reader."""

    async def _renew(self, page: Page, said: object, content_type: str = "application/json") -> int:
        headers = {"Content-Type": content_type}
        async with page.session.post(RENEW, data=json.dumps(said), headers=headers) as answer:
            return answer.status

    async def test_it_keeps_its_settings(self, page: Page) -> None:
        old, new = (page.service.subscribe(public_key(KEY)) for _ in range(2))
        await page.subscribe(old.fields, pace="daily")
        assert await self._renew(page, {"old": old.as_json, "new": new.as_json}) == 204
        assert await page.stored() == [{**new.fields, "server_key": public_key(KEY)}]
        async with page.store.database.read() as connection:
            assert (await connection.execute(select(subscriptions.c.pace))).scalars().all() == ["daily"]
        assert await self._renew(page, {"old": old.as_json, "new": new.as_json}) == 404

    async def test_whatever_a_stranger_sends(self, page: Page) -> None:
        old, new = (page.service.subscribe(public_key(KEY)) for _ in range(2))
        await page.subscribe(old.fields)
        stolen = {**old.as_json, "keys": new.as_json["keys"]}
        private = {**new.as_json, "endpoint": "https://192.168.1.1/x"}
        for said, status in (
            ({"old": stolen, "new": new.as_json}, 404), ({"old": old.as_json, "new": private}, 404),
            ({"old": old.as_json}, 400), ([], 400), ("x", 400), ({"old": 1, "new": 2}, 400),
            ({"old": {"endpoint": 1, "keys": []}, "new": new.as_json}, 400),
        ):  # fmt: skip
            assert await self._renew(page, said) == status, said
        assert await self._renew(page, {"old": old.as_json, "new": new.as_json}, "text/plain") == 415
        assert await page.stored() == [{**old.fields, "server_key": public_key(KEY)}]

    async def test_junk(self, page: Page) -> None:
        """It is refused, and is no error of ours, which would be a message to the owners."""
        one = json.dumps(page.service.subscribe(public_key(KEY)).as_json)
        half = one.replace('", "expirationTime"', '\\ud800", "expirationTime"')
        assert half != one
        both = f'{{"old": {half}, "new": {half}}}'
        for body, charset in (
            ("[" * 100_000, "utf-8"),
            ("{}", "no-such-charset"),
            (both, "utf-8"),
            ("\xff", "latin-1"),
        ):
            headers = {"Content-Type": f"application/json; charset={charset}"}
            async with page.session.post(RENEW, data=body.encode("latin-1"), headers=headers) as answer:
                assert answer.status == 400

    async def test_no_answer_says_whether_a_name_leads_anywhere(self, page: Page) -> None:
        """One's own subscription makes us look, a strange one does not; the answer is the same."""
        old, strange = (page.service.subscribe(public_key(KEY)) for _ in range(2))
        await page.subscribe(old.fields)
        answers = set()
        for former in (old, strange):
            for endpoint in ("https://no-such-host.invalid/x", "https://10.0.0.1/x", "http://push.example/x"):
                said = {"old": former.as_json, "new": {**strange.as_json, "endpoint": endpoint}}
                async with page.session.post(RENEW, json=said) as answer:
                    answers.add((answer.status, await answer.text()))
        assert len(answers) == 1

    async def test_a_program_is_slowed_down(self, page: Page) -> None:
        statuses = [await self._renew(page, []) for _ in range(RENEWALS + 1)]
        assert statuses == [400] * RENEWALS + [429]

    async def test_few_take_one_endpoint(self, page: Page) -> None:
        """As in the form."""
        browsers = [page.service.subscribe(public_key(KEY)) for _ in range(MAX_OF_AN_ENDPOINT + 1)]
        for browser in browsers:
            await page.subscribe(browser.fields)
        for browser, status in zip(browsers[1:], [204] * (MAX_OF_AN_ENDPOINT - 1) + [404], strict=True):
            new = {**browser.as_json, "endpoint": browsers[0].endpoint}
            assert await self._renew(page, {"old": browser.as_json, "new": new}) == status

    async def test_two_readers_are_never_made_one(self, page: Page) -> None:
        one, two = (page.service.subscribe(public_key(KEY)) for _ in range(2))
        await page.subscribe(one.fields)
        await page.subscribe(two.fields)
        assert await self._renew(page, {"old": one.as_json, "new": two.as_json}) == 404
        assert len(await page.stored()) == 2


async def test_the_first_subscription_is_that_of_a_chat(page: Page) -> None:
    """Every bulletin, at once, in UTC for English."""
    await page.subscribe(page.service.subscribe(public_key(KEY)).fields)
    async with page.store.database.read() as connection:
        [chat] = (await connection.execute(select(readers.c.chat))).scalars()
    [reader] = await page.store.readers.of_chat(PLATFORM, chat)
    assert await page.store.subscriptions.get(reader.address) == Subscription()
