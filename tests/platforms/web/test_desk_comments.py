"""Comments on a change, what was wrong in a correction, and the list of all decisions, over HTTP."""

import csv
import json
from io import StringIO

import pytest

from bot.dossier.entries import Key
from bot.dossier.models import Language
from bot.newsroom.correction_history import Corrections
from bot.platforms.plain_text import render
from bot.platforms.web.desk.sign_in import HOME
from bot.replies.bulletins import LabelledBulletin, from_json, single_reply
from tests.platforms.web.desk_site import BUDI, TEXTS, Newsdesk, Visitor

FORMULA = "=HYPERLINK(1)"


class TestComments:
    @pytest.mark.slow
    async def test_of_two_editors_newest_last_and_nothing_typed_is_lost(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """In every state; what stands in the form is saved first, and a second press adds nothing."""
        await anna.send("new")
        _, page = await anna.fill(1, TEXTS, "comment", comment="Is <b>Monday</b>\nright?")
        assert "Is &lt;b&gt;Monday&lt;/b&gt;\nright?" in page
        assert (await newsdesk.bulletin())["title"] == {"en": "Fares fall", "id": "Tarif turun"}
        await anna.ask(1)
        version = (await newsdesk.change()).version
        for _ in range(2):
            status, page = await budi.send("1/comment", comment="Ya.")
        assert (status, page.count(">Ya.<"), page.index("right?") < page.index(">Ya.<")) == (200, 1, True)
        assert (await newsdesk.change()).version == version
        await budi.press(1, "approve")
        assert (await newsdesk.change()).state == "approved"

    async def test_what_is_no_comment(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        await anna.send("new")
        assert (await anna.send("1/comment", comment=" \u200b"))[0] == 409
        status, page = await anna.send("1/comment", comment="x" * 1001)
        assert (status, "x" * 1001 in page) == (409, True)
        assert "<li>" not in page.partition('id="comments"')[2].partition("</section>")[0]


@pytest.mark.slow
class TestWhatWasWrong:
    async def test_readers_see_it_beside_the_correction(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """In the languages in which it was told, under the day on which it came into force; a language without it is silent."""
        key = await newsdesk.in_force(anna, budi)
        name = key.partition("/")[2]
        await anna.send("entry", action="correct", key=key)
        typed = {f"{key}|body|en": "From Tuesday.", f"{key}|corrections|next|en": "The day was\nwrong."}
        _, page = await anna.ask(2, typed)
        assert "What was wrong" in page
        await budi.press(2, "approve")
        [day] = (await newsdesk.bulletin(2, key))["corrections"]  # type: ignore[misc]
        await anna.press(2, "take_back")
        assert (await newsdesk.bulletin(2, key))["corrections"] == {"next": {"en": "The day was\nwrong."}}
        await newsdesk.through(2, anna, budi)
        assert newsdesk.live.contents[Key(key)]["corrections"] == {day: {"en": "The day was\nwrong."}}
        assert "not in force" not in await anna.see("/2")  # what was approved is, with the day of the correction

        history = Corrections(newsdesk.store)
        await history.update()
        [correction] = next(each for each in history.histories.values() if each.corrections).corrections
        said = {code: text.was_wrong(correction.day) for code, text in correction.after.items()}
        assert said == {"en": "The day was wrong.", "id": ""}
        for code, expected in (("en", "The day was wrong."), ("id", "Diralat pada")):
            stored = await newsdesk.store.bulletins.text(name, 2, code)
            if stored is not None:
                labelled = LabelledBulletin(from_json(stored.article), "corrected", correction.day)
                message = render(single_reply(labelled, Language(code)))
                assert expected in message
                assert ("The day was wrong." in message) == (code == "en")

        await anna.send("entry", action="correct", key=key)
        again = {f"{key}|body|en": "From Wednesday.", f"{key}|corrections|next|en": "And again." * 49}
        status, page = await anna.ask(3, again)
        together = "All that is said of one day may have 500 characters together: it has 509"
        assert (status, together in page) == (409, True)
        again = {f"{key}|corrections|next|en": "And again."}
        await anna.ask(3, again)
        await budi.press(3, "approve")
        assert (await newsdesk.bulletin(3, key))["corrections"] == {day: {"en": "The day was\nwrong. And again."}}
        await anna.press(3, "take_back")
        both = {day: {"en": "The day was\nwrong."}, "next": {"en": "And again."}}
        assert (await newsdesk.bulletin(3, key))["corrections"] == both

    async def test_a_new_bulletin_has_no_field_for_it(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        await anna.send("new")
        assert "|corrections|" not in await anna.see("/1")


class TestTheListOfDecisions:
    @pytest.mark.slow
    async def test_as_csv_and_json(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Who, when, what, on which change and version, the reason or the comment; nothing that a spreadsheet would run."""
        assert "/desk/decisions.csv" in await anna.see()
        await anna.send("new")
        await anna.ask(1, {**TEXTS, "change|title": FORMULA})
        await budi.press(1, "return", reason=f" {FORMULA}")
        await anna.send("1/comment", comment="Seen, thanks.")
        async with anna.browser.get(f"{HOME}/decisions.json") as answer:
            found = json.loads(await answer.text())
        assert [(each["name"], each["action"], each["change"], each["words"]) for each in found] == [
            ("Anna", "ask", 1, ""),
            ("Budi", "return", 1, FORMULA),
            ("Anna", "comment", 1, "Seen, thanks."),
        ]
        assert {each["title"] for each in found} == {FORMULA}
        async with anna.browser.get(f"{HOME}/decisions.csv") as answer:
            assert "attachment" in answer.headers["Content-Disposition"]
            rows = list(csv.DictReader(StringIO(await answer.text())))
        assert [(each["account"], each["words"]) for each in rows][1] == (BUDI.account, f"'{FORMULA}")
        assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell]
