"""One language of a dossier, as far as reading needs it. PURE."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

from bot.answers.reading.lexicon import Lexicon
from bot.answers.reading.places import is_place, is_place_name, town_in
from bot.answers.reading.romanizing import is_foreign
from bot.answers.reading.spelling import Speller
from bot.answers.reading.splitting import split
from bot.answers.reading.stemming import root, stem
from bot.answers.reading.token import Kind, Token
from bot.dossier.model import Language

_SURE, _SOUND, _SPOKEN, _BONES, _START, _SPLIT = 1.0, 0.95, 0.9, 0.8, 0.7, 0.9
"""How sure it is that a word is meant which was written so, sounds so, is spoken so, lacks its vowels, is cut short, is
run together."""

_AKIN = 0.8
"""The same of a word that is known by its sense alone."""

_DOUBTFUL = 0.65
"""A word that carries no subject is not taken for one that is more doubtful."""

_MIN_PART = 3
"""Hasty spellings of fewer letters are no parts of words run together."""

_ROOT, _ENDING = 5, 3
_SAME = 4
"""Letters that a word of other subjects must share with its stem to be one that the dossier has after all."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language's words.

    Attributes:
        vocabulary: the words of the dossier's examples and texts, and those of any conversation. ``untold``: those of
            them that only its texts have.
        terms: the stems and roots that the dossier has.
        strange: stems of words of other subjects. ``home``: codes of the countries that the dossier is about.
    """

    language: Language
    lexicon: Lexicon
    vocabulary: frozenset[str]
    untold: frozenset[str]
    terms: Set[str]
    strange: frozenset[str]
    home: Set[str]
    speller: Speller

    def asks(self, word: str) -> bool:
        """Whether people ask with the word."""
        return (word in self.vocabulary and word not in self.untold) or word in self.lexicon.spelt

    def knows(self, word: str) -> bool:
        """Whether the word is one of the language's, as far as is known here."""
        return word in self.vocabulary or word in self.lexicon.spelt

    def places(self, word: str) -> bool:
        """Whether the word is by itself the name of a place."""
        return is_place_name(word, self.language) or bool(town_in(word, self.language))

    def joins(self, word: str) -> bool:
        """Whether the word may join two questions."""
        return not self.lexicon.joints.isdisjoint(self.lexicon.spell(word))

    def sounds_known(self, word: str) -> bool:
        """Whether a word in other letters sounds like one of the language's."""
        return (
            len(word) > 1
            and is_foreign(word, self.language)
            and self.speller.sounding_like(word, even_short=True) is not None
        )

    def tokens(self, typed: str, word: str, sureness: float = _SURE) -> list[Token]:
        """The known words that a word stands for."""
        return [self._token(typed, each, sureness) for each in self.lexicon.spell(word)]

    def related(self, word: str) -> list[Token]:
        """The word, if another form of it is known."""
        return self.tokens(word, word) if stem(word, self.language) in self.terms else []

    def akin(self, word: str, *, whole: bool = False) -> list[Token]:
        """The word, if it has a sense that people ask with other words; ``whole``: not by its beginning alone."""
        base = stem(word, self.language)
        told = not whole or word in self.lexicon.senses or base in self.lexicon.senses
        return self.tokens(word, word) if told and self._senses(word, base) else []

    def spoken(self, word: str) -> list[Token]:
        """The word as it is written, if it is a spoken form of one that people ask with."""
        if len(word) <= _ROOT:
            return []
        stems = ((each, stem(each, self.language)) for each in self.lexicon.written(word))
        meant = next((each for each, base in stems if len(base) >= _SAME and base in self.terms), None)
        return self.tokens(word, meant, _SPOKEN) if meant else []

    def foreign(self, word: str) -> list[Token]:
        """The word, if it belongs to other subjects."""
        return self.tokens(word, word) if self._is_elsewhere(word) else []

    def abroad(self, word: str) -> list[Token]:
        """The word, if it names a place."""
        return self.tokens(word, word) if self.places(word) else []

    def by_sound(self, word: str, *, even_short: bool) -> list[Token]:
        found = self.speller.sounding_like(word, even_short=even_short) if len(word) > 1 else None
        return self.tokens(word, found, _SOUND) if found else []

    def without_vowels(self, word: str) -> list[Token]:
        found = self.speller.voiceless(word)
        return self.tokens(word, found, _BONES) if found else []

    def run_together(self, word: str) -> list[Token]:
        parts = split(word, self._is_part, self.lexicon.light)
        return [token for part in parts for token in self.tokens(part, part, _SPLIT)]

    def with_slips(self, word: str) -> list[Token]:
        near, sureness = ([], 0.0) if is_foreign(word, self.language) else self.speller.nearest(word)
        doubtful = self.lexicon.light if sureness <= _DOUBTFUL else ()
        found = [each for each in near if each not in doubtful and not self._is_strange(each)]
        best = next((each for each in found if self.asks(each)), found[0] if found else None)
        return self.tokens(word, best, sureness) if best else []

    def cut_short(self, word: str) -> list[Token]:
        return list(self._cut_short(word))

    def _cut_short(self, word: str) -> Iterator[Token]:
        start = root(word, self.language)
        if len(word) > _ROOT and start in self.terms:
            yield Token(word, word, self.language, "known", (start,), _START)
            return
        meant = [each for each in self.speller.starting_with(word) if not self._is_strange(each)]
        if meant:
            terms = dict.fromkeys(stem(each, self.language) for each in meant)
            yield Token(word, min(meant, key=len), self.language, "known", tuple(terms), _START)

    def _token(self, typed: str, word: str, sureness: float) -> Token:
        terms = (stem(word, self.language), root(word, self.language))
        kind = self._kind(word, terms[0])
        senses = self._senses(word, word if kind == "light" else terms[0])
        if senses and kind in ("unknown", "elsewhere"):
            kind, sureness = "known", min(sureness, _AKIN)
        return Token(typed, word, self.language, kind, terms, sureness, senses)

    def _senses(self, word: str, base: str) -> tuple[str, ...]:
        return tuple(sense for sense in self.lexicon.meant(word, base) if sense in self.terms)

    def _kind(self, word: str, base: str) -> Kind:
        if word in self.lexicon.light:
            return "light"
        strange = word in self.lexicon.everyday
        if word in self.vocabulary:
            return (
                "known" if word not in self.lexicon.chat or base in self.terms else "elsewhere" if strange else "light"
            )
        has = base in self.terms and word.startswith(base[:_SAME])
        if not has and not strange and town_in(word, self.language) in self.home:
            return "town"
        if has or (base in self.terms and not strange):
            return "known"
        return "elsewhere" if self._is_elsewhere(word) else "unknown"

    def _is_part(self, word: str) -> bool:
        """Whether words run together may have this one among them."""
        return word in self.vocabulary or (len(word) >= _MIN_PART and word in self.lexicon.spelt)

    def _is_strange(self, word: str) -> bool:
        return word in self.lexicon.everyday or word in self.strange

    def _is_elsewhere(self, word: str) -> bool:
        """Whether the word is of other subjects, in any form, or names a place that the dossier does not."""
        base = stem(word, self.language)
        if word in self.lexicon.everyday or (self._is_strange(base) and len(word) <= len(base) + _ENDING):
            return True
        place = is_place(word, self.language) or town_in(word, self.language)
        return bool(place) and root(word, self.language) not in self.terms
