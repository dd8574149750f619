"""What every drawing is given, and the frame around every drawing. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.answers.composing import Composer
from bot.answers.phrases import phrases
from bot.dossier.model import Dossier, FactId, Language, SourceId
from bot.pictures.fonts import BOLD, SANS, SERIF, width
from bot.pictures.palette import Palette
from bot.pictures.svg import HEIGHT, WIDTH, Markup, label, line, lines, rect
from bot.pictures.typesetting import fit

MARGIN = 64
KICKER_BASELINE = 74
FOOTER_BASELINE = 636
FOOTER_RULE = 600


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the picture, in its pixels."""

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
class Scene:
    """A dossier seen in one language, on one day, in one theme."""

    dossier: Dossier
    language: Language
    today: date
    colours: Palette

    @property
    def composer(self) -> Composer:
        return Composer(self.dossier, self.language)

    @property
    def kicker(self) -> str:
        """The dossier's title, which stands over every picture."""
        return self.composer.line(self.dossier.header.title[self.language])

    def credits(self, sources: Iterable[SourceId], facts: Iterable[FactId], most: int = 3) -> str:
        """The publishers, each once."""
        names = dict.fromkeys(link.publisher for link in self.composer.sources(sources, facts))
        return " · ".join(list(names)[:most])


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a picture shows, and the same in words for somebody who cannot see it.

    ``sources`` are those of what is drawn; () where they are the topic's.
    """

    marks: tuple[Markup, ...]
    alt: str
    sources: tuple[SourceId, ...] = ()


def ground(scene: Scene) -> list[Markup]:
    """Paper, the accent's band and the name over it all."""
    colours = scene.colours
    kicker = fit(scene.kicker, BOLD, WIDTH - 2 * MARGIN, (25, 22), 1)
    return [
        rect(0, 0, WIDTH, HEIGHT, colours.paper),
        rect(0, 0, WIDTH, 10, colours.accent),
        *lines(kicker, MARGIN, KICKER_BASELINE, colours.accent, mark="kicker"),
    ]


def headed(scene: Scene, title: str, standfirst: str) -> tuple[list[Markup], Box]:
    """Headline and standfirst, and the room that they leave above the footer."""
    room = WIDTH - 2 * MARGIN
    headline = fit(title, SERIF, room, (56, 50, 44, 38, 34), 2, spacing=1.12, even=True)
    if len(headline.lines) > 1:
        headline = fit(title, SERIF, room, (46, 42, 38, 34), 2, spacing=1.12, even=True)
    y = KICKER_BASELINE + 18 + headline.size
    marks = lines(headline, MARGIN, y, scene.colours.ink, mark="headline")
    y += headline.leading * (len(headline.lines) - 1)
    if standfirst:
        under = fit(standfirst, SANS, room, (31, 29, 27, 25), 1)
        if under.lines[-1].endswith("…") and len(headline.lines) == 1:
            under = fit(standfirst, SANS, room, (29, 27), 2, even=True)
        y += 16 + under.size
        marks += lines(under, MARGIN, y, scene.colours.muted, mark="standfirst")
        y += under.leading * (len(under.lines) - 1)
    top = y + 30
    return marks, Box(MARGIN, top, room, FOOTER_RULE - 24 - top)


def footer(scene: Scene, sources: str, as_of: str) -> list[Markup]:
    """Where it is from and as of when; our name."""
    colours = scene.colours
    name = phrases(scene.language).say("Nota")
    credit = " — ".join(part for part in (sources, as_of) if part)
    room = WIDTH - 2 * MARGIN - width(name, SERIF, 26) - 40
    return [
        line(MARGIN, FOOTER_RULE, WIDTH - MARGIN, FOOTER_RULE, colours.rule),
        *(lines(fit(credit, SANS, room, (22, 20), 1), MARGIN, FOOTER_BASELINE, colours.muted, mark="credit")),
        label(name, WIDTH - MARGIN, FOOTER_BASELINE, SERIF, 26, colours.ink, "end", mark="name"),
    ]
