"""Commands are told to Discord when it holds others, and only then."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.dossier.loader import Loading
from bot.dossier.models import Dossier
from bot.platforms.discord.api import Client
from bot.platforms.discord.commands import commands, sync
from tests.platforms.discord.conftest import talking, until
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_world import APPLICATION_ID


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[Discord]:
    """A Discord of its own for each case."""
    async with discord_api() as running:
        yield running


@pytest_asyncio.fixture
async def client(discord: Discord) -> AsyncIterator[Client]:
    """Our client on it."""
    client = Client(TOKEN, discord.url)
    yield client
    await client.close()


class TestSync:
    """Compared with what Discord holds."""

    async def test_writes_what_was_made_of_the_dossier(
        self, discord: Discord, client: Client, dossier: Dossier
    ) -> None:
        """Every field of it."""
        wanted = commands(dossier)
        assert await sync(client, APPLICATION_ID, wanted)
        (written,) = discord.of("PUT", "/commands")
        for given, command in zip(written, wanted, strict=True):
            assert _given(given) == {key: value for key, value in command.items() if key != "options"}
            for option, meant in zip(given["options"], command["options"], strict=True):
                assert {key: option[key] for key in meant if key != "choices"} == {
                    key: value for key, value in meant.items() if key != "choices"
                }
                named = [(choice["name"], choice["value"]) for choice in option.get("choices", [])]
                assert named == [(choice["name"], choice["value"]) for choice in meant.get("choices", [])]

    async def test_writes_once(self, discord: Discord, client: Client, dossier: Dossier) -> None:
        """The next start, the next replica find nothing to do."""
        assert await sync(client, APPLICATION_ID, commands(dossier))
        assert not await sync(client, APPLICATION_ID, commands(dossier))
        assert len(discord.of("PUT", "/commands")) == 1

    @pytest.mark.parametrize("change", ["name", "description", "option", "localisation", "rights", "age", "order"])
    async def test_writes_again_what_differs(
        self, discord: Discord, client: Client, dossier: Dossier, change: str
    ) -> None:
        """Whatever it is; the order is none of Discord's."""
        await sync(client, APPLICATION_ID, commands(dossier))
        held = discord.application.commands[3]
        match change:
            case "name":
                held["name"] = "other"
            case "description":
                held["description"] = "Other"
            case "option":
                held["options"] = []
            case "localisation":
                held["name_localizations"] = {"ru": "другое"}
            case "rights":  # as somebody hid it from those without
                held["default_member_permissions"] = "32"
            case "age":
                held["nsfw"] = True
            case _:
                discord.application.commands.reverse()
        assert await sync(client, APPLICATION_ID, commands(dossier)) == (change != "order")

    async def test_a_command_of_another_kind_is_not_ours(
        self, discord: Discord, client: Client, dossier: Dossier
    ) -> None:
        """One for a user's menu, left from something else, goes."""
        await sync(client, APPLICATION_ID, commands(dossier))
        other = {"id": "5", "type": 2, "name": "Report", "description": "", "version": "1", "guild_id": None}
        discord.application.commands.append(other | {"application_id": "1", "default_member_permissions": None})
        assert await sync(client, APPLICATION_ID, commands(dossier))
        assert all(command["type"] == 1 for command in discord.application.commands)


def _given(command: dict[str, Any]) -> dict[str, Any]:
    """But for its options; a permission that is not asked for is left out."""
    permissions = command.get("default_member_permissions")
    own = {key: value for key, value in command.items() if key != "options"}
    return own | {"default_member_permissions": None if permissions is None else str(permissions)}


class TestRunning:
    """At the start, and when the content changes."""

    async def test_a_failure_is_one_line_and_people_are_answered(self, dossier: Dossier, discord: Discord) -> None:
        """The commands that Discord holds work on."""
        discord.fault("/commands", 400, {"message": "Invalid Form Body", "code": 50035})
        with capture_logs() as said:
            async with talking("http", dossier, discord, synced=False) as talk:
                await until(lambda: any(entry["log_level"] == "error" for entry in said))
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        (line,) = [entry for entry in said if entry["log_level"] == "error"]
        assert line["event"] == "the commands were not synced"
        assert line["why"] == "HTTP 400 (50035 Invalid Form Body)"

    @pytest.mark.parametrize("mode", ["gateway", "http"])
    async def test_while_it_has_to_wait_nothing_else_is_out_of_order(
        self, dossier: Dossier, discord: Discord, mode: str
    ) -> None:
        """Else a replica that answers everybody would be taken away, for as long as Discord takes no commands."""
        body = {"message": "You are being rate limited.", "retry_after": 3000.0, "global": False}
        discord.fault("/commands", 429, body, {"X-RateLimit-Scope": "user", "X-RateLimit-Remaining": "1"})
        reported: list[str] = []
        with capture_logs() as said:
            async with talking(mode, dossier, discord, synced=False, report=reported.append) as talk:
                await until(lambda: "" in reported and any(entry["log_level"] == "error" for entry in said))
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert reported == [""]
        (line,) = [entry for entry in said if entry["log_level"] == "error"]
        assert line["event"] == "the commands are not synced for now"
        assert line["why"] == "Discord cannot be reached (rate limited); trying on"

    async def test_an_outage_passes(self, dossier: Dossier, discord: Discord) -> None:
        """It is tried again until it succeeds."""
        discord.fault("/commands", 503)
        async with talking("http", dossier, discord):
            assert len(discord.application.commands) == len(commands(dossier))

    async def test_changed_content_changes_them(self, dossier: Dossier, discord: Discord) -> None:
        """An edition that leaves them as they are asks nothing of Discord."""
        async with talking("http", dossier, discord) as talk:
            asked = len(discord.requests)
            talk.conversation.live.take(Loading(replace(dossier), (), {}))
            await asyncio.sleep(0.05)
            assert len(discord.requests) == asked
            topics = {name: topic for name, topic in dossier.topics.items() if name != "duration"}
            talk.conversation.live.take(Loading(replace(dossier, topics=topics), (), {}))
            await discord.until("PUT", "commands", times=2)
            assert "duration" not in [command["name"] for command in discord.application.commands]
