"""Words → what they share with their other forms. PURE."""

from functools import cache, lru_cache

import Stemmer

from bot.answers.reading.romanizing import is_foreign

_ALGORITHMS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Language → Snowball's stemmer (snowballstem.org/algorithms); other languages are not stemmed."""

_ROOT = 5
"""Letters that forms of one word mostly share."""


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    return Stemmer.Stemmer(_ALGORITHMS[language], 0) if language in _ALGORITHMS else None


@lru_cache(maxsize=512)
def stem(word: str, language: str) -> str:
    """The word without its endings, as Snowball takes them off."""
    stemmer = _stemmer(language)
    if stemmer is None or len(word) < 4 or is_foreign(word, language):
        return word
    return str(stemmer.stemWord(word))


@lru_cache(maxsize=512)
def root(word: str, language: str) -> str:
    """The beginning that related words share, marked as such; of a short word its stem."""
    return f"{word[:_ROOT] if len(word) > _ROOT else stem(word, language)}-"
