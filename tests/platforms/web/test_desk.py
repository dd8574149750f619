"""The desk over HTTP: who gets in, what forms do, what is refused."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from shutil import copytree
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from bot.app.content_check import check_draft
from bot.db.desk import DraftId, Person
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import Bulletin, Language
from bot.feeds.published import PublishedNews
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.desk_rules import Rules
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.platforms import PLATFORMS
from bot.platforms.web.desk import DeskPages, content_of
from bot.platforms.web.desk_sign_in import HOME, SignIn
from bot.platforms.web.security_headers import add_security_headers
from tests.audiences import subscribe_all
from tests.cli.test_questions import SCHEDULE
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY, loaded
from tests.databases import Outages
from tests.platforms.web.site import coming_from

ANNA = Person("telegram:1", "Anna", Language("en"))
OWNER = Person("telegram:9", "Olga", Language("en"))
BUDI = Person("telegram:2", "Budi", Language("id"))
FORM = {
    "title-en": "Fares fall",
    "title-id": "Tarif turun",
    "body-en": "From Monday.",
    "body-id": "Mulai Senin.",
    "zone": "Asia/Jakarta",
}


@dataclass
class Newsdesk:
    """A desk that is served, and its editors."""

    address: str
    store: Store
    desk: Desk
    editors: EditorsChat
    open: list[aiohttp.ClientSession] = field(default_factory=list)

    async def visitor(self) -> aiohttp.ClientSession:
        """A browser without cookies."""
        session = aiohttp.ClientSession(self.address, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.open.append(session)
        return session

    async def sent(self, clock: MovedClock) -> tuple["Visitor", "Visitor"]:
        """A bulletin was written, approved and sent, and has gone out as version 2; its writer and who approved it."""
        anna, budi = await self.signed_in(ANNA), await self.signed_in(BUDI)
        await anna.send("new")
        await anna.send("1/decide", version="1", action="submit", **FORM)
        await budi.send("1/decide", version="2", action="approve")
        await anna.send("1/decide", version="2", action="send")
        clock.forward(61)
        await Newsroom(self.store).publish_due(loaded(TINY))
        return anna, budi

    async def signed_in(self, person: Person) -> "Visitor":
        browser = await self.visitor()
        await self.store.sign_ins.invite(f"link-of-{person.name}", person)
        async with browser.post(f"{HOME}/enter/link-of-{person.name}") as answer:
            return Visitor(browser, _token(await answer.text()))


@dataclass
class Visitor:
    """A browser in which somebody is signed in."""

    browser: aiohttp.ClientSession
    token: str

    async def send(self, path: str, **fields: str) -> tuple[int, str]:
        """Sends a form, follows where it leads."""
        async with self.browser.post(f"{HOME}/{path}", data={"token": self.token, **fields}) as answer:
            return answer.status, await answer.text()

    async def see(self, path: str = "") -> str:
        async with self.browser.get(f"{HOME}{path}") as answer:
            return await answer.text()


def _token(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
    assert found, page[:2000]
    return found[1]


@pytest.fixture
async def newsdesk(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Newsdesk]:
    """The tiny dossier's desk, where two decide. ``request.param``: the address from which requests seem to come."""
    async with serving(store, tmp_path, getattr(request, "param", "127.0.0.1")) as served:
        yield served


@asynccontextmanager
async def serving(store: Store, tmp_path: Path, address: str = "127.0.0.1") -> AsyncIterator[Newsdesk]:
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    await Newsroom(store).publish_changes(dossier)
    live = LiveDossier(dossier)
    editors = EditorsChat(store, named=frozenset({ANNA.account, BUDI.account, OWNER.account}))
    desk = Desk(store, live, Rules(needs_two=True, owners=frozenset({OWNER.account})), check_draft, editors)
    pages = DeskPages(
        desk,
        SignIn(store.sign_ins, editors, live),
        PLATFORMS,
        {},
        Review(store, live, editors, lambda: None),
        Path(copytree(TINY, tmp_path / "content")),
    )
    app = web.Application(middlewares=[coming_from(address)])
    add_security_headers(app)
    pages.add_routes(app)
    runner = web.AppRunner(app, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served = Newsdesk(f"http://127.0.0.1:{runner.addresses[0][1]}", store, desk, editors)
    yield served
    for session in served.open:
        await session.close()
    await runner.cleanup()


class TestSigningIn:
    """A link works once, for ten minutes, by its button."""

    async def test_opening_the_link_does_not_use_it_up(self, newsdesk: Newsdesk) -> None:
        browser = await newsdesk.visitor()
        await newsdesk.store.sign_ins.invite("secret", ANNA)
        for _ in range(2):
            async with browser.get(f"{HOME}/enter/secret") as answer:
                assert answer.status == 200
                assert not answer.cookies
        async with browser.post(f"{HOME}/enter/secret", allow_redirects=False) as answer:
            cookie = answer.cookies["desk"]
            assert (answer.status, cookie["httponly"], cookie["samesite"]) == (303, True, "Lax")
        async with browser.get(HOME) as answer:
            assert "Anna" in await answer.text()
        async with browser.post(f"{HOME}/enter/secret") as answer:
            assert answer.status == 410

    async def test_an_expired_or_foreign_link_is_refused(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        browser = await newsdesk.visitor()
        await newsdesk.store.sign_ins.invite("secret", ANNA)
        clock.forward(601)
        for link in ("secret", "invented"):
            async with browser.post(f"{HOME}/enter/{link}") as answer:
                assert answer.status == 410

    async def test_many_wrong_links_are_not_even_looked_up(self, newsdesk: Newsdesk) -> None:
        browser = await newsdesk.visitor()
        statuses = []
        for number in range(12):
            async with browser.post(f"{HOME}/enter/{number}") as answer:
                statuses.append(answer.status)
        assert statuses[-1] == 429

    @pytest.mark.parametrize(
        ("back", "where"),
        [
            *((each, each) for each in ("/desk", "/desk/12")),
            *((each, HOME) for each in ("", "/", "//evil.example", "/desk//evil.example", "/desk/\\evil.example")),
            *(
                (each, HOME)
                for each in ("/desk/1\r\nSet-Cookie: desk=x", "/desk\n", "/desk/١", "/desk/1/save", "/desk/..")
            ),
        ],
    )
    async def test_choosing_a_language_leads_back_to_a_page_of_ours(
        self, newsdesk: Newsdesk, back: str, where: str
    ) -> None:
        """Whatever the form says."""
        anna = await newsdesk.signed_in(ANNA)
        form = {"token": anna.token, "language": "id", "back": back}
        async with anna.browser.post(f"{HOME}/language", data=form, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, where)
        assert '<html lang="id"' in await anna.see()

    async def test_a_compressed_form_is_refused(self, newsdesk: Newsdesk) -> None:
        """No browser sends one."""
        anna = await newsdesk.signed_in(ANNA)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "deflate"}
        async with anna.browser.post(f"{HOME}/new", data=f"token={anna.token}".encode(), headers=headers) as answer:
            assert answer.status == 415

    async def test_a_session_ends_with_the_role_after_twelve_hours_and_on_leaving(
        self, newsdesk: Newsdesk, clock: MovedClock
    ) -> None:
        anna = await newsdesk.signed_in(ANNA)
        newsdesk.editors.named = frozenset({BUDI.account})
        assert "not an editor any more" in await anna.see()
        newsdesk.editors.named = frozenset({ANNA.account, BUDI.account})
        assert "not signed in" in await anna.see()
        budi = await newsdesk.signed_in(BUDI)
        clock.forward(hours=12.1)
        assert "/desk/enter" not in await budi.see()
        assert "Anda belum masuk" in await budi.see() or "not signed in" in await budi.see()
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("leave")
        assert "not signed in" in await anna.see()

    @pytest.mark.parametrize("newsdesk", ["203.0.113.7"], indirect=True)
    async def test_without_a_public_url_only_this_machine_is_answered(self, newsdesk: Newsdesk) -> None:
        browser = await newsdesk.visitor()
        for path in (HOME, f"{HOME}/enter/x", f"{HOME}/1"):
            async with browser.get(path) as answer:
                assert answer.status == 403


class TestSources:
    """A source that is in no file."""

    async def test_two_articles_of_one_publisher_are_two_sources(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        """Each bulletin keeps its own, also when the dossier is compared again."""
        anna, budi = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(BUDI)
        news = PublishedNews(newsdesk.store)
        for number, url in enumerate(("https://kompas.example/a", "https://kompas.example/b"), start=1):
            source = {"new-id": "", "new-publisher": "Kompas", "new-title": "", "new-url": url, "new-published": ""}
            await anna.send("new")
            await anna.send(f"{number}/decide", version="1", action="submit", **FORM | source)
            await budi.send(f"{number}/decide", version="2", action="approve")
            await anna.send(f"{number}/decide", version="2", action="send")
            clock.forward(61)
            await Newsroom(newsdesk.store).publish_due(loaded(TINY))
        live = LiveDossier(loaded(TINY), add_news=news.add_to)
        await news.update(live)
        shown = [live.complete.sources[name].url for each in live.complete.bulletins.values() for name in each.sources]
        assert [url for url in shown if "kompas" in url] == ["https://kompas.example/b", "https://kompas.example/a"]
        deployed = replace(loaded(TINY), version="next")
        assert not (await Newsroom(newsdesk.store).publish_changes(deployed)).changes


class TestSending:
    """What keeps a slip from readers, and who may decide on it."""

    async def test_owners_stop_and_start_it(self, newsdesk: Newsdesk) -> None:
        """Every editor sees that it is stopped."""
        anna, owner = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(OWNER)
        assert "Stop all sending" not in await anna.see()
        assert (await anna.send("sending", action="stop"))[0] == 403
        assert "All sending has been stopped since" in (await owner.send("sending", action="stop"))[1]
        assert "All sending has been stopped since" in await anna.see()
        assert (await newsdesk.store.safeguards.get()).stopped_by == OWNER.account
        assert "All sending has been stopped" not in (await owner.send("sending", action="start"))[1]

    async def test_owners_confirm_what_waits(self, newsdesk: Newsdesk) -> None:
        """By the digest that their page shows."""
        async with newsdesk.store.database.write() as connection:
            held = {"2026-11-23-ferry": "withdrawn"}
            await newsdesk.store.safeguards.change(connection, held="new", held_changes=held)
        anna, owner = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(OWNER)
        assert "2026-11-23-ferry" in await anna.see()
        await owner.send("sending", action="confirm", digest="old")
        assert (await newsdesk.store.safeguards.get()).confirmed is None
        assert 'name="digest" value="new"' in await owner.see()
        await owner.send("sending", action="confirm", digest="new")
        assert (await newsdesk.store.safeguards.get()).confirmed == "new"

    async def test_another_dossiers_database_is_named(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        """And nothing of the desk is sent from it."""
        anna, _ = await newsdesk.sent(clock)
        await subscribe_all(newsdesk.store, [7])
        async with newsdesk.store.database.write() as connection:
            await newsdesk.store.safeguards.change(connection, dossier="museum")
        assert "nota migrate --dossier ferry" in await anna.see()
        await anna.send("1/decide", version="2", action="submit", **FORM | {"body-en": "It sails twice."})
        budi = await newsdesk.signed_in(BUDI)
        await budi.send("1/decide", version="3", action="approve")
        status, page = await budi.send("1/decide", version="3", action="send")
        assert (status, "milik konten lain" in page) == (409, True)


class TestForms:
    """Each carries the session's token; nothing that was typed is lost."""

    @pytest.mark.parametrize("token", ["", "0" * 64, "é"])
    async def test_a_form_without_the_token_does_nothing(self, newsdesk: Newsdesk, token: str) -> None:
        anna = await newsdesk.signed_in(ANNA)
        anna.token = token
        assert (await anna.send("new"))[0] == 403
        assert not await newsdesk.store.drafts.all()

    async def test_another_sites_form_does_nothing(self, newsdesk: Newsdesk) -> None:
        anna = await newsdesk.signed_in(ANNA)
        headers = {"Sec-Fetch-Site": "cross-site"}
        async with anna.browser.post(f"{HOME}/new", data={"token": anna.token}, headers=headers) as answer:
            assert answer.status == 403

    async def test_from_draft_to_withdrawal(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        """By two editors, each page saying what can be done next."""
        anna, budi = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(BUDI)
        await anna.send("new")
        status, page = await anna.send("1/decide", version="1", action="submit", **FORM)
        assert (status, "Waits for approval" in page) == (200, True)
        assert "Another editor must approve this." in page
        assert (await anna.send("1/decide", version="2", action="approve"))[0] == 409
        status, page = await budi.send("1/decide", version="2", action="approve")
        assert "Disetujui" in page
        status, page = await budi.send("1/decide", version="2", action="send")
        assert (status, "Segera dikirim" in page) == (200, True)
        clock.forward(61)
        await Newsroom(newsdesk.store).publish_due(loaded(TINY))
        assert "What you change here corrects" in await anna.see("/1")
        better = FORM | {"body-en": "From Tuesday."}
        await anna.send("1/decide", version="2", action="submit", **better)
        await budi.send("1/decide", version="3", action="approve")
        await anna.send("1/decide", version="3", action="send")
        draft = await newsdesk.store.drafts.get(DraftId(1))
        assert draft is not None
        text = await newsdesk.store.bulletins.text(draft.bulletin_id or "", 2, "en")
        assert text is not None
        assert "From Tuesday." in text.article
        assert (await anna.send("1/decide", version="3", action="withdraw"))[0] == 409
        await anna.send("1/decide", version="3", action="withdraw", reason="Wrong day.")
        _, page = await budi.send("1/decide", version="3", action="approve")
        assert "Ditarik" in page

    async def test_whoever_saves_second_sees_both_texts(self, newsdesk: Newsdesk) -> None:
        anna, budi = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(BUDI)
        await anna.send("new")
        await budi.send("1/save", version="1", **(FORM | {"title-en": "Budi’s title"}))
        status, page = await anna.send("1/save", version="1", **(FORM | {"title-en": "Anna’s title"}))
        assert status == 409
        assert "What Budi saved meanwhile" in page
        assert page.count("Budi’s title") >= 1
        assert 'value="Anna’s title"' in page
        status, _ = await anna.send("1/save", version="2", **(FORM | {"title-en": "Anna’s title"}))
        assert status == 200
        version = await newsdesk.store.drafts.version(DraftId(1), 2)
        assert version is not None
        assert version.content["title"]["en"] == "Budi’s title"

    async def test_a_draft_is_deleted_behind_a_second_press_and_found_again(self, newsdesk: Newsdesk) -> None:
        """Its page says so, and offers to return it."""
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        status, page = await anna.send("1/decide", version="1", action="delete", **FORM)
        assert (status, "Deleted drafts" in page, "Fares fall" in page) == (200, True, True)
        assert "Return to the writer" in await anna.see("/1")
        await anna.send("1/decide", version="2", action="return")
        page = await anna.see("/1")
        assert 'value="Fares fall"' in page
        assert page.index('<details class="delete">') < page.index('value="delete"')

    async def test_what_was_sent_says_how_to_correct_it(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        """The button is there before anything is typed, and asks for a change if there is none."""
        anna, _ = await newsdesk.sent(clock)
        assert 'value="submit"' in await anna.see("/1")
        status, page = await anna.send("1/decide", version="2", action="submit", **FORM)
        assert (status, "change something first" in page) == (409, True)
        _, page = await anna.send("1/decide", version="2", action="submit", **(FORM | {"body-en": "From Tuesday."}))
        assert "Waits for approval" in page

    async def test_what_was_typed_while_somebody_else_decided_is_shown(self, newsdesk: Newsdesk) -> None:
        """Where the draft cannot be changed any more, for example because it was sent."""
        anna, budi = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(BUDI)
        await anna.send("new")
        await anna.send("1/decide", version="1", action="submit", **FORM)
        await budi.send("1/decide", version="2", action="approve")
        await budi.send("1/decide", version="2", action="send")
        for path in ("1/save", "1/decide"):
            typed = FORM | {"body-en": "Typed in vain."}
            status, page = await anna.send(path, version="2", action="submit", **typed)
            assert (status, "What you typed was not saved" in page) == (409, True)
            assert "Typed in vain." in page

    async def test_of_what_became_a_file_the_page_says_so(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        """It was corrected here and then changed in its file: the later one holds, and nothing can be changed here."""
        anna, budi = await newsdesk.sent(clock)
        await anna.send("1/decide", version="2", action="submit", **(FORM | {"body-en": "From Tuesday."}))
        await budi.send("1/decide", version="3", action="approve")
        await anna.send("1/decide", version="3", action="send")
        draft = await newsdesk.store.drafts.get(DraftId(1))
        assert draft is not None
        texts = {"en": "Of the file", "id": "Dari berkas"}
        file = Bulletin.model_validate(
            {"id": draft.bulletin_id, "date": draft.day, "title": texts, "body": texts, "sources": ["harbour"]}
        )
        live = newsdesk.desk.live
        live.complete = replace(live.complete, bulletins={file.id: file, **live.complete.bulletins}, version="next")
        page = await anna.see("/1")
        assert "A file of the dossier has this bulletin now." in page
        assert 'name="action"' not in page
        assert 'id="draft"' not in page
        await Newsroom(newsdesk.store).publish_changes(live.complete)
        text = await newsdesk.store.bulletins.text(file.id, 3, "en")
        assert text is not None
        assert "Of the file" in text.article

    async def test_what_is_wrong_is_said_at_the_field(self, newsdesk: Newsdesk) -> None:
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        _, page = await anna.send("1/check", **(FORM | {"body-en": "{nofact}", "not-before": "yesterday"}))
        assert 'data-field="not-before"' in page
        _, page = await anna.send("1/check", **(FORM | {"body-en": "{nofact}"}))
        assert 'data-field="body-en"' in page
        assert "Mulai Senin." in page

    async def test_far_too_much_is_refused_and_a_lot_is_said_to_be_too_long(self, newsdesk: Newsdesk) -> None:
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        long = BytesIO(urlencode({"token": anna.token, "body-en": "a" * 1_100_000}).encode())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with anna.browser.post(f"{HOME}/1/save", data=long, headers=headers) as answer:
            assert answer.status == 413
        status, page = await anna.send("1/save", version="1", **(FORM | {"body-en": "a" * 100_000}))
        assert status == 200
        assert "mistake" in page


class TestRefusals:
    """What is refused is said on a page, in the language of whoever is signed in."""

    @pytest.mark.parametrize(
        ("path", "fields", "status", "said"),
        [
            ("new", {"token": "0" * 64}, 403, "Formulir ini dari sesi lain. Muat ulang halamannya."),
            ("new", {"title-en": "x" * 1_100_000}, 413, "Isi formulir terlalu besar."),
            ("sending", {"action": "stop"}, 403, "Hanya pemilik yang boleh melakukannya."),
            ("9/decide", {"action": "send"}, 404, "Draf itu tidak ada."),
            ("9/decide", {"action": "explode"}, 400, "Pilih salah satu tombol."),
            ("examples", {"wording": "x", "language": "en", "topic": "../fare"}, 400, "Untuk ini perlu pertanyaan"),
        ],
    )
    async def test_of_a_form(
        self, newsdesk: Newsdesk, path: str, fields: dict[str, str], status: int, said: str
    ) -> None:
        """Though the browser asks for English."""
        budi = await newsdesk.signed_in(BUDI)
        data = urlencode({"token": budi.token} | fields).encode()
        headers = {"Accept-Language": "en", "Content-Type": "application/x-www-form-urlencoded"}
        async with budi.browser.post(f"{HOME}/{path}", data=BytesIO(data), headers=headers) as answer:
            page = await answer.text()
            assert (answer.status, answer.content_type) == (status, "text/html")
        assert f"<h1>{said}" in page
        assert 'lang="id"' in page

    async def test_of_a_page(self, newsdesk: Newsdesk) -> None:
        budi = await newsdesk.signed_in(BUDI)
        for path in ("/9", "/9/progress", "/9/events"):
            assert "<h1>Draf itu tidak ada.</h1>" in await budi.see(path)

    async def test_of_who_is_not_signed_in(self, newsdesk: Newsdesk) -> None:
        """In the browser's language; whoever tries many links is told how long to wait."""
        browser = await newsdesk.visitor()
        for _ in range(11):
            async with browser.get(f"{HOME}/enter/wrong", headers={"Accept-Language": "id"}) as answer:
                status, page, wait = answer.status, await answer.text(), answer.headers.get("Retry-After")
        assert (status, "<h1>Terlalu banyak tautan yang salah.</h1>" in page) == (429, True)
        assert int(wait or 0) > 0


class TestStream:
    """An open page of a draft is told when something became of it."""

    async def test_of_two_editors(self, newsdesk: Newsdesk) -> None:
        """Each stream begins with an event; the next comes with another's decision, and with a second one."""
        anna, budi = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(BUDI)
        await anna.send("new")
        async with anna.browser.get(f"{HOME}/1/events") as mine, budi.browser.get(f"{HOME}/1/events") as other:
            for stream in (mine, other):
                await _changed(stream)
            for path, version, action in (("1/decide", "1", "submit"), ("1/decide", "2", "return")):
                await anna.send(path, version=version, action=action, reason="Again.", **FORM)
                for stream in (mine, other):
                    await _changed(stream)


async def _changed(stream: aiohttp.ClientResponse) -> None:
    async with asyncio.timeout(60):
        async for line in stream.content:
            if line == b"event: changed\n":
                return
    raise AssertionError("the stream ended")


class TestQuestions:
    """Those without an answer."""

    async def test_becomes_an_example_of_a_topic(self, newsdesk: Newsdesk, tmp_path: Path) -> None:
        """In a file of the dossier, which the running bot reads again; not of a topic that is not there."""
        await newsdesk.store.unanswered.add({("en", "is it dear"): 3})
        anna = await newsdesk.signed_in(ANNA)
        assert "is it dear" in await anna.see()
        status, page = await anna.send("examples", wording="is it dear", language="en", topic="fare")
        assert status == 200
        assert "is it dear" in "".join(file.read_text() for file in (tmp_path / "content").rglob("*.yaml"))
        assert "Added to" in page

    async def test_what_would_take_a_question_from_another_topic_is_refused(
        self, newsdesk: Newsdesk, tmp_path: Path
    ) -> None:
        content = tmp_path / "content"
        (content / "topics" / "schedule.yaml").write_text(SCHEDULE, encoding="utf-8")
        dossier = load(content, TODAY).dossier
        assert dossier is not None
        newsdesk.desk.live.complete = dossier
        anna = await newsdesk.signed_in(ANNA)
        status, page = await anna.send("examples", wording="first departure", language="en", topic="fare")
        assert (status, "answered wrongly then: “first departure”" in page) == (409, True)
        assert not (content / "questions" / "fare.yaml").exists()


class TestOutage:
    """The database is gone while somebody types."""

    async def test_the_same_form_is_saved_as_soon_as_it_is_back(self, outages: Outages, tmp_path: Path) -> None:
        """Meanwhile the page says that nothing is lost, and a script is told to try again."""
        async with open_store(outages.url) as store, serving(store, tmp_path) as newsdesk:
            anna = await newsdesk.signed_in(ANNA)
            await anna.send("new")
            async with outages.away(store):
                for path in ("1/save", "1/decide"):
                    status, page = await anna.send(path, version="1", action="submit", **FORM)
                    assert (status, "Nothing that you typed is lost" in page) == (503, True)
            status, page = await anna.send("1/save", version="1", **FORM)
            assert (status, 'value="Fares fall"' in page) == (200, True)
            draft = await store.drafts.get(DraftId(1))
            assert draft is not None
            assert (draft.state, draft.version) == ("draft", 2)


class TestNewDeploy:
    """What a draft names is gone from the dossier, or a language is new."""

    async def test_a_topic_that_is_gone_is_shown_and_can_be_left_out(self, newsdesk: Newsdesk) -> None:
        """It is a mistake until then."""
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        await anna.send("1/save", version="1", topic="fare", **FORM)
        live = newsdesk.desk.live
        live.complete = replace(live.complete, topics={})
        page = await anna.see("/1")
        assert re.search(r'<label class="gone"><input type="checkbox" name="topic" value="fare" checked>', page)
        assert 'data-field="topics"' in page
        assert (await anna.send("1/decide", version="2", action="submit", topic="fare", **FORM))[0] == 409
        _, page = await anna.send("1/decide", version="2", action="submit", **FORM)
        assert "Waits for approval" in page

    async def test_a_new_language_has_its_fields_and_must_be_written(self, newsdesk: Newsdesk) -> None:
        """Also in what was approved before."""
        anna, budi = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(BUDI)
        await anna.send("new")
        await anna.send("1/decide", version="1", action="submit", **FORM)
        await budi.send("1/decide", version="2", action="approve")
        live = newsdesk.desk.live
        header = live.complete.header.model_copy(update={"languages": [*live.complete.languages, Language("ru")]})
        live.complete = replace(live.complete, header=header)
        status, page = await anna.send("1/decide", version="2", action="send")
        assert (status, "There are mistakes in the draft" in page) == (409, True)
        assert 'id="body-ru"' in page
        assert 'data-field="title-ru"' in page
        russian = {"title-ru": "Билеты подешевели", "body-ru": "С понедельника."}
        _, page = await anna.send("1/decide", version="2", action="submit", **FORM, **russian)
        assert "Waits for approval" in page


class TestPasted:
    """What comes along with pasted text."""

    async def test_html_is_shown_as_the_letters_that_it_is(self, newsdesk: Newsdesk) -> None:
        """In the form and in the previews; nothing of it is part of our page."""
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        html = '<p class=MsoNormal>Fares<o:p></o:p></p><script>alert(1)</script><img src=x onerror="alert(1)">'
        status, page = await anna.send("1/save", version="1", **(FORM | {"body-en": html, "title-en": html}))
        assert status == 200
        assert not re.search(r"<(p class=MsoNormal|o:p|script>|img src=x)", page)
        assert page.count("&lt;o:p&gt;") > page.count('value="&lt;p')  # in the form, and in what readers see

    async def test_what_a_word_processor_adds_is_said(self, newsdesk: Newsdesk) -> None:
        """Its quotes around the text and its soft hyphens, at their field."""
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        _, page = await anna.send("1/check", **(FORM | {"body-en": "“From Mon\xadday.”"}))
        assert "soft hyphen" in page
        assert 'href="#body-en"' in page

    async def test_right_to_left_text_has_its_direction(self, newsdesk: Newsdesk) -> None:
        """In fields, headings and the list; it turns nothing else around."""
        anna = await newsdesk.signed_in(ANNA)
        await anna.send("new")
        _, page = await anna.send("1/save", version="1", **(FORM | {"title-en": "\u202eמחירי המעבורת"}))
        assert "<h1><bdi>מחירי המעבורת</bdi></h1>" in page
        assert "\u202e" not in page
        assert "<bdi>מחירי המעבורת</bdi>" in await anna.see()

    @pytest.mark.parametrize(
        ("pasted", "kept"),
        [
            ("two\r\nlines", "two\nlines"),
            ("zero\u200bwidth\ufeff", "zerowidth"),
            ("\u202etxet desrever\u202c", "txet desrever"),
            ("שלום", "שלום"),
            ("<b onclick=x>HTML</b>", "<b onclick=x>HTML</b>"),
            ("Word\xa0space\x0b", "Word space"),
            ("half \ud800 a pair", "half  a pair"),
        ],
    )
    def test_of_each(self, pasted: str, kept: str) -> None:
        dossier = load(Path(TINY), TODAY).dossier
        assert dossier is not None
        assert content_of({"body-en": [pasted]}, dossier, DraftId(1))["body"] == {"en": kept}
