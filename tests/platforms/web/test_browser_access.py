"""The preview without a mouse, and for those who do not see it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import Edit
from tests.platforms.web.looking import DESK, PHONE, Visitor, arrive, profile, violations
from tests.platforms.web.site import Site, serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


class TestKeyboard:
    """Without a mouse."""

    async def test_slash_offers_commands(self, visitor: Visitor) -> None:
        """Arrows choose, Tab completes, Enter sends, Escape puts them away."""
        commands, keyboard = visitor.page.locator("#commands"), visitor.page.keyboard
        await visitor.field.focus()
        await keyboard.type("/dur")
        await expect(commands).to_be_visible()
        await keyboard.press("ArrowDown")
        option = await visitor.field.get_attribute("aria-activedescendant")
        await expect(visitor.page.locator(f"#{option}")).to_have_attribute("aria-selected", "true")
        await keyboard.press("Tab")
        await expect(visitor.field).to_have_value("/duration ")
        await expect(commands).to_be_hidden()
        await visitor.field.fill("/")
        await keyboard.press("ArrowUp")
        await keyboard.press("Escape")
        await expect(commands).to_be_hidden()
        await visitor.field.fill("/programs")
        await keyboard.press("ArrowDown")
        await keyboard.press("Enter")
        await expect(visitor.last("discord").locator(".command")).to_have_text("/programs")

    async def test_focus_stays_in_the_message_that_was_pressed(self, visitor: Visitor) -> None:
        """The next Tab goes on from there, not from the top of the page."""
        await visitor.ask("/duration")
        await visitor.last("discord").locator("button").first.focus()
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.last("discord")).to_be_focused()
        await visitor.page.keyboard.press("Tab")
        await expect(visitor.last("discord").locator(":focus")).to_have_count(1)

    async def test_answer_is_read_out(self, visitor: Visitor) -> None:
        """Once, not in both looks."""
        await visitor.ask("/duration")
        await expect(visitor.page.get_by_role("status")).to_contain_text("19 June")

    async def test_first_stop_leads_to_the_message_field(self, real: Site, browser: Browser) -> None:
        """Past everything else, for whom the field does not have the focus already."""
        async with profile(browser, has_touch=True, is_mobile=True, viewport=PHONE) as context:
            visitor = await arrive(real, context)
            await visitor.page.keyboard.press("Tab")
            await expect(visitor.page.get_by_text("Go to the message field")).to_be_focused()
            await visitor.page.keyboard.press("Enter")
            await expect(visitor.field).to_be_focused()


class TestAccessible:
    """axe-core finds nothing, wherever one looks."""

    @pytest.mark.parametrize(
        ("locale", "scheme", "tab"),
        [("en-GB", "light", ""), ("id-ID", "dark", ""), ("ru-RU", "light", "telegram"), ("ru-RU", "dark", "discord")],
    )
    async def test_page(self, real: Site, browser: Browser, locale: str, scheme: str, tab: str) -> None:
        """Wide, and each tab of the narrow one; light and dark; everything folded out."""
        async with profile(browser, locale, color_scheme=scheme, viewport=PHONE if tab else DESK) as context:
            visitor = await arrive(real, context)
            for command in ("/programs", "/duration", "/nonsense", "/language"):
                await visitor.ask(command)
            if tab:
                await visitor.page.locator(f"label[for=look-{tab}]").click()
            for folded in await visitor.page.locator(".chat details > summary:visible").all():
                await folded.click()
            await visitor.field.fill("/")
            assert await violations(visitor) == []

    async def test_page_of_a_broken_dossier(self, folder: Path, edit: Edit, browser: Browser) -> None:
        """The panel too."""
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            edit("topics/fare.yaml", "{fare}", "{fair}")
            await visitor.page.locator(".errors").wait_for()
            assert await violations(visitor) == []
