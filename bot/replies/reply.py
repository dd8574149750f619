"""What keeps a platform from showing a reply, and which part of its file an editor has to change. PURE."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.dossier.markdown import Items, Paragraph, Spans
from bot.dossier.models import BulletinId, Language, SourceId, TopicId
from bot.replies.question import Question


@dataclass(frozen=True, slots=True)
class Note:
    """Half a sentence in small type: a doubt, a condition."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class ProgressBar:
    """A bar, ``fraction`` (0 to 1) of it filled, and words that say what it shows."""

    fraction: float
    label: str


Block = Paragraph | Items | Note | ProgressBar


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A source as a reader sees it."""

    id: SourceId
    publisher: str
    title: str | None
    url: str
    published: date | None


@dataclass(frozen=True, slots=True)
class Button:
    """Pressing it asks ``question``, or opens ``url`` (one of the two is None).

    ``choice``: one of a list of like things to pick from (a platform may show many of them as a menu), as against a way
    on or back. ``short``: stands for the label where that is written in full above and a platform is short of room.
    ``chosen``: it is the one in force. ``toggles``: pressed again it is so no more, and several may be.
    """

    label: str
    question: Question | None = None
    url: str | None = None
    choice: bool = False
    chosen: bool = False
    toggles: bool = False
    short: str = ""


def distinct(*buttons: Button) -> tuple[Button, ...]:
    """The buttons without those that ask what one before them asks."""
    return tuple({button.question or button.url: button for button in reversed(buttons)}.values())[::-1]


@dataclass(frozen=True, slots=True)
class TitleCard:
    """A bulletin's title card; ``revision`` tells what it shows from what it showed before."""

    bulletin: BulletinId
    revision: int

    def address(self, origin: str, language: Language) -> str:
        """Where it is on our page; ``origin`` is scheme and host."""
        return f"{origin.rstrip('/')}/pictures/{language}/bulletin/{self.bulletin}?revision={self.revision}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reader gets.

    Attributes:
        topic: the topic answered; None where nothing is (a decline, small talk, "did you mean", a panel).
        language: of everything in it.
        title: one plain line; ``emoji`` goes before it.
        blocks: what it says, in order.
        sources: where it is from, the most telling first.
        as_of: the day on which its facts were checked; None where it states none.
        as_of_label: that day as the reader reads it, with its words ("checked 24 November 2026").
        buttons: the ways on, in order.
        suggestions: the topics offered where the question was not understood for sure.
        picture: the name of a picture that shows the same, or None.
        shows: the topic whose picture goes with it; None where it is words alone.
        card: the title card over it, where a platform can fetch it from our page; None: none.
        unanswered: the question found no answer that is sure; editors may want to know.
        private: meant for the asker alone where a platform can do that.
        colour: the dossier's, as in #1F4E8C, where a platform shows one; None: the platform's own choice.
    """

    topic: TopicId | None
    language: Language
    title: str
    emoji: str = ""
    blocks: tuple[Block, ...] = ()
    sources: tuple[SourceLink, ...] = ()
    as_of: date | None = None
    as_of_label: str = ""
    buttons: tuple[Button, ...] = ()
    suggestions: tuple[TopicId, ...] = ()
    picture: str | None = None
    shows: TopicId | None = None
    card: TitleCard | None = None
    private: bool = False
    unanswered: bool = False
    colour: str | None = None

    @property
    def publishers(self) -> dict[str, list[SourceLink]]:
        """Who says so, in the order of the sources, each with their pages."""
        found: dict[str, list[SourceLink]] = {}
        for source in self.sources:
            found.setdefault(source.publisher, []).append(source)
        return found

    @property
    def heading(self) -> str:
        """Emoji and title."""
        return f"{self.emoji} {self.title}".strip()


MAX_PUBLISHERS = 5
"""How many a message names; more would push the answer off the screen. How many are left out it says, and ``/sources`` has all."""


PROGRESS_CELLS = 10


def progress_cells(fraction: float) -> str:
    """``▰▰▰▱▱▱▱▱▱▱`` for a share from 0 to 1; full only at 1, empty only at 0."""
    filled = min(PROGRESS_CELLS, max(0, int(fraction * PROGRESS_CELLS + 0.5)))
    if 0 < fraction < 1:
        filled = min(PROGRESS_CELLS - 1, max(1, filled))
    return "▰" * filled + "▱" * (PROGRESS_CELLS - filled)


@dataclass(frozen=True, slots=True)
class ReplyProblem:
    """One thing of a reply that a platform would refuse, or that we would have to cut.

    Attributes:
        message: what is wrong, with the platform's name.
        fix: what it takes.
        part: the key, in the file of what the reply is about, that it stands under.
        label_of: where it is a button's label, the question that the button asks: its words are the title of what that is
            about, which stands in another file. None where it is not.
    """

    message: str
    fix: str
    part: Literal["title", "body", "sources"] = "body"
    label_of: Question | None = None
