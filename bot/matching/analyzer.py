"""A message → its words with their terms in the index, and its language. PURE."""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal

from bot.dossier.models import Language
from bot.matching.gazetteer import country_of
from bot.matching.language_detection import detect_language
from bot.matching.lexicon import Lexicon, Phrase, lexicon
from bot.matching.speller import Speller, by_sound
from bot.matching.stemmer import is_foreign, root, stem
from bot.matching.tokenizer import PAUSE, STOP, has_no_words, is_part, smaller_parts, tidy, with_states, words_and_stops

ROOT, SENSE, COUNTRY, SIGN = 0.7, 0.6, 0.5, 0.4
"""The confidence that two words mean the same if they share a root, a sense, a country, or, in a script without spaces, a sign."""

_MAX_GUESSES = 4
"""At most this many unknown words of a message are looked up by sound and misspelling."""

_LONG = 5
"""Misspellings are not corrected to shorter everyday words, which resemble too many others."""


_KEPT = 2**15
"""Words cached with their terms. A dossier of 8,000 examples has 7,500; readers' unknown words replace old ones."""

WordKind = Literal["light", "content", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the message.

    Attributes:
        typed: the word as it was written, tidied.
        word: the known word that is meant.
        kind: ``light``: carries no subject; ``content``: may carry one; ``other``: an everyday word of other subjects, or a place.
        stems: its stems, one for each language that is written in its letters; in a language without word lists, that language's alone.
        terms: term → 0 to 1, the confidence that the word means it. A term is a stem, a root (ends in ``-``), a sense (begins with
            ``=``) or a country (begins with ``@``).
        guessed: whether ``word`` is a guess at an unknown word.
    """

    typed: str
    word: str
    kind: WordKind
    stems: tuple[str, ...]
    terms: Mapping[str, float]
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a message.

    Attributes:
        tokens: the words without fillers; all words if there are only fillers.
        language: the language of the message.
        breaks: the positions of tokens at which a second question may begin.
        pauses: the positions of tokens at which a sentence begins, or a part of a sentence behind a comma.
    """

    tokens: tuple[Token, ...]
    language: Language
    breaks: tuple[int, ...] = ()
    pauses: tuple[int, ...] = ()

    def parts(self) -> Iterator[tuple[Token, ...]]:
        """The tokens between pauses, part by part."""
        for start, end in pairwise((0, *self.pauses, len(self.tokens))):
            yield self.tokens[start:end]


@cache
def background() -> tuple[str, ...]:
    """Questions about other subjects, from ``background.txt``."""
    return tuple(files(__package__).joinpath("background.txt").read_text(encoding="utf-8").splitlines())


@cache
def analyzer_for(languages: tuple[Language, ...]) -> "Analyzer":
    """The analyzer for these languages, which dossiers in the same languages share."""
    return Analyzer(languages)


class Analyzer:
    """Reads texts in any of several languages, or a mixture.

    Attributes:
        languages: the languages, the first one first.
        lexicons: their word lists.
        others: questions about other subjects.
        token: makes the token of a word, with the terms of every language that is written in its letters.
        bare_token: makes the token of a word in a language without word lists, to which the other languages' lists do not apply.
    """

    def __init__(
        self,
        languages: Sequence[Language],
        lexicons: Sequence[Lexicon] | None = None,
        others: Sequence[str] | None = None,
    ) -> None:
        self.languages = tuple(languages)
        self.lexicons = [lexicon(language) for language in languages] if lexicons is None else list(lexicons)
        self.others = background() if others is None else others
        self._light = frozenset().union(*(lists.light for lists in self.lexicons))
        self._everyday = frozenset().union(*(lists.everyday for lists in self.lexicons))
        self._fillers = frozenset().union(*(lists.fillers for lists in self.lexicons))
        self._demands = PhraseFinder({phrase: term for each in self.lexicons for phrase, term in each.demands.items()})
        self.token: Callable[[str], Token] = lru_cache(_KEPT)(self._token)
        self.bare_token: Callable[[str, Language], Token] = lru_cache(_KEPT)(self._bare_token)

    @cached_property
    def background(self) -> Sequence[Sequence[Token]]:
        """The tokens of ``others``, read with all word lists."""
        listed = next(filter(self.has_lists, self.languages), self.languages[0])
        return [self.tokens(text, listed) for text in self.others]

    @cached_property
    def listed(self) -> Set[str]:
        """The words of all word lists that a message is not corrected in."""
        return {word for lists in self.lexicons for word in lists.words if len(word) >= _LONG or word in lists.light}

    @cached_property
    def sounds(self) -> dict[str, str]:
        """Sound → the word of ``listed`` that has it."""
        return by_sound(self.listed)

    def words(self, text: str, language: Language) -> list[str]:
        """The words of a text, with abbreviations and slang expanded."""
        return [word for word in self.words_and_stops(text, language) if word not in (STOP, PAUSE)]

    def words_and_stops(self, text: str, language: Language) -> list[str]:
        """The words, with the stops and pauses between them. In a language without word lists nothing is expanded: there "y" is not "why"."""
        if not self.has_lists(language):
            return words_and_stops(tidy(text))
        order = sorted(zip(self.languages, self.lexicons, strict=True), key=lambda pair: pair[0] != language)
        return [part for word in words_and_stops(tidy(text)) for part in _spelt(word, order)]

    def tokens(self, text: str, language: Language) -> list[Token]:
        """The tokens of one of the dossier's own texts without fillers; all tokens if there are only fillers."""
        words = self.words(text, language)
        if not self.has_lists(language):
            return [self.bare_token(word, language) for word in words]
        return [self.token(word) for word in words if word not in self._fillers] or [self.token(word) for word in words]

    def has_lists(self, language: Language) -> bool:
        """Whether the language has word lists."""
        return any(each.words for listed, each in zip(self.languages, self.lexicons, strict=True) if listed == language)

    def is_filler(self, word: str) -> bool:
        """Whether the word is a filler in one of the languages."""
        return word in self._fillers

    def demands(self, words: Sequence[str]) -> set[str]:
        """The terms for what the words ask for: ``?number``."""
        return set(self._demands.found_in(words))

    def _token(self, word: str) -> Token:
        bare = self._bare_token(word, *self.languages)
        terms, light = dict(bare.terms), word in self._light
        for language, word_lists in zip(self.languages, self.lexicons, strict=True):
            if not is_foreign(word, language):
                terms |= dict.fromkeys(word_lists.senses_of(word, word if light else stem(word, language)), SENSE)
        if light:
            terms = {term: sure for term, sure in terms.items() if term[0] != "@"}
            return Token(word, word, "light", bare.stems, terms)
        is_other = bare.kind == "other" or not self._everyday.isdisjoint((word, *bare.stems))
        return Token(word, word, "other" if is_other else "content", bare.stems, terms)

    def _bare_token(self, word: str, *possible: Language) -> Token:
        languages = [language for language in possible if not is_foreign(word, language)] or possible
        stems = tuple(dict.fromkeys(self._stem(word, language) for language in languages))
        terms = dict.fromkeys(stems, 1.0)
        if is_part(word):
            terms |= {f"{part}-": SIGN for part in smaller_parts(word)}
        elif start := root(word):
            terms[start] = ROOT
        countries = {f"@{country}": COUNTRY for language in languages if (country := country_of(word, language))}
        return Token(word, word, "other" if countries else "content", stems, terms | countries)

    def _stem(self, word: str, language: Language) -> str:
        """The stem, marked with its language if that has no word lists: Portuguese "hora" and French "hors" are different words."""
        return stem(word, language) if self.has_lists(language) else f"{stem(word, language)}·{language}"


def _spelt(word: str, order: Sequence[tuple[Language, Lexicon]]) -> tuple[str, ...]:
    """The words that an abbreviation stands for in the first language that has it; the word itself if that language has it as a word."""
    for language, word_lists in order:
        if word in word_lists.spelt and not is_foreign(word, language):
            return word_lists.spelt[word]
        if word in word_lists.words:
            break
    return (word,)


@dataclass(frozen=True, slots=True)
class PhraseFinder:
    """Finds phrases in a sequence of words. ``meanings``: phrase → its term."""

    meanings: Mapping[Phrase, str]
    _lengths: Mapping[str, frozenset[int]] = field(init=False)

    def __post_init__(self) -> None:
        lengths: dict[str, set[int]] = {}
        for phrase in self.meanings:
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        object.__setattr__(self, "_lengths", {word: frozenset(numbers) for word, numbers in lengths.items()})

    def found_in(self, words: Sequence[str]) -> Iterator[str]:
        """The terms of the phrases among the words."""
        for start, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                if meaning := self.meanings.get(tuple(words[start : start + length])):
                    yield meaning


class MessageReader:
    """Reads messages to one dossier. ``vocabulary``: language → the words of the dossier's texts.

    A message in a language without word lists is read with the dossier's own words alone, like the dossier's texts in that language.
    """

    def __init__(self, analyzer: Analyzer, vocabulary: Mapping[Language, Set[str]]) -> None:
        self.analyzer = analyzer
        own = frozenset().union(*vocabulary.values())
        others, bare_sounds = analyzer.listed, by_sound(own)
        sounds = ChainMap(bare_sounds, analyzer.sounds)
        self._known, self._bare_known = own | others, own
        pairs = zip(analyzer.languages, analyzer.lexicons, strict=True)
        self._lists = {language: word_lists.words for language, word_lists in pairs}
        self._spellers = {
            language: Speller(vocabulary[language], others & words, sounds if words else bare_sounds)
            for language, words in self._lists.items()
        }
        self._stems = {stem for word in own for stem in analyzer.token(word).stems}
        self._vocabulary = vocabulary

    def read(self, text: str, language: Language) -> Reading:
        """Reads a message. ``language``: the asker's language, which decides if the words do not."""
        text = with_states(text)
        typed = [] if has_no_words(text) else words_and_stops(tidy(text))
        spoken = self._spoken({*typed}, language)
        is_bare = not self.analyzer.has_lists(spoken)
        words = typed if is_bare or not typed else self.analyzer.words_and_stops(text, language)
        tokens: list[Token] = []
        breaks: set[int] = set()
        pauses: set[int] = set()
        met: dict[str, list[Token]] = {}
        guesses = 0
        known = self._bare_known if is_bare else self._known
        for word in words:
            if word == STOP or (not is_bare and any(word in lists.joints for lists in self.analyzer.lexicons)):
                breaks.add(len(tokens))
            if word in (STOP, PAUSE):
                pauses.add(len(tokens))
            if word in (STOP, PAUSE) or (not is_bare and self.analyzer.is_filler(word)):
                continue
            if word not in met:
                guesses += word not in known
                met[word] = self._read(word, spoken, guess=guesses <= _MAX_GUESSES and word not in known)
            tokens += met[word]
        tokens = tokens or [self.analyzer.token(word) for word in words if word not in (STOP, PAUSE)]
        if not is_bare:
            spoken = self._spoken({*words, *(token.word for token in tokens if token.guessed)}, language)
        inner = range(1, len(tokens))
        return Reading(tuple(tokens), spoken, tuple(sorted(breaks & {*inner})), tuple(sorted(pauses & {*inner})))

    def _spoken(self, words: Set[str], language: Language) -> Language:
        return detect_language(words - {STOP, PAUSE}, self._vocabulary, self._lists, language)

    def _read(self, word: str, spoken: Language, *, guess: bool) -> list[Token]:
        is_bare = not self.analyzer.has_lists(spoken)
        read = (lambda text: self.analyzer.bare_token(text, spoken)) if is_bare else self.analyzer.token
        token = read(word)
        is_sense = any(term[0] == "=" for term in token.terms)
        if not guess or is_part(word) or token.kind != "content" or is_sense:
            return [token]
        if not self._stems.isdisjoint(token.stems):
            return [token]
        meant = [(read(meaning), sure) for meaning, sure in self._spellers[spoken].meant(word)]
        return [
            replace(token, typed=word, terms={term: s * sure for term, s in token.terms.items()}, guessed=True)
            for token, sure in meant
        ] or [token]
