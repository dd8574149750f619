"""A message → its words as the dossier's languages know them, and the language it is in. PURE."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

from bot.dossier.models import Language
from bot.matching.gazetteer import is_place, is_place_name, town_in
from bot.matching.lexicon import Lexicon
from bot.matching.speller import Speller, split
from bot.matching.stemmer import is_foreign, root, stem
from bot.matching.tokenizer import STOP, is_scrawl, tidy, words_and_stops

Kind = Literal["light", "known", "town", "elsewhere", "unknown", "aside"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the message.

    Attributes:
        typed: as it was written (tidied).
        word: the known word it was taken for.
        language: whose word that is.
        kind: carries no subject; the dossier has it; a town that the dossier does not speak of, in a country that it is about;
            it belongs to other subjects; nobody knows it; it says who asks.
        terms: under which an index may know it: its stem and its root; of a word cut short, every one it may be.
        sureness: 0 to 1: how sure it is that this word was meant.
        senses: what it has in common with other words, as terms.
    """

    typed: str
    word: str
    language: Language
    kind: Kind
    terms: tuple[str, ...]
    sureness: float = 1.0
    senses: tuple[str, ...] = ()

    @property
    def is_place(self) -> bool:
        """Whether it names a place or a people."""
        return is_place(self.word, self.language) or bool(town_in(self.word, self.language))


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


_WINDOW = 5
"""So many words behind "I am" may still say who somebody is; among so many first ones may stand that somebody asks."""


_DOUBTFUL_NAME = 0.75
"""What is no surer to be a word of the dossier is rather a name, where it stands as a name does."""


Lexicons = Mapping[str, Lexicon]


def with_askers_aside(tokens: Sequence[Token], breaks: Collection[int], lexicons: Lexicons) -> tuple[Token, ...]:
    """The tokens, those put aside which only say who asks.

    That is all of "my teacher asks", where a message begins so; and behind "I am" or "my uncle in" names that nobody knows,
    and places. Where nothing else is left that may be a question, they are not put aside ("I am bored").
    """
    aside = {*range(_reported(tokens, breaks, lexicons)), *_introduced(tokens, breaks, lexicons)}
    rest = [token for at, token in enumerate(tokens) if at not in aside]
    if not any(
        token.kind == "known" or (len(rest) > 1 and token.word in lexicons[token.language].asking) for token in rest
    ):
        return tuple(tokens)
    return tuple(replace(token, kind="aside") if at in aside else token for at, token in enumerate(tokens))


def _reported(tokens: Sequence[Token], breaks: Collection[int], lexicons: Lexicons) -> int:
    """How many words at the beginning say no more than that somebody asks."""
    somebody = False
    for at, token in enumerate(tokens[:_WINDOW]):
        lexicon = lexicons[token.language]
        if somebody and at + 1 < len(tokens) and token.word in lexicon.reporting:
            return at + 1
        somebody |= token.word in lexicon.askers or "=people" in token.senses or token.kind == "unknown"
        if token.word in lexicon.asking or (at and at in breaks):
            break
    return 0


def _introduced(tokens: Sequence[Token], breaks: Collection[int], lexicons: Lexicons) -> Iterator[int]:
    """The positions of names and places that belong to whoever asks.

    What follows "I am" says that no longer from a word that asks, from one that carries a subject, unless it comes first or is
    somebody ("I am a student in"), or at the end of a sentence. One word alone speaks of the asker only where a sentence begins
    with it.
    """
    opening = True
    for start in range(len(tokens)):
        opening = start in breaks or start == 0 or (opening and _is_greeting(tokens[start - 1], lexicons))
        lengths = [length for length in _opened(tokens, start, lexicons) if opening or length > 1]
        first = end = start + max(lengths, default=-start)
        for at in range(end, min(end + _WINDOW, len(tokens)) if end else 0):
            token, lexicon = tokens[at], lexicons[tokens[at].language]
            if at in breaks or token.word in lexicon.asking or (at > first and _is_subject(token)):
                break
            first += token.word in lexicon.fillers
            if _is_name(token) or (token.kind == "elsewhere" and (at == end or token.is_place)):
                yield at


def _is_name(token: Token) -> bool:
    doubtful = token.word != token.typed and token.sureness <= _DOUBTFUL_NAME
    return token.kind in ("town", "unknown") or (token.kind == "known" and doubtful)


def _is_subject(token: Token) -> bool:
    return token.kind == "known" and "=people" not in token.senses and not _is_name(token)


def _is_greeting(token: Token, lexicons: Lexicons) -> bool:
    lexicon = lexicons[token.language]
    return token.word in lexicon.fillers or token.word in lexicon.chat


def _opened(tokens: Sequence[Token], start: int, lexicons: Lexicons) -> list[int]:
    """How many words long the phrases are that speak of the asker and begin here."""
    askers = lexicons[tokens[start].language].askers
    return [
        len(said)
        for said in askers.get(tokens[start].word, ())
        if tuple(each.word for each in tokens[start : start + len(said)]) == said
    ]


_MAX_PUZZLES = 6
"""How many unknown words of one message are looked at closely."""


_LONG, _JOINED = 6, 9
"""From so many letters a word may belong to other subjects in another language than the rest of the message; and is
rather two words run together than one with a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message read.

    Attributes:
        tokens: its words.
        language: what it is written in.
        breaks: positions among the tokens at which a second question may begin.
    """

    tokens: tuple[Token, ...]
    language: Language
    breaks: tuple[int, ...] = ()


class Reader:
    """Reads messages in any of several languages, or a mixture."""

    def __init__(self, tongues: Mapping[Language, Tongue]) -> None:
        self._tongues = tongues
        self._pairs = {pair: one for tongue in tongues.values() for pair, one in tongue.lexicon.joined.items()}

    def read(self, text: str, language: Language) -> Reading:
        """The message's words; ``language`` is what its writer reads, and decides where the words do not."""
        found = [] if is_scrawl(text) else self._joined(words_and_stops(tidy(text)))
        order = self._order([word for word in found if word != STOP], language)
        tokens: list[Token] = []
        breaks: set[int] = set()
        met: dict[str, list[Token]] = {}
        puzzles = 0
        for word in found:
            if word != STOP and word not in met:
                known = _plain(word, order)
                puzzles += not known
                met[word] = known or (_puzzled if puzzles <= _MAX_PUZZLES else _unread)(word, order)
            read = met.get(word, ())
            if word == STOP or any(self._tongues[token.language].joins(word) for token in read[:1]):
                breaks.add(len(tokens))
            tokens += read
        inner = sorted(each for each in breaks if 0 < each < len(tokens))
        told = with_askers_aside(tokens, breaks, {each: tongue.lexicon for each, tongue in self._tongues.items()})
        return Reading(told, self._language(tokens, language), tuple(inner))

    def _joined(self, found: list[str]) -> list[str]:
        """The words, any two that are one put together."""
        for at in range(len(found) - 1, 0, -1):
            one = self._pairs.get((found[at - 1], found[at]))
            found[at - 1 : at + 1] = [one] if one else found[at - 1 : at + 1]
        return found

    def _order(self, typed: Sequence[str], language: Language) -> list[Tongue]:
        """The languages, the one that knows most of the words first."""
        known: dict[Language, float] = {each: sum(map(tongue.knows, typed)) for each, tongue in self._tongues.items()}
        strange = [word for word in typed if not any(tongue.knows(word) for tongue in self._tongues.values())]
        strange = [word for word in strange if not any(tongue.places(word) for tongue in self._tongues.values())]
        for each, tongue in self._tongues.items():
            known[each] += sum(map(tongue.sounds_known, strange)) * _BY_SOUND
        known[language] += _READERS
        return sorted(self._tongues.values(), key=lambda tongue: -known[tongue.language])

    def _language(self, tokens: Sequence[Token], language: Language) -> Language:
        count = dict.fromkeys(self._tongues, 0.0)
        for token in tokens:
            for each, tongue in self._tongues.items():
                count[each] += token.kind != "unknown" and (token.language == each or tongue.knows(token.typed))
        return max(count, key=lambda each: (count[each], each == language))


_BY_SOUND, _READERS = 0.9, 0.5
"""What a word counts for that only sounds like the language's, and what the reader's own language has beforehand."""


def _plain(word: str, order: Sequence[Tongue]) -> list[Token]:
    """What the word is where somebody knows it as it is written, or as the message's own language writes it."""
    if not any(tongue.knows(word) for tongue in order) and (tokens := order[0].abroad(word)):
        return tokens
    if not order[0].knows(word) and order[0].sounds_known(word):
        return order[0].by_sound(word, even_short=True)
    for knows in (Tongue.asks, Tongue.knows):
        for tongue in order:
            if knows(tongue, word):
                return tongue.tokens(word, word)
    for tongue in order:
        if tokens := tongue.related(word):
            return tokens
    return order[0].akin(word)


def _puzzled(word: str, order: Sequence[Tongue]) -> list[Token]:
    """What the word may be where nobody does."""
    return next((tokens for tokens in _guesses(word, order) if tokens), _unread(word, order))


def _guesses(word: str, order: Sequence[Tongue]) -> Iterator[list[Token]]:
    if word.isdigit():
        return
    yield order[0].foreign(word) if word in order[0].lexicon.everyday else []
    yield from (_telling(tongue.by_sound(word, even_short=tongue is order[0]), tongue is order[0]) for tongue in order)
    yield from (tongue.foreign(word) for tongue in (order if len(word) >= _LONG else order[:1]))
    yield from (tongue.akin(word, whole=True) for tongue in order[1:])
    yield from (tongue.spoken(word) for tongue in order)
    yield from (tongue.without_vowels(word) for tongue in order)
    both = [Tongue.run_together, Tongue.with_slips]
    for solve in both if len(word) >= _JOINED else reversed(both):
        yield from (_telling(solve(tongue, word), tongue is order[0]) for tongue in order)
    yield from (tongue.cut_short(word) for tongue in order)


def _telling(tokens: list[Token], own: bool) -> list[Token]:
    """The tokens; of another language than the message's only such as say something."""
    return tokens if own or any(token.kind != "light" for token in tokens) else []


def _unread(word: str, order: Sequence[Tongue]) -> list[Token]:
    return [Token(word, word, order[0].language, "unknown", (word,))]
