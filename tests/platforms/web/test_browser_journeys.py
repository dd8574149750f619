"""What every run of the tests does in a real browser: two ways through the pages, and each script is read."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

import bot.platforms
from tests.conftest import TINY
from tests.platforms.web.looking import LOOKS, WIDE, arrive, profile
from tests.platforms.web.site import serving
from tests.platforms.web.test_browser_desk import ADA, BUDI, at, begin, newsdesk, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]

SCRIPTS = sorted(Path(bot.platforms.__path__[0]).glob("*/static/*.js"))

MISTAKE_IN = """async (script) => {
    const source = 'import "https://missing.invalid/none.js";\\n' + script; // so that it is read and never run
    try { await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"}))); }
    catch (error) { return error instanceof SyntaxError ? error.message : ""; }
}"""


async def test_every_script_can_be_read(browser: Browser) -> None:
    async with profile(browser, offline=True) as context:
        page = await context.new_page()
        mistakes = {script.name: await page.evaluate(MISTAKE_IN, script.read_text("utf-8")) for script in SCRIPTS}
        assert await page.evaluate(MISTAKE_IN, "const one = ;") != ""
    assert len(SCRIPTS) > 5
    assert mistakes == dict.fromkeys(mistakes, "")


async def test_a_reader_asks_in_the_preview(browser: Browser) -> None:
    """By typing and by a button, in both looks, and the page does nothing that no page may."""
    async with serving(TINY) as site, profile(browser, viewport=WIDE) as context:
        visitor = await arrive(site, context)
        await visitor.ask("/fare")
        for look in LOOKS:
            await expect(visitor.reply(look)).to_contain_text(site.live.dossier.topics["fare"].title["en"])  # type: ignore[index]
        assert visitor.amiss == []


async def test_a_bulletin_is_written_and_approved(browser: Browser) -> None:
    """By two editors; the second reads it as readers will, on both platforms."""
    async with (
        newsdesk(ADA, BUDI) as served,
        profile(browser, viewport=WIDE) as hers,
        profile(browser, viewport=WIDE) as his,
    ):
        ada, budi = await signed_in(hers, served, ADA), await signed_in(his, served, BUDI)
        errors: list[object] = []
        for page in (ada, budi):
            page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108  playwright marks what it is given
        await begin(ada, served.address)
        await ada.fill(at("body|en"), "Fares fall. [@harbour]")
        await ada.get_by_role("button", name="Ask for approval", exact=True).click()
        await expect(ada.locator(".head .state")).to_have_text("Waits for approval")
        await budi.goto(ada.url)
        for look in LOOKS:
            await expect(budi.locator(f".chat.{look}").first).to_contain_text("Fares fall.")
        await budi.get_by_role("button", name="Approve", exact=True).click()
        await expect(budi.locator(".head .state")).not_to_have_text("Waits for approval")
        assert errors == []
