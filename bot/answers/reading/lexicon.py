"""What a language brings to any dossier: light words, hasty spellings, small talk. PURE but for reading the package.

One file a language in ``lexicons/``; a language without one has an empty lexicon, and questions in it are matched by the
dossier's own words alone.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bot.answers.reading.tidying import tidy, words


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's.

    Attributes:
        light: words that carry no subject.
        everyday: words of other subjects, which are no slips of the pen.
        spelt: a hasty spelling → the words it stands for.
        smalltalk: phrase, as its words → what kind it is; ``around``: words that may stand beside them (all
            phrases of one word among them); ``chat``: all of their words.
        joints: words that may join two questions. ``asking``: words by which a question may stand alone.
        cues: kind → phrases that speak against a question to a news desk.
        roles: a list's id → how people ask for it in any dossier.
    """

    light: frozenset[str] = frozenset()
    everyday: frozenset[str] = frozenset()
    spelt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    smalltalk: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    around: frozenset[str] = frozenset()
    chat: frozenset[str] = frozenset()
    joints: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    cues: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def spell(self, word: str) -> tuple[str, ...]:
        """The words a word stands for: mostly itself."""
        return self.spelt.get(word) or (word,)


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language; read once."""
    file = files(__package__).joinpath("lexicons", f"{language}.toml")
    if not language.isalpha() or not file.is_file():
        return Lexicon()
    return _built(tomllib.loads(file.read_text(encoding="utf-8")))


def _built(given: Mapping[str, Any]) -> Lexicon:
    talk = dict(given["smalltalk"])
    around = frozenset(words(tidy(talk.pop("around"))))
    spelt = {
        tidy(variant): tuple(words(tidy(standard)))
        for standard, variants in given["spelt"].items()
        for variant in variants.split()
    }

    def phrase(text: str) -> tuple[str, ...]:
        return tuple(part for word in words(tidy(text)) for part in spelt.get(word, (word,)))

    smalltalk = {phrase(said): kind for kind, phrases in reversed(talk.items()) for said in phrases}
    return Lexicon(
        light=frozenset(words_of(given["light"])),
        everyday=frozenset(words_of(given["everyday"])),
        spelt=spelt,
        smalltalk=smalltalk,
        around=around | {said[0] for said in smalltalk if len(said) == 1},
        chat=around | {word for said in smalltalk for word in said},
        joints=frozenset(words_of(given["joints"])),
        asking=frozenset(words_of(given["asking"])),
        cues={kind: tuple(map(phrase, phrases)) for kind, phrases in given["cues"].items()},
        roles={role: tuple(asks) for role, asks in given.get("roles", {}).items()},
    )


def words_of(text: str) -> list[str]:
    """The words of a long list (which :func:`words` would cut short)."""
    return [word for chunk in text.split() for word in words(tidy(chunk))]
