"""A correction in a real browser, by two editors: what was wrong, an earlier text put back, and the list of all decisions."""

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aiohttp import web
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from bot.conversation import Conversation
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.correction_history import Corrections
from bot.pictures.service import PictureService, PictureStore, render_png
from bot.platforms import PLATFORMS
from bot.platforms.web.desk.sign_in import HOME
from bot.platforms.web.public_routes import PublicPages
from bot.platforms.web.security_headers import add_security_headers
from bot.platforms.web.static_files import add_static_files
from tests.clocks import MovedClock
from tests.conftest import TODAY
from tests.platforms.web.desk_site import Newsdesk
from tests.platforms.web.looking import PHONE, WIDE, profile, violations_on
from tests.platforms.web.test_browser_desk import ADA, BUDI, newsdesk, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.asyncio(loop_scope="session"),
]

NAME = "2026-01-05-first-crossing"
KEY = f"bulletins/{NAME}"

WRONG = "The ferry had crossed before."

COMMENT = "=The harbour’s log"


@asynccontextmanager
async def readers_pages(served: Newsdesk) -> AsyncIterator[tuple[str, Corrections]]:
    """The public pages of the desk's dossier, and the histories that they show."""
    with TemporaryDirectory(prefix="nota-pictures-") as folder:
        pictures = PictureService(PictureStore(Path(folder)), served.live, lambda: TODAY, render_png)
        corrections = Corrections(served.store)
        conversation = Conversation(served.live, served.store, lambda: TODAY)
        app = web.Application()
        add_security_headers(app)
        add_static_files(app, PLATFORMS)
        PublicPages(conversation, pictures, corrections, PLATFORMS).add_routes(app)
        runner = web.AppRunner(app, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}", corrections
        finally:
            await runner.cleanup()


@dataclass
class Drive:
    """Two editors at the desk, a reader, and what was decided so far: who, what, change, words, moment."""

    served: Newsdesk
    clock: MovedClock
    corrections: Corrections
    ada: Page
    budi: Page
    reader: Page
    done: list[tuple[str, str, int, str, str]] = field(default_factory=list)

    def did(self, who: str, action: str, change: int, words: str = "") -> None:
        moment = datetime.fromtimestamp(self.clock.now, UTC).isoformat(timespec="seconds")
        self.done.append((who, action, change, words, moment))

    async def ask(self, change: int) -> None:
        await pressed(self.ada, "Ask for approval", "Waits for approval")
        self.did("Ada", "ask", change)

    async def approve(self, change: int) -> None:
        """Budi does, and a minute later it is in force."""
        await pressed(self.budi, "Approve", "Approved")
        self.did("Budi", "approve", change)
        self.clock.forward(TAKE_BACK_SECONDS + 1)
        await self.served.look()
        await self.corrections.update()
        self.did("Nota", "in_force", change)


async def pressed(page: Page, button: str, state: str) -> None:
    """Presses a button with the keyboard."""
    await page.get_by_role("button", name=button, exact=True).press("Enter")
    await expect(page.locator(".head .state")).to_have_text(state)


def is_fault(said: ConsoleMessage) -> bool:
    """Whether the browser complains. A change that came into force a moment ago has no consequences any more, which a page may still ask for."""
    return said.type in ("error", "warning") and not said.location["url"].endswith("/consequences")


async def test_what_was_wrong_an_earlier_text_and_who_decided(browser: Browser) -> None:
    """Readers see the words beside the marked difference, an earlier text comes back, and both downloads have every decision."""
    clock, faults = MovedClock(), list[str]()
    async with (
        newsdesk(ADA, BUDI, clock=clock) as served,
        readers_pages(served) as (address, corrections),
        profile(browser, viewport=WIDE) as hers,
        profile(browser, viewport=PHONE, has_touch=True) as his,
    ):
        ada, budi = await signed_in(hers, served, ADA), await signed_in(his, served, BUDI)
        drive = Drive(served, clock, corrections, ada, budi, await hers.new_page())
        for page in (ada, budi, drive.reader):
            page.on("console", lambda each: faults.append(each.text) if is_fault(each) else None)
            page.on("pageerror", lambda error: faults.append(str(error)))
        await _correct(drive)
        await _read(drive.reader, address)
        await _put_back(drive)
        await drive.reader.goto(f"{address}/en/bulletins/{NAME}")
        await drive.reader.reload()  # a browser may show its copy for a minute
        await expect(drive.reader.locator("div.text").last).to_contain_text("for the first time")
        await expect(drive.reader.locator(".correction")).to_have_count(2)
        await expect(drive.reader.locator(".correction").last).to_contain_text(WRONG)
        await _compare(drive)
        assert faults == []


async def _correct(drive: Drive) -> None:
    """With what was wrong; Budi returns it once, on a phone, and is answered with a comment."""
    ada, budi = drive.ada, drive.budi
    await ada.goto(f"{drive.served.address}{HOME}/entries/{KEY}")
    await ada.get_by_role("button", name="Change this").press("Enter")
    await ada.locator(f'[id="{KEY}|body|en"]').fill("The ferry crossed for the second time.")
    await ada.locator(f'[id="{KEY}|corrections|next|en"]').fill(WRONG)
    await expect(ada.locator("#checked.behind")).to_have_count(0)
    assert await violations_on(ada) == []
    await drive.ask(1)
    await budi.reload()
    await budi.locator(".board").get_by_role("link", name="First crossing").click()
    await expect(budi.get_by_text(WRONG).first).to_be_visible()
    await budi.get_by_label("Why it is returned").fill("Who says so?")
    drive.clock.forward(60)
    await pressed(budi, "Return to the writer", "Draft")
    drive.did("Budi", "return", 1, "Who says so?")
    await expect(ada.locator(".head .state")).to_have_text("Draft")  # an open page follows, and loads itself again
    await expect(ada.get_by_text("Who says so?").first).to_be_visible()
    await ada.locator("#comment").fill(COMMENT)
    await ada.locator("#comment").press("Tab")
    await ada.keyboard.press("Enter")
    await expect(ada.locator("#comments blockquote")).to_have_text(COMMENT)
    drive.did("Ada", "comment", 1, COMMENT)
    await drive.ask(1)
    await budi.reload()  # a page of a draft does not follow
    await drive.approve(1)


async def _read(reader: Page, address: str) -> None:
    """In English; the Indonesian text was not changed, and its page says nothing."""
    await reader.goto(f"{address}/en/bulletins/{NAME}")
    note = reader.locator(".correction")
    await expect(note).to_contain_text(f"Corrected on 23 Nov 2026: {WRONG}")
    await note.get_by_text("What was changed").press("Enter")
    await expect(note.locator("del")).to_have_text("first")
    await expect(note.locator("ins")).to_have_text("second")
    assert await violations_on(reader) == []
    await reader.goto(f"{address}/id/bulletins/{NAME}")
    await expect(reader.locator("h1")).to_contain_text("Pelayaran perdana")
    await expect(note).to_have_count(0)


async def _put_back(drive: Drive) -> None:
    """The text before the change, by a change of its own."""
    ada, budi = drive.ada, drive.budi
    await expect(ada.locator(".head .state")).to_have_text("In force")
    former = ada.locator("li", has=ada.get_by_text("before the first change"))
    await former.locator("summary").press("Enter")
    await expect(former).to_contain_text("for the first time")
    assert await violations_on(ada) == []
    await former.get_by_role("button", name="Put back this version").press("Enter")
    await expect(ada.locator(f'[id="{KEY}|body|en"]')).to_have_value("The ferry crossed for the first time.")
    await drive.ask(2)
    await budi.goto(ada.url)
    assert await budi.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await drive.approve(2)


async def _compare(drive: Drive) -> None:
    """The downloads with what was done. In CSV, what a spreadsheet would run has an apostrophe before it."""
    await drive.budi.goto(drive.served.address + HOME)
    files = dict[str, str]()
    for form in ("CSV", "JSON"):
        async with drive.budi.expect_download() as download:
            await drive.budi.get_by_role("link", name=form).press("Enter")
        files[form] = (await (await download.value).path()).read_text("utf-8")
    found = json.loads(files["JSON"])
    assert [tuple(row[name] for name in ("name", "action", "change", "words", "at")) for row in found] == drive.done
    texts = [{key: "" if value is False else str(value) for key, value in row.items()} for row in found]
    for row in texts:
        row["words"] = row["words"].replace(COMMENT, f"'{COMMENT}")
    assert list(csv.DictReader(StringIO(files["CSV"]))) == texts
