"""What both platforms share: the routes under a base path, and texts counted and cut in UTF-16 units."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.conversation import Conversation
from bot.db.store import open_store
from bot.live_dossier import LiveDossier
from bot.platforms.base import cut, route_paths, utf16_length, visible
from bot.platforms.discord.bot import Discord
from bot.platforms.discord.platform import DiscordSettings
from bot.platforms.platform import Surroundings
from bot.platforms.telegram.bot import Telegram
from bot.platforms.telegram.platform import TelegramSettings
from tests.conftest import TODAY, shipped
from tests.databases import sqlite_url
from tests.tables import table

KEY = "0" * 64
UNREACHABLE = "http://127.0.0.1:1"


class TestRoutes:
    """A router removes the path of PUBLIC_URL or leaves it: requests arrive either way."""

    @pytest.mark.parametrize(
        ("public_url", "paths"),
        [
            ("", ("/hook",)),
            ("https://nota.example/", ("/hook",)),
            ("https://nota.example/desk/nota/", ("/hook", "/desk/nota/hook")),
        ],
    )
    def test_paths(self, public_url: str, paths: tuple[str, ...]) -> None:
        assert route_paths("/hook", public_url) == paths

    @pytest.mark.parametrize("path", ["", "/desk"])
    async def test_both_platforms_answer_on_each(self, path: str) -> None:
        """They refuse a request without a signature, while an unknown path is 404."""
        dossier = shipped()
        app, public_url = web.Application(), "https://nota.example/desk"
        async with aiohttp.ClientSession() as session, open_store(sqlite_url()) as store:
            conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY)
            surroundings, token = Surroundings(public_url, session, conversation), SecretStr("1:a")
            Telegram(TelegramSettings(telegram_token=token, telegram_api_url=UNREACHABLE), surroundings).add_routes(app)
            discord = DiscordSettings(discord_token=token, discord_api_url=UNREACHABLE, discord_public_key=KEY)
            Discord(discord, surroundings).add_routes(app)
            async with TestServer(app) as server:
                urls = [server.make_url(f"{path}{each}") for each in ("/telegram/webhook", "/discord/interactions")]
                statuses = [(await session.post(url, data=b"{}")).status for url in urls]
        assert statuses == [403, 401]


class TestCut:
    """A text that is too long ends in an ellipsis, between words if possible."""

    @table("text, limit, expected")
    def test_examples(self, text: str, limit: int, expected: str) -> None:
        """
        abc | 3 | abc
        one two three | 10 | one two…
        one two three | 8 | one two…
        abcdefgh ij | 5 | abcd…
        a bcdefghi | 8 | a bcdef…
        😀😀😀 | 5 | 😀😀…
        😀😀😀 | 4 | 😀…
        """
        assert cut(text, limit) == expected

    @given(st.text(), st.integers(1, 50))
    def test_it_fits(self, text: str, limit: int) -> None:
        result = cut(text, limit)
        assert utf16_length(result) <= limit
        assert result == text or (result.endswith("…") and text.startswith(result[:-1]))


@given(st.text())
def test_length_is_counted_in_utf16_units(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize("invisible", ["\x00", "\x1b", "\u202e", "\u2066", "\x7f", "\ud800", "\uffff"])
def test_invisible_characters_are_left_out(invisible: str) -> None:
    """Control characters, and marks that would reverse the rest of the message."""
    assert visible(f"a\t{invisible}\nb") == "a\t\nb"
