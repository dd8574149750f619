"""A visitor at a real browser, who notices whatever a page should not do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.platforms.web.site import Site

PATIENCE_MILLISECONDS = 60_000
"""A busy machine draws late; a test that passes waits for none of it."""

expect.set_options(timeout=PATIENCE_MILLISECONDS)
LOOKS = ["telegram", "discord"]
PHONE, WIDE = {"width": 360, "height": 740}, {"width": 1440, "height": 900}


@dataclass
class Visitor:
    """One tab on a site. ``amiss`` holds what a page did that no page may: errors, refusals, calls to others."""

    site: Site
    page: Page
    amiss: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """From now on."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.amiss.append(f"error: {error}"))
        self.page.on("request", self._follow)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.amiss.append(f"console: {message.text}")

    def _follow(self, request: Request) -> None:
        ours = urlsplit(self.site.address).netloc
        if urlsplit(request.url).netloc != ours:
            self.amiss.append(f"request to {request.url}")

    @property
    def field(self) -> Locator:
        return self.page.locator("#text")

    def last(self, look: str) -> Locator:
        """The last turn as a platform shows it."""
        return self.page.locator(f"#{look} > li").last

    def reply(self, look: str) -> Locator:
        """What the bot says in it."""
        return self.last(look).locator(".reply")

    async def ask(self, text: str) -> None:
        """Types it, and waits for the answer."""
        turns = await self.page.locator("#telegram > li").count()
        await self.field.fill(text)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("#telegram > li")).to_have_count(turns + 1)


@asynccontextmanager
async def profile(browser: Browser, locale: str = "en-GB", **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser of one's own, in which nothing is waited for longer than a few seconds."""
    context = await browser.new_context(locale=locale, **options)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    try:
        yield context
    finally:
        await context.close()


async def arrive(site: Site, context: BrowserContext) -> Visitor:
    """Opens the preview and waits until its script is at work."""
    visitor = Visitor(site, await context.new_page())
    visitor.watch()
    await visitor.page.goto(f"{site.address}/preview")
    await visitor.page.locator("html[data-ready]").wait_for()
    return visitor


async def violations(visitor: Visitor) -> list[str]:
    """What axe-core finds, a line each."""
    return await violations_on(visitor.page)


async def violations_on(page: Page) -> list[str]:
    """As :func:`violations`."""
    found = (await Axe().run(page)).response["violations"]
    return [f"{each['id']}: {node['html'][:160]} {node['failureSummary']}" for each in found for node in each["nodes"]]
