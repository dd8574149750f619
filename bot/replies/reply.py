"""A reply as a plain value that knows no platform, and what keeps a platform from showing it. PURE."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.dossier.markdown import Items, Paragraph, Span, Spans
from bot.dossier.models import BulletinId, ClaimId, FactId, Language, SourceId, SourceKind, TopicId
from bot.replies.question import Question


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in small type: a doubt, a condition."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class ProgressBar:
    """A bar of which ``fraction`` (0 to 1) is filled, and a label that says what it shows."""

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
    kind: SourceKind | None = None
    archived: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """Asks a question, or opens an address.

    Attributes:
        question: what a press asks; None if the button has a ``url``.
        url: what a press opens; None if the button has a ``question``.
        choice: one of several values to choose from, which a platform may show as a menu; not a way on or back.
        chosen: the value in force.
        toggles: another press takes the choice back, and several may be chosen.
        short: a label for platforms that have little room, if the reply's text has the full one; "" if there is none.
    """

    label: str
    question: Question | None = None
    url: str | None = None
    choice: bool = False
    chosen: bool = False
    toggles: bool = False
    short: str = ""


def distinct(*buttons: Button) -> tuple[Button, ...]:
    """The buttons without those that do the same as an earlier one."""
    return tuple({button.question or button.url: button for button in reversed(buttons)}.values())[::-1]


@dataclass(frozen=True, slots=True)
class TitleCard:
    """The title card of one revision of a bulletin."""

    bulletin: BulletinId
    revision: int

    def address(self, origin: str, language: Language) -> str:
        """Its URL on the page; ``origin`` is scheme and host."""
        return f"{origin.rstrip('/')}/pictures/{language}/bulletin/{self.bulletin}?revision={self.revision}"


Verdict = Literal["agrees", "contradicts", "disputed", "unknown"]


@dataclass(frozen=True, slots=True)
class StatementVerdict:
    """What became of one statement of a claim, for programs.

    Attributes:
        text: the statement as it was sent.
        verdict: of it alone.
        fact, claim: what decides; None where that is none.
        sources: of it.
        counted: whether no source prints the value, but Nota counted it.
    """

    text: str
    verdict: Verdict
    fact: FactId | None
    claim: ClaimId | None
    sources: tuple[SourceId, ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reader gets.

    Attributes:
        topic: the topic answered; None if none is (a fallback, small talk, a settings panel).
        language: of everything in it.
        title: one line without Markdown; ``emoji`` goes before it.
        blocks: the text, in order.
        sources: the pages it rests on: those that the text cites, in the order of their numbers, then the others.
        as_of: the day on which its facts were checked; None if it states no facts.
        as_of_label: that day for the reader ("checked 24 November 2026").
        buttons: in order.
        suggestions: the topics offered if the question has no certain answer.
        picture: the name of the picture that a button offers; None if there is none.
        picture_topic: the topic whose picture is sent with it; None: text only.
        card: the title card, which a platform fetches from the page; None if there is none.
        unanswered: whether the question has no certain answer, which editors may want to know.
        private: whether only the asker should see it, on platforms that can do that.
        verdict: of what the message claims, the worst of its statements; None for a plain question.
        reviewed: whether an editor gave the verdict.
        colour: the dossier's, for example #1F4E8C, for platforms that show one; None: the platform's default.
        cited: how many of the sources the text cites.
        reaction: an emoji that says the same, for a platform that can react to a message in a group; "" if none does.
        placeholder: of the field in which the asker is to answer; "" if nothing is asked.
        statements: what became of each statement of a claim; () for a plain question.
        title_sources: the sources whose numbers, from 1 on, stand in the title.
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
    picture_topic: TopicId | None = None
    card: TitleCard | None = None
    private: bool = False
    unanswered: bool = False
    verdict: Verdict | None = None
    reviewed: bool = False
    colour: str | None = None
    cited: int = 0
    reaction: str = ""
    placeholder: str = ""
    statements: tuple[StatementVerdict, ...] = ()
    title_sources: tuple[SourceId, ...] = ()

    @property
    def heading(self) -> str:
        """Emoji and title."""
        return f"{self.emoji} {self.title}".strip()


def text_reply(language: Language, emoji: str, title: str, text: str, *buttons: Button, private: bool = False) -> Reply:
    """A reply of one paragraph that is about no topic."""
    return Reply(None, language, title, emoji, (Paragraph((Span(text),)),), buttons=buttons, private=private)


PROGRESS_CELLS = 10


def progress_cells(fraction: float) -> str:
    """``▰▰▰▱▱▱▱▱▱▱`` for a fraction from 0 to 1; full only at 1, empty only at 0."""
    filled = min(PROGRESS_CELLS, max(0, int(fraction * PROGRESS_CELLS + 0.5)))
    if 0 < fraction < 1:
        filled = min(PROGRESS_CELLS - 1, max(1, filled))
    return "▰" * filled + "▱" * (PROGRESS_CELLS - filled)


@dataclass(frozen=True, slots=True)
class ReplyProblem:
    """A part of a reply that a platform would refuse, or that would have to be cut.

    Attributes:
        message: what is wrong, with the platform's name.
        fix: what the platform accepts.
        part: the key in the content file that has the text.
        is_warning: whether it is shown nevertheless.
        label_of: the question of the button whose label it is; the text is then the title of what that question is about, in
            another file. None if it is not a label.
    """

    message: str
    fix: str
    part: Literal["title", "body", "sources"] = "body"
    label_of: Question | None = None
    is_warning: bool = False
