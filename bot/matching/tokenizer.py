"""A text → its words, in lower case and one script. PURE."""

import re
import unicodedata
from itertools import chain

MAX_CHARACTERS = 600
"""Only this much of a message is read, so that a pasted article costs no more than a question."""

STOP, PAUSE = ".", ","
"""Stand for punctuation that may end a question, and for punctuation inside a question."""

_MAX_WORDS, _MAX_PARTS = 40, 80
_SHORT = 12
"""A message of at most this many characters has no words if no two of its letters stand together."""

_OF_ASIA = map(chr, chain(range(0x900, 0x1AB0), range(0x1B00, 0x1DC0), range(0xA800, 0xAC00)))
MARKS = "".join(sign for sign in _OF_ASIA if unicodedata.category(sign) in ("Mn", "Mc"))
"""The marks of the scripts of South and South East Asia, which are vowels and belong to the word. Those of other scripts are accents."""

SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
"""Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""

_IDEOGRAPHS, _PAIR, _LETTERS = "\u3005", 2, 3
"""The first sign of those that stand for a syllable or a word, and how many are compared together; those before it are letters."""

_SIGNS = re.compile(rf"[{SPACELESS}]+")
_CLUSTER = re.compile(f".[{MARKS}]*")
_WORD = re.compile(rf"(?:[^\W_]|[{MARKS}])+|[?!.;/&+\n。।؟؛]+|[,:()\u2013\u2014、،]+| - ")
_PAUSES = ",:()\u2013\u2014 、،"
_DIGIT = re.compile(r"[^\D0-9]")
_FINAL_DIGIT = re.compile(r"(?<=[^\W\d_])\d$")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})(?:[.,\u00a0\u202f ](\d{3}))(?![\d])")
_TAG = re.compile(r"</?[a-z][^<>]{0,80}>", re.IGNORECASE)
_TWO_LETTERS = re.compile(r"[^\W_]{2}|[^\W\d_][^\w\s][^\W\d_]|[^\W\da-z_а-яё]", re.IGNORECASE)
_PLAIN = re.compile("[a-z]+|[а-я]+")
"""A word that needs no tidying."""

_ODD = re.compile(r"[\d'’ʼ`´]|([^\W\d_]{1,2})\1\1")
"""Texts with these need joining: digits, apostrophes, letters typed three times."""

_LATIN = re.compile("[a-z]")
_NOT_ASCII_WORD = re.compile(rf"[^\w\s!-~{MARKS}]")
_MARKED = re.compile("[\u00c0-\u024f\u0370-\u03ff\u1e00-\u1fff]")
"""Latin letters beyond those of English, and Greek letters. People often type them without their marks."""

_UNMARKED = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_BLANK = re.compile(r"[^\S\n]+")
_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
_BEHIND_FIGURE = re.compile(r"(?<=\d)['’ʼ`´][^\W\d_]+")
"""An ending of a figure: "2026'da", "%88'i", "the 1990's"."""

_STATES = re.compile(r"\b(?:[Tt]he\s+(?:US|us)\b|U\.\s?S\.(?:\s?A\.?)?|US\b|AS\b)")

_ELIDED = re.compile(r"\b(\w*(?:qu|ll)|[cdjlmnst])['’ʼ`´](?=[aeiouhy])")
"""A shortened word before a vowel in French, Italian or Catalan: "l'aéroport", "dell'acqua"."""

_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED = re.compile(r"([^\W\d_]{2})\1{2,}")
_INVISIBLE = frozenset({"Cf", "Cc", "Mn", "Me", "Cs", "Co"})
_YO = str.maketrans("ёЁİ٬٫٪،؛؟", "еЕI,.%,;?")  # the last six are Arabic; Python writes a small İ as two characters

_ALIKE = dict(zip("aceopxyktmhb", "асеорхуктмнв", strict=True))
"""Latin letters → the Cyrillic ones that look the same."""

_TO_CYRILLIC = str.maketrans(_ALIKE)
_TO_LATIN = str.maketrans({cyrillic: latin for latin, cyrillic in _ALIKE.items()})

_PERSONAL = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|@\w+|\+?\d[\d ()-]{5,}\d")
"""Links, e-mail addresses, mentions, and numbers as long as telephone numbers."""

_MONEY = "[$€£¥₽₹₺]"
_KEPT = rf"(?<=\d)[.,:/](?=\d)|(?<=\w)['-](?=\w)|{_MONEY}(?=\s?\d)|(?<=\d){_MONEY}|(?<=\d\s){_MONEY}"
_NO_WORD = re.compile(rf"(?:(?!{_KEPT})[^\w%])+")
"""What stands between words. Signs of money and marks within a word or a figure belong to them: an editor can declare what is kept of a claim."""


def tidy(text: str) -> str:
    """The text in lower case and NFKC, without accents, invisible and control characters; ё is е, é is e, ά is α, ٣ is 3."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text[:MAX_CHARACTERS].lower()
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).translate(_YO)
    plain = _DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), plain)
    return _MARKED.sub(_unmarked, _BLANK.sub(" ", _NOT_ASCII_WORD.sub(_visible, plain)).lower())


def with_states(text: str) -> str:
    """The text with the names of the United States that are other words in small letters: "the US" and, in Indonesian, "AS"."""
    return text if text.isupper() else _STATES.sub(lambda m: "Amerika" if m[0] == "AS" else "USA", text)


def has_no_words(text: str) -> bool:
    """Whether a message has no words, but only single letters, or more markup than text."""
    tags = sum(map(len, _TAG.findall(text[:MAX_CHARACTERS]))) if "<" in text else 0
    return tags * 2 > len(text.strip()) or (len(text) <= _SHORT and not _TWO_LETTERS.search(text))


def words(text: str) -> list[str]:
    """The first 40 words and numbers of a tidied text."""
    return [word for word in words_and_stops(text) if word not in (STOP, PAUSE)]


def words_of(text: str) -> list[str]:
    """The words of a text of any length."""
    return [word for chunk in text.split() for word in ([chunk] if _PLAIN.fullmatch(chunk) else words(tidy(chunk)))]


def words_and_stops(text: str) -> list[str]:
    """The words of :func:`words`, with a :data:`STOP` for punctuation that may end a question and a :data:`PAUSE` for other punctuation.

    A letter typed three times or more is read once, "12.000" is one number, and a digit at the end of a word is removed
    (Indonesian writes "pulau2" for "pulau-pulau").
    """
    parts: list[str] = []
    count = 0
    for word in _WORD.findall(_joined(text) if _ODD.search(text) else text):
        count += (is_word := word[0].isalnum())
        if count > _MAX_WORDS:
            break
        parts += _words(word) if is_word else [PAUSE if word[0] in _PAUSES else STOP]
    return parts[:_MAX_PARTS]


def _words(word: str) -> list[str]:
    """The word; of a script without spaces, its overlapping parts, since nothing says where a word ends."""
    if word.isascii() or not _SIGNS.search(word):
        return [_word(word)]
    parts: list[str] = []
    at = 0
    for run in (*_SIGNS.finditer(word), None):
        between = word[at : run.start() if run else len(word)]
        parts += [_word(between)] if between else []
        if run is not None:
            at = run.end()
            parts += _overlapping(run[0], _PAIR if run[0] >= _IDEOGRAPHS else _LETTERS)
    return parts


def _overlapping(text: str, size: int) -> list[str]:
    signs = _CLUSTER.findall(text)
    return ["".join(signs[start : start + size]) for start in range(max(1, len(signs) - size + 1))]


def is_part(word: str) -> bool:
    """Whether it is a part of a text without spaces, rather than a word."""
    return not word.isascii() and _SIGNS.match(word) is not None


def smaller_parts(part: str) -> list[str]:
    """The overlapping parts of such a part that are a sign shorter."""
    return _overlapping(part, max(1, len(_CLUSTER.findall(part)) - 1))


def without_personal(text: str) -> str:
    """The part of the text that is read, without mentions, links and telephone numbers."""
    return _PERSONAL.sub(" ", text[:MAX_CHARACTERS]).strip()


def wording(text: str) -> str:
    """The words and figures of a message in lower case, without mentions, links and telephone numbers; "" if none are left."""
    return _NO_WORD.sub(" ", _PERSONAL.sub(" ", tidy(text).replace("’", "'"))).strip()


def _joined(text: str) -> str:
    text = _BEHIND_FIGURE.sub("", text)
    joined = _APOSTROPHES.sub("", _ELIDED.sub(r"\1 ", _THOUSANDS.sub(r"\1\2", text)))
    return _REPEATED.sub(r"\1\1", _STRETCHED.sub(r"\1", joined))


def _word(part: str) -> str:
    word = part if part.isascii() else _one_script(part)
    return _FINAL_DIGIT.sub("", word) if word[-1].isdigit() else word


def _visible(match: re.Match[str]) -> str:
    return "" if unicodedata.category(match[0]) in _INVISIBLE else match[0]


def _unmarked(match: re.Match[str]) -> str:
    """A letter without its marks: an editor writes "canción", readers write "cancion"."""
    return unicodedata.normalize("NFD", match[0])[0].translate(_UNMARKED)


def _one_script(word: str) -> str:
    """A word of look-alike letters from two alphabets, in the alphabet of most of its letters."""
    if not _LATIN.search(word):
        return word
    cyrillic = sum("а" <= char <= "я" for char in word)
    latin = sum("a" <= char <= "z" for char in word)
    if not cyrillic:
        return word
    return word.translate(_TO_CYRILLIC if cyrillic >= latin else _TO_LATIN)
