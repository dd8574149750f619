"""A dossier's statements with the facts in them, ready to be compared with what people claim. PURE."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from math import log

from bot.claims.values import Value, ValueReader
from bot.claims.words import Words, normal, words
from bot.dossier import markdown
from bot.dossier.markdown import PLACEHOLDER, Items
from bot.dossier.models import (
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Language,
    Money,
    Name,
    Named,
    Number,
    Percent,
    Place,
    Topic,
    TopicId,
    Wording,
    in_language,
)
from bot.matching.analyzer import Analyzer
from bot.matching.gazetteer import is_town
from bot.matching.stemmer import CYRILLIC, stem

Keys = frozenset[str]
"""What a word may be recognised by: its stem, its synonyms' group, its country."""

_STATED_BY = "by"
"""The form of a fact that names who says so."""

_COMPARED = (Money, Percent, Duration, DayFact, Number)

_READ = 200
"""Characters of a text that are split into words at once; an analyzer reads the first forty words."""

NEAR = 3
"""So many words on either side of a value say what it is a value of."""

_STEMMED = 5
"""Words of grammar from so many letters on are known in all their forms."""

_SENTENCE = re.compile(r"(?<=[^\W\d_]{3}[.!?”»])\s+|(?<=[}\d)”»][.!?])\s+|[;\n]\s*")

_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?](?:\s|$))")
"""What a citation before a stop leaves."""

_DISPUTED = {
    "en": "differ differs differing disagree disagrees dispute disputed contradictory varies",
    "id": "berbeda beda berlainan simpang bertentangan",
    "ru": "расходятся расходится различаются противоречат противоречивы спорят",
}
"""Words by which a statement says that its sources disagree."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A fact where a statement names it.

    Attributes:
        fact, id: the fact; None where the text itself states the value. ``literal``: that value, else None.
        is_qualifier: whether it is a day in plain text beside another value, and says of when that is.
        bound: what stands before it: over, under, min, max, or "". ``period``: of a price, "" for none.
        before, after: the words next to it, the nearest first; those beyond another fact do not count.
        country: of the countries among the words up to the next fact, the nearest; else the only one of the statement or the
            topic's title; "" where there is none.
    """

    id: FactId | None
    fact: Fact | None
    bound: str
    period: str
    before: tuple[Keys, ...]
    after: tuple[Keys, ...]
    country: str
    literal: Value | None = None
    is_qualifier: bool = False

    @property
    def kind(self) -> str:
        """What it is a value of: date, duration, money, number or percent."""
        return self.fact.type if self.fact else self.literal.kind if self.literal else ""


@dataclass(frozen=True)
class Statement:
    """A sentence, or a part of one, of a topic's text.

    Attributes:
        text: as it stands in the dossier, without Markdown.
        lead: whether it begins the topic's text, and so answers what the topic is asked.
        slots: the values in it: typed facts, and what it states in plain text. ``literals``: the latter, and those of notes.
        names: the names, places and texts among its facts. ``keys``: its words.
        is_disputed: whether it says that its sources disagree. ``negated``: whether it denies something.
        is_goal: whether it speaks of what is not so yet. ``denied``: the keys of the words behind its negations.
        before: the words of the sentence that it goes on from behind a semicolon, or that introduces its list: it is said of
            them. Names are left out: another one may say this.
        says_unknown: whether it denies that something is known. ``is_reported``: whether it says who says so.
        marks: what makes another sentence of it: must, may, future, condition, time, apart. ``order``: its words, from first to last.
        block: the paragraph or item of a list that it stands in, counted through the topic.
        carries: the kinds of values for which it, or its topic's title, has a word that carries them ("costs", "lasts").
    """

    topic: TopicId
    text: str
    lead: bool
    slots: tuple[Slot, ...]
    literals: tuple[Value, ...]
    names: tuple[FactId, ...]
    keys: Set[str]
    is_disputed: bool
    negated: bool
    is_goal: bool
    denied: Set[str]
    carries: Set[str]
    says_unknown: bool
    is_reported: bool
    marks: Set[str]
    order: tuple[Keys, ...]
    before: Set[str] = frozenset()
    block: int = 0

    @cached_property
    def kinds(self) -> frozenset[str]:
        """What kinds of facts it holds."""
        return frozenset(slot.kind for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a topic is about.

    Attributes:
        keys: the words of its title and publishers. ``asked``: those that people ask for it with.
        belongs: words for what it belongs to, of a programme: its first sentence says that it does.
        literals: the values in its title.
    """

    keys: Set[str]
    belongs: Set[str]
    asked: Set[str]
    literals: tuple[Value, ...]


class LanguageFacts:
    """The statements of a dossier in one language."""

    def __init__(self, dossier: Dossier, language: Language, analyzer: Analyzer) -> None:
        self.words: Words = words(language)
        self.reader = ValueReader(self.words, _labels(dossier, language))
        self.language = language
        self._dossier = dossier
        self._analyzer = analyzer
        self._disputed = frozenset(_DISPUTED.get(language, "").split())
        self._empty = frozenset(stem(word, language) for word in self.words.grammar if len(word) >= _STEMMED)
        self._explained: dict[int, Set[str]] = {}
        self._together: dict[tuple[FactId, ...], Set[str]] = {}
        self._cache: dict[str, Keys] = {}
        self._groups = {
            stem: group for word, group in self.words.synonyms.items() for stem in analyzer.token(word).stems
        }
        """``said_of``: by fact, the words of every statement that names it and that nothing disputes. ``told``: by topic, all its words."""
        self.names = frozenset(
            key for fact in dossier.facts.values() if not isinstance(fact, Wording) for key in self._aliases(fact)
        )
        self.places = frozenset(
            key for fact in dossier.facts.values() if isinstance(fact, Place) for key in self._aliases(fact)
        )
        self.subject = self.keys_of(dossier.header.title[language])
        publishers = {in_language(each.publisher, language) for each in dossier.sources.values()}
        forms = [[keys for keys in self.content(each) if keys] for each in sorted(publishers)]
        self._publishers = [form for form in forms if form and not all(keys & self.names for keys in form)]
        self.publishers = all_keys([keys for form in forms for keys in form])
        self.membership = self.keys_of(" ".join(sorted(self.words.membership)))
        self._named = [
            (self._forms(each), self._aliases(each)) for each in dossier.facts.values() if isinstance(each, Name)
        ]
        self.frames: dict[TopicId, Frame] = {}
        self.statements: list[Statement] = []
        for topic in dossier.topics.values():
            found = list(self._of_topic(topic))
            self.statements += found
            self.frames[topic.id] = self._frame(topic)
        spread = Counter(key for each in self.statements for key in each.keys)
        total = len(self.statements) + 1
        self.weights = {key: log(1 + total / among) / log(1 + total) for key, among in spread.items()}
        self.said_of: dict[FactId, set[str]] = {}
        self.told: dict[TopicId, set[str]] = {}
        for each in self.statements:
            self.told.setdefault(each.topic, set()).update(each.keys)
            if each.is_disputed or each.negated:
                continue
            for slot in each.slots:
                for fact in (slot.id, *parts_of(slot.fact)) if slot.id and slot.fact else ():
                    self.said_of.setdefault(fact, set()).update(each.keys)

    def explained(self, statement: Statement) -> Set[str]:
        """What explains a word beside a statement: its own words, those that introduce it, its topic's and the dossier's title."""
        if id(statement) not in self._explained:
            found = statement.keys | statement.before | self.titled(statement) | self.subject
            self._explained[id(statement)] = found
        return self._explained[id(statement)]

    def beside_names(self, statement: Statement) -> Set[str]:
        """The words of names and places that stand in one statement with one of this statement's: both may be so."""
        if statement.names not in self._together:
            shared = [each.names for each in self.statements if not set(each.names).isdisjoint(statement.names)]
            aliases = [self._aliases(self._dossier.facts[name]) for names in shared for name in names]
            self._together[statement.names] = frozenset().union(*aliases)
        return self._together[statement.names]

    def titled(self, statement: Statement) -> Set[str]:
        """The words of the title and publishers of a statement's topic; at its beginning those for what a programme belongs to."""
        frame = self.frames[statement.topic]
        return frame.keys | frame.belongs if statement.lead else frame.keys

    def keys(self, word: str) -> Keys:
        """What a word may be recognised by."""
        found = self._cache.get(word)
        if found is None:
            found = self._cache[word] = self._keys(word)
        return found

    def keys_of(self, text: str) -> frozenset[str]:
        """The keys of all words of a text."""
        return frozenset().union(*(self.keys(word) for word in self.split(text)))

    def weight(self, keys: Keys) -> float:
        """How rare the rarest of some keys is among the statements: 1 for one of a single statement, 0 for keys that none has."""
        return max((self.weights.get(key, 0.0) for key in keys), default=0.0)

    def split(self, text: str) -> list[str]:
        """The words of a text of any length, hasty spellings made good."""
        parts = [text] if len(text) <= _READ else re.findall(rf"(?s).{{1,{_READ}}}(?:\s|$)", text)
        return [word for part in parts for word in self._analyzer.words(normal(part), self.language)]

    def is_town(self, word: str) -> bool:
        return any(is_town(word, language) for language in self._dossier.languages)

    def may_be_place(self, word: str, keys: Keys) -> bool:
        """Whether the word is of a name or place of the dossier, or a town."""
        return not keys.isdisjoint(self.names - self.subject) or self.is_town(word)

    def may_be_named(self, word: str, keys: Keys) -> bool:
        """Whether the word is of a name or place of the dossier, or of a town or country."""
        return self.may_be_place(word, keys) or any(key[0] == "@" for key in keys)

    def names_place(self, word: str) -> bool:
        """Whether it is a word of a place of the dossier, or a town."""
        return self.is_town(word) or not self.keys(word).isdisjoint(self.places)

    def is_place(self, name: FactId) -> bool:
        return isinstance(self._dossier.facts[name], Place)

    def names_in(self, keys: Set[str]) -> Set[str]:
        """The words of all forms of the names that the keys hold in whole, in whatever form."""
        found: set[str] = set()
        for forms, aliases in self._named:
            if any(form and all(written & keys for written in form) for form in forms):
                found |= aliases
        return found

    def _forms(self, fact: Name) -> list[list[Keys]]:
        """The words of a name, in each of its forms in this language."""
        texts = {text_of(fact, self.language, form) for form in ("", *fact.forms)}
        return [[self.keys(word) for word in self.split(text) if not self.is_empty(word)] for text in sorted(texts)]

    def is_empty(self, word: str) -> bool:
        """Whether the word adds nothing to what is said of a value."""
        if word in self.words.strict:
            return False
        if word in self.words.grammar or word in self.words.only or (len(word) == 1 and not word.isdigit()):
            return True
        return word not in self.words.negation and stem(word, self.language) in self._empty

    def content(self, text: str) -> list[Keys]:
        """The words of a text in order; an empty one has no keys."""
        return [frozenset() if self.is_empty(word) else self.keys(word) for word in self.split(text)]

    def _keys(self, word: str) -> Keys:
        token = self._analyzer.token(word)
        found = set(token.stems)
        if not self.is_town(word):
            found |= {term for term in token.terms if term[0] == "@"}
            if self.language in CYRILLIC and len(word) > 5:
                found |= {term for term in token.terms if term[-1] == "-"}
        group = self.words.synonyms.get(word) or next(filter(None, map(self._groups.get, sorted(token.stems))), "")
        if group:
            found |= {f"~{group}", *self._analyzer.token(group).stems}
        return frozenset(found)

    def _of_topic(self, topic: Topic) -> Iterator[Statement]:
        lead, disputed, introduction, number = True, False, frozenset[str](), 0
        for block in markdown.parse(topic.body[self.language]):
            is_list = isinstance(block, Items)
            for spans in block.items if isinstance(block, Items) else (block.spans,):
                before, number = introduction if is_list else frozenset(), number + 1
                for part in _SENTENCE.split(_BEFORE_STOP.sub("", markdown.plain(spans))):
                    if part.strip():
                        found = self._statement(topic, part, lead=lead)
                        disputed = (disputed and not lead) or (lead and found.is_disputed)
                        yield replace(
                            found, is_disputed=found.is_disputed or disputed, before=before - self.names, block=number
                        )
                        goes_on = not found.text.endswith((".", "!", "?", "”", "»")) and not found.negated
                        lead, before = False, before | found.keys if goes_on else frozenset()
                introduction = introduction if is_list else before

    def _statement(self, topic: Topic, text: str, *, lead: bool) -> Statement:
        pieces: list[str] = [""]
        found: list[tuple[FactId, Fact]] = []
        names: list[FactId] = []
        place = 0
        for match in PLACEHOLDER.finditer(text):
            pieces[-1] += text[place : match.start()]
            place = match.end()
            fact = self._dossier.facts.get(FactId(match[1]))
            if fact is None:
                continue
            if match[2] == _STATED_BY and fact.stated_by:
                pieces[-1] += in_language(fact.stated_by, self.language)
            elif isinstance(fact, _COMPARED):
                found.append((FactId(match[1]), fact))
                pieces.append("")
            else:
                names.append(FactId(match[1]))
                pieces[-1] += text_of(fact, self.language, match[2] or "")
        pieces[-1] += text[place:]
        segments = [normal(piece) for piece in pieces]
        literals = [value for segment in segments for value in self.reader.read(segment)]
        cut, values = self._cut(segments, found)
        contents = [self.content(segment) for segment in cut]
        slots = [self._slot(at, *each, cut, contents, topic.title[self.language]) for at, each in enumerate(values)]
        if any(slot.kind != "date" for slot in slots):
            slots = [replace(slot, is_qualifier=slot.literal is not None and slot.kind == "date") for slot in slots]
        titled = set(self.split(topic.title[self.language]))
        spoken = {word for segment in segments for word in self.split(segment)}
        keys = {key for segment in segments for key in self.keys_of(segment)}
        for _, fact in found:
            keys |= self._fact_keys(fact)
            if fact.note:
                literals += self.reader.read(normal(in_language(fact.note, self.language)))
        for name in names:
            keys |= self._aliases(self._dossier.facts[name])
        keys |= self.names_in(keys)
        return Statement(
            topic.id,
            text.strip(),
            lead,
            tuple(slots),
            tuple(literals),
            tuple(names),
            keys,
            not spoken.isdisjoint(self._disputed),
            not spoken.isdisjoint(self.words.negation),
            not spoken.isdisjoint(self.words.goal),
            {key for segment in segments for key in self._denied(segment)},
            {kind for kind, carriers in self.words.carriers.items() if not carriers.isdisjoint(spoken | titled)},
            not spoken.isdisjoint(self.words.negation) and not spoken.isdisjoint(self.words.knowing),
            not spoken.isdisjoint(self.words.saying)
            or any(all(word & keys for word in form) for form in self._publishers),
            self.marks(spoken),
            tuple(keys for segment in segments for keys in self.content(segment) if keys),
        )

    def marks(self, spoken: Iterable[str]) -> frozenset[str]:
        """What the words make of a sentence."""
        return frozenset(self.words.marks[word] for word in spoken if word in self.words.marks)

    def _cut(
        self, segments: Sequence[str], found: Sequence[tuple[FactId, Fact]]
    ) -> tuple[list[str], list[tuple[FactId | None, Fact | None, Value | None]]]:
        """The texts between all values, those in plain text among them, and the values."""
        cut: list[str] = []
        values: list[tuple[FactId | None, Fact | None, Value | None]] = []
        for at, segment in enumerate(segments):
            place = 0
            is_priced = bool(at and isinstance(found[at - 1][1], Money))
            periods = self.reader.periods_in(segment) if is_priced else []
            for literal in self.reader.read(segment):
                if literal.kind == "number" and literal.high <= 1:
                    continue
                if any(start <= literal.start < end for start, end in periods):
                    continue
                cut.append(segment[place : literal.start])
                values.append((None, None, literal))
                place = literal.end
            cut.append(segment[place:])
            if at < len(found):
                values.append((*found[at], None))
        return cut, values

    def _denied(self, text: str) -> Keys:
        """The keys of the two words behind each negation."""
        spoken = [word for word in re.findall(r"\w+", text) if word in self.words.negation or not self.is_empty(word)]
        behind = (spoken[at + 1 : at + 3] for at, word in enumerate(spoken) if word in self.words.negation)
        return self.keys_of(" ".join(word for words_ in behind for word in words_))

    def _slot(
        self,
        at: int,
        fact_id: FactId | None,
        fact: Fact | None,
        literal: Value | None,
        segments: Sequence[str],
        contents: Sequence[Sequence[Keys]],
        title: str,
    ) -> Slot:
        before, after = contents[at][::-1], contents[at + 1]
        bound = literal.bound if literal else self.reader.bound_before(segments[at])
        countries = {key for each in (*contents, self.content(title)) for keys in each for key in keys if key[0] == "@"}
        country = nearest_country(before, after) or (countries.pop() if len(countries) == 1 else "")
        period = (fact.period or self.reader.period_in(segments[at + 1])) if isinstance(fact, Money) else ""
        period = literal.period if literal else period
        return Slot(fact_id, fact, bound, period or "", near(before), near(after), country, literal)

    def _aliases(self, fact: Fact) -> Set[str]:
        """The words of a name in every language and form: people write it in any."""
        if isinstance(fact, _COMPARED):
            return set()
        written = [fact.value, *fact.forms.values()]
        texts = [text for each in written for text in ([each] if isinstance(each, str) else each.values())]
        return {key for text in texts for key in self.keys_of(text)}

    def _fact_keys(self, fact: Fact) -> Set[str]:
        texts: list[Named | None] = [fact.stated_by]
        if isinstance(fact, Percent):
            texts.append(fact.of)
        if isinstance(fact, Number):
            texts.append(fact.unit)
        return {key for text in texts if text for key in self.keys_of(in_language(text, self.language))}

    def _frame(self, topic: Topic) -> Frame:
        publishers = [
            in_language(self._dossier.sources[source].publisher, self.language)
            for source in topic.sources
            if source in self._dossier.sources
        ]
        aliases = topic.aliases if isinstance(topic.aliases, list) else topic.aliases.get(self.language, [])
        named = [topic.title[self.language], *publishers]
        filled = PLACEHOLDER.sub(self._filled, " ".join(named)).replace("_", " ")
        names = [topic.summary[self.language], topic.command_word, *aliases]
        asked = [self.keys_of(ask) for ask in (*topic.asks.get(self.language, ()), *names)]
        belongs = self.membership if topic.is_program else frozenset()
        return Frame(
            self.keys_of(filled),
            belongs,
            all_keys(asked),
            tuple(self.reader.read(normal(filled))),
        )

    def _filled(self, match: re.Match[str]) -> str:
        fact = self._dossier.facts.get(FactId(match[1]))
        return text_of(fact, self.language) if fact and not isinstance(fact, _COMPARED) else ""


class Facts:
    """The statements of a dossier, in every language of it. Built once for each version of it."""

    def __init__(self, dossier: Dossier, analyzer: Analyzer) -> None:
        self.languages = {each: LanguageFacts(dossier, each, analyzer) for each in dossier.languages}
        self.dossier = dossier


def _labels(dossier: Dossier, language: Language) -> frozenset[str]:
    """The words with digits in titles: "5g"."""
    titles = " ".join(topic.title[language] for topic in dossier.topics.values())
    return frozenset(re.findall(r"(?<!\w)(?:\d+[^\W\d_]+|[^\W\d_]+\d+)(?!\w)", normal(titles)))


def all_keys(words_: Iterable[Keys]) -> Keys:
    """The keys of all the words."""
    return frozenset().union(*words_)


def parts_of(fact: Fact) -> tuple[FactId, ...]:
    """The term that a date is computed from: what is said of its end is said of it."""
    return (FactId(fact.plus),) if isinstance(fact, DayFact) and fact.plus else ()


def text_of(fact: Fact, language: str, form: str = "") -> str:
    """A name, place or text as the language writes it; "" for a typed value."""
    if isinstance(fact, _COMPARED):
        return ""
    return fact.forms.get(form, {}).get(language) or in_language(fact.value, language)


def near(words_: Sequence[Keys]) -> tuple[Keys, ...]:
    """The first few words that are not empty."""
    return tuple(filter(None, words_))[:NEAR]


def nearest_country(before: Sequence[Keys], after: Sequence[Keys]) -> str:
    """Of the countries among the words before and after a value (the nearest first), the nearest one."""
    found = [
        (distance, side, key)
        for side, neighbours in ((1, before), (0, after))
        for distance, keys in enumerate(neighbours)
        for key in keys
        if key[0] == "@"
    ]
    return min(found)[2] if found else ""
