"""One story from several publishers: headlines that say nearly the same. PURE."""

import re

from rapidfuzz import fuzz

ALIKE = 88.0
"""From which likeness (0 to 100, whatever the order of words) two headlines tell one story."""

MIN_WORDS = 4
"""Shorter headlines are alike too easily."""

_WORD = re.compile(r"\w+")


def headline_key(title: str, publisher: str = "") -> str:
    """What is compared of a headline: its words, without the publisher's name that some put behind them."""
    bare = re.sub(rf"\s*[|–—-]\s*{re.escape(publisher)}$", "", title, flags=re.IGNORECASE) if publisher else title
    return " ".join(_WORD.findall(bare.casefold()))


def are_twins(one: str, other: str) -> bool:
    """Whether two keys tell the same story; headlines whose figures differ never do."""
    if one == other:
        return bool(one)
    words, others = one.split(), other.split()
    if min(len(words), len(others)) < MIN_WORDS or _figures(words) != _figures(others):
        return False
    return fuzz.token_sort_ratio(one, other) >= ALIKE


def _figures(words: list[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(char.isdigit() for char in word))
