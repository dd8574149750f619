"""Discord as a part of the process: what ends it, and what it sits out."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from bot.dossier.models import Dossier
from bot.platforms.base import PlatformFailure
from bot.platforms.discord.api import LONGEST_PAUSE_SECONDS, Client, Patience
from bot.platforms.discord.gateway import GatewayFailure
from bot.reader import Address
from tests.clocks import MovedClock
from tests.platforms.discord.conftest import talking, until
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_world import ANNOUNCEMENT, APPLICATION_ID, DM, GUILD_TEXT


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[Discord]:
    """A Discord of its own for each case."""
    async with discord_api() as running:
        yield running


class Sleeper:
    """Sleeps for next to nothing, and remembers for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class TestToken:
    """Discord does not take it."""

    @pytest.mark.parametrize("mode", ["gateway", "http"])
    async def test_ends_this_platform_with_what_to_do(self, dossier: Dossier, discord: Discord, mode: str) -> None:
        """In one line that does not hold the token."""
        discord.token = "another"
        async with talking(mode, dossier, discord, synced=False, connected=False) as talk:
            with pytest.raises(PlatformFailure) as failure:
                await asyncio.wait_for(talk.running, 5)
        assert str(failure.value) == (
            "Discord refuses DISCORD_TOKEN. Expected: the bot's token from the developer portal."
        )


class TestRevoked:
    """The token was reset in the developer portal while the bot ran."""

    @pytest.mark.parametrize("mode", ["gateway", "http"])
    async def test_right_after_the_start(self, dossier: Dossier, discord: Discord, mode: str) -> None:
        """By whatever is asked of Discord next."""

        def shown_for_the_last_time() -> web.Response:
            discord.token = "another"
            return web.json_response({"id": str(APPLICATION_ID)})

        discord.faults["/oauth2/applications/@me"] = [shown_for_the_last_time]
        async with talking(mode, dossier, discord, synced=False, connected=False) as talk:
            with pytest.raises(PlatformFailure, match="Discord refuses DISCORD_TOKEN"):
                await asyncio.wait_for(talk.running, 5)

    @pytest.mark.parametrize("mode", ["gateway", "http"])
    async def test_is_noticed_when_the_gateway_closes(self, dossier: Dossier, discord: Discord, mode: str) -> None:
        """By HTTP too, where interactions would go on being answered and no bulletin would go out."""
        async with talking(mode, dossier, discord) as talk:
            discord.gateway.refuse += [4004] * 3
            await discord.gateway.drop(4004)
            with pytest.raises(PlatformFailure, match="Discord refuses DISCORD_TOKEN"):
                await asyncio.wait_for(talk.running, 5)


class TestOutage:
    """Discord fails, at the start or later."""

    async def test_it_is_waited_for_ever_more_slowly(self, discord: Discord, dossier: Dossier) -> None:
        """Told once when it begins, and once when it is over."""
        for _ in range(9):
            discord.fault("/@me", 503)
        told: list[str] = []
        sleeper = Sleeper()
        async with talking("http", dossier, discord, report=told.append, sleep=sleeper):
            assert told == ["Discord cannot be reached (HTTP 503); trying on", ""]
        assert sleeper.slept == [
            1,
            2,
            4,
            8,
            16,
            32,
            LONGEST_PAUSE_SECONDS,
            LONGEST_PAUSE_SECONDS,
            LONGEST_PAUSE_SECONDS,
        ]

    async def test_http_interactions_are_answered_meanwhile(self, discord: Discord, dossier: Dossier) -> None:
        """They need nothing of Discord's API."""
        for _ in range(100):
            discord.fault("/@me", 503)
        async with talking("http", dossier, discord, synced=False) as talk:
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"

    async def test_what_discord_asks_for_is_waited_for(self, discord: Discord, dossier: Dossier) -> None:
        """A limit that takes longer than we would have waited."""
        discord.fault("/@me", 429, {"message": "slow down", "retry_after": 33.0, "global": True})
        sleeper = Sleeper()
        async with talking("http", dossier, discord, sleep=sleeper):
            assert sleeper.slept == [33.0]

    async def test_the_gateway_is_sought_again(self, discord: Discord, dossier: Dossier) -> None:
        """Its address could not be had at first."""
        discord.fault("/gateway/bot", 502)
        told: list[str] = []
        async with talking("gateway", dossier, discord, report=told.append, sleep=Sleeper()) as talk:
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
            await until(lambda: told[-1:] == [""])

    async def test_nobody_listens_at_the_address(self) -> None:
        """The network is down; its errors, too, are only told by their kind."""
        told: list[str] = []
        tries: list[int] = []

        async def call() -> str:
            tries.append(1)
            if len(tries) < 3:
                client = Client(TOKEN, "http://127.0.0.1:9")
                try:
                    await client.application_id()
                finally:
                    await client.close()
            return "there"

        assert await Patience(told.append, Sleeper()).over(call) == "there"
        assert told == ["Discord cannot be reached (ClientConnectorError); trying on", ""]

    async def test_after_a_long_time_without_trouble_it_begins_with_short_pauses(self) -> None:
        """A connection breaks now and then, on the same day or not; one that never holds does not shorten them."""
        clock, sleeper, held_seconds = MovedClock(), Sleeper(), [0, 5, 5, 7200, 5]

        async def call() -> str:
            if not held_seconds:
                return "there"
            clock.forward(held_seconds.pop(0))
            raise GatewayFailure("the connection broke")

        assert await Patience(lambda fault: None, sleeper, clock).over(call) == "there"
        assert sleeper.slept == [1.0, 2.0, 4.0, 1.0, 2.0]


class TestKinds:
    """What a chat is, as it is remembered when it subscribes."""

    @pytest.mark.parametrize(
        ("channel_type", "kind"), [(GUILD_TEXT, "group"), (ANNOUNCEMENT, "channel"), (DM, "private")]
    )
    async def test_a_channel_that_others_follow_is_one(
        self, dossier: Dossier, discord: Discord, channel_type: int, kind: str
    ) -> None:
        """Its messages are published without asking for its type again."""
        channel = discord.world.add(channel_type)
        async with talking("http", dossier, discord) as talk:
            await talk.somebody(channel, permissions=1 << 5).use("subscribe")
            reader = await talk.conversation.store.readers.get(Address("discord", channel.id))
        assert reader is not None
        assert reader.kind == kind
