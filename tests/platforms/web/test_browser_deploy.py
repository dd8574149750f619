"""A deploy that differs from what the desk changed, in a real browser: an editor sees the difference, and takes or leaves it with one press."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.db.changes import Person
from bot.dossier.entries import Key
from bot.dossier.models import Language
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.platforms.web.desk.sign_in import HOME
from tests.clocks import MovedClock
from tests.platforms.web.desk_site import Newsdesk
from tests.platforms.web.looking import PHONE, WIDE, profile, violations_on
from tests.platforms.web.test_browser_desk import ADA, newsdesk, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]

NAME = "2026-01-05-first-crossing"
KEY = Key(f"bulletins/{NAME}")
CARLA = Person("telegram:2", "Carla", Language("es"))


async def shown(page: Page, name: str) -> None:
    """A picture of the page, if somebody wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def differing(served: Newsdesk, clock: MovedClock, page: Page) -> None:
    """Ada corrects the headline at the desk, which Carla sends, and then a deploy has another one."""
    await page.goto(f"{served.address}{HOME}/entries/{KEY}")
    await page.get_by_role("button", name="Change this").click()
    await page.locator(f'[id="{KEY}|title|en"]').fill("Of the desk")
    await page.get_by_role("button", name="Ask for approval").click()
    await expect(page.locator(".head .state")).to_have_text("Waits for approval")
    change = await served.change()
    await served.desk.decide(change.id, change.version, "approve", CARLA)
    clock.forward(TAKE_BACK_SECONDS + 1)
    file = served.folder / f"{KEY}.yaml"
    file.write_text(file.read_text("utf-8").replace("First crossing", "Of the file", 1), "utf-8")
    await served.look()
    await served.deploy()


@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "left"])
@pytest.mark.parametrize("person", [ADA, CARLA], ids=["en", "es"])
async def test_with_one_press(browser: Browser, person: Person, is_taken: bool) -> None:
    clock = MovedClock()
    async with (
        newsdesk(ADA, CARLA, clock=clock) as served,
        profile(browser, viewport=WIDE) as hers,
        profile(browser, viewport=PHONE, has_touch=True) as his,
    ):
        await differing(served, clock, await signed_in(hers, served, ADA))
        page = await signed_in(his, served, person)
        await page.goto(served.address + HOME)
        await shown(page, f"board-{person.language}")
        await page.locator(".board").get_by_role("link", name="Deploy").click()
        await shown(page, f"deploy-{person.language}")
        what = page.locator("section[aria-labelledby=of-files]")
        await expect(what.locator("del")).to_have_text("Of the desk")
        await expect(what.locator("ins")).to_have_text("Of the file")
        assert await violations_on(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await what.get_by_role("button").nth(0 if is_taken else 1).press("Enter")
        await page.wait_for_load_state()
        clock.forward(TAKE_BACK_SECONDS + 1)
        await served.look()
        title = "Of the file" if is_taken else "Of the desk"
        assert served.live.contents[KEY]["title"]["en"] == title  # type: ignore[index,call-overload]
        await page.goto(served.address + HOME)
        await shown(page, f"board-after-{title[-4:]}-{person.language}")
        await expect(page.locator(".board").get_by_role("link", name="Deploy")).to_have_count(int(is_taken))
