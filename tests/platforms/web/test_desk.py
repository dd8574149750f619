"""The desk over HTTP: who gets in, what forms do, what is refused."""

import asyncio
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.db.changes import WAITS, ChangedEntry, confirmation_of
from bot.db.feeds import Story
from bot.db.store import open_store
from bot.dossier.entries import ABSENT, Content, Key, as_text, value_digest
from bot.dossier.models import FeedId, Language, TopicId
from bot.dossier.yaml_reader import parse
from bot.dossier.yaml_writer import written
from bot.feeds.review import Review
from bot.newsroom.change_messages import message
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.desk import Edit
from bot.platforms.web.desk.form import KEEP, FormRules, edits_in
from bot.platforms.web.desk.sign_in import HOME
from bot.schedule import Subscription, Timing
from tests.cli.test_questions import SCHEDULE
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.databases import Outages, reading, writing
from tests.delivery.scene import ANN, DeliveryScene, Platform
from tests.platforms.web.desk_site import (
    ANNA,
    BUDI,
    FIRST,
    NEW,
    OTHER,
    OWNER,
    READER,
    TEXTS,
    Form,
    Newsdesk,
    Visitor,
    served_desk,
)
from tests.platforms.web.site import status_of, text_of
from tests.tables import cases, table

EMPTY: dict[Key, Content | None] = {Key(NEW): {}}
FORMS = FormRules((Language("en"), Language("id")))


class TestSigningIn:
    """A link works once, for ten minutes, by its button."""

    @pytest.mark.slow
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
        assert "Anna" in await text_of(browser.get(HOME))
        assert await status_of(browser.post(f"{HOME}/enter/secret")) == 410

    async def test_an_expired_or_foreign_link_is_refused(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        browser = await newsdesk.visitor()
        await newsdesk.store.sign_ins.invite("secret", ANNA)
        clock.forward(601)
        for link in ("secret", "invented"):
            assert await status_of(browser.post(f"{HOME}/enter/{link}")) == 410

    async def test_many_wrong_links_are_not_even_looked_up(self, newsdesk: Newsdesk) -> None:
        browser = await newsdesk.visitor()
        statuses = [await status_of(browser.post(f"{HOME}/enter/{number}")) for number in range(12)]
        assert statuses[-1] == 429

    @pytest.mark.parametrize(
        ("back", "where"),
        [
            *((each, each) for each in ("/desk", "/desk/12", "/desk/changes/in_force?before=3", "/desk/claim?q=a%20b")),
            *((each, HOME) for each in ("//evil.example", "/desk/1\r\nSet-Cookie: desk=x", "/deskside", "/desk?q=\n")),
            *(
                pytest.param(each, HOME, marks=pytest.mark.slow)
                for each in (
                    "",
                    "/",
                    "/desk//evil.example",
                    "/desk/\\evil.example",
                    "/desk\n",
                    "/desk/١",
                    "/desk/1/check",
                )
            ),
            ("/desk/..", HOME),
        ],
    )
    async def test_choosing_a_language_leads_back_to_a_page_of_ours(
        self, newsdesk: Newsdesk, anna: Visitor, back: str, where: str
    ) -> None:
        """Whatever the form says."""
        form = {"token": anna.token, "language": "id", "back": back}
        async with anna.browser.post(f"{HOME}/language", data=form, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, where)
        assert '<html lang="id"' in await anna.see()

    async def test_a_compressed_form_is_refused(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """No browser sends one."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "deflate"}
        assert (
            await status_of(anna.browser.post(f"{HOME}/new", data=f"token={anna.token}".encode(), headers=headers))
            == 415
        )

    async def test_a_session_ends_with_the_role_after_twelve_hours_and_on_leaving(
        self, newsdesk: Newsdesk, anna: Visitor, clock: MovedClock
    ) -> None:
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
            assert await status_of(browser.get(path)) == 403


class TestAChange:
    """Written, approved and sent, without a script."""

    async def test_from_a_new_bulletin_to_a_withdrawal(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """By two editors, each page saying what can be done next."""
        await anna.send("new")
        status, page = await anna.ask(1, TEXTS)
        assert (status, "Waits for approval" in page) == (200, True)
        assert "Another editor must approve this." in page
        assert 'id="change"' not in page
        assert (await anna.press(1, "approve"))[0] == 409
        assert "Tarif turun" in await budi.see("/1")
        status, page = await budi.press(1, "approve")
        assert (status, "Disetujui" in page) == (200, True)
        await newsdesk.wait()
        [key] = await newsdesk.contents(1)
        assert (await newsdesk.ledger())[key.partition("/")[2]] == ("published", 1)
        assert "Fares fall" in await anna.see()

        await anna.send("entry", action="correct", key=key)
        _, page = await anna.ask(2, {f"{key}|body|en": "From Tuesday."})
        assert "<del>From Monday.</del>" in page
        await newsdesk.agree(2, budi)
        text = not_none(await newsdesk.store.bulletins.text(key.partition("/")[2], 2, "en"))
        assert "From Tuesday." in text.article

        name = key.partition("/")[2]
        assert "Say why it is withdrawn." in (await anna.send(f"withdraw/{name}"))[1]
        status, page = await anna.send(f"withdraw/{name}", **{"because-en": "Wrong day."})
        assert (status, "Waits for approval" in page, "Wrong day." in page) == (200, True, True)
        _, page = await budi.press(3, "approve")
        await newsdesk.look()
        assert (await newsdesk.ledger())[name][0] == "retracted"
        assert "Withdrawn" in await anna.see("?q=fares")

    @pytest.mark.slow
    async def test_an_untouched_form_changes_nothing(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Also of a file's bulletin, whose values are written otherwise."""
        file = newsdesk.folder / f"{FIRST}.yaml"
        file.write_text(file.read_text("utf-8") + '\nurgent: false\npicture: "card"\n', "utf-8")
        await newsdesk.deploy()
        await anna.send("entry", action="correct", key=FIRST)
        await anna.send("2/entries", action="open:sources/harbour", version="1")
        before, contents = await newsdesk.change(2), await newsdesk.contents(2)
        assert (await anna.fill(2, {}))[0] == 200
        assert (await newsdesk.change(2), await newsdesk.contents(2)) == (before, contents)
        status, page = await anna.ask(2)
        assert (status, "Nothing is changed yet." in page) == (409, True)

    @pytest.mark.slow
    async def test_two_bulletins_and_a_source(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """A new source gets its key from the publisher, and stands in the only bulletin's list; it can be taken out again."""
        await anna.send("new")
        await anna.fill(1, TEXTS, "entries", action="add", kind="sources", words="Harbour Office")
        contents = await newsdesk.contents()
        assert contents[Key("sources/harbour-office")] == {"publisher": "Harbour Office"}
        assert (contents[Key(NEW)] or {})["sources"] == ["harbour-office"]
        source = {
            "sources/harbour-office|url": "https://harbour.example/a",
            "sources/harbour-office|published": "2026-11-20",
        }
        _, page = await anna.fill(1, source, "entries", action="add-bulletin")
        assert page.count('class="entry"') == 3
        second = {name.replace("new-1", "new-2"): text for name, text in TEXTS.items()}
        status, page = await anna.ask(1, second)
        assert (status, "Waits for approval" in page) == (200, True)
        await anna.press(1, "return", reason="Once more.")
        await anna.fill(1, {}, "entries", action="drop:sources/harbour-office")
        contents = await newsdesk.contents()
        assert "sources/harbour-office" not in contents
        assert "sources" not in (contents[Key(NEW)] or {})

    @pytest.mark.slow
    async def test_planned_in_the_offices_zone(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        header = newsdesk.folder / "dossier.yaml"
        header.write_text(header.read_text("utf-8") + "\nzone: Asia/Jakarta\n", "utf-8")
        await newsdesk.deploy()
        await anna.send("new")
        _, page = await anna.fill(2, {**TEXTS, "change|planned": "2026-12-01T09:30"})
        assert (await newsdesk.change(2)).planned == 1796092200.0  # 02:30 UTC
        assert "1 December 2026" in page or "1 Dec 2026" in page  # the previews have the planned day
        assert (await anna.form(2))["change|planned"] == "2026-12-01T09:30"
        status, page = await anna.fill(2, {"change|planned": "soon"})
        assert (status, "This is not a day and an hour." in page, 'value="soon"' in page) == (409, True, True)
        await anna.ask(2)
        await budi.press(2, "approve")
        assert "1 Dec 2026, 09:30 (Asia/Jakarta)" in await anna.see("/2")
        assert "1 Dec 2026, 09:30 (Asia/Jakarta)" in await anna.see()
        _, page = await budi.press(2, "take_back")
        assert 'id="change"' in page

    @pytest.mark.slow
    async def test_an_hour_that_comes_twice_is_shown_with_its_offset(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        header = newsdesk.folder / "dossier.yaml"
        header.write_text(header.read_text("utf-8") + "\nzone: Europe/Berlin\n", "utf-8")
        await newsdesk.deploy()
        await anna.send("new")
        for planned, shown in (
            ("31T02:30", "31 Oct 2027, 02:30 (Europe/Berlin, UTC+02:00)"),
            ("31T03:30", "03:30 (Europe/Berlin)"),
        ):
            _, page = await anna.fill(2, {"change|planned": f"2027-10-{planned}"})
            assert shown in page

    @pytest.mark.slow
    @cases("typed, said")
    async def test_planned_for_a_time_that_is_not_to_come(
        self, newsdesk: Newsdesk, anna: Visitor, typed: str, said: str
    ) -> None:
        """Is refused at the field, and what was typed stays in the form.

        2026-11-23T11:59 | This time has passed.
        0001-01-01T00:00 | This time has passed.
        2032-01-01T00:00 | more than five years ahead
        9999-12-31T23:59 | more than five years ahead
        """
        await anna.send("new")
        status, page = await anna.ask(1, {**TEXTS, "change|planned": typed})
        assert (status, page.count(said)) == (409, 2)
        assert re.search(rf'<input id="change.planned"[^>]*value="{typed}"[^>]*aria-invalid="true"', page)
        assert 'value="Fares fall"' in page
        assert (await newsdesk.change()).planned is None

    @pytest.mark.slow
    @pytest.mark.parametrize("planned", [-62135622000.0, 253402318740.0, 1e300])
    async def test_a_stored_time_that_no_calendar_has(self, newsdesk: Newsdesk, planned: float) -> None:
        """Is no error on any page. No desk stores it, an import may."""
        header = newsdesk.folder / "dossier.yaml"
        for zone in ("Asia/Jakarta", "America/New_York"):
            header.write_text(f"{header.read_text('utf-8').partition('zone:')[0]}\nzone: {zone}\n", "utf-8")
            await newsdesk.deploy()
            await newsdesk.store.readers.meet(READER, "private")
            weekly = Timing("weekly", weekday=1)
            await newsdesk.store.subscriptions.put(READER, Subscription(timing=weekly))
            change = await newsdesk.desk.create(ANNA, "Odd", {Key(NEW): {}}, planned=planned)
            anna = await newsdesk.signed_in(ANNA)
            for page in ("", f"/{change.id}"):
                assert await status_of(anna.browser.get(HOME + page)) == 200, (zone, page)

    @pytest.mark.slow
    async def test_a_planned_time_that_passed_before_the_approval(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, clock: MovedClock
    ) -> None:
        """Counts as none, and every page says so."""
        await anna.send("new")
        await anna.ask(1, {**TEXTS, "change|planned": "2026-11-23T13:00"})
        assert "if it is approved by then" in await anna.see("/1")
        clock.forward(hours=2)
        page = await anna.see("/1")
        assert "if it is approved by then" not in page
        assert "The time for which it was planned has passed" in page
        assert "(that has passed)" in await anna.see()
        await budi.press(1, "return", reason="Once more.")
        assert "This time has passed: it comes into force a minute after its approval." in await anna.see("/1")
        assert (await anna.ask(1))[0] == 200
        await budi.press(1, "approve")
        assert (await newsdesk.change()).due == clock() + TAKE_BACK_SECONDS

    @pytest.mark.slow
    async def test_discarded_and_found_again(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Behind a second press; everything in it stays readable."""
        await anna.send("new")
        status, page = await anna.fill(1, TEXTS, "decide", action="discard")
        assert (status, "Fares fall" in page) == (200, False)
        assert "Fares fall" in await anna.see("/changes/discarded")
        assert "From Monday." in await anna.see("/1")
        await anna.press(1, "return")
        page = await anna.see("/1")
        assert 'value="Fares fall"' in page
        assert page.index('<details class="delete">') < page.index('value="discard"')


@pytest.mark.slow
class TestTwoWhoTypeAtOnce:
    """Each field is saved by itself; where two typed into the same one, both texts stay."""

    @pytest.mark.parametrize(("choice", "stays"), [(KEEP, "Budi’s title"), ("", "Anna’s title")])
    async def test_the_same_text(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, choice: str, stays: str
    ) -> None:
        """The second one sees both, saves the rest, and chooses."""
        await anna.send("new")
        hers = await anna.form(1)
        await budi.fill(1, {f"{NEW}|title|en": "Budi’s title"})
        hers.type(f"{NEW}|title|en", "Anna’s title")
        hers.type(f"{NEW}|body|en", "Words.")
        status, page = await anna.submit(1, hers, "decide", action="ask")
        assert status == 409
        assert '<blockquote dir="auto">Budi’s title</blockquote>' in page
        assert 'value="Anna’s title"' in page
        assert (await newsdesk.bulletin())["body"] == {"en": "Words."}
        assert (await newsdesk.change()).state == "draft"
        again = Form.of(page)
        assert (await anna.submit(1, again))[0] == 409  # nothing chosen: both stay
        [theirs] = re.findall(rf'name="choice\|{NEW}\|title\|en" value="([0-9a-f]+)"', page)
        again.tick(f"choice|{NEW}|title|en", choice or theirs)
        assert (await anna.submit(1, again))[0] == 200
        assert (await newsdesk.bulletin())["title"] == {"en": stays}

    async def test_a_script_sends_what_was_typed_alone(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """It gets the new digests, or the other text."""
        await anna.send("new")
        name = f"{NEW}|title|en"

        async def autosave(who: Visitor, seen: str, text: str) -> tuple[int, Any]:
            data = {"token": who.token, "version": "1", f"seen|{name}": seen, name: text}
            async with who.browser.post(f"{HOME}/1/save", data=data, headers={"Accept": "application/json"}) as answer:
                return answer.status, await answer.json()

        status, answer = await autosave(anna, "", "Fares fall")
        assert (status, answer["seen"]) == (200, {name: value_digest("Fares fall")})
        status, answer = await autosave(budi, "", "Fares rise")
        assert (status, answer["seen"]) == (409, {})
        theirs = value_digest("Fares fall")
        assert answer["conflicts"] == {name: {"theirs": ["Fares fall"], "text": "Fares fall", "seen": theirs}}
        status, answer = await autosave(budi, theirs, "Fares rise")
        assert status == 200
        await anna.ask(1, TEXTS)
        status, answer = await autosave(budi, value_digest("Fares fall"), "Typed in vain.")
        assert (status, answer["ended"]) == (409, True)

    async def test_the_title_of_the_change(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        await anna.send("new")
        hers = await anna.form(1)
        await budi.fill(1, {"change|title": "Of Budi"})
        hers.type("change|title", "Of Anna")
        hers.type("change|planned", "2026-12-01T09:30")
        status, page = await anna.submit(1, hers)
        assert (status, "Of Budi</blockquote>" in page, 'value="Of Anna"' in page) == (409, True, True)
        assert (await newsdesk.change()).planned is not None

    async def test_typed_while_somebody_else_asked(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """It cannot be saved any more, and is shown."""
        await anna.send("new")
        await anna.fill(1, TEXTS)
        for to in ("save", "decide"):
            form = await anna.form(1)
            form.type(f"{NEW}|body|en", "Typed in vain.")
            await budi.ask(1)
            status, page = await anna.submit(1, form, to, action="ask")
            assert (status, "What you typed was not saved" in page) == (409, True)
            assert "Typed in vain." in page
            await budi.press(1, "return", reason="Again.")

    async def test_typed_into_what_somebody_else_took_out(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        await anna.send("new")
        await anna.fill(1, {}, "entries", action="add-bulletin")
        form = await anna.form(1)
        form.type("bulletins/new-2|body|en", "Typed in vain.")
        await budi.fill(1, {}, "entries", action="drop:bulletins/new-2")
        status, page = await anna.submit(1, form)
        assert (status, "What you typed was not saved" in page, "Typed in vain." in page) == (409, True, True)

    async def test_one_publisher_for_all_languages_and_one_for_each(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Which the same form cannot say at once."""
        await anna.send("new")
        await anna.fill(1, {}, "entries", action="add", kind="sources", words="Kompas")
        name = "sources/kompas|publisher|en"
        status, _ = await anna.send("1/save", version="2", **{name: "Kompas", f"seen|{name}": ""})
        assert status == 409
        assert (await newsdesk.contents())[Key("sources/kompas")] == {"publisher": "Kompas"}


@pytest.mark.slow
class TestCorrecting:
    """Bulletins in force, of files and of changes alike."""

    async def test_what_somebody_works_on_is_opened(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        assert f'value="{FIRST}"' in await anna.see()
        await anna.send("entry", action="correct", key=FIRST)
        status, page = await budi.send("entry", action="correct", key=FIRST)
        assert (status, "Anna" in page, "Koreksi" in page) == (200, True, True)
        assert len(await newsdesk.desk.items(ANNA)) == 1

    async def test_a_second_press_makes_no_second_change(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        for path, fields in (("new", {}), ("entry", {"action": "correct", "key": FIRST})):
            for _ in range(2):
                assert (await anna.send(path, once="0123456789", **fields))[0] == 200
            once = {"once": f"other-{path}"}
            assert (await anna.send(path, **once, **fields))[0] == 200
        assert len(await newsdesk.desk.items(ANNA)) == 3

    async def test_back_to_what_was_in_force(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """After a change came into force, and before the first one."""
        for number, title in enumerate(("Second crossing", "Third crossing"), start=1):
            await anna.send("entry", action="correct", key=FIRST)
            await newsdesk.through(number, anna, budi, {f"{FIRST}|title|en": title})
        page = await anna.see("/2")
        assert page.count("Put back this version") == 3
        assert re.findall(r"version \d", page) == ["version 2", "version 2", "version 2", "version 2", "version 2"]
        await anna.send("entry", action="back", key=FIRST, change="1", which="after")
        assert (await newsdesk.bulletin(3, FIRST))["title"]["en"] == "Second crossing"  # type: ignore[index,call-overload]
        await anna.send("entry", action="back", key=FIRST, change="1", which="before")
        assert (await newsdesk.bulletin(4, FIRST))["title"]["en"] == "First crossing"  # type: ignore[index,call-overload]
        await anna.ask(4, {f"{FIRST}|title|en": "Fourth crossing"})
        await budi.press(4, "return", reason="No.")
        await anna.fill(4, {f"{FIRST}|title|en": "Fifth crossing"})
        [version] = re.findall(r'name="which" value="(version \d+)"', await anna.see("/4"))
        await anna.send("entry", action="back", key=FIRST, change="4", which=version)
        assert (await newsdesk.bulletin(5, FIRST))["title"]["en"] == "Fourth crossing"  # type: ignore[index,call-overload]

    async def test_what_is_put_back_keeps_the_present_embargo(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """It is its file's: a former, earlier one would send it too early."""
        path = newsdesk.folder / f"{FIRST}.yaml"
        words = path.read_text("utf-8")
        former, present = (f"not_before: 2099-01-0{day}T00:00:00Z" for day in (1, 2))
        path.write_text(f"{former}\n{words}", "utf-8")
        await newsdesk.deploy()
        await anna.send("entry", action="correct", key=FIRST)
        await newsdesk.through(2, anna, budi, {f"{FIRST}|title|en": "Second crossing"})
        path.write_text(f"{present}\n{words}", "utf-8")
        await newsdesk.deploy()
        in_force = newsdesk.live.contents[Key(FIRST)]["not_before"]
        assert "2099-01-02" in str(in_force)
        assert "not before 2 Jan 2099" in await anna.see()
        for change, which in (("2", "after"), ("1", "before")):
            await anna.send("entry", action="back", key=FIRST, change=change, which=which)
            item, *_ = await newsdesk.desk.items(ANNA)
            assert (item.entries[Key(FIRST)].content or {})["not_before"] == in_force
            await anna.press(item.change.id, "discard")

    async def test_names_are_titles_and_not_keys(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """With their facts filled in, in the editor's language; what was decided stands in the past tense."""
        for file, old, new in (
            (FIRST, "en: First crossing", 'en: "Tickets cost {fare}"'),
            (FIRST, "id: Pelayaran perdana", 'id: "Tiket {fare}"'),
            ("facts", "amount: 4500", "of: ticket price\n  approximate: true\n  amount: 4500"),
        ):
            path = newsdesk.folder / f"{file}.yaml"
            path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
        await newsdesk.deploy()
        assert "Tiket sekitar Rp4.500" in (await budi.see(f"/withdraw/{FIRST[10:]}")).replace("\xa0", " ")
        await anna.send("entry", action="correct", key=FIRST)
        assert "← <bdi>Tickets cost about Rp4,500" in (await anna.see("/2/translation/id")).replace("\xa0", " ")
        await anna.ask(2, {f"{FIRST}|body|en": "Words."})
        page = await budi.see("/2")
        assert "Persetujuan diminta" in page
        assert '">Versi sebelumnya</h2>' in page
        assert "<h1><bdi>Ticket price</bdi></h1>" in (await anna.send("entry", action="correct", key="facts/fare"))[1]
        assert ">✓<" in await anna.see("/entries/facts/fare")

    async def test_a_withdrawal_ends_on_purpose_alone(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, owner: Visitor
    ) -> None:
        key = await newsdesk.in_force(anna, budi)
        name = key.partition("/")[2]
        await owner.send(f"withdraw/{name}", **{"because-id": "Keliru."})
        await newsdesk.look()
        assert (await newsdesk.ledger())[name][0] == "retracted"
        await owner.send("entry", action="correct", key=key)
        form = await owner.form(3)
        form.type(f"{key}|title|en", "Fares do fall")
        await owner.submit(3, form)
        assert "withdrawn" in await newsdesk.bulletin(3, key)
        form = await owner.form(3)
        form.tick(f"{key}|withdrawn|date")
        await owner.submit(3, form, "decide", action="approve")
        await newsdesk.wait()
        assert (await newsdesk.ledger())[name][0] == "published"

    async def test_what_ends_a_withdrawal_says_so(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, owner: Visitor
    ) -> None:
        """The button, the page while it is written and while it waits, and the message to those who approve."""
        key = await newsdesk.in_force(anna, budi)
        ends, button = "This ends the withdrawal: readers get the bulletin again.", "Put back this version and end the"
        assert button not in await anna.see("/1")
        await owner.send(f"withdraw/{key[10:]}", **{"because-id": "Keliru."})
        await newsdesk.look()
        page = await anna.see("/2")
        assert (page.count(button), page.count("Put back this version<")) == (1, 1)  # the text, and the withdrawal
        await anna.send("entry", action="back", key=key, change="2", which="after")
        assert ends not in await anna.see("/3")
        status, page = await anna.send("entry", action="back", key=key, change="1", which="after")
        assert (status, page.count(ends)) == (200, 1)
        _, page = await anna.ask(4)
        assert ("Waits for approval" in page, page.count(ends)) == (True, 1)
        change, dossier = await newsdesk.change(4), newsdesk.live.complete
        entries = await reading(newsdesk.store, newsdesk.store.changes.entries, change.id)
        [asked, *_] = await reading(newsdesk.store, newsdesk.store.changes.decisions, change.id)
        assert ends in str(message(change, entries, (), dossier, Language("en"), asked, None, {}, 0).blocks)
        await newsdesk.agree(4, budi)
        assert (await newsdesk.ledger())[key[10:]][0] == "published"


class TestOtherTopics:
    """Who has it gets the correction; the page says who else gets it, and nobody else does."""

    @pytest.mark.slow
    async def test_of_what_was_sent(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, clock: MovedClock) -> None:
        """Readers of an added topic do; a topic that is taken away adds nobody, even the last one."""
        (newsdesk.folder / "topics/schedule.yaml").write_text(SCHEDULE, "utf-8")
        await newsdesk.deploy()
        scene = DeliveryScene(newsdesk.store, clock, None, Platform())
        await scene.subscribe(ANN, "en", Subscription(topics=frozenset({TopicId("fare")})))
        await scene.subscribe(OTHER, "id", Subscription(topics=frozenset({TopicId("schedule")})))

        async def send(number: int, key: str, title: str, *topics: str) -> str:
            form = await anna.form(number)
            form.tick(f"{key}|topics", *topics)
            form.type(f"{key}|title|en", title)
            status, page = await anna.submit(number, form, "decide", action="ask")
            assert status == 200, page
            await newsdesk.agree(number, budi)
            await scene.send_all()
            return " ".join(re.findall(r'(?s)class="audience">(.*?)</', page))

        await anna.send("new")
        await anna.fill(2, TEXTS)
        assert "telegram, en: 1 chat " in (await send(2, NEW, "Fares fall", "fare")).casefold()
        [key] = await newsdesk.contents(2)
        await anna.send("entry", action="correct", key=key)
        said = await send(3, key, "Fares do fall", *())
        assert said == "It stands in 1 chat. Nobody else gets it for its other topics."
        assert ("Fares do fall" in scene.texts(ANN)[0], scene.texts(OTHER)) == (True, [])
        await anna.send("entry", action="correct", key=key)
        said = await send(4, key, "Fares did fall", "fare", "schedule")
        assert said.startswith("It stands in 1 chat. Readers of the added topics get it as new:")
        assert "telegram, id: 1 chat " in said.casefold()
        assert [len(scene.texts(each)) for each in (ANN, OTHER)] == [1, 1]
        assert "Fares did fall" in scene.texts(ANN)[0]
        await anna.send("entry", action="correct", key=FIRST)  # history, which nobody got
        assert (
            await send(5, FIRST, "First", "schedule")
        ) == "It stands in 0 chats. Nobody else gets it for its other topics."
        assert [len(scene.texts(each)) for each in (ANN, OTHER)] == [1, 1]


@pytest.mark.slow
class TestWithdrawing:
    """One withdrawal of a bulletin at a time, with a reason that is kept."""

    @pytest.mark.parametrize("state", ["review", "draft"])
    async def test_pressed_again_it_leads_to_the_open_one(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, state: str
    ) -> None:
        """From the list, and from a page that was open before; a reason typed there is shown, and not stored."""
        path = f"withdraw/{FIRST[10:]}"
        await anna.send("entry", action="correct", key=FIRST)  # a correction is none
        await anna.send(path, **{"because-en": "Wrong day."})
        if state == "draft":
            await budi.press(2, "return", reason="Which day?")
        async with budi.browser.get(f"{HOME}/{path}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/desk/2")
        form = {"token": anna.token, "because-en": "Wrong day."}
        async with anna.browser.post(f"{HOME}/{path}", data=form, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/desk/2")
        typed = {"because-en": "Wrong <hour>.", "because-id": "Jamnya keliru."}
        status, page = await budi.send(path, **typed)
        assert (status, "Buletin ini sedang ditarik" in page) == (409, True)
        assert ("Wrong &lt;hour&gt;." in page, "Jamnya keliru." in page, "Wrong day." in page) == (True, True, True)
        assert len(await newsdesk.desk.items(ANNA)) == 2
        assert (await newsdesk.bulletin(2, FIRST))["withdrawn"]["because"] == {"en": "Wrong day."}  # type: ignore[index,call-overload]

    async def test_a_reason_that_is_too_long(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Is refused, and stays in the form, on the page that asks for it and in the change."""
        long = "ж" * 2001
        status, page = await anna.send(f"withdraw/{FIRST[10:]}", **{"because-en": long, "because-id": "Keliru."})
        assert (status, "A reason may have 2,000 characters." in page) == (409, True)
        assert (f">{long}</textarea>" in page, ">Keliru.</textarea>" in page) == (True, True)
        assert not await newsdesk.desk.items(ANNA)
        status, page = await anna.send(f"withdraw/{FIRST[10:]}", **{"because-en": long[1:]})
        assert (status, "Waits for approval" in page) == (200, True)
        await anna.press(1, "return", reason="Once more.")
        status, page = await anna.fill(1, {f"{FIRST}|withdrawn|because|id": long})
        assert (status, "A reason may have 2,000 characters." in page, long in page) == (409, True, True)


class TestADeploy:
    """Files move underneath."""

    async def differing(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> int:
        """A deploy of a text that a change has changed as well. Returns the number of the draft in which it waits."""
        await anna.send("entry", action="correct", key=FIRST)
        await newsdesk.through(1, anna, budi, {f"{FIRST}|title|en": "Of the desk"})
        assert "1 change in force is in no file" in await anna.see()
        await newsdesk.edit("First crossing", "Of the file")
        [item] = await newsdesk.desk.items(ANNA)
        return item.change.id

    async def test_what_differs_waits_on_the_board_and_is_taken(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """With one press, by an editor who is not its writer: nobody here is. Messages follow."""
        before = (await newsdesk.ledger())[FIRST[10:]]
        number = await self.differing(newsdesk, anna, budi)
        tree = newsdesk.live.tree[:4]
        assert f"Deploy {tree}" in await anna.see()
        page = await anna.see(f"/{number}")
        assert "it waits for somebody to look" in page
        assert "A change made here and the files have changed the same." in page
        assert "Of the file" in page
        assert (await newsdesk.ledger())[FIRST[10:]] == (before[0], before[1] + 1)
        await newsdesk.agree(number, anna)
        text = not_none(await newsdesk.store.bulletins.text(FIRST[10:], before[1] + 2, "en"))
        assert "Of the file" in text.article
        assert "is in no file" not in await anna.see()

    @pytest.mark.slow
    async def test_correcting_what_differs_leads_to_the_draft(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """There is one change of an entry, and an open one says so."""
        number = await self.differing(newsdesk, anna, budi)
        form = {"token": anna.token, "action": "correct", "key": FIRST}
        async with anna.browser.post(f"{HOME}/entry", data=form, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"{HOME}/{number}?working")

    @pytest.mark.slow
    async def test_a_source_that_was_removed_here_and_changed_in_the_files(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """It stays removed, and the draft would bring it back."""
        key, file = Key("sources/spare"), newsdesk.folder / "sources.yaml"
        await newsdesk.unused_source()
        await anna.send("entry", action="correct", key=key)
        [item] = await newsdesk.desk.items(ANNA)
        await anna.fill(item.change.id, {}, "entries", action=f"remove:{key}")
        await newsdesk.through(item.change.id, anna, budi)
        assert key not in newsdesk.live.contents
        text = file.read_text("utf-8").replace("publisher: Spare", "publisher: Spare Two\n  published: 2026-01-05")
        file.write_text(text, "utf-8")
        await newsdesk.deploy()
        assert key not in newsdesk.live.contents
        [item] = await newsdesk.desk.items(ANNA)
        assert "Spare Two" in await anna.see(f"/{item.change.id}")

    @pytest.mark.slow
    async def test_a_topic_that_is_gone_is_shown_and_can_be_left_out(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """It is a warning: the bulletin is then not listed under it."""
        await anna.send("new")
        form = await anna.form(1)
        form.tick(f"{NEW}|topics", "gone")
        for name, text in TEXTS.items():
            form.type(name, text)
        _, page = await anna.submit(1, form)
        assert re.search(r'<label class="gone"><input type="checkbox" name="[^"]*topics" value="gone" checked>', page)
        assert f'href="#{NEW}|topics"' in page
        form = await anna.form(1)
        form.tick(f"{NEW}|topics")
        await anna.submit(1, form)
        assert "topics" not in await newsdesk.bulletin()

    @pytest.mark.slow
    async def test_of_a_removal_the_page_says_who_refers_to_it(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """A forged or late press removes nothing; nor is approved what a deploy refers to by now."""
        await anna.send("entry", action="correct", key="sources/harbour")
        page = await anna.see("/1")
        assert "It cannot be removed from the dossier as long as this refers to it:" in page
        assert 'href="/desk/entries/facts/fare"' in page
        assert 'value="remove:' not in page
        status, page = await anna.fill(1, {}, "entries", action="remove:sources/harbour")
        assert (status, "because this refers to it: bulletins/2026-01-05-first-crossing, facts/fare" in page) == (
            409,
            True,
        )
        await newsdesk.unused_source()
        await anna.send("entry", action="correct", key="sources/spare")
        _, page = await anna.fill(3, {}, "entries", action="remove:sources/spare")
        assert "Removed: Spare" in page
        await newsdesk.edit("[harbour]", "[harbour, spare]", "facts")
        status, page = await anna.ask(3)
        assert (status, "There are mistakes in it." in page, "spare" in page) == (409, True, True)

    @pytest.mark.slow
    async def test_what_was_sent_and_is_in_no_list_is_named_and_can_be_withdrawn(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, clock: MovedClock
    ) -> None:
        """Also what a change had corrected before its file was deleted. Its messages are marked, its text is not looked at."""
        key = "bulletins/2026-11-23-filed"
        file = newsdesk.folder / f"{key}.yaml"
        words = {"title": {"en": "Filed", "id": "Arsip"}, "body": {"en": "One *{fare}*:\n\n- #1 [x]", "id": "Satu."}}
        scene = DeliveryScene(newsdesk.store, clock, None, Platform())
        await scene.subscribe(ANN, "en")
        file.write_text(written({"date": "2026-11-23", **words}), "utf-8")
        await newsdesk.deploy()
        await scene.send_all()
        await anna.send("entry", action="correct", key=key)
        await newsdesk.through(2, anna, budi, {f"{key}|title|en": "By the desk"})
        file.unlink()
        await newsdesk.deploy()
        await newsdesk.agree(3, budi)
        await scene.send_all()
        page = await anna.see()
        assert "Sent, without a file" in page
        assert 'href="/desk/withdraw/2026-11-23-filed"' in page
        assert "It stands in 1 chat." in await anna.see("/withdraw/2026-11-23-filed")
        _, page = await anna.send("withdraw/2026-11-23-filed", **{"because-en": "Wrong day."})
        assert "Withdrawal: <bdi>By the desk</bdi>" in page
        assert (await budi.press(4, "approve"))[0] == 200
        await newsdesk.look()
        await scene.send_all()
        assert "withdrawn" in scene.texts(ANN)[0].casefold()
        assert "Sent, without a file" not in await anna.see()
        assert newsdesk.live.complete.withdrawn.keys() == {"2026-11-23-filed"}
        file.write_text(written({"date": "2026-11-23", **words}), "utf-8")  # it is back, and stays withdrawn
        await newsdesk.deploy()
        await scene.send_all()
        assert "withdrawn" in scene.texts(ANN)[0].casefold()

    @pytest.mark.slow
    async def test_what_is_in_no_list_is_withdrawn_alone(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, owner: Visitor
    ) -> None:
        """Nothing that was never sent, is withdrawn already, or is a message to one reader."""
        key = await newsdesk.in_force(anna, budi)
        await owner.send(f"withdraw/{key[10:]}", **{"because-en": "Wrong."})
        await newsdesk.look()
        for name in (key[10:], "none", "review-change-1-1", "2026-01-06-x"):
            assert (await owner.send(f"withdraw/{name}", **{"because-en": "Wrong."}))[0] == 404

    async def test_no_new_bulletin_is_withdrawn_by_a_forged_field(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """It would need no approval of its text."""
        await anna.send("new")
        name = f"{NEW}|withdrawn|because|en"
        status, _ = await anna.send("1/save", version="1", **{f"seen|{name}": "", name: "x"})
        assert (status, await newsdesk.bulletin()) == (409, {})


@pytest.mark.slow
class TestForged:
    """Posts with what no page offers."""

    async def test_no_entry_is_made_or_removed(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """A bulletin is withdrawn, never removed: its readers would keep it without a word."""
        key = await newsdesk.in_force(anna, budi)
        await anna.send("entry", action="correct", key=FIRST)
        before, contents = await newsdesk.change(2), await newsdesk.contents(2)
        forged: list[tuple[str, dict[str, str], int]] = [
            *(("entry", {"action": "correct", "key": each}, 404) for each in ("facts/none", "feeds/x", "facts/../x")),
            ("new", {"kind": "header", "words": "x"}, 400),
            ("new", {"kind": "facts", "words": "x"}, 400),
            ("entry", {"action": "files", "key": key}, 400),
            ("entry", {"action": "back", "key": "bulletins/x\0", "change": "1", "which": "after"}, 404),
            *(("2/entries", {"action": f"open:{each}"}, 400) for each in ("topics/none", "feeds/x", NEW)),
            *(("2/entries", {"action": "add", "kind": each}, 400) for each in ("", "header", "facts", "questions")),
            *(("2/entries", {"action": f"remove:{each}"}, 409) for each in (key, FIRST, "topics/fare", "header")),
            ("2/entries", {"action": "remove:sources/harbour"}, 409),
            ("2/entries", {"action": "drop:sources/x\0"}, 200),
        ]
        for path, fields, status in forged:
            assert (await anna.send(path, **fields))[0] == status, fields
            assert (await newsdesk.change(2), await newsdesk.contents(2)) == (before, contents), fields
            assert len(await newsdesk.desk.items(ANNA)) == 1, fields
        assert "A bulletin is withdrawn, not removed." in (await anna.send("2/entries", action=f"remove:{FIRST}"))[1]

    async def test_no_removal_of_a_bulletin_is_put_back(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Its file was deleted, an editor took that, and the file came back."""
        key = "bulletins/2026-11-23-filed"
        file = newsdesk.folder / f"{key}.yaml"
        text = written(
            {"date": "2026-11-23", "title": {"en": "Filed", "id": "Arsip"}, "body": {"en": "A.", "id": "B."}}
        )
        file.write_text(text, "utf-8")
        await newsdesk.deploy()
        await anna.send("entry", action="correct", key=key)
        await newsdesk.through(2, anna, budi, {f"{key}|title|en": "By the desk"})
        file.unlink()
        await newsdesk.deploy()
        [item] = await newsdesk.desk.items(ANNA)
        draft = item.change.id
        await newsdesk.agree(draft, anna)
        assert key not in newsdesk.live.contents
        page = await anna.see(f"/{draft}")
        buttons = re.findall(r'name="change" value="(\d)"><input type="hidden" name="which" value="(\w+)">', page)
        assert (str(draft), "after") not in buttons
        assert ("2", "after") in buttons
        assert (await anna.send("entry", action="back", key=key, change=str(draft), which="after"))[0] == 404

    async def test_typed_into_what_somebody_else_removes(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """It does not come back with that field alone; what was typed is shown."""
        await newsdesk.unused_source()
        await anna.send("entry", action="correct", key="sources/spare")
        form = await anna.form(2)
        form.type("sources/spare|archived", "https://archive.example/1")
        await budi.fill(2, {}, "entries", action="remove:sources/spare")
        status, page = await anna.submit(2, form)
        assert (status, "https://archive.example/1" in page) == (409, True)
        assert await newsdesk.contents(2) == {"sources/spare": None}


class TestLists:
    """Of changes, of bulletins, and of what the feeds propose."""

    @pytest.mark.slow
    async def test_all_changes_are_found(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Page by page, although many changed in the same moment."""
        desk = newsdesk.desk
        for number in range(205):
            await desk.create(ANNA, f"Number {number:03}", {Key(NEW): {}})
        page = await anna.see("/changes/open")
        older = not_none(re.search(r'href="/desk(/changes/open\?before=[^"]*)"', page))
        rest = await anna.see(older[1])
        found = re.findall(r"Number (\d{3})", page) + re.findall(r"Number (\d{3})", rest)
        assert len(found) == len(set(found)) == 205

    async def test_a_feeds_story_becomes_a_change(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Which waits for another editor at once."""
        review = Review(newsdesk.store, newsdesk.live, newsdesk.editors, newsdesk.desk, lambda: None)
        words = ("Ferry to sail twice", "From Monday.", "https://port.example/1", "port.example/1", "ferry sail twice")
        story = Story(FeedId("port"), "Port", Language("en"), (), *words)
        async with newsdesk.store.database.write() as connection:
            await review.add(connection, [story], now=await newsdesk.store.database.moment(connection))
        assert "Ferry to sail twice" in await anna.see()
        status, page = await anna.send("candidates/1", action="take")
        assert (status, "Waits for approval" in page, "Ferry to sail twice" in page) == (200, True, True)
        assert "Make a change" not in await anna.see()


class TestSending:
    """What keeps a slip from readers, and who may decide on it."""

    async def test_owners_stop_and_start_it(self, newsdesk: Newsdesk, anna: Visitor, owner: Visitor) -> None:
        """Every editor sees that it is stopped."""
        assert "Stop all sending" not in await anna.see()
        assert (await anna.send("sending", action="stop"))[0] == 403
        assert "All sending has been stopped since" in (await owner.send("sending", action="stop"))[1]
        assert "All sending has been stopped since" in await anna.see()
        assert (await newsdesk.store.safeguards.get()).stopped_by == OWNER.account
        assert "All sending has been stopped" not in (await owner.send("sending", action="start"))[1]

    async def test_owners_confirm_what_waits(self, newsdesk: Newsdesk, anna: Visitor, owner: Visitor) -> None:
        """By the digest that their page shows."""
        changes, content = newsdesk.store.changes, newsdesk.live.contents[Key(FIRST)]
        urgent = {**content, "urgent": True}
        entry = ChangedEntry(Key(FIRST), content, urgent, {WAITS: f"many {as_text(urgent)}"})
        await writing(newsdesk.store, changes.put_deploy, "Deploy 3f2a", [entry], 1.0)
        name = confirmation_of({entry.key: entry})
        assert FIRST[10:] in (await anna.see()).partition("They wait until an owner")[2]
        status, page = await owner.send("sending", action="confirm", digest="old")
        assert (status, "Somebody was faster" in page) == (409, True)
        assert f'name="digest" value="{name}"' in await owner.see()
        assert (await newsdesk.desk.items(OWNER))[0].change.state == "draft"
        await owner.send("sending", action="confirm", digest=name)
        await newsdesk.look()
        assert newsdesk.live.contents[Key(FIRST)]["urgent"] is True

    @pytest.mark.slow
    async def test_another_dossiers_database_is_named(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """And nothing of the desk is sent from it."""
        await newsdesk.store.readers.meet(READER, "private")
        await newsdesk.store.subscriptions.put(READER, Subscription())
        await writing(newsdesk.store, newsdesk.store.safeguards.change, dossier="museum")
        assert "nota migrate --dossier ferry" in await anna.see()
        await anna.send("new")
        status, page = await anna.ask(1, TEXTS)
        assert (status, "belongs to another dossier" in page) == (409, True)


class TestForms:
    """Each carries the session's token; nothing that was typed is lost."""

    @pytest.mark.parametrize("token", ["", "0" * 64, "é"])
    async def test_a_form_without_the_token_does_nothing(self, newsdesk: Newsdesk, anna: Visitor, token: str) -> None:
        anna.token = token
        assert (await anna.send("new"))[0] == 403
        assert not await newsdesk.desk.items(ANNA)

    async def test_another_sites_form_does_nothing(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert await status_of(anna.browser.post(f"{HOME}/new", data={"token": anna.token}, headers=headers)) == 403

    @pytest.mark.slow
    async def test_a_reason_is_kept(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Where it is too long, came too late for what it was about, or for a return at all; and so is a publisher's name."""
        await anna.send("new")
        await anna.ask(1, TEXTS)
        assert (await budi.press(1, "return"))[0] == 409
        status, page = await budi.press(1, "return", reason="x" * 501)
        assert (status, f'value="{"x" * 501}"' in page, "paling panjang 500" in page) == (409, True, True)
        seen = str((await newsdesk.change()).version)
        await anna.press(1, "return", reason="Mine.")
        assert "<q>Mine.</q>" in await anna.see("/1")
        status, page = await budi.send("1/decide", version=seen, action="return", reason="The <day> is missing.")
        assert (status, '<dd dir="auto">The &lt;day&gt; is missing.</dd>' in page) == (409, True)
        form = await anna.form(1)
        await budi.fill(1, {f"{NEW}|title|en": "Budi’s title"})
        form.type(f"{NEW}|title|en", "Anna’s title")
        status, page = await anna.submit(1, form, "entries", action="add", kind="sources", words="Kompas & co")
        assert (status, 'name="words" value="Kompas &amp; co"' in page) == (409, True)
        await anna.ask(1)
        status, page = await budi.send("1/decide", version=seen, action="return", reason="The day is missing.")
        assert (status, 'name="reason" value="The day is missing."' in page) == (409, True)

    @pytest.mark.slow
    async def test_of_too_many_at_once_each_can_be_sent_again(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """With everything that was typed, from the page that says so; not with another session's token."""
        await anna.send("new")
        form, refused = await anna.form(1), 0
        form.type(f"{NEW}|body|en", '\n"Two"\n lines')
        form.tick(f"{NEW}|topics", "fare", "gone")
        while refused != 429:
            refused = await status_of(
                anna.browser.post(f"{HOME}/language", data={"token": anna.token}, allow_redirects=False)
            )
        status, page = await anna.submit(1, form, "save")
        assert (status, "What you typed is in this page" in page) == (429, True)
        async with anna.browser.post(f"{HOME}/1/save", data={"token": "0", "x": "typed"}) as answer:
            assert (answer.status, "typed" in await answer.text()) == (403, False)
        assert 'action="/desk/1/save"' in page
        again = Form.of(page.replace("<form ", '<form id="change" ', 1))
        while status == 429:
            await asyncio.sleep(0.05)
            status, _ = await anna.submit(1, again, "save")
        assert status == 200
        bulletin = await newsdesk.bulletin()
        assert (bulletin["body"], bulletin["topics"]) == ({"en": '"Two"\n lines'}, ["fare", "gone"])

    @pytest.mark.slow
    async def test_an_owner_approves_what_the_page_showed(
        self, newsdesk: Newsdesk, anna: Visitor, owner: Visitor
    ) -> None:
        """Not what somebody else saved meanwhile; what the owner typed is saved all the same."""
        await anna.send("new")
        await anna.fill(1, TEXTS)
        form = await owner.form(1)
        form.type(f"{NEW}|body|en", "Of Olga.")
        await anna.fill(1, {f"{NEW}|body|id": "Dari Anna."})
        status, page = await owner.submit(1, form, "decide", action="approve")
        assert (status, "Dari Anna." in page, "Of Olga." in page) == (409, True, True)
        assert (await newsdesk.bulletin())["body"] == {"en": "Of Olga.", "id": "Dari Anna."}

    @pytest.mark.slow
    async def test_asked_twice_at_once(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """A double press on Save, then on the button."""
        await anna.send("new")
        form = await anna.form(1)
        for name, text in TEXTS.items():
            form.type(name, text)
        presses = [("save", "ask"), ("save", "ask"), ("decide", "ask"), ("decide", "ask")]
        answers = await asyncio.gather(*(anna.submit(1, form, to, action=action) for to, action in presses))
        assert (await newsdesk.change()).state == "review"
        assert (await newsdesk.bulletin())["body"] == {"en": "From Monday.", "id": "Mulai Senin."}
        assert all('id="unsaved"' not in page for _, page in answers)

    @pytest.mark.slow
    async def test_what_is_wrong_is_said_at_the_field(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Of each entry, without saving it."""
        await anna.send("new")
        await anna.fill(1, TEXTS, "entries", action="add", kind="sources", words="Kompas")
        form = await anna.form(1)
        form.type(f"{NEW}|body|en", "{nofact}")
        form.type("sources/kompas|url", "nowhere")
        _, page = await anna.submit(1, form, "check")
        assert 'data-field="sources/kompas|url"' in page
        form.type("sources/kompas|url", "https://kompas.example/a")
        for name in ("title", "body"):
            form.type(f"{NEW}|{name}|id", "")  # its readers get the English words, in which the mistake is
        _, page = await anna.submit(1, form, "check")
        assert f'data-field="{NEW}|body|en"' in page
        assert f'data-field="{NEW}|body|id"' not in page
        for name in ("title", "body"):
            form.type(f"{NEW}|{name}|id", TEXTS[f"{NEW}|{name}|id"])
        _, page = await anna.submit(1, form, "check")
        assert f'data-field="{NEW}|body|en"' in page
        assert "Mulai Senin." in page
        assert (await newsdesk.bulletin())["body"] == {"en": "From Monday.", "id": "Mulai Senin."}

    @pytest.mark.slow
    async def test_far_too_much_is_refused_and_a_lot_is_said_to_be_too_long(
        self, newsdesk: Newsdesk, anna: Visitor
    ) -> None:
        await anna.send("new")
        long = BytesIO(
            urlencode({"token": anna.token, f"seen|{NEW}|body|en": "", f"{NEW}|body|en": "a" * 5_000_000}).encode()
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert await status_of(anna.browser.post(f"{HOME}/1/save", data=long, headers=headers)) == 413
        status, page = await anna.fill(1, {f"{NEW}|body|en": "a" * 100_001})
        assert (status, "A text is too long" in page, "a" * 100_001 in page) == (409, True, True)
        status, page = await anna.fill(1, {f"{NEW}|body|en": "a" * 100_000, f"{NEW}|title|en": "Long"})
        assert status == 200
        assert "mistake" in page

    @pytest.mark.slow
    async def test_a_megabyte_in_a_change(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Is refused, and stays in the form. Cyrillic letters take two bytes each, and six in a form."""
        await anna.send("new")
        for number in range(2, 6):
            await anna.fill(1, {}, "entries", action="add-bulletin")
            name = f"bulletins/new-{number}|body"
            status, page = await anna.fill(1, {f"{name}|en": "ж" * 90_000, f"{name}|id": "ж" * 90_000})
            assert (status, page.count("ж" * 90_000) >= 2) == (200 if number < 4 else 409, True), number
            if status == 409:
                assert "a change holds one megabyte" in page
                return
        raise AssertionError


class TestRefusals:
    """What is refused is said on a page, in the language of whoever is signed in."""

    @pytest.mark.parametrize(
        ("path", "fields", "status", "said"),
        [
            ("new", {"token": "0" * 64}, 403, "Formulir ini dari sesi lain. Muat ulang halamannya."),
            ("new", {"title-en": "x" * 4_300_000}, 413, "Isi formulir terlalu besar."),
            ("sending", {"action": "stop"}, 403, "Hanya pemilik yang boleh melakukannya."),
            ("9/decide", {"action": "approve"}, 404, "Perubahan itu tidak ada."),
            ("9/decide", {"action": "explode"}, 400, "Pilih salah satu tombol."),
            ("entry", {"action": "correct", "key": "bulletins/none"}, 404, "Entri itu tidak ada."),
            ("entry", {"action": "back", "key": "bulletins/none"}, 404, "Entri itu tidak ada."),
            ("withdraw/none", {}, 404, "Buletin itu tidak ada, atau sudah ditarik."),
            ("examples", {"wording": "x", "language": "en", "topic": "../fare"}, 400, "Untuk ini perlu pertanyaan"),
            ("claim/sentence", {"wording": "x", "language": "xx", "fact": "fare"}, 400, "Untuk ini perlu kalimat"),
        ],
    )
    async def test_of_a_form(
        self, newsdesk: Newsdesk, budi: Visitor, path: str, fields: dict[str, str], status: int, said: str
    ) -> None:
        """Though the browser asks for English."""
        data = urlencode({"token": budi.token} | fields).encode()
        headers = {"Accept-Language": "en", "Content-Type": "application/x-www-form-urlencoded"}
        async with budi.browser.post(f"{HOME}/{path}", data=BytesIO(data), headers=headers) as answer:
            page = await answer.text()
            assert (answer.status, answer.content_type) == (status, "text/html")
        assert f"<h1>{said}" in page
        assert 'lang="id"' in page

    async def test_of_a_page(self, newsdesk: Newsdesk, budi: Visitor) -> None:
        for path in ("/9", "/9/progress", "/9/events"):
            assert "<h1>Perubahan itu tidak ada.</h1>" in await budi.see(path)

    async def test_of_who_is_not_signed_in(self, newsdesk: Newsdesk) -> None:
        """In the browser's language; whoever tries many links is told how long to wait."""
        browser = await newsdesk.visitor()
        for _ in range(11):
            async with browser.get(f"{HOME}/enter/wrong", headers={"Accept-Language": "id"}) as answer:
                status, page, wait = answer.status, await answer.text(), answer.headers.get("Retry-After")
        assert (status, "<h1>Terlalu banyak tautan yang salah.</h1>" in page) == (429, True)
        assert int(wait or 0) > 0


class TestStream:
    """An open page of a change is told when something became of it."""

    @pytest.mark.slow
    async def test_of_two_editors(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Each stream begins with an event; the next comes with another's decision, and with a second one."""
        await anna.send("new")
        async with anna.browser.get(f"{HOME}/1/events") as mine, budi.browser.get(f"{HOME}/1/events") as other:
            for stream in (mine, other):
                await _changed(stream)
            await anna.fill(1, TEXTS)
            for stream in (mine, other):
                await _changed(stream)
            for action in ("ask", "return"):
                await anna.press(1, action, reason="Again.")
                for stream in (mine, other):
                    await _changed(stream)


async def _changed(stream: aiohttp.ClientResponse) -> None:
    async with asyncio.timeout(60):
        async for line in stream.content:
            if line == b"event: changed\n":
                return
    raise AssertionError("the stream ended")


class TestOutage:
    """The database is gone while somebody types."""

    @pytest.mark.slow
    async def test_the_same_form_is_saved_as_soon_as_it_is_back(self, outages: Outages, folder: Path) -> None:
        """Meanwhile the page says that nothing is lost, and a script is told to try again."""
        async with open_store(outages.url) as store, served_desk(store, folder, None) as newsdesk:
            anna = await newsdesk.signed_in(ANNA)
            await anna.send("new")
            form = await anna.form(1)
            for name, text in TEXTS.items():
                form.type(name, text)
            async with outages.away(store):
                for to in ("save", "decide", "entries"):
                    status, page = await anna.submit(1, form, to, action="ask")
                    assert (status, "Nothing that you typed is lost" in page) == (503, True)
            status, page = await anna.submit(1, form)
            assert (status, 'value="Fares fall"' in page) == (200, True)
            assert (await newsdesk.change()).state == "draft"


class TestPasted:
    """What comes along with pasted text."""

    async def test_html_is_shown_as_the_letters_that_it_is(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """In the form and in the previews; nothing of it is part of our page."""
        await anna.send("new")
        html = '<p class=MsoNormal>Fares<o:p></o:p></p><script>alert(1)</script><img src=x onerror="alert(1)">'
        status, page = await anna.fill(1, TEXTS | {f"{NEW}|body|en": html, f"{NEW}|title|en": html})
        assert status == 200
        assert not re.search(r"<(p class=MsoNormal|o:p|script>|img src=x)", page)
        assert page.count("&lt;o:p&gt;") > page.count('value="&lt;p')  # in the form, and in what readers see

    async def test_what_a_word_processor_adds_is_said(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Its quotes around the text and its soft hyphens, at their field."""
        await anna.send("new")
        form = await anna.form(1)
        for name, text in (TEXTS | {f"{NEW}|body|en": "“From Mon\xadday.”"}).items():
            form.type(name, text)
        _, page = await anna.submit(1, form, "check")
        assert "An invisible sign stands in a word" in page
        assert f'href="#{NEW}|body|en"' in page

    @pytest.mark.slow
    async def test_right_to_left_text_has_its_direction(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """In fields, headings and the list; it turns nothing else around."""
        await anna.send("new")
        _, page = await anna.fill(1, {f"{NEW}|title|en": "\u202eמחירי המעבורת"})
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
            ("three\u2028line\u2029ends\x85", "three\nline\nends"),
            ("", ABSENT),
            ("\u200b", ABSENT),
            ("\xad\x1b", ABSENT),
        ],
    )
    def test_of_each(self, pasted: str, kept: Any) -> None:
        name = f"{NEW}|body|en"
        form = {f"seen|{name}": ["0"], name: [pasted]}
        assert edits_in(form, EMPTY, FORMS) == [Edit(Key(NEW), ("body", "en"), "0", kept)]

    @cases("odd")
    def test_nothing_is_kept_that_no_file_may_hold(self, odd: str) -> None:
        r"""
        "\u0000"
        "\u001f"
        "\u007f"
        "\u0080"
        "\u0085"
        "\u009f"
        "\u2029"
        "\u202d"
        "\ufffe"
        "\uffff"
        """
        name = f"{NEW}|body|en"
        [edit] = edits_in({f"seen|{name}": ["0"], name: [f"one{odd}word"]}, EMPTY, FORMS)
        assert parse(written({"body": edit.value}).encode()).value == {"body": edit.value}

    def test_what_is_stored_so_stays_so(self) -> None:
        """A file may have spaces that do not break: a form that was not typed into removes none."""
        name, text = f"{NEW}|body|en", "19\xa0June"
        [edit] = edits_in({f"seen|{name}": [value_digest(text)], name: [text]}, EMPTY, FORMS)
        assert edit.value == text

    @table("name")
    def test_no_other_field_is_written(self, name: str) -> None:
        """
        bulletins/new-1|date
        bulletins/new-1|not_before
        bulletins/new-1|body|../x
        bulletins/new-1|body|ru
        bulletins/new-1|body
        bulletins/new-1|id
        facts/fare|type
        facts/fare|years
        facts/fare|amount|en
        facts/fare|instead|en
        facts/fare|forms|short|en
        header|id
        header|languages
        header|default_language
        topics/fare|known|driver
        topics/fare|id
        topics/fare|title
        topics/fare|progress
        topics/fare|withdrawn|date
        feeds/antara|url
        bulletins|title|en|more|x
        bulletins/new-1
        ""
        """
        contents: dict[Key, Content | None] = {
            **EMPTY,
            Key("facts/fare"): {"type": "money"},
            Key("header"): {"id": "ferry"},
            Key("topics/fare"): {},
        }
        assert edits_in({f"seen|{name}": [""], name: ["x"]}, contents, FORMS) == []
