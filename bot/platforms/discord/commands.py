"""The slash commands, how Discord is told of them, and what ``/ask`` and ``/program`` offer while somebody types."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from rapidfuzz import fuzz, process, utils

from bot.conversation import language_label
from bot.db.menus import ScopedMenus
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.feeds.review_messages import WIRE
from bot.platforms.base import cut
from bot.platforms.discord.api import Client, HttpError
from bot.platforms.discord.limits import CHOICE_NAME, CHOICES, COMMAND_DESCRIPTION, COMMAND_NAME, LOCALES
from bot.platforms.discord.limits import COMMANDS as MOST_COMMANDS
from bot.platforms.discord.types import MANAGE_CHANNELS
from bot.replies.composer import Composer
from bot.replies.i18n import phrases_in
from bot.replies.listings import BOT_COMMANDS, TITLES, bot_entries, topic_entries
from bot.replies.question import PROGRAMS

QUESTION, PROGRAM, LANGUAGE, PRIVATE = "question", "programme", "language", "private"
"""The options' names, as an interaction gives them whatever the language."""


Say = Callable[[Language], str]


ONE_PROGRAM: Say = lambda language: phrases_in(language).say("One of the programmes")  # noqa: E731


COMMANDS: Mapping[str, Say] = {
    "ask": lambda language: phrases_in(language).say("/ask"),
    "program": lambda language: phrases_in(language).say("/program"),
    "subscribe": lambda language: phrases_in(language).say("/subscribe"),
    "unsubscribe": lambda language: phrases_in(language).say("/unsubscribe"),
    "settings": lambda language: phrases_in(language).say("/settings"),
    "language": lambda language: phrases_in(language).say("/language"),
    "why": lambda language: phrases_in(language).say("/why"),
}
"""The bot's own commands by their names in each language."""


OPTIONS: Mapping[str, tuple[Say, Say]] = {
    QUESTION: (
        lambda language: phrases_in(language).say("question"),
        lambda language: phrases_in(language).say("What you would like to know"),
    ),
    PROGRAM: (
        lambda language: phrases_in(language).say("programme"),
        lambda language: phrases_in(language).say("Which of the programmes"),
    ),
    LANGUAGE: (
        lambda language: phrases_in(language).say("language"),
        lambda language: phrases_in(language).say("The language of bulletins here"),
    ),
    PRIVATE: (
        lambda language: phrases_in(language).say("private"),
        lambda language: phrases_in(language).say("Show the answer to me alone"),
    ),
}
"""The options: their names and what they are for."""


CHAT_INPUT = 1


STRING, BOOLEAN = 3, 5
"""Option types (interactions/application-commands#application-command-object-application-command-option-type)."""


BY_GUILD, BY_USER = 0, 1
"""Who installed us (resources/application#application-object-application-integration-types)."""


IN_GUILD, IN_OUR_DM, IN_PRIVATE_CHANNEL = 0, 1, 2
"""Where a command is used (interactions/receiving-and-responding#interaction-object-interaction-context-types)."""


QUESTION_LENGTH = 300
"""Characters of a question in somebody's own words: our own rule."""


ADMINS_COMMANDS = frozenset({"subscribe", "unsubscribe", "settings", "why"})
"""The bot's own commands that only admins of a chat can use."""


FOR_ADMINS = str(MANAGE_CHANNELS)
"""``default_member_permissions`` asks for all the permissions that it names (#using-default-permissions), so it cannot say "Manage
Server or Manage Channels"; the latter can be given for one channel too. It is no rule in direct messages."""


ABOUT_CHAT = frozenset({*BOT_COMMANDS, WIRE}) - {"ask"}
"""Commands about the chat that we are in, useless where only the asker installed us."""


Command = dict[str, Any]


def commands(dossier: Dossier) -> list[Command]:
    """The commands everywhere, as Discord is told of them; of the topics, as many as fit beside the bot's own."""
    return list(_Menu(dossier).commands())


def editors_commands(dossier: Dossier, *, for_everybody: bool) -> list[Command]:
    """The commands of the editors' server alone. ``for_everybody``: editors are among those who manage nothing there."""
    return [_Menu(dossier).wire() | {"default_member_permissions": None if for_everybody else FOR_ADMINS}]


def left_out(dossier: Dossier) -> list[Topic]:
    """The topics that Discord's menu has no room for; /ask finds them all the same."""
    return _Menu(dossier).topics[1]


@dataclass(slots=True)
class _Menu:
    dossier: Dossier
    _taken: dict[str, set[str]] = field(default_factory=dict)
    """Locale → names in use there: two commands must not share one."""

    @property
    def topics(self) -> tuple[list[Topic], list[Topic]]:
        """Those with a command, and those that there is no room for."""
        topics = [topic for topic in self.dossier.topics.values() if not topic.is_program]
        room = MOST_COMMANDS - len(self._roles) - bool(self.dossier.programs) - len(BOT_COMMANDS)
        return topics[:room], topics[room:]

    @property
    def _roles(self) -> list[str]:
        """What every dossier answers, be there a topic or not."""
        wanted = [role for role in TITLES if role != PROGRAMS or self.dossier.programs]
        return [role for role in wanted if role not in self.dossier.topics]

    def commands(self) -> Iterator[Command]:
        topics, roles = self.topics[0], self._roles
        names = {topic.command_word for topic in topics} | {*roles, *BOT_COMMANDS, "program"}
        self._taken = {locale: set(names) for locale in LOCALES}
        summaries = {each: self._summaries(each) for each in self.dossier.languages}
        for topic in topics:
            word = topic.command_word
            yield self._answering(word, _looked_up(summaries, word), _aliases(topic))
        for role in roles:
            yield self._answering(role, _title_of(role), _no_names)
        if self.dossier.programs:
            yield self._answering("program", ONE_PROGRAM, _named("program"), self._which())
        for name in BOT_COMMANDS:
            yield self._own(name, _looked_up(summaries, name))

    def wire(self) -> Command:
        """What waits for an editor's word."""
        command = self._command(
            WIRE, lambda language: phrases_in(language).say("News that waits for an editor"), _no_names
        )
        return command | {"options": []}

    def _summaries(self, language: Language) -> dict[str, str]:
        entries = (*topic_entries(self.dossier, language, programs=False), *bot_entries(language))
        return {entry.command: entry.summary for entry in entries}

    def _answering(self, name: str, summary: Say, names: "Names", *options: Command) -> Command:
        """A command that answers: usable wherever somebody has installed us, also for oneself alone."""
        command = self._command(name, summary, names) | {"options": [*options, self._private()]}
        command |= {"default_member_permissions": None}
        return command | {
            "integration_types": [BY_GUILD, BY_USER],
            "contexts": [IN_GUILD, IN_OUR_DM, IN_PRIVATE_CHANNEL],
        }

    def _own(self, name: str, summary: Say) -> Command:
        if name == "ask":
            return self._answering(name, summary, _named(name), self._question())
        options = [self._language()] if name == "language" else []
        command = self._command(name, summary, _named(name)) | {"options": options}
        shown_to = {"default_member_permissions": FOR_ADMINS if name in ADMINS_COMMANDS else None}
        return command | shown_to | {"integration_types": [BY_GUILD], "contexts": [IN_GUILD, IN_OUR_DM]}

    def _command(self, name: str, summary: Say, names: "Names") -> Command:
        localised = {}
        for locale, language in self._locales():
            found = next((each for each in names(language) if self._is_free(each, name, locale)), None)
            if found:
                self._taken[locale].add(found)
                localised[locale] = found
        return {"type": CHAT_INPUT, "name": name, "name_localizations": localised, **self._described(summary)}

    def _is_free(self, word: str, name: str, locale: str) -> bool:
        usable = COMMAND_NAME.fullmatch(word) is not None and word == word.lower()
        return usable and (word == name or word not in self._taken[locale])

    def _described(self, summary: Say) -> Command:
        return {
            "description": cut(summary(self.dossier.header.default_language), COMMAND_DESCRIPTION),
            "description_localizations": {
                locale: cut(summary(language), COMMAND_DESCRIPTION) for locale, language in self._locales()
            },
        }

    def _locales(self) -> Iterator[tuple[str, Language]]:
        """Discord's languages that the dossier has too, but for its default one, which needs no localisation."""
        for language in self.dossier.languages:
            if language != self.dossier.header.default_language:
                yield from ((locale, language) for locale in sorted(LOCALES) if locale.split("-")[0] == language)

    def _option(self, kind: int, name: str, **more: Any) -> Command:
        say_name, say_purpose = OPTIONS[name]
        localised = {locale: say_name(language) for locale, language in self._locales()}
        return {"type": kind, "name": name, "name_localizations": localised, **self._described(say_purpose), **more}

    def _private(self) -> Command:
        return self._option(BOOLEAN, PRIVATE)

    def _question(self) -> Command:
        return self._option(STRING, QUESTION, required=True, autocomplete=True, max_length=QUESTION_LENGTH)

    def _which(self) -> Command:
        return self._option(STRING, PROGRAM, required=True, autocomplete=True)

    def _language(self) -> Command:
        choices = [{"name": language_label(each), "value": each} for each in self.dossier.languages]
        return self._option(STRING, LANGUAGE, choices=choices[:CHOICES])


Names = Callable[[Language], Iterable[str]]
"""A language → the names a command might have in it, the best first."""


def _aliases(topic: Topic) -> Names:
    """The aliases of a language; where they are one list for all, none is known to be of any language."""
    by_language = topic.aliases if isinstance(topic.aliases, dict) else {}
    return lambda language: by_language.get(language, ())


def _named(name: str) -> Names:
    said = COMMANDS.get(name)
    return lambda language: [said(language).removeprefix("/")] if said else []


def _no_names(_language: Language) -> Iterable[str]:
    return ()


def _looked_up(summaries: Mapping[Language, Mapping[str, str]], name: str) -> Say:
    return lambda language: summaries[language][name]


def _title_of(role: str) -> Say:
    return lambda language: phrases_in(language).say(TITLES[TopicId(role)][1])


log = structlog.get_logger("bot.discord")


async def sync(client: Client, application_id: int, commands: Sequence[Command], guild_id: int | None = None) -> bool:
    """Makes the commands Discord's, those of a server alone where one is given; returns whether it held others.

    Raises:
        DiscordError: Discord fails or refuses.
    """
    held = await client.commands(application_id, guild_id)
    is_list = isinstance(held, list) and all(isinstance(each, dict) for each in held)
    if is_list and _by_name(held, guild_id) == _by_name(commands, guild_id):
        return False
    await client.set_commands(application_id, guild_id, list(commands))
    return True


_COMPARED = frozenset(
    {"name", "description", "name_localizations", "description_localizations", "options", "default_member_permissions"}
    | {"nsfw", "type", "required", "choices", "autocomplete", "max_length", "value"}
)
"""What is compared of commands, options and choices; Discord adds ids, versions and defaults of its own."""


_USABLE = ("integration_types", "contexts")
"""Where a command is usable, which global ones alone tell (#application-command-object-application-command-structure)."""


def _by_name(commands: Iterable[Command], guild_id: int | None) -> list[Command]:
    usable = _USABLE if guild_id is None else ()
    found = [_comparable(each) | {name: sorted(each[name]) for name in usable if each.get(name)} for each in commands]
    return sorted(found, key=lambda command: str(command.get("name")))


def _comparable(part: Command) -> Command:
    """A command, option or choice without defaults, which Discord may name or leave out."""
    kept = {name: part[name] for name in _COMPARED if part.get(name)}
    return kept | {
        name: [_comparable(each) for each in part[name]] for name in ("options", "choices") if part.get(name)
    }


@dataclass(frozen=True, slots=True)
class DeskCommands:
    """The commands of the editors' server, and of no other.

    Attributes:
        channel_id: the editors' channel; None where there is none on Discord.
        for_everybody: whether editors are among those who manage nothing there.
        set_before: the servers that were given such commands, because the editors' channel is, or was, there.
    """

    client: Client
    channel_id: int | None
    for_everybody: bool
    set_before: ScopedMenus

    async def sync(self, application_id: int, dossier: Dossier) -> None:
        """Makes them Discord's where they belong, and takes them away elsewhere.

        Raises:
            DiscordError: Discord fails or refuses.
            DatabaseUnavailable: the database cannot be reached.
        """
        before, guild_id = await self.set_before.all(), await self._guild()
        if guild_id is not None:
            if str(guild_id) not in before:
                await self.set_before.add(str(guild_id))
            wanted = editors_commands(dossier, for_everybody=self.for_everybody)
            await sync(self.client, application_id, wanted, guild_id)
        for left in before - {str(guild_id)}:
            try:
                await sync(self.client, application_id, [], int(left))
            except HttpError as refusal:
                if refusal.status not in _NOT_THERE:  # where we are not, there are no commands either
                    raise
            await self.set_before.remove(left)

    async def _guild(self) -> int | None:
        """The server of the editors' channel; None in direct messages, where ``/wire`` is typed."""
        if self.channel_id is None:
            return None
        try:
            return (await self.client.channel(self.channel_id)).guild_id
        except HttpError as refusal:
            if refusal.status not in _NOT_THERE:
                raise
            log.warning("EDITORS_CHAT cannot be reached: invite the bot to that channel", why=str(refusal))
            return None


_NOT_THERE = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


_LIKE = 60
"""From which similarity (0 to 100) a topic is offered."""


_TYPED = 100
"""Characters of what was typed that are looked at."""


def suggestions(dossier: Dossier, option: str, typed: str, language: Language) -> dict[str, str]:
    """What is offered for an option: title → command, the nearest first; everything while nothing is typed."""
    topics = [topic for topic in dossier.topics.values() if option != PROGRAM or topic.is_program]
    wanted = typed[:_TYPED].strip().removeprefix("/")
    found = _nearest(topics, wanted, language) if wanted else topics
    composer = Composer(dossier, language)
    named = {cut(composer.topic_button(topic).label, CHOICE_NAME): f"/{topic.command_word}" for topic in found}
    return dict(list(named.items())[:CHOICES])


def _nearest(topics: Iterable[Topic], wanted: str, language: Language) -> list[Topic]:
    """The topics whose title, command, aliases or askings are most like what was typed."""
    by_words = {(topic.id, index): words for topic in topics for index, words in enumerate(_words(topic, language))}
    found = process.extract(
        wanted, by_words, scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=_LIKE, limit=None
    )
    by_id = {topic.id: topic for topic in topics}
    return [by_id[name] for name in dict.fromkeys(name for _, _, (name, _) in found)]


def _words(topic: Topic, language: Language) -> list[str]:
    return [topic.title[language], topic.command_word, *topic.all_aliases, *topic.asks.get(language, ())]
