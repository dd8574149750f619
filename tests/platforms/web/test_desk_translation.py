"""Translating a change over HTTP, without a script."""

import re
from html import unescape

import pytest
from sqlalchemy import update

from bot.db.schema import deliveries
from bot.dossier.models import BulletinId
from bot.platforms.web.desk.sign_in import HOME
from bot.schedule import Subscription
from tests.conftest import not_none
from tests.databases import reading
from tests.platforms.web.desk_site import BUDI, FIRST, NEW, READER, Newsdesk, Visitor
from tests.platforms.web.site import status_of

PAGE = "/1/translation/id"
ENGLISH = {
    f"{NEW}|title|en": "20 ferries",
    f"{NEW}|body|en": "The ferry crossed for a first time. It carried 20 people.",
}


class TestTranslating:
    @pytest.mark.slow
    async def test_what_is_missing_figures_and_what_was_translated_before(
        self, newsdesk: Newsdesk, anna: Visitor
    ) -> None:
        await anna.send("new")
        await anna.fill(1, ENGLISH)
        assert PAGE in await anna.see("/1")
        page = await anna.see(PAGE)
        assert (page.count(">missing<"), "The ferry crossed for a first time. It carried 20 people.</p>" in page) == (
            2,
            True,
        )
        offered = re.search(r'value="(insert:[^"]+)"', page)
        assert offered, page
        _, page = await anna.fill_at(PAGE, {f"{NEW}|title|id": "30 feri"}, action=unescape(offered[1]))
        content = await newsdesk.bulletin()
        first = newsdesk.live.contents[FIRST]["body"]["id"]  # type: ignore[index,call-overload]
        assert content["title"] == {"en": "20 ferries", "id": "30 feri"}
        assert content["body"]["id"] in str(first).replace("\n", " ")  # type: ignore[index,call-overload]
        assert "Figures that differ" in page
        assert re.search(r"<b>20</b>, Bahasa Indonesia <b>30</b>", page)
        page = (await anna.fill_at(PAGE, {f"{NEW}|title|id": "20 feri"}, "translation/id/check"))[1]
        assert "Figures that differ" not in page

    @pytest.mark.slow
    async def test_what_was_changed_since_is_marked_until_it_is_said_to_hold(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """First against what is in force, then against what was there when it was said. Nobody becomes a writer by that."""
        key = await newsdesk.in_force(anna, budi)
        await anna.send("entry", action="correct", key=key)
        await anna.fill(2, {f"{key}|body|en": "From Tuesday."})
        page = await anna.see("/2/translation/id")
        assert (page.count("changed since translated"), page.count(">missing<")) == (1, 0)
        assert "<del>Monday.</del> <ins>Tuesday.</ins>" in page
        version = await newsdesk.change(2)
        _, page = await budi.fill_at("/2/translation/id", {}, action=f"holds:{key}|body|id")
        assert "changed since translated" not in page
        assert await newsdesk.change(2) == version
        await anna.ask(2)
        await budi.press(2, "return", reason="One more.")
        await anna.fill(2, {f"{key}|body|en": "From Wednesday."})
        assert "<del>Tuesday.</del> <ins>Wednesday.</ins>" in await budi.see("/2/translation/id")
        await budi.fill_at("/2/translation/id", {f"{key}|body|id": "Mulai Rabu."})
        assert "changed since translated" not in await budi.see("/2/translation/id")

    @pytest.mark.slow
    async def test_one_language_first_only_if_an_editor_says_so(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """Whoever reads the other gets the default language's text, and nothing more when theirs is added: the page has it then."""
        await newsdesk.store.readers.meet(READER, "private")
        await newsdesk.store.readers.set_language(READER, BUDI.language)
        await newsdesk.store.subscriptions.put(READER, Subscription())
        await anna.send("new")
        status, page = await anna.ask(1, ENGLISH)
        assert (status, "There is no text yet in: Bahasa Indonesia" in page) == (409, True)
        assert "Send without it for now: Bahasa Indonesia" in page
        status, page = await anna.fill(1, {}, "decide", action="ask", without="id")
        assert (status, "Is sent without: Bahasa Indonesia" in page) == (200, True)
        await newsdesk.agree(1, budi)
        [key] = await newsdesk.contents(1)
        name = BulletinId(key.partition("/")[2])
        async with newsdesk.store.database.write() as connection:  # it was delivered, in English
            await connection.execute(update(deliveries).values(state="delivered", message="1", shown=1, language="en"))
        await anna.send("entry", action="correct", key=key)
        typed = {f"{key}|title|id": "20 feri", f"{key}|body|id": "Feri menyeberang pertama kali, 20 orang."}
        await newsdesk.through(2, anna, budi, typed)
        assert "id" not in {str(each) for each in newsdesk.live.complete.untranslated.get(name, ())}
        progress = await reading(newsdesk.store, newsdesk.store.deliveries.progress, [name])
        assert progress[name].counts == {"delivered": 1}

    @pytest.mark.slow
    async def test_half_a_translation_is_shown_as_its_readers_get_it(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """In the default language: of a title without a text nothing is sent."""
        await anna.send("new")
        half = {**ENGLISH, f"{NEW}|title|id": "Tarif turun"}
        _, page = await anna.fill(1, half, "decide", action="ask", without="id")
        shown = not_none(re.search(r'aria-label="Telegram, Bahasa Indonesia".*?</section>', page, re.DOTALL))
        assert ("Tarif turun" in shown[0], ENGLISH[f"{NEW}|title|en"] in shown[0]) == (False, True)

    @pytest.mark.slow
    async def test_two_who_change_the_same_text_choose(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        await anna.send("new")
        await anna.fill(1, ENGLISH)
        late = await budi.form_at(PAGE)
        await anna.fill_at(PAGE, {f"{NEW}|title|id": "Milik Anna"})
        late.type(f"{NEW}|title|id", "Milik Budi")
        status, page = await budi.submit_at(PAGE, late)
        assert (status, "Milik Anna" in page, "Milik Budi" in page) == (409, True, True)

    async def test_an_entry_in_force(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Its page leads to the translation of a change of it; to the same one again."""
        assert "Translate into: Bahasa Indonesia" in await anna.see("/entries/topics/fare")
        for _ in range(2):
            _, page = await anna.send("entry", action="correct", key="topics/fare", to="id")
            assert 'action="/desk/1/save" data-check="/desk/1/translation/id/check"' in page
        form = await anna.form_at(PAGE)
        assert form["topics/fare|summary|id"] == "Harga tiket"
        assert not any("asks" in name for name, _ in form.fields)

    @pytest.mark.slow
    async def test_where_nothing_can_be_typed(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        await newsdesk.in_force(anna, budi)
        assert "readonly" in await budi.see("/1/translation/id")
        for language in ("en", "ru"):
            assert await status_of(anna.browser.get(f"{HOME}/1/translation/{language}")) == 404
