"""What every drawing is given, and the frame around every drawing. PURE."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.dossier.models import Dossier, FactId, Language, SourceId
from bot.pictures.fonts import BOLD, SANS, SERIF, Setting, fit, width
from bot.pictures.svg import HEIGHT, WIDTH, Markup, label, line, lines, rect
from bot.pictures.theme import Palette
from bot.replies.composer import Composer
from bot.replies.i18n import phrases_in

MARGIN = 56


KICKER_BASELINE = 76


FOOTER_BASELINE = 644


FOOTER_RULE = 604


LABELS = (42, 40, 38, 36, 34, 32)
"""The sizes of what is read in a picture, the largest that fits: a phone shows 1200 pixels on some 330, so that 40 of
ours are 11 of its own.
"""


FINE = (31, 29, 27, 25, 23)
"""Those of the small print: what it is of, where it is from."""


_NAME = 34


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

    def credits(self, sources: Iterable[SourceId], facts: Iterable[FactId]) -> list[str]:
        """The publishers, each once."""
        return list(dict.fromkeys(link.publisher for link in self.composer.sources(sources, facts)))


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
    kicker = fit(scene.kicker, BOLD, WIDTH - 2 * MARGIN, FINE, 1)
    return [
        rect(0, 0, WIDTH, HEIGHT, colours.paper),
        rect(0, 0, WIDTH, 10, colours.accent),
        *lines(kicker, MARGIN, KICKER_BASELINE, colours.accent, mark="kicker"),
    ]


def headed(scene: Scene, title: str, standfirst: str) -> tuple[list[Markup], Box]:
    """Headline and standfirst, and the room that they leave above the footer."""
    room = WIDTH - 2 * MARGIN
    headline = fit(title, SERIF, room, (64, 58, 52, 46), 1)
    if headline.cut:
        headline = fit(title, SERIF, room, (48, 44, 40, 36, 32), 2, spacing=1.12, even=True)
    y = KICKER_BASELINE + 16 + headline.size
    marks = lines(headline, MARGIN, y, scene.colours.ink, mark="headline")
    y += headline.leading * (len(headline.lines) - 1)
    if standfirst:
        under = fit(standfirst, SANS, room, LABELS[1:], 1)
        if under.cut and len(headline.lines) == 1:
            under = fit(standfirst, SANS, room, (32, 30, 28), 2, even=True)
        y += 14 + under.size
        marks += lines(under, MARGIN, y, scene.colours.muted, mark="standfirst")
        y += under.leading * (len(under.lines) - 1)
    top = y + 30
    return marks, Box(MARGIN, top, room, FOOTER_RULE - 24 - top)


def footer(scene: Scene, sources: Sequence[str], as_of: str) -> list[Markup]:
    """Where it is from, as many publishers as have the room, and as of when; our name."""
    colours = scene.colours
    name = phrases_in(scene.language).say("Nota")
    room = WIDTH - 2 * MARGIN - width(name, SERIF, _NAME) - 40
    tried = [_credit(sources[:most], as_of, room) for most in (3, 2, 1)]
    credit = next((each for each in tried if each.size == FINE[0]), tried[-1])
    return [
        line(MARGIN, FOOTER_RULE, WIDTH - MARGIN, FOOTER_RULE, colours.rule),
        *lines(credit, MARGIN, FOOTER_BASELINE, colours.muted, mark="credit"),
        label(name, WIDTH - MARGIN, FOOTER_BASELINE, SERIF, _NAME, colours.ink, "end", mark="name"),
    ]


def _credit(sources: Sequence[str], as_of: str, room: float) -> Setting:
    return fit(" — ".join(part for part in (" · ".join(sources), as_of) if part), SANS, room, FINE, 1)
