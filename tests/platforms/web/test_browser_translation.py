"""Translating a change in a real browser: saved as it is typed, figures named at once, a sentence inserted, on a phone, without a fault of axe."""

import pytest
from playwright.async_api import Browser, expect

from bot.dossier.entries import Key, value_digest
from bot.newsroom.desk import Edit
from tests.conftest import CONTENT, not_none
from tests.platforms.web.looking import PHONE, WIDE, violations_on
from tests.platforms.web.test_browser_desk import ADA, BUDI, newsdesk, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]

KEY = Key("bulletins/2026-02-14-russian-scholarships-demand")
BODY = f'[id="{KEY}|body|ru"]'


async def test_from_what_was_changed_to_a_saved_translation(browser: Browser) -> None:
    """The page is never left but for a button; a figure that differs stands under its field once that was left."""
    async with newsdesk(ADA, BUDI, content=CONTENT) as served:
        content = served.live.contents[KEY]
        made = await served.desk.create(ADA, "Grants", {KEY: content})
        english = str(content["body"]["en"])  # type: ignore[call-overload,index]
        changed = english.replace("2026/27", "2025/26") + "\n\nA second round is planned."
        await served.desk.save(made.id, ADA, [Edit(KEY, ("body", "en"), value_digest(english), changed)])
        context = await browser.new_context(viewport=WIDE)
        page = await signed_in(context, served, BUDI)
        faults = list[str]()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{served.address}/desk/{made.id}")
        await page.locator(".translate").get_by_role("link", name="Русский").click()
        group = page.get_by_role("group", name="Text", exact=True)
        await expect(group.locator("ins")).to_have_text(["2025/26", "A second round is planned."])
        await expect(group).to_contain_text("changed since translated")
        await expect(page.locator("#checked")).to_contain_text("English 2025/26")
        assert await violations_on(page) == []

        text = await page.locator(BODY).input_value()
        await page.locator(BODY).fill(text.replace("2026/27", "2025/26"))
        await expect(page.locator("#saved")).to_have_text("Saved")
        await expect(page.locator("#checked")).not_to_contain_text("Figures that differ")
        await page.keyboard.press("Control+s")
        await expect(page.locator("#saved")).to_have_text("Saved")
        await page.reload()
        await expect(group).not_to_contain_text("changed since translated")
        stored = (await served.contents(made.id))[KEY]
        assert "2025/26" in str(stored["body"]["ru"])  # type: ignore[call-overload,index]

        await page.set_viewport_size(PHONE)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert await violations_on(page) == []
        assert faults == []
        await context.close()


async def test_facts_and_sources_at_the_caret(browser: Browser) -> None:
    """Ctrl-K as in the editor, by keys alone and on a phone: with the values in the language of the translation; there is no form for a new source."""
    async with newsdesk(ADA, BUDI, content=CONTENT) as served:
        made = await served.desk.create(ADA, "Grants", {KEY: served.live.contents[KEY]})
        context = await browser.new_context(viewport=PHONE)
        page = await signed_in(context, served, BUDI)
        faults = list[str]()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{served.address}/desk/{made.id}/translation/ru")
        text, options, dialog = page.locator(BODY), page.locator("#insert-list li"), page.locator("#inserts")
        await text.fill("Срок: .")
        await text.evaluate("each => each.setSelectionRange(6, 6)")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("first_term")
        await expect(options).to_contain_text(["лет"])
        assert await violations_on(page) == []
        box = not_none(await dialog.bounding_box())
        assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE["width"]) == (True, True)
        await page.keyboard.press("Enter")
        await expect(text).to_have_value("Срок: {first_term}.")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("https://nowhere.example/page")
        await expect(options).to_have_count(0)
        await page.keyboard.press("Escape")
        await page.get_by_role("link", name="Insert…").click()
        source = next(iter(served.live.complete.sources))
        await page.keyboard.type(source)
        await expect(options.first).to_contain_text("INTI Media")
        await options.first.click()
        await expect(text).to_have_value(f"Срок: {{first_term}}[@{source}].")
        await page.keyboard.press("Control+z")
        await expect(page.locator("#saved")).to_have_text("Saved")
        stored = (await served.contents(made.id))[KEY]
        assert stored["body"]["ru"] == "Срок: {first_term}."  # type: ignore[call-overload,index]
        assert faults == []
        await context.close()
