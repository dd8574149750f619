"""A message → the statements it makes: what is claimed, what is denied, what is only quoted to be rejected. PURE."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bot.claims.values import NEGATED, Value, ValueReader
from bot.claims.words import Words, normal

MAX_STATEMENTS = 3

_SHORT = "".join(rf"(?<!{each}\.)" for each in ("тыс", "млн", "млрд", "трлн", "руб", "долл", "мес"))
_END = re.compile(rf"(?<=[^\W\d_]{{3}}[.!?]){_SHORT}\s+|(?<=\d[.!?])\s+|(?<=[%)»”\"'][.!?])\s+|(?<=[!?])\s*|[;\n]\s*")
_EDGE = re.compile(r"^[\s,.:;!?–—-]+|[\s,.:;!?–—-]+$")
_CLAUSE_END = re.compile(r"[,;:.!?–—]|$")
_CLAUSE = re.compile(r"[;.!?–—]\s|\bso\b")
_SENTENCE = 6
"""So many words without a value say something; fewer may just name a subject."""

_CRY = 3
"""A sentence of at most so many words and no value is a cry ("good news!") beside one that has a value."""

_NEAR = 12
"""So many characters from a value "only" is about the value."""

FEW = 2
"""Numbers without a unit up to here mostly claim nothing."""

_CLAUSE_WORDS = 3
"""A part without a value says something from so many words on ("was signed in Moscow")."""

_TO_SKIP = 3
"""A negation so few words before a value denies the value."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One statement of a message.

    Attributes:
        text: normalised, without what is rejected in it. ``values``: in it. ``context``: words of the statement before it that
            it goes on from ("people say five; no, twelve").
        denied: whether the whole is denied. ``is_unclear``: whether it denies something else, so that its values prove nothing.
        denied_words: the words behind its negations, if that is why it is unclear; () if nothing stands behind one of them.
        is_limited: whether it says "only" of something else than its value, so that the value does not prove it.
        denied_text: the few words behind the only negation of a statement without values; "" otherwise.
        rejected: values that it rejects ("not five"). ``rejected_text``: the words around them.
    """

    text: str
    values: tuple[Value, ...]
    context: str = ""
    denied: bool = False
    is_unclear: bool = False
    rejected: tuple[Value, ...] = ()
    rejected_text: str = ""
    denied_text: str = ""
    denied_words: tuple[str, ...] = ()
    is_limited: bool = False

    @property
    def asserts(self) -> bool:
        """Whether it says something, rather than naming a subject."""
        return any(not each.bare or each.high > FEW for each in self.values) or len(self.text.split()) >= _SENTENCE


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was read.

    Attributes:
        statements: at most three. ``asks``: whether it asks in so many words whether something is so.
        is_question: whether it asks something else.
    """

    statements: tuple[Claimed, ...]
    asks: bool
    is_question: bool


def read_message(text: str, given: Words, reader: ValueReader, is_place: Callable[[str], bool]) -> Message:
    """What a message claims. ``is_place``: whether a word is of a place."""
    plain = normal(text).replace("⁄", "/")
    asks = given.asking.search(plain) is not None and given.false.search(plain) is None
    stripped = _EDGE.sub("", given.opening.sub(" ", given.asking.sub(" ", plain) if asks else plain))
    is_question = not asks and _asks_something(plain, stripped, given, reader)
    found = []
    sentences = list(_sentences(stripped, given))
    if any(reader.read(sentence) for sentence, _, _ in sentences):
        sentences = [each for each in sentences if len(each[0].split()) > _CRY or reader.read(each[0])]
    for sentence, context, denied in sentences:
        parts = [sentence] if denied else _parts(sentence, given, reader, is_place)
        for before, part in zip(("", *parts), parts, strict=False):
            goes_on = context or ("" if _says_of_what(part, given, reader) else before)
            claimed = _claimed(part, goes_on, given, reader, denied=denied)
            if claimed.text:
                found.append(claimed)
    return Message(tuple(found[:MAX_STATEMENTS]), asks, is_question)


def _asks_something(plain: str, stripped: str, given: Words, reader: ValueReader) -> bool:
    """Whether the message is a plain question. ``stripped``: without what opens a rumour."""
    clauses = [_EDGE.sub("", clause) for clause in _CLAUSE.split(stripped)]
    firsts = {re.split(r"\W+", clause, maxsplit=1)[0] for clause in clauses}
    said = re.findall(r"\w+", stripped)
    anywhere = {word for word, behind in zip(said, (*said[1:], ""), strict=False) if behind not in given.any}
    if not given.question.isdisjoint(anywhere) or not given.opens_question.isdisjoint((*firsts, *said[-1:])):
        return True
    last = _EDGE.sub("", re.split(r"[.!?]\s", stripped)[-1])
    if plain.rstrip().endswith("?") and not _has_value(last, reader) and len(clauses) > 1:
        return True
    may_be = (
        "?" in plain
        or (len(said) > 1 and said[-1] in given.negation | given.tag)
        or not firsts.isdisjoint(given.auxiliary)
        or given.asked.search(stripped) is not None
        or not (given.personal | given.either).isdisjoint(said)
    )
    return may_be and not _has_value(stripped, reader)


def _has_value(text: str, reader: ValueReader) -> bool:
    """Whether the text has a value that may be claimed: more than "one" or "two"."""
    return any(not value.bare or value.high > FEW for value in reader.read(text))


def _sentences(text: str, given: Words) -> Iterator[tuple[str, str, bool]]:
    """The sentences with their context, and whether each is called false. What is quoted to be corrected is context."""
    said = [sentence for raw in _END.split(text) if (sentence := _EDGE.sub("", raw or ""))]
    while wrong := next((at for at in range(1, len(said)) if _is_correction(said[at], given)), 0):
        yield from _uncorrected(said[: wrong - 1], given)
        yield (said[wrong + 1], said[wrong - 1], False) if wrong + 1 < len(said) else (said[wrong - 1], "", True)
        said = said[wrong + 2 :]
    yield from _uncorrected(said, given)


def _is_correction(sentence: str, given: Words) -> bool:
    """Whether it says nothing but that what was said before it is wrong."""
    return given.wrong.fullmatch(sentence) is not None


def _uncorrected(said: Iterable[str], given: Words) -> Iterator[tuple[str, str, bool]]:
    """As :func:`_sentences`, of those among which no sentence just says "wrong"."""
    quoted = ""
    pending: list[str] = []
    for each in said:
        sentence, opening = each, given.correcting.match(each)
        if opening and quoted:
            yield _EDGE.sub("", sentence[opening.end() :]), quoted, False
            quoted = ""
            pending.clear()
            continue
        if pending:
            yield pending.pop(), "", False
            quoted = ""
        denied = _called_false(sentence, given)
        if denied is not None:
            yield denied, "", True
            continue
        if opening and sentence[opening.end() : opening.end() + 1] in (",", ":"):
            sentence = _EDGE.sub("", sentence[opening.end() :])
        hearsay = given.quoted.match(sentence)
        if not hearsay:
            yield sentence, "", False
            continue
        rest = _EDGE.sub("", sentence[hearsay.end() :])
        correction = next((m for m in given.correcting.finditer(rest) if _is_break(rest, m)), None)
        if correction:
            yield _EDGE.sub("", rest[correction.end() :]), rest[: correction.start()], False
        else:
            pending, quoted = [rest], rest
    if pending:
        yield pending.pop(), "", False


def _called_false(sentence: str, given: Words) -> str | None:
    """What the sentence calls false, at its beginning or end; None if it calls nothing so ("… is no hoax")."""
    if before := given.false.match(sentence):
        return _EDGE.sub("", sentence[before.end() :])
    after = next((m for m in given.false_after.finditer(sentence) if m.end() == len(sentence) and m.start()), None)
    if after is None or not given.negation.isdisjoint(re.findall(r"\w+", sentence[: after.start()])):
        return None
    hearsay = given.quoted.match(sentence)
    return _EDGE.sub("", sentence[hearsay.end() if hearsay else 0 : after.start()])


def _is_break(text: str, m: re.Match[str]) -> bool:
    """Whether a correction begins a clause of its own, with something before it and something behind it."""
    before = text[: m.start()].rstrip()
    after = _EDGE.sub("", text[m.end() :])
    return bool(before and after) and (before[-1] in ",;:–—-.!?" or len(m[0]) > 5)


def _parts(sentence: str, given: Words, reader: ValueReader, is_place: Callable[[str], bool]) -> list[str]:
    """The sentence cut at commas and conjunctions, as long as each part has a value of its own, or says where."""
    values = reader.read(sentence)
    if not values or given.rejecting.search(sentence):
        return [sentence]
    joints = [m for m in given.joints.finditer(sentence) if not _inside(m.start(), values)]
    cuts = joints + [m for m in re.finditer(r",\s+|\s[–—]\s", sentence) if not _inside(m.start(), values)]
    parts, start = [], 0
    for m in sorted(cuts, key=lambda each: each.start()):
        if m.start() < start:
            continue
        left, right = (start, m.start()), (m.end(), len(sentence))
        states = [any(a <= each.start and each.end <= b and _states(each) for each in values) for a, b in (left, right)]
        named = [
            len(words) >= _CLAUSE_WORDS and any(map(is_place, words))
            for words in (re.findall(r"\w+", sentence[a:b]) for a, b in (left, right))
        ]
        if all(states) or (m in joints and any(states) and all(map(any, zip(states, named, strict=True)))):
            parts.append(sentence[start : m.start()])
            start = m.end()
    return [*parts, sentence[start:]]


def _says_of_what(part: str, given: Words, reader: ValueReader) -> bool:
    """Whether a part says of what its values are: "five years" in "six programmes, five years" does not."""
    for value in reversed(reader.read(part)):
        part = part[: value.start] + " " + part[value.end :]
    return bool(_first_word(part, given))


def _states(value: Value) -> bool:
    """Whether a value may be what a statement is about: not a mere year or month."""
    return value.kind != "date" or bool(value.day)


def _inside(place: int, values: list[Value]) -> bool:
    return any(each.start <= place < each.end for each in values)


def _claimed(text: str, context: str, given: Words, reader: ValueReader, *, denied: bool) -> Claimed:
    text = _EDGE.sub("", text)
    kept, rejected_text = _without_rejected(text, given)
    if rejected_text and not re.search(r"\w", kept):
        kept, rejected_text, denied = rejected_text, "", not denied
    values = reader.read(kept)
    quoted = reader.read(context) if context else []
    for each in reversed(quoted):
        context = context[: each.start] + " " + context[each.end :]
    rejected = reader.read(rejected_text) if rejected_text else []
    values = _in_unit(values, quoted or rejected)
    if given.not_only.search(kept):
        return Claimed(kept, tuple(values), context, denied, True, tuple(rejected), rejected_text)
    outside = [
        m
        for m in re.finditer(r"[^\W\d_]+", kept)
        if m[0] in given.negation and not any(each.start <= m.start() < each.end for each in values)
    ]
    limited = any(
        m[0] in given.only
        and values
        and not any(0 <= each.start - m.end() <= _NEAR or 0 <= m.start() - each.end <= _NEAR for each in values)
        for m in re.finditer(r"[^\W\d_]+", kept)
    )
    bounded = [each for each in values if each.bound in NEGATED]
    if len(outside) == 1 and len(bounded) == 1 and outside[0].end() <= bounded[0].start:
        m = outside[0]  # "may not cost more than"
        kept = kept[: m.start()] + " " * (m.end() - m.start()) + kept[m.end() :]
        turned = replace(bounded[0], bound=NEGATED[bounded[0].bound])
        values, outside = [turned if each is bounded[0] else each for each in values], []
    if len(outside) == 1 and len(values) == 1 and _denies(kept, outside[0], values[0], given):
        m = outside[0]
        kept = kept[: m.start()] + " " * (m.end() - m.start()) + kept[m.end() :]
        return Claimed(
            kept, tuple(_in_unit(reader.read(kept), quoted)), context, not denied, False, tuple(rejected), rejected_text
        )
    denied_text = ""
    behind = [_first_word(kept[m.end() :], given) for m in outside]
    denied_words = tuple(filter(None, behind))
    if len(outside) == 1 and all(each.bare and each.high <= FEW for each in values):
        m = outside[0]
        denied_text = " ".join(kept[m.end() :].split()[:_TO_SKIP])
        kept = kept[: m.start()] + " " * (m.end() - m.start()) + kept[m.end() :]
    return Claimed(
        kept,
        tuple(values),
        context,
        denied,
        bool(outside),
        tuple(rejected),
        rejected_text,
        denied_text,
        denied_words,
        limited,
    )


def _first_word(text: str, given: Words) -> str:
    """The first word that says something; "" for none."""
    return next((word for word in re.findall(r"[^\W\d_]+", text) if word not in given.grammar), "")


def _in_unit(values: list[Value], quoted: list[Value]) -> list[Value]:
    """A number without a unit has that of the value that it corrects: "people say five years; no, twelve"."""
    if len(values) != 1 or len(quoted) != 1 or not values[0].bare or quoted[0].kind in ("number", "date"):
        return values
    unit = quoted[0].unit
    low, high = values[0].low * unit, values[0].high * unit
    given = values[0]
    changed = replace(quoted[0], low=low, high=high, start=given.start, end=given.end)
    return [replace(changed, bound=given.bound, approximate=given.approximate)]


def _denies(text: str, negation: re.Match[str], value: Value, given: Words) -> bool:
    between = text[negation.end() : value.start].split()
    light = given.grammar.union(*given.carriers.values())
    return negation.end() <= value.start and len(between) <= _TO_SKIP and all(word in light for word in between)


def _without_rejected(text: str, given: Words) -> tuple[str, str]:
    """The text without the part that it rejects ("X, not Y"; "not Y but X"), and that part."""
    for m in given.rejecting.finditer(text):
        instead = given.instead.search(text, m.end())
        if instead and not re.search(r"[.;!?]", text[m.end() : instead.start()]):
            rest = text[: m.start()] + " " + text[instead.end() :]
            if re.search(r"\w", text[instead.end() :]) and re.search(r"\w", text[m.end() : instead.start()]):
                return rest, text[m.end() : instead.start()]
        before = text[: m.start()].rstrip()
        if before.endswith((",", "–", "—", "(", ":")) or len(m[0].split()) > 1:
            end = _CLAUSE_END.search(text, m.end())
            stop = end.start() if end else len(text)
            while stop < len(text) and text[stop] in ".," and text[stop + 1 : stop + 2].isdigit():
                end = _CLAUSE_END.search(text, stop + 1)
                stop = end.start() if end else len(text)
            return text[: m.start()] + text[stop:], text[m.end() : stop]
    return text, ""
