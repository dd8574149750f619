"""What must hold of the words that topics are asked for with: one topic each, and none of the bot's own. PURE."""

import re
import unicodedata
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

LONGEST = 32
"""Characters of a command."""

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
                elif not _is_command(word):
                    yield Fault(path, place, f"{word!r} is no command", _remedy(topic, word), because=(path, ()))


def _is_command(word: str) -> bool:
    """Letters with signs of their own, where there is one letter for both, are not what people type."""
    return word == _plain(word) and 1 <= len(word) <= LONGEST and all(map(_is_of_word, word))


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", word.lower())


def _is_of_word(sign: str) -> bool:
    """A letter, a digit, an underscore; or a sign that belongs to a letter, as vowels do in Hindi and tones in Thai."""
    return sign == "_" or sign.isalnum() or unicodedata.category(sign).startswith("M")


def _remedy(topic: Topic, word: str) -> str:
    spelt = "".join(sign if _is_of_word(sign) else "_" for sign in _plain(word))
    plain = re.sub("_+", "_", spelt).strip("_")[:LONGEST]
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
