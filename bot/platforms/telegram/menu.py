"""The bot's menu of commands and its descriptions, in every language; changed only where they differ.

See core.telegram.org/bots/api#setmycommands, #botcommandscope, #setmydescription and #setmyshortdescription.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.answers.commands import MenuEntry, bot_entries, topic_entries
from bot.dossier.model import Dossier, Language
from bot.edition import Edition
from bot.platforms.telegram.client import Client, Sleep
from bot.platforms.telegram.describing import long_words, short_words
from bot.platforms.telegram.limits import (
    COMMAND,
    COMMAND_DESCRIPTION,
    COMMANDS,
    DESCRIPTION,
    LANGUAGE,
    SHORT_DESCRIPTION,
)
from bot.platforms.telegram.markup import ELLIPSIS, Run, split, units
from bot.platforms.telegram.outcomes import seconds

log = structlog.get_logger("bot.telegram")

AGAIN_SECONDS = 60.0
"""After which Telegram is asked again where it could not be reached; it says itself how long it wants to be left alone."""

FOR_EVERYBODY = frozenset({"ask", "language"})
"""The bot's own commands that any member of a group may use to some end; the others are its admins'."""

SCOPES = {
    "default": False,
    "all_private_chats": True,
    "all_group_chats": False,
    "all_chat_administrators": True,
}
"""Who sees a menu, and whether it has the commands that change a chat."""


def commands(dossier: Dossier, language: Language, *, managing: bool) -> list[dict[str, str]]:
    """Commands and their descriptions; of the topics, as many as fit beside the bot's own."""
    own = [entry for entry in bot_entries(language) if managing or entry.command in FOR_EVERYBODY]
    topics = [entry for entry in topic_entries(dossier, language) if COMMAND.fullmatch(entry.command)]
    return [_line(entry) for entry in [*topics[: COMMANDS - len(own)], *own]]


def _line(entry: MenuEntry) -> dict[str, str]:
    """A BotCommand."""
    return {"command": entry.command, "description": clipped(entry.summary, COMMAND_DESCRIPTION) or entry.command}


def description(dossier: Dossier, language: Language) -> str:
    """What an empty chat with the bot shows: the dossier's summary."""
    return clipped(long_words(dossier, language), DESCRIPTION)


def short_description(dossier: Dossier, language: Language) -> str:
    """What the bot's profile shows: the dossier's title."""
    return clipped(short_words(dossier, language), SHORT_DESCRIPTION)


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
    sleep: Sleep = asyncio.sleep

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While inside, sets the menus in the background: at once, after each reading of the content, and again after faults."""
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
            except BadRequest as refusal:
                log.warning("the menu of commands was refused", error=str(refusal))
            except TelegramError as error:
                wait = seconds(error) if isinstance(error, RetryAfter) else AGAIN_SECONDS
                log.warning("the menu of commands could not be set yet", error=str(error), again_in_seconds=wait)
                await self.sleep(wait)
                changed.set()

    async def set_all(self, dossier: Dossier) -> None:
        """Sets what differs. The default language's texts stand for all languages that have none, with us or on Telegram.

        Raises:
            BadRequest: Telegram refuses something; in other languages all is set.
            TelegramError: it cannot be reached, or wants to be left alone.
        """
        default, refusal = dossier.header.default_language, None
        for code, language in [
            ("", default),
            *((each, each) for each in dossier.languages if LANGUAGE.fullmatch(each)),
        ]:
            try:
                await self._set(dossier, language, code)
            except BadRequest as error:
                refusal = error
        if refusal is not None:
            raise refusal

    async def _set(self, dossier: Dossier, language: Language, code: str) -> None:
        for scope, managing in SCOPES.items():
            await self._set_commands(commands(dossier, language, managing=managing), scope, code)
        await self._set_text("Description", description(dossier, language), code)
        await self._set_text("ShortDescription", short_description(dossier, language), code)

    async def _set_commands(self, wanted: list[dict[str, str]], scope: str, code: str) -> None:
        where = {"scope": {"type": scope}, "language_code": code}
        if await self.client.ask("getMyCommands", where) != wanted:
            await self.client.ask("setMyCommands", {"commands": wanted, **where})

    async def _set_text(self, which: str, wanted: str, code: str) -> None:
        """``which`` as the methods' names end; the parameter is named alike."""
        key = {"Description": "description", "ShortDescription": "short_description"}[which]
        there = await self.client.ask(f"getMy{which}", {"language_code": code})
        if not isinstance(there, dict) or there.get(key) != wanted:
            await self.client.ask(f"setMy{which}", {key: wanted, "language_code": code})
