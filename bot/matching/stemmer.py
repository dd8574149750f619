"""Words written in the other alphabet's letters. PURE.

A skeleton is the same for «подписали» and "podpisali", for «Хафид», "Hafid" and "Khafid": every usual way to write a
Cyrillic letter in Latin ones comes down to one.
"""

import re
from functools import cache, lru_cache

import Stemmer

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


_TO_LATIN = str.maketrans("абвгдежзийклмнопрстуфхцчшщыэюяё", "abvgdezziiklmnoprstufhccssieuae", "ъь")


_TO_I = str.maketrans("yj", "ii")


_ONE_OF = (
    ("shch", "s"), ("sch", "s"), ("sh", "s"), ("zh", "z"), ("tch", "c"), ("ts", "c"), ("tc", "c"), ("ch", "c"),
    ("kh", "h"), ("gh", "h"), ("ph", "f"), ("ck", "k"), ("q", "k"), ("x", "ks"), ("w", "v"),
)  # fmt: skip


_SOFT = re.compile("(?<=[bcdfghklmnprstvz])[yj]o")


_LONG_I = re.compile("iy|yi|ij|ii|yy")


_GLIDE = re.compile("[yij]+(?=[aeou])")


_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=512)
def skeleton(word: str) -> str:
    """What is left of a word once alphabets and spellings do not matter."""
    latin = word.replace("ee", "i").translate(_TO_LATIN)
    for letters, letter in _ONE_OF:
        latin = latin.replace(letters, letter)
    latin = _GLIDE.sub("", _LONG_I.sub("i", _SOFT.sub("e", latin)))
    return _DOUBLE.sub(r"\1", latin.translate(_TO_I))


def is_foreign(word: str, language: str) -> bool:
    """Whether the word is in letters that the language is not written in."""
    return word.isascii() == (language in CYRILLIC) and not any(char.isdigit() for char in word)


CYRILLIC = frozenset({"be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk"})
"""Languages written in Cyrillic letters."""
