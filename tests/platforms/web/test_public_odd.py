"""The public page where there is too much of something, or too little."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import feedparser

from bot.dossier.models import Dossier
from bot.pictures.raster import PNG_END, PNG_START
from bot.pictures.service import MAX_PENDING
from tests.conftest import CONTENT, Edit
from tests.platforms.web.site import serving

Client = aiohttp.ClientSession


def _crowd(address: str) -> Client:
    """As many connections as anybody opens."""
    return aiohttp.ClientSession(address, connector=aiohttp.TCPConnector(limit=0))


async def _asked(client: Client, path: str) -> tuple[int, str | None]:
    """Status, and when to come again."""
    async with client.get(path) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Retry-After")


def _pictures(dossier: Dossier) -> Iterator[str]:
    """The address of every picture of a dossier."""
    names = [f"topic/{topic.id}" for topic in dossier.topics.values() if topic.picture]
    names += [f"bulletin/{name}" for name in dossier.bulletins]
    for language in dossier.languages:
        for name in names:
            yield from (f"/pictures/{language}/{name}{query}" for query in ("", "?theme=dark"))


async def _text(client: Client, path: str) -> str:
    """A page that is there."""
    async with client.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


class TestFlood:
    """A thousand requests for pictures at once: all are answered, and what is drawn and what waits is bounded."""

    async def test_pictures(self) -> None:
        """A hundred wait to be drawn, each drawn once; the rest are asked to come again, and then get theirs."""
        drawn: list[str] = []

        def easel(svg: str) -> bytes:
            drawn.append(svg)
            return PNG_START + PNG_END

        async with serving(CONTENT, rasterise=easel) as site, _crowd(site.address) as crowd:
            paths = [*_pictures(site.live.dossier), "/pictures/en/topic/none", "/pictures/xx/bulletin/none"]
            answers = await asyncio.gather(*(_asked(crowd, paths[n % len(paths)]) for n in range(1000)))
            assert {status for status, _ in answers} <= {200, 404, 503}
            assert all(again == "5" for status, again in answers if status == 503)
            assert sum(status == 404 for status, _ in answers) >= 1000 // len(paths)
            assert len(drawn) == len(set(drawn)) <= len(paths)
            later = [await _asked(crowd, path) for path in paths[:-2]]
            assert {status for status, _ in later} == {200}

    async def test_who_cannot_wait_is_told_when_to_come_again(self) -> None:
        """While a hundred are being drawn."""
        hold = threading.Event()

        def slow(_svg: str) -> bytes:
            hold.wait(10)
            return PNG_START + PNG_END

        async with serving(CONTENT, rasterise=slow) as site, _crowd(site.address) as crowd:
            paths = list(_pictures(site.live.dossier))
            asked = [asyncio.create_task(_asked(crowd, path)) for path in paths]
            done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            assert {task.result() for task in done} == {(503, "5")}
            assert (await _asked(crowd, "/en"))[0] == 200
            hold.set()
            statuses = [status for status, _ in await asyncio.gather(*asked)]
            assert statuses.count(200) == MAX_PENDING


class TestOddDossiers:
    """Whatever an editor writes or leaves out, the page is there."""

    async def test_a_picture_that_lacks_its_fact(self, folder: Path, edit: Edit) -> None:
        """The words stand without it."""
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: coverage')
        async with serving(folder) as site, aiohttp.ClientSession(site.address) as client:
            page = await _text(client, "/en")
            assert "A single ticket costs" in page
            assert "<picture>" not in page
            async with client.get("/pictures/en/topic/fare") as answer:
                assert answer.status == 404

    async def test_a_bulletin_shows_the_picture_that_it_names(self, folder: Path, edit: Edit) -> None:
        """On its page, as its button does in chats."""
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: news')
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", "topics: [fare]\npicture: news")
        async with serving(folder) as site, aiohttp.ClientSession(site.address) as client:
            assert 'src="/pictures/id/topic/fare"' in await _text(client, "/id/bulletins/2026-01-05-first-crossing")
            assert 'src="/pictures/id/topic/fare"' in await _text(client, "/id")

    async def test_signs_that_no_feed_can_hold(self, folder: Path, edit: Edit) -> None:
        """A line end of other systems and angle brackets in a title: the feeds are well-formed and nothing is markup."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "First crossing", r'"First <b>crossing</b> & \x85"')
        async with serving(folder) as site, aiohttp.ClientSession(site.address) as client:
            parsed = feedparser.parse(await _text(client, "/en/bulletins.atom"))
            assert not parsed.bozo
            assert parsed.entries[0].title.startswith("First <b>crossing</b>")
            assert "<b>crossing" in json.loads(await _text(client, "/en/bulletins.json"))["items"][0]["title"]
            assert "<b>crossing" not in await _text(client, "/en/bulletins/2026-01-05-first-crossing")

    async def test_no_topics_at_all(self, folder: Path, edit: Edit) -> None:
        """Title, bulletins and sources."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", "topics: []")
        (folder / "topics" / "fare.yaml").unlink()
        async with serving(folder) as site, aiohttp.ClientSession(site.address) as client:
            assert "First crossing" in await _text(client, "/en")
