"""The plural forms that a language has (CLDR's rules, by Babel), and the units that lack some. PURE."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.plural import PluralRule

from bot.dossier.diagnostics import Fault, Place, Where, did_you_mean, nearest
from bot.dossier.models import PROGRAM_PREFIX, Bulletin, DayFact, Dossier, Fact, FactId, Number, Topic, file_of
from bot.dossier.text_validators import is_fact_id, prose_faults, slug, texts_of

_LANGUAGES = ("dossier.yaml", ("languages",))
"""What a fault about a language hangs on."""


def faults(dossier: Dossier, today: date) -> list[Fault]:
    """Everything that does not hold, errors and warnings, in no particular order."""
    return [
        *_header_faults(dossier),
        *_language_faults(dossier),
        *command_faults(dossier),
        *reference_faults(dossier),
        *feed_faults(dossier),
        *question_faults(dossier),
        *_date_faults(dossier, today),
        *unit_faults(dossier.facts),
        *emoji_faults(dossier),
        *prose_faults(dossier),
    ]


def _header_faults(dossier: Dossier) -> Iterator[Fault]:
    header = dossier.header
    if header.default_language not in header.languages:
        problem = f"{header.default_language!r} is not in languages"
        expected = did_you_mean(header.default_language, header.languages, "one of languages")
        yield Fault("dossier.yaml", ("default_language",), problem, expected, because=_LANGUAGES)
    for index, language in enumerate(header.languages):
        place = ("languages", index)
        if not re.fullmatch(r"[a-z]{2,3}", language):
            plain = language.lower()[:2]
            yield Fault("dossier.yaml", place, f"language {language!r}", f"expected a two-letter code, as in {plain}")
        elif language in header.languages[:index]:
            yield Fault("dossier.yaml", place, f"language {language!r} stands twice", "expected each once")


def _language_faults(dossier: Dossier) -> Iterator[Fault]:
    languages = dossier.languages
    for path, place, texts, whole in texts_of(dossier):
        unknown = [language for language in texts if language not in languages]
        for language in unknown:
            expected = did_you_mean(language, languages, "a language of the dossier")
            yield Fault(path, (*place, language), f"unknown language {language!r}", expected, because=_LANGUAGES)
        meant = {nearest(language, languages) for language in unknown}
        for language in languages if whole else []:
            if language not in texts and language not in meant:
                problem = f"{'.'.join(map(str, place))} has no {language!r}"
                yield Fault(path, (*place, language), problem, f"expected a text for {language}", because=_LANGUAGES)


def _date_faults(dossier: Dossier, today: date) -> Iterator[Fault]:
    for fact_id, fact in dossier.facts.items():
        yield from _future("facts.yaml", (fact_id, "checked"), fact.checked, today)
    for source_id, source in dossier.sources.items():
        yield from _future("sources.yaml", (source_id, "published"), source.published, today)
    yield from _future("dossier.yaml", ("checked",), dossier.header.checked, today)
    for bulletin in dossier.bulletins.values():
        path = file_of(bulletin)
        yield from _future(path, ("date",), bulletin.date, _last_day(bulletin, today))
        if not bulletin.id.startswith(f"{bulletin.date}-"):
            problem = f"date {bulletin.date} in a file named {bulletin.id}"
            yield Fault(path, ("date",), problem, "expected the same day", because=(path, ()))


def _last_day(bulletin: Bulletin, today: date) -> date:
    """The day that a bulletin may bear at most: today, or the one on which it is published."""
    return max(today, bulletin.not_before.date()) if bulletin.not_before else today


def _future(path: str, place: Place, day: date | None, today: date) -> Iterator[Fault]:
    if day is not None and day > today:
        yield Fault(path, place, f"{day} is in the future", f"expected a day up to {today}")


_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


_BULLETIN_ID = re.compile(r"(\d{4}-\d{2}-\d{2})-[a-z0-9][a-z0-9_-]{0,79}")


def reference_faults(dossier: Dossier) -> Iterator[Fault]:
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


def question_faults(dossier: Dossier) -> Iterator[Fault]:
    """Files of ``questions/`` that belong to no topic, or to one that has another."""
    owners = dict[str, str]()
    for stem in dossier.questions:
        path, topic = f"questions/{stem}.yaml", dossier.topic_of_questions(stem)
        if topic is None:
            problem, expected = f"unknown topic {stem!r}", _known_topic(dossier, stem)
            yield Fault(path, (), problem, expected, because=_topic_file(stem))
        elif owners.setdefault(topic, path) != path:
            yield Fault(
                path, (), f"topic {topic!r} has {owners[topic]}", "expected one file of questions for each topic"
            )


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
    days = {key: fact.value for key, fact in dossier.facts.items() if isinstance(fact, DayFact)}
    ends = (("from", topic.progress.from_), ("to", topic.progress.to))
    for key, fact_id in ends:
        if fact_id not in days:
            expected = did_you_mean(fact_id, days, "a date fact")
            problem, because = f"no date fact {fact_id!r}", ("facts.yaml", (fact_id,))
            yield Fault(path, ("progress", key), problem, expected, because=because)
    start, end = (days.get(fact_id) for _, fact_id in ends)
    if start and end and start >= end:
        yield Fault(path, ("progress",), f"progress from {start} to {end}", "expected a date fact to a later one")


RESERVED = frozenset(
    {"start", "ask", "language", "subscribe", "unsubscribe", "settings", "why", "status", "wire", "program", "cancel"}
)
"""Commands of the bot itself, which no topic may take."""


READERS = RESERVED - {"status", "cancel"}
"""Those that readers have: one of the others is for owners alone, and one is only kept free, for people say it to other bots."""


LONGEST = 32
"""Characters of a command."""


_COMMAND = "1–32 lower-case letters, digits or _"


def command_faults(dossier: Dossier) -> Iterator[Fault]:
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


_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"


_KEY = "[0-9#*]\ufe0f?\u20e3"


_SYMBOL = (
    "[\xa2-\xa5\xa9\xae\u203c\u2049\u20a0-\u20cf\u2116\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)


_SIGN = _SYMBOL + "[\ufe0e\ufe0f]?(?:[\U0001f3fb-\U0001f3ff]\ufe0f?)?(?:[\U000e0020-\U000e007e]+\U000e007f)?"


_EMOJI = f"(?:{_FLAG}|{_KEY}|{_SIGN}(?:\u200d{_SIGN})*)"


_ONE = re.compile(_EMOJI)


_SEVERAL = re.compile(rf"(?:{_EMOJI}\s*)+")


def emoji_faults(dossier: Dossier) -> Iterator[Fault]:
    """Words and letters are mistakes, though they are shown; several signs are only more than a title needs."""
    for topic in dossier.topics.values():
        if not _ONE.fullmatch(topic.emoji):
            yield _fault(file_of(topic), topic)


def _fault(path: str, topic: Topic) -> Fault:
    shown = topic.emoji if len(topic.emoji) <= 20 else topic.emoji[:19] + "…"
    if _SEVERAL.fullmatch(topic.emoji):
        return Fault(path, ("emoji",), f"several emoji, {shown!r}", "expected one", warning=True)
    return Fault(path, ("emoji",), f"{shown!r} is no emoji", "expected one, as in 📄", warning=True, counts=True)


_ORDER = ("zero", "one", "two", "few", "many", "other")


_COMMON = 2
"""Forms of so many languages that a word with one form more often never changes (zwei Meter) than lacks one."""


_COUNTED = 200
"""Whole numbers up to which every form that whole numbers have occurs."""


@cache
def categories(language: str) -> tuple[str, ...]:
    """CLDR's plural categories of the language, in CLDR's order; those of English where it knows no such language."""
    rule = _rule(language)
    return tuple(each for each in _ORDER if each in rule.tags or each == "other")


@cache
def _rule(language: str) -> PluralRule:
    try:
        return Locale.parse(language).plural_form
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en").plural_form


@cache
def _of_whole_numbers(language: str) -> tuple[str, ...]:
    occurring = {_rule(language)(n) for n in range(_COUNTED)}
    return tuple(each for each in categories(language) if each in occurring)


def unit_faults(facts: Mapping[FactId, Fact]) -> Iterator[Fault]:
    """Units with an empty form, and warnings of those that have another number of forms than the language."""
    for fact_id, fact in facts.items():
        if isinstance(fact, Number) and isinstance(fact.unit, str) and _has_gap(fact.unit):
            yield _gap(("facts.yaml", (fact_id, "unit")), fact.unit)
        if isinstance(fact, Number) and isinstance(fact.unit, dict):
            for language, unit in fact.unit.items():
                yield from _unit_faults(("facts.yaml", (fact_id, "unit", language)), unit, language, fact.unit)


def _unit_faults(
    where: tuple[str, tuple[str, ...]], unit: str, language: str, others: Mapping[str, str]
) -> Iterator[Fault]:
    forms = unit.split("|")
    needed, most = _of_whole_numbers(language), len(categories(language))
    if _has_gap(unit):
        yield _gap(where, unit)
    elif not (len(forms) == 1 or len(needed) <= len(forms) <= most):
        yield Fault(*where, f"{len(forms)} forms of a unit in {language!r}", _expected(needed), warning=True)
    elif len(forms) == 1 and len(needed) > _COMMON and any("|" in other for other in others.values()):
        yield Fault(*where, f"one form of a unit in {language!r}", _expected(needed), warning=True)


def _has_gap(unit: str) -> bool:
    return not all(form.strip() for form in unit.split("|"))


def _gap(where: tuple[str, tuple[str, ...]], unit: str) -> Fault:
    return Fault(*where, f"unit {unit!r} has an empty form", "expected words between the bars")


def _expected(needed: tuple[str, ...]) -> str:
    return (
        f"expected {len(needed)}, parted by | even where they are alike: {', '.join(needed)}"
        if len(needed) > 1
        else "expected one"
    )
