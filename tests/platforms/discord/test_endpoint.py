"""Discord is told where to bring interactions, and what befalls that is said."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.platforms import PlatformFailure
from bot.platforms.discord.client import Client
from bot.platforms.discord.endpoint import WATCH_SECONDS, Endpoint
from tests.servers.discord import TOKEN, Discord, discord_api

ELSEWHERE = "https://other.example/discord/interactions"


@asynccontextmanager
async def serving(status: int = 401) -> AsyncIterator[str]:
    """An endpoint; ours answers 401 to what is not signed."""

    async def receive(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/discord/interactions", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/discord/interactions"
    finally:
        await runner.cleanup()


async def reported(discord: Discord, wanted: str | None, *changes: str | None) -> list[str]:
    """What is said as somebody changes the endpoint, each time before the next look."""
    said: list[str] = []
    waiting = iter(changes)
    client = Client(TOKEN, discord.url)

    async def next_change(seconds: float) -> None:
        assert seconds == WATCH_SECONDS
        try:
            discord.application.endpoint = next(waiting)
        except StopIteration:
            raise asyncio.CancelledError from None

    await client.start()
    try:
        with pytest.raises(asyncio.CancelledError):
            await Endpoint(client, TOKEN, discord.url, wanted).keep(said.append, next_change)
    finally:
        await client.close()
    return said


class TestTelling:
    """Set only where it differs."""

    async def test_set_once(self) -> None:
        """A second process changes nothing."""
        async with discord_api() as discord, serving() as ours:
            assert await reported(discord, ours) == []
            assert await reported(discord, ours) == []
            assert discord.application.endpoint == ours
            assert len(discord.of("PATCH", "/applications/@me")) == 1

    async def test_refused(self) -> None:
        """Discord found nothing there that checks signatures; tried again later."""
        async with discord_api() as discord, serving(status=200) as broken:
            [said] = await reported(discord, broken, None, None)
            assert broken in said
            assert len(discord.of("PATCH", "/applications/@me")) == 3


class TestToken:
    """A look tells whether the token is still good."""

    async def test_it_was_revoked(self) -> None:
        """Not an outage: it does not pass."""
        async with discord_api() as discord, serving() as ours:
            assert await reported(discord, ours) == []
            discord.token = "another"
            with pytest.raises(PlatformFailure, match="Discord refuses DISCORD_TOKEN"):
                await reported(discord, ours)


class TestTwoDeployments:
    """Nobody fights, and nobody is silent."""

    async def test_another_took_it(self) -> None:
        """Said once, by name, and unsaid when it is ours again."""
        async with discord_api() as discord, serving() as ours:
            fault, well = await reported(discord, ours, ELSEWHERE, ELSEWHERE, ours)
            assert "other.example" in fault
            assert well == ""

    async def test_gateway_hears_nothing_while_one_is_set(self) -> None:
        """What to do about it is said."""
        async with discord_api() as discord:
            discord.application.endpoint = ELSEWHERE
            [fault] = await reported(discord, None)
            assert "developer portal" in fault
