"""``make screenshot``: the preview, the public page and the desk as they are, in docs/, of the real dossier at a fixed moment."""

import asyncio
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bot.db.changes import Action, Person
from bot.dossier.entries import Key
from bot.dossier.models import Language
from bot.platforms.discord.guilds import invitations as to_discord
from bot.platforms.telegram.bot import invitations as to_telegram
from bot.platforms.web.desk.sign_in import HOME
from tests.conftest import CONTENT
from tests.platforms.web.conftest import CHROMIUM, FLAGS
from tests.platforms.web.figure_scene import FACT, MEANT, FigureScene, figure_scene
from tests.platforms.web.looking import arrive, profile
from tests.platforms.web.site import Site, serving

DOCS = Path(__file__).parents[3] / "docs"
PREVIEW = DOCS / "preview.png"
SIZE = {"width": 1440, "height": 900}
COMMON = 176
"""Of 256 colours, how many are the commonest: a mean would tint the ground, and a rare one be lost."""

NO_BOT, NO_APPLICATION = "_your_bot", 0
"""Whom the codes lead to: nobody, for a name begins with a letter (telegram.org/faq#usernames-and-t-me)."""

ADA, BUDI = (Person(f"telegram:{number}", name, Language("en")) for number, name in enumerate(("Ada", "Budi")))
COMPARED_MS = 240_000
"""Every reply is written without and with a change."""

DESK, PHONE = {"width": 1120, "height": 760}, {"width": 390, "height": 870}


ALL = ("en", "id", "ru")

CHANGES: tuple[tuple[Person, str, tuple[str, ...], tuple[tuple[Action, Person], ...], float], ...] = (
    (ADA, "Five programmes, one year on", ("en",), (), 0),
    (BUDI, "Talks on payments resume in Jakarta", ALL, (("ask", BUDI),), 0),
    (ADA, "The deadline moves to June", ALL, (("ask", ADA), ("return", BUDI)), 0),
    (ADA, "The subcommittee meets in Moscow", ALL, (("ask", ADA), ("approve", BUDI)), 3 * 86400.0),
)
"""Writer, title, languages, what was decided, and how many seconds ahead it is planned."""


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
        async with figure_scene([ADA.account, BUDI.account]) as scene:
            await _desk(scene, browser)
            await _board(scene, browser)
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


async def _desk(scene: FigureScene, browser: Browser) -> None:
    """A mistake in a figure is mended: the right one, the corrected message, what that changes, and the approval on a phone."""
    async with profile(browser, color_scheme="light", viewport=DESK) as context:
        page = await _signed_in(scene, context, ADA)
        await page.get_by_role("link", name="A figure is wrong").click()
        await page.locator("#q").fill("400")
        await page.locator("#q").press("Enter")
        await page.locator(f'[id="{FACT}|value"]').fill(MEANT)
        await page.get_by_label("Address of another source").fill("https://embassy.example/scholarships")
        await page.get_by_label("Who published it").fill("Embassy")
        _keep(await page.screenshot(full_page=True), DOCS / "desk-figure.png")
        await page.get_by_role("button", name="See what it changes").click()
        await expect(page.locator("#checked [data-of^='bulletins/'] .telegram").first).to_contain_text("4,000, not 400")
        _keep(await page.locator("#checked").screenshot(), DOCS / "desk-corrected.png")
        await page.locator("#consequences .number").wait_for(timeout=COMPARED_MS)
        await _shoot(page, "#consequences", "desk-what-changes", "#consequences details")
        await page.get_by_role("button", name="Ask for approval").click()
        await expect(page.locator(".head .state")).to_have_text("Waits for approval")
    async with profile(browser, color_scheme="light", viewport=PHONE) as context:
        page = await _signed_in(scene, context, BUDI)
        await page.get_by_role("link", name="applications from Indonesia").click()
        await page.locator("#consequences .number").wait_for(timeout=COMPARED_MS)
        _keep(await page.screenshot(), DOCS / "desk-approval.png")


async def _board(scene: FigureScene, browser: Browser) -> None:
    """What waits for whom, a bulletin in two panes, and a fact that is inserted into it."""
    desk = scene.served.desk
    for writer, title, languages, steps, planned in CHANGES:
        texts = dict.fromkeys(languages, f"{title}.")
        content = {"title": dict.fromkeys(languages, title), "body": texts}
        at = scene.clock.now + planned if planned else None
        change = await desk.create(writer, "", {Key("bulletins/new-1"): content}, planned=at)
        for action, person in steps:
            change = await desk.decide(change.id, change.version, action, person, "The day is missing.")
    async with profile(browser, color_scheme="light", viewport=SIZE) as context:
        page = await _signed_in(scene, context, ADA)
        _keep(
            await page.screenshot(clip={"x": 0, "y": 0, "width": SIZE["width"], "height": 520}), DOCS / "desk-board.png"
        )
        await page.get_by_role("button", name="New bulletin").click()
        await page.fill('[id="bulletins/new-1|title|en"]', "Scholarships: the window opens")
        await page.fill(
            '[id="bulletins/new-1|body|en"]', "{applications} young people applied last year. {nofact} places are free."
        )
        await page.fill('[id="bulletins/new-1|title|id"]', "Beasiswa: pendaftaran dibuka")
        await page.locator('[id="bulletins/new-1|body|id"]').focus()
        await expect(page.locator(".wrong").first).to_be_visible()
        await expect(page.locator("#saved")).to_have_text("Saved")
        _keep(await page.screenshot(), DOCS / "desk-panes.png")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("scholarships")
        await expect(page.locator("#insert-list li").first).to_be_visible()
        _keep(await page.locator("#inserts").screenshot(), DOCS / "desk-insert.png")


async def _signed_in(scene: FigureScene, context: BrowserContext, person: Person) -> Page:
    page = await context.new_page()
    await scene.served.store.sign_ins.invite(f"link-of-{person.name}", person)
    await page.goto(f"{scene.served.address}{HOME}/enter/link-of-{person.name}")
    await page.get_by_role("button", name="Sign in").click()
    return page


async def _shoot(page: Page, place: str, name: str, last: str = "") -> None:
    """From the top of a part of the page, as high as the screen, or to the end of what stands last."""
    top = "place => scrollTo({ top: place.getBoundingClientRect().top + scrollY - 6, behavior: 'instant' })"
    await page.locator(place).evaluate(top)
    height = float(page.viewport_size["height"]) if page.viewport_size else 0.0
    if last and (box := await page.locator(last).first.bounding_box()):
        height = box["y"] + box["height"] + 5
    _keep(await page.screenshot(clip={"x": 0, "y": 0, "width": DESK["width"], "height": height}), DOCS / f"{name}.png")


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
