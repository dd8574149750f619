"""The Discord bot as a part of the process: what ends it, and what it survives."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from bot.dossier.models import Dossier
from bot.platforms.base import PlatformFailure
from bot.platforms.discord.api import BACKOFF_SECONDS
from bot.reader import Address
from tests.clocks import Sleeps, until
from tests.platforms.discord.conftest import MODES, talking
from tests.servers.discord import Discord, discord_api
from tests.servers.discord_world import ANNOUNCEMENT, APPLICATION_ID, DM, GUILD_TEXT


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[Discord]:
    async with discord_api() as running:
        yield running


@pytest.mark.parametrize("mode", MODES)
class TestToken:
    """A token that Discord does not accept ends the bot."""

    async def test_at_the_start(self, dossier: Dossier, discord: Discord, mode: str) -> None:
        """The message says what to do, and does not contain the token."""
        discord.token = "another"
        async with talking(mode, dossier, discord, synced=False, connected=False) as talk:
            with pytest.raises(PlatformFailure) as failure:
                await asyncio.wait_for(talk.running, 60)
        assert str(failure.value) == (
            "Discord refuses DISCORD_TOKEN. Expected: the bot's token from the developer portal."
        )

    async def test_that_was_reset_right_after_the_start(self, dossier: Dossier, discord: Discord, mode: str) -> None:
        """The next request tells."""

        def last_answer() -> web.Response:
            discord.token = "another"
            return web.json_response({"id": str(APPLICATION_ID)})

        discord.faults["/oauth2/applications/@me"] = [last_answer]
        async with talking(mode, dossier, discord, synced=False, connected=False) as talk:
            with pytest.raises(PlatformFailure, match="Discord refuses DISCORD_TOKEN"):
                await asyncio.wait_for(talk.running, 60)

    async def test_when_the_gateway_closes(self, dossier: Dossier, discord: Discord, mode: str) -> None:
        """By HTTP too: interactions would go on being answered, but no bulletin would be sent."""
        async with talking(mode, dossier, discord) as talk:
            discord.gateway.refuse += [4004] * 3
            await discord.gateway.drop(4004)
            with pytest.raises(PlatformFailure, match="Discord refuses DISCORD_TOKEN"):
                await asyncio.wait_for(talk.running, 60)


class TestOutage:
    """Discord fails, at the start or later."""

    async def test_is_waited_for_with_longer_and_longer_pauses(self, discord: Discord, dossier: Dossier) -> None:
        """Reported once when it begins, and once when it is over."""
        for _ in range(9):
            discord.fault("/@me", 503)
        reported: list[str] = []
        sleeper = Sleeps()
        async with talking("http", dossier, discord, report=reported.append, sleep=sleeper):
            assert reported == ["Discord cannot be reached (HTTP 503); trying again", ""]
        assert sleeper.seconds == [*BACKOFF_SECONDS, 60, 60]

    async def test_a_longer_wait_that_discord_asks_for(self, discord: Discord, dossier: Dossier) -> None:
        """Is kept."""
        discord.fault("/@me", 429, {"message": "slow down", "retry_after": 33.0, "global": True})
        sleeper = Sleeps()
        async with talking("http", dossier, discord, sleep=sleeper):
            assert sleeper.seconds == [33.0]

    async def test_http_interactions_are_answered_meanwhile(self, discord: Discord, dossier: Dossier) -> None:
        """They need nothing of Discord's API."""
        for _ in range(100):
            discord.fault("/@me", 503)
        async with talking("http", dossier, discord, synced=False) as talk:
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"

    async def test_of_the_gateways_address(self, discord: Discord, dossier: Dossier) -> None:
        """It is asked for again."""
        discord.fault("/gateway/bot", 502)
        reported: list[str] = []
        async with talking("gateway", dossier, discord, report=reported.append, sleep=Sleeps()) as talk:
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
            await until(lambda: reported[-1:] == [""])


@pytest.mark.parametrize(("channel_type", "kind"), [(GUILD_TEXT, "group"), (ANNOUNCEMENT, "channel"), (DM, "private")])
async def test_the_kind_of_a_reader(dossier: Dossier, discord: Discord, channel_type: int, kind: str) -> None:
    """Stored when it subscribes, so that nobody asks for a channel's type before a crosspost."""
    channel = discord.world.add(channel_type)
    async with talking("http", dossier, discord) as talk:
        await talk.somebody(channel, permissions=1 << 5).use("subscribe")
        reader = await talk.conversation.store.readers.get(Address("discord", str(channel.id)))
    assert reader is not None
    assert reader.kind == kind
