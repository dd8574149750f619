"""Subscribing in a real Chromium, with our own push service beside it, and what its service worker shows.

Chromium's own subscription needs its maker's push service, which tests do not reach. So ``pushManager`` is answered by the test with a subscription
of the loopback push service; each message that arrives there is handed to the service worker by the DevTools protocol
(``ServiceWorker.deliverPushMessage``), as it would come from the browser's maker. Everything between is the real thing: the permission, the
registration, the form, the process, the ledger, the encryption, the worker. Headless Chromium draws no notification and lets nobody press one, and a
worker may open a window only after a press: what is visible is asked of the registration (``getNotifications``), and the press is dispatched to the
worker, whose call of ``openWindow`` is recorded.
"""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, CDPSession, Page, ViewportSize

from bot.feeds.ssrf import Policy, policy
from bot.platforms.webpush.api import public_key
from bot.platforms.webpush.types import WORKER
from tests.platforms.web.looking import profile, violations_on
from tests.platforms.webpush.conftest import KEY
from tests.platforms.webpush.process import Deployment
from tests.platforms.webpush.test_page import page_with
from tests.servers.push_service import Browser, PushService, push_service
from tests.tables import cases

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]

SUBSCRIPTION = """
const given = %s;
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const own = (options) => ({ ...given, options, toJSON: () => given, unsubscribe: async () => true });
let current = localStorage.getItem("test-subscribed") ? own({ applicationServerKey: bytes("%s").buffer }) : null;
PushManager.prototype.getSubscription = async () => current;
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly || options.applicationServerKey !== "%s") throw new Error("other options");
  localStorage.setItem("test-subscribed", "1");
  return (current = own({ applicationServerKey: bytes("%s").buffer }));
};
"""
"""Stands in for the push service of Chromium's maker."""


class Worker:
    """The service worker of a page, as the DevTools see it."""

    def __init__(self, page: Page, session: CDPSession, origin: str) -> None:
        self.page, self.origin, self._session = page, origin, session
        self._registration: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        session.on("ServiceWorker.workerRegistrationUpdated", self._note)

    def _note(self, event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            if not registration["isDeleted"] and not self._registration.done():
                self._registration.set_result(registration["registrationId"])

    async def deliver(self, notification: dict[str, Any]) -> None:
        """A message of the push service arrives."""
        registration = await asyncio.wait_for(self._registration, 10)
        values = {
            "origin": self.origin,
            "registrationId": registration,
            "data": json.dumps({"notification": notification}),
        }
        await self._session.send("ServiceWorker.deliverPushMessage", values)

    async def visible(self, number: int = 1) -> list[dict[str, Any]]:
        """The notifications that are visible, once the worker has shown that many."""
        look = """async (worker) => {
            const registration = await navigator.serviceWorker.getRegistration(worker);
            const all = await registration.getNotifications();
            return all.map((each) => ({ title: each.title, body: each.body, tag: each.tag, icon: each.icon, lang: each.lang,
                renotify: each.renotify, silent: each.silent, url: each.data.url }));
        }"""
        async with asyncio.timeout(60):
            while len(found := await self.page.evaluate(look, WORKER)) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return list(found)

    async def until_title(self, title: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while (found := (await self.visible())[0])["title"] != title:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found


async def arrive(context: BrowserContext, address: str, browser: Browser) -> tuple[Page, Worker]:
    """A page of the site in a browser that the loopback push service knows."""
    await context.grant_permissions(["notifications"], origin=address)
    key = public_key(KEY)
    await context.add_init_script(SUBSCRIPTION % (json.dumps(browser.as_json), key, key, key))
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    worker = Worker(page, session, f"{address}/")
    await session.send("ServiceWorker.enable")
    return page, worker


async def test_subscribed_pushed_corrected_and_pressed(browser: Chromium, folder: Path, tmp_path: Path) -> None:
    """From the first press to the withdrawn bulletin, as a reader sees it."""
    async with push_service() as service:
        site = Deployment(folder, tmp_path, service)
        ours = service.subscribe(public_key(KEY))
        await site.nota("migrate")
        await site.nota("publish")
        async with site.running(), profile(browser) as context:
            page, worker = await arrive(context, site.address, ours)
            problems: list[str] = []
            page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: problems.append(str(error)))
            await page.goto(f"{site.address}/en/subscribe")
            await page.get_by_role("button", name="Get notifications in this browser").click()
            await page.wait_for_url("**/en/subscription/*")
            assert await page.get_by_role("heading", name="Your subscription").is_visible()
            assert await page.get_by_text("You are subscribed.").is_visible()

            name = site.write("Storm tonight")
            await site.when(ours, 1)
            await worker.deliver(service.of(ours)[0].notification)
            first = await worker.until_title("Storm tonight")
            assert first["url"].endswith(f"/en/bulletins/{name}")
            assert first["icon"].endswith("/webpush/icon.png")
            assert first["body"] == "Storm tonight"
            assert (await page.request.get(f"{site.address}{first['url']}")).status == 200

            site.write("Storm tomorrow")
            await site.when(ours, 2)
            await worker.deliver(service.of(ours)[1].notification)
            second = await worker.until_title("Correction: Storm tomorrow")
            assert second["tag"] == first["tag"]
            assert second["renotify"] is False
            assert len(await worker.visible()) == 1

            site.withdraw("Storm tomorrow")
            await site.when(ours, 3)
            await worker.deliver(service.of(ours)[2].notification)
            third = await worker.until_title("Withdrawn: Storm tomorrow")
            assert third["tag"] == first["tag"]
            assert len(await worker.visible()) == 1

            await page.goto(await _press(context))
            assert page.url == f"{site.address}{first['url']}"
            assert await page.get_by_role("heading", name="Withdrawn: Storm tomorrow").is_visible()

            await _deletes_everything(page, site.address)
            assert not [line for line in problems if "410" not in line]
        assert service.broken == []


async def _deletes_everything(page: Page, address: str) -> None:
    """The form leads a browser that is subscribed to its settings; once all is deleted it may subscribe again."""
    await page.goto(f"{address}/en/subscribe")
    await page.get_by_role("link", name="See and change the settings").click()
    await page.wait_for_url("**/en/subscription/*")
    assert await page.get_by_text("Storm tomorrow").is_visible()
    await page.get_by_label("Delete all of it now").check()
    await page.get_by_role("button", name="Delete it").click()
    assert await page.get_by_role("heading", name="Deleted").is_visible()
    await page.goto(f"{address}/en/subscribe")
    assert await page.get_by_role("button", name="Get notifications in this browser").is_visible()


async def _press(context: BrowserContext) -> str:
    """Presses the notification: the address that the worker opens."""
    [worker] = context.service_workers
    await worker.evaluate("() => { self.opened = []; self.clients.openWindow = async (url) => self.opened.push(url); }")
    await worker.evaluate("""async () => {
        const [notification] = await self.registration.getNotifications();
        self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    }""")
    async with asyncio.timeout(10):
        while not (opened := await worker.evaluate("() => self.opened")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await worker.evaluate("async () => (await self.registration.getNotifications()).length") == 0
    return str(opened[0])


@pytest.mark.parametrize("ended", ["", "unsubscribed", "another key"])
async def test_what_is_said_of_a_browser_that_was_subscribed(browser: Chromium, ended: str) -> None:
    """That it is subscribed, only if it is; else it may subscribe again."""
    async with AsyncExitStack() as stack, push_service() as service:
        site = await page_with(stack, service, policy(["127.0.0.1"]))
        context = await stack.enter_async_context(profile(browser))
        page, _ = await arrive(context, site.address, service.subscribe(public_key(KEY)))
        button = page.get_by_role("button", name="Get notifications in this browser")
        await page.goto(f"{site.address}/en/subscribe")
        await button.click()
        await page.wait_for_url("**/en/subscription/*")
        if ended == "unsubscribed":
            await page.get_by_role("button", name="Unsubscribe").click()
            await page.wait_for_url("**#saved")
        if ended == "another key":
            other = "Uint8Array.of(4, 1, 2).buffer"
            await context.add_init_script(
                f"PushManager.prototype.getSubscription = async () => ({{ options: {{ applicationServerKey: {other} }} }});"
            )
        await page.goto(f"{site.address}/en/subscribe")
        here = page.get_by_text("This browser is subscribed.")
        if not ended:
            await here.wait_for()
            return
        await button.wait_for()
        await page.wait_for_load_state("networkidle")
        assert await button.is_visible()
        assert not await here.is_visible()


@cases("prepare, said")
async def test_where_it_cannot_be(browser: Chromium, prepare: str, said: str) -> None:
    """The page says why, and shows no button that does nothing.

    delete window.PushManager; | shows no notifications for this page
    Object.defineProperty(Notification, 'permission', { get: () => 'denied' }); | are blocked
    delete window.PushManager; Object.defineProperty(navigator, 'userAgent', { get: () => 'iPhone' }); | add this page to the home screen first
    # iPadOS
    delete window.PushManager; Object.defineProperty(navigator, 'userAgent', { get: () => 'Macintosh' });Object.defineProperty(navigator, 'maxTouchPoints', { get: () => 5 }); | add this page to the home screen first
    delete window.PushManager; Object.defineProperty(navigator, 'userAgent', { get: () => 'Macintosh' });Object.defineProperty(navigator, 'maxTouchPoints', { get: () => 0 }); | shows no notifications for this page
    """
    async with AsyncExitStack() as stack:
        site = await page_with(stack, PushService(), Policy())
        context = await stack.enter_async_context(profile(browser))
        await context.add_init_script(prepare)
        page = await context.new_page()
        await page.goto(f"{site.address}/en/subscribe")
        await page.get_by_text(said).wait_for()
        assert not await page.get_by_role("button", name="Get notifications").is_visible()


async def test_in_a_browser_that_allows_no_store(browser: Chromium) -> None:
    """The page offers notifications nevertheless."""
    async with AsyncExitStack() as stack:
        site = await page_with(stack, PushService(), Policy())
        context = await stack.enter_async_context(profile(browser))
        refusing = "{ get() { throw new DOMException('no', 'SecurityError'); } }"
        await context.add_init_script(f"Object.defineProperty(window, 'localStorage', {refusing});")
        page = await context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(f"{site.address}/en/subscribe")
        await page.get_by_role("button", name="Get notifications").wait_for()
        await page.wait_for_load_state("networkidle")
        assert problems == []


async def test_without_a_script(browser: Chromium) -> None:
    """The note stands there from the start."""
    async with AsyncExitStack() as stack:
        site = await page_with(stack, PushService(), Policy())
        context = await stack.enter_async_context(profile(browser, java_script_enabled=False))
        page = await context.new_page()
        await page.goto(f"{site.address}/en/subscribe")
        assert await page.get_by_text("or its scripts are off").is_visible()
        assert not await page.get_by_role("button", name="Get notifications").is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
async def test_axe_finds_nothing(browser: Chromium, width: int, scheme: Literal["light", "dark"]) -> None:
    """On the form, on one's own settings, and on what is stored; nothing is wider than the screen."""
    async with AsyncExitStack() as stack, push_service() as service:
        site = await page_with(stack, service, policy(["127.0.0.1"]))
        viewport = ViewportSize(width=width, height=740)
        context = await stack.enter_async_context(profile(browser, color_scheme=scheme, viewport=viewport))
        page = await context.new_page()
        _, own, _ = await site.subscribe(service.subscribe(public_key(KEY)).fields)
        for path in ("/en/subscribe", own, "/id/privacy"):
            await page.goto(f"{site.address}{path}")
            for summary in await page.locator("summary").all():
                await summary.click()
            assert await violations_on(page) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_enter_in_another_field_asks_for_no_notifications(browser: Chromium) -> None:
    """Whoever types a city or an address and presses Enter is not asked for a permission; the button is no default."""
    async with AsyncExitStack() as stack:
        site = await page_with(stack, PushService(), Policy())
        context = await stack.enter_async_context(profile(browser))
        await context.add_init_script(
            "Notification.requestPermission = async () => { window.asked = true; return 'denied'; };"
        )
        page = await context.new_page()
        await page.goto(f"{site.address}/en/subscribe")
        await page.get_by_role("button", name="Get notifications in this browser").wait_for()
        await page.locator("summary").click()
        await page.get_by_label("Another city").press("Enter")
        await page.wait_for_load_state()
        assert not await page.evaluate("window.asked")
