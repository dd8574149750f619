"""A mistake in a figure is mended at the desk, in a real browser, by two who have never seen a file of the dossier."""

import re
from collections import Counter

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from bot.db.changes import Person
from bot.dossier.models import Language
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.platforms.web.desk.sign_in import HOME
from bot.reader import Address
from tests.platforms.web.desk_site import Newsdesk
from tests.platforms.web.figure_scene import BULLETIN, CHATS, FACT, MEANT, MISTAKEN, figure_scene
from tests.platforms.web.looking import profile

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]

ADA, BUDI = (Person(f"telegram:{number}", name, Language("en")) for number, name in enumerate(("Ada", "Budi")))

COUNT, MOST = 10, 60
"""Presses, and keys beside the words themselves, of both editors together. docs/editors.md names the number."""

COMPARED_MS = 240_000
"""Every reply is written twice: some seconds of a processor, which this test shares with others."""

COUNTED = """
const count = () => { sessionStorage.counted = 1 + Number(sessionStorage.counted ?? 0); };
addEventListener("pointerdown", count, true);
addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => { if (key.length > 1 || ctrlKey || altKey || metaKey) count(); }, true);
"""
"""Every press of a pointer, and every key that writes no character. The browser's own store keeps the number from page to page."""


async def signed_in(context: BrowserContext, served: Newsdesk, person: Person) -> Page:
    """A page of somebody who has opened the link of the bot, counted from there on."""
    await context.add_init_script(COUNTED)
    page = await context.new_page()
    await served.store.sign_ins.invite(f"link-of-{person.name}", person)
    await page.goto(f"{served.address}{HOME}/enter/link-of-{person.name}")
    await page.get_by_role("button", name="Sign in").click()
    return page


async def typed(place: Locator, words: str) -> None:
    """Into a field, after a press on it."""
    await place.click()
    await place.page.keyboard.type(words)


async def counted(page: Page) -> int:
    return int(await page.evaluate("sessionStorage.counted"))


@pytest.mark.slow
async def test_a_figure_was_wrong(browser: Browser) -> None:
    """A figure is changed, a source is added, another editor approves on a phone: 1,000 chats are corrected, once each.

    That takes both editors 10 presses and keys beside the words themselves.
    """
    async with (
        figure_scene([ADA.account, BUDI.account]) as scene,
        profile(browser) as hers,
        profile(browser, viewport={"width": 390, "height": 844}, has_touch=True) as his,
    ):
        served, platform = scene.served, scene.chats.platform
        everybody = [Address("telegram", str(chat)) for ids in CHATS.values() for chat in ids]
        before = {chat: repr(platform.messages(chat)) for chat in everybody}
        assert len(everybody) == 1000
        assert Counter(method for method, *_ in platform.calls) == {"send": 1000}

        ada = await signed_in(hers, served, ADA)
        await ada.get_by_role("link", name="A figure is wrong").click()
        await ada.keyboard.type(f"about {MISTAKEN}")
        await ada.keyboard.press("Enter")
        value = ada.locator(f'[id="{FACT}|value"]')
        await expect(value).to_be_focused()  # and selected
        await expect(ada.get_by_text("in 1,000 chats")).to_be_visible()
        await ada.keyboard.type(MEANT)
        await typed(ada.get_by_label("Address of another source"), "https://embassy.example/scholarships")
        await typed(ada.get_by_label("Who published it"), "Embassy")
        await ada.keyboard.press("Enter")
        await expect(ada.get_by_text("It was wrong: sent messages that print it are corrected.")).to_be_visible()
        bulletin = ada.locator("#checked [data-of^='bulletins/'] .telegram").first
        await expect(bulletin).to_contain_text("Corrected on 23 November 2026: 4,000, not 400.")
        await ada.get_by_role("button", name="Ask for approval").click()
        await expect(ada.locator(".head .state")).to_have_text("Waits for approval")

        budi = await signed_in(his, served, BUDI)
        await budi.get_by_role("link", name="applications from Indonesia").click()
        await expect(budi.locator("#consequences .number")).to_have_text("edited in 1,000 chats", timeout=COMPARED_MS)
        await expect(budi.get_by_text("It was wrong: sent messages that print it are corrected.")).to_be_visible()
        await budi.get_by_role("button", name="Approve").click()
        await expect(budi.locator(".head .state")).to_have_text("Approved")

        await served.look()
        assert (await served.change(2)).state == "approved"  # 1: what came with files
        scene.clock.forward(TAKE_BACK_SECONDS + 1)
        await served.look()
        await scene.chats.send_all()
        for page in (ada, budi):  # both follow, and load themselves again
            await expect(page.locator(".head .state")).to_have_text("In force")

        edits = Counter(address for method, address, _ in platform.calls if method == "edit")
        assert edits == dict.fromkeys(everybody, 1)
        assert len(platform.calls) == 2000
        for chat in everybody:
            [message] = platform.messages(chat)
            texts = before[chat], repr(message).replace("\\xa0", " ")
            assert [bool(re.search(r"\b4[.,]?000\b", text)) for text in texts] == [False, True]
        for chat, note in (
            ("1", "Corrected on 23 November 2026: 4,000, not 400."),
            ("401", "Diralat pada"),
            ("801", "Исправлено"),
        ):
            assert note in scene.chats.texts(Address("telegram", chat))[0]
        rows = await scene.chats.rows()
        assert Counter((row.bulletin_id, row.state, row.shown) for row in rows) == {(BULLETIN, "delivered", 2): 1000}
        assert await counted(ada) + await counted(budi) == COUNT <= MOST
