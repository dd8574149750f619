"""The command menus and descriptions, in each language and for each kind of chat."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import aiohttp
import pytest
from telegram import BotCommandScopeAllGroupChats

from bot.app.content_check import load_checked
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.platforms.base import utf16_length
from bot.platforms.telegram.api import REPEATING, TelegramClient
from bot.platforms.telegram.commands import (
    RETRY_SECONDS,
    SCOPES,
    CommandMenus,
    commands,
)
from bot.platforms.telegram.limits import COMMAND, COMMAND_DESCRIPTION, COMMANDS, DESCRIPTION, SHORT_DESCRIPTION
from bot.platforms.telegram.profile import description, short_description
from tests.clocks import Sleeps
from tests.conftest import TODAY, Edit
from tests.servers.telegram import TOKEN, BotApi, bot_api

GROUPS = BotCommandScopeAllGroupChats()

TOPIC = """
title: {en: Pier, id: Dermaga}
summary: {en: A pier of the ferry, id: Dermaga feri}
body: {en: A pier., id: Dermaga.}
"""


@asynccontextmanager
async def menu(api: BotApi, dossier: Dossier) -> AsyncIterator[CommandMenus]:
    async with aiohttp.ClientSession() as session:
        client = TelegramClient(TOKEN, api.url, session, Sleeps())
        await client.connect()
        yield CommandMenus(client, LiveDossier(dossier), Sleeps())


class TestCommands:
    """A menu offers what its users may do."""

    def test_telegram_accepts_all(self, dossier: Dossier) -> None:
        for language in dossier.languages:
            for command in commands(dossier, language, GROUPS, managing=True):
                assert COMMAND.fullmatch(command.command)
                assert 1 <= utf16_length(command.description) <= COMMAND_DESCRIPTION

    def test_each_topic_and_programme_has_one(self, dossier: Dossier) -> None:
        offered = {each.command for each in commands(dossier, dossier.languages[0], GROUPS, managing=True)}
        assert {topic.command_word for topic in dossier.topics.values()} <= offered

    def test_members_are_offered_nothing_that_only_admins_can_do(self, dossier: Dossier) -> None:
        """Those who may change the chat are."""
        names = {each.command for each in commands(dossier, dossier.languages[0], GROUPS, managing=False)}
        more = {each.command for each in commands(dossier, dossier.languages[0], GROUPS, managing=True)}
        assert {"subscribe", "settings"} <= more - names

    def test_a_hundred_at_most_with_the_bots_own_among_them(self, folder: Path) -> None:
        for number in range(150):
            (folder / "topics" / f"pier_{number}.yaml").write_text(TOPIC, encoding="utf-8")
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        offered = commands(dossier, dossier.languages[0], GROUPS, managing=True)
        assert len(offered) == COMMANDS
        assert {"ask", "subscribe", "language"} <= {each.command for each in offered}


class TestUnseen:
    """In groups nobody else sees commands about settings, stored data and mistakes (core.telegram.org/bots/api#botcommand, ``is_ephemeral``)."""

    UNSEEN: ClassVar = {"settings", "language", "why", "privacy", "mistake"}

    async def test_in_groups_alone(self, dossier: Dossier) -> None:
        """That the chat subscribes is everybody's; topics are answered as the group's admins choose."""
        async with bot_api() as api, menu(api, dossier) as ours:
            await ours.set_all(dossier)
        for (scope, _), shown in api.state.commands.items():
            unseen = {each["command"] for each in shown if each.get("is_ephemeral")}
            members = self.UNSEEN & {each.command for each in commands(dossier, "en", GROUPS, managing=False)}
            wanted = {"all_chat_administrators": self.UNSEEN, "all_group_chats": members}
            assert unseen == wanted.get(scope, set()), scope

    async def test_a_menu_of_an_earlier_release_is_set_again(self, dossier: Dossier) -> None:
        """Its words are the same."""
        async with bot_api() as api, menu(api, dossier) as ours:
            await ours.set_all(dossier)
            key = "all_chat_administrators", "ru"
            for each in api.state.commands[key]:
                each.pop("is_ephemeral", None)
            api.calls.clear()
            await ours.set_all(dossier)
            assert [call.method for call in api.calls if call.method.startswith("set")] == ["setMyCommands"]
            assert sum(each.get("is_ephemeral", False) for each in api.state.commands[key]) == len(self.UNSEEN)

    def test_a_topic_that_has_taken_the_name_is_a_topic(self, folder: Path) -> None:
        (folder / "topics" / "privacy.yaml").write_text(TOPIC, encoding="utf-8")
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        [taken] = [each for each in commands(dossier, "en", GROUPS, managing=True) if each.command == "privacy"]
        assert not taken.api_kwargs


class TestDescriptions:
    """An empty chat and the profile show them."""

    def test_fit(self, dossier: Dossier) -> None:
        for language in dossier.languages:
            assert 0 < utf16_length(description(dossier, language)) <= DESCRIPTION
            assert 0 < utf16_length(short_description(dossier, language)) <= SHORT_DESCRIPTION

    def test_editors_are_warned_of_a_cut(self, folder: Path, edit: Edit) -> None:
        """Counted as readers get it: with the values of facts, without Markdown."""
        edit("dossier.yaml", "en: The island ferry", f"en: {'The ferry ' * 12}")
        edit("dossier.yaml", "en: What is known about the new ferry line.", f"en: '{'**Much** is known. ' * 40}'")
        assert [str(diagnostic) for diagnostic in load_checked(folder, TODAY).diagnostics] == [
            "dossier.yaml:6: warning: 599 characters of summary on Telegram, expected at most 512, or it is cut"
        ]


class TestSetting:
    """Menus and descriptions are set if they differ from Telegram's."""

    async def test_every_scope_and_language(self, dossier: Dossier) -> None:
        """The default language's texts serve all other languages."""
        async with bot_api() as api, menu(api, dossier) as ours:
            await ours.set_all(dossier)
        codes = ["", *dossier.languages]
        assert set(api.state.commands) == {(scope.type, code) for scope, _ in SCOPES for code in codes}
        assert {code for _, code in api.state.descriptions} == set(codes)
        assert api.state.commands["default", ""] == api.state.commands["default", "en"]
        assert api.state.commands["default", "ru"] != api.state.commands["default", "en"]

    async def test_nothing_is_set_twice(self, dossier: Dossier) -> None:
        async with bot_api() as api, menu(api, dossier) as ours:
            await ours.set_all(dossier)
            api.calls.clear()
            await ours.set_all(dossier)
        assert [call.method for call in api.calls if call.method.startswith("set")] == []

    async def test_only_what_differs(self, dossier: Dossier) -> None:
        async with bot_api() as api, menu(api, dossier) as ours:
            await ours.set_all(dossier)
            api.state.descriptions["description", "ru"] = "else"
            api.calls.clear()
            await ours.set_all(dossier)
        assert [call.method for call in api.calls if call.method.startswith("set")] == ["setMyDescription"]

    async def test_again_after_a_reload(self, dossier: Dossier) -> None:
        async with bot_api() as api, menu(api, dossier) as ours, ours.maintained():
            await api.until("setMyShortDescription", len(dossier.languages) + 1)
            ours.live.update(load(Path(__file__).parents[2] / "dossiers" / "tiny", TODAY))
            await api.when(lambda: any(each["command"] == "fare" for each in api.state.commands["default", ""]))

    async def test_a_refusal_does_not_stop_the_other_languages(self, dossier: Dossier) -> None:
        """The refused one is tried again after the next reload."""
        async with bot_api() as api, menu(api, dossier) as ours:
            api.fault("setMyCommands", 400, "Bad Request: no")
            async with ours.maintained():
                await api.until("setMyShortDescription", len(dossier.languages))
                assert {code for _, code in api.state.commands} == {*dossier.languages}
                ours.live.update(load(Path(__file__).parents[2] / "dossiers" / "tiny", TODAY))
                await api.when(lambda: ("default", "") in api.state.commands)

    @pytest.mark.parametrize(
        ("code", "wait", "parameters"), [(429, 300, {"retry_after": 300}), (502, RETRY_SECONDS, {})]
    )
    async def test_an_error_is_retried_later(
        self, dossier: Dossier, code: int, wait: float, parameters: dict[str, int]
    ) -> None:
        """After the wait that Telegram names, or after a minute."""
        async with bot_api() as api, menu(api, dossier) as ours:
            for _ in range(1 if code == 429 else len(REPEATING.pauses) + 1):
                api.fault("getMyCommands", code, **parameters)
            async with ours.maintained():
                await api.until("setMyShortDescription", len(dossier.languages) + 1)
        assert isinstance(ours.sleep, Sleeps)
        assert ours.sleep.seconds == [wait]
        assert {code for _, code in api.state.commands} == {"", *dossier.languages}

    async def test_a_language_without_menus_on_telegram(self, folder: Path, edit: Edit) -> None:
        """A code of three letters: its readers see the default menu."""
        edit("dossier.yaml", "languages: [en, id]\ndefault_language: en", "languages: [ace, id]\ndefault_language: ace")
        for name in ("dossier.yaml", "topics/fare.yaml", "bulletins/2026-01-05-first-crossing.yaml"):
            while "  en:" in (folder / name).read_text(encoding="utf-8"):
                edit(name, "  en:", "  ace:")
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        async with bot_api() as api, menu(api, dossier) as ours:
            await ours.set_all(dossier)
        assert {code for _, code in api.state.commands} == {"", "id"}
        assert {code for _, code in api.state.descriptions} == {"", "id"}
        assert "What a ticket costs" in [each["description"] for each in api.state.commands["default", ""]]
