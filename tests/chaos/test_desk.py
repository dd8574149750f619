"""The desk in a real browser, with two replicas: from a draft to chats of readers, corrected, withdrawn."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import update

from bot.db.schema import changes
from bot.db.store import open_store
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from tests.audiences import subscribe_all
from tests.bot_process import free_port, started, until_health
from tests.conftest import CONTENT
from tests.databases import PostgreSQL, sqlite_url
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, message, user
from tests.platforms.web.conftest import CHROMIUM, FLAGS, IS_INSTALLED
from tests.servers.telegram import TOKEN, BotApi, bot_api

pytestmark = [pytest.mark.chaos, pytest.mark.postgres]

NEW = "bulletins/new-1"
CHATS = 1000
RATE = 30
TITLES = {"en": "The first term begins", "id": "Masa pertama dimulai", "ru": "Начался первый срок"}
TEXTS = {
    "en": "The memorandum is in force since today. [@inti-media]",
    "id": "Nota kesepahaman berlaku mulai hari ini. [@inti-media]",
    "ru": "Меморандум вступил в силу сегодня. [@inti-media]",
}
MINUTE = TAKE_BACK_SECONDS - 5
"""Of the time in which it can be taken back so much is not waited for. The lease goes on."""

CLICK_SECONDS = 90
"""From an empty draft to the approval, at most."""


async def signed_in(browser: Browser, api: BotApi, account: int, port: int) -> Page:
    """Somebody asks the bot for the link in private, opens it in a browser and presses its button."""
    before = len(api.of("sendMessage"))
    await api.feed(message("/desk", account, user(account)))
    sent = await api.until("sendMessage", before + 1, seconds=30)
    assert sent[-1]["chat_id"] == account
    assert sent[-1]["link_preview_options"] == {"is_disabled": True}
    link = re.search(r"/desk/enter/[\w-]+", sent[-1]["text"])
    assert link
    page = await (await browser.new_context(locale="en-GB")).new_page()
    page.set_default_timeout(30_000)
    await page.goto(f"http://127.0.0.1:{port}{link[0]}")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="New bulletin")).to_be_visible()
    return page


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


def home_of(page: Page) -> str:
    return page.url.partition("/desk")[0] + "/desk"


def to_readers(api: BotApi, method: str, since: int = 0) -> dict[int, dict[str, Any]]:
    """Chat → the last call of the method to it, of the readers' chats."""
    return {each["chat_id"]: each for each in api.of(method)[since:] if 10_000 <= each["chat_id"] < 10_000 + CHATS}


async def written_and_approved(ada: Page, budi: Page, api: BotApi) -> None:
    """Three languages by clicks and keys, seen as both platforms show them, approved by somebody else at the other replica."""
    began = time.monotonic()
    await press(ada, "New bulletin")
    for language, title in TITLES.items():
        await ada.fill(f'[id="{NEW}|title|{language}"]', title)
        await ada.fill(f'[id="{NEW}|body|{language}"]', TEXTS[language])
    for look in ("telegram", "discord"):
        await expect(ada.locator(f"#checked .{look}:lang(ru)")).to_contain_text("Меморандум вступил в силу")
    await expect(ada.locator("#saved")).to_have_text("Saved")
    await press(ada, "Ask for approval")
    await expect(ada.locator(".head .state")).to_have_text("Waits for approval")
    await expect(ada.get_by_role("button", name="Approve")).to_have_count(0)
    await approved(ada, budi)
    assert time.monotonic() - began < CLICK_SECONDS
    assert not to_readers(api, "sendMessage")
    asked = [each for each in api.of("sendMessage") if each["chat_id"] == GROUP]
    assert len(asked) <= 1  # edited afterwards
    assert all("Waits for approval" in each["text"] or "Approved" in each["text"] for each in asked)


async def approved(writer: Page, colleague: Page) -> None:
    """The colleague opens the writer's change, and approves it."""
    await colleague.goto(f"{home_of(colleague)}/{number_of(writer)}")
    await press(colleague, "Approve")


def number_of(page: Page) -> str:
    """Of the change that the page shows."""
    found = re.search(r"/desk/(\d+)", page.url)
    assert found, page.url
    return found[1]


async def sent(budi: Page, api: BotApi, url: str) -> None:
    """A minute later each reader gets it once, in the language of the chat."""
    await expect(budi.locator(".head .state")).to_have_text("Approved")
    assert not to_readers(api, "sendMessage")
    await let_a_minute_pass(url)
    await api.when(lambda: len(to_readers(api, "sendMessage")) == CHATS, 120)
    for chat_id, sent in to_readers(api, "sendMessage").items():
        assert TITLES[("en", "id", "ru")[(chat_id - 10_000) % 3]] in sent["text"]
    assert len([each for each in api.of("sendMessage") if each["chat_id"] >= 10_000]) == CHATS
    await expect(budi.locator(".head .state")).to_have_text("In force", timeout=60_000)
    await expect(budi.locator("#progress .counts")).to_contain_text(f"delivered: {CHATS}", timeout=60_000)


async def let_a_minute_pass(url: str) -> None:
    """Most of the minute passes in which an approved change can be taken back."""
    async with open_store(url) as store, store.database.write() as connection:
        await connection.execute(update(changes).where(changes.c.due > 0).values(due=changes.c.due - MINUTE))


async def corrected(ada: Page, budi: Page, api: BotApi, url: str) -> None:
    """Only the messages whose text has changed are edited, once it is approved."""
    await ada.goto(home_of(ada))
    await ada.get_by_role("button", name=re.compile("^Correct: .*first-term-begins$")).click()
    await ada.fill('[id$="|body|en"]', "The memorandum has been in force since yesterday. [@inti-media]")
    await press(ada, "Ask for approval")
    await expect(ada.locator(".head .state")).to_have_text("Waits for approval")
    await approved(ada, budi)
    await expect(budi.locator(".head .state")).to_have_text("Approved")
    assert not to_readers(api, "editMessageText")
    await let_a_minute_pass(url)
    english = len(range(10_000, 10_000 + CHATS, 3))
    await api.when(lambda: len(to_readers(api, "editMessageText")) == english, 120)
    assert all("since yesterday" in each["text"] for each in to_readers(api, "editMessageText").values())


async def withdrawn(ada: Page, budi: Page, api: BotApi) -> None:
    """With a reason, and not before somebody else approves; then at once."""
    edits = len(api.of("editMessageText"))
    await ada.goto(home_of(ada))
    await ada.get_by_role("link", name=re.compile("^Withdraw: .*first-term-begins$")).click()
    for language in TITLES:
        await ada.fill(f"#because-{language}", "It was not so.")
    await press(ada, "Withdraw")
    await expect(ada.locator(".head .state")).to_have_text("Waits for approval")
    assert not to_readers(api, "editMessageText", edits)
    await approved(ada, budi)
    await api.when(lambda: len(to_readers(api, "editMessageText", edits)) == CHATS, 120)
    marks = {"en": "Withdrawn", "id": "Ditarik", "ru": "Отозвано"}
    for chat_id, edit in to_readers(api, "editMessageText", edits).items():
        assert marks[("en", "id", "ru")[(chat_id - 10_000) % 3]] in edit["text"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_from_a_draft_to_a_withdrawal(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Nothing reaches a reader before a second editor approves; every message is checked at the platform."""
    if not IS_INSTALLED:
        pytest.skip(f"no {CHROMIUM}")
    if kind == "sqlite":
        await drive(sqlite_url(tmp_path), tmp_path)
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        async with server.database() as url:
            await drive(url, tmp_path)


async def drive(url: str, tmp_path: Path) -> None:
    async with open_store(url) as store:
        for part, language in enumerate(("en", "id", "ru")):
            chats = range(10_000 + part, 10_000 + CHATS, 3)
            await subscribe_all(store, chats, language=language)
    expect.set_options(timeout=30_000)  # two replicas, the browser and the platform may share two cores
    ports = free_port(), free_port()
    settings = {"TELEGRAM_TOKEN": TOKEN, "DATABASE_URL": url, "EDITORS_CHAT": f"telegram:{GROUP}"}
    settings |= {"EDITORS": f"{ADA},{BUDI}", "TELEGRAM_MESSAGES_PER_SECOND": str(RATE)}
    async with (
        bot_api() as api,
        started(CONTENT, tmp_path, TELEGRAM_API_URL=api.url, **(settings | {"PORT": str(ports[0])})) as one,
        started(CONTENT, tmp_path, TELEGRAM_API_URL=api.url, **(settings | {"PORT": str(ports[1])})) as two,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for port, process in zip(ports, (one, two), strict=True):  # one of them polls, so the other need not be ready
            await until_health(f"http://127.0.0.1:{port}", lambda *_: True, process)
        ada = await signed_in(browser, api, ADA, ports[0])
        budi = await signed_in(browser, api, BUDI, ports[1])

        await written_and_approved(ada, budi, api)
        await sent(budi, api, url)
        await corrected(ada, budi, api, url)
        await withdrawn(ada, budi, api)
        await browser.close()
