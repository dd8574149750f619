"""``make screenshot``: docs/preview.png from the real preview of the real dossier, at a fixed moment."""

import asyncio
from pathlib import Path

from playwright.async_api import async_playwright, expect

from tests.conftest import CONTENT
from tests.platforms.web.conftest import CHROMIUM, FLAGS
from tests.platforms.web.looking import arrive, profile
from tests.platforms.web.site import serving

PICTURE = Path(__file__).parents[3] / "docs" / "preview.png"
SIZE = {"width": 1440, "height": 900}


async def main() -> None:
    """Asks one question and keeps what is seen."""
    async with async_playwright() as playwright, serving(CONTENT) as site:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        async with profile(browser, timezone_id="Asia/Jakarta", viewport=SIZE, reduced_motion="reduce") as context:
            visitor = await arrive(site, context)
            await visitor.ask("/duration")
            await expect(visitor.said("discord")).to_contain_text("2030")
            await visitor.page.screenshot(path=PICTURE)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
