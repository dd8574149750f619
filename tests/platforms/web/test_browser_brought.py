"""What readers bring, in a real browser: reviewed with the keyboard on a phone, a reported mistake, and a comment that survives a lost connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from aiohttp import web
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import select

from bot.conversation import Conversation
from bot.db.changes import ChangeId, Person
from bot.db.numbers import NumberCounter
from bot.db.schema import bulletin_texts
from bot.dossier.models import Language
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.correction_history import Corrections
from bot.newsroom.reports import ReaderReports
from bot.pictures.service import PictureService, PictureStore
from bot.platforms import PLATFORMS
from bot.platforms.web.addresses import SiteAddress
from bot.platforms.web.app import add_routes
from bot.platforms.web.desk.sign_in import BROUGHT
from bot.platforms.web.mistake_page import MistakePage
from bot.platforms.web.public_routes import PublicPages
from bot.reader import Address
from bot.replies.answer import answer
from bot.replies.question import CheckText
from tests.clocks import MovedClock
from tests.conftest import TODAY, not_none
from tests.databases import reading
from tests.platforms.web.desk_site import Newsdesk
from tests.platforms.web.looking import PHONE, WIDE, profile, violations_on
from tests.platforms.web.test_browser_desk import ADA, BUDI, begin, newsdesk, signed_in
from tests.platforms.web.test_desk_questions import brought_by_many

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]

CARA = Person("telegram:2", "Cara", Language("en"))

CLAIMS = ("The captain drowned", "Captain drowned!", "the captain has drowned")
"""They say the same."""

WRONG = "The ticket costs Rp4,600, says the sign at the harbour."

MOST_TABS = 40


async def wait_for_an_answer(served: Newsdesk) -> None:
    """Three readers press the bell under the answer that says nothing, and others ask without it."""
    for number, text in enumerate(CLAIMS, 70):
        reader = await served.store.readers.meet(Address("telegram", str(number)), "private", "Ann", "en")
        await served.store.awaited.add(reader.id, text, "en", "claim")
    many = {("en", "may i bring my giraffe aboard"): 7, ("id", "apakah mahal sekali"): 5}
    await brought_by_many(served.store, many)


async def reach(page: Page, place: Locator) -> None:
    """Presses Tab until the place has the focus; what has it can be seen."""
    for _ in range(MOST_TABS):
        if await place.evaluate("each => each === document.activeElement"):
            await expect(place).to_be_in_viewport()
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no way to {place} by Tab")


async def press(page: Page, place: Locator, key: Literal["Enter", "Space"] = "Enter") -> None:
    await reach(page, place)
    await page.keyboard.press(key)


async def kept_words(page: Page) -> list[str]:
    """What the browser keeps."""
    kept: list[str] = await page.evaluate("Object.values(localStorage)")
    return kept


def verdict(served: Newsdesk, text: str) -> str | None:
    return answer(served.live.complete, CheckText(text), Language("en"), TODAY).verdict


async def test_a_reviewed_claim_with_the_keyboard_on_a_phone(browser: Browser) -> None:
    """Two wordings of a group are ticked; who has written in the change may not approve it, a third one may."""
    clock = MovedClock()
    async with (
        newsdesk(ADA, BUDI, CARA, clock=clock) as served,
        profile(browser, viewport=PHONE) as hers,
        profile(browser, viewport=PHONE) as his,
        profile(browser, viewport=PHONE) as third,
    ):
        await wait_for_an_answer(served)
        ada = await signed_in(hers, served, ADA)
        await press(ada, ada.get_by_role("link", name="What readers bring"))
        group = ada.locator("form.brought", has_text=CLAIMS[0])
        await expect(group).to_contain_text("3 readers wait")
        for text in CLAIMS[:2]:
            await press(ada, group.get_by_role("checkbox", name=text), "Space")
        await press(ada, group.get_by_role("button", name="New reviewed claim"))
        await expect(ada.locator(".head .state")).to_have_text("Draft")
        [key] = await served.contents()
        content = not_none((await served.contents())[key])
        says: dict[str, list[str]] = content["says"]  # type: ignore[assignment]
        assert {code: sorted(texts) for code, texts in says.items()} == {"en": sorted(CLAIMS[:2])}

        title = (await served.change()).title
        assert title in CLAIMS
        budi = await signed_in(his, served, BUDI)
        await press(budi, budi.get_by_role("link", name=title))
        await reach(budi, budi.locator(f'[id="{key}|verdict"]'))
        await budi.keyboard.type("fa")
        for code, text in (("en", "She sails every day.[@harbour]"), ("id", "Ia berlayar setiap hari.[@harbour]")):
            await reach(budi, budi.locator(f'[id="{key}|because|{code}"]'))
            await budi.keyboard.type(text)
        await press(budi, budi.get_by_role("button", name="Ask for approval"))
        await expect(budi.locator(".head .state")).to_have_text("Waits for approval")
        for page in (ada, budi):
            await page.goto(f"{served.address}/desk/1")
            await expect(page.get_by_text("Another editor must approve this.")).to_be_visible()
            await expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
        assert verdict(served, CLAIMS[1]) == "unknown"

        cara = await signed_in(third, served, CARA)
        await press(cara, cara.get_by_role("link", name=title))
        await press(cara, cara.get_by_role("button", name="Approve", exact=True))
        await expect(cara.locator(".head .state")).to_have_text("Approved")
        clock.forward(TAKE_BACK_SECONDS + 1)
        await served.look()
        assert verdict(served, CLAIMS[1]) == "contradicts"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
async def test_axe_finds_nothing(browser: Browser, size: dict[str, int], scheme: Literal["light", "dark"]) -> None:
    """On each page of what readers bring, filled and with what is refused; nothing is wider than the screen."""
    async with (
        newsdesk(ADA, BUDI, CARA) as served,
        profile(browser, color_scheme=scheme, viewport=size) as context,
    ):
        await wait_for_an_answer(served)
        counter = NumberCounter(served.store.numbers)
        for _ in range(9):
            counter.note("answer", "telegram", "en", "fare")
        await counter.flush()
        reader = await served.store.readers.meet(Address("telegram", "77"), "private", "Carol", "en")
        reports = ReaderReports(served.store, served.live)
        await reports.send(WRONG, Language("en"), reader.id)
        await reports.send("ketik", Language("id"), page="/id/topics/fare")
        page = await signed_in(context, served, ADA)
        faults = list[str]()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))

        async def look(at: str) -> None:
            assert await violations_on(page) == [], at
            assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], at

        for path in ("brought", "numbers", "reports"):
            await page.goto(f"{served.address}/desk/{path}")
            await look(path)
        await page.goto(served.address + BROUGHT)
        await page.locator("form.brought", has_text=CLAIMS[0]).get_by_role("link", name="Sentence of a fact").click()
        await look("a claim")
        assert faults == []
        await page.get_by_label("Sentence", exact=True).fill("no place for a value")
        await page.get_by_role("button", name="Add as a sentence").click()
        await expect(page.get_by_role("alert")).to_have_text("Write {} once, where the value stands.")
        await look("a refused sentence")
        await page.get_by_role("button", name="New reviewed claim").click()
        await expect(page.locator(".head .state")).to_have_text("Draft")
        await look("the form of a reviewed claim")
        await page.goto(served.address + BROUGHT)
        await page.get_by_role("button", name="New topic").first.click()
        await look("nothing ticked")


@asynccontextmanager
async def public_page(served: Newsdesk) -> AsyncIterator[str]:
    """The public page of the desk's own newsroom."""
    with TemporaryDirectory(prefix="nota-pictures-") as stored:
        conversation = Conversation(served.live, served.store, lambda: TODAY)
        pictures = PictureService(PictureStore(Path(stored)), served.live, lambda: TODAY)
        public = PublicPages(conversation, pictures, Corrections(served.store), PLATFORMS)
        app = web.Application()
        mistakes = MistakePage(conversation, public)
        add_routes(app, {}, public, None, SiteAddress(), platforms=PLATFORMS, mistakes=mistakes)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


async def test_a_mistake_is_reported_and_answered(browser: Browser) -> None:
    """On the page without a script, and in a chat; an editor closes the one and answers the other on a phone."""
    async with (
        newsdesk(ADA, BUDI) as served,
        public_page(served) as address,
        profile(browser, viewport=PHONE, java_script_enabled=False) as readers,
        profile(browser, viewport=PHONE) as context,
    ):
        page = await readers.new_page()
        await page.goto(f"{address}/en/topics/fare", wait_until="domcontentloaded")
        await page.get_by_role("link", name="Report a mistake").click()
        await page.get_by_label("What is wrong").fill(WRONG)
        await page.get_by_role("button", name="Pass it on to the editors").click()
        await expect(page.get_by_role("status")).to_contain_text("The editors have it.")
        await page.get_by_role("link", name="Back to the page").click()
        assert page.url == f"{address}/en/topics/fare"
        carol = await served.store.readers.meet(Address("telegram", "77"), "private", "Carol", "en")
        await ReaderReports(served.store, served.live).send("The day is wrong.", Language("en"), carol.id)

        ada = await signed_in(context, served, ADA)
        await ada.get_by_role("link", name="Reported mistakes").click()
        of_page = ada.locator("article", has_text=WRONG)
        await expect(of_page.get_by_role("link", name="/en/topics/fare")).to_be_visible()
        await expect(of_page.get_by_role("textbox")).to_have_count(0)  # nobody is there to be answered
        of_chat = ada.locator("article", has_text="The day is wrong.")
        await of_chat.get_by_label("Your answer, in the reader’s language").fill("Mended, thank you.")
        await of_chat.get_by_role("button", name="Send the answer").click()
        await expect(of_chat).to_contain_text("Answered by Ada")
        await expect(of_chat).to_be_in_viewport()
        await of_page.get_by_role("button", name="Close without an answer").click()
        await expect(of_page).to_contain_text("Answered by Ada")
        assert await ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await expect(ada.get_by_role("textbox")).to_have_count(0)
        async with served.store.database.read() as connection:
            texts = (await connection.execute(select(bulletin_texts.c.article))).scalars().all()
        answers = [
            text for text in texts if "Mended, thank you." in text
        ]  # in each language: readers may change theirs
        assert [("The day is wrong." in text, WRONG in text) for text in answers] == [(True, False)] * len(
            served.live.dossier.languages
        )


@pytest.mark.parametrize("state", ["Draft", "Waits for approval"])
async def test_a_comment_without_a_connection(browser: Browser, state: str) -> None:
    """Pressed when there is none, it is there again on the way back, for its writer alone; once it is said, it is so once."""
    async with newsdesk(ADA, BUDI) as served, profile(browser, viewport=PHONE) as context:
        page = await signed_in(context, served, ADA)
        await begin(page, served.address)
        async with page.expect_navigation():
            await page.get_by_role(
                "button", name="Save" if state == "Draft" else "Ask for approval", exact=True
            ).click()
        await expect(page.locator(".head .state")).to_have_text(state)
        change = page.url
        comment, said = page.get_by_label("Your comment, for editors"), page.locator(".comments blockquote")
        await comment.fill("Is Monday\nright?")
        await context.set_offline(True)
        await page.get_by_role("button", name="Comment", exact=True).click()
        await page.wait_for_url("chrome-error://**")
        await context.set_offline(False)
        await page.goto(change)
        await expect(comment).to_have_value("Is Monday\nright?")
        await page.get_by_role("button", name="Comment", exact=True).click()
        await expect(said).to_have_text(["Is Monday right?"])
        await expect(comment).to_have_value("")
        await comment.fill("And Tuesday?")
        other = await signed_in(context, served, BUDI)  # at the same machine: it is not theirs to say
        await other.goto(change)
        await expect(other.locator("#comment")).to_have_value("")
        again = await signed_in(context, served, ADA)
        await again.goto(change)
        await expect(again.locator("#comment")).to_have_value("And Tuesday?")


@pytest.mark.parametrize("is_signed_out", [False, True])
async def test_the_reason_of_a_return_without_a_connection(browser: Browser, *, is_signed_out: bool) -> None:
    """Offline or signed out, Return loses no word of it: it is there again for who typed it, until the return is made."""
    async with newsdesk(ADA, BUDI) as served, profile(browser, viewport=PHONE) as context:
        page = await signed_in(context, served, ADA)
        await begin(page, served.address)
        async with page.expect_navigation():
            await page.get_by_role("button", name="Ask for approval", exact=True).click()
        change, budi = page.url, await signed_in(context, served, BUDI)
        await budi.goto(change)
        reason, back = budi.get_by_label("Why it is returned"), budi.get_by_role("button", name="Return to the writer")
        await reason.fill("The day is missing.")
        if is_signed_out:
            await served.store.sign_ins.leave(BUDI.account)  # "Sign out" in another tab
            await back.click()
            await expect(budi.get_by_text("You are not signed in")).to_be_visible()
        else:
            await context.set_offline(True)
            await back.click()
            await budi.wait_for_url("chrome-error://**")
            await context.set_offline(False)
        ada = await signed_in(context, served, ADA)  # at the same machine: it is not hers to say
        await ada.goto(change)
        assert "day is missing" not in await ada.content()
        budi = await signed_in(context, served, BUDI)
        await budi.goto(change)
        reason, back = budi.get_by_label("Why it is returned"), budi.get_by_role("button", name="Return to the writer")
        await expect(reason).to_have_value("The day is missing.")
        await back.click()
        await expect(budi.get_by_role("status").filter(has_text="The day is missing.")).to_be_visible()
        assert await kept_words(budi) == []
        [returned, *_] = await reading(served.store, served.store.changes.decisions, ChangeId(1))
        assert (returned.action, returned.reason) == ("return", "The day is missing.")


async def test_why_a_bulletin_is_withdrawn_and_an_answer_without_a_connection(browser: Browser) -> None:
    """What is typed on the other pages of the desk that are left by their button."""
    async with newsdesk(ADA, BUDI) as served, profile(browser, viewport=PHONE) as context:
        reader = await served.store.readers.meet(Address("telegram", "70"), "private", "Ann", "en")
        await ReaderReports(served.store, served.live).send("The day is wrong.", Language("en"), reader.id)
        page = await signed_in(context, served, ADA)
        name = next(iter(served.live.complete.bulletins))
        for path, label, button, words in (
            (f"/desk/withdraw/{name}", "Why it is withdrawn", "Withdraw", "It was not so."),
            ("/desk/reports", "Your answer, in the reader’s language", "Send the answer", "Mended, thank you."),
        ):
            await page.goto(served.address + path)
            field, press = page.get_by_label(label).first, page.get_by_role("button", name=button)
            await field.fill(words)
            await context.set_offline(True)
            await press.click()
            await page.wait_for_url("chrome-error://**")
            await context.set_offline(False)
            await page.goto(served.address + path)
            await expect(field).to_have_value(words)
            await press.click()
            await expect(page.locator(".state").first).to_be_visible()
            assert await kept_words(page) == []
