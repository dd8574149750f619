"""The preview in a real browser: asking, switching, editing files, the stream, without a script, without a mouse."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.db.schema import PREVIEW
from bot.dossier.models import Language
from bot.platforms.web.preview import chat_id_of
from bot.reader import Address
from bot.replies.reply import Reply
from tests.clocks import until
from tests.conftest import TINY, Edit
from tests.platforms.web.looking import LOOKS, PHONE, WIDE, Visitor, arrive, profile, violations
from tests.platforms.web.site import Site, serving
from tests.tables import cases

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]


class TestAsking:
    """A chat, in both looks at once."""

    async def test_typed_command_is_answered_in_both(self, visitor: Visitor) -> None:
        """Title, sources as links, and what is sent behind each."""
        await visitor.ask("/duration")
        title = visitor.site.live.dossier.topics["duration"].title["en"]  # type: ignore[index]
        for look in LOOKS:
            await expect(visitor.reply(look)).to_contain_text(title)
            await expect(visitor.reply(look).locator("a[href^='https://']").first).to_be_visible()
            await visitor.last(look).locator("summary", has_text="What is sent").click()
        await expect(visitor.last("telegram").locator("pre")).to_contain_text('"parse_mode": "HTML"')
        await expect(visitor.last("discord").locator("pre")).to_contain_text('"embeds"')

    async def test_pressed_button_edits_in_place_and_back_leads_back(self, visitor: Visitor) -> None:
        """In the one look by a button, in the other by a menu: both follow."""
        await visitor.ask("/programs")
        before = await visitor.reply("telegram").inner_text()
        await visitor.last("discord").locator(".menu summary").click()
        await visitor.last("discord").locator(".options button").first.click()
        await expect(visitor.reply("telegram")).not_to_have_text(before)
        await expect(visitor.page.locator("#telegram > li")).to_have_count(2)
        await visitor.last("telegram").get_by_role("button", name="All programmes").click()
        await expect(visitor.reply("telegram").locator(".words")).to_contain_text(before.splitlines()[0])
        assert await visitor.reply("telegram").inner_text() == before

    async def test_picture_is_shown_in_place(self, visitor: Visitor) -> None:
        """Whole, with its words for who cannot see it; and the way back to the reply."""
        await visitor.ask("/duration")
        await visitor.last("telegram").get_by_role("button", name="Chart").click()
        for look in LOOKS:
            image = visitor.reply(look).get_by_role("img", name=re.compile("2030"))
            await expect(image).to_be_visible()
            assert await image.evaluate("async image => (await image.decode(), image.naturalWidth)") == 1080
        await visitor.last("discord").get_by_role("button", name="In words").click()
        await expect(visitor.reply("telegram").locator("img")).to_have_count(0)

    async def test_suggestion_is_a_press_away(self, visitor: Visitor) -> None:
        chip = visitor.page.locator("#chips button").first
        words = await chip.inner_text()
        await chip.click()
        await expect(visitor.reply("discord")).to_contain_text(words)

    async def test_command_within_a_reply_can_be_pressed(self, visitor: Visitor) -> None:
        await visitor.ask("/help")
        command = visitor.reply("telegram").locator(".words .command").first
        words = await command.inner_text()
        await command.click()
        await expect(visitor.last("telegram").locator(".out .words")).to_have_text(words)

    async def test_hostile_text_is_words(self, visitor: Visitor) -> None:
        text = '<img src=x onerror="document.title=1"> <b>x</b> [a](javascript:x) \u202e "\'&amp;'
        await visitor.ask(text)
        bubble = visitor.last("telegram").locator(".out .words")
        assert await bubble.inner_text() == text
        await expect(visitor.last("telegram").locator("img, script")).to_have_count(0)
        assert "Preview" in await visitor.page.title()

    async def test_button_out_of_date_says_so(self, visitor: Visitor) -> None:
        button = visitor.last("telegram").locator(".key").first
        await button.evaluate("button => button.value = 't/gone'")
        await button.click()
        await expect(visitor.page.get_by_text("That button is out of date")).to_be_visible()


class TestSwitching:
    """Language, light, width."""

    @pytest.mark.parametrize(
        ("language", "word"), [("id", "Pratinjau"), pytest.param("ru", "Предпросмотр", marks=pytest.mark.slow)]
    )
    async def test_language(self, visitor: Visitor, language: str, word: str) -> None:
        """The page and every reply shown, and the focus stays where it was."""
        await visitor.ask("/duration")
        await visitor.page.locator(f"#language-{language}").click()
        await expect(visitor.page.locator(f"html[lang={language}][data-ready]")).to_have_count(1)
        await expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(word)
        title = visitor.site.live.dossier.topics["duration"].title[language]  # type: ignore[index]
        for look in LOOKS:
            await expect(visitor.reply(look)).to_contain_text(title)
        await expect(visitor.page.locator(f"#language-{language}")).to_be_focused()

    async def test_language_command_switches_the_page(self, visitor: Visitor) -> None:
        await visitor.ask("/language")
        await visitor.last("telegram").get_by_role("button", name="Русский").click()
        await expect(visitor.page.locator("html[lang=ru]")).to_have_count(1)

    async def test_dark_by_the_switch_and_by_the_system(self, visitor: Visitor) -> None:
        """The switch is kept; what it leaves open follows the system."""

        async def back() -> str:
            return await visitor.page.locator(".telegram .in").last.evaluate("e => getComputedStyle(e).backgroundColor")

        assert await back() == "rgb(255, 255, 255)"
        await visitor.page.emulate_media(color_scheme="dark")
        dark = await back()
        assert dark != "rgb(255, 255, 255)"
        await visitor.page.get_by_role("button", name="Light", exact=True).click()
        await expect(visitor.page.locator("html[data-theme=light]")).to_have_count(1)
        assert await back() == "rgb(255, 255, 255)"
        await visitor.page.get_by_role("button", name="Dark", exact=True).click()
        await visitor.page.emulate_media(color_scheme="light")
        await visitor.page.reload()
        assert await back() == dark

    async def test_phone_shows_one_look_at_a_time(self, visitor: Visitor) -> None:
        """By tabs; nothing is wider than 360 pixels."""
        await visitor.page.set_viewport_size(PHONE)
        await visitor.ask("/programs")
        await expect(visitor.last("telegram")).to_be_visible()
        await expect(visitor.last("discord")).to_be_hidden()
        await visitor.page.get_by_text("Discord", exact=True).first.click()
        await expect(visitor.last("discord")).to_be_visible()
        await expect(visitor.last("telegram")).to_be_hidden()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth") == 360


class TestWithoutScript:
    """Everything but what comes by itself works without a script."""

    async def test_typed_and_pressed(self, real: Site, browser: Browser) -> None:
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(f"{real.address}/preview")
            await page.fill("#text", "/programs")
            await page.locator(".send").click()
            await page.locator("#telegram-2 .key").first.click()
            await expect(page.get_by_role("button", name="All programmes").first).to_be_visible()
            await page.locator("#language-ru").click()
            await expect(page.locator("html[lang=ru]")).to_have_count(1)


class TestEditing:
    """An editor saves files while the page is open."""

    async def test_broken_then_mended(self, folder: Path, edit: Edit, browser: Browser) -> None:
        """The errors stand on the page, the last good dossier answers; mended, the panel goes and replies are fresh."""
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            await visitor.ask("/fare")
            edit("topics/fare.yaml", "costs **{fare}**", "is **{fair}**")
            panel = visitor.page.locator(".errors")
            await expect(panel).to_contain_text("1 mistake in the content")
            await expect(panel).to_contain_text("topics/fare.yaml:10")
            await expect(panel).to_contain_text("unknown fact 'fair', did you mean 'fare'?")
            await visitor.ask("/fare")
            await expect(visitor.reply("telegram")).to_contain_text("A single ticket costs Rp4,500")
            edit("topics/fare.yaml", "{fair}", "{fare}")
            await expect(panel).to_have_count(0)
            for look in LOOKS:
                await expect(visitor.reply(look)).to_contain_text("A single ticket is Rp4,500")
            await expect(visitor.page.locator("#telegram > li").nth(1)).to_contain_text("A single ticket is")
            assert not visitor.amiss

    async def test_what_was_last_said_stays_in_view(self, folder: Path, edit: Edit, browser: Browser) -> None:
        """The panel about the content takes its room from what was said before."""
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            for _ in range(6):
                await visitor.ask("/fare")
            end = visitor.last("telegram").locator(".payload summary")
            await expect(end).to_be_in_viewport(ratio=1)
            edit("topics/fare.yaml", "costs **{fare}**", "is **{fair}**")
            await expect(visitor.page.locator(".errors")).to_be_visible()
            await expect(end).to_be_in_viewport(ratio=1)

    async def test_what_was_folded_out_stays_so(self, folder: Path, edit: Edit, browser: Browser) -> None:
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            await visitor.ask("/fare")
            await visitor.last("telegram").locator(".payload summary").click()
            await visitor.last("telegram").locator(".why summary").click()
            await visitor.field.fill("half a quest")
            edit("topics/fare.yaml", "A single ticket", "One ticket")
            await expect(visitor.reply("telegram")).to_contain_text("One ticket")
            for part in ("pre", ".why .box"):
                await expect(visitor.last("telegram").locator(part)).to_be_visible()
            await expect(visitor.field).to_have_value("half a quest")


class TestTeaching:
    """An editor asks something, sees why it was not answered, and adds it to a topic."""

    async def test_question_is_answered_once_it_is_an_example(self, folder: Path, browser: Browser) -> None:
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            await visitor.ask("what does the captain want from me")
            exchange = visitor.last("discord")
            await exchange.locator(".why summary").click()
            await expect(exchange.locator(".why")).to_contain_text("about none of the topics")
            await exchange.locator(".example summary").click()
            await exchange.locator(".example select").select_option(label="The fare")
            await exchange.get_by_role("button", name="Add", exact=True).click()
            await expect(visitor.page.get_by_text("Added to questions/fare.yaml")).to_be_visible()
            for look in LOOKS:
                await expect(visitor.reply(look)).to_contain_text("A single ticket costs Rp4,500")
            await expect(exchange.locator(".why")).to_contain_text("It is an example of “The fare”")
            await visitor.ask("what does the captain want from me?")
            await expect(visitor.reply("telegram")).to_contain_text("A single ticket costs Rp4,500")
            assert not visitor.amiss
        added = (folder / "questions" / "fare.yaml").read_text(encoding="utf-8")
        assert added == "asks:\n  en:\n    - what does the captain want from me\n"

    async def test_without_a_script(self, folder: Path, browser: Browser) -> None:
        async with serving(folder, follows=True) as site, profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(f"{site.address}/preview")
            await page.fill("#text", "what does the captain want from me")
            await page.locator(".send").click()
            last = page.locator("#telegram > li").last
            before = site.live.dossier.version
            await last.locator(".example summary").click()
            await last.get_by_role("button", name="Add", exact=True).click()
            await expect(page.get_by_text("Added to questions/fare.yaml")).to_be_visible()
            await until(lambda: site.live.dossier.version != before)
            await page.reload()
            await expect(last).to_contain_text("A single ticket costs")


class TestStream:
    """What comes by itself."""

    async def test_bulletin_arrives(self, visitor: Visitor) -> None:
        cookies = await visitor.page.context.cookies()
        key = next(cookie["value"] for cookie in cookies if cookie["name"] == "preview")
        visitor.site.preview.deliver(Address(PREVIEW, str(chat_id_of(key))), Reply(None, Language("en"), "Just in"))
        for look in LOOKS:
            await expect(visitor.reply(look)).to_contain_text("Just in")
            await expect(visitor.last(look).locator(".out, .used")).to_have_count(0)

    async def test_nota_that_is_gone_is_said(self, browser: Browser) -> None:
        """The page stays, and tries again."""
        async with profile(browser) as context:
            async with serving(TINY) as site:
                visitor = await arrive(site, context)
            await expect(visitor.page.get_by_text("Nota is not answering")).to_be_visible()


def names_in(folder: Path) -> list[str]:
    return sorted(str(file) for file in folder.rglob("*"))


class TestRebinding:
    """A stranger's page, whose name leads to this machine by now, runs in the browser of whoever has Nota here."""

    async def test_reads_and_writes_nothing(self, folder: Path, browser: Browser) -> None:
        """The browser takes it for our own origin, and so does not stop it; only the name gives it away."""
        before = names_in(folder)
        async with serving(folder) as site, profile(browser) as context:
            page = await context.new_page()
            await page.goto(site.address.replace("127.0.0.1", "evil.example"))
            for address, form in (
                ("/preview", None),
                ("/preview/messages", {"text": "is it dear"}),
                ("/preview/examples", {"exchange": "1", "topic": "fare"}),
            ):
                script = "([to, form]) => fetch(to, form ? {method: 'POST', body: new URLSearchParams(form)} : {}).then((answer) => answer.status)"
                assert await page.evaluate(script, [address, form]) == 403, address
        assert names_in(folder) == before


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

    @cases("locale, scheme, tab")
    async def test_page(self, real: Site, browser: Browser, locale: str, scheme: str, tab: str) -> None:
        """Wide, and each tab of the narrow one; light and dark; everything folded out.

        en-GB | light | ""
        id-ID | dark | ""
        ru-RU | light | telegram
        ru-RU | dark | discord
        """
        async with profile(browser, locale, color_scheme=scheme, viewport=PHONE if tab else WIDE) as context:
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
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            edit("topics/fare.yaml", "{fare}", "{fair}")
            await visitor.page.locator(".errors").wait_for()
            assert await violations(visitor) == []
