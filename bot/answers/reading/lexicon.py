"""What a language brings to any dossier: light words, hasty spellings, small talk. PURE but for reading the package.

One file a language in ``lexicons/``; a language without one has an empty lexicon, and questions in it are matched by the
dossier's own words alone.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bot.answers.reading.tidying import tidy, words

_PLAIN = re.compile("[a-z]+|[а-я]+")
"""Words that tidying leaves as they are, letters written thrice aside."""

_SHORT_START, _SHORT_ENDING, _LONG_ENDING = 3, 3, 7
"""A beginning of so few letters may have so many behind it; longer ones so many."""

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
    talk = dict(given["smalltalk"])
    around = frozenset(words_of(talk.pop("around")))
    spelt = {
        tidy(variant): tuple(words(tidy(standard)))
        for standard, variants in given["spelt"].items()
        for variant in variants.split()
    }

    def phrase(text: str) -> tuple[str, ...]:
        return tuple(part for word in words(tidy(text)) for part in spelt.get(word, (word,)))

    fillers = frozenset(words_of(given["fillers"]))

    def demand(text: str) -> tuple[str, ...]:
        return tuple(word for word in phrase(text) if word not in fillers) or phrase(text)

    attributes = {demand(said): said for said in given["attributes"]["asked"]}
    demands = {demand(said): kind for kind, phrases in given["demands"].items() for said in phrases} | attributes
    smalltalk = {phrase(said): kind for kind, phrases in reversed(talk.items()) for said in phrases}
    return Lexicon(
        light=frozenset(words_of(given["light"])),
        everyday=frozenset(words_of(given["everyday"])),
        spelt=spelt,
        smalltalk=smalltalk,
        around=around | {said[0] for said in smalltalk if len(said) == 1},
        chat=around | {word for said in smalltalk for word in said},
        colloquial=(_pairs(given, "endings"), _pairs(given, "beginnings")),
        joints=frozenset(words_of(given["joints"])),
        asking=frozenset(words_of(given["asking"])),
        fillers=fillers,
        demands=demands,
        attributes=frozenset(attributes.values()),
        openings=_openings(demands),
        cues={kind: tuple(map(phrase, phrases)) for kind, phrases in given["cues"].items()},
        roles={role: tuple(asks) for role, asks in given.get("roles", {}).items()},
        senses=_senses(given, starts=False),
        starts=_senses(given, starts=True),
    )


def _openings(demands: Iterable[tuple[str, ...]]) -> dict[str, frozenset[int]]:
    """By first word, how many words long the demands are that begin with it."""
    openings: dict[str, set[int]] = defaultdict(set)
    for said in demands:
        openings[said[0]].add(len(said))
    return {word: frozenset(lengths) for word, lengths in openings.items()}


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


def words_of(text: str) -> list[str]:
    """The words of a long list (which :func:`words` would cut short)."""
    return [word for chunk in text.split() for word in ([chunk] if _PLAIN.fullmatch(chunk) else words(tidy(chunk)))]
