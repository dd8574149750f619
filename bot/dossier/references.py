"""What must hold of ids: how they are written, and that they lead somewhere. PURE."""

import re
from collections.abc import Collection, Iterable, Iterator

from bot.dossier import text
from bot.dossier.facts import Day
from bot.dossier.mistakes import Fault, Place, Where, did_you_mean
from bot.dossier.model import PROGRAM_PREFIX, Dossier, Topic
from bot.dossier.words import FileOf

_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
_BULLETIN_ID = re.compile(r"(\d{4}-\d{2}-\d{2})-[a-z0-9][a-z0-9_-]{0,79}")


def reference_faults(dossier: Dossier, file_of: FileOf) -> Iterator[Fault]:
    """Ids that are none, and those that lead nowhere."""
    for fact_id, fact in dossier.facts.items():
        yield from _unknown(dossier, "source", fact.sources, "facts.yaml", (fact_id, "sources"))
        if not is_fact_id(fact_id):
            expected = f"expected letters, digits, - and _, as in {slug(fact_id)}"
            yield Fault("facts.yaml", (fact_id,), f"fact id {fact_id!r}", expected)
    for topic in dossier.topics.values():
        path = file_of(topic)
        yield from _id_faults(path, topic.id.removeprefix(PROGRAM_PREFIX), _ID)
        yield from _unknown(dossier, "source", topic.sources, path, ("sources",))
        yield from _unknown(dossier, "topic", topic.related, path, ("related",))
        if topic.id in topic.related:
            place = ("related", topic.related.index(topic.id))
            yield Fault(path, place, "a button to the topic itself", "expected other topics", warning=True)
        yield from _unknown(dossier, "fact", topic.notes or [], path, ("notes",))
        yield from _progress_faults(dossier, topic, path)
    for bulletin in dossier.bulletins.values():
        path = file_of(bulletin)
        yield from _id_faults(path, bulletin.id, _BULLETIN_ID)
        yield from _unknown(dossier, "source", bulletin.sources, path, ("sources",))
        yield from _unknown(dossier, "topic", bulletin.topics, path, ("topics",))


def is_fact_id(name: str) -> bool:
    """Whether a text can refer to it."""
    match = text.PLACEHOLDER.fullmatch(f"{{{name}}}")
    return match is not None and match[2] is None


def slug(name: str) -> str:
    """The id that was meant."""
    return re.sub(r"[^\w-]+", "_", name).strip("_-") or "fact"


def feed_faults(dossier: Dossier) -> Iterator[Fault]:
    path, owners = "feeds.yaml", dict[str, str]()
    for feed_id, feed in dossier.feeds.items():
        if not _ID.fullmatch(feed_id):
            yield Fault(path, (feed_id,), f"id {feed_id!r}", "expected a-z, 0-9, - and _ (at most 80)")
        if (owner := owners.setdefault(feed.url, feed_id)) != feed_id:
            yield Fault(path, (feed_id, "url"), f"the url of {owner!r} as well", "expected each feed once")
        if feed.language not in dossier.languages:
            expected = did_you_mean(feed.language, dossier.languages, "a language of the dossier")
            because = "dossier.yaml", ("languages",)
            yield Fault(path, (feed_id, "language"), f"unknown language {feed.language!r}", expected, because=because)
        yield from _unknown(dossier, "topic", feed.topics, path, (feed_id, "topics"))
        for place, phrase in feed.match.phrases():
            if not any(char.isalnum() for char in phrase):
                expected = "expected letters or digits"
                yield Fault(path, (feed_id, "match", *place), f"{phrase!r} holds no word", expected)


def _id_faults(path: str, identity: str, pattern: re.Pattern[str]) -> Iterator[Fault]:
    if not pattern.fullmatch(identity):
        shape = "yyyy-mm-dd-slug.yaml, of a-z and 0-9" if pattern is _BULLETIN_ID else "a-z, 0-9, - and _ (at most 80)"
        yield Fault(path, (), f"file name {identity!r}", f"expected {shape}")


def _unknown(dossier: Dossier, what: str, given: Iterable[str], path: str, place: Place) -> Iterator[Fault]:
    of_kind: dict[str, Collection[str]] = {"source": dossier.sources, "fact": dossier.facts, "topic": dossier.topics}
    known = of_kind[what]
    names = list(given)
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Fault(path, (*place, index), f"{what} {name!r} stands twice", "expected each once", warning=True)
        elif name not in known:
            expected = _known_topic(dossier, name) if what == "topic" else did_you_mean(name, known, f"a {what}")
            because = _topic_file(name) if what == "topic" else (f"{what}s.yaml", (name,))
            yield Fault(path, (*place, index), f"unknown {what} {name!r}", expected, because=because)


def _topic_file(name: str) -> Where:
    folder = "programs" if name.startswith(PROGRAM_PREFIX) else "topics"
    return f"{folder}/{name.removeprefix(PROGRAM_PREFIX)}.yaml", ()


def _known_topic(dossier: Dossier, name: str) -> str:
    """The topic that was meant: the one with that command, or with the nearest id; of programmes, if it is to be one."""
    if owner := dossier.commands.get(name.lower().lstrip("/")):
        return f"did you mean {owner!r}?"
    kind = [each.id for each in dossier.programs] if name.startswith(PROGRAM_PREFIX) else dossier.topics
    return did_you_mean(name, [each for each in kind if _ID.fullmatch(each.removeprefix(PROGRAM_PREFIX))], "a topic")


def _progress_faults(dossier: Dossier, topic: Topic, path: str) -> Iterator[Fault]:
    if topic.progress is None:
        return
    days = {key: fact.value for key, fact in dossier.facts.items() if isinstance(fact, Day)}
    ends = (("from", topic.progress.from_), ("to", topic.progress.to))
    for key, fact_id in ends:
        if fact_id not in days:
            expected = did_you_mean(fact_id, days, "a date fact")
            problem, because = f"no date fact {fact_id!r}", ("facts.yaml", (fact_id,))
            yield Fault(path, ("progress", key), problem, expected, because=because)
    start, end = (days.get(fact_id) for _, fact_id in ends)
    if start and end and start >= end:
        yield Fault(path, ("progress",), f"progress from {start} to {end}", "expected a date fact to a later one")
