"""The slash commands as data, and their registration with Discord: only if it has others."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.cli import main
from bot.dossier.loader import Loading, load
from bot.dossier.models import Dossier, Language, TopicId
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.commands import commands, staff_commands, suggestions, sync
from bot.reader import Address
from tests.clocks import until
from tests.conftest import TODAY, Edit
from tests.databases import Outages
from tests.platforms.discord.conftest import talking
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_rules import command_refusals
from tests.servers.discord_world import ALL, APPLICATION_ID, GUILD_ID, MANAGE_CHANNELS
from tests.servers.discord_writers import guild
from tests.tables import cases, table


def by_name(dossier: Dossier) -> dict[str, dict[str, Any]]:
    return {command["name"]: command for command in commands(dossier)}


class TestCommands:
    """What is registered."""

    def test_are_within_discords_limits(self, dossier: Dossier, tiny: Dossier) -> None:
        """By the documented rules, written down apart from our own numbers."""
        assert not command_refusals(commands(dossier))
        assert not command_refusals(commands(tiny))

    def test_each_topic_is_one_and_programmes_share_one(self, dossier: Dossier) -> None:
        """The bot's own come last."""
        topics = [topic.command_word for topic in dossier.topics.values() if not topic.is_program]
        about_chat = ["subscribe", "unsubscribe", "settings", "language", "why", "privacy"]
        own = ["program", "ask", "check", *about_chat, "mistake", "Check with Nota"]
        assert [command["name"] for command in commands(dossier)] == [*topics, *own]

    def test_admins_commands_are_shown_to_those_who_manage_channels(self, dossier: Dossier) -> None:
        """By default; a server's administrators can change that. All others are shown to everybody."""
        permissions = {name: command["default_member_permissions"] for name, command in by_name(dossier).items()}
        hidden = {name for name, needed in permissions.items() if needed is not None}
        assert hidden == {"subscribe", "unsubscribe", "settings", "why"}
        assert {permissions[name] for name in hidden} == {str(MANAGE_CHANNELS)}

    def test_the_editors_commands_are_not_global(self, dossier: Dossier) -> None:
        """It is their server's. Only global commands have contexts."""
        assert not {"wire", "desk"} & set(by_name(dossier))
        commands = staff_commands(dossier, for_everybody=False, has_owners=True)
        assert [each["name"] for each in commands] == ["wire", "desk", "draft", "status"]
        assert {each["default_member_permissions"] for each in commands} == {str(MANAGE_CHANNELS)}
        without = staff_commands(dossier, for_everybody=True, has_owners=False)
        assert [(each["name"], each["default_member_permissions"]) for each in without] == [
            ("wire", None),
            ("desk", None),
            ("draft", None),
        ]
        assert not {"contexts", "integration_types"} & {key for each in commands for key in each}
        assert not command_refusals(commands)

    def test_lists_are_commands_without_a_topic(self, tiny: Dossier) -> None:
        """News, sources and help always; programmes if there are any."""
        names = set(by_name(tiny))
        assert {"fare", "news", "sources", "help"} <= names
        assert not {"programs", "program"} & names

    def test_names_and_descriptions_are_localised(self, dossier: Dossier) -> None:
        """A topic's first alias of a language is its name there."""
        duration, subscribe = by_name(dossier)["duration"], by_name(dossier)["subscribe"]
        assert duration["name_localizations"] == {"id": "durasi", "ru": "срок"}
        assert duration["description_localizations"]["ru"] == "Срок действия и сколько осталось"
        assert subscribe["name_localizations"] == {"id": "langganan", "ru": "подписаться"}

    @table("typed, language")
    def test_suggestions_in_whatever_language_one_types(self, dossier: Dossier, typed: str, language: str) -> None:
        """The app may be in another one.

        сколько действует | en
        berapa lama | en
        how long | ru
        """
        offered = suggestions(dossier, "question", typed, Language(language))
        assert "/duration" in offered.values()
        assert suggestions(dossier, "question", "qqqqqq", Language(language)) == {}

    def test_english_is_localised_if_it_is_not_the_default_language(self, dossier: Dossier) -> None:
        """Discord has two locales of English."""
        header = dossier.header.model_copy(update={"default_language": "id"})
        changed = Dossier(header, dossier.sources, dossier.facts, dossier.topics, dossier.bulletins)
        command = by_name(changed)["duration"]
        assert command["description"] == "Masa berlaku dan sisa waktunya"
        assert set(command["description_localizations"]) == {"en-GB", "en-US", "ru"}

    @table("language, locale, word")
    def test_names_in_other_scripts(self, dossier: Dossier, language: str, locale: str, word: str) -> None:
        r"""Vowel and tone signs are allowed.

        hi | hi | अवधि
        th | th | "ค\u0e48าใช\u0e49จ\u0e48าย"
        zh | zh-CN | 期限
        """
        texts = {"aliases": {language: [word]}, "title": {language: word, "en": word}}
        duration = dossier.topics[TopicId("duration")]
        named = duration.model_copy(update=texts | {"summary": {language: word, "en": word}})
        header = dossier.header.model_copy(update={"languages": ["en", language]})
        changed = by_name(Dossier(header, {}, {}, {named.id: named}, {}))
        assert changed["duration"]["name_localizations"][locale] == word
        assert not command_refusals(list(changed.values()))

    def test_no_name_is_used_twice_in_a_language(self, dossier: Dossier) -> None:
        """If another command has the name, the next alias is used."""
        topics = dict(dossier.topics)
        for word, names in (("agreement", ["news", "сводка"]), ("parties", ["сводка", "стороны"])):
            topic = next(each for each in topics.values() if each.command_word == word)
            topics[topic.id] = topic.model_copy(update={"aliases": {"ru": names}})
        changed = by_name(Dossier(dossier.header, dossier.sources, dossier.facts, topics, dossier.bulletins))
        assert changed["agreement"]["name_localizations"]["ru"] == "сводка"
        assert changed["parties"]["name_localizations"]["ru"] == "стороны"

    @pytest.mark.parametrize("name", ["ask", "program"])
    def test_questions_and_programmes_are_completed_while_somebody_types(self, dossier: Dossier, name: str) -> None:
        """The option is required, and the answer may be private."""
        first, second = by_name(dossier)[name]["options"]
        assert (first["required"], first["autocomplete"]) == (True, True)
        assert (second["name"], second["type"]) == ("private", 5)

    def test_answers_work_wherever_a_user_installed_the_app(self, dossier: Dossier) -> None:
        """Commands about the chat need the bot to be a member."""
        ask, settings = by_name(dossier)["ask"], by_name(dossier)["settings"]
        assert (ask["integration_types"], ask["contexts"]) == ([0, 1], [0, 1, 2])
        assert (settings["integration_types"], settings["contexts"]) == ([0], [0, 1])


class TestContentCheck:
    """``nota check`` reports what does not fit, with file and line."""

    def test_a_description_too_long_for_a_command(
        self, folder: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Discord allows 100 characters."""
        lines = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8").splitlines()
        place = next(index for index, line in enumerate(lines) if line.startswith("summary:")) + 1
        old = lines[place].strip()
        edit("topics/fare.yaml", old, f'{old.split(":")[0]}: "{"s" * 101}"')
        assert main(["check", str(folder)]) == 1
        printed = capsys.readouterr().out
        assert f"topics/fare.yaml:{place + 1}: 101 characters of summary on Discord, expected at most 100" in printed

    @pytest.mark.slow
    def test_more_commands_than_discord_allows(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A hundred in all: the last topics have none, and are found by /ask."""
        topic = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8").replace("[ticket, tiket]", "[]")
        for index in range(96):
            (folder / "topics" / f"fare{index}.yaml").write_text(topic, encoding="utf-8")
        assert main(["check", str(folder)]) == 0
        printed = capsys.readouterr().out
        assert (
            "dossier.yaml:1: warning: Discord's 100 commands leave no room for 9 topics, the first of them" in printed
        )
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        listed = [command["name"] for command in commands(dossier) if command["type"] == 1]
        assert len(listed) == 100
        assert {"ask", "settings", "help"} <= set(listed)


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[Discord]:
    async with discord_api() as running:
        yield running


@pytest_asyncio.fixture
async def client(discord: Discord) -> AsyncIterator[DiscordClient]:
    client = DiscordClient(TOKEN, discord.url)
    yield client
    await client.close()


class TestSync:
    """The commands are compared with those that Discord has."""

    async def test_registers_every_field(self, discord: Discord, client: DiscordClient, dossier: Dossier) -> None:
        """As built of the dossier."""
        assert (await sync(client, APPLICATION_ID, commands(dossier))).is_new
        (written,) = discord.of("PUT", "/commands")
        assert written == commands(dossier)

    async def test_registers_once(self, discord: Discord, client: DiscordClient, dossier: Dossier) -> None:
        """The next start or the next process has nothing to write."""
        assert (await sync(client, APPLICATION_ID, commands(dossier))).is_new
        assert not (await sync(client, APPLICATION_ID, commands(dossier))).is_new
        assert len(discord.of("PUT", "/commands")) == 1

    @cases("difference")
    async def test_registers_again_if_a_field_differs(
        self, discord: Discord, client: DiscordClient, dossier: Dossier, difference: dict[str, Any]
    ) -> None:
        """Whichever it is.

        {"name": "other"}
        {"description": "Other"}
        {"options": []}
        {"name_localizations": {"ru": "другое"}}
        {"default_member_permissions": "32"}
        {"nsfw": true}
        """
        await sync(client, APPLICATION_ID, commands(dossier))
        discord.application.commands[3].update(difference)
        assert (await sync(client, APPLICATION_ID, commands(dossier))).is_new

    async def test_the_order_does_not_matter(self, discord: Discord, client: DiscordClient, dossier: Dossier) -> None:
        """Discord keeps none."""
        await sync(client, APPLICATION_ID, commands(dossier))
        discord.application.commands.reverse()
        assert not (await sync(client, APPLICATION_ID, commands(dossier))).is_new

    async def test_a_command_of_another_type_is_removed(
        self, discord: Discord, client: DiscordClient, dossier: Dossier
    ) -> None:
        """A user command, left by something else."""
        await sync(client, APPLICATION_ID, commands(dossier))
        other = {"id": "5", "type": 2, "name": "Report", "description": "", "version": "1", "guild_id": None}
        discord.application.commands.append(other | {"application_id": "1", "default_member_permissions": None})
        assert (await sync(client, APPLICATION_ID, commands(dossier))).is_new
        assert "Report" not in [command["name"] for command in discord.application.commands]


class TestRunning:
    """At the start, and when the content changes."""

    async def test_a_failure_is_logged_and_people_are_answered(self, dossier: Dossier, discord: Discord) -> None:
        """The registered commands go on working."""
        discord.fault("/commands", 400, {"message": "Invalid Form Body", "code": 50035})
        with capture_logs() as logged:
            async with talking("http", dossier, discord, synced=False) as talk:
                await until(lambda: any(entry["log_level"] == "error" for entry in logged))
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        (line,) = [entry for entry in logged if entry["log_level"] == "error"]
        assert line["event"] == "the commands were not registered"
        assert line["error"] == "HTTP 400 (50035 Invalid Form Body)"

    @pytest.mark.parametrize("mode", ["gateway", "http"])
    async def test_waiting_for_a_limit_is_no_outage(self, dossier: Dossier, discord: Discord, mode: str) -> None:
        """Else a replica that answers everybody would be taken out of service."""
        body = {"message": "You are being rate limited.", "retry_after": 3000.0, "global": False}
        discord.fault("/commands", 429, body, {"X-RateLimit-Scope": "user", "X-RateLimit-Remaining": "1"})
        reported: list[str] = []
        with capture_logs() as logged:
            async with talking(mode, dossier, discord, synced=False, report=reported.append) as talk:
                await until(lambda: "" in reported and any(entry["log_level"] == "error" for entry in logged))
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert reported == [""]
        (line,) = [entry for entry in logged if entry["log_level"] == "error"]
        assert line["event"] == "the commands are not registered yet"
        assert line["reason"] == "Discord cannot be reached (rate limited); trying again"

    async def test_an_outage_passes(self, dossier: Dossier, discord: Discord) -> None:
        """It is tried again until it succeeds."""
        discord.fault("/commands", 503)
        async with talking("http", dossier, discord):
            assert len(discord.application.commands) == len(commands(dossier))

    async def test_changed_content_changes_them(self, dossier: Dossier, discord: Discord) -> None:
        """Content that leaves them as they are makes no request."""
        async with talking("http", dossier, discord) as talk:
            requests = len(discord.requests)
            talk.conversation.live.update(Loading(replace(dossier), (), {}))
            await asyncio.sleep(0.05)
            assert len(discord.requests) == requests
            topics = {name: topic for name, topic in dossier.topics.items() if name != "duration"}
            talk.conversation.live.update(Loading(replace(dossier, topics=topics), (), {}))
            await discord.until("PUT", "commands", times=2)
            assert "duration" not in [command["name"] for command in discord.application.commands]


class TestInstallation:
    """Commands are registered for those whom the developer portal lets install the app (#installation-context)."""

    @pytest.mark.parametrize(("allowed", "kinds"), [([0, 1], [0, 1]), ([0], [0])])
    async def test_decides_for_whom(
        self, dossier: Dossier, discord: Discord, allowed: list[int], kinds: list[int]
    ) -> None:
        """Discord would refuse all of them for one installation that is not allowed."""
        discord.application.installations = allowed
        async with talking("gateway", dossier, discord):
            registered = {command["name"]: command for command in discord.application.commands}
        assert registered["ask"]["integration_types"] == kinds
        assert registered["Check with Nota"]["integration_types"] == kinds
        assert registered["settings"]["integration_types"] == [0]


class TestEditorsServer:
    """The editors' command is registered in their server when the bot gets access to EDITORS_CHAT while it runs."""

    async def test_when_the_server_adds_the_bot(self, dossier: Dossier, discord: Discord) -> None:
        """No restart is needed."""
        channel = discord.world.add(ours=0)
        async with talking("gateway", dossier, discord, editors=Address("discord", str(channel.id))):
            await discord.until("GET", str(channel.id))
            channel.ours = ALL
            await discord.gateway.dispatch("GUILD_CREATE", guild(channels=[channel.payload()]))
            await discord.until("PUT", "commands", times=2)
        assert [command["name"] for command in discord.application.of_guilds[GUILD_ID]] == ["wire", "desk", "draft"]

    async def test_when_the_channel_lets_the_bot_in(self, dossier: Dossier, discord: Discord) -> None:
        """The server added it before; other channels change nothing."""
        channel, other = discord.world.add(ours=0), discord.world.add()
        async with talking("gateway", dossier, discord, editors=Address("discord", str(channel.id))):
            await discord.gateway.dispatch("GUILD_CREATE", guild(channels=[channel.payload()]))
            await discord.until("GET", str(channel.id), times=2)
            channel.ours = ALL
            await discord.gateway.dispatch("CHANNEL_UPDATE", other.payload())
            await discord.gateway.dispatch("CHANNEL_UPDATE", channel.payload())
            await discord.until("PUT", "commands", times=2)
        assert len(discord.of("GET", f"/channels/{channel.id}")) == 3
        assert [command["name"] for command in discord.application.of_guilds[GUILD_ID]] == ["wire", "desk", "draft"]

    async def test_while_the_database_is_away(self, dossier: Dossier, discord: Discord, outages: Outages) -> None:
        """They are registered once it is back."""
        channel, pauses = discord.world.add(ours=0), []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            await asyncio.sleep(seconds)

        editors = Address("discord", channel.id)
        options = {"editors": editors, "database_url": outages.url, "sleep": pause}
        async with talking("gateway", dossier, discord, **options) as talk:
            await discord.until("GET", str(channel.id))
            async with outages.away(talk.conversation.store):
                channel.ours = ALL
                before = len(pauses)
                await discord.gateway.dispatch("GUILD_CREATE", guild(channels=[channel.payload()]))
                await until(lambda: len(pauses) >= before + 2)
            await discord.until("PUT", "commands", times=2)
        assert [command["name"] for command in discord.application.of_guilds[GUILD_ID]] == ["wire", "desk", "draft"]
