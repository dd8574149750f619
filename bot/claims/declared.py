"""The declared sentences of a dossier in one language, and which of them a sentence repeats. PURE.

**In order, or silent**: the same words, the same endings, the same order; only the value may differ. :mod:`bot.claims.tokens` says what is read
the same.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from hashlib import blake2b
from itertools import combinations, pairwise, permutations, product
from math import log
from typing import Literal

from bot.claims.compare import Comparison, compare, same_value
from bot.claims.statements import copy_of, is_message, without_surroundings
from bot.claims.tokens import IT, Token, TokenReader, key_of, names_of, period_word, texts_of
from bot.claims.values import Value, day_of
from bot.claims.words import DAYS, normal
from bot.dossier.markdown import plain
from bot.dossier.models import (
    Claim,
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Language,
    Money,
    Name,
    Number,
    Percent,
    Place,
    TopicId,
)
from bot.languages import record
from bot.matching.gazetteer import country_of
from bot.matching.lexicon import lexicon
from bot.matching.stemmer import stem
from bot.replies.dossier_texts import DossierTexts, facts_in
from bot.replies.formatting import capitalised, fact_text, locale
from bot.replies.i18n import phrases_in
from bot.replies.reply import lines_of

SLOT = re.compile(r"\{(?!it\})([\w-]*)\}")
"""``{}`` for the value of the sentence's own fact, ``{id}`` for that of another one."""

OPEN = re.compile(r"\{([\w-]*)\}")
"""A slot, or ``{it}``, which is one where the name is in another case."""

_GOVERNS = re.compile(r"(?:\w+ )?\w{1,2}$|\w+$")
"""What the case of a name depends on: the word before it, and before a short one such as «в» the word before that; at the beginning the word behind it."""

MOST_VALUES = 4
"""A sentence with more values repeats none."""

_ROUND = 0.05
"""A percentage this near to the figures of rival facts may be one of them, rounded."""

_ARTICLES = 4
"""So many words that add nothing may stand in who says so."""

_COMPOUND = re.compile(r"\w-[^\W\d_]")
"""In a value that stands before a noun: "a five-year plan"."""

_NOUN_BEHIND = re.compile(r" ([^\W\d_]+)(?: [^\W\d_]+){0,2}")
"""The words behind a number among which is what it counts."""

_NAMED = re.compile(r"(?<!\w)(?=[^\W\d_])[A-ZÀ-ÞА-ЯЁ][^\W\d_]*(?:['’]s)?")
"""A word with a capital, also in the possessive."""

_FALSE = "xfalsex"
"""Stands for a phrase that calls something false."""

_CLAUSE = re.compile(r"[,;:–—]\s+|\s-\s+")

_SHORT = 3
"""The most letters of a preposition of a language that declines words."""

_ENDING = 3
"""Where a writer uses no accents, those of a word's last letters count nevertheless: «pagara» is not «pagará»."""

LIKE, SUBJECT, VALUE, MOST_NEAR = 0.21, 0.4, 1.3, 3
"""Of all that a declared sentence and the claim have, by weight, the share that both have from which the sentence is near; the share of its own words,
without values and places, that the claim must have, since a value that fits is not yet the same subject; the weight of a value, in those of the rarest word;
and how many are offered. Tuned on 1,165 true and false claims of development sets."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of a declared sentence.

    Attributes:
        fact: the fact whose value it is.
        place: of a place, its words in the sentence; "" for another value.
        is_own: of a place, whether it is the fact's and not one of ``instead``; True for another value.
    """

    fact: FactId
    place: str = ""
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """A declared sentence.

    Attributes:
        text: the text as the editor wrote it.
        slots: its values, in the order in which it is read; () for the sentence of a reviewed claim.
        claim: the reviewed claim that it states; None for a sentence of facts.
        words: its words and the name of the dossier.
        choice: what of ``one_of`` it says.
    """

    text: str
    slots: tuple[Slot, ...] = ()
    claim: Claim | None = None
    words: frozenset[str] = frozenset()
    choice: str = ""

    @property
    def owner(self) -> Hashable:
        """What it decides. Two sentences that are read the same must not differ in it."""
        if self.claim:
            return "false" if self.claim.verdict == "misleading" else self.claim.verdict
        if all(slot.place for slot in self.slots):  # nothing is open
            return "true" if all(slot.is_own for slot in self.slots) else "false"
        return tuple((slot.fact, slot.is_own) for slot in self.slots)

    @property
    def is_settled(self) -> bool:
        """Whether all its sentences are so, or none is: of an open claim, one may say the opposite of the other."""
        return self.claim is None or self.claim.verdict in ("true", "false")

    @property
    def lacks_name(self) -> bool:
        """Whether it is said without the name of the dossier, which the editor wrote."""
        return self.claim is None and IT in self.text and IT not in self.words

    @property
    def subject(self) -> Hashable:
        """The facts or the claim that it is about."""
        return self.claim.id if self.claim else tuple(slot.fact for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Compared:
    """A value of a sentence beside that of its fact.

    ``claimed``: its normalised words. ``value``: None for a place.
    """

    fact: FactId
    comparison: Comparison
    claimed: str
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The declared sentence that a sentence repeats, and its values; no values where that one states a reviewed claim."""

    said: Said
    values: tuple[Compared, ...] = ()

    @property
    def decides(self) -> str:
        """What it says of the sentence: true, false, or that nothing is sure; of a reviewed claim, the editor's verdict."""
        if self.said.claim is not None:
            return str(self.said.owner)
        comparisons = {value.comparison for value in self.values}
        return "unclear" if "unclear" in comparisons else "false" if "other" in comparisons else "true"

    @property
    def unclear(self) -> str:
        """The first value that decides nothing; "" if each does."""
        return next((value.claimed for value in self.values if value.comparison == "unclear"), "")


class Declared:
    """The declared sentences.

    Attributes:
        reader: reads sentences as these are read.
        facts: those of the dossier, and what Nota counts itself.
        twice: sentence → another one that is read the same and decides otherwise.
    """

    def __init__(self, dossier: Dossier, language: Language) -> None:
        self._dossier, self._language = dossier, language
        self.reader = TokenReader(dossier, language)
        of_newest = phrases_in(language).say(
            "the newest bulletin is of {} / the latest bulletin of Nota is from {} / the most recent bulletin dates from {}"
        )
        says = {"says": {language: of_newest.split(" / ")}}
        counted = {name: fact.model_copy(update=says) for name, fact in dossier.counted.items()}
        self.facts: Mapping[FactId, Fact] = {**counted, **dossier.facts}
        facts = {name: fact for name, fact in self.facts.items() if fact.says.get(language)}
        lists = self.reader.lists
        self._told_before, self._told_behind = (
            self._tellings(facts, f) for f in (lists.told_before, lists.told_behind)
        )
        self.twice: dict[str, Said] = {}
        self._messages: dict[str, Said] = {}
        self._said: dict[Hashable, Said] = {}
        self._fixed: dict[str, list[Value]] = {}
        clashing: set[Hashable] = set()
        for key, said in (*self._of_claims(), *self._of_facts(facts)):
            if (first := self._said.setdefault(key, said)).owner != said.owner:
                clashing.add(key)
                self.twice |= {said.text: first, first.text: said}
        for key in clashing:
            del self._said[key]

    # ---- Which sentence is repeated

    def message(self, text: str) -> Said | None:
        """The declared message of which a message is an exact copy."""
        return self._messages.get(copy_of(text)) if self._messages else None

    def repeated(self, sentence: str) -> Repeat | None:
        """The declared sentence that a sentence of a message repeats, alone or with who says so in front or at the end."""
        text = without_surroundings(sentence, self.reader.lists)
        return self._looked_up(text) or self._told(text)

    def repeats(self, text: str) -> Sequence[Repeat]:
        """The declared sentences that a sentence without its surroundings repeats, one for each thing that they decide."""
        repeats = dict[Hashable, Repeat]()
        tokens = self.reader.reading(text)
        key, places = key_of(tokens), [at for at, token in enumerate(tokens) if isinstance(token, Value)]
        for count in range(min(len(places), MOST_VALUES) + 1):
            for chosen in combinations(places, count):
                slotted = tuple(_slot(tokens[at]) if at in chosen else each for at, each in enumerate(key))
                if said := self._said.get(slotted):
                    repeats[said.owner] = self._repeat(said, [tokens[at] for at in chosen], text)
        return [*repeats.values()]

    def _looked_up(self, text: str) -> Repeat | None:
        repeats = self.repeats(text)
        found = [repeat for repeat in repeats if repeat.said.claim] or repeats
        # "4,000 applications for 300 places" is said of both numbers; what a fact does not confirm, a review decides
        decided = {each.decides for each in repeats if each in found or each.decides == "true"}
        repeat = found[0] if len(decided) == 1 else None
        if repeat is None:
            return None
        behind = [text for slot in repeat.said.slots for text in self.facts[slot.fact].also.get(self._language, ())]
        return repeat if _accents_agree(text, " ".join((*behind, repeat.said.text))) else None

    def _told(self, text: str) -> Repeat | None:
        """A sentence with who says so, which is one of the names that its fact has for it."""
        words = text.split()
        spoken = [_spoken(word) for word in words]
        for told, is_first in ((self._told_before, True), (self._told_behind, False)):
            for length in range(1, min(len(words), _ARTICLES + max(map(len, told), default=0))):
                part, rest = (spoken[:length], words[length:]) if is_first else (spoken[-length:], words[:-length])
                facts = told.get(self._telling(part))
                repeat = self._looked_up(" ".join(rest).strip(" ,:;–—-")) if facts else None
                if facts and repeat:
                    return repeat if repeat.values and facts.issuperset(value.fact for value in repeat.values) else None
        return None

    def _tellings(self, facts: Mapping[FactId, Fact], forms: Iterable[str]) -> Mapping[tuple[str, ...], set[FactId]]:
        """The ways to say who says so → the facts of which these say so."""
        told: dict[tuple[str, ...], set[FactId]] = defaultdict(set)
        for name, fact in facts.items():
            for teller in (*texts_of(fact.stated_by, self._language), *fact.by.get(self._language, ())):
                for form in forms:
                    told[self._telling([form.replace("{}", _spoken(teller))])].add(name)
        return dict(told)

    def _telling(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(word for word in " ".join(words).split() if word not in self.reader.lists.empty)

    def _repeat(self, said: Said, values: Sequence[Token], text: str) -> Repeat:
        open_values = iter([value for value in values if isinstance(value, Value)])
        compared = (
            self._placed(said, slot) if slot.place else self._compared(said, slot, next(open_values), text)
            for slot in said.slots
        )
        return Repeat(said, tuple(compared))

    # ---- Whether a value is the fact's

    def _placed(self, said: Said, slot: Slot) -> Compared:
        """A place: unclear if it is a rival's, or that of something else of which the same words are said.

        Where the sentence does not begin with the dossier's subject, it is unclear if any other fact has it.
        """
        alike = self._of_the_same_words(said) if said.text.startswith(IT) else self.facts.keys() - {slot.fact}
        others = [*self.rivals(slot.fact), *(self.facts[name] for name in alike)]
        named = {normal(n) for o in others if isinstance(o, Place | Name) for n in names_of(o, self._language)}
        comparison: Comparison = "same" if slot.is_own else "unclear" if normal(slot.place) in named else "other"
        return Compared(slot.fact, comparison, normal(slot.place))

    def _compared(self, said: Said, slot: Slot, value: Value, text: str) -> Compared:
        if slot.fact in self._dossier.counted:  # it is right or wrong of nothing
            return Compared(slot.fact, "same", self.reader.words_of(text, value), value)
        fact = self.facts[slot.fact]
        comparison = compare(value, _without_bound(fact))
        is_limit = getattr(fact, "below", False) or self._limits(said.text)
        is_open = is_limit or (comparison == "other" and self._may_be_anothers(value, slot.fact, said))
        if is_open and (
            comparison == "other" or (value.kind == "date" and not value.day)
        ):  # less than 4 is less than 5
            comparison = "unclear"
        return Compared(slot.fact, comparison, self.reader.words_of(text, value), value)

    def _may_be_anothers(self, value: Value, name: FactId, said: Said) -> bool:
        """Whether the value may belong to something else that the sentence means.

        A rival has it, or it lies between rival percentages; a fact has it of which the same words are said; the topic's text has it, of which no other fact is declared; or it is a
        month or a year, or a day in a sentence about the dossier's subject ("the memorandum" may be another one), that stands anywhere.
        """
        facts, fact, rivals = self.facts, self.facts[name], self.rivals(name)
        figures = [rival.value for rival in (*rivals, fact) if isinstance(rival, Percent)]
        is_among = (
            rivals
            and isinstance(fact, Percent)
            and min(figures) * (1 - _ROUND) <= value.low <= max(figures) * (1 + _ROUND)
        )
        is_rivals = any(compare(value, rival) != "other" for rival in rivals if _slot_of(rival) == _slot(value))
        if is_among or is_rivals or any(compare(value, facts[o]) == "same" for o in self._of_the_same_words(said)):
            return True
        is_anywhere = value.kind == "date" and (not value.day or IT in said.text)
        declared = (f for key, f in facts.items() if key != name and f.says and f.type == value.kind)
        if not is_anywhere and any(compare(value, other) == "same" for other in declared):
            return False
        places = self._stated if is_anywhere else self._topics.get(name, ())
        return any(same_value(value, each) for place in places for each in self._stated[place])

    def rivals(self, name: FactId) -> list[Fact]:
        """The facts that are rivals of a fact, whichever of them says so."""
        facts = self.facts
        return [f for key, f in facts.items() if key != name and (key in facts[name].rivals or name in f.rivals)]

    def _of_the_same_words(self, said: Said) -> set[FactId]:
        """The other facts with a sentence that has all words of this one: "the maritime memorandum was signed" beside "{it} was signed"."""
        own = {slot.fact for slot in said.slots}
        others = (each for each in self._said.values() if said.words <= each.words)
        return {slot.fact for other in others for slot in other.slots} - own

    @cached_property
    def _topics(self) -> Mapping[FactId, Sequence[TopicId]]:
        """Fact → its ``topic``; without one, the topics whose text refers to it."""
        topics: dict[FactId, list[TopicId]] = defaultdict(list)
        for topic in self._dossier.topics.values():
            for name in facts_in(self._dossier, *topic.body.values()):
                topics[name].append(topic.id)
        own = {name: fact.topic for name, fact in self.facts.items() if fact.topic}
        known = {name: [topic] if topic in self._dossier.topics else [] for name, topic in own.items()}
        return topics | known | {name: [TopicId("news")] for name in self._dossier.counted}

    def topic_of(self, fact: FactId) -> TopicId | None:
        """The topic that answers a claim about a fact; None if there is not exactly one."""
        topics = self._topics.get(fact, ())
        return topics[0] if len(topics) == 1 else None

    @cached_property
    def _stated(self) -> Mapping[TopicId, Sequence[Value]]:
        """Topic → the values in its text; "" → the days of facts and bulletins."""
        texts = DossierTexts(self._dossier, self._language)
        facts = [fact.value for fact in self.facts.values() if isinstance(fact, DayFact) and fact.value]
        days = {*facts, *(bulletin.date for bulletin in self._dossier.bulletins.values())}
        dates = [Value("date", 0, 0, 0, 0, year=day.year, month=day.month, day=day.day) for day in days]
        return {TopicId(""): dates} | {
            name: [
                value
                for spans in lines_of(texts.blocks(topic.body[self._language]))
                for value in self.reader.values.read(normal(plain(spans)))
            ]
            for name, topic in self._dossier.topics.items()
        }

    # ---- Reading the declarations

    def _of_facts(self, facts: Mapping[FactId, Fact]) -> Iterator[tuple[Hashable, Said]]:
        for name, fact in facts.items():
            for text in fact.says[self._language]:
                for behind in ("", *fact.also.get(self._language, ())):
                    yield from self._ways(name, text, behind)

    def _ways(self, name: FactId, text: str, behind: str) -> Iterator[tuple[Hashable, Said]]:
        """The ways to say a fact's sentence, read with the facts' values as Nota prints them. ``behind``: a phrase of ``also``."""
        slots = [FactId(m[1]) if m[1] else name for m in SLOT.finditer(text)]
        if not all(slot in self.facts for slot in slots):
            return
        choices = [
            self._places(slot, fact)
            if isinstance(fact := self.facts[slot], Place)
            else [(Slot(slot), printed(fact, SLOT.split(text)[2 * at + 2], self._language))]
            for at, slot in enumerate(slots)
        ]
        for chosen in product(*choices):
            said = without_surroundings(f"{filled(text, [value for _, value in chosen])} {behind}", self.reader.lists)
            is_one = all(value for _, value in chosen) and not is_message(said, self.reader.lists)
            for tokens in self.reader.declared_ways(said) if is_one else ():
                for slotted, order in self._slotted(tokens, [slot for slot, _ in chosen]):
                    words = frozenset(t for t in slotted if isinstance(t, str) and (t == IT or t[0] != "{"))
                    yield key_of(slotted), Said(text, order, None, words)

    def _places(self, name: FactId, fact: Place) -> list[tuple[Slot, str]]:
        own = [(Slot(name, text), text) for text in names_of(fact, self._language)]
        return own + [(Slot(name, text, is_own=False), text) for text in texts_of(fact.instead, self._language)]

    def _slotted(self, tokens: list[Token], slots: Sequence[Slot]) -> Iterator[tuple[list[Token], tuple[Slot, ...]]]:
        """The tokens with slots for the facts' values, and the slots in their order; nothing if a value is not read as itself once."""
        at_of: dict[int, Slot] = {}
        facts = {slot.fact: _without_bound(self.facts[slot.fact]) for slot in slots if not slot.place}
        for name, fact in facts.items():
            own = {at: t for at, t in enumerate(tokens) if isinstance(t, Value) and compare(t, fact) == "same"}
            [at, *others] = [at for at in own if own[at].day] or own or [-1]  # not the year of "for 2027 until {}"
            if others or at in (-1, *at_of):
                return
            at_of[at] = Slot(name)
        order = (*(slot for _, slot in sorted(at_of.items())), *(slot for slot in slots if slot.place))
        slotted = [_slot(token) if at in at_of else token for at, token in enumerate(tokens)]
        yield slotted, order
        for at, slot in at_of.items():
            fact = facts[slot.fact]
            if isinstance(fact, Money) and fact.period:
                word = period_word(fact.period)
                yield [t for t in slotted if t != word], order
                if word not in slotted:
                    yield [*slotted[: at + 1], word, *slotted[at + 1 :]], order

    def _of_claims(self) -> Iterator[tuple[Hashable, Said]]:
        """The sentences of reviewed claims, one for each entry of ``one_of``. A text of several sentences is a message."""
        for claim in self._dossier.claims.values():
            for text in claim.says.get(self._language, ()):
                if is_message(text, self.reader.lists):
                    self._messages[copy_of(text)] = Said(text, claim=claim)
                    continue
                for choice in claim.one_of.get(self._language, ()) if "{}" in text else ("",):
                    said = text.replace("{}", choice)
                    plain = without_surroundings(said, self.reader.lists)
                    for tokens in self.reader.declared_ways(plain, may_lack_it=False):
                        yield key_of(tokens), Said(said, claim=claim, choice=choice)

    # ---- Problems of declarations

    def claims_within(self, text: str) -> list[Claim]:
        """The reviewed claims that a fact's sentence states, with its slot, or with its slot and the word before it, left out."""
        parts = (re.sub(part, " ", text) for part in (r"\{\}", r"\w+\s+\{\}"))
        found = (self._said.get(key_of(tokens)) for part in parts for tokens in self.reader.declared_ways(part))
        return [*{said.claim.id: said.claim for said in found if said and said.claim}.values()]

    # ---- The nearest sentences

    def named(self, name: str) -> Said | None:
        """The declared sentence of a :func:`digest_of`; None if there is none."""
        return next((said for said in self._said.values() if digest_of(said.text) == name), None)

    def of_claim(self, claim: Claim) -> Iterator[Said]:
        """The sentences of a reviewed claim that can be offered. It may be of an equal dossier, such as one that was loaded again."""
        said_of_it = (said for said in self._said.values() if said.claim is not None and said.claim.id == claim.id)
        return (said for said in said_of_it if self._filled(said, "", {}) is not None)

    def difference(self, text: str, said: Said) -> str:
        """Where a sentence differs from a declared one, in English."""
        spoken = self.reader.named(without_surroundings(text, self.reader.lists))
        stated = self.reader.named(SLOT.sub(" xslotx ", said.text))
        ours, theirs = (
            ["{}" if isinstance(t, Value) or t == "xslotx" else t for t in side] for side in (spoken, stated)
        )
        for kind, i, j, k, m in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
            more, less = " ".join(ours[i:j]), " ".join(theirs[k:m])
            if kind == "insert":
                return f"it lacks {less!r}"
            if kind != "equal":
                return f"it has {more!r} {f'instead of {less!r}' if less else 'more'}"
        read = ", ".join(f"{value.kind} {value.currency}".strip() for value in spoken if isinstance(value, Value))
        return f"Nota reads its value as {read}" if read else "it is said in another order"

    def near(self, text: str) -> list[tuple[float, Said]]:
        """The declared sentences that are like a text and how much, the likeliest first; one with a place for each of its places."""
        ours, found = self._stems(text), list[tuple[float, Said]]()
        for said, stems in self._stemmed:
            share = self._weight(ours & stems) / self._weight(ours | stems) if ours & stems else 0
            if share >= LIKE:
                subject = stems - self._light - self._stems(" ".join(slot.place for slot in said.slots))
                if ours & subject and self._weight(ours & subject) >= SUBJECT * self._weight(subject):
                    found.append((share, said))
        return sorted(found, key=lambda pair: -pair[0])

    def opposition(self, said: Said, text: str) -> Literal["", "word", "denial", "order"]:
        """By what a sentence may say the opposite of a normalised text: only one has a word and only the other that word's opposite, one of the two denies, or the names that both have stand in another order.

        Clauses behind the first one count where they have a word of the sentence.
        """
        stated, lists = normal(OPEN.sub(" ", said.text)), self.reader.lists
        first, *others = _CLAUSE.split(text)
        words = self._stems(said.text) - self._light
        near = ", ".join((first, *(each for each in others if words & self._stems(each))))
        for sides in lists.opposites:
            ours, theirs = ({side for side in sides if side.search(each)} for each in (near, stated))
            if ours and theirs and ours.isdisjoint(theirs):
                return "word"
        if self._denies(stated) != self._denies(f"{near}, {self.called_false(text)}"):
            return "denial"
        capital = {stem(normal(word), self._language) for word in _NAMED.findall(said.text)}
        here, there = (self._names(each, capital) for each in (text, stated))
        pairs = permutations(here.keys() & there, 2)
        return "order" if any(here[one] < here[other] and there[one] > there[other] for one, other in pairs) else ""

    def called_false(self, text: str) -> str:
        """The phrase by which a normalised text calls something false; "" if it has none, or only "not a hoax"."""
        lists = self.reader.lists
        phrases = (m for m in lists.denying.finditer(text) if lists.negation.isdisjoint(text[: m.start()].split()[-1:]))
        return next((m[0] for m in phrases), "")

    def _denies(self, text: str) -> bool:
        """Whether a normalised text calls something false or has a negation: not "no more than", "seven, not six" or "not a hoax"."""
        lists = self.reader.lists
        tokens = self.reader.tokens(lists.denying.sub(f" {_FALSE} ", text))
        phrases = (m[0].split() for sides in lists.opposites for side in sides for m in side.finditer(text))
        nothing = sum(not lists.negation.isdisjoint(words) for words in phrases)
        nothing += sum(one in lists.negation and (isinstance(t, Value) or t == _FALSE) for one, t in pairwise(tokens))
        return bool(self.called_false(text)) or sum(token in lists.negation for token in tokens) > nothing

    def _names(self, text: str, capital: Collection[str]) -> Mapping[str, int]:
        """The names in a normalised text, which are countries and stems of ``capital``, with their places in order. Two that "and" joins have the same."""
        places, place, before = dict[str, int](), 0, ""
        for word in (token for token in self.reader.tokens(text) if isinstance(token, str)):
            name = country_of(word, self._language) or stem(word, self._language)
            if name in capital or name.isupper():
                place += before not in self.reader.lists.joints
                places.setdefault(name, place)
            before = word
        return places

    def fillings(self, said: Said, text: str) -> Iterator[tuple[str, ...]]:
        """The words of a normalised text for a sentence's slots, and those with the values that are left; none if it may not be offered with them."""
        values = self.reader.value_texts(text)
        if (own := self._filled(said, text, values)) is not None:
            yield own
            left = {value: words for value, words in values.items() if words not in own}
            if own and (other := self._filled(said, text, left)):
                yield other

    def _filled(self, said: Said, text: str, values: Mapping[Value, str]) -> tuple[str, ...] | None:
        """None if it is about what Nota counts, has own values of a kind of which the text has others, or if a value would not go with its words.

        A value behind a denial ("not 100") is none, nor, for a sentence without a limit, one that is left out ("less than 100").
        Where words are declined, a place and the name of the dossier must stand in the text beside the same words. That name is a slot then, too.
        """
        if (fixed := self._fixed.get(said.text)) is None:
            fixed = self._fixed[said.text] = [*self.reader.value_texts(OPEN.sub(" ", said.text))]
        told = [value for value in values if value.kind in {other.kind for other in fixed}]
        agrees = not told or any(same_value(value, other) for value in told for other in fixed)
        is_chosen = not said.choice or self._stems(said.choice) <= self._stems(text)
        if not (agrees and is_chosen) or not self._dossier.counted.keys().isdisjoint(slot.fact for slot in said.slots):
            return None
        free = [
            value
            for value in values
            if not any(same_value(value, other) for other in fixed)
            and self.reader.lists.negation.isdisjoint(text[: value.start].split()[-1:])
            and (self._limits(said.text) or not self._is_beyond(text, value))
        ]
        places, spoken = {slot.fact: slot.place for slot in said.slots}, f" {_spoken(text)} "
        words: list[str] = []
        for m in OPEN.finditer(said.text):
            name = FactId(m[1]) if m[1] else said.slots[0].fact
            if m[0] == IT:
                every = (" ".join(map(str, name)) for name in self.reader.names)
                names = (name for name in every if _beside(said.text, IT, name) in spoken)
                words += [next(names, "")] if self._is_in_another_case(said) else []
            elif place := places.get(name):
                near = _beside(said.text, m[0], _spoken(place)) if self._declines else f" {_spoken(place)} "
                article = re.search(rf" ({'|'.join(self.reader.lists.empty) or '(?!)'}){re.escape(near)}", spoken)
                words.append((f"{article[1]} {place}" if article else place) if near in spoken else "")
            elif value := next((value for value in free if _slot(value) == _slot_of(self.facts[name])), None):
                free.remove(value)
                words.append(self._written(self.facts[name], value, values[value], text, said.text, m))
            else:
                return None
        return None if "" in words else tuple(words)

    def _limits(self, text: str) -> bool:
        """Whether a slot of a text is a limit."""
        return self.reader.lists.bounds.search(_spoken(text)) is not None

    def _is_beyond(self, text: str, value: Value) -> bool:
        """Whether a value of a text is a limit and left out: "less than five", not "no less than five"."""
        around = _spoken(f"{text[: value.start]}{{}}{text[value.end :]}")
        limits = self.reader.lists.beyond.finditer(around)
        return any(self.reader.lists.negation.isdisjoint(around[: m.start()].split()[-1:]) for m in limits)

    def _written(self, fact: Fact, value: Value, words: str, text: str, said: str, slot: re.Match[str]) -> str:
        """A value of a text for the slot of a sentence; "" where the words of the sentence would not go with it."""
        before, behind = normal(said[: slot.start()]).split()[-1:], said[slot.end() :]
        if isinstance(fact, Number) and (counted := re.findall(r"\w+", behind)[:1]):
            forms = {locale(self._language).plural_form(number) for number in (value.low, fact.value)}
            beside = _NOUN_BEHIND.match(text, value.end)
            counts = beside[0] if beside and beside[1] not in lexicon(self._language).light else text
            if len(forms) > 1 or not self._stems(counted[0]) <= self._stems(counts):
                return ""
        if value.kind == "date" and not value.day:
            if not self._declines:
                return "" if before and before[0] in self.reader.lists.joined else words
            spoken = tuple(text[: value.start].split()[-1:])
            is_alone = before and len(before[0]) > _SHORT and spoken in self.reader.lists.years
            return f"{spoken[0]} {words}" if is_alone and value.month else ""
        if not self._declines and not _COMPOUND.search(words):
            return words
        anew = with_other_value(fact, value)
        return printed(anew, behind, self._language) if anew else words

    def sentence(self, said: Said, values: Sequence[str]) -> str:
        """A declared sentence with values for its slots, as its language joins them: "in June" where it says "on {}", «del» for «de el»."""
        lists, chosen = self.reader.lists, iter(values)
        name = next(iter(self._dossier.header.names.get(self._language, ())), "")
        text = said.text if len(values) > len(SLOT.findall(said.text)) else said.text.replace(IT, name)
        text = OPEN.sub(lambda _: next(chosen), text)
        for shown, date in ((words, each) for words in values for each in self.reader.value_texts(words)):
            own, other = (lists.days, lists.years) if date.day else (lists.years, lists.days)
            for phrase in set(other) - set(own) if date.kind == "date" else ():
                before = rf"(?<!\w){' '.join(phrase)} (?={re.escape(shown)})"
                text = re.sub(before, " ".join((*next(iter(own), ()), "")), text)
        for joined, parts in lists.joined.items():
            text = re.sub(rf"(?<!\w){parts}(?!\w)", joined, text)
        return capitalised(text, self._language)

    @property
    def _declines(self) -> bool:
        return record(self._language).declines

    def _is_in_another_case(self, said: Said) -> bool:
        at, behind = said.text.find(IT), said.text.partition(IT)[2].split()[:1]
        is_first = at == 0 and not any(word.endswith(self.reader.lists.impersonal) for word in behind)
        return self._declines and at >= 0 and not is_first

    @cached_property
    def _stemmed(self) -> list[tuple[Said, frozenset[str]]]:
        """The sentences, one with a place for each of its places, with their stems."""
        unique = {(said.text, *(slot.place for slot in said.slots)): said for said in self._said.values()}
        values = {
            key: (_slot_of(self.facts[s.fact]) for s in said.slots if not s.place) for key, said in unique.items()
        }
        return [(said, self._stems(" ".join(key)).union(values[key])) for key, said in unique.items()]

    @cached_property
    def _weights(self) -> Mapping[str, float]:
        """Stem → how much it tells: the rarer in declared sentences, the more; a value more than the rarest. "" stands for other words."""
        count = len({said.text for said, _ in self._stemmed})
        met = Counter(word for _, word in {(said.text, word) for said, stems in self._stemmed for word in stems})
        rare = {word: log(1 + count / times) for word, times in met.items()}
        values = dict.fromkeys(map(_slot_of, self.facts.values()), VALUE * log(1 + count))
        return rare | values | {"": sum(rare.values()) / max(len(rare), 1)}

    def _weight(self, words: Iterable[str]) -> float:
        return sum(self._weights.get(word, self._weights[""]) for word in words)

    @cached_property
    def _light(self) -> frozenset[str]:
        """Values, periods, and words that carry no subject: what has no others in common with a sentence is about something else."""
        words = (stem(word, self._language) for word in lexicon(self._language).light)
        periods = map(period_word, self.reader.lists.periods.values())
        return frozenset((*map(_slot_of, self.facts.values()), *words, *periods))

    def _stems(self, text: str) -> frozenset[str]:
        tokens = self.reader.named(SLOT.sub(" ", text))
        return frozenset(_slot(t) if t == IT or isinstance(t, Value) else stem(t, self._language) for t in tokens)


def _beside(said: str, slot: str, name: str) -> str:
    """A name or place with what its case depends on where a declared sentence has its slot."""
    before, _, behind = said.partition(slot)
    if governs := _GOVERNS.search(_spoken(before)):
        return f" {governs[0]} {name} "
    return f" {name} {' '.join(_spoken(behind).split()[:1])} "


def filled(text: str, values: Sequence[str]) -> str:
    """A sentence with the values for its slots."""
    parts = SLOT.split(text)[::2]
    return "".join(part for pair in zip(parts, (*values, ""), strict=True) for part in pair)


def with_other_value(fact: Fact, value: Value) -> Fact | None:
    """The fact with a claimed value; None for a range, for parts of a date, and for what cannot be printed like the fact."""
    if value.low != value.high:
        return None
    match fact:
        case Number() | Percent():
            return fact.model_copy(update={"value": value.low, "approximate": False})
        case Money() if value.currency == fact.currency:
            amount = {"amount": value.low, "min": None, "max": None, "approximate": False, "below": False}
            return fact.model_copy(update={**amount, "period": None})
        case Duration() if value.unit % 7:  # not in weeks
            years, rest = divmod(value.low, DAYS["year"])
            months, days = divmod(rest, DAYS["month"])
            years, months, days = (0, 0, value.low) if days % 1 else (years, months, days)
            whole = {"years": int(years), "months": int(months), "days": int(days)}
            return None if days % 1 else fact.model_copy(update=whole)
        case DayFact() if day := day_of(value):
            return fact.model_copy(update={"value": day})
        case _:
            return None


def printed(fact: Fact, behind: str, language: Language) -> str:
    """A fact's value as Nota prints it in a declared sentence, without "about"; "" if it has none. ``behind``: the words behind the slot."""
    if isinstance(fact, Place):
        return next(iter([*names_of(fact, language)[1:], *names_of(fact, language)]), "")
    if isinstance(fact, Number) and _counts(behind, fact, language):
        return f"{fact.value:.15g}"
    bare = fact.model_copy(update={"approximate": False}) if getattr(fact, "approximate", False) else fact
    return fact_text(bare, language)


def _counts(behind: str, fact: Number, language: Language) -> bool:
    """Whether the sentence names what it counts: the fact has no unit, or the unit stands behind the slot."""
    units = {word for form in texts_of(fact.unit, language) for word in normal(form.replace("|", " ")).split()}
    is_scale = any(unit.isdigit() for unit in units)  # "85 out of 100"
    return not units or is_scale or any(w[:4] == unit[:4] for w in normal(behind).split()[:3] for unit in units)


def digest_of(said: str) -> str:
    """A short name of a declared sentence, for buttons."""
    return blake2b(said.encode(), digest_size=5).hexdigest()


def _slot(token: Token) -> str:
    """The token for a fact's value: of its type, and of its currency."""
    return f"{{{token.kind}{token.currency}}}" if isinstance(token, Value) else token


def _slot_of(fact: Fact) -> str:
    return f"{{{fact.type}{fact.currency if isinstance(fact, Money) else ''}}}"


def _spoken(text: str) -> str:
    """The normalised words of a text, each slot as ``{}``."""
    return " ".join(re.findall(r"[\w{}]+", normal(SLOT.sub("{}", text))))


def _without_bound(fact: Fact) -> Fact:
    """The fact without "less than", which its declared sentences say."""
    return fact.model_copy(update={"below": False}) if isinstance(fact, Money) and fact.below else fact


def _accents_agree(text: str, declared: str) -> bool:
    """Whether the words have the same accents; if the writer uses none, whether their last letters have."""
    spoken, stated = (
        {normal(word): word.lower().replace("ё", "е") for word in re.findall(r"[^\W\d_]+", each)}
        for each in (text, declared)
    )
    length = max(map(len, spoken.values()), default=0) if any(w != said for w, said in spoken.items()) else _ENDING
    return all(said[-length:] == stated[word][-length:] for word, said in spoken.items() if word in stated)
