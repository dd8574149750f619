"""Mistakes that readers report, on the page and at the desk over HTTP."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from sqlalchemy import select

from bot.db.schema import bulletin_texts
from bot.dossier.models import Language
from bot.newsroom.reports import ReaderReports
from bot.reader import Address
from tests.conftest import TINY
from tests.platforms.web.desk_site import Newsdesk, Visitor
from tests.platforms.web.site import Site, text_of
from tests.platforms.web.site import serving as serving_page
from tests.platforms.web.test_desk_figures import plain
from tests.tables import cases

WRONG = "the ticket costs Rp4,600"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving_page(TINY) as served:
        yield served


class TestDesk:
    @pytest.mark.slow
    async def test_one_answer_by_whoever_is_first(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        reader = await newsdesk.store.readers.meet(Address("telegram", "77"), "private", "Carol", "en")
        reports = ReaderReports(newsdesk.store, newsdesk.live)
        await reports.send(WRONG, Language("en"), reader.id)
        await reports.send("a typo", Language("id"), page="/id/topics/fare")
        page = plain(await anna.see("/reports"))
        assert (WRONG in page, "a typo" in page, "/id/topics/fare" in page, "Carol" in page) == (
            True,
            True,
            True,
            False,
        )
        assert (await anna.send("reports", id="1", action="answer", answer=" "))[0] == 400
        status, page = await anna.send("reports", id="1", action="answer", answer="Mended, thank you.")
        assert (status, "Answered by Anna" in plain(page)) == (200, True)
        status, page = await budi.send("reports", id="1", action="answer", answer="Thank you, Budi!")
        assert (status, "Ini sudah dijawab" in page, "kirim lagi" in page.lower()) == (409, True, False)
        assert ("Mended, thank you." in page, "Thank you, Budi!</textarea>" in page) == (True, True)
        assert (await budi.send("reports", id="2", action="answer", answer="To nobody."))[0] == 409
        assert (await budi.send("reports", id="2", action="close"))[0] == 200
        await newsdesk.store.readers.delete("telegram", "77")
        status, page = await budi.send("reports", id="1", action="answer", answer="Thank you, Budi!")
        assert (status, "Mended, thank you." in page, "Thank you, Budi!</textarea>" in page) == (409, False, True)
        async with newsdesk.store.database.read() as connection:
            texts = (await connection.execute(select(bulletin_texts.c.article))).scalars().all()
        assert [("Mended, thank you." in text, WRONG in text) for text in texts if "ditors’ answer" in text] == [
            (True, True)
        ]

    async def test_a_report_leads_to_what_is_wrong(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """To the entry of its page, and to the figure in its words; one press says that it is corrected, in the reader's language."""
        reader = await newsdesk.store.readers.meet(Address("telegram", "77"), "private", "Carol", "id")
        reports = ReaderReports(newsdesk.store, newsdesk.live)
        await reports.send("tiketnya Rp4.600", Language("id"), reader.id)
        await reports.send("a typo", Language("en"), page="/en/topics/fare")
        await reports.send("a typo", Language("en"), page="/en/topics/nothing")
        page = plain(await anna.see("/reports"))
        assert (
            page.count("Correct this: The fare"),
            page.count("Correct this"),
            page.count("A figure is wrong: "),
        ) == (1, 1, 1)
        assert "A figure is wrong: 4.600" in page
        assert 'href="/desk/figure?q=4.600"' in await anna.see("/reports")
        assert "The fare" in plain((await anna.send("entry", action="correct", key="topics/fare"))[1])
        status, page = await anna.send("reports", id="1", action="thank")
        assert (status, "Sudah diperbaiki. Terima kasih." in page) == (200, True)
        assert (await anna.send("reports", id="2", action="thank"))[0] == 409  # nobody can be answered on the page
        assert (await anna.send("reports", id="99", action="thank"))[0] == 409


class TestPage:
    async def send(self, site: Site, **fields: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as browser,
            browser.post(f"{site.address}/en/mistake", data=fields) as answer,
        ):
            return answer.status, await answer.text()

    async def reports(self, site: Site) -> list[tuple[str, str]]:
        stored = await site.preview.conversation.store.reports.all(10)
        return [(each.words, each.page) for each in stored if each.reader_id is None]

    async def test_from_the_foot_of_a_page(self, site: Site) -> None:
        async with aiohttp.ClientSession() as browser:
            assert 'href="/en/mistake?page=/en/topics/fare"' in await text_of(
                browser.get(f"{site.address}/en/topics/fare")
            )
            assert 'name="page" value="/en/topics/fare"' in await text_of(
                browser.get(f"{site.address}/en/mistake?page=/en/topics/fare")
            )
        status, page = await self.send(site, words=WRONG, page="/en/topics/fare")
        assert (status, "The editors have it." in page, 'href="/en/topics/fare">Back' in page) == (200, True, True)
        assert await self.reports(site) == [(WRONG, "/en/topics/fare")]

    @cases("page")
    async def test_no_other_address_is_passed_on(self, site: Site, page: str) -> None:
        """Least of all one that is a secret.

        https://evil.example/
        //evil.example
        /en/subscription/secret
        javascript:alert(1)
        /en?q=1
        """
        assert (await self.send(site, words=WRONG, page=page))[0] == 200
        assert await self.reports(site) == [(WRONG, "")]

    async def test_programs_and_floods_are_kept_away(self, site: Site) -> None:
        """What was typed stays in its field."""
        status, page = await self.send(site, words=WRONG, website="x")
        assert (status, "keep programs away" in page, WRONG in page) == (400, True, True)
        assert (await self.send(site, words="  "))[0] == 400
        assert await self.reports(site) == []
        statuses = [(await self.send(site, words=f"{WRONG} {number}"))[0] for number in range(4)]
        assert statuses == [200, 200, 200, 429]
