"""The stream that tells pages to fetch themselves anew."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import Loading
from bot.dossier.models import Language
from bot.platforms.web.preview import MAX_STREAMS, PLATFORM, chat_id_of
from bot.reader import Address
from bot.replies.reply import Reply
from tests.conftest import TINY
from tests.platforms.web.site import Site, serving

Client = aiohttp.ClientSession


async def event(answer: aiohttp.ClientResponse) -> str:
    """The name of the next event; fails where none comes."""
    async with asyncio.timeout(5):
        async for line in answer.content:
            if line.startswith(b"event: "):
                return line.decode().removeprefix("event: ").strip()
    raise AssertionError("the stream ended")


def visitor(site: Site) -> Client:
    """A browser that may hold any number of streams open, and whose cookies are for an IP address."""
    jar, connector = aiohttp.CookieJar(unsafe=True), aiohttp.TCPConnector(limit=0)
    return Client(site.address, cookie_jar=jar, connector=connector)


async def opened(stack: AsyncExitStack, client: Client) -> aiohttp.ClientResponse:
    """A stream whose first event has been heard."""
    answer = await stack.enter_async_context(client.get("/preview/events"))
    await event(answer)
    return answer


async def name_of_room(client: Client) -> str:
    """What the browser's cookie holds once it has seen the page."""
    async with client.get("/preview") as answer:
        return answer.cookies["preview"].value


class TestStream:
    """Each page hears of what concerns it."""

    async def test_begins_with_changed(self, client: Client) -> None:
        """So that nothing is missed between the page and its stream, or while it was broken."""
        async with client.get("/preview/events") as answer:
            assert answer.content_type == "text/event-stream"
            assert await event(answer) == "changed"

    async def test_every_reading_is_told(self, client: Client, site: Site) -> None:
        """A broken one too: the mistakes are news."""
        async with client.get("/preview/events") as answer:
            await event(answer)
            site.live.take(Loading(None, (Diagnostic("facts.yaml", (), "no", "yes", line=1),)))
            assert await event(answer) == "changed"

    async def test_delivery_is_told_to_its_room_alone(self) -> None:
        """Another's stays silent to the end."""
        async with AsyncExitStack() as stack:
            async with serving(TINY) as site:
                mine, others = [await stack.enter_async_context(visitor(site)) for _ in range(2)]
                room = await name_of_room(mine)
                streams = [await opened(stack, client) for client in (mine, others)]
                assert (
                    site.preview.deliver(Address(PLATFORM, chat_id_of(room)), Reply(None, Language("en"), "News")) == 2
                )
                assert await event(streams[0]) == "changed"
            assert b"event" not in await streams[1].content.read()

    async def test_too_many_are_refused(self, site: Site) -> None:
        """503, and the others go on."""
        async with AsyncExitStack() as stack, visitor(site) as client:
            for _ in range(MAX_STREAMS):
                await opened(stack, client)
            async with client.get("/preview/events") as answer:
                assert answer.status == 503
            site.preview.streams.tell_all()

    async def test_shutting_down_waits_for_none(self) -> None:
        """Open pages do not hold a deployment up."""
        async with AsyncExitStack() as stack, asyncio.timeout(3):
            async with serving(TINY) as site:
                answer = await opened(stack, await stack.enter_async_context(visitor(site)))
            assert b"event" not in await answer.content.read()
