"""Examples of questions that say the same for two topics, so that neither can be answered for sure. PURE."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.analyzer import Reading, Token
from bot.matching.index import spelt
from bot.matching.lexicon import Lexicon, lexicon
from bot.matching.matcher import Understanding
from bot.matching.scorer import VERBATIM, Candidate
from bot.matching.stemmer import root, stem
from bot.replies.composer import Composer
from bot.replies.fallbacks import help_button, plain_reply
from bot.replies.i18n import Phrases, phrases_in
from bot.replies.reply import Reply

_KINDS = ("insult", "thanks", "wellbeing", "farewell", "greeting", "cheer", "laughter")
"""In the order in which they decide where languages disagree."""


EXCLAMATIONS = frozenset({"cheer", "laughter"})
"""What is called out; the same words may be how people ask for a topic."""


_MAX_WORDS = 10


_SMALLTALK_OFFERED = 3


def kind_of_talk(tokens: Sequence[Token], lexicons: Sequence[Lexicon]) -> str | None:
    """What kind of small talk a message is; None where it holds more than that."""
    if not 0 < len(tokens) <= _MAX_WORDS:
        return None
    typed, meant = tuple(token.typed for token in tokens), tuple(token.word for token in tokens)
    kinds = [kind for each in lexicons for words in (typed, meant) if (kind := _kind(words, each))]
    return min(kinds, key=_KINDS.index, default=None)


def small_talk(dossier: Dossier, kind: str, language: Language) -> Reply:
    """A short answer, with a way to something to ask about."""
    emoji, title, words = _said(kind, dossier, phrases_in(language))
    composer = Composer(dossier, language)
    topics = [topic for topic in dossier.topics.values() if not topic.is_program][:_SMALLTALK_OFFERED]
    ways = [composer.topic_button(topic) for topic in topics] if kind == "greeting" else []
    return plain_reply(language, emoji, title, words, (*ways, help_button(dossier, language)))


def _said(kind: str, dossier: Dossier, phrases: Phrases) -> tuple[str, str, str]:
    match kind:
        case "greeting":
            title = dossier.header.title[Language(phrases.language)]
            return "👋", phrases.say("Hello!"), phrases.say("My subject: {title}. Ask away.", title=title)
        case "thanks":
            return "🙂", phrases.say("You’re welcome!"), phrases.say("If there is anything else, just ask.")
        case "wellbeing":
            return "🙂", phrases.say("All well, thank you."), phrases.say("What would you like to know?")
        case "farewell":
            return "👋", phrases.say("See you!"), phrases.say("I’ll be here.")
        case "cheer":
            return "🙌", phrases.say("Good to hear."), phrases.say("If there is anything else, just ask.")
        case "insult":
            words = phrases.say("Tell me what you want to know, and I’ll say what the sources say.")
            return "🕊️", phrases.say("Sorry to have been no help."), words
        case _:
            return "😄", phrases.say("Ha!"), phrases.say("If there is anything else, just ask.")


def _kind(words: tuple[str, ...], lexicon: Lexicon) -> str | None:
    for start, end in combinations(range(len(words) + 1), 2):
        kind = lexicon.smalltalk.get(words[start:end])
        if kind and all(word in lexicon.around or word in lexicon.fillers for word in words[:start] + words[end:]):
            return kind
    return None


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


def check_collisions(dossier: Dossier) -> Iterator[Diagnostic]:
    """Warns of every example that another topic has too, whatever its word order, endings, hasty spellings and fillers."""
    for language in dossier.languages:
        first: dict[tuple[str, ...], tuple[str, str]] = {}
        for topic in dossier.topics.values():
            for position, ask in enumerate(topic.asks.get(language, ())):
                owner, said = first.setdefault(_meaning(ask, language), (topic.id, ask))
                if owner != topic.id:
                    message = f"{ask!r} asks for {owner} as well" + (f" (there: {said!r})" if said != ask else "")
                    fix = "expected words that only one of them is asked with"
                    yield Diagnostic(*dossier.place_of_ask(topic, language, position), message, fix, severity="warning")


def _meaning(ask: str, language: Language) -> tuple[str, ...]:
    known = lexicon(language)
    found = known.telling(spelt(ask, known))
    return tuple(sorted({f"{stem(word, language)} {root(word, language)}" for word in found}))
