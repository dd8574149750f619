"""What is inserted into texts at the desk, and sources by their address, over HTTP."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.platforms.web.desk.sign_in import HOME
from tests.platforms.web.desk_site import NEW, Newsdesk, Visitor
from tests.platforms.web.site import status_of

KNOWN = "https://harbour.example/timetable"


async def asked(visitor: Visitor, path: str, **query: str) -> Any:
    async with visitor.browser.get(f"{HOME}/1/{path}?{urlencode(query)}") as answer:
        assert answer.content_type == "application/json", await answer.text()
        return json.loads(await answer.text())


class TestInserting:
    """The list of facts and sources."""

    @pytest.mark.slow
    async def test_values_are_of_the_language_of_the_text(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Titles are of the editor's; what the change has is in it, with the change's values."""
        await anna.send("new")
        before = {each["text"]: each for each in await asked(anna, "insert", language="id")}
        assert before["{fare}"]["detail"] == "Rp4.500"
        assert before["[@harbour]"]["address"] == KNOWN
        await anna.send("1/entries", action="open:facts/fare")
        await anna.fill(1, {"facts/fare|amount": "5200"}, "entries", action="add", kind="sources", words="The Port")
        after = {each["text"]: each for each in await asked(anna, "insert", language="en")}
        assert after["{fare}"]["detail"] == "Rp5,200"
        assert after["[@the-port]"]["title"] == "The Port"

    async def test_nobody_else_sees_it(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Unapproved values are for editors."""
        stranger = await newsdesk.visitor()
        await anna.send("new")
        for path in ("insert", "source"):
            assert await status_of(stranger.get(f"{HOME}/1/{path}")) == 401


class TestSourcesByTheirAddress:
    """The dossier knows what it has from there. Nothing is fetched."""

    @pytest.mark.parametrize("typed", [KNOWN, "http://www.harbour.example/timetable/#fares"])
    async def test_one_that_is_there_is_cited(self, newsdesk: Newsdesk, anna: Visitor, typed: str) -> None:
        """It is ticked at the bulletin, and no second one is made."""
        await anna.send("new")
        _, page = await anna.fill(1, {}, "entries", action="add", kind="sources", words=typed)
        assert "The dossier has this source already" in page
        assert "The dossier has this source already: Harbour Office: Timetable" in page
        assert (await newsdesk.contents()).keys() == {NEW}
        assert (await newsdesk.bulletin())["sources"] == ["harbour"]

    async def test_another_page_there_has_the_same_publisher(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """The rest is asked for in its form, which proposes the same."""
        await anna.send("new")
        address = "https://harbour.example/news/7"
        publisher = newsdesk.live.contents["sources/harbour"]["publisher"]  # type: ignore[index]
        await anna.fill(1, {}, "entries", action="add", kind="sources", words=address)
        [key] = set(await newsdesk.contents()) - {NEW}
        assert (await newsdesk.bulletin(1, key)) == {"url": address, "publisher": publisher}
        found = await asked(anna, "source", address="https://harbour.example/news/8", key=key)
        assert (found["known"], found["shown"]) == (None, publisher)
        assert (await asked(anna, "source", address=KNOWN, key=key))["known"]["name"] == "harbour"
        assert (await asked(anna, "source", address=address, key=key))["known"] is None
        assert await asked(anna, "source", address="no address") == {}

    @pytest.mark.slow
    async def test_of_an_unknown_host(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """The form asks who published it, in the editor's words."""
        await anna.send("new")
        _, page = await anna.fill(1, {}, "entries", action="add", kind="sources", words="https://port.example/a")
        assert set(await newsdesk.contents()) == {NEW, "sources/port-example"}
        assert "This is missing" in page
