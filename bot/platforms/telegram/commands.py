"""The bot's menu of commands and its descriptions, in every language; changed only where they differ.

See core.telegram.org/bots/api#setmycommands, #botcommandscope, #setmydescription and #setmyshortdescription.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.db.engine import LOST
from bot.db.menus import ScopedMenus
from bot.dossier.markdown import Paragraph, plain
from bot.dossier.models import Dossier, Language
from bot.feeds.review_messages import WIRE
from bot.live_dossier import Edition
from bot.platforms.telegram.api import Client, Sleep, seconds
from bot.platforms.telegram.handlers import ADMINS
from bot.platforms.telegram.limits import (
    COMMAND,
    COMMAND_DESCRIPTION,
    COMMANDS,
    DESCRIPTION,
    LANGUAGE,
    SHORT_DESCRIPTION,
)
from bot.platforms.telegram.render import ELLIPSIS, Run, split, units
from bot.replies.composer import Composer
from bot.replies.i18n import phrases
from bot.replies.listings import MenuEntry, bot_entries, topic_entries


def long_words(dossier: Dossier, language: Language) -> str:
    """The dossier's summary, for an empty chat."""
    blocks = Composer(dossier, language).blocks(dossier.header.summary[language])
    return " ".join(plain(block.spans) for block in blocks if isinstance(block, Paragraph))


def short_words(dossier: Dossier, language: Language) -> str:
    """The dossier's title, for the profile."""
    return Composer(dossier, language).line(dossier.header.title[language])


log = structlog.get_logger("bot.telegram")


AGAIN_SECONDS = 60.0
"""After which Telegram is asked again where it could not be reached; it says itself how long it wants to be left alone."""


FOR_EVERYBODY = frozenset({"ask", "language"})
"""The bot's own commands that any member of a group may use to some end; the others are its admins'."""


Scope = dict[str, str | int]
"""A BotCommandScope."""


SCOPES = {
    "default": False,
    "all_private_chats": True,
    "all_group_chats": False,
    "all_chat_administrators": True,
}
"""Who sees a menu, and whether it has the commands that change a chat."""


def commands(dossier: Dossier, language: Language, *, managing: bool, editing: bool = False) -> list[dict[str, str]]:
    """Commands and their descriptions; of the topics, as many as fit beside the bot's own.

    ``managing``: with those that change a chat; ``editing``: with the editors'.
    """
    own = [entry for entry in bot_entries(language) if managing or entry.command in FOR_EVERYBODY]
    own += [MenuEntry(WIRE, phrases(language).say("News that waits for an editor"))] if editing else []
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


def languages_of(dossier: Dossier) -> Iterator[tuple[str, Language]]:
    """Telegram's codes, each with the language of the dossier that is shown for it; "": for all others."""
    yield "", dossier.header.default_language
    yield from ((each, each) for each in dossier.languages if LANGUAGE.fullmatch(each))


async def set_commands(client: Client, wanted: list[dict[str, str]], scope: Scope, code: str) -> None:
    """Sets a menu where Telegram has another."""
    where = {"scope": scope, "language_code": code}
    if await client.ask("getMyCommands", where) != wanted:
        await client.ask("setMyCommands", {"commands": wanted, **where})


@dataclass(frozen=True, slots=True)
class DeskMenu:
    """The menu of the editors' chat, which has their command besides; set for nobody else.

    Attributes:
        chat_id: None where there is no such chat on Telegram.
        people: who decides there besides the chat's admins.
        set_before: the menus of this kind that were set, here or where the editors' chat was before.
    """

    client: Client
    chat_id: int | None
    people: Sequence[int]
    set_before: ScopedMenus

    async def set(self, dossier: Dossier) -> None:
        """Sets what differs, and takes away what is no longer wanted.

        Raises:
            TelegramError: Telegram refuses, or cannot be reached.
            DatabaseUnavailable: the database cannot be reached.
        """
        before, wanted = await self.set_before.all(), set()
        for scope, managing in await self._scopes():
            for code, language in languages_of(dossier):
                key = json.dumps([scope, code])
                wanted.add(key)
                if key not in before:
                    await self.set_before.add(key)
                await set_commands(
                    self.client, commands(dossier, language, managing=managing, editing=True), scope, code
                )
        for key in before - wanted:
            await self._delete(key)

    async def _scopes(self) -> list[tuple[Scope, bool]]:
        """Who sees the menu, and whether they run the chat: its admins, and the people named who are in it (#botcommandscope).

        Telegram shows no menu in channels.
        """
        if self.chat_id is None:
            return []
        try:
            kind = (await self.client.ask("getChat", {"chat_id": self.chat_id})).get("type")
            if kind == "private":
                return [({"type": "chat", "chat_id": self.chat_id}, True)]
            if kind == "channel":
                return []
            people = [(each, await self._status(each)) for each in self.people]
        except (BadRequest, Forbidden) as refusal:
            log.warning("EDITORS_CHAT cannot be reached: add the bot to it", error=str(refusal))
            return []
        members: list[tuple[Scope, bool]] = [
            ({"type": "chat_member", "chat_id": self.chat_id, "user_id": each}, status in ADMINS)
            for each, status in people
            if status not in _OUTSIDE
        ]
        return [({"type": "chat_administrators", "chat_id": self.chat_id}, True), *members]

    async def _status(self, user_id: int) -> str:
        try:
            member = await self.client.ask("getChatMember", {"chat_id": self.chat_id, "user_id": user_id})
        except BadRequest:  # somebody whom Telegram does not know there
            return "left"
        return str(member.get("status"))

    async def _delete(self, key: str) -> None:
        scope, code = json.loads(key)
        try:
            await self.client.ask("deleteMyCommands", {"scope": scope, "language_code": code})
        except (BadRequest, Forbidden) as refusal:  # the chat is gone, and its menu with it
            log.info("the menu of a chat could not be taken away", error=str(refusal))
        await self.set_before.remove(key)


_OUTSIDE = ("left", "kicked")


@dataclass(frozen=True, slots=True)
class Menu:
    """Keeps Telegram's menus like the edition in force; ``desk`` is the menu of the editors' chat, where it is told."""

    client: Client
    edition: Edition
    sleep: Sleep = asyncio.sleep
    desk: "DeskMenu | None" = None

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
                if self.desk is not None:
                    await self.desk.set(self.edition.dossier)
            except BadRequest as refusal:
                log.warning("the menu of commands was refused", error=str(refusal))
            except LOST as failure:
                log.warning("the database does not answer", failure=type(failure).__name__)
                await self.sleep(AGAIN_SECONDS)
                changed.set()
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
        refusal = None
        for code, language in languages_of(dossier):
            try:
                await self._set(dossier, language, code)
            except BadRequest as error:
                refusal = error
        if refusal is not None:
            raise refusal

    async def _set(self, dossier: Dossier, language: Language, code: str) -> None:
        for scope, managing in SCOPES.items():
            await set_commands(self.client, commands(dossier, language, managing=managing), {"type": scope}, code)
        await self._set_text("Description", description(dossier, language), code)
        await self._set_text("ShortDescription", short_description(dossier, language), code)

    async def _set_text(self, which: str, wanted: str, code: str) -> None:
        """``which`` as the methods' names end; the parameter is named alike."""
        key = {"Description": "description", "ShortDescription": "short_description"}[which]
        there = await self.client.ask(f"getMy{which}", {"language_code": code})
        if not isinstance(there, dict) or there.get(key) != wanted:
            await self.client.ask(f"setMy{which}", {key: wanted, "language_code": code})
