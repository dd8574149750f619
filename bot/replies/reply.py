"""A reply as a plain value, independent of platforms, and the problems of a reply on a platform. PURE."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

from bot.dossier.markdown import MAX_URL_LENGTH, Items, Paragraph, Span, Spans, WrittenPlace
from bot.dossier.models import BulletinId, ClaimId, FactId, Language, SourceId, SourceKind, TopicId
from bot.languages import records
from bot.replies.i18n import phrases_in
from bot.replies.question import AboutBulletin, AboutTopic, Chosen, Question


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in small type: a doubt, a condition."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class ProgressBar:
    """A progress bar. ``fraction``: the filled part, 0 to 1."""

    fraction: float
    label: str


Block = Paragraph | Items | Note | ProgressBar

SomeBlock = TypeVar("SomeBlock", bound=Block)


def lines_of(blocks: Iterable[Block]) -> Iterator[Spans]:
    """The words of each paragraph, note and entry of a list."""
    for block in blocks:
        if not isinstance(block, ProgressBar):
            yield from block.items if isinstance(block, Items) else (block.spans,)


def with_lines(blocks: Iterable[SomeBlock], change: Callable[[Spans], Spans]) -> tuple[SomeBlock, ...]:
    """The blocks with each of :func:`lines_of` changed."""

    def changed(block: Any) -> Any:
        if isinstance(block, Items):
            return replace(block, items=tuple(map(change, block.items)))
        return block if isinstance(block, ProgressBar) else replace(block, spans=change(block.spans))

    return tuple(map(changed, blocks))


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A source as a reader sees it. ``url``: of the whole source. ``place``: where in it; "": the whole source."""

    id: SourceId
    publisher: str
    title: str | None
    url: str
    published: date | None
    kind: SourceKind | None = None
    archived: str | None = None
    place: WrittenPlace = ""

    @property
    def name(self) -> str:
        """Who published it, and the place in it."""
        return f"{self.publisher}, {self.place}" if self.place else self.publisher

    @property
    def address(self) -> str:
        """Where it is read: at a page of a PDF (RFC 8118, 3), or where a web page has the words of the place.

        A browser that does not find them shows the page from the beginning (wicg.github.io/scroll-to-text-fragment). A web page has no page
        numbers, and a PDF no such fragments.
        """
        page, is_pdf = _page_number().search(self.place), urlsplit(self.url).path.lower().endswith(".pdf")
        if not self.place or bool(page) != is_pdf:
            return self.url
        before, mark, _ = self.url.partition("#")
        # a hyphen there has a meaning of its own
        words = quote(self.place.strip("\"'“”„«»‘’"), safe="").replace("-", "%2D")
        placed = f"{before}#page={page[1]}" if page else f"{self.url}{'' if mark else '#'}:~:text={words}"
        return placed if len(placed) <= MAX_URL_LENGTH else self.url


@cache
def _page_number() -> re.Pattern[str]:
    """The number of a page, behind the word of any language."""
    words = {word for record in records() for word in record.pages}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words)))})\.?\s?([0-9]+)")


@dataclass(frozen=True, slots=True)
class Button:
    """Asks a question, or opens an address.

    Attributes:
        question: what a press asks; None if the button has a ``url``.
        url: what a press opens; None if the button has a ``question``.
        choice: whether it is one of several values, which a platform may show as a menu, and not navigation.
        chosen: whether it is the value in force.
        toggles: whether several values may be chosen, and another press removes this one.
        short: a short label for platforms with little room, if the reply's text has the full one; "" if there is none.
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
    """The result for one statement of a claim, for programs.

    Attributes:
        text: the statement as it was sent.
        verdict: the verdict on this statement alone.
        fact: the fact that decides; None if no fact does.
        claim: the reviewed claim that decides; None if no claim does.
        sources: the sources of the fact or claim.
        counted: whether Nota computed the value and no source prints it.
    """

    text: str
    verdict: Verdict
    fact: FactId | None
    claim: ClaimId | None
    sources: tuple[SourceId, ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to a reader.

    Attributes:
        topic: the topic that it answers; None for other replies (a fallback, small talk, a settings panel).
        language: the language of the whole reply.
        title: one line without Markdown.
        emoji: the emoji before the title; "" for none.
        blocks: the text, in order.
        sources: the sources that the text cites, in the order of their numbers, then further sources.
        as_of: the day on which its facts were checked; None if it states no facts.
        as_of_label: that day for the reader ("checked 24 November 2026").
        buttons: the buttons, in order.
        suggestions: the topics that it offers if the question has no certain answer.
        nearest: the topic whose first sentence it shows without being an answer; None if it shows none. The first of ``suggestions``.
        picture: the name of the picture that a button offers; None if there is none.
        picture_topic: the topic whose picture is sent with it; None: text only.
        card: the title card, which a platform fetches from the page; None if there is none.
        private: whether only the asker should see it, on platforms that support that.
        unanswered: whether the question has no certain answer. Editors see such questions.
        verdict: the verdict on a claim, the worst of its statements; None for a plain question.
        reviewed: whether an editor gave the verdict.
        colour: the dossier's colour, for example #1F4E8C, for platforms that show one; None: the platform's default.
        cited: the number of sources that the text cites.
        reaction: an emoji with the same meaning, for platforms with reactions; "" if there is none.
        placeholder: the hint in the field for the asker's answer; "" if the reply does not ask for one.
        statements: the result for each statement of a claim; () for a plain question.
        title_sources: the sources whose numbers, from 1 on, stand in the title.
        offers: for a claim on which nothing decides, the declared sentences that its sender may have heard, each a button that asks it. Only the
            sender is shown them (:func:`~bot.replies.claims.with_offers`).
        short: the blocks of its short form; None: it has none.
        more: what shows the whole of it to readers of its short form; None: nothing does.
        heads: the numbers, from 0 on, of the blocks with which a bulletin begins: with its day, or, if there are several bulletins, with title
            and day.
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
    nearest: TopicId | None = None
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
    offers: tuple[Button, ...] = ()
    short: tuple[Block, ...] | None = None
    more: AboutTopic | AboutBulletin | Chosen | None = None
    heads: tuple[int, ...] = ()
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        if not self._hash:  # computed once: caches look up the same reply for each reader, and it has some fifty parts
            object.__setattr__(self, "_hash", hash((self.language, self.title, self.blocks, self.buttons)) or 1)
        return self._hash

    @property
    def heading(self) -> str:
        """Emoji and title."""
        return f"{self.emoji} {self.title}".strip()

    @property
    def awaits_verdict(self) -> bool:
        """Whether it is about a claim of which neither a fact nor an editor decides anything."""
        decides = self.reviewed or any(each.fact or each.claim for each in self.statements)
        return self.verdict == "unknown" and not decides


def text_reply(language: Language, emoji: str, title: str, text: str, *buttons: Button, private: bool = False) -> Reply:
    """A reply of one paragraph that is about no topic."""
    return Reply(None, language, title, emoji, (Paragraph((Span(text),)),), buttons=buttons, private=private)


def said_reply(
    language: Language, emoji: str, title: str, text: str, *buttons: Button, private: bool = False, **values: object
) -> Reply:
    """As :func:`text_reply`, in the bot's own phrases, with ``values`` in title and text."""
    say = phrases_in(language).say
    return text_reply(language, emoji, say(title, **values), say(text, **values), *buttons, private=private)


PROGRESS_CELLS = 10


def progress_cells(fraction: float) -> str:
    """``▰▰▰▱▱▱▱▱▱▱`` for a fraction from 0 to 1; full only at 1, empty only at 0."""
    filled = min(PROGRESS_CELLS, max(0, int(fraction * PROGRESS_CELLS + 0.5)))
    if 0 < fraction < 1:
        filled = min(PROGRESS_CELLS - 1, max(1, filled))
    return "▰" * filled + "▱" * (PROGRESS_CELLS - filled)


@dataclass(frozen=True, slots=True)
class ReplyProblem:
    """A part of a reply that a platform would refuse, or that would be cut.

    Attributes:
        message: the problem, with the platform's name.
        fix: the value that the platform accepts.
        part: the key of the text in the content file.
        label_of: the question of the button whose label has the problem; the text is then a title in another file. None if it is not a label.
        is_warning: whether the platform shows the part nevertheless.
        code: of the diagnostic that is made of it, with its ``values``.
    """

    message: str
    fix: str
    part: Literal["title", "body", "sources"] = "body"
    label_of: Question | None = None
    is_warning: bool = False
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict, compare=False)
