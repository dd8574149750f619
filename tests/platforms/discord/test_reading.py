"""Discord's HTTP API: answers that lack what the documentation promises, and a 429 on any request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.delivery.outcomes import Delivered
from bot.platforms.discord.api import MIN_RETRY_SECONDS, Client, Patience, RateLimited, Unreadable
from bot.platforms.discord.commands import sync
from bot.platforms.discord.sender import DiscordSender
from bot.reader import Address
from tests.platforms.discord.posting import Post
from tests.servers.discord import TOKEN

PAYLOAD: dict[str, Any] = {"embeds": [], "components": []}

REQUESTS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "application id": lambda client: client.application_id(),
    "application": lambda client: client.application(),
    "endpoint": lambda client: client.set_endpoint("https://nota.example"),
    "gateway": lambda client: client.gateway(),
    "commands": lambda client: client.commands(77, None),
    "set commands": lambda client: client.set_commands(77, 5, []),
    "channel": lambda client: client.channel(5),
    "direct channel": lambda client: client.direct_channel(7),
    "create": lambda client: client.create(5, PAYLOAD, "nonce"),
    "edit": lambda client: client.edit(5, 77, PAYLOAD),
    "crosspost": lambda client: client.crosspost(5, 77),
}
"""Every request that the bot makes with its token."""


class Sparing:
    """Discord's API that gives the same answer to everything."""

    def __init__(self) -> None:
        self.answer: Any = {"id": "77"}
        self.status = 200
        self.asked: list[str] = []

    async def say(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        return web.json_response(self.answer, status=self.status)


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[tuple[Sparing, Client]]:
    """The server, and our client."""
    sparing, app = Sparing(), web.Application()
    app.router.add_route("*", "/{anything:.*}", sparing.say)
    async with TestServer(app) as server:
        client = Client(TOKEN, str(server.make_url("/api")))
        yield sparing, client
        await client.close()


class TestSparingAnswers:
    """Of an answer only what is needed is read."""

    @pytest.mark.parametrize("name", ["application id", "direct channel", "create"])
    async def test_an_id_is_enough(self, discord: tuple[Sparing, Client], name: str) -> None:
        """Other fields may be missing."""
        _, client = discord
        assert await REQUESTS[name](client) == 77

    @pytest.mark.parametrize("answer", [{}, [], "x", {"id": None}, {"id": "seven"}])
    async def test_an_id_that_is_none(self, discord: tuple[Sparing, Client], answer: Any) -> None:
        """Is an error of its own kind."""
        sparing, client = discord
        sparing.answer = answer
        with pytest.raises(Unreadable):
            await client.create(5, PAYLOAD, "nonce")

    async def test_edits_and_crossposts_need_nothing(self, discord: tuple[Sparing, Client]) -> None:
        """A successful status means that it was done, and it is not asked for again."""
        sparing, client = discord
        sparing.answer = "x"
        await client.edit(5, 77, PAYLOAD)
        assert await DiscordSender(client, TOKEN).crosspost(Address("discord", 5), 77) == Delivered(77)
        message = "/api/channels/5/messages/77"
        assert sparing.asked == [f"PATCH {message}", f"POST {message}/crosspost"]

    @pytest.mark.parametrize("answer", [{}, ["x"], [{"id": "1", "type": 1, "name": "about"}]])
    async def test_commands_of_another_kind(self, discord: tuple[Sparing, Client], answer: Any) -> None:
        """Are none of ours, so ours are written."""
        sparing, client = discord
        sparing.answer = answer
        assert await sync(client, 77, [])
        assert sparing.asked == [f"{method} /api/applications/77/commands" for method in ("GET", "PUT")]


class TestOneBulletin:
    """An answer that cannot be read never repeats a bulletin."""

    async def test_it_is_sent_again_with_the_same_nonce(self, post: Post) -> None:
        """For which Discord gives the message that it has."""
        channel = post.discord.world.add()
        post.discord.garble("/messages")
        assert not isinstance(await post.send(channel), Delivered)
        (message,) = post.discord.world.in_channel(channel.id)
        assert await post.send(channel) == Delivered(int(message["id"]))
        assert len(post.discord.world.in_channel(channel.id)) == 1


class TestRateLimits:
    """A 429 on any request is waited out."""

    @pytest.mark.parametrize("name", REQUESTS)
    async def test_is_one_request_and_says_how_long(self, discord: tuple[Sparing, Client], name: str) -> None:
        """The client itself repeats nothing."""
        sparing, client = discord
        sparing.status, sparing.answer = 429, {"message": "slow down", "retry_after": 7.5, "global": False}
        with pytest.raises(RateLimited) as limited:
            await REQUESTS[name](client)
        assert (limited.value.retry_after, limited.value.is_global, len(sparing.asked)) == (7.5, False, 1)

    @pytest.mark.parametrize("told", [0, -1, 0.01])
    async def test_never_leads_to_a_flood(self, discord: tuple[Sparing, Client], told: float) -> None:
        """Whatever Discord asks for, a second passes between two attempts, as long as there are 429s."""
        sparing, client = discord
        sparing.status, sparing.answer = 429, {"retry_after": told, "global": False}
        paused: list[float] = []

        async def pause(seconds: float) -> None:
            paused.append(seconds)
            if len(paused) == 5:
                sparing.status, sparing.answer = 200, {"id": "77"}
            await asyncio.sleep(0)

        assert await Patience(lambda fault: None, pause).over(client.application_id) == 77
        assert len(sparing.asked) == 6
        assert min(paused) >= MIN_RETRY_SECONDS
