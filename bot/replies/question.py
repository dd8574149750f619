"""What a reader can ask, and the short tokens by which buttons carry it. PURE."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.dossier.models import BulletinId, Dossier, TopicId

MAX_TOKEN_BYTES = 60
"""Telegram's callback_data is 1–64 bytes (core.telegram.org/bots/api#inlinekeyboardbutton), Discord's custom_id 1–100
characters; the rest is for a mark that a platform may put before it."""


LINK_LENGTH = 64
"""Characters of what a deep link brings (core.telegram.org/bots/features#deep-linking)."""


NEWS, SOURCES, HELP, PROGRAMS = TopicId("news"), TopicId("sources"), TopicId("help"), TopicId("programs")


ROLES = frozenset({NEWS, SOURCES, HELP, PROGRAMS})
"""Topics that there are even where the dossier writes none of that id: their lists are made from the rest of it."""


@dataclass(frozen=True, slots=True)
class AboutTopic:
    """A topic's reply; ``page`` counts from 1 in lists that have several."""

    topic: TopicId
    page: int = 1


@dataclass(frozen=True, slots=True)
class AboutBulletin:
    """One bulletin."""

    bulletin: BulletinId


@dataclass(frozen=True, slots=True)
class ShowPicture:
    """A topic's picture, with what it needs of words."""

    topic: TopicId


@dataclass(frozen=True, slots=True)
class Command:
    """A command that may be no topic's: ``/name argument``, both as typed (the name in lower case)."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class FreeText:
    """A question in somebody's own words."""

    text: str


Question = AboutTopic | AboutBulletin | ShowPicture | Command | FreeText


def parse_question(text: str) -> Question:
    """A typed message: ``/name@bot argument`` is a command, anything else words."""
    stripped = text.strip()
    if not stripped.startswith("/") or len(stripped) < 2 or stripped[1].isspace():
        return FreeText(stripped)
    first, _, rest = stripped[1:].replace("\n", " ").partition(" ")
    return Command(first.partition("@")[0].lower(), rest.strip())


def is_cacheable(question: Question) -> bool:
    """Whether many ask the very same: nobody's own words, behind a command or without one, of which there is no end."""
    match question:
        case FreeText():
            return False
        case Command(name, argument):
            return not argument or (name in ("start", "program") and len(argument) <= LINK_LENGTH)
        case _:
            return True


def token(question: Question) -> str:
    """The question in at most ``MAX_TOKEN_BYTES`` bytes, to be read back by :func:`from_token`.

    An id too long for that is replaced by its digest, which the dossier resolves.
    """
    match question:
        case AboutTopic(topic, page):
            return _fitted("t", topic, f":{page}" if page > 1 else "")
        case AboutBulletin(bulletin):
            return _fitted("b", bulletin, "")
        case ShowPicture(topic):
            return _fitted("p", topic, "")
        case Command(name, argument):
            return f"c/{name}/{argument}"
        case FreeText(text):
            return _cut(f"w/{text}")


def from_token(data: str, dossier: Dossier) -> Question | None:
    """The question behind a token; None where the dossier (no longer) knows what it names, or it is forged."""
    kind, _, rest = data.partition("/")
    match kind:
        case "t":
            name, page = _name_and_page(rest)
            topic = name if name in ROLES else _resolved(name, dossier.topics)
            return AboutTopic(TopicId(topic), page) if topic else None
        case "b":
            bulletin = _resolved(rest, dossier.bulletins)
            return AboutBulletin(BulletinId(bulletin)) if bulletin else None
        case "p":
            topic = _resolved(rest, dossier.topics)
            return ShowPicture(TopicId(topic)) if topic else None
        case "c":
            command, _, argument = rest.partition("/")
            return Command(command, argument) if command else None
        case "w":
            return FreeText(rest)
        case _:
            return None


def _fitted(kind: str, name: str, suffix: str) -> str:
    whole = f"{kind}/{name}{suffix}"
    return whole if len(whole.encode()) <= MAX_TOKEN_BYTES else f"{kind}/~{_digest(name)}{suffix}"


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def _name_and_page(rest: str) -> tuple[str, int]:
    """``program:talent:2`` → (``program:talent``, 2); a page that is no sensible number is the first."""
    name, _, page = rest.rpartition(":")
    if name and page.isascii() and page.isdigit() and len(page) <= 4:
        return name, max(1, int(page))
    return rest, 1


def _resolved(name: str, known: Iterable[str]) -> str | None:
    if not name.startswith("~"):
        return name if name in known else None
    return next((each for each in known if _digest(each) == name[1:]), None)


def _cut(text: str) -> str:
    return text.encode()[:MAX_TOKEN_BYTES].decode(errors="ignore")
