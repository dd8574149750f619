"""A message → the statements that it makes, and whether it asks. PURE."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.claims.values import ValueReader
from bot.claims.words import WordLists, normal

MAX_STATEMENTS = 40
"""So many statements of a message are judged; a message of more is never confirmed as a whole."""

_SHORT = "".join(rf"(?<!{abbreviation}\.)" for abbreviation in ("тыс", "млн", "млрд", "трлн", "руб", "долл", "мес"))
_TITLES = "".join(rf"(?<!{abbreviation}\.)" for abbreviation in ("PT", "CV", "DR", "KH", "ST", "MR", "NO", "JL"))
_INITIALS = rf"(?<=(?-i:[A-ZА-Я]{{2}})[.!?…]){_TITLES}\s+(?=(?-i:[A-ZА-Я]))"
"""Behind "AI." or "EU." begins another sentence, behind "PT." a name."""

_END = re.compile(
    rf"{_INITIALS}|(?<=[^\W\d_]{{3}}[.!?…]){_SHORT}\s+|(?<=\d[.!?])\s+|(?<=[%)»”\"'][.!?])\s+|(?<=[!?])\s*|[;\n]\s*",
    re.IGNORECASE,
)
_EDGE = re.compile(r"^[\s,.:;!?…–—•*-]+|[\s,.:;!?…–—-]+$")
_CLAUSE = re.compile(r"[;.!?–—]\s|\bso\b")
_CLAUSE_END = re.compile(r"[,;:.!?–—]|$")
_DENYING_SIGN = re.compile("[❌❎✖✗✘🚫⛔👎🤥🧢]|~~")
_LINK = re.compile(r"https?://\S+|www\.\S+")

_SENTENCE = 6
"""So many words without a value say something; fewer may just name a subject."""

_ASIDE = 3
"""A sentence of at most so many words and no value is an aside ("good news!") beside one that has a value."""

FEW = 2
"""Numbers without a unit up to here mostly claim nothing ("one of them", "the two countries")."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a message.

    Attributes:
        text: as it was sent. ``plain``: normalised, without what opens a rumour or asks whether it is so.
        is_aside: whether it is so short and without a value, beside others, that it may state nothing ("good news!", "wrong.").
    """

    text: str
    plain: str
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message as it was read.

    Attributes:
        statements: its sentences, in order; at most :data:`MAX_STATEMENTS`. ``is_cut``: whether it has more.
        asks: whether it asks in so many words whether something is so. ``is_question``: whether it asks something else.
        asserts: whether it says something, rather than naming a subject.
    """

    statements: tuple[Statement, ...]
    is_cut: bool
    asks: bool
    is_question: bool
    asserts: bool


def read_message(text: str, lists: WordLists, reader: ValueReader) -> ParsedMessage:
    """What a message states, in the language of the words."""
    plain = as_read(text)
    asks = asks_whether(plain, lists)
    stripped = without_openings(plain, lists, asks=asks)
    sentences = [sentence for sentence in _sentences(text, lists, asks=asks) if re.search(r"\w", sentence.plain)]
    if len(sentences) > 1:
        sentences = [replace(sentence, is_aside=_is_aside(sentence.plain, lists, reader)) for sentence in sentences]
    return ParsedMessage(
        tuple(sentences[:MAX_STATEMENTS]),
        len(sentences) > MAX_STATEMENTS,
        asks,
        not asks and _asks_something(plain, stripped, lists, reader),
        any(_has_value(sentence.plain, reader) or len(sentence.plain.split()) >= _SENTENCE for sentence in sentences),
    )


def as_read(text: str) -> str:
    """The normalised text, a question mark right behind its word."""
    return re.sub(r"[\s\"'»”)]*\?", "?", normal(text).replace("⁄", "/"))


def asks_whether(plain: str, lists: WordLists) -> bool:
    """Whether a text asks in so many words whether something is so; not whether it is false, nor what is ("which of it is fake?")."""
    asked = [*lists.asking.finditer(plain)]
    if not _has_question_word(plain, lists):
        asked += lists.doubting.finditer(plain)
    denied = (m.span() for m in lists.false.finditer(plain))
    return bool(asked) and all(any(m.start() <= start and end <= m.end() for m in asked) for start, end in denied)


def _without_asking(text: str, lists: WordLists) -> str:
    return lists.doubting.sub(" ", lists.asking.sub(" ", text))


def without_openings(text: str, lists: WordLists, *, asks: bool) -> str:
    """A normalised text without what opens a rumour and, if it asks whether it is so, without that."""
    return _EDGE.sub("", lists.opening.sub(" ", _without_asking(text, lists) if asks else text))


def _is_aside(plain: str, lists: WordLists, reader: ValueReader) -> bool:
    """Whether a sentence beside others may state nothing: it is short, or says only that somebody says so."""
    words = re.findall(r"\w+", plain)
    return not reader.read(plain) and (len(plain.split()) <= _ASIDE or says_nothing(words, lists))


def says_nothing(words: Iterable[str], lists: WordLists) -> bool:
    """Whether all of some words are grammar, or tell that somebody says so."""
    return all(word in lists.function or word in lists.hearsay for word in words)


def _sentences(text: str, lists: WordLists, *, asks: bool) -> Iterator[Statement]:
    months = "|".join(map(re.escape, lists.months)) or r"(?!)"
    undotted = re.sub(
        rf"(?<!\d)(\d{{1,2}})\.(?= (?:{months})(?!\w))", r"\1", text, flags=re.IGNORECASE
    )  # "1. September"
    for raw in _END.split(_LINK.sub(" ", undotted)):
        if sentence := _EDGE.sub("", raw or ""):
            yield Statement(sentence, without_openings(as_read(raw), lists, asks=asks))


def _clauses(text: str) -> tuple[list[str], set[str], list[str]]:
    """The clauses of a normalised text, the first word of each, and all words."""
    clauses = [_EDGE.sub("", clause) for clause in _CLAUSE.split(text)]
    return clauses, {re.split(r"\W+", clause, maxsplit=1)[0] for clause in clauses}, re.findall(r"\w+", text)


def _has_question_word(text: str, lists: WordLists) -> bool:
    """Whether a text has a word of questions ("how much"), where it asks something."""
    _, firsts, words = _clauses(text)
    anywhere = {word for word, behind in zip(words, (*words[1:], ""), strict=False) if behind not in lists.any}
    return not lists.question.isdisjoint(anywhere) or not lists.opens_question.isdisjoint((*firsts, *words[-1:]))


def _asks_something(plain: str, stripped: str, lists: WordLists, reader: ValueReader) -> bool:
    """Whether the message is a plain question. ``stripped``: without what opens a rumour."""
    if _has_question_word(stripped, lists):
        return True
    clauses, firsts, words = _clauses(stripped)
    last = _EDGE.sub("", re.split(r"[.!?]\s", stripped)[-1])
    if plain.rstrip().endswith("?") and not _has_value(last, reader) and len(clauses) > 1:
        return True
    may_be = (
        "?" in plain
        or (len(words) > 1 and words[-1] in lists.negation | lists.tag)
        or not firsts.isdisjoint(lists.auxiliary)
        or lists.asked.search(stripped) is not None
        or _speaks_of_itself(words, lists)
        or not lists.either.isdisjoint(words)
    )
    return may_be and not _has_value(stripped, reader)


def _speaks_of_itself(words: Sequence[str], lists: WordLists) -> bool:
    """Whether somebody speaks of themselves or to the bot; "my uncle says" is of a rumour."""
    beside = zip(("", *words), words, (*words[1:], ""), strict=False)
    return any(word in lists.personal and lists.tellers.isdisjoint((before, behind)) for before, word, behind in beside)


def _has_value(text: str, reader: ValueReader) -> bool:
    """Whether the text has a value that may be claimed: more than "one" or "two"."""
    return any(not value.bare or value.high > FEW for value in reader.read(text))


def called_false(sentence: str, lists: WordLists) -> str | None:
    """What a normalised sentence calls false, at its beginning or end; None if it calls nothing so ("… is no hoax")."""
    if before := lists.false.match(sentence):
        return _EDGE.sub("", sentence[before.end() :])
    after = next((m for m in lists.false_after.finditer(sentence) if m.end() == len(sentence) and m.start()), None)
    if after is None or not lists.negation.isdisjoint(re.findall(r"\w+", sentence[: after.start()])):
        return None
    hearsay = lists.quoted.match(sentence)
    return _EDGE.sub("", sentence[hearsay.end() if hearsay else 0 : after.start()])


def has_denying_sign(text: str) -> bool:
    """Whether a text has a sign, such as ❌ or a struck-out part, that may call something in it false, whatever it stands beside."""
    return _DENYING_SIGN.search(text) is not None


def is_doubted(text: str, lists: WordLists) -> bool:
    """Whether a normalised text may reject, or only quote, what is said beside it. In a language without a list: always."""
    if not lists.is_listed:
        return bool(text)
    words = re.findall(r"[\w']+", text)
    denies = not lists.negation.isdisjoint(words)
    phrases = (lists.false, lists.false_after, lists.wrong, lists.not_only)
    quotes = lists.quoted.search(text) is not None and not says_nothing(words, lists)
    return denies or quotes or any(phrase.search(text) for phrase in phrases)


def without_rejected(text: str, lists: WordLists) -> tuple[str, str]:
    """The text without the part that it rejects ("X, not Y"; "not Y but X"), and that part; "" where it rejects nothing."""
    for m in lists.rejecting.finditer(text):
        instead = lists.instead.search(text, m.end())
        if instead and not re.search(r"[.;!?]", text[m.end() : instead.start()]):
            rejected, right = text[m.end() : instead.start()], text[instead.end() :]
            if re.search(r"\w", right) and re.search(r"\w", rejected):
                return text[: m.start()] + " " + right, rejected
        before = text[: m.start()].rstrip()
        if before.endswith((",", "–", "—", "(", ":")) or len(m[0].split()) > 1:
            stop = _end_of_clause(text, m.end())
            return text[: m.start()] + text[stop:], text[m.end() : stop]
    return text, ""


def _end_of_clause(text: str, start: int) -> int:
    """Where the clause that begins at a place ends; a stop inside a number is none."""
    while True:
        m = _CLAUSE_END.search(text, start)
        stop = m.start() if m else len(text)
        if stop >= len(text) or text[stop] not in ".," or not text[stop + 1 : stop + 2].isdigit():
            return stop
        start = stop + 1
