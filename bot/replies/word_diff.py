"""Which words of two texts differ. PURE."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Mark = Literal["same", "deleted", "inserted"]


@dataclass(frozen=True, slots=True)
class Words:
    """Neighbouring words that are in both texts, or only in one, with the space around them."""

    text: str
    mark: Mark = "same"


_WORD = re.compile(r"((?<![ \t\r\n])[ \t\r\n]*+|)([^ \t\r\n]+)")
"""A word with the space before it. What a no-break space joins is one word: 95 000 рупий."""


MOST_PAIRS = 250_000
"""Pairs of equal words in two texts. Where the same few words stand thousands of times, comparing them would take minutes."""


def marked(before: str, after: str) -> tuple[Words, ...]:
    """The words of both texts, with those marked that are in one of them. Space alone is no difference."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    found: list[Words] = []

    def add(mark: Mark, words: Iterable[tuple[str, str]]) -> None:
        text = "".join(space + word for space, word in words)
        if text:
            found.append(Words(text, mark))

    head = _common([word for _, word in old], [word for _, word in new])
    tail = _common([word for _, word in reversed(old[head:])], [word for _, word in reversed(new[head:])])
    inner_old, inner_new = old[head : len(old) - tail], new[head : len(new) - tail]

    def add_same(olds: Sequence[tuple[str, str]], news: Sequence[tuple[str, str]]) -> None:
        # the first word of a text has no space, and may stand behind others here
        add("same", [(now or then, word) for (then, _), (now, word) in zip(olds, news, strict=True)])

    add_same(old[:head], new[:head])
    if sum(map(Counter(word for _, word in inner_new).__getitem__, (word for _, word in inner_old))) > MOST_PAIRS:
        add("deleted", inner_old)
        add("inserted", inner_new)
        inner_old, inner_new = [], []
    matcher = SequenceMatcher(None, [word for _, word in inner_old], [word for _, word in inner_new], autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            add_same(inner_old[start:end], inner_new[new_start:new_end])
        else:
            add("deleted", inner_old[start:end])
            add("inserted", inner_new[new_start:new_end])
    add_same(old[len(old) - tail :], new[len(new) - tail :])
    return tuple(found)


def excerpt(words: Sequence[Words], around: int) -> tuple[Words, ...]:
    """The changed words with at most so many others on each side of a change, and an ellipsis for the rest."""
    found = []
    for number, each in enumerate(words):
        parts = [space + word for space, word in _WORD.findall(each.text)]
        head = around if number else 0
        tail = around if number + 1 < len(words) else 0
        if each.mark != "same" or len(parts) <= head + tail + 1:
            found.append(each)
        else:
            gap = " …" if head else "…"
            found.append(Words("".join([*parts[:head], gap, *parts[len(parts) - tail :]])))
    return tuple(found)


def _common(one: list[str], other: list[str]) -> int:
    """How many words at the beginning are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))
