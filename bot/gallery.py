"""The pictures that go with replies: of the edition in force, as of today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.answers.question import AboutTopic
from bot.answers.reply import Reply
from bot.edition import Edition
from bot.pictures.picture import Subject, Theme
from bot.pictures.shelf import Shelf
from bot.pictures.studio import Shown, Studio
from bot.store.database import folder_of


@dataclass(frozen=True, slots=True)
class Gallery:
    """What platforms and pages ask for pictures."""

    studio: Studio
    edition: Edition
    today: Callable[[], date]

    async def of_reply(self, reply: Reply, theme: Theme = "light") -> Shown | None:
        """The picture that the reply shows; None where it shows none, or none can be had now: its words remain."""
        return await self.of(AboutTopic(reply.shows), reply.language, theme) if reply.shows else None

    async def of(self, subject: Subject, language: str, theme: Theme = "light") -> Shown | None:
        """A topic's picture, or a bulletin's title card."""
        return await self.studio.show(self.edition.dossier, subject, language, self.today(), theme)


def gallery_of(edition: Edition, today: Callable[[], date], database_url: str | None = None) -> Gallery:
    """The gallery that keeps its pictures beside the database's file: where one may be written, so may the others.

    A database that is no file has them where the default one would lie. They can be lost at any time.
    """
    folder = folder_of(database_url) or Path("data")
    return Gallery(Studio(Shelf(folder / "pictures")), edition, today)
