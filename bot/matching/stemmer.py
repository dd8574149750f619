"""A word → its stem, and its sound in any alphabet. PURE."""

import re
from functools import cache, lru_cache

import Stemmer

from bot.languages import script_of, scripts_of

_ALGORITHMS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Language → Snowball's algorithm (snowballstem.org/algorithms). Words of other languages are not stemmed."""

_ROOT = 5
"""The number of letters that the forms of a word mostly share at the beginning."""

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


@lru_cache(maxsize=2**11)
def stem(word: str, language: str) -> str:
    """The word without its endings; the word itself if it is short or not in the language's script."""
    stemmer = _stemmer(language)
    if stemmer is None or len(word) < 4 or is_foreign(word, language):
        return word
    return str(stemmer.stemWord(word))


def root(word: str) -> str:
    """The beginning that related words share, with a hyphen behind it; "" for a word that is not longer."""
    return f"{word[:_ROOT]}-" if len(word) > _ROOT else ""


def skeleton(word: str) -> str:
    """The sound of a word: the same for «подписали» and "podpisali", for «Хафид», "Hafid" and "Khafid".

    All usual ways to write a Cyrillic letter in Latin letters have the same result.
    """
    latin = word.replace("ee", "i").translate(_TO_LATIN)
    for letters, letter in _ONE_OF:
        latin = latin.replace(letters, letter)
    latin = _GLIDE.sub("", _LONG_I.sub("i", _SOFT.sub("e", latin)))
    return _DOUBLE.sub(r"\1", latin.translate(_TO_I))


def is_foreign(word: str, language: str) -> bool:
    """Whether the word is surely in a script that the language does not use. A word with a digit never is."""
    scripts = scripts_of(language)
    return bool(scripts) and script_of(word[0]) not in scripts and not any(char.isdigit() for char in word)


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    return Stemmer.Stemmer(_ALGORITHMS[language], 0) if language in _ALGORITHMS else None
