"""The frame of every picture: background, headline, footer. PURE.

From top to bottom: the kicker (the dossier's title, small), the headline, the standfirst (a line that sums up the
text), the chart, the footer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.dossier.models import Dossier, FactId, Language, SourceId
from bot.pictures.fonts import BOLD, SANS, SERIF, TextBlock, fit, width
from bot.pictures.svg import HEIGHT, WIDTH, SvgMarkup, label, line, rect, text
from bot.pictures.theme import Palette
from bot.replies.dossier_texts import DossierTexts
from bot.replies.i18n import phrases_in

MARGIN = 56
CONTENT_WIDTH = WIDTH - 2 * MARGIN
KICKER_BASELINE = 76
FOOTER_BASELINE = 644
FOOTER_RULE = 604

LABEL_SIZES = (42, 40, 38, 36, 34, 32)
"""Of labels; the largest that fits is used. A phone shows 1200 pixels on about 330, so 40 of ours are 11 of its own."""

FINE_SIZES = (31, 29, 27, 25, 23)
"""Of the dossier's title and the sources."""

_NAME_SIZE = 34


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Context:
    """What a picture is drawn from: a dossier in one language, on one day, in one theme."""

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

    def publishers(self, sources: Iterable[SourceId], facts: Iterable[FactId]) -> list[str]:
        """The publishers of sources and of facts' sources, each once."""
        return list(dict.fromkeys(link.publisher for link in self.texts.sources(sources, facts)))


@dataclass(frozen=True, slots=True)
class Chart:
    """What a topic's picture shows between headline and footer.

    Attributes:
        alt: the same in words.
        sources: of what is drawn; () if they are the topic's.
    """

    marks: tuple[SvgMarkup, ...]
    alt: str
    sources: tuple[SourceId, ...] = ()


def background(context: Context) -> list[SvgMarkup]:
    """The paper, a band in the accent's colour, and the kicker."""
    colours = context.colours
    kicker = fit(context.kicker, BOLD, CONTENT_WIDTH, FINE_SIZES, 1)
    return [
        rect(0, 0, WIDTH, HEIGHT, colours.paper),
        rect(0, 0, WIDTH, 10, colours.accent),
        *text(kicker, MARGIN, KICKER_BASELINE, colours.accent, mark="kicker"),
    ]


def heading(context: Context, title: str, standfirst: str) -> tuple[list[SvgMarkup], Box]:
    """Headline and standfirst, and the box that is left between them and the footer."""
    headline = fit(title, SERIF, CONTENT_WIDTH, (64, 58, 52, 46), 1)
    if headline.is_cut:
        headline = fit(title, SERIF, CONTENT_WIDTH, (48, 44, 40, 36, 32), 2, spacing=1.12, balanced=True)
    y = KICKER_BASELINE + 16 + headline.size
    marks = text(headline, MARGIN, y, context.colours.ink, mark="headline")
    y += headline.leading * (len(headline.lines) - 1)
    if standfirst:
        under = fit(standfirst, SANS, CONTENT_WIDTH, LABEL_SIZES[1:], 1)
        if under.is_cut and len(headline.lines) == 1:
            under = fit(standfirst, SANS, CONTENT_WIDTH, (32, 30, 28), 2, balanced=True)
        y += 14 + under.size
        marks += text(under, MARGIN, y, context.colours.muted, mark="standfirst")
        y += under.leading * (len(under.lines) - 1)
    top = y + 30
    return marks, Box(MARGIN, top, CONTENT_WIDTH, FOOTER_RULE - 24 - top)


def footer(context: Context, publishers: Sequence[str], as_of: str) -> list[SvgMarkup]:
    """As many publishers as fit, the day of the facts, and our name."""
    colours = context.colours
    name = phrases_in(context.language).say("Nota")
    max_width = CONTENT_WIDTH - width(name, SERIF, _NAME_SIZE) - 40
    credits = [_credit(publishers[:most], as_of, max_width) for most in (3, 2, 1)]
    credit = next((each for each in credits if each.size == FINE_SIZES[0]), credits[-1])
    return [
        line(MARGIN, FOOTER_RULE, WIDTH - MARGIN, FOOTER_RULE, colours.rule),
        *text(credit, MARGIN, FOOTER_BASELINE, colours.muted, mark="credit"),
        label(name, WIDTH - MARGIN, FOOTER_BASELINE, SERIF, _NAME_SIZE, colours.ink, "end", mark="name"),
    ]


def _credit(publishers: Sequence[str], as_of: str, max_width: float) -> TextBlock:
    """The publishers and the day on one line."""
    return fit(" — ".join(part for part in (" · ".join(publishers), as_of) if part), SANS, max_width, FINE_SIZES, 1)
