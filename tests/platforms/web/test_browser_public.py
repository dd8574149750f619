"""The public page in a real browser: wide and narrow, light and dark, by keyboard, on paper."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from tests.conftest import Edit
from tests.platforms.web.looking import PHONE, Visitor, profile, violations
from tests.platforms.web.site import Site, serving
from tests.tables import cases
from tests.test_examples import HIGH_SEAS
from tests.test_examples import TODAY as CHECKED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]


class TestLooks:
    """Accessible, and nothing asked of anybody else."""

    @cases("path")
    @pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")])
    async def test_axe_finds_nothing(
        self, real: Site, browser: Browser, path: str, width: int, scheme: Literal["light", "dark"]
    ) -> None:
        """On a phone and on a wide screen, in both themes; nothing wider than the screen.

        /ru
        /id/bulletins/2025-06-19-signing
        /en/topics/pricing
        /ru/ask?q=срок
        /en/nowhere
        /ru/claims
        /en/claims/fund
        /en/ask?claim=it+is+for+ten+years
        """
        async with profile(browser, color_scheme=scheme, viewport={"width": width, "height": 740}) as context:
            visitor = Visitor(real, await context.new_page())
            visitor.watch()
            await visitor.page.goto(real.address + path)
            for summary in await visitor.page.locator("summary").all():
                await summary.click()
            assert await violations(visitor) == []
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= width
            assert not [line for line in visitor.amiss if "404" not in line]

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    async def test_axe_finds_nothing_in_any_colour(
        self, folder: Path, edit: Edit, browser: Browser, scheme: Literal["light", "dark"]
    ) -> None:
        """A yellow brand, its own logo and name, key figures: readable on each ground of the page."""
        own = 'name: "City of Alba"\nlogo: logo.svg\nfigures:\n  - fare\nsubject:\n  - fare\ncolour: "#FFD400"\nlanguages:'
        edit("dossier.yaml", "languages:", own)
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: pricing')
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 6 4"><path d="M0 0h6v4H0z"/></svg>'
        (folder / "logo.svg").write_text(svg, encoding="utf-8")
        async with serving(folder) as site, profile(browser, color_scheme=scheme, viewport=PHONE) as context:
            visitor = Visitor(site, await context.new_page())
            for path in ("/en", "/en/topics/fare", "/en/ask?q=fare", "/en/claims"):
                await visitor.page.goto(site.address + path)
                assert await violations(visitor) == []
                logo = visitor.page.locator("img.logo")
                assert await logo.evaluate("(logo) => logo.naturalWidth") > 0
                assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    async def test_keyboard_alone(self, real: Site, browser: Browser) -> None:
        """The first stop leads past the head; details open by Enter; no script is needed."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(real.address + "/en", wait_until="domcontentloaded")  # without scripts no picture is lazy
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
            assert await page.locator("details .footnotes").first.is_visible()
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

    async def test_a_question_is_answered(self, real: Site, browser: Browser) -> None:
        """By Enter and without a script; the answer leads to the page of its topic."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(real.address + "/en")
            await page.get_by_label("Ask a question").fill("how long is it valid")
            await page.keyboard.press("Enter")
            await page.get_by_role("link", name="How long it lasts").click()
            assert page.url.endswith("/en/topics/duration")

    async def test_nothing_moves_while_it_loads(self, real: Site, browser: Browser) -> None:
        """Cumulative layout shift (web.dev/articles/cls) of a first visit, typefaces and pictures included."""
        for path in ("/en", "/ru/topics/pricing"):
            async with profile(browser, viewport={"width": 360, "height": 740}) as context:
                page = await context.new_page()
                await page.add_init_script(
                    "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(each => window.moved += each.value))"
                    ".observe({type: 'layout-shift', buffered: true})"
                )
                await page.goto(real.address + path, wait_until="networkidle")
                await page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
                moved = await page.evaluate("window.moved")
                assert (
                    round(moved, 2) == 0
                )  # on a busy machine the typefaces come late, and a line moves by a pixel: 0.0004

    @pytest.mark.parametrize("width", [640, 320])
    async def test_zoomed(self, real: Site, browser: Browser, width: int) -> None:
        """A window of 1280 pixels has 640 of them at 200 %, and 320 at 400 % (WCAG 2.2, 1.4.10): nothing is cut off."""
        async with profile(browser, viewport={"width": width, "height": 300}) as context:
            page = await context.new_page()
            for path in ("/ru", "/en/topics/pricing", "/id/ask", "/ru/claims"):
                await page.goto(real.address + path)
                assert await page.evaluate("document.documentElement.scrollWidth") <= width

    async def test_in_forced_colours(self, real: Site, browser: Browser) -> None:
        """The bar is still there, with a border of its own."""
        async with profile(browser, forced_colors="active") as context:
            page = await context.new_page()
            await page.goto(real.address + "/en/topics/duration")
            bar = page.locator("progress")
            assert await bar.evaluate("(bar) => getComputedStyle(bar).borderTopStyle") == "solid"
            await page.goto(real.address + "/en/claims")
            label = page.locator(".verdict").first
            assert await label.evaluate("(label) => getComputedStyle(label).borderTopStyle") == "solid"

    async def test_in_a_frame_of_another_site(self, real: Site, browser: Browser) -> None:
        """Another site shows a topic in a frame; a whole page stays refused."""

        async def frames(_: web.Request) -> web.Response:
            html = f'<iframe id="embed" src="{real.address}/embed/pricing"></iframe><iframe id="whole" src="{real.address}/en">'
            return web.Response(text=f"{html}</iframe>", content_type="text/html")

        other = web.Application()
        other.router.add_get("/", frames)
        async with TestServer(other) as server, profile(browser) as context:
            page = await context.new_page()
            await page.goto(str(server.make_url("/")), wait_until="domcontentloaded")
            picture = page.frame_locator("#embed").get_by_role("img")
            await picture.wait_for()
            assert await picture.get_attribute("src") == "/pictures/en/topic/pricing"
            assert await page.frame_locator("#whole").get_by_role("main").count() == 0

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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def spanish() -> AsyncIterator[Site]:
    """The second dossier, in Spanish and English."""
    async with serving(HIGH_SEAS, today=CHECKED) as site:
        await site.live.build_index()
        yield site


class TestSpanish:
    """Each kind of page, as in the languages of the first dossier."""

    PATHS = (
        "/es",
        "/es/topics/cop1",
        "/es/topics/protected",
        "/es/bulletins/2026-01-17-in-force",
        "/es/claims",
        "/es/claims/bans-fishing",
        "/es/ask",
        "/es/ask?q=va+a+llover",
        "/es/ask?claim=el+tratado+entr%C3%B3+en+vigor+el+1+de+enero+de+2026",
        "/es/subscribe",
        "/es/privacy",
        "/es/mistake",
        "/es/corrections",
        "/es/nowhere",
    )

    @cases("colours")
    async def test_axe_finds_nothing(self, spanish: Site, browser: Browser, colours: dict[str, Any]) -> None:
        """Nothing but the page that is not there is missing.

        {"color_scheme": "light"}
        {"color_scheme": "dark"}
        {"forced_colors": "active"}
        """
        async with profile(browser, locale="es-ES", viewport=PHONE, **colours) as context:
            visitor = Visitor(spanish, await context.new_page())
            visitor.watch()
            for path in self.PATHS:
                await visitor.page.goto(spanish.address + path)
                for summary in await visitor.page.locator("summary").all():
                    await summary.click()
                assert await violations(visitor) == [], path
            assert not [line for line in visitor.amiss if "404" not in line]

    @pytest.mark.parametrize("zoom", [1, 4])
    async def test_nothing_is_wider_than_320_pixels(self, spanish: Site, browser: Browser, zoom: int) -> None:
        """A narrow phone, and a window of 1280 pixels at 400 % (WCAG 2.2, 1.4.10)."""
        viewport = {"width": 320, "height": 740 // zoom}
        async with profile(browser, locale="es-ES", viewport=viewport, device_scale_factor=zoom) as context:
            page = await context.new_page()
            for path in self.PATHS:
                await page.goto(spanish.address + path)
                assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
