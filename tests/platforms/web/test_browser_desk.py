"""The desk in a real browser: accessible, on a phone, by keyboard, and nothing typed is lost."""

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import update

from bot.db.changes import ChangeId, Person
from bot.db.schema import deliveries
from bot.db.store import open_store
from bot.dossier.entries import Key
from bot.dossier.models import Language, SourceId
from bot.newsroom.change_rules import TAKE_BACK_SECONDS, Rules
from bot.platforms.web.desk.sign_in import HOME
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import CONTENT, TINY, not_none
from tests.databases import Outages, sqlite_url
from tests.platforms.web.desk_site import Newsdesk, served_desk
from tests.platforms.web.looking import PHONE, WIDE, profile, violations_on
from tests.tables import cases

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]


ADA, BUDI = (Person(f"telegram:{number}", name, Language("en")) for number, name in enumerate(("Ada", "Budi")))

NEW = "bulletins/new-1"

TIMER_MS = 6000
"""Longer than any pause of the page's script, of which most tests do not wait for the end."""


@asynccontextmanager
async def newsdesk(*editors: Person, clock: MovedClock | None = None, content: Path = TINY) -> AsyncIterator[Newsdesk]:
    """The tiny dossier's newsroom. Without editors the desk is the demo editor's, as without tokens."""
    with TemporaryDirectory(prefix="nota-desk-") as folder:
        folder_of = Path(shutil.copytree(content, Path(folder) / "content"))
        people, rules = [each.account for each in editors], Rules(needs_two=bool(editors))
        async with (
            open_store(sqlite_url(), clock) as store,
            served_desk(store, folder_of, clock, people, rules, static=True) as served,
        ):
            yield served


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address() -> AsyncIterator[str]:
    """One desk for all tests."""
    async with newsdesk() as served:
        yield served.address


async def signed_in(context: BrowserContext, served: Newsdesk, person: Person) -> Page:
    """A page of somebody who has opened the link and pressed its button."""
    page = await context.new_page()
    await served.store.sign_ins.invite(f"link-of-{person.name}", person)
    await page.goto(f"{served.address}{HOME}/enter/link-of-{person.name}")
    await page.get_by_role("button", name="Sign in").click()
    return page


def at(name: str) -> str:
    """A field of the new bulletin, such as ``body|en``."""
    return f'[id="{NEW}|{name}"]'


async def begin(page: Page, address: str) -> None:
    """A new bulletin with a text in both languages."""
    await page.goto(address + HOME)
    await page.get_by_role("button", name="New bulletin").click()
    for language in ("en", "id"):
        await page.fill(at(f"title|{language}"), f"Title {language}")
        await page.fill(at(f"body|{language}"), "Words.")


async def saved(page: Page) -> None:
    """Waits until everything typed is saved."""
    await page.clock.fast_forward(TIMER_MS)
    await expect(page.locator("#saved")).to_have_text("Saved")


async def text_of(served: Newsdesk, language: str = "en") -> str:
    """The text of the new bulletin, as it is saved."""
    content = not_none(next(iter((await served.contents()).values())))
    return str(content["body"][language])  # type: ignore[call-overload,index]


class TestPages:
    """On a phone and on a wide screen, light and dark."""

    @pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
    async def test_axe_finds_nothing(
        self, address: str, browser: Browser, width: int, scheme: Literal["light", "dark"]
    ) -> None:
        """In the list, in a change with a mistake, where one waits, and before a withdrawal; nothing is wider than the screen."""
        async with profile(browser, color_scheme=scheme, viewport={"width": width, "height": 740}) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.fill(at("body|en"), "{nofact}")
            await page.locator(at("title|id")).focus()
            await expect(page.locator(at("body|en"))).to_have_class("has-mistake")
            for look in ("mistake", "preview", "approved", HOME, f"{HOME}/withdraw/2026-01-05-first-crossing"):
                if look == "preview":
                    await page.evaluate("location.hash = 'checked'")
                    await expect(page.locator("#checked")).to_be_in_viewport()
                elif look == "approved":
                    await page.evaluate("location.hash = 'write'")
                    await page.fill(at("body|en"), "Words.")
                    await page.get_by_role("button", name="Send", exact=True).click()
                    await expect(page.locator(".head .state")).to_have_text("Approved")
                elif look.startswith(HOME):
                    await page.goto(address + look)
                assert await violations_on(page) == [], look
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, look


MOST_TABS = 11

MSO = '<p class="MsoNormal">First.</p>'

PASTE = """(field, [text, html]) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    clipboardData.setData("text/html", html);
    field.focus();
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
"""What a browser does when somebody pastes; without a listener that takes it, nothing is pasted by this."""


class TestPanes:
    """What is written at the left; what is wrong and what readers will see beside it."""

    async def test_beside_each_other_and_in_view(self, address: str, browser: Browser) -> None:
        """Both follow what is typed, by the server's renderer; a mistake is said under its field once that was left."""
        async with profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await page.goto(address + HOME)
            await page.get_by_role("button", name="New bulletin").click()
            await expect(page.locator(".has-mistake, .wrong, #checked .shown")).to_have_count(0)  # before a letter
            await expect(page.locator("#checked")).to_contain_text("The English title is missing")
            await page.fill(at("title|en"), "Fares fall")
            await page.fill(at("body|en"), "To {nofact}.")
            await expect(page.locator("#checked")).to_contain_text("There is no fact “nofact”")
            await expect(page.locator(".has-mistake, .wrong")).to_have_count(0)  # it is being typed in
            await page.locator(at("body|id")).focus()
            wrong = page.locator(f'[id="wrong-{NEW}|body|en"]')
            await expect(wrong).to_have_text("There is no fact “nofact”")
            await expect(page.locator(at("body|en"))).to_have_attribute("aria-describedby", f"wrong-{NEW}|body|en")
            for look in ("telegram", "discord"):
                await expect(page.locator(f"#checked .chat.{look}").first).to_contain_text("Fares fall")
            await page.set_viewport_size({"width": 1440, "height": 500})
            await page.locator(at("body|en")).evaluate("each => each.scrollIntoView()")
            await expect(page.locator(at("title|en"))).not_to_be_in_viewport()
            await expect(page.locator("#checked h2").first).to_be_in_viewport()
            await page.fill(at("body|en"), "To 4,000.")
            await expect(wrong).to_have_count(0)

    async def test_the_preview_follows_the_caret(self, browser: Browser) -> None:
        """The entry, the language and the words there; while somebody types, what does not know it yet is pale."""
        async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await begin(page, served.address)
            await saved(page)
            await served.desk.open_entry(ChangeId(1), ADA, Key("topics/fare"))
            await page.reload()
            topic, bulletin = page.locator('[data-of="topics/fare"]'), page.locator(f'[data-of="{NEW}"]')
            field = page.locator('[id="topics/fare|body|id"]')
            await field.focus()
            await expect(bulletin).to_be_hidden()
            await expect(topic.locator(".chat.telegram[lang=id]")).to_contain_text("Tiket sekali jalan Rp4.500.")
            await page.clock.install()
            await field.fill("Sekarang **{fare}**. Murah sekali.")
            await expect(page.locator("#checked.behind")).to_have_count(1)
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#checked.behind")).to_have_count(0)
            await expect(topic.locator(".chat.discord[lang=id]")).to_contain_text("Sekarang Rp4.500. Murah sekali.")
            at_caret = "[...CSS.highlights.get('caret')].map((each) => each.startContainer.data.slice(each.startOffset, each.endOffset))"
            assert await page.evaluate(at_caret) == [". Murah sekali."]
            await field.fill("Kapal **{fare}**\n\n**apa** sekarang")
            await page.clock.fast_forward(TIMER_MS)
            await expect(topic.locator(".chat.discord[lang=id]")).to_contain_text("apa sekarang")
            caret = "([field, at]) => { field.setSelectionRange(at, at); return new Promise((done) => setTimeout(() => done(marked()), 50)); }"
            marked = caret.replace("marked()", at_caret)
            await page.clock.resume()
            for place, words in (
                (9, []),
                (13, []),
                (22, ["apa"]),
                (2, ["Kapal"]),
            ):  # within {fare} nothing, and "apa" not in "Kapal"
                assert await page.evaluate(marked, [await field.element_handle(), place]) == words, place
            await page.locator(at("body|en")).focus()
            await expect(topic).to_be_hidden()
            await expect(bulletin.locator(".chat.telegram[lang=en]")).to_be_in_viewport()

    @pytest.mark.parametrize("script", [True, False])
    async def test_tabs_on_a_phone(self, address: str, browser: Browser, script: bool) -> None:
        """One pane at a time, and the buttons below both. A mistake leads to its field."""
        async with profile(browser, viewport=PHONE, java_script_enabled=script) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.fill(at("body|en"), "{nofact}")
            await page.get_by_role("button", name="Save", exact=True).click()
            await page.wait_for_load_state()
            tabs, text, preview = page.locator(".pane-tabs a"), page.locator(at("body|en")), page.locator("#checked")
            await expect(preview).to_be_hidden()
            await tabs.nth(1).click()
            await expect(preview).to_be_in_viewport()
            await expect(text).to_be_hidden()
            await expect(page.get_by_role("button", name="Save", exact=True)).to_be_in_viewport()
            await preview.get_by_role("link", name="Text · English").click()
            await expect(text).to_be_in_viewport()
            await expect(preview).to_be_hidden()
            await expect(page.locator(f'[id="wrong-{NEW}|body|en"]')).to_be_visible()

    async def test_few_tabs_to_save(self, browser: Browser) -> None:
        """In three languages and with fifty sources: from the first field, and from the page's top."""
        async with newsdesk(content=CONTENT) as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await page.goto(served.address + HOME)
            await page.get_by_role("button", name="New bulletin").click()
            await page.locator(at("title|en")).focus()
            assert await _tabs_to_save(page) <= MOST_TABS
            await page.reload()
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await expect(page.get_by_role("link", name="Skip to Save")).to_be_focused()
            await page.keyboard.press("Enter")
            assert await _tabs_to_save(page) == 0

    async def test_ctrl_s_saves(self, browser: Browser) -> None:
        """At once; the page, the field and the caret stay, also when the page follows and saves by itself."""
        async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await page.clock.install()
            await begin(page, served.address)
            await page.fill(at("body|en"), "First words.")
            await page.evaluate(f"document.getElementById('{NEW}|body|en').setSelectionRange(5, 5)")
            await page.keyboard.type(" two")
            await page.keyboard.press("Control+s")
            await expect(page.locator("#saved")).to_have_text("Saved")
            assert await text_of(served) == "First two words."
            await page.keyboard.type(" and three")
            await saved(page)
            await expect(page.locator("#checked .chat.telegram").first).to_contain_text("two and three words")
            await page.keyboard.type("!")
            await expect(page.locator(at("body|en"))).to_have_value("First two and three! words.")

    async def test_what_has_the_focus_in_the_preview_keeps_it(self, address: str, browser: Browser) -> None:
        """When the page follows what was typed, and the part that it is in is drawn anew."""
        async with profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await page.clock.install()
            await begin(page, address)
            await saved(page)
            await page.fill(at("body|en"), "Other words.")
            dark = page.locator('#checked input[value="dark"]')
            await dark.check()
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#checked .chat.telegram").first).to_contain_text("Other words.")
            await expect(dark).to_be_checked()
            await expect(dark).to_be_focused()


async def _tabs_to_save(page: Page) -> int:
    """How often Tab is pressed until Save has the focus."""
    for number in range(60):
        if await page.evaluate("document.activeElement.id") == "save":
            return number
        await page.keyboard.press("Tab")
    return 60


async def test_what_changes_is_never_of_other_words(browser: Browser) -> None:
    """It is gone with the first letter, stays away while nothing can be saved, and comes by itself; the heading follows the title."""
    async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
        page = await context.new_page()
        await page.goto(served.address + HOME)
        await page.get_by_role("button", name="New bulletin").click()
        part, waits = page.locator("#consequences"), "This follows once what you type is saved."
        await expect(part).to_contain_text("Readers see no difference.")
        await context.set_offline(True)
        await page.locator(at("title|en")).press_sequentially("T")
        await expect(part).to_have_text(re.compile(rf"What this changes\s*{re.escape(waits)}"))
        await page.fill(at("title|en"), "Fares fall")
        await page.fill(at("body|en"), "Words.")
        await expect(page.locator("#saved")).to_contain_text("Not saved")
        await expect(part).to_contain_text(waits)
        await context.set_offline(False)
        await expect(part).to_contain_text("Fares fall")
        await expect(page.locator(".head h1")).to_have_text("Fares fall")


class TestInserting:
    """Facts and sources at the caret, by keys alone."""

    async def test_a_fact_and_a_source(self, browser: Browser) -> None:
        """Ctrl-K, a few letters, Enter: the caret stands behind it, and the browser can undo it. Esc inserts nothing."""
        async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await begin(page, served.address)
            text = page.locator(at("body|en"))
            await text.fill("It costs .")
            await page.evaluate(f"document.getElementById('{NEW}|body|en').setSelectionRange(9, 9)")
            await page.keyboard.press("Control+k")
            options = page.locator("#insert-list li")
            await expect(options.filter(has_text="fare")).to_contain_text("Rp4,500")
            await page.keyboard.type("4,500")
            await expect(options).to_have_count(1)
            await page.keyboard.press("Enter")
            await expect(text).to_have_value("It costs {fare}.")
            await page.keyboard.press("ArrowRight")
            await page.keyboard.press("Control+k")
            await page.keyboard.type("harbour")
            await expect(options.first).to_contain_text("Harbour Office")
            await page.keyboard.press("Escape")
            await expect(text).to_be_focused()
            await page.keyboard.press("Control+k")
            await page.keyboard.type("#")
            await expect(options).to_have_count(0)
            await page.keyboard.press("Backspace")
            await expect(options).not_to_have_count(0)
            for _ in range(await options.count() - await options.filter(has_text="Harbour").count()):
                await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Enter")
            await expect(text).to_have_value("It costs {fare}.[@harbour]")
            await page.keyboard.press("Control+z")
            await expect(text).to_have_value("It costs {fare}.")

    async def test_what_stands_at_the_caret(self, browser: Browser) -> None:
        """Its value or its publisher is named below the text; "Remove" takes it out, "Change" opens its entry and saves what is typed before."""
        async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await begin(page, served.address)
            text, line = page.locator(at("body|en")), page.locator(".at-caret")
            place = f"document.getElementById('{NEW}|body|en').setSelectionRange"
            await text.fill("It costs {fare} now.[@harbour; @other, p. 3] Really.")
            await expect(line).to_have_count(0)
            await page.evaluate(f"{place}(11, 11)")
            await expect(line).to_contain_text("Rp4,500")
            await page.evaluate(f"{place}(25, 25)")
            await expect(line).to_contain_text("Harbour Office")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await expect(line.get_by_role("button", name="Remove")).to_be_focused()
            await page.keyboard.press("Enter")
            await expect(text).to_have_value("It costs {fare} now.[@other, p. 3] Really.")
            await page.evaluate(f"{place}(9, 9)")
            await line.get_by_role("button", name="Remove").click()
            await expect(text).to_have_value("It costs now.[@other, p. 3] Really.")
            await page.keyboard.press("Control+z")
            await expect(text).to_have_value("It costs {fare} now.[@other, p. 3] Really.")
            await page.evaluate(f"{place}(11, 11)")
            await expect(line).to_contain_text("Rp4,500")
            assert await violations_on(page) == []
            await line.get_by_role("button", name="Change").click()
            await expect(page).to_have_url(re.compile("#entry-facts/fare$"))
            assert await text_of(served) == "It costs {fare} now.[@other, p. 3] Really."
            await page.locator('[id="facts/fare|amount"]').fill("5,200")
            await text.focus()
            await page.evaluate(f"{place}(11, 11)")
            await line.get_by_role("button", name="Change").click()  # it stands on this page: nothing is loaded
            await expect(page.locator('[id="facts/fare|amount"]')).to_have_value("5,200")
            await expect(page.locator('[id^="facts/fare|"]').first).to_be_focused()

    async def test_marks(self, browser: Browser) -> None:
        """By buttons and by keys; a second time takes them away."""
        async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await begin(page, served.address)
            text = page.locator(at("body|en"))
            await text.fill("One two")
            await page.evaluate(f"document.getElementById('{NEW}|body|en').setSelectionRange(4, 7)")
            for keys, expected in (
                ("Control+b", "One **two**"),
                ("Control+b", "One two"),
                ("Control+i", "One *two*"),
                ("Control+i", "One two"),
                ("Control+Shift+Digit8", "- One two"),
                ("Control+Shift+Digit8", "One two"),
            ):
                await page.keyboard.press(keys)
                await expect(text).to_have_value(expected)
            tools = page.locator(".tools").filter(visible=True).first
            await page.evaluate(f"document.getElementById('{NEW}|body|en').setSelectionRange(4, 7)")
            await tools.get_by_role("button", name="Link").click()
            await page.keyboard.type("https://a.example")
            await expect(text).to_have_value("One [two](https://a.example)")
            await tools.get_by_role("button", name="List").click()
            await expect(text).to_have_value("- One [two](https://a.example)")

    async def test_a_source_by_its_address(self, browser: Browser) -> None:
        """One that the dossier has is inserted; of another page the publisher is known, and its form asks for the rest."""
        async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await begin(page, served.address)
            text = page.locator(at("body|en"))
            await text.press("End")
            known = served.live.complete.sources[SourceId("harbour")].url
            await page.keyboard.press("Control+k")
            await page.keyboard.type(f"{known.replace('https://', 'https://www.')}/")
            await expect(page.locator("#insert-list li")).to_contain_text("Harbour Office")
            await page.keyboard.press("Enter")
            await expect(text).to_have_value("Words.[@harbour]")
            await page.keyboard.press("Control+k")
            await page.keyboard.type(f"{known}/another-page")
            await expect(page.locator("#insert-list li")).to_contain_text("New source from this address")
            await page.keyboard.press("Enter")
            publisher = page.locator('input[name^="sources/"][name*="|publisher"]').first
            await expect(publisher).not_to_have_value("")
            await expect(page.locator('input[name^="sources/"][name$="|url"]')).to_have_value(f"{known}/another-page")
            await expect(text).to_have_value(re.compile(r"Words\.\[@harbour\]\[@[\w-]+\]"))  # it stands at the caret
            name = await publisher.input_value()
            await publisher.fill("")
            await page.locator('input[name^="sources/"][name$="|url"]').fill(f"{known}/third-page")
            await page.get_by_role("button", name="Take it").click()
            await expect(publisher).to_have_value(name)

    @cases("copied, html, pasted")
    async def test_what_word_leaves_in_a_text(self, browser: Browser, copied: str, html: str, pasted: str) -> None:
        r"""It is mended as it is pasted, the page says so, and Ctrl-Z brings back what was copied.

        "•\tOne\r\n•\tTwo" | "" | "- One\n- Two"
        "\uf0b7\tOne\no\tInner\n–\tThird" | "" | "- One\n- Inner\n- Third"
        "First.\r\nSecond.\r\n· One\r\n· Two\r\nEnd." | <p class="MsoNormal">First.</p> | "First.\n\nSecond.\n\n- One\n- Two\n\nEnd."
        "Fer\u00adry\u200b fares\u00a0fall" | "" | Ferry fares fall
        "One\u000bTwo" | "" | "One\nTwo"
        "o Romeo\n– five – and – six" | "" | "o Romeo\n– five – and – six"
        """
        async with newsdesk() as served, profile(browser, viewport=WIDE) as context:
            page = await context.new_page()
            await begin(page, served.address)
            text = page.locator(at("body|en"))
            await text.fill("")
            await text.evaluate(PASTE, [copied, html])
            is_mended = pasted != copied
            await expect(text).to_have_value(pasted if is_mended else "")  # what is not mended, the browser pastes
            await expect(page.locator(".pasted")).to_have_count(1 if is_mended else 0)
            if is_mended and "\v" not in copied:
                await page.keyboard.press("Control+z")
                await expect(text).to_have_value(copied.replace("\r\n", "\n"))

    async def test_many_lines(self, browser: Browser) -> None:
        """In a moment, and Ctrl-Z brings back what was copied, and what was there; more than the server takes is refused."""
        async with newsdesk() as served, profile(browser) as context:
            page = await context.new_page()
            await begin(page, served.address)
            text = page.locator(at("body|en"))
            await text.fill("Before.")
            await text.evaluate("(field) => field.select()")
            copied = "Word text here.\n" * 1000
            began = time.monotonic()
            await text.evaluate(PASTE, [copied, '<p class="MsoNormal">First.</p>'])
            assert time.monotonic() - began < 3
            await expect(text).to_have_value("Word text here.\n\n" * 999 + "Word text here.\n")
            for former in (copied, "Before."):
                await page.keyboard.press("Control+z")
                await expect(text).to_have_value(former)
            await text.evaluate(PASTE, ["Word text here.\n" * 60_000, ""])
            await expect(page.get_by_text("A text is too long")).to_be_visible()
            await expect(text).to_have_value("Before.")


class TestTyping:
    """By hand, with and without a script, with and without a connection."""

    async def test_without_a_script(self, address: str, browser: Browser) -> None:
        """Save, look, approve, take back."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.get_by_role("button", name="Save").click()
            await expect(page.locator(".chat.telegram").first).to_contain_text("Title en")
            await page.get_by_role("button", name="Send", exact=True).click()
            await page.get_by_role("button", name="Take back").click()
            await expect(page.locator(".head .state")).to_have_text("Draft")

    async def test_enter_in_a_field_only_saves(self, address: str, browser: Browser) -> None:
        """The first button of the form is Save, and the entries' buttons are behind it."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.locator(at("title|en")).press("Enter")
            await expect(page.locator(".head .state")).to_have_text("Draft")
            await expect(page.locator(at("title|en"))).to_have_value("Title en")

    async def test_by_keyboard_alone(self, address: str, browser: Browser) -> None:
        """A bulletin is begun, written, given a source, and saved without a mouse."""
        async with profile(browser) as context:
            page = await context.new_page()
            await page.goto(address + HOME)
            await page.get_by_role("button", name="New bulletin").press("Enter")
            await page.locator(at("title|en")).press_sequentially("By keys")
            await page.keyboard.press("Tab")
            await page.keyboard.type("Words.")
            await expect(page.locator(at("body|en"))).to_have_value("Words.")
            await page.locator(".add > summary").press("Enter")
            await page.locator("#words").press_sequentially("Port")
            await page.keyboard.press("Enter")
            await expect(page.locator('[id="sources/port|publisher"]')).to_have_value("Port")
            await expect(page.locator(at("body|en"))).to_have_value("Words.")
            await expect(page.locator(f'input[name="{NEW}|sources"][value="port"]')).to_be_checked()

    async def test_a_translator_sees_what_was_changed_since(self, browser: Browser) -> None:
        async with newsdesk() as served, profile(browser) as context:
            page = await context.new_page()
            await page.clock.install()
            await begin(page, served.address)
            await saved(page)
            mark = page.locator(f'[id="outdated|{NEW}|id"]')
            await expect(mark).to_be_hidden()
            await page.fill(at("body|en"), "Other words.")
            await page.clock.fast_forward(TIMER_MS)
            await expect(mark).to_be_visible()


async def kept(page: Page) -> bool:
    """Whether the browser keeps something that was typed."""
    return bool(await page.evaluate("Object.keys(localStorage).some((key) => key.startsWith('nota-change-'))"))


class TestNothingTypedIsLost:
    """Whatever becomes of a press: what is typed stays in the page and in the browser until the server has it."""

    async def test_without_a_connection(self, browser: Browser) -> None:
        """The page says so, keeps it over a reload, and saves it afterwards."""
        async with newsdesk() as served, profile(browser) as context:
            page = await context.new_page()
            await page.clock.install()
            await begin(page, served.address)
            await saved(page)
            assert not await kept(page)
            await page.route("**/save", lambda route: route.abort())
            await page.fill(at("body|en"), "Typed meanwhile.")
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await page.reload()
            await expect(page.locator(at("body|en"))).to_have_value("Typed meanwhile.")
            await page.unroute("**/save")
            await saved(page)
            assert await text_of(served) == "Typed meanwhile."
            assert not await kept(page)

    @pytest.mark.parametrize("field", ["title", "body"])
    async def test_in_two_tabs(self, browser: Browser, field: str) -> None:
        """One tab types without a connection; the other one saves another field, or the same one."""
        async with newsdesk() as served, profile(browser) as context:
            one = await context.new_page()
            await one.clock.install()
            await begin(one, served.address)
            await saved(one)
            other = await context.new_page()
            await other.goto(one.url)
            await other.route("**/save", lambda route: route.abort())
            await other.fill(at("body|en"), "Typed in the other tab.")
            await one.fill(at(f"{field}|en"), "Typed in one tab.")
            await saved(one)
            await other.close()
            again = await context.new_page()
            await again.goto(one.url)
            if field == "title":
                await expect(again.locator(at("body|en"))).to_have_value("Typed in the other tab.")
                await expect(again.locator("#saved")).to_have_text("Saved")
                assert await text_of(served) == "Typed in the other tab."
                assert not await kept(again)
            else:  # as of two people
                await expect(again.locator("#saved")).to_contain_text("Choose which one stays.")
                await expect(again.locator(".conflict")).to_contain_text("Typed in one tab.")
                await expect(again.locator(at("body|en"))).to_have_value("Typed in the other tab.")

    @pytest.mark.parametrize("value", ["{", '"text"', '{"body|en": 5}'])
    async def test_a_broken_value_in_the_browser(self, browser: Browser, value: str) -> None:
        """The page saves by itself as always."""
        async with newsdesk() as served, profile(browser) as context:
            page = await context.new_page()
            await begin(page, served.address)
            await expect(page.locator("#saved")).to_have_text("Saved")
            name = await page.locator("#change").get_attribute("data-kept-as")
            await page.evaluate("([name, value]) => localStorage.setItem(name, value)", [name, value])
            await page.clock.install()
            await page.reload()
            await page.fill(at("body|en"), "Typed.")
            await saved(page)
            assert await text_of(served) == "Typed."

    async def test_while_somebody_asked_for_approval(self, browser: Browser) -> None:
        """The page has no fields then: it shows what this browser keeps, and says so."""
        async with newsdesk(ADA, BUDI) as served, profile(browser) as hers, profile(browser) as his:
            ada, budi = await signed_in(hers, served, ADA), await signed_in(his, served, BUDI)
            await begin(ada, served.address)
            await saved(ada)
            await ada.route("**/save", lambda route: route.abort())
            await ada.fill(at("body|en"), "Typed offline.")
            await budi.goto(f"{served.address}{HOME}/1")
            await budi.locator("[name=action][value=ask]").first.click()
            await expect(budi.locator(".state.review").first).to_be_visible()
            await ada.unroute("**/save")
            await ada.reload()
            await expect(ada.locator("#kept dl")).to_contain_text("Text · EnglishTyped offline.")
            await expect(ada.locator("#kept")).to_contain_text("kept in this browser")

    async def test_the_database_goes_away(self, browser: Browser) -> None:
        """The page says so and goes on trying; what was typed is saved as soon as the database is back."""
        async with newsdesk() as served, profile(browser) as context:
            page = await context.new_page()
            await page.clock.install()
            await begin(page, served.address)
            await saved(page)
            async with Outages(served.store.database.url).away(served.store):
                await page.fill(at("body|en"), "Typed meanwhile.")
                await page.clock.fast_forward(TIMER_MS)
                await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await saved(page)
            assert await text_of(served) == "Typed meanwhile."

    @pytest.mark.parametrize("button", ["Ask for approval", pytest.param("Save", marks=pytest.mark.slow)])
    async def test_signed_out(self, browser: Browser, button: str) -> None:
        """The page says so and does not try again; after signing in, the change has what was typed."""
        async with newsdesk(ADA, BUDI) as served, profile(browser) as context:
            page = await signed_in(context, served, ADA)
            await page.clock.install()
            await begin(page, served.address)
            await saved(page)
            change = page.url
            await served.store.sign_ins.leave(ADA.account)  # "Sign out" in another tab
            await page.fill(at("body|en"), "Typed meanwhile.")
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_contain_text("Sign in and open this change again.")
            await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.locator("#saved")).to_contain_text("Sign in and open this change again.")
            assert (page.url, await page.locator(at("body|en")).input_value()) == (change, "Typed meanwhile.")
            colleague = await signed_in(context, served, BUDI)  # at the same machine: it is not theirs to save
            await colleague.goto(change)
            await expect(colleague.locator(at("body|en"))).not_to_have_value("Typed meanwhile.")
            again = await signed_in(context, served, ADA)
            await again.goto(change)
            await expect(again.locator(at("body|en"))).to_have_value("Typed meanwhile.")
            async with again.expect_navigation():
                await again.get_by_role("button", name=button, exact=True).click()
            await expect(again.locator(".head .state")).to_have_text(
                "Draft" if button == "Save" else "Waits for approval"
            )
            assert await text_of(served) == "Typed meanwhile."
            assert not await kept(again)

    @pytest.mark.parametrize("button", ["Send", pytest.param("Save", marks=pytest.mark.slow)])
    async def test_a_press_without_a_connection(self, browser: Browser, button: str) -> None:
        """Before anything could be saved by itself: the page stays, also over a reload; the next press does it."""
        async with newsdesk() as served, profile(browser) as context:
            page = await context.new_page()
            await begin(page, served.address)
            await page.route("**/desk/*/*", lambda route: route.abort())
            await page.fill(at("body|en"), "Typed meanwhile.")
            await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await page.reload()
            await expect(page.locator(at("body|en"))).to_have_value("Typed meanwhile.")
            await page.unroute("**/desk/*/*")
            async with page.expect_navigation():
                await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.locator(".head .state")).to_have_text("Draft" if button == "Save" else "Approved")
            assert await text_of(served) == "Typed meanwhile."

    async def test_pressed_twice_on_two_buttons(self, browser: Browser) -> None:
        """Save and "Ask for approval" in one breath, while the server is slow."""
        async with newsdesk(ADA, BUDI) as served, profile(browser) as context:
            page = await signed_in(context, served, ADA)
            await begin(page, served.address)

            async def slowly(route: Route) -> None:
                await asyncio.sleep(0.3)
                await route.continue_()

            await page.route("**/desk/1/*", slowly)
            await page.fill(at("body|en"), "Typed last.")
            async with page.expect_navigation():
                await page.evaluate(
                    """() => {
                        const [save, ask] = [...document.querySelectorAll(".save button")];
                        save.click(); save.click(); ask.click(); ask.click();
                    }"""
                )
            assert await text_of(served) == "Typed last."
            await page.unroute_all(behavior="wait")  # a request that still waits would be continued twice
            if (await served.change()).state == "draft":
                await page.get_by_role("button", name="Ask for approval").click()
            await expect(page.locator(".head .state")).to_have_text("Waits for approval")

    @pytest.mark.parametrize("choice", ["Keep that", pytest.param("Replace it", marks=pytest.mark.slow)])
    async def test_somebody_else_saves_the_same_text(self, browser: Browser, choice: str) -> None:
        """Both stand side by side; nothing is asked for until one is chosen. The other language is nobody's conflict."""
        async with newsdesk(ADA, BUDI) as served, profile(browser) as hers, profile(browser) as his:
            ada = await signed_in(hers, served, ADA)
            await ada.clock.install()
            await begin(ada, served.address)
            await saved(ada)
            budi = await signed_in(his, served, BUDI)
            await budi.clock.install()
            await budi.goto(ada.url)
            await budi.fill(at("body|en"), "Of Budi.")
            await saved(budi)
            await ada.fill(at("body|en"), "Of Ada.")
            await ada.fill(at("body|id"), "Dari Ada.")
            await ada.get_by_role("button", name="Ask for approval").click()
            await expect(ada.locator(".conflict blockquote")).to_have_text("Of Budi.")
            await expect(ada.locator(at("body|en"))).to_have_value("Of Ada.")
            assert (await text_of(served), await text_of(served, "id")) == ("Of Budi.", "Dari Ada.")
            assert (await served.change()).state == "draft"
            await ada.reload()
            await expect(ada.locator(at("body|en"))).to_have_value("Of Ada.")
            await ada.clock.fast_forward(TIMER_MS)
            await ada.get_by_label(choice).click()  # the box goes with it
            await expect(ada.locator(".conflict")).to_have_count(0)
            await ada.get_by_role("button", name="Ask for approval").click()
            await expect(ada.locator(".head .state")).to_have_text("Waits for approval")
            assert await text_of(served) == ("Of Budi." if choice == "Keep that" else "Of Ada.")
            assert not await kept(ada)

    async def test_somebody_else_asks_for_approval(self, browser: Browser) -> None:
        """What is typed then cannot be saved: the page says so, a press shows it, and it is there again after a return."""
        async with newsdesk(ADA, BUDI) as served, profile(browser) as hers, profile(browser) as his:
            ada = await signed_in(hers, served, ADA)
            await ada.clock.install()
            await begin(ada, served.address)
            await saved(ada)
            change = ada.url
            budi = await signed_in(his, served, BUDI)
            await budi.goto(change)
            await budi.get_by_role("button", name="Ask for approval").click()
            await expect(budi.locator(".head .state")).to_have_text("Waits for approval")
            await ada.fill(at("body|en"), "Of Ada.")
            await ada.clock.fast_forward(TIMER_MS)
            await expect(ada.locator("#saved")).to_contain_text("somebody has asked for its approval")
            await ada.get_by_role("button", name="Save").click()
            await expect(ada.locator("[aria-labelledby=unsaved]")).to_contain_text("Of Ada.")
            await budi.fill("#reason", "Ada has more.")
            await budi.get_by_role("button", name="Return to the writer").click()
            await expect(budi.locator(".head .state")).to_have_text("Draft")
            await ada.goto(change)
            await expect(ada.locator(at("body|en"))).to_have_value("Of Ada.")
            await saved(ada)
            assert await text_of(served) == "Of Ada."

    async def test_typed_while_it_is_being_saved(self, browser: Browser) -> None:
        """A slow answer; what came after the request is saved as well."""
        async with newsdesk() as served, profile(browser) as context:
            page = await context.new_page()
            await begin(page, served.address)
            answered = asyncio.Event()

            async def slowly(route: Route) -> None:
                answer = await route.fetch()
                await answered.wait()
                await route.fulfill(response=answer)

            await page.route("**/save", slowly, times=1)
            async with page.expect_request("**/save"):
                await page.get_by_role("button", name="Save").click()
            await page.fill(at("body|en"), "Words, and more.")
            async with page.expect_navigation():
                answered.set()
            await expect(page.locator(".chat.telegram").first).to_contain_text("Words, and more.")
            await expect(page.locator(at("body|en"))).to_have_value("Words, and more.")
            assert await text_of(served) == "Words, and more."

    @pytest.mark.parametrize("first", ["Save", pytest.param("of itself", marks=pytest.mark.slow)])
    async def test_a_press_while_it_is_being_saved(self, browser: Browser, first: str) -> None:
        """By a press before, or by the page itself: the last press counts, with the version that the server has by then."""
        async with newsdesk(ADA, BUDI) as served, profile(browser) as context:
            page = await signed_in(context, served, ADA)
            await page.clock.install()
            await begin(page, served.address)
            answered = asyncio.Event()

            async def slowly(route: Route) -> None:
                answer = await route.fetch()
                await answered.wait()
                await route.fulfill(response=answer)

            await page.route("**/save", slowly, times=1)
            async with page.expect_request("**/save"):
                if first == "Save":
                    await page.get_by_role("button", name="Save").click()
                else:
                    await page.clock.fast_forward(TIMER_MS)
            await page.get_by_role("button", name="Ask for approval").click()
            answered.set()
            await expect(page.locator(".head .state")).to_have_text("Waits for approval")
            await expect(page.get_by_role("alert")).to_have_count(0)
            assert not await kept(page)

    async def test_the_answer_to_a_save_is_lost(self, browser: Browser) -> None:
        """The same words are saved again; nobody else has changed the draft."""
        async with newsdesk(ADA, BUDI) as served, profile(browser) as context:
            page = await signed_in(context, served, ADA)
            await page.clock.install()
            await begin(page, served.address)

            async def broken_off(route: Route) -> None:
                await route.fetch()
                await route.fulfill(status=200, content_type="application/json", body='{"vers')

            await page.route("**/save", broken_off, times=1)
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_have_text("Saved")
            await page.get_by_role("button", name="Ask for approval").click()
            await expect(page.locator(".head .state")).to_have_text("Waits for approval")


MOST_PRESSES = 6
"""From the empty list to the approval. A press with finding its place takes some 4 seconds, a page's load another 2."""

CLICK_SECONDS = 90


class TestTwoEditors:
    """One writes, another one approves."""

    async def test_from_an_empty_list_to_the_approval(self, browser: Browser) -> None:
        """In so few presses that the clicks take less than 90 seconds, without scrolling for a button on a phone."""
        async with (
            newsdesk(ADA, BUDI) as served,
            profile(browser) as hers,
            profile(browser, viewport={"width": 360, "height": 740}) as his,
        ):
            ada, budi = await signed_in(hers, served, ADA), await signed_in(his, served, BUDI)
            presses = 0

            async def press(page: Page, name: str, role: Literal["button", "link", "checkbox"] = "button") -> None:
                nonlocal presses
                presses += 1
                place = page.get_by_role(role, name=name, exact=role == "button")
                if role == "button":
                    await expect(place).to_be_in_viewport()
                await place.click()

            await press(ada, "New bulletin")
            for language in ("en", "id"):
                await ada.fill(at(f"title|{language}"), f"Title {language}")
                await ada.fill(at(f"body|{language}"), "Words. [@harbour]")
            presses += 1
            await ada.locator("summary", has_text="Choose: Topics").click()
            await press(ada, "fare", "checkbox")
            await press(ada, "Ask for approval")
            await expect(ada.locator(".head .state")).to_have_text("Waits for approval")
            await expect(ada.get_by_text("Another editor must approve this.")).to_be_in_viewport()
            await budi.reload()
            await press(budi, "Title en", "link")
            await press(budi, "Approve")
            await expect(budi.locator(".head .state")).to_have_text("Approved")
            await expect(budi.locator(".main-action")).to_have_text("Take back")
            assert presses <= MOST_PRESSES
            assert MOST_PRESSES * (4 + 2) < CLICK_SECONDS

    @pytest.mark.parametrize("streams", [True, False])
    async def test_an_open_page_follows(self, browser: Browser, streams: bool) -> None:
        """The approval by another one and what is being sent, also behind a proxy that lets no stream through."""
        clock = MovedClock()

        async def withhold(route: Route) -> None:
            """Answers nothing, as a proxy that waits for the end."""

        async with newsdesk(ADA, BUDI, clock=clock) as served, profile(browser) as context:
            await subscribe_all(served.store, [7])
            ada = await signed_in(context, served, ADA)
            if not streams:
                await ada.route("**/events", withhold)
            await begin(ada, served.address)
            await ada.get_by_role("button", name="Ask for approval").click()
            async with profile(browser) as other:
                budi = await signed_in(other, served, BUDI)
                await budi.locator(".board").get_by_role("link", name="Title en").click()
                await budi.get_by_role("button", name="Approve").click()
                await expect(budi.locator(".head .state")).to_have_text("Approved")
            await expect(ada.locator(".head .state")).to_have_text("Approved")
            clock.forward(TAKE_BACK_SECONDS + 1)
            await served.look()
            await expect(ada.locator(".head .state")).to_have_text("In force")
            async with served.store.database.write() as connection:
                await connection.execute(update(deliveries).values(state="delivered"))
            await expect(ada.locator("#progress")).to_contain_text("1 of 1 done")
