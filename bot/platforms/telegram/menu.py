"""The bot's menu of commands and its descriptions, in every language; changed only where they differ.

See core.telegram.org/bots/api#setmycommands, #botcommandscope, #setmydescription and #setmyshortdescription.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.answers.commands import MenuEntry, bot_entries, topic_entries
from bot.answers.composing import Composer
from bot.dossier.model import Dossier, Language
from bot.dossier.text import plain
from bot.edition import Edition
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.limits import COMMAND, COMMAND_DESCRIPTION, COMMANDS, DESCRIPTION, SHORT_DESCRIPTION
from bot.platforms.telegram.markup import ELLIPSIS, Run, split, units

log = structlog.get_logger("bot.telegram")

FOR_EVERYBODY = frozenset({"ask", "language"})
"""The bot's own commands that any member of a group may use to some end; the others are its admins'."""

_SCOPES: tuple[tuple[BotCommandScope, bool], ...] = (
    (BotCommandScopeDefault(), False),
    (BotCommandScopeAllPrivateChats(), True),
    (BotCommandScopeAllGroupChats(), False),
    (BotCommandScopeAllChatAdministrators(), True),
)
"""Who sees a menu, and whether it has the commands that change a chat."""


def commands(dossier: Dossier, language: Language, *, managing: bool) -> list[tuple[str, str]]:
    """Commands and their descriptions; of the topics, as many as fit beside the bot's own."""
    own = [entry for entry in bot_entries(language) if managing or entry.command in FOR_EVERYBODY]
    topics = [entry for entry in topic_entries(dossier, language) if COMMAND.fullmatch(entry.command)]
    return [_line(entry) for entry in [*topics[: COMMANDS - len(own)], *own]]


def _line(entry: MenuEntry) -> tuple[str, str]:
    return entry.command, clipped(entry.summary, COMMAND_DESCRIPTION) or entry.command


def clipped(text: str, limit: int) -> str:
    """The text, cut with an ellipsis where it is longer than Telegram takes."""
    if units(text) <= limit:
        return text
    head, _ = split([Run(text)], limit - units(ELLIPSIS))
    return "".join(run.text for run in head).rstrip() + ELLIPSIS


@dataclass(frozen=True, slots=True)
class Menu:
    """Keeps Telegram's menus like the edition in force."""

    client: Client
    edition: Edition

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While inside, sets the menus in the background: at once, and after each reading of the content."""
        changed = asyncio.Event()
        changed.set()
        self.edition.on_change(changed.set)
        keeping = asyncio.create_task(self._keep(changed))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self, changed: asyncio.Event) -> None:
        while await changed.wait():
            changed.clear()
            try:
                await self.set_all(self.edition.dossier)
            except TelegramError as error:
                log.warning("the menu of commands could not be set", error=str(error))

    async def set_all(self, dossier: Dossier) -> None:
        """Sets what differs. The default language's texts stand for all languages that the dossier has none of.

        Raises:
            TelegramError: Telegram refuses something, or cannot be reached.
        """
        default = dossier.header.default_language
        for code, language in [("", default), *((each, each) for each in dossier.languages)]:
            for scope, managing in _SCOPES:
                await self._set_commands(commands(dossier, language, managing=managing), scope, code)
            await self._set_descriptions(dossier, language, code)

    async def _set_commands(self, wanted: list[tuple[str, str]], scope: BotCommandScope, code: str) -> None:
        bot, repeated = self.client.bot, self.client.repeated
        there = await repeated(lambda: bot.get_my_commands(scope, code or None), harmless=True)
        if [(each.command, each.description) for each in there] != wanted:
            menu = [BotCommand(command, description) for command, description in wanted]
            await repeated(lambda: bot.set_my_commands(menu, scope, code or None), harmless=True)

    async def _set_descriptions(self, dossier: Dossier, language: Language, code: str) -> None:
        bot, repeated = self.client.bot, self.client.repeated
        composer = Composer(dossier, language)
        summary = " ".join(
            plain(getattr(block, "spans", ())) for block in composer.blocks(dossier.header.summary[language])
        )
        wanted = clipped(summary, DESCRIPTION)
        there = await repeated(lambda: bot.get_my_description(code or None), harmless=True)
        if there.description != wanted:
            await repeated(lambda: bot.set_my_description(wanted, code or None), harmless=True)
        short = clipped(composer.line(dossier.header.title[language]), SHORT_DESCRIPTION)
        there_short = await repeated(lambda: bot.get_my_short_description(code or None), harmless=True)
        if there_short.short_description != short:
            await repeated(lambda: bot.set_my_short_description(short, code or None), harmless=True)
