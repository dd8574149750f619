"""A message → its statements, and whether it asks something. PURE."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from bot.claims.values import ValueReader
from bot.claims.words import WordLists, all_word_lists, normal

MAX_STATEMENTS = 40
"""At most this many statements of a message are judged. A message with more is never confirmed as a whole."""

MAX_CHARACTERS = 4000
"""A message of this length is never confirmed as a whole either: platforms give longer ones cut, to a little more than this."""

_EDGE = re.compile(r"^(?:[\s:;?¡¿…—•*]|!(?!=)|[,.]{2,}|[,.](?!\d)|[–-](?![\d.,$€£₽]|rp))+|[\s,.:;!?…–—-]+$")
"""Around a sentence. A dash or point that touches the number behind it belongs to the number."""

_TAG = re.compile(
    r"</?(?:[abiu]|br|p|em|strong|span|div|pre|code|blockquote|li|[uo]l|h\d)(?:\s[\w-]+=\"[^\"<>]*\")*\s*/?>",
    re.IGNORECASE,
)
_STRUCK = re.compile(r"</?(?:s|del|strike)>", re.IGNORECASE)
_ENTITY = re.compile(r"&#?\w{2,8};")
_CLAUSE = re.compile(r"[;.!?–—]\s|\bso\b")
_CLAUSE_END = re.compile(r"[,;:.!?–—]|$")
_DENYING_SIGN = re.compile("[❌❎✖✗✘🚫⛔👎🤥🧢]|~~")
_LINK = re.compile(r"https?://\S+|www\.\S+")

_SENTENCE = 6
"""A text of this many words without a value makes a statement; a shorter one may only name a subject."""

_ASIDE = 3
"""A sentence without a value and with at most this many words is an aside ("good news!") if there are other sentences."""

FEW = 2
"""Numbers up to this one without a unit mostly claim nothing ("one of them", "the two countries")."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a message.

    Attributes:
        text: the text as it was sent.
        plain: the normalised text without phrases that introduce a claim or ask whether it is true.
        is_aside: whether it may state nothing, because it is short, has no value, and is not alone ("good news!", "wrong.").
    """

    text: str
    plain: str
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message, divided into statements.

    Attributes:
        statements: its sentences, in order; at most :data:`MAX_STATEMENTS`.
        is_cut: whether it has more, or is so long that the end may be missing.
        asks: whether it asks whether something is true.
        is_question: whether it asks anything else.
        asserts: whether it states something and does not only name a subject. In a language without question words that is unknown, so it is
            False.
    """

    statements: tuple[Statement, ...]
    is_cut: bool
    asks: bool
    is_question: bool
    asserts: bool


def read_message(text: str, lists: WordLists, reader: ValueReader) -> ParsedMessage:
    """Reads a message in the language of the lists."""
    plain = as_read(text)
    asks = asks_whether(plain, lists)
    stripped = without_openings(plain, lists, asks=asks)
    sentences = [sentence for sentence in _sentences(text, lists, asks=asks) if re.search(r"\w", sentence.plain)]
    if len(sentences) > 1:
        sentences = [replace(sentence, is_aside=_is_aside(sentence.plain, lists, reader)) for sentence in sentences]
    return ParsedMessage(
        tuple(sentences[:MAX_STATEMENTS]),
        len(sentences) > MAX_STATEMENTS or len(text) >= MAX_CHARACTERS,
        asks,
        not asks and _asks_something(plain, stripped, lists, reader),
        bool(lists.question or lists.opens_question)
        and any(
            _has_value(sentence.plain, reader) or len(sentence.plain.split()) >= _SENTENCE for sentence in sentences
        ),
    )


def without_markup(text: str) -> str:
    """The text without HTML: "&gt;" is >, bold is plain, and what is struck out stands between tildes."""
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return _STRUCK.sub("~~", _TAG.sub(" ", text)) if "<" in text else text


def as_read(text: str) -> str:
    """The normalised text, with no space or quotation mark before a question mark."""
    return re.sub(r"[\s\"'»”)]*\?", "?", normal(text).replace("⁄", "/"))


def asks_whether(plain: str, lists: WordLists) -> bool:
    """Whether a text asks whether something is true, and not whether it is false or what is false ("which of it is fake?")."""
    asked = [*lists.asking.finditer(plain)]
    if not _has_question_word(plain, lists):
        asked += lists.doubting.finditer(plain)
    denied = (m.span() for m in lists.false.finditer(plain))
    return bool(asked) and all(any(m.start() <= start and end <= m.end() for m in asked) for start, end in denied)


def _without_asking(text: str, lists: WordLists) -> str:
    return lists.doubting.sub(" ", lists.asking.sub(" ", text))


def without_openings(text: str, lists: WordLists, *, asks: bool) -> str:
    """A normalised text without phrases that introduce a claim and, with ``asks``, without those that ask whether it is true."""
    return _EDGE.sub("", lists.opening.sub(" ", _without_asking(text, lists) if asks else text))


def _is_aside(plain: str, lists: WordLists, reader: ValueReader) -> bool:
    """Whether a sentence beside others may state nothing: it has no value, and is short or only attributes the claim to others."""
    words = re.findall(r"\w+", plain)
    return not reader.read(plain) and (len(plain.split()) <= _ASIDE or says_nothing(words, lists))


def says_nothing(words: Iterable[str], lists: WordLists) -> bool:
    """Whether the words are only function words and hearsay."""
    return all(word in lists.function or word in lists.hearsay for word in words)


@cache
def _end() -> re.Pattern[str]:
    """Matches between two sentences. The abbreviations are those of every language, since an English text may name a "PT."."""
    abbreviations = sorted(word for lists in all_word_lists() for word in lists.abbreviations)
    unless_short = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in abbreviations)
    initials = rf"(?<=(?-i:[A-ZА-Я]{{2}})[.!?…]){unless_short}\s+(?=(?-i:[A-ZА-Я]))"  # "AI." or "EU."
    return re.compile(
        rf"{initials}|(?<=[^\W\d_]{{3}}[.!?…]){unless_short}\s+|(?<=\d[.!?])\s+|(?<=[%)»”\"'][.!?])\s+|(?<=[!?])(?!=)\s*|[;\n]\s*",
        re.IGNORECASE,
    )


def _sentences(text: str, lists: WordLists, *, asks: bool) -> Iterator[Statement]:
    months = "|".join(map(re.escape, lists.months)) or r"(?!)"
    undotted = re.sub(
        rf"(?<!\d)(\d{{1,2}})\.(?= (?:{months})(?!\w))", r"\1", text, flags=re.IGNORECASE
    )  # "1. September"
    for raw in _end().split(_LINK.sub(" ", undotted)):
        if sentence := _EDGE.sub("", raw or ""):
            yield Statement(sentence, without_openings(as_read(raw), lists, asks=asks))


def _clauses(text: str) -> tuple[list[str], set[str], list[str]]:
    """The clauses of a normalised text, the first word of each, and all words."""
    clauses = [_EDGE.sub("", clause) for clause in _CLAUSE.split(text)]
    return clauses, {re.split(r"\W+", clause, maxsplit=1)[0] for clause in clauses}, re.findall(r"\w+", text)


def _has_question_word(text: str, lists: WordLists) -> bool:
    """Whether a text has a question word in a position where it asks something ("how much")."""
    clauses, _, words = _clauses(text)
    firsts = [_first_word(clause, lists) for clause in clauses]
    anywhere = {word for word, behind in zip(words, (*words[1:], ""), strict=False) if behind not in lists.any}
    return not lists.question.isdisjoint(anywhere) or not lists.opens_question.isdisjoint((*firsts, *words[-1:]))


def _first_word(clause: str, lists: WordLists) -> str:
    """The first word of a clause, without those that may stand before a question word («de qué»)."""
    return next((word for word in re.findall(r"\w+", clause) if word not in lists.before_question), "")


def _asks_something(plain: str, stripped: str, lists: WordLists, reader: ValueReader) -> bool:
    """Whether the message is a plain question. ``stripped``: the message without phrases that introduce a claim."""
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
    """Whether the sender is the subject or addresses the bot; "my uncle says" does neither."""
    beside = zip(("", *words), words, (*words[1:], ""), strict=False)
    return any(word in lists.personal and lists.tellers.isdisjoint((before, behind)) for before, word, behind in beside)


def _has_value(text: str, reader: ValueReader) -> bool:
    """Whether the text has a value other than a bare "one" or "two"."""
    return any(not value.bare or value.high > FEW for value in reader.read(text))


def called_false(sentence: str, lists: WordLists) -> str | None:
    """The part of a normalised sentence that its beginning or end calls false; None if there is none ("… is no hoax")."""
    if before := lists.false.match(sentence):
        return _EDGE.sub("", sentence[before.end() :])
    after = next((m for m in lists.false_after.finditer(sentence) if m.end() == len(sentence) and m.start()), None)
    if after is None or not lists.negation.isdisjoint(re.findall(r"\w+", sentence[: after.start()])):
        return None
    hearsay = lists.quoted.match(sentence)
    return _EDGE.sub("", sentence[hearsay.end() if hearsay else 0 : after.start()])


def has_denying_sign(text: str) -> bool:
    """Whether a text has a sign that may call something in it false, such as ❌ or struck-out text."""
    return _DENYING_SIGN.search(text) is not None


def is_doubted(text: str, lists: WordLists) -> bool:
    """Whether a normalised text may deny, or only quote, the sentences beside it. Without word lists, every text may."""
    if not lists.is_listed:
        return bool(text)
    words = re.findall(r"[\w']+", text)
    denies = not lists.negation.isdisjoint(words)
    phrases = (lists.false, lists.false_after, lists.wrong, lists.not_only)
    quotes = lists.quoted.search(text) is not None and not says_nothing(words, lists)
    return denies or quotes or any(phrase.search(text) for phrase in phrases)


def without_rejected(text: str, lists: WordLists) -> tuple[str, str]:
    """The text without the part that it rejects ("X, not Y"; "not Y but X"), and that part; "" if it rejects nothing."""
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
    """The end of the clause that begins at ``start``. A full stop or comma inside a number does not end it."""
    while True:
        m = _CLAUSE_END.search(text, start)
        stop = m.start() if m else len(text)
        if stop >= len(text) or text[stop] not in ".," or not text[stop + 1 : stop + 2].isdigit():
            return stop
        start = stop + 1
