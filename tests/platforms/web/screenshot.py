"""``make screenshot``: the preview and the public page as they are, in docs/, of the real dossier at a fixed moment."""

import asyncio
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.platforms.discord.guilds import invitations as to_discord
from bot.platforms.telegram.bot import invitations as to_telegram
from tests.conftest import CONTENT
from tests.platforms.web.conftest import CHROMIUM, FLAGS
from tests.platforms.web.looking import arrive, profile
from tests.platforms.web.site import Site, serving

DOCS = Path(__file__).parents[3] / "docs"
PREVIEW = DOCS / "preview.png"
SIZE = {"width": 1440, "height": 900}
COMMON = 176
"""Of 256 colours, how many are the commonest: a mean would tint the ground, and a rare one be lost."""

NO_BOT, NO_APPLICATION = "_your_bot", 0
"""Whom the codes lead to: nobody, for a name begins with a letter (telegram.org/faq#usernames-and-t-me)."""


class Shot(NamedTuple):
    """A look at the public page; ``pixels`` are its width and height."""

    name: str
    path: str
    pixels: tuple[int, int]
    scheme: Literal["light", "dark"]


SHOTS = (
    Shot("page-1440-light", "/en", (1440, 1500), "light"),
    Shot("page-1440-dark", "/ru", (1440, 1500), "dark"),
    Shot("page-360-light", "/id", (360, 1900), "light"),
    Shot("page-360-dark", "/ru", (360, 1900), "dark"),
)


async def main() -> None:
    """Looks, and keeps what is seen."""
    async with async_playwright() as playwright, serving(CONTENT) as site:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await _preview(site, browser)
        site.preview.conversation.on_connected("telegram", partial(to_telegram, NO_BOT))
        site.preview.conversation.on_connected("discord", partial(to_discord, NO_APPLICATION))
        for shot in SHOTS:
            await _page(site, browser, shot)
        await browser.close()


async def _preview(site: Site, browser: Browser) -> None:
    """With one question asked."""
    async with profile(browser, timezone_id="Asia/Jakarta", viewport=SIZE, reduced_motion="reduce") as context:
        visitor = await arrive(site, context)
        await visitor.ask("/duration")
        await expect(visitor.reply("discord")).to_contain_text("2030")
        await visitor.page.screenshot(path=PREVIEW)


async def _page(site: Site, browser: Browser, shot: Shot) -> None:
    width, height = shot.pixels
    async with profile(browser, color_scheme=shot.scheme, viewport={"width": width, "height": height}) as context:
        page = await context.new_page()
        await page.goto(site.address + shot.path)
        await _all_pictures(page)
        _keep(await page.screenshot(), DOCS / f"{shot.name}.png")


async def _all_pictures(page: Page) -> None:
    """Waits for them, also for those that would come only when scrolled to."""
    await page.evaluate(
        """async () => {
            for (const image of document.images) image.loading = "eager";
            for (const image of document.images) await image.decode();
        }"""
    )


def _keep(png: bytes, file: Path) -> None:
    """Small: in a palette of the commonest colours as they are, and of others that lie far from one another."""
    image = Image.open(BytesIO(png)).convert("RGB")
    counted = sorted(image.getcolors(image.width * image.height) or [], reverse=True)[:COMMON]
    common = [channel for _, colour in counted for channel in colour]
    rare = image.quantize(256 - COMMON, Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(common + rare)
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    asyncio.run(main())
