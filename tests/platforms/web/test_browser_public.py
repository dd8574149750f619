"""The public page in a real browser: wide and narrow, light and dark, by keyboard, on paper."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser

from tests.conftest import Edit
from tests.platforms.web.looking import Visitor, profile, violations
from tests.platforms.web.site import Site, serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


class TestLooks:
    """Accessible, and nothing asked of anybody else."""

    @pytest.mark.parametrize("path", ["/ru", "/id/bulletins/2025-06-19-signing", "/en/nowhere"])
    @pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")])
    async def test_axe_finds_nothing(
        self, real: Site, browser: Browser, path: str, width: int, scheme: Literal["light", "dark"]
    ) -> None:
        """On a phone and on a wide screen, in both themes; nothing wider than the screen."""
        async with profile(browser, color_scheme=scheme, viewport={"width": width, "height": 740}) as context:
            visitor = Visitor(real, await context.new_page())
            visitor.watch()
            await visitor.page.goto(real.address + path)
            for summary in await visitor.page.locator("summary").all():
                await summary.click()
            assert await violations(visitor) == []
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= width
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
        """The languages and the way to chats are left out; every answer is open, and footnotes have their addresses."""
        async with profile(browser) as context:
            page = await context.new_page()
            await page.goto(real.address + "/en")
            await page.emulate_media(media="print")
            assert not await page.locator(".languages").is_visible()
            assert await page.locator("details .text").first.is_visible()
            assert await page.locator("h1").is_visible()
            note = page.locator(".footnotes a").first
            address = await note.evaluate("(link) => getComputedStyle(link, '::after').content")
            assert address == f'" {await note.get_attribute("href")}"'

    async def test_a_citation_leads_to_its_footnote(self, real: Site, browser: Browser) -> None:
        """A screen reader says whose page it is; the footnote is a link to it."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(real.address + "/ru/bulletins/2025-06-19-signing")
            await page.get_by_label("Источник 2: ANTARA (BisnisUpdate)").first.click()
            assert (
                await page.locator(".footnotes li:target a").get_attribute("href")
                == "https://bisnisupdate.com/?p=222620"
            )

    async def test_a_link_to_an_answer_opens_it(self, real: Site, browser: Browser) -> None:
        """As from a bulletin's topics: without a script."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(real.address + "/en/bulletins/2025-06-19-signing")
            await page.get_by_role("link", name="Who the parties are").click()
            await page.locator("#parties").wait_for(state="visible")

    async def test_titles_of_200_characters(self, folder: Path, edit: Edit, browser: Browser) -> None:
        """Of one word even (a topic's, which is on buttons, may have 80): nothing is wider than a phone, nothing is lost."""
        title = "Interoperabilitas" * 12
        edit("topics/fare.yaml", "The fare", title[:68])
        edit("bulletins/2026-01-05-first-crossing.yaml", "First crossing", title[:200])
        async with serving(folder) as site, profile(browser, viewport={"width": 360, "height": 740}) as context:
            page = await context.new_page()
            for path in ("/en", "/en/bulletins/2026-01-05-first-crossing"):
                await page.goto(site.address + path)
                assert await page.evaluate("document.documentElement.scrollWidth") <= 360
                assert title[:68] in await page.locator("main").inner_text()
