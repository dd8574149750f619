"""The editors' command stands in the menus of the editors' chat alone, and goes when the chat is the editors' no more."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.db.menus import ScopedMenus
from bot.db.store import open_store
from tests.app.test_main import started
from tests.conftest import TINY
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord import discord_api
from tests.servers.discord_world import DM, GUILD_ID, MANAGE_CHANNELS
from tests.servers.telegram import TOKEN as TELEGRAM_TOKEN
from tests.servers.telegram import BotApi, bot_api

OTHER_GROUP, OTHER_SERVER = -1001111111111, 900000000000000002


def names(commands: list[dict[str, Any]]) -> set[str]:
    return {str(each.get("command", each.get("name"))) for each in commands}


def scoped(api: BotApi) -> dict[str, set[str]]:
    """Scope of one chat → the commands that it has for the rest of the world."""
    return {scope: names(there) for (scope, code), there in api.state.commands.items() if ":" in scope and code == ""}


class TestOnTelegram:
    """By the scopes that Telegram has for one chat (core.telegram.org/bots/api#botcommandscope)."""

    async def test_admins_of_the_editors_group_see_it(self, tmp_path: Path) -> None:
        """Nobody else does, in no language; but those whom the settings name."""
        async with bot_api() as api:
            api.state.members |= {(GROUP, BUDI): "member", (GROUP, ADA): "creator", (GROUP, 4711): "left"}
            settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": api.url}
            settings |= {"EDITORS_CHAT": f"telegram:{GROUP}/7", "EDITORS": f"{BUDI},{ADA},4711,discord:5"}
            async with started(TINY, tmp_path, **settings):
                await api.when(lambda: len(scoped(api)) == 3, seconds=30)
                there = scoped(api)
                admins = there.pop(f"chat_administrators:{GROUP}")
                assert {"wire", "settings", "fare"} <= admins
                assert there[f"chat_member:{GROUP}:{ADA}"] == admins
                assert there[f"chat_member:{GROUP}:{BUDI}"] == admins - {"subscribe", "unsubscribe", "settings", "why"}
            everywhere = [there for (scope, _), there in api.state.commands.items() if ":" not in scope]
            assert everywhere
            assert not any("wire" in names(each) for each in everywhere)
            codes = {code for scope, code in api.state.commands if scope == f"chat_administrators:{GROUP}"}
            assert codes == {"", "en", "id"}

    async def test_a_private_chat_and_a_channel(self, tmp_path: Path) -> None:
        """Its owner sees it; a channel has no menu."""
        async with bot_api() as api:
            settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": api.url}
            async with started(TINY, tmp_path, EDITORS_CHAT=f"telegram:{ADA}", **settings):
                await api.when(lambda: f"chat:{ADA}" in scoped(api), seconds=30)
                assert {"wire", "settings"} <= scoped(api)[f"chat:{ADA}"]
            async with started(TINY, tmp_path, EDITORS_CHAT=f"telegram:{CHANNEL}", **settings):
                await api.when(lambda: not scoped(api), seconds=30)
            assert all(scope in ("default",) or ":" not in scope for scope, _ in api.state.commands)

    async def test_it_goes_where_the_chat_is_the_editors_no_more(self, tmp_path: Path) -> None:
        """In every language; also where the feature is switched off."""
        async with bot_api() as api:
            settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": api.url}
            async with started(TINY, tmp_path, EDITORS_CHAT=f"telegram:{GROUP}", **settings):
                await api.when(lambda: set(scoped(api)) == {f"chat_administrators:{GROUP}"}, seconds=30)
            async with started(TINY, tmp_path, EDITORS_CHAT=f"telegram:{OTHER_GROUP}", **settings):
                await api.when(lambda: set(scoped(api)) == {f"chat_administrators:{OTHER_GROUP}"}, seconds=30)
            async with started(TINY, tmp_path, **settings):
                await api.when(lambda: not any(":" in scope for scope, _ in api.state.commands), seconds=30)

    async def test_a_chat_that_it_cannot_reach_holds_up_nothing(self, tmp_path: Path) -> None:
        """The menus of all other chats are set; the log says what to do."""
        async with bot_api() as api:
            api.fault("getChat", 400, "Bad Request: chat not found")
            settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": api.url, "LOG_FORMAT": "json"}
            async with started(TINY, tmp_path, EDITORS_CHAT=f"telegram:{GROUP}", **settings) as process:
                await api.until("getChat", seconds=30)
                assert process.stderr is not None
                while "EDITORS_CHAT" not in (line := (await process.stderr.readline()).decode()):
                    assert line
                assert json.loads(line)["level"] == "warning"
            assert ("all_private_chats", "") in api.state.commands


class TestOnDiscord:
    """As a command of the editors' server (interactions/application-commands#making-a-guild-command)."""

    async def test_only_the_editors_server_has_it(self, tmp_path: Path) -> None:
        """For those who manage channels there, by default; the global ones are without it."""
        async with discord_api() as discord:
            channel = discord.world.add()
            discord.application.commands = [_left_by_an_older_release()]
            settings = {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": discord.url}
            async with started(TINY, tmp_path, EDITORS_CHAT=f"discord:{channel.id}", **settings):
                await discord.until("PUT", "commands", times=2)
            [command] = discord.application.of_guilds[GUILD_ID]
            assert (command["name"], command["default_member_permissions"]) == ("wire", str(MANAGE_CHANNELS))
            assert "wire" not in names(discord.application.commands)

    async def test_editors_whom_the_settings_name_see_it(self, tmp_path: Path) -> None:
        """They may hold no permission there."""
        async with discord_api() as discord:
            channel = discord.world.add()
            settings = {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": discord.url, "EDITORS": "discord:5"}
            async with started(TINY, tmp_path, EDITORS_CHAT=f"discord:{channel.id}", **settings):
                await discord.until("PUT", "commands", times=2)
            [command] = discord.application.of_guilds[GUILD_ID]
            assert command["default_member_permissions"] is None

    async def test_it_goes_where_the_server_is_the_editors_no_more(self, tmp_path: Path) -> None:
        """Another server, a direct message, another platform."""
        async with discord_api() as discord:
            here, there = discord.world.add(), discord.world.add(guild_id=OTHER_SERVER)
            settings = {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": discord.url}
            async with started(TINY, tmp_path, EDITORS_CHAT=f"discord:{here.id}", **settings):
                await discord.until("PUT", "commands", times=2)
            async with started(TINY, tmp_path, EDITORS_CHAT=f"discord:{there.id}", **settings):
                await discord.until("PUT", "commands", times=4)
                assert {guild: names(held) for guild, held in discord.application.of_guilds.items()} == {
                    GUILD_ID: set(),
                    OTHER_SERVER: {"wire"},
                }
            async with started(TINY, tmp_path, EDITORS_CHAT=f"discord:{discord.world.add(DM).id}", **settings):
                await discord.until("PUT", "commands", times=5)
            assert discord.application.of_guilds[OTHER_SERVER] == []

    async def test_a_restart_writes_nothing(self, tmp_path: Path) -> None:
        """Discord counts what is written."""
        async with discord_api() as discord:
            channel = discord.world.add()
            settings = {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": discord.url}
            async with started(TINY, tmp_path, EDITORS_CHAT=f"discord:{channel.id}", **settings):
                await discord.until("PUT", "commands", times=2)
            async with started(
                TINY, tmp_path, EDITORS_CHAT=f"discord:{channel.id}", LOG_FORMAT="json", **settings
            ) as process:
                await discord.until("GET", "commands", times=4)
                process.terminate()
                await process.wait()
            assert len(discord.of("PUT", "/commands")) == 2

    @pytest.mark.parametrize("status", [403, 404])
    async def test_a_server_that_we_left_is_forgotten(self, tmp_path: Path, status: int) -> None:
        """What was there went with us."""
        async with discord_api() as discord:
            channel = discord.world.add()
            settings = {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": discord.url}
            settings["DATABASE_URL"] = f"sqlite:///{tmp_path}/nota.sqlite3"
            async with started(TINY, tmp_path, EDITORS_CHAT=f"discord:{channel.id}", **settings):
                await discord.until("PUT", "commands", times=2)
            discord.fault(f"/guilds/{GUILD_ID}/commands", status, {"message": "Missing Access", "code": 50001})
            async with open_store(settings["DATABASE_URL"]) as store, started(TINY, tmp_path, **settings):
                menus = ScopedMenus(store.database, "discord")
                assert await menus.all() == {str(GUILD_ID)}
                async with asyncio.timeout(30):
                    while await menus.all():  # noqa: ASYNC110  the database tells nobody
                        await asyncio.sleep(0.05)


def _left_by_an_older_release() -> dict[str, Any]:
    about = {"id": "5", "type": 1, "name": "wire", "description": "News", "version": "1", "application_id": "1"}
    return about | {"default_member_permissions": None, "name_localizations": {}, "description_localizations": {}}
