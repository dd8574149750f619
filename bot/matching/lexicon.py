"""The lexicons of the languages, from their files. PURE but for reading the package.

One file a language in ``lexicons/``; a language without one has an empty lexicon, and questions in it are matched by the
dossier's own words alone.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bot.matching.tokenizer import tidy, words, words_of

_SHORT_START, _SHORT_ENDING, _LONG_ENDING = 3, 3, 7
"""A beginning of so few letters may have so many behind it; longer ones so many."""


_MIN_ORDINARY = 5
"""Shorter words look like anything."""


Rewritings = tuple[tuple[str, str], ...]
"""Pairs of how something is said and how it is written."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's.

    Attributes:
        light: words that carry no subject.
        everyday: words of other subjects, which are no slips of the pen.
        spelt: a hasty spelling → the words it stands for.
        smalltalk: phrase, as its words → what kind it is; ``around``: words that may stand beside them (all
            phrases of one word among them); ``chat``: all of their words.
        colloquial: spoken endings, and beginnings, with those of the written language.
        joints: words that may join two questions. ``asking``: words by which a question may stand alone.
        fillers: light words that do not even colour a question ("please", "just").
        askers: first word → phrases that begin with it and speak of whoever asks ("I am", "my uncle in"). ``reporting``:
            words by which somebody is said to ask. ``places``: words that a place stands behind.
        joined: two words in a row → the one that they are.
        ordinary: beginnings, and endings, of words that are hardly names.
        cues: kind → phrases that speak against a question to a news desk.
        demands: phrase → what it asks for: a number, a place, somebody's age. Topics that are never asked for it are
            hardly meant. ``attributes``: those which few dossiers have about anything. ``openings``: the first words of
            such phrases → how many words they have.
        roles: a list's id → how people ask for it in any dossier.
        senses: a word's stem → the senses that it shares with others ("cost", "fee" and "bill" that of a price), as terms;
            ``starts``: beginnings of words → the same.
    """

    light: frozenset[str] = frozenset()
    everyday: frozenset[str] = frozenset()
    spelt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    smalltalk: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    around: frozenset[str] = frozenset()
    chat: frozenset[str] = frozenset()
    colloquial: tuple[Rewritings, Rewritings] = ((), ())
    joints: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()
    askers: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    reporting: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    joined: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ordinary: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    cues: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    demands: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    openings: Mapping[str, frozenset[int]] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    senses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    starts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def spell(self, word: str) -> tuple[str, ...]:
        """The words a word stands for: mostly itself."""
        return self.spelt.get(word) or (word,)

    def written(self, word: str) -> Iterator[str]:
        """What a spoken form of a word may be in the written language."""
        endings, beginnings = self.colloquial
        ended = [word.removesuffix(said) + meant for said, meant in endings if word.endswith(said)]
        for each in (word, *ended):
            yield from (each,) if each != word else ()
            yield from (meant + each.removeprefix(said) for said, meant in beginnings if each.startswith(said))

    def is_ordinary(self, word: str) -> bool:
        """Whether the word, though unknown, looks like a verb or an adjective rather than a name."""
        beginnings, endings = self.ordinary
        return len(word) >= _MIN_ORDINARY and (word.startswith(beginnings) or word.endswith(endings))

    def meant(self, word: str, base: str) -> tuple[str, ...]:
        """The senses of a word, whose stem is ``base``; of beginnings the longest that is known counts."""
        return self.senses.get(word) or self.senses.get(base) or self._begun(word) or self._begun(base)

    def _begun(self, word: str) -> tuple[str, ...]:
        for end in range(len(word), max(_SHORT_START - 1, len(word) - _LONG_ENDING - 1), -1):
            senses = self.starts.get(word[:end])
            if senses and (end > _SHORT_START or len(word) - end <= _SHORT_ENDING):
                return senses
        return ()

    def telling(self, words: Sequence[str]) -> tuple[str, ...]:
        """The words but for the fillers among them; all of them where there is nothing else."""
        return tuple(word for word in words if word not in self.fillers) or tuple(words)

    def demanded(self, words: Sequence[str]) -> set[str]:
        """What some words in a row ask for."""
        found = (self.demands.get(tuple(words[start:end])) for start, end in self._spans(words))
        return {demand for demand in found if demand}

    def _spans(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        for start, word in enumerate(words):
            for length in self.openings.get(word, ()):
                yield start, start + length


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language; read once."""
    file = files(__package__).joinpath("lexicons", f"{language}.toml")
    if not language.isalpha() or not file.is_file():
        return Lexicon()
    return _built(tomllib.loads(file.read_text(encoding="utf-8")))


def _built(given: Mapping[str, Any]) -> Lexicon:
    spelt = _spelt(given)

    def phrase(text: str) -> tuple[str, ...]:
        return tuple(part for word in words(tidy(text)) for part in spelt.get(word, (word,)))

    fillers = _words(given, "fillers")

    def demand(text: str) -> tuple[str, ...]:
        return tuple(word for word in phrase(text) if word not in fillers) or phrase(text)

    attributes = {demand(said): said for said in given["attributes"]["asked"]}
    demands = {demand(said): kind for kind, phrases in given["demands"].items() for said in phrases} | attributes
    talk = {kind: phrases for kind, phrases in given["smalltalk"].items() if kind != "around"}
    smalltalk = {phrase(said): kind for kind, phrases in reversed(talk.items()) for said in phrases}
    around = _words(given["smalltalk"], "around")
    return Lexicon(
        light=_words(given, "light"),
        everyday=_words(given, "everyday"),
        spelt=spelt,
        smalltalk=smalltalk,
        around=around | {said[0] for said in smalltalk if len(said) == 1},
        chat=around | {word for said in smalltalk for word in said},
        colloquial=(_pairs(given, "endings"), _pairs(given, "beginnings")),
        joints=_words(given, "joints"),
        asking=_words(given, "asking"),
        fillers=fillers,
        demands=demands,
        attributes=frozenset(attributes.values()),
        openings=_openings(demands),
        askers=_by_first(phrase(said) for said in given.get("askers", ())),
        reporting=_words(given, "reporting"),
        places=_words(given, "places"),
        joined=_joined(given),
        ordinary=(_affixes(given, "beginnings"), _affixes(given, "endings")),
        cues={kind: tuple(map(phrase, phrases)) for kind, phrases in given["cues"].items()},
        roles={role: tuple(asks) for role, asks in given.get("roles", {}).items()},
        senses=_senses(given, starts=False),
        starts=_senses(given, starts=True),
    )


def _words(given: Mapping[str, Any], which: str) -> frozenset[str]:
    return frozenset(words_of(given.get(which, "")))


def _spelt(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Hasty spelling → the standard words."""
    return {
        tidy(variant): tuple(words(tidy(standard)))
        for standard, variants in given["spelt"].items()
        for variant in variants.split()
    }


def _joined(given: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Two words that mean another one together → that one."""
    return {(first, second): one for said, one in given.get("joined", {}).items() for first, second in [said.split()]}


def _openings(demands: Iterable[tuple[str, ...]]) -> dict[str, frozenset[int]]:
    """By first word, how many words long the demands are that begin with it."""
    openings: dict[str, set[int]] = defaultdict(set)
    for said in demands:
        openings[said[0]].add(len(said))
    return {word: frozenset(lengths) for word, lengths in openings.items()}


def _affixes(given: Mapping[str, Any], which: str) -> tuple[str, ...]:
    return tuple(given.get("ordinary", {}).get(which, "").split())


def _by_first(phrases: Iterable[tuple[str, ...]]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for said in phrases:
        found[said[0]] = (*found.get(said[0], ()), said)
    return found


def _senses(given: Mapping[str, Any], *, starts: bool) -> dict[str, tuple[str, ...]]:
    """By word, or by the beginning of one, its senses; equal ones are one object."""
    found: dict[str, tuple[str, ...]] = {}
    same: dict[tuple[str, ...], tuple[str, ...]] = {}
    for sense, said in given.get("senses", {}).items():
        term = f"={sense}"
        for word in said.split():
            if word.endswith("*") is starts:
                key = tidy(word.removesuffix("*"))
                senses = (*found.get(key, ()), term)
                found[key] = same.setdefault(senses, senses)
    return found


def _pairs(given: Mapping[str, Any], which: str) -> Rewritings:
    return tuple((said, meant) for said, meant in given.get("colloquial", {}).get(which, ()))
