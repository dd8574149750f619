"""A running bot and a Bot API on loopback, by polling and by webhook."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.app.main import MAX_BODY_BYTES
from bot.conversation import Conversation
from bot.db.store import Store, open_store
from bot.delivery.leader_election import LeaderElection
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier, Now, utc_now
from bot.pictures.service import PictureService
from bot.platforms.platform import Surroundings
from bot.platforms.telegram.bot import Telegram
from bot.platforms.telegram.platform import TelegramSettings
from bot.reader import Address
from bot.staff import Staff
from tests.conftest import TODAY, shipped
from tests.databases import sqlite_url
from tests.desk_scene import desk_command, status_command
from tests.feeds.review_scene import commands_in
from tests.platforms.telegram.updates import message
from tests.servers.telegram import TOKEN, BotApi, Called, bot_api

MODES = ("polling", "webhook")
QUICK_MODE_FIRST = ["webhook", pytest.param("polling", marks=pytest.mark.slow)]
"""Where it makes no difference how an update comes; :data:`IN_EACH_MODE` stands at a test of each kind of update."""

IN_EACH_MODE = pytest.mark.parametrize("talk", MODES, indirect=True)


@pytest.fixture(scope="session")
def dossier() -> Dossier:
    """The real one."""
    return shipped()


@dataclass
class Talk:
    """A running bot, its Bot API and its store."""

    mode: str
    api: BotApi
    session: aiohttp.ClientSession
    conversation: Conversation
    store: Store
    running: "asyncio.Task[None]"

    async def tell(self, update: dict[str, Any], expect: int = 1) -> list[Called]:
        """Delivers an update; waits for this many calls and returns them."""
        start = len(self.api.answers)
        await self.give(update)
        await self.api.until_answered(start + expect)
        return self.api.answers[start:]

    async def ignores(self, update: dict[str, Any]) -> bool:
        """Whether the bot does not answer an update before it answers the next one of the chat."""
        start = len(self.api.answers)
        await self.give(update)
        [content] = [value for value in update.values() if isinstance(value, dict)]
        await self.tell(
            message("/about@NotaTestBot", content["chat"]["id"] if "chat" in content else content["from"]["id"])
        )
        return [call.method for call in self.api.answers[start:]] == ["sendMessage"]

    async def give(self, update: dict[str, Any]) -> None:
        """Delivers an update; by webhook, until it is accepted."""
        if self.mode == "webhook":
            assert await self.api.bring(self.session, update) == 200
        else:
            await self.api.feed(update)


@asynccontextmanager
async def talking(
    mode: str,
    dossier: Dossier,
    pictures_of: Callable[[LiveDossier], PictureService] | None = None,
    now: Now = utc_now,
    people: tuple[str, ...] = (),
) -> AsyncIterator[Talk]:
    """A started bot with a Bot API of its own, which never answers what the menus of commands are.

    So the bot does not set them beside the test, which would be two dozen calls; tests of the menus start it by other means.
    """
    async with (
        bot_api() as api,
        api.holding("getMyCommands"),
        talking_to(api, mode, dossier, pictures_of, now, people=people) as talk,
    ):
        yield talk


@asynccontextmanager
async def talking_to(
    api: BotApi,
    mode: str,
    dossier: Dossier,
    pictures_of: Callable[[LiveDossier], PictureService] | None = None,
    now: Now = utc_now,
    database_url: str | None = None,
    editors: Address | None = None,
    people: tuple[str, ...] = (),
    owners: tuple[str, ...] = (),
) -> AsyncIterator[Talk]:
    """A started bot with a Bot API that may have served others before.

    ``editors``: the editors' chat; None: there is none. ``people``: other editors; none: there is no desk. ``owners``: who may ask for the status.
    """
    async with aiohttp.ClientSession() as session, open_store(database_url or sqlite_url()) as store:
        listening = socket.create_server(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{listening.getsockname()[1]}" if mode == "webhook" else None
        app = web.Application(client_max_size=MAX_BODY_BYTES)
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
        settings = TelegramSettings(telegram_token=SecretStr(TOKEN), telegram_api_url=api.url)
        bot = Telegram(settings, Surroundings(public, session, conversation, pictures))
        bot.add_routes(app)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        sign = "setWebhook" if public else "getWebhookInfo"
        before = sum(call.method == sign for call in api.calls)
        running = asyncio.create_task(bot.run(lambda fault: None, LeaderElection(store.leases, "one")))
        try:
            await api.until(sign, before + 1)
            yield Talk(mode, api, session, conversation, store, running)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await runner.cleanup()


@pytest.fixture(params=QUICK_MODE_FIRST)
async def talk(request: pytest.FixtureRequest, dossier: Dossier) -> AsyncIterator[Talk]:
    """A bot for each test."""
    async with talking(request.param, dossier) as running:
        yield running
