"""A sentence → its words, values and places, in order, with the keys by which they are recognised. PURE."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.claims.statements import FEW
from bot.claims.values import Value, ValueReader
from bot.claims.words import normal, word_lists
from bot.dossier.models import Asks, Dossier, Language, Name, Named, Place
from bot.matching.analyzer import Analyzer
from bot.matching.gazetteer import is_town
from bot.matching.lexicon import lexicon
from bot.matching.stemmer import stem

Keys = frozenset[str]
"""The keys by which a word is recognised: its stem with the name of its form, its group of synonyms (begins with ``=``), its country (begins
with ``@``)."""

SLOT, SUBJECT = "slotslot", "subjectsubject"
"""Replace ``{}`` and ``{it}`` while a declared sentence is read. No language has these words."""

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_LABEL = re.compile(r"(?<!\w)(?:\d+[^\W\d_]+|[^\W\d_]+\d+)(?!\w)")
_NUMBERED = re.compile(r"(?<!\w)[^\W\d_]+ \d{1,3}(?!\w)")

_KEPT = 128
"""Texts whose items are kept: a statement is read several times, by itself, in its clauses, and with the names of places."""

_KEPT_WORDS = 4096

_NAME_LETTERS = 3
"""Shorter words of a place's name do not name the place alone ("St")."""


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place, by the keys of the words that name it. ``is_country``: whether it is a country that stands where a fact's value does."""

    keys: Keys
    is_country: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A word, a value or a place.

    Attributes:
        text: the text in the normalised sentence.
        keys: the keys of a word, or of the name of the dossier's subject; empty for a value and for a place.
        value: the value or place; None for a word.
        is_function: whether it is a function word, which adds nothing to the claim.
        is_turning: whether it reverses or limits the claim: a negation, "only", "still", "was to be".
        is_slot: whether it stands for the fact's value.
        is_subject: whether it names the dossier's subject.
        start: its position in the text.
    """

    text: str
    keys: Keys = frozenset()
    value: Value | PlaceName | None = None
    is_function: bool = False
    is_turning: bool = False
    is_slot: bool = False
    is_subject: bool = False
    start: int = 0

    @property
    def kind(self) -> str:
        """The type of facts that may have this value; "" for a word."""
        return "" if self.value is None else "place" if isinstance(self.value, PlaceName) else self.value.kind

    @property
    def countries(self) -> Keys:
        return frozenset(key for key in self.keys if key[0] == "@")

    def as_place(self) -> "Item":
        """A country as the value of a place."""
        name = frozenset(key for key in self.keys if key[0] not in "@=")
        return Item(self.text, value=PlaceName(name, is_country=True), start=self.start)


class ItemReader:
    """Reads sentences about one dossier in one language.

    Attributes:
        lists: the word lists of the language.
        values: reads values, except the digits in names ("5G", "Route 7").
        subject: the keys of the words in the dossier's names, without countries.
        subject_countries: the keys of the countries in those names.
        own: the keys of the words that tell the subject from others of its kind: "digital", if it is in the title, and
            "memorandum" and "digital memorandum" are names. A word that is a name by itself ("BBNJ", "treaty" beside "BBNJ treaty") tells nothing
            apart: all names mean the same.
    """

    def __init__(self, dossier: Dossier, language: Language, analyzer: Analyzer) -> None:
        self.language, self.lists, self._analyzer = language, word_lists(language), analyzer
        self.values = ValueReader(self.lists, _labels(dossier, language))
        self.keys = lru_cache(_KEPT_WORDS)(self._keys_of)
        self._synonyms = {stem(word, language): group for word, group in self.lists.synonyms.items()} | dict(
            self.lists.synonyms
        )
        self._function = self.lists.function | self.lists.hearsay | lexicon(language).fillers
        self._turning = self.lists.negation | self.lists.only | self.lists.turning
        names = [self.split(normal(name)) for name in dossier.header.names.get(language, ())]
        keys = [tuple(self.keys(word) for word in name if word not in self._function) for name in names]
        self._names = sorted((name for name in keys if name), key=len, reverse=True)
        every = [key for name in keys for key in name]
        self.subject_countries: Keys = frozenset(key for word in every for key in word if key[0] == "@")
        self.subject: Keys = frozenset(key for word in every if not word & self.subject_countries for key in word)
        title = frozenset(key for word in self.split(normal(dossier.header.title[language])) for key in self.keys(word))
        pairs = [name for name in self._names if len(name) == 2]
        telling = [
            word
            for pair in pairs
            for word, rest in (pair, pair[::-1])
            if (rest,) in self._names and (word,) not in self._names and word & title
        ]
        self.own: Keys = frozenset().union(*telling) & self.subject
        self._place_keys: dict[str, PlaceName] = {}
        self._place_words: set[str] = set()
        self._cached = lru_cache(_KEPT)(self._items)
        for name in _place_names(dossier, language):
            self._add_place(name)

    def split(self, text: str) -> list[str]:
        """The words of a normalised text."""
        return [part for m in _WORD.finditer(text) for part in m[0].split("-") if part]

    def _keys_of(self, word: str) -> Keys:
        """The keys by which a word is recognised."""
        form = self.lists.form_of(word)
        mark = f"~{form}" if form else ""
        base = stem(word, self.language)
        group = self._synonyms.get(word) or self._synonyms.get(base)
        keys = {base + mark, *([f"={group}{mark}"] if group else ())}
        countries = (
            ()
            if is_town(word, self.language)
            else (term for term in self._analyzer.token(word).terms if term[0] == "@")
        )
        return frozenset((*keys, *countries))

    def items(self, text: str, *, names_subject: bool = True) -> tuple[Item, ...]:
        """The words, values and places of a normalised text, in order.

        With ``names_subject`` a name of the dossier's subject is one item. A declared sentence names the subject only by ``{it}``.
        """
        return self._cached(text, names_subject)

    def _items(self, text: str, names_subject: bool) -> tuple[Item, ...]:
        text = self.plain(text)
        values = self.values.read(text)
        signs = [Item(sign, frozenset({sign}), start=at) for sign, at in self.values.signs(text, values)]
        values = [value for value in values if not (value.bare and value.high <= FEW)]
        periods = self.values.periods_in(text) if any(value.kind == "money" for value in values) else []
        items: list[Item] = []
        place = 0
        for value in [*values, None]:
            end = value.start if value else len(text)
            for m in _WORD.finditer(text, place, end):
                if not any(start <= m.start() < stop for start, stop in periods):
                    items += [self._item(part, m.start()) for word in self.split(m[0]) for part in self._spelt(word)]
            if value:
                items += self._valued(value, text)
                place = value.end
        phrases = self.lists.turning_phrases.finditer(text)
        items += [Item(m[0], frozenset({m[0]}), is_turning=True, start=m.start()) for m in phrases]
        items += signs
        if any(item.text in self.lists.negation for item in items):  # "nobody reported that …" denies the report
            items = [replace(item, is_function=False) if item.text in self.lists.hearsay else item for item in items]
        placed = list(self._with_places(self._with_tellers(items)))
        return tuple(self._with_subject(placed) if names_subject else placed)

    def plain(self, text: str) -> str:
        """The text for reading values. In a language without word lists, particles are removed ("14 de septiembre", "486 millones de euros")."""
        if self.lists.is_listed:
            return text
        months = "|".join(map(re.escape, self.lists.months)) or r"(?!)"
        text = re.sub(rf"(?<!\w)(\d{{1,2}})(?:\.|er|º)? (?:\w{{1,3}} )?({months})(?!\w)", r"\1 \2", text)
        text = re.sub(rf"(?<!\w)({months}) \w{{1,3}} ((?:19|20)\d\d)(?!\d)", r"\1 \2", text)
        scales, currencies = (
            "|".join(map(re.escape, table)) or r"(?!)" for table in (self.lists.scales, self.lists.currencies)
        )
        return re.sub(rf"(?<!\w)({scales}|000) [^\W\d_]{{1,3}} ({currencies})(?!\w)", r"\1 \2", text)

    def _spelt(self, word: str) -> list[str]:
        """The word with abbreviations and slang expanded."""
        if not self.lists.is_listed or word in (SLOT, SUBJECT) or word[-1].isdigit():  # "S2" is not "S1"
            return [word]
        return self._analyzer.words(word, self.language) or [word]

    def _item(self, word: str, start: int) -> Item:
        if word in (SLOT, SUBJECT):
            return Item(word, is_slot=word == SLOT, is_subject=word == SUBJECT, start=start)
        is_turning = word in self._turning
        is_letter = self.lists.is_listed and len(word) == 1 and not word.isdigit()
        return Item(
            word,
            self.keys(word),
            is_function=not is_turning and (is_letter or word in self._function),
            is_turning=is_turning,
            start=start,
        )

    def _with_tellers(self, items: Sequence[Item]) -> list[Item]:
        """The items. A teller without a word of telling is not a function word: in "my uncle signed" the uncle takes part."""
        telling = self.lists.hearsay | self.lists.saying
        return [
            replace(item, is_function=False)
            if item.text in self.lists.tellers and telling.isdisjoint(self._beside(items, at))
            else item
            for at, item in enumerate(items)
        ]

    def _beside(self, items: Sequence[Item], at: int) -> list[str]:
        """The nearest word on each side that is neither a function word nor a teller."""
        passed = self.lists.function | self.lists.tellers
        sides = (items[at + 1 :], items[:at][::-1])
        return [item.text for side in sides for item in [next((i for i in side if i.text not in passed), None)] if item]

    def _valued(self, value: Value, text: str) -> Iterator[Item]:
        """The item of a value. The bound of a date ("until 2030") is an item of its own, because declared sentences contain it."""
        if value.kind == "date" and value.bound:
            digit = re.search(r"\d", text[value.start : value.end])
            before = text[value.start : value.start + (digit.start() if digit else 0)]
            yield from (self._item(word, value.start) for word in self.split(before) if word not in self.lists.months)
            value = replace(value, bound="")
        yield Item(text[value.start : value.end], value=value, start=value.start)

    def _with_places(self, items: Iterable[Item]) -> Iterator[Item]:
        """Joins the words of a place's name. A generic word beside it ("palace") is dropped."""
        joined: list[Item] = []
        for item in items:
            name = self._place_of(item)
            last = joined[-1] if joined else None
            if name is None:
                if item.text in self.lists.places and last and isinstance(last.value, PlaceName):
                    continue
                joined.append(item)
                continue
            while (
                joined
                and (joined[-1].text in self.lists.places or joined[-1].text in self._place_words)
                and joined[-1].value is None
            ):
                joined.pop()
            if not (joined and joined[-1].value == name):
                joined.append(Item(item.text, value=name, start=item.start))
        return iter(joined)

    def _place_of(self, item: Item) -> PlaceName | None:
        if item.value is not None or not item.keys or item.countries:
            return None
        place = next((self._place_keys[key] for key in sorted(item.keys) if key in self._place_keys), None)
        if place is None and is_town(item.text, self.language):
            return PlaceName(frozenset(key for key in item.keys if key[0] != "@"))
        return place

    def _add_place(self, name: str) -> None:
        """Adds a place's name by its distinctive words, which are neither short nor generic. Countries are excluded: they act, too."""
        parts = self.split(normal(name))
        telling = [
            word
            for word in parts
            if len(word) >= _NAME_LETTERS and word not in self.lists.places and word not in self._function
        ]
        self._place_words |= (
            {word for word in parts if len(word) <= len("saint") and word not in self._function}
            if len(parts) > 1
            else set()
        )
        keys = frozenset(key for word in telling for key in self.keys(word) if key[0] not in "@=")
        same_place = next((self._place_keys[key] for key in sorted(keys) if key in self._place_keys), None)
        place = PlaceName(keys | same_place.keys) if same_place else PlaceName(keys)
        for key in place.keys:
            self._place_keys[key] = place

    def _with_subject(self, items: list[Item]) -> Sequence[Item]:
        """The items with each name of the dossier's subject as one item."""
        at = 0
        while at < len(items):
            for name in self._names:
                end = self._end_of_name(items, at, name)
                if end:
                    named = frozenset().union(*(item.keys for item in items[at:end]))
                    text, keys = (
                        " ".join(item.text for item in items[at:end]),
                        frozenset(key for key in named if key[0] != "@"),
                    )
                    items[at:end] = [Item(text, keys, is_subject=True, start=items[at].start)]
                    break
            at += 1
        return items

    def _end_of_name(self, items: Sequence[Item], at: int, name: Sequence[Keys]) -> int:
        """The end of a name that begins at ``at``, skipping function words between its words; 0 if the name is not there."""
        for keys in name:
            while at < len(items) and keys is not name[0] and items[at].is_function:
                at += 1
            if at >= len(items) or items[at].value is not None or not items[at].keys & keys:
                return 0
            at += 1
        return at


def texts_of(named: Named | Asks | list[str] | None, language: Language) -> list[str]:
    """The texts in a language, or those that are the same in all languages."""
    match named:
        case None:
            return []
        case str():
            return [named]
        case list():
            return list(named)
        case _:
            texts = named.get(language, [])
            return [texts] if isinstance(texts, str) else list(texts)


def _labels(dossier: Dossier, language: Language) -> set[str]:
    """The parts of names that look like values: "5G", "Route 7"."""
    header = dossier.header
    names = [
        *header.names.get(language, ()),
        *(
            text
            for fact in dossier.facts.values()
            if isinstance(fact, Name | Place)
            for text in _all_names(fact, language)
        ),
    ]
    titles = [*names, *(topic.title[language] for topic in dossier.topics.values())]
    return {m for text in titles for m in _LABEL.findall(normal(text))} | {
        m for text in names for m in _NUMBERED.findall(normal(text))
    }


def _place_names(dossier: Dossier, language: Language) -> Iterator[str]:
    for fact in dossier.facts.values():
        if isinstance(fact, Place):
            yield from _all_names(fact, language)
        yield from texts_of(fact.instead, language)


def _all_names(fact: Name | Place, language: Language) -> list[str]:
    """A name in all its grammatical forms."""
    return [
        *texts_of(fact.value, language),
        *(text for form in fact.forms.values() for text in texts_of(form, language)),
    ]
