"""The word lists of each language by which questions are matched, ``questions.toml`` of :mod:`bot.languages`.

A language without a file has an empty lexicon. Questions in it are matched by the dossier's own words alone.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

from bot.languages import languages_with, read
from bot.matching.tokenizer import tidy, words, words_of

Phrase = tuple[str, ...]
"""Words in a row."""

_SHORT_START, _SHORT_ENDING, _LONG_ENDING = 3, 3, 7
"""A sense's beginning of ``_SHORT_START`` letters fits words with up to ``_SHORT_ENDING`` more; a longer one, up to ``_LONG_ENDING`` more."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists of one language.

    Attributes:
        light: words that carry no subject.
        everyday: words of other subjects, unless the dossier has them.
        spelt: abbreviation, slang or misspelling → the words that it stands for.
        fillers: words that are ignored ("please", "just").
        joints: words that may join two questions.
        smalltalk: phrase → its kind.
        around: words that may stand beside a phrase of small talk.
        demands: phrase → the term for what it asks for: ``?number``, ``?place``.
        roles: id of a built-in list → questions for it in any dossier.
        senses: word or stem → the terms of the senses that it shares with other words: ``=price``.
        starts: beginning of a word → the same terms.
        words: the words of all these lists except ``joints``, ``demands``, ``roles`` and ``starts``.
    """

    light: frozenset[str] = frozenset()
    everyday: frozenset[str] = frozenset()
    spelt: Mapping[str, Phrase] = field(default_factory=dict)
    fillers: frozenset[str] = frozenset()
    joints: frozenset[str] = frozenset()
    smalltalk: Mapping[Phrase, str] = field(default_factory=dict)
    around: frozenset[str] = frozenset()
    demands: Mapping[Phrase, str] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    senses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    starts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()

    def senses_of(self, word: str, base: str) -> tuple[str, ...]:
        """The senses of a word whose stem is ``base``. Of several beginnings that fit, the longest counts."""
        return self.senses.get(word) or self.senses.get(base) or self._begun(word) or self._begun(base)

    def _begun(self, word: str) -> tuple[str, ...]:
        for end in range(len(word), max(_SHORT_START - 1, len(word) - _LONG_ENDING - 1), -1):
            senses = self.starts.get(word[:end])
            if senses and (end > _SHORT_START or len(word) - end <= _SHORT_ENDING):
                return senses
        return ()


@cache
def wish(kind: str) -> re.Pattern[str]:
    """Matches, in any language, a whole message in lower case and without punctuation that asks to get bulletins, ``subscribe``, or no more, ``stop``.

    In a reply to a message of ours: one that asks whether that holds, who says it or since when, ``doubt``, or says that it is wrong, ``wrong``.
    """
    return re.compile(
        "|".join(each for name in languages_with("questions.toml") for each in read(name, "questions.toml")[kind])
    )


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language; each file is read once."""
    data = read(language, "questions.toml")
    return _built(data) if data else Lexicon()


def _built(data: Mapping[str, Any]) -> Lexicon:
    pairs = ((each, standard) for standard, variants in data["spelt"].items() for each in variants.split())
    spelt = {tidy(variant): tuple(words(tidy(standard))) for variant, standard in pairs}
    fillers = _words(data, "fillers")

    def phrase(text: str) -> Phrase:
        return tuple(part for word in words(tidy(text)) for part in spelt.get(word, (word,)))

    def telling(text: str) -> Phrase:
        return tuple(word for word in phrase(text) if word not in fillers) or phrase(text)

    talk = {kind: phrases for kind, phrases in data["smalltalk"].items() if kind != "around"}
    smalltalk = {phrase(text): kind for kind, phrases in reversed(talk.items()) for text in phrases}
    around = frozenset(words_of(data["smalltalk"]["around"]))
    light, everyday = _words(data, "light"), _words(data, "everyday")
    senses = _senses(data["senses"], starts=False)
    talked = {*chain(*smalltalk), *chain(*spelt.values())}
    return Lexicon(
        light=light,
        everyday=everyday,
        spelt=spelt,
        fillers=fillers,
        joints=_words(data, "joints"),
        smalltalk=smalltalk,
        around=around | {phrase_words[0] for phrase_words in smalltalk if len(phrase_words) == 1},
        demands={telling(text): f"?{kind}" for kind, phrases in data["demands"].items() for text in phrases},
        roles={role: tuple(asks) for role, asks in data["roles"].items()},
        senses=senses,
        starts=_senses(data["senses"], starts=True),
        words=light | everyday | fillers | around | talked | senses.keys(),
    )


def _words(data: Mapping[str, Any], key: str) -> frozenset[str]:
    return frozenset(words_of(data.get(key, "")))


def _senses(data: Mapping[str, str], *, starts: bool) -> dict[str, tuple[str, ...]]:
    by_word: dict[str, list[str]] = defaultdict(list)
    for sense, listed in data.items():
        for word in listed.split():
            if word.endswith("*") is starts:
                by_word[tidy(word.removesuffix("*"))].append(f"={sense}")
    return {word: tuple(senses) for word, senses in by_word.items()}
