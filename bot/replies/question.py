"""The questions that a reader can ask, and their tokens for buttons. PURE."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.claims.statements import MAX_CHARACTERS
from bot.commands import ASK, CHECK, CHECK_NAMES, LISTS, PROGRAM, START, TELL_ME, WORDLESS
from bot.dossier.models import BulletinId, Dossier, Language, TopicId, is_visible

MAX_TOKEN_BYTES = 60
"""Telegram's callback_data is 1–64 bytes (core.telegram.org/bots/api#inlinekeyboardbutton), Discord's custom_id 1–100
characters. The rest is for a prefix that a platform may add."""

LINK_LENGTH = 64
"""The most characters of a deep link's parameter (core.telegram.org/bots/features#deep-linking)."""

MAX_ANSWER_NAME = 8
"""The most characters of the name of a rated answer."""

NEWS, SOURCES, HELP, PROGRAMS = map(TopicId, LISTS)

LIST_IDS = frozenset({NEWS, SOURCES, HELP, PROGRAMS})
"""The lists that the bot makes from the dossier. Readers can ask for them even if the dossier has no topic with the id."""


@dataclass(frozen=True, slots=True)
class AboutTopic:
    """A topic; ``page`` of its list counts from 1."""

    topic: TopicId
    page: int = 1


@dataclass(frozen=True, slots=True)
class AboutBulletin:
    bulletin: BulletinId


@dataclass(frozen=True, slots=True)
class ShowPicture:
    """A topic's picture."""

    topic: TopicId


@dataclass(frozen=True, slots=True)
class Command:
    """``/name argument``, as typed, the name in lower case. It need not be a known command."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rating of an answer about the topic. ``answer``: the answer's random name, by which it is rated once."""

    topic: TopicId
    helped: bool
    answer: str


@dataclass(frozen=True, slots=True)
class CheckText:
    """A text to be checked: a forwarded message, or a message that the asker replies to."""

    text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A declared sentence that the asker was offered and chose: its name, and the asker's values for its slots."""

    sentence: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FreeText:
    """A question in the asker's own words."""

    text: str


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole of an answer of which a group was shown the short form, in the language of that."""

    question: "AboutTopic | AboutBulletin | Chosen"
    language: Language


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about a message of ours. ``tokens``: of its buttons. ``says_wrong``: whether the reader says that it is wrong, and does not ask."""

    text: str
    tokens: tuple[str, ...] = ()
    says_wrong: bool = False


Question = AboutTopic | AboutBulletin | ShowPicture | Rate | Command | CheckText | Chosen | FreeText | Whole | Doubt


def parse_question(text: str) -> Question:
    """The question in a typed text: ``/name@bot argument`` is a command, anything else free text."""
    stripped = text.strip()
    if not stripped.startswith("/") or len(stripped) < 2 or stripped[1].isspace():
        return FreeText(stripped)
    first, *rest = stripped[1:].split(maxsplit=1)
    return Command(first.partition("@")[0].lower(), "".join(rest).replace("\n", " "))


def cleaned(text: str) -> str:
    """Words from outside of chats, which may have any length and any characters; "" if nobody can see anything in them.

    They are cut no earlier than where a message counts as one whose end may be missing, which is never confirmed as a whole.
    """
    text = text.encode("utf-8", "replace").decode().strip()[: MAX_CHARACTERS + 1]
    text = "".join(char if char.isprintable() else " " for char in text).strip()
    return text if is_visible(text) else ""


def public_question(text: str, *, is_claim: bool = False) -> Question | None:
    """The question, or the claim, in words from outside of chats; None if there are none."""
    text = cleaned(text)
    if not text:
        return None
    return Command(CHECK, text) if is_claim else parse_question(text)


def readable(question: Question) -> Question:
    """The question as a reader sees it: marks of direction and other signs without width alone are no words."""
    match question:
        case FreeText(text) | CheckText(text) if not is_visible(text):
            return Command(WORDLESS)
        case Command(name, argument) if argument and not is_visible(argument):
            return Command(name)
        case _:
            return question


def free_text(question: Question) -> str:
    """The free text of a question; "" for questions without free text."""
    match question:
        case FreeText(text) | CheckText(text):
            return text
        case Command(name, text) if name in (ASK, PROGRAM, *CHECK_NAMES):
            return text
        case _:
            return ""


def is_cacheable(question: Question) -> bool:
    """Whether the reply may be cached. Questions without free text are limited in number, and many people ask the same ones."""
    match question:
        case FreeText() | CheckText() | Chosen() | Rate() | Whole() | Doubt():
            return False
        case Command(name, argument):
            return not argument or (name in (START, PROGRAM) and len(argument) <= LINK_LENGTH)
        case _:
            return True


def token(question: Question, most: int = MAX_TOKEN_BYTES) -> str:
    """The question in at most ``most`` bytes; :func:`from_token` reverses this.

    An id that is too long is replaced by its hash. Free text that is too long is cut.
    """
    match question:
        case AboutTopic(topic, page):
            return _fitted("t", topic, f":{page}" if page > 1 else "", most)
        case AboutBulletin(bulletin):
            return _fitted("b", bulletin, "", most)
        case ShowPicture(topic):
            return _fitted("p", topic, "", most)
        case Rate(topic, helped, answer):
            return _fitted(f"{'y' if helped else 'n'}/{answer}", topic, "", most)
        case Command(name, argument):
            whole = f"c/{name}/{argument}"
            return _cut(whole) if name == TELL_ME else whole
        case CheckText(text) | Doubt(text):
            return _cut(f"r/{text}")
        case Chosen(sentence, values):
            return f"h/{'|'.join((sentence, *values))}"
        case FreeText(text):
            return _cut(f"w/{text}")
        case Whole(asked, language):
            start = f"m/{language}/"
            return start + token(asked, most - len(start))


def from_token(data: str, dossier: Dossier) -> Question | None:
    """The question of a token; None if the token is forged, or names something that the dossier does not have."""
    kind, _, rest = data.partition("/")
    match kind:
        case "t":
            name, page = _name_and_page(rest)
            topic = TopicId(name) if name in LIST_IDS else _topic(name, dossier)
            return AboutTopic(topic, page) if topic else None
        case "b":
            known = {**dossier.bulletins, **dossier.withdrawn}
            found = _resolved(rest, (*known, *(former for each in known.values() for former in each.was)))
            bulletin = dossier.bulletin_named(BulletinId(found)) if found else None
            return AboutBulletin(bulletin) if bulletin else None
        case "p":
            topic = _topic(rest, dossier)
            return ShowPicture(topic) if topic else None
        case "y" | "n":
            answer, _, name = rest.partition("/")
            topic = _topic(name, dossier)
            return Rate(topic, kind == "y", answer) if topic and len(answer) <= MAX_ANSWER_NAME else None
        case "c":
            command, _, argument = rest.partition("/")
            return Command(command, argument) if command else None
        case "h":
            sentence, *values = rest.split("|")
            return Chosen(sentence, tuple(values))
        case "r" | "w":
            return CheckText(rest) if kind == "r" else FreeText(rest)
        case "m":
            return _whole(rest, dossier)
        case _:
            return None


def _whole(rest: str, dossier: Dossier) -> Whole | None:
    language, _, token_of_it = rest.partition("/")
    asked = from_token(token_of_it, dossier)
    if language not in dossier.languages or not isinstance(asked, AboutTopic | AboutBulletin | Chosen):
        return None
    return Whole(asked, Language(language))


def is_rating(data: str) -> bool:
    """Whether the token is that of a :class:`Rate`."""
    return data.startswith(("y/", "n/"))


def _fitted(kind: str, name: str, suffix: str, most: int) -> str:
    whole = f"{kind}/{name}{suffix}"
    return whole if len(whole.encode()) <= most else f"{kind}/~{_digest(name)}{suffix}"


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def is_number(text: str, digits: int = 9) -> bool:
    """Whether a text from outside consists of at most ``digits`` ASCII digits. Nine digits fit into every database's integers."""
    return text.isascii() and text.isdigit() and len(text) <= digits


def _name_and_page(rest: str) -> tuple[str, int]:
    """``program:talent:2`` → (``program:talent``, 2). Without a valid page number: page 1."""
    name, _, page = rest.rpartition(":")
    if name and is_number(page, 4):
        return name, max(1, int(page))
    return rest, 1


def _topic(name: str, dossier: Dossier) -> TopicId | None:
    """The topic of a token, which may be older than its id."""
    found = _resolved(name, dossier.topics) or _resolved(name, dossier.former_ids)
    topic = dossier.topic_named(TopicId(found)) if found else None
    return topic.id if topic else None


def _resolved(name: str, ids: Iterable[str]) -> str | None:
    if not name.startswith("~"):
        return name if name in ids else None
    return next((candidate for candidate in ids if _digest(candidate) == name[1:]), None)


def _cut(text: str) -> str:
    return text.encode()[:MAX_TOKEN_BYTES].decode(errors="ignore")
