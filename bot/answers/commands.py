"""The commands that every platform offers: the dossier's topics and the bot's own. PURE."""

from dataclasses import dataclass

from bot.answers.composing import Composer
from bot.answers.phrases import phrases
from bot.answers.question import PROGRAMS
from bot.dossier.model import Dossier, Language, TopicId


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of a platform's command menu; ``topic`` is None for a command of the bot itself."""

    command: str
    summary: str
    topic: TopicId | None = None


BOT_COMMANDS = {
    "ask": "Ask in your own words",
    "subscribe": "Get bulletins in this chat",
    "unsubscribe": "Stop bulletins in this chat",
    "settings": "Language, topics, times, quiet hours",
    "language": "Choose the language",
    "why": "What became of the last bulletins here",
}
"""Command → what it does, in English; ``/start`` needs no place in a menu."""


def topic_entries(dossier: Dossier, language: Language, *, programs: bool = True) -> list[MenuEntry]:
    """The dossier's commands, in order; programmes' only where asked for, behind the one that lists them."""
    composer = Composer(dossier, language)
    topics = [topic for topic in dossier.topics.values() if not topic.is_program]
    if programs:
        at = next((place for place, topic in enumerate(topics, 1) if topic.id == PROGRAMS), len(topics))
        topics[at:at] = dossier.programs
    return [MenuEntry(topic.command_word, composer.line(topic.summary[language]), topic.id) for topic in topics]


def bot_entries(language: Language) -> list[MenuEntry]:
    """The bot's own commands."""
    return [MenuEntry(name, phrases(language).say(summary)) for name, summary in BOT_COMMANDS.items()]
