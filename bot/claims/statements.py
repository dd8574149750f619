"""A message → its statements, and whether it asks something. PURE."""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from bot.claims.values import ValueReader
from bot.claims.words import WordLists, listed_languages, normal, word_lists
from bot.matching.tokenizer import MAX_CHARACTERS as READ_CHARACTERS

MAX_STATEMENTS = 40
"""At most this many statements of a message are judged. A message with more is never confirmed as a whole."""

MAX_CHARACTERS = 4000
"""A message of this length is never confirmed as a whole either: platforms give longer ones cut, to a little more than this."""

_NEUTRAL = "‼❗❓⁉⚠📢📣🚨🔥👉👇➡🙏📌🔴🆕ℹ✉📩📰🗞💬🤔😱😮😲👀🔔🔊🗣☝👆⬇▶🔹🔸🔺💯✅☑🤩🥳🙌🤝📆📅🗓⏳🏛📝📋💔🥺😥😰😨🏠🚢⛴🚛🔧📞🎙💡🟢🟡🟠🔵⭐🌟💪😳🤯😍😢😭😡👏👍🎉✨⚡💥💰💶💵💸📡🎓🚀🌐📊📈🏦📱💻🎁⏰❤🫶\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\ufe0f"
"""Pictures that people put around a message and that say nothing of its truth; others may call it a joke or a lie."""

_WIDE = "。、！？「」؟،؛"
"""Signs around sentences in Chinese, Japanese and Arabic."""

_EDGE = re.compile(
    rf"^(?:[\s:;?¡¿…—•*_\"'“”„«»‘’(){_WIDE}{_NEUTRAL}]|!(?!=)|[,.]{{2,}}|[,.](?!\d)|[–-](?!\S))+"
    rf"|[\s,.:;!?¡¿…–—*_\"'“”„«»‘’(){_WIDE}{_NEUTRAL}-]+$",
    re.IGNORECASE,
)
"""Around a sentence. A dash or point that touches the number behind it belongs to the number."""

_CALL = rf"(?:\s*[:,—–|\]][*_\]]*(?=\s)|\s+-(?=\s)|\s*[{_NEUTRAL}])+\s*"
_BEFORE = re.compile(rf"([^:,—–|{_NEUTRAL}]{{1,80}}?)({_CALL})(?=\S)")
_BEHIND = re.compile(rf".*\S({_CALL})([^:,—–|{_NEUTRAL}]{{1,80}})", re.DOTALL)
"""What a sign or a picture divides from the sentence before or behind which it stands."""

_CALLED = 10
"""The most words of a call to readers."""

_TAG = re.compile(
    r"</?(?:[abiu]|br|p|em|strong|span|div|pre|code|blockquote|li|[uo]l|h\d)(?:\s[\w-]+=\"[^\"<>]*\")*\s*/?>",
    re.IGNORECASE,
)
_STRUCK = re.compile(r"</?(?:s|del|strike)>", re.IGNORECASE)
_ENTITY = re.compile(r"&#?\w{2,8};")
_CLAUSE = re.compile(r"[;.!?–—]\s")
_HIDING = re.compile(
    "[\u0335-\u0338\u20d2-\u20e5\u202a-\u202e\u2066-\u2069]|line-through|</?(?:s|del|strike)\\b", re.IGNORECASE
)
"""Strikes words out, or shows a text in another order than it is read. None of it is left in a normalised text."""

_DENYING_SIGN = re.compile(r"[❌❎✖✗✘🚫⛔👎🤥🧢🤡🙃]|~~|(?<!\S)/s\b|(?<!\w)´|-_{1,9}-|;-?\)|\){2}|\([!?]+\)")
"""Signs that may call something false. NFKC makes a space of an accent that stands for a quotation mark."""

_JOINED = re.compile(r"(?<![\w'’])(?:([\w'’]{1,40})(?!\.\s*\d)[^\S\n]{0,9}[^\w\s?]|([\w'’]{1,40})[^\S\n]{0,9}\n)")
"""A word, and what divides it from the next one; "No. 5" is a number."""

_DOTTED_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}|(?:19|20)\d\d(?=\. [^\W\d_]+\.? \d))\.(?= ([^\W\d_]+))|(?<!\w)([^\W\d_]+)\.(?= (?:\d{1,2},? )?(?:19|20)\d\d(?!\d))"
)
"""A full stop within a date: "1. September", "2026. november 1.", "15 Jan. 2026", "Jan. 15, 2026"."""

_TAGS = re.compile(r"(?:(?<!\S)#\w+\s*)+$")
"""The hashtags at the end of a message."""

_LINK = re.compile(r"https?://\S+|www\.\S+")
_LINK_WITHIN = re.compile(
    r"(?<![\w/.])(?:https?://|www\.)(?:\S*?(?![a-z\d_])(?=[^\x00-\x7f])\w|\S+[^\S\n]+\W*\w)", re.IGNORECASE
)
"""A link that words of the sentence may be part of: one with words behind it, or with letters other than ASCII."""

_SENTENCE = 6
"""A text of this many words without a value makes a statement; a shorter one may only name a subject."""

FEW = 2
"""Numbers up to this one without a unit mostly claim nothing ("one of them", "the two countries")."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a message.

    Attributes:
        text: the text as it was sent.
        plain: the normalised text without calls to readers and without phrases that introduce a claim or ask whether it is true.
        asks: whether it asks anything itself.
    """

    text: str
    plain: str
    asks: bool


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message, divided into statements.

    Attributes:
        statements: its sentences, in order, without those that only introduce or ask; at most :data:`MAX_STATEMENTS`.
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
    text = text[:MAX_CHARACTERS]
    plain = as_read(text)
    asks = asks_whether(plain, lists)
    stripped = without_openings(plain, lists, asks=asks)
    sentences: list[Statement] = []
    for raw in _sentences(text, lists):
        if _says_something(raw, lists, is_first=not sentences):
            stated = without_openings(as_read(_without_calls(raw, lists)), lists, asks=asks)
            sentences.append(Statement(_EDGE.sub("", raw), stated, "?" in raw or asks_whether(as_read(raw), lists)))
    return ParsedMessage(
        tuple(sentences[:MAX_STATEMENTS]),
        len(sentences) > MAX_STATEMENTS or len(text) >= MAX_CHARACTERS,
        asks,
        not asks and _asks_something(plain, ". ".join(each.plain for each in sentences) or stripped, lists, reader),
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
    """Whether a text asks whether something is true, or whether it is false."""
    if lists.asking.search(plain) or lists.asking_if_false.search(plain):
        return True
    return not _has_question_word(plain, lists) and lists.doubting.search(plain) is not None


def _says_something(sentence: str, lists: WordLists, *, is_first: bool) -> bool:
    """Whether a sentence is more than openings and questions whether something is true. "Hoax?" is more: it may be the answer to the rest.

    ``is_first``: whether none of the message stands before it, which it could take back ("It's off").
    """
    plain = as_read(sentence)
    rest = _EDGE.sub("", lists.opening.sub(" ", lists.asking.sub(" ", plain)))
    return len(sentence) > READ_CHARACTERS or not (
        rest == "" or any(_calls(each, lists, is_framed=is_first) for each in (rest, plain))
    )


def _calls(text: str, lists: WordLists, *, is_framed: bool) -> bool:
    """Whether a text consists of a few words of a call to readers and, with ``is_framed``, of those that introduce what was passed on."""
    said = set(re.findall(r"[^\W_]+", normal(text)))
    words = lists.address | lists.frame if is_framed else lists.address
    return len(said) <= _CALLED and said <= words and not said <= lists.beside


def _without_calls(text: str, lists: WordLists) -> str:
    """A sentence without the calls to readers that signs divide from it."""
    before = ""
    while text != before:
        before, text = text, _EDGE.sub("", _without_call(text, lists))
    return text


def _without_call(text: str, lists: WordLists) -> str:
    """A sentence without a call to readers that a sign divides from it: "Repost from the family group: …", "…, please share". "My uncle: …" is what he says."""
    if before := _BEFORE.match(text):
        said = set(re.findall(r"[^\W_]+", normal(before[1])))
        is_teller = said <= lists.personal | lists.articles | lists.tellers
        if _calls(before[1], lists, is_framed=before[2].strip() != "," and not is_teller):
            return text[before.end() :]
    behind = _BEHIND.fullmatch(text)
    return text[: behind.start(1)] if behind and _calls(behind[2], lists, is_framed=False) else text


def without_openings(text: str, lists: WordLists, *, asks: bool) -> str:
    """A normalised text without phrases that introduce a claim and, with ``asks``, without those that ask whether it is true."""
    for pattern in (lists.asking_if_false, lists.asking, lists.doubting) if asks else ():
        text = pattern.sub(" ", text)
    return _EDGE.sub("", lists.opening.sub(" ", text))


def without_surroundings(sentence: str, lists: WordLists) -> str:
    """A sentence as it was sent, without quotation marks, listed openings, and questions whether it is true, at its two ends."""
    text, before = _EDGE.sub("", sentence), ""
    while text != before:
        before, text = text, _without_calls(text, lists)
        words, spoken = text.split(), normal(text).split()
        if len(words) == len(spoken):
            plain = " ".join(spoken)
            first, last = _without_phrase(plain, lists)
            text = _EDGE.sub("", " ".join(words[len(plain[:first].split()) : len(_EDGE.sub("", plain[:last]).split())]))
    return text


def _without_phrase(plain: str, lists: WordLists) -> tuple[int, int]:
    """Where the rest of a normalised text begins and ends without one listed phrase. The text itself, if nothing would be left."""
    for pattern in (lists.asking, lists.opening):
        for m in pattern.finditer(plain):
            end = len(plain) - len(plain[m.end() :].lstrip(" ,:;.!?–—-"))
            is_denial = not lists.negation.isdisjoint(m[0].replace(",", " ").split())  # "Benar, tidak ada"
            if m.start() == 0 and end < len(plain) and (not is_denial or plain[m.end()] in "?:"):
                return end, len(plain)
            # not «подписали срочно»
            is_apart = pattern is lists.asking or not plain[: m.start()].rstrip()[-1:].isalnum()
            if end == len(plain) and m.start() and is_apart:
                return 0, m.start()
    return 0, len(plain)


def is_message(text: str, lists: WordLists) -> bool:
    """Whether a declared text has several sentences, so that only a whole message can repeat it."""
    return len([*_sentences(text, lists)]) > 1


def copy_of(text: str) -> str:
    """What exact copies of a message have in common: its words and signs, whatever their capitals, spaces, commas and dashes."""
    return " ".join(re.findall(r"\w+|[^\w\s,.:;–—-]", " ".join(map(normal, text.split()))))


@cache
def _end() -> re.Pattern[str]:
    """Matches between two sentences. The abbreviations are those of every language, since an English text may name a "PT."."""
    abbreviations = sorted(word for each in listed_languages() for word in word_lists(each).abbreviations)
    unless_short = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in abbreviations)
    initials = rf"(?<=(?-i:[A-ZА-Я]{{2}})[.!?…]){unless_short}\s+(?=(?-i:[A-ZА-Я]))"  # "AI." or "EU."
    return re.compile(
        rf"{initials}|(?<=[^\W\d_]{{3}}[.!?…]){unless_short}\s+|(?<=\d[.!?])\s+|(?<=[%)»”\"'][.!?])\s+|(?<=[!?])(?!=)\s*|(?<=[。！？؟])\s*|[;\n]\s*",
        re.IGNORECASE,
    )


def _sentences(text: str, lists: WordLists) -> Iterator[str]:
    """The sentences with the signs around them, without links, and without hashtags at the end if each repeats a word of the message or of a list."""
    undotted = _DOTTED_DATE.sub(lambda m: m[0].replace(".", "") if normal(m[1] or m[2]) in lists.months else m[0], text)
    said = _LINK.sub(" ", undotted)
    if tags := _TAGS.search(said):
        words = set(re.findall(r"[^\W_]+", normal(said[: tags.start()]))) | lists.tags | lists.address | lists.frame
        said = said[: tags.start()] if words.issuperset(re.findall(r"\w+", normal(tags[0]))) else said
    yield from (raw for raw in _end().split(said) if raw and _EDGE.sub("", raw))


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
    return any(value.kind != "number" or value.high > FEW for value in reader.read(text))


def has_denying_sign(text: str) -> bool:
    """Whether a text, as it was sent, may call something in it false: by a sign such as ❌, a "no" that a sign divides from the rest, or a link."""
    signs = (_HIDING, _DENYING_SIGN, _LINK_WITHIN)
    text = text[:MAX_CHARACTERS]  # what is longer gets no verdict
    seen = "".join(c for c in unicodedata.normalize("NFKC", text.strip()) if unicodedata.category(c) != "Cf")
    words = {m[1] or m[2] for m in _JOINED.finditer(seen)}
    return any(sign.search(text) for sign in signs) or any(normal(word) in _denials() for word in words)


def is_struck_out(text: str) -> bool:
    """Whether something in a text, as it was sent, is struck out or shown in another order."""
    return _HIDING.search(text) is not None


@cache
def _denials() -> frozenset[str]:
    lists = [word_lists(each) for each in listed_languages()]
    return frozenset().union(*(each.negation for each in lists))
