"""Answers that the library cannot read: the call has been carried out, and we need little of what they say."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.delivery.outcomes import Delivered
from bot.platforms.discord.api import Client, Unreadable
from bot.platforms.discord.commands import sync
from bot.platforms.discord.sender import DiscordSender
from bot.reader import Address
from tests.servers.discord import TOKEN

PAYLOAD: dict[str, Any] = {"embeds": [], "components": []}


class Sparing:
    """Discord's API, that says of everything the id alone, or what ``answer`` holds."""

    def __init__(self) -> None:
        self.answer: Any = {"id": "77"}
        self.asked: list[str] = []

    async def say(self, request: web.Request) -> web.Response:
        """Whatever is asked."""
        self.asked.append(f"{request.method} {request.path}")
        return web.json_response(self.answer)


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[tuple[Sparing, Client]]:
    """It, and our client."""
    sparing, app = Sparing(), web.Application()
    app.router.add_route("*", "/{anything:.*}", sparing.say)
    async with TestServer(app) as server:
        client = Client(TOKEN, str(server.make_url("/api")))
        await client.start()
        yield sparing, client
        await client.close()


class TestIds:
    """An id is all that we need."""

    async def test_of_a_message(self, discord: tuple[Sparing, Client]) -> None:
        """It was sent, and must not be sent again."""
        _, client = discord
        assert await client.create(5, PAYLOAD, "nonce") == 77

    async def test_of_a_message_that_was_edited(self, discord: tuple[Sparing, Client]) -> None:
        """It was edited."""
        sparing, client = discord
        await client.edit(5, 77, PAYLOAD)
        assert sparing.asked == ["PATCH /api/channels/5/messages/77"]

    async def test_of_ourselves(self, discord: tuple[Sparing, Client]) -> None:
        """Without it there are no commands; a field that Discord leaves out ends nothing."""
        _, client = discord
        assert await client.application_id() == 77

    @pytest.mark.parametrize("answer", [{}, [], "x", {"id": None}, {"id": "seven"}])
    async def test_that_is_none(self, discord: tuple[Sparing, Client], answer: Any) -> None:
        """As if it could not be reached."""
        sparing, client = discord
        sparing.answer = answer
        with pytest.raises(Unreadable):
            await client.create(5, PAYLOAD, "nonce")


class TestCrossposts:
    """An answer that cannot be read means that it was done."""

    async def test_to_followers(self, discord: tuple[Sparing, Client]) -> None:
        """Asked again, Discord would refuse."""
        sparing, client = discord
        assert await DiscordSender(client, TOKEN).crosspost(Address("discord", 5), 77) == Delivered(77)
        assert sparing.asked[-1] == "POST /api/channels/5/messages/77/crosspost"


class TestCommands:
    """What Discord holds may be of a kind that the library does not know."""

    async def test_they_are_written_then(self, discord: tuple[Sparing, Client]) -> None:
        """They are none of ours."""
        sparing, client = discord
        sparing.answer = [{"id": "1", "type": 1, "name": "about"}]
        assert await sync(client, 77, [])
        assert sparing.asked == [f"{method} /api/applications/77/commands" for method in ("GET", "PUT")]
