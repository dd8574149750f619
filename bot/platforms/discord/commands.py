"""The slash commands, their registration with Discord, and the suggestions of ``/ask`` and ``/program``.

Commands are data (docs.discord.com/developers, interactions/application-commands), made from the dossier. A ``#`` names a section there.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, NamedTuple

import structlog
from rapidfuzz import fuzz, utils

from bot.commands import ASK, CHECK, COMMANDS, MISTAKE, OWN, PROGRAM, Who
from bot.conversation import Conversation
from bot.db.scoped_menus import ScopedMenus
from bot.delivery.records import until_database_answers
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.matching.tokenizer import MAX_CHARACTERS
from bot.newsroom.reports import MAX_WORDS
from bot.platforms.base import cut
from bot.platforms.discord.api import DiscordClient, DiscordError, HttpError, OutageReporter, Sleep
from bot.platforms.discord.limits import CHOICE_NAME, CHOICES, COMMAND_DESCRIPTION, COMMAND_NAME, LOCALES
from bot.platforms.discord.limits import COMMANDS as MAX_COMMANDS
from bot.platforms.discord.render import CommandNames, Mentions
from bot.platforms.discord.types import PLATFORM, CommandType, Installation, InteractionContext, Permission
from bot.replies.dossier_texts import DossierTexts
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_label
from bot.replies.listings import TITLES, bot_entries, listed_commands, name_in, topic_entries
from bot.replies.question import PROGRAMS

log = structlog.get_logger("bot.discord")

CommandPayload = dict[str, Any]

PRIVATE = "private"
"""An option of each answering command. In an interaction, an option has the same name in every language."""

OPTIONS = {
    "question": ("question", "What you would like to know"),
    "claim": ("claim", "What you heard"),
    "words": ("words", "What is wrong"),
    "programme": ("programme", "Which of the programmes"),
    "language": ("language", "The language of bulletins here"),
    PRIVATE: ("private", "Show the answer to me alone"),
}
"""Option → the phrases of its name and description."""

CHECK_MESSAGE = "Check with Nota"
"""The name of the message command, which is in the menu of each message."""

STRING, BOOLEAN = 3, 5
"""Types of options (#application-command-object-application-command-option-type)."""

QUESTION_LENGTH = 300
"""The most characters of ``/ask``'s question; our own rule."""

CLAIM_LENGTH = MAX_CHARACTERS
"""The most characters of ``/check``'s claim: no more are read."""

ARGUMENTS: Mapping[str, dict[str, Any]] = {
    PROGRAM: {"required": True, "autocomplete": True},
    ASK: {"required": True, "autocomplete": True, "max_length": QUESTION_LENGTH},
    CHECK: {"required": True, "max_length": CLAIM_LENGTH},
    MISTAKE: {"required": True, "max_length": MAX_WORDS},
}
"""Command that answers → the fields of its argument's option."""


FOR_ADMINS = str(int(Permission.MANAGE_CHANNELS))
"""``default_member_permissions`` requires all of its permissions (#using-default-permissions), so it cannot express "Manage Server or Manage
Channels". The latter can also be given for a single channel."""

_NOT_A_MEMBER = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""Discord's status codes for a server or channel that the bot is not in."""

_EVERYWHERE = {
    "default_member_permissions": None,
    "integration_types": list(Installation),
    "contexts": list(InteractionContext),
}
"""The fields of a command for everybody. It also works where only the user installed the app (#contexts)."""

MIN_SIMILARITY = 80
"""The similarity (rapidfuzz, 0 to 100) from which a typed word counts as a misspelling of another."""

MAX_EXACT = 3
"""Misspellings are only recognised in words of more letters than this."""

MAX_CACHED_TEXTS = 16_384
"""The most texts of topics whose words are cached, because each typed letter compares all of them."""

MAX_TYPED = 100
"""The most characters of the typed text that are compared."""


def commands(dossier: Dossier, installations: Sequence[Installation] = tuple(Installation)) -> list[CommandPayload]:
    """The global commands: topics, lists, and the bot's own.

    ``installations``: who may install the app. Discord refuses commands for anybody else (#installation-context).
    """
    return [
        command | {"integration_types": [kind for kind in command["integration_types"] if kind in installations]}
        for command in _Builder(dossier).all()
    ]


def staff_commands(dossier: Dossier, *, for_everybody: bool, has_owners: bool) -> list[CommandPayload]:
    """The commands of the editors' server.

    ``for_everybody``: whether members without permissions see the editors' commands. ``has_owners``: whether an owner is on Discord. Admins see the
    owners' command, and only owners get an answer.
    """
    permissions, builder = {"default_member_permissions": None if for_everybody else FOR_ADMINS}, _Builder(dossier)
    owners = [command | {"default_member_permissions": FOR_ADMINS} for command in builder.staff("owner")]
    return [*(command | permissions for command in builder.staff("editor")), *(owners if has_owners else ())]


def left_out(dossier: Dossier) -> list[Topic]:
    """The topics that get no command, because Discord's limit is reached; ``/ask`` finds them."""
    return _Builder(dossier).left_out


class _Builder:
    """Builds the commands. Their names are unique in each locale."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        has_programs = bool(dossier.programs)
        topics = [topic for topic in dossier.topics.values() if not topic.is_program]
        self._lists = [role for role in TITLES if role not in dossier.topics and (role != PROGRAMS or has_programs)]
        self._own = [own.name for own in listed_commands(dossier)]
        room = MAX_COMMANDS - len(self._lists) - has_programs - len(self._own)
        self._topics = {topic.command_word: topic for topic in topics[:room]}
        self.left_out = topics[room:]
        names = {*self._topics, *self._lists, *self._own, PROGRAM}
        self._taken = {locale: set(names) for locale in LOCALES}
        self._summaries = dict[Language, dict[str, str]]()
        for language in dossier.languages:
            entries = (*topic_entries(dossier, language, programs=False), *bot_entries(dossier, language))
            self._summaries[language] = {entry.command: entry.summary for entry in entries}

    def all(self) -> Iterator[CommandPayload]:
        for name in (*self._topics, *self._lists):
            yield self._answering_command(name)
        for name in (*([PROGRAM] if self._dossier.programs else ()), *self._own):
            is_answering = name in ARGUMENTS or OWN[name].about == "dossier"
            yield self._answering_command(name, ARGUMENTS.get(name)) if is_answering else self._chat_command(name)
        yield self._check_message()

    def staff(self, who: Who) -> list[CommandPayload]:
        """The commands for editors or owners. A topic with the same command comes first."""
        return [self._command(own.name) for own in COMMANDS if own.who == who and own.name not in self._topics]

    def _answering_command(self, name: str, argument: dict[str, Any] | None = None) -> CommandPayload:
        """A command that answers. ``argument``: the fields of its argument's option, if it has one."""
        own = OWN.get(name)
        options = [self._option(STRING, own.argument, **argument)] if own and own.argument and argument else []
        return self._command(name, *options, self._option(BOOLEAN, PRIVATE)) | _EVERYWHERE

    def _check_message(self) -> CommandPayload:
        """A message command: its name may have capitals and spaces, and it has no description (#message-commands)."""
        names = {locale: phrases_in(language).say(CHECK_MESSAGE) for locale, language in self._locales()}
        name = phrases_in(self._dossier.header.default_language).say(CHECK_MESSAGE)
        return {"type": CommandType.MESSAGE, "name": name, "name_localizations": names} | _EVERYWHERE

    def _chat_command(self, name: str) -> CommandPayload:
        languages = [{"name": language_label(offered), "value": offered} for offered in self._dossier.languages]
        options = [self._option(STRING, "language", choices=languages[:CHOICES])] if OWN[name].argument else []
        return self._command(name, *options) | {
            "default_member_permissions": FOR_ADMINS if OWN[name].who == "admin" else None,
            "integration_types": [Installation.GUILD],
            "contexts": [InteractionContext.GUILD, InteractionContext.BOT_DM],
        }

    def _command(self, name: str, *options: CommandPayload) -> CommandPayload:
        localised = {}
        for locale, language in self._locales():
            free = (word for word in self._names(name, language) if self._is_free(word, name, locale))
            if free_name := next(free, None):
                self._taken[locale].add(free_name)
                localised[locale] = free_name
        described = self._described(CommandType.CHAT_INPUT, name, localised, partial(self._description, name))
        return described | {"options": [*options]}

    def _option(self, kind: int, name: str, **more: Any) -> CommandPayload:
        name_phrase, description_phrase = OPTIONS[name]
        localised = {locale: phrases_in(language).say(name_phrase) for locale, language in self._locales()}
        return self._described(kind, name, localised, lambda spoken: phrases_in(spoken).say(description_phrase)) | more

    def _described(
        self, kind: int, name: str, localised: Mapping[str, str], text: Callable[[Language], str]
    ) -> CommandPayload:
        descriptions = {locale: cut(text(language), COMMAND_DESCRIPTION) for locale, language in self._locales()}
        return {
            "type": kind,
            "name": name,
            "name_localizations": localised,
            "description": cut(text(self._dossier.header.default_language), COMMAND_DESCRIPTION),
            "description_localizations": descriptions,
        }

    def _description(self, name: str, language: Language) -> str:
        if name in self._summaries[language]:
            return self._summaries[language][name]
        return phrases_in(language).say(OWN[name].summary if name in OWN else TITLES[TopicId(name)][1])

    def _names(self, name: str, language: Language) -> Iterable[str]:
        """The possible names of the command in the language, the best first.

        Aliases in one list for all languages are not used, because their language is not known.
        """
        if name in self._topics:
            aliases = self._topics[name].aliases
            return aliases.get(language, ()) if isinstance(aliases, dict) else ()
        own = OWN.get(name)
        return [name_in(language, own)] if own and own.is_for_readers else ()

    def _is_free(self, word: str, name: str, locale: str) -> bool:
        is_valid = COMMAND_NAME.fullmatch(word) is not None and word == word.lower()
        return is_valid and (word == name or word not in self._taken[locale])

    def _locales(self) -> Iterator[tuple[str, Language]]:
        """Discord's locales of the dossier's languages, except the default language, which needs no localisation."""
        for language in self._dossier.languages:
            if language != self._dossier.header.default_language:
                yield from ((locale, language) for locale in sorted(LOCALES) if locale.split("-")[0] == language)


class Synced(NamedTuple):
    """The commands registered with Discord, with their ids, and whether they were changed."""

    registered: list[CommandPayload]
    is_new: bool


async def sync(
    client: DiscordClient, application_id: int, commands: Sequence[CommandPayload], guild_id: int | None = None
) -> Synced:
    """Registers the global commands, or those of a server, if they differ.

    Raises:
        TokenRefused, DiscordError: Discord refuses, or cannot be reached.
    """
    current = await client.commands(application_id, guild_id)
    is_list = isinstance(current, list) and all(isinstance(entry, dict) for entry in current)
    if is_list and _comparable_commands(current, guild_id) == _comparable_commands(commands, guild_id):
        return Synced(current, is_new=False)
    return Synced(await client.set_commands(application_id, guild_id, list(commands)), is_new=True)


async def sync_global(client: DiscordClient, application_id: int, dossier: Dossier) -> Synced:
    """Registers the dossier's global commands, for those who may install the app.

    Raises:
        TokenRefused, DiscordError: Discord refuses, or cannot be reached.
    """
    application = await client.application()
    return await sync(client, application_id, commands(dossier, application.installations))


_COMPARED = frozenset(
    {"name", "description", "name_localizations", "description_localizations", "default_member_permissions"}
    | {"nsfw", "type", "required", "choices", "autocomplete", "max_length", "value"}
)
"""The fields of commands, options and choices that are compared. Discord adds ids, versions and defaults."""

_COMPARED_IF_GLOBAL = ("integration_types", "contexts")
"""Fields that only global commands have (#application-command-object-application-command-structure)."""


def _comparable_commands(commands: Iterable[CommandPayload], guild_id: int | None) -> list[CommandPayload]:
    lists = _COMPARED_IF_GLOBAL if guild_id is None else ()
    shown = [_comparable(each) | {name: sorted(each[name]) for name in lists if each.get(name)} for each in commands]
    return sorted(shown, key=lambda command: str(command.get("name")))


def _comparable(part: CommandPayload) -> CommandPayload:
    """A command, option or choice without defaults, which Discord may include or omit."""
    fields = {name: part[name] for name in _COMPARED if part.get(name)}
    children = (name for name in ("options", "choices") if part.get(name))
    return fields | {name: list(map(_comparable, part[name])) for name in children}


@dataclass(slots=True)
class CommandSync:
    """Keeps the registered commands up to date: the global ones, and the editors' commands in the editors' server alone.

    ``mentions``: gets the registered commands, for mentions in messages.
    """

    client: DiscordClient
    conversation: Conversation
    mentions: Mentions
    sleep: Sleep = asyncio.sleep
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _is_editors_server_due: bool = True

    def channels_changed(self, channel_ids: Iterable[int]) -> None:
        """Registers the editors' commands if the bot may have gained access to the editors' channel."""
        chat = self.conversation.staff.editors_chat_on(PLATFORM)
        if chat is not None and int(chat.chat_id) in channel_ids:
            self._is_editors_server_due = True
            self._changed.set()

    async def run(self, application_id: int) -> None:
        """Registers the commands at the start and after each change, until cancelled. Failures are logged; the bot answers nevertheless.

        Raises:
            TokenRefused: Discord does not accept the token.
        """
        live = self.conversation.live
        live.on_change(self._changed.set)
        registered = None
        while True:
            self._changed.clear()
            wanted = commands(live.dossier)
            if wanted != registered:
                await self._sync_global(application_id, live.dossier)
                registered, self._is_editors_server_due = wanted, True
            if self._is_editors_server_due:
                self._is_editors_server_due = False
                outage = OutageReporter(_log_outage)
                work = partial(outage.retry, partial(self._sync_editors_once, application_id), self.sleep)
                try:
                    await until_database_answers(work, self.sleep)
                except DiscordError as error:
                    log.error("the editors' commands were not registered", error=str(error))
            await self._changed.wait()

    async def _sync_global(self, application_id: int, dossier: Dossier) -> None:
        outage = OutageReporter(_log_outage)
        try:
            work = partial(sync_global, self.client, application_id, dossier)
            registered, is_new = await outage.retry(work, self.sleep)
        except DiscordError as error:
            log.error("the commands were not registered", error=str(error))
        else:
            self.mentions.commands = CommandNames.of(registered)
            log.info("the commands are registered", commands=len(registered), changed=is_new)

    async def _sync_editors_once(self, application_id: int) -> None:
        """Registers the editors' commands, and removes them from former servers.

        A server is stored before its commands are registered, and removed after they are deleted, so that no server is forgotten.
        """
        conversation = self.conversation
        servers = ScopedMenus(conversation.store.database, PLATFORM)
        stored, guild_id = await servers.all(), await self._editors_guild()
        if guild_id is not None:
            if str(guild_id) not in stored:
                await servers.add(str(guild_id))
            named = bool(conversation.staff.editors_on(PLATFORM))  # named editors may lack permissions in the server
            has_owners = bool(conversation.staff.owners_on(PLATFORM))
            wanted = staff_commands(conversation.live.dossier, for_everybody=named, has_owners=has_owners)
            await sync(self.client, application_id, wanted, guild_id)
        for former in stored - {str(guild_id)}:
            try:
                await sync(self.client, application_id, [], int(former))
            except HttpError as error:
                if error.status not in _NOT_A_MEMBER:  # the bot has left that server, and the commands with it
                    raise
            await servers.remove(former)

    async def _editors_guild(self) -> int | None:
        """The server of the editors' channel; None if there is none, or it is a direct message. Stores the channel around a thread."""
        chat = self.conversation.staff.editors_chat_on(PLATFORM)
        if chat is None:
            return None
        try:
            channel = await self.client.channel(int(chat.chat_id))
        except HttpError as error:
            if error.status not in _NOT_A_MEMBER:
                raise
            log.warning("EDITORS_CHAT cannot be reached: invite the bot to that channel", error=str(error))
            return None
        if channel.is_thread and channel.parent_id is not None:  # once it is deleted, Discord does not tell
            await self.conversation.store.readers.meet(chat, "group", parent_id=str(channel.parent_id))
        return channel.guild_id


def _log_outage(text: str) -> None:
    if text:
        log.error("the commands are not registered yet", reason=text)


def suggestions(dossier: Dossier, option: str, typed: str, language: Language) -> dict[str, str]:
    """The choices for an option, title → command, the best first; all topics if nothing is typed."""
    is_program = option == OWN[PROGRAM].argument
    topics = [topic for topic in dossier.topics.values() if topic.is_program or not is_program]
    wanted = utils.default_process(typed[:MAX_TYPED]).split()
    in_each = (_matching(topics, wanted, spoken) for spoken in (language, *dossier.languages))
    offered = next(filter(None, in_each), []) if wanted else topics
    composer = DossierTexts(dossier, language)
    named = {cut(composer.topic_button(topic).label, CHOICE_NAME): f"/{topic.command_word}" for topic in offered}
    return dict(list(named.items())[:CHOICES])


def _matching(topics: Sequence[Topic], typed: Sequence[str], language: Language) -> list[Topic]:
    """The topics with a text in which every typed word begins a word; without such topics, those with misspellings of the words.

    The texts are, the best first: title, command and aliases, example questions.
    """
    texts = [
        [topic.title[language], " ".join([topic.command_word, *topic.all_aliases]), *topic.asks.get(language, ())]
        for topic in topics
    ]
    for is_like in (str.startswith, _is_alike):
        ranked = sorted(
            (rank, index)
            for index, of_topic in enumerate(texts)
            for rank, text in enumerate(of_topic)
            if all(any(is_like(word, typed_word) for word in _words(text)) for typed_word in typed)
        )
        if ranked:
            return [topics[index] for index in dict.fromkeys(index for _, index in ranked)]
    return []


@lru_cache(maxsize=MAX_CACHED_TEXTS)
def _words(text: str) -> frozenset[str]:
    return frozenset(utils.default_process(text).split())


def _is_alike(word: str, typed: str) -> bool:
    """Whether the word begins with a misspelling of ``typed``."""
    return len(typed) > MAX_EXACT and fuzz.ratio(word[: len(typed) + 1], typed, score_cutoff=MIN_SIMILARITY) > 0
