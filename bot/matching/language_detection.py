"""The language that a message is written in, by its words. PURE."""

from collections.abc import Mapping, Sequence, Set

from bot.dossier.models import Language

OWN = 0.5
"""What the reader's own language counts for, in words."""


def detect_language(words: Set[str], known: Mapping[Language, Sequence[Set[str]]], own: Language) -> Language:
    """The language that has most of the words; ``own``, which the reader has chosen, decides between equals.

    ``known``: each language's words, in one set or several.
    """
    count = {
        language: sum(any(word in listed for listed in lists) for word in words) for language, lists in known.items()
    }
    return max(count, key=lambda each: (count[each] + OWN * (each == own), each == own))
