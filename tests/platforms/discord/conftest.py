"""A running bot on our own Discord, over real HTTP and a real websocket: interactions by the gateway, and by HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from pydantic import SecretStr

from bot.conversation import Conversation
from bot.db.store import open_store
from bot.delivery.leader_election import LeaderElection
from bot.delivery.outcomes import Delivered, Outcome
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier, Now, utc_now
from bot.pictures.service import PictureService
from bot.platforms.base import Report
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.bot import Discord as Platform
from bot.platforms.discord.platform import DiscordSettings
from bot.platforms.discord.sender import DiscordSender
from bot.platforms.platform import Surroundings
from bot.reader import Address
from bot.replies.answer import answer
from bot.replies.reply import Reply
from bot.staff import Staff
from tests.conftest import TODAY, shipped
from tests.databases import sqlite_url
from tests.desk_scene import desk_command, status_command
from tests.feeds.review_scene import commands_in
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_people import PUBLIC_KEY, Deliver, Person, by_gateway, by_http
from tests.servers.discord_world import Channel
from tests.servers.discord_writers import Writer

MODES = ("gateway", "http")
QUICK_MODE_FIRST = ["gateway", pytest.param("http", marks=pytest.mark.slow)]
"""Where it makes no difference how an interaction comes; :mod:`test_webhook` and :mod:`test_interactions` run by HTTP, too."""


@pytest.fixture(scope="session")
def dossier() -> Dossier:
    """That of content/."""
    return shipped()


@dataclass
class Bot:
    """A running bot, and its endpoint (in use where it has a public address)."""

    platform: Platform
    conversation: Conversation
    session: aiohttp.ClientSession
    endpoint: str
    running: "asyncio.Task[None]"


@dataclass
class Talk(Bot):
    """A running bot, and the Discord it is on."""

    mode: str
    discord: Discord
    deliver: Deliver

    def somebody(self, channel: Channel | None = None, **about: Any) -> Person:
        """A new person, in a new channel of the server unless one is given."""
        world = self.discord.world
        return Person(self.discord, self.deliver, channel or world.add(), id=world.next_id(), **about)

    def writer(self, channel: Channel | None = None) -> Writer:
        """A new person who types messages."""
        world = self.discord.world
        return Writer(self.discord, self.deliver, channel or world.add(), id=world.next_id())


@asynccontextmanager
async def bot_on(
    api_url: str,
    dossier: Dossier,
    key: str | None,
    report: Report = lambda fault: None,
    pictures_of: Callable[[LiveDossier], PictureService] | None = None,
    now: Now = utc_now,
    database_url: str | None = None,
    editors: Address | None = None,
    people: tuple[str, ...] = (),
    owners: tuple[str, ...] = (),
    **options: Any,
) -> AsyncIterator[Bot]:
    """A bot that has been started; with HTTP interactions if a key is given.

    ``editors`` is the editors' chat (None: there is none), ``people`` are other editors (none: there is no desk), ``owners``
    may ask for the status, ``options`` are further ones of the platform.
    """
    async with aiohttp.ClientSession() as session, open_store(database_url or sqlite_url()) as store:
        listening = socket.create_server(("127.0.0.1", 0))
        app = web.Application()
        live = LiveDossier(dossier, now=now)
        review = commands_in(store, live, editors, *people) if editors else None
        desk = desk_command(store, live, people) if people else None
        conversation = Conversation(
            live,
            store,
            lambda: TODAY,
            staff=Staff(status_command(store, owners), review, desk),
        )
        pictures = pictures_of(conversation.live) if pictures_of else None
        settings = DiscordSettings(
            discord_token=SecretStr(TOKEN),
            discord_api_url=api_url,
            discord_public_key=key,
            discord_shards=options.pop("shards", None),
        )
        platform = Platform(settings, Surroundings(None, session, conversation, pictures), **options)
        platform.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        running = asyncio.create_task(platform.run(report, LeaderElection(store.leases, "one")))
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}/discord/interactions"
        try:
            yield Bot(platform, conversation, session, endpoint, running)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await runner.cleanup()


@asynccontextmanager
async def talking(
    mode: str,
    dossier: Dossier,
    discord: Discord | None = None,
    *,
    shards: int | None = None,
    synced: bool = True,
    connected: bool = True,
    **options: Any,
) -> AsyncIterator[Talk]:
    """A bot that has registered its commands and is connected, on its own Discord unless one is given.

    ``options`` are those of :func:`bot_on`.
    """
    if discord is None:
        async with discord_api() as own, talking(mode, dossier, own, shards=shards, **options) as talk:
            yield talk
        return
    key = PUBLIC_KEY if mode == "http" else None
    async with bot_on(discord.url, dossier, key, shards=shards, **options) as bot:
        if synced:
            await discord.until("PUT", "commands")
        if connected and synced:
            await discord.gateway.until(connected=shards or 1)
        deliver = by_http(bot.session, bot.endpoint) if key else by_gateway(discord)
        yield Talk(bot.platform, bot.conversation, bot.session, bot.endpoint, bot.running, mode, discord, deliver)


@pytest_asyncio.fixture(params=QUICK_MODE_FIRST, scope="module", loop_scope="module")
async def talk(request: pytest.FixtureRequest, dossier: Dossier) -> AsyncIterator[Talk]:
    """The bot in each mode; one bot for all cases of a module."""
    async with talking(request.param, dossier) as running:
        yield running


class Post:
    """Our sender on our own Discord, and a bulletin."""

    def __init__(self, discord: Discord, sender: DiscordSender, reply: Reply) -> None:
        self.discord = discord
        self.sender = sender
        self.reply = reply

    async def send(self, channel: Channel | int, key: str = "delivery-1", **about: Any) -> Outcome:
        """Sends the bulletin."""
        return await self.sender.send(address(channel), OutgoingMessage(self.reply, key, **about))

    async def edit(self, channel: Channel | int, message_id: int) -> Outcome:
        """Edits a message to be the bulletin."""
        return await self.sender.edit(address(channel), str(message_id), OutgoingMessage(self.reply, "edit-1"))

    async def sent(self, channel: Channel) -> int:
        """Sends the bulletin and returns the message's id."""
        outcome = await self.send(channel)
        assert isinstance(outcome, Delivered)
        return int(outcome.message_id)


def address(channel: Channel | int) -> Address:
    """A channel's address; a thread is a channel of its own."""
    return Address("discord", str(channel.id if isinstance(channel, Channel) else channel))


@pytest_asyncio.fixture
async def post(dossier: Dossier) -> AsyncIterator[Post]:
    """A Discord for each case."""
    async with discord_api() as discord:
        client = DiscordClient(TOKEN, discord.url)
        reply = answer(dossier, "/news", "en", TODAY)
        yield Post(discord, DiscordSender(client, TOKEN), reply)
        await client.close()
