"""A message → the statements that it makes, and whether it asks. PURE."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.claims.values import ValueReader
from bot.claims.words import Words, normal

MAX_STATEMENTS = 40
"""So many statements of a message are judged; a message of more is never confirmed as a whole."""

_SHORT = "".join(rf"(?<!{each}\.)" for each in ("тыс", "млн", "млрд", "трлн", "руб", "долл", "мес"))
_TITLES = "".join(rf"(?<!{each}\.)" for each in ("PT", "CV", "DR", "KH", "ST", "MR", "NO", "JL"))
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
class Message:
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


def read_message(text: str, words: Words, reader: ValueReader) -> Message:
    """What a message states, in the language of the words."""
    plain = as_read(text)
    asks = asks_whether(plain, words)
    stripped = without_openings(plain, words, asks=asks)
    sentences = [each for each in _sentences(text, words, asks=asks) if re.search(r"\w", each.plain)]
    if len(sentences) > 1:
        sentences = [replace(each, is_aside=_is_aside(each.plain, words, reader)) for each in sentences]
    return Message(
        tuple(sentences[:MAX_STATEMENTS]),
        len(sentences) > MAX_STATEMENTS,
        asks,
        not asks and _asks_something(plain, stripped, words, reader),
        any(_has_value(each.plain, reader) or len(each.plain.split()) >= _SENTENCE for each in sentences),
    )


def as_read(text: str) -> str:
    """The normalised text, a question mark right behind its word."""
    return re.sub(r"[\s\"'»”)]*\?", "?", normal(text).replace("⁄", "/"))


def asks_whether(plain: str, words: Words) -> bool:
    """Whether a text asks in so many words whether something is so; not whether it is false, nor what is ("which of it is fake?")."""
    asked = [*words.asking.finditer(plain)]
    if not _has_question_word(plain, words):
        asked += words.doubting.finditer(plain)
    denied = (m.span() for m in words.false.finditer(plain))
    return bool(asked) and all(any(m.start() <= start and end <= m.end() for m in asked) for start, end in denied)


def _without_asking(text: str, words: Words) -> str:
    return words.doubting.sub(" ", words.asking.sub(" ", text))


def without_openings(text: str, words: Words, *, asks: bool) -> str:
    """A normalised text without what opens a rumour and, if it asks whether it is so, without that."""
    return _EDGE.sub("", words.opening.sub(" ", _without_asking(text, words) if asks else text))


def _is_aside(plain: str, words: Words, reader: ValueReader) -> bool:
    """Whether a sentence beside others may state nothing: it is short, or says only that somebody says so."""
    said = re.findall(r"\w+", plain)
    return not reader.read(plain) and (len(plain.split()) <= _ASIDE or says_nothing(said, words))


def says_nothing(said: Iterable[str], words: Words) -> bool:
    """Whether all of some words are grammar, or tell that somebody says so."""
    return all(word in words.function or word in words.hearsay for word in said)


def _sentences(text: str, words: Words, *, asks: bool) -> Iterator[Statement]:
    months = "|".join(map(re.escape, words.months)) or r"(?!)"
    undotted = re.sub(
        rf"(?<!\d)(\d{{1,2}})\.(?= (?:{months})(?!\w))", r"\1", text, flags=re.IGNORECASE
    )  # "1. September"
    for raw in _END.split(_LINK.sub(" ", undotted)):
        if sentence := _EDGE.sub("", raw or ""):
            yield Statement(sentence, without_openings(as_read(raw), words, asks=asks))


def _clauses(text: str) -> tuple[list[str], set[str], list[str]]:
    """The clauses of a normalised text, the first word of each, and all words."""
    clauses = [_EDGE.sub("", clause) for clause in _CLAUSE.split(text)]
    return clauses, {re.split(r"\W+", clause, maxsplit=1)[0] for clause in clauses}, re.findall(r"\w+", text)


def _has_question_word(text: str, words: Words) -> bool:
    """Whether a text has a word of questions ("how much"), where it asks something."""
    _, firsts, said = _clauses(text)
    anywhere = {word for word, behind in zip(said, (*said[1:], ""), strict=False) if behind not in words.any}
    return not words.question.isdisjoint(anywhere) or not words.opens_question.isdisjoint((*firsts, *said[-1:]))


def _asks_something(plain: str, stripped: str, words: Words, reader: ValueReader) -> bool:
    """Whether the message is a plain question. ``stripped``: without what opens a rumour."""
    if _has_question_word(stripped, words):
        return True
    clauses, firsts, said = _clauses(stripped)
    last = _EDGE.sub("", re.split(r"[.!?]\s", stripped)[-1])
    if plain.rstrip().endswith("?") and not _has_value(last, reader) and len(clauses) > 1:
        return True
    may_be = (
        "?" in plain
        or (len(said) > 1 and said[-1] in words.negation | words.tag)
        or not firsts.isdisjoint(words.auxiliary)
        or words.asked.search(stripped) is not None
        or _speaks_of_itself(said, words)
        or not words.either.isdisjoint(said)
    )
    return may_be and not _has_value(stripped, reader)


def _speaks_of_itself(said: Sequence[str], words: Words) -> bool:
    """Whether somebody speaks of themselves or to the bot; "my uncle says" is of a rumour."""
    beside = zip(("", *said), said, (*said[1:], ""), strict=False)
    return any(word in words.personal and words.tellers.isdisjoint((before, behind)) for before, word, behind in beside)


def _has_value(text: str, reader: ValueReader) -> bool:
    """Whether the text has a value that may be claimed: more than "one" or "two"."""
    return any(not value.bare or value.high > FEW for value in reader.read(text))


def called_false(sentence: str, words: Words) -> str | None:
    """What a normalised sentence calls false, at its beginning or end; None if it calls nothing so ("… is no hoax")."""
    if before := words.false.match(sentence):
        return _EDGE.sub("", sentence[before.end() :])
    after = next((m for m in words.false_after.finditer(sentence) if m.end() == len(sentence) and m.start()), None)
    if after is None or not words.negation.isdisjoint(re.findall(r"\w+", sentence[: after.start()])):
        return None
    hearsay = words.quoted.match(sentence)
    return _EDGE.sub("", sentence[hearsay.end() if hearsay else 0 : after.start()])


def has_denying_sign(text: str) -> bool:
    """Whether a text has a sign, such as ❌ or a struck-out part, that may call something in it false, whatever it stands beside."""
    return _DENYING_SIGN.search(text) is not None


def is_doubted(text: str, words: Words) -> bool:
    """Whether a normalised text may reject, or only quote, what is said beside it. In a language without a list: always."""
    if not words.is_listed:
        return bool(text)
    said = re.findall(r"[\w']+", text)
    denies = not words.negation.isdisjoint(said)
    phrases = (words.false, words.false_after, words.wrong, words.not_only)
    quotes = words.quoted.search(text) is not None and not says_nothing(said, words)
    return denies or quotes or any(each.search(text) for each in phrases)


def without_rejected(text: str, words: Words) -> tuple[str, str]:
    """The text without the part that it rejects ("X, not Y"; "not Y but X"), and that part; "" where it rejects nothing."""
    for m in words.rejecting.finditer(text):
        instead = words.instead.search(text, m.end())
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
