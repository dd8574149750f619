"""Rules for the dossier as a whole: references, languages, commands, dates, units, emoji. PURE."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache

from babel import Locale
from babel.plural import PluralRule

from bot.commands import LISTS, RESERVED
from bot.dossier.diagnostics import Diagnostic, Place, Where, did_you_mean, error, nearest, warning
from bot.dossier.figure_validators import check_figures
from bot.dossier.markdown import citations
from bot.dossier.models import NEWEST, PROGRAM_PREFIX, DayFact, Dossier, Fact, FactId, Number, Percent, Topic, file_of
from bot.dossier.statement_validators import check_statements
from bot.dossier.style_validators import check_style
from bot.dossier.text_validators import check_texts, is_fact_id, suggested_id, texts_of
from bot.languages import cldr, record, records

_LANGUAGES: Where = ("dossier.yaml", ("languages",))


def validate(dossier: Dossier, today: date) -> list[Diagnostic]:
    """All problems of the dossier. Dates after ``today`` are errors."""
    return [
        *_check_header(dossier),
        *_check_languages(dossier),
        *_check_commands(dossier),
        *_check_references(dossier),
        *_check_feeds(dossier),
        *_check_questions(dossier),
        *_check_claims(dossier),
        *_check_dates(dossier, today),
        *check_units(dossier.facts),
        *check_percentages(dossier.facts),
        *_check_emoji(dossier),
        *check_texts(dossier),
        *check_figures(dossier),
        *check_statements(dossier),
        *check_style(dossier),
    ]


def _check_header(dossier: Dossier) -> Iterator[Diagnostic]:
    header = dossier.header
    if header.default_language not in header.languages:
        message = f"{header.default_language!r} is not in languages"
        fix = did_you_mean(header.default_language, header.languages, "one of languages")
        yield Diagnostic("dossier.yaml", ("default_language",), message, fix, because=_LANGUAGES)
    for place, language, before in _listed_languages(dossier):
        if not re.fullmatch(r"[a-z]{2,3}", language):
            fix = f"expected a two-letter code, as in {language.lower()[:2]}"
            yield Diagnostic("dossier.yaml", place, f"language {language!r}", fix)
        elif language in before:
            yield Diagnostic("dossier.yaml", place, f"language {language!r} is listed twice", "expected each once")


def _listed_languages(dossier: Dossier) -> Iterator[tuple[Place, str, Sequence[str]]]:
    """Place, language, and the languages that are listed before it: one in preparation is not offered yet."""
    header, before = dossier.header, list[str]()
    for key in ("languages", "languages_in_preparation"):
        for index, language in enumerate(getattr(header, key)):
            yield (key, index), language, tuple(before)
            before.append(language)


def _check_languages(dossier: Dossier) -> Iterator[Diagnostic]:
    languages, prepared = dossier.written_languages, dossier.header.languages_in_preparation
    for path, place, texts, kind in texts_of(dossier):
        unknown = [language for language in texts if language not in languages]
        for language in unknown:
            fix = did_you_mean(language, languages, "a language of the dossier")
            yield Diagnostic(path, (*place, language), f"unknown language {language!r}", fix, because=_LANGUAGES)
        meant = {nearest(language, languages) for language in unknown}
        for language in languages if kind != "examples" else []:
            if language not in texts and language not in meant:
                message = f"{'.'.join(map(str, place))} has no {language!r}"
                fix = f"expected a text for {language}"
                is_late = bool(texts) and place == ("withdrawn", "because")
                if language in prepared:
                    fix += ": the language is in preparation"
                elif is_late:  # a withdrawal does not wait for a translation
                    fix += ": until then its readers get another language's"
                found = warning if language in prepared or is_late else error
                where = (*place, language)
                yield found(path, where, message, fix, "no-text", because=_LANGUAGES, language=language)


def _check_dates(dossier: Dossier, today: date) -> Iterator[Diagnostic]:
    for fact_id, fact in dossier.facts.items():
        yield from _check_day("facts.yaml", (fact_id, "checked"), fact.checked, today)
    for source_id, source in dossier.sources.items():
        yield from _check_day("sources.yaml", (source_id, "published"), source.published, today)
    yield from _check_day("dossier.yaml", ("checked",), dossier.header.checked, today)
    for claim in dossier.claims.values():
        yield from _check_day(file_of(claim), ("date",), claim.date, today)
    for bulletin in dossier.bulletins.values():
        path = file_of(bulletin)
        last = max(today, bulletin.not_before.date()) if bulletin.not_before else today
        yield from _check_day(path, ("date",), bulletin.date, last)
        if not bulletin.id.startswith(f"{bulletin.date}-"):
            message = f"date {bulletin.date} in a file named {bulletin.id}"
            yield Diagnostic(path, ("date",), message, "expected the same day", because=(path, ()))


def _check_day(path: str, place: Place, day: date | None, last: date) -> Iterator[Diagnostic]:
    if day is not None and day > last:
        fix = f"expected a day up to {last}"
        yield error(path, place, f"{day} is in the future", fix, "future", day=day.isoformat(), last=last.isoformat())


_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
_BULLETIN_ID = re.compile(r"(\d{4}-\d{2}-\d{2})-[a-z0-9][a-z0-9_-]{0,79}")


def _check_references(dossier: Dossier) -> Iterator[Diagnostic]:
    """Ids that are not well formed, and references to ids that do not exist."""
    yield from _check_known(dossier, "fact", dossier.header.figures, "dossier.yaml", ("figures",))
    yield from _check_known(dossier, "topic", dossier.header.subject, "dossier.yaml", ("subject",))
    for fact_id, fact in dossier.facts.items():
        yield from _check_known(dossier, "source", fact.sources, "facts.yaml", (fact_id, "sources"))
        if fact_id == NEWEST:
            message = f"{fact_id!r} names what Nota counts itself"
            yield Diagnostic("facts.yaml", (fact_id,), message, "expected another id, or no fact", harmless=True)
        if not is_fact_id(fact_id):
            fix = f"expected letters, digits, - and _, as in {suggested_id(fact_id)}"
            yield Diagnostic("facts.yaml", (fact_id,), f"fact id {fact_id!r}", fix)
    for topic in dossier.topics.values():
        path = file_of(topic)
        yield from _check_id(path, topic.id.removeprefix(PROGRAM_PREFIX), _ID)
        yield from _check_known(dossier, "source", topic.sources, path, ("sources",))
        yield from _check_known(dossier, "topic", topic.related, path, ("related",))
        if topic.id in topic.related:
            place = ("related", topic.related.index(topic.id))
            yield warning(path, place, "a button to the topic itself", "expected other topics", "itself")
        yield from _check_known(dossier, "fact", topic.notes or [], path, ("notes",))
        yield from _check_known(dossier, "fact", topic.figures or [], path, ("figures",))
        for key, name in topic.known.items():
            if name is not None and name not in dossier.facts:
                fix = did_you_mean(name, dossier.facts, "a fact")
                because: Where = ("facts.yaml", (name,))
                yield Diagnostic(path, ("known", key), f"unknown fact {name!r}", fix, because=because)
        yield from _check_progress(dossier, topic, path)
    yield from _check_former_ids(dossier)
    for bulletin in dossier.bulletins.values():
        path = file_of(bulletin)
        yield from _check_id(path, bulletin.id, _BULLETIN_ID)
        yield from _check_known(dossier, "source", bulletin.sources, path, ("sources",))
        yield from _check_known(dossier, "topic", bulletin.topics, path, ("topics",))
        for name, fact in bulletin.figures.items():
            yield from _check_known(dossier, "source", fact.sources, path, ("figures", name, "sources"))


def _check_former_ids(dossier: Dossier) -> Iterator[Diagnostic]:
    """``was`` names ids that no topic has, each once."""
    owners = dict[str, str]()
    for topic in dossier.topics.values():
        path = file_of(topic)
        for index, name in enumerate(topic.was):
            place: Place = ("was", index)
            if name in dossier.topics or name in LISTS:
                fix = "expected the id of one that is gone"
                because = None if name == topic.id or name in LISTS else topic_file(name)
                yield Diagnostic(path, place, f"{name!r} is a topic still", fix, because=because)
            elif name in topic.was[:index]:
                yield warning(path, place, f"topic {name!r} is listed twice", "expected each once")
            elif (owner := owners.setdefault(name, path)) != path:
                yield Diagnostic(path, place, f"{name!r} was {owner}", "expected each once", because=(owner, ("was",)))
            elif not _ID.fullmatch(name.removeprefix(PROGRAM_PREFIX)):
                yield Diagnostic(path, place, f"topic id {name!r}", "expected a-z, 0-9, - and _ (at most 80)")


def _check_claims(dossier: Dossier) -> Iterator[Diagnostic]:
    """Ids and sources of reviewed claims. Two claims must not share a sentence, because only one could be matched.

    A verdict has a source, and in a dossier that cites each reason cites one; for what is unproven there may be none.
    """
    owners: dict[str, Where] = {}
    for claim in dossier.claims.values():
        path = file_of(claim)
        yield from _check_id(path, claim.id, _ID)
        yield from _check_known(dossier, "source", claim.sources, path, ("sources",))
        lacking: list[Place] = [("because", name) for name, text in claim.because.items() if not any(citations(text))]
        if not dossier.cites:
            lacking = [("sources",)] if lacking and not claim.sources else []
        for unsourced in lacking if claim.verdict != "unproven" else ():
            message, fix = f"verdict {claim.verdict} without a source", "expected one, cited in because"
            yield error(path, unsourced, message, fix, "no-source", harmless=True)
        if not any(claim.says.values()):
            fix = "expected how people say it, in at least one language"
            yield error(path, ("says",), "no example", fix, "no-example")
        for language, examples in claim.says.items():
            for position, example in enumerate(examples):
                place: Place = ("says", language, position)
                because = owners.setdefault(" ".join(example.casefold().split()), (path, place))
                if (owner := because[0]) != path:
                    message, fix = f"{example!r} is also in {owner}", "expected each once"
                    yield error(path, place, message, fix, "twice", because=because, text=example, owner=owner)


def _check_feeds(dossier: Dossier) -> Iterator[Diagnostic]:
    path, owners = "feeds.yaml", dict[str, str]()
    for feed_id, feed in dossier.feeds.items():
        if not _ID.fullmatch(feed_id):
            yield Diagnostic(path, (feed_id,), f"id {feed_id!r}", "expected a-z, 0-9, - and _ (at most 80)")
        if (owner := owners.setdefault(feed.url, feed_id)) != feed_id:
            yield Diagnostic(path, (feed_id, "url"), f"the same url as {owner!r}", "expected each feed once")
        if feed.language not in dossier.languages:
            message = f"unknown language {feed.language!r}"
            fix = did_you_mean(feed.language, dossier.languages, "a language of the dossier")
            yield Diagnostic(path, (feed_id, "language"), message, fix, because=_LANGUAGES)
        if feed.mode == "auto":
            message = "mode 'auto' means review: an editor decides on every story"
            yield warning(path, (feed_id, "mode"), message, "expected no mode")
        yield from _check_known(dossier, "topic", feed.topics, path, (feed_id, "topics"))
        for place, phrase in feed.match.phrases():
            if not any(char.isalnum() for char in phrase):
                message = f"{phrase!r} contains no word"
                yield Diagnostic(path, (feed_id, "match", *place), message, "expected letters or digits")


def _check_questions(dossier: Dossier) -> Iterator[Diagnostic]:
    """Each file of ``questions/`` must belong to a topic, and each topic may have one."""
    owners = dict[str, str]()
    for stem in dossier.questions:
        path, topic = f"questions/{stem}.yaml", dossier.topic_of_questions(stem)
        if topic is None:
            fix = _nearest_topic(dossier, stem)
            yield Diagnostic(path, (), f"unknown topic {stem!r}", fix, because=topic_file(stem))
        elif owners.setdefault(topic, path) != path:
            message = f"topic {topic!r} has another file, {owners[topic]}"
            fix = "expected one file of questions for each topic"
            yield Diagnostic(path, (), message, fix, because=(owners[topic], ()))


def _check_id(path: str, identity: str, pattern: re.Pattern[str]) -> Iterator[Diagnostic]:
    if not pattern.fullmatch(identity):
        shape = "yyyy-mm-dd-slug.yaml, of a-z and 0-9" if pattern is _BULLETIN_ID else "a-z, 0-9, - and _ (at most 80)"
        yield Diagnostic(path, (), f"file name {identity!r}", f"expected {shape}")


def _check_known(dossier: Dossier, kind: str, ids: Iterable[str], path: str, place: Place) -> Iterator[Diagnostic]:
    """``kind`` is "source", "fact" or "topic"."""
    of_kind: dict[str, Collection[str]] = {"source": dossier.sources, "fact": dossier.facts, "topic": dossier.topics}
    known, names = of_kind[kind], list(ids)
    for index, name in enumerate(names):
        if name in names[:index]:
            yield warning(path, (*place, index), f"{kind} {name!r} is listed twice", "expected each once")
        elif name not in known:
            fix = _nearest_topic(dossier, name) if kind == "topic" else did_you_mean(name, known, f"a {kind}")
            because = topic_file(name) if kind == "topic" else (f"{kind}s.yaml", (name,))
            message, code = f"unknown {kind} {name!r}", f"unknown-{kind}"
            yield error(path, (*place, index), message, fix, code, because=because, name=name)


def topic_file(name: str) -> Where:
    """The file of a topic or programme, as the cause of a reference to it that finds none."""
    folder = "programs" if name.startswith(PROGRAM_PREFIX) else "topics"
    return f"{folder}/{name.removeprefix(PROGRAM_PREFIX)}.yaml", ()


def _nearest_topic(dossier: Dossier, name: str) -> str:
    """The fix for an unknown topic: the topic with that command, or the one with the nearest id."""
    if owner := dossier.commands.get(name.lower().lstrip("/")):
        return f"did you mean {owner!r}?"
    topics = [program.id for program in dossier.programs] if name.startswith(PROGRAM_PREFIX) else dossier.topics
    well_formed = [topic for topic in topics if _ID.fullmatch(topic.removeprefix(PROGRAM_PREFIX))]
    return did_you_mean(name, well_formed, "a topic")


def _check_progress(dossier: Dossier, topic: Topic, path: str) -> Iterator[Diagnostic]:
    if topic.progress is None:
        return
    days = {fact_id: fact.value for fact_id, fact in dossier.facts.items() if isinstance(fact, DayFact)}
    ends = (("from", topic.progress.from_), ("to", topic.progress.to))
    for key, fact_id in ends:
        if fact_id not in days:
            fix = did_you_mean(fact_id, days, "a date fact")
            because = "facts.yaml", (fact_id,)
            yield Diagnostic(path, ("progress", key), f"no date fact {fact_id!r}", fix, because=because)
    start, end = (days.get(fact_id) for _, fact_id in ends)
    if start and end and start >= end:
        other = {"from": f"before {end}", "to": f"after {start}"}
        for key, fact_id in ends:
            message, fix = f"progress {key} {days[fact_id]}", f"expected a day {other[key]}"
            because = "facts.yaml", (fact_id,)
            yield error(path, ("progress", key), message, fix, "progress", because=because)


MAX_COMMAND = 32
"""The largest number of characters."""

_COMMAND = "1–32 lower-case letters, digits or _"


def _check_commands(dossier: Dossier) -> Iterator[Diagnostic]:
    """Invalid and duplicate commands. A default command (the id) goes before a chosen one, and that before an alias."""
    owners: dict[str, Where | None] = dict.fromkeys(RESERVED)
    topics, at = dossier.topics.values(), ("command",)
    words: list[tuple[Topic, Place, str]] = [
        (topic, at, topic.command_word) for topic in sorted(topics, key=lambda topic: topic.command is not None)
    ]
    words += [(topic, *alias) for topic in topics for alias in _aliases(topic)]
    for topic, place, word in words:
        path = file_of(topic)
        because = owners.setdefault(word.lower(), (path, place))
        owner = because[0] if because else "the bot itself"
        if owner != path:
            message, fix = f"command {word!r} is taken by {owner}", "expected another word"
            yield error(path, place, message, fix, "command-taken", because=because, word=word, owner=owner)
        elif not (word == _normalized(word) and 1 <= len(word) <= MAX_COMMAND and all(map(_is_word_character, word))):
            fix = _command_fix(topic, word)
            message = f"{word!r} is not a command"
            yield error(path, place, message, fix, "command", because=(path, ()), word=word)


def _normalized(word: str) -> str:
    """Lower case, and composed letters (NFC), as keyboards type them."""
    return unicodedata.normalize("NFC", word.lower())


def _is_word_character(character: str) -> bool:
    """A letter, a digit, _ or a combining mark, such as vowel signs in Hindi and tone marks in Thai."""
    return character == "_" or character.isalnum() or unicodedata.category(character).startswith("M")


def _command_fix(topic: Topic, word: str) -> str:
    spelt = "".join(sign if _is_word_character(sign) else "_" for sign in _normalized(word))
    suggestion = re.sub("_+", "_", spelt).strip("_")[:MAX_COMMAND]
    if topic.command or word != topic.command_word:
        return f"expected {_COMMAND}" + (f", as in {suggestion}" if suggestion and suggestion != word else "")
    return f"expected another file name, or command: {suggestion} (of {_COMMAND})"


def _aliases(topic: Topic) -> Iterator[tuple[Place, str]]:
    if isinstance(topic.aliases, list):
        yield from ((("aliases", index), alias) for index, alias in enumerate(topic.aliases))
        return
    for language, aliases in topic.aliases.items():
        yield from ((("aliases", language, index), alias) for index, alias in enumerate(aliases))


_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_SYMBOL = (
    "[\xa2-\xa5\xa9\xae\u203c\u2049\u20a0-\u20cf\u2116\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_WITH_MODIFIERS = _SYMBOL + "[\ufe0e\ufe0f]?(?:[\U0001f3fb-\U0001f3ff]\ufe0f?)?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = f"(?:{_FLAG}|{_KEYCAP}|{_WITH_MODIFIERS}(?:\u200d{_WITH_MODIFIERS})*)"
"""An emoji sequence (Unicode Technical Standard 51, section 1.4), or a symbol that every platform shows."""

_ONE_EMOJI = re.compile(_EMOJI)
_SEVERAL_EMOJI = re.compile(rf"(?:{_EMOJI}\s*)+")


def _check_emoji(dossier: Dossier) -> Iterator[Diagnostic]:
    """Words instead of an emoji are a harmless error, several emoji a warning."""
    for topic in dossier.topics.values():
        path, emoji = file_of(topic), topic.emoji
        written = emoji if len(emoji) <= 20 else emoji[:19] + "…"
        if _ONE_EMOJI.fullmatch(emoji):
            continue
        if _SEVERAL_EMOJI.fullmatch(emoji):
            yield warning(path, ("emoji",), f"several emoji, {written!r}", "expected one", "several-emoji")
        else:
            message, fix = f"{written!r} is not an emoji", "expected one, as in 📄"
            yield error(path, ("emoji",), message, fix, "emoji", harmless=True)


_CATEGORIES = ("zero", "one", "two", "few", "many", "other")


@cache
def categories(language: str) -> tuple[str, ...]:
    """The plural categories of the language in CLDR's order; for a language unknown to CLDR, those of English."""
    rule = _plural_rule(language)
    return tuple(category for category in _CATEGORIES if category in rule.tags or category == "other")


@cache
def _plural_rule(language: str) -> PluralRule:
    return (cldr(language) or Locale.parse("en")).plural_form


@cache
def integer_categories(language: str) -> tuple[str, ...]:
    """The plural categories of whole numbers. Each of them occurs below 200."""
    occurring = {_plural_rule(language)(n) for n in range(200)}
    return tuple(category for category in categories(language) if category in occurring)


def check_units(facts: Mapping[FactId, Fact]) -> Iterator[Diagnostic]:
    """Empty forms of units are errors. A wrong number of forms for the language is a warning."""
    for fact_id, fact in facts.items():
        if not isinstance(fact, Number) or fact.unit is None:
            continue
        units = {"": fact.unit} if isinstance(fact.unit, str) else fact.unit
        inflects = any("|" in unit for unit in units.values())
        for language, unit in units.items():
            place = (fact_id, "unit", language) if language else (fact_id, "unit")
            forms = unit.split("|")
            if not all(form.strip() for form in forms):
                message = f"unit {unit!r} has an empty form"
                yield error("facts.yaml", place, message, "expected words between the bars", "unit-empty")
            elif language and _is_singular_alone(forms, language, fact.value):
                message, fix = f"the singular alone of a unit in {language!r}", f"expected {unit}|… with the plural"
                yield warning("facts.yaml", place, message, fix, "singular")
            elif language and not _fits(forms, language, inflects):
                count = "one form" if len(forms) == 1 else f"{len(forms)} forms"
                message = f"{count} of a unit in {language!r}"
                needed = len(integer_categories(language))
                yield warning("facts.yaml", place, message, _unit_fix(language), "unit-forms", n=needed)


def _fits(forms: list[str], language: str, inflects: bool) -> bool:
    """Whether the language may have this number of forms. ``inflects``: whether another language of the unit has several.

    Languages with two forms often use one (German "zwei Meter"); those with three do so only for abbreviations.
    """
    needed = len(integer_categories(language))
    if len(forms) > 1:
        return needed <= len(forms) <= len(categories(language))
    return needed <= 2 or not inflects or _is_abbreviation(forms[0])


def _is_singular_alone(forms: list[str], language: str, value: float) -> bool:
    """Whether a unit of a language whose plurals end with s is surely written in the singular alone ("book"), beside another number than one."""
    words = forms[0].split()
    own = record(language)
    if not own.plurals or len(forms) > 1 or value == 1 or _is_abbreviation(forms[0]):
        return False
    noun = words[:1] if own.noun_first else words
    return len(words) <= 2 and not any(word.endswith("s") or word in own.plurals for word in (*noun, words[0]))


_GROWTH = re.compile(rf"\b(?:{'|'.join(word for each in records() for word in each.growth)})", re.IGNORECASE)
"""What may be more than all of something: growth, and what is compared with something else."""


def check_percentages(facts: Mapping[FactId, Fact]) -> Iterator[Diagnostic]:
    """Warns of more than 100 percent of something that does not say that it has grown or is compared."""
    for fact_id, fact in facts.items():
        if not isinstance(fact, Percent) or fact.value <= 100:
            continue
        said = [fact_id.replace("_", " ").replace("-", " "), *_texts(fact.of), *_texts(fact.note), *_texts(fact.says)]
        if not any(map(_GROWTH.search, said)):
            message, fix = f"{fact.value:g} percent", "expected at most 100, or what has grown or is compared in `of`"
            yield warning("facts.yaml", (fact_id, "value"), message, fix, "percent")


def _texts(texts: object) -> list[str]:
    if isinstance(texts, str):
        return [texts]
    if isinstance(texts, Mapping):
        return [text for each in texts.values() for text in _texts(each)]
    return [text for each in texts for text in _texts(each)] if isinstance(texts, list | tuple) else []


def _is_abbreviation(unit: str) -> bool:
    """Whether a unit never changes: "км", "Мбит/с", "тыс. человек", "млн тонн"."""
    word = unit.split(maxsplit=1)[0]
    return not word.isalpha() or not word.islower() or not re.search("[aeiouyаеёиоуыэюя]", word)


def _unit_fix(language: str) -> str:
    needed = integer_categories(language)
    if len(needed) == 1:
        return "expected one form"
    return f"expected {len(needed)} forms separated by |, even if they are the same: {', '.join(needed)}"
