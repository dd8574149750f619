"""What to do about a message: answer, answer twice, ask back, decline, make small talk. PURE."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answers.reading.reader import Reading
from bot.answers.reading.token import Token
from bot.answers.scoring import VERBATIM, Candidate
from bot.answers.smalltalk import EXCLAMATIONS, kind_of_talk
from bot.answers.understanding import Understanding
from bot.dossier.model import Language, TopicId

Tokens = tuple[Token, ...]

_OFFERED = 3
_MAX_BREAKS, _MAX_PARTED = 4, 24
"""At how many places a message is tried as two questions; one of more words is a story, and not tried."""

_QUESTION, _STORY = 6, 12
"""So many words make a question, so many a story."""

_COMPARABLE = 0.6
"""What is offered beside the best has at least this share of its score."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and why.

    Attributes:
        kind: ``answer`` holds one topic; ``both`` two; ``unsure`` those that may be meant; ``decline`` those near;
            ``talk`` none.
        topics: see there; the likeliest first.
        language: what the message is written in.
        talk: what kind of small talk it is, if any.
        reading: the words it was decided by. ``candidates``: what they may mean.
    """

    kind: Literal["answer", "both", "unsure", "decline", "talk"]
    topics: tuple[TopicId, ...]
    language: Language
    reading: Reading
    candidates: tuple[Candidate, ...] = ()
    talk: str = ""


def decide(known: Understanding, text: str, language: Language) -> Verdict:
    """What to do about a message from somebody who reads ``language``."""
    reading = known.read(text, language)
    talk = kind_of_talk(reading.tokens, [index.lexicon for index in known.indexes.values()])
    whole = tuple(known.candidates(reading.tokens))
    if talk and not (talk in EXCLAMATIONS and whole and whole[0].alike >= VERBATIM):
        return Verdict("talk", (), reading.language, reading, talk=talk)
    two = _two(known, reading, whole) if whole and whole[0].score >= known.weights.maybe else ()
    if two:
        return Verdict("both", two, reading.language, reading, whole)
    best = whole[0].score if whole else 0.0
    likely = [each.topic for each in whole[:_OFFERED] if each.score >= max(known.weights.near, _COMPARABLE * best)]
    if whole and _is_sure(known, reading, whole):
        return Verdict("answer", (whole[0].topic,), reading.language, reading, whole)
    kind: Literal["unsure", "decline"] = "unsure" if best >= known.weights.maybe else "decline"
    return Verdict(kind, tuple(likely), reading.language, reading, whole)


def _is_sure(known: Understanding, reading: Reading, whole: Sequence[Candidate]) -> bool:
    """Whether the best candidate is good enough, and better enough than the next."""
    weights, best = known.weights, whole[0]
    sure = _sure(known, reading)
    if best.score < sure or (best.alike < weights.alike and not _names(reading.tokens)):
        return False
    firmness = min(1.0, (best.score - sure) / (1 - sure))
    bearable = weights.rival + (weights.firm - weights.rival) * firmness
    if len(whole) == 1 or whole[1].score <= bearable * best.score:
        return True
    return best.alike >= weights.verbatim > whole[1].alike


def _sure(known: Understanding, reading: Reading) -> float:
    """From which score a message is answered: a story leaves more unexplained than a question."""
    longer = (len(reading.tokens) - _QUESTION) / (_STORY - _QUESTION)
    return known.weights.sure - known.weights.told * max(0.0, min(1.0, longer))


def _two(known: Understanding, reading: Reading, whole: Sequence[Candidate]) -> tuple[TopicId, ...]:
    """The two topics that the message asks about, in the order in which it does; () where it asks about one."""
    best: tuple[float, tuple[TopicId, ...]] = (known.weights.part, ())
    for place in reading.breaks[:_MAX_BREAKS] if len(reading.tokens) <= _MAX_PARTED else ():
        left, right = reading.tokens[:place], reading.tokens[place:]
        asks = _asks(known, left) and _asks(known, right)
        if not all(_asks(known, part) or _names(part) for part in (left, right)):
            continue
        halves = [half for half in _halves(known, left, right) if half]
        found = [half[0] for half in halves]
        if len(found) == 2 and found[0].topic != found[1].topic:
            weakest = min(each.score for each in found)
            named = _names(left) and _names(right) and weakest >= known.weights.parted
            apart = named and _is_no_list(whole[0].topic, halves)
            if asks or apart or weakest >= known.weights.apart * whole[0].score:
                best = max(best, (weakest, tuple(each.topic for each in found)))
    return best[1]


def _is_no_list(topic: TopicId, halves: Sequence[Sequence[Candidate]]) -> bool:
    """Whether only one half is about ``topic``, which the whole is likeliest about ("seminars and research" is one thing)."""
    scores = [next((each.score for each in half if each.topic == topic), 0.0) / half[0].score for half in halves]
    return max(scores) >= 1 and min(scores) <= _COMPARABLE


def _halves(known: Understanding, left: Tokens, right: Tokens) -> Iterator[list[Candidate]]:
    """What each half may mean; one that names nothing is about what the other names ("who signed, and where?")."""
    for part, other in ((left, right), (right, left)):
        alone = known.candidates(part)
        if alone and not _names(part) and (len(part) == 1 or alone[0].score < known.weights.part):
            alone = known.candidates((*part, *(token for token in other if token.kind == "known")))
        yield alone


def _names(part: Tokens) -> bool:
    """Whether a part of a message names anything the dossier has."""
    return any(token.kind == "known" for token in part)


def _asks(known: Understanding, part: Tokens) -> bool:
    """Whether a part of a message has a question word."""
    return any(token.word in known.indexes[token.language].lexicon.asking for token in part)
