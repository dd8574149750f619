"""A message → its words as the dossier's languages know them, and the language it is in. PURE."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.answers.reading.askers import with_askers_aside
from bot.answers.reading.tidying import STOP, is_scrawl, tidy, words_and_stops
from bot.answers.reading.token import Token
from bot.answers.reading.tongue import Tongue
from bot.dossier.model import Language

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
