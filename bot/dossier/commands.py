"""What must hold of the words that topics are asked for with: one topic each, and none of the bot's own. PURE."""

import re
from collections.abc import Iterator

from bot.dossier.mistakes import Fault, Place
from bot.dossier.model import Dossier, Topic
from bot.dossier.words import FileOf

RESERVED = frozenset(
    {"start", "ask", "language", "subscribe", "unsubscribe", "settings", "why", "status", "wire", "program", "cancel"}
)
"""Commands of the bot itself, which no topic may take."""

READERS = RESERVED - {"status", "cancel"}
"""Those that readers have: one of the others is for owners alone, and one is only kept free, for people say it to other bots."""

_COMMAND = "1–32 lower-case letters, digits or _"


def command_faults(dossier: Dossier, file_of: FileOf) -> Iterator[Fault]:
    """Words that are no command, or another's: a topic's own id comes before what others call themselves."""
    taken: dict[str, str] = dict.fromkeys(RESERVED, "the bot itself")
    for claim in (_own, _chosen, _aliases):
        for topic in dossier.topics.values():
            for place, word in claim(topic):
                path = file_of(topic)
                owner = taken.setdefault(word.lower(), path)
                if owner != path:
                    yield Fault(path, place, f"command {word!r} is taken by {owner}", "expected another word")
                elif word != word.lower() or not re.fullmatch(r"\w{1,32}", word):
                    yield Fault(path, place, f"{word!r} is no command", _remedy(topic, word), because=(path, ()))


def _remedy(topic: Topic, word: str) -> str:
    plain = re.sub(r"\W+", "_", word.lower()).strip("_")[:32]
    if topic.command or word != topic.command_word:
        return f"expected {_COMMAND}" + (f", as in {plain}" if plain and plain != word else "")
    return f"expected another file name, or command: {plain} (of {_COMMAND})"


def _own(topic: Topic) -> Iterator[tuple[Place, str]]:
    if not topic.command:
        yield ("command",), topic.command_word


def _chosen(topic: Topic) -> Iterator[tuple[Place, str]]:
    if topic.command:
        yield ("command",), topic.command


def _aliases(topic: Topic) -> Iterator[tuple[Place, str]]:
    if isinstance(topic.aliases, list):
        yield from ((("aliases", index), alias) for index, alias in enumerate(topic.aliases))
        return
    for language, aliases in topic.aliases.items():
        yield from ((("aliases", language, index), alias) for index, alias in enumerate(aliases))
