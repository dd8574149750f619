"""The language that a message is written in, by its words. PURE."""

from collections.abc import Mapping, Set

from bot.dossier.models import Language
from bot.matching.stemmer import is_foreign

OWN = 0.5
"""What the reader's own language counts for, in words."""


def detect_language(
    words: Set[str], vocabulary: Mapping[Language, Set[str]], lists: Mapping[Language, Set[str]], own: Language
) -> Language:
    """The language that has most of the words; ``own``, which the reader has chosen, decides between equals.

    A single word is no reason to leave ``own``, unless the dossier has it in the other language, or it is in letters that ``own`` is
    not written in. Latin ones do not count there: everybody writes names in them.
    Where ``own`` has no word lists, those of the others say nothing: they have words for everything, and it only the dossier's.

    ``vocabulary``: the dossier's words in each language. ``lists``: those of the word lists, none for a language without.
    """
    from_dossier = {
        language: {word for word in words if word in vocabulary_words}
        for language, vocabulary_words in vocabulary.items()
    }
    listed = {language: {word for word in words if word in list_words} for language, list_words in lists.items()}
    count = {
        language: len(from_dossier[language] | (listed[language] if lists[own] else set())) for language in vocabulary
    }
    best = max(count, key=lambda language: (count[language] + OWN * (language == own), language == own))
    is_sure = (
        len(words) > 1 or from_dossier[best] or any(not word.isascii() and is_foreign(word, own) for word in words)
    )
    return best if is_sure else own
