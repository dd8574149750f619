"""An unknown word → the known words that are meant: by sound, as a misspelling, run together, or cut short. PURE."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.languages import script_of
from bot.matching.stemmer import skeleton

SOUND, SLIP, START = 0.9, 0.8, 0.7
"""The confidence in a word that sounds alike, is a misspelling away, or begins alike."""

Meant = tuple[tuple[str, float], ...]
"""The words that are meant, each with its confidence, 0 to 1."""

_MIN_SOUND = 5
"""Shorter words of one alphabet sound alike by chance."""

_MIN_LETTERS = 4
"""Shorter words are not corrected."""

_TWO_SLIPS = 8
"""Words of this many letters may have two slips (a letter wrong, missing, added, or two swapped), shorter words one."""

_SYLLABLES = frozenset({"HANGUL", "ETHIOPIC", "CHEROKEE", "YI"})
"""Scripts of which another sign is another syllable, and mostly another word."""

_FIRST = 0.6
"""The additional cost of a wrong first letter."""

_MIN_JOINED, _MAX_JOINED, _LETTERS_PER_PART = 6, 60, 2.5
"""The fewest and the most letters of words run together, and the fewest letters per word on average."""


def by_sound(words: Iterable[str]) -> dict[str, str]:
    """Sound → the word that has it, of several the last one in alphabetical order."""
    return {skeleton(word): word for word in sorted(words) if len(word) > 1}


class Speller:
    """Corrects unknown words of one language.

    Args:
        own: the dossier's words in it.
        others: other words of it, which are not corrected, either.
        sounds: the words of all languages by their sound, since names and words in other letters are of any. Only sound leads into another language.
    """

    def __init__(self, own: Set[str], others: Iterable[str], sounds: Mapping[str, str]) -> None:
        self._known = frozenset(own).union(others)
        self._by_sound = sounds
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            self._by_length[len(word)].append(word)
        self._own = sorted(own)

    def meant(self, word: str) -> Meant:
        """The known words that an unknown word stands for; () if no word is near enough."""
        if word.isdigit() or len(word) < _MIN_LETTERS - 1 or script_of(word[0]) in _SYLLABLES:
            return ()
        same_sound = self._by_sound.get(skeleton(word))
        if same_sound and (same_sound.isascii() != word.isascii() or len(word) >= _MIN_SOUND):
            return ((same_sound, SOUND),)
        if len(word) < _MIN_LETTERS:
            return ()
        slips = 1 if len(word) < _TWO_SLIPS else 2
        near = [
            (distance + _FIRST * (candidate[0] != word[0]), candidate)
            for length in range(len(word) - slips, len(word) + slips + 1)
            for candidate, distance, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=slips, limit=4
            )
            if not (len(candidate) == len(word) == _MIN_LETTERS and sorted(candidate) != sorted(word))
        ]
        cost, nearest = min(near, default=(0.0, ""))
        return (((nearest, SLIP),) if nearest and cost <= slips else ()) or self._joined(word) or self._cut(word)

    def _joined(self, word: str) -> Meant:
        """The fewest known words that make up the whole. One of them must have four letters or a digit."""
        if not _MIN_JOINED <= len(word) <= _MAX_JOINED:
            return ()
        fewest: list[tuple[str, ...] | None] = [(), *[None] * len(word)]
        for start in range(len(word)):
            before = fewest[start]
            for end in range(start + 1, len(word) + 1) if before is not None else ():
                part, there = word[start:end], fewest[end]
                if before is not None and part in self._known and (there is None or len(before) + 1 < len(there)):
                    fewest[end] = (*before, part)
        parts = fewest[-1] or ()
        if not parts or len(parts[0]) == 1 or len(parts[-1]) == 1 or len(word) < _LETTERS_PER_PART * len(parts):
            return ()
        telling = any(len(part) >= _MIN_LETTERS or not part.isalpha() for part in parts)
        return tuple((part, SLIP) for part in parts) if telling else ()

    def _cut(self, word: str) -> Meant:
        """The dossier's shortest word that begins with ``word``."""
        first = bisect_left(self._own, word)
        longer = [longer_word for longer_word in self._own[first : first + 200] if longer_word.startswith(word)]
        return ((min(longer, key=len), START),) if longer else ()
