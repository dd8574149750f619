"""The frame of every picture: background, headline, footer. PURE.

From top to bottom: the kicker (the dossier's title, small), the headline, the chart, the footer. A chart is as high as it
needs to be, and the picture with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.dossier.models import Dossier, Fact, FactId, Language, SourceId, in_language
from bot.pictures.fonts import BOLD, SANS, SERIF, Face, TextBlock, fit, width
from bot.pictures.svg import WIDTH, Anchor, SvgMarkup, label, line, rect, text
from bot.pictures.theme import Palette
from bot.replies.dossier_texts import DossierTexts
from bot.replies.i18n import phrases_in

MARGIN = 56
CONTENT_WIDTH = WIDTH - 2 * MARGIN
RIGHT = WIDTH - MARGIN
KICKER_BASELINE = 72

TYPE = 40
"""The smallest size of type. A phone shows the 1200 pixels on about 330 of its own, so 40 become 11."""

FOOTER_HEIGHT = 130
_CARD_FOOTER_HEIGHT = 76

_MAX_NAMED = 2
"""The most publishers that are named beside a figure."""


@dataclass(frozen=True, slots=True)
class Context:
    """The input of a picture: a dossier in one language, on one day, in one theme."""

    dossier: Dossier
    language: Language
    today: date
    colours: Palette

    @property
    def texts(self) -> DossierTexts:
        return DossierTexts(self.dossier, self.language)

    @property
    def kicker(self) -> str:
        """The dossier's title, which is above every headline."""
        return self.texts.line(self.dossier.header.title[self.language])

    def say(self, english: str, /, **values: object) -> str:
        return phrases_in(self.language).say(english, **values)

    def publishers(self, sources: Iterable[SourceId], facts: Iterable[FactId]) -> list[str]:
        """The publishers of sources and of facts' sources, each once."""
        return list(dict.fromkeys(link.publisher for link in self.texts.sources(sources, facts)))

    def who_says(self, fact: Fact) -> str:
        """Of a computed fact, which no source states, "by our count"; else its ``stated_by``, or the publishers of its first sources."""
        if fact.derived:
            return self.say("by our count")
        if fact.stated_by:
            return in_language(fact.stated_by, self.language)
        sources = [SourceId(name) for name in fact.sources if name in self.dossier.sources]
        names = self.publishers(sources, ())[:_MAX_NAMED]
        return ("; " if any("," in name for name in names) else ", ").join(names)


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart between headline and footer of a topic's picture.

    Attributes:
        marks: its elements.
        bottom: the y at which it ends.
        alt: its alternative text.
        caveat: a caveat against a wrong conclusion; "" if it needs none.
        sources: the sources of the chart; () if they are the topic's.
        facts: the facts in the chart.
    """

    marks: tuple[SvgMarkup, ...]
    bottom: float
    alt: str
    caveat: str = ""
    sources: tuple[SourceId, ...] = ()
    facts: tuple[FactId, ...] = ()


def paragraph(words: str, face: Face, max_width: float, max_lines: int, sizes: Sequence[float] = (TYPE,)) -> TextBlock:
    """Words as a block of lines, set tightly."""
    return fit(words, face, max_width, sizes, max_lines, spacing=1.12)


@dataclass(slots=True)
class Pen:
    """Draws from top to bottom. ``y``: where the next block begins; ``marks``: what is drawn."""

    y: float
    marks: list[SvgMarkup] = field(default_factory=list)

    def write(self, block: TextBlock, x: float, fill: str, mark: str, anchor: Anchor = "start") -> None:
        """Draws a block. An empty one takes no space."""
        self.marks += text(block, x, self.y + block.size * 0.76, fill, anchor, mark)
        self.y += block.height if block.lines else 0

    def draw(self, *marks: SvgMarkup) -> None:
        """Draws elements that stand beside the blocks."""
        self.marks += marks


def background(context: Context, height: float) -> list[SvgMarkup]:
    """The paper, a band in the accent's colour, and the kicker."""
    colours = context.colours
    kicker = fit(context.kicker, BOLD, CONTENT_WIDTH, (TYPE,), 1)
    return [
        rect(0, 0, WIDTH, height, colours.paper),
        rect(0, 0, WIDTH, 10, colours.accent),
        *text(kicker, MARGIN, KICKER_BASELINE, colours.accent, mark="kicker"),
    ]


def heading(context: Context, title: str) -> tuple[list[SvgMarkup], float]:
    """Draws the headline. Returns its marks and the y at which the chart begins."""
    headline = fit(title, SERIF, CONTENT_WIDTH, (64, 58, 52, 46), 2, spacing=1.12, balanced=True)
    if headline.is_cut:
        headline = fit(title, SERIF, CONTENT_WIDTH, (46, 40), 6, spacing=1.12, balanced=True)
    pen = Pen(KICKER_BASELINE + 22)
    pen.write(headline, MARGIN, context.colours.ink, "headline")
    return pen.marks, pen.y + 26


def footer(context: Context, publishers: Sequence[str], as_of: str, bottom: float) -> list[SvgMarkup]:
    """The footer above ``bottom``, the end of the picture: as many publishers as fit, the day of the facts, and Nota's name."""
    colours = context.colours
    name = context.texts.publisher
    baseline = bottom - 28
    room = CONTENT_WIDTH - width(name, SERIF, TYPE) - 40
    marks = [
        line(MARGIN, rule := bottom - footer_height(as_of), RIGHT, rule, colours.rule),
        label(name, RIGHT, baseline, SERIF, TYPE, colours.ink, "end", mark="name"),
    ]
    credit = _credit(publishers, CONTENT_WIDTH if as_of else room)
    marks += text(credit, MARGIN, baseline - (TYPE + 12 if as_of else 0), colours.muted, mark="credit")
    if as_of:
        day = fit(as_of, SANS, room, (TYPE,), 1)
        marks += text(day, MARGIN, baseline, colours.muted, mark="as-of")
    return marks


def footer_height(as_of: str) -> float:
    return FOOTER_HEIGHT if as_of else _CARD_FOOTER_HEIGHT


def _credit(publishers: Sequence[str], max_width: float) -> TextBlock:
    """The publishers on one line, with the number of those that do not fit."""
    for most in range(len(publishers), 0, -1):
        rest = f" +{len(publishers) - most}" if most < len(publishers) else ""
        credit = fit(" · ".join(publishers[:most]) + rest, SANS, max_width, (TYPE,), 1)
        if not credit.is_cut:
            return credit
    return fit(publishers[0] if publishers else "", SANS, max_width, (TYPE,), 1)
