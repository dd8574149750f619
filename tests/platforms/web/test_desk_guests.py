"""Links that show a change to somebody without an account, over HTTP: what they show, to whom, and for how long."""

import json
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.db.sign_ins import GUEST_SECONDS
from bot.db.store import open_store
from bot.platforms.web.desk.sign_in import HOME
from tests.clocks import MovedClock
from tests.platforms.web.desk_site import ANNA, BUDI, TEXTS, Newsdesk, Visitor, served_desk
from tests.platforms.web.site import status_of

OPENED = {"Sec-Fetch-Mode": "navigate"}
"""What a browser sends when a person follows a link."""


async def link(visitor: Visitor, number: int = 1, **fields: str) -> str:
    """The path of a new link to a change, as its page shows it."""
    status, page = await visitor.fill(number, {}, "guests", **{"guest": "The minister's office", **fields})
    found = re.search(rf'id="guest-link" value="[^"]*({HOME}/preview/[\w-]+)"', page)
    assert (status, found is not None) == (200, True)
    assert found
    return found[1]


@pytest.fixture
async def stranger(newsdesk: Newsdesk) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which nobody is signed in."""
    async with aiohttp.ClientSession(newsdesk.address) as browser:
        yield browser


async def see(browser: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, str]:
    async with browser.get(path, headers=headers) as answer:
        return answer.status, await answer.text()


class TestALink:
    async def test_shows_one_change_and_nothing_else(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, stranger: aiohttp.ClientSession
    ) -> None:
        """Its words, its messages on both platforms, who approved it; no button, and no page of the desk."""
        await anna.send("new")
        await anna.fill(1, TEXTS)
        path = await link(anna)
        status, page = await see(stranger, path)
        assert (status, "Fares fall" in page, 'class="chat discord"' in page) == (200, True, True)
        assert "Nobody has approved it yet" in page
        assert not re.search(r"<button|<textarea|name=\"version\"|/desk/entries", page)
        assert (await see(stranger, f"{path}/consequences"))[0] == 200
        assert (await see(stranger, f"{HOME}/1"))[0] == 401
        await anna.ask(1)
        await budi.press(1, "approve")
        assert "Approved by Budi." in (await see(stranger, path))[1]

    @pytest.mark.slow
    async def test_ends(
        self, newsdesk: Newsdesk, anna: Visitor, stranger: aiohttp.ClientSession, clock: MovedClock
    ) -> None:
        """When it is revoked, and of itself after seven days; another one goes on."""
        await anna.send("new")
        await anna.fill(1, TEXTS)
        one, other = await link(anna), await link(anna, guest="Legal")
        digests = re.findall(r'name="revoke" value="(\w+)"', await anna.see("/1"))
        assert len(digests) == 2
        await anna.fill(1, {}, "guests", revoke=digests[0])
        assert [(await see(stranger, each))[0] for each in (one, other)] == [410, 200]
        await anna.fill(1, {}, "decide", action="discard")
        assert re.findall(r'name="revoke" value="(\w+)"', await anna.see("/1")) == digests[1:]
        clock.forward(GUEST_SECONDS + 1)
        assert (await see(stranger, other))[0] == 410

    @pytest.mark.slow
    async def test_ends_on_every_replica_at_once(
        self, newsdesk: Newsdesk, anna: Visitor, database_url: str, clock: MovedClock
    ) -> None:
        """Of two processes on one database, one shows it and takes a comment, and refuses both once the other has revoked it."""
        here = newsdesk
        await anna.send("new")
        await anna.fill(1, TEXTS)
        path = await link(anna, talks="1")
        async with (
            open_store(database_url, clock) as store,
            served_desk(store, here.folder, clock, (ANNA.account, BUDI.account), here.desk.rules) as other,
            aiohttp.ClientSession(other.address) as elsewhere,
        ):
            status, page = await see(elsewhere, path)
            [token] = re.findall(r'name="token" value="(\w+)"', page)
            assert (status, "Fares fall" in page) == (200, True)
            [digest] = re.findall(r'name="revoke" value="(\w+)"', await anna.see("/1"))
            await anna.fill(1, {}, "guests", revoke=digest)
            assert [(await see(elsewhere, each))[0] for each in (path, f"{path}/consequences")] == [410, 410]
            assert await status_of(elsewhere.post(f"{path}/comment", data={"token": token, "comment": "Late."})) == 410
        assert "Late." not in await anna.see("/1")

    async def test_keeps_what_was_typed_and_needs_a_name(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        await anna.send("new")
        status, page = await anna.fill(1, TEXTS, "guests", guest=" ")
        assert (status, "Write whom the link is for." in page) == (409, True)
        assert (await newsdesk.bulletin())["title"] == {"en": "Fares fall", "id": "Tarif turun"}

    @pytest.mark.slow
    async def test_is_noted_once_a_person_opens_it(
        self, newsdesk: Newsdesk, anna: Visitor, stranger: aiohttp.ClientSession
    ) -> None:
        """A messenger that fetches it for a preview is no person."""
        await anna.send("new")
        path = await link(anna)
        await see(stranger, path)
        assert "the preview link was opened" not in await anna.see("/1")
        for _ in range(2):
            await see(stranger, path, **OPENED)
        page = await anna.see("/1")
        assert page.count("the preview link was opened") == 1
        assert "The minister&#39;s office" in page
        [noted] = [row for row in json.loads(await anna.see("/decisions.json")) if row["name"] != "Anna"]
        assert (noted["action"], noted["words"]) == ("opened", "")


class TestAComment:
    @pytest.mark.slow
    async def test_of_a_guest_who_may(self, newsdesk: Newsdesk, anna: Visitor, stranger: aiohttp.ClientSession) -> None:
        """Only by the form of its own link; one who may not sees neither the form nor what others say."""
        await anna.send("new")
        await anna.send("1/comment", comment="Between us.")
        quiet, talking = await link(anna), await link(anna, guest="Legal", talks="1")
        pages = [(await see(stranger, each))[1] for each in (quiet, talking)]
        assert [("Between us." in each, "<textarea" in each) for each in pages] == [(False, False), (True, True)]
        token = re.findall(r'name="token" value="(\w+)"', pages[1])[0]

        async def says(path: str, token: str) -> int:
            data = {"token": token, "comment": "Monday is a holiday."}
            async with stranger.post(f"{path}/comment", data=data) as answer:
                page = await answer.text()
                # of a page that is shown for a refusal, every address is right, too
                assert answer.status == 200 or "/comment/" not in page
                return answer.status

        assert [await says(quiet, token), await says(talking, "0"), await says(talking, token)] == [403, 403, 200]
        page = await anna.see("/1")
        assert page.count("Monday is a holiday.") == 1
        assert "<bdi>Legal</bdi>" in page
