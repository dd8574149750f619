"""``make demo``: the moving picture of the README, light and dark, from the real bot in the real browser.

The bot runs without a token on a copy of the dossier. A question is asked, the chat subscribes, a bulletin arrives, and its correction
replaces it. Each picture is a screenshot; only their durations are ours.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.bot_process import free_port, until_up
from tests.conftest import CONTENT
from tests.platforms.web.conftest import CHROMIUM, FLAGS

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
SIZE = {"width": 1200, "height": 720}
MOST_BYTES = 3_000_000
QUESTION = "how long does it last?"
WAIT_MILLISECONDS = 60_000
"""For the bulletin: the newsroom looks every ten seconds, on a machine that may have other work."""

BULLETIN = """date: {day}
title:
  en: "Sources checked again: nothing new"
  id: "Sumber diperiksa lagi: belum ada kabar baru"
  ru: "Источники проверены: нового нет"
body:
  en: "The newest report on the memorandum that we found is still of {date}.[@{source}]"
  id: "Kabar terbaru tentang nota kesepahaman yang kami temukan masih tertanggal {date}.[@{source}]"
  ru: "Последнее найденное сообщение о меморандуме — по-прежнему от {date} [@{source}]."
topics: [agreement]
sources: [{source}]
"""

Scheme = Literal["light", "dark"]


@dataclass
class Film:
    """Screenshots of a page, and for how many milliseconds each is shown."""

    page: Page
    frames: list[Image.Image] = field(default_factory=list)
    milliseconds: list[int] = field(default_factory=list)

    async def take(self, milliseconds: int) -> None:
        """What the page shows now."""
        png = await self.page.screenshot(animations="disabled")
        self.frames.append(Image.open(BytesIO(png)).convert("RGB"))
        self.milliseconds.append(milliseconds)

    def save(self, file: Path) -> None:
        """As an animated WebP."""
        first, *rest = self.frames
        first.save(file, save_all=True, append_images=rest, duration=self.milliseconds, loop=0, quality=72, method=6)
        assert file.stat().st_size < MOST_BYTES, file


async def main() -> None:
    """Films it in each scheme."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme in ("light", "dark"):
            with tempfile.TemporaryDirectory() as folder:
                content = Path(shutil.copytree(CONTENT, Path(folder) / "content"))
                async with bot(Path(folder), content) as address:
                    film = await filmed(browser, scheme, address, content)
            film.save(DOCS / f"demo-{scheme}.webp")
            print(f"docs/demo-{scheme}.webp: {len(film.frames)} frames, {sum(film.milliseconds) / 1000:.0f} s")
        await browser.close()


@asynccontextmanager
async def bot(folder: Path, content: Path) -> AsyncIterator[str]:
    """The bot, as `make run` starts it; its address."""
    port = free_port()
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CONTENT_DIR": str(content)}
    given |= {
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "EMBEDDINGS": "off",
        "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "run", env=given, cwd=folder)
    try:
        await until_up(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def filmed(browser: Browser, scheme: Scheme, address: str, content: Path) -> Film:
    """The whole story, about fifteen seconds long."""
    context = await browser.new_context(
        viewport=SIZE, color_scheme=scheme, locale="en-GB", timezone_id="Asia/Jakarta", reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = await context.new_page()
    await page.goto(f"{address}/preview")
    await page.locator("html[data-ready]").wait_for()
    film = Film(page)
    await film.take(700)
    for end in range(2, len(QUESTION) + 1, 4):
        await page.locator("#text").fill(QUESTION[:end])
        await film.take(120)
    await page.locator("#text").fill(QUESTION)
    await film.take(400)
    await ask(page, QUESTION)
    await film.take(3200)
    await page.locator("#text").fill("/subscribe")
    await film.take(500)
    await ask(page, "/subscribe")
    await film.take(1600)
    bulletin = content / "bulletins" / f"{datetime.now(UTC).date()}-checked-again.yaml"
    await asyncio.to_thread(bulletin.write_text, text(content, "June 2025"), "utf-8")
    await shows(page, "Sources checked again")
    await film.take(3000)
    await asyncio.to_thread(bulletin.write_text, text(content, "{last_report_on}"), "utf-8")
    await shows(page, re.compile("Correct", re.IGNORECASE))
    await film.take(3600)
    await context.close()
    return film


def text(content: Path, date: str) -> str:
    """The bulletin's file. Its source is that of the fact which it states."""
    facts = (content / "facts.yaml").read_text("utf-8")
    found = re.search(r"^last_report_on:.*?sources: *\[?\s*-?\s*([\w-]+)", facts, re.M | re.S)
    assert found
    return BULLETIN.format(day=datetime.now(UTC).date(), date=date, source=found[1])


async def ask(page: Page, question: str) -> None:
    """Sends it, and waits for the answer in both columns."""
    turns = page.locator("#telegram > li")
    before = await turns.count()
    await page.locator("#text").fill(question)
    await page.locator("form.message .send").click()
    await expect(turns).to_have_count(before + 1, timeout=WAIT_MILLISECONDS)
    await page.wait_for_timeout(300)


async def shows(page: Page, words: str | re.Pattern[str]) -> None:
    """Waits until the last message of both columns has the words."""
    for look in ("telegram", "discord"):
        await expect(page.locator(f"#{look} > li").last).to_contain_text(words, timeout=WAIT_MILLISECONDS)
    await page.wait_for_timeout(300)


if __name__ == "__main__":
    asyncio.run(main())
