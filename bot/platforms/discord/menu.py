"""The slash commands, made from a dossier. PURE.

Every topic is a command; the programmes share one, and questions in people's own words have another. Names and
descriptions are localised (interactions/application-commands#localization). Commands that change a chat are shown to those who
manage channels, until a server's admins say otherwise; who may use them is checked when they are used.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.answers.commands import BOT_COMMANDS, bot_entries, topic_entries
from bot.answers.listings import TITLES
from bot.answers.phrases import phrases
from bot.answers.question import PROGRAMS
from bot.choosing import labelled
from bot.dossier.model import Dossier, Language, Topic, TopicId
from bot.platforms.discord.limits import CHOICES, COMMAND_DESCRIPTION, COMMAND_NAME, LOCALES, clip
from bot.platforms.discord.limits import COMMANDS as MOST_COMMANDS
from bot.platforms.discord.naming import COMMANDS, LANGUAGE, ONE_PROGRAM, OPTIONS, PRIVATE, PROGRAM, QUESTION, Say
from bot.platforms.discord.payloads import MANAGE_CHANNELS
from bot.wire.commands import WIRE

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
        command = self._command(WIRE, lambda tongue: phrases(tongue).say("News that waits for an editor"), _no_names)
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
            "description": clip(summary(self.dossier.header.default_language), COMMAND_DESCRIPTION),
            "description_localizations": {
                locale: clip(summary(language), COMMAND_DESCRIPTION) for locale, language in self._locales()
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
        choices = [{"name": labelled(each), "value": each} for each in self.dossier.languages]
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
    return lambda language: phrases(language).say(TITLES[TopicId(role)][1])
