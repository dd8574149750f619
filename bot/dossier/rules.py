"""What must hold between the parts of a dossier. PURE: a dossier in, faults out.

What a platform's limits ask for is checked where every platform is known, in :mod:`bot.proofreading`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from bot.dossier import text
from bot.dossier.facts import Day
from bot.dossier.mistakes import Fault, Place, did_you_mean
from bot.dossier.model import PROGRAM_PREFIX, Bulletin, Dossier, Topic
from bot.dossier.prose import prose_faults
from bot.dossier.words import texts_of

RESERVED = frozenset(
    {"start", "ask", "language", "subscribe", "unsubscribe", "settings", "why", "status", "wire", "program", "cancel"}
)
"""Commands of the bot itself, which no topic may take."""

_LANGUAGES = ("dossier.yaml", ("languages",))
"""What a fault about a language hangs on."""

_FILES = {"source": "sources.yaml", "fact": "facts.yaml"}
"""What kind of thing stands in which file."""

_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
_BULLETIN_ID = re.compile(r"(\d{4}-\d{2}-\d{2})-[a-z0-9][a-z0-9_-]{0,79}")


def file_of(entry: Topic | Bulletin) -> str:
    """The file an entry was read from."""
    if isinstance(entry, Bulletin):
        return f"bulletins/{entry.id}.yaml"
    folder = "programs" if entry.is_program else "topics"
    return f"{folder}/{entry.id.removeprefix(PROGRAM_PREFIX)}.yaml"


def faults(dossier: Dossier, today: date) -> list[Fault]:
    """Everything that does not hold, errors and warnings, in no particular order."""
    return [
        *_header_faults(dossier),
        *_language_faults(dossier),
        *_command_faults(dossier),
        *_reference_faults(dossier),
        *_feed_faults(dossier),
        *_date_faults(dossier, today),
        *prose_faults(dossier, file_of),
    ]


def _header_faults(dossier: Dossier) -> Iterator[Fault]:
    header = dossier.header
    if header.default_language not in header.languages:
        problem = f"{header.default_language!r} is not in languages"
        expected = did_you_mean(header.default_language, header.languages, "one of languages")
        yield Fault("dossier.yaml", ("default_language",), problem, expected, because=_LANGUAGES)
    for index, language in enumerate(header.languages):
        if not re.fullmatch(r"[a-z]{2,3}", language) or language in header.languages[:index]:
            problem = f"language {language!r}"
            yield Fault("dossier.yaml", ("languages", index), problem, "expected two-letter codes, each once, as in en")


def _language_faults(dossier: Dossier) -> Iterator[Fault]:
    languages = dossier.languages
    for path, place, texts, whole in texts_of(dossier, file_of):
        for language in texts:
            if language not in languages:
                expected = did_you_mean(language, languages, "a language of the dossier")
                yield Fault(path, (*place, language), f"unknown language {language!r}", expected, because=_LANGUAGES)
        missing = [language for language in languages if language not in texts] if whole else []
        for language in missing:
            key = ".".join(map(str, place))
            problem, expected = f"{key} has no {language!r}", f"expected a text for {language}"
            yield Fault(path, (*place, language), problem, expected, because=_LANGUAGES)


def _command_faults(dossier: Dossier) -> Iterator[Fault]:
    taken: dict[str, str] = dict.fromkeys(RESERVED, "the bot itself")
    for topic in dossier.topics.values():
        for place, word in _command_words(topic):
            owner = taken.setdefault(word.lower(), file_of(topic))
            if owner != file_of(topic):
                yield Fault(file_of(topic), place, f"command {word!r} is taken by {owner}", "expected another word")
            elif word != word.lower() or not re.fullmatch(r"\w{1,32}", word):
                expected = "expected 1–32 lower-case letters, digits or _"
                yield Fault(file_of(topic), place, f"{word!r} is no command", expected)


def _command_words(topic: Topic) -> Iterator[tuple[Place, str]]:
    yield ("command",), topic.command_word
    if isinstance(topic.aliases, list):
        yield from ((("aliases", index), alias) for index, alias in enumerate(topic.aliases))
        return
    for language, aliases in topic.aliases.items():
        yield from ((("aliases", language, index), alias) for index, alias in enumerate(aliases))


def _reference_faults(dossier: Dossier) -> Iterator[Fault]:
    for fact_id, fact in dossier.facts.items():
        yield from _unknown(dossier.sources, fact.sources, "facts.yaml", (fact_id, "sources"), "source")
        if not text.PLACEHOLDER.fullmatch(f"{{{fact_id}}}"):
            yield Fault("facts.yaml", (fact_id,), f"fact id {fact_id!r}", "expected letters, digits, - and _")
    for topic in dossier.topics.values():
        path = file_of(topic)
        yield from _id_faults(path, topic.id.removeprefix(PROGRAM_PREFIX), _ID)
        yield from _unknown(dossier.sources, topic.sources, path, ("sources",), "source")
        yield from _unknown(dossier.topics, topic.related, path, ("related",), "topic")
        yield from _unknown(dossier.facts, topic.notes or [], path, ("notes",), "fact")
        yield from _progress_faults(dossier, topic, path)
    for bulletin in dossier.bulletins.values():
        path = file_of(bulletin)
        yield from _id_faults(path, bulletin.id, _BULLETIN_ID)
        yield from _unknown(dossier.sources, bulletin.sources, path, ("sources",), "source")
        yield from _unknown(dossier.topics, bulletin.topics, path, ("topics",), "topic")


def _feed_faults(dossier: Dossier) -> Iterator[Fault]:
    path, owners = "feeds.yaml", dict[str, str]()
    for feed_id, feed in dossier.feeds.items():
        if not _ID.fullmatch(feed_id):
            yield Fault(path, (feed_id,), f"id {feed_id!r}", "expected a-z, 0-9, - and _ (at most 80)")
        if (owner := owners.setdefault(feed.url, feed_id)) != feed_id:
            yield Fault(path, (feed_id, "url"), f"the url of {owner!r} as well", "expected each feed once")
        if feed.language not in dossier.languages:
            expected = did_you_mean(feed.language, dossier.languages, "a language of the dossier")
            yield Fault(path, (feed_id, "language"), f"unknown language {feed.language!r}", expected)
        yield from _unknown(dossier.topics, feed.topics, path, (feed_id, "topics"), "topic")
        for place, phrase in feed.match.phrases():
            if not any(char.isalnum() for char in phrase):
                expected = "expected letters or digits"
                yield Fault(path, (feed_id, "match", *place), f"{phrase!r} holds no word", expected)


def _id_faults(path: str, identity: str, pattern: re.Pattern[str]) -> Iterator[Fault]:
    if not pattern.fullmatch(identity):
        shape = "yyyy-mm-dd-slug.yaml" if pattern is _BULLETIN_ID else "a-z, 0-9, - and _ (at most 80)"
        yield Fault(path, (), f"file name {identity!r}", f"expected {shape}")


def _unknown(known: Collection[str], given: Iterable[str], path: str, place: Place, what: str) -> Iterator[Fault]:
    for index, name in enumerate(given):
        if name not in known:
            problem, expected = f"unknown {what} {name!r}", did_you_mean(name, known, f"a {what}")
            because = (_FILES[what], (name,)) if what in _FILES else None
            yield Fault(path, (*place, index), problem, expected, because=because)


def _progress_faults(dossier: Dossier, topic: Topic, path: str) -> Iterator[Fault]:
    if topic.progress is None:
        return
    days = [key for key, fact in dossier.facts.items() if isinstance(fact, Day)]
    for key, fact_id in (("from", topic.progress.from_), ("to", topic.progress.to)):
        if fact_id not in days:
            expected = did_you_mean(fact_id, days, "a date fact")
            problem, because = f"no date fact {fact_id!r}", ("facts.yaml", (fact_id,))
            yield Fault(path, ("progress", key), problem, expected, because=because)


def _date_faults(dossier: Dossier, today: date) -> Iterator[Fault]:
    for fact_id, fact in dossier.facts.items():
        yield from _future("facts.yaml", (fact_id, "checked"), fact.checked, today)
    for source_id, source in dossier.sources.items():
        yield from _future("sources.yaml", (source_id, "published"), source.published, today)
    yield from _future("dossier.yaml", ("checked",), dossier.header.checked, today)
    for bulletin in dossier.bulletins.values():
        path = file_of(bulletin)
        if bulletin.not_before is None:
            yield from _future(path, ("date",), bulletin.date, today)
        if not bulletin.id.startswith(f"{bulletin.date}-"):
            yield Fault(path, ("date",), f"date {bulletin.date} in a file named {bulletin.id}", "expected the same day")


def _future(path: str, place: Place, day: date | None, today: date) -> Iterator[Fault]:
    if day is not None and day > today:
        yield Fault(path, place, f"{day} is in the future", f"expected a day up to {today}")
