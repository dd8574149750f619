"""Every kind of entry at the desk, over HTTP: found, changed together with others, added, removed."""

import asyncio
import re
from typing import Any

import pytest

from bot.db.changes import ChangedEntry
from bot.dossier.entries import Key
from bot.dossier.models import TopicId
from bot.dossier.yaml_writer import written
from bot.platforms.web.desk.entries import ENTRIES_PER_PAGE
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.platforms.web.desk_site import ANNA, BUDI, NEW, READER, TEXTS, Newsdesk, Visitor
from tests.platforms.web.site import status_of
from tests.tables import cases

FARE, SOURCE, TOPIC = "facts/fare", "sources/port-authority", "topics/fare"


class TestManyEntries:
    """With thousands of entries the desk delays nobody else."""

    async def test_where_entries_are_used_is_found_in_a_thread(self, newsdesk: Newsdesk) -> None:
        body = {"en": "It costs {fare} [@harbour]. " * 20}
        many = {
            key: ChangedEntry(key, None, {"title": {"en": "x"}, "body": body}, {})
            for key in (Key(f"bulletins/2026-01-06-n{number}") for number in range(1500))
        }
        finding, rounds = asyncio.create_task(newsdesk.desk.uses(many)), 0
        while not finding.done():
            await asyncio.sleep(0)
            rounds += 1
        assert len((await finding)[Key(FARE)]) > len(many)
        assert rounds > 3, "the event loop waited for it"

    @pytest.mark.slow
    async def test_a_page_names_some_of_them_and_says_how_many_there_are(
        self, newsdesk: Newsdesk, anna: Visitor
    ) -> None:
        for number in range(ENTRIES_PER_PAGE + 2):
            text = (newsdesk.folder / "bulletins" / "2026-01-05-first-crossing.yaml").read_text(encoding="utf-8")
            file = newsdesk.folder / "bulletins" / f"2026-01-05-more-{number}.yaml"
            file.write_text(text.replace("First crossing", f"Crossing {number}"), encoding="utf-8")
        await newsdesk.deploy()
        page = await anna.see("/entries/topics/fare")
        assert re.search(r"and \d+ more", page)
        assert page.count('href="/desk/entries/bulletins/') <= ENTRIES_PER_PAGE


class TestFinding:
    """The page of entries."""

    @pytest.mark.slow
    async def test_every_kind_is_found_by_its_words(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        page = await anna.see("/entries")
        for key in (FARE, TOPIC, "sources/harbour", "bulletins/2026-01-05-first-crossing", "header"):
            assert f'href="/desk/entries/{key}"' in page
        assert 'href="/desk/entries"' in await anna.see()
        assert "Rp4.500" in await budi.see("/entries?q=fare&kind=facts")
        page = await budi.see("/entries?q=tiket+sekali")  # a text in a language, by the words of it
        assert (f'href="/desk/entries/{TOPIC}"' in page, "Tarif" in page, f"entries/{FARE}" in page) == (
            True,
            True,
            False,
        )
        assert "None found." in await anna.see("/entries?q=nowhere")
        assert f"entries/{FARE}" in await anna.see("/entries?kind=%3Cx%3E&page=99")

    async def test_where_it_is_used(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        page = await anna.see(f"/entries/{FARE}")
        used = page[page.index("Where this is used") : page.index("What it refers to")]
        assert re.findall(r'href="/desk/entries/([^"?]+)"', used) == [TOPIC]
        assert "Text" in used
        assert 'href="/desk/entries/sources/harbour"' in page[page.index("What it refers to") :]
        assert "Nothing refers to it." in await anna.see("/entries/header")
        for key in ("facts/none", "feeds/x", "header/x"):
            assert await status_of(anna.browser.get(f"/desk/entries/{key}")) == 404, key


class TestFilesAlone:
    """Feeds and the logo are in force as entries, too, and no editor changes them."""

    async def test_neither_is_at_the_desk(self, newsdesk: Newsdesk, anna: Visitor, clock: MovedClock) -> None:
        folder = newsdesk.folder
        feed = "feeds/gazette"
        (folder / "feeds.yaml").write_text(
            "gazette: {publisher: Gazette, url: 'https://feed.example/x', language: en, topics: [fare], match: {all: [[ferry]]}}"
        )
        (folder / "logo.svg").write_text(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>"
        )
        header = folder / "dossier.yaml"
        header.write_text(header.read_text("utf-8") + "logo: logo.svg\n", "utf-8")
        clock.forward(1)
        await newsdesk.deploy()
        assert {feed, "logo"} <= newsdesk.live.contents.keys()
        page = await anna.see("/entries")
        assert re.findall(r'href="/desk/entries/((?:feeds|logo)[^"?]*)"', page) == []
        assert f'href="/desk/entries/{FARE}"' in page
        assert await status_of(anna.browser.get(f"/desk/entries/{feed}")) == 404
        assert (await anna.send("entry", action="correct", key=feed))[0] == 404
        await anna.send("entry", action="correct", key=FARE)
        [item] = await newsdesk.desk.items(ANNA)
        assert (await anna.fill(item.change.id, {}, "entries", action=f"open:{feed}"))[0] == 400
        assert list(await newsdesk.contents(item.change.id)) == [FARE]


@pytest.mark.slow
class TestSeveralEntries:
    """In one change: together or not at all."""

    async def test_a_topic_gets_another_id(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """One press: followers, links and bulletins stay with it; what is refused changes nothing."""
        await newsdesk.store.readers.meet(READER, "private")
        await newsdesk.store.subscriptions.put(READER, Subscription(frozenset({TopicId("fare")})))
        await anna.send("entry", action="correct", key=TOPIC)
        assert f'value="rename:{TOPIC}"' in await anna.see("/1")
        assert (await anna.send("1/entries", action="rename:facts/fare"))[0] == 409
        for words in ("  ", "票价"):
            status, page = await anna.fill(1, {}, "entries", action=f"rename:{TOPIC}", **{f"rename|{TOPIC}": words})
            assert (status, "Write the new id in Latin letters" in page) == (409, True)
        words = {f"rename|{TOPIC}": "Ticket price"}
        status, page = await anna.fill(
            1, {f"{TOPIC}|title|en": "The price"}, "entries", action=f"rename:{TOPIC}", **words
        )
        assert (status, 'id="entry-topics/ticket_price"' in page, "Former ids" in page) == (200, True, True)
        assert (await anna.ask(1))[0] == 200
        await newsdesk.agree(1, budi)
        dossier = newsdesk.live.dossier
        assert {each.id: (each.was, each.title["en"]) for each in dossier.topics.values()} == {  # type: ignore[index]
            "ticket_price": (["fare"], "The price")
        }
        assert not_none(await newsdesk.store.subscriptions.get(READER)).topics == {"ticket_price"}
        assert (await newsdesk.ledger())["2026-01-05-first-crossing"] == ("history", 1)

    async def test_what_a_change_that_waits_needs_is_not_removed(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """The page names that change, and the request is refused, whichever of the two waits."""
        await newsdesk.unused_source()
        key = "sources/spare"
        await budi.send("entry", action="correct", key=key)
        assert (await budi.fill(2, {}, "entries", action=f"remove:{key}"))[0] == 200
        await anna.send("new")
        form = await anna.form(3)
        for name, words in {**TEXTS, "change|planned": "2026-11-23T13:30"}.items():
            form.type(name, words)
        form.tick(f"{NEW}|sources", "spare")
        assert (await anna.submit(3, form, "decide", action="ask"))[0] == 200

        assert '<a href="/desk/3"><bdi>Fares fall</bdi></a>' in await budi.see("/2")
        status, page = await anna.ask(2)
        assert (status, "sources/spare cannot be removed" in page, "3, Fares fall" in page) == (409, True, True)
        await budi.press(3, "approve")
        assert (await anna.ask(2))[0] == 409
        assert (await newsdesk.change(2)).state == "draft"

        await anna.press(3, "take_back")
        assert (await anna.ask(2))[0] == 200
        status, page = await anna.ask(3)
        assert (status, "A change that waits removes sources/spare" in page) == (409, True)

    async def test_what_is_in_force_is_added_to_an_open_change(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """From the list and from its own page; a second press adds nothing."""
        await anna.send("entry", action="correct", key=FARE)
        page = await anna.see("/entries?change=1")
        assert f'value="open:{TOPIC}"' in page
        assert f'value="open:{FARE}"' not in page
        assert f'value="open:{TOPIC}"' in await anna.see(f"/entries/{TOPIC}")
        for key in (TOPIC, TOPIC, "header"):
            assert (await anna.send("1/entries", action=f"open:{key}"))[0] == 200
        assert set(await newsdesk.contents()) == {FARE, TOPIC, "header"}
        before = await newsdesk.contents()
        form = await anna.form(1)
        assert {"header|title|en", f"{TOPIC}|asks|id", f"{FARE}|sources"} <= {name for name, _ in form.fields}
        assert not {"header|id", "header|languages", f"{FARE}|type"} & {name for name, _ in form.fields}
        await anna.submit(1, form)
        assert await newsdesk.contents() == before

    async def test_an_untouched_page_changes_nothing(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """With what says "none": no note is shown, a budget is not published."""
        folder = newsdesk.folder
        texts = {name: dict.fromkeys(("en", "id"), "Piers") for name in ("title", "summary", "body")}
        known: dict[str, Any] = {"driver": "fare", "budget": None}
        (folder / "programs").mkdir()
        (folder / "programs/piers.yaml").write_text(written({**texts, "notes": [], "known": known}), "utf-8")
        await newsdesk.deploy()
        await anna.send("entry", action="correct", key="programs/piers")
        before = await newsdesk.contents(2)
        assert before == {"programs/piers": {**texts, "notes": [], "known": known}}
        form = await anna.form(2)
        assert form["programs/piers|known|budget"] == form["programs/piers|notes"] == "~"
        await anna.submit(2, form)
        assert await newsdesk.contents(2) == before
        form.type("programs/piers|known|budget", "fare")
        form.type("programs/piers|known|schedule", "~")
        form.tick("programs/piers|notes", "fare")
        await anna.submit(2, form)
        said = (await newsdesk.contents(2))[Key("programs/piers")] or {}
        assert said["known"] == {"driver": "fare", "schedule": None, "budget": "fare"}
        assert said["notes"] == ["fare"]

    async def test_two_who_change_one_list(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Of one language: both are shown. Of two languages they never meet."""
        await anna.send("entry", action="correct", key=TOPIC)
        form = await anna.form(1)
        form.type(f"{TOPIC}|asks|en", "fare\nwhat does a ticket cost")
        await budi.fill(1, {f"{TOPIC}|asks|id": "ongkos\n\n  tarif   feri ", f"{TOPIC}|asks|en": "the price"})
        status, page = await anna.submit(1, form)
        assert (status, "Somebody else has saved:" in page, "the price" in page) == (409, True, True)
        asks = ((await newsdesk.contents())[Key(TOPIC)] or {})["asks"]
        assert asks == {"en": ["the price"], "id": ["ongkos", "tarif feri"]}


class TestNew:
    """Entries that were not there."""

    @pytest.mark.slow
    @cases("kind, words, key, content")
    async def test_of_each_kind(
        self,
        newsdesk: Newsdesk,
        anna: Visitor,
        kind: str,
        words: str,
        key: str,
        content: dict[str, object],
    ) -> None:
        """With a key that nothing had, in a change of its own and in one that is open.

        facts.money | Price of a car | facts/price_of_a_car | {"type": "money", "of": {"en": "Price of a car"}}
        facts.date | "" | facts/fact | {"type": "date"}
        sources | Harbour | sources/harbour-2 | {"publisher": "Harbour"}
        topics | Fare | topics/fare_2 | {"title": {"en": "Fare"}}
        programs | New piers | programs/new-piers | {"title": {"en": "New piers"}}
        claims | The ferry sank | claims/the-ferry-sank | {"says": {"en": ["The ferry sank"]}, "date": "2026-11-23"}
        """
        assert f'<option value="{kind}"' in await anna.see("/entries")
        status, page = await anna.send("new", kind=kind, words=words)
        assert (status, f'id="entry-{key}"' in page) == (200, True)
        assert await newsdesk.contents() == {key: content}
        await anna.send("entry", action="correct", key=FARE)
        await anna.fill(2, {}, "entries", action="add", kind=kind, words=words)
        [added] = set(await newsdesk.contents(2)) - {FARE}
        assert (added != key, added.startswith(key.rstrip("-_2"))) == (True, True)

    @cases("address, key, publisher")
    async def test_a_source_by_its_address(
        self, newsdesk: Newsdesk, anna: Visitor, address: str, key: str, publisher: dict[str, object]
    ) -> None:
        """From the list of entries as in an open change: the address is its address, and the publisher that of its host.

        https://en.antaranews.com/news/999/seminar | sources/en-antaranews-com | {}
        " https://www.harbour.example/strike?page=2 " | sources/harbour-office | {"publisher": "Harbour Office"}
        """
        content = {"url": address.strip(), **publisher}
        status, page = await anna.send("new", kind="sources", words=address)
        assert (status, f'id="entry-{key}"' in page) == (200, True)
        assert await newsdesk.contents() == {key: content}
        await anna.send("entry", action="correct", key=TOPIC)
        await anna.fill(2, {}, "entries", action="add", kind="sources", words=address)
        added = {each: made for each, made in (await newsdesk.contents(2)).items() if each != TOPIC}
        assert added == {f"{key}-2": content}

    async def test_a_source_that_is_there(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Its page is shown, and no change is made."""
        status, page = await anna.send("new", kind="sources", words="http://harbour.example/timetable/#now")
        assert (status, "Where this is used" in page) == (200, True)
        assert 'href="/desk/1"' not in await anna.see()


class TestFigures:
    """A figure that changes has another source, or was compared with its own ones on another day."""

    ASKED, ASKED_ID = "Where does the new value come from", "Dari mana nilai baru ini"

    async def test_where_it_comes_from_is_asked(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """The writer is asked until the day is written, and the approver sees that it is not."""
        await anna.send("entry", action="correct", key=FARE)
        assert self.ASKED not in await anna.see("/1")
        await anna.fill(1, {f"{FARE}|amount": "5000"})
        assert self.ASKED in await anna.see("/1")
        await anna.fill(1, {f"{FARE}|checked": "2026-11-27"})
        assert self.ASKED not in await anna.see("/1")
        await anna.ask(1, {f"{FARE}|checked": "2026-02-01"})
        assert self.ASKED_ID in await budi.see("/1")


@pytest.mark.slow
class TestMistakes:
    """What no platform can show, or no file may say, is not asked for."""

    @pytest.mark.parametrize(
        ("field", "text", "said"),
        [
            (f"{TOPIC}|body|en", "A single ticket costs {fare}. " + "And so on. " * 1000, "characters"),
            (f"{TOPIC}|title|en", "What a single ticket for the new ferry costs " * 2, "characters"),
        ],
    )
    async def test_of_a_topic_on_a_platform(
        self, newsdesk: Newsdesk, anna: Visitor, field: str, text: str, said: str
    ) -> None:
        await anna.send("entry", action="correct", key=TOPIC)
        status, page = await anna.ask(1, {field: text})
        assert (status, said in page) == (409, True)
        assert (await newsdesk.change()).state == "draft"

    async def test_of_a_time_zone(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """That there is none: its page opens, and it is mended."""
        await anna.send("entry", action="correct", key="header")
        status, page = await anna.ask(1, {"header|zone": "Europe/Moskow"})
        assert (status, "This is not a time zone such as Asia/Jakarta" in page) == (409, True)
        status, page = await anna.ask(1, {"header|zone": "Europe/Moscow"})
        assert (status, "Waits for approval" in page) == (200, True), page


class TestReadiness:
    """What the dossier lacks, in each editor's language, with the way to the entry."""

    async def test_by_two_editors(self, newsdesk: Newsdesk) -> None:
        for editor, says in (
            (
                ANNA,
                ("questions: en 3, id 3", "no sentence in en, id", "with one, a claim that repeats it gets a verdict"),
            ),
            (BUDI, ("pertanyaan: en 3, id 3", "belum ada kalimat dalam bahasa: en, id", "mendapat putusan")),
        ):
            visitor = await newsdesk.signed_in(editor)
            assert 'href="/desk/readiness"' in await visitor.see("/entries")
            page = await visitor.see("/readiness")
            assert all(words in page for words in says)
            for entry in ("header", FARE, TOPIC):
                assert f'href="/desk/entries/{entry}"' in page
                await visitor.see(f"/entries/{entry}")

    async def test_of_one_that_lacks_nothing_more(self, newsdesk: Newsdesk) -> None:
        """What is mended is gone from the page at once."""
        file = newsdesk.folder / "facts.yaml"
        says = "  of: {en: a ticket, id: tiket}\n  says: {en: ['a ticket costs {}'], id: ['tiket seharga {}']}\n"
        file.write_text(file.read_text(encoding="utf-8") + says, encoding="utf-8")
        await newsdesk.deploy()
        page = await (await newsdesk.signed_in(ANNA)).see("/readiness?page=99999999999999999999")
        assert ("no sentence" in page, FARE in page) == (False, False)
