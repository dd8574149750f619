"""Discord's HTTP API: answers that lack what the documentation promises, 429 on any request, and retries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.delivery.outcomes import Delivered
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Dossier
from bot.pictures.service import RenderedPicture
from bot.platforms.backoff import Backoff
from bot.platforms.discord.api import (
    MIN_RETRY_SECONDS,
    DiscordClient,
    InvalidResponse,
    NoResponse,
    OutageReporter,
    RateLimited,
    wait_of,
)
from bot.platforms.discord.commands import sync
from bot.platforms.discord.gateway import GatewayFailure
from bot.platforms.discord.render import render_message, with_picture
from bot.platforms.discord.sender import DiscordSender
from bot.platforms.discord.types import Interaction
from bot.reader import Address
from bot.replies.answer import answer
from tests.clocks import MovedClock, Sleeps
from tests.conftest import TODAY
from tests.platforms.discord.conftest import address
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_people import MEMBER, Person
from tests.servers.discord_uploads import PNG

PAYLOAD: dict[str, Any] = {"embeds": [], "components": []}

REQUESTS: dict[str, Callable[[DiscordClient], Awaitable[Any]]] = {
    "application id": lambda client: client.application_id(),
    "application": lambda client: client.application(),
    "endpoint": lambda client: client.set_endpoint("https://nota.example"),
    "gateway": lambda client: client.gateway(),
    "commands": lambda client: client.commands(77, None),
    "set commands": lambda client: client.set_commands(77, 5, []),
    "user": lambda client: client.user(7),
    "channel": lambda client: client.channel(5),
    "direct channel": lambda client: client.direct_channel(7),
    "create": lambda client: client.create(5, PAYLOAD, "nonce"),
    "edit": lambda client: client.edit(5, 77, PAYLOAD),
    "crosspost": lambda client: client.crosspost(5, 77),
}
"""Every request that the bot makes with its token."""


class Api:
    """Gives the same answer to every request."""

    def __init__(self) -> None:
        self.answer: Any = {"id": "77"}
        self.status = 200
        self.requests: list[str] = []

    async def respond(self, request: web.Request) -> web.Response:
        self.requests.append(f"{request.method} {request.path}")
        return web.json_response(self.answer, status=self.status)


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[tuple[Api, DiscordClient]]:
    """The server, and our client."""
    api, app = Api(), web.Application()
    app.router.add_route("*", "/{anything:.*}", api.respond)
    async with TestServer(app) as server:
        client = DiscordClient(TOKEN, str(server.make_url("/api")))
        yield api, client
        await client.close()


class TestAnswers:
    """Only the fields that are needed are read."""

    @pytest.mark.parametrize("name", ["application id", "direct channel", "create"])
    async def test_an_id_is_enough(self, discord: tuple[Api, DiscordClient], name: str) -> None:
        """Other fields may be missing."""
        _, client = discord
        assert await REQUESTS[name](client) == 77

    @pytest.mark.parametrize("answer", [{}, [], "x", {"id": None}, {"id": "seven"}])
    async def test_without_an_id(self, discord: tuple[Api, DiscordClient], answer: Any) -> None:
        """An error of its own."""
        api, client = discord
        api.answer = answer
        with pytest.raises(InvalidResponse):
            await client.create(5, PAYLOAD, "nonce")

    async def test_edits_and_crossposts_need_no_field(self, discord: tuple[Api, DiscordClient]) -> None:
        """A successful status means that it was done, and it is not repeated."""
        api, client = discord
        api.answer = "x"
        await client.edit(5, 77, PAYLOAD)
        assert await DiscordSender(client, TOKEN).crosspost(Address("discord", "5"), "77") == Delivered("77")
        message = "/api/channels/5/messages/77"
        assert api.requests == [f"PATCH {message}", f"POST {message}/crosspost"]

    @pytest.mark.parametrize("answer", [{}, ["x"], [{"id": "1", "type": 1, "name": "about"}]])
    async def test_commands_of_another_form(self, discord: tuple[Api, DiscordClient], answer: Any) -> None:
        """They are not ours, so ours are registered."""
        api, client = discord
        api.answer = answer
        assert (await sync(client, 77, [])).is_new
        assert api.requests == [f"{method} /api/applications/77/commands" for method in ("GET", "PUT")]


class TestRateLimits:
    """429 (topics/rate-limits)."""

    @pytest.mark.parametrize("name", REQUESTS)
    async def test_is_one_request_and_says_how_long(self, discord: tuple[Api, DiscordClient], name: str) -> None:
        """The client repeats nothing."""
        api, client = discord
        api.status, api.answer = 429, {"message": "slow down", "retry_after": 7.5, "global": False}
        with pytest.raises(RateLimited) as limited:
            await REQUESTS[name](client)
        assert (limited.value.retry_after, limited.value.is_global, len(api.requests)) == (7.5, False, 1)

    @pytest.mark.parametrize("seconds", [0, -1, 0.01])
    async def test_never_leads_to_a_flood(self, discord: tuple[Api, DiscordClient], seconds: float) -> None:
        """Whatever Discord names, a second passes between two attempts."""
        api, client = discord
        api.status, api.answer = 429, {"retry_after": seconds, "global": False}
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 5:
                api.status, api.answer = 200, {"id": "77"}
            await asyncio.sleep(0)

        assert await OutageReporter(lambda error: None).retry(client.application_id, sleep) == 77
        assert len(api.requests) == 6
        assert min(slept) >= MIN_RETRY_SECONDS


SHARED = {"X-RateLimit-Scope": "shared"}
OURS = {"X-RateLimit-Scope": "user", "X-RateLimit-Remaining": "0"}
GLOBAL = {"X-RateLimit-Scope": "global", "X-RateLimit-Global": "true"}


@asynccontextmanager
async def counting() -> AsyncIterator[tuple[Discord, DiscordClient, list[str]]]:
    """A client, and the 429s that it has counted."""
    counted: list[str] = []
    async with discord_api() as discord:
        client = DiscordClient(TOKEN, discord.url, lambda: counted.append("429"))
        try:
            yield discord, client, counted
        finally:
            await client.close()


def limit(discord: Discord, ending: str, headers: dict[str, str], seconds: float) -> None:
    """The next such request gets a 429."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": headers == GLOBAL}
    discord.fault(ending, 429, body, headers)


async def interaction_on(discord: Discord) -> Interaction:
    """A command that somebody used."""

    async def deliver(_interaction: object) -> dict[str, object]:
        raise NotImplementedError

    person = Person(discord, deliver, discord.world.add(), id=7, permissions=MEMBER)
    with pytest.raises(NotImplementedError):
        await person.use("duration")
    return Interaction.model_validate(person.given[-1])


class TestCounting:
    """Each 429 is counted once, whatever the request."""

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [(SHARED, 0.05), (SHARED, 30.0), (OURS, 0.1), (GLOBAL, 30.0)],
        ids=["short", "long", "ours", "global"],
    )
    async def test_of_a_bulletin(self, dossier: Dossier, headers: dict[str, str], seconds: float) -> None:
        """Of whatever scope."""
        async with counting() as (discord, client, counted):
            limit(discord, "/messages", headers, seconds)
            message = OutgoingMessage(answer(dossier, "/news", "en", TODAY), "key")
            await DiscordSender(client, TOKEN).send(address(discord.world.add()), message)
        assert counted == ["429"]

    @pytest.mark.parametrize(("with_file", "seconds"), [(False, 0.05), (True, 30.0)])
    async def test_of_an_answer(self, dossier: Dossier, with_file: bool, seconds: float) -> None:
        """After a picture's the text goes, once."""
        async with counting() as (discord, client, counted):
            interaction = await interaction_on(discord)
            limit(discord, "/callback", SHARED, seconds)
            reply = answer(dossier, "/duration", "en", TODAY)
            text = render_message(reply, private=False)
            picture = RenderedPicture(PNG, "A line", reply.language, "digest", 675)
            await client.respond(interaction, with_picture(text, reply, picture) if with_file else text, Sleeps())
        assert counted == ["429"]

    async def test_other_answers_are_not_counted(self, dossier: Dossier) -> None:
        """Successes and other errors."""
        async with counting() as (discord, client, counted):
            discord.fault("/messages", 500)
            for key in ("one", "two"):
                message = OutgoingMessage(answer(dossier, "/news", "en", TODAY), key)
                await DiscordSender(client, TOKEN).send(address(discord.world.add()), message)
        assert counted == []


class TestRetry:
    """A request is repeated while its error may pass."""

    async def test_an_outage_is_reported_once_and_so_is_its_end(self) -> None:
        """Of a network error only its type is named."""
        reported: list[str] = []
        attempts: list[int] = []

        async def call() -> str:
            attempts.append(1)
            if len(attempts) < 3:
                client = DiscordClient(TOKEN, "http://127.0.0.1:9")
                try:
                    await client.application_id()
                finally:
                    await client.close()
            return "there"

        outage = OutageReporter(reported.append)
        assert await outage.retry(call, Sleeps()) == "there"
        outage.succeeded()
        assert reported == ["Discord cannot be reached (ClientConnectorError); trying again", ""]

    async def test_pauses_begin_anew_after_a_long_time_without_an_error(self) -> None:
        """A connection breaks now and then; one that never lasts does not shorten the pauses."""
        clock, sleeper, lasts_seconds = MovedClock(), Sleeps(), [0, 5, 5, 7200, 5]

        async def call() -> str:
            if not lasts_seconds:
                return "there"
            clock.forward(lasts_seconds.pop(0))
            raise GatewayFailure("the connection broke")

        assert await OutageReporter(lambda error: None).retry(call, sleeper, clock) == "there"
        assert sleeper.seconds == [1.0, 2.0, 4.0, 1.0, 2.0]

    async def test_ends_after_the_last_pause_however_long_each_call_takes(self) -> None:
        """An answer that cannot be sent is given up, so that the next answer in its channel is sent."""
        sleeper, attempts = Sleeps(), 0

        async def call() -> None:
            nonlocal attempts
            attempts += 1
            assert attempts < 10
            await asyncio.sleep(0.01)
            raise NoResponse("TimeoutError")

        with pytest.raises(NoResponse):
            await Backoff((0.001, 0.002)).repeat(call, wait_of, sleeper)
        assert (attempts, sleeper.seconds) == (3, [0.001, 0.002])
