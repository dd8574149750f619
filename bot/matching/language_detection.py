"""The language of a message, by its words. PURE."""

from collections.abc import Mapping, Set

from bot.dossier.models import Language
from bot.matching.stemmer import is_foreign

OWN = 0.5
"""The bonus of the asker's own language, in words."""


def detect_language(
    words: Set[str], vocabulary: Mapping[Language, Set[str]], lists: Mapping[Language, Set[str]], own: Language
) -> Language:
    """The language that has most of the words; of equal ones ``own``, the asker's language.

    A single word does not lead away from ``own``, unless the dossier has the word in the other language, or the word is in letters that ``own``
    is not written in; nor do words that are fewer than half of the message, which may be in a language that is not known. ASCII letters do not count, because everybody writes names in them. If ``own`` has no word lists, all word lists are
    ignored: they have words for everything, and ``own`` has only the dossier's. Figures say nothing.

    ``vocabulary``: language → the dossier's words. ``lists``: language → the words of its lists.
    """
    words = {word for word in words if not word.isdigit()}  # the same in all languages
    from_dossier = {language: {word for word in words if word in known} for language, known in vocabulary.items()}
    listed = {language: {word for word in words if word in list_words} for language, list_words in lists.items()}
    count = {each: len(from_dossier[each] | (listed[each] if lists[own] else set())) for each in vocabulary}
    best = max(count, key=lambda language: (count[language] + OWN * (language == own), language == own))
    is_foreign_script = any(not word.isascii() and is_foreign(word, own) for word in words)
    is_most = 2 * count[best] >= len(words) or not lists[own]
    is_sure = (is_most and (len(words) > 1 or from_dossier[best])) or is_foreign_script
    return best if is_sure else own
