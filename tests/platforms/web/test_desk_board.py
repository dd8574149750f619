"""The desk's first page over HTTP: what waits for whom, and where every other change is."""

import re
from html import unescape

import pytest

from bot.db.changes import Change, Person
from bot.dossier.entries import Content, Key, fields, value_digest
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.desk import Edit
from tests.clocks import MovedClock
from tests.platforms.web.desk_site import ANNA, BUDI, OWNER, Newsdesk, Visitor

COLUMNS = ("waiting", "drafts", "scheduled", "in_force")
HOUR = 3600.0


async def written(
    newsdesk: Newsdesk, person: Person, title: str, *languages: str, planned: float | None = None
) -> Change:
    texts = dict.fromkeys(languages or ("en", "id"), title)
    content: Content = {"title": dict(texts), "body": {code: f"{text}. Harbour." for code, text in texts.items()}}
    return await newsdesk.desk.create(person, "", {Key("bulletins/new-1"): content}, planned=planned)


async def decided(newsdesk: Newsdesk, change: Change, *steps: tuple[str, Person], reason: str = "") -> Change:
    for action, person in steps:
        change = await newsdesk.desk.decide(change.id, change.version, action, person, reason)  # type: ignore[arg-type]
    return change


def column(page: str, name: str) -> str:
    """The words of a column of the board."""
    found = re.search(rf'aria-labelledby="column-{name}".*?</section>', page, re.DOTALL)
    assert found, name
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


class TestTheBoard:
    """Five columns, each row in one of them."""

    async def test_empty_columns_say_so(self, newsdesk: Newsdesk) -> None:
        """In one line each."""
        page = await (await newsdesk.signed_in(ANNA)).see()
        said = [column(page, name) for name in COLUMNS]
        lines = [
            "Nothing waits for you.",
            "Nobody is writing anything.",
            "Nothing is approved",
            "Nothing has come",
        ]
        assert all(line in words for line, words in zip(lines, said, strict=True))

    @pytest.mark.slow
    async def test_what_waits_for_whom(self, newsdesk: Newsdesk) -> None:
        """A request of somebody else, and what was returned; one's own requests are with the drafts."""
        asked = await decided(newsdesk, await written(newsdesk, ANNA, "Asked for"), ("ask", ANNA))
        returned = await written(newsdesk, ANNA, "Returned one")
        await decided(newsdesk, returned, ("ask", ANNA), ("return", BUDI), reason="The day is missing.")
        await written(newsdesk, ANNA, "Still written")
        hers, his = await (await newsdesk.signed_in(ANNA)).see(), await (await newsdesk.signed_in(BUDI)).see()
        assert "Returned one" in column(hers, "waiting")
        assert "The day is missing." in column(hers, "waiting")
        assert all(title in column(hers, "drafts") for title in ("Asked for", "Waits for approval", "Still written"))
        assert "Asked for" not in column(hers, "waiting")
        assert "Asked for" in column(his, "waiting")
        assert "Returned one" in column(his, "drafts")
        assert f'href="/desk/{asked.id}"' in his

    async def test_what_an_owner_may_override_does_not_wait_for_its_writer(self, newsdesk: Newsdesk) -> None:
        """Approving alone is for emergencies."""
        await decided(newsdesk, await written(newsdesk, OWNER, "Of the owner"), ("ask", OWNER))
        page = await (await newsdesk.signed_in(OWNER)).see()
        assert "Of the owner" in column(page, "drafts")

    @pytest.mark.slow
    async def test_scheduled_with_its_hour_and_then_in_force(
        self, newsdesk: Newsdesk, anna: Visitor, clock: MovedClock
    ) -> None:
        """The first to come into force first; the hour is the office's."""
        for number, title in ((30, "Later"), (3, "Sooner")):
            change = await written(newsdesk, ANNA, title, planned=clock.now + number * HOUR)
            await decided(newsdesk, change, ("ask", ANNA), ("approve", BUDI))
        words = column(await anna.see(), "scheduled")
        assert re.search(
            r"Sooner New bulletin comes into force 23 Nov 2026, 15:00 \(UTC\).*Later New bulletin comes into force",
            words,
        )
        clock.forward(3 * HOUR + TAKE_BACK_SECONDS)
        await newsdesk.look()
        page = await anna.see()
        assert ("Sooner" in column(page, "in_force"), "Sooner" in column(page, "scheduled")) == (True, False)

    @pytest.mark.slow
    async def test_languages(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """There, missing, or changed in the original since; and who wrote it, not who decided last."""
        await written(newsdesk, ANNA, "Half", "en")
        whole = await written(newsdesk, ANNA, "Whole")
        await anna.fill(whole.id, {"bulletins/new-1|body|id": "Semuanya."})
        words = column(await anna.see(), "drafts")
        assert "Half New bulletin en ✓ the text is there id – a text is missing Anna" in words
        assert "Whole New bulletin en ✓ the text is there id ✓ the text is there Anna" in words
        await anna.fill(whole.id, {"bulletins/new-1|body|en": "All of it."})
        assert "Whole New bulletin en ✓ the text is there id changed since" in column(await anna.see(), "drafts")

    async def test_cards_say_what_they_are(self, newsdesk: Newsdesk) -> None:
        """A correction and a withdrawal have the bulletin's title; what was wrong may be said in one language."""
        desk, key = newsdesk.desk, Key("bulletins/2026-01-05-first-crossing")
        before = newsdesk.live.contents[key]
        said: Content = {"corrections": {"next": {"en": "The day was wrong."}}}
        gone: Content = {"withdrawn": {"date": "2026-11-23", "because": {"en": "No."}}}
        await desk.create(ANNA, "", {key: {**before, **said}})
        await desk.create(ANNA, "", {key: {**before, **gone}})
        words = column(await (await newsdesk.signed_in(ANNA)).see(), "drafts")
        assert re.search(r"crossing Withdrawal .* crossing Correction en ✓ the text is there id ✓", words)

    async def test_what_changed_since_it_was_returned(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Beside the reason, for whoever approves it; of a second return, since that one. Before a return nothing is said of it."""
        change, head = await written(newsdesk, ANNA, "Half"), "Changed since it was returned"
        await anna.press(change.id, "ask")
        for number, words in enumerate(("Fares fall.", "Fares rise.")):
            assert ("Yang berubah sejak dikembalikan" in await budi.see(f"/{change.id}")) == bool(number)
            await budi.press(change.id, "return", reason=f"Which way {number}?")
            assert head not in await anna.see(f"/{change.id}")
            await anna.ask(change.id, {"bulletins/new-1|body|en": words})
            page = await anna.see(f"/{change.id}")
            found = re.search(r'aria-labelledby="since-return".*?</section>', page, re.DOTALL)
            assert found
            before = ("Half. Harbour.", "Fares fall.")[number]
            assert (f"<del>{before}</del>" in found[0], f"<ins>{words}</ins>" in found[0]) == (True, True)
            assert (f"Which way {number}?" in found[0], found[0].count("<dt>")) == (True, 1)

    async def test_the_address_of_a_form_leads_to_its_change(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """A refused form has that address; it may be loaded again, or sent to a colleague."""
        change = await written(newsdesk, ANNA, "Half", "en")
        for form in ("decide", "save", "entries", "figures", "comment"):
            assert "<bdi>Half</bdi>" in await anna.see(f"/{change.id}/{form}")

    async def test_only_the_original_corrected(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """What is in force in a language waits for a translation, though nobody typed into it in this change."""
        desk, fare = newsdesk.desk, Key("topics/fare")
        before = newsdesk.live.contents[fare]
        change = await desk.create(ANNA, "Of the fare", {fare: before})
        text = fields(before)["title", "en"]
        await desk.save(change.id, ANNA, [Edit(fare, ("title", "en"), value_digest(text), "The new fare")])
        assert "Of the fare en ✓ the text is there id changed since" in column(await anna.see(), "drafts")
        assert 'data-outdated="outdated|topics/fare|id"' in await anna.see(f"/{change.id}")
        await desk.keep_translation(change.id, ANNA, fare, ("title", "id"))
        assert "Of the fare en ✓ the text is there id ✓" in column(await anna.see(), "drafts")

    async def test_one_search_over_titles_and_texts(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Of changes on the board and of bulletins in force."""
        await written(newsdesk, ANNA, "Fares fall")
        await written(newsdesk, ANNA, "Museum opens")
        page = await anna.see("?q=HARBOUR+fares")
        assert ("Fares fall" in column(page, "drafts"), "Museum" in column(page, "drafts")) == (True, False)
        assert "None found." in column(page, "waiting")
        text = next(iter(newsdesk.live.complete.bulletins.values())).body["en"].split()[0]
        assert 'value="bulletins/2026-01-05-first-crossing"' in await anna.see(f"?q={text}")
