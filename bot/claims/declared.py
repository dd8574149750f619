"""The declared sentences, ready to be compared: how people state a fact, or a claim that an editor reviewed. PURE."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.claims.items import SLOT, SUBJECT, Item, ItemReader, Keys, texts_of
from bot.claims.values import Value
from bot.claims.words import normal
from bot.dossier.markdown import Items, plain
from bot.dossier.models import Claim, Dossier, Fact, FactId, Language, SourceId, TopicId
from bot.matching.analyzer import Analyzer
from bot.replies.dossier_texts import DossierTexts, facts_in
from bot.replies.i18n import phrases_in

_ANY = "7777777"
"""Replaces ``{}`` when the bound of a sentence is read ("at most {}")."""

_CAPITALISED = re.compile(r"(?<!\w)[^\W\d_a-zа-я]\w+")

_BOUNDED = ("money", "percent", "number", "duration")

_FEW_TOPICS, _SHARE_OF_TOPICS, _SHORT = 3, 0.4, 3
"""In a language without word lists a word is a function word if the sentences of this many topics have it, and this share of all topics. For
words of up to this many letters, two topics are enough."""


@dataclass(frozen=True)
class Sentence:
    """A declared sentence.

    Attributes:
        text: the text as the editor wrote it.
        items: its words and values; the fact's value is a slot.
        bound: the bound of the fact's value: over, under, min, max, or "".
        turning: its words that reverse or limit it.
        keys: the keys of all its words.
        names: the keys of its capitalised words.
    """

    text: str
    items: tuple[Item, ...]
    bound: str
    turning: frozenset[str]
    keys: Keys
    names: Keys

    @cached_property
    def has_subject(self) -> bool:
        """Whether it names the dossier's subject."""
        return any(item.is_subject for item in self.items)

    @cached_property
    def countries(self) -> list[str]:
        """The countries that it names, in order, each once."""
        return list(dict.fromkeys(key for item in self.items for key in sorted(item.countries)))

    @cached_property
    def telling(self) -> tuple[Item, ...]:
        """Its content words."""
        return tuple(
            item
            for item in self.items
            if item.value is None and not (item.is_slot or item.is_subject or item.is_function)
        )


@dataclass(frozen=True, slots=True)
class DeclaredFact:
    """A fact that has declared sentences.

    Attributes:
        topics: its ``topic``; without one, the topics whose text refers to it.
        sentences: its sentences in the language.
        keys: the keys of all their words.
        measured: the words of ``of``, which says what the value measures, and of its unit.
        teller: the keys of ``stated_by``, ``by`` and the publishers.
        counted: the keys of the words beside the slot, which its sentences count, and of its unit.
    """

    id: FactId
    fact: Fact
    topics: tuple[TopicId, ...]
    sentences: tuple[Sentence, ...]
    keys: Keys
    measured: tuple[Item, ...]
    teller: Keys
    counted: Keys

    @property
    def topic(self) -> TopicId | None:
        """The topic that answers a claim about it; None if there is not exactly one."""
        return self.topics[0] if len(self.topics) == 1 else None


@dataclass(frozen=True, slots=True)
class DeclaredClaim:
    """A reviewed claim with its sentences in the language."""

    claim: Claim
    sentences: tuple[Sentence, ...]


class Declared:
    """All declarations in one language.

    Attributes:
        reader: reads sentences in the same way as these.
        facts: the facts with sentences.
        claims: the reviewed claims with sentences.
        common: the keys of function words, in a language without word lists.
        titles: topic → the keys of its title that no fact's sentence has. They explain a word of a claim, but prove nothing.
        stated: topic → the values in its text.
        days: the dates in all topics' texts, and those of bulletins.
    """

    def __init__(self, dossier: Dossier, language: Language, analyzer: Analyzer) -> None:
        self.reader = ItemReader(dossier, language, analyzer)
        self._dossier, self._language = dossier, language
        self._topics = _topics_of_facts(dossier)
        texts = DossierTexts(dossier, language)
        say = phrases_in(language).say
        said = say(
            "the newest bulletin is of {} / the latest bulletin of Nota is from {} / the most recent bulletin dates from {}"
        ).split(" / ")
        counted = {name: fact.model_copy(update={"says": {language: said}}) for name, fact in dossier.counted.items()}
        facts = {**counted, **dossier.facts}
        self.facts = tuple(self._fact(name, fact) for name, fact in facts.items() if fact.says.get(language))
        self.claims = tuple(
            DeclaredClaim(claim, tuple(self._claimed(claim)))
            for claim in dossier.claims.values()
            if claim.says.get(language)
        )
        self._claimed_sentences = [(claim, sentence) for claim in self.claims for sentence in claim.sentences]
        self._claimed_by = self._by_rarest_word()
        self.common = frozenset() if self.reader.lists.is_listed else self._common()
        self.titles = {
            name: self._told_apart(texts.line(topic.title[language])) for name, topic in dossier.topics.items()
        }
        self.stated = {name: tuple(self._stated(texts, topic.body[language])) for name, topic in dossier.topics.items()}
        self.days = (
            *(value for values in self.stated.values() for value in values if value.kind == "date"),
            *(
                Value("date", 0, 0, 0, 0, year=d.year, month=d.month, day=d.day)
                for d in {b.date for b in dossier.bulletins.values()}
            ),
        )

    def claimed_with(self, keys: Keys) -> Iterator[tuple[DeclaredClaim, Sentence]]:
        """The sentences of reviewed claims whose rarest word is among the keys, so that a statement with these keys may repeat them."""
        owners = {number: None for key in sorted(keys | {""}) for number in self._claimed_by.get(key, ())}
        yield from (self._claimed_sentences[number] for number in owners)

    def sentence(self, text: str, kind: str = "") -> Sentence:
        """A declared sentence, ready to be compared.

        ``kind``: the type of its fact; "" for a reviewed claim. The bound of an amount ("at most {}") and the period of a price are part of the
        value.
        """
        read, bound = normal(text.replace("{it}", f" {SUBJECT} ")), ""
        if kind == "money":
            for start, end in reversed(self.reader.values.periods_in(read)):
                read = f"{read[:start]} {read[end:]}"
        if kind in _BOUNDED:
            spoken = read.replace("{}", _ANY)
            value = next((value for value in self.reader.values.read(spoken) if value.low == float(_ANY)), None)
            if value is not None and value.bound:
                bound, end = value.bound, spoken.index(_ANY) + len(_ANY)
                read = f"{spoken[: value.start]} {{}} {spoken[end:]}"
        items = self.reader.items(read.replace("{}", f" {SLOT} "), names_subject=False)
        turning = frozenset(item.text for item in items if item.is_turning)
        capitals = {word for name in _CAPITALISED.findall(text) for word in self.reader.split(normal(name))}
        names = frozenset(key for item in items if item.text in capitals for key in item.keys)
        return Sentence(text, items, bound, turning, frozenset().union(*(item.keys for item in items)), names)

    def beside(self, items: Sequence[Item], at: int, reach: int) -> Keys:
        """The keys of the first content words behind a value; of those before it if a value or nothing follows."""
        for step in (1, -1):
            keys: set[str] = set()
            taken, place = 0, at + step
            while 0 <= place < len(items) and taken < reach and items[place].value is None and not items[place].is_slot:
                item = items[place]
                if not (item.is_function or item.countries or item.is_subject):
                    keys |= item.keys
                    taken += 1
                place += step
            if keys:
                return frozenset(keys)
        return frozenset()

    def _fact(self, name: FactId, fact: Fact) -> DeclaredFact:
        language = self._language
        sentences = tuple(self.sentence(text, fact.type) for text in fact.says[language])
        sources = (self._dossier.sources.get(SourceId(source)) for source in fact.sources)
        publishers = [text for source in sources if source for text in texts_of(source.publisher, language)]
        teller = [*texts_of(fact.stated_by, language), *fact.by.get(language, ()), *publishers]
        units = [form for text in texts_of(getattr(fact, "unit", None), language) for form in text.split("|")]
        counted = (
            self.beside(sentence.items, at, 1)
            for sentence in sentences
            for at, item in enumerate(sentence.items)
            if item.is_slot
        )
        return DeclaredFact(
            name,
            fact,
            self._topics.get(name, ()),
            sentences,
            frozenset().union(*(sentence.keys for sentence in sentences)),
            tuple(item for text in (*texts_of(fact.of, language), *units) for item in self.reader.items(normal(text))),
            frozenset(key for item in self._words_of(teller) for key in item.keys),
            frozenset(key for item in self._words_of(units) for key in item.keys).union(*counted),
        )

    def _claimed(self, claim: Claim) -> Iterator[Sentence]:
        """The sentences of a reviewed claim, one for each entry of its ``one_of``."""
        choices = claim.one_of.get(self._language, ())
        for text in claim.says.get(self._language, ()):
            for choice in choices if "{}" in text else ("",):
                yield self.sentence(text.replace("{}", choice))

    def _words_of(self, texts: Iterable[str]) -> list[Item]:
        """The content words of the texts."""
        read = (item for text in texts for item in self.reader.items(normal(text)))
        return [item for item in read if item.value is None and not (item.is_function or item.is_turning)]

    def _by_rarest_word(self) -> Mapping[str, list[int]]:
        """Key → the numbers of the reviewed claims' sentences whose rarest word has it; "" → those of sentences without content words."""
        met = Counter(key for _, sentence in self._claimed_sentences for key in sentence.keys)
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, (_, sentence) in enumerate(self._claimed_sentences):
            rarest = min(sentence.telling, key=lambda item: sum(met[key] for key in item.keys), default=Item(""))
            for key in rarest.keys or {""}:
                numbers[key].append(number)
        return numbers

    def _common(self) -> Keys:
        topics: dict[str, set[TopicId]] = defaultdict(set)
        for fact in self.facts:
            for key in fact.keys:
                topics[key] |= set(fact.topics[:1])
        every = len(frozenset().union(*topics.values()))
        enough = max(_FEW_TOPICS, _SHARE_OF_TOPICS * every)
        return frozenset(
            key
            for key, topics_of_key in topics.items()
            if key[0] not in "@=" and len(topics_of_key) >= (2 if len(key) <= _SHORT else enough)
        )

    def _told_apart(self, title: str) -> Keys:
        own = Counter(key for fact in self.facts for key in fact.keys)
        keys = frozenset(key for item in self._words_of([title]) for key in item.keys)
        return frozenset(key for key in keys if key[0] != "@" and not own[key])

    def _stated(self, texts: DossierTexts, body: str) -> Iterator[Value]:
        for block in texts.blocks(body):
            for spans in block.items if isinstance(block, Items) else (block.spans,):
                yield from self.reader.values.read(normal(plain(spans)))


def _topics_of_facts(dossier: Dossier) -> Mapping[FactId, tuple[TopicId, ...]]:
    """Fact → its ``topic``; without one, the topics whose text refers to it."""
    topics: dict[FactId, tuple[TopicId, ...]] = {}
    for topic in dossier.topics.values():
        for name in facts_in(dossier, *topic.body.values()):
            topics[name] = (*topics.get(name, ()), topic.id)
    named = {name: (fact.topic,) for name, fact in dossier.facts.items() if fact.topic in dossier.topics and fact.topic}
    return dict.fromkeys(dossier.counted, (TopicId("news"),)) | topics | named
