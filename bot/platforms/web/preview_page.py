"""The preview's page, put together from its room."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

from bot.answers.commands import bot_entries, topic_entries
from bot.answers.composing import Composer
from bot.answers.phrases import phrases
from bot.answers.reply import Reply
from bot.choosing import name_of
from bot.dossier.mistakes import Mistake
from bot.dossier.model import Dossier, Language
from bot.platforms.web.preview import Payload, Preview
from bot.platforms.web.render import NAMES, page
from bot.platforms.web.rooms import Room, Turn

_KEPT = 256
"""How many turns are kept as they were shown, at a few kilobytes each: most of a page is the same as before."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a picture is, and its words."""

    src: str
    alt: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A command as the page offers it; ``label`` is what a chip shows, None for what is offered only while typing."""

    command: str
    summary: str
    label: str | None


_BULLETINS = "bulletins/"
"""Where the files of bulletins are."""


async def preview_page(preview: Preview, room: Room, theme: str, *, strangers: bool = False) -> str:
    """The page as it stands now; what is to be told once is told.

    ``strangers`` are not shown what is wrong with a bulletin's file: it may be one under embargo.
    """
    dossier = preview.conversation.edition.dossier
    language = preview.language(room)
    found = preview.conversation.edition.mistakes
    mistakes = tuple(each for each in found if not (strangers and each.path.startswith(_BULLETINS)))
    notice, room.notice = room.notice, ""
    pictures = {turn.number: await _picture(preview, turn) for turn in room.turns if turn.reply.shows}
    return page(
        "preview.html",
        say=phrases(language).say,
        count=phrases(language).count,
        title=Composer(dossier, language).line(dossier.header.title[language]),
        language=language,
        languages=[(each, name_of(each)) for each in dossier.languages],
        theme=theme,
        errors=_only(mistakes, warnings=False),
        warnings=_only(mistakes, warnings=True),
        notice=notice,
        suggestions=list(_suggestions(dossier, language)),
        columns=[
            (name, label, list(_turns(room, name, preview.payloads[name], pictures, language)))
            for name, label in NAMES.items()
            if name in preview.payloads
        ],
    )


async def _picture(preview: Preview, turn: Turn) -> Picture | None:
    shown = await preview.pictures(turn.reply)
    return Picture(f"/preview/pictures/{turn.number}?{shown.digest}", shown.alt) if shown else None


def _only(mistakes: tuple[Mistake, ...], *, warnings: bool) -> list[Mistake]:
    return [mistake for mistake in mistakes if mistake.warning is warnings]


def _turns(
    room: Room, platform: str, payload_of: Payload, pictures: Mapping[int, Picture | None], language: Language
) -> Iterator[Markup]:
    for turn in room.turns:
        picture = pictures.get(turn.number)
        yield _turn(platform, payload_of, turn.reply, turn.number, turn.asked, turn.at, picture, language)


@lru_cache(maxsize=_KEPT)
def _turn(
    platform: str,
    payload_of: Payload,
    reply: Reply,
    number: int,
    asked: str,
    at: datetime,
    picture: Picture | None,
    language: Language,
) -> Markup:
    """A turn as a platform shows what it is sent."""
    shown = {"payload": payload_of(reply), "number": number, "asked": asked, "at": at, "picture": picture}
    return Markup(page("turn.html", platform=platform, turn=shown, say=phrases(language).say))  # noqa: S704  escaped


def _suggestions(dossier: Dossier, language: Language) -> Iterator[Suggestion]:
    composer = Composer(dossier, language)
    for entry in topic_entries(dossier, language):
        topic = dossier.topics[entry.topic] if entry.topic else None
        label = f"{topic.emoji} {composer.line(topic.title[language])}" if topic and not topic.is_program else None
        yield Suggestion(entry.command, entry.summary, label)
    for entry in bot_entries(language):
        yield Suggestion(entry.command, entry.summary, None)
