"""The editors' command stands in the menus of the editors' chat alone, and goes when the chat is the editors' no more."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.db.scoped_menus import ScopedMenus
from bot.dossier.models import Dossier
from bot.reader import Address
from tests.conftest import TINY, loaded
from tests.platforms.discord.conftest import talking as on_discord
from tests.platforms.telegram.conftest import talking_to as on_telegram
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP
from tests.servers.discord import discord_api
from tests.servers.discord_world import DM, GUILD_ID, MANAGE_CHANNELS
from tests.servers.telegram import BotApi, bot_api

OTHER_GROUP, OTHER_SERVER = -1001111111111, 900000000000000002


def names(commands: list[dict[str, Any]]) -> set[str]:
    return {str(each.get("command", each.get("name"))) for each in commands}


def scoped(api: BotApi) -> dict[str, set[str]]:
    """Scope of one chat → the commands that it has for the rest of the world."""
    return {scope: names(there) for (scope, code), there in api.state.commands.items() if ":" in scope and code == ""}


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return loaded(TINY)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """One that outlives the bot."""
    return f"sqlite:///{tmp_path}/nota.sqlite3"


class TestOnTelegram:
    """By the scopes that Telegram has for one chat (core.telegram.org/bots/api#botcommandscope)."""

    async def test_admins_of_the_editors_group_see_it(self, dossier: Dossier) -> None:
        """Nobody else does, in no language; but those whom the settings name."""
        people = (f"telegram:{BUDI}", f"telegram:{ADA}", "telegram:4711", "discord:5")
        async with bot_api() as api:
            api.state.members |= {(GROUP, BUDI): "member", (GROUP, ADA): "creator", (GROUP, 4711): "left"}
            editors = Address("telegram", str(GROUP), "7")
            async with on_telegram(api, "polling", dossier, editors=editors, people=people):
                await api.when(lambda: len(scoped(api)) == 6)
                there = {scope: found for scope, found in scoped(api).items() if not scope.startswith("chat:")}
                admins = there.pop(f"chat_administrators:{GROUP}")
                assert {"wire", "settings", "fare"} <= admins
                assert there[f"chat_member:{GROUP}:{ADA}"] == admins
                assert there[f"chat_member:{GROUP}:{BUDI}"] == admins - {"subscribe", "unsubscribe", "settings", "why"}
            everywhere = [there for (scope, _), there in api.state.commands.items() if ":" not in scope]
            assert everywhere
            assert not any("wire" in names(each) for each in everywhere)
            codes = {code for scope, code in api.state.commands if scope == f"chat_administrators:{GROUP}"}
            assert codes == {"", "en", "id"}

    @pytest.mark.slow
    async def test_a_private_chat_and_a_channel(self, dossier: Dossier, database: str) -> None:
        """Its owner sees it; a channel has no menu."""
        async with bot_api() as api:
            editors = Address("telegram", str(ADA))
            async with on_telegram(api, "polling", dossier, database_url=database, editors=editors):
                await api.when(lambda: f"chat:{ADA}" in scoped(api))
                assert {"wire", "settings"} <= scoped(api)[f"chat:{ADA}"]
            editors = Address("telegram", str(CHANNEL))
            async with on_telegram(api, "polling", dossier, database_url=database, editors=editors):
                await api.when(lambda: not scoped(api))
            assert all(scope in ("default",) or ":" not in scope for scope, _ in api.state.commands)

    @pytest.mark.slow
    async def test_it_goes_where_the_chat_is_the_editors_no_more(self, dossier: Dossier, database: str) -> None:
        """In every language; also where the feature is switched off."""
        async with bot_api() as api:
            for group in (GROUP, OTHER_GROUP):
                editors = Address("telegram", str(group))
                async with on_telegram(api, "polling", dossier, database_url=database, editors=editors):
                    await api.when(lambda group=group: set(scoped(api)) == {f"chat_administrators:{group}"})  # type: ignore[misc]
            async with on_telegram(api, "polling", dossier, database_url=database):
                await api.when(lambda: not any(":" in scope for scope, _ in api.state.commands))

    async def test_a_chat_that_it_cannot_reach_holds_up_nothing(self, dossier: Dossier) -> None:
        """The menus of all other chats are set; the log says what to do."""
        async with bot_api() as api:
            api.fault("getChat", 400, "Bad Request: chat not found")
            with capture_logs() as logged:
                async with on_telegram(api, "polling", dossier, editors=Address("telegram", str(GROUP))):
                    await api.until("getChat")
                    async with asyncio.timeout(30):
                        while not (warnings := [each for each in logged if "EDITORS_CHAT" in each["event"]]):  # noqa: ASYNC110  the log tells nobody
                            await asyncio.sleep(0.01)
            assert [each["log_level"] for each in warnings] == ["warning"]
            assert ("all_private_chats", "") in api.state.commands


class TestOfPeople:
    """Editors and owners have their commands in their private chats, and owners on Discord in the editors' server."""

    @pytest.mark.slow
    async def test_on_telegram(self, dossier: Dossier, database: str) -> None:
        """Whoever has never opened the chat has no menu there; nothing else suffers."""
        people = (f"telegram:{BUDI}", "telegram:4711")
        async with bot_api() as api:
            api.state.strangers.add(4711)
            owners = (f"telegram:{ADA}", f"telegram:{BUDI}", "discord:5")
            async with on_telegram(api, "polling", dossier, database_url=database, people=people, owners=owners):
                await api.when(lambda: {f"chat:{ADA}", f"chat:{BUDI}"} <= set(scoped(api)))
                there = scoped(api)
                assert there[f"chat:{ADA}"] >= {"status", "desk", "draft", "subscribe", "fare"}
                assert there[f"chat:{BUDI}"] == there[f"chat:{ADA}"]
                assert "wire" not in there[f"chat:{ADA}"]
                assert "chat:4711" not in there
                descriptions = {
                    code: next(each["description"] for each in found if each["command"] == "status")
                    for (scope, code), found in api.state.commands.items()
                    if scope == f"chat:{ADA}"
                }
                assert descriptions == {"": "How Nota is doing", "en": "How Nota is doing", "id": "Kondisi Nota"}
            everywhere = [there for (scope, _), there in api.state.commands.items() if ":" not in scope]
            assert not any({"status", "desk"} & names(each) for each in everywhere)
            async with on_telegram(api, "polling", dossier, database_url=database):
                await api.when(lambda: not scoped(api))

    async def test_an_owner_who_is_no_editor_without_a_desk(self, dossier: Dossier) -> None:
        async with bot_api() as api, on_telegram(api, "polling", dossier, owners=(f"telegram:{ADA}",)):
            await api.when(lambda: "status" in scoped(api).get(f"chat:{ADA}", ()))
            assert not {"desk", "draft", "wire"} & scoped(api)[f"chat:{ADA}"]

    async def test_on_discord(self, dossier: Dossier) -> None:
        """Shown to those who manage channels; the answer is the owner's alone, others get that of an unknown word."""
        async with discord_api() as discord:
            channel = discord.world.add()
            editors = Address("discord", str(channel.id))
            async with on_discord("gateway", dossier, discord, editors=editors, owners=("discord:5",)) as talk:
                await discord.until("PUT", "commands", times=2)
                registered = {each["name"]: each for each in discord.application.of_guilds[GUILD_ID]}
                assert registered["status"]["default_member_permissions"] == str(MANAGE_CHANNELS)
                assert "status" not in names(discord.application.commands)
                owner = talk.somebody(channel)
                owner.id = 5
                shown = await owner.use("status")
                assert shown.is_private
                assert "Health" in shown.text
                assert "Health" not in (await talk.somebody(channel).use("status")).text


class TestOnDiscord:
    """As a command of the editors' server (interactions/application-commands#making-a-guild-command)."""

    async def test_only_the_editors_server_has_it(self, dossier: Dossier) -> None:
        """For those who manage channels there, by default; the global ones are without it."""
        async with discord_api() as discord:
            discord.application.commands = [_left_by_an_older_release()]
            editors = Address("discord", str(discord.world.add().id))
            async with on_discord("gateway", dossier, discord, editors=editors):
                await discord.until("PUT", "commands", times=2)
            registered = discord.application.of_guilds[GUILD_ID]
            assert names(registered) == {"wire", "desk", "draft"}
            assert {each["default_member_permissions"] for each in registered} == {str(MANAGE_CHANNELS)}
            assert "wire" not in names(discord.application.commands)

    async def test_editors_whom_the_settings_name_see_it(self, dossier: Dossier) -> None:
        """They may hold no permission there."""
        async with discord_api() as discord:
            editors = Address("discord", str(discord.world.add().id))
            async with on_discord("gateway", dossier, discord, editors=editors, people=("discord:5",)):
                await discord.until("PUT", "commands", times=2)
            registered = discord.application.of_guilds[GUILD_ID]
            assert {each["default_member_permissions"] for each in registered} == {None}

    @pytest.mark.slow
    async def test_it_goes_where_the_server_is_the_editors_no_more(self, dossier: Dossier, database: str) -> None:
        """Another server, a direct message, another platform."""
        async with discord_api() as discord:
            here, there = discord.world.add(), discord.world.add(guild_id=OTHER_SERVER)
            for channel, times in ((here, 2), (there, 4)):
                editors = Address("discord", str(channel.id))
                async with on_discord("gateway", dossier, discord, database_url=database, editors=editors):
                    await discord.until("PUT", "commands", times=times)
            assert {guild: names(held) for guild, held in discord.application.of_guilds.items()} == {
                GUILD_ID: set(),
                OTHER_SERVER: {"wire", "desk", "draft"},
            }
            editors = Address("discord", str(discord.world.add(DM).id))
            async with on_discord("gateway", dossier, discord, database_url=database, editors=editors):
                await discord.until("PUT", "commands", times=5)
            assert discord.application.of_guilds[OTHER_SERVER] == []

    @pytest.mark.slow
    async def test_a_restart_writes_nothing(self, dossier: Dossier, database: str) -> None:
        """Discord counts what is written."""
        async with discord_api() as discord:
            editors = Address("discord", str(discord.world.add().id))
            async with on_discord("gateway", dossier, discord, database_url=database, editors=editors):
                await discord.until("PUT", "commands", times=2)
            async with on_discord("gateway", dossier, discord, database_url=database, editors=editors):
                await discord.until("GET", "commands", times=4)
            assert len(discord.of("PUT", "/commands")) == 2

    @pytest.mark.slow
    @pytest.mark.parametrize("status", [403, 404])
    async def test_a_server_that_we_left_is_forgotten(self, dossier: Dossier, database: str, status: int) -> None:
        """What was there went with us."""
        async with discord_api() as discord:
            editors = Address("discord", str(discord.world.add().id))
            async with on_discord("gateway", dossier, discord, database_url=database, editors=editors):
                await discord.until("PUT", "commands", times=2)
            discord.fault(f"/guilds/{GUILD_ID}/commands", status, {"message": "Missing Access", "code": 50001})
            async with on_discord("gateway", dossier, discord, database_url=database) as talk:
                menus = ScopedMenus(talk.conversation.store.database, "discord")
                async with asyncio.timeout(30):
                    while await menus.all():  # noqa: ASYNC110  the database tells nobody
                        await asyncio.sleep(0.05)


def _left_by_an_older_release() -> dict[str, Any]:
    about = {"id": "5", "type": 1, "name": "wire", "description": "News", "version": "1", "application_id": "1"}
    return about | {"default_member_permissions": None, "name_localizations": {}, "description_localizations": {}}
