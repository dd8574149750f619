"""The desk in a real browser: accessible, on a phone, by keyboard, and nothing typed is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from aiohttp import web
from bot.db.desk import Person
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.desk_rules import Rules
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import update

from bot.app.content_check import check_draft
from bot.db.engine import Clock
from bot.db.schema import deliveries
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.platforms import PLATFORMS
from bot.platforms.web.desk import DeskPages
from bot.platforms.web.desk_sign_in import HOME, SignIn
from bot.platforms.web.security_headers import add_security_headers
from bot.platforms.web.static_files import add_static_files
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY, loaded
from tests.databases import Outages, sqlite_url
from tests.platforms.web.looking import profile, violations_on

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


ADA, BUDI = (Person(f"telegram:{number}", name, Language("en")) for number, name in enumerate(("Ada", "Budi")))


TIMER_MS = 6000
"""Longer than any pause of the page's script, of which most tests do not wait for the end."""


@asynccontextmanager
async def newsdesk(*editors: Person, clock: Clock | None = None) -> AsyncIterator[tuple[str, Store]]:
    """The address of the tiny dossier's desk, and its store. Without editors it is the demo editor's, as without tokens."""
    dossier = load(Path(TINY), TODAY).dossier
    assert dossier is not None
    async with open_store(sqlite_url(), clock) as store:
        live = LiveDossier(dossier)
        chat = EditorsChat(store, named=frozenset(each.account for each in editors))
        desk = Desk(store, live, Rules(needs_two=bool(editors)), check_draft, chat)
        sign_in = SignIn(store.sign_ins, chat, live, is_demo=not editors)
        review = Review(store, live, chat, lambda: None)
        app = web.Application()
        add_security_headers(app)
        add_static_files(app, PLATFORMS)
        DeskPages(desk, sign_in, PLATFORMS, {}, review).add_routes(app)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", store
        await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address() -> AsyncIterator[str]:
    """One desk for all tests."""
    async with newsdesk() as (served, _):
        yield served


async def signed_in(context: BrowserContext, address: str, store: Store, person: Person) -> Page:
    """A page of somebody who has opened the link and pressed its button."""
    page = await context.new_page()
    await store.sign_ins.invite(f"link-of-{person.name}", person)
    await page.goto(f"{address}{HOME}/enter/link-of-{person.name}")
    await page.get_by_role("button", name="Sign in").click()
    return page


async def begin(page: Page, address: str) -> None:
    """A new draft with a text in both languages; its previews are shown."""
    await page.goto(address + HOME)
    await page.get_by_role("button", name="Write a bulletin").click()
    for language in ("en", "id"):
        await page.fill(f"#title-{language}", f"Title {language}")
        await page.fill(f"#body-{language}", "Words.")


class TestPages:
    """On a phone and on a wide screen, light and dark."""

    @pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
    @pytest.mark.slow
    async def test_axe_finds_nothing(
        self, address: str, browser: Browser, width: int, scheme: Literal["light", "dark"]
    ) -> None:
        """In the list, in a draft with a mistake, and in one that was sent; nothing is wider than the screen."""
        async with profile(browser, color_scheme=scheme, viewport={"width": width, "height": 740}) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.fill("#body-en", "{nofact}")
            await expect(page.locator("#body-en")).to_have_class("has-mistake")
            assert await violations_on(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await page.fill("#body-en", "Words.")
            await page.get_by_role("button", name="Send", exact=True).click()
            await expect(page.locator(".head .state")).to_have_text("Goes out soon")
            assert await violations_on(page) == []
            await page.goto(address + HOME)
            assert await violations_on(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= width


class TestTyping:
    """By hand, with and without a script, with and without a connection."""

    @pytest.mark.slow
    async def test_without_a_script(self, address: str, browser: Browser) -> None:
        """Save, look, send, take back."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.get_by_role("button", name="Save").click()
            await expect(page.locator(".chat.telegram").first).to_contain_text("Title en")
            await page.get_by_role("button", name="Send", exact=True).click()
            await page.get_by_role("button", name="Take back").click()
            await expect(page.locator(".head .state")).to_have_text("Approved")

    @pytest.mark.slow
    async def test_enter_in_a_field_only_saves(self, address: str, browser: Browser) -> None:
        """The first button of the form is Save."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.locator("#title-en").press("Enter")
            await expect(page.locator(".head .state")).to_have_text("Draft")

    async def test_without_a_connection_nothing_typed_is_lost(self, address: str, browser: Browser) -> None:
        """The page says so, keeps it over a reload, and saves it afterwards."""
        async with profile(browser) as context:
            page = await context.new_page()
            await page.clock.install()
            await begin(page, address)
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_have_text("Saved")
            await page.route("**/save", lambda route: route.abort())
            await page.fill("#body-en", "Typed meanwhile.")
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await page.reload()
            await expect(page.locator("#body-en")).to_have_value("Typed meanwhile.")
            await page.unroute("**/save")
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_have_text("Saved")

    @pytest.mark.slow
    async def test_the_database_goes_away_while_somebody_types(self, browser: Browser) -> None:
        """The page says so and goes on trying; what was typed is saved as soon as the database is back."""
        async with newsdesk() as (address, store), profile(browser) as context:
            page = await context.new_page()
            await page.clock.install()
            await begin(page, address)
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_have_text("Saved")
            async with Outages(store.database.url).away(store):
                await page.fill("#body-en", "Typed meanwhile.")
                await page.clock.fast_forward(TIMER_MS)
                await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_have_text("Saved")
            (draft,) = await store.drafts.all()
            version = await store.drafts.version(draft.id, draft.version)
            assert version is not None
            assert version.content["body"]["en"] == "Typed meanwhile."

    @pytest.mark.slow
    async def test_a_draft_is_deleted_behind_a_second_press(self, address: str, browser: Browser) -> None:
        """Also without a script; it can be found again."""
        async with profile(browser, java_script_enabled=False) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.fill("#title-en", "To be deleted")
            await expect(page.get_by_role("button", name="Delete it")).to_be_hidden()
            await page.get_by_text("Delete this draft…").click()
            await page.get_by_role("button", name="Delete it").click()
            await expect(page.get_by_role("link", name="To be deleted")).to_be_hidden()
            await page.get_by_text("Deleted drafts").click()
            await page.get_by_role("link", name="To be deleted").click()
            await page.get_by_role("button", name="Return to the writer").click()
            await expect(page.locator("#title-en")).to_have_value("To be deleted")

    @pytest.mark.slow
    async def test_a_time_is_that_of_the_editors_zone(self, address: str, browser: Browser) -> None:
        """The browser knows it; the field shows it and can be changed."""
        async with profile(browser, timezone_id="Asia/Jakarta") as context:
            page = await context.new_page()
            await begin(page, address)
            await expect(page.locator("#zone")).to_have_value("UTC")
            await page.fill("#not-before", "2099-01-31T09:00")
            await expect(page.locator("#zone")).to_have_value("Asia/Jakarta")
            await page.fill("#zone", "UTC")
            await page.fill("#not-before", "2099-01-31T10:00")
            await expect(page.locator("#zone")).to_have_value("UTC")

    @pytest.mark.slow
    async def test_by_keyboard_alone(self, address: str, browser: Browser) -> None:
        """A draft is begun, written and saved without a mouse."""
        async with profile(browser) as context:
            page = await context.new_page()
            await page.goto(address + HOME)
            await page.get_by_role("button", name="Write a bulletin").press("Enter")
            await page.locator("#title-en").press_sequentially("By keys")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await page.keyboard.type("Words.")
            await expect(page.locator("#body-en")).to_have_value("Words.")
            await expect(page.locator("#saved")).to_have_text("Saved")


async def kept(page: Page) -> bool:
    """Whether the browser keeps something that was typed."""
    return bool(await page.evaluate("Object.keys(localStorage).some((key) => key.startsWith('nota-draft-'))"))


async def text_of(store: Store) -> str:
    """The English text of the only draft, as it is saved."""
    (draft,) = await store.drafts.all()
    version = await store.drafts.version(draft.id, draft.version)
    assert version is not None
    return str(version.content["body"]["en"])


class TestNothingTypedIsLost:
    """Whatever becomes of a press: what is typed stays in the page and in the browser until the server has it."""

    @pytest.mark.parametrize("button", ["Ask for approval", pytest.param("Save", marks=pytest.mark.slow)])
    async def test_signed_out(self, browser: Browser, button: str) -> None:
        """The page says so and does not try again; after signing in, the draft has what was typed."""
        async with newsdesk(ADA, BUDI) as (address, store), profile(browser) as context:
            page = await signed_in(context, address, store, ADA)
            await page.clock.install()
            await begin(page, address)
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_have_text("Saved")
            draft = page.url
            await store.sign_ins.leave(ADA.account)  # "Sign out" in another tab
            await page.fill("#body-en", "Typed meanwhile.")
            await page.clock.fast_forward(TIMER_MS)
            await expect(page.locator("#saved")).to_contain_text("Sign in and open this draft again.")
            await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.locator("#saved")).to_contain_text("Sign in and open this draft again.")
            assert (page.url, await page.locator("#body-en").input_value()) == (draft, "Typed meanwhile.")
            colleague = await signed_in(context, address, store, BUDI)  # at the same machine: it is not theirs to save
            await colleague.goto(draft)
            await expect(colleague.locator("#body-en")).not_to_have_value("Typed meanwhile.")
            again = await signed_in(context, address, store, ADA)
            await page.get_by_role("button", name=button, exact=True).click()  # the form is the old session's
            await expect(page.locator("#saved")).to_contain_text("Sign in and open this draft again.")
            await again.goto(draft)
            await expect(again.locator("#body-en")).to_have_value("Typed meanwhile.")
            await again.get_by_role("button", name=button, exact=True).click()
            await expect(again.locator("#saved" if button == "Save" else ".head .state")).to_have_text(
                "" if button == "Save" else "Waits for approval"
            )
            assert await text_of(store) == "Typed meanwhile."
            assert not await kept(again)

    @pytest.mark.parametrize("button", ["Send", pytest.param("Save", marks=pytest.mark.slow)])
    async def test_a_press_without_a_connection(self, browser: Browser, button: str) -> None:
        """Before anything could be saved by itself: the page stays, also over a reload; the next press does it."""
        async with newsdesk() as (address, store), profile(browser) as context:
            page = await context.new_page()
            await begin(page, address)
            await page.route("**/desk/*/*", lambda route: route.abort())
            await page.fill("#body-en", "Typed meanwhile.")
            await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.locator("#saved")).to_contain_text("kept in this browser")
            await page.reload()
            await expect(page.locator("#body-en")).to_have_value("Typed meanwhile.")
            await page.unroute("**/desk/*/*")
            async with page.expect_navigation():
                await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.locator(".head .state")).to_have_text("Draft" if button == "Save" else "Goes out soon")
            assert await text_of(store) == "Typed meanwhile."

    @pytest.mark.slow
    async def test_somebody_else_saves_while_it_waits(self, browser: Browser) -> None:
        """Neither text is put over the other: the page says so, Save shows both, and what was typed can be dropped."""
        async with newsdesk(ADA, BUDI) as (address, store), profile(browser) as hers, profile(browser) as his:
            ada = await signed_in(hers, address, store, ADA)
            await begin(ada, address)
            await ada.get_by_role("button", name="Save").click()
            await expect(ada.locator(".chat.telegram").first).to_contain_text("Title en")
            draft = ada.url
            await ada.route("**/save", lambda route: route.abort())
            await ada.fill("#body-en", "Of Ada.")
            await ada.get_by_role("button", name="Save").click()
            await expect(ada.locator("#saved")).to_contain_text("kept in this browser")
            budi = await signed_in(his, address, store, BUDI)
            await budi.goto(draft)
            await budi.fill("#body-en", "Of Budi.")
            await budi.get_by_role("button", name="Save").click()
            await expect(budi.locator(".chat.telegram").first).to_contain_text("Of Budi.")
            await ada.unroute("**/save")
            await ada.goto(draft)
            await expect(ada.locator("#saved")).to_contain_text("Press Save to see both.")
            await expect(ada.locator("#body-en")).to_have_value("Of Ada.")
            await ada.get_by_role("button", name="Save").click()
            await expect(ada.locator("[aria-labelledby=other]")).to_contain_text("Of Budi.")
            await expect(ada.locator("#body-en")).to_have_value("Of Ada.")
            assert await text_of(store) == "Of Budi."
            await ada.goto(draft)
            await ada.get_by_role("button", name="Drop what I typed").click()
            await expect(ada.locator("#body-en")).to_have_value("Of Budi.")
            assert not await kept(ada)

    @pytest.mark.slow
    async def test_typed_while_it_is_being_saved(self, browser: Browser) -> None:
        """A slow answer; what came after the request goes with the press."""
        async with newsdesk() as (address, store), profile(browser) as context:
            page = await context.new_page()
            await begin(page, address)
            answered = asyncio.Event()

            async def slowly(route: Route) -> None:
                answer = await route.fetch()
                await answered.wait()
                await route.fulfill(response=answer)

            await page.route("**/save", slowly, times=1)
            async with page.expect_request("**/save"):
                await page.get_by_role("button", name="Save").click()
            await page.fill("#body-en", "Words, and more.")
            answered.set()
            await expect(page.locator(".chat.telegram").first).to_contain_text("Words, and more.")
            await expect(page.locator("#body-en")).to_have_value("Words, and more.")
            assert await text_of(store) == "Words, and more."

    @pytest.mark.parametrize("first", ["Save", pytest.param("of itself", marks=pytest.mark.slow)])
    async def test_a_press_while_it_is_being_saved(self, browser: Browser, first: str) -> None:
        """By a press before, or by the page itself: the last press counts, with the version that the server has by then."""
        async with newsdesk(ADA, BUDI) as (address, store), profile(browser) as context:
            page = await signed_in(context, address, store, ADA)
            await page.clock.install()
            await begin(page, address)
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

    @pytest.mark.slow
    async def test_the_answer_to_a_save_is_lost(self, browser: Browser) -> None:
        """The same words are saved again; nobody else has changed the draft."""
        async with newsdesk(ADA, BUDI) as (address, store), profile(browser) as context:
            page = await signed_in(context, address, store, ADA)
            await page.clock.install()
            await begin(page, address)

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
            newsdesk(ADA, BUDI) as (address, store),
            profile(browser) as hers,
            profile(browser, viewport={"width": 360, "height": 740}) as his,
        ):
            ada, budi = await signed_in(hers, address, store, ADA), await signed_in(his, address, store, BUDI)
            presses = 0

            async def press(page: Page, name: str, role: Literal["button", "link", "checkbox"] = "button") -> None:
                nonlocal presses
                presses += 1
                place = page.get_by_role(role, name=name, exact=role == "button")
                if role == "button":
                    await expect(place).to_be_in_viewport()
                await place.click()

            await press(ada, "Write a bulletin")
            for language in ("en", "id"):
                await ada.fill(f"#title-{language}", f"Title {language}")
                await ada.fill(f"#body-{language}", "Words. [@harbour]")
            await press(ada, "fare", "checkbox")
            await press(ada, "Ask for approval")
            await expect(ada.locator(".head .state")).to_have_text("Waits for approval")
            await expect(ada.get_by_text("Another editor must approve this.")).to_be_in_viewport()
            await budi.reload()
            await press(budi, "Title en", "link")
            await press(budi, "Approve")
            await expect(budi.locator(".head .state")).to_have_text("Approved")
            await expect(budi.locator(".main-action")).to_have_text("Send")
            assert presses <= MOST_PRESSES
            assert MOST_PRESSES * (4 + 2) < CLICK_SECONDS

    @pytest.mark.slow
    async def test_what_is_typed_while_it_is_being_sent_stays(self, browser: Browser) -> None:
        """The page follows the progress, but is not loaded anew under somebody's hands."""
        clock = MovedClock()
        async with newsdesk(clock=clock) as (address, store), profile(browser) as context:
            await subscribe_all(store, [7])
            page = await context.new_page()
            await begin(page, address)
            await page.get_by_role("button", name="Send", exact=True).click()
            await expect(page.locator(".head .state")).to_have_text("Goes out soon")
            clock.forward(61)
            await Newsroom(store).publish_due(loaded(TINY))
            await expect(page.locator(".head .state")).to_have_text("Is being sent")
            await page.fill("#reason", "It was not so.")
            async with store.database.write() as connection:
                await connection.execute(update(deliveries).values(state="delivered"))
            await expect(page.locator("#progress")).to_contain_text("1 of 1 done")
            await expect(page.locator("#reason")).to_have_value("It was not so.")
            await page.get_by_role("button", name="Withdraw").click()
            await expect(page.locator(".head .state")).to_have_text("Withdrawn")

    @pytest.mark.slow
    async def test_behind_a_proxy_that_does_not_stream(self, browser: Browser) -> None:
        """The progress is asked for every few seconds."""
        clock = MovedClock()

        async def withhold(route: Route) -> None:
            """Answers nothing, as a proxy that waits for the end."""

        async with newsdesk(ADA, BUDI, clock=clock) as (address, store), profile(browser) as context:
            ada = await signed_in(context, address, store, ADA)
            await ada.route("**/events", withhold)
            await begin(ada, address)
            await ada.get_by_role("button", name="Ask for approval").click()
            async with profile(browser) as other:
                budi = await signed_in(other, address, store, BUDI)
                await budi.get_by_role("link", name="Title en").click()
                await budi.get_by_role("button", name="Approve").click()
                await budi.get_by_role("button", name="Send", exact=True).click()
                await expect(budi.locator(".head .state")).to_have_text("Goes out soon")
            await ada.clock.install()
            await ada.reload()
            clock.forward(61)
            await Newsroom(store).publish_due(loaded(TINY))
            await ada.clock.fast_forward(TIMER_MS)
            await expect(ada.locator(".head .state")).to_have_text("Sent")
