"""The preview in a real browser while files are saved, bulletins arrive, and Nota goes away."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.dossier.models import Language
from bot.platforms.web.preview import PLATFORM, chat_id_of
from bot.reader import Address
from bot.replies.reply import Reply
from tests.conftest import TINY, Edit
from tests.platforms.web.looking import LOOKS, Visitor, arrive, profile
from tests.platforms.web.site import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


class TestEditing:
    """An editor saves files while the page is open."""

    async def test_broken_then_mended(self, folder: Path, edit: Edit, browser: Browser) -> None:
        """The mistakes stand on the page, the last good edition answers; mended, the panel goes and replies are fresh."""
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            await visitor.ask("/fare")
            edit("topics/fare.yaml", "costs **{fare}**", "is **{fair}**")
            panel = visitor.page.locator(".errors")
            await expect(panel).to_contain_text("1 mistake in the content")
            await expect(panel).to_contain_text("topics/fare.yaml:10")
            await expect(panel).to_contain_text("unknown fact 'fair', did you mean 'fare'?")
            await visitor.ask("/fare")
            await expect(visitor.said("telegram")).to_contain_text("A single ticket costs Rp4,500")
            edit("topics/fare.yaml", "{fair}", "{fare}")
            await expect(panel).to_have_count(0)
            for look in LOOKS:
                await expect(visitor.said(look)).to_contain_text("A single ticket is Rp4,500")
            await expect(visitor.page.locator("#telegram > li").nth(1)).to_contain_text("A single ticket is")
            assert not visitor.amiss

    async def test_what_was_last_said_stays_in_view(self, folder: Path, edit: Edit, browser: Browser) -> None:
        """The panel about the content takes its room from what was said before."""
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            for _ in range(6):
                await visitor.ask("/fare")
            end = visitor.last("telegram").locator("summary")
            await expect(end).to_be_in_viewport(ratio=1)
            edit("topics/fare.yaml", "costs **{fare}**", "is **{fair}**")
            await expect(visitor.page.locator(".errors")).to_be_visible()
            await expect(end).to_be_in_viewport(ratio=1)

    async def test_what_was_folded_out_stays_so(self, folder: Path, edit: Edit, browser: Browser) -> None:
        """And so does what is being typed."""
        async with serving(folder, follows=True) as site, profile(browser) as context:
            visitor = await arrive(site, context)
            await visitor.ask("/fare")
            await visitor.last("telegram").locator("summary").click()
            await visitor.field.fill("half a quest")
            edit("topics/fare.yaml", "A single ticket", "One ticket")
            await expect(visitor.said("telegram")).to_contain_text("One ticket")
            await expect(visitor.last("telegram").locator("pre")).to_be_visible()
            await expect(visitor.field).to_have_value("half a quest")


class TestStream:
    """What comes by itself."""

    async def test_bulletin_arrives(self, visitor: Visitor) -> None:
        """Without a question above it."""
        cookies = await visitor.page.context.cookies()
        room = next(cookie["value"] for cookie in cookies if cookie["name"] == "preview")
        visitor.site.preview.deliver(Address(PLATFORM, chat_id_of(room)), Reply(None, Language("en"), "Just in"))
        for look in LOOKS:
            await expect(visitor.said(look)).to_contain_text("Just in")
            await expect(visitor.last(look).locator(".out, .used")).to_have_count(0)

    async def test_nota_that_is_gone_is_said(self, browser: Browser) -> None:
        """The page stays, and tries again."""
        async with profile(browser) as context:
            async with serving(TINY) as site:
                visitor = await arrive(site, context)
            await expect(visitor.page.get_by_text("Nota is not answering")).to_be_visible()
