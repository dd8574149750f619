"""A text → its words, in lower case and one script. PURE."""

import re
import unicodedata

MAX_CHARACTERS = 600
"""Only this much of a message is read, so that a pasted article costs no more than a question."""

STOP, PAUSE = ".", ","
"""Stand for punctuation that may end a question, and for punctuation inside a question."""

_MAX_WORDS = 40
_SHORT = 12
"""A message of at most this many characters has no words if no two of its letters stand together."""

_INDIC = "\u0900-\u0963\u0966-\u0dff"
"""The scripts of India without their full stops. Their vowels are marks, which belong to the word."""

_WORD = re.compile(rf"(?:[^\W_]|[{_INDIC}])+|[?!.;/&+\n]+|[,:()\u2013\u2014]+| - ")
_PAUSES = ",:()\u2013\u2014 "
_FINAL_DIGIT = re.compile(r"(?<=[^\W\d_])\d$")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})(?:[.,\u00a0\u202f ](\d{3}))(?![\d])")
_TAG = re.compile(r"</?[a-z][^<>]{0,80}>", re.IGNORECASE)
_TWO_LETTERS = re.compile(r"[^\W_]{2}|[^\W\d_][^\w\s][^\W\d_]|[^\W\da-z_а-яё]", re.IGNORECASE)
_PLAIN = re.compile("[a-z]+|[а-я]+")
"""A word that needs no tidying."""

_ODD = re.compile(r"[\d'’ʼ`´]|([^\W\d_]{1,2})\1\1")
"""Texts with these need joining: digits, apostrophes, letters typed three times."""

_LATIN = re.compile("[a-z]")
_NOT_ASCII_WORD = re.compile(rf"[^\w\s!-~{_INDIC}]")
_MARKED = re.compile("[\u00c0-\u024f\u0370-\u03ff\u1e00-\u1fff]")
"""Latin letters beyond those of English, and Greek letters. People often type them without their marks."""

_UNMARKED = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_BLANK = re.compile(r"[^\S\n]+")
_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
_STATES = re.compile(r"\b(?:[Tt]he\s+(?:US|us)\b|U\.\s?S\.(?:\s?A\.?)?|US\b|AS\b)")

_ELIDED = re.compile(r"\b(\w*(?:qu|ll)|[cdjlmnst])['’ʼ`´](?=[aeiouhy])")
"""A shortened word before a vowel in French, Italian or Catalan: "l'aéroport", "dell'acqua"."""

_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED = re.compile(r"([^\W\d_]{2})\1{2,}")
_INVISIBLE = frozenset({"Cf", "Cc", "Mn", "Me", "Cs", "Co"})
_YO = str.maketrans("ёЁİ", "еЕI")  # Python writes a small İ as two characters

_ALIKE = dict(zip("aceopxyktmhb", "асеорхуктмнв", strict=True))
"""Latin letters → the Cyrillic ones that look the same."""

_TO_CYRILLIC = str.maketrans(_ALIKE)
_TO_LATIN = str.maketrans({cyrillic: latin for latin, cyrillic in _ALIKE.items()})

_PERSONAL = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|@\w+|\+?\d[\d ()-]{5,}\d")
"""Links, e-mail addresses, mentions, and numbers as long as telephone numbers."""

_NO_WORD = re.compile(r"[^\w%]+")


def tidy(text: str) -> str:
    """The text in lower case and NFKC, without invisible, combining and control characters; ё is е, é is e, ά is α."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text[:MAX_CHARACTERS].lower()
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).translate(_YO)
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
        parts.append(_word(word) if is_word else PAUSE if word[0] in _PAUSES else STOP)
    return parts


def without_personal(text: str) -> str:
    """The part of the text that is read, without mentions, links and telephone numbers."""
    return _PERSONAL.sub(" ", text[:MAX_CHARACTERS]).strip()


def wording(text: str) -> str:
    """The words of a message in lower case, without mentions, links and telephone numbers; "" if no words are left."""
    return _NO_WORD.sub(" ", _PERSONAL.sub(" ", tidy(text))).strip()


def _joined(text: str) -> str:
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
