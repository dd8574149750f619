"""Words written in the other alphabet's letters. PURE.

A skeleton is the same for «подписали» and "podpisali", for «Хафид», "Hafid" and "Khafid": every usual way to write a
Cyrillic letter in Latin ones comes down to one.
"""

import re

_TO_LATIN = str.maketrans("абвгдежзийклмнопрстуфхцчшщыэюяё", "abvgdezziiklmnoprstufhccssieuae", "ъь")

_ONE_OF = [
    (re.compile("shch|sch|sh"), "s"),
    (re.compile("zh"), "z"),
    (re.compile("t+(?:ch|s|c)|ch"), "c"),
    (re.compile("kh|gh"), "h"),
    (re.compile("ph"), "f"),
    (re.compile("ck|q"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("w"), "v"),
    (re.compile("(?<=[bcdfghklmnprstvz])[yj]o"), "e"),
    (re.compile("iy|yi|ij|ii|yy"), "i"),
    (re.compile("[yij]+(?=[aeou])"), ""),
    (re.compile("[yj]"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
]


def skeleton(word: str) -> str:
    """What is left of a word once alphabets and spellings do not matter."""
    latin = word.translate(_TO_LATIN)
    for pattern, letter in _ONE_OF:
        latin = pattern.sub(letter, latin)
    return latin


def is_foreign(word: str, language: str) -> bool:
    """Whether the word is in letters that the language is not written in."""
    return word.isascii() == (language in CYRILLIC) and not any(char.isdigit() for char in word)


CYRILLIC = frozenset({"be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk"})
"""Languages written in Cyrillic letters."""
