"""Words run together without spaces → the words. PURE."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import takewhile

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.matching.stemmer import skeleton

_LETTERS_PER_SLIP = 4
"""One slip of the pen (a letter wrong, missing, added, two swapped) is forgiven for so many letters."""


_MAX_SLIPS = 3


_SHORT = 4
"""Words of so few letters are forgiven swapped and missing letters only."""


_DOUBT, _DOUBT_IN_SHORT = 1.5, 0.3
"""What is taken off the sureness: by the share of letters that are wrong; of a short word at once."""


_MIN_SOUND = 5


_THROATY = frozenset("chkqхк")


_MIN_START = 4


_LOOKED_AT = 200


_VOWELS = frozenset("aeiouyаеиоуыэюя")


class Speller:
    """Knows a set of words; finds the ones meant by others.

    ``short`` are those that people write without vowels, ``strange`` those of other subjects, meant only where no other
    word sounds like them.
    """

    def __init__(
        self, known: Iterable[str], short: Iterable[str] = (), hasty: Iterable[str] = (), strange: Iterable[str] = ()
    ) -> None:
        usual = frozenset(known)
        others = sorted({*strange} - usual)
        self._sorted = sorted([*others, *usual])
        by_length: dict[int, list[str]] = defaultdict(list)
        for word in self._sorted:
            by_length[len(word)].append(word)
        self._by_length: Mapping[int, list[str]] = by_length
        heard = sounds([*others, *hasty, *sorted(usual)])
        self._by_sound = {each: word for each, word in heard.items() if each != word or not self._has(word)}
        self._by_bones = {_bones(word): word for word in sorted(short, key=len, reverse=True) if len(_bones(word)) > 1}

    def sounding_like(self, word: str, *, even_short: bool = False) -> str | None:
        """The word spelt the same once the alphabet does not matter; a short one only where ``even_short``.

        Within an alphabet a word begins as it sounds, but for the letters of "Khafid" and "Hafid".
        """
        bones = skeleton(word)
        found = self._by_sound.get(bones) or (bones if self._has(bones) else None)
        if found is None or (found.isascii() != word.isascii() and even_short):
            return found
        alike = found.isascii() != word.isascii() or found[0] == word[0] or {found[0], word[0]} <= _THROATY
        near = found.isascii() != word.isascii() or abs(len(found) - len(word)) <= 1
        return found if alike and near and len(word) >= _MIN_SOUND else None

    def nearest(self, word: str) -> tuple[list[str], float]:
        """The words fewest slips away, if few enough for the word's length, and how sure it is that they are meant."""
        if len(word) <= _SHORT:
            return [each for each in self._repaired(word) if self._has(each)], 1 - _DOUBT_IN_SHORT
        for slips in range(1, min(_MAX_SLIPS, len(word) // _LETTERS_PER_SLIP) + 1):
            found = self._at_distance(word, slips)
            if found:
                return found, 1 - _DOUBT * slips / len(word)
        return [], 0.0

    def starting_with(self, start: str) -> list[str]:
        """The known words that ``start`` cuts short; [] where the start is too short to tell."""
        if len(start) < _MIN_START:
            return []
        first = bisect_left(self._sorted, start)
        return list(takewhile(lambda word: word.startswith(start), self._sorted[first : first + _LOOKED_AT]))

    def voiceless(self, word: str) -> str | None:
        """The known short word that is left without vowels: "brp" for "berapa"."""
        bones = _bones(word)
        found = self._by_bones.get(bones) if len(word) == 3 or (bones == word and len(word) > 2) else None
        return found if found and _within(word, found) else None

    def _has(self, word: str) -> bool:
        at = bisect_left(self._sorted, word)
        return at < len(self._sorted) and self._sorted[at] == word

    def _repaired(self, word: str) -> Iterator[str]:
        """A short word with two letters swapped, or one put in, anywhere but at the beginning."""
        if len(word) < _SHORT - 1:
            return
        for at in range(1, len(word) - 1):
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for candidate in self._by_length.get(len(word) + 1, ()):
            if candidate[0] == word[0] and _without_one(candidate, word):
                yield candidate

    def _at_distance(self, word: str, slips: int) -> list[str]:
        found = [
            candidate
            for length in range(len(word) - slips, len(word) + slips + 1)
            for candidate, _, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=slips, limit=6
            )
        ]
        return [candidate for candidate in found if candidate[0] == word[0]] or (found if slips == 1 else [])


def sounds(words: Iterable[str]) -> dict[str, str]:
    """Skeleton → the word; the later one where several sound alike."""
    return {skeleton(word): word for word in words}


def _bones(word: str) -> str:
    return word[0] + "".join(char for char in word[1:] if char not in _VOWELS)


def _within(shorter: str, longer: str) -> bool:
    """Whether the letters of ``shorter`` stand in ``longer`` in the same order."""
    rest = iter(longer)
    return all(char in rest for char in shorter)


def _without_one(longer: str, shorter: str) -> bool:
    """Whether ``shorter`` is ``longer`` without one letter."""
    at = next((at for at, (one, other) in enumerate(zip(longer, shorter, strict=False)) if one != other), len(shorter))
    return longer[at + 1 :] == shorter[at:]


_MIN_JOINED, _MAX_JOINED = 6, 60


_LONGEST = 24


_LETTERS_PER_COST = 2.3
"""A reading is believed where its parts are long enough: its cost is at most the number of letters by this."""


_COSTS = {1: 2.5, 2: 1.7, 3: 1.2}
"""Letters of a part → its cost; 1 for longer ones."""


_MIXED_COST = 0.4
"""A part of letters and digits ("5g") stands in no longer word by chance."""


_COMMON_COSTS = {1: 1.7, 2: 1.2, 3: 1.2}
"""The same for parts that are common words."""


def split(joined: str, is_known: Callable[[str], bool], common: Collection[str]) -> list[str]:
    """The known words and numbers that make ``joined``, as few and long as can be; [] where some of it is left over.

    ``common`` are those that occur everywhere, so that even short ones are likely.
    """
    if not _MIN_JOINED <= len(joined) <= _MAX_JOINED:
        return []
    best: list[tuple[float, list[str]] | None] = [(0.0, []), *[None] * len(joined)]
    for start in range(len(joined)):
        here = best[start]
        for end in range(start + 1, min(len(joined), start + _LONGEST) + 1 if here else 0):
            part = joined[start:end]
            if here and (is_known(part) or part.isdigit()):
                cost = here[0] + _cost(part, common)
                there = best[end]
                if there is None or cost < there[0]:
                    best[end] = (cost, [*here[1], part])
    whole = best[-1]
    believed = whole and len(whole[1]) > 1 and whole[0] <= len(joined) / _LETTERS_PER_COST
    return whole[1] if whole and believed else []


def _cost(part: str, common: Collection[str]) -> float:
    if not part.isalpha() and not part.isdigit():
        return _MIXED_COST
    return (_COMMON_COSTS if part in common else _COSTS).get(len(part), 1.0)
