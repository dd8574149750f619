"""Each 429 is counted once, whatever was asked: a bulletin or an answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Dossier
from bot.pictures.service import RenderedPicture
from bot.platforms.discord.api import Client
from bot.platforms.discord.render import Rendering, with_picture
from bot.platforms.discord.sender import DiscordSender
from bot.platforms.discord.types import Interaction, interaction_of
from bot.replies.answer import answer
from tests.conftest import TODAY
from tests.platforms.discord.posting import address
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_people import MEMBER, Person
from tests.servers.discord_uploads import PNG

SHARED = {"X-RateLimit-Scope": "shared"}
OURS = {"X-RateLimit-Scope": "user", "X-RateLimit-Remaining": "0"}
GLOBAL = {"X-RateLimit-Scope": "global", "X-RateLimit-Global": "true"}


@asynccontextmanager
async def counting() -> AsyncIterator[tuple[Discord, Client, list[str]]]:
    """A client, and the 429s that it counted."""
    counted: list[str] = []
    async with discord_api() as discord:
        client = Client(TOKEN, discord.url, lambda: counted.append("429"))
        try:
            yield discord, client, counted
        finally:
            await client.close()


def limits(discord: Discord, ending: str, headers: dict[str, str], seconds: float) -> None:
    """The next such request is one too many."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": headers == GLOBAL}
    discord.fault(ending, 429, body, headers)


async def asked(discord: Discord) -> Interaction:
    """Somebody used a command."""
    person = Person(discord, _nowhere, discord.world.add(), id=7, permissions=MEMBER)
    with pytest.raises(NotImplementedError):
        await person.use("duration")
    return interaction_of(person.given[-1])


async def _nowhere(_interaction: object) -> dict[str, object]:
    raise NotImplementedError


class TestCounted:
    """Wherever a 429 comes."""

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [(SHARED, 0.05), (SHARED, 30.0), (OURS, 0.1), (GLOBAL, 30.0)],
        ids=["short", "long", "ours", "global"],
    )
    async def test_a_bulletins(self, dossier: Dossier, headers: dict[str, str], seconds: float) -> None:
        """Whether hikari waits it out or we are told."""
        async with counting() as (discord, client, counted):
            limits(discord, "/messages", headers, seconds)
            message = OutgoingMessage(answer(dossier, "/news", "en", TODAY), "key")
            await DiscordSender(client, TOKEN).send(address(discord.world.add()), message)
        assert counted == ["429"]

    async def test_an_answers(self, dossier: Dossier) -> None:
        """That goes to the callback's address, which is bound to no limit but the address's own."""
        async with counting() as (discord, client, counted):
            interaction = await asked(discord)
            limits(discord, "/callback", SHARED, 0.05)
            shown = Rendering().new(answer(dossier, "/duration", "en", TODAY), private=False)
            await client.answer(interaction, shown)
        assert counted == ["429"]

    async def test_a_pictures(self, dossier: Dossier) -> None:
        """Which goes by ourselves; then the words go, once."""
        async with counting() as (discord, client, counted):
            interaction = await asked(discord)
            limits(discord, "/callback", SHARED, 30.0)
            reply = answer(dossier, "/duration", "en", TODAY)
            words, shown = (
                Rendering().new(reply, private=False),
                RenderedPicture(PNG, "A line", reply.language, "digest"),
            )
            await client.answer(interaction, with_picture(words, reply, shown))
        assert counted == ["429"]

    async def test_what_went_well_is_not(self, dossier: Dossier) -> None:
        """Nor is another fault."""
        async with counting() as (discord, client, counted):
            discord.fault("/messages", 500)
            for key in ("one", "two"):
                message = OutgoingMessage(answer(dossier, "/news", "en", TODAY), key)
                await DiscordSender(client, TOKEN).send(address(discord.world.add()), message)
        assert counted == []
