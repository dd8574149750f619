"""The desk in a real browser: accessible, on a phone, by keyboard, and nothing typed is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from bot.app.content_check import check_draft
from bot.app.main import RENDERERS
from bot.db.store import open_store
from bot.dossier.loader import load
from bot.feeds.review import open_review
from bot.live_dossier import LiveDossier
from bot.newsroom.desk import Rules
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.editors import Editors
from bot.platforms.web.auth import add_security_headers
from bot.platforms.web.desk import DeskPages
from bot.platforms.web.desk_sign_in import HOME, SignIn
from bot.platforms.web.static_files import add_static_files
from tests.conftest import TINY, TODAY
from tests.databases import sqlite_url
from tests.platforms.web.looking import profile, violations_on

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """The address of the tiny dossier's desk, as without tokens."""
    dossier = load(Path(TINY), TODAY).dossier
    assert dossier is not None
    async with open_store(sqlite_url()) as store:
        live = LiveDossier(dossier)
        desk = Desk(store, live, Rules(needs_two=False), check_draft)
        sign_in = SignIn(store.sign_ins, Editors(frozenset()), live, is_demo=True)
        review = await open_review(store, live, None, lambda: None)
        app = web.Application()
        add_security_headers(app)
        add_static_files(app)
        DeskPages(desk, sign_in, RENDERERS, {}, review).add_routes(app)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address() -> AsyncIterator[str]:
    """One desk for all tests."""
    async with demo() as served:
        yield served


async def begin(page: Page, address: str) -> None:
    """A new draft with a text in both languages; its previews are shown."""
    await page.goto(address + HOME)
    await page.get_by_role("button", name="Write a bulletin").click()
    for language in ("en", "id"):
        await page.fill(f"#title-{language}", f"Title {language}")
        await page.fill(f"#body-{language}", "Words.")


class TestPages:
    """On a phone and on a wide screen, light and dark."""

    @pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
    async def test_axe_finds_nothing(
        self, address: str, browser: Browser, width: int, scheme: Literal["light", "dark"]
    ) -> None:
        """In the list, in a draft with a mistake, and in one that was sent; nothing is wider than the screen."""
        async with profile(browser, color_scheme=scheme, viewport={"width": width, "height": 740}) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.fill("#body-en", "{nofact}")
            await expect(page.locator("#body-en")).to_have_class("has-mistake")
            assert await violations_on(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await page.fill("#body-en", "Words.")
            await page.get_by_role("button", name="Send", exact=True).click()
            await expect(page.locator(".head .state")).to_have_text("Goes out soon")
            assert await violations_on(page) == []
            await page.goto(address + HOME)
            assert await violations_on(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= width


class TestTyping:
    """By hand, with and without a script, with and without a connection."""

    async def test_without_a_script(self, address: str, browser: Browser) -> None:
        """Save, look, send, take back."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.get_by_role("button", name="Save").click()
            await expect(page.locator(".chat.telegram").first).to_contain_text("Title en")
            await page.get_by_role("button", name="Send", exact=True).click()
            await page.get_by_role("button", name="Take back").click()
            await expect(page.locator(".head .state")).to_have_text("Approved")

    async def test_enter_in_a_field_only_saves(self, address: str, browser: Browser) -> None:
        """The first button of the form is Save."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.locator("#title-en").press("Enter")
            await expect(page.locator(".head .state")).to_have_text("Draft")

    async def test_without_a_connection_nothing_typed_is_lost(self, address: str, browser: Browser) -> None:
        """The page says so, keeps it over a reload, and saves it afterwards."""
        async with profile(browser) as context:
            page = await context.new_page()
            await begin(page, address)
            await expect(page.locator("#saved")).to_have_text("Saved")
            await page.route("**/save", lambda route: route.abort())
            await page.fill("#body-en", "Typed meanwhile.")
            await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await page.reload()
            await expect(page.locator("#body-en")).to_have_value("Typed meanwhile.")
            await page.unroute("**/save")
            await expect(page.locator("#saved")).to_have_text("Saved", timeout=15_000)

    async def test_by_keyboard_alone(self, address: str, browser: Browser) -> None:
        """A draft is begun, written and saved without a mouse."""
        async with profile(browser) as context:
            page = await context.new_page()
            await page.goto(address + HOME)
            await page.get_by_role("button", name="Write a bulletin").press("Enter")
            await page.locator("#title-en").press_sequentially("By keys")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await page.keyboard.type("Words.")
            await expect(page.locator("#body-en")).to_have_value("Words.")
            await expect(page.locator("#saved")).to_have_text("Saved")
