"""The preview's page, put together from its room."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.answers.commands import bot_entries, topic_entries
from bot.answers.composing import Composer
from bot.answers.phrases import phrases
from bot.conversation import LANGUAGE_NAMES
from bot.dossier.mistakes import Mistake
from bot.dossier.model import Dossier, Language
from bot.platforms.web.preview import Payload, Preview
from bot.platforms.web.render import NAMES, page
from bot.platforms.web.rooms import Room, Turn


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A command as the page offers it; ``label`` is what a chip shows, None for what is offered only while typing."""

    command: str
    summary: str
    label: str | None


async def preview_page(preview: Preview, room: Room, theme: str) -> str:
    """The page as it stands now; what is to be told once is told."""
    dossier = preview.conversation.edition.dossier
    language = preview.language(room)
    mistakes = preview.conversation.edition.mistakes
    notice, room.notice = room.notice, ""
    pictures = {turn.number: await _picture(preview, turn) for turn in room.turns if turn.reply.shows}
    return page(
        "preview.html",
        say=phrases(language).say,
        count=phrases(language).count,
        title=Composer(dossier, language).line(dossier.header.title[language]),
        language=language,
        languages=[(each, LANGUAGE_NAMES.get(each, each)) for each in dossier.languages],
        theme=theme,
        errors=_only(mistakes, warnings=False),
        warnings=_only(mistakes, warnings=True),
        notice=notice,
        suggestions=list(_suggestions(dossier, language)),
        columns=[
            (name, label, list(_turns(room, preview.payloads[name], pictures)))
            for name, label in NAMES.items()
            if name in preview.payloads
        ],
    )


async def _picture(preview: Preview, turn: Turn) -> Mapping[str, str] | None:
    shown = await preview.pictures(turn.reply)
    return {"src": f"/preview/pictures/{turn.number}?{shown.digest}", "alt": shown.alt} if shown else None


def _only(mistakes: tuple[Mistake, ...], *, warnings: bool) -> list[Mistake]:
    return [mistake for mistake in mistakes if mistake.warning is warnings]


def _turns(
    room: Room, payload_of: Payload, pictures: Mapping[int, Mapping[str, str] | None]
) -> Iterator[dict[str, Any]]:
    for turn in room.turns:
        shown = {"payload": payload_of(turn.reply), "picture": pictures.get(turn.number)}
        yield {"number": turn.number, "asked": turn.asked, "at": turn.at, **shown}


def _suggestions(dossier: Dossier, language: Language) -> Iterator[Suggestion]:
    composer = Composer(dossier, language)
    for entry in topic_entries(dossier, language):
        topic = dossier.topics[entry.topic] if entry.topic else None
        label = f"{topic.emoji} {composer.line(topic.title[language])}" if topic and not topic.is_program else None
        yield Suggestion(entry.command, entry.summary, label)
    for entry in bot_entries(language):
        yield Suggestion(entry.command, entry.summary, None)
