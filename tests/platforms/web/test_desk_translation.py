"""Translating a change over HTTP, without a script."""

import re
from html import unescape

from bot.platforms.web.desk_sign_in import HOME
from tests.clocks import MovedClock
from tests.platforms.web.test_desk import ANNA, BUDI, FIRST, NEW, Newsdesk, newsdesk

__all__ = ["newsdesk"]

PAGE = "/1/translation/id"
ENGLISH = {f"{NEW}|title|en": "20 ferries", f"{NEW}|body|en": "The ferry crossed for a first time. It carried 20 people."}


class TestTranslating:
    async def test_what_is_missing_figures_and_what_was_translated_before(self, newsdesk: Newsdesk) -> None:
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        await anna.fill(1, ENGLISH)
        assert PAGE in await anna.see("/1")
        page = await anna.see(PAGE)
        assert (page.count(">missing<"), "The ferry crossed for a first time. It carried 20 people.</p>" in page) == (2, True)
        offered = re.search(r'value="(insert:[^"]+)"', page)
        assert offered, page
        _, page = await anna.fill_at(PAGE, {f"{NEW}|title|id": "30 feri"}, action=unescape(offered[1]))
        content = await newsdesk.bulletin()
        first = newsdesk.served.live.contents[FIRST]["body"]["id"]  # type: ignore[index,call-overload]
        assert content["title"] == {"en": "20 ferries", "id": "30 feri"}
        assert content["body"]["id"] in str(first).replace("\n", " ")  # type: ignore[index,call-overload]
        assert "Figures that differ" in page
        assert re.search(r"<b>20</b>, Bahasa Indonesia <b>30</b>", page)
        page = (await anna.fill_at(PAGE, {f"{NEW}|title|id": "20 feri"}, "translation/id/check"))[1]
        assert "Figures that differ" not in page

    async def test_what_was_changed_since_is_marked_until_it_is_said_to_hold(
        self, newsdesk: Newsdesk, clock: MovedClock
    ) -> None:
        """First against what is in force, then against what was there when it was said. Nobody becomes a writer by that."""
        anna, budi, key = await newsdesk.in_force(clock)
        await anna.send("entry", action="correct", key=key)
        await anna.fill(2, {f"{key}|body|en": "From Tuesday."})
        page = await anna.see("/2/translation/id")
        assert (page.count("changed since translated"), page.count(">missing<")) == (1, 0)
        assert "<del>Monday.</del> <ins>Tuesday.</ins>" in page
        version = await newsdesk.served.change(2)
        _, page = await budi.fill_at("/2/translation/id", {}, action=f"holds:{key}|body|id")
        assert "changed since translated" not in page
        assert await newsdesk.served.change(2) == version
        await anna.fill(2, {}, "decide", action="ask")
        await budi.press(2, "return", reason="One more.")
        await anna.fill(2, {f"{key}|body|en": "From Wednesday."})
        assert "<del>Tuesday.</del> <ins>Wednesday.</ins>" in await budi.see("/2/translation/id")
        await budi.fill_at("/2/translation/id", {f"{key}|body|id": "Mulai Rabu."})
        assert "changed since translated" not in await budi.see("/2/translation/id")

    async def test_two_who_change_the_same_text_choose(self, newsdesk: Newsdesk) -> None:
        anna, budi = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(BUDI)
        await anna.send("new")
        await anna.fill(1, ENGLISH)
        late = await budi.form_at(PAGE)
        await anna.fill_at(PAGE, {f"{NEW}|title|id": "Milik Anna"})
        late.type(f"{NEW}|title|id", "Milik Budi")
        status, page = await budi.submit_at(PAGE, late)
        assert (status, "Milik Anna" in page, "Milik Budi" in page) == (409, True, True)

    async def test_where_nothing_can_be_typed(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        anna, budi, _ = await newsdesk.in_force(clock)
        assert "readonly" in await budi.see("/1/translation/id")
        for language in ("en", "ru"):
            async with anna.browser.get(f"{HOME}/1/translation/{language}") as answer:
                assert answer.status == 404
