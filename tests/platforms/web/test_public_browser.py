"""The public page in a real browser: wide and narrow, light and dark, by keyboard, on paper."""

from typing import Literal

import pytest
from playwright.async_api import Browser

from tests.platforms.web.looking import Visitor, profile, violations
from tests.platforms.web.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


class TestLooks:
    """Accessible, and nothing asked of anybody else."""

    @pytest.mark.parametrize("path", ["/ru", "/id/bulletins/2025-06-19-signing", "/en/nowhere"])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    async def test_axe_finds_nothing(
        self, real: Site, browser: Browser, path: str, scheme: Literal["light", "dark"]
    ) -> None:
        """At 360 pixels, in both themes; nothing wider than the screen."""
        async with profile(browser, color_scheme=scheme, viewport={"width": 360, "height": 740}) as context:
            visitor = Visitor(real, await context.new_page())
            visitor.watch()
            await visitor.page.goto(real.address + path)
            for summary in await visitor.page.locator("summary").all():
                await summary.click()
            assert await violations(visitor) == []
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 360
            assert not [line for line in visitor.amiss if "404" not in line]

    async def test_keyboard_alone(self, real: Site, browser: Browser) -> None:
        """The first stop leads past the head; details open by Enter; no script is needed."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(real.address + "/en")
            await page.keyboard.press("Tab")
            assert await page.locator(":focus").inner_text() == "Skip to the text"
            details = page.locator("details").last
            await details.locator("summary").focus()
            await page.keyboard.press("Enter")
            assert await details.get_attribute("open") is not None

    async def test_on_paper(self, real: Site, browser: Browser) -> None:
        """The languages and the way to chats are left out."""
        async with profile(browser) as context:
            page = await context.new_page()
            await page.goto(real.address + "/en")
            await page.emulate_media(media="print")
            assert not await page.locator(".languages").is_visible()
            assert await page.locator("h1").is_visible()
