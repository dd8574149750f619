"""What ``/ask`` and ``/program`` offer while somebody types. PURE."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process, utils

from bot.answers.composing import Composer
from bot.dossier.model import Dossier, Language, Topic
from bot.platforms.discord.limits import CHOICE_NAME, CHOICES, clip
from bot.platforms.discord.naming import PROGRAM

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
    named = {clip(composer.way_to(topic).label, CHOICE_NAME): f"/{topic.command_word}" for topic in found}
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
