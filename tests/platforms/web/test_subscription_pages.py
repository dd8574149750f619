"""Subscribing on the page, one's own settings behind a link, and what is stored: over HTTP, with a platform that the code does not know."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.conversation import Conversation
from bot.db.retention import READER_DAYS
from bot.db.schema import destinations, metadata, reader_links, readers
from bot.db.store import Store, open_store
from bot.platforms.platform import PageForm, Surroundings
from bot.platforms.web.subscription_pages import FORM_BURST, HONEYPOT, Practice
from bot.reader import Address
from bot.schedule import SWITCHES, QuietHours, Subscription, Timing
from bot.subscriptions.settings_panel import followable
from tests.clocks import MovedClock
from tests.conftest import HERE, not_none
from tests.databases import sqlite_url
from tests.platforms.postcards.page_form import page_form
from tests.platforms.postcards.platform import NAME, PostcardSettings
from tests.platforms.web.site import Site, serving, status_of

TAMARO = HERE / "dossiers" / "tamaro-repair-act"
"""A dossier in three languages."""

STREET = "1 Quay Street"


def forms(conversation: Conversation) -> dict[str, tuple[str, PageForm]]:
    surroundings = Surroundings(None, None, conversation)  # type: ignore[arg-type]  it makes no requests
    return {NAME: ("Postcards", page_form(PostcardSettings(), surroundings))}


@dataclass
class Visit:
    """A browser without a script, and what it was shown last."""

    site: Site
    session: aiohttp.ClientSession
    status: int = 0
    page: str = ""
    path: str = ""
    headers: Any = field(default=None)

    @property
    def store(self) -> Store:
        return self.site.preview.conversation.store

    async def get(self, path: str) -> str:
        return await self._take(self.session.get(path))

    async def post(self, path: str, **fields: Any) -> str:
        return await self._take(self.session.post(path, data=fields))

    async def subscribe(self, language: str = "en", street: str = STREET, **fields: Any) -> str:
        return await self.post(f"/{language}/subscribe", platform=NAME, street=street, **{"pace": "at_once"} | fields)

    async def _take(self, request: Any) -> str:
        async with request as answer:
            self.status, self.page, self.path = answer.status, await answer.text(), answer.url.path
            self.headers = answer.headers
        return self.page

    async def address(self) -> Address:
        return not_none(await self.store.page_readers.find(NAME, STREET.lower()))


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    practice = Practice(("Telegram",), 400)
    async with serving(TAMARO, forms=forms, practice=practice) as site, aiohttp.ClientSession(site.address) as session:
        yield Visit(site, session)


class TestSubscribing:
    """A form without a script: topics, times and language, as in a chat."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    async def test_it_is_subscribed_as_chosen(self, visit: Visit, language: str) -> None:
        """The form offers what is read, and its page is shown, filled in."""
        page = await visit.get(f"/{language}/subscribe")
        assert f'action="/{language}/subscribe"' in page
        assert "Write to me" in page
        topic = followable(visit.site.live.dossier)[1]
        assert f'value="{topic}"' in page
        switches = {switch.name: "1" for switch in SWITCHES}
        chosen = {"topics": topic, "pace": "weekly 4", "hour": "7"} | switches
        quiet = {"start": "22", "end": "6", "zone": "Asia/Makassar", "city": "Tokyo"}
        shown = await visit.subscribe(language, **chosen, **quiet)
        assert visit.path.startswith(f"/{language}/subscription/")
        address = await visit.address()
        timing = Timing("weekly", 7, 4, QuietHours(22, 6), "Asia/Tokyo")
        assert await visit.store.subscriptions.get(address) == Subscription(
            frozenset({topic}), timing, **dict.fromkeys(switches, True)
        )
        assert not_none(await visit.store.readers.get(address)).detected_language == language
        assert re.search(rf'value="{topic}" checked', shown)
        for chosen in ("weekly 4", "7", "22", "6", "Asia/Tokyo"):
            assert f'value="{chosen}" selected' in shown
        for switch in switches:
            assert f'name="{switch}" value="1" checked' in shown
        await visit.post(visit.path, do="save", pace="weekly 4", topics=topic)
        changed = await visit.store.subscriptions.get(address)
        assert changed == Subscription(frozenset({topic}), timing), "what is not in a form stays, but for its boxes"

    async def test_a_setting_is_offered_if_it_changes_something_on_one_of_the_platforms(self) -> None:
        """And on the page of a reader's own subscription if it does so on that reader's."""

        def two(conversation: Conversation) -> dict[str, tuple[str, PageForm]]:
            [(name, (label, form))] = forms(conversation).items()
            return {name: (label, replace(form, without=frozenset({"silent"}))), "other": ("Other", form)}

        async with serving(TAMARO, forms=two) as site, aiohttp.ClientSession(site.address) as session:
            visit = Visit(site, session)
            assert 'name="silent"' in await visit.get("/en/subscribe")
            shown = await visit.subscribe()
            assert 'name="own_language"' in shown
            assert 'name="silent"' not in shown

    async def test_every_bulletin_by_default(self, visit: Visit) -> None:
        """Whoever presses the button alone gets all, at once, in the hours of the language's home."""
        await visit.subscribe("id")
        wanted = await visit.store.subscriptions.get(await visit.address())
        assert wanted == Subscription(None, Timing(zone="Asia/Jakarta"))

    async def test_a_city_is_a_zone(self, visit: Visit) -> None:
        await visit.subscribe(zone="казань")
        wanted = not_none(await visit.store.subscriptions.get(await visit.address()))
        assert wanted.timing.zone == "Europe/Moscow"

    async def test_again_it_is_the_same_reader(self, visit: Visit) -> None:
        """With the new wishes and a new link; the earlier link works still."""
        await visit.subscribe()
        first, address = visit.path, await visit.address()
        await visit.subscribe(street=STREET.upper(), pace="daily")
        assert visit.path != first
        assert await visit.address() == address
        assert 'value="daily" selected' in await visit.get(first)
        async with visit.store.database.read() as connection:
            [stored] = (await connection.execute(select(destinations.c.destination))).scalars()
        assert stored == {"street": STREET.upper()}

    async def test_somebody_has_to_do_something_first(self, visit: Visit) -> None:
        """The platform's own word is shown, and nothing else happens."""
        page = await visit.subscribe(street="Far away")
        assert visit.status == 200
        assert "Ask at the post office." in page

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"street": ""}, "Where do you live?"), ({"topics": "nothing"}, "is not one of the choices"),
            ({"pace": "daily", "hour": "24"}, "is not one of the choices"), ({"pace": "weekly -1"}, "is not one of the choices"),
            ({"pace": "hourly"}, "is not one of the choices"), ({"start": "x", "end": "3"}, "is not one of"),
            ({"zone": "Atlantis on the Moon"}, "No time zone is called"), ({"zone": "Europe"}, "Europe/Andorra"),
            ({"zone": "san"}, "Choose the zone of “san”."), ({"zone": "moskwaa"}, "Europe/Moscow"),
            ({"start": "22", "end": "22"}, "From 22:00 until when?"),
            ({"start": "22"}, "From 22:00 until when?"), ({"end": "6"}, "Until 06:00, from when?"),
            ({"platform": "fax"}, "Choose how"),
            ({HONEYPOT: "http://buy.example"}, "Leave the last field empty"), ({"zone": "x" * 40_000}, "too large"),
        ],
    )  # fmt: skip
    async def test_what_cannot_be_is_said(self, visit: Visit, fields: dict[str, str], said: str) -> None:
        page = await visit.post("/en/subscribe", **{"platform": NAME, "street": STREET, "pace": "at_once"} | fields)
        assert visit.status in (400, 413)
        assert said in page
        async with visit.store.database.read() as connection:
            assert (await connection.execute(select(readers.c.id))).first() is None

    async def test_from_another_site_it_is_refused(self, visit: Visit) -> None:
        headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert await status_of(visit.session.post("/en/subscribe", data={"platform": NAME}, headers=headers)) == 403

    @pytest.mark.slow
    async def test_a_program_is_slowed_down(self, visit: Visit) -> None:
        for number in range(FORM_BURST):
            await visit.subscribe(street=f"{number} Quay Street")
        page = await visit.subscribe()
        assert visit.status == 429
        assert visit.headers["Retry-After"]
        assert "Too many forms" in page

    async def test_where_nothing_is_on(self) -> None:
        """The page offers the feeds, and no form that leads nowhere."""
        async with serving(TAMARO) as site, aiohttp.ClientSession(site.address) as session:
            visit = Visit(site, session)
            page = await visit.get("/en/subscribe")
        assert 'method="post"' not in page
        assert "/en/bulletins.atom" in page

    async def test_on_the_home_screen(self, visit: Visit) -> None:
        """A manifest in the page's language, which the page's own policy permits."""
        page = await visit.get("/ru/subscribe")
        assert 'rel="manifest" href="/ru/app.webmanifest"' in page
        assert "manifest-src 'self'" in visit.headers["Content-Security-Policy"]
        async with visit.session.get("/ru/app.webmanifest") as answer:
            said = await answer.json(content_type="application/manifest+json")
        assert (said["lang"], said["start_url"], said["display"]) == ("ru", "/ru/subscribe", "standalone")


class TestOwnSettings:
    """Whoever has the link sees and changes everything; nobody else does."""

    async def test_changed_and_ended_and_resumed(self, visit: Visit) -> None:
        await visit.subscribe()
        path, address = visit.path, await visit.address()
        shown = await visit.post(path, do="save", pace="daily", hour="18", language="ru", zone="UTC")
        assert visit.path == path
        assert 'value="daily" selected' in shown
        assert visit.store.readers.language(address) == "ru"
        shown = await visit.post(path, do="unsubscribe")
        assert "No bulletins come." in shown
        assert "kept for 30 days" in shown
        assert await visit.store.subscriptions.get(address) is None
        await visit.post(path, do="subscribe")
        assert not_none(await visit.store.subscriptions.get(address)).timing.hour == 18

    async def test_a_reader_who_cannot_be_reached(self, visit: Visit) -> None:
        """The page does not say that bulletins come, but since when and why they do not, and leads to the form."""
        await visit.subscribe()
        path, address = visit.path, await visit.address()
        await visit.store.readers.suspend(address.platform, address.chat_id, "no such street")
        shown = await visit.get(path)
        assert "Postcards: bulletins come" not in shown
        assert "No bulletins come." in shown
        assert "a technical problem" in shown
        assert 'name="pace"' not in shown
        assert '<p class="onward"><a href="/en/subscribe">' in shown

    async def test_one_press_in_a_mail_program(self, visit: Visit) -> None:
        """RFC 8058: a POST without a session, whatever its body is."""
        await visit.subscribe()
        with aiohttp.MultipartWriter("form-data") as body:
            body.append("One-Click", {"Content-Disposition": 'form-data; name="List-Unsubscribe"'})
        assert await status_of(visit.session.post(f"{visit.path}/unsubscribe", data=body)) == 200
        assert await visit.store.subscriptions.get(await visit.address()) is None

    async def test_what_was_sent_and_why(self, visit: Visit) -> None:
        """As ``/why`` says it in a chat, in the language of the address."""
        await visit.subscribe()
        path = visit.path
        assert "No bulletins yet." in await visit.get(path)
        assert "Новостей пока нет." in await visit.get(path.replace("/en/", "/ru/"))

    async def test_deleted_at_once(self, visit: Visit) -> None:
        """Every table that holds something about a reader is empty then; without the tick nothing happens."""
        await visit.subscribe()
        path = visit.path
        await visit.post(path, do="delete")
        assert visit.status == 400
        assert "is deleted" in await visit.post(path, do="delete", sure="1")
        tables = [table for table in metadata.sorted_tables if "reader_id" in table.c or table.name == "readers"]
        async with visit.store.database.read() as connection:
            for table in tables:
                assert (await connection.execute(select(table))).first() is None, table.name
        await visit.get(path)
        assert visit.status == 410

    async def test_only_a_checksum_of_the_link_is_stored(self, visit: Visit) -> None:
        await visit.subscribe()
        token = visit.path.rpartition("/")[2]
        async with visit.store.database.read() as connection:
            rows = [*(await connection.execute(select(reader_links))), *(await connection.execute(select(readers)))]
        assert len(rows) == 2
        assert token not in str(rows)
        assert STREET not in str(rows)

    async def test_dead_links(self, visit: Visit) -> None:
        """However many are asked for, each gets the same answer, and those that work go on. Nothing is cached, or shown to search engines."""
        await visit.subscribe()
        own = visit.path
        for number in range(12):
            await visit.get(f"/en/subscription/{number:032}")
            assert visit.status == 410
        assert visit.headers["Cache-Control"] == "no-store"
        assert visit.headers["X-Robots-Tag"] == "noindex"
        await visit.get(own)
        assert visit.status == 200


class TestPrivacy:
    """What is stored and how it ends, as it is with what is on."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    async def test_in_every_language(self, visit: Visit, language: str) -> None:
        page = await visit.get(f"/{language}/privacy")
        assert "Your street." in page
        assert "It ends when you move away." in page
        assert "400" in page
        assert "Telegram" in page

    async def test_only_what_is_on(self) -> None:
        practice = Practice(keeps_questions=True, questions_go_to="vectors.example")
        async with serving(TAMARO, practice=practice) as site, aiohttp.ClientSession(site.address) as session:
            page = await Visit(site, session).get("/en/privacy")
        assert "The words of questions without an answer, and what was chosen below them, are kept for 30 days" in page
        assert "sent to vectors.example" in page
        assert "Telegram" not in page
        assert "street" not in page


class TestRetention:
    """Nothing about a reader of the page stays for ever."""

    async def test_30_days_after_the_end(self) -> None:
        """Who unsubscribed goes with the destination; who subscribes stays."""
        clock = MovedClock()
        async with open_store(sqlite_url(), clock) as store:
            gone, stays = [await store.page_readers.meet(NAME, who, {"street": who}, "en") for who in "ab"]
            for address in (gone, stays):
                await store.subscriptions.put(address, Subscription())
                await store.page_readers.new_link(address)
            clock.forward(days=40)
            await store.subscriptions.remove(gone)
            clock.forward(-60, days=READER_DAYS)
            assert await store.page_readers.delete_ended() == 0
            clock.forward(seconds=120)
            assert await store.page_readers.delete_ended() == 1
            assert await store.readers.get(gone) is None
            assert await store.readers.get(stays) is not None
            async with store.database.read() as connection:
                assert len((await connection.execute(select(destinations))).all()) == 1
