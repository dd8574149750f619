"""The lexicons of the languages, from their files. PURE but for reading the package.

One file a language in ``lexicons/``; a language without one has an empty lexicon, and questions in it are matched by the
dossier's own words alone.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from bot.answers.reading.lexicon import Lexicon, Rewritings
from bot.answers.reading.tidying import tidy, words, words_of


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
