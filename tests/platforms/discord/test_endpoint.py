"""Discord is told where to bring interactions, and what befalls that is said."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.platforms.base import RELEASE_SECONDS, PlatformFailure
from bot.platforms.discord.api import Client
from bot.platforms.discord.webhook import CHECK_SECONDS, Endpoint
from tests.clocks import MovedClock
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


async def reported(
    discord: Discord, wanted: str | None, *changes: str | None, apart: float = RELEASE_SECONDS / 3
) -> list[str]:
    """What is said as somebody changes the endpoint, each time before the next look, so many seconds later."""
    said: list[str] = []
    waiting = iter(changes)
    clock = MovedClock()
    client = Client(TOKEN, discord.url)

    async def next_change(seconds: float) -> None:
        assert seconds == CHECK_SECONDS
        clock.forward(apart)
        try:
            discord.application.endpoint = next(waiting)
        except StopIteration:
            raise asyncio.CancelledError from None

    try:
        with pytest.raises(asyncio.CancelledError):
            await Endpoint(client, wanted).watch(said.append, next_change, clock)
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

    async def test_a_first_look_that_failed(self) -> None:
        """Is no look: it is set with the next."""
        async with discord_api() as discord, serving() as ours:
            discord.fault("/applications/@me", 503)
            assert await reported(discord, ours, None) == []
            assert discord.application.endpoint == ours


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

    @pytest.mark.parametrize("new", [ELSEWHERE, None])
    @pytest.mark.parametrize("is_taken_back", [False, True])
    async def test_a_release_under_way_is_no_rival(self, new: str | None, is_taken_back: bool) -> None:
        """With another PUBLIC_URL, or without one: it ends this process soon, or is taken back."""
        async with discord_api() as discord, serving() as ours:
            assert await reported(discord, ours, new, new, ours if is_taken_back else new) == []

    async def test_a_release_that_gets_a_public_url_is_none(self) -> None:
        """Nor to the one before it, which hears by the gateway."""
        async with discord_api() as discord:
            assert await reported(discord, None, None, ELSEWHERE, ELSEWHERE) == []

    async def test_another_took_it(self) -> None:
        """Of a process that still runs when any release is over: said once, by name, and unsaid when it is ours again."""
        async with discord_api() as discord, serving() as ours:
            fault, well = await reported(discord, ours, ELSEWHERE, ELSEWHERE, ELSEWHERE, ours, apart=RELEASE_SECONDS)
            assert "other.example" in fault
            assert well == ""

    async def test_two_that_take_it_in_turn(self) -> None:
        """As with each of their restarts: said at once."""
        async with discord_api() as discord, serving() as ours:
            fault, well = await reported(discord, ours, ELSEWHERE, ours, ELSEWHERE, ours, apart=CHECK_SECONDS)
            assert "another deployment has interactions brought to other.example" in fault
            assert well == ""

    async def test_gateway_hears_nothing_while_one_is_set(self) -> None:
        """What to do about it is said."""
        async with discord_api() as discord:
            discord.application.endpoint = ELSEWHERE
            [fault] = await reported(discord, None)
            assert "developer portal" in fault
