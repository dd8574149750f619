"""Words run together without spaces → the words. PURE."""

from collections.abc import Callable, Collection

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
