"""Where requests to us arrive, behind a router that takes the path of our address off, or leaves it on."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.conversation import Conversation
from bot.db.store import open_store
from bot.dossier.loader import load
from bot.live_dossier import LiveDossier
from bot.platforms.base import ways_to
from bot.platforms.discord.bot import Discord
from bot.platforms.telegram.bot import Telegram
from tests.conftest import CONTENT, TODAY
from tests.databases import sqlite_url

KEY = "0" * 64
NOWHERE = "http://127.0.0.1:1"


class TestWays:
    """One way where our address has no path, else two."""

    @pytest.mark.parametrize("public_url", ["", "https://nota.example", "https://nota.example/"])
    def test_without_a_path(self, public_url: str) -> None:
        """A slash is none."""
        assert ways_to("/hook", public_url) == ("/hook",)

    def test_with_a_path(self) -> None:
        """With it and without it."""
        assert ways_to("/hook", "https://nota.example/desk/nota/") == ("/hook", "/desk/nota/hook")


@pytest.mark.parametrize("path", ["", "/desk"])
async def test_both_platforms_are_reached(path: str) -> None:
    """They ask who comes, which is not what a place without anybody does."""
    dossier = load(CONTENT, TODAY).dossier
    assert dossier is not None
    app, public_url = web.Application(), "https://nota.example/desk"
    async with aiohttp.ClientSession() as session, open_store(sqlite_url()) as store:
        Telegram("1:a", NOWHERE, public_url, 30, session, app)
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY)
        Discord("a", NOWHERE, KEY, None, conversation, public_url).add_routes(app)
        async with TestServer(app) as server:
            asked = [f"{path}/telegram/webhook", f"{path}/discord/interactions"]
            answers = [await session.post(server.make_url(each), data=b"{}") for each in asked]
            assert [answer.status for answer in answers] == [403, 401]
