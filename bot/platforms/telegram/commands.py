"""The bot's command menus and descriptions, in every language. They are set only if they differ.

See core.telegram.org/bots/api#setmycommands, #botcommandscope, #setmydescription and #setmyshortdescription.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BotCommandScopeChatMember,
    BotCommandScopeDefault,
    ChatMember,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.commands import COMMANDS, OWN
from bot.db.engine import DATABASE_AWAY
from bot.db.scoped_menus import ScopedMenus
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.platforms.base import cut
from bot.platforms.telegram.api import Sleep, TelegramClient, retry_seconds
from bot.platforms.telegram.limits import (
    COMMAND,
    COMMAND_DESCRIPTION,
    LANGUAGE,
)
from bot.platforms.telegram.limits import COMMANDS as MAX_COMMANDS
from bot.platforms.telegram.profile import description, short_description
from bot.platforms.telegram.rights import ADMIN_STATUSES
from bot.platforms.telegram.types import PLATFORM
from bot.replies.i18n import phrases_in
from bot.replies.listings import MenuEntry, bot_entries, topic_entries

log = structlog.get_logger("bot.telegram")

RETRY_SECONDS = 60.0
"""The pause after an error before the menus are set again; a 429 has its own."""

NOT_OF_GROUPS = (BotCommandScope.DEFAULT, BotCommandScope.ALL_PRIVATE_CHATS, BotCommandScope.CHAT)
"""The types of scopes whose menus are not for groups, where alone there are ephemeral messages."""

SCOPES: tuple[tuple[BotCommandScope, bool], ...] = (
    (BotCommandScopeDefault(), False),
    (BotCommandScopeAllPrivateChats(), True),
    (BotCommandScopeAllGroupChats(), False),
    (BotCommandScopeAllChatAdministrators(), True),
)
"""The scopes of the menus, and whether a menu has the commands that change a chat."""


@dataclass(frozen=True, slots=True)
class CommandMenus:
    """Keeps the menus up to date with the dossier in force."""

    client: TelegramClient
    live: LiveDossier
    sleep: Sleep = asyncio.sleep
    staff_menus: "StaffMenus | None" = None

    @asynccontextmanager
    async def maintained(self) -> AsyncIterator[None]:
        """Sets the menus in the background inside the context: at the start, after each reload of the content, and again after an error."""
        changed = asyncio.Event()
        changed.set()
        self.live.on_change(changed.set)
        if self.staff_menus is not None and self.staff_menus.editors_chat is not None:
            self.staff_menus.editors_chat.on_move(changed.set)
        task = asyncio.create_task(self._maintain(changed))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _maintain(self, changed: asyncio.Event) -> None:
        while await changed.wait():
            changed.clear()
            try:
                await self.set_all(self.live.dossier)
                if self.staff_menus is not None:
                    await self.staff_menus.set(self.live.dossier)
                continue
            except BadRequest as error:
                log.warning("the command menu was refused", error=str(error))
                continue
            except DATABASE_AWAY as error:
                wait = RETRY_SECONDS
                error_name = type(error).__name__
                log.warning("the editors' command menu waits for the database", error=error_name, again_in_seconds=wait)
            except TelegramError as error:
                wait = retry_seconds(error) if isinstance(error, RetryAfter) else RETRY_SECONDS
                log.warning("the command menu could not be set yet", error=str(error), again_in_seconds=wait)
            await self.sleep(wait)
            changed.set()

    async def set_all(self, dossier: Dossier) -> None:
        """Sets the menus and descriptions that differ. Those of the default language serve all languages without their own.

        Raises:
            BadRequest: Telegram refuses a text; the other languages are set.
            TelegramError: it cannot be reached.
        """
        refusal = None
        for code, language in menu_languages(dossier):
            try:
                client, bot = self.client, self.client.bot
                for scope, managing in SCOPES:
                    await set_commands(client, commands(dossier, language, scope, managing=managing), scope, code)
                text = description(dossier, language)
                if (await client.query(bot.get_my_description, code)).description != text:
                    await client.query(bot.set_my_description, text, code)
                text = short_description(dossier, language)
                if (await client.query(bot.get_my_short_description, code)).short_description != text:
                    await client.query(bot.set_my_short_description, text, code)
            except BadRequest as error:
                refusal = error
        if refusal is not None:
            raise refusal


Menu = tuple[BotCommandScope, bool, frozenset[str]]
"""A menu: its scope, whether it has the commands that change a chat, and its commands for editors and owners."""


@dataclass(frozen=True, slots=True)
class StaffMenus:
    """The menus of the editors' chat, and of the private chats of editors and owners, which have commands of their own.

    Attributes:
        editors_chat: the editors' chat; None if there is none.
        editors: the editors named in the settings.
        owners: the owners, who may use ``/status``.
        has_desk: whether there is a desk.
        stored: the menus that were set for editors and owners, including those of an earlier editors' chat.
    """

    client: TelegramClient
    editors_chat: EditorsChat | None
    editors: Sequence[int]
    owners: Sequence[int]
    has_desk: bool
    stored: ScopedMenus

    @property
    def chat_id(self) -> int | None:
        """The id of the editors' chat; None if it is not on Telegram."""
        chat = self.editors_chat.on(PLATFORM) if self.editors_chat is not None else None
        return int(chat.chat_id) if chat is not None else None

    async def set(self, dossier: Dossier) -> None:
        """Sets the menus that differ and deletes those that are no longer used.

        Raises:
            TelegramError: Telegram refuses, or cannot be reached.
            Any of DATABASE_AWAY: the database is away.
        """
        before, wanted = await self.stored.all(), set()
        for scope, managing, staff in (*await self._of_editors_chat(), *self._of_people()):
            for code, language in menu_languages(dossier):
                key = json.dumps([scope.to_dict(), code])
                wanted.add(key)
                if key not in before:
                    await self.stored.add(key)
                menu = commands(dossier, language, scope, managing=managing, staff=staff)
                try:
                    await set_commands(self.client, menu, scope, code)
                except (BadRequest, Forbidden) as error:  # the person has never opened the private chat
                    log.info("a chat's command menu was refused", error=str(error))
        for key in before - wanted:
            await self._delete(key)

    def _of_people(self) -> Iterator[Menu]:
        """The menus of private chats, except the editors' chat if it is one: it has its own menu."""
        for person in sorted({*self.editors, *self.owners} - {self.chat_id}):
            yield BotCommandScopeChat(person), True, self._commands_of(person)

    def _commands_of(self, person: int) -> frozenset[str]:
        return frozenset(
            own.name
            for own in COMMANDS
            if (own.about == "office" and own.who == "editor" and self.has_desk)
            or (own.who == "owner" and person in self.owners)
        )

    async def _of_editors_chat(self) -> list[Menu]:
        """The menus for the chat's admins, and for the named editors who are members. Telegram shows no menu in channels."""
        chat_id = self.chat_id
        if self.editors_chat is None or chat_id is None:
            return []
        editing = frozenset(own.name for own in COMMANDS if own.who == "editor")
        try:
            kind = (await self.client.query(self.client.bot.get_chat, chat_id)).type
            if kind == "private":
                return [(BotCommandScopeChat(chat_id), True, editing | self._commands_of(chat_id))]
            if kind == "channel":
                return []
            statuses = [(user_id, await self._status(chat_id, user_id)) for user_id in self.editors]
        except ChatMigrated as moved:
            self.editors_chat.follow(PLATFORM, str(chat_id), str(moved.new_chat_id))
            return await self._of_editors_chat()
        except (BadRequest, Forbidden) as error:
            log.warning("EDITORS_CHAT cannot be reached: add the bot to it", error=str(error))
            return []
        of_members = [
            (BotCommandScopeChatMember(chat_id, user_id), status in ADMIN_STATUSES, editing)
            for user_id, status in statuses
            if status not in (ChatMember.LEFT, ChatMember.BANNED)
        ]
        return [(BotCommandScopeChatAdministrators(chat_id), True, editing), *of_members]

    async def _status(self, chat_id: int, user_id: int) -> str:
        try:
            return (await self.client.query(self.client.bot.get_chat_member, chat_id, user_id)).status
        except BadRequest:  # Telegram does not know the user in this chat
            return ChatMember.LEFT

    async def _delete(self, key: str) -> None:
        bot, (scope, code) = self.client.bot, json.loads(key)
        try:
            await self.client.query(bot.delete_my_commands, BotCommandScope.de_json(scope, bot), code)
        except (BadRequest, Forbidden) as error:  # the chat is gone, and its menu with it
            log.info("a chat's command menu could not be deleted", error=str(error))
        await self.stored.remove(key)


async def set_commands(client: TelegramClient, wanted: Sequence[BotCommand], scope: BotCommandScope, code: str) -> None:
    """Sets a menu if it differs from Telegram's. Two commands that differ in ``is_ephemeral`` are equal to python-telegram-bot."""
    present = await client.query(client.bot.get_my_commands, scope, code)
    if [command.to_dict() for command in present] != [command.to_dict() for command in wanted]:
        await client.query(client.bot.set_my_commands, wanted, scope, code)


def menu_languages(dossier: Dossier) -> Iterator[tuple[str, Language]]:
    """Telegram's language codes with the dossier's language for each; "" stands for all other languages."""
    yield "", dossier.header.default_language
    yield from ((language, language) for language in dossier.languages if LANGUAGE.fullmatch(language))


def commands(
    dossier: Dossier, language: Language, scope: BotCommandScope, *, managing: bool, staff: Collection[str] = ()
) -> list[BotCommand]:
    """As many of the topics' commands as fit, then the bot's own.

    In groups nobody else sees those that are for the asker alone (core.telegram.org/bots/api#botcommand, ``is_ephemeral``), nor their answers.
    ``managing``: whether to include commands that change a chat. ``staff``: the commands of editors and owners to include.
    """
    own = [entry for entry in bot_entries(dossier, language) if managing or OWN[entry.command].who == "everyone"]
    topics = [entry for entry in topic_entries(dossier, language) if COMMAND.fullmatch(entry.command)]
    free = set(staff) - {entry.command for entry in topics}
    own += [MenuEntry(name, phrases_in(language).say(OWN[name].summary)) for name in sorted(free)]
    shown = [(entry, False) for entry in topics[: MAX_COMMANDS - len(own)]]
    shown += [(entry, scope.type not in NOT_OF_GROUPS and OWN[entry.command].is_for_asker_alone) for entry in own]
    return [
        BotCommand(
            entry.command,
            cut(entry.summary, COMMAND_DESCRIPTION) or entry.command,
            api_kwargs={"is_ephemeral": True} if is_unseen else None,
        )
        for entry, is_unseen in shown
    ]
